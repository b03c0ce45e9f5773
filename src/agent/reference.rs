//! The reference of a run: two words that stand at the beginning of what a model is told, and
//! must come back with its draft.
//!
//! Some endpoints drop the beginning of a long conversation and say nothing, some of them all of
//! it but the system text. A model behind one of those cannot give the reference back. It follows
//! from the inputs of the run, so that a resumed or replayed run has the same.

use std::collections::BTreeMap;

use custody_controls::draft::Draft;
use custody_controls::json::{Digest, parse_strict};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

/// What the reference is written in: no vowels and no hexadecimal digits, so that it is neither a
/// word of the evidence nor part of a digest in it.
const LETTERS: [char; 16] = [
    'g', 'h', 'j', 'k', 'm', 'n', 'p', 'q', 'r', 's', 't', 'v', 'w', 'x', 'y', 'z',
];

/// Letters in each half.
const HALF: usize = 8;

/// The member of a submission that holds the reference.
const MEMBER: &str = "reference";

/// What stands in for a half of the reference where a model repeats it.
const CONCEALED: &str = "…";

/// The reference of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// The half in the first line of the system text.
    pub first: String,
    /// The half in the first line of the task.
    pub second: String,
}

/// Whether a submission gave the reference back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Echo {
    /// It did.
    Right,
    /// It is missing or another one.
    Wrong,
    /// The submission cannot be read, which is for the validator to say.
    Unread,
}

/// What a model hands in: a draft, and the reference of the run, which is taken off before
/// anything judges or keeps the draft.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(extend("additionalProperties" = false))]
pub struct Submission {
    /// The review reference: its first half from the first line of the system text and its second half from the first line of the task, with a hyphen between.
    pub reference: String,
    /// The draft.
    #[serde(flatten)]
    pub draft: Draft,
}

impl Reference {
    /// The reference that follows from `inputs`, the digest of everything that a run is about.
    #[must_use]
    pub fn of(inputs: &Digest) -> Self {
        let digest = Digest::of_bytes(format!("reference of {inputs}").as_bytes()).to_string();
        let nibbles = digest.chars().skip("sha256:".len());
        let letters: Vec<char> = nibbles
            .filter_map(|nibble| LETTERS.get(nibble.to_digit(16)? as usize).copied())
            .collect();
        let half = |from: usize| letters.iter().skip(from).take(HALF).collect();
        Self {
            first: half(0),
            second: half(HALF),
        }
    }

    /// The reference as it is given back.
    #[must_use]
    pub fn whole(&self) -> String {
        format!("{}-{}", self.first, self.second)
    }

    /// Takes the reference off a submission: the draft alone, and whether the reference was right.
    #[must_use]
    pub fn part(&self, submission: &str) -> (String, Echo) {
        let members = parse_strict(submission)
            .ok()
            .filter(Value::is_object)
            .and_then(|_| serde_json::from_str::<BTreeMap<String, &RawValue>>(submission).ok());
        let Some(mut members) = members else {
            return (self.conceal(submission), Echo::Unread);
        };
        let Some(given) = members.remove(MEMBER) else {
            return (submission.to_owned(), Echo::Wrong);
        };
        let echo = if self.is(given.get()) {
            Echo::Right
        } else {
            Echo::Wrong
        };
        let draft = serde_json::to_string(&members).unwrap_or_else(|_| submission.to_owned());
        (draft, echo)
    }

    /// `text` without either half, so that a later request holds each only where it belongs.
    #[must_use]
    pub fn conceal(&self, text: &str) -> String {
        text.replace(&self.first, CONCEALED)
            .replace(&self.second, CONCEALED)
    }

    /// What stands around and between the halves does not matter.
    fn is(&self, given: &str) -> bool {
        let letters = given.chars().filter(char::is_ascii_alphanumeric);
        letters
            .map(|letter| letter.to_ascii_lowercase())
            .eq(self.first.chars().chain(self.second.chars()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reference() -> Reference {
        Reference::of(&Digest::of_bytes(b"inputs"))
    }

    #[test]
    fn the_same_inputs_have_the_same_reference_and_others_another() {
        assert_eq!(reference(), reference());
        let other = Reference::of(&Digest::of_bytes(b"other inputs"));
        assert_ne!(reference(), other);
        assert_ne!(reference().first, reference().second);
        assert_eq!(reference().whole().len(), 2 * HALF + 1);
    }

    #[test]
    fn the_reference_is_taken_off_and_the_draft_stays_as_it_was_written() {
        let whole = reference().whole();
        let submission = format!(r#"{{"summary":"1.0e2","n":1.0e2,"reference":"{whole}"}}"#);
        let (draft, echo) = reference().part(&submission);
        assert_eq!(draft, r#"{"n":1.0e2,"summary":"1.0e2"}"#);
        assert_eq!(echo, Echo::Right);
    }

    #[test]
    fn only_both_halves_in_order_are_right() {
        let Reference { first, second } = reference();
        let upper = first.to_uppercase();
        for (given, expected) in [
            (format!("\"{first}-{second}\""), Echo::Right),
            (format!("\" `{upper}` {second}.\""), Echo::Right),
            (format!("\"{first}{second}\""), Echo::Right),
            (format!("\"{first}\""), Echo::Wrong),
            (format!("\"{second}\""), Echo::Wrong),
            (format!("\"{second}-{first}\""), Echo::Wrong),
            (format!("\"{first}-{second}-x\""), Echo::Wrong),
            ("\"\"".to_owned(), Echo::Wrong),
            ("null".to_owned(), Echo::Wrong),
        ] {
            let (draft, echo) = reference().part(&format!("{{\"reference\":{given}}}"));
            assert_eq!((draft.as_str(), echo), ("{}", expected), "{given}");
        }
        let none = reference().part("{\"posture\":1}");
        assert_eq!(none, ("{\"posture\":1}".to_owned(), Echo::Wrong));
    }

    #[test]
    fn what_cannot_be_read_is_left_to_the_validator_without_the_reference() {
        let whole = reference().whole();
        for broken in ["{\"a\":", "[]", "", r#"{"a":1,"a":2}"#] {
            let (draft, echo) = reference().part(&format!("{broken}{whole}"));
            assert_eq!((draft, echo), (format!("{broken}…-…"), Echo::Unread));
        }
    }
}
