//! KC-4: custodians match the approved roster.

use serde_json::{Value, json};

use crate::evidence::{AS_OF, base, check};

const ANA: &str = "identity/people/ana";
const R2: &str = "identity/roster_snapshots/R2";
const GAP: &str = "KC-4 identity/people/ana partial remediate";
const STALE: &str = "KC-4 identity/people/ana stale remediate";
const QUESTION: &str = "KC-4 identity/people/ana partial escalate";
/// No roster is in force: every custodian is stale.
const ALL_STALE: [&str; 3] = [
    STALE,
    "KC-4 identity/people/bo stale remediate",
    "KC-4 identity/people/cy stale remediate",
];

#[track_caller]
fn check_ana(pointer: &str, value: impl Into<Value>, posture: &str, findings: &[&str]) {
    check(&base().set(ANA, pointer, value), posture, findings);
}

#[test]
fn custodians_are_on_the_roster_in_force() {
    let until = |at: &str| base().set(R2, "/members/0/until", at);
    check(&until("2026-12-15T00:00:01Z"), "approve", &[]);
    check(&until(AS_OF), "remediate", &[GAP]);
    check(
        &base().set(R2, "/members/0/from", "2026-12-15T00:00:01Z"),
        "remediate",
        &[GAP],
    );
    check(&base().set(R2, "/members/0/from", AS_OF), "approve", &[]);
    // The roster names people by alias as well, and an alias of somebody else is somebody else.
    check(&base().set(R2, "/members/0/person", "op-1"), "approve", &[]);
    check(
        &base().set(R2, "/members/0/person", "op-2"),
        "remediate",
        &[GAP],
    );
    check(
        &base().set(R2, "/members/0/person", "nobody"),
        "remediate",
        &[GAP],
    );
}

#[test]
fn without_an_approved_roster_in_force_every_custodian_is_stale() {
    check(
        &base().set(R2, "/approved_at", json!(null)),
        "remediate",
        &ALL_STALE,
    );
    check(
        &base().set(R2, "/approved_at", "2026-12-15T00:00:01Z"),
        "remediate",
        &ALL_STALE,
    );
    check(&base().set(R2, "/approved_at", AS_OF), "approve", &[]);
    check(
        &base().set(R2, "/effective_until", AS_OF),
        "remediate",
        &ALL_STALE,
    );
    check(
        &base().set(R2, "/effective_until", "2026-12-15T00:00:01Z"),
        "approve",
        &[],
    );
    check(
        &base().set(R2, "/effective_from", "2026-12-15T00:00:01Z"),
        "remediate",
        &ALL_STALE,
    );
    check(&base().set(R2, "/effective_from", AS_OF), "approve", &[]);
}

#[test]
fn of_several_rosters_the_latest_start_speaks() {
    let r3 = |approved: Value, from: &str| {
        base()
            .copy(R2, "R3")
            .set("identity/roster_snapshots/R3", "/members", json!([]))
            .set("identity/roster_snapshots/R3", "/approved_at", approved)
            .set("identity/roster_snapshots/R3", "/effective_from", from)
    };
    let all_gaps = [
        GAP,
        "KC-4 identity/people/bo partial remediate",
        "KC-4 identity/people/cy partial remediate",
    ];
    let approved = json!("2026-11-01T00:00:00Z");
    let mut with_dropped = vec!["KC-2 hsm/audit_events/E1 partial remediate"];
    with_dropped.extend(all_gaps);
    check(
        &r3(approved.clone(), "2026-11-01T00:00:00Z"),
        "remediate",
        &with_dropped,
    );
    check(&r3(approved, "2026-09-30T00:00:00Z"), "approve", &[]);
    // A newer roster that nobody approved does not displace the approved one.
    check(&r3(json!(null), "2026-11-01T00:00:00Z"), "approve", &[]);
}

