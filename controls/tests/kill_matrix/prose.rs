//! Prose that names what no cited record holds, hides something, or claims an act.

use custody_controls::validator::FaultCode::{ActionClaim, MalformedDraft, UngroundedText};

use crate::edit::{KC3, kc, kill, say, set};
use crate::review::Review;

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
