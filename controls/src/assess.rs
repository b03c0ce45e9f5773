//! Judges a capture by a library: the one place where statuses, findings and posture are computed.
//!
//! Deterministic: same capture, library and scope, same result. No clock, no network, no model.

mod account;
mod evidence;
mod finding;
mod index;
mod judge;
mod population;
mod posture;

use crate::assessment::{Assessment, IgnoredException};
use crate::capture::Capture;
use crate::facts::FactBase;
use crate::instant::Instant;
use crate::kind::{ArtifactId, Kind};
use crate::library::{Library, Policy, Requirement};
use crate::packet::{ReviewPeriod, ReviewScope};
use crate::record::Record;

pub use index::Indexes;
pub(crate) use judge::Judgement;

/// Judges `capture` by `library` for the cycle and instant of `scope`.
#[must_use]
pub fn assess(capture: &Capture, library: &Library, scope: &ReviewScope) -> Assessment {
    let indexes = Indexes::build(capture, library.requirements(), scope.as_of);
    assess_indexed(capture, library, scope, &indexes)
}

/// As [`assess`], over indexes built before.
#[must_use]
pub fn assess_indexed(
    capture: &Capture,
    library: &Library,
    scope: &ReviewScope,
    indexes: &Indexes<'_>,
) -> Assessment {
    let judgements = judge_all(
        capture,
        library.policy(),
        library.requirements().iter(),
        scope.as_of,
        scope.period,
        indexes,
    );
    let mut requirements = Vec::new();
    let mut findings = Vec::new();
    let mut judged_on = Vec::new();
    for judgement in judgements {
        requirements.push(judgement.result);
        findings.extend(judgement.findings);
        judged_on.push(judgement.judged_on);
    }
    let posture = posture::posture(&library.policy().posture_order, &findings);
    let options = posture::options(&library.policy().posture_order, posture, &findings);
    let ignored_exceptions = ignored_exceptions(capture, library, scope.as_of);
    Assessment {
        posture,
        options,
        requirements,
        findings,
        ignored_exceptions,
        judged_on,
    }
}

/// Judges each of `requirements`.
pub(crate) fn judge_all<'r>(
    capture: &Capture,
    policy: &Policy,
    requirements: impl Iterator<Item = &'r Requirement>,
    as_of: Instant,
    period: ReviewPeriod,
    indexes: &Indexes<'_>,
) -> Vec<Judgement> {
    let base = FactBase::new(capture, policy, as_of, period);
    requirements
        .map(|requirement| judge::judge(&base, indexes, requirement))
        .collect()
}

/// Exceptions filed against requirements that cannot be waived, or that the library does not have.
fn ignored_exceptions(
    capture: &Capture,
    library: &Library,
    as_of: Instant,
) -> Vec<IgnoredException> {
    let reason = |filed_against: &str| match library
        .requirements()
        .iter()
        .find(|known| known.id() == filed_against)
    {
        Some(requirement) if requirement.waivable => None,
        Some(_) => Some(format!("requirement {filed_against} cannot be waived")),
        None => Some("the library has no such requirement".to_owned()),
    };
    let seen = |approved_at: Option<Instant>| approved_at.is_none_or(|at| at <= as_of);
    capture
        .tables()
        .exceptions
        .iter()
        .filter(|(_, exception)| seen(exception.approved_at))
        .filter_map(|(_, exception)| {
            Some(IgnoredException {
                artifact: ArtifactId::new(Kind::Exceptions, exception.id()).to_string(),
                requirement: exception.requirement.as_str().to_owned(),
                reason: reason(exception.requirement.as_str())?,
            })
        })
        .collect()
}
