//! Window drift: between a base scenario and a patched one, is every change reported, and nothing else?

use std::collections::BTreeSet;

use custody_controls::status::RequirementStatus;

use super::case::Dataset;
use super::report::{Figure, FigureName, Measure, Miss, MissKind, WindowDrift};
use super::score::RunScore;
use super::stats::Proportion;
use super::summary::{Runs, first_runs};

/// The drift figures over every pair of an unpatched case and a patched one of the same base, and what was missed.
///
/// What should change is where the reviewers' statuses of the two differ; what does is where the packets' do.
#[must_use]
pub fn window_drift(dataset: &Dataset, runs: &Runs<'_>) -> (Option<WindowDrift>, Vec<Miss>) {
    let firsts = first_runs(runs.scored);
    let (mut windows, mut misses) = (0, Vec::new());
    let (mut precision, mut recall) = (Proportion::default(), Proportion::default());
    for case in dataset
        .cases
        .iter()
        .filter(|case| !case.file.patch.is_empty())
    {
        let before = dataset.cases.iter().find(|base| {
            base.file.patch.is_empty()
                && base.file.base == case.file.base
                && base.file.as_of == case.file.as_of
        });
        let before = before.and_then(|base| firsts.get(base.name.as_str()));
        let (Some(before), Some(after)) = (before, firsts.get(case.name.as_str())) else {
            continue;
        };
        windows += 1;
        let expected = changed(&wanted(before), &wanted(after));
        let reported = changed(&reported(before), &reported(after));
        let both = expected.intersection(&reported).count() as u64;
        precision.numerator += both;
        precision.denominator += reported.len() as u64;
        recall.numerator += both;
        recall.denominator += expected.len() as u64;
        for id in expected.symmetric_difference(&reported) {
            let what = if expected.contains(id) {
                format!("{id} changes from `{}` and is not reported", before.case)
            } else {
                format!(
                    "{id} does not change from `{}` and is reported",
                    before.case
                )
            };
            misses.push(Miss {
                case: case.name.clone(),
                epoch: Some(after.epoch),
                kind: MissKind::Drift,
                class: None,
                what,
            });
        }
    }
    let share = |measure: Measure, counted| {
        Figure::share(FigureName::whole(measure), counted, runs.clusters())
    };
    let drift = (windows > 0).then(|| WindowDrift {
        windows,
        precision: share(Measure::DriftPrecision, precision),
        recall: share(Measure::DriftRecall, recall),
    });
    (drift, misses)
}

type Statuses<'r> = Vec<(&'r str, RequirementStatus)>;

fn wanted(run: &RunScore) -> Statuses<'_> {
    let statuses = run.reference().map(|review| &review.statuses);
    let statuses = statuses.into_iter().flatten();
    statuses
        .map(|(id, status)| (id.as_str(), *status))
        .collect()
}

fn reported(run: &RunScore) -> Statuses<'_> {
    let statuses = run.statuses.iter();
    statuses
        .map(|(id, status)| (id.as_str(), *status))
        .collect()
}

fn changed<'r>(before: &Statuses<'r>, after: &Statuses<'r>) -> BTreeSet<&'r str> {
    let after = after.iter().filter(|now| !before.contains(now));
    after.map(|(id, _)| *id).collect()
}
