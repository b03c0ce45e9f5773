//! Krippendorff's alpha: agreement among any number of ratings of each thing, some of them absent.

use std::collections::BTreeMap;

use super::estimate::Estimate;

/// What the distance between two categories means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Same or different.
    Nominal,
    /// Ordered: the distance is how many ratings lie between, half of the two ends.
    Ordinal,
}

/// Krippendorff's alpha over units, each with the ratings it got (Krippendorff 2011, "Computing
/// Krippendorff's Alpha-Reliability").
///
/// A unit with fewer than two ratings has nothing to compare and is left out. Undefined where only
/// one category was ever used, or no unit is left.
#[must_use]
pub fn krippendorff_alpha(units: &[Vec<u8>], scale: Scale) -> Estimate {
    let coincidences = coincidences(units);
    let mut totals: BTreeMap<u8, f64> = BTreeMap::new();
    for ((first, _), count) in &coincidences {
        *totals.entry(*first).or_default() += count;
    }
    let n: f64 = totals.values().sum();
    let distance = |first: u8, second: u8| distance(scale, &totals, first, second);
    let observed: f64 = coincidences
        .iter()
        .map(|((first, second), count)| count * distance(*first, *second))
        .sum();
    let expected: f64 = totals
        .iter()
        .flat_map(|(first, a)| {
            totals
                .iter()
                .map(move |(second, b)| (*first, *second, a * b))
        })
        .map(|(first, second, count)| count * distance(first, second))
        .sum();
    match Estimate::ratio((n - 1.0) * observed, expected) {
        Estimate::Value(ratio) => Estimate::finite(1.0 - ratio),
        Estimate::Undefined => Estimate::Undefined,
    }
}

/// How often each ordered pair of categories stands together in a unit, each unit weighing as its ratings do.
fn coincidences(units: &[Vec<u8>]) -> BTreeMap<(u8, u8), f64> {
    let mut pairs = BTreeMap::new();
    for unit in units.iter().filter(|unit| unit.len() > 1) {
        let weight = 1.0 / (unit.len() as f64 - 1.0);
        for (position, first) in unit.iter().enumerate() {
            for (other, second) in unit.iter().enumerate() {
                if position != other {
                    *pairs.entry((*first, *second)).or_default() += weight;
                }
            }
        }
    }
    pairs
}

/// The squared distance of two categories.
fn distance(scale: Scale, totals: &BTreeMap<u8, f64>, first: u8, second: u8) -> f64 {
    if first == second {
        return 0.0;
    }
    match scale {
        Scale::Nominal => 1.0,
        Scale::Ordinal => {
            let (low, high) = (first.min(second), first.max(second));
            let between: f64 = totals.range(low..=high).map(|(_, count)| count).sum();
            let end = |category| totals.get(&category).copied().unwrap_or_default();
            (between - f64::midpoint(end(low), end(high))).powi(2)
        }
    }
}
