//! What prose may name: what its cited records hold, and what is always allowed.

use std::collections::HashSet;

use serde_json::Value;

use super::ReviewBasis;
use super::citation::CitedRecord;
use super::held::Held;
use super::names::{KnownPeople, capitalised_pairs};
use crate::capture::record_fields;
use crate::instant::Instant;
use crate::kind::{Kind, SourceSystem};
use crate::record::{ObjectType, Ty};
use crate::status::{Disposition, RequirementStatus};

/// What prose may name whatever it cites.
#[derive(Debug)]
pub(super) struct AlwaysAllowed<'a> {
    // Requirement ids, titles, statuses, parameters, the cycle, the period, as-of.
    held: Held<'a>,
    // Words of titles and statements, in lower case.
    words: HashSet<String>,
    // Pairs of capitalised words in titles and statements.
    pairs: HashSet<String>,
    // Pairs of words in titles, in lower case: a title may be written with or without capitals.
    title_pairs: HashSet<String>,
}

impl<'a> AlwaysAllowed<'a> {
    /// Gathers it from the review's scope and library.
    pub(super) fn of(basis: &ReviewBasis<'_>, known: &KnownPeople<'a>) -> Self {
        let mut allowed = Self {
            held: Held::default(),
            words: ["and", "or"].map(str::to_owned).into(),
            pairs: HashSet::new(),
            title_pairs: HashSet::new(),
        };
        allowed.add_library(basis, known);
        allowed.add_scope(basis, known);
        allowed.add_vocabulary(known);
        allowed
    }

    fn add_library(&mut self, basis: &ReviewBasis<'_>, known: &KnownPeople<'a>) {
        for brief in basis.requirements {
            self.held.add_text(&brief.id, known);
            self.add_title(&brief.title, known);
            self.add_words(&brief.statement);
            for check in &brief.checks {
                self.held.add_text(&check.check, known);
            }
        }
        for result in &basis.assessment.requirements {
            self.held.add_text(&result.id, known);
            self.add_title(&result.title, known);
        }
        for finding in &basis.assessment.findings {
            self.held.add_text(&finding.check, known);
        }
        for (name, value) in basis.parameters {
            self.held.add_text(name, known);
            self.held.add_json(value, known);
        }
    }

    fn add_title(&mut self, title: &str, known: &KnownPeople<'a>) {
        self.held.add_text(title, known);
        self.add_words(title);
        let words: Vec<String> = title.split_whitespace().map(str::to_lowercase).collect();
        self.title_pairs
            .extend(words.windows(2).map(|pair| pair.join(" ")));
    }

    fn add_words(&mut self, text: &str) {
        self.pairs
            .extend(capitalised_pairs(text).into_iter().map(|pair| pair.text));
        let words = text.split(|c: char| !c.is_alphabetic() && c != '-');
        self.words.extend(words.map(str::to_lowercase));
    }

    fn add_scope(&mut self, basis: &ReviewBasis<'_>, known: &KnownPeople<'a>) {
        let scope = basis.scope;
        self.held.add_text(&scope.cycle, known);
        scope
            .cycle
            .split('-')
            .for_each(|part| self.held.add_text(part, known));
        // The period ends before `to`: its last day may be named as well.
        let last = Instant::from(scope.period.to.utc() - chrono::Duration::seconds(1));
        for instant in [scope.as_of, scope.period.from, scope.period.to] {
            self.held.add_text(&instant.to_string(), known);
        }
        self.held
            .add_text(&last.utc().date_naive().to_string(), known);
    }

    /// Statuses, dispositions and the names of sources, record kinds, fields and enumerations:
    /// words of the schema, which state nothing about any record.
    fn add_vocabulary(&mut self, known: &KnownPeople<'a>) {
        let statuses = RequirementStatus::ALL.map(RequirementStatus::as_str);
        let dispositions = Disposition::ALL.map(Disposition::as_str);
        for word in statuses
            .into_iter()
            .chain(dispositions)
            .chain(SourceSystem::ALL.map(SourceSystem::name))
        {
            self.held.add_text(word, known);
        }
        for kind in Kind::ALL {
            self.held.add_text(kind.path(), known);
            self.add_fields(record_fields(kind), known);
        }
    }

    fn add_fields(&mut self, object: &ObjectType, known: &KnownPeople<'a>) {
        for field in &object.fields {
            self.held.add_text(field.name, known);
            self.add_type(&field.ty, known);
        }
    }

    fn add_type(&mut self, ty: &Ty, known: &KnownPeople<'a>) {
        match ty {
            Ty::Object(object) => self.add_fields(object, known),
            Ty::List(item) => self.add_type(item, known),
            Ty::Enum(names) => names
                .iter()
                .for_each(|name| self.held.add_text(name, known)),
            Ty::Bool | Ty::Int | Ty::Text | Ty::Person | Ty::Time => {}
        }
    }
}

/// What one piece of prose may name.
#[derive(Debug)]
pub(super) struct Grounds<'s, 'a> {
    pub(super) cited: Vec<&'s CitedRecord<'a>>,
    pub(super) always: &'s AlwaysAllowed<'a>,
}

impl<'s, 'a> Grounds<'s, 'a> {
    fn any(&self, holds: impl Fn(&Held<'a>) -> bool) -> bool {
        holds(&self.always.held) || self.cited.iter().any(|record| holds(&record.held))
    }

    pub(super) fn word(&self, word: &str) -> bool {
        self.any(|held| held.has_word(word))
    }

    pub(super) fn number(&self, number: &str) -> bool {
        self.any(|held| held.has_number(number))
    }

    pub(super) fn time(&self, mention: &super::calendar::Mention) -> bool {
        self.any(|held| held.has_time(mention))
    }

    pub(super) fn person(&self, recorded: &str) -> bool {
        self.any(|held| held.has_person(recorded))
    }

    pub(super) fn pair(&self, pair: &str) -> bool {
        self.always.pairs.contains(pair)
            || self.always.title_pairs.contains(&pair.to_lowercase())
            || self.any(|held| held.has_pair(pair))
    }

    /// Whether a plain word is the library's own.
    pub(super) fn library_word(&self, word: &str) -> bool {
        self.always.words.contains(&word.to_lowercase())
    }

    /// Whether a cited record holds `quote` verbatim.
    pub(super) fn quote(&self, quote: &str) -> bool {
        self.cited.iter().any(|record| record.held.has_quote(quote))
    }

    /// The cited record with this artifact id.
    pub(super) fn record(&self, artifact: &str) -> Option<&'s CitedRecord<'a>> {
        self.cited
            .iter()
            .copied()
            .find(|record| record.artifact == artifact)
    }

    /// Whether `pointer` leads anywhere in a cited record.
    pub(super) fn place(&self, pointer: &str) -> bool {
        self.cited
            .iter()
            .any(|record: &&'s CitedRecord<'a>| -> bool {
                let place: Option<&Value> = super::reference::value_at(&record.json, pointer);
                place.is_some()
            })
    }
}
