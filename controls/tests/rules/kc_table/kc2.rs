//! KC-2: key-policy, quorum and custodian changes are made in dual-operator ceremonies.

use serde_json::{Value, json};

use crate::evidence::{Evidence, base, check};

const E1: &str = "hsm/audit_events/E1";
const E2: &str = "hsm/audit_events/E2";
const C1: &str = "ceremonies/ceremonies/C1";
const C2: &str = "ceremonies/ceremonies/C2";
const RA1: &str = "identity/role_assignments/RA1";
const GAP: &str = "KC-2 hsm/audit_events/E1 partial remediate";
const MISSING: &str = "KC-2 hsm/audit_events/E1 missing remediate";
const OUT_OF_BAND: &str = "KC-2 hsm/audit_events/E1 missing escalate";

#[track_caller]
fn check_c1(pointer: &str, value: impl Into<Value>, findings: &[&str]) {
    let posture = if findings.is_empty() {
        "approve"
    } else {
        "remediate"
    };
    check(&base().set(C1, pointer, value), posture, findings);
}

/// E1 names no ceremony and none lists it.
fn unceremonious(action: &str) -> Evidence {
    base()
        .set(E1, "/ceremony", json!(null))
        .set(E1, "/action", action)
        .set(C1, "/audit_events", json!([]))
}

#[test]
fn a_change_without_ceremony_is_missing_and_a_quorum_change_out_of_band() {
    check(&unceremonious("quorum_change"), "escalate", &[OUT_OF_BAND]);
    check(&unceremonious("key_policy_change"), "remediate", &[MISSING]);
    check(&unceremonious("custodian_change"), "remediate", &[MISSING]);
    // Other actions need no ceremony.
    for action in [
        "key_generated",
        "backup",
        "restore",
        "media_replacement",
        "sign",
    ] {
        check(&unceremonious(action), "approve", &[]);
    }
}

#[test]
fn only_changes_in_the_period_on_production_keys_are_judged() {
    let moved = |at: &str| unceremonious("quorum_change").set(E1, "/at", at);
    check(&moved("2026-06-30T23:59:59Z"), "approve", &[]);
    check(&moved("2026-07-01T00:00:00Z"), "escalate", &[OUT_OF_BAND]);
    check(&moved("2026-12-15T00:00:00Z"), "escalate", &[OUT_OF_BAND]);
    check(&moved("2026-12-15T00:00:01Z"), "approve", &[]);
    for key in ["KS", "KR"] {
        check(
            &unceremonious("quorum_change").set(E1, "/key", key),
            "approve",
            &[],
        );
    }
}

#[test]
fn the_ceremony_is_the_one_that_the_event_names() {
    check(&base().set(E1, "/ceremony", "C9"), "remediate", &[MISSING]);
    // Named without being listed is a gap, also where another ceremony lists the event.
    check_c1("/audit_events", json!([]), &[GAP]);
    let other =
        base()
            .set(C1, "/audit_events", json!([]))
            .set(C2, "/audit_events", json!(["E1", "E2"]));
    check(&other, "remediate", &[GAP]);
}

#[test]
fn if_the_event_names_none_the_ceremony_that_lists_it_is_its_ceremony() {
    check(&base().set(E1, "/ceremony", json!(null)), "approve", &[]);
    let unsigned =
        base()
            .set(E1, "/ceremony", json!(null))
            .set(C1, "/participants/0/signed", false);
    check(&unsigned, "remediate", &[GAP]);
}

#[test]
fn a_ceremony_after_as_of_is_not_seen() {
    let later = "2026-12-15T00:00:01Z";
    check_c1("/performed_at", later, &[MISSING]);
    check(
        &base()
            .set(C1, "/performed_at", later)
            .set(E1, "/ceremony", json!(null)),
        "escalate",
        &[OUT_OF_BAND],
    );
}

#[test]
fn an_event_on_a_key_that_the_inventory_does_not_know_is_a_finding() {
    let unknown = base()
        .set(E1, "/key", "K9")
        .set(C1, "/keys", json!(["K1", "K9"]));
    check(&unknown, "remediate", &[MISSING]);
}

