//! What a run makes of turns, answers and verdicts: who is told what, and when it is over.

use std::collections::BTreeMap;

use custody_controls::packet::RejectedDraft;

use super::{Answer, Phase, Run, SUBMIT_TOOL};
use crate::agent::message::{CallId, Message, RequestedCall, ToolCall, Turn};
use crate::agent::prompts;
use crate::agent::reference::Echo;

/// How often a model is reminded to use the tools before the run ends.
pub(super) const MAX_REMINDERS: u32 = 2;

/// How many turns in a row may bring neither an answer nor a draft to judge.
const MAX_FRUITLESS_TURNS: u32 = 4;

/// How many drafts may come without the run's reference. One can be a model's slip.
const MAX_WRONG_REFERENCES: u32 = 1;

impl Run {
    pub(super) fn take_turn(&mut self, turn: Turn, seconds: u64) {
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
                self.await_another();
            }
            ([(call, requested)], 1) => {
                self.fruitless = 0;
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
                self.await_another();
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
            return self.end(self.without_calls(&turn));
        }
        self.hear(turn.text, Vec::new(), turn.reasoning);
        self.messages.push(Message::User {
            text: prompts::use_the_tools().to_owned(),
        });
        self.await_turn();
    }

    /// Why a model that calls nothing is left.
    fn without_calls(&self, turn: &Turn) -> String {
        let answered = if turn.text.trim().is_empty() {
            "the model answered with neither text nor calls"
        } else {
            "the model answered in text instead of calling tools"
        };
        let never = match self.calls_made {
            0 => {
                ", and never called one: its endpoint may not pass them on (`custody endpoint probe` tells)"
            }
            _ => "",
        };
        format!("{answered}{never}")
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
            self.tell_all(told, Vec::new());
            self.await_another();
        } else {
            self.fruitless = 0;
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

    pub(super) fn take_answers(&mut self, told: Vec<(CallId, String)>, answers: Vec<Answer>) {
        self.tell_all(told, answers);
        self.await_turn();
    }

    fn tell_all(&mut self, told: Vec<(CallId, String)>, answers: Vec<Answer>) {
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
    }

    pub(super) fn take_rejection(&mut self, call: CallId, echo: Echo, rejected: RejectedDraft) {
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

    /// Asks the model again after a turn that brought nothing, unless there were too many in a row.
    fn await_another(&mut self) {
        self.fruitless = self.fruitless.saturating_add(1);
        if self.fruitless > MAX_FRUITLESS_TURNS {
            self.end(format!(
                "the model took {} turns in a row that could not be acted on",
                self.fruitless
            ));
        } else {
            self.await_turn();
        }
    }

    /// Asks the model again, unless a limit is reached.
    pub(super) fn await_turn(&mut self) {
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
