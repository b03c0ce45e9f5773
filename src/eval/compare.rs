//! Two evaluations of the same cases: is a difference more than chance?

use std::collections::{BTreeMap, BTreeSet};

use super::document::Scores;
use super::report::{Compared, Comparison, FigureName, Header, Measure, PairedTest, Side};
use super::score::RunScore;
use super::stats::{
    Estimate, Proportion, Resampling, by_cluster, cohen_kappa, holm, linear_weighted_kappa,
    mcnemar_exact, observed_agreement, paired_cluster_bootstrap,
};
use super::summary::{plus, table};

/// What both sides made of one case.
struct Pair<'r> {
    cluster: &'r str,
    first: Vec<&'r RunScore>,
    second: Vec<&'r RunScore>,
}

type Statistic = fn(&[&RunScore]) -> Estimate;
type Holds = fn(&RunScore) -> bool;

/// Figures tested by which cases come out right: in every run of the case.
const RIGHT_OR_WRONG: [(Measure, Holds, Statistic); 2] = [
    (Measure::PostureAgreement, RunScore::agrees, |runs| {
        observed_agreement(&table(runs))
    }),
    (Measure::CleanAcceptance, is_accepted, |runs| {
        Proportion::count(runs, |run| is_accepted(run)).estimate()
    }),
];

/// Figures tested by drawing families of cases.
const DRAWN: [(Measure, Statistic); 5] = [
    (Measure::Kappa, |runs| cohen_kappa(&table(runs))),
    (Measure::WeightedKappa, |runs| {
        linear_weighted_kappa(&table(runs))
    }),
    (Measure::SurfacingRecall, |runs| {
        let fates = runs.iter().flat_map(|run| &run.planted);
        Proportion::count(fates, |fate| fate.found.is_surfaced()).estimate()
    }),
    (Measure::CitationRecall, |runs| {
        summed(runs, |run| run.citations.upheld)
    }),
    (Measure::CitationPrecision, |runs| {
        summed(runs, |run| run.citations.needed)
    }),
];

fn summed(runs: &[&RunScore], of: fn(&RunScore) -> Proportion) -> Estimate {
    let all = runs.iter().map(|run| of(run));
    all.fold(Proportion::default(), plus).estimate()
}

fn is_accepted(run: &RunScore) -> bool {
    run.agrees()
        && run
            .reference()
            .is_some_and(|review| review.major_edits.is_empty())
}

/// Compares two evaluations, named as they were asked for.
///
/// # Errors
/// Fails when they are not of the same cases, or share none that both have scored.
pub fn compare(
    (first_name, first): (&str, &Scores),
    (second_name, second): (&str, &Scores),
) -> anyhow::Result<Comparison> {
    anyhow::ensure!(
        first.header.dataset == second.header.dataset,
        "`{first_name}` and `{second_name}` are not of the same cases: their digests are {} and {}",
        first.header.dataset,
        second.header.dataset
    );
    let (of_first, of_second) = (by_case(first), by_case(second));
    let pairs: Vec<Pair<'_>> = of_first
        .iter()
        .filter_map(|(case, runs)| {
            Some(Pair {
                cluster: runs.first()?.cluster.as_str(),
                first: runs.clone(),
                second: of_second.get(case)?.clone(),
            })
        })
        .collect();
    anyhow::ensure!(
        !pairs.is_empty(),
        "`{first_name}` and `{second_name}` have no case that both have scored"
    );
    let names = |of: &BTreeMap<&str, Vec<&RunScore>>| -> BTreeSet<String> {
        of.keys().map(|case| (*case).to_owned()).collect()
    };
    let (named_first, named_second) = (names(&of_first), names(&of_second));
    let left_out = named_first
        .symmetric_difference(&named_second)
        .cloned()
        .collect();
    let cases = pairs.len() as u64;
    let clusters = by_cluster(pairs, |pair| pair.cluster.to_owned());
    let plan = Resampling::seeded(first.header.seed);
    let mut rows: Vec<Compared> = RIGHT_OR_WRONG
        .iter()
        .map(|(measure, holds, statistic)| {
            right_or_wrong(&clusters, *measure, *holds, *statistic, plan)
        })
        .collect();
    rows.extend(
        DRAWN
            .iter()
            .map(|(measure, statistic)| drawn(&clusters, *measure, *statistic, plan)),
    );
    adjust(&mut rows);
    Ok(Comparison {
        first: side(first_name, &first.header),
        second: side(second_name, &second.header),
        cases,
        clusters: clusters.len() as u64,
        left_out,
        rows,
    })
}

fn by_case(scores: &Scores) -> BTreeMap<&str, Vec<&RunScore>> {
    let mut cases: BTreeMap<&str, Vec<&RunScore>> = BTreeMap::new();
    for run in &scores.runs {
        cases.entry(&run.case).or_default().push(run);
    }
    cases
}

fn side(name: &str, header: &Header) -> Side {
    Side {
        name: name.to_owned(),
        model: header.model.clone(),
        dataset: header.dataset,
        code_version: header.code_version.clone(),
    }
}

fn drawn(
    clusters: &[Vec<Pair<'_>>],
    measure: Measure,
    statistic: Statistic,
    plan: Resampling,
) -> Compared {
    let first = |pairs: &[&Pair<'_>]| {
        statistic(
            &pairs
                .iter()
                .flat_map(|pair| pair.first.iter().copied())
                .collect::<Vec<_>>(),
        )
    };
    let second = |pairs: &[&Pair<'_>]| {
        statistic(
            &pairs
                .iter()
                .flat_map(|pair| pair.second.iter().copied())
                .collect::<Vec<_>>(),
        )
    };
    let whole: Vec<&Pair<'_>> = clusters.iter().flatten().collect();
    let paired = paired_cluster_bootstrap(clusters, first, second, plan);
    Compared {
        name: FigureName::whole(measure),
        first: first(&whole),
        second: second(&whole),
        difference: paired.difference,
        interval: Some(paired.interval),
        test: PairedTest::PairedBootstrap,
        p_value: paired.p_value,
        adjusted: Estimate::Undefined,
    }
}

fn right_or_wrong(
    clusters: &[Vec<Pair<'_>>],
    measure: Measure,
    holds: Holds,
    statistic: Statistic,
    plan: Resampling,
) -> Compared {
    let right = |runs: &[&RunScore]| runs.iter().all(|run| holds(run));
    let (mut first_only, mut second_only) = (0, 0);
    for pair in clusters.iter().flatten() {
        match (right(&pair.first), right(&pair.second)) {
            (true, false) => first_only += 1,
            (false, true) => second_only += 1,
            (true, true) | (false, false) => {}
        }
    }
    Compared {
        test: PairedTest::McnemarExact {
            first_only,
            second_only,
        },
        p_value: Estimate::Value(mcnemar_exact(first_only, second_only)),
        ..drawn(clusters, measure, statistic, plan)
    }
}

/// Holm's adjustment over the rows that have a p value.
fn adjust(rows: &mut [Compared]) {
    let values: Vec<f64> = rows.iter().filter_map(|row| row.p_value.value()).collect();
    let mut adjusted = holm(&values).into_iter();
    for row in rows.iter_mut().filter(|row| row.p_value.value().is_some()) {
        row.adjusted = adjusted.next().map_or(Estimate::Undefined, Estimate::Value);
    }
}
