//! KC-5: legacy notarization bridges stay within an approved exception.

use custody_controls::status::RequirementStatus;
use serde_json::{Value, json};

use crate::evidence::{AS_OF, Evidence, base, check};

const P2: &str = "release/signing_paths/P2";
const X1: &str = "controls/exceptions/X1";
const UNCOVERED: &str = "KC-5 release/signing_paths/P2 missing escalate";
const LAPSED: &str = "KC-5 release/signing_paths/P2 stale escalate";
const OUTSIDE: &str = "KC-5 release/signing_paths/P2 partial escalate";
const UNVERIFIED: &str = "KC-5 release/signing_paths/P2 stale remediate";
const UNCOMPENSATED: &str = "KC-5 release/signing_paths/P2 partial remediate";

#[track_caller]
fn check_x1(pointer: &str, value: impl Into<Value>, findings: &[&str]) {
    let posture = match findings {
        [] => "approve",
        [finding, ..] => finding.rsplit(' ').next().unwrap(),
    };
    check(&base().set(X1, pointer, value), posture, findings);
}

#[test]
fn a_bridge_without_approved_exception_is_a_question() {
    check(&base().remove(X1), "escalate", &[UNCOVERED]);
    check_x1("/scope/bridges", json!(["B2"]), &[UNCOVERED]);
    check_x1("/scope/bridges", json!([]), &[UNCOVERED]);
    check_x1("/scope/bridges", json!(null), &[UNCOVERED]);
    check_x1("/scope", json!({}), &[UNCOVERED]);
    check_x1("/state", "pending", &[UNCOVERED]);
    check_x1("/approved_at", json!(null), &[UNCOVERED]);
    check_x1("/approved_at", "2026-12-15T00:00:01Z", &[UNCOVERED]);
    check_x1("/approved_at", AS_OF, &[]);
    check_x1("/requirement", "KC-1", &[UNCOVERED]);
    check_x1("/requirement", "kc-5", &[UNCOVERED]);
}

#[test]
fn an_exception_that_is_not_in_force_is_a_question() {
    check_x1("/expires_at", AS_OF, &[LAPSED]);
    check_x1("/expires_at", "2026-12-15T00:00:01Z", &[]);
    check_x1("/effective_from", "2026-12-15T00:00:01Z", &[LAPSED]);
    check_x1("/effective_from", AS_OF, &[]);
    check_x1("/state", "revoked", &[LAPSED]);
    // Out of force, it is not asked whether it would cover the path and how it is compensated.
    let expired = base()
        .set(X1, "/expires_at", AS_OF)
        .set(X1, "/scope/keys", json!([]))
        .set(X1, "/compensating_controls", json!([]));
    check(&expired, "escalate", &[LAPSED]);
}

#[test]
fn every_dimension_of_the_scope_must_name_the_path() {
    for dimension in ["signing_paths", "keys", "artifact_classes", "environments"] {
        let pointer = format!("/scope/{dimension}");
        for entries in [json!(null), json!([]), json!(["other"]), json!(["*"])] {
            check_x1(&pointer, entries, &[OUTSIDE]);
        }
    }
    check_x1("/scope/keys", json!(["K2", "K1"]), &[]);
    check_x1("/scope/signing_paths", json!(["p2"]), &[OUTSIDE]);
}

#[test]
fn a_path_introduced_after_approval_needs_to_be_named() {
    let new_path = base().copy(P2, "P3").set(
        "release/signing_paths/P3",
        "/introduced_at",
        "2026-12-01T00:00:00Z",
    );
    check(
        &new_path,
        "escalate",
        &["KC-5 release/signing_paths/P3 partial escalate"],
    );
    check(
        &new_path.set(X1, "/scope/signing_paths", json!(["P2", "P3"])),
        "approve",
        &[],
    );
}

#[test]
fn several_exceptions_together_do_not_cover() {
    let split = base()
        .copy(X1, "X2")
        .set(X1, "/scope/keys", json!(["K2"]))
        .set(
            "controls/exceptions/X2",
            "/scope/environments",
            json!(["staging"]),
        );
    check(&split, "escalate", &[OUTSIDE]);
}

fn beside(pointer: &str, value: impl Into<Value>) -> Evidence {
    base()
        .copy(X1, "X0")
        .set("controls/exceptions/X0", pointer, value)
}

