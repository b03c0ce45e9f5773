//! Binds a requirement's declared joins for one subject.

use std::collections::BTreeSet;

use crate::capture::RecordAt;
use crate::cel::{Bindings, Traced, Untraced, Val, evaluate, holds};
use crate::facts::{ExceptionStanding, FactBase};
use crate::kind::Kind;
use crate::library::{FIRST_JOIN, Join, Match, Select};
use crate::record::{SigningPath, Value};

use super::index::Indexes;

/// What a join selected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Bound {
    /// One record.
    One(RecordAt),
    /// Any number of records, none included.
    Many(Vec<RecordAt>),
    /// Nothing. `near` was looked at and does not count.
    Nothing { near: Option<RecordAt> },
    /// A reference resolves to nothing; `resolved` are the others of its list.
    Unresolved { resolved: Vec<RecordAt> },
    /// It depends on another join that selected nothing, or on a source that could not be read.
    NotRun,
}

impl Bound {
    /// The records that it selected.
    pub(super) fn records(&self) -> &[RecordAt] {
        match self {
            Self::One(at) => std::slice::from_ref(at),
            Self::Many(records) | Self::Unresolved { resolved: records } => records,
            Self::Nothing { near } => near.as_slice(),
            Self::NotRun => &[],
        }
    }

    /// Whether checks may use it.
    pub(super) fn is_there(&self) -> bool {
        match self {
            Self::One(_) | Self::Many(_) => true,
            Self::Nothing { .. } | Self::Unresolved { .. } | Self::NotRun => false,
        }
    }
}

/// The joins of one subject, bound in order.
#[derive(Debug)]
pub(super) struct Evidence<'a> {
    pub(super) subject: RecordAt,
    pub(super) bound: Vec<Bound>,
    pub(super) bindings: Bindings<'a, Untraced>,
}

impl<'a> Evidence<'a> {
    /// Binds `joins` for `subject`. `requirement` is the requirement's id.
    pub(super) fn bind(
        base: &FactBase<'a>,
        indexes: &'a Indexes<'a>,
        joins: &'a [Join],
        requirement: &str,
        subject: RecordAt,
    ) -> Self {
        let mut evidence = Self {
            subject,
            bound: Vec::with_capacity(joins.len()),
            bindings: roots(base, subject),
        };
        for join in joins {
            let bound = evidence.select(base, indexes, join, requirement);
            push(base, &mut evidence.bindings, &bound);
            evidence.bound.push(bound);
        }
        evidence
    }

    /// Whether everything in `slots` is there.
    pub(super) fn has(&self, slots: &BTreeSet<usize>) -> bool {
        slots.iter().all(|slot| match slot.checked_sub(FIRST_JOIN) {
            None => true,
            Some(join) => self.bound.get(join).is_some_and(Bound::is_there),
        })
    }

