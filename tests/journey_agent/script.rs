//! A scripted model behind a mock endpoint, and `custody prepare` run against it.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use custody::agent::message::{Message, ModelRequest};
use custody::agent::prompts::reference_in;
use custody::agent::pseudonym::Pseudonyms;
use custody_controls::capture::read_capture;
use serde_json::{Value, json};
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::common::{AS_OF, Outcome, Scenario, outcome};
use crate::draft::draft_of;
use crate::invariants::violations;

/// A model's name in provenance.
pub(crate) const MODEL: &str = "scripted-1";

/// The key that the endpoint is shown.
pub(crate) const KEY: &str = "sk-planted-key-4711";

/// What a scripted model knows when it answers.
pub(crate) struct Asked {
    /// How many turns it has taken.
    pub(crate) taken: usize,
    /// The reference, as it stands at the beginning of the conversation.
    pub(crate) reference: String,
}

/// Decides on an answer by what the model was asked.
pub(crate) struct Script<F>(F);

impl<F: Fn(&Asked) -> ResponseTemplate + Send + Sync> Respond for Script<F> {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let body: Value = request.body_json().unwrap();
        // A request that a strict server refuses is refused, whatever the script says.
        let mut broken = violations(&body);
        broken.retain(|fault| !fault.ends_with("is optional"));
        if !broken.is_empty() {
            eprintln!("a strict server refuses this: {broken:?}");
            return ResponseTemplate::new(400)
                .set_body_json(json!({"error": {"message": "strict"}}));
        }
        let messages = body["messages"].as_array().unwrap();
        let turns = messages.iter().filter(|one| one["role"] == "assistant");
        (self.0)(&Asked {
            taken: turns.count(),
            reference: read_reference(&body),
        })
    }
}

/// Reads the reference where a model would.
pub(crate) fn read_reference(body: &Value) -> String {
    let text = |at: usize| body["messages"][at]["content"].as_str().unwrap().to_owned();
    let request = ModelRequest {
        messages: vec![
            Message::System { text: text(0) },
            Message::User { text: text(1) },
        ],
        tools: Vec::new(),
    };
    reference_in(&request).unwrap().whole()
}

pub(crate) async fn endpoint(
    answering: impl Fn(&Asked) -> ResponseTemplate + Send + Sync + 'static,
) -> MockServer {
    let server = MockServer::start().await;
    let script = Script(answering);
    Mock::given(path("/v1/chat/completions"))
        .respond_with(script)
        .mount(&server)
        .await;
    server
}

pub(crate) async fn bodies(server: &MockServer) -> Vec<Value> {
    let received = server.received_requests().await.unwrap();
    received
        .iter()
        .map(|one| one.body_json().unwrap())
        .collect()
}

pub(crate) fn completion(message: &Value, finish_reason: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1_700_000_000, "model": MODEL,
        "choices": [{"index": 0, "message": message, "finish_reason": finish_reason}],
        "usage": {"prompt_tokens": 50_000, "completion_tokens": 20, "total_tokens": 50_020},
    }))
}

pub(crate) fn saying(text: &str) -> ResponseTemplate {
    completion(&json!({"role": "assistant", "content": text}), "stop")
}

pub(crate) fn calling(calls: &[(&str, String)]) -> ResponseTemplate {
    let calls: Vec<Value> = calls
        .iter()
        .enumerate()
        .map(|(number, (name, arguments))| {
            json!({"id": format!("call_{number}"), "type": "function",
                   "function": {"name": name, "arguments": arguments}})
        })
        .collect();
    let message = json!({"role": "assistant", "content": null, "tool_calls": calls});
    completion(&message, "tool_calls")
}

pub(crate) fn submitting(draft: &str, reference: &str) -> ResponseTemplate {
    let mut submission: Value = serde_json::from_str(draft).unwrap();
    submission["reference"] = json!(reference);
    calling(&[("submit_packet", submission.to_string())])
}

/// What a diligent model says: it lists, reads every record that it cites, then submits.
pub(crate) struct Play {
    reads: Vec<(String, String)>,
    draft: String,
}

impl Play {
    /// The play of a model that knows people by their tokens alone.
    pub(crate) fn of(scenario: &Scenario) -> Self {
        let assessment = scenario.review(&["assess"]);
        let mut draft = draft_of(&assessment);
        let quoted = json!({
            "artifact": "ceremonies/ceremonies/CER-2026-017", "quote": "lhaddad",
        });
        draft["concerns"] = json!([{
            "text": "Who is it that acted in the ceremony?", "disposition": "escalate", "citations": [quoted],
        }]);
        let mut cited: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        collect_artifacts(&draft, &mut cited);
        let names = pseudonyms(scenario);
        let mut reads = Vec::new();
        for (source, artifacts) in cited {
            let artifacts: Vec<String> = artifacts.into_iter().collect();
            for some in artifacts.chunks(4) {
                let arguments = names.hide(&json!({ "artifacts": some }).to_string());
                reads.push((format!("{source}_read_records"), arguments));
            }
        }
        let draft = names.hide(&draft.to_string());
        Self { reads, draft }
    }

    pub(crate) fn turn(&self, asked: &Asked) -> ResponseTemplate {
        match asked.taken {
            0 => calling(&[("controls_list_requirements", "{}".to_owned())]),
            1 => calling(&[
                ("controls_list_findings", "{}".to_owned()),
                (
                    "controls_read_account",
                    json!({"requirement": "KC-2"}).to_string(),
                ),
            ]),
            2 => {
                let reads = self.reads.iter();
                let calls: Vec<(&str, String)> = reads
                    .map(|(tool, arguments)| (tool.as_str(), arguments.clone()))
                    .collect();
                calling(&calls)
            }
            _ => submitting(&self.draft, &asked.reference),
        }
    }
}

pub(crate) fn pseudonyms(scenario: &Scenario) -> Pseudonyms {
    assert_eq!(scenario.run(&["capture", "--out", "frozen.json"]).code, 0);
    let text = std::fs::read_to_string(scenario.path("frozen.json")).unwrap();
    Pseudonyms::of(&read_capture(&text).unwrap())
}

fn collect_artifacts(value: &Value, found: &mut BTreeMap<String, BTreeSet<String>>) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(artifact)) = members.get("artifact") {
                let source = artifact.split('/').next().unwrap().to_owned();
                found.entry(source).or_default().insert(artifact.clone());
            }
            members
                .values()
                .for_each(|one| collect_artifacts(one, found));
        }
        Value::Array(items) => items.iter().for_each(|one| collect_artifacts(one, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

pub(crate) fn preparing(scenario: &Scenario, base_url: &str) -> Command {
    let arguments = ["prepare", "--json", "--as-of", AS_OF, "--model", MODEL];
    let mut command = scenario.command(&[&arguments[..], &["--base-url", base_url]].concat());
    command.env("CUSTODY_API_KEY", KEY);
    command
}

pub(crate) async fn prepare(scenario: &Scenario, server: &MockServer) -> (Value, Outcome) {
    let ran = outcome(preparing(scenario, &format!("{}/v1", server.uri())));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    (serde_json::from_str(&ran.stdout).unwrap(), ran)
}

#[track_caller]
pub(crate) fn rules_only(packet: &Value, reason: &str) {
    let validation = &packet["validation"];
    assert_eq!(validation["outcome"], "rules-only", "{validation}");
    let given = validation["reason"].as_str().unwrap();
    assert!(given.contains(reason), "{given}");
    assert_eq!(packet["posture"], "remediate");
    assert_eq!(packet["findings"].as_array().unwrap().len(), 3);
}
