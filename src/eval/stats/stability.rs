//! How steady repeated runs of the same case are.

use std::collections::BTreeSet;

use super::estimate::{Estimate, Proportion, mean};

/// pass^k: the chance that k runs drawn from n, of which `successes` succeeded, all succeed: C(s,k) / C(n,k).
///
/// Undefined for no runs, or more than there are.
#[must_use]
pub fn pass_hat_k(successes: u64, n: u64, k: u64) -> Estimate {
    if k == 0 || k > n || successes > n {
        return Estimate::Undefined;
    }
    let all = (0..k)
        .map(|i| successes.saturating_sub(i) as f64 / (n - i) as f64)
        .product();
    Estimate::Value(all)
}

/// How many of the cases that ran at least twice did not give the same answer every time.
#[must_use]
pub fn flips(cases: &[Vec<u8>]) -> Proportion {
    let repeated = cases.iter().filter(|answers| answers.len() > 1);
    Proportion::count(repeated, |answers| {
        answers.iter().any(|answer| Some(answer) != answers.first())
    })
}

/// The mean over all pairs of sets of |intersection| / |union|.
///
/// A pair of two empty sets shares nothing and differs in nothing: it has no value and is left out.
#[must_use]
pub fn mean_pairwise_jaccard<T: Ord>(sets: &[BTreeSet<T>]) -> Estimate {
    let pairs = sets.iter().enumerate().flat_map(|(position, first)| {
        sets.iter()
            .skip(position + 1)
            .map(move |second| (first, second))
    });
    mean(pairs.map(|(first, second)| {
        let shared = first.intersection(second).count() as f64;
        let all = first.union(second).count() as f64;
        Estimate::ratio(shared, all)
    }))
}
