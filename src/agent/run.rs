//! The run as a state machine: no I/O, no clock, serialisable between any two steps.
//!
//! [`Run::next`] says what to do; the driver does it and tells [`Run::apply`] what came of it.
//! Every [`Event`] is journaled before it is applied, so that applying the journal to a new run
//! gives the same state: a killed run resumes, and a finished one replays.

use std::collections::{BTreeMap, BTreeSet};

use custody_controls::packet::RejectedDraft;
use serde::{Deserialize, Serialize};

use super::limits::Limits;
use super::message::{
    CallId, Message, ModelRequest, RequestedCall, ToolCall, ToolSpec, Turn, Usage,
};
use super::model::ModelError;
use super::prompts;
use super::reference::{Echo, Reference};

/// The tool by which a model hands in its draft.
pub const SUBMIT_TOOL: &str = "submit_packet";

/// How often a model is reminded to use the tools before the run ends.
const MAX_REMINDERS: u32 = 2;

/// How many drafts may come without the run's reference. One can be a model's slip.
const MAX_WRONG_REFERENCES: u32 = 1;

/// What a model is told first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// The system text.
    pub system: String,
    /// The task.
    pub task: String,
    /// The reference that both begin with, and that must come back with a draft.
    pub reference: Reference,
}

/// What is to be done next.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Ask the model for its next turn.
    AskModel(ModelRequest),
    /// Answer these calls, in order.
    CallTools(Vec<ToolCall>),
    /// Hold this draft against the rules.
    Validate(String),
    /// Nothing: the run is over.
    Finished(Ending),
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// This draft was accepted.
    Accepted(String),
    /// No draft was: the packet gets the rules' own account, for this reason.
    RulesOnly(String),
}

/// What came of a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// The model took a turn. `seconds` is how long the run has taken so far.
    Turn {
        /// What it said.
        turn: Turn,
        /// Seconds since the run began.
        seconds: u64,
    },
    /// The model gave no turn, for good.
    ModelFailed {
        /// Why.
        error: ModelError,
    },
    /// The calls were answered.
    Answers {
        /// One answer per call, in order.
        answers: Vec<Answer>,
    },
    /// A tool said that the run cannot go on.
    ToolStopped {
        /// Why.
        reason: String,
    },
    /// The draft passed every check.
    DraftAccepted,
    /// The draft did not pass.
    DraftRejected {
        /// The draft and its faults.
        rejected: RejectedDraft,
    },
}

/// The answer to one tool call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// What the model is told.
    pub text: String,
    /// The artifacts whose content is in it.
    pub shown: BTreeSet<String>,
}

/// The state of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    limits: Limits,
    tools: Vec<ToolSpec>,
    messages: Vec<Message>,
    phase: Phase,
    shown: BTreeSet<String>,
    rejected: Vec<RejectedDraft>,
    asked: BTreeMap<String, u32>,
    turns: u32,
    tool_calls: u32,
    bytes: u64,
    calls_made: u32,
    reminders: u32,
    usage: Usage,
    reference: Reference,
    wrong_references: u32,
    seconds: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Phase {
    AwaitingTurn,
    AwaitingAnswers {
        calls: Vec<ToolCall>,
        told: Vec<(CallId, String)>,
    },
    AwaitingVerdict {
        call: CallId,
        draft: String,
        echo: Echo,
    },
    Over(Ending),
}

impl Run {
    /// A new run: what the model is told first, and the tools that may be called besides [`SUBMIT_TOOL`].
    #[must_use]
    pub fn new(opening: Opening, tools: Vec<ToolSpec>, limits: Limits) -> Self {
        Self {
            limits,
            tools,
            messages: vec![
                Message::System {
                    text: opening.system,
                },
                Message::User { text: opening.task },
            ],
            phase: Phase::AwaitingTurn,
            shown: BTreeSet::new(),
            rejected: Vec::new(),
            asked: BTreeMap::new(),
            turns: 0,
            tool_calls: 0,
            bytes: 0,
            calls_made: 0,
            reminders: 0,
            usage: Usage::default(),
            reference: opening.reference,
            wrong_references: 0,
            seconds: 0,
        }
    }

    /// What is to be done next.
    #[must_use]
    pub fn next(&self) -> Step {
        match &self.phase {
            Phase::AwaitingTurn => Step::AskModel(ModelRequest {
                messages: self.messages.clone(),
                tools: self.tools.clone(),
            }),
            Phase::AwaitingAnswers { calls, .. } => Step::CallTools(calls.clone()),
            Phase::AwaitingVerdict { draft, .. } => Step::Validate(draft.clone()),
            Phase::Over(ending) => Step::Finished(ending.clone()),
        }
    }

