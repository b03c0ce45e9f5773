//! Nothing of a key, a prompt or an answer's body reaches a log or an error.

use std::io::Write;
use std::sync::{Arc, Mutex};

use custody::agent::endpoint::{Endpoint, LOG_DIRECTIVES, probe};
use custody::agent::message::{Message, ModelRequest};
use custody::agent::model::Model as _;
use serde_json::json;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::util::SubscriberInitExt as _;
use wiremock::ResponseTemplate;

use crate::peer::{KEY, Peer, completion, failing, ok, saying, start};

const BODY: &str = "planted-body-0815";
const PROMPT: &str = "planted-prompt-2342";

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'w> MakeWriter<'w> for Log {
    type Writer = Self;
    fn make_writer(&'w self) -> Self {
        self.clone()
    }
}

impl Log {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

/// Every kind of answer that holds the marker: read, refused, broken, oversized.
fn answers() -> Vec<ResponseTemplate> {
    let error = json!({"error": {"message": BODY, "type": BODY, "code": BODY, "param": BODY}});
    let odd = completion(&json!({"content": BODY}), BODY);
    let raw = |status: u16, text: String| {
        ResponseTemplate::new(status).set_body_raw(text, "application/json")
    };
    let mut answers = vec![
        ok(&saying(BODY)),
        ok(&odd),
        ok(&error),
        ok(&json!({"choices": [], "note": BODY})),
        raw(200, format!("<html>{BODY}{KEY}</html>")),
        raw(200, format!("{{\"choices\": [\"{BODY}")),
        raw(200, format!("{BODY} {KEY}")),
        ok(&saying(&BODY.repeat(5000))),
    ];
    for status in [302, 400, 401, 404, 413, 422, 429, 500, 503, 529] {
        answers.push(failing(status, &error));
        answers.push(raw(status, format!("{BODY} {KEY} {PROMPT}")));
        let headers = ResponseTemplate::new(status)
            .insert_header("x-request-id", format!("id-{KEY}"))
            .insert_header("retry-after", BODY)
            .insert_header("location", format!("/{BODY}?{KEY}"));
        answers.push(headers);
    }
    answers
}

#[track_caller]
fn assert_clean(what: &str, text: &str) {
    for marker in [KEY, BODY, PROMPT] {
        assert!(!text.contains(marker), "{marker} in {what}: {text}");
    }
}

#[tokio::test]
async fn no_marker_reaches_a_log_at_trace_or_an_error() {
    let log = Log::default();
    let _guard = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .finish()
        .set_default();
    let mut request: ModelRequest = start();
    request.messages.push(Message::User {
        text: PROMPT.into(),
    });
    let mut failures = 0;
    for answer in answers() {
        let peer = Peer::answering(vec![answer]).await;
        let mut config = peer.config();
        config.largest_answer = 50_000;
        assert_clean("the configuration", &format!("{config:?}"));
        let probed = probe(&config).await;
        if let Err(error) = &probed {
            assert_clean("a probe's error", &format!("{error} {error:?}"));
        }
        let endpoint = Endpoint::new(config).unwrap();
        if let Err(error) = endpoint.turn(&request).await {
            failures += 1;
            let json = serde_json::to_string(&error).unwrap();
            assert_clean("an error", &format!("{error} {error:?} {json}"));
        }
        assert_clean("the endpoint", &format!("{endpoint:?}"));
        peer.forgive();
    }
    assert_eq!(
        failures,
        answers().len() - 2,
        "all but the two that can be read"
    );
    let text = log.text();
    assert!(
        text.contains("The endpoint did not answer attempt 1"),
        "the log is heard: {text}"
    );
    assert_clean("the log", &text);
}

#[tokio::test]
async fn the_log_directives_silence_what_would_log_bodies() {
    let log = Log::default();
    let filter = EnvFilter::new(format!("trace,{LOG_DIRECTIVES}"));
    let _guard = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(log.clone())
        .finish()
        .set_default();
    for target in LOG_DIRECTIVES.split(',') {
        assert!(
            target
                .parse::<tracing_subscriber::filter::Directive>()
                .is_ok(),
            "{target}"
        );
    }
    tracing::error!(target: "async_openai::error", "failed deserialization of: {BODY}");
    tracing::warn!(target: "async_openai::client", "Server error: {BODY}");
    tracing::trace!(target: "h2::proto", "{BODY}");
    tracing::info!(target: "custody::agent", "heard");
    let text = log.text();
    assert!(text.contains("heard"), "{text}");
    assert_clean("the log", &text);
}
