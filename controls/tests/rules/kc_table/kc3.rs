//! KC-3: escrow media carry a current seal inspection.

use serde_json::json;

use crate::evidence::{Evidence, base, check};

const EM1: &str = "hsm/escrow_media/EM1";
const SI1: &str = "ceremonies/seal_inspections/SI1";
const GAP: &str = "KC-3 hsm/escrow_media/EM1 partial remediate";
const STALE: &str = "KC-3 hsm/escrow_media/EM1 stale remediate";
const MISSING: &str = "KC-3 hsm/escrow_media/EM1 missing remediate";
const QUESTION: &str = "KC-3 hsm/escrow_media/EM1 partial escalate";

#[test]
fn a_medium_in_service_has_an_inspection() {
    check(&base().remove(SI1), "remediate", &[MISSING]);
    // An inspection of another medium is none of this one.
    check(&base().set(SI1, "/media", "EM9"), "remediate", &[MISSING]);
    check(&base().set(SI1, "/media", "em1"), "remediate", &[MISSING]);
}

#[test]
fn only_media_in_service_for_production_keys_are_judged() {
    let no_inspection = base().remove(SI1);
    // Without EM1 there is no medium at all, which is the finding.
    for state in ["replaced", "destroyed"] {
        check(
            &no_inspection.clone().set(EM1, "/state", state),
            "remediate",
            &["KC-3 hsm missing remediate"],
        );
    }
    check(
        &no_inspection.clone().set(EM1, "/keys", json!(["KS", "KR"])),
        "remediate",
        &["KC-3 hsm missing remediate"],
    );
    check(
        &no_inspection.set(EM1, "/keys", json!(["KS", "K2"])),
        "remediate",
        &[MISSING],
    );
}

#[test]
fn a_key_that_the_inventory_does_not_know_is_a_finding_on_the_medium() {
    check(
        &base().set(EM1, "/keys", json!(["K1", "K9"])),
        "remediate",
        &[MISSING],
    );
    check(
        &base().set(EM1, "/keys", json!(["K8", "K9"])),
        "remediate",
        &[MISSING],
    );
}

fn inspected(at: &str) -> Evidence {
    base().set(SI1, "/inspected_at", at)
}

#[test]
fn the_inspection_is_not_before_the_last_sealing_or_replacement() {
    let sealed = |at: &str| base().set(EM1, "/sealed_at", at);
    check(&sealed("2026-10-01T00:00:00Z"), "approve", &[]);
    check(&sealed("2026-10-01T00:00:01Z"), "remediate", &[STALE]);
    let replaced = |at: &str| base().set(EM1, "/replaced_at", at);
    check(&replaced("2026-10-01T00:00:00Z"), "approve", &[]);
    check(&replaced("2026-10-01T00:00:01Z"), "remediate", &[STALE]);
    // The medium's own times speak, not the audit log.
    let logged = base()
        .set("hsm/audit_events/E3", "/action", "media_replacement")
        .set("hsm/audit_events/E3", "/at", "2026-11-01T00:00:00Z");
    check(&logged, "approve", &[]);
}

#[test]
fn the_inspection_is_not_old() {
    check(&inspected("2026-06-14T00:00:00Z"), "approve", &[]);
    check(&inspected("2026-06-13T23:59:59Z"), "remediate", &[STALE]);
    // Old and from before the sealing: two failed checks.
    let both = inspected("2026-06-13T23:59:59Z").set(EM1, "/sealed_at", "2026-07-01T00:00:00Z");
    check(&both, "remediate", &[STALE, STALE]);
}

#[test]
fn two_distinct_people_inspected() {
    let by = |people: &[&str]| base().set(SI1, "/inspectors", json!(people));
    check(&by(&[]), "remediate", &[GAP]);
    check(&by(&["ana"]), "remediate", &[GAP]);
    check(&by(&["ana", "op-1"]), "remediate", &[GAP]);
    check(&by(&["ana", "ana", "op-1"]), "remediate", &[GAP]);
    check(&by(&["op-1", "bo"]), "approve", &[]);
    // Roster and employment of inspectors are not asked for.
    check(&by(&["gone", "xe"]), "approve", &[]);
    // An unknown inspector is one finding, which stands for the count.
    check(&by(&["ana", "nobody"]), "remediate", &[MISSING]);
    check(&by(&["ana", "op-2", "nobody"]), "remediate", &[MISSING]);
    check(&by(&["nobody", "noone"]), "remediate", &[MISSING]);
}

#[test]
fn a_seal_that_is_not_the_intact_one_is_a_question() {
    for result in ["damaged", "mismatched", "unreadable"] {
        check(&base().set(SI1, "/result", result), "escalate", &[QUESTION]);
    }
    check(
        &base().set(SI1, "/seal_serial", "T-9"),
        "escalate",
        &[QUESTION],
    );
    check(
        &base().set(SI1, "/seal_serial", "t-1"),
        "escalate",
        &[QUESTION],
    );
    check(
        &base()
            .set(SI1, "/result", "mismatched")
            .set(SI1, "/seal_serial", "T-9"),
        "escalate",
        &[QUESTION, QUESTION],
    );
}

#[test]
fn result_and_serial_are_compared_only_for_the_present_seal() {
    let before = base()
        .set(SI1, "/result", "damaged")
        .set(SI1, "/seal_serial", "T-0")
        .set(EM1, "/sealed_at", "2026-10-01T00:00:01Z");
    check(&before, "remediate", &[STALE]);
    // An inspection that is merely old is of the present seal.
    let old = inspected("2026-06-13T23:59:59Z").set(SI1, "/result", "damaged");
    check(&old, "remediate", &[STALE, QUESTION]);
}

#[test]
fn only_the_latest_inspection_counts() {
    let with = |at: &str, result: &str| {
        base()
            .copy(SI1, "SI0")
            .set("ceremonies/seal_inspections/SI0", "/inspected_at", at)
            .set("ceremonies/seal_inspections/SI0", "/result", result)
            .set("ceremonies/seal_inspections/SI0", "/inspectors", json!([]))
    };
    check(&with("2026-09-30T23:59:59Z", "damaged"), "approve", &[]);
    check(
        &with("2026-10-01T00:00:01Z", "damaged"),
        "remediate",
        &[GAP, QUESTION],
    );
    // By instant, not by text.
    check(
        &with("2026-10-01T01:00:00+02:00", "damaged"),
        "approve",
        &[],
    );
}

#[test]
fn the_reports_document_is_not_joined() {
    check(&base().set(SI1, "/document", "D9"), "approve", &[]);
}