#[test]
fn two_distinct_people_operate_after_aliases() {
    let events = |operators: &[&str]| base().set(E1, "/operators", json!(operators));
    check(&events(&["ana", "op-1"]), "remediate", &[GAP]);
    check(&events(&["ana"]), "remediate", &[GAP]);
    check(&events(&[]), "remediate", &[GAP]);
    check(&events(&["ana", "op-2"]), "approve", &[]);
    check(&events(&["ana", "op-1", "bo"]), "approve", &[]);
    // An unknown operator is one finding that stands for the count.
    check(&events(&["ana", "nobody"]), "remediate", &[MISSING]);
    // The ceremony's operators are counted as well: ana twice, so bo is none of them either.
    let aliased = base().set(C1, "/participants/1/person", "op-1").set(
        C1,
        "/participants/1/role_assignment",
        json!(null),
    );
    check(&aliased, "remediate", &[GAP, GAP]);
}

#[test]
fn ids_win_when_operators_are_counted() {
    // The alias `ana` of bo does not make ana and bo one person.
    check(
        &base().set("identity/people/bo", "/aliases", json!(["op-2", "ana"])),
        "approve",
        &[],
    );
}

#[test]
fn the_operators_of_the_event_are_operators_of_the_ceremony() {
    let three = |third: &str| base().set(E1, "/operators", json!(["ana", "bo", third]));
    check(&three("dee"), "remediate", &[GAP]);
    // A witness and an administrator are no operators.
    check(&three("cy"), "remediate", &[GAP]);
    check(
        &base().set(E2, "/operators", json!(["ana", "bo", "dee"])),
        "remediate",
        &["KC-2 hsm/audit_events/E2 partial remediate"],
    );
    // The ceremony may have had more operators than the log shows.
    let spare = json!({"person": "dee", "role": "operator", "signed": true});
    check_c1("/participants/3", spare, &[]);
}

#[test]
fn the_witness_is_independent() {
    let roles = |people: Value| base().set(C1, "/participants", people);
    let two = |rest: &[Value]| {
        let mut people = vec![
            json!({"person": "ana", "role": "operator", "signed": true}),
            json!({"person": "bo", "role": "operator", "signed": true}),
        ];
        people.extend_from_slice(rest);
        Value::from(people)
    };
    let one = |person: &str, role: &str| json!({"person": person, "role": role, "signed": true});
    check(&roles(two(&[])), "remediate", &[GAP]);
    check(
        &roles(two(&[one("dee", "ceremony_administrator")])),
        "remediate",
        &[GAP],
    );
    check(
        &roles(two(&[one("cy", "internal_witness")])),
        "approve",
        &[],
    );
    check(
        &roles(two(&[one("xe", "external_witness")])),
        "approve",
        &[],
    );
    check(
        &roles(two(&[one("op-1", "internal_witness")])),
        "remediate",
        &[GAP],
    );
    check(
        &roles(two(&[
            one("cy", "internal_witness"),
            one("op-2", "external_witness"),
        ])),
        "remediate",
        &[GAP],
    );
    check(
        &roles(two(&[
            one("dee", "ceremony_administrator"),
            one("dee", "internal_witness"),
        ])),
        "remediate",
        &[GAP],
    );
}

#[test]
fn participants_are_known_people() {
    check_c1("/participants/2/person", "nobody", &[MISSING]);
    check_c1("/participants/3/person", "nobody", &[MISSING]);
    // Unsigned participation does not need to know who it was.
    let unsigned =
        base()
            .set(C1, "/participants/2/person", "nobody")
            .set(C1, "/participants/2/signed", false);
    check(&unsigned, "remediate", &[GAP, MISSING]);
}

