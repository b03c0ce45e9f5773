//! Agreement of two raters, with and without correction for chance.

use super::confusion::Confusion;
use super::estimate::Estimate;

/// The share of pairs in the same category.
#[must_use]
pub fn observed_agreement(table: &Confusion) -> Estimate {
    let same = table
        .cells()
        .filter(|(row, column, _)| row == column)
        .map(|(_, _, count)| count)
        .sum();
    Estimate::ratio(same, table.total() as f64)
}

/// Cohen's kappa (1960): agreement beyond what both raters' own marginals give by chance.
///
/// Undefined where chance alone gives full agreement: both raters used one and the same category.
#[must_use]
pub fn cohen_kappa(table: &Confusion) -> Estimate {
    weighted_kappa(table, |row, column| f64::from(u8::from(row != column)))
}

/// Kappa with linear weights (Cohen 1968): two categories apart counts as twice the disagreement of one.
#[must_use]
pub fn linear_weighted_kappa(table: &Confusion) -> Estimate {
    weighted_kappa(table, |row, column| row.abs_diff(column) as f64)
}

/// 1 − observed disagreement / disagreement by chance. A common factor of the weights cancels out.
fn weighted_kappa(table: &Confusion, disagreement: impl Fn(usize, usize) -> f64) -> Estimate {
    let total = table.total() as f64;
    let observed: f64 = table
        .cells()
        .map(|(row, column, count)| disagreement(row, column) * count / total)
        .sum();
    let second = table.second_marginal();
    let by_chance: f64 = table
        .first_marginal()
        .iter()
        .enumerate()
        .flat_map(|(row, a)| {
            second
                .iter()
                .enumerate()
                .map(move |(column, b)| (row, column, a * b))
        })
        .map(|(row, column, share)| disagreement(row, column) * share)
        .sum();
    match Estimate::ratio(observed, by_chance) {
        Estimate::Value(ratio) => Estimate::finite(1.0 - ratio),
        Estimate::Undefined => Estimate::Undefined,
    }
}

/// Gwet's AC1 (2008), whose chance term does not collapse when one category prevails.
#[must_use]
pub fn gwet_ac1(table: &Confusion) -> Estimate {
    let categories = table.categories() as f64;
    let both = table.first_marginal();
    let spread: f64 = both
        .iter()
        .zip(table.second_marginal())
        .map(|(a, b)| f64::midpoint(*a, b))
        .map(|share| share * (1.0 - share))
        .sum();
    let by_chance = Estimate::ratio(spread, categories - 1.0);
    match (observed_agreement(table), by_chance) {
        (Estimate::Value(observed), Estimate::Value(chance)) => {
            Estimate::ratio(observed - chance, 1.0 - chance)
        }
        (Estimate::Undefined, _) | (_, Estimate::Undefined) => Estimate::Undefined,
    }
}