    /// Goes on by what came of the last step. An event that does not answer that step changes nothing.
    pub fn apply(&mut self, event: Event) {
        match (
            std::mem::replace(&mut self.phase, Phase::AwaitingTurn),
            event,
        ) {
            (Phase::AwaitingTurn, Event::Turn { turn, seconds }) => self.take_turn(turn, seconds),
            (Phase::AwaitingTurn, Event::ModelFailed { error }) => self.end(error.to_string()),
            (Phase::AwaitingAnswers { told, .. }, Event::Answers { answers }) => {
                self.take_answers(told, answers)
            }
            (Phase::AwaitingAnswers { .. }, Event::ToolStopped { reason }) => self.end(reason),
            (
                Phase::AwaitingVerdict {
                    draft,
                    echo: Echo::Right,
                    ..
                },
                Event::DraftAccepted,
            ) => self.phase = Phase::Over(Ending::Accepted(draft)),
            (Phase::AwaitingVerdict { call, echo, .. }, Event::DraftRejected { rejected }) => {
                self.take_rejection(call, echo, rejected);
            }
            (phase, _) => self.phase = phase,
        }
    }

    /// The artifacts that tools have shown so far.
    #[must_use]
    pub const fn shown(&self) -> &BTreeSet<String> {
        &self.shown
    }

    /// The drafts that were rejected, in order.
    #[must_use]
    pub fn rejected(&self) -> &[RejectedDraft] {
        &self.rejected
    }

    /// How many tool calls were answered.
    #[must_use]
    pub const fn tool_calls(&self) -> u32 {
        self.tool_calls
    }

    /// Tokens as the endpoint reported them.
    #[must_use]
    pub const fn usage(&self) -> Usage {
        self.usage
    }

    /// What the run may spend.
    #[must_use]
    pub const fn limits(&self) -> Limits {
        self.limits
    }

    /// How long the run has taken up to its last turn, in all the processes that drove it.
    #[must_use]
    pub const fn seconds(&self) -> u64 {
        self.seconds
    }

    /// Whether the draft to be judged came without the run's reference: it must be rejected.
    #[must_use]
    pub const fn lacks_reference(&self) -> bool {
        matches!(
            self.phase,
            Phase::AwaitingVerdict {
                echo: Echo::Wrong,
                ..
            }
        )
    }

    fn end(&mut self, reason: String) {
        self.phase = Phase::Over(Ending::RulesOnly(reason));
    }

    fn take_turn(&mut self, turn: Turn, seconds: u64) {
        self.turns = self.turns.saturating_add(1);
        let usage = turn.usage.unwrap_or_default();
        self.usage.input = self.usage.input.saturating_add(usage.input);
        self.usage.output = self.usage.output.saturating_add(usage.output);
        self.seconds = self.seconds.max(seconds);
        if seconds > self.limits.max_seconds {
            return self.end(format!(
                "the run took longer than {} seconds",
                self.limits.max_seconds
            ));
        }
        if turn.calls.is_empty() {
            return self.remind(turn);
        }
        let calls: Vec<ToolCall> = turn.calls.iter().map(|call| self.name_call(call)).collect();
        self.hear(turn.text, calls.clone(), turn.reasoning);
        let drafts: Vec<(&ToolCall, &RequestedCall)> = calls
            .iter()
            .zip(&turn.calls)
            .filter(|(call, _)| call.name == SUBMIT_TOOL)
            .collect();
        match (drafts.as_slice(), calls.len()) {
            ([(call, requested)], 1) if turn.truncated => {
                // A draft that was cut short is not judged: what is missing was not left out on purpose.
                let (call, bytes) = (call.id.clone(), requested.arguments.len());
                self.tell(call, &prompts::truncated_draft(bytes));
                self.await_turn();
            }
            ([(call, requested)], 1) => {
                let (draft, echo) = self.reference.part(&requested.arguments);
                self.phase = Phase::AwaitingVerdict {
                    call: call.id.clone(),
                    draft,
                    echo,
                };
            }
            ([], _) => self.plan(calls, &turn.calls),
            (_, _) => {
                // What is read in the same turn was not seen when the draft was written.
                let calls: Vec<CallId> = calls.into_iter().map(|call| call.id).collect();
                calls
                    .into_iter()
                    .for_each(|call| self.tell(call, prompts::submit_alone()));
                self.await_turn();
            }
        }
    }

    /// Keeps what the model said. Without the reference, which would otherwise be there for a model
    /// that can no longer see the beginning.
    fn hear(&mut self, text: String, calls: Vec<ToolCall>, reasoning: Option<String>) {
        let conceal = |text: String| self.reference.conceal(&text);
        let message = Message::Assistant {
            text: conceal(text),
            calls,
            reasoning: reasoning.map(conceal),
        };
        self.messages.push(message);
    }

