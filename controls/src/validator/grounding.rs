//! What prose may name: what its cited records hold, and what is always allowed.

use std::collections::{BTreeMap, HashSet};
use std::sync::LazyLock;

use super::ReviewBasis;
use super::citation::CitedRecord;
use super::held::Held;
use super::names::{KnownPeople, capitalised_pairs};
use super::reference;
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
}

/// Statuses, dispositions and the names of sources, record kinds, fields and enumerations:
/// words of the schema, which state nothing about any record.
static VOCABULARY: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    let mut words = HashSet::new();
    words.extend(RequirementStatus::ALL.map(RequirementStatus::as_str));
    words.extend(Disposition::ALL.map(Disposition::as_str));
    words.extend(SourceSystem::ALL.map(SourceSystem::name));
    for kind in Kind::ALL {
        words.extend([kind.path(), kind.name()]);
        add_fields(record_fields(kind), &mut words);
    }
    words
});

fn add_fields(object: &ObjectType, words: &mut HashSet<&'static str>) {
    for field in &object.fields {
        words.insert(field.name);
        add_type(&field.ty, words);
    }
}

fn add_type(ty: &Ty, words: &mut HashSet<&'static str>) {
    match ty {
        Ty::Object(object) => add_fields(object, words),
        Ty::List(item) => add_type(item, words),
        Ty::Enum(names) => words.extend(*names),
        Ty::Bool | Ty::Int | Ty::Text | Ty::Person | Ty::Time => {}
    }
}

/// What the prose of one requirement, of a concern or of the summary may name.
#[derive(Debug)]
pub(super) struct Grounds<'s, 'a> {
    // All that the cited records hold, and what is always allowed.
    held: Held<'a>,
    cited: BTreeMap<&'s str, &'s CitedRecord<'a>>,
    always: &'s AlwaysAllowed<'a>,
}

impl<'s, 'a> Grounds<'s, 'a> {
    /// Puts together what `cited` records hold.
    pub(super) fn of(always: &'s AlwaysAllowed<'a>, cited: Vec<&'s CitedRecord<'a>>) -> Self {
        let mut held = always.held.clone();
        cited.iter().for_each(|record| held.merge(&record.held));
        let cited = cited
            .into_iter()
            .map(|record| (record.artifact.as_str(), record));
        Self {
            held,
            cited: cited.collect(),
            always,
        }
    }

    /// What the cited records hold, and what is always allowed.
    pub(super) const fn held(&self) -> &Held<'a> {
        &self.held
    }

    /// Whether a word is held, or one of the schema's.
    pub(super) fn word(&self, word: &str) -> bool {
        self.held.has_word(word) || VOCABULARY.contains(word)
    }

    /// Whether a name, alias, email or id of a person is held.
    pub(super) fn person(&self, recorded: &str) -> bool {
        self.held.has_person(recorded) || VOCABULARY.contains(recorded)
    }

    /// Whether two capitalised words are held, or stand in a title or statement.
    pub(super) fn pair(&self, pair: &str) -> bool {
        self.always.pairs.contains(pair)
            || self.always.title_pairs.contains(&pair.to_lowercase())
            || self.held.has_pair(pair)
    }

    /// Whether a plain word is the library's own.
    pub(super) fn library_word(&self, word: &str) -> bool {
        self.always.words.contains(&word.to_lowercase())
    }

    /// Whether a cited record holds `quote` verbatim.
    pub(super) fn quote(&self, quote: &str) -> bool {
        let mut records = self.cited.values();
        records.any(|record| reference::holds_quote(&record.json, quote))
    }

    /// The cited record with this artifact id.
    pub(super) fn record(&self, artifact: &str) -> Option<&'s CitedRecord<'a>> {
        self.cited.get(artifact).copied()
    }

    /// Whether `pointer` leads anywhere in a cited record.
    pub(super) fn place(&self, pointer: &str) -> bool {
        let mut records = self.cited.values();
        records.any(|record| reference::value_at(&record.json, pointer).is_some())
    }
}
