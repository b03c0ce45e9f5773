//! A mock endpoint that plays a script and refuses what a strict server would refuse.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use custody::agent::endpoint::{Endpoint, EndpointConfig};
use custody::agent::message::{CallId, Message, ModelRequest, ToolCall, ToolSpec, Turn};
use custody::agent::model::{Model as _, ModelError};
use secrecy::SecretString;
use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::invariants::violations;

pub(crate) const KEY: &str = "sk-planted-key-4711";

/// Decides on an answer by the request and its number, from 0.
type Answering = Box<dyn Fn(&Value, usize) -> ResponseTemplate + Send + Sync>;

/// A strict endpoint.
pub(crate) struct Peer {
    server: MockServer,
    broken: Arc<Mutex<Vec<String>>>,
}

struct Strict {
    answering: Answering,
    seen: Mutex<usize>,
    broken: Arc<Mutex<Vec<String>>>,
}

impl Respond for Strict {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let mut found = if body.is_object() {
            violations(&body)
        } else {
            vec!["no JSON".into()]
        };
        if request.url.path() != "/v1/chat/completions" || request.method.as_str() != "POST" {
            found.push(format!("{} {}", request.method, request.url.path()));
        }
        let header = |name: &str| Some(request.headers.get(name)?.to_str().unwrap().to_owned());
        if header("authorization") != Some(format!("Bearer {KEY}")) {
            found.push("authorization".into());
        }
        if header("content-type").as_deref() != Some("application/json") {
            found.push("content type".into());
        }
        if header("accept-encoding").is_some() {
            found.push("asks for compression".into());
        }
        self.broken.lock().unwrap().extend(found);
        let mut seen = self.seen.lock().unwrap();
        *seen += 1;
        (self.answering)(&body, *seen - 1)
    }
}

impl Peer {
    /// Answers as `answering` decides.
    pub(crate) async fn deciding(
        answering: impl Fn(&Value, usize) -> ResponseTemplate + Send + Sync + 'static,
    ) -> Self {
        let server = MockServer::start().await;
        let broken = Arc::default();
        let strict = Strict {
            answering: Box::new(answering),
            seen: Mutex::new(0),
            broken: Arc::clone(&broken),
        };
        Mock::given(any()).respond_with(strict).mount(&server).await;
        Self { server, broken }
    }

    /// Gives `answers` in order, the last for ever.
    pub(crate) async fn answering(answers: Vec<ResponseTemplate>) -> Self {
        Self::deciding(move |_, number| answers[number.min(answers.len() - 1)].clone()).await
    }

    /// The configuration for this endpoint, with waits that no test notices.
    pub(crate) fn config(&self) -> EndpointConfig {
        let base_url = format!("{}/v1/", self.server.uri());
        let mut config = EndpointConfig::new(&base_url, "peer", SecretString::from(KEY));
        config.patience.base_delay = Duration::from_millis(1);
        config.patience.retries = 2;
        config.max_output = 1000;
        config
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        Endpoint::new(self.config()).unwrap()
    }

    /// The bodies of all requests so far.
    pub(crate) async fn requests(&self) -> Vec<Value> {
        let received = self.server.received_requests().await.unwrap();
        received
            .iter()
            .map(|request| request.body_json().unwrap())
            .collect()
    }

    /// Forgets what was sent, where requests are odd on purpose.
    pub(crate) fn forgive(&self) {
        self.broken.lock().unwrap().clear();
    }

    /// One turn over [`start`], and the number of requests it took.
    pub(crate) async fn one_turn(&self) -> (Result<Turn, ModelError>, usize) {
        let turn = self.endpoint().turn(&start()).await;
        (turn, self.requests().await.len())
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let broken = self.broken.lock().unwrap();
        if !std::thread::panicking() {
            assert_eq!(
                *broken,
                Vec::<String>::new(),
                "a strict server refuses this"
            );
        }
    }
}

/// A success with `body`.
pub(crate) fn ok(body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

/// A failure with a JSON body.
pub(crate) fn failing(status: u16, body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(body)
}

/// A completion with `message`, as a well-behaved endpoint frames it.
pub(crate) fn completion(message: &Value, finish_reason: &str) -> Value {
    json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1_700_000_000, "model": "peer",
        "choices": [{"index": 0, "message": message, "finish_reason": finish_reason}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120},
    })
}

/// A completion that says `text` and stops.
pub(crate) fn saying(text: &str) -> Value {
    completion(&json!({"role": "assistant", "content": text}), "stop")
}

/// A completion with `calls`.
pub(crate) fn calling(calls: &Value) -> Value {
    let message = json!({"role": "assistant", "content": null, "tool_calls": calls});
    completion(&message, "tool_calls")
}

/// A tool whose argument is required (`look`), and one without (`list`).
pub(crate) fn tools() -> Vec<ToolSpec> {
    let tool = |name: &str, properties: Value, required: Value| ToolSpec {
        name: name.into(),
        description: "looks".into(),
        parameters: json!({"type": "object", "properties": properties, "required": required,
                           "additionalProperties": false}),
    };
    vec![
        tool("look", json!({"x": {"type": "string"}}), json!(["x"])),
        tool("list", json!({}), json!([])),
    ]
}

/// The beginning of a conversation.
pub(crate) fn start() -> ModelRequest {
    ModelRequest {
        messages: vec![
            Message::System {
                text: "rules".into(),
            },
            Message::User { text: "go".into() },
        ],
        tools: tools(),
    }
}

/// Appends `turn` and an output for each of its calls, under the run's own ids.
pub(crate) fn append(request: &mut ModelRequest, turn: &Turn, called: &mut u32) {
    let calls: Vec<ToolCall> = turn
        .calls
        .iter()
        .map(|call| {
            *called += 1;
            ToolCall {
                id: CallId::number(*called),
                name: call.name.clone(),
                arguments: call.arguments.clone(),
            }
        })
        .collect();
    let outputs: Vec<Message> = calls
        .iter()
        .map(|call| Message::Tool {
            call: call.id.clone(),
            text: call.arguments.clone(),
        })
        .collect();
    request.messages.push(Message::Assistant {
        text: turn.text.clone(),
        calls,
        reasoning: turn.reasoning.clone(),
    });
    request.messages.extend(outputs);
}
