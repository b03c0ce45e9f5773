//! A review from the terminal: assess, prepare, look, decide, audit; and everything that stops one.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use std::collections::BTreeMap;

use common::{AS_OF, SEED, Scenario};
use serde_json::{Value, json};

const CLEAN: &str = "semiannual-2026-h2-clean";

/// Changes the records of one JSON file.
fn edit(scenario: &Scenario, file: &str, change: impl Fn(&mut Value)) {
    let path = scenario.path(file);
    let mut records: Value =
        serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    change(&mut records);
    std::fs::write(path, records.to_string()).unwrap();
}

fn statuses(document: &Value) -> Vec<(&str, &str)> {
    let requirements = document["requirements"].as_array().unwrap().iter();
    requirements
        .map(|one| (one["id"].as_str().unwrap(), one["status"].as_str().unwrap()))
        .collect()
}

/// Check, subject, status and disposition of each finding.
fn findings(document: &Value) -> Vec<[&str; 4]> {
    let findings = document["findings"].as_array().unwrap().iter();
    findings
        .map(|one| {
            ["check", "subject", "status", "disposition"].map(|name| one[name].as_str().unwrap())
        })
        .collect()
}

fn packets(scenario: &Scenario) -> Vec<(String, String)> {
    let listed = scenario.json(&["packets", "list"]);
    let packets = listed["packets"].as_array().unwrap().iter();
    packets
        .map(|one| {
            let text = |name: &str| one[name].as_str().unwrap().to_owned();
            (text("id"), text("state"))
        })
        .collect()
}

#[track_caller]
fn refused(scenario: &Scenario, arguments: &[&str], words: &[&str]) {
    let ran = scenario.run(arguments);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert_eq!(ran.stdout, "");
    for word in words {
        assert!(
            ran.stderr.contains(word),
            "`{word}` is not in {}",
            ran.stderr
        );
    }
}

#[test]
fn the_seed_scenario_has_its_three_findings() {
    let scenario = Scenario::copy_of(SEED);
    let expected = [
        ("KC-1", "satisfied"),
        ("KC-2", "partial"),
        ("KC-3", "stale"),
        ("KC-4", "satisfied"),
        ("KC-5", "partial"),
    ];
    for command in ["assess", "prepare"] {
        let document = scenario.review(&[command]);
        assert_eq!(document["schema"], "custody/packet/v1");
        assert_eq!(document["posture"], "remediate");
        assert_eq!(statuses(&document), expected);
        assert_eq!(
            findings(&document),
            [
                [
                    "temporary-role-still-rostered",
                    "hsm/audit_events/AE-260811-03",
                    "partial",
                    "remediate"
                ],
                [
                    "inspected-after-replacement",
                    "hsm/escrow_media/EM-04",
                    "stale",
                    "remediate"
                ],
                [
                    "exception-covers-path",
                    "release/signing_paths/SP-05",
                    "partial",
                    "escalate"
                ],
            ]
        );
    }
}

#[test]
fn the_clean_twin_is_approved() {
    let scenario = Scenario::copy_of(CLEAN);
    let packet = scenario.review(&["prepare"]);
    assert_eq!(packet["posture"], "approve");
    assert_eq!(packet["findings"], json!([]));
    assert_eq!(packet["validation"]["outcome"], "accepted");
    let satisfied = ["KC-1", "KC-2", "KC-3", "KC-4"].map(|id| (id, "satisfied"));
    assert_eq!(statuses(&packet)[..4], satisfied);
    assert_eq!(statuses(&packet)[4], ("KC-5", "exception-backed"));
}

