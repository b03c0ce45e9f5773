//! `custody validate`: a draft from anywhere is held against the rules, and every fault has its code.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;
#[path = "common/draft.rs"]
mod draft;

use std::collections::BTreeSet;

use common::{AS_OF, SEED, Scenario};
use draft::draft_of;
use serde_json::{Value, json};

struct Desk {
    scenario: Scenario,
    good: Value,
}

impl Desk {
    fn open() -> Self {
        let scenario = Scenario::copy_of(SEED);
        let packet = scenario.review(&["prepare"]);
        assert_eq!(packet["validation"]["outcome"], "accepted");
        let good = draft_of(&packet);
        Self { scenario, good }
    }

    fn write(&self, text: &str) -> &str {
        std::fs::write(self.scenario.path("draft.json"), text).unwrap();
        "draft.json"
    }

    fn answer(&self, text: &str) -> Value {
        let file = self.write(text);
        self.scenario.review(&["validate", "--draft", file])
    }

    /// `edit` makes the good draft fail with `code` at `path`, and with nothing else.
    #[track_caller]
    fn fails(&self, code: &str, path: &str, edit: impl Fn(&mut Value)) {
        let mut draft = self.good.clone();
        edit(&mut draft);
        let answer = self.answer(&draft.to_string());
        assert_eq!(answer["accepted"], false, "{code}");
        let faults = answer["faults"].as_array().unwrap();
        let codes: BTreeSet<&str> = faults.iter().map(|f| f["code"].as_str().unwrap()).collect();
        assert_eq!(codes, BTreeSet::from([code]), "{faults:#?}");
        let at = |fault: &Value| fault["path"].as_str().unwrap().starts_with(path);
        assert!(faults.iter().any(at), "{faults:#?}");
        for fault in faults {
            assert!(!fault["message"].as_str().unwrap().is_empty());
            let names: Vec<&str> = fault
                .as_object()
                .unwrap()
                .keys()
                .map(String::as_str)
                .collect();
            assert_eq!(names, ["code", "message", "path", "requirement"]);
        }
    }
}

#[test]
fn the_account_of_a_packet_and_of_an_assessment_stand_as_drafts() {
    let desk = Desk::open();
    let nothing = json!({"accepted": true, "faults": []});
    assert_eq!(desk.answer(&desk.good.to_string()), nothing);
    let assessment = desk.scenario.review(&["assess"]);
    assert_eq!(desk.answer(&draft_of(&assessment).to_string()), nothing);
}

#[test]
fn every_kind_of_fault_has_its_code() {
    let desk = Desk::open();
    desk.fails("posture-mismatch", "/posture", |draft| {
        draft["posture"] = json!("approve");
    });
    desk.fails("status-mismatch", "/requirements/2", |draft| {
        draft["requirements"][2]["status"] = json!("partial");
    });
    desk.fails("unknown-requirement", "/requirements/5", |draft| {
        let mut unknown = draft["requirements"][0].clone();
        unknown["requirement"] = json!("KC-9");
        draft["requirements"].as_array_mut().unwrap().push(unknown);
    });
    desk.fails("duplicate-requirement", "/requirements/5", |draft| {
        let twice = draft["requirements"][0].clone();
        draft["requirements"].as_array_mut().unwrap().push(twice);
    });
    desk.fails("omitted-finding", "/requirements/1", |draft| {
        draft["requirements"][1]["findings"] = json!([]);
    });
    desk.fails(
        "unsupported-finding",
        "/requirements/2/findings/1",
        |draft| {
            let mut more = draft["requirements"][2]["findings"][0].clone();
            more["check"] = json!("two-inspectors");
            draft["requirements"][2]["findings"]
                .as_array_mut()
                .unwrap()
                .push(more);
        },
    );
    desk.fails("unknown-artifact", "/requirements/0/citations", |draft| {
        let more =
            json!({"artifact": "hsm/signing_keys/SK-99", "pointer": "/state", "value": "active"});
        cite(draft, 0, more);
    });
    desk.fails("pointer-not-found", "/requirements/2/citations", |draft| {
        let more =
            json!({"artifact": "hsm/escrow_media/EM-04", "pointer": "/opened_at", "value": "x"});
        cite(draft, 2, more);
    });
    desk.fails("value-mismatch", "/requirements/2/citations", |draft| {
        let more = json!({"artifact": "hsm/escrow_media/EM-04", "pointer": "/sealed_at", "value": "2026-08-01T00:00:00Z"});
        cite(draft, 2, more);
    });
    desk.fails("quote-not-found", "/requirements/2/citations", |draft| {
        cite(
            draft,
            2,
            json!({"artifact": "hsm/escrow_media/EM-04", "quote": "sealed and inspected"}),
        );
    });
    desk.fails("irrelevant-citation", "/requirements/2/citations", |draft| {
        let more = json!({"artifact": "release/signing_paths/SP-05", "pointer": "/id", "value": "SP-05"});
        cite(draft, 2, more);
    });
    desk.fails("ungrounded-text", "/requirements/2/rationale", |draft| {
        say(draft, 2, " Medium EM-77 was seen on 2026-02-30.");
    });
    desk.fails("action-claim", "/requirements/2/rationale", |draft| {
        say(draft, 2, " I approved the seal.");
    });
    desk.fails("malformed-draft", "", |draft| {
        draft["digest"] = json!("sha256:00");
    });
}

