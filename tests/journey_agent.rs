//! A review with a model behind an OpenAI-compatible endpoint: what it is shown, what it may say,
//! and that no failure of it loses a packet.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;
#[path = "common/draft.rs"]
mod draft;

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Command, Stdio};
use std::time::Duration;

use common::{AS_OF, Outcome, SEED, Scenario, outcome};
use custody::agent::endpoint::EndpointProfile;
use custody::agent::message::{Message, ModelRequest};
use custody::agent::prompts::reference_in;
use custody::agent::pseudonym::Pseudonyms;
use custody_controls::capture::read_capture;
use draft::draft_of;
use serde_json::{Value, json};
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

/// A model's name in provenance.
const MODEL: &str = "scripted-1";

/// What a scripted model knows when it answers.
struct Asked {
    /// How many turns it has taken.
    taken: usize,
    /// The reference, as it stands at the beginning of the conversation.
    reference: String,
}

/// Decides on an answer by what the model was asked.
struct Script<F>(F);

impl<F: Fn(&Asked) -> ResponseTemplate + Send + Sync> Respond for Script<F> {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let body: Value = request.body_json().unwrap();
        let messages = body["messages"].as_array().unwrap();
        let turns = messages.iter().filter(|one| one["role"] == "assistant");
        (self.0)(&Asked {
            taken: turns.count(),
            reference: read_reference(&body),
        })
    }
}

/// Reads the reference where a model would.
fn read_reference(body: &Value) -> String {
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

async fn endpoint(
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

async fn bodies(server: &MockServer) -> Vec<Value> {
    let received = server.received_requests().await.unwrap();
    received
        .iter()
        .map(|one| one.body_json().unwrap())
        .collect()
}

fn completion(message: &Value, finish_reason: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1_700_000_000, "model": MODEL,
        "choices": [{"index": 0, "message": message, "finish_reason": finish_reason}],
        "usage": {"prompt_tokens": 50_000, "completion_tokens": 20, "total_tokens": 50_020},
    }))
}

fn saying(text: &str) -> ResponseTemplate {
    completion(&json!({"role": "assistant", "content": text}), "stop")
}

