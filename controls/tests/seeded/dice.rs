//! A small linear congruential generator: the same numbers everywhere, for ever.

/// Numbers by seed.
#[derive(Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    /// Starts at `seed`.
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `limit`; 0 where the limit is 0.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let number = usize::try_from(self.0 >> 33).unwrap_or_default();
        number.checked_rem(limit).unwrap_or_default()
    }

    /// One of `choices`; the empty text where there is none.
    pub(crate) fn pick<'c>(&mut self, choices: &[&'c str]) -> &'c str {
        let index = self.below(choices.len());
        choices.get(index).copied().unwrap_or_default()
    }
}