#[test]
fn participants_are_on_the_roster_at_the_time_of_the_ceremony() {
    let r1 = "identity/roster_snapshots/R1";
    let until = |at: &str| base().set(r1, "/members/0/until", at);
    check(
        &until("2026-09-01T10:00:01Z"),
        "remediate",
        &["KC-2 hsm/audit_events/E2 partial remediate"],
    );
    check(
        &until("2026-09-01T10:00:00Z"),
        "remediate",
        &[GAP, "KC-2 hsm/audit_events/E2 partial remediate"],
    );
    // Being on the roster today does not help; the role does not matter.
    check(
        &base().remove(r1),
        "remediate",
        &[GAP, "KC-2 hsm/audit_events/E2 partial remediate"],
    );
    check(
        &base().set(r1, "/approved_at", json!(null)),
        "remediate",
        &[GAP, "KC-2 hsm/audit_events/E2 partial remediate"],
    );
    // Approved late but before as-of, it holds for the time it covers.
    check(
        &base().set(r1, "/approved_at", "2026-12-15T00:00:00Z"),
        "approve",
        &[],
    );
    check(
        &base().set(r1, "/members/2/roles", json!([])),
        "approve",
        &[],
    );
    // Only external witnesses are exempt.
    check_c1("/participants/3/role", "internal_witness", &[GAP]);
}

#[test]
fn a_temporary_role_is_in_force_at_the_time_of_the_ceremony() {
    for kind in ["temporary", "on_call"] {
        let run = |pointer: &str, at: &str| base().set(RA1, "/kind", kind).set(RA1, pointer, at);
        check(&run("/until", "2026-09-01T10:00:00Z"), "remediate", &[GAP]);
        check(&run("/until", "2026-09-01T10:00:01Z"), "approve", &[]);
        check(&run("/from", "2026-09-01T10:00:01Z"), "remediate", &[GAP]);
        check(&run("/from", "2026-09-01T10:00:00Z"), "approve", &[]);
    }
    let standing = base()
        .set(RA1, "/kind", "standing")
        .set(RA1, "/until", "2026-09-01T10:00:00Z");
    check(&standing, "approve", &[]);
    // Somebody else's role is none of the participant's.
    check(&base().set(RA1, "/person", "cy"), "remediate", &[GAP]);
    check(&base().set(RA1, "/person", "op-2"), "approve", &[]);
    check(&base().remove(RA1), "remediate", &[MISSING]);
}

#[test]
fn a_temporary_role_of_a_person_since_dropped_from_the_roster_is_a_gap() {
    let r2 = "identity/roster_snapshots/R2";
    // bo stays authorized on K1, so KC-4 asks too.
    let kc4 = "KC-4 identity/people/bo partial remediate";
    let dropped = base().set(r2, "/members/1/until", "2026-12-15T00:00:00Z");
    check(&dropped, "remediate", &[GAP, kc4]);
    check(
        &base().set(r2, "/members/1/until", "2026-12-15T00:00:01Z"),
        "approve",
        &[],
    );
    check(
        &dropped.clone().set(RA1, "/kind", "temporary"),
        "remediate",
        &[GAP, kc4],
    );
    check(&dropped.set(RA1, "/kind", "standing"), "remediate", &[kc4]);
    // Without a roster at as-of nobody can have been dropped from it.
    check(
        &base().remove(r2),
        "remediate",
        &[
            "KC-4 identity/people/ana stale remediate",
            "KC-4 identity/people/bo stale remediate",
            "KC-4 identity/people/cy stale remediate",
        ],
    );
}

#[test]
fn participation_is_signed() {
    for position in 0..4 {
        check_c1(&format!("/participants/{position}/signed"), false, &[GAP]);
    }
}

#[test]
fn the_ceremony_names_the_key_and_precedes_the_event() {
    check_c1("/keys", json!([]), &[GAP]);
    check_c1("/keys", json!(["K2"]), &[GAP]);
    check_c1("/keys", json!(["K2", "K1"]), &[]);
    check_c1("/performed_at", "2026-09-01T10:30:00Z", &[]);
    check_c1("/performed_at", "2026-09-01T10:30:01Z", &[GAP]);
}

#[test]
fn several_gaps_of_one_event_are_several_findings_on_one_subject() {
    let evidence = base()
        .set(C1, "/keys", json!([]))
        .set(C1, "/participants/0/signed", false)
        .set(E1, "/operators", json!(["ana"]));
    check(&evidence, "remediate", &[GAP, GAP, GAP]);
}
