//! Every mutation of a correct draft is rejected with the code that names it, and every harmless
//! variation is accepted.

mod review;

use custody_controls::validator::FaultCode::{self, *};
use review::Review;
use serde_json::{Value, json};

/// One change to a draft.
type Change = fn(&mut Value);

/// Rejects a mutant that survives, or that dies of something else alone.
#[track_caller]
fn kill(review: &Review, mutants: &[(&str, FaultCode, Change)]) {
    let intact = review.draft.to_string();
    assert_eq!(
        review.faults(&intact),
        [],
        "the draft is correct to begin with"
    );
    let mut survivors = Vec::new();
    for (name, expected, change) in mutants {
        let mut draft = review.draft.clone();
        change(&mut draft);
        assert_ne!(draft, review.draft, "{name} changes the draft");
        let codes = review.codes(&draft.to_string());
        if !codes.contains(expected) {
            survivors.push(format!("{name}: expected {expected:?}, found {codes:?}"));
        }
    }
    assert!(survivors.is_empty(), "{survivors:#?}");
}

#[track_caller]
fn accept(review: &Review, variations: &[(&str, Change)]) {
    let mut refused = Vec::new();
    for (name, change) in variations {
        let mut draft = review.draft.clone();
        change(&mut draft);
        let faults = review.faults(&draft.to_string());
        if !faults.is_empty() {
            refused.push(format!("{name}: {faults:#?}"));
        }
    }
    assert!(refused.is_empty(), "{refused:#?}");
}

fn at<'d>(draft: &'d mut Value, pointer: &str) -> &'d mut Value {
    draft
        .pointer_mut(pointer)
        .unwrap_or_else(|| panic!("{pointer} is in the draft"))
}

fn set(draft: &mut Value, pointer: &str, value: impl Into<Value>) {
    *at(draft, pointer) = value.into();
}

fn items<'d>(draft: &'d mut Value, pointer: &str) -> &'d mut Vec<Value> {
    at(draft, pointer).as_array_mut().unwrap()
}

fn object<'d>(draft: &'d mut Value, pointer: &str) -> &'d mut serde_json::Map<String, Value> {
    at(draft, pointer).as_object_mut().unwrap()
}

/// Adds a sentence to prose.
fn say(draft: &mut Value, pointer: &str, sentence: &str) {
    let text = at(draft, pointer).as_str().unwrap().to_owned();
    set(draft, pointer, format!("{text} {sentence}"));
}

const KC1: &str = "/requirements/0";
const KC3: &str = "/requirements/2";

fn kc(entry: &str, rest: &str) -> String {
    format!("{entry}{rest}")
}

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