#[test]
fn training_is_acknowledged_and_has_not_lapsed() {
    check_ana("/training", json!([]), "remediate", &[STALE]);
    check_ana("/training/0/course", "other", "remediate", &[STALE]);
    check_ana("/training/0/expires_at", AS_OF, "remediate", &[STALE]);
    check_ana(
        "/training/0/expires_at",
        "2026-12-15T00:00:01Z",
        "approve",
        &[],
    );
    let acknowledged = |at: &str| json!([{"course": "key-custodian", "acknowledged_at": at, "expires_at": "2030-01-01T00:00:00Z"}]);
    check_ana(
        "/training",
        acknowledged("2025-12-15T00:00:00Z"),
        "remediate",
        &[STALE],
    );
    check_ana(
        "/training",
        acknowledged("2025-12-15T00:00:01Z"),
        "approve",
        &[],
    );
    check_ana(
        "/training",
        acknowledged("2026-12-15T00:00:01Z"),
        "remediate",
        &[STALE],
    );
    // The latest acknowledgement counts, also where an earlier one still runs.
    check_ana(
        "/training",
        json!([{"course": "key-custodian", "acknowledged_at": "2026-05-01T00:00:00Z", "expires_at": "2026-06-01T00:00:00Z"},
               {"course": "key-custodian", "acknowledged_at": "2026-04-01T00:00:00Z"}]),
        "remediate",
        &[STALE],
    );
}

#[test]
fn a_separated_person_who_is_still_authorized_is_a_question() {
    check_ana("/status", "separated", "escalate", &[QUESTION]);
    check_ana("/separated_at", AS_OF, "escalate", &[QUESTION]);
    check_ana("/separated_at", "2026-12-15T00:00:01Z", "approve", &[]);
    check_ana("/status", "on_leave", "approve", &[]);
    let later =
        base()
            .set(ANA, "/status", "separated")
            .set(ANA, "/separated_at", "2027-01-01T00:00:00Z");
    check(&later, "escalate", &[QUESTION]);
}

#[test]
fn an_unknown_custodian_is_a_finding_on_the_record_that_names_them() {
    check(
        &base().set(
            "hsm/signing_keys/K1",
            "/authorized_custodians",
            json!(["ana", "nobody", "noone"]),
        ),
        "remediate",
        &["KC-4 hsm/signing_keys/K1 missing remediate"],
    );
    check(
        &base().set("hsm/escrow_media/EM1", "/custodians", json!(["nobody"])),
        "remediate",
        &["KC-4 hsm/escrow_media/EM1 missing remediate"],
    );
}

#[test]
fn custody_of_media_makes_a_subject_as_authorization_does() {
    // `gone` holds EM2 and EM3, which nobody judges, and is authorized on keys out of production.
    let gone = [
        "KC-4 identity/people/gone partial escalate",
        "KC-4 identity/people/gone partial remediate",
        "KC-4 identity/people/gone stale remediate",
    ];
    check(
        &base().set("hsm/escrow_media/EM1", "/custodians", json!(["gone"])),
        "remediate",
        &gone,
    );
    check(
        &base().set(
            "hsm/signing_keys/K2",
            "/authorized_custodians",
            json!(["gone"]),
        ),
        "remediate",
        &gone,
    );
}

#[test]
fn a_person_named_by_id_and_alias_is_one_subject() {
    let evidence = base()
        .set(
            "hsm/signing_keys/K1",
            "/authorized_custodians",
            json!(["ana", "op-1", "op-2", "bo"]),
        )
        .set(ANA, "/training", json!([]));
    check(&evidence, "remediate", &[STALE]);
}

#[test]
fn ids_win_over_aliases() {
    // `ana` is also an alias of the untrained `dee`: who is meant is still ana.
    let evidence = base().set("identity/people/dee", "/aliases", json!(["ana"]));
    check(&evidence, "approve", &[]);
}

#[test]
fn nobody_authorized_is_no_pass() {
    let nobody = base()
        .set("hsm/signing_keys/K1", "/authorized_custodians", json!([]))
        .set("hsm/signing_keys/K2", "/authorized_custodians", json!([]))
        .set("hsm/escrow_media/EM1", "/custodians", json!([]));
    check(&nobody, "remediate", &["KC-4 identity missing remediate"]);
}
