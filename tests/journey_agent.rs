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
#[path = "endpoints/invariants.rs"]
mod invariants;
#[path = "journey_agent/litellm.rs"]
mod litellm;
#[path = "journey_agent/llama.rs"]
mod llama;
#[path = "journey_agent/peer.rs"]
mod peer;
#[path = "journey_agent/script.rs"]
mod script;

use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use common::{SEED, Scenario, outcome};
use custody::agent::endpoint::{EndpointProfile, LimitField, ToolChoice};
use script::{
    Asked, KEY, MODEL, Play, bodies, calling, endpoint, prepare, preparing, read_reference,
    rules_only, saying, submitting,
};
use serde_json::{Value, json};
use wiremock::{MockServer, ResponseTemplate};

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

/// Words that an endpoint writes in errors and headers.
const BODY: &str = "planted-body-0815";

#[tokio::test(flavor = "multi_thread")]
async fn no_key_and_no_word_of_an_error_is_in_logs_store_packet_or_exports() {
    let scenario = Scenario::copy_of(SEED);
    let asked = AtomicUsize::new(0);
    let echo = format!("{BODY}: bad key {KEY}");
    let failing = move |status: u16| {
        let error = json!({"message": echo, "type": BODY, "code": BODY, "param": KEY});
        ResponseTemplate::new(status)
            .set_body_json(json!({"error": error}))
            .insert_header("x-request-id", KEY)
            .insert_header("x-note", BODY)
            .insert_header("location", format!("/{BODY}/{KEY}"))
    };
    let server = endpoint(move |_| match asked.fetch_add(1, Ordering::SeqCst) {
        0 => calling(&[("controls_list_requirements", "{}".to_owned())]),
        1 => failing(503).insert_header("retry-after", "0"),
        2 => calling(&[("identity_list_people", "{}".to_owned())]),
        _ => failing(401),
    })
    .await;
    let mut command = preparing(&scenario, &format!("{}/v1", server.uri()));
    command.env("CUSTODY_LOG", "trace");
    let ran = outcome(command);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let packet: Value = serde_json::from_str(&ran.stdout).unwrap();
    rules_only(&packet, "refused the key: status 401");
    assert!(ran.stderr.contains("did not answer attempt 1"), "no log");

    let mut places = vec![
        ("stdout".to_owned(), ran.stdout.into_bytes()),
        ("the log".to_owned(), ran.stderr.clone().into_bytes()),
    ];
    for file in std::fs::read_dir(scenario.path(".custody")).unwrap() {
        let path = file.unwrap().path();
        places.push((path.display().to_string(), std::fs::read(&path).unwrap()));
    }
    assert!(places.len() > 2, "no store");
    let id = packet["id"].as_str().unwrap();
    for format in ["json", "md", "html", "csv"] {
        let export = scenario.run(&["packets", "export", id, "--format", format]);
        assert_eq!(export.code, 0, "{}", export.stderr);
        assert!(export.stdout.contains("KC-3"), "{format}");
        places.push((
            format.to_owned(),
            (export.stdout + &export.stderr).into_bytes(),
        ));
    }
    for (place, bytes) in &places {
        let text = String::from_utf8_lossy(bytes);
        for marker in [KEY, BODY] {
            assert!(!text.contains(marker), "{marker} in {place}");
        }
    }
    // Prompts, evidence and people are in the store, and in no log.
    for marker in [
        "untrusted-evidence",
        "You prepare a custody review",
        "lhaddad",
        "Haddad",
    ] {
        assert!(
            !ran.stderr.contains(marker),
            "{marker} in the log: {}",
            ran.stderr
        );
    }
}

/// Adds lines to the scenario's `[model]`.
fn configure(scenario: &Scenario, lines: &str) {
    let path = scenario.path("custody.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains("[model]\n"));
    let text = text.replace("[model]\n", &format!("[model]\n{lines}\n"));
    std::fs::write(&path, text).unwrap();
}

/// Starts a preparation, and kills it when the endpoint was asked for the turn numbered `turns`.
async fn killed_at(scenario: &Scenario, server: &MockServer, turns: usize) {
    let mut child = preparing(scenario, &format!("{}/v1", server.uri()))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while bodies(server).await.len() < turns {
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // SIGKILL: nothing is tidied up.
    child.kill().unwrap();
    child.wait().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn time_spent_before_a_kill_counts_against_the_runs_limit() {
    let scenario = Scenario::copy_of(SEED);
    configure(&scenario, "limits = { max_seconds = 4 }");
    let reading = |call: &str| calling(&[(call, "{}".to_owned())]);
    let slow = endpoint(move |asked| match asked.taken {
        0 => reading("controls_list_requirements").set_delay(Duration::from_millis(3_200)),
        _ => saying("").set_delay(Duration::from_secs(600)),
    })
    .await;
    killed_at(&scenario, &slow, 2).await;
    // Less than the limit by itself, more than what is left of it.
    let working = endpoint(|_| saying("so").set_delay(Duration::from_millis(2_500))).await;
    let (packet, _) = prepare(&scenario, &working).await;
    rules_only(&packet, "no answer before the run's deadline");
    assert_eq!(bodies(&working).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_probed_profile_is_used_and_named() {
    let scenario = Scenario::copy_of(SEED);
    let play = Play::of(&scenario);
    let server = endpoint(move |asked| play.turn(asked)).await;
    let profile = EndpointProfile {
        limit_field: LimitField::MaxCompletionTokens,
        tool_choice: ToolChoice::Required,
        ..EndpointProfile::default()
    };
    profile.save(&scenario.path("profile.json")).unwrap();
    configure(
        &scenario,
        "profile = \"profile.json\"
max_output_tokens = 9000",
    );
    let (packet, _) = prepare(&scenario, &server).await;
    assert_eq!(packet["validation"]["outcome"], "accepted");
    assert_eq!(
        packet["provenance"]["endpoint_profile"],
        json!({"origin": "written", "digest": profile.digest()})
    );
    for body in bodies(&server).await {
        assert_eq!(body["max_completion_tokens"], 9000);
        assert_eq!(body["tool_choice"], "required");
    }
    let id = packet["id"].as_str().unwrap();
    let shown = scenario.json(&["packets", "show", id]);
    assert_eq!(shown["provenance"], packet["provenance"]);
}

#[test]
fn an_endpoint_in_clear_is_refused_unless_chosen_and_then_warned_of() {
    let scenario = Scenario::copy_of(SEED);
    let ran = outcome(preparing(&scenario, "http://endpoint.invalid/v1"));
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("in clear") && ran.stderr.contains("allow_plain_http"));
    assert_eq!(scenario.json(&["packets", "list"]), json!({"packets": []}));
    configure(&scenario, "allow_plain_http = true");
    let ran = outcome(preparing(&scenario, "http://endpoint.invalid/v1"));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stderr
            .contains("warning: key and evidence go to the endpoint in clear")
    );
    rules_only(
        &serde_json::from_str(&ran.stdout).unwrap(),
        "could not be reached",
    );
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
    killed_at(&scenario, &hanging, 4).await;
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
