use std::collections::BTreeSet;

use serde::Deserialize;

use super::bootstrap::interval_over;
use super::paired::paired_over;
use super::*;

const RECORDED: &str = include_str!("../../../evals/oracle/statistics.json");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Recorded {
    #[serde(rename = "made")]
    _made: String,
    agreement: Vec<Agreement>,
    alpha: Vec<Alpha>,
    wilson: Vec<Wilson>,
    zero_events: Vec<ZeroEvents>,
    enumerated: Vec<Enumerated>,
    enumerated_pairs: Vec<EnumeratedPairs>,
    resampled: Vec<Resampled>,
    mcnemar: Vec<Mcnemar>,
    holm: Vec<Holm>,
    pass_hat_k: Vec<PassHat>,
    flips: Vec<Flips>,
    jaccard: Vec<Jaccard>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Agreement {
    name: String,
    table: Confusion,
    observed: Estimate,
    kappa: Estimate,
    weighted: Estimate,
    ac1: Estimate,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Alpha {
    name: String,
    units: Vec<Vec<u8>>,
    nominal: Estimate,
    ordinal: Estimate,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wilson {
    successes: u64,
    trials: u64,
    low: Estimate,
    high: Estimate,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ZeroEvents {
    trials: u64,
    exact: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Enumerated {
    name: String,
    clusters: Vec<Vec<(u8, u8)>>,
    statistic: String,
    draws: u32,
    undefined: u32,
    low: Estimate,
    high: Estimate,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EnumeratedPairs {
    name: String,
    clusters: Vec<Vec<(u8, u8, u8)>>,
    difference: Estimate,
    undefined: u32,
    low: Estimate,
    high: Estimate,
    p: Estimate,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Resampled {
    statistic: String,
    clusters: Vec<Vec<(u8, u8)>>,
    low: Estimate,
    high: Estimate,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Mcnemar {
    first_only: u64,
    second_only: u64,
    p: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Holm {
    given: Vec<f64>,
    adjusted: Vec<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PassHat {
    successes: u64,
    n: u64,
    k: u64,
    value: Estimate,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Flips {
    cases: Vec<Vec<u8>>,
    flipped: u64,
    repeated: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Jaccard {
    sets: Vec<BTreeSet<String>>,
    value: Estimate,
}

fn recorded() -> Recorded {
    serde_json::from_str(RECORDED).unwrap()
}

/// Equal up to `tolerance`, and undefined exactly where the recorded value is.
#[track_caller]
fn close(found: Estimate, expected: Estimate, tolerance: f64, what: &str) {
    match (found, expected) {
        (Estimate::Value(found), Estimate::Value(expected)) => assert!(
            (found - expected).abs() <= tolerance * expected.abs().max(1.0),
            "{what}: {found}, recorded {expected}"
        ),
        (Estimate::Undefined, Estimate::Undefined) => {}
        (found, expected) => panic!("{what}: {found:?}, recorded {expected:?}"),
    }
}

#[track_caller]
fn same(found: Estimate, expected: Estimate, what: &str) {
    close(found, expected, 1e-12, what);
}

/// All draws of `clusters` clusters, each once.
fn every_draw(clusters: usize) -> impl Iterator<Item = Vec<usize>> {
    let size = u32::try_from(clusters).unwrap();
    (0..clusters.pow(size)).map(move |number| {
        (0..size)
            .map(|position| number / clusters.pow(position) % clusters)
            .collect()
    })
}

fn undefined_draws(interval: &Interval) -> (u32, u32) {
    match interval.method {
        Method::ClusterBootstrap {
            resamples,
            undefined,
            ..
        } => (resamples, undefined),
        Method::Wilson | Method::RuleOfThree => panic!("{interval:?}"),
    }
}

fn statistic(name: &str) -> fn(&[&(u8, u8)]) -> Estimate {
    match name {
        "kappa" => |sample| cohen_kappa(&Confusion::tally(3, sample.iter().copied().copied())),
        "agreement" => {
            |sample| observed_agreement(&Confusion::tally(3, sample.iter().copied().copied()))
        }
        other => panic!("{other}"),
    }
}

#[test]
fn agreement_is_what_scikit_learn_and_irrcac_find() {
    let cases = recorded().agreement;
    assert!(cases.len() >= 15);
    for case in cases {
        let (table, name) = (&case.table, &case.name);
        same(observed_agreement(table), case.observed, name);
        same(cohen_kappa(table), case.kappa, name);
        same(linear_weighted_kappa(table), case.weighted, name);
        same(gwet_ac1(table), case.ac1, name);
    }
}

#[test]
fn alpha_is_what_the_krippendorff_package_finds() {
    for case in recorded().alpha {
        let of = |scale| krippendorff_alpha(&case.units, scale);
        same(of(Scale::Nominal), case.nominal, &case.name);
        same(of(Scale::Ordinal), case.ordinal, &case.name);
    }
}

#[test]
fn wilson_intervals_are_those_of_statsmodels() {
    for case in recorded().wilson {
        let found = wilson(Proportion::new(case.successes, case.trials), 40);
        let what = format!("{} of {}", case.successes, case.trials);
        same(found.low, case.low, &what);
        same(found.high, case.high, &what);
    }
}

#[test]
fn the_rule_of_three_covers_the_exact_bound_closely() {
    for case in recorded().zero_events {
        let bound = rule_of_three(case.trials, 40).high.value().unwrap();
        assert!(bound >= case.exact, "{}", case.trials);
        assert!(bound / case.exact < 1.17, "{}", case.trials);
    }
}

#[test]
fn over_every_possible_draw_the_interval_is_numpys_percentiles_of_them() {
    for case in recorded().enumerated {
        let (interval, _) = interval_over(
            &case.clusters,
            statistic(&case.statistic),
            every_draw(case.clusters.len()),
            0,
        );
        let what = format!("{}, {}", case.name, case.statistic);
        assert_eq!(
            undefined_draws(&interval),
            (case.draws, case.undefined),
            "{what}"
        );
        same(interval.low, case.low, &what);
        same(interval.high, case.high, &what);
    }
}

#[test]
fn drawn_at_random_the_share_of_undefined_draws_is_that_of_all_draws() {
    for case in recorded().enumerated {
        let plan = Resampling::seeded(11);
        let interval = cluster_bootstrap(&case.clusters, statistic(&case.statistic), plan);
        let (resamples, undefined) = undefined_draws(&interval);
        let found = f64::from(undefined) / f64::from(resamples);
        let expected = f64::from(case.undefined) / f64::from(case.draws);
        // Four standard errors of a share over 4000 draws are at most 0.032.
        assert!((found - expected).abs() < 0.032, "{}: {found}", case.name);
    }
}

#[test]
fn four_thousand_draws_come_close_to_scipys_twenty_thousand() {
    for case in recorded().resampled {
        for seed in [1, 2, 3] {
            let plan = Resampling::seeded(seed);
            let found = cluster_bootstrap(&case.clusters, statistic(&case.statistic), plan);
            assert_eq!(found.support, Support::Sufficient);
            close(found.low, case.low, 0.015, &case.statistic);
            close(found.high, case.high, 0.015, &case.statistic);
        }
    }
}

#[test]
fn over_every_possible_draw_the_difference_is_the_recorded_one() {
    for case in recorded().enumerated_pairs {
        let kappa = |pairs: Vec<(u8, u8)>| cohen_kappa(&Confusion::tally(3, pairs));
        let first = |sample: &[&(u8, u8, u8)]| {
            kappa(
                sample
                    .iter()
                    .map(|(truth, one, _)| (*truth, *one))
                    .collect(),
            )
        };
        let second = |sample: &[&(u8, u8, u8)]| {
            kappa(
                sample
                    .iter()
                    .map(|(truth, _, other)| (*truth, *other))
                    .collect(),
            )
        };
        let draws = every_draw(case.clusters.len());
        let found = paired_over(&case.clusters, first, second, draws, 0);
        let name = &case.name;
        same(found.difference, case.difference, name);
        same(found.interval.low, case.low, name);
        same(found.interval.high, case.high, name);
        same(found.p_value, case.p, name);
        assert_eq!(undefined_draws(&found.interval).1, case.undefined, "{name}");
        let plan = Resampling::seeded(5);
        let drawn = paired_cluster_bootstrap(&case.clusters, first, second, plan);
        close(drawn.p_value, case.p, 0.05, name);
    }
}

#[test]
fn mcnemar_is_what_statsmodels_finds() {
    for case in recorded().mcnemar {
        let found = mcnemar_exact(case.first_only, case.second_only);
        let what = format!("{} : {}", case.first_only, case.second_only);
        // Relative to the value, however small it is.
        assert!((found / case.p - 1.0).abs() < 1e-9, "{what}: {found}");
    }
}

#[test]
fn mcnemar_survives_more_cases_than_a_power_of_two_can_hold() {
    assert!((mcnemar_exact(5000, 5000) - 1.0).abs() < 1e-9);
    assert!(mcnemar_exact(0, 5000) < 1e-300);
}

#[test]
fn holm_is_what_statsmodels_finds() {
    assert_eq!(holm(&[]), Vec::<f64>::new());
    for case in recorded().holm {
        let found = holm(&case.given);
        assert_eq!(found.len(), case.adjusted.len());
        for (found, expected) in found.iter().zip(&case.adjusted) {
            assert!(
                (found - expected).abs() < 1e-12,
                "{:?}: {found}",
                case.given
            );
        }
    }
}

#[test]
fn pass_hat_k_is_the_quotient_of_binomials() {
    for case in recorded().pass_hat_k {
        let what = format!("{} of {}, k {}", case.successes, case.n, case.k);
        let found = pass_hat_k(case.successes, case.n, case.k);
        same(found, case.value, &what);
        if let (Estimate::Value(found), Estimate::Value(expected)) = (found, case.value)
            && expected > 0.0
        {
            assert!((found / expected - 1.0).abs() < 1e-9, "{what}: {found}");
        }
    }
}

#[test]
fn flips_are_counted_among_cases_that_ran_twice() {
    for case in recorded().flips {
        assert_eq!(
            flips(&case.cases),
            Proportion::new(case.flipped, case.repeated)
        );
    }
}

#[test]
fn jaccard_is_what_scikit_learn_finds() {
    for case in recorded().jaccard {
        let what = format!("{:?}", case.sets);
        same(mean_pairwise_jaccard(&case.sets), case.value, &what);
    }
}
