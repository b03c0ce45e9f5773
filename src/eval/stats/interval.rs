//! 95 % intervals, how each was made, and whether the sample is large enough to believe it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::estimate::{Estimate, Proportion};

/// The 97.5 % quantile of the standard normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// With fewer clusters than this a sample is insufficient.
const ENOUGH_CLUSTERS: u64 = 20;

/// A 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Interval {
    /// Lower end.
    pub low: Estimate,
    /// Upper end.
    pub high: Estimate,
    /// How it was made.
    pub method: Method,
    /// Independent groups of cases behind it.
    pub clusters: u64,
    /// Whether they are enough.
    pub support: Support,
}

/// How an interval was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "name", deny_unknown_fields)]
pub enum Method {
    /// Wilson's score interval of a share.
    Wilson,
    /// From zero to three divided by the trials: nothing was seen to happen.
    RuleOfThree,
    /// Percentiles of a statistic over resampled clusters.
    ClusterBootstrap {
        /// How often clusters were drawn.
        resamples: u32,
        /// Draws on which the statistic is undefined; they are not in the percentiles.
        undefined: u32,
        /// Seed of the generator.
        seed: u64,
    },
}

/// Whether a sample has enough clusters for its interval to be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Support {
    /// At least 20 clusters.
    Sufficient,
    /// Fewer than 20 clusters.
    Insufficient,
}

impl Support {
    /// What so many clusters are.
    #[must_use]
    pub const fn of(clusters: u64) -> Self {
        if clusters < ENOUGH_CLUSTERS {
            Self::Insufficient
        } else {
            Self::Sufficient
        }
    }
}

impl Interval {
    pub(super) const fn new(low: Estimate, high: Estimate, method: Method, clusters: u64) -> Self {
        Self {
            low,
            high,
            method,
            clusters,
            support: Support::of(clusters),
        }
    }
}

/// Wilson's score interval of a share (Wilson 1927, without continuity correction).
///
/// It takes the trials as independent; `clusters` says how many groups they come from.
#[must_use]
pub fn wilson(share: Proportion, clusters: u64) -> Interval {
    let n = share.denominator as f64;
    // What is counted more than once per trial is no share, and has no such interval.
    let is_share = share.numerator <= share.denominator;
    let ends = share.estimate().value().filter(|_| is_share).map(|p| {
        let centre = p + Z * Z / (2.0 * n);
        let half = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
        let scale = 1.0 + Z * Z / n;
        ((centre - half) / scale, (centre + half) / scale)
    });
    // Rounding must not push an end past a share that is exactly 0 or 1.
    let (low, high) = match ends {
        Some((low, high)) => (
            Estimate::finite(if share.numerator == 0 {
                0.0
            } else {
                low.max(0.0)
            }),
            Estimate::finite(if share.numerator == share.denominator {
                1.0
            } else {
                high.min(1.0)
            }),
        ),
        None => (Estimate::Undefined, Estimate::Undefined),
    };
    Interval::new(low, high, Method::Wilson, clusters)
}

/// The bound for something that did not happen in `trials` trials: three divided by the trials, at most 1.
///
/// Eypasch et al., BMJ 1995: 1 − 0.05^(1/n) is close to 3/n.
#[must_use]
pub fn rule_of_three(trials: u64, clusters: u64) -> Interval {
    let high = match Estimate::ratio(3.0, trials as f64) {
        Estimate::Value(bound) => Estimate::Value(bound.min(1.0)),
        Estimate::Undefined => Estimate::Undefined,
    };
    let low = match high {
        Estimate::Value(_) => Estimate::Value(0.0),
        Estimate::Undefined => Estimate::Undefined,
    };
    Interval::new(low, high, Method::RuleOfThree, clusters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fewer_than_twenty_clusters_are_insufficient() {
        assert_eq!(Support::of(0), Support::Insufficient);
        assert_eq!(Support::of(19), Support::Insufficient);
        assert_eq!(Support::of(20), Support::Sufficient);
    }

    #[test]
    fn nothing_tried_and_what_is_no_share_has_no_interval() {
        for interval in [
            wilson(Proportion::new(0, 0), 0),
            wilson(Proportion::new(3, 2), 0),
            rule_of_three(0, 0),
        ] {
            assert_eq!(interval.low, Estimate::Undefined);
            assert_eq!(interval.high, Estimate::Undefined);
            assert_eq!(interval.support, Support::Insufficient);
        }
    }

    #[test]
    fn the_rule_of_three_is_three_by_the_trials_and_never_past_one() {
        assert_eq!(rule_of_three(60, 30).high, Estimate::Value(0.05));
        assert_eq!(rule_of_three(2, 2).high, Estimate::Value(1.0));
        assert_eq!(rule_of_three(2, 2).low, Estimate::Value(0.0));
        assert_eq!(rule_of_three(60, 30).method, Method::RuleOfThree);
    }
}
