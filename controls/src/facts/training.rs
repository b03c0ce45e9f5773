//! Whether a custodian's training is current.

use crate::instant::Instant;
use crate::record::TrainingAcknowledgement;

/// Whether the latest acknowledgement of `course` seen at `as_of` has not lapsed.
///
/// It lapses at the earlier of its own `expires_at` and `max_age_days` after it was acknowledged.
pub(crate) fn training_is_current(
    training: &[TrainingAcknowledgement],
    course: &str,
    max_age_days: u32,
    as_of: Instant,
) -> bool {
    let lapses_at = |entry: &TrainingAcknowledgement| {
        let by_age = entry.acknowledged_at.plus_days(max_age_days);
        entry.expires_at.map_or(by_age, |own| own.min(by_age))
    };
    training
        .iter()
        .filter(|entry| entry.course.as_str() == course && entry.acknowledged_at <= as_of)
        // Two acknowledgements at one instant: the one that lapses first speaks.
        .max_by_key(|entry| (entry.acknowledged_at, std::cmp::Reverse(lapses_at(entry))))
        // "What expires at t is expired at t."
        .is_some_and(|latest| as_of < lapses_at(latest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::testing::at;

    fn entry(course: &str, acknowledged: &str, expires: Option<&str>) -> TrainingAcknowledgement {
        TrainingAcknowledgement {
            course: course.into(),
            acknowledged_at: at(acknowledged),
            expires_at: expires.map(at),
        }
    }

    #[test]
    fn the_latest_acknowledgement_counts_and_lapses_at_the_earlier_limit() {
        let now = at("2027-01-01T00:00:00Z");
        let check = |entries: &[TrainingAcknowledgement], expected| {
            assert_eq!(
                training_is_current(entries, "kc", 365, now),
                expected,
                "{entries:?}"
            );
        };
        check(&[], false);
        check(&[entry("other", "2026-12-01T00:00:00Z", None)], false);
        check(&[entry("kc", "2026-12-01T00:00:00Z", None)], true);
        check(&[entry("kc", "2026-01-01T00:00:00Z", None)], false);
        check(&[entry("kc", "2026-01-01T00:00:01Z", None)], true);
        check(
            &[entry(
                "kc",
                "2026-12-01T00:00:00Z",
                Some("2027-01-01T00:00:00Z"),
            )],
            false,
        );
        check(
            &[entry(
                "kc",
                "2026-12-01T00:00:00Z",
                Some("2027-01-01T00:00:01Z"),
            )],
            true,
        );
        check(
            &[entry(
                "kc",
                "2025-12-01T00:00:00Z",
                Some("2030-01-01T00:00:00Z"),
            )],
            false,
        );
        // The later one has lapsed; the earlier one, still running, does not count.
        check(
            &[
                entry("kc", "2026-06-01T00:00:00Z", None),
                entry("kc", "2026-07-01T00:00:00Z", Some("2026-08-01T00:00:00Z")),
            ],
            false,
        );
        // An acknowledgement from after as-of is not seen.
        check(&[entry("kc", "2027-01-02T00:00:00Z", None)], false);
    }
}
