use super::*;
use crate::review::access::AccessPolicy;
use crate::review::audit::AuditAction;
use crate::review::drift::{self, PacketInputs};
use crate::review::fixture::{at, capture, capture_of, library, new_packet, prepared_store};
use crate::review::store::Store;
use custody_controls::kind::Kind;
use serde_json::json;

const ID: &str = "2026-H2-r1";

fn inputs() -> PacketInputs {
    PacketInputs {
        evidence: capture().digest(),
        library: library().digest,
    }
}

fn decision_by(who: &str, verdict: Verdict) -> ReviewDecision {
    ReviewDecision {
        reviewer: Reviewer::from_terminal(who, &AccessPolicy::default()).unwrap(),
        packet: ID.to_owned(),
        digest: new_packet("a").contents.digest,
        no_drift: drift::check(inputs(), inputs()).unwrap(),
        verdict,
    }
}

fn overriding() -> Verdict {
    let correction = Correction {
        requirement: "KC-3".to_owned(),
        status: RequirementStatus::Partial,
        note: "the inspection is filed elsewhere".to_owned(),
    };
    Verdict::Override {
        posture: Some(Disposition::Escalate),
        corrections: vec![correction],
        reason: Reason::new(" seen at the vault ").unwrap(),
    }
}

fn returning() -> Verdict {
    let reason = Reason::new("one file is missing").unwrap();
    Verdict::Return { reason }
}

async fn queued_store() -> (tempfile::TempDir, Store) {
    let (folder, store) = prepared_store().await;
    store.queue(&new_packet("a")).await.unwrap();
    (folder, store)
}

async fn decide(store: &Store, decision: &ReviewDecision) -> Result<Decided, DecideError> {
    let policy = AccessPolicy::default();
    store.decide(decision, &policy, &capture(), at(30)).await
}

/// The refusal of `decision`, which must be in the log and change nothing else.
async fn refused(store: &Store, decision: &ReviewDecision) -> Refusal {
    let packets = store.packets().await.unwrap();
    let before = store.decisions().await.unwrap();
    let refusal = match decide(store, decision).await {
        Err(DecideError::Refused(refusal)) => refusal,
        other => panic!("not refused: {other:?}"),
    };
    assert_eq!(store.packets().await.unwrap(), packets);
    assert_eq!(store.decisions().await.unwrap(), before);
    let log = store.audit_log().await.unwrap();
    let last = log.last().unwrap();
    assert_eq!(last.action, AuditAction::DecisionRefused);
    assert_eq!(last.detail, json!({ "code": refusal.code() }));
    store.verify().await.unwrap();
    refusal
}

#[tokio::test]
async fn each_verdict_is_recorded_and_moves_the_packet() {
    for verdict in [Verdict::Accept, overriding(), returning()] {
        let (_folder, store) = queued_store().await;
        let decision = decision_by("p-ben", verdict.clone());
        let Decided::New(recorded) = decide(&store, &decision).await.unwrap() else {
            panic!("not new");
        };
        assert_eq!(store.decision(ID).await.unwrap(), Some(recorded.clone()));
        assert_eq!(
            store.decisions().await.unwrap(),
            std::slice::from_ref(&recorded)
        );
        assert_eq!(store.packet(ID).await.unwrap().state, verdict.state());
        let (posture, corrections, reason) = match verdict {
            Verdict::Accept => (None, vec![], None),
            Verdict::Override {
                posture,
                corrections,
                reason,
            } => {
                assert_eq!(reason.as_str(), "seen at the vault");
                (posture, corrections, Some(reason))
            }
            Verdict::Return { reason } => (None, vec![], Some(reason)),
        };
        let expected = RecordedDecision {
            packet: ID.to_owned(),
            digest: decision.digest,
            reviewer: "p-ben".to_owned(),
            verdict: decision.verdict.as_str().to_owned(),
            posture,
            corrections,
            reason: reason.map(|reason| reason.as_str().to_owned()),
            decided_at: at(30),
        };
        assert_eq!(recorded, expected);
        store.verify().await.unwrap();
    }
}

#[tokio::test]
async fn the_same_decision_again_changes_nothing() {
    let (_folder, store) = queued_store().await;
    let decision = decision_by("p-ben", overriding());
    let Decided::New(first) = decide(&store, &decision).await.unwrap() else {
        panic!("not new");
    };
    let head = store.audit_head().await.unwrap();
    let policy = AccessPolicy::default();
    let again = store
        .decide(&decision, &policy, &capture(), at(45))
        .await
        .unwrap();
    assert_eq!(again, Decided::Same(first));
    assert_eq!(store.audit_head().await.unwrap(), head);
}

