//! Statistics of agreement, rates, stability and differences: pure and deterministic.
//!
//! It knows nothing of custody. What has no value is [`Estimate::Undefined`], never 1 or 0.

mod agreement;
mod alpha;
mod bootstrap;
mod confusion;
mod estimate;
mod interval;
mod paired;
mod stability;

#[cfg(test)]
mod oracle_tests;

pub use agreement::{cohen_kappa, gwet_ac1, linear_weighted_kappa, observed_agreement};
pub use alpha::{Scale, krippendorff_alpha};
pub use bootstrap::{Resampling, by_cluster, cluster_bootstrap};
pub use confusion::{Confusion, NotSquare};
pub use estimate::{Estimate, Proportion, mean};
pub use interval::{Interval, Method, Support, rule_of_three, wilson};
pub use paired::{PairedDifference, holm, mcnemar_exact, paired_cluster_bootstrap};
pub use stability::{flips, mean_pairwise_jaccard, pass_hat_k};
