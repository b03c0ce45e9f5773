//! What a draft may say: other words, other order, more evidence.

use serde_json::{Value, json};

use crate::edit::{KC1, KC3, accept, at, items, kc, object, say, set};
use crate::review::Review;

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
