//! The small requests of a probe, and what came back.

use serde_json::{Map, Value, json};

use super::written;
use crate::agent::endpoint::answer::read_turn;
use crate::agent::endpoint::client::ChatClient;
use crate::agent::endpoint::failure::{Class, Refusal};
use crate::agent::endpoint::no_turn;
use crate::agent::endpoint::profile::{EmptyContent, LimitField, ReasoningEcho};
use crate::agent::message::{CallId, Turn};
use crate::agent::model::ModelError;

pub(super) const COUNT: &str = include_str!("../../../../prompts/probe_count.md");
pub(super) const GO: &str = include_str!("../../../../prompts/probe_go.md");
pub(super) const CALLS: &str = include_str!("../../../../prompts/probe_calls.md");
pub(super) const GREET: &str = include_str!("../../../../prompts/probe_greet.md");
pub(super) const RECALL: &str = include_str!("../../../../prompts/probe_recall.md");
pub(super) const FILLER: &str = include_str!("../../../../prompts/probe_filler.md");
const SYSTEM: &str = include_str!("../../../../prompts/probe_system.md");
const TOOL: &str = include_str!("../../../../prompts/probe_tool.md");

/// A word that no answer holds by chance.
pub(super) const WORD: &str = "zephyrquartz";

/// Enough for the longest answer that is asked for, with some reasoning before it.
const USUAL_LIMIT: u64 = 1_024;

/// The instruction to answer with one word.
pub(super) fn follow(word: &str) -> String {
    include_str!("../../../../prompts/probe_follow.md").replace("{word}", word)
}

/// The line that names a word to remember.
pub(super) fn remember(word: &str) -> String {
    include_str!("../../../../prompts/probe_remember.md")
        .trim_end()
        .replace("{word}", word)
}

/// One small request.
#[derive(Debug, Clone)]
pub(super) struct Ask {
    messages: Vec<Value>,
    limit: u64,
    tool: bool,
    choice: Option<&'static str>,
}

impl Ask {
    /// A request without messages.
    pub(super) fn bare() -> Self {
        Self {
            messages: Vec::new(),
            limit: USUAL_LIMIT,
            tool: false,
            choice: None,
        }
    }

    /// A request with the usual system message.
    pub(super) fn new() -> Self {
        Self::bare().message("system", SYSTEM)
    }

    pub(super) fn message(mut self, role: &str, text: &str) -> Self {
        self.messages
            .push(json!({"role": role, "content": text.trim_end()}));
        self
    }

    pub(super) fn user(self, text: &str) -> Self {
        self.message("user", text)
    }

    pub(super) fn limit(mut self, limit: u64) -> Self {
        self.limit = limit;
        self
    }

    pub(super) fn tool(mut self) -> Self {
        self.tool = true;
        self
    }

    /// What is said about calling the tool.
    pub(super) fn choice(mut self, choice: &'static str) -> Self {
        self.choice = Some(choice);
        self
    }

    /// A call and its answer, as a run sends them back.
    pub(super) fn history(mut self, form: EmptyContent, echo: ReasoningEcho) -> Self {
        let id = CallId::number(1);
        let mut turn = Map::new();
        turn.insert("role".into(), "assistant".into());
        match form {
            EmptyContent::EmptyText => turn.insert("content".into(), "".into()),
            EmptyContent::Null => turn.insert("content".into(), Value::Null),
            EmptyContent::Absent => None,
        };
        let function = json!({"name": "look_up", "arguments": r#"{"thing":"A"}"#});
        let call = json!({"id": id.as_str(), "type": "function", "function": function});
        turn.insert("tool_calls".into(), json!([call]));
        if echo == ReasoningEcho::ReasoningContent {
            turn.insert("reasoning_content".into(), CALLS.trim_end().into());
        }
        self.messages.push(Value::Object(turn));
        self.messages
            .push(json!({"role": "tool", "tool_call_id": id.as_str(), "content": WORD}));
        self
    }

    /// How many tokens the messages have at least, by their bytes.
    pub(super) fn estimate(&self) -> u64 {
        let texts = self
            .messages
            .iter()
            .filter_map(|m| m.get("content")?.as_str());
        texts.map(str::len).sum::<usize>() as u64 / 4
    }

    fn body(self, model: &str, limit_field: LimitField) -> Value {
        let mut body = Map::new();
        body.insert("model".into(), model.into());
        body.insert("messages".into(), self.messages.into());
        match limit_field {
            LimitField::MaxTokens => body.insert("max_tokens".into(), self.limit.into()),
            LimitField::MaxCompletionTokens => {
                body.insert("max_completion_tokens".into(), self.limit.into())
            }
            LimitField::None => None,
        };
        if self.tool {
            body.insert("tools".into(), json!([look_up()]));
        }
        if let Some(choice) = self.choice {
            body.insert("tool_choice".into(), choice.into());
        }
        Value::Object(body)
    }
}

fn look_up() -> Value {
    let parameters = json!({
        "type": "object",
        "properties": {"thing": {"type": "string"}},
        "required": ["thing"],
        "additionalProperties": false,
    });
    json!({
        "type": "function",
        "function": {"name": "look_up", "description": TOOL.trim_end(), "parameters": parameters},
    })
}

/// What came back of a request that the endpoint could do something with.
#[derive(Debug)]
pub(super) enum Answered {
    /// A turn, and the tokens that it says it has.
    Turn(Turn, Option<u64>),
    /// A complaint about this request.
    Refused(Refusal),
}

/// Asks, and remembers what every answer says beside its text.
#[derive(Debug)]
pub(super) struct Prober {
    client: ChatClient,
    model: String,
    pub(super) limit_field: LimitField,
    pub(super) names_waits: bool,
}

impl Prober {
    pub(super) fn new(client: ChatClient, model: &str) -> Self {
        Self {
            client,
            model: model.to_owned(),
            limit_field: LimitField::default(),
            names_waits: false,
        }
    }

    /// Asks. A complaint about the request is an answer; what would stop any request is an error.
    pub(super) async fn ask(&mut self, ask: Ask) -> Result<Answered, ModelError> {
        let limit = ask.limit;
        let body = ask.body(&self.model, self.limit_field);
        let (answer, receipt) = self.client.complete(&body, None).await;
        self.names_waits |= receipt.named_a_wait;
        match answer {
            Ok(answer) => read_turn(&answer, &[], Some(limit))
                .map(|turn| Answered::Turn(turn, written(&answer)))
                .map_err(|reason| no_turn(reason, &receipt)),
            Err(refusal) => match refusal.verdict.class {
                Class::BadRequest | Class::ContextLength | Class::Server => {
                    Ok(Answered::Refused(refusal))
                }
                Class::Authentication
                | Class::Quota
                | Class::RateLimited
                | Class::ContentFilter
                | Class::NotFound
                | Class::Unreachable
                | Class::Answer => Err(refusal.into_error()),
            },
        }
    }

    /// Asks what must be answered for the endpoint to be of any use.
    pub(super) async fn must(&mut self, ask: Ask) -> Result<Turn, ModelError> {
        match self.ask(ask).await? {
            Answered::Turn(turn, _) => Ok(turn),
            Answered::Refused(refusal) => Err(refusal.into_error()),
        }
    }
}