    /// The same bindings, with places, up to but without join number `joins`.
    pub(super) fn traced(&self, base: &FactBase<'a>, joins: usize) -> Bindings<'a, Traced> {
        let mut bindings = roots(base, self.subject);
        self.bound
            .iter()
            .take(joins)
            .for_each(|bound| push(base, &mut bindings, bound));
        bindings
    }

    fn select(
        &mut self,
        base: &FactBase<'a>,
        indexes: &'a Indexes<'a>,
        join: &'a Join,
        requirement: &str,
    ) -> Bound {
        let uses = match &join.select {
            Select::Reference { value, .. }
            | Select::RosterInForce(value)
            | Select::Exception { bridge: value } => &value.uses,
            Select::Match(matching) => &matching.value.uses,
        };
        if base.capture.is_missing(join.from.source()) || !self.has(uses) {
            return Bound::NotRun;
        }
        match &join.select {
            Select::Reference {
                value,
                many: false,
                otherwise,
                ..
            } => {
                let value = evaluate(&value.expr, base, &mut self.bindings, &mut Untraced).0;
                match (text_of(&value), otherwise) {
                    (Some(text), _) => resolve(base, join.from, text).map_or(
                        Bound::Unresolved {
                            resolved: Vec::new(),
                        },
                        Bound::One,
                    ),
                    (None, Some(otherwise)) => self.matching(base, indexes, join.from, otherwise),
                    (None, None) => Bound::Nothing { near: None },
                }
            }
            Select::Reference {
                value, many: true, ..
            } => {
                let value = evaluate(&value.expr, base, &mut self.bindings, &mut Untraced).0;
                let texts = texts_of(&value);
                let resolved: Vec<RecordAt> = texts
                    .iter()
                    .filter_map(|text| resolve(base, join.from, text))
                    .collect();
                if resolved.len() == texts.len() {
                    Bound::Many(resolved)
                } else {
                    Bound::Unresolved { resolved }
                }
            }
            Select::Match(matching) => self.matching(base, indexes, join.from, matching),
            Select::RosterInForce(at) => {
                match evaluate(&at.expr, base, &mut self.bindings, &mut Untraced).0 {
                    Val::Time(at) => {
                        base.rosters
                            .row_in_force(at)
                            .map_or(Bound::Nothing { near: None }, |row| {
                                Bound::One(RecordAt {
                                    kind: join.from,
                                    row,
                                })
                            })
                    }
                    Val::Null
                    | Val::Bool(_)
                    | Val::Int(_)
                    | Val::Text(_)
                    | Val::Object(_)
                    | Val::List(_)
                    | Val::Items(_) => Bound::NotRun,
                }
            }
            Select::Exception { bridge } => {
                let bridge = evaluate(&bridge.expr, base, &mut self.bindings, &mut Untraced).0;
                text_of(&bridge).map_or(Bound::NotRun, |bridge| {
                    self.exception(base, requirement, bridge)
                })
            }
        }
    }

    fn exception(&self, base: &FactBase<'a>, requirement: &str, bridge: &str) -> Bound {
        let subject = base
            .capture
            .object(self.subject)
            .and_then(|object| object.as_any().downcast_ref());
        let (Some(path), Some(days)) = (
            subject as Option<&SigningPath>,
            base.policy.number("control_verification_max_age_days"),
        ) else {
            return Bound::NotRun;
        };
        let best = base
            .exceptions
            .best(requirement, bridge, path, days, base.as_of);
        match best {
            None => Bound::Nothing { near: None },
            // Pending or never approved: nothing excepts the path, and what was asked for is shown.
            Some((row, ExceptionStanding::NotApproved)) => Bound::Nothing {
                near: Some(RecordAt {
                    kind: Kind::Exceptions,
                    row,
                }),
            },
            Some((
                row,
                ExceptionStanding::Sound
                | ExceptionStanding::WithoutControls
                | ExceptionStanding::ControlsUnverified
                | ExceptionStanding::OutsideScope
                | ExceptionStanding::NotInForce,
            )) => Bound::One(RecordAt {
                kind: Kind::Exceptions,
                row,
            }),
        }
    }

    fn matching(
        &mut self,
        base: &FactBase<'a>,
        indexes: &'a Indexes<'a>,
        kind: Kind,
        matching: &'a Match,
    ) -> Bound {
        let value = evaluate(
            &matching.value.expr,
            base,
            &mut self.bindings,
            &mut Untraced,
        )
        .0;
        let Some(value) = text_of(&value) else {
            return Bound::NotRun;
        };
        let mut found = Vec::new();
        for at in indexes.find(kind, matching.field, value) {
            let selected = matching.condition.as_ref().is_none_or(|condition| {
                let mark = self.bindings.len();
                self.bindings.push_record(base, at);
                let selected = holds(&condition.expr, base, &mut self.bindings, &mut Untraced);
                self.bindings.truncate(mark);
                selected
            });
            if selected {
                found.push(at);
            }
        }
        match matching.latest {
            None => Bound::Many(found),
            // Of two at one instant the one with the higher id, so that input order never matters.
            Some(field) => found
                .into_iter()
                .max_by_key(|at| (time_of(base, *at, field), *at))
                .map_or(Bound::Nothing { near: None }, Bound::One),
        }
    }
}

fn roots<'a, T: crate::cel::Trace>(base: &FactBase<'a>, subject: RecordAt) -> Bindings<'a, T> {
    let mut bindings = Bindings::new();
    bindings.push(Val::Time(base.as_of));
    bindings.push_record(base, subject);
    bindings
}

fn push<'a, T: crate::cel::Trace>(
    base: &FactBase<'a>,
    bindings: &mut Bindings<'a, T>,
    bound: &Bound,
) {
    match bound {
        Bound::One(at) => bindings.push_record(base, *at),
        Bound::Many(records) => bindings.push_records(base, records),
        Bound::Nothing { .. } | Bound::Unresolved { .. } | Bound::NotRun => {
            bindings.push(Val::Null)
        }
    }
}

/// The record that a reference names, seen at as-of.
pub(super) fn resolve(base: &FactBase<'_>, kind: Kind, reference: &str) -> Option<RecordAt> {
    let row = match kind {
        Kind::People => base.capture.resolve_person(reference)?,
        Kind::Exceptions
        | Kind::Ceremonies
        | Kind::Documents
        | Kind::SealInspections
        | Kind::AuditEvents
        | Kind::EscrowMedia
        | Kind::Modules
        | Kind::SigningKeys
        | Kind::PriorAttestations
        | Kind::RoleAssignments
        | Kind::RosterSnapshots
        | Kind::NotarizationBridges
        | Kind::SigningPaths => base.capture.table(kind).row_of(reference)?,
    };
    let at = RecordAt { kind, row };
    base.capture.is_seen(at, base.as_of).then_some(at)
}

fn time_of(base: &FactBase<'_>, at: RecordAt, field: usize) -> Option<crate::instant::Instant> {
    match base.capture.object(at)?.field(field) {
        Value::Time(time) => Some(time),
        Value::Null
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Text(_)
        | Value::Object(_)
        | Value::List(_) => None,
    }
}

fn text_of<'a, T: crate::cel::Trace>(value: &Val<'a, T>) -> Option<&'a str> {
    if let Val::Text(text) = value {
        Some(text)
    } else {
        None
    }
}

/// The texts of a list, in order.
pub(super) fn texts_of<'a, T: crate::cel::Trace>(value: &Val<'a, T>) -> Vec<&'a str> {
    match value {
        Val::List(list) => (0..list.count())
            .filter_map(|index| match list.item(index) {
                Value::Text(text) => Some(text),
                Value::Null
                | Value::Bool(_)
                | Value::Int(_)
                | Value::Time(_)
                | Value::Object(_)
                | Value::List(_) => None,
            })
            .collect(),
        Val::Items(items) => items.iter().filter_map(|(item, _)| text_of(item)).collect(),
        Val::Text(text) => vec![text],
        Val::Null | Val::Bool(_) | Val::Int(_) | Val::Time(_) | Val::Object(_) => Vec::new(),
    }
}
