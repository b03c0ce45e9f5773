//! Lists: filters, pages, what is hidden.

use std::collections::BTreeSet;

use custody_controls::kind::{Kind, SourceSystem};
use serde_json::{Value, json};

use super::fixture::{Review, capture_of, event, key, small_evidence};

/// Asks a list and compares the record ids of its rows.
#[track_caller]
fn check_list(tool: &str, arguments: Value, expected: &[&str]) {
    let artifacts = Review::small().all_artifacts(tool, arguments.clone());
    let ids: Vec<&str> = artifacts
        .iter()
        .map(|artifact| artifact.rsplit('/').next().unwrap())
        .collect();
    assert_eq!(ids, expected, "{tool} {arguments}");
}

#[test]
fn filters_let_through_what_they_say() {
    check_list("hsm_list_keys", json!({}), &["K-1", "K-2"]);
    check_list("hsm_list_keys", json!({"environment": "staging"}), &[]);
    check_list(
        "hsm_list_keys",
        json!({"state": "active", "module": "HSM-1"}),
        &["K-1", "K-2"],
    );
    check_list("hsm_list_keys", json!({"residency": "software"}), &[]);
    check_list("hsm_list_modules", json!({"serial": "S-77"}), &["HSM-1"]);
    check_list(
        "hsm_list_modules",
        json!({"validation_status": "revoked"}),
        &[],
    );
    check_list("hsm_list_audit_events", json!({"action": "login"}), &[]);
    check_list(
        "hsm_list_audit_events",
        json!({"key": "hsm/signing_keys/K-1"}),
        &["EV-1", "EV-2"],
    );
    check_list(
        "hsm_list_escrow_media",
        json!({"seal_serial": "SEAL-5", "key": "K-1"}),
        &["EM-1"],
    );
    check_list("hsm_list_escrow_media", json!({"medium": "paper"}), &[]);
    check_list(
        "ceremonies_list_ceremonies",
        json!({"audit_event": "EV-1"}),
        &["CER-1"],
    );
    check_list(
        "ceremonies_list_ceremonies",
        json!({"audit_event": "EV-2"}),
        &[],
    );
    check_list(
        "ceremonies_list_ceremonies",
        json!({"role_assignment": "RA-1"}),
        &["CER-1"],
    );
    check_list(
        "ceremonies_list_seal_inspections",
        json!({"media": "EM-1"}),
        &["SI-1"],
    );
    check_list(
        "ceremonies_list_seal_inspections",
        json!({"result": "damaged"}),
        &[],
    );
    check_list("ceremonies_list_documents", json!({"kind": "other"}), &[]);
    check_list(
        "identity_list_people",
        json!({"status": "on_leave"}),
        &["p-2"],
    );
    check_list(
        "identity_list_people",
        json!({"course": "key-custodian"}),
        &["p-1"],
    );
    check_list(
        "identity_list_role_assignments",
        json!({"kind": "on_call"}),
        &[],
    );
    check_list(
        "identity_list_prior_attestations",
        json!({"cycle": "2025-H2"}),
        &["PA-1"],
    );
    check_list(
        "identity_list_prior_attestations",
        json!({"posture": "escalate"}),
        &[],
    );
    check_list(
        "release_list_signing_paths",
        json!({"bridge": "NB-1", "kind": "hotfix"}),
        &["SP-1"],
    );
    check_list("release_list_signing_paths", json!({"key": "K-2"}), &[]);
    check_list("release_list_bridges", json!({"legacy": false}), &[]);
    check_list(
        "controls_list_exceptions",
        json!({"bridge": "NB-1", "key": "K-1"}),
        &["EX-1"],
    );
    check_list(
        "controls_list_exceptions",
        json!({"signing_path": "SP-1"}),
        &[],
    );
}

#[test]
fn intervals_start_with_from_and_end_before_to() {
    let events = "hsm_list_audit_events";
    check_list(
        events,
        json!({"from": "2026-03-01T11:00:00+01:00"}),
        &["EV-1", "EV-2"],
    );
    check_list(events, json!({"to": "2026-03-02T10:00:00Z"}), &["EV-1"]);
    check_list(
        events,
        json!({"from": "2026-03-01T10:00:01Z", "to": "2026-03-02T10:00:00Z"}),
        &[],
    );
    let rosters = "identity_list_rosters";
    check_list(
        rosters,
        json!({"effective_at": "2026-01-01T00:00:00Z"}),
        &["R-1"],
    );
    check_list(
        rosters,
        json!({"effective_at": "2026-06-01T00:00:00Z"}),
        &[],
    );
    let roles = "identity_list_role_assignments";
    check_list(roles, json!({"held_at": "2026-03-14T23:59:59Z"}), &["RA-1"]);
    check_list(roles, json!({"held_at": "2026-03-15T00:00:00Z"}), &[]);
    let paths = "release_list_signing_paths";
    check_list(paths, json!({"in_use_at": "2026-03-31T00:00:00Z"}), &[]);
    check_list(
        paths,
        json!({"in_use_at": "2026-04-01T00:00:00Z"}),
        &["SP-1"],
    );
}

