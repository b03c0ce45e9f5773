//! Holds prose against its grounds: every identifier, number, date and person in it must be
//! held by a cited record, and it may not claim that anything was done.

use super::ReviewBasis;
use super::action;
use super::calendar::{Mention, Piece, pieces, single};
use super::fault::{FaultCode, FaultList, quoted};
use super::grounding::Grounds;
use super::invisible;
use super::names::{KnownPeople, PeopleIn, capitalised_pairs};
use super::quotation::without_quotes;
use super::reference::{self, ProseReference};
use super::token::{Token, is_code, quantities};
use crate::kind::Kind;

/// A piece of a draft's prose.
#[derive(Debug, Clone, Copy)]
pub(super) struct Prose<'p> {
    pub(super) text: &'p str,
    pub(super) path: &'p str,
    pub(super) requirement: Option<&'p str>,
}

/// What a token turns out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// A word that needs no grounds.
    Ordinary,
    /// Held by a cited record, or always allowed.
    Grounded,
    /// Held by none; says what it looks like.
    Ungrounded(&'static str),
}

const IDENTIFIER: &str = "an identifier";
const NUMBER: &str = "a number";
const DATE: &str = "a date or time";
const PERSON: &str = "a person";

/// Checks pieces of prose.
#[derive(Debug)]
pub(super) struct ProseCheck<'s, 'a> {
    pub(super) basis: &'s ReviewBasis<'a>,
    pub(super) known: &'s KnownPeople<'a>,
    pub(super) grounds: Grounds<'s, 'a>,
}

impl ProseCheck<'_, '_> {
    /// Checks one piece, and returns how many statements in it were held against the records.
    pub(super) fn check(&self, prose: Prose<'_>, faults: &mut FaultList) -> u32 {
        invisible::refuse(prose.text, prose.path, prose.requirement, faults);
        self.markup(prose, faults);
        self.actions(prose, faults);
        let people = self.known.find(prose.text);
        self.people(prose, &people, faults) + self.tokens(prose, &people, faults)
    }

    fn ungrounded(prose: Prose<'_>, written: &str, what: &str, faults: &mut FaultList) {
        let written = quoted(written);
        let message = format!(
            "{written} is {what} that no cited record holds: cite the record that holds it, or leave it out"
        );
        faults.add(
            FaultCode::UngroundedText,
            prose.requirement,
            prose.path,
            message,
        );
    }

    /// Links and images are made from ids by whoever shows the packet; prose is plain text.
    fn markup(&self, prose: Prose<'_>, faults: &mut FaultList) {
        let lower = prose.text.to_lowercase();
        let tag = prose.text.match_indices('<').any(|(at, _)| {
            let next = prose
                .text
                .get(at + 1..)
                .and_then(|rest| rest.chars().next());
            next.is_some_and(|c| c.is_ascii_alphabetic() || "/!?".contains(c))
        });
        let script = ["javascript:", "vbscript:", "data:text", "data:image"];
        let compact: String = lower.chars().filter(|c| !c.is_whitespace()).collect();
        if tag
            || prose.text.contains("](")
            || script.into_iter().any(|scheme| compact.contains(scheme))
        {
            let message = "holds markup, a link or a script: write plain text, and cite records by artifact id";
            faults.add(
                FaultCode::UngroundedText,
                prose.requirement,
                prose.path,
                message,
            );
        }
    }

    fn actions(&self, prose: Prose<'_>, faults: &mut FaultList) {
        let own_words = without_quotes(prose.text, |quote| self.grounds.quote(quote));
        for claim in action::claims(&own_words) {
            let claim = quoted(&claim);
            let message = format!(
                "{claim} says that something was done: this review changes nothing; say what the records show, or what a person should do"
            );
            faults.add(
                FaultCode::ActionClaim,
                prose.requirement,
                prose.path,
                message,
            );
        }
    }

    fn people(&self, prose: Prose<'_>, people: &PeopleIn<'_>, faults: &mut FaultList) -> u32 {
        let mut checked = 0;
        for person in &people.places {
            checked += 1;
            if !self.grounds.person(person.recorded) {
                Self::ungrounded(prose, person.recorded, PERSON, faults);
            }
        }
        for pair in capitalised_pairs(prose.text) {
            checked += 1;
            let named = people.cover(pair.start, pair.end);
            if !named && !self.grounds.pair(&pair.text) {
                Self::ungrounded(
                    prose,
                    &pair.text,
                    "two capitalised words, read as a person,",
                    faults,
                );
            }
        }
        checked
    }