#[test]
fn citations_name_records_that_are_there_were_read_and_matter() {
    kill(
        &Review::with_gaps(),
        &[
            ("CI1 an artifact made up", UnknownArtifact, |d| {
                set(
                    d,
                    &kc(KC3, "/citations/0/artifact"),
                    "ceremonies/seal_inspections/SI-2026-099",
                )
            }),
            ("CI2 a record that no tool returned", ArtifactNotRead, |d| {
                items(d, &kc(KC3, "/citations")).push(json!({"artifact": "ceremonies/seal_inspections/SI-2026-002", "pointer": "/media", "value": "EM-04"}));
            }),
            ("CI3 a place that is not there", PointerNotFound, |d| {
                set(d, &kc(KC3, "/citations/0/pointer"), "/uploaded_at")
            }),
            ("SE6 the right value at another place", ValueMismatch, |d| {
                set(d, &kc(KC3, "/citations/1/pointer"), "/sealed_at")
            }),
            ("CI4 an altered value", ValueMismatch, |d| {
                set(d, &kc(KC3, "/citations/0/value"), "2026-09-02T10:00:00Z")
            }),
            (
                "CI4 the same instant written otherwise",
                ValueMismatch,
                |d| {
                    set(
                        d,
                        &kc(KC3, "/citations/0/value"),
                        "2026-03-02T11:00:00+01:00",
                    )
                },
            ),
            ("CI4 null for a value", ValueMismatch, |d| {
                set(d, &kc(KC3, "/citations/0/value"), Value::Null)
            }),
            ("CI4 a number as text", ValueMismatch, |d| {
                items(d, &kc(KC1, "/citations")).push(json!({"artifact": "hsm/signing_keys/KEY-AGENT", "pointer": "/quorum/threshold", "value": "3"}));
            }),
            (
                "CI5 the older inspection instead of the latest",
                IrrelevantCitation,
                |d| {
                    items(d, &kc(KC3, "/citations")).push(json!({"artifact": "ceremonies/seal_inspections/SI-2026-002", "pointer": "/media", "value": "EM-04"}));
                },
            ),
            (
                "CI6 a record of another requirement",
                IrrelevantCitation,
                |d| {
                    items(d, &kc(KC3, "/citations")).push(json!({"artifact": "hsm/modules/HSM-A", "pointer": "/serial", "value": "554433"}));
                },
            ),
            ("CI7 a record from after as-of", UnknownArtifact, |d| {
                items(d, "/concerns/0/citations").push(
                    json!({"artifact": "ceremonies/documents/DOC-9", "quote": "All is well now."}),
                );
            }),
            (
                "CI8 an id with a hyphen that only looks like one",
                UnknownArtifact,
                |d| {
                    set(
                        d,
                        "/requirements/1/citations/1/artifact",
                        "ceremonies/ceremonies/CER\u{2011}7",
                    )
                },
            ),
            ("CI8 an id with a Cyrillic letter", UnknownArtifact, |d| {
                set(
                    d,
                    "/requirements/1/citations/1/artifact",
                    "ceremonies/ceremonies/\u{421}ER-7",
                )
            }),
            (
                "CI8 an id with a trailing no-break space",
                UnknownArtifact,
                |d| {
                    set(
                        d,
                        "/requirements/1/citations/1/artifact",
                        "ceremonies/ceremonies/CER-7\u{a0}",
                    )
                },
            ),
            ("CI8 an id in other letters", UnknownArtifact, |d| {
                set(
                    d,
                    "/requirements/1/citations/1/artifact",
                    "ceremonies/ceremonies/cer-7",
                )
            }),
            (
                "CI10 padding with records that do not matter",
                IrrelevantCitation,
                |d| {
                    for artifact in [
                        "release/signing_paths/SP-AGENT",
                        "hsm/modules/HSM-A",
                        "identity/people/p-ben",
                    ] {
                        items(d, &kc(KC3, "/findings/0/citations")).push(json!({"artifact": artifact, "pointer": "/id", "value": artifact.rsplit('/').next()}));
                    }
                },
            ),
            (
                "CI11 citations swapped between requirements",
                IrrelevantCitation,
                |d| {
                    let (a, b) = (
                        at(d, &kc(KC1, "/citations")).clone(),
                        at(d, "/requirements/4/citations").clone(),
                    );
                    set(d, &kc(KC1, "/citations"), b);
                    set(d, "/requirements/4/citations", a);
                },
            ),
            (
                "CI12 the last attestation cited as evidence",
                IrrelevantCitation,
                |d| {
                    items(d, &kc(KC3, "/citations")).push(json!({"artifact": "identity/prior_attestations/PA-1", "pointer": "/statuses/KC-3", "value": "satisfied"}));
                },
            ),
            (
                "EX3 an exception cited for a requirement that cannot be waived",
                IrrelevantCitation,
                |d| {
                    items(d, &kc(KC3, "/citations")).push(json!({"artifact": "controls/exceptions/EX-7", "pointer": "/state", "value": "approved"}));
                },
            ),
            ("EX1 the exception's scope stretched", ValueMismatch, |d| {
                set(
                    d,
                    "/requirements/4/citations/0/value",
                    json!(["SP-AGENT", "SP-HOTFIX"]),
                )
            }),
            (
                "EX4 a compensating control that is not in the register",
                PointerNotFound,
                |d| {
                    items(d, "/requirements/4/citations").push(json!({"artifact": "controls/exceptions/EX-7", "pointer": "/compensating_controls/1/id", "value": "CC-2"}));
                },
            ),
            ("EX8 a witness called an operator", ValueMismatch, |d| {
                items(d, "/requirements/1/citations").push(json!({"artifact": "ceremonies/ceremonies/CER-7", "pointer": "/participants/2/role", "value": "operator"}));
            }),
            (
                "words that do not stand in the record",
                QuoteNotFound,
                |d| {
                    set(
                        d,
                        "/concerns/0/citations/0/quote",
                        "read the PIN from a screen",
                    )
                },
            ),
            (
                "words that stand elsewhere in the record",
                QuoteNotFound,
                |d| {
                    object(d, "/concerns/0/citations/0")
                        .insert("pointer".to_owned(), json!("/title"));
                },
            ),
            ("a requirement without citations", UncitedRequirement, |d| {
                items(d, &kc(KC1, "/citations")).clear()
            }),
            ("a finding without citations", UncitedRequirement, |d| {
                items(d, &kc(KC3, "/findings/1/citations")).clear()
            }),
        ],
    );
}

