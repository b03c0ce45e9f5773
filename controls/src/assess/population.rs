//! The subjects of a requirement, and the references to subjects that resolve to nothing.

use std::collections::BTreeMap;

use crate::capture::RecordAt;
use crate::cel::{Bindings, Traced, Untraced, Val, evaluate, holds};
use crate::facts::FactBase;
use crate::kind::Kind;
use crate::library::NamedBy;
use crate::library::Requirement;

use super::evidence::resolve;

/// How many of the records that name a subject are cited for it.
const MAX_NAMED_IN: usize = 3;

/// Places that name a subject: record and pointer.
pub(super) type NamedIn = Vec<(RecordAt, String)>;

/// Who and what is judged.
#[derive(Debug, Default)]
pub(super) struct Population<'r> {
    /// Subjects, by artifact id, each with some of the places that name it.
    pub(super) subjects: BTreeMap<RecordAt, NamedIn>,
    /// All records that name subjects.
    pub(super) holders: Vec<RecordAt>,
    /// Records with references that resolve to nothing, and which.
    pub(super) unresolved: Vec<(RecordAt, &'r NamedBy, NamedIn)>,
}

/// Finds the subjects of `requirement`.
pub(super) fn population<'r>(base: &FactBase<'r>, requirement: &'r Requirement) -> Population<'r> {
    let mut population = Population::default();
    let subject = &requirement.subject;
    if let Some(filter) = &subject.filter {
        for at in seen(base, subject.kind) {
            let mut bindings = bind(base, at);
            if holds(&filter.expr, base, &mut bindings, &mut Untraced) {
                population.subjects.insert(at, Vec::new());
            }
        }
    }
    for named_by in &subject.named_by {
        if base.capture.is_missing(subject.kind.source()) {
            continue;
        }
        for holder in seen(base, named_by.kind) {
            let mut bindings = bind(base, holder);
            if holds(&named_by.filter.expr, base, &mut bindings, &mut Untraced) {
                population.add_named(base, subject.kind, named_by, holder);
            }
        }
    }
    population
}

impl<'r> Population<'r> {
    fn add_named(
        &mut self,
        base: &FactBase<'r>,
        kind: Kind,
        named_by: &'r NamedBy,
        holder: RecordAt,
    ) {
        let mut unresolved = Vec::new();
        let mut names_any = false;
        for (text, place) in references(base, named_by, holder) {
            match resolve(base, kind, text) {
                Some(at) => {
                    let named_in = self.subjects.entry(at).or_default();
                    if named_in.len() < MAX_NAMED_IN {
                        named_in.push(place);
                    }
                    names_any = true;
                }
                None => unresolved.push(place),
            }
        }
        if names_any {
            self.holders.push(holder);
        }
        if !unresolved.is_empty() {
            self.unresolved.push((holder, named_by, unresolved));
        }
    }
}

/// The references that a holder has, with their places.
pub(super) fn references<'r>(
    base: &FactBase<'r>,
    named_by: &'r NamedBy,
    holder: RecordAt,
) -> Vec<(&'r str, (RecordAt, String))> {
    let mut bindings: Bindings<'r, Traced> = Bindings::new();
    bindings.push(Val::Time(base.as_of));
    bindings.push_record(base, holder);
    let value = evaluate(
        &named_by.reference.expr,
        base,
        &mut bindings,
        &mut Traced::default(),
    );
    placed_texts(value)
}

/// The texts of a reference or list of references, each with its place.
pub(super) fn placed_texts<'a>(
    value: (Val<'a, Traced>, crate::cel::Place),
) -> Vec<(&'a str, (RecordAt, String))> {
    use crate::cel::Trace as _;
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

fn bind<'r>(base: &FactBase<'r>, at: RecordAt) -> Bindings<'r, Untraced> {
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
