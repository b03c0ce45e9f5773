//! The approved custodian roster at a time.

use super::people::same_person;
use crate::capture::Capture;
use crate::instant::Instant;
use crate::record::RosterSnapshot;

/// Whether `from` ≤ `at` < `until`.
pub(crate) fn within(from: Instant, until: Option<Instant>, at: Instant) -> bool {
    from <= at && until.is_none_or(|until| at < until)
}

/// The row of the roster in force at `at`, as known at `as_of`.
///
/// "`effective_from` ≤ t < `effective_until`, approved at or before as-of; of several, the latest `effective_from`."
pub(crate) fn roster_in_force(capture: &Capture, at: Instant, as_of: Instant) -> Option<u32> {
    capture
        .tables()
        .roster_snapshots
        .iter()
        .filter(|(_, roster)| roster.approved_at.is_some_and(|approved| approved <= as_of))
        .filter(|(_, roster)| within(roster.effective_from, roster.effective_until, at))
        // Equal starts: the later approval speaks, then the higher id, so that order of input never matters.
        .max_by_key(|(row, roster)| (roster.effective_from, roster.approved_at, *row))
        .map(|(row, _)| row)
}

/// Whether `person` is a member of `roster` at `at`, whatever the role.
pub(crate) fn on_roster(
    capture: &Capture,
    roster: &RosterSnapshot,
    person: &str,
    at: Instant,
) -> bool {
    roster.members.iter().any(|member| {
        same_person(capture, member.person.as_str(), person)
            && within(member.from, member.until, at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::testing::{at, capture_of};
    use crate::kind::Kind;

    const PEOPLE: &str = r#"[{"id":"ana","name":"A","email":"a@x","aliases":["op-1"],"status":"active","training":[]}]"#;

    fn roster(id: &str, approved: &str, from: &str, until: &str) -> String {
        format!(
            r#"{{"id":"{id}","version":"{id}","approved_at":{approved},"effective_from":"{from}","effective_until":{until},
                "members":[{{"person":"op-1","roles":[],"from":"2026-02-01T00:00:00Z","until":"2026-03-01T00:00:00Z"}}]}}"#
        )
    }

    #[track_caller]
    fn check(rosters: &[String], time: &str, expected: Option<&str>) {
        let text = format!("[{}]", rosters.join(","));
        let capture = capture_of(&[(Kind::People, PEOPLE), (Kind::RosterSnapshots, &text)]);
        let found = roster_in_force(&capture, at(time), at("2026-06-01T00:00:00Z"));
        let id = found
            .and_then(|row| capture.tables().roster_snapshots.get(row))
            .map(|r| r.id.as_str());
        assert_eq!(id, expected);
    }

    #[test]
    fn the_roster_in_force_is_approved_and_covers_the_time() {
        let january = "2026-01-01T00:00:00Z";
        let r1 = roster(
            "R1",
            r#""2025-12-01T00:00:00Z""#,
            january,
            r#""2026-04-01T00:00:00Z""#,
        );
        let r2 = roster(
            "R2",
            r#""2026-03-01T00:00:00Z""#,
            "2026-03-15T00:00:00Z",
            "null",
        );
        let never = roster("R3", "null", "2026-04-15T00:00:00Z", "null");
        let later = roster(
            "R4",
            r#""2026-06-02T00:00:00Z""#,
            "2026-04-20T00:00:00Z",
            "null",
        );
        check(&[], january, None);
        check(&[r1.clone(), r2.clone()], "2025-12-31T23:59:59Z", None);
        check(&[r1.clone(), r2.clone()], january, Some("R1"));
        check(
            &[r1.clone(), r2.clone()],
            "2026-03-15T00:00:00Z",
            Some("R2"),
        );
        check(std::slice::from_ref(&r1), "2026-04-01T00:00:00Z", None);
        check(&[r1, r2, never, later], "2026-05-01T00:00:00Z", Some("R2"));
    }

    #[test]
    fn membership_runs_from_its_start_to_just_before_its_end() {
        let text = format!(
            "[{}]",
            roster(
                "R1",
                r#""2025-12-01T00:00:00Z""#,
                "2026-01-01T00:00:00Z",
                "null"
            )
        );
        let capture = capture_of(&[(Kind::People, PEOPLE), (Kind::RosterSnapshots, &text)]);
        let roster = capture.tables().roster_snapshots.get(0).unwrap();
        let member = |person, time| on_roster(&capture, roster, person, at(time));
        assert!(!member("ana", "2026-01-31T23:59:59Z"));
        assert!(member("ana", "2026-02-01T00:00:00Z"));
        assert!(!member("ana", "2026-03-01T00:00:00Z"));
        assert!(!member("nobody", "2026-02-01T00:00:00Z"));
    }
}