#[test]
fn prose_names_nothing_that_no_cited_record_holds() {
    const RATIONALE: &str = "/requirements/2/rationale";
    kill(
        &Review::with_gaps(),
        &[
            (
                "TX2 an instruction of a record told as fact",
                UngroundedText,
                |d| say(d, RATIONALE, "The requirement was waived by Dana Wolf."),
            ),
            ("TX3 a number that no record holds", UngroundedText, |d| {
                say(d, RATIONALE, "It was late by 63 days.")
            }),
            (
                "TX3 a number that stands only inside an id",
                UngroundedText,
                |d| say(d, RATIONALE, "There were 31 media."),
            ),
            ("TX3 a percentage", UngroundedText, |d| {
                say(d, "/summary", "Coverage is 95 %.")
            }),
            (
                "TX3 a limit that is not the policy's",
                UngroundedText,
                |d| say(d, RATIONALE, "The limit is a 200-day window."),
            ),
            ("TX3 a date that no record holds", UngroundedText, |d| {
                say(d, RATIONALE, "It was inspected again on 2026-09-14.")
            }),
            ("TX3 a date in words", UngroundedText, |d| {
                say(d, RATIONALE, "It was inspected again on 14 September 2026.")
            }),
            ("TX3 a month", UngroundedText, |d| {
                say(d, RATIONALE, "It was inspected in April 2026.")
            }),
            ("TX3 a year", UngroundedText, |d| {
                say(d, RATIONALE, "It goes back to 2019.")
            }),
            ("TX3 a time of day", UngroundedText, |d| {
                say(d, RATIONALE, "It was read at 11:15.")
            }),
            ("TX3 a time of another day", UngroundedText, |d| {
                say(d, RATIONALE, "It was read at 2026-03-02T08:00:00Z.")
            }),
            ("TX3 a date that is none", UngroundedText, |d| {
                say(d, RATIONALE, "It is due on 2026-02-30.")
            }),
            (
                "SE7 a date of another requirement's record",
                UngroundedText,
                |d| say(d, RATIONALE, "The ceremony was on 2026-09-10."),
            ),
            ("an identifier made up", UngroundedText, |d| {
                say(d, RATIONALE, "Seal TEB-0091899 is whole.")
            }),
            ("an identifier of capitals alone", UngroundedText, |d| {
                say(d, RATIONALE, "See KEY-HOTFIX.")
            }),
            (
                "an identifier of a record that is not cited",
                UngroundedText,
                |d| say(d, RATIONALE, "Medium EM-05 is fine."),
            ),
            (
                "an identifier that looks like a cited one",
                UngroundedText,
                |d| say(d, RATIONALE, "Medium EM\u{2011}04 is fine."),
            ),
            (
                "an identifier with a Cyrillic letter",
                UngroundedText,
                |d| say(d, RATIONALE, "Medium \u{415}M-04 is fine."),
            ),
            (
                "an identifier of digits that look like others",
                UngroundedText,
                |d| say(d, RATIONALE, "Medium EM-\u{FF10}4 is fine."),
            ),
            ("an artifact that is not cited", UngroundedText, |d| {
                say(d, RATIONALE, "See [hsm/escrow_media/EM-05].")
            }),
            (
                "an artifact that a cited record refers to, in brackets",
                UngroundedText,
                |d| say(d, RATIONALE, "See [hsm/signing_keys/KEY-AGENT]."),
            ),
            ("an artifact that does not exist", UngroundedText, |d| {
                say(d, RATIONALE, "See hsm/modules/EM-04.")
            }),
            (
                "a place that a cited record does not have",
                UngroundedText,
                |d| say(d, RATIONALE, "See [hsm/escrow_media/EM-04#/waived_at]."),
            ),
            ("a digest", UngroundedText, |d| {
                say(d, RATIONALE, "It has digest sha256:00112233.")
            }),
            ("an email", UngroundedText, |d| {
                say(d, RATIONALE, "Ask dana@example.com.")
            }),
            ("a repository", UngroundedText, |d| {
                say(d, RATIONALE, "It is built from acme/hotfixes.")
            }),
            ("TX5 a link", UngroundedText, |d| {
                say(d, RATIONALE, "See https://evil.example/x.")
            }),
            ("TX5 a markdown link", UngroundedText, |d| {
                say(d, RATIONALE, "See [the record](evil).")
            }),
            ("TX5 an image", UngroundedText, |d| {
                say(d, RATIONALE, "See ![seal](seal).")
            }),
            ("TX5 a bare host", UngroundedText, |d| {
                say(d, RATIONALE, "See evil.example.")
            }),
            ("TX5 markup", UngroundedText, |d| {
                say(d, RATIONALE, "See <img src=x onerror=alert()>.")
            }),
            ("TX5 a script", UngroundedText, |d| {
                say(d, RATIONALE, "See javascript:alert().")
            }),
            (
                "TX7 a person whom no cited record names",
                UngroundedText,
                |d| say(d, RATIONALE, "It was seen by Ben O'Hara."),
            ),
            ("TX7 a person by alias", UngroundedText, |d| {
                say(d, RATIONALE, "It was seen by bohara.")
            }),
            ("TX7 a person by id", UngroundedText, |d| {
                say(d, RATIONALE, "It was seen by p-ben.")
            }),
            ("TX7 a person by email", UngroundedText, |d| {
                say(d, RATIONALE, "Write to ben@example.com.")
            }),
            (
                "a person behind an alias that is cited",
                UngroundedText,
                |d| say(d, RATIONALE, "It was seen by Ana Kovač."),
            ),
            ("a person whom nobody knows", UngroundedText, |d| {
                say(d, RATIONALE, "It was seen by Mallory Stone.")
            }),
            ("a person over a line end", UngroundedText, |d| {
                say(d, RATIONALE, "It was seen by Mallory\nStone.")
            }),
            (
                "a sentence's first word before a name",
                UngroundedText,
                |d| say(d, "/requirements/3/rationale", "The Ana is on it."),
            ),
            (
                "EX7 ungrounded words in an explanation",
                UngroundedText,
                |d| {
                    say(
                        d,
                        "/requirements/2/findings/1/explanation",
                        "A second inspector was op-22.",
                    )
                },
            ),
            ("ungrounded words in a concern", UngroundedText, |d| {
                say(d, "/concerns/0/text", "It was PIN 4412.")
            }),
            ("TX6 a zero-width space", MalformedDraft, |d| {
                say(d, RATIONALE, "EM\u{200B}-04.")
            }),
            ("TX6 text that runs the other way", MalformedDraft, |d| {
                say(d, RATIONALE, "\u{202E}devorppa\u{202C}")
            }),
            ("TX6 tag characters", MalformedDraft, |d| {
                say(d, "/summary", "ok\u{E0041}\u{E0042}")
            }),
            ("TX6 a soft hyphen in an id", MalformedDraft, |d| {
                set(
                    d,
                    &kc(KC3, "/findings/0/check"),
                    "inspected-after-replace\u{AD}ment",
                )
            }),
        ],
    );
}