#[test]
fn every_citation_of_a_packet_leads_to_the_value_in_its_record() {
    let scenario = Scenario::copy_of(SEED);
    let packet = scenario.review(&["prepare"]);
    let mut records = BTreeMap::new();
    for source in ["hsm", "ceremonies", "identity", "release", "controls"] {
        for entry in std::fs::read_dir(scenario.path(source)).unwrap() {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            let rows: Vec<Value> = match path.extension().unwrap().to_str().unwrap() {
                "json" => serde_json::from_str(&text).unwrap(),
                _ => text
                    .lines()
                    .map(|line| serde_json::from_str(line).unwrap())
                    .collect(),
            };
            let kind = path.file_stem().unwrap().to_str().unwrap().to_owned();
            for row in rows {
                let id = row["id"].as_str().unwrap();
                records.insert(format!("{source}/{kind}/{id}"), row);
            }
        }
    }
    let mut checked = 0;
    let cited = ["requirements", "findings"].map(|name| packet[name].as_array().unwrap());
    for citation in cited
        .iter()
        .flat_map(|rows| rows.iter())
        .flat_map(|row| row["citations"].as_array().unwrap())
    {
        let record = &records[citation["artifact"].as_str().unwrap()];
        let found = record.pointer(citation["pointer"].as_str().unwrap());
        assert_eq!(found, citation.get("value"), "{citation}");
        assert_eq!(record.get("source_url"), citation.get("source_url"));
        checked += 1;
    }
    assert!(checked > 50, "{checked}");
}

#[test]
fn exit_codes_tell_the_posture_only_where_they_are_asked_for() {
    let (seed, clean) = (Scenario::copy_of(SEED), Scenario::copy_of(CLEAN));
    let exit = |scenario: &Scenario, arguments: &[&str]| {
        scenario
            .run(&[arguments, &["--as-of", AS_OF]].concat())
            .code
    };
    assert_eq!(exit(&seed, &["assess"]), 0);
    assert_eq!(exit(&seed, &["assess", "--exit-code"]), 3);
    assert_eq!(exit(&seed, &["prepare", "--exit-code"]), 3);
    assert_eq!(exit(&clean, &["assess", "--exit-code"]), 0);
    assert_eq!(exit(&clean, &["prepare", "--exit-code", "--json"]), 0);
    edit(&clean, "controls/exceptions.json", |records| {
        *records = json!([])
    });
    assert_eq!(exit(&clean, &["assess", "--exit-code"]), 4);
    assert_eq!(exit(&clean, &["prepare", "--exit-code"]), 4);
}

#[test]
fn wrong_usage_and_what_cannot_run_are_told_apart() {
    let scenario = Scenario::copy_of(SEED);
    for wrong in [
        &["assess", "--as-of", "yesterday"][..],
        &["assess", "--as-of", "2026-12-15"],
        &["assess", "--nonsense"],
        &["packets", "export", "x", "--format", "docx"],
        &["decide", "x", "--as", "y", "--decision", "perhaps"],
        &[],
    ] {
        let ran = scenario.run(wrong);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{wrong:?}");
    }
    refused(
        &scenario,
        &["assess", "--config", "nowhere.toml"],
        &["nowhere.toml"],
    );
    refused(
        &scenario,
        &["packets", "show", "2026-H2-r9"],
        &["2026-H2-r9"],
    );
    refused(
        &scenario,
        &["assess", "--evidence", "nowhere.json"],
        &["nowhere.json"],
    );
    refused(
        &scenario,
        &["prepare", "--model", "some-model"],
        &["some-model", "--base-url"],
    );
}

#[test]
fn the_same_capture_gives_the_same_bytes() {
    let first = Scenario::copy_of(SEED);
    let second = Scenario::copy_of(SEED);
    first.run(&["capture", "--out", "frozen.json"]);
    std::fs::copy(first.path("frozen.json"), second.path("frozen.json")).unwrap();
    // Another revision, by another person, at another time.
    second.run(&["prepare", "--as-of", "2026-12-01T00:00:00Z"]);
    let prepare = |scenario: &Scenario, who: &str| {
        let arguments = ["prepare", "--evidence", "frozen.json", "--as", who];
        let mut packet = scenario.review(&arguments);
        let members = packet.as_object_mut().unwrap();
        let revision = members.remove("revision").unwrap();
        members.retain(|name, _| name != "id" && name != "provenance");
        let sources = members["evidence"]["sources"].as_array_mut().unwrap();
        for source in sources {
            source
                .as_object_mut()
                .unwrap()
                .remove("captured_at")
                .unwrap();
        }
        (revision, packet.to_string())
    };
    let (first, second) = (prepare(&first, "one"), prepare(&second, "two"));
    assert_ne!(first.0, second.0);
    assert_eq!(first.1, second.1);
}

