//! The facts that expressions may name: signature, what each reads, and its one implementation.

use crate::cel::types::Val;
use crate::facts::{self, FactBase};
use crate::instant::Instant;
use crate::kind::Kind;
use crate::record::{
    ControlException, ExceptionScope, Object, Participant, SigningPath, TrainingAcknowledgement, Ty,
};

use super::trace::Trace;

/// A fact by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fact {
    DistinctPeople,
    SamePerson,
    AllAmong,
    OlderThan,
    InPeriod,
    IsProductionKey,
    MayBeProductionKey,
    ExportedInPeriod,
    MayBeLegacyBridge,
    OnRoster,
    RosterKnown,
    AssignmentHolds,
    IsTemporary,
    WitnessesIndependent,
    TrainingIsCurrent,
    ScopeCovers,
    ExceptionInForce,
}

impl Fact {
    pub(crate) const ALL: [Self; 17] = [
        Self::DistinctPeople,
        Self::SamePerson,
        Self::AllAmong,
        Self::OlderThan,
        Self::InPeriod,
        Self::IsProductionKey,
        Self::MayBeProductionKey,
        Self::ExportedInPeriod,
        Self::MayBeLegacyBridge,
        Self::OnRoster,
        Self::RosterKnown,
        Self::AssignmentHolds,
        Self::IsTemporary,
        Self::WitnessesIndependent,
        Self::TrainingIsCurrent,
        Self::ScopeCovers,
        Self::ExceptionInForce,
    ];

    /// The name in expressions.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::DistinctPeople => "distinct_people",
            Self::SamePerson => "same_person",
            Self::AllAmong => "all_among",
            Self::OlderThan => "older_than",
            Self::InPeriod => "in_period",
            Self::IsProductionKey => "is_production_key",
            Self::MayBeProductionKey => "may_be_production_key",
            Self::ExportedInPeriod => "exported_in_period",
            Self::MayBeLegacyBridge => "may_be_legacy_bridge",
            Self::OnRoster => "on_roster",
            Self::RosterKnown => "roster_known",
            Self::AssignmentHolds => "assignment_holds",
            Self::IsTemporary => "is_temporary",
            Self::WitnessesIndependent => "witnesses_independent",
            Self::TrainingIsCurrent => "training_is_current",
            Self::ScopeCovers => "scope_covers",
            Self::ExceptionInForce => "exception_in_force",
        }
    }

    /// The types of its arguments.
    pub(crate) fn parameters(self) -> Vec<Ty> {
        let people = || Ty::List(Box::new(Ty::Person));
        match self {
            Self::DistinctPeople => vec![people()],
            Self::SamePerson => vec![Ty::Person, Ty::Person],
            Self::AllAmong => vec![people(), people()],
            Self::OlderThan => vec![Ty::Time, Ty::Int],
            Self::InPeriod | Self::RosterKnown => vec![Ty::Time],
            Self::IsProductionKey
            | Self::MayBeProductionKey
            | Self::ExportedInPeriod
            | Self::MayBeLegacyBridge
            | Self::IsTemporary => vec![Ty::Text],
            Self::OnRoster => vec![Ty::Person, Ty::Time],
            Self::AssignmentHolds => vec![Ty::Text, Ty::Person, Ty::Time],
            Self::WitnessesIndependent => {
                vec![Ty::List(Box::new(Ty::Object(Participant::fields())))]
            }
            Self::TrainingIsCurrent => {
                vec![
                    Ty::List(Box::new(Ty::Object(TrainingAcknowledgement::fields()))),
                    Ty::Text,
                    Ty::Int,
                ]
            }
            Self::ScopeCovers => {
                vec![
                    Ty::Object(ExceptionScope::fields()),
                    Ty::Text,
                    Ty::Object(SigningPath::fields()),
                ]
            }
            Self::ExceptionInForce => vec![Ty::Object(ControlException::fields())],
        }
    }

    /// The type of its result.
    pub(crate) const fn result(self) -> Ty {
        match self {
            Self::DistinctPeople => Ty::Int,
            Self::SamePerson
            | Self::AllAmong
            | Self::OlderThan
            | Self::InPeriod
            | Self::IsProductionKey
            | Self::MayBeProductionKey
            | Self::ExportedInPeriod
            | Self::MayBeLegacyBridge
            | Self::OnRoster
            | Self::RosterKnown
            | Self::AssignmentHolds
            | Self::IsTemporary
            | Self::WitnessesIndependent
            | Self::TrainingIsCurrent
            | Self::ScopeCovers
            | Self::ExceptionInForce => Ty::Bool,
        }
    }

    /// The record kinds that it looks into beyond its arguments.
    pub(crate) const fn reads(self) -> &'static [Kind] {
        match self {
            Self::OlderThan
            | Self::InPeriod
            | Self::TrainingIsCurrent
            | Self::ScopeCovers
            | Self::ExceptionInForce => &[],
            Self::DistinctPeople
            | Self::SamePerson
            | Self::AllAmong
            | Self::WitnessesIndependent => &[Kind::People],
            Self::IsProductionKey | Self::MayBeProductionKey => {
                &[Kind::SigningKeys, Kind::SigningPaths]
            }
            Self::ExportedInPeriod => &[Kind::AuditEvents],
            Self::MayBeLegacyBridge => &[Kind::NotarizationBridges],
            Self::OnRoster => &[Kind::People, Kind::RosterSnapshots],
            Self::RosterKnown => &[Kind::RosterSnapshots],
            Self::AssignmentHolds => &[Kind::People, Kind::RoleAssignments],
            Self::IsTemporary => &[Kind::RoleAssignments],
        }
    }

    /// The fact for these arguments. `None` where an argument is not there, which the type check
    /// and the guards on optional fields rule out.
    pub(crate) fn apply<'a, T: Trace>(
        self,
        base: &FactBase<'a>,
        arguments: &[Val<'a, T>],
    ) -> Option<Val<'a, T>> {
        let argument = |index: usize| arguments.get(index);
        let capture = base.capture;
        Some(match self {
            Self::DistinctPeople => {
                let people = texts(argument(0)?)?;
                Val::Int(i64::try_from(facts::distinct_people(capture, people)).ok()?)
            }
            Self::SamePerson => Val::Bool(facts::same_person(
                capture,
                text(argument(0)?)?,
                text(argument(1)?)?,
            )),
            Self::AllAmong => Val::Bool(facts::all_among(
                capture,
                &texts(argument(0)?)?,
                &texts(argument(1)?)?,
            )),
            Self::OlderThan => Val::Bool(facts::older_than(
                time(argument(0)?)?,
                days(argument(1)?)?,
                base.as_of,
            )),
            Self::InPeriod => Val::Bool(base.period.contains(time(argument(0)?)?)),
            Self::IsProductionKey => {
                let row = capture.tables().signing_keys.find(text(argument(0)?)?);
                Val::Bool(row.is_some_and(|row| base.production.contains(row)))
            }
            Self::MayBeProductionKey => {
                // A key that the inventory does not know cannot be shown to be anything less.
                let row = capture.tables().signing_keys.find(text(argument(0)?)?);
                Val::Bool(row.is_none_or(|row| base.production.contains(row)))
            }
            Self::ExportedInPeriod => Val::Bool(base.exported.contains(text(argument(0)?)?)),
            Self::MayBeLegacyBridge => Val::Bool(may_be_legacy_bridge(base, text(argument(0)?)?)),
            Self::OnRoster => {
                let (person, at) = (
                    capture.resolve_person(text(argument(0)?)?),
                    time(argument(1)?)?,
                );
                Val::Bool(person.is_some_and(|person| base.rosters.has_member(person, at)))
            }
            Self::RosterKnown => {
                Val::Bool(base.rosters.row_in_force(time(argument(0)?)?).is_some())
            }
            Self::AssignmentHolds => {
                let (person, at) = (text(argument(1)?)?, time(argument(2)?)?);
                let assignment = assignment(base, text(argument(0)?)?)?;
                Val::Bool(facts::assignment_holds(capture, assignment, person, at))
            }
            Self::IsTemporary => {
                let assignment = assignment(base, text(argument(0)?)?);
                Val::Bool(assignment.is_some_and(facts::acts_on_temporary_role))
            }
            Self::WitnessesIndependent => {
                let participants: &[Participant] = list(argument(0)?)?;
                Val::Bool(facts::witnesses_are_independent(capture, participants))
            }
            Self::TrainingIsCurrent => {
                let training: &[TrainingAcknowledgement] = list(argument(0)?)?;
                let (course, days) = (text(argument(1)?)?, days(argument(2)?)?);
                Val::Bool(facts::training_is_current(
                    training, course, days, base.as_of,
                ))
            }
            Self::ScopeCovers => {
                let (scope, path) = (
                    object::<ExceptionScope, T>(argument(0)?)?,
                    object(argument(2)?)?,
                );
                Val::Bool(facts::scope_covers(scope, text(argument(1)?)?, path))
            }
            Self::ExceptionInForce => Val::Bool(facts::in_force(object(argument(0)?)?, base.as_of)),
        })
    }
}

