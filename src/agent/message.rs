//! The conversation between the run and a model, in our own words. No endpoint's wire form.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One message of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "role", rename_all = "snake_case")]
pub enum Message {
    /// The task and the rules of the run. Exactly one, first.
    System {
        /// The text.
        text: String,
    },
    /// A word from the run to the model.
    User {
        /// The text.
        text: String,
    },
    /// What the model said.
    Assistant {
        /// Its text, often empty.
        text: String,
        /// The tools it called, each answered by the `Tool` messages that follow.
        calls: Vec<ToolCall>,
        /// Reasoning that some endpoints want to see again, kept apart from the text.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reasoning: Option<String>,
    },
    /// The answer to one tool call.
    Tool {
        /// The call's id.
        call: CallId,
        /// The answer.
        text: String,
    },
}

/// Our own id of a tool call: nine alphanumerics, unique in the run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CallId(String);

impl CallId {
    /// The id of the run's call number `number`.
    #[must_use]
    pub fn number(number: u32) -> Self {
        Self(format!("c{number:08}"))
    }

    /// The id's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A tool call as the run keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolCall {
    /// Our own id.
    pub id: CallId,
    /// The tool's name as the model gave it.
    pub name: String,
    /// The arguments as JSON text; `{}` where the model's were no JSON, so that they are never replayed.
    pub arguments: String,
}

/// A tool call as a model made it, before it has an id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestedCall {
    /// The tool's name.
    pub name: String,
    /// The arguments' text, as the model wrote it.
    pub arguments: String,
}

/// What a model answered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// Text, without reasoning.
    pub text: String,
    /// Tool calls, in order.
    pub calls: Vec<RequestedCall>,
    /// Reasoning, where the endpoint shows it.
    #[serde(default)]
    pub reasoning: Option<String>,
    /// Tokens as the endpoint reported them; `None` where it said nothing believable.
    #[serde(default)]
    pub usage: Option<Usage>,
    /// Whether the answer was cut by an output limit.
    #[serde(default)]
    pub truncated: bool,
    /// Why the model says it stopped. Calls decide what happens next, not this.
    #[serde(default)]
    pub finish: Finish,
}

/// Why a model says it stopped.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finish {
    /// It gave no reason.
    #[default]
    Unstated,
    /// It was done.
    Stop,
    /// It waits for its tool calls' answers.
    Calls,
    /// It ran into an output limit.
    Length,
    /// A reason of its endpoint's own, shortened to a word.
    Other(String),
}

/// Tokens of one exchange.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens read.
    pub input: u64,
    /// Tokens written.
    pub output: u64,
}

/// A tool as a model is shown it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolSpec {
    /// The name.
    pub name: String,
    /// What it answers.
    pub description: String,
    /// JSON schema of its arguments, in the portable subset.
    pub parameters: Value,
}

/// What is sent to a model for its next turn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelRequest {
    /// The conversation so far.
    pub messages: Vec<Message>,
    /// The tools it may call.
    pub tools: Vec<ToolSpec>,
}
