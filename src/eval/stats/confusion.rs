//! How often two raters gave each pair of categories to the same thing.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A square table of counts over ordered categories: rows are the first rater's, columns the second's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(into = "Vec<Vec<u64>>", try_from = "Vec<Vec<u64>>")]
pub struct Confusion {
    // INVARIANT: as many rows as each row has counts.
    counts: Vec<Vec<u64>>,
}

/// Rows that make no square.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a table of {rows} rows has a row of {columns} counts")]
pub struct NotSquare {
    rows: usize,
    columns: usize,
}

impl TryFrom<Vec<Vec<u64>>> for Confusion {
    type Error = NotSquare;

    fn try_from(counts: Vec<Vec<u64>>) -> Result<Self, NotSquare> {
        let rows = counts.len();
        let odd = counts.iter().map(Vec::len).find(|length| *length != rows);
        match odd {
            Some(columns) => Err(NotSquare { rows, columns }),
            None => Ok(Self { counts }),
        }
    }
}

impl From<Confusion> for Vec<Vec<u64>> {
    fn from(table: Confusion) -> Self {
        table.counts
    }
}

impl Confusion {
    /// Counts pairs of categories `0..categories`. A larger category makes the table larger: nothing is dropped.
    pub fn tally(categories: u8, pairs: impl IntoIterator<Item = (u8, u8)>) -> Self {
        let pairs: Vec<(u8, u8)> = pairs.into_iter().collect();
        let seen = pairs
            .iter()
            .map(|(first, second)| usize::from(*first.max(second)) + 1);
        let size = seen.max().unwrap_or_default().max(usize::from(categories));
        let mut counts = vec![vec![0; size]; size];
        for (first, second) in pairs {
            let cell = counts
                .get_mut(usize::from(first))
                .and_then(|row: &mut Vec<u64>| row.get_mut(usize::from(second)));
            if let Some(cell) = cell {
                *cell += 1;
            }
        }
        Self { counts }
    }

    /// The rows, in the order of the categories.
    #[must_use]
    pub fn rows(&self) -> &[Vec<u64>] {
        &self.counts
    }

    /// How many categories there are.
    #[must_use]
    pub const fn categories(&self) -> usize {
        self.counts.len()
    }

    /// How many pairs were counted.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.iter().flatten().sum()
    }

    /// Each cell with its row, column and count.
    pub(super) fn cells(&self) -> impl Iterator<Item = (usize, usize, f64)> {
        self.counts.iter().enumerate().flat_map(|(row, counts)| {
            counts
                .iter()
                .enumerate()
                .map(move |(column, count)| (row, column, *count as f64))
        })
    }

    /// The first rater's share of each category. Empty where nothing was counted.
    pub(super) fn first_marginal(&self) -> Vec<f64> {
        self.shares(self.counts.iter().map(|row| row.iter().sum()))
    }

    /// The second rater's share of each category. Empty where nothing was counted.
    pub(super) fn second_marginal(&self) -> Vec<f64> {
        let columns = 0..self.counts.len();
        self.shares(columns.map(|column| {
            self.counts
                .iter()
                .filter_map(|row| row.get(column))
                .sum::<u64>()
        }))
    }

    fn shares(&self, counts: impl Iterator<Item = u64>) -> Vec<f64> {
        let total = self.total();
        if total == 0 {
            return Vec::new();
        }
        counts.map(|count| count as f64 / total as f64).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_counted_by_row_and_column() {
        let table = Confusion::tally(3, [(0, 0), (0, 2), (2, 1), (0, 2)]);
        assert_eq!(table.rows(), [vec![1, 0, 2], vec![0, 0, 0], vec![0, 1, 0]]);
        assert_eq!((table.categories(), table.total()), (3, 4));
        assert_eq!(table.first_marginal(), [0.75, 0.0, 0.25]);
        assert_eq!(table.second_marginal(), [0.25, 0.25, 0.5]);
    }

    #[test]
    fn a_table_survives_json_and_one_that_is_no_square_is_refused() {
        let table = Confusion::tally(2, [(0, 1)]);
        let json = serde_json::to_string(&table).unwrap();
        assert_eq!(json, "[[0,1],[0,0]]");
        assert_eq!(serde_json::from_str::<Confusion>(&json).unwrap(), table);
        let refused = serde_json::from_str::<Confusion>("[[0,1],[0]]").unwrap_err();
        assert_eq!(
            refused.to_string(),
            "a table of 2 rows has a row of 1 counts"
        );
    }

    #[test]
    fn a_category_past_the_last_enlarges_the_table() {
        let table = Confusion::tally(2, [(3, 0)]);
        assert_eq!((table.categories(), table.total()), (4, 1));
    }
}
