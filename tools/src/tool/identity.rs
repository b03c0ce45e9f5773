//! Questions about `identity/`: people, rosters, role assignments, earlier attestations.

use custody_controls::instant::Instant;
use custody_controls::kind::SourceSystem;
use custody_controls::record::{AssignmentKind, EmploymentStatus};
use custody_controls::status::Disposition;

use super::Tool;
use super::list::{List, list, names_person, spans};
use super::read::ReadRecords;
use super::search::Search;

/// The tools of this source.
pub(crate) fn tools() -> Vec<Box<dyn Tool>> {
    vec![
        Box::new(List::<ListPeople>::new()),
        Box::new(List::<ListRosters>::new()),
        Box::new(List::<ListRoleAssignments>::new()),
        Box::new(List::<ListPriorAttestations>::new()),
        Box::new(ReadRecords(SourceSystem::Identity)),
        Box::new(Search(SourceSystem::Identity)),
    ]
}

list! {
    ListPeople = "identity_list_people", Person in people,
    "Lists people by id: aliases that logs know them by, employment status, separation, training acknowledgements." {
        /// Only the person with this id or alias.
        person: String, by ["id"], |person, wanted, review| {
            names_person(review, person.id.as_str(), wanted)
        };
        /// Only people of this employment status.
        status: EmploymentStatus, by ["status"], |person, wanted, _| person.status == *wanted;
        /// Only people who acknowledged this training course at some time.
        course: String, by ["training"], |person, wanted, _| {
            person.training.iter().any(|training| training.course.as_str() == wanted)
        };
    }
}

list! {
    ListRosters = "identity_list_rosters", RosterSnapshot in roster_snapshots,
    "Lists versions of the custodian roster by id: approval, the time for which each holds, members with roles." {
        /// Only rosters that state this time (RFC 3339 with offset) within their effective time.
        effective_at: Instant, by ["effective_from", "effective_until"], |roster, wanted, _| {
            spans(roster.effective_from, roster.effective_until, *wanted)
        };
        /// Only rosters with this member (id or alias).
        person: String, by ["members"], |roster, wanted, review| {
            let mut members = roster.members.iter();
            members.any(|member| names_person(review, member.person.as_str(), wanted))
        };
    }
}

list! {
    ListRoleAssignments = "identity_list_role_assignments", RoleAssignment in role_assignments,
    "Lists roles given to people by id: standing, temporary or for an on-call rotation, from when until when, by whom." {
        /// Only assignments to this person (id or alias).
        person: String, by ["person"], |assignment, wanted, review| {
            names_person(review, assignment.person.as_str(), wanted)
        };
        /// Only assignments of this role.
        role: String, by ["role"], |assignment, wanted, _| assignment.role.as_str() == wanted;
        /// Only assignments that last like this.
        kind: AssignmentKind, by ["kind"], |assignment, wanted, _| assignment.kind == *wanted;
        /// Only assignments that hold at this time (RFC 3339 with offset).
        held_at: Instant, by ["from", "until"], |assignment, wanted, _| {
            spans(assignment.from, assignment.until, *wanted)
        };
    }
}

list! {
    ListPriorAttestations = "identity_list_prior_attestations", PriorAttestation in prior_attestations,
    "Lists what was attested in earlier cycles by id: posture, statuses, commitments, reviewer's notes. History, and no evidence for this cycle." {
        /// Only the attestation of this cycle.
        cycle: String, by ["cycle"], |prior, wanted, _| prior.cycle.as_str() == wanted;
        /// Only attestations with this posture.
        posture: Disposition, by ["posture"], |prior, wanted, _| prior.posture == *wanted;
    }
}
