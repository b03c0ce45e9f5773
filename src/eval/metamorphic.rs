//! Metamorphic relations: how the result must follow when evidence is changed in a known way.
//!
//! They need no label: every case gives rise to trials of its own. What judges is a parameter, so
//! that a broken rule can be shown to be noticed.

mod invariant;
mod monotone;
mod sensitive;
mod tools;

use std::collections::{BTreeMap, BTreeSet};

use custody_controls::assessment::Assessment;
use custody_controls::capture::Capture;
use custody_controls::packet::ReviewScope;
use custody_controls::status::{Disposition, RequirementStatus};

use super::case::{Case, Dataset};
use super::evidence::Evidence;
use super::probe::{Derived, derived};
use super::report::{Counterexample, Figure, FigureName, Measure, RelationKind, RelationResult};
use super::stats::Proportion;

/// What judges a capture: the rules, or rules that are broken on purpose.
pub type Judge<'j> = dyn Fn(&Capture, &ReviewScope) -> Assessment + Sync + 'j;

/// A relation, and how to make trials of it from a case.
#[derive(Debug, Clone, Copy)]
pub struct Relation {
    /// Its name.
    pub name: &'static str,
    /// Its kind.
    pub kind: RelationKind,
    /// What it says, in one line.
    pub meaning: &'static str,
    trials: fn(&Case) -> Vec<Trial>,
}

/// Every relation, in the order of the report.
#[must_use]
pub fn relations() -> Vec<Relation> {
    let lists = [
        invariant::RELATIONS,
        tools::RELATIONS,
        monotone::RELATIONS,
        sensitive::RELATIONS,
    ];
    lists.concat()
}

/// Evidence and what it is judged for.
#[derive(Debug, Clone)]
struct Review {
    evidence: Evidence,
    scope: ReviewScope,
}

impl Review {
    fn of(case: &Case) -> Self {
        Self {
            evidence: case.evidence.clone(),
            scope: case.judged.scope.clone(),
        }
    }
}

/// One change of a case's evidence, and what must come of it.
#[derive(Debug, Clone)]
struct Trial {
    /// How it was changed.
    change: String,
    /// What is changed; the case as it is, where nothing else is said.
    before: Option<Review>,
    after: Review,
    expected: Expected,
}

/// What must come of a change.
#[derive(Debug, Clone)]
enum Expected {
    /// The same, with these subjects by other names.
    Same(BTreeMap<String, String>),
    /// No requirement better, and no approval where there was none.
    NotBetter,
    /// No requirement worse.
    NotWorse,
    /// Something else for this requirement.
    Differs(&'static str),
    /// Nothing: what was found without the judge. The text says what broke.
    Found(Option<String>),
}

/// Tries every relation on every case. `judge` is asked; relations are made from the evidence alone.
#[must_use]
pub fn try_all(dataset: &Dataset, judge: &Judge<'_>, jobs: usize) -> Vec<RelationResult> {
    let relations = relations();
    let tallies: Vec<Tally> = in_threads(dataset, jobs, &|case| of_case(case, &relations, judge));
    let mut results = Vec::new();
    for (number, relation) in relations.iter().enumerate() {
        let mut sum = Tally::default();
        for tally in tallies.iter().skip(number).step_by(relations.len()) {
            sum.add(tally);
        }
        results.push(sum.result(relation));
    }
    results
}

/// One tally per case and relation, in the order of the cases.
fn in_threads(
    dataset: &Dataset,
    jobs: usize,
    work: &(dyn Fn(&Case) -> Vec<Tally> + Sync),
) -> Vec<Tally> {
    let cases = &dataset.cases;
    let part = cases.len().div_ceil(jobs.max(1)).max(1);
    std::thread::scope(|scope| {
        let parts = cases.chunks(part).map(|part| {
            scope.spawn(move || part.iter().flat_map(|case| work(case)).collect::<Vec<_>>())
        });
        let parts: Vec<_> = parts.collect();
        parts
            .into_iter()
            .flat_map(|part| match part.join() {
                Ok(tallies) => tallies,
                Err(panic) => std::panic::resume_unwind(panic),
            })
            .collect()
    })
}

fn of_case(case: &Case, relations: &[Relation], judge: &Judge<'_>) -> Vec<Tally> {
    let base = judged(judge, &Review::of(case));
    let tallies = relations.iter().map(|relation| {
        let mut tally = Tally::default();
        for trial in (relation.trials)(case) {
            // A change that leaves no evidence that could be read is none.
            let Some(broken) = trial.broken(judge, base.as_ref()) else {
                continue;
            };
            tally.clusters.insert(case.cluster().to_owned());
            tally.trials.denominator += 1;
            match broken {
                None => tally.trials.numerator += 1,
                Some(outcome) => tally.offer(Example {
                    size: case.file.patch.len() + trial.change.len(),
                    shown: Counterexample {
                        case: case.name.clone(),
                        change: trial.change,
                        outcome,
                    },
                }),
            }
        }
        tally
    });
    tallies.collect()
}

/// What a judge makes of evidence.
#[derive(Debug)]
struct Outcome {
    posture: Disposition,
    derived: BTreeMap<String, Derived>,
}

fn judged(judge: &Judge<'_>, review: &Review) -> Option<Outcome> {
    let capture = review.evidence.freeze().ok()?;
    let assessment = judge(&capture, &review.scope);
    Some(Outcome {
        posture: assessment.posture,
        derived: derived(&assessment),
    })
}

impl Trial {
    fn new(change: String, case: &Case, evidence: Evidence, expected: Expected) -> Self {
        let scope = case.judged.scope.clone();
        Self {
            change,
            before: None,
            after: Review { evidence, scope },
            expected,
        }
    }

