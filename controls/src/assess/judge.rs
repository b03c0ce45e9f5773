//! Judges one requirement: its population, its joins, its checks.

use crate::assessment::{Finding, RequirementResult, SubjectStatus};
use crate::capture::RecordAt;
use crate::cel::{Traced, evaluate, holds};
use crate::facts::FactBase;
use crate::library::{Check, FIRST_JOIN, Join, Requirement, Select};
use crate::status::{Disposition, RequirementStatus};

use super::account::Accounts;
use super::evidence::{Bound, Evidence, resolve};
use super::finding::{Read, citations, finding, source_finding};
use super::index::Indexes;
use super::population::{Population, placed_texts, population, references};

/// What judging one requirement gives.
#[derive(Debug)]
pub(crate) struct Judgement {
    pub(crate) result: RequirementResult,
    pub(crate) findings: Vec<Finding>,
    /// The records that the population and the joins selected, sorted.
    pub(crate) judged_on: Vec<RecordAt>,
}

struct Judge<'b, 'a> {
    base: &'b FactBase<'a>,
    indexes: &'a Indexes<'a>,
    requirement: &'a Requirement,
    /// Whether every subject can be judged: no join or check rests on a source that could not be read.
    complete: bool,
    findings: Vec<Finding>,
    subjects: Vec<SubjectStatus>,
    judged_on: Vec<RecordAt>,
    accounts: Accounts,
}

/// Judges `requirement` on the capture of `base`.
pub(super) fn judge<'a>(
    base: &FactBase<'a>,
    indexes: &'a Indexes<'a>,
    requirement: &'a Requirement,
) -> Judgement {
    let mut judge = Judge {
        base,
        indexes,
        requirement,
        complete: is_complete(base, requirement),
        findings: Vec::new(),
        subjects: Vec::new(),
        judged_on: Vec::new(),
        accounts: Accounts::default(),
    };
    judge.missing_sources();
    let population = population(base, requirement);
    judge.empty_population(&population);
    judge.unresolved_subjects(&population);
    for subject in &population.subjects {
        judge.subject(*subject, &population);
    }
    judge.judged_on.extend(population.holders());
    judge.finish()
}

