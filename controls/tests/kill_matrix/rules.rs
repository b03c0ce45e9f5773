//! What a draft may not say otherwise than the rules: requirements, statuses, findings, posture.

use custody_controls::validator::FaultCode::{
    DuplicateRequirement, MalformedDraft, MissingRequirement, OmittedFinding, PostureMismatch,
    StatusMismatch, UngroundedText, UnknownRequirement, UnsupportedFinding,
};
use serde_json::{Value, json};

use crate::edit::{KC1, KC3, at, items, kc, kill, say, set};
use crate::review::Review;

#[test]
fn statuses_findings_and_posture_are_the_rules_own() {
    kill(
        &Review::with_gaps(),
        &[
            ("SE1 stale called satisfied", StatusMismatch, |d| {
                set(d, &kc(KC3, "/status"), "satisfied")
            }),
            ("SE2 a worse status softened by one", StatusMismatch, |d| {
                set(d, &kc(KC3, "/status"), "partial")
            }),
            (
                "SE3 satisfied called exception-backed",
                StatusMismatch,
                |d| set(d, &kc(KC1, "/status"), "exception-backed"),
            ),
            ("SE8 partial called satisfied", StatusMismatch, |d| {
                set(d, "/requirements/4/status", "satisfied")
            }),
            ("a status made worse than it is", StatusMismatch, |d| {
                set(d, &kc(KC1, "/status"), "missing")
            }),
            ("RE1 a requirement dropped", MissingRequirement, |d| {
                drop(items(d, "/requirements").remove(2))
            }),
            ("RE1 all requirements dropped", MissingRequirement, |d| {
                items(d, "/requirements").clear()
            }),
            ("RE2 a requirement invented", UnknownRequirement, |d| {
                let mut entry = at(d, KC1).clone();
                entry["requirement"] = json!("KC-9");
                items(d, "/requirements").push(entry);
            }),
            (
                "RE2 a requirement in other letters",
                UnknownRequirement,
                |d| set(d, &kc(KC3, "/requirement"), "kc-3"),
            ),
            (
                "RE3 a requirement stated twice",
                DuplicateRequirement,
                |d| {
                    let entry = at(d, KC1).clone();
                    items(d, "/requirements").push(entry);
                },
            ),
            ("RE3 a second, softer status", StatusMismatch, |d| {
                let mut entry = at(d, KC3).clone();
                entry["status"] = json!("satisfied");
                items(d, "/requirements").push(entry);
            }),
            ("RE6 a finding left out", OmittedFinding, |d| {
                drop(items(d, &kc(KC3, "/findings")).remove(1))
            }),
            ("RE7 two findings merged into one", OmittedFinding, |d| {
                drop(items(d, &kc(KC3, "/findings")).remove(0));
                say(
                    d,
                    &kc(KC3, "/findings/0/explanation"),
                    "The inspection also precedes the replacement.",
                );
            }),
            (
                "SE5 findings of one subject told of another",
                UnsupportedFinding,
                |d| {
                    set(d, &kc(KC3, "/findings/0/subject"), "hsm/escrow_media/EM-05");
                },
            ),
            (
                "RE5 a finding moved to another requirement",
                UnsupportedFinding,
                |d| {
                    let finding = items(d, &kc(KC3, "/findings")).remove(0);
                    items(d, "/requirements/1/findings").push(finding);
                },
            ),
            ("a finding invented", UnsupportedFinding, |d| {
                let mut finding = at(d, &kc(KC3, "/findings/0")).clone();
                finding["check"] = json!("seal-intact");
                items(d, &kc(KC3, "/findings")).push(finding);
            }),
            ("a finding listed twice", UnsupportedFinding, |d| {
                let finding = at(d, &kc(KC3, "/findings/0")).clone();
                items(d, &kc(KC3, "/findings")).push(finding);
            }),
            ("PO1 approve with open findings", PostureMismatch, |d| {
                set(d, "/posture", "approve")
            }),
            ("PO2 escalate in place of remediate", PostureMismatch, |d| {
                set(d, "/posture", "escalate")
            }),
        ],
    );
}

#[test]
fn an_approval_is_only_turned_by_a_valid_concern() {
    let concern = |d: &mut Value, quote: &str| {
        set(d, "/posture", "escalate");
        items(d, "/concerns").push(
            json!({"text": "A PIN was read from a sheet.", "disposition": "escalate",
            "citations": [{"artifact": "ceremonies/documents/DOC-1", "quote": quote}]}),
        );
    };
    let review = Review::without_gaps();
    let mut draft = review.draft.clone();
    concern(&mut draft, "read the PIN from a sheet");
    assert_eq!(review.faults(&draft.to_string()), []);
    kill(
        &review,
        &[
            ("PO4 escalate without a concern", PostureMismatch, |d| {
                set(d, "/posture", "escalate")
            }),
            (
                "PO1 remediate where nothing is open",
                PostureMismatch,
                |d| set(d, "/posture", "remediate"),
            ),
            (
                "PO3 a concern whose quote is not verbatim",
                PostureMismatch,
                |d| {
                    set(d, "/posture", "escalate");
                    items(d, "/concerns").push(json!({"text": "A PIN was read.", "disposition": "escalate",
                "citations": [{"artifact": "ceremonies/documents/DOC-1", "quote": "read the PIN aloud"}]}));
                },
            ),
            ("a concern without a quote", MalformedDraft, |d| {
                items(d, "/concerns").push(json!({"text": "A PIN was read.", "disposition": "escalate",
                "citations": [{"artifact": "ceremonies/documents/DOC-1", "pointer": "/kind", "value": "witness_log"}]}));
            }),
            ("a concern without a citation", MalformedDraft, |d| {
                items(d, "/concerns").push(json!({"text": "Something is odd.", "disposition": "escalate", "citations": []}));
            }),
            ("a concern that asks for less", MalformedDraft, |d| {
                items(d, "/concerns").push(json!({"text": "A PIN was read.", "disposition": "approve",
                "citations": [{"artifact": "ceremonies/documents/DOC-1", "quote": "read the PIN"}]}));
            }),
            (
                "a concern grounded by another's citation",
                UngroundedText,
                |d| {
                    items(d, "/concerns").push(json!({"text": "EM-04 may be open.", "disposition": "escalate",
                "citations": [{"artifact": "ceremonies/documents/DOC-1", "quote": "read the PIN"}]}));
                },
            ),
        ],
    );
}
