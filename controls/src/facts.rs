//! Security facts: each judged in exactly one function, and offered to the controls by name.
//!
//! A fact counts people, compares freshness, looks a roster up at a time or holds a scope
//! against a path. Rules name facts; they never count or compare such things themselves.

mod freshness;
mod keys;
mod people;
mod roles;
mod roster;
mod scope;
mod training;

pub(crate) use freshness::older_than;
pub(crate) use keys::ProductionKeys;
pub(crate) use people::{all_among, distinct_people, same_person};
pub(crate) use roles::{acts_on_temporary_role, assignment_holds, witnesses_are_independent};
pub(crate) use roster::ApprovedRosters;
pub(crate) use scope::{ExceptionRegister, ExceptionStanding, in_force, scope_covers};
pub(crate) use training::training_is_current;

use std::collections::BTreeSet;

use crate::capture::Capture;
use crate::instant::Instant;
use crate::library::Policy;
use crate::packet::ReviewPeriod;
use crate::record::AuditAction;

/// What facts are judged against: one capture at one instant under one policy.
#[derive(Debug)]
pub(crate) struct FactBase<'a> {
    pub(crate) capture: &'a Capture,
    pub(crate) as_of: Instant,
    pub(crate) period: ReviewPeriod,
    pub(crate) policy: &'a Policy,
    pub(crate) production: ProductionKeys,
    pub(crate) rosters: ApprovedRosters,
    pub(crate) exceptions: ExceptionRegister<'a>,
    /// Ids of the keys that were exported in the period.
    pub(crate) exported: BTreeSet<&'a str>,
}

impl<'a> FactBase<'a> {
    /// Works out once what facts share.
    pub(crate) fn new(
        capture: &'a Capture,
        policy: &'a Policy,
        as_of: Instant,
        period: ReviewPeriod,
    ) -> Self {
        let exported = capture
            .tables()
            .audit_events
            .iter()
            .filter(|(_, event)| event.action == AuditAction::KeyExported)
            .filter(|(_, event)| event.at <= as_of && period.contains(event.at))
            .filter_map(|(_, event)| event.key.as_ref().map(|key| key.as_str()))
            .collect();
        Self {
            capture,
            as_of,
            period,
            policy,
            production: ProductionKeys::find(capture, as_of),
            rosters: ApprovedRosters::find(capture, as_of),
            exceptions: ExceptionRegister::find(capture, as_of),
            exported,
        }
    }
}

#[cfg(test)]
pub(crate) mod testing {
    //! Small captures for truth tables.

    use std::collections::BTreeMap;
    use std::sync::Arc;

    use crate::capture::{Capture, SourceReading, Tables};
    use crate::instant::Instant;
    use crate::kind::{Kind, SourceSystem};
    use crate::table::Layout;

    pub(crate) fn at(text: &str) -> Instant {
        Instant::parse(text).unwrap()
    }

    /// A capture with the given kinds; all others are empty.
    pub(crate) fn capture_of(kinds: &[(Kind, &str)]) -> Capture {
        let mut tables = Tables::default();
        for (kind, text) in kinds {
            tables
                .read(*kind, Arc::from(*text), Layout::Array, kind.name())
                .unwrap();
        }
        let reading = SourceReading {
            connector: "test".to_owned(),
            captured_at: at("2026-01-01T00:00:00Z"),
            missing: None,
        };
        let readings = SourceSystem::ALL
            .into_iter()
            .map(|source| (source, reading.clone()))
            .collect::<BTreeMap<_, _>>();
        Capture::freeze(tables, readings).unwrap()
    }

    pub(crate) fn key(id: &str, environment: &str, state: &str) -> String {
        format!(
            r#"{{"id":"{id}","label":"l","environment":"{environment}","state":"{state}","artifact_classes":[],"algorithm":"a",
            "public_key_sha256":"x","residency":{{"kind":"hsm","module":"M"}},"quorum":{{"threshold":2,"members":3}},
            "authorized_custodians":[],"created_at":"2020-01-01T00:00:00Z"}}"#
        )
    }
}
