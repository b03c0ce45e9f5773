//! Parts in a ceremony and the role assignments they were played on.

use super::people::{people_named, same_person};
use super::roster::within;
use crate::capture::Capture;
use crate::instant::Instant;
use crate::record::{AssignmentKind, CeremonyRole, Participant, RoleAssignment};

/// Whether `assignment` let `person` act at `at`: it is theirs and, where it is temporary or on-call, in force.
pub(crate) fn assignment_holds(
    capture: &Capture,
    assignment: &RoleAssignment,
    person: &str,
    at: Instant,
) -> bool {
    let theirs = same_person(capture, assignment.person.as_str(), person);
    theirs
        && match assignment.kind {
            AssignmentKind::Standing => true,
            AssignmentKind::Temporary | AssignmentKind::OnCall => {
                within(assignment.from, assignment.until, at)
            }
        }
}

/// Whether the assignment is one that ends: temporary or on-call.
pub(crate) const fn acts_on_temporary_role(assignment: &RoleAssignment) -> bool {
    match assignment.kind {
        AssignmentKind::Standing => false,
        AssignmentKind::Temporary | AssignmentKind::OnCall => true,
    }
}

/// Whether there is a witness, and no witness also operated or administered.
pub(crate) fn witnesses_are_independent(capture: &Capture, participants: &[Participant]) -> bool {
    let is_witness = |participant: &&Participant| match participant.role {
        CeremonyRole::InternalWitness | CeremonyRole::ExternalWitness => true,
        CeremonyRole::Operator | CeremonyRole::CeremonyAdministrator => false,
    };
    let (witnesses, actors): (Vec<&Participant>, Vec<&Participant>) =
        participants.iter().partition(is_witness);
    let named = |participants: &[&Participant]| {
        let references = participants
            .iter()
            .map(|participant| participant.person.as_str());
        people_named(capture, references)
    };
    // "No witness, or a witness who is operator or administrator of the same ceremony, is not independent."
    !witnesses.is_empty() && named(&witnesses).is_disjoint(&named(&actors))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::testing::{at, capture_of};
    use crate::kind::Kind;

    fn capture() -> Capture {
        capture_of(&[
            (
                Kind::People,
                r#"[{"id":"ana","name":"A","email":"a@x","aliases":["op-1"],"status":"active","training":[]},
                    {"id":"bo","name":"B","email":"b@x","aliases":[],"status":"active","training":[]}]"#,
            ),
            (
                Kind::RoleAssignments,
                r#"[{"id":"S","person":"ana","role":"operator","kind":"standing","from":"2026-01-01T00:00:00Z","until":"2026-02-01T00:00:00Z","approved_by":"bo"},
                    {"id":"T","person":"ana","role":"operator","kind":"on_call","from":"2026-01-01T00:00:00Z","until":"2026-02-01T00:00:00Z","approved_by":"bo"}]"#,
            ),
        ])
    }

    #[test]
    fn a_temporary_role_holds_only_while_in_force_and_only_for_its_person() {
        let capture = capture();
        let check = |id, person, time, expected| {
            let assignments = &capture.tables().role_assignments;
            let assignment = assignments.get(assignments.find(id).unwrap()).unwrap();
            assert_eq!(
                assignment_holds(&capture, assignment, person, at(time)),
                expected,
                "{id} {person} {time}"
            );
        };
        check("T", "op-1", "2026-01-01T00:00:00Z", true);
        check("T", "ana", "2026-02-01T00:00:00Z", false);
        check("T", "ana", "2025-12-31T00:00:00Z", false);
        check("T", "bo", "2026-01-15T00:00:00Z", false);
        check("S", "ana", "2026-03-01T00:00:00Z", true);
        check("S", "bo", "2026-01-15T00:00:00Z", false);
    }

    #[test]
    fn witnesses_are_independent_only_if_there_is_one_and_none_of_them_acted() {
        let capture = capture();
        let participant = |person: &str, role| Participant {
            person: person.into(),
            role,
            role_assignment: None,
            signed: true,
        };
        use CeremonyRole::{CeremonyAdministrator, ExternalWitness, InternalWitness, Operator};
        let check = |roles: &[(&str, CeremonyRole)], expected| {
            let all: Vec<Participant> = roles
                .iter()
                .map(|(person, role)| participant(person, *role))
                .collect();
            assert_eq!(
                witnesses_are_independent(&capture, &all),
                expected,
                "{roles:?}"
            );
        };
        check(&[], false);
        check(&[("ana", Operator)], false);
        check(&[("ana", Operator), ("bo", InternalWitness)], true);
        check(&[("ana", Operator), ("op-1", ExternalWitness)], false);
        check(
            &[("ana", CeremonyAdministrator), ("ana", InternalWitness)],
            false,
        );
        check(
            &[
                ("ana", Operator),
                ("bo", InternalWitness),
                ("ana", InternalWitness),
            ],
            false,
        );
    }
}