    fn name_call(&mut self, call: &RequestedCall) -> ToolCall {
        self.calls_made = self.calls_made.saturating_add(1);
        let is_object =
            serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&call.arguments)
                .is_ok();
        let arguments = if is_object && call.name == SUBMIT_TOOL {
            self.reference
                .conceal(&self.reference.part(&call.arguments).0)
        } else if is_object {
            call.arguments.clone()
        } else {
            "{}".to_owned()
        };
        ToolCall {
            id: CallId::number(self.calls_made),
            name: self.reference.conceal(&call.name),
            arguments,
        }
    }

    fn remind(&mut self, turn: Turn) {
        self.reminders += 1;
        if self.reminders > MAX_REMINDERS {
            return self.end("the model answered in text instead of calling tools".to_owned());
        }
        self.hear(turn.text, Vec::new(), turn.reasoning);
        self.messages.push(Message::User {
            text: prompts::use_the_tools().to_owned(),
        });
        self.await_turn();
    }

    /// Sorts calls into those to answer and those that are told why not.
    fn plan(&mut self, calls: Vec<ToolCall>, requested: &[RequestedCall]) {
        let mut planned = Vec::new();
        let mut told = Vec::new();
        let left = self.limits.max_tool_calls.saturating_sub(self.tool_calls);
        let left = usize::try_from(left).unwrap_or(usize::MAX);
        for (call, requested) in calls.into_iter().zip(requested) {
            match self.refusal(&call, requested) {
                Some(reason) => told.push((call.id, reason)),
                // One turn can ask for any number of calls; the limit holds within it too.
                None if planned.len() >= left => {
                    told.push((call.id, prompts::not_answered().to_owned()));
                }
                None => planned.push(call),
            }
        }
        if planned.is_empty() {
            self.take_answers(told, Vec::new());
        } else {
            self.phase = Phase::AwaitingAnswers {
                calls: planned,
                told,
            };
        }
    }

    fn refusal(&mut self, call: &ToolCall, requested: &RequestedCall) -> Option<String> {
        if !self.tools.iter().any(|tool| tool.name == call.name) {
            let names: Vec<&str> = self.tools.iter().map(|tool| tool.name.as_str()).collect();
            return Some(prompts::unknown_tool(&call.name, &names));
        }
        if !requested.arguments.trim().is_empty() && call.arguments != requested.arguments {
            return Some(prompts::bad_arguments(&requested.arguments));
        }
        let asked = self
            .asked
            .entry(format!("{} {}", call.name, call.arguments))
            .or_default();
        *asked += 1;
        (*asked > self.limits.max_repeats).then(|| prompts::repeated_call().to_owned())
    }

    fn take_answers(&mut self, told: Vec<(CallId, String)>, answers: Vec<Answer>) {
        let mut told: BTreeMap<CallId, String> = told.into_iter().collect();
        let mut answers = answers.into_iter();
        let calls = match self.messages.last() {
            Some(Message::Assistant { calls, .. }) => calls.clone(),
            Some(Message::System { .. } | Message::User { .. } | Message::Tool { .. }) | None => {
                Vec::new()
            }
        };
        // Every call gets exactly one answer, in order, before the model is asked again.
        for call in calls {
            if let Some(reason) = told.remove(&call.id) {
                self.tell(call.id, &reason);
            } else if let Some(answer) = answers.next() {
                self.tool_calls = self.tool_calls.saturating_add(1);
                self.bytes = self.bytes.saturating_add(answer.text.len() as u64);
                self.shown.extend(answer.shown);
                self.messages.push(Message::Tool {
                    call: call.id,
                    text: answer.text,
                });
            } else {
                self.tell(call.id, prompts::not_answered());
            }
        }
        self.await_turn();
    }

    fn take_rejection(&mut self, call: CallId, echo: Echo, rejected: RejectedDraft) {
        let told = prompts::rejected_draft(&rejected.faults);
        self.rejected.push(rejected);
        self.wrong_references += u32::from(echo == Echo::Wrong);
        if self.wrong_references > MAX_WRONG_REFERENCES {
            return self.end(
                "the model could not give back the reference that its instructions begin with: \
                 the endpoint cut the beginning of the conversation, or the model does not follow it"
                    .to_owned(),
            );
        }
        if u32::try_from(self.rejected.len()).unwrap_or(u32::MAX) > self.limits.max_rejected_drafts
        {
            return self.end(format!("{} drafts were rejected", self.rejected.len()));
        }
        self.tell(call, &told);
        self.await_turn();
    }

    fn tell(&mut self, call: CallId, text: &str) {
        self.messages.push(Message::Tool {
            call,
            text: self.reference.conceal(text),
        });
    }

    /// Asks the model again, unless a limit is reached.
    fn await_turn(&mut self) {
        let limits = self.limits;
        if self.turns >= limits.max_turns {
            self.end(format!(
                "the model took {} turns without an accepted draft",
                limits.max_turns
            ));
        } else if self.tool_calls >= limits.max_tool_calls {
            self.end(format!(
                "the model made {} tool calls without an accepted draft",
                limits.max_tool_calls
            ));
        } else if self.bytes >= limits.max_bytes {
            self.end(format!(
                "the model was shown {} bytes without an accepted draft",
                limits.max_bytes
            ));
        } else {
            self.phase = Phase::AwaitingTurn;
        }
    }
}

#[cfg(test)]
#[path = "run_tests.rs"]
mod tests;
