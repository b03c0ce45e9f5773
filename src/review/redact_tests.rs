use super::*;
use crate::review::access::AccessPolicy;
use crate::review::fixture::capture;
use serde_json::json;

/// A packet about the medium EM-04 that says in every place what it can.
fn packet() -> Value {
    let medium = "hsm/escrow_media/EM-04";
    let said = "Ana Petrova (apetrova, ana@example.org, p-ana) sealed EM-04 with SEAL-77310 at Vault Nine \
                on 2026-01-05, kept behind the blue ledger; KC-3 in 2026-H2 is stale.";
    let citations = json!([
        { "artifact": medium, "pointer": "/seal_serial", "value": "SEAL-77310", "digest": "sha256:00" },
        { "artifact": medium, "pointer": "/custodians/0", "value": "p-ana", "source_url": "https://hsm/EM-04" },
        { "artifact": medium, "pointer": "/sealed_at", "value": "2026-01-05T09:00:00Z" },
        { "artifact": medium, "quote": "behind the blue ledger" },
        { "artifact": medium, "pointer": "", "value": { "location": "Vault Nine", "keys": ["K-1"] } },
        { "artifact": "identity/people/p-ana", "pointer": "/name", "value": "Ana Petrova" },
        { "artifact": "identity/people/p-ana", "pointer": "/status", "value": "active" },
        { "artifact": "hsm/no_such_kind/X", "pointer": "/a", "value": "Vault Nine" },
    ]);
    json!({
        "schema": "custody/packet/v1", "id": "2026-H2-r1", "cycle": "2026-H2", "as_of": "2026-12-01T00:00:00Z",
        "posture": "remediate", "summary": said,
        "options": [{ "disposition": "remediate", "supported": true, "because": ["F-12"], "against": [] }],
        "requirements": [{ "id": "KC-3", "title": "Escrow seals", "status": "stale", "rationale": said,
            "subjects": [{ "artifact": medium, "status": "stale" }, { "artifact": "identity/people/p-ana", "status": "stale" }],
            "citations": citations, "findings": ["F-12"] }],
        "findings": [{ "id": "F-12", "requirement": "KC-3", "check": "inspected", "subject": "identity/people/p-ana",
            "status": "stale", "disposition": "remediate", "message": said, "remedy": said, "explanation": said,
            "citations": citations }],
        "concerns": [{ "text": said, "disposition": "escalate", "citations": citations }],
        "ignored_exceptions": [{ "artifact": "controls/exceptions/EX-1", "requirement": "KC-1", "reason": said }],
        "validation": { "outcome": "accepted", "reason": said, "rejected_drafts": [{
            "draft": { "summary": said, "requirements": [{ "rationale": said, "citations": citations }] },
            "faults": [{ "code": "ungrounded-text", "path": "/summary", "message": said }] }] },
        "provenance": { "model": "offline", "prepared_by": "apetrova" },
    })
}

fn redacted(see: &str) -> Value {
    let policy: AccessPolicy = toml::from_str(&format!("roles.reader.see = {see}")).unwrap();
    let mut packet = packet();
    policy
        .role("reader")
        .unwrap()
        .redact_packet(&mut packet, &capture());
    packet
}

#[track_caller]
fn check(see: &str, hidden: &[&str], shown: &[&str]) {
    let mut printed = String::new();
    each_string(&redacted(see), &mut |text| {
        printed.push_str(&text.to_lowercase());
        printed.push('\n');
    });
    for text in hidden {
        assert!(
            !printed.contains(&text.to_lowercase()),
            "{see}: `{text}` is in {printed}"
        );
    }
    for text in shown {
        assert!(
            printed.contains(&text.to_lowercase()),
            "{see}: `{text}` is not in {printed}"
        );
    }
}

const PEOPLE: [&str; 6] = [
    "Ana",
    "Petrova",
    "apetrova",
    "ana@example.org",
    "p-ana",
    "example",
];
const MEDIUM: [&str; 8] = [
    "SEAL-77310",
    "Vault Nine",
    "EM-04",
    "2026-01-05",
    "K-1",
    "blue ledger",
    "https://",
    "77310",
];
const OWN: [&str; 8] = [
    "custody/packet/v1",
    "2026-H2-r1",
    "KC-3",
    "F-12",
    "remediate",
    "escalate",
    "ungrounded-text",
    "Escrow seals",
];

#[test]
fn a_role_that_sees_nothing_reads_no_value_anywhere() {
    check("[]", &[&PEOPLE[..], &MEDIUM[..]].concat(), &OWN);
}

#[test]
fn people_are_hidden_also_where_other_records_name_them() {
    check(
        "['hsm']",
        &PEOPLE,
        &[
            "SEAL-77310",
            "Vault Nine",
            "EM-04",
            "2026-01-05",
            "behind the blue ledger",
        ],
    );
    check(
        "['hsm', 'identity/people/id', 'identity/people/aliases']",
        &["Ana Petrova", "ana@example.org"],
        &["identity/people/p-ana", "apetrova"],
    );
}

#[test]
fn single_fields_are_hidden_and_the_rest_stays() {
    let see = "['identity', 'hsm/escrow_media/id', 'hsm/escrow_media/custodians', 'hsm/escrow_media/sealed_at']";
    check(
        see,
        &["SEAL-77310", "Vault Nine", "blue ledger"],
        &["EM-04", "2026-01-05", "Ana Petrova", "p-ana"],
    );
}

#[test]
fn citations_keep_their_place_and_lose_their_value() {
    let packet = redacted("['hsm/escrow_media/id', 'identity']");
    let citation = packet.pointer("/findings/0/citations/0").unwrap();
    let expected = json!({
        "artifact": "hsm/escrow_media/EM-04", "pointer": "/seal_serial", "value": WITHHELD, "digest": "sha256:00"
    });
    assert_eq!(*citation, expected);
    let person = packet.pointer("/findings/0/citations/5/value").unwrap();
    assert_eq!(*person, json!("Ana Petrova"));
}

#[test]
fn a_rejected_draft_cannot_carry_a_hidden_value_in_any_place() {
    let policy: AccessPolicy =
        toml::from_str("roles.reader.see = ['hsm/escrow_media/id', 'hsm/escrow_media/medium']")
            .unwrap();
    let secret = "SEAL-77310";
    let visible = "hsm/escrow_media/EM-04";
    let draft = json!({
        "posture": secret, "status": secret, "because": [secret], "value": secret, "Ana Petrova": 1,
        "requirement": { "id": secret, "subject": "hsm/escrow_media/SEAL-77310" },
        "citations": [{ "artifact": visible, "pointer": "/medium", "value": secret }],
    });
    let mut packet =
        json!({ "validation": { "rejected_drafts": [{ "draft": draft, "faults": [] }] } });
    policy
        .role("reader")
        .unwrap()
        .redact_packet(&mut packet, &capture());
    let expected = json!({
        "posture": WITHHELD, "status": WITHHELD, "because": [WITHHELD], "value": WITHHELD, WITHHELD: 1,
        "requirement": { "id": WITHHELD, "subject": "hsm/escrow_media/[withheld]" },
        "citations": [{ "artifact": visible, "pointer": "/medium", "value": WITHHELD }],
    });
    assert_eq!(
        packet.pointer("/validation/rejected_drafts/0/draft"),
        Some(&expected)
    );
}

#[test]
fn the_built_in_role_reads_the_packet_as_it_is() {
    let mut seen = packet();
    AccessPolicy::default()
        .cli()
        .unwrap()
        .redact_packet(&mut seen, &capture());
    assert_eq!(seen, packet());
}