#[test]
fn no_draft_says_that_anything_was_done() {
    const RATIONALE: &str = "/requirements/2/rationale";
    kill(
        &Review::with_gaps(),
        &[
            ("TX1 approved", ActionClaim, |d| {
                say(d, "/summary", "I have approved the packet.")
            }),
            ("TX1 signed", ActionClaim, |d| {
                say(d, "/summary", "I signed the attestation.")
            }),
            ("TX1 rotated", ActionClaim, |d| {
                say(d, RATIONALE, "We rotated the key.")
            }),
            ("TX1 extended, in the passive", ActionClaim, |d| {
                say(d, RATIONALE, "The exception has been extended.")
            }),
            ("TX1 changed by the tool", ActionClaim, |d| {
                say(d, RATIONALE, "Custody has changed the quorum.")
            }),
            ("TX1 without a subject", ActionClaim, |d| {
                say(d, "/concerns/0/text", "Approved.")
            }),
            ("TX1 hereby", ActionClaim, |d| {
                say(d, "/summary", "The packet is hereby certified.")
            }),
            ("TX1 in German", ActionClaim, |d| {
                say(d, RATIONALE, "Die Ausnahme wurde genehmigt.")
            }),
            ("TX1 in French", ActionClaim, |d| {
                say(d, RATIONALE, "j'ai approuvé le paquet.")
            }),
            ("TX1 in Spanish", ActionClaim, |d| {
                say(d, RATIONALE, "se ha aprobado el paquete.")
            }),
            ("TX1 in an explanation", ActionClaim, |d| {
                say(
                    d,
                    "/requirements/4/findings/0/explanation",
                    "I extended the exception to it.",
                )
            }),
            ("TX1 a record's words as one's own", ActionClaim, |d| {
                say(d, "/concerns/0/text", "I approved this on my own.")
            }),
            ("TX1 in quotes that no record holds", ActionClaim, |d| {
                say(d, "/concerns/0/text", "It says \"I approved the packet\".")
            }),
        ],
    );
}