#[test]
fn one_exception_that_covers_is_enough() {
    check(&beside("/state", "revoked"), "approve", &[]);
    check(&beside("/state", "pending"), "approve", &[]);
    check(&beside("/expires_at", AS_OF), "approve", &[]);
    check(&beside("/scope/keys", json!([])), "approve", &[]);
    check(&beside("/compensating_controls", json!([])), "approve", &[]);
}

#[test]
fn if_none_covers_the_least_bad_status_stands() {
    let expired = |other: Evidence| other.set(X1, "/expires_at", AS_OF);
    check(
        &expired(beside("/scope/keys", json!([]))),
        "escalate",
        &[OUTSIDE],
    );
    check(&expired(beside("/state", "pending")), "escalate", &[LAPSED]);
    check(&expired(beside("/state", "revoked")), "escalate", &[LAPSED]);
    let asked = beside("/state", "pending").set(X1, "/approved_at", json!(null));
    check(&asked, "escalate", &[UNCOVERED]);
}

#[test]
fn one_that_covers_with_a_gap_goes_before_one_that_does_not_cover() {
    let unverified = beside("/scope/keys", json!([])).set(
        X1,
        "/compensating_controls/0/verified_at",
        "2026-01-01T00:00:00Z",
    );
    check(&unverified, "remediate", &[UNVERIFIED]);
}

#[test]
fn compensating_controls_are_named_and_verified_lately() {
    check_x1("/compensating_controls", json!([]), &[UNCOMPENSATED]);
    let verified = "/compensating_controls/0/verified_at";
    check_x1(verified, "2026-06-14T00:00:00Z", &[]);
    check_x1(verified, "2026-06-13T23:59:59Z", &[UNVERIFIED]);
    let one_of_two = json!([{"id": "CC1", "text": "t", "verified_at": "2026-10-01T00:00:00Z"},
                            {"id": "CC2", "text": "t", "verified_at": "2026-06-13T23:59:59Z"}]);
    check_x1("/compensating_controls", one_of_two, &[UNVERIFIED]);
}

#[test]
fn a_retired_bridge_that_is_still_used_is_one_more_gap() {
    let retired = |at: &str| base().set("release/notarization_bridges/B1", "/retired_at", at);
    check(&retired("2026-12-15T00:00:01Z"), "approve", &[]);
    check(&retired(AS_OF), "escalate", &[LAPSED]);
    check(
        &retired("2020-06-01T00:00:00Z").remove(X1),
        "escalate",
        &[UNCOVERED, LAPSED],
    );
}

#[test]
fn only_legacy_bridges_and_active_production_paths_count() {
    let bare = || {
        base()
            .remove(X1)
            .otherwise("KC-5", RequirementStatus::Satisfied)
    };
    let no_pair = [
        bare().set("release/notarization_bridges/B1", "/legacy", false),
        bare().set(P2, "/bridge", json!(null)),
        bare().set(P2, "/bridge", "B2"),
        bare().set(P2, "/environment", "staging"),
        bare().set(P2, "/retired_at", AS_OF),
        bare().set(P2, "/introduced_at", "2026-12-15T00:00:01Z"),
    ];
    for evidence in no_pair {
        check(&evidence, "approve", &[]);
    }
    check(
        &base()
            .remove(X1)
            .set(P2, "/retired_at", "2026-12-15T00:00:01Z"),
        "escalate",
        &[UNCOVERED],
    );
    check(
        &base().remove(X1).set(P2, "/introduced_at", AS_OF),
        "escalate",
        &[UNCOVERED],
    );
}

#[test]
fn a_bridge_that_nobody_documents_is_a_finding_on_the_path() {
    let missing = &["KC-5 release/signing_paths/P2 missing remediate"];
    check(&base().set(P2, "/bridge", "B9"), "remediate", missing);
    // Introduced after as-of, it is not seen.
    check(
        &base().set(
            "release/notarization_bridges/B1",
            "/introduced_at",
            "2026-12-15T00:00:01Z",
        ),
        "remediate",
        missing,
    );
}

#[test]
fn each_path_through_a_bridge_is_its_own_subject() {
    let two = base().remove(X1).copy(P2, "P3");
    check(
        &two,
        "escalate",
        &[UNCOVERED, "KC-5 release/signing_paths/P3 missing escalate"],
    );
}