#[test]
fn a_requirement_may_not_be_left_out_nor_uncited() {
    let desk = Desk::open();
    let codes = |draft: &Value| -> BTreeSet<String> {
        let answer = desk.answer(&draft.to_string());
        let faults = answer["faults"].as_array().unwrap();
        faults
            .iter()
            .map(|fault| fault["code"].as_str().unwrap().to_owned())
            .collect()
    };
    let mut draft = desk.good.clone();
    draft["requirements"].as_array_mut().unwrap().remove(3);
    assert!(codes(&draft).contains("missing-requirement"));
    let mut draft = desk.good.clone();
    draft["requirements"][3]["citations"] = json!([]);
    assert!(codes(&draft).contains("uncited-requirement"));
}

#[test]
fn all_faults_come_at_once() {
    let desk = Desk::open();
    let mut draft = desk.good.clone();
    draft["posture"] = json!("approve");
    draft["requirements"][0]["status"] = json!("missing");
    say(&mut draft, 2, " I rotated the key.");
    let answer = desk.answer(&draft.to_string());
    let codes: BTreeSet<&str> = answer["faults"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| fault["code"].as_str().unwrap())
        .collect();
    let expected = ["action-claim", "posture-mismatch", "status-mismatch"];
    assert_eq!(codes, BTreeSet::from(expected));
}

#[test]
fn what_is_no_draft_at_all_is_malformed() {
    let desk = Desk::open();
    for text in [
        "",
        "all is well",
        "[]",
        "{}",
        "null",
        "{\"posture\":\"approve\"",
        "{} {}",
    ] {
        let answer = desk.answer(text);
        assert_eq!(answer["accepted"], false, "{text}");
        assert_eq!(answer["faults"][0]["code"], "malformed-draft", "{text}");
    }
}

#[test]
fn the_exit_code_tells_a_rejection_only_where_it_is_asked_for() {
    let desk = Desk::open();
    let exits = |text: &str, more: &[&str]| {
        let file = desk.write(text);
        let arguments = ["validate", "--draft", file, "--as-of", AS_OF];
        desk.scenario.run(&[&arguments[..], more].concat()).code
    };
    let good = desk.good.to_string();
    assert_eq!(exits("no", &[]), 0);
    assert_eq!(exits("no", &["--exit-code"]), 5);
    assert_eq!(exits("no", &["--exit-code", "--json"]), 5);
    assert_eq!(exits(&good, &["--exit-code"]), 0);
    let missing = desk.scenario.run(&["validate", "--draft", "nowhere.json"]);
    assert_eq!(missing.code, 1);
    assert!(
        missing.stderr.contains("nowhere.json"),
        "{}",
        missing.stderr
    );
}

fn cite(draft: &mut Value, requirement: usize, citation: Value) {
    draft["requirements"][requirement]["citations"]
        .as_array_mut()
        .unwrap()
        .push(citation);
}

fn say(draft: &mut Value, requirement: usize, more: &str) {
    let rationale = &mut draft["requirements"][requirement]["rationale"];
    *rationale = json!(format!("{}{more}", rationale.as_str().unwrap()));
}
