//! Citations of what is not there, was not read, says something else or does not matter.

use custody_controls::validator::FaultCode::{
    ArtifactNotRead, IrrelevantCitation, PointerNotFound, QuoteNotFound, UncitedRequirement,
    UnknownArtifact, ValueMismatch,
};
use serde_json::{Value, json};

use crate::edit::{KC1, KC3, at, items, kc, kill, object, set};
use crate::review::Review;

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
