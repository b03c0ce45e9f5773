//! The approved custodian roster at a time.

use std::cmp::Reverse;

use crate::capture::Capture;
use crate::instant::Instant;
use crate::record::RosterSnapshot;

/// Whether `from` ≤ `at` < `until`.
pub(crate) fn within(from: Instant, until: Option<Instant>, at: Instant) -> bool {
    from <= at && until.is_none_or(|until| at < until)
}

/// The approved rosters of a capture, as known at one instant, each with its members as people.
#[derive(Debug)]
pub(crate) struct ApprovedRosters {
    // INVARIANT: of two rosters in force at one time, the one that speaks stands first.
    rosters: Vec<ApprovedRoster>,
}

#[derive(Debug)]
struct ApprovedRoster {
    row: u32,
    from: Instant,
    until: Option<Instant>,
    // INVARIANT: sorted by person.
    members: Vec<Membership>,
}

#[derive(Debug)]
struct Membership {
    person: u32,
    from: Instant,
    until: Option<Instant>,
}

impl ApprovedRosters {
    /// The rosters of `capture` that were approved at or before `as_of`.
    pub(crate) fn find(capture: &Capture, as_of: Instant) -> Self {
        let rosters = &capture.tables().roster_snapshots;
        let mut approved: Vec<(u32, &RosterSnapshot)> = rosters
            .iter()
            .filter(|(_, roster)| roster.approved_at.is_some_and(|at| at <= as_of))
            .collect();
        // "Of several, the latest `effective_from`." Equal starts: the later approval speaks, then
        // the higher id, so that order of input never matters.
        approved.sort_by_key(|(row, roster)| {
            Reverse((roster.effective_from, roster.approved_at, *row))
        });
        let rosters = approved
            .into_iter()
            .map(|(row, roster)| ApprovedRoster {
                row,
                from: roster.effective_from,
                until: roster.effective_until,
                members: members(capture, roster),
            })
            .collect();
        Self { rosters }
    }

    /// The row of the roster in force at `at`: "`effective_from` ≤ t < `effective_until`".
    pub(crate) fn row_in_force(&self, at: Instant) -> Option<u32> {
        self.in_force(at).map(|roster| roster.row)
    }

    /// Whether the roster in force at `at` has the person at row `person` as a member then, whatever the role.
    pub(crate) fn has_member(&self, person: u32, at: Instant) -> bool {
        self.in_force(at).is_some_and(|roster| {
            let start = roster
                .members
                .partition_point(|member| member.person < person);
            let of_person = roster.members.iter().skip(start);
            of_person
                .take_while(|member| member.person == person)
                .any(|member| within(member.from, member.until, at))
        })
    }

    fn in_force(&self, at: Instant) -> Option<&ApprovedRoster> {
        self.rosters
            .iter()
            .find(|roster| within(roster.from, roster.until, at))
    }
}

fn members(capture: &Capture, roster: &RosterSnapshot) -> Vec<Membership> {
    let known = roster.members.iter().filter_map(|member| {
        Some(Membership {
            person: capture.resolve_person(member.person.as_str())?,
            from: member.from,
            until: member.until,
        })
    });
    let mut members: Vec<Membership> = known.collect();
    members.sort_by_key(|member| member.person);
    members
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
        let found =
            ApprovedRosters::find(&capture, at("2026-06-01T00:00:00Z")).row_in_force(at(time));
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
        let rosters = ApprovedRosters::find(&capture, at("2026-06-01T00:00:00Z"));
        let ana = capture.resolve_person("ana").unwrap();
        let member = |person, time| rosters.has_member(person, at(time));
        assert!(!member(ana, "2026-01-31T23:59:59Z"));
        assert!(member(ana, "2026-02-01T00:00:00Z"));
        assert!(!member(ana, "2026-03-01T00:00:00Z"));
        assert!(!member(ana + 1, "2026-02-01T00:00:00Z"));
    }
}
