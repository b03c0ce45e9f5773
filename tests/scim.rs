//! People from a SCIM server: the whole command against a real server, and against one that
//! answers whatever it is asked and remembers by which verb.

#![cfg(test)]

#[expect(dead_code, reason = "other journeys use the rest")]
mod common;
#[path = "common/peers.rs"]
mod peers;

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::{AS_OF, Outcome, SEED, Scenario};
use peers::peers_with;
use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

const TOKEN: &str = "tok-planted-42";

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The scenario with its people from a SCIM server at `base_url`.
fn scenario(base_url: &str) -> Scenario {
    let scenario = Scenario::copy_of(SEED);
    let example = std::fs::read_to_string(repository("examples/scim/custody.toml")).unwrap();
    let config = example
        .replace("../semiannual-2026-h2-clean/", "")
        .replace("http://127.0.0.1:8080/v2", base_url);
    std::fs::write(scenario.path("custody.toml"), config).unwrap();
    for name in [
        "people",
        "roster_snapshots",
        "role_assignments",
        "prior_attestations",
    ] {
        let file = format!("identity/{name}.json");
        let from = repository("examples/scim").join(&file);
        std::fs::copy(from, scenario.path(&file)).unwrap();
    }
    scenario
}

fn run(scenario: &Scenario, arguments: &[&str], token: Option<&str>) -> Outcome {
    let mut command = scenario.command(arguments);
    match token {
        Some(token) => command.env("CUSTODY_SCIM_TOKEN", token),
        None => command.env_remove("CUSTODY_SCIM_TOKEN"),
    };
    let ran = common::outcome(command);
    assert!(!ran.stdout.contains("planted"), "{}", ran.stdout);
    assert!(!ran.stderr.contains("planted"), "{}", ran.stderr);
    ran
}

#[track_caller]
fn json_of(scenario: &Scenario, arguments: &[&str]) -> Value {
    let ran = run(
        scenario,
        &[arguments, &["--as-of", AS_OF, "--json"]].concat(),
        Some(TOKEN),
    );
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    serde_json::from_str(&ran.stdout).unwrap()
}

/// Check and subject of each finding of a requirement.
fn findings(packet: &Value, requirement: &str) -> Vec<(String, String)> {
    let text = |finding: &Value, name: &str| finding[name].as_str().unwrap().to_owned();
    let findings = packet["findings"].as_array().unwrap().iter();
    findings
        .filter(|finding| finding["requirement"] == requirement)
        .map(|finding| (text(finding, "check"), text(finding, "subject")))
        .collect()
}

/// A `scim2-server` of its own, with its access log.
struct RealServer {
    process: Child,
    base_url: String,
    log: Arc<Mutex<Vec<String>>>,
}

