//! What the rules found, ready to compare: requirement set, statuses, findings, posture.
//!
//! It compares and never computes: every expected value is the assessment's.

use std::collections::{BTreeMap, BTreeSet};

use super::fault::{FaultCode, FaultList, quoted};
use super::loose::{LooseDraft, LooseFinding, LooseRequirement};
use super::{ReviewBasis, invisible};
use crate::assessment::{Finding, RequirementResult};
use crate::capture::{Capture, RecordAt};
use crate::status::Disposition;

/// What the rules found for one requirement, ready to compare.
#[derive(Debug)]
pub(super) struct Ruled<'a> {
    result: &'a RequirementResult,
    findings: BTreeMap<(&'a str, &'a str), &'a Finding>,
    pub(super) judged_on: BTreeSet<RecordAt>,
}

impl Ruled<'_> {
    /// "A requirement without subjects needs no citation": neither do a source's name or an empty population.
    pub(super) fn needs_citation(&self, capture: &Capture) -> bool {
        let is_record =
            |artifact: &str| artifact.parse().is_ok_and(|id| capture.find(&id).is_some());
        self.result
            .subjects
            .iter()
            .any(|subject| is_record(&subject.artifact))
    }

    /// The status is the rules' own.
    pub(super) fn status(&self, entry: &LooseRequirement<'_>, faults: &mut FaultList) {
        if let Some(status) = entry.status.filter(|status| *status != self.result.status) {
            let message = format!("is `{}` by the rules, not `{status}`", self.result.status);
            faults.add(
                FaultCode::StatusMismatch,
                entry.requirement,
                format!("{}/status", entry.path),
                message,
            );
        }
    }

    /// One finding of the rules, listed once.
    fn finding<'d>(
        &self,
        id: &'d str,
        finding: &LooseFinding<'d>,
        listed: &mut BTreeSet<Listed<'d>>,
        faults: &mut FaultList,
    ) {
        for (text, name) in [(finding.check, "check"), (finding.subject, "subject")] {
            invisible::refuse(
                text.unwrap_or_default(),
                &format!("{}/{name}", finding.path),
                Some(id),
                faults,
            );
        }
        let (Some(check), Some(subject)) = (finding.check, finding.subject) else {
            return;
        };
        let Some(by_rules) = self.findings.get(&(check, subject)) else {
            let message = format!(
                "the rules have no finding {} on {} here: remove it",
                quoted(check),
                quoted(subject)
            );
            return faults.add(
                FaultCode::UnsupportedFinding,
                Some(id),
                &finding.path,
                message,
            );
        };
        if !listed.insert((id, check, subject)) {
            let message = format!("`{check}` on `{subject}` is listed already: keep one");
            return faults.add(
                FaultCode::UnsupportedFinding,
                Some(id),
                &finding.path,
                message,
            );
        }
        if finding.citations.none_given && !by_rules.citations.is_empty() {
            let message = "the finding cites nothing: cite the values that the check read";
            faults.add(
                FaultCode::UncitedRequirement,
                Some(id),
                &finding.path,
                message,
            );
        }
    }
}

/// What the rules found, by requirement.
#[derive(Debug)]
pub(super) struct Rules<'a> {
    posture: Disposition,
    by_requirement: BTreeMap<&'a str, Ruled<'a>>,
}

/// A finding as drafts list it: requirement, check, subject.
type Listed<'d> = (&'d str, &'d str, &'d str);

impl<'a> Rules<'a> {
    /// Indexes an assessment.
    pub(super) fn of(basis: &ReviewBasis<'a>) -> Self {
        let assessment = basis.assessment;
        let mut findings: BTreeMap<&str, BTreeMap<(&str, &str), &Finding>> = BTreeMap::new();
        for finding in &assessment.findings {
            let of_requirement = findings.entry(&finding.requirement).or_default();
            of_requirement.insert((&finding.check, &finding.subject), finding);
        }
        let mut judged_on = assessment.judged_on.iter();
        let ruled = assessment.requirements.iter().map(|result| {
            let judged_on = judged_on.next().into_iter().flatten();
            let ruled = Ruled {
                result,
                findings: findings.remove(result.id.as_str()).unwrap_or_default(),
                judged_on: judged_on.copied().collect(),
            };
            (result.id.as_str(), ruled)
        });
        Self {
            posture: assessment.posture,
            by_requirement: ruled.collect(),
        }
    }