fn calling(calls: &[(&str, String)]) -> ResponseTemplate {
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

fn submitting(draft: &str, reference: &str) -> ResponseTemplate {
    let mut submission: Value = serde_json::from_str(draft).unwrap();
    submission["reference"] = json!(reference);
    calling(&[("submit_packet", submission.to_string())])
}

/// What a diligent model says: it lists, reads every record that it cites, then submits.
struct Play {
    reads: Vec<(String, String)>,
    draft: String,
}

impl Play {
    /// The play of a model that knows people by their tokens alone.
    fn of(scenario: &Scenario) -> Self {
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

    fn turn(&self, asked: &Asked) -> ResponseTemplate {
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

fn pseudonyms(scenario: &Scenario) -> Pseudonyms {
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

fn preparing(scenario: &Scenario, base_url: &str) -> Command {
    let arguments = ["prepare", "--json", "--as-of", AS_OF, "--model", MODEL];
    let mut command = scenario.command(&[&arguments[..], &["--base-url", base_url]].concat());
    command.env("CUSTODY_API_KEY", "sk-planted-key-4711");
    command
}

async fn prepare(scenario: &Scenario, server: &MockServer) -> (Value, Outcome) {
    let ran = outcome(preparing(scenario, &format!("{}/v1", server.uri())));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    (serde_json::from_str(&ran.stdout).unwrap(), ran)
}

#[track_caller]
fn rules_only(packet: &Value, reason: &str) {
    let validation = &packet["validation"];
    assert_eq!(validation["outcome"], "rules-only", "{validation}");
    let given = validation["reason"].as_str().unwrap();
    assert!(given.contains(reason), "{given}");
    assert_eq!(packet["posture"], "remediate");
    assert_eq!(packet["findings"].as_array().unwrap().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_diligent_model_has_its_packet_accepted_and_never_sees_a_person() {
    let scenario = Scenario::copy_of(SEED);
    let play = Play::of(&scenario);
    let server = endpoint(move |asked| play.turn(asked)).await;
    let (packet, _) = prepare(&scenario, &server).await;
    assert_eq!(
        packet["validation"]["outcome"], "accepted",
        "{}",
        packet["validation"]
    );
    assert_eq!(packet["validation"]["rounds"], 1);
    assert_eq!(packet["provenance"]["model"], MODEL);
    assert_eq!(
        packet["provenance"]["endpoint_profile"],
        json!({"origin": "default", "digest": EndpointProfile::default().digest()})
    );
    assert_eq!(
        packet["provenance"]["tokens"],
        json!({"input": 200_000, "output": 80})
    );
    // Quotes and values come back as the records have them.
    assert_eq!(packet["concerns"][0]["citations"][0]["quote"], "lhaddad");
    assert!(packet["requirements"][1].to_string().contains("lhaddad"));

    let bodies = bodies(&server).await;
    assert_eq!(bodies.len(), 4);
    let people = std::fs::read_to_string(scenario.path("identity/people.json")).unwrap();
    let people: Vec<Value> = serde_json::from_str(&people).unwrap();
    for person in &people {
        let named = ["id", "name", "email"].map(|field| person[field].as_str().unwrap());
        let aliases = person["aliases"].as_array().unwrap().iter();
        let aliases = aliases.map(|alias| alias.as_str().unwrap());
        for (number, body) in bodies.iter().enumerate() {
            let text = body.to_string();
            for name in named.into_iter().chain(aliases.clone()) {
                assert!(!text.contains(name), "request {number} names `{name}`");
            }
        }
    }
    assert!(bodies[3].to_string().contains("person-0001"));
    assert!(!bodies[3].to_string().contains("sk-planted-key"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_model_is_shown_first_is_known_to_the_letter() {
    let scenario = Scenario::copy_of(SEED);
    let server = endpoint(|_| saying("no")).await;
    prepare(&scenario, &server).await;
    insta::assert_json_snapshot!("first_request", bodies(&server).await[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_never_gets_it_right_leaves_the_rules_account_and_its_drafts() {
    let scenario = Scenario::copy_of(SEED);
    let bad =
        json!({"posture": "approve", "summary": "I approved everything.", "requirements": []});
    let bad = bad.to_string();
    let server = endpoint(move |asked| submitting(&bad, &asked.reference)).await;
    let (packet, _) = prepare(&scenario, &server).await;
    rules_only(&packet, "drafts were rejected");
    let rejected = packet["validation"]["rejected_drafts"].as_array().unwrap();
    assert_eq!(rejected.len(), bodies(&server).await.len());
    assert!(rejected.len() > 1);
    let text = rejected[0].to_string();
    for word in [
        "missing-requirement",
        "action-claim",
        "I approved everything",
    ] {
        assert!(text.contains(word), "{word}: {text}");
    }
    assert!(!packet["summary"].to_string().contains("I approved"));
}

/// A model that reads the evidence and submits a perfect draft with `reference` for the right one.
async fn playing_with(
    reference: impl Fn(&Asked) -> String + Send + Sync + 'static,
) -> (Value, usize) {
    let scenario = Scenario::copy_of(SEED);
    let play = Play::of(&scenario);
    let server = endpoint(move |asked| {
        let told = Asked {
            taken: asked.taken,
            reference: reference(asked),
        };
        play.turn(&told)
    })
    .await;
    let (packet, _) = prepare(&scenario, &server).await;
    let asked = bodies(&server).await;
    // The reference is where it belongs, and nowhere else to be read from.
    let whole = read_reference(&asked[0]);
    for body in &asked {
        for half in whole.split('-') {
            assert_eq!(body.to_string().matches(half).count(), 1);
        }
    }
    assert!(!packet.to_string().contains(&whole));
    (packet, asked.len())
}

#[tokio::test(flavor = "multi_thread")]
async fn q31_an_endpoint_that_cut_the_beginning_never_has_a_packet_accepted() {
    let second_half = |asked: &Asked| asked.reference.split_once('-').unwrap().1.to_owned();
    let first_half = |asked: &Asked| asked.reference.split_once('-').unwrap().0.to_owned();
    for (packet, asked) in [
        playing_with(second_half).await,
        playing_with(first_half).await,
        playing_with(|_| String::new()).await,
        playing_with(|_| "ghjkmnpq-rstvwxyz".to_owned()).await,
    ] {
        rules_only(&packet, "cut the beginning of the conversation");
        assert_eq!(asked, 5, "answered once, and then over");
        let rejected = packet["validation"]["rejected_drafts"].as_array().unwrap();
        assert_eq!(rejected.len(), 2);
        for one in rejected {
            assert_eq!(
                one["faults"].as_array().unwrap().len(),
                1,
                "{}",
                one["faults"]
            );
            assert_eq!(one["faults"][0]["code"], "malformed-draft");
            assert_eq!(one["faults"][0]["path"], "/reference");
            assert!(one["draft"].get("reference").is_none());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_forgets_the_reference_once_is_told_and_goes_on() {
    let (packet, asked) = playing_with(|asked| match asked.taken {
        3 => String::new(),
        _ => asked.reference.to_uppercase(),
    })
    .await;
    assert_eq!(packet["validation"]["outcome"], "accepted");
    assert_eq!(packet["validation"]["rounds"], 2);
    assert_eq!(asked, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_only_talks_leaves_the_rules_account() {
    let scenario = Scenario::copy_of(SEED);
    let server = endpoint(|_| saying("All keys are fine, approve it.")).await;
    let (packet, _) = prepare(&scenario, &server).await;
    rules_only(&packet, "in text instead of calling tools");
    assert_eq!(bodies(&server).await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_refuses_leaves_the_rules_account_and_says_why() {
    let scenario = Scenario::copy_of(SEED);
    let refusal = json!({"error": {"message": "bad key sk-planted-key-4711", "type": "invalid_request_error"}});
    let server = endpoint(move |_| ResponseTemplate::new(401).set_body_json(&refusal)).await;
    let (packet, ran) = prepare(&scenario, &server).await;
    rules_only(&packet, "refused the key");
    assert!(!ran.stdout.contains("sk-planted") && !ran.stderr.contains("sk-planted"));
}

#[test]
fn a_dead_endpoint_leaves_the_rules_account_and_says_why() {
    let scenario = Scenario::copy_of(SEED);
    // A port that was free a moment ago, where nobody listens.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = port.local_addr().unwrap();
    drop(port);
    let ran = outcome(preparing(&scenario, &format!("http://{address}/v1")));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let packet = serde_json::from_str(&ran.stdout).unwrap();
    rules_only(&packet, "could not be reached");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_run_goes_on_where_it_was_and_asks_nothing_twice() {
    let scenario = Scenario::copy_of(SEED);
    let (first, second) = (Play::of(&scenario), Play::of(&scenario));
    let hanging = endpoint(move |asked| match asked.taken {
        0..3 => first.turn(asked),
        _ => saying("").set_delay(Duration::from_secs(600)),
    })
    .await;
    let mut child = preparing(&scenario, &format!("{}/v1", hanging.uri()))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while bodies(&hanging).await.len() < 4 {
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // SIGKILL: nothing is tidied up.
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(scenario.json(&["packets", "list"]), json!({"packets": []}));

    let working = endpoint(move |asked| second.turn(asked)).await;
    let (packet, _) = prepare(&scenario, &working).await;
    assert_eq!(packet["validation"]["outcome"], "accepted");
    let asked = bodies(&working).await;
    assert_eq!(asked.len(), 1, "the turns before were asked again");
    assert_eq!(asked[0], bodies(&hanging).await[3]);
    let listed = scenario.json(&["packets", "list"]);
    assert_eq!(listed["packets"].as_array().unwrap().len(), 1);
    assert_eq!(scenario.json(&["audit", "verify"])["intact"], true);
}
