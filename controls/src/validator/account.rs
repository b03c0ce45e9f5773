//! Holds what a draft states against what the rules found: requirements, statuses, findings, posture.

use std::collections::{BTreeMap, BTreeSet};

use super::citation::{CitationCheck, CitedRecords, Relevance};
use super::fault::{FaultCode, FaultList, quoted};
use super::grounding::{AlwaysAllowed, Grounds};
use super::loose::{LooseCitations, LooseConcern, LooseDraft, LooseFinding, LooseRequirement};
use super::names::KnownPeople;
use super::prose::{Prose, ProseCheck};
use super::{ReviewBasis, Shown, invisible};
use crate::assessment::{Finding, RequirementResult};
use crate::capture::Capture;
use crate::status::Disposition;

/// Checks every statement of `draft`, and returns how many there are.
pub(super) fn check(
    basis: &ReviewBasis<'_>,
    shown: Shown<'_>,
    draft: &LooseDraft<'_>,
    faults: &mut FaultList,
) -> u32 {
    let known = KnownPeople::of(basis.capture);
    let account = Account {
        basis,
        shown,
        records: CitedRecords::of(basis, draft, &known),
        always: AlwaysAllowed::of(basis, &known),
        known,
        rules: rules_of(basis),
    };
    account.whole(draft, faults)
}

/// What the rules found for one requirement, ready to compare.
#[derive(Debug)]
struct Ruled<'a> {
    result: &'a RequirementResult,
    findings: BTreeMap<(&'a str, &'a str), &'a Finding>,
    judged_on: BTreeSet<&'a str>,
}

fn rules_of<'a>(basis: &ReviewBasis<'a>) -> BTreeMap<&'a str, Ruled<'a>> {
    let assessment = basis.assessment;
    let judged_on = assessment
        .judged_on
        .iter()
        .map(Some)
        .chain(std::iter::repeat(None));
    let ruled = assessment
        .requirements
        .iter()
        .zip(judged_on)
        .map(|(result, judged_on)| {
            let findings = assessment
                .findings
                .iter()
                .filter(|finding| finding.requirement == result.id);
            let ruled = Ruled {
                result,
                findings: findings
                    .map(|finding| ((finding.check.as_str(), finding.subject.as_str()), finding))
                    .collect(),
                judged_on: judged_on
                    .into_iter()
                    .flatten()
                    .map(String::as_str)
                    .collect(),
            };
            (result.id.as_str(), ruled)
        });
    ruled.collect()
}

impl Ruled<'_> {
    /// "A requirement without subjects needs no citation": neither do a source's name or an empty population.
    fn needs_citation(&self, capture: &Capture) -> bool {
        let is_record =
            |artifact: &str| artifact.parse().is_ok_and(|id| capture.find(&id).is_some());
        self.result
            .subjects
            .iter()
            .any(|subject| is_record(&subject.artifact))
    }
}

struct Account<'s, 'a> {
    basis: &'s ReviewBasis<'a>,
    shown: Shown<'s>,
    known: KnownPeople<'a>,
    records: CitedRecords<'a>,
    always: AlwaysAllowed<'a>,
    rules: BTreeMap<&'a str, Ruled<'a>>,
}