    /// What the rules found for this requirement.
    pub(super) fn get(&self, requirement: &str) -> Option<&Ruled<'a>> {
        self.by_requirement.get(requirement)
    }

    /// Each requirement of the library once, and no other.
    pub(super) fn requirement_set(&self, entries: &[LooseRequirement<'_>], faults: &mut FaultList) {
        let mut named = BTreeSet::new();
        for entry in entries {
            let Some(id) = entry.requirement else {
                continue;
            };
            let path = format!("{}/requirement", entry.path);
            invisible::refuse(id, &path, Some(id), faults);
            if !self.by_requirement.contains_key(id) {
                let known: Vec<&str> = self.by_requirement.keys().copied().collect();
                let message = format!(
                    "{} is no requirement of the library: those are {}",
                    quoted(id),
                    known.join(", ")
                );
                faults.add(FaultCode::UnknownRequirement, Some(id), path, message);
            } else if !named.insert(id) {
                let message = format!("`{id}` has an entry already: keep one");
                faults.add(FaultCode::DuplicateRequirement, Some(id), path, message);
            }
        }
        for (id, ruled) in self
            .by_requirement
            .iter()
            .filter(|(id, _)| !named.contains(*id))
        {
            let count = ruled.findings.len();
            let message = format!(
                "`{id}` has no entry: add one with status `{}` and its {count} finding(s)",
                ruled.result.status
            );
            faults.add(
                FaultCode::MissingRequirement,
                Some(id),
                "/requirements",
                message,
            );
        }
    }

    /// Every finding of the rules, and no other, each once.
    pub(super) fn findings(&self, entries: &[LooseRequirement<'_>], faults: &mut FaultList) {
        let mut listed: BTreeSet<Listed<'_>> = BTreeSet::new();
        let mut places: BTreeMap<&str, String> = BTreeMap::new();
        for entry in entries {
            let Some((id, ruled)) = entry.requirement.and_then(|id| Some((id, self.get(id)?)))
            else {
                continue;
            };
            let Some(findings) = &entry.findings else {
                continue;
            };
            places
                .entry(id)
                .or_insert_with(|| format!("{}/findings", entry.path));
            for finding in findings {
                ruled.finding(id, finding, &mut listed, faults);
            }
        }
        for (id, path) in places {
            let findings = self.get(id).into_iter().flat_map(|ruled| &ruled.findings);
            for ((check, subject), finding) in
                findings.filter(|((check, subject), _)| !listed.contains(&(id, check, subject)))
            {
                let message = format!(
                    "the rules' finding `{check}` on `{subject}` ({}, {}) is not listed: add it",
                    finding.status, finding.disposition
                );
                faults.add(FaultCode::OmittedFinding, Some(id), &path, message);
            }
        }
    }

    /// "The draft states the rules' posture, or `escalate` where the rules say `approve` and at least
    /// one concern is valid." Runs last: a concern is valid when nothing in it is faulty.
    pub(super) fn posture(&self, draft: &LooseDraft<'_>, faults: &mut FaultList) {
        let ruled = self.posture;
        let Some(stated) = draft.posture.filter(|stated| *stated != ruled) else {
            return;
        };
        let more_cautious = stated == Disposition::Escalate && ruled == Disposition::Approve;
        let has_valid_concern = || {
            draft
                .concerns
                .iter()
                .any(|concern| !faults.any_within(&concern.path))
        };
        if more_cautious && has_valid_concern() {
            return;
        }
        let hint = if more_cautious {
            "; only a valid concern makes it `escalate`"
        } else {
            ""
        };
        let message = format!("is `{ruled}` by the rules, not `{stated}`{hint}");
        faults.add(FaultCode::PostureMismatch, None, "/posture", message);
    }
}
