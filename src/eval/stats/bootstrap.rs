//! Percentile intervals over resampled clusters.
//!
//! What is measured inside one scenario family is correlated, so families are drawn, not cases.

use std::collections::BTreeMap;

use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64;

use super::estimate::Estimate;
use super::interval::{Interval, Method};

/// How often to draw, and the generator's seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resampling {
    /// Draws.
    pub resamples: u32,
    /// Seed: the same one gives the same interval.
    pub seed: u64,
}

impl Resampling {
    /// 4000 draws.
    #[must_use]
    pub const fn seeded(seed: u64) -> Self {
        Self {
            resamples: 4000,
            seed,
        }
    }

    /// Draws `clusters` positions out of `0..clusters` with replacement, as often as asked for.
    pub(super) fn draws(self, clusters: usize) -> impl Iterator<Item = Vec<usize>> {
        let mut generator = Pcg64::seed_from_u64(self.seed);
        let draws = if clusters == 0 { 0 } else { self.resamples };
        (0..draws).map(move |_| {
            (0..clusters)
                .map(|_| generator.random_range(0..clusters))
                .collect()
        })
    }
}

/// Groups items by cluster, in the order of the clusters' names: draws depend on that order.
pub fn by_cluster<T, K: Ord>(
    items: impl IntoIterator<Item = T>,
    cluster: impl Fn(&T) -> K,
) -> Vec<Vec<T>> {
    let mut clusters: BTreeMap<K, Vec<T>> = BTreeMap::new();
    for item in items {
        clusters.entry(cluster(&item)).or_default().push(item);
    }
    clusters.into_values().collect()
}

/// A 95 % percentile interval of `statistic`, by drawing whole clusters with replacement.
///
/// Draws on which the statistic is undefined are counted and left out of the percentiles.
pub fn cluster_bootstrap<T>(
    clusters: &[Vec<T>],
    statistic: impl Fn(&[&T]) -> Estimate,
    plan: Resampling,
) -> Interval {
    let draws = plan.draws(clusters.len());
    interval_over(clusters, statistic, draws, plan.seed).0
}

/// The interval over given draws, and the sorted values behind it.
pub(super) fn interval_over<T>(
    clusters: &[Vec<T>],
    statistic: impl Fn(&[&T]) -> Estimate,
    draws: impl Iterator<Item = Vec<usize>>,
    seed: u64,
) -> (Interval, Vec<f64>) {
    let mut values = Vec::new();
    let mut resamples = 0;
    for draw in draws {
        resamples += 1;
        let sample: Vec<&T> = draw
            .iter()
            .filter_map(|position| clusters.get(*position))
            .flatten()
            .collect();
        values.extend(statistic(&sample).value());
    }
    values.sort_by(f64::total_cmp);
    let method = Method::ClusterBootstrap {
        resamples,
        undefined: resamples.saturating_sub(values.len() as u32),
        seed,
    };
    let end = |share| quantile(&values, share);
    let interval = Interval::new(end(0.025), end(0.975), method, clusters.len() as u64);
    (interval, values)
}

/// A quantile of sorted values, interpolated linearly (Hyndman and Fan's type 7).
fn quantile(sorted: &[f64], share: f64) -> Estimate {
    let Some(last) = sorted.len().checked_sub(1) else {
        return Estimate::Undefined;
    };
    let position = share * last as f64;
    let below = position.floor();
    let at = |index: f64| sorted.get(index as usize).copied();
    match (at(below), at(position.ceil())) {
        (Some(low), Some(high)) => Estimate::finite(low + (high - low) * (position - below)),
        (None, _) | (_, None) => Estimate::Undefined,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::stats::{Support, mean};

    fn average(sample: &[&f64]) -> Estimate {
        mean(sample.iter().map(|value| Estimate::Value(**value)))
    }

    #[test]
    fn the_same_seed_gives_the_same_interval_and_another_seed_another() {
        let clusters = vec![vec![0.0, 1.0], vec![1.0], vec![0.25], vec![0.5, 0.75]];
        let interval = |seed| cluster_bootstrap(&clusters, average, Resampling::seeded(seed));
        assert_eq!(interval(7), interval(7));
        let draws = |seed| Resampling::seeded(seed).draws(4).collect::<Vec<_>>();
        assert_ne!(draws(7), draws(8));
        assert_eq!(interval(7).support, Support::Insufficient);
    }

    /// An upgrade of the generator that draws otherwise would change every published interval.
    #[test]
    fn a_seed_draws_what_it_always_drew() {
        let drawn: Vec<Vec<usize>> = Resampling::seeded(20_261_215).draws(10).take(2).collect();
        assert_eq!(
            drawn,
            [
                [1, 0, 3, 3, 7, 6, 1, 0, 3, 5],
                [1, 7, 5, 4, 4, 5, 7, 3, 9, 4]
            ]
        );
    }

    #[test]
    fn no_cluster_has_no_interval() {
        let interval = cluster_bootstrap(&[], average, Resampling::seeded(1));
        assert_eq!(interval.low, Estimate::Undefined);
        assert_eq!(interval.high, Estimate::Undefined);
        assert_eq!(interval.clusters, 0);
    }

    #[test]
    fn undefined_draws_are_counted_and_are_not_values() {
        let clusters = vec![vec![Some(1.0)], vec![None], vec![]];
        let interval = cluster_bootstrap(
            &clusters,
            |sample| {
                mean(
                    sample
                        .iter()
                        .map(|value| value.map_or(Estimate::Undefined, Estimate::Value)),
                )
            },
            Resampling::seeded(3),
        );
        let Method::ClusterBootstrap {
            resamples,
            undefined,
            seed,
        } = interval.method
        else {
            panic!("{interval:?}");
        };
        assert_eq!((resamples, seed), (4000, 3));
        // Two of three clusters give nothing: (2/3)³ of the draws.
        assert!((1100..1270).contains(&undefined), "{undefined}");
        assert_eq!(interval.low, Estimate::Value(1.0));
        assert_eq!(interval.high, Estimate::Value(1.0));
    }

    #[test]
    fn clusters_stand_in_the_order_of_their_names() {
        let found = by_cluster([("b", 1), ("a", 2), ("b", 3)], |item| item.0);
        assert_eq!(found, [vec![("a", 2)], vec![("b", 1), ("b", 3)]]);
    }
}