#[test]
fn drafts_have_a_drafts_form() {
    let review = Review::with_gaps();
    kill(
        &review,
        &[
            ("PR5 a member that is not known", MalformedDraft, |d| {
                drop(object(d, "").insert("approved_by".to_owned(), json!("me")))
            }),
            ("PR5 a member in a finding", MalformedDraft, |d| {
                drop(object(d, &kc(KC3, "/findings/0")).insert("severity".to_owned(), json!("low")))
            }),
            ("a member left out", MalformedDraft, |d| {
                drop(object(d, "").remove("summary"))
            }),
            ("a list left out", MalformedDraft, |d| {
                drop(object(d, &kc(KC3, "")).remove("findings"))
            }),
            ("text for a list", MalformedDraft, |d| {
                set(d, &kc(KC3, "/citations"), "none")
            }),
            ("a status that is none", MalformedDraft, |d| {
                set(d, &kc(KC3, "/status"), "mostly-fine")
            }),
            ("a posture that is none", MalformedDraft, |d| {
                set(d, "/posture", "accept")
            }),
            ("a citation of nothing", MalformedDraft, |d| {
                drop(object(d, &kc(KC3, "/citations/0")).remove("value"))
            }),
            ("a value without a place", MalformedDraft, |d| {
                drop(object(d, &kc(KC3, "/citations/0")).remove("pointer"))
            }),
            ("a pointer that is none", MalformedDraft, |d| {
                set(d, &kc(KC3, "/citations/0/pointer"), "inspected_at")
            }),
            ("a pointer with a broken escape", MalformedDraft, |d| {
                set(d, &kc(KC3, "/citations/0/pointer"), "/inspected~at")
            }),
            ("a blank quote", MalformedDraft, |d| {
                set(d, "/concerns/0/citations/0/quote", "  ")
            }),
            ("a blank concern", MalformedDraft, |d| {
                set(d, "/concerns/0/text", " ")
            }),
            ("null for concerns", MalformedDraft, |d| {
                set(d, "/concerns", Value::Null)
            }),
        ],
    );
    let intact = review.draft.to_string();
    for (name, draft) in [
        (
            "PR5 a duplicate member",
            intact.replacen("\"posture\":", "\"posture\":\"remediate\",\"posture\":", 1),
        ),
        (
            "PR5 a duplicate member within",
            intact.replacen("\"status\":", "\"status\":\"stale\",\"status\":", 1),
        ),
        (
            "PR5 NaN",
            intact
                .replacen("184 days", "x", 1)
                .replacen("[\"op-17\"]", "NaN", 1),
        ),
        ("no JSON", "The packet is fine.".to_owned()),
        ("no object", format!("[{intact}]")),
        ("two drafts", format!("{intact}{intact}")),
        ("nothing", String::new()),
        ("too long", format!("{intact}{}", " ".repeat(2_000_000))),
    ] {
        assert_ne!(draft, intact, "{name} changes the draft");
        assert!(review.codes(&draft).contains(&MalformedDraft), "{name}");
    }
}

