//! The subjects of a requirement, and the references to subjects that resolve to nothing.

use crate::capture::RecordAt;
use crate::cel::{Bindings, Trace, Traced, Untraced, Val, evaluate, holds};
use crate::facts::FactBase;
use crate::kind::Kind;
use crate::library::NamedBy;
use crate::library::Requirement;

use super::evidence::{resolve, texts_of};
use super::finding::Read;

/// How many of the records that name a subject are cited for it.
const MAX_HOLDERS: usize = 3;

/// Who and what is judged.
#[derive(Debug)]
pub(super) struct Population<'r> {
    requirement: &'r Requirement,
    /// Subjects, by artifact id.
    pub(super) subjects: Vec<RecordAt>,
    // INVARIANT: sorted.
    namings: Vec<Naming>,
    /// Records with references that resolve to nothing.
    pub(super) unresolved: Vec<(RecordAt, &'r NamedBy)>,
}

/// That a record names a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Naming {
    subject: RecordAt,
    /// The position among the requirement's `named_by`.
    entry: usize,
    holder: RecordAt,
}

/// Finds the subjects of `requirement`.
pub(super) fn population<'r>(base: &FactBase<'r>, requirement: &'r Requirement) -> Population<'r> {
    let mut population = Population {
        requirement,
        subjects: Vec::new(),
        namings: Vec::new(),
        unresolved: Vec::new(),
    };
    let subject = &requirement.subject;
    if let Some(filter) = &subject.filter {
        let selected = seen(base, subject.kind).filter(|at| {
            let mut bindings = bind(base, *at);
            holds(&filter.expr, base, &mut bindings, &mut Untraced)
        });
        population.subjects.extend(selected);
    }
    if !base.capture.is_missing(subject.kind.source()) {
        for (entry, named_by) in subject.named_by.iter().enumerate() {
            population.add_named(base, entry, named_by);
        }
    }
    population.namings.sort_unstable();
    population.namings.dedup();
    population.subjects.sort_unstable();
    population.subjects.dedup();
    population
}

impl<'r> Population<'r> {
    fn add_named(&mut self, base: &FactBase<'r>, entry: usize, named_by: &'r NamedBy) {
        for holder in seen(base, named_by.kind) {
            let mut bindings: Bindings<'r, Untraced> = bind(base, holder);
            if !holds(&named_by.filter.expr, base, &mut bindings, &mut Untraced) {
                continue;
            }
            let reference = &named_by.reference.expr;
            let value = evaluate(reference, base, &mut bindings, &mut Untraced).0;
            let mut resolves = true;
            for text in texts_of(&value) {
                match resolve(base, self.requirement.subject.kind, text) {
                    Some(subject) => {
                        self.subjects.push(subject);
                        self.namings.push(Naming {
                            subject,
                            entry,
                            holder,
                        });
                    }
                    None => resolves = false,
                }
            }
            if !resolves {
                self.unresolved.push((holder, named_by));
            }
        }
    }

    /// All records that name subjects.
    pub(super) fn holders(&self) -> impl Iterator<Item = RecordAt> + '_ {
        self.namings.iter().map(|naming| naming.holder)
    }

    /// Some of the places that name `subject`.
    pub(super) fn places_of(&self, base: &FactBase<'r>, subject: RecordAt) -> Vec<Read> {
        let start = self
            .namings
            .partition_point(|naming| naming.subject < subject);
        let of_subject = self.namings.iter().skip(start);
        of_subject
            .take_while(|naming| naming.subject == subject)
            .take(MAX_HOLDERS)
            .filter_map(|naming| {
                let named_by = self.requirement.subject.named_by.get(naming.entry)?;
                Some(references(base, named_by, naming.holder))
            })
            .flatten()
            .filter(|(text, _)| resolve(base, subject.kind, text) == Some(subject))
            .map(|(_, place)| place)
            .collect()
    }
}

/// The references that a holder has, with their places.
pub(super) fn references<'r>(
    base: &FactBase<'r>,
    named_by: &'r NamedBy,
    holder: RecordAt,
) -> Vec<(&'r str, Read)> {
    let mut bindings: Bindings<'r, Traced> = bind(base, holder);
    let mut trace = Traced::default();
    placed_texts(evaluate(
        &named_by.reference.expr,
        base,
        &mut bindings,
        &mut trace,
    ))
}

/// The texts of a reference or list of references, each with its place.
pub(super) fn placed_texts<'a>(
    value: (Val<'a, Traced>, crate::cel::Place),
) -> Vec<(&'a str, (RecordAt, String))> {
    let (value, place) = value;
    let items: Vec<(Val<'a, Traced>, crate::cel::Place)> = match value {
        Val::List(list) => (0..list.count())
            .map(|index| (list.item(index).into(), Traced::item(&place, index)))
            .collect(),
        Val::Items(items) => items.to_vec(),
        Val::Text(_) => vec![(value, place)],
        Val::Null | Val::Bool(_) | Val::Int(_) | Val::Time(_) | Val::Object(_) => Vec::new(),
    };
    items
        .into_iter()
        .filter_map(|item| match item {
            (Val::Text(text), Some(place)) => Some((text, place)),
            (_, _) => None,
        })
        .collect()
}

fn bind<'r, T: Trace>(base: &FactBase<'r>, at: RecordAt) -> Bindings<'r, T> {
    let mut bindings = Bindings::new();
    bindings.push(Val::Time(base.as_of));
    bindings.push_record(base, at);
    bindings
}

/// All records of `kind` that are seen at as-of.
fn seen<'b>(base: &'b FactBase<'_>, kind: Kind) -> impl Iterator<Item = RecordAt> + 'b {
    let count = u32::try_from(base.capture.table(kind).count()).unwrap_or(u32::MAX);
    (0..count)
        .map(move |row| RecordAt { kind, row })
        .filter(|at| base.capture.is_seen(*at, base.as_of))
}