#[test]
fn a_capture_file_stands_in_for_the_sources() {
    let scenario = Scenario::copy_of(SEED);
    let live = scenario.review(&["assess"]);
    assert_eq!(scenario.run(&["capture", "--out", "frozen.json"]).code, 0);
    for source in ["hsm", "ceremonies", "identity", "release", "controls"] {
        std::fs::remove_dir_all(scenario.path(source)).unwrap();
    }
    refused(&scenario, &["assess"], &["hsm"]);
    let frozen = scenario.review(&["assess", "--evidence", "frozen.json"]);
    assert_eq!(frozen["findings"], live["findings"]);
    assert_eq!(frozen["requirements"], live["requirements"]);
    assert_eq!(frozen["evidence"]["digest"], live["evidence"]["digest"]);
    // A capture that was edited is no capture.
    let text = std::fs::read_to_string(scenario.path("frozen.json")).unwrap();
    std::fs::write(
        scenario.path("frozen.json"),
        text.replace("SI-2026-027", "SI-2026-028"),
    )
    .unwrap();
    refused(
        &scenario,
        &["assess", "--evidence", "frozen.json"],
        &["frozen.json"],
    );
}

#[test]
fn a_repeated_prepare_makes_no_second_packet() {
    let scenario = Scenario::copy_of(SEED);
    let first = scenario.review(&["prepare"]);
    let again = scenario.review(&["prepare", "--as", "someone-else"]);
    assert_eq!(first["id"], again["id"]);
    assert_eq!(first["digest"], again["digest"]);
    assert_eq!(packets(&scenario), [("2026-H2-r1".into(), "queued".into())]);
}

#[test]
fn a_repeated_prepare_of_the_present_makes_no_second_packet() {
    let scenario = Scenario::copy_of(SEED);
    let first = scenario.json(&["prepare"]);
    let again = scenario.json(&["prepare"]);
    assert_eq!(first["id"], again["id"]);
    assert_eq!(first["as_of"], again["as_of"]);
    assert_eq!(packets(&scenario).len(), 1);
}

#[test]
fn a_decision_is_refused_when_evidence_has_drifted_until_a_new_revision_exists() {
    let scenario = Scenario::copy_of(SEED);
    scenario.review(&["prepare"]);
    edit(&scenario, "hsm/escrow_media.json", |media| {
        let seal = media.as_array_mut().unwrap().iter_mut();
        for medium in seal.filter(|medium| medium["id"] == "EM-04") {
            medium["location"] = json!("another safe");
        }
    });
    let decide = |id: &str| {
        let arguments = ["decide", id, "--as", "reviewer.x", "--decision", "accept"];
        scenario.run(&arguments)
    };
    let ran = decide("2026-H2-r1");
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(
        ran.stderr.contains("hsm/escrow_media/EM-04"),
        "{}",
        ran.stderr
    );
    assert!(!ran.stderr.contains("another safe"), "{}", ran.stderr);

    let revised = scenario.review(&["prepare"]);
    assert_eq!(
        (&revised["id"], &revised["revision"]),
        (&json!("2026-H2-r2"), &json!(2))
    );
    assert_eq!(decide("2026-H2-r1").code, 1, "the superseded packet");
    let decided = decide("2026-H2-r2");
    assert_eq!(decided.code, 0, "{}", decided.stderr);
    let states = [("2026-H2-r1", "superseded"), ("2026-H2-r2", "accepted")];
    assert_eq!(
        packets(&scenario),
        states.map(|(id, state)| (id.into(), state.into()))
    );
    let verified = scenario.json(&["audit", "verify"]);
    assert_eq!(verified["intact"], true);

    let diff = scenario.json(&["packets", "diff", "2026-H2-r1", "2026-H2-r2"]);
    assert_eq!(
        diff["a"]["digest"].as_str().unwrap().len(),
        "sha256:".len() + 64
    );
    assert_ne!(diff["a"]["digest"], diff["b"]["digest"]);
}