#[test]
fn harmless_variations_are_accepted() {
    const RATIONALE: &str = "/requirements/2/rationale";
    accept(
        &Review::with_gaps(),
        &[
            ("nothing changed", |_| ()),
            ("requirements in another order", |d| {
                items(d, "/requirements").reverse()
            }),
            ("findings in another order", |d| {
                items(d, &kc(KC3, "/findings")).reverse()
            }),
            ("citations in another order", |d| {
                items(d, &kc(KC3, "/citations")).reverse()
            }),
            ("one more citation that matters", |d| {
                items(d, &kc(KC3, "/citations")).push(json!({"artifact": "ceremonies/seal_inspections/SI-2026-032", "pointer": "/result", "value": "intact"}));
            }),
            ("a citation twice", |d| {
                let citation = at(d, &kc(KC3, "/citations/0")).clone();
                items(d, &kc(KC3, "/citations")).push(citation);
            }),
            ("a whole record cited", |d| {
                items(d, "/requirements/3/citations").push(json!({"artifact": "identity/roster_snapshots/ROS-7", "pointer": "", "value": {
                "members": [{"from": "2026-07-01T00:00:00Z", "person": "p-ana", "roles": ["custodian"]}], "id": "ROS-7", "version": "v7",
                "approved_by": "p-ana", "approved_at": "2026-06-20T08:00:00Z", "effective_from": "2026-07-01T00:00:00Z"}}));
            }),
            ("a number by value", |d| {
                items(d, &kc(KC1, "/citations")).push(json!({"artifact": "hsm/signing_keys/KEY-AGENT", "pointer": "/quorum/threshold", "value": 3.0}));
            }),
            ("a quote in place of a value", |d| {
                set(
                    d,
                    &kc(KC1, "/citations/1"),
                    json!({"artifact": "hsm/modules/HSM-A", "quote": "FIPS 140-3"}),
                );
            }),
            ("a quote and its place", |d| {
                set(
                    d,
                    "/concerns/0/citations/0",
                    json!({"artifact": "ceremonies/documents/DOC-1", "pointer": "/text", "quote": "read the PIN"}),
                );
            }),
            ("null for what is not cited", |d| {
                drop(object(d, &kc(KC3, "/citations/0")).insert("quote".to_owned(), Value::Null))
            }),
            ("no concerns", |d| drop(object(d, "").remove("concerns"))),
            ("other words", |d| {
                set(
                    d,
                    RATIONALE,
                    "The last inspection of this medium precedes its replacement, so nothing proves the seal that is on it now.",
                )
            }),
            ("no words at all", |d| {
                set(d, &kc(KC3, "/findings/1/explanation"), "")
            }),
            ("another form of a date", |d| {
                say(
                    d,
                    RATIONALE,
                    "Inspected on March 2nd, 2026, that is 02.03.2026 or 2026/03/02.",
                )
            }),
            ("a date without its year, and a month", |d| {
                say(d, RATIONALE, "Inspected on 2 March; replaced in May 2026.")
            }),
            ("a time as written and in UTC", |d| {
                say(
                    d,
                    RATIONALE,
                    "Replaced at 2026-05-04T06:00:00Z, 08:00 local time, sealed at 07:30 UTC.",
                )
            }),
            ("a year of a cited record", |d| {
                say(d, "/requirements/0/rationale", "The key dates from 2024.")
            }),
            ("the period and as-of", |d| {
                say(
                    d,
                    RATIONALE,
                    "The period runs from 2026-07-01 to 31 December 2026, judged as of 2026-11-20 at 09:00.",
                )
            }),
            ("the policy's parameters and checks", |d| {
                say(
                    d,
                    RATIONALE,
                    "The 184-day limit is inspection_max_age_days; see check no-level-3-module.",
                )
            }),
            ("requirement ids, statuses and titles", |d| {
                say(
                    d,
                    RATIONALE,
                    "Unlike KC-1 (satisfied/approve), Escrow Seal Inspection is stale, not exception-backed.",
                )
            }),
            ("names of fields and kinds", |d| {
                say(
                    d,
                    RATIONALE,
                    "Here inspected_at is before replaced_at; hsm/escrow_media and seal_inspections agree; no key_exported event.",
                )
            }),
            ("an artifact that a cited record refers to", |d| {
                say(
                    d,
                    RATIONALE,
                    "It backs hsm/signing_keys/KEY-AGENT and hsm/escrow_media/EM-04.",
                )
            }),
            ("a reference with its place", |d| {
                say(
                    d,
                    RATIONALE,
                    "See [hsm/escrow_media/EM-04#/keys/0] and /seal_serial.",
                )
            }),
            ("a person whom a cited record names", |d| {
                say(
                    d,
                    "/requirements/3/rationale",
                    "Her address is ana.kovac@example.com, her alias op-17.",
                )
            }),
            ("a person's possessive", |d| {
                say(
                    d,
                    "/requirements/3/rationale",
                    "This is Ana Kovač’s only course.",
                )
            }),
            ("capitalised words of a statement", |d| {
                say(d, RATIONALE, "It is Release Security who decides.")
            }),
            ("ordinary hyphenated words", |d| {
                say(
                    d,
                    RATIONALE,
                    "A dual-operator, on-call, exception-backed and/or HSM-backed path; e.g. a look-alike.",
                )
            }),
            ("what the evidence says was done", |d| {
                say(
                    d,
                    "/requirements/4/rationale",
                    "The exception was approved by p-ana on 2026-02-01 and its control was verified on 15 October 2026.",
                )
            }),
            ("advice", |d| {
                say(
                    d,
                    "/summary",
                    "We recommend that the owner reseal the medium, and that nobody sign until then.",
                )
            }),
            ("a record's words in quotes", |d| {
                say(
                    d,
                    "/concerns/0/text",
                    "It also says \"I approved this on my own\".",
                )
            }),
            ("number words and lists", |d| {
                say(d, RATIONALE, "Two media, one seal:\n- first\n- second")
            }),
        ],
    );
}

#[test]
fn concerns_look_further_than_the_rules() {
    accept(
        &Review::without_gaps(),
        &[
            ("nothing changed", |_| ()),
            ("a concern that leaves the posture to the packet", |d| {
                items(d, "/concerns").push(json!({"text": "A PIN was read from a sheet in CER-7.", "disposition": "escalate",
                "citations": [{"artifact": "ceremonies/documents/DOC-1", "quote": "read the PIN from a sheet"}]}));
            }),
            ("a concern on the last attestation", |d| {
                set(d, "/posture", "escalate");
                items(d, "/concerns").push(json!({"text": "PA-1 took 2026-H1 for satisfied.", "disposition": "escalate",
                "citations": [{"artifact": "identity/prior_attestations/PA-1", "pointer": "/statuses/KC-3", "value": "satisfied", "quote": "satisfied"}]}));
            }),
            ("one valid concern beside none", |d| {
                set(d, "/posture", "approve")
            }),
        ],
    );
}
