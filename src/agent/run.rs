//! The run as a state machine: no I/O, no clock, serialisable between any two steps.
//!
//! [`Run::next`] says what to do; the driver does it and tells [`Run::apply`] what came of it.
//! Every [`Event`] is journaled before it is applied, so that applying the journal to a new run
//! gives the same state: a killed run resumes, and a finished one replays.

mod turns;

use std::collections::{BTreeMap, BTreeSet};

use custody_controls::packet::RejectedDraft;
use serde::{Deserialize, Serialize};

use super::limits::Limits;
use super::message::{CallId, Message, ModelRequest, ToolCall, ToolSpec, Turn, Usage};
use super::model::ModelError;
use super::reference::{Echo, Reference};

/// The tool by which a model hands in its draft.
pub const SUBMIT_TOOL: &str = "submit_packet";

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
    fruitless: u32,
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
            fruitless: 0,
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
}

#[cfg(test)]
#[path = "run_tests.rs"]
mod tests;