#[test]
fn who_prepared_cannot_decide_under_any_name() {
    let scenario = Scenario::copy_of(SEED);
    scenario.review(&["prepare", "--as", "badge-30088"]);
    let decide = |who: &str| {
        let arguments = ["decide", "2026-H2", "--as", who, "--decision", "accept"];
        scenario.run(&arguments).code
    };
    for same in ["badge-30088", "p-tanabe", "ytanabe"] {
        assert_eq!(decide(same), 1, "{same}");
    }
    assert_eq!(packets(&scenario)[0].1, "queued");
    assert_eq!(decide("p-nwosu"), 0);
    assert_eq!(packets(&scenario)[0].1, "accepted");
}

#[test]
fn an_override_needs_a_reason_and_keeps_it() {
    let scenario = Scenario::copy_of(SEED);
    scenario.review(&["prepare"]);
    let base = [
        "decide",
        "2026-H2",
        "--as",
        "reviewer.x",
        "--decision",
        "override",
    ];
    let with = |more: &[&'static str]| [&base[..], more].concat();
    refused(&scenario, &with(&["--posture", "escalate"]), &["--reason"]);
    refused(
        &scenario,
        &with(&["--posture", "escalate", "--reason", "  "]),
        &["--reason"],
    );
    let unknown = ["--correct", "KC-9=satisfied", "--reason", "seen on site"];
    refused(&scenario, &with(&unknown), &["KC-9"]);
    assert_eq!(packets(&scenario)[0].1, "queued");
    let reason = [
        "--posture",
        "escalate",
        "--correct",
        "KC-3=satisfied:seen",
        "--reason",
        "seen on site",
    ];
    let decided = scenario.json(&with(&reason));
    assert!(decided.to_string().contains("seen on site"), "{decided}");
    assert_eq!(packets(&scenario)[0].1, "overridden");
    // One decision for each packet.
    let other = [
        "decide",
        "2026-H2",
        "--as",
        "reviewer.y",
        "--decision",
        "accept",
    ];
    refused(&scenario, &other, &["reviewer.x"]);
}

#[test]
fn an_edited_audit_log_is_found() {
    let scenario = Scenario::copy_of(SEED);
    scenario.review(&["prepare"]);
    let decide = [
        "decide",
        "2026-H2",
        "--as",
        "reviewer.x",
        "--decision",
        "accept",
    ];
    assert_eq!(scenario.run(&decide).code, 0);
    let intact = scenario.json(&["audit", "verify"]);
    assert_eq!(intact["faults"], json!([]));

    let store = scenario.path(".custody/queue.db");
    let mut bytes = std::fs::read(&store).unwrap();
    let (name, other) = (b"reviewer.x", b"reviewer.y");
    let places: Vec<usize> = (0..bytes.len() - name.len())
        .filter(|at| bytes[*at..].starts_with(name))
        .collect();
    assert!(places.len() > 1, "{places:?}");
    for at in places {
        bytes[at..at + other.len()].copy_from_slice(other);
    }
    std::fs::write(&store, bytes).unwrap();
    refused(&scenario, &["audit", "verify"], &["altered"]);
    let told = scenario.run(&["audit", "verify", "--json"]);
    let told: Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!(told["intact"], false);
    assert_ne!(told["faults"], json!([]));
}

#[test]
fn a_packet_can_be_shown_and_exported_in_every_format() {
    let scenario = Scenario::copy_of(SEED);
    let packet = scenario.review(&["prepare"]);
    assert_eq!(scenario.json(&["packets", "show", "2026-H2"]), packet);
    let text = scenario.run(&["packets", "show", "2026-H2"]);
    assert!(text.stdout.contains("KC-3") && text.stdout.contains("EM-04"));
    let export = |format: &str| {
        let ran = scenario.run(&["packets", "export", "2026-H2-r1", "--format", format]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        ran.stdout
    };
    assert_eq!(
        serde_json::from_str::<Value>(&export("json")).unwrap(),
        packet
    );
    assert!(export("html").starts_with("<!"));
    for format in ["md", "html", "csv"] {
        let text = export(format);
        for word in ["KC-2", "F-07dce2b0f62a", "EM-04", "remediate"] {
            assert!(text.contains(word), "{format}: {word}");
        }
    }
}

#[test]
fn a_source_that_cannot_be_read_stops_the_review_or_is_a_finding() {
    for (source, joined) in [
        ("hsm", &["KC-1", "KC-2", "KC-3", "KC-4"][..]),
        ("ceremonies", &["KC-2", "KC-3"]),
        ("identity", &["KC-2", "KC-4"]),
        ("release", &["KC-1", "KC-5"]),
        ("controls", &["KC-5"]),
    ] {
        let scenario = Scenario::copy_of(SEED);
        std::fs::remove_dir_all(scenario.path(source)).unwrap();
        refused(
            &scenario,
            &["prepare", "--as-of", AS_OF],
            &[source, "nothing was queued"],
        );
        assert!(packets(&scenario).is_empty());
        let packet = scenario.review(&["prepare", "--allow-missing-source"]);
        assert_eq!(packet["posture"], "remediate");
        let of_source: Vec<&Value> = packet["findings"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|finding| finding["subject"] == source)
            .collect();
        for finding in &of_source {
            let verdict = (&finding["status"], &finding["disposition"]);
            assert_eq!(verdict, (&json!("missing"), &json!("remediate")));
        }
        for requirement in joined {
            let found = of_source
                .iter()
                .filter(|f| f["requirement"] == **requirement);
            assert_eq!(found.count(), 1, "{source} for {requirement}");
        }
    }
}

#[test]
fn every_fault_of_every_source_is_named_at_once() {
    let scenario = Scenario::copy_of(SEED);
    edit(&scenario, "hsm/signing_keys.json", |keys| {
        keys[0]["colour"] = json!("red");
        keys[1]["state"] = json!("sleeping");
    });
    edit(&scenario, "identity/people.json", |people| {
        people[2].as_object_mut().unwrap().remove("email");
    });
    edit(&scenario, "ceremonies/seal_inspections.json", |seals| {
        seals[0]["inspected_at"] = json!("last Tuesday");
        seals[1].as_object_mut().unwrap().remove("id");
    });
    std::fs::write(scenario.path("release/signing_paths.json"), "[{]").unwrap();
    std::fs::write(
        scenario.path("controls/exceptions.json"),
        [b'[', 0xff, b']'],
    )
    .unwrap();
    let words = [
        "hsm",
        "signing_keys.json",
        "SK-01",
        "colour",
        "SK-02",
        "state",
        "identity",
        "people.json",
        "p-nwosu",
        "email",
        "ceremonies",
        "seal_inspections.json",
        "inspected_at",
        "release",
        "signing_paths.json",
        "controls",
        "exceptions.json",
        "nothing was queued",
    ];
    refused(&scenario, &["prepare", "--as-of", AS_OF], &words);
    assert!(packets(&scenario).is_empty());
}

#[test]
fn sources_are_never_written_to() {
    let scenario = Scenario::copy_of(SEED);
    let fingerprint = || {
        let mut files = BTreeMap::new();
        for source in ["hsm", "ceremonies", "identity", "release", "controls"] {
            for entry in std::fs::read_dir(scenario.path(source)).unwrap() {
                let path = entry.unwrap().path();
                files.insert(path.clone(), std::fs::read(path).unwrap());
            }
        }
        files
    };
    let before = fingerprint();
    scenario.review(&["prepare"]);
    let decide = [
        "decide",
        "2026-H2",
        "--as",
        "reviewer.x",
        "--decision",
        "accept",
    ];
    assert_eq!(scenario.run(&decide).code, 0);
    assert_eq!(fingerprint(), before);
}

#[test]
fn sources_check_says_what_each_source_yields_and_whether_it_could_be_written() {
    let scenario = Scenario::copy_of(SEED);
    let checked = scenario.json(&["sources", "check"]);
    let hsm = &checked["sources"][0];
    assert_eq!(hsm["source"], "hsm");
    assert_eq!(hsm["connector"], "directory");
    assert_eq!(
        (&hsm["reachable"], &hsm["readable"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(hsm["records"]["escrow_media"], 8);
    assert_eq!(hsm["write_access"]["could_write"], "yes");

    std::fs::remove_dir_all(scenario.path("hsm")).unwrap();
    let ran = scenario.run(&["sources", "check"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.stdout
            .contains("hsm         directory, cannot be reached: folder cannot be read"),
        "{}",
        ran.stdout
    );
}
