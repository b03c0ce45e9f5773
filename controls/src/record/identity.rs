//! `identity/`: identity and access governance.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{FieldValue, Object, ObjectType, PersonRef, Text, Ty, Value};
use crate::instant::Instant;
use crate::status::{Disposition, RequirementStatus};

choice! {
    /// A person's standing with the company.
    pub enum EmploymentStatus {
        /// At work.
        Active = "active",
        /// Away for a time.
        OnLeave = "on_leave",
        /// Gone.
        Separated = "separated",
    }
}

object! {
    /// A person's acknowledgement of a training course.
    pub struct TrainingAcknowledgement {
        /// The course.
        course: Text,
        /// When it was acknowledged.
        acknowledged_at: Instant,
        /// When it expires by its own terms.
        expires_at: Option<Instant>,
    }
}

record! {
    /// A natural person.
    pub struct Person in People, seen |_| None, {
        /// The person's name.
        name: Text,
        /// The person's email address.
        email: Text,
        /// Other identifiers that logs know the person by.
        aliases: Vec<Text>,
        /// The person's standing.
        status: EmploymentStatus,
        /// When the person left.
        separated_at: Option<Instant>,
        /// Training acknowledgements.
        training: Vec<TrainingAcknowledgement>,
    }
}

object! {
    /// One entry of a roster.
    pub struct RosterMember {
        /// Who.
        person: PersonRef,
        /// In what roles.
        roles: Vec<Text>,
        /// From when.
        from: Instant,
        /// Until when, exclusively.
        until: Option<Instant>,
    }
}

record! {
    /// A dated version of the approved custodian roster.
    pub struct RosterSnapshot in RosterSnapshots, seen |roster| roster.approved_at, {
        /// The version's name.
        version: Text,
        /// Who approved it.
        approved_by: Option<PersonRef>,
        /// When it was approved.
        approved_at: Option<Instant>,
        /// From when it holds.
        effective_from: Instant,
        /// Until when it holds, exclusively.
        effective_until: Option<Instant>,
        /// Who is on it.
        members: Vec<RosterMember>,
    }
}

choice! {
    /// How lasting a role assignment is.
    pub enum AssignmentKind {
        /// Until changed.
        Standing = "standing",
        /// For a stated time.
        Temporary = "temporary",
        /// For a rotation.
        OnCall = "on_call",
    }
}

record! {
    /// A role given to a person.
    pub struct RoleAssignment in RoleAssignments, seen |_| None, {
        /// Who.
        person: PersonRef,
        /// The role.
        role: Text,
        /// How lasting.
        kind: AssignmentKind,
        /// From when.
        from: Instant,
        /// Until when, exclusively.
        until: Option<Instant>,
        /// Who gave it.
        approved_by: PersonRef,
    }
}

object! {
    /// Something promised at an earlier attestation.
    pub struct Commitment {
        /// Its name.
        id: Text,
        /// What was promised.
        text: Text,
        /// By when.
        due_at: Instant,
        /// When it was done.
        done_at: Option<Instant>,
    }
}

/// Statuses of an earlier cycle by requirement id. History to read; the rules do not judge by it.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct PriorStatuses(BTreeMap<String, RequirementStatus>);

impl PriorStatuses {
    /// The status that the requirement had.
    #[must_use]
    pub fn get(&self, requirement: &str) -> Option<RequirementStatus> {
        self.0.get(requirement).copied()
    }
}

// Its members are requirement ids, not fields: expressions see an object without any.
impl Object for PriorStatuses {
    fn object_type(&self) -> &'static ObjectType {
        Self::fields()
    }
    fn field(&self, _: usize) -> Value<'_> {
        Value::Null
    }
    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

impl PriorStatuses {
    /// The type's marker in field tables: its members are free, its values statuses.
    #[must_use]
    pub fn fields() -> &'static ObjectType {
        static TYPE: ObjectType = ObjectType {
            name: "PriorStatuses",
            fields: Vec::new(),
        };
        &TYPE
    }
}

impl FieldValue for PriorStatuses {
    fn ty() -> Ty {
        Ty::Object(Self::fields())
    }
    fn value(&self) -> Value<'_> {
        Value::Object(self)
    }
}

impl FieldValue for Disposition {
    fn ty() -> Ty {
        Ty::Enum(Self::NAMES)
    }
    fn value(&self) -> Value<'_> {
        Value::Text(self.as_str())
    }
}

record! {
    /// What was attested in an earlier cycle.
    pub struct PriorAttestation in PriorAttestations, seen |prior| Some(prior.as_of), {
        /// The cycle.
        cycle: Text,
        /// The instant it was judged for.
        as_of: Instant,
        /// The posture taken.
        posture: Disposition,
        /// The statuses then.
        statuses: PriorStatuses,
        /// What was promised.
        commitments: Vec<Commitment>,
        /// The reviewer's notes.
        reviewer_notes: Text,
    }
}
