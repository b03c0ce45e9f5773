//! How old a proof may be.

use crate::instant::Instant;

/// Whether `at` lies more than `days` × 86 400 seconds before `as_of`. What lies ahead is not old.
pub(crate) fn older_than(at: Instant, days: u32, as_of: Instant) -> bool {
    // "Older than N d" is more than N × 86 400 s: exactly N days is not older.
    at.plus_days(days) < as_of
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(at: &str, days: u32, as_of: &str, expected: bool) {
        let parse = |text| Instant::parse(text).unwrap();
        assert_eq!(
            older_than(parse(at), days, parse(as_of)),
            expected,
            "{at} {days} {as_of}"
        );
    }

    #[test]
    fn exactly_the_limit_is_not_older_and_any_fraction_more_is() {
        check("2026-01-01T00:00:00Z", 184, "2026-07-04T00:00:00Z", false);
        check(
            "2026-01-01T00:00:00Z",
            184,
            "2026-07-04T00:00:00.000000001Z",
            true,
        );
        check("2026-01-01T00:00:00Z", 184, "2026-07-03T23:59:59Z", false);
        check(
            "2026-01-01T00:00:00+02:00",
            184,
            "2026-07-04T00:00:00Z",
            true,
        );
        check("2026-01-01T00:00:00Z", 0, "2026-01-01T00:00:00Z", false);
        check("2027-01-01T00:00:00Z", 35, "2026-01-01T00:00:00Z", false);
    }
}