impl<'a> Judge<'_, 'a> {
    /// A source that could not be read is one `missing`, `remediate` finding on each requirement that joins it.
    fn missing_sources(&mut self) {
        let policy = &self.base.policy.missing_source;
        for source in self.requirement.sources() {
            if self.base.capture.is_missing(source) {
                let message = policy.message.replace("{source}", source.name());
                let disposition = Disposition::Remediate;
                let remedy = policy.remedy.replace("{source}", source.name());
                let id = &self.requirement.id;
                self.findings.push(source_finding(
                    id,
                    &policy.check,
                    source.name(),
                    disposition,
                    message,
                    remedy,
                ));
            }
        }
    }

    /// Nobody to judge passes only where the requirement says so, and then only if its sources were read.
    fn empty_population(&mut self, population: &Population<'_>) {
        let empty = population.subjects.is_empty() && population.unresolved.is_empty();
        if !empty || !self.findings.is_empty() {
            return;
        }
        let no_subjects = &self.requirement.no_subjects;
        self.accounts.say(&no_subjects.says);
        if let Some((check, disposition, remedy)) = &no_subjects.finding {
            let source = self.requirement.subject.kind.source().name();
            let (id, says) = (&self.requirement.id, no_subjects.says.clone());
            self.findings.push(source_finding(
                id,
                check,
                source,
                *disposition,
                says,
                remedy.clone(),
            ));
        }
    }

    /// A record that names an unknown subject is judged in its place.
    fn unresolved_subjects(&mut self, population: &Population<'a>) {
        for (holder, named_by) in &population.unresolved {
            let mut bindings = crate::cel::Bindings::new();
            bindings.push(crate::cel::Val::Time(self.base.as_of));
            bindings.push_record(self.base, *holder);
            let kind = self.requirement.subject.kind;
            let unresolved: Vec<(&str, Read)> = references(self.base, named_by, *holder)
                .into_iter()
                .filter(|(text, _)| resolve(self.base, kind, text).is_none())
                .collect();
            let places = unresolved.iter().map(|(_, place)| place.clone()).collect();
            bindings.push_texts(
                unresolved
                    .into_iter()
                    .map(|(text, place)| (text, Some(place)))
                    .collect(),
            );
            let outcome = &named_by.unresolved;
            let id = &self.requirement.id;
            let found = finding(self.base, id, outcome, *holder, &mut bindings, places);
            self.judged_on.push(*holder);
            self.close_subject(*holder, vec![found]);
        }
    }

    fn subject(&mut self, subject: RecordAt, population: &Population<'a>) {
        let requirement = self.requirement;
        let mut evidence = Evidence::bind(
            self.base,
            self.indexes,
            &requirement.evidence,
            &requirement.id,
            subject,
        );
        let mut found = Vec::new();
        for (number, join) in requirement.evidence.iter().enumerate() {
            found.extend(self.join_finding(&evidence, number, join));
        }
        found.extend(self.failed_checks(&mut evidence));
        let named_in = || population.places_of(self.base, subject);
        if !found.is_empty() {
            let named_in = citations(self.base.capture, named_in());
            for finding in &mut found {
                finding.citations.extend(named_in.iter().cloned());
            }
        }
        self.judged_on.push(subject);
        self.judged_on.extend(
            evidence
                .bound
                .iter()
                .flat_map(|bound| bound.records().iter().copied()),
        );
        self.accounts.add(
            self.base,
            requirement,
            &evidence,
            &named_in,
            self.complete && found.is_empty(),
        );
        self.close_subject(subject, found);
    }

    fn failed_checks(&self, evidence: &mut Evidence<'a>) -> Vec<Finding> {
        let mut found = Vec::new();
        for check in &self.requirement.checks {
            if reads_missing_source(self.base, check) || !evidence.has(&check.needs) {
                continue;
            }
            let mut untraced = crate::cel::Untraced;
            let applies = check.when.as_ref().is_none_or(|when| {
                holds(&when.expr, self.base, &mut evidence.bindings, &mut untraced)
            });
            if !applies
                || holds(
                    &check.expression.expr,
                    self.base,
                    &mut evidence.bindings,
                    &mut untraced,
                )
            {
                continue;
            }
            let mut bindings = evidence.traced(self.base, evidence.bound.len());
            let mut trace = Traced::default();
            holds(&check.expression.expr, self.base, &mut bindings, &mut trace);
            let subject = evidence.subject;
            let id = &self.requirement.id;
            found.push(finding(
                self.base,
                id,
                &check.outcome,
                subject,
                &mut bindings,
                trace.reads,
            ));
        }
        found
    }

    /// The finding for a join that selected nothing, or whose reference resolves to nothing.
    fn join_finding(
        &self,
        evidence: &Evidence<'a>,
        number: usize,
        join: &'a Join,
    ) -> Option<Finding> {
        let bound = evidence.bound.get(number)?;
        let mut bindings = evidence.traced(self.base, number);
        let id = &self.requirement.id;
        let subject = evidence.subject;
        match (bound, &join.select) {
            (
                Bound::Unresolved { .. },
                Select::Reference {
                    value, unresolved, ..
                },
            ) => {
                let value = evaluate(
                    &value.expr,
                    self.base,
                    &mut bindings,
                    &mut Traced::default(),
                );
                let texts: Vec<(&str, Read)> = placed_texts(value)
                    .into_iter()
                    .filter(|(text, _)| resolve(self.base, join.from, text).is_none())
                    .collect();
                let reads = texts.iter().map(|(_, place)| place.clone()).collect();
                bindings.push_texts(
                    texts
                        .into_iter()
                        .map(|(text, place)| (text, Some(place)))
                        .collect(),
                );
                Some(finding(
                    self.base,
                    id,
                    unresolved,
                    subject,
                    &mut bindings,
                    reads,
                ))
            }
            (Bound::Nothing { near }, _) => {
                let mut trace = Traced::default();
                let absent = join.absent.iter().find(|absent| {
                    trace.reads.clear();
                    absent
                        .when
                        .as_ref()
                        .is_none_or(|when| holds(&when.expr, self.base, &mut bindings, &mut trace))
                })?;
                let mut reads = trace.reads;
                reads.extend(near.iter().flat_map(|near| near_reads(*near)));
                Some(finding(
                    self.base,
                    id,
                    &absent.outcome,
                    subject,
                    &mut bindings,
                    reads,
                ))
            }
            (Bound::One(_) | Bound::Many(_) | Bound::Unresolved { .. } | Bound::NotRun, _) => None,
        }
    }

    fn close_subject(&mut self, subject: RecordAt, found: Vec<Finding>) {
        // What could not be judged is not met: its evidence is not there.
        let at_best = if self.complete {
            self.requirement.met
        } else {
            RequirementStatus::Missing
        };
        let worst = found.iter().map(|finding| finding.status).max();
        let artifact = self.base.capture.artifact(subject).to_string();
        self.subjects.push(SubjectStatus {
            artifact,
            status: worst.map_or(at_best, |worst| worst.max(at_best)),
        });
        self.findings.extend(found);
    }

    fn finish(mut self) -> Judgement {
        self.subjects.sort_by(|a, b| a.artifact.cmp(&b.artifact));
        self.findings
            .sort_by(|a, b| (&a.subject, &a.check).cmp(&(&b.subject, &b.check)));
        let of_subjects = self.subjects.iter().map(|subject| subject.status).max();
        let of_findings = self.findings.iter().map(|finding| finding.status).max();
        let status = match of_subjects.max(of_findings) {
            Some(status) => status,
            None => self.requirement.no_subjects.status,
        };
        let (rationale, reads) =
            self.accounts
                .finish(&self.requirement.title, status, &self.findings);
        let mut cited = citations(self.base.capture, reads);
        cited.extend(
            self.findings
                .iter()
                .flat_map(|finding| finding.citations.iter().cloned()),
        );
        cited.sort_by(|a, b| (&a.artifact, &a.pointer).cmp(&(&b.artifact, &b.pointer)));
        cited.dedup();
        self.judged_on.sort_unstable();
        self.judged_on.dedup();
        let result = RequirementResult {
            id: self.requirement.id.clone(),
            title: self.requirement.title.clone(),
            waivable: self.requirement.waivable,
            status,
            subjects: self.subjects,
            rationale,
            citations: cited,
            findings: self
                .findings
                .iter()
                .map(|finding| finding.id.clone())
                .collect(),
        };
        Judgement {
            result,
            findings: self.findings,
            judged_on: self.judged_on,
        }
    }
}

fn is_complete(base: &FactBase<'_>, requirement: &Requirement) -> bool {
    let is_read = |join: &Join| !base.capture.is_missing(join.from.source());
    requirement.evidence.iter().all(is_read)
        && !requirement
            .checks
            .iter()
            .any(|check| reads_missing_source(base, check))
}

fn reads_missing_source(base: &FactBase<'_>, check: &Check) -> bool {
    let when = check.when.iter().flat_map(|when| &when.reads);
    let mut reads = check.expression.reads.iter().chain(when);
    reads.any(|kind| base.capture.is_missing(kind.source()))
}

/// What is cited of a record that was looked at and does not count.
fn near_reads(near: RecordAt) -> Vec<Read> {
    ["/state", "/approved_at"]
        .into_iter()
        .map(|pointer| (near, pointer.to_owned()))
        .collect()
}

// The slots of joins begin after `as_of` and the subject, which `Evidence` binds first.
const _: () = assert!(FIRST_JOIN == 2);
