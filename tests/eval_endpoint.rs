//! `custody eval` with a model behind an OpenAI-compatible endpoint: what it is shown, what it may spend, and
//! that its runs are played again without it.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[expect(dead_code, reason = "shared with tests that look into the store")]
mod common;
#[path = "common/draft.rs"]
mod draft;
#[path = "endpoints/invariants.rs"]
mod invariants;
#[expect(dead_code, reason = "shared with tests of `custody prepare`")]
#[path = "journey_agent/script.rs"]
mod script;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use common::{AS_OF, Outcome, outcome};
use custody::agent::message::{CallId, Message, ModelRequest, ToolCall};
use custody::agent::model::Model;
use custody::agent::offline::OfflineDrafter;
use script::{KEY, MODEL, bodies, calling};
use serde_json::{Value, json};
use tempfile::TempDir;
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

/// Two cases whose drafts are right, and one whose model is stubborn.
const CASES: [&str; 3] = ["clean_approve", STUBBORN, "seed-scenario_remediate"];

const STUBBORN: &str = "exception-expired_escalate";

/// A model that drafts as the embedded drafter does, from what the wire shows it; wrongly where the rules would escalate.
struct Drafting;

impl Respond for Drafting {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let body: Value = request.body_json().unwrap();
        let mut broken = invariants::violations(&body);
        broken.retain(|fault| !fault.ends_with("is optional"));
        assert_eq!(broken, Vec::<String>::new());
        let request = conversation(&body);
        let mut drafting = OfflineDrafter.turn(&request);
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        let std::task::Poll::Ready(turn) = drafting.as_mut().poll(&mut context) else {
            panic!("the embedded drafter waits for nothing");
        };
        // After a rejection it knows nothing better than what it said.
        let calls = turn.map(|turn| turn.calls).unwrap_or_default();
        let told: Vec<(&str, String)> = calls
            .iter()
            .map(|call| (call.name.as_str(), arguments(&call.arguments)))
            .collect();
        match told.as_slice() {
            [] => script::saying("That is all."),
            told => calling(told),
        }
    }
}

/// What is said in the case of the stubborn model: everything is in order.
fn arguments(honest: &str) -> String {
    let mut draft: Value = serde_json::from_str(honest).unwrap();
    if draft["posture"] == "escalate" {
        draft["posture"] = json!("approve");
    }
    draft.to_string()
}

/// The request as the run wrote it.
fn conversation(body: &Value) -> ModelRequest {
    let text = |message: &Value| message["content"].as_str().unwrap_or_default().to_owned();
    let id = |value: &Value| -> CallId { serde_json::from_value(value.clone()).unwrap() };
    let call = |call: &Value| ToolCall {
        id: id(&call["id"]),
        name: call["function"]["name"].as_str().unwrap().to_owned(),
        arguments: call["function"]["arguments"].as_str().unwrap().to_owned(),
    };
    let messages = body["messages"].as_array().unwrap().iter();
    let messages = messages.map(|message| match message["role"].as_str().unwrap() {
        "system" => Message::System {
            text: text(message),
        },
        "user" => Message::User {
            text: text(message),
        },
        "tool" => Message::Tool {
            call: id(&message["tool_call_id"]),
            text: text(message),
        },
        _ => Message::Assistant {
            text: text(message),
            calls: message["tool_calls"]
                .as_array()
                .map(|calls| calls.iter().map(call).collect())
                .unwrap_or_default(),
            reasoning: None,
        },
    });
    ModelRequest {
        messages: messages.collect(),
        tools: Vec::new(),
    }
}

async fn drafting() -> MockServer {
    let server = MockServer::start().await;
    Mock::given(path("/v1/chat/completions"))
        .respond_with(Drafting)
        .mount(&server)
        .await;
    server
}

/// `custody eval` of the cases in a folder without configuration.
fn eval(folder: &Path, arguments: &[&str]) -> Outcome {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("evals/cases");
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("custody"));
    command.current_dir(folder).args(["eval", "--json"]);
    command
        .args(arguments)
        .args(CASES.map(|name| root.join(name)));
    command
        .env_remove("CUSTODY_LOG")
        .env_remove("CUSTODY_API_KEY");
    if arguments.contains(&"--model") {
        command.env("CUSTODY_API_KEY", KEY);
    }
    outcome(command)
}

fn asking(folder: &Path, server: &MockServer, arguments: &[&str]) -> Value {
    let url = format!("{}/v1", server.uri());
    let model = ["--model", MODEL, "--base-url", &url, "--out", "out"];
    report(&eval(folder, &[&model[..], arguments].concat()))
}

#[track_caller]
fn report(ran: &Outcome) -> Value {
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(!ran.stdout.contains(KEY) && !ran.stderr.contains(KEY));
    serde_json::from_str(&ran.stdout).unwrap()
}

/// Everything that is computed from runs.
fn figures(report: &Value) -> Vec<Value> {
    let parts = [
        "runs",
        "posture",
        "surfacing",
        "citations",
        "stability",
        "drift",
        "human_ceiling",
        "misses",
        "unscored",
    ];
    parts.map(|part| report[part].clone()).to_vec()
}

fn runs(report: &Value) -> Vec<&str> {
    let runs = report["runs"].as_array().unwrap().iter();
    runs.map(|run| run["case"].as_str().unwrap()).collect()
}

/// How the run in a log ended.
fn end_of(folder: &Path, case: &str) -> Value {
    let log = folder.join(format!("out/runs/{case}.1.jsonl"));
    let log = std::fs::read_to_string(log).unwrap();
    assert!(!log.contains(KEY));
    let end: Value = serde_json::from_str(log.lines().last().unwrap()).unwrap();
    end["end"].clone()
}