#[tokio::test]
async fn a_packet_is_decided_once() {
    let (_folder, store) = queued_store().await;
    decide(&store, &decision_by("p-ben", Verdict::Accept))
        .await
        .unwrap();
    for other in [
        decision_by("p-ben", returning()),
        decision_by("p-cleo", Verdict::Accept),
    ] {
        assert_eq!(
            refused(&store, &other).await.to_string(),
            "packet `2026-H2-r1` is accepted already, by `p-ben` at 2026-12-01T00:30:00Z"
        );
    }
}

#[tokio::test]
async fn two_deciders_at_once_leave_one_decision() {
    let (_folder, store) = queued_store().await;
    let (a, b) = (
        decision_by("p-ben", Verdict::Accept),
        decision_by("p-cleo", returning()),
    );
    let (a, b) = tokio::join!(decide(&store, &a), decide(&store, &b));
    assert_eq!([a.is_ok(), b.is_ok()].iter().filter(|ok| **ok).count(), 1);
    assert_eq!(store.decisions().await.unwrap().len(), 1);
    store.verify().await.unwrap();
}

#[tokio::test]
async fn a_superseded_packet_names_what_took_its_place() {
    let (_folder, store) = queued_store().await;
    store.queue(&new_packet("b")).await.unwrap();
    assert_eq!(
        refused(&store, &decision_by("p-ben", Verdict::Accept))
            .await
            .to_string(),
        "packet `2026-H2-r1` was superseded by `2026-H2-r2`"
    );
}

#[tokio::test]
async fn a_decision_on_other_content_is_refused() {
    let (_folder, store) = queued_store().await;
    let mut decision = decision_by("p-ben", Verdict::Accept);
    decision.digest = Digest::of_bytes(b"another");
    let refusal = refused(&store, &decision).await;
    assert_eq!(refusal.code(), "digest-differs");
    assert!(refusal.to_string().contains(&decision.digest.to_string()));
}

#[tokio::test]
async fn proof_of_no_drift_for_another_packet_is_refused() {
    let (_folder, store) = queued_store().await;
    let stranger = Digest::of_bytes(b"another");
    for other in [
        PacketInputs {
            evidence: stranger,
            ..inputs()
        },
        PacketInputs {
            library: stranger,
            ..inputs()
        },
    ] {
        let mut decision = decision_by("p-ben", Verdict::Accept);
        decision.no_drift = drift::check(other, other).unwrap();
        assert_eq!(refused(&store, &decision).await.code(), "other-inputs");
    }
    let other = capture_of(&[(Kind::EscrowMedia, "[]")]);
    let decision = decision_by("p-ben", Verdict::Accept);
    let policy = AccessPolicy::default();
    let decided = store.decide(&decision, &policy, &other, at(30)).await;
    assert!(matches!(
        decided,
        Err(DecideError::Refused(Refusal::OtherInputs { .. }))
    ));
}

#[tokio::test]
async fn who_prepared_may_not_decide_under_any_name() {
    for who in ["p-ana", "apetrova", "ANA@example.org", "Ana Petrova"] {
        let (_folder, store) = queued_store().await;
        let decision = decision_by(who, Verdict::Accept);
        assert_eq!(refused(&store, &decision).await.code(), "self-review");
        let allowing = AccessPolicy {
            allow_self_review: true,
            ..AccessPolicy::default()
        };
        let decided = store
            .decide(&decision, &allowing, &capture(), at(30))
            .await
            .unwrap();
        assert!(matches!(decided, Decided::New(_)));
    }
}

#[tokio::test]
async fn drift_is_refused_with_what_changed() {
    let (_folder, store) = queued_store().await;
    let current = PacketInputs {
        evidence: Digest::of_bytes(b"now"),
        ..inputs()
    };
    let drift = drift::check(inputs(), current).unwrap_err();
    let reviewer = decision_by("p-ben", Verdict::Accept).reviewer;
    let refusal = store
        .refuse_for_drift(ID, &reviewer, drift, at(30))
        .await
        .unwrap();
    let expected = format!(
        "packet `2026-H2-r1`: evidence has changed from {} to {}; prepare a new revision",
        inputs().evidence,
        current.evidence
    );
    assert_eq!(refusal.to_string(), expected);
    let log = store.audit_log().await.unwrap();
    assert_eq!(log.last().unwrap().detail, json!({ "code": "drifted" }));
    assert_eq!(store.packet(ID).await.unwrap().state, PacketState::Queued);
}

#[tokio::test]
async fn an_unknown_packet_is_an_error() {
    let (_folder, store) = prepared_store().await;
    let error = decide(&store, &decision_by("p-ben", Verdict::Accept))
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), "no packet `2026-H2-r1`");
}

#[test]
fn a_blank_reason_is_none() {
    assert_eq!(Reason::new(" \n\t "), None);
}
