//! Differences of two runs on the same cases.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bootstrap::{Resampling, interval_over};
use super::estimate::Estimate;
use super::interval::Interval;

/// Differences below this are rounding.
const ROUNDING: f64 = 1e-12;

/// A difference, first minus second, over the same clusters.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PairedDifference {
    /// On the sample itself.
    pub difference: Estimate,
    /// Its interval.
    pub interval: Interval,
    /// How often a draw crosses zero, both sides counted; undefined where no draw has a value.
    pub p_value: Estimate,
}

/// Draws clusters once for both statistics, so that what a case adds to both cancels out.
///
/// An item holds what both runs made of one case. The p value is the doubled smaller share of draws
/// at or beyond zero, one added to both counts so that it is never zero (Davison and Hinkley 1997).
pub fn paired_cluster_bootstrap<T>(
    clusters: &[Vec<T>],
    first: impl Fn(&[&T]) -> Estimate,
    second: impl Fn(&[&T]) -> Estimate,
    plan: Resampling,
) -> PairedDifference {
    let draws = plan.draws(clusters.len());
    paired_over(clusters, first, second, draws, plan.seed)
}

/// The difference over given draws.
pub(super) fn paired_over<T>(
    clusters: &[Vec<T>],
    first: impl Fn(&[&T]) -> Estimate,
    second: impl Fn(&[&T]) -> Estimate,
    draws: impl Iterator<Item = Vec<usize>>,
    seed: u64,
) -> PairedDifference {
    let difference = |sample: &[&T]| match first(sample).minus(second(sample)) {
        // What is equal by algebra may differ in the last bit, and must count as crossing zero.
        Estimate::Value(value) if value.abs() < ROUNDING => Estimate::Value(0.0),
        other => other,
    };
    let whole: Vec<&T> = clusters.iter().flatten().collect();
    let (interval, values) = interval_over(clusters, difference, draws, seed);
    let tail = |beyond: &dyn Fn(f64) -> bool| {
        let count = values.iter().filter(|value| beyond(**value)).count();
        (count as f64 + 1.0) / (values.len() as f64 + 1.0)
    };
    let smaller = tail(&|value| value <= 0.0).min(tail(&|value| value >= 0.0));
    let p_value = if values.is_empty() {
        Estimate::Undefined
    } else {
        Estimate::Value((2.0 * smaller).min(1.0))
    };
    PairedDifference {
        difference: difference(&whole),
        interval,
        p_value,
    }
}

/// McNemar's exact test: the two-sided probability of so uneven a split of the cases that only one
/// run got right. `first_only` and `second_only` count them; without any, the answer is 1.
#[must_use]
pub fn mcnemar_exact(first_only: u64, second_only: u64) -> f64 {
    let n = first_only + second_only;
    let fewer = first_only.min(second_only);
    // ln C(n, 0) − n ln 2, then C(n, i + 1) = C(n, i) (n − i) / (i + 1).
    let mut log_term = -(n as f64) * std::f64::consts::LN_2;
    let mut tail = log_term.exp();
    for i in 0..fewer {
        log_term += ((n - i) as f64).ln() - ((i + 1) as f64).ln();
        tail += log_term.exp();
    }
    (2.0 * tail).min(1.0)
}

/// Holm's step-down adjustment (1979), in the order of the given p values.
#[must_use]
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<(usize, f64)> = p_values.iter().copied().enumerate().collect();
    order.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mut floor = 0.0_f64;
    let mut adjusted: Vec<(usize, f64)> = order
        .iter()
        .zip((1..=order.len()).rev())
        .map(|((position, p), left)| {
            floor = floor.max((p * left as f64).min(1.0));
            (*position, floor)
        })
        .collect();
    adjusted.sort_by_key(|(position, _)| *position);
    adjusted.into_iter().map(|(_, p)| p).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_by_rounding_alone_is_no_difference() {
        let found = paired_cluster_bootstrap(
            &[vec![1], vec![2]],
            |_| Estimate::Value(0.1 + 0.2),
            |_| Estimate::Value(0.3),
            Resampling::seeded(1),
        );
        assert_eq!(found.difference, Estimate::Value(0.0));
        assert_eq!(found.p_value, Estimate::Value(1.0));
    }
}
