//! Whatever a draft says, the packet never says less than the rules, and the validator never fails.

#[cfg(test)]
mod review;

use std::sync::LazyLock;

use custody_controls::packet::{
    Provenance, RejectedDraft, TokenCount, ValidatedPacket, ValidationOutcome,
};
use custody_controls::status::Disposition;
use custody_controls::validator::{FaultCode, Shown, validate};
use proptest::prelude::*;
use review::{Review, at};
use serde_json::{Value, json};

static WITH_GAPS: LazyLock<Review> = LazyLock::new(Review::with_gaps);
static WITHOUT_GAPS: LazyLock<Review> = LazyLock::new(Review::without_gaps);

/// The packet of a draft, if it is accepted.
fn packet(review: &Review, draft: &str) -> Option<ValidatedPacket> {
    let accepted = validate(&review.basis(), draft, Shown::Everything).ok()?;
    Some(ValidatedPacket::accepted(
        &review.basis(),
        accepted,
        Vec::new(),
    ))
}

/// Holds a packet against what the rules found.
#[track_caller]
fn never_softer(review: &Review, packet: &ValidatedPacket) {
    let (body, rules) = (packet.body(), &review.assessment);
    let findings: Vec<_> = body
        .findings
        .iter()
        .map(|found| &found.finding.id)
        .collect();
    assert_eq!(
        findings,
        rules
            .findings
            .iter()
            .map(|finding| &finding.id)
            .collect::<Vec<_>>()
    );
    for (ruled, shown) in rules.findings.iter().zip(&body.findings) {
        assert_eq!(
            (ruled.status, ruled.disposition),
            (shown.finding.status, shown.finding.disposition)
        );
        assert!(shown.finding.citations.starts_with(&ruled.citations));
    }
    assert_eq!(body.requirements.len(), rules.requirements.len());
    for (ruled, shown) in rules.requirements.iter().zip(&body.requirements) {
        assert_eq!(
            (&ruled.id, ruled.status, &ruled.subjects),
            (&shown.id, shown.status, &shown.subjects)
        );
        assert_eq!(ruled.findings, shown.findings);
    }
    let raised = rules.posture == Disposition::Approve && body.posture == Disposition::Escalate;
    assert!(body.posture == rules.posture || raised && !body.concerns.is_empty());
    assert_eq!(
        body.options.first().map(|option| option.disposition),
        Some(body.posture)
    );
    assert_eq!(packet.digest(), body.digest());
}

/// One change to JSON: at one of its places, in one of a few ways.
#[derive(Debug, Clone)]
struct Mutation {
    place: prop::sample::Index,
    kind: u8,
    text: String,
    other: prop::sample::Index,
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let words = prop::sample::select(vec![
        "approve",
        "escalate",
        "satisfied",
        "KC-1",
        "KC-3",
        "",
        "Ana Kovač",
        "I approved it.",
        "/",
        "2026-03-02",
        "EM-04",
        "ceremonies/documents/DOC-1",
        "hsm/escrow_media/EM-04",
        "read the PIN",
        "…",
        "\u{200B}",
    ]);
    let text = prop_oneof![words.prop_map(str::to_owned), ".{0,12}"];
    (
        any::<prop::sample::Index>(),
        0..7_u8,
        text,
        any::<prop::sample::Index>(),
    )
        .prop_map(|(place, kind, text, other)| Mutation {
            place,
            kind,
            text,
            other,
        })
}

fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                places(item, &format!("{at}/{index}"), found);
            }
        }
        Value::Object(members) => members
            .iter()
            .for_each(|(name, member)| places(member, &format!("{at}/{name}"), found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn apply(draft: &mut Value, mutation: &Mutation) {
    let mut all = Vec::new();
    places(draft, "", &mut all);
    let other = draft
        .pointer(mutation.other.get::<String>(&all))
        .cloned()
        .unwrap_or_default();
    let Some(target) = draft.pointer_mut(mutation.place.get::<String>(&all)) else {
        return;
    };
    match (mutation.kind, target) {
        (0, target) => *target = Value::from(mutation.text.as_str()),
        (1, target) => *target = other,
        (2, Value::Array(items)) => drop(items.pop()),
        (2, Value::Object(members)) => drop(
            members
                .keys()
                .next_back()
                .cloned()
                .and_then(|name| members.remove(&name)),
        ),
        (3, Value::Array(items)) => items.push(other),
        (3, Value::Object(members)) => drop(members.insert(mutation.text.clone(), other)),
        (4, Value::Array(items)) => items.reverse(),
        (5, Value::String(text)) => text.push_str(&format!(" {}", mutation.text)),
        (_, target) => *target = json!(mutation.kind),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_mutation_makes_a_packet_softer_than_the_rules(mutations in prop::collection::vec(mutation(), 1..4), gaps in any::<bool>()) {
        let review: &Review = if gaps { &WITH_GAPS } else { &WITHOUT_GAPS };
        let mut draft = review.draft.clone();
        mutations.iter().for_each(|mutation| apply(&mut draft, mutation));
        if let Some(packet) = packet(review, &draft.to_string()) {
            never_softer(review, &packet);
        }
    }

    #[test]
    fn reordering_and_rewording_are_accepted(order in Just((0..6_usize).collect::<Vec<_>>()).prop_shuffle(), word in "[a-z]{2,9}") {
        prop_assume!(!["we", "hereby"].contains(&word.as_str()));
        let mut draft = WITH_GAPS.draft.clone();
        let entries = draft["requirements"].as_array().unwrap().clone();
        draft["requirements"] = order.iter().map(|&index| entries[index].clone()).collect();
        draft["requirements"][0]["rationale"] = json!(format!("There is a {word} about it."));
        let packet = packet(&WITH_GAPS, &draft.to_string()).unwrap();
        never_softer(&WITH_GAPS, &packet);
    }

    #[test]
    fn the_validator_answers_any_text(text in "\\PC{0,200}", sentence in "[A-Za-z0-9 .,:/#@_\\-\\[\\]\u{2011}\u{e9}\u{301}\u{2013}'\"<(]{0,80}") {
        assert!(!WITH_GAPS.faults(&text).is_empty());
        let mut draft = WITH_GAPS.draft.clone();
        draft["summary"] = json!(sentence);
        draft["requirements"][2]["findings"][0]["explanation"] = json!(text);
        let first = WITH_GAPS.faults(&draft.to_string());
        prop_assert_eq!(&first, &WITH_GAPS.faults(&draft.to_string()));
        let places = [FaultCode::UngroundedText, FaultCode::ActionClaim, FaultCode::MalformedDraft];
        prop_assert!(first.iter().all(|fault| places.contains(&fault.code)));
    }
}

#[test]
fn every_fault_is_named_at_once_with_its_place() {
    let mut draft = WITH_GAPS.draft.clone();
    draft["posture"] = json!("approve");
    draft["requirements"][0]["status"] = json!("partial");
    draft["requirements"][1]["citations"][0]["value"] = json!("CER-8");
    draft["requirements"][2]["findings"]
        .as_array_mut()
        .unwrap()
        .pop();
    draft["requirements"][2]["rationale"] = json!("It was late by 63 days. I extended the limit.");
    draft["requirements"][3]["extra"] = json!(true);
    draft["requirements"][4]["requirement"] = json!("KC-50");
    let faults = WITH_GAPS.faults(&draft.to_string());
    let places: Vec<_> = faults
        .iter()
        .map(|fault| {
            (
                fault.path.as_str(),
                fault.code,
                fault.requirement.as_deref(),
            )
        })
        .collect();
    use FaultCode::*;
    assert_eq!(
        places,
        [
            ("/posture", PostureMismatch, None),
            ("/requirements", MissingRequirement, Some("KC-5")),
            ("/requirements/0/status", StatusMismatch, Some("KC-1")),
            (
                "/requirements/1/citations/0/value",
                ValueMismatch,
                Some("KC-2")
            ),
            ("/requirements/2/findings", OmittedFinding, Some("KC-3")),
            ("/requirements/2/rationale", UngroundedText, Some("KC-3")),
            ("/requirements/2/rationale", ActionClaim, Some("KC-3")),
            ("/requirements/3/extra", MalformedDraft, Some("KC-4")),
            (
                "/requirements/4/requirement",
                UnknownRequirement,
                Some("KC-50")
            ),
        ]
    );
    let messages: Vec<_> = faults.iter().map(|fault| fault.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "is `remediate` by the rules, not `approve`",
            "`KC-5` has no entry: add one with status `partial` and its 1 finding(s)",
            "is `satisfied` by the rules, not `partial`",
            "is not the record's value at `/ceremony`: it is `\"CER-7\"`",
            "the rules' finding `two-inspectors` on `hsm/escrow_media/EM-04` (partial, remediate) is not listed: add it",
            "`63` is a number that no cited record holds: cite the record that holds it, or leave it out",
            "`I extended` says that something was done: this review changes nothing; say what the records show, or what a person should do",
            "`extra` is not a known field: remove it",
            "`KC-50` is no requirement of the library: those are KC-1, KC-2, KC-3, KC-4, KC-5, KC-6",
        ]
    );
}

#[test]
fn what_a_record_holds_is_not_told_to_whom_it_was_not_shown() {
    let mut draft = WITH_GAPS.draft.clone();
    draft["requirements"][2]["citations"][0] = json!({"artifact": "ceremonies/seal_inspections/SI-2026-002", "pointer": "/seal_serial", "value": "?"});
    draft["requirements"][3]["citations"][0] =
        json!({"artifact": "identity/people/p-ana", "pointer": "/email", "value": "?"});
    let faults = WITH_GAPS.faults(&draft.to_string());
    let mismatches: Vec<_> = faults
        .iter()
        .filter(|fault| fault.code == FaultCode::ValueMismatch)
        .collect();
    assert_eq!(mismatches.len(), 2);
    assert!(
        mismatches
            .iter()
            .all(|fault| !fault.message.contains("TEB-") && !fault.message.contains('@'))
    );
}

#[test]
fn a_concern_turns_approve_into_escalate_and_nothing_else() {
    let mut draft = WITHOUT_GAPS.draft.clone();
    draft["concerns"] = json!([{"text": "A PIN was read from a sheet.", "disposition": "escalate",
        "citations": [{"artifact": "ceremonies/documents/DOC-1", "quote": "read the PIN from a sheet"}]}]);
    for stated in ["approve", "escalate"] {
        draft["posture"] = json!(stated);
        let packet = packet(&WITHOUT_GAPS, &draft.to_string()).unwrap();
        never_softer(&WITHOUT_GAPS, &packet);
        let options: Vec<_> = packet
            .body()
            .options
            .iter()
            .map(|option| (option.disposition, option.supported))
            .collect();
        assert_eq!(packet.body().posture, Disposition::Escalate);
        assert_eq!(
            options,
            [
                (Disposition::Escalate, true),
                (Disposition::Approve, true),
                (Disposition::Remediate, false)
            ]
        );
    }
    let with_gaps = packet(&WITH_GAPS, &WITH_GAPS.draft.to_string()).unwrap();
    assert_eq!(
        (with_gaps.body().posture, with_gaps.body().concerns.len()),
        (Disposition::Remediate, 1)
    );
}

#[test]
fn an_accepted_packet_tells_the_drafts_account_with_pinned_citations() {
    let mut draft = WITH_GAPS.draft.clone();
    draft["requirements"][3]["rationale"] = json!(" ");
    let packet = packet(&WITH_GAPS, &draft.to_string()).unwrap();
    let body = packet.body();
    let residency = &body.requirements[0];
    assert_eq!(
        json!(residency.rationale),
        draft["requirements"][0]["rationale"]
    );
    let module = &residency.citations[1];
    assert_eq!(
        module.source_url.as_deref(),
        Some("https://inventory.example/modules/HSM-A")
    );
    let record = WITH_GAPS
        .capture
        .find(&"hsm/modules/HSM-A".parse().unwrap())
        .unwrap();
    assert_eq!(Some(module.digest), WITH_GAPS.capture.record_digest(record));
    assert_eq!(
        body.requirements[3].rationale,
        "The rules' own account of KC-4."
    );
    let explanation = body
        .findings
        .iter()
        .find(|found| found.finding.check == "path-in-scope")
        .unwrap();
    assert_eq!(explanation.finding.citations.len(), 2);
    assert_eq!(
        json!(explanation.explanation),
        draft["requirements"][4]["findings"][0]["explanation"]
    );
    assert_eq!(
        (body.evidence.records, body.evidence.sources.len()),
        (20, 5)
    );
    assert_eq!(
        (
            body.evidence.sources[0].source.as_str(),
            body.evidence.sources[0].records
        ),
        ("hsm", 5)
    );
    assert_eq!(
        (body.validation.outcome, body.validation.rounds),
        (ValidationOutcome::Accepted, 1)
    );
    assert!(
        body.validation.claims_checked > 50,
        "{}",
        body.validation.claims_checked
    );
    assert_eq!(
        packet.draft().map(|draft| draft.requirements.len()),
        Some(6)
    );
}

#[test]
fn without_an_accepted_draft_the_account_is_the_rules_own_and_nothing_is_lost() {
    let rejected = vec![RejectedDraft::of("no JSON", WITH_GAPS.faults("no JSON"))];
    let packet = ValidatedPacket::rules_only(
        &WITH_GAPS.basis(),
        rejected,
        "no draft passed in 1 round".to_owned(),
    );
    never_softer(&WITH_GAPS, &packet);
    let validation = &packet.body().validation;
    assert_eq!(
        (
            validation.outcome,
            validation.rounds,
            validation.claims_checked
        ),
        (ValidationOutcome::RulesOnly, 1, 0)
    );
    assert_eq!(validation.rejected_drafts[0].draft, json!("no JSON"));
    assert_eq!(
        packet.body().summary,
        "For cycle 2026-H2 as of 2026-11-20T09:00:00Z the rules recommend: remediate. \
         Requirements: KC-3 stale; KC-2, KC-5 partial; KC-1, KC-4, KC-6 satisfied. \
         3 findings ask for remediation, 1 finding asks for escalation."
    );
    assert_eq!(packet.draft(), None);
    let provenance = Provenance {
        model: "offline".to_owned(),
        prompts: [].into(),
        tool_calls: 0,
        tokens: TokenCount::default(),
        prepared_by: "a test".to_owned(),
        endpoint_profile: None,
    };
    let digest = packet.digest();
    let whole = serde_json::to_value(packet.into_packet("P-1".to_owned(), 2, provenance)).unwrap();
    assert_eq!(
        (&whole["schema"], &whole["revision"]),
        (&json!("custody/packet/v1"), &json!(2))
    );
    assert_eq!(whole["digest"], json!(digest.to_string()));
    assert_eq!(
        whole["evidence"]["sources"][0]["captured_at"],
        json!(at("2026-11-20T09:00:01Z"))
    );
}

#[test]
fn a_capture_of_ten_thousand_people_is_held_against_in_time() {
    let review = Review {
        capture: review::capture(10_000),
        ..Review::with_gaps()
    };
    let started = std::time::Instant::now();
    assert_eq!(review.faults(&review.draft.to_string()), []);
    let took = started.elapsed();
    assert!(took.as_secs() < 10, "{took:?}");
    let mut draft = review.draft.clone();
    draft["requirements"][2]["rationale"] = json!("It was seen by person name 9999 and by x9998.");
    assert_eq!(
        review.codes(&draft.to_string()),
        [FaultCode::UngroundedText].into()
    );
}

#[test]
fn everything_may_be_cited_where_no_tools_were_used() {
    let mut draft = WITH_GAPS.draft.clone();
    let citation =
        json!({"artifact": "ceremonies/seal_inspections/SI-2026-002", "quote": "intact"});
    draft["concerns"][0]["citations"]
        .as_array_mut()
        .unwrap()
        .push(citation);
    assert_eq!(
        WITH_GAPS.codes(&draft.to_string()),
        [FaultCode::ArtifactNotRead].into()
    );
    assert!(packet(&WITH_GAPS, &draft.to_string()).is_some());
}

#[test]
fn prose_made_to_be_slow_is_answered_in_time() {
    let started = std::time::Instant::now();
    for pattern in [
        "we x ",
        "key has been approved ",
        "Ana Kovač ",
        "a://[",
        "KEY-AGENT/",
        "2026-03-02 10:00 ",
        "\"",
        "1,",
        "ich habe ",
        "the Signing Key and ",
        "'",
        "\u{435}a-",
    ] {
        let mut draft = WITH_GAPS.draft.clone();
        draft["summary"] = json!(pattern.repeat(100_000 / pattern.len()));
        WITH_GAPS.faults(&draft.to_string());
    }
    let took = started.elapsed();
    assert!(took.as_secs() < 30, "{took:?}");
}