fn may_be_legacy_bridge(base: &FactBase<'_>, id: &str) -> bool {
    let bridges = &base.capture.tables().notarization_bridges;
    let seen = bridges
        .find(id)
        .and_then(|row| bridges.get(row))
        .filter(|bridge| bridge.introduced_at <= base.as_of);
    // A bridge that the documentation does not know cannot be shown to be anything else.
    seen.is_none_or(|bridge| bridge.legacy)
}

fn assignment<'a>(base: &FactBase<'a>, id: &str) -> Option<&'a crate::record::RoleAssignment> {
    let assignments = &base.capture.tables().role_assignments;
    assignments.get(assignments.find(id)?)
}

fn text<'a, T: Trace>(value: &Val<'a, T>) -> Option<&'a str> {
    if let Val::Text(text) = value {
        Some(text)
    } else {
        None
    }
}

fn time<T: Trace>(value: &Val<'_, T>) -> Option<Instant> {
    if let Val::Time(time) = value {
        Some(*time)
    } else {
        None
    }
}

fn days<T: Trace>(value: &Val<'_, T>) -> Option<u32> {
    if let Val::Int(days) = value {
        u32::try_from(*days).ok()
    } else {
        None
    }
}

fn texts<'a, T: Trace>(value: &Val<'a, T>) -> Option<Vec<&'a str>> {
    match value {
        Val::List(list) => (0..list.count())
            .map(|index| text::<T>(&list.item(index).into()))
            .collect(),
        Val::Items(items) => items.iter().map(|(item, _)| text(item)).collect(),
        Val::Null | Val::Bool(_) | Val::Int(_) | Val::Text(_) | Val::Time(_) | Val::Object(_) => {
            None
        }
    }
}

fn list<'a, R: 'static, T: Trace>(value: &Val<'a, T>) -> Option<&'a [R]> {
    if let Val::List(list) = value {
        list.as_any().downcast_ref::<Vec<R>>().map(Vec::as_slice)
    } else {
        None
    }
}

fn object<'a, R: Object + 'static, T: Trace>(value: &Val<'a, T>) -> Option<&'a R> {
    if let Val::Object(object) = value {
        object.as_any().downcast_ref()
    } else {
        None
    }
}