impl Drop for RealServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl RealServer {
    fn start() -> Option<Self> {
        let program = "scim/bin/scim2-server";
        let program = peers_with(program)?.join(program);
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let mut process = Command::new(program)
            .args(["--port", &port.to_string(), "--bearer-token", TOKEN])
            .env("PYTHONUNBUFFERED", "1")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = Arc::new(Mutex::new(Vec::new()));
        let lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let kept = Arc::clone(&log);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                kept.lock().unwrap().push(line);
            }
        });
        let base_url = format!("http://127.0.0.1:{port}/v2");
        Some(Self {
            process,
            base_url,
            log,
        })
    }

    async fn send(&self, request: reqwest::RequestBuilder, body: &Value) -> String {
        let request = request
            .bearer_auth(TOKEN)
            .header("content-type", "application/scim+json");
        let answer = request.body(body.to_string()).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.status());
        answer.text().await.unwrap()
    }

    /// Enters the example's accounts and groups. Says under which ids.
    async fn fill(&self) -> Value {
        let http = reqwest::Client::new();
        for _ in 0..100 {
            if http.get(&self.base_url).send().await.is_ok() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let accounts = std::fs::read_to_string(repository("examples/scim/accounts.json")).unwrap();
        let accounts = serde_json::from_str(&accounts).unwrap();
        let bulk = format!("{}/Bulk", self.base_url);
        let answer = self.send(http.post(bulk), &accounts).await;
        let answer: Value = serde_json::from_str(&answer).unwrap();
        let operations = answer["Operations"].as_array().unwrap();
        assert!(
            operations.iter().all(|one| one["status"] == "201"),
            "{answer}"
        );
        answer
    }

    /// The verbs that the server saw since the log was last taken. The server writes its log after
    /// it has answered, so the log is taken once nothing more comes.
    fn verbs(&self) -> Vec<String> {
        let written = || self.log.lock().unwrap().len();
        for _ in 0..50 {
            let before = written();
            std::thread::sleep(Duration::from_millis(200));
            if before > 0 && written() == before {
                break;
            }
        }
        let lines = std::mem::take(&mut *self.log.lock().unwrap());
        let verb = |line: &String| line.split('"').nth(1)?.split(' ').next().map(str::to_owned);
        lines.iter().filter_map(verb).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_review_on_a_real_server_reads_only_and_sees_who_was_deactivated() {
    let Some(server) = RealServer::start() else {
        return;
    };
    let entered = server.fill().await;
    assert!(server.verbs().contains(&"POST".to_owned()));
    let scenario = scenario(&server.base_url);
    let checked = json_of(&scenario, &["sources", "check"]);
    let row = checked["sources"].as_array().unwrap().iter();
    let row = row.clone().find(|row| row["source"] == "identity").unwrap();
    assert_eq!(
        (
            &row["connector"],
            &row["reachable"],
            &row["records"]["people"],
            &row["write_access"]["could_write"]
        ),
        (&json!("scim"), &json!(true), &json!(9), &json!("unknown"))
    );
    let packet = json_of(&scenario, &["prepare", "--model", "offline"]);
    assert_eq!(findings(&packet, "KC-4"), []);
    let again = json_of(&scenario, &["prepare", "--model", "offline"]);
    assert_eq!(
        (&again["id"], &again["digest"]),
        (&packet["id"], &packet["digest"])
    );
    let verbs = server.verbs();
    assert!(verbs.len() >= 12, "{verbs:?}");
    assert!(verbs.iter().all(|verb| verb == "GET"), "{verbs:?}");

    // The server deactivates a custodian and takes another off a group.
    let location = |name: &str| {
        let operations = entered["Operations"].as_array().unwrap().iter();
        let mut found = operations.filter(|one| one["bulkId"] == name);
        found.next().unwrap()["location"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let patch = |operations: Value| json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations});
    let http = reqwest::Client::new();
    let deactivate = patch(json!([{"op": "replace", "path": "active", "value": false}]));
    server
        .send(http.patch(location("anwosu")), &deactivate)
        .await;
    let operator = location("tkowalcz");
    let operator = operator.rsplit('/').next().unwrap();
    for group in ["hsm-operators", "key-custodians"] {
        let path = format!("members[value eq \"{operator}\"]");
        let remove = patch(json!([{"op": "remove", "path": path}]));
        server.send(http.patch(location(group)), &remove).await;
    }
    let judged = json_of(&scenario, &["assess"]);
    let found = findings(&judged, "KC-4");
    let person = |id: &str| format!("identity/people/{id}");
    let found: Vec<(&str, &str)> = found
        .iter()
        .map(|(c, s)| (c.as_str(), s.as_str()))
        .collect();
    assert!(
        found
            .iter()
            .any(|(check, subject)| check.contains("separat") && *subject == person("p-nwosu")),
        "{found:?}"
    );
    assert!(
        found
            .iter()
            .any(|(check, subject)| check.contains("roster") && *subject == person("p-kowalczyk")),
        "{found:?}"
    );
    // The packet was made from other evidence: the gate says so.
    let decided = run(
        &scenario,
        &[
            "decide",
            packet["id"].as_str().unwrap(),
            "--as",
            "p-tanabe",
            "--decision",
            "accept",
        ],
        Some(TOKEN),
    );
    assert_eq!(decided.code, 1);
    assert!(
        decided
            .stderr
            .contains("identity/people/p-nwosu changed at /status"),
        "{}",
        decided.stderr
    );

    let refused = run(
        &scenario,
        &["assess", "--as-of", AS_OF],
        Some("another-planted-token"),
    );
    assert_eq!(refused.code, 1);
    assert!(
        refused
            .stderr
            .contains("does not accept the token (HTTP 401"),
        "{}",
        refused.stderr
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn no_command_sends_a_source_anything_but_get() {
    let server = MockServer::start().await;
    let accounts = std::fs::read_to_string(repository("examples/scim/accounts.json")).unwrap();
    let accounts: Value = serde_json::from_str(&accounts).unwrap();
    let resources = |path: &str| -> Vec<Value> {
        let operations = accounts["Operations"].as_array().unwrap().iter();
        let mine = operations.filter(|one| one["path"] == path);
        let resource = |one: &Value| {
            let text = one["data"].to_string().replace("bulkId:", "");
            let mut data: Value = serde_json::from_str(&text).unwrap();
            data["id"] = one["bulkId"].clone();
            data
        };
        mine.map(resource).collect()
    };
    let (users, groups) = (resources("/Users"), resources("/Groups"));
    let answer = move |request: &Request| {
        let mut listed = if request.url.path().ends_with("/Users") {
            users.clone()
        } else {
            groups.clone()
        };
        if let Some((_, filter)) = request.url.query_pairs().find(|(name, _)| name == "filter") {
            listed.retain(|group| filter.contains(group["displayName"].as_str().unwrap()));
        }
        let list = json!({"totalResults": listed.len(), "Resources": listed});
        ResponseTemplate::new(200).set_body_raw(list.to_string(), "application/scim+json")
    };
    // Any verb would be answered: only what was asked tells.
    Mock::given(any()).respond_with(answer).mount(&server).await;
    let scenario = scenario(&format!("{}/v2", server.uri()));
    json_of(&scenario, &["sources", "check"]);
    let packet = json_of(&scenario, &["prepare", "--model", "offline"]);
    let id = packet["id"].as_str().unwrap();
    json_of(&scenario, &["capture", "--out", "capture.json"]);
    json_of(
        &scenario,
        &["decide", id, "--as", "p-tanabe", "--decision", "accept"],
    );
    let seen = server.received_requests().await.unwrap();
    assert!(seen.len() >= 16, "{}", seen.len());
    for request in &seen {
        assert_eq!(request.method.as_str(), "GET", "{}", request.url);
        assert!(request.body.is_empty());
    }
    let stored = std::fs::read(scenario.path(".custody/queue.db")).unwrap();
    let holds_token = stored
        .windows(TOKEN.len())
        .any(|part| part == TOKEN.as_bytes());
    assert!(!holds_token, "the store holds the token");
}

#[test]
fn a_token_that_is_not_there_is_a_fault_that_names_where_it_was_looked_for() {
    let scenario = scenario("http://127.0.0.1:9/v2");
    let ran = run(&scenario, &["assess", "--as-of", AS_OF], None);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("source `identity`, file `scim`: its bearer token: the environment variable `CUSTODY_SCIM_TOKEN`"), "{}", ran.stderr);
    let ran = run(&scenario, &["assess", "--as-of", AS_OF], Some(TOKEN));
    assert!(
        ran.stderr.contains("it cannot be reached: no connection"),
        "{}",
        ran.stderr
    );
    // Gone on without, it is a finding.
    let missing = json_of(&scenario, &["assess", "--allow-missing-source"]);
    assert_eq!(missing["posture"], "remediate");
    // The kind is checked where the configuration is read.
    let config = std::fs::read_to_string(scenario.path("custody.toml")).unwrap();
    let config = config.replace("http://127.0.0.1:9/v2", "http://scim.corp.example/v2");
    std::fs::write(scenario.path("custody.toml"), config).unwrap();
    let ran = run(&scenario, &["assess", "--as-of", AS_OF], Some(TOKEN));
    assert!(
        ran.stderr.contains("must begin with https://"),
        "{}",
        ran.stderr
    );
}