#[test]
fn people_are_found_under_id_and_alias_alike() {
    for lin in ["p-2", "mlin", "identity/people/p-2"] {
        check_list(
            "hsm_list_audit_events",
            json!({"person": lin}),
            &["EV-1", "EV-2"],
        );
        check_list("hsm_list_keys", json!({"person": lin}), &["K-1", "K-2"]);
        check_list("identity_list_people", json!({"person": lin}), &["p-2"]);
        check_list(
            "ceremonies_list_ceremonies",
            json!({"person": lin}),
            &["CER-1"],
        );
    }
    check_list(
        "hsm_list_audit_events",
        json!({"person": "aruiz"}),
        &["EV-1"],
    );
    check_list("identity_list_rosters", json!({"person": "p-1"}), &["R-1"]);
    check_list("hsm_list_audit_events", json!({"person": "MLIN"}), &[]);
}

#[test]
fn somebody_whom_no_person_record_knows_is_still_found_in_logs() {
    let mut evidence = small_evidence();
    evidence[2].1 = json!([event("EV-1", "2026-03-01T10:00:00Z", &["ghost-7"])]);
    let review = Review::of(capture_of(&evidence, None));
    let found = review.all_artifacts("hsm_list_audit_events", json!({"person": "ghost-7"}));
    assert_eq!(found, ["hsm/audit_events/EV-1"]);
}

#[test]
fn pages_hold_every_record_exactly_once() {
    let keys: Vec<Value> = (0..123).map(|n| key(&format!("K-{n:03}"))).collect();
    let events: Vec<Value> = (0..101)
        .map(|n| {
            let mut event = event(&format!("EV-{n:03}"), "2026-03-01T10:00:00Z", &["p-1"]);
            // Pages end early by size, here and there.
            event["notes"] = "x".repeat(n * 19).into();
            event
        })
        .collect();
    let review = Review::of(capture_of(
        &[
            (Kind::SigningKeys, keys.into()),
            (Kind::AuditEvents, events.into()),
        ],
        None,
    ));
    let keys = review.all_artifacts("hsm_list_keys", json!({}));
    assert_eq!(
        keys,
        (0..123)
            .map(|n| format!("hsm/signing_keys/K-{n:03}"))
            .collect::<Vec<_>>()
    );
    let events = review.all_artifacts("hsm_list_audit_events", json!({}));
    assert_eq!(
        events,
        (0..101)
            .map(|n| format!("hsm/audit_events/EV-{n:03}"))
            .collect::<Vec<_>>()
    );
    let hits = review.all_artifacts("hsm_search", json!({"query": "rsa-4096"}));
    assert_eq!(hits, keys);
    let first = review.answer("hsm_list_keys", json!({}));
    assert_eq!(
        (&first["total"], &first["next_skip"]),
        (&json!(123), &json!(50))
    );
    let past = review.answer("hsm_list_keys", json!({"skip": 500}));
    assert_eq!(past, json!({"total": 123, "skip": 500, "rows": []}));
}

#[test]
fn records_from_after_as_of_are_seen_by_no_tool() {
    let review = Review::small();
    check_list("hsm_list_audit_events", json!({}), &["EV-1", "EV-2"]);
    assert_eq!(
        review.refusal(
            "hsm_read_records",
            json!({"artifacts": ["hsm/audit_events/EV-9"]})
        ),
        "there is no record `hsm/audit_events/EV-9`"
    );
    let hits = review.answer("hsm_search", json!({"query": "EV-"}));
    assert_eq!(hits["total"], 2);
}

#[test]
fn rows_hold_the_record_as_its_source_gave_it_and_count_as_shown() {
    let review = Review::small();
    let output = review
        .ask("identity_list_people", json!({"person": "mlin"}))
        .unwrap();
    assert_eq!(
        serde_json::from_str::<Value>(&output.text).unwrap(),
        json!({"total": 1, "skip": 0, "rows": [{"artifact": "identity/people/p-2", "record":
            {"id": "p-2", "name": "Mei Lin", "email": "mei@example.test", "aliases": ["mlin"],
             "status": "on_leave", "training": []}}]})
    );
    assert_eq!(
        output.shown,
        BTreeSet::from(["identity/people/p-2".parse().unwrap()])
    );
    let output = review
        .ask("ceremonies_search", json!({"query": "seal-5"}))
        .unwrap();
    let shown: Vec<String> = output.shown.iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["ceremonies/seal_inspections/SI-1"]);
}

#[test]
fn exceptions_that_the_rules_set_aside_say_so() {
    let answer = Review::small().answer("controls_list_exceptions", json!({}));
    assert_eq!(
        answer["rows"][0]["rules"],
        "not applied: KC-3 cannot be waived"
    );
}

#[test]
fn an_empty_list_of_a_missing_source_says_that_it_says_nothing() {
    let review = Review::of(capture_of(&[], Some(SourceSystem::Hsm)));
    for tool in ["hsm_list_keys", "hsm_list_escrow_media"] {
        let answer = review.answer(tool, json!({}));
        assert_eq!(answer["source_missing"], "folder cannot be read", "{tool}");
    }
    let search = review.answer("hsm_search", json!({"query": "x"}));
    assert_eq!(search["source_missing"], "folder cannot be read");
    let artifacts = json!({"artifacts": ["hsm/signing_keys/K-1"]});
    assert_eq!(
        review.refusal("hsm_read_records", artifacts),
        "source `hsm` could not be read"
    );
    let other = review.answer("release_list_bridges", json!({}));
    assert_eq!(other.get("source_missing"), None);
}