    fn tokens(&self, prose: Prose<'_>, people: &PeopleIn<'_>, faults: &mut FaultList) -> u32 {
        let mut checked = 0;
        for piece in pieces(prose.text) {
            let (verdict, written) = match &piece {
                Piece::Time(mention, written, _) => (self.time(mention, written), *written),
                // Part of a person's name or alias, which is checked as such.
                Piece::Token(token) if people.cover(token.start, token.end()) => continue,
                Piece::Token(token) => (self.token(prose.text, *token), token.text),
            };
            match verdict {
                Verdict::Ordinary => {}
                Verdict::Grounded => checked += 1,
                Verdict::Ungrounded(what) => Self::ungrounded(prose, written, what, faults),
            }
        }
        checked
    }

    fn time(&self, mention: &Mention, written: &str) -> Verdict {
        if self.grounds.held().has_time(mention) || self.grounds.word(written) {
            Verdict::Grounded
        } else {
            Verdict::Ungrounded(DATE)
        }
    }

    fn token(&self, text: &str, token: Token<'_>) -> Verdict {
        if let Some(reference) = ProseReference::read(token.text) {
            let opened = text
                .get(..token.start)
                .is_some_and(|before| before.ends_with('['));
            let closed = text
                .get(token.end()..)
                .is_some_and(|after| after.trim_start_matches(['#', '/']).starts_with(']'));
            return self.reference(reference, opened && closed);
        }
        self.word(token.text)
    }

    /// "References must name a cited artifact, and a place that is there."
    fn reference(&self, reference: ProseReference<'_>, in_brackets: bool) -> Verdict {
        let ProseReference { artifact, pointer } = reference;
        let held = |pointer: Option<&str>, record: &serde_json::Value| {
            pointer.is_none_or(|pointer| {
                reference::is_pointer(pointer) && reference::value_at(record, pointer).is_some()
            })
        };
        let grounded = match self.grounds.record(artifact) {
            Some(record) => held(pointer, &record.json),
            // Outside brackets, a record may be named that a cited record refers to.
            None if !in_brackets => {
                reference::find(self.basis.capture, self.basis.scope.as_of, artifact).is_ok_and(
                    |(id, at)| {
                        self.grounds.word(id.id()) && held(pointer, &self.basis.capture.json(at))
                    },
                )
            }
            None => false,
        };
        if grounded {
            Verdict::Grounded
        } else {
            Verdict::Ungrounded("a reference")
        }
    }

    fn word(&self, word: &str) -> Verdict {
        if let Some(mention) = single(word) {
            return self.time(&mention, word);
        }
        let is_record = self.is_record_id(word);
        if let Some(numbers) = quantities(word).filter(|_| !is_record) {
            let grounded = self.grounds.word(word)
                || numbers
                    .iter()
                    .all(|number| self.grounds.held().has_number(number));
            return if grounded {
                Verdict::Grounded
            } else {
                Verdict::Ungrounded(NUMBER)
            };
        }
        if !is_record && !is_code(word) {
            return Verdict::Ordinary;
        }
        let grounded = self.grounds.word(word)
            || word.starts_with('/') && self.grounds.place(word)
            || word
                .strip_prefix("sha256:")
                .is_some_and(|digits| self.grounds.word(digits))
            || self.parts_grounded(word);
        if grounded {
            Verdict::Grounded
        } else {
            Verdict::Ungrounded(IDENTIFIER)
        }
    }

    /// `EM-04/EM-05` and `KC-3:stale`: each part by itself. Never for URLs, which are one identifier.
    fn parts_grounded(&self, word: &str) -> bool {
        if word.contains("://") || word.starts_with("sha256:") || !word.contains(['/', ':']) {
            return false;
        }
        word.split(['/', ':']).all(|part| match self.word(part) {
            Verdict::Grounded => true,
            Verdict::Ordinary => {
                !part.is_empty() && (self.grounds.library_word(part) || self.grounds.word(part))
            }
            Verdict::Ungrounded(_) => false,
        })
    }

    /// Whether some record has this id. Ids that are plain words in lower case are words, save a
    /// person's, which are found as people.
    fn is_record_id(&self, word: &str) -> bool {
        !word.bytes().all(|b| b.is_ascii_lowercase())
            && Kind::ALL
                .into_iter()
                .any(|kind| self.basis.capture.table(kind).row_of(word).is_some())
    }
}