/// What people are called in the evidence of both bases.
fn names() -> BTreeSet<String> {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut names = BTreeSet::new();
    for base in ["semiannual-2026-h2", "semiannual-2026-h2-clean"] {
        let people = examples.join(base).join("identity/people.json");
        let people: Vec<Value> =
            serde_json::from_str(&std::fs::read_to_string(people).unwrap()).unwrap();
        for person in people {
            let own = ["id", "name", "email"].map(|member| person[member].clone());
            let aliases = person["aliases"].as_array().unwrap().clone();
            let all = own.into_iter().chain(aliases);
            names.extend(all.map(|name| name.as_str().unwrap().to_owned()));
        }
    }
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_end_accepted_or_by_the_rules_and_are_played_again_without_the_endpoint() {
    let folder = TempDir::new().unwrap();
    let server = drafting().await;
    let made = asking(folder.path(), &server, &["--jobs", "2"]);
    assert_eq!(runs(&made), CASES);
    assert_eq!(made["unscored"], json!([]));
    assert_eq!(made["header"]["model"], MODEL);
    assert_eq!(made["header"]["origin"], "run");
    let mut spent = 0;
    for case in CASES {
        let end = end_of(folder.path(), case);
        let expected = if case == STUBBORN {
            "rules-only"
        } else {
            "accepted"
        };
        assert_eq!(end["outcome"], expected, "{case}: {end}");
        spent += end["tokens"]["input"].as_u64().unwrap();
    }
    // A draft that says less than the rules moves no posture.
    assert_eq!(end_of(folder.path(), STUBBORN)["posture"], "escalate");
    let asked = bodies(&server).await;
    assert_eq!(spent, 50_000 * asked.len() as u64);
    assert_eq!(made["header"]["tokens"]["input"], spent);

    let shown: Vec<String> = asked.iter().map(Value::to_string).collect();
    for name in names() {
        let told = shown.iter().position(|text| text.contains(&name));
        assert_eq!(told, None, "a request names `{name}`");
    }
    assert!(shown.iter().any(|text| text.contains("person-0001")));
    assert!(shown.iter().any(|text| text.contains(AS_OF)));

    // Nothing is asked again, neither to go on nor to replay.
    let again = asking(folder.path(), &server, &["--jobs", "2"]);
    assert_eq!(figures(&again), figures(&made));
    assert_eq!(bodies(&server).await.len(), asked.len());
    drop(server);
    let replayed = report(&eval(folder.path(), &["--replay", "out"]));
    assert_eq!(figures(&replayed), figures(&made));
    for member in ["model", "profile", "tokens", "cases", "epochs"] {
        let (then, now) = (&made["header"][member], &replayed["header"][member]);
        assert_eq!(then, now, "{member}");
    }
    assert_eq!(replayed["header"]["origin"], "replay");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_budget_leaves_out_is_unscored_and_made_later() {
    let folder = TempDir::new().unwrap();
    let server = drafting().await;
    let spent = asking(
        folder.path(),
        &server,
        &["--jobs", "1", "--max-tokens", "60000"],
    );
    // The run that spends the budget is ended, and the next is not begun.
    let made = runs(&spent);
    let left: Vec<&str> = spent["unscored"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            let reason = one["reason"].as_str().unwrap();
            assert_eq!(reason, "not run: the budget of 60000 tokens is spent");
            one["case"].as_str().unwrap()
        })
        .collect();
    assert_eq!((made.len(), left.len()), (1, 2), "{made:?} {left:?}");
    // A case without a run is no wrong one.
    let agreement = &spent["posture"]["agreement"];
    assert_eq!(
        agreement["counted"],
        json!({"numerator": 1, "denominator": 1})
    );
    for miss in spent["misses"].as_array().unwrap() {
        assert_eq!(miss["case"], made[0]);
    }
    for case in &left {
        let log = folder.path().join(format!("out/runs/{case}.1.jsonl"));
        assert!(!log.exists(), "{case} was begun");
    }

    let all = asking(folder.path(), &server, &["--jobs", "2"]);
    assert_eq!(runs(&all), CASES);
    assert_eq!(all["unscored"], json!([]));
    let whole = TempDir::new().unwrap();
    let whole = asking(whole.path(), &server, &["--jobs", "2"]);
    assert_eq!(figures(&all), figures(&whole));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_cannot_be_asked_scores_nothing() {
    let folder = TempDir::new().unwrap();
    let refusing = MockServer::start().await;
    let error = json!({"error": {"message": "no", "type": "invalid_request_error"}});
    Mock::given(path("/v1/chat/completions"))
        .respond_with(ResponseTemplate::new(401).set_body_json(error))
        .mount(&refusing)
        .await;
    let refused = asking(folder.path(), &refusing, &[]);
    assert_eq!(refused["runs"], json!([]));
    assert_eq!(refused["unscored"].as_array().unwrap().len(), CASES.len());
    for one in refused["unscored"].as_array().unwrap() {
        let reason = one["reason"].as_str().unwrap();
        assert!(reason.contains("refused the key"), "{reason}");
    }
    let agreement = &refused["posture"]["agreement"]["estimate"];
    assert!(
        agreement.is_null() || agreement == "undefined",
        "{agreement}"
    );

    // With a key that is right, the same folder goes on.
    let made = asking(folder.path(), &drafting().await, &[]);
    assert_eq!(runs(&made), CASES);
}
