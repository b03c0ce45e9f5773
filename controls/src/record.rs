//! The fourteen record kinds, as the contract with the source systems has them.
//!
//! Each kind is declared once: its Rust type is its JSON schema and its field table.
//! Records are read only; nothing here loads, judges or prints them.

#[macro_use]
mod macros;
mod ceremonies;
mod exceptions;
mod field;
mod hsm;
mod identity;
mod release;
mod text;

pub use ceremonies::{
    Ceremony, CeremonyApproval, CeremonyRole, CeremonyScript, Deviation, Document, DocumentKind,
    InspectionResult, Participant, SealInspection,
};
pub use exceptions::{CompensatingControl, ControlException, ExceptionScope, ExceptionState};
pub use field::{FieldType, FieldValue, Object, ObjectType, Sequence, Ty, Value};
pub use hsm::{
    AuditAction, AuditEvent, Environment, EscrowMedium, EscrowMediumState, HsmModule,
    KeyAttestation, KeyAttributes, KeyResidency, KeyState, MediumKind, ModuleValidation,
    PolicyChange, QuorumPolicy, ResidencyKind, SigningKey, ValidationStatus,
};
pub use identity::{
    AssignmentKind, Commitment, EmploymentStatus, Person, PriorAttestation, RoleAssignment,
    RosterMember, RosterSnapshot, TrainingAcknowledgement,
};
pub use release::{NotarizationBridge, PathKind, PipelineConfig, SigningPath};
pub use text::{PersonRef, RecordId, RecordRef, Text};

use crate::instant::Instant;
use crate::kind::Kind;

/// What every record kind has.
pub trait Record: Object + serde::de::DeserializeOwned + schemars::JsonSchema {
    /// The kind.
    const KIND: Kind;
    /// The record's id.
    fn id(&self) -> &str;
    /// The record's own time: a record from after as-of is not seen. `None` where it states none.
    fn own_time(&self) -> Option<Instant>;
    /// Where a person opens the original.
    fn source_url(&self) -> Option<&str>;
    /// The fields that a record of this kind has.
    fn fields_of_kind() -> &'static ObjectType;
}
