//! KC-1: production signing keys are HSM-backed.

use serde_json::{Value, json};

use crate::evidence::{Evidence, base, check};

const K1: &str = "hsm/signing_keys/K1";
const GAP: &str = "KC-1 hsm/signing_keys/K1 partial remediate";
const STALE: &str = "KC-1 hsm/signing_keys/K1 stale remediate";
const MISSING: &str = "KC-1 hsm/signing_keys/K1 missing remediate";

#[track_caller]
fn check_k1(pointer: &str, value: impl Into<Value>, findings: &[&str]) {
    let posture = if findings.is_empty() {
        "approve"
    } else {
        "remediate"
    };
    check(&base().set(K1, pointer, value), posture, findings);
}

#[test]
fn residency_is_a_known_module() {
    check_k1("/residency", json!({"kind": "software"}), &[MISSING]);
    check_k1("/residency", json!({"kind": "unknown"}), &[MISSING]);
    check_k1(
        "/residency",
        json!({"kind": "software", "module": "M1"}),
        &[MISSING],
    );
    check_k1("/residency", json!({"kind": "hsm"}), &[MISSING]);
    check_k1(
        "/residency",
        json!({"kind": "hsm", "module": null}),
        &[MISSING],
    );
    // The finding stands for the comparison with the module's serial and validation, too.
    check_k1("/residency/module", "M9", &[MISSING]);
}

#[test]
fn a_key_that_the_inventory_does_not_know_is_a_finding_on_the_path() {
    check(
        &base().set("release/signing_paths/P1", "/key", "K9"),
        "remediate",
        &["KC-1 release/signing_paths/P1 missing remediate"],
    );
    let retired = base().set("release/signing_paths/P1", "/key", "K9").set(
        "release/signing_paths/P1",
        "/retired_at",
        "2026-12-15T00:00:00Z",
    );
    check(&retired, "approve", &[]);
    check(
        &retired.set(
            "release/signing_paths/P1",
            "/retired_at",
            "2026-12-15T00:00:01Z",
        ),
        "remediate",
        &["KC-1 release/signing_paths/P1 missing remediate"],
    );
    check(
        &base().set("release/signing_paths/PS", "/key", "K9"),
        "approve",
        &[],
    );
    check(
        &base().set("release/signing_paths/P1", "/key", "K9").set(
            "release/signing_paths/P1",
            "/introduced_at",
            "2026-12-15T00:00:01Z",
        ),
        "approve",
        &[],
    );
}

#[test]
fn attributes_keep_the_key_inside() {
    check_k1("/attributes", json!(null), &[GAP]);
    check_k1("/attributes/sensitive", false, &[GAP]);
    check_k1("/attributes/extractable", true, &[GAP]);
    check_k1("/attributes/never_extractable", false, &[GAP]);
    check_k1("/attributes/local", false, &[GAP]);
    // No rule speaks of it.
    check_k1("/attributes/always_sensitive", false, &[]);
    let all = json!({"sensitive": false, "always_sensitive": false, "extractable": true, "never_extractable": false, "local": false});
    check_k1("/attributes", all, &[GAP, GAP, GAP, GAP]);
}

#[test]
fn an_import_is_a_gap_at_any_time() {
    let import = |time: &str| {
        base()
            .set("hsm/audit_events/E3", "/action", "key_imported")
            .set("hsm/audit_events/E3", "/at", time)
    };
    check(&import("2019-01-01T00:00:00Z"), "remediate", &[GAP]);
    check(&import("2026-12-15T00:00:00Z"), "remediate", &[GAP]);
    check(&import("2026-12-15T00:00:01Z"), "approve", &[]);
    // Two imports are one failed check.
    let twice = import("2019-01-01T00:00:00Z").copy("hsm/audit_events/E3", "E33");
    check(&twice, "remediate", &[GAP]);
}

#[test]
fn the_inventory_observed_the_key_lately() {
    check_k1("/observed_at", json!(null), &[STALE]);
    check_k1("/observed_at", "2026-11-10T00:00:00Z", &[]);
    check_k1("/observed_at", "2026-11-09T23:59:59Z", &[STALE]);
    check_k1("/observed_at", "2026-11-09T23:59:59.999Z", &[STALE]);
    check_k1("/observed_at", "2026-11-10T00:00:00+00:01", &[STALE]);
    check_k1("/observed_at", "2027-11-10T00:00:00Z", &[]);
}

#[test]
fn the_key_attestation_is_verified_and_of_the_modules_device() {
    check_k1("/key_attestation", json!(null), &[GAP]);
    check_k1("/key_attestation/verified", false, &[GAP]);
    check_k1("/key_attestation/device_serial", "S-2", &[GAP]);
    check_k1("/key_attestation/device_serial", json!(null), &[]);
    let both = json!({"format": "piv", "verified": false, "device_serial": "s-1"});
    check_k1("/key_attestation", both, &[GAP, GAP]);
}