    /// How the relation is broken; inside, nothing where it holds.
    fn broken(&self, judge: &Judge<'_>, base: Option<&Outcome>) -> Option<Option<String>> {
        if let Expected::Found(broken) = &self.expected {
            return Some(broken.clone());
        }
        let made = match &self.before {
            Some(review) => Some(judged(judge, review)?),
            None => None,
        };
        let before = made.as_ref().or(base)?;
        let after = judged(judge, &self.after)?;
        Some(match &self.expected {
            Expected::Same(renamed) => not_the_same(before, &after, renamed),
            Expected::NotBetter => better(before, &after),
            Expected::NotWorse => worse(before, &after),
            Expected::Differs(id) => {
                let differs = before.derived.get(*id) != after.derived.get(*id);
                let status = after.derived.get(*id).map(|derived| derived.status);
                let status = status.map_or_else(String::new, |status| status.to_string());
                (!differs).then(|| format!("{id} stays {status} with the same findings"))
            }
            Expected::Found(broken) => broken.clone(),
        })
    }
}

fn not_the_same(
    before: &Outcome,
    after: &Outcome,
    renamed: &BTreeMap<String, String>,
) -> Option<String> {
    if before.posture != after.posture {
        return Some(format!(
            "the posture turns from {} to {}",
            before.posture, after.posture
        ));
    }
    let name = |subject: &String| renamed.get(subject).unwrap_or(subject).clone();
    let renamed = |derived: &Derived| Derived {
        status: derived.status,
        subjects: derived
            .subjects
            .iter()
            .map(|(subject, status)| (name(subject), *status))
            .collect(),
        findings: derived
            .findings
            .iter()
            .map(|((check, subject), asks)| ((check.clone(), name(subject)), *asks))
            .collect(),
    };
    let mut changed = before
        .derived
        .iter()
        .filter(|(id, derived)| after.derived.get(*id) != Some(&renamed(derived)));
    changed
        .next()
        .map(|(id, _)| format!("{id} has other subjects, statuses or findings"))
}

fn better(before: &Outcome, after: &Outcome) -> Option<String> {
    if after.posture == Disposition::Approve && before.posture != Disposition::Approve {
        return Some(format!(
            "the posture turns from {} to approve",
            before.posture
        ));
    }
    moved(before, after, |then, now| now < then)
}

fn worse(before: &Outcome, after: &Outcome) -> Option<String> {
    moved(before, after, |then, now| now > then)
}

fn moved(
    before: &Outcome,
    after: &Outcome,
    wrong: impl Fn(RequirementStatus, RequirementStatus) -> bool,
) -> Option<String> {
    before.derived.iter().find_map(|(id, then)| {
        let (then, now) = (then.status, after.derived.get(id)?.status);
        wrong(then, now).then(|| format!("{id} turns from {then} to {now}"))
    })
}

/// Trials of one relation.
#[derive(Debug, Clone, Default)]
struct Tally {
    trials: Proportion,
    clusters: BTreeSet<String>,
    smallest: Option<Example>,
}

#[derive(Debug, Clone)]
struct Example {
    /// By how much the case differs from its base, and how long the change is told.
    size: usize,
    shown: Counterexample,
}

impl Tally {
    fn offer(&mut self, example: Example) {
        let smaller = self.smallest.as_ref().is_none_or(|known| {
            (example.size, &example.shown.case) < (known.size, &known.shown.case)
        });
        if smaller {
            self.smallest = Some(example);
        }
    }

    fn add(&mut self, other: &Self) {
        self.trials = super::summary::plus(self.trials, other.trials);
        self.clusters.extend(other.clusters.iter().cloned());
        if let Some(example) = other.smallest.clone() {
            self.offer(example);
        }
    }

    fn result(self, relation: &Relation) -> RelationResult {
        let name = FigureName::part(Measure::RelationHeld, relation.name);
        RelationResult {
            relation: relation.name.to_owned(),
            kind: relation.kind,
            meaning: relation.meaning.to_owned(),
            held: Figure::share(name, self.trials, self.clusters.len() as u64),
            counterexample: self.smallest.map(|example| example.shown),
        }
    }
}