impl<'a> Account<'_, 'a> {
    fn whole(&self, draft: &LooseDraft<'_>, faults: &mut FaultList) -> u32 {
        let mut claims = 1; // the posture
        if let Some(entries) = &draft.requirements {
            self.requirement_set(entries, faults);
            for entry in entries {
                claims += self.requirement(entry, faults);
            }
            self.findings(entries, faults);
        }
        for concern in &draft.concerns {
            claims += self.concern(concern, faults);
        }
        if let Some(text) = draft.summary {
            let entries = draft.requirements.iter().flatten().flat_map(citations_of);
            let all = entries.chain(draft.concerns.iter().map(|concern| &concern.citations));
            claims += self.prose(text, "/summary", None, all, faults);
        }
        self.posture(draft, faults);
        claims
    }

    fn requirement_set(&self, entries: &[LooseRequirement<'_>], faults: &mut FaultList) {
        let mut named = BTreeSet::new();
        for entry in entries {
            let Some(id) = entry.requirement else {
                continue;
            };
            let path = format!("{}/requirement", entry.path);
            invisible::refuse(id, &path, Some(id), faults);
            if !self.rules.contains_key(id) {
                let known: Vec<&str> = self.rules.keys().copied().collect();
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
        for (id, ruled) in self.rules.iter().filter(|(id, _)| !named.contains(*id)) {
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

    fn requirement(&self, entry: &LooseRequirement<'_>, faults: &mut FaultList) -> u32 {
        let ruled = entry.requirement.and_then(|id| self.rules.get(id));
        if let Some(ruled) = ruled {
            self.status(entry, ruled, faults);
            if entry.citations.none_given && ruled.needs_citation(self.basis.capture) {
                let message = "cites nothing: cite records that this requirement was judged on";
                let path = format!("{}/citations", entry.path);
                faults.add(
                    FaultCode::UncitedRequirement,
                    entry.requirement,
                    path,
                    message,
                );
            }
        }
        let mut claims = 1; // the status
        let check = self.citation_check(entry.requirement, ruled);
        for citations in citations_of(entry) {
            check.all(citations, faults);
            claims += count(citations.items.len());
        }
        let findings = entry.findings.iter().flatten();
        let explanations = findings.filter_map(|finding| {
            Some((
                finding.explanation?,
                format!("{}/explanation", finding.path),
            ))
        });
        let rationale = entry
            .rationale
            .map(|text| (text, format!("{}/rationale", entry.path)));
        for (text, path) in rationale.into_iter().chain(explanations) {
            claims += self.prose(text, &path, entry.requirement, citations_of(entry), faults);
        }
        claims + count(entry.findings.as_ref().map_or(0, Vec::len))
    }

    fn citation_check<'c>(
        &'c self,
        requirement: Option<&'c str>,
        ruled: Option<&'c Ruled<'a>>,
    ) -> CitationCheck<'c, 'a> {
        CitationCheck {
            basis: self.basis,
            shown: self.shown,
            records: &self.records,
            requirement,
            relevance: ruled.map_or(Relevance::Anything, |ruled| {
                Relevance::JudgedOn(&ruled.judged_on)
            }),
        }
    }

    fn status(&self, entry: &LooseRequirement<'_>, ruled: &Ruled<'_>, faults: &mut FaultList) {
        if let Some(status) = entry.status.filter(|status| *status != ruled.result.status) {
            let message = format!("is `{}` by the rules, not `{status}`", ruled.result.status);
            faults.add(
                FaultCode::StatusMismatch,
                entry.requirement,
                format!("{}/status", entry.path),
                message,
            );
        }
    }

    /// Every finding of the rules, and no other, each once.
    fn findings(&self, entries: &[LooseRequirement<'_>], faults: &mut FaultList) {
        let mut listed: BTreeSet<(&str, &str, &str)> = BTreeSet::new();
        let mut places: BTreeMap<&str, String> = BTreeMap::new();
        for entry in entries {
            let Some((id, ruled)) = entry
                .requirement
                .and_then(|id| Some((id, self.rules.get(id)?)))
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
                self.finding(id, ruled, finding, &mut listed, faults);
            }
        }
        for (id, path) in places {
            let findings = self
                .rules
                .get(id)
                .into_iter()
                .flat_map(|ruled| &ruled.findings);
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

    fn finding<'d>(
        &self,
        id: &'d str,
        ruled: &Ruled<'_>,
        finding: &LooseFinding<'d>,
        listed: &mut BTreeSet<(&'d str, &'d str, &'d str)>,
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
        let Some(by_rules) = ruled.findings.get(&(check, subject)) else {
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

    fn concern(&self, concern: &LooseConcern<'_>, faults: &mut FaultList) -> u32 {
        self.citation_check(None, None)
            .all(&concern.citations, faults);
        let quotes = concern
            .citations
            .items
            .iter()
            .any(|(_, citation)| citation.quote.is_some());
        if !quotes {
            let message = "a concern needs at least one citation with a verbatim `quote`";
            faults.add(
                FaultCode::MalformedDraft,
                None,
                format!("{}/citations", concern.path),
                message,
            );
        }
        let path = format!("{}/text", concern.path);
        if concern.text.is_some_and(|text| text.trim().is_empty()) {
            faults.add(
                FaultCode::MalformedDraft,
                None,
                &path,
                "is blank: say what a human should look at",
            );
        }
        let own = std::iter::once(&concern.citations);
        let claims = concern
            .text
            .map_or(0, |text| self.prose(text, &path, None, own, faults));
        1 + count(concern.citations.items.len()) + claims
    }

    fn prose<'c>(
        &self,
        text: &str,
        path: &str,
        requirement: Option<&str>,
        citations: impl Iterator<Item = &'c LooseCitations>,
        faults: &mut FaultList,
    ) -> u32 {
        invisible::refuse(text, path, requirement, faults);
        let check = ProseCheck {
            basis: self.basis,
            known: &self.known,
            grounds: Grounds {
                cited: self.records.named_by(self.basis, citations),
                always: &self.always,
            },
        };
        check.check(
            Prose {
                text,
                path,
                requirement,
            },
            faults,
        )
    }

    /// "The draft states the rules' posture, or `escalate` where the rules say `approve` and at least
    /// one concern is valid." Runs last: a concern is valid when nothing in it is faulty.
    fn posture(&self, draft: &LooseDraft<'_>, faults: &mut FaultList) {
        let ruled = self.basis.assessment.posture;
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

/// All citations of a requirement's entry: its own and its findings'.
fn citations_of<'e>(entry: &'e LooseRequirement<'_>) -> impl Iterator<Item = &'e LooseCitations> {
    let findings = entry
        .findings
        .iter()
        .flatten()
        .map(|finding| &finding.citations);
    std::iter::once(&entry.citations).chain(findings)
}

fn count(items: usize) -> u32 {
    u32::try_from(items).unwrap_or(u32::MAX)
}