#[test]
fn a_revoked_validation_is_one_question_per_key() {
    let revoked = base()
        .set("hsm/signing_keys/K2", "/residency/module", "M1")
        .set("hsm/modules/M1", "/validation/status", "revoked");
    check(
        &revoked,
        "escalate",
        &[
            "KC-1 hsm/signing_keys/K1 partial escalate",
            "KC-1 hsm/signing_keys/K2 partial escalate",
        ],
    );
}

#[test]
fn a_historical_validation_is_told_and_no_finding() {
    let assessment = base().assess_at(crate::evidence::AS_OF);
    let rationale = &assessment.requirements[0].rationale;
    assert!(rationale.contains("historical"), "{rationale}");
    assert!(rationale.contains("M2"), "{rationale}");
    let active = base().set("hsm/modules/M2", "/validation/status", "active");
    let rationale = active.assess_at(crate::evidence::AS_OF).requirements[0]
        .rationale
        .clone();
    assert!(!rationale.contains("historical"), "{rationale}");
}

fn export(time: &str, key: &str) -> Evidence {
    base()
        .set("hsm/audit_events/E3", "/action", "key_exported")
        .set("hsm/audit_events/E3", "/key", key)
        .set("hsm/audit_events/E3", "/at", time)
}

#[test]
fn an_export_in_the_period_escalates() {
    let question = &["KC-1 hsm/signing_keys/K1 partial escalate"];
    check(&export("2026-06-30T23:59:59Z", "K1"), "approve", &[]);
    check(&export("2026-07-01T00:00:00Z", "K1"), "escalate", question);
    check(&export("2026-12-15T00:00:00Z", "K1"), "escalate", question);
    check(&export("2026-12-15T00:00:01Z", "K1"), "approve", &[]);
}

#[test]
fn the_period_ends_before_its_last_instant() {
    let at_end = export("2027-01-01T00:00:00Z", "K1")
        .set(
            "hsm/signing_keys/K1",
            "/observed_at",
            "2027-01-01T00:00:00Z",
        )
        .set(
            "hsm/signing_keys/K2",
            "/observed_at",
            "2027-01-01T00:00:00Z",
        )
        .set(
            "controls/exceptions/X1",
            "/expires_at",
            "2028-01-01T00:00:00Z",
        );
    crate::evidence::check_at(&at_end, "2027-01-02T00:00:00Z", "approve", &[]);
}

#[test]
fn an_export_makes_any_key_of_environment_production_a_subject_with_all_its_checks() {
    let destroyed = export("2026-08-01T00:00:00Z", "KR");
    check(
        &destroyed,
        "escalate",
        &["KC-1 hsm/signing_keys/KR partial escalate"],
    );
    let also_extractable = destroyed.set("hsm/signing_keys/KR", "/attributes/extractable", true);
    check(
        &also_extractable,
        "remediate",
        &[
            "KC-1 hsm/signing_keys/KR partial escalate",
            "KC-1 hsm/signing_keys/KR partial remediate",
        ],
    );
    // A staging key that no production path uses is nobody's subject.
    check(&export("2026-08-01T00:00:00Z", "KS"), "approve", &[]);
}

#[test]
fn a_key_is_a_production_key_by_use() {
    // KS lives in software, has no attributes, no attestation, no observation, and unknown custodians.
    let used = base().set("release/signing_paths/P1", "/key", "KS");
    let of_ks = |rest: &str| format!("KC-1 hsm/signing_keys/KS {rest}");
    let kc1 = [
        of_ks("missing remediate"),
        of_ks("partial remediate"),
        of_ks("partial remediate"),
        of_ks("stale remediate"),
    ];
    let mut findings: Vec<&str> = kc1.iter().map(String::as_str).collect();
    findings.extend([
        "KC-2 hsm/audit_events/E5 missing escalate",
        "KC-2 hsm/audit_events/E5 missing remediate",
        "KC-3 hsm/escrow_media/EM3 missing remediate",
        "KC-4 hsm/signing_keys/KS missing remediate",
        "KC-4 identity/people/gone partial escalate",
        "KC-4 identity/people/gone partial remediate",
        "KC-4 identity/people/gone stale remediate",
    ]);
    check(&used, "remediate", &findings);
}

#[test]
fn a_retired_or_destroyed_key_is_judged_while_a_path_uses_it() {
    for state in ["retired", "destroyed"] {
        let unused = base()
            .set("hsm/signing_keys/K2", "/state", state)
            .set("hsm/signing_keys/K2", "/attributes", json!(null))
            .set("hsm/audit_events/E2", "/operators", json!([]));
        check(&unused, "approve", &[]);
        check(
            &unused.set("release/signing_paths/P1", "/key", "K2"),
            "remediate",
            &[
                "KC-1 hsm/signing_keys/K2 partial remediate",
                "KC-2 hsm/audit_events/E2 partial remediate",
            ],
        );
    }
}
