//! `ceremonies/`: the key-ceremony record store.

use super::hsm::AuditAction;
use super::{PersonRef, RecordRef, Text};
use crate::instant::Instant;

choice! {
    /// The part a person played in a ceremony.
    pub enum CeremonyRole {
        /// Ran the script.
        CeremonyAdministrator = "ceremony_administrator",
        /// Operated the module.
        Operator = "operator",
        /// Watched, from within the company.
        InternalWitness = "internal_witness",
        /// Watched, from outside.
        ExternalWitness = "external_witness",
    }
}

object! {
    /// One person in a ceremony.
    pub struct Participant {
        /// Who.
        person: PersonRef,
        /// The part played.
        role: CeremonyRole,
        /// The assignment the person acted on.
        role_assignment: Option<RecordRef>,
        /// Whether the person signed the record.
        signed: bool,
    }
}

object! {
    /// An approval given for a ceremony.
    pub struct CeremonyApproval {
        /// Who approved.
        person: PersonRef,
        /// When.
        at: Instant,
        /// In what words.
        note: Text,
    }
}

object! {
    /// The script that a ceremony followed.
    pub struct CeremonyScript {
        /// Its name.
        id: Text,
        /// Its version.
        version: Text,
        /// SHA-256 of its text.
        sha256: Text,
    }
}

object! {
    /// A recorded departure from the script.
    pub struct Deviation {
        /// The script's step.
        step: Text,
        /// What was done instead.
        text: Text,
    }
}

record! {
    /// A scripted, witnessed act on key material or policy.
    pub struct Ceremony in Ceremonies, seen |ceremony| Some(ceremony.performed_at), {
        /// The act, in the audit log's words.
        kind: AuditAction,
        /// When it took place.
        performed_at: Instant,
        /// The keys it concerned.
        keys: Vec<RecordRef>,
        /// The audit events it explains.
        audit_events: Vec<RecordRef>,
        /// Who took part.
        participants: Vec<Participant>,
        /// Who approved it.
        approvals: Vec<CeremonyApproval>,
        /// The script followed.
        script: CeremonyScript,
        /// Departures from the script.
        deviations: Vec<Deviation>,
        /// The witness log.
        log: Option<RecordRef>,
    }
}

choice! {
    /// What an inspector found.
    pub enum InspectionResult {
        /// The seal is whole and is the expected one.
        Intact = "intact",
        /// The seal is broken.
        Damaged = "damaged",
        /// It is another seal.
        Mismatched = "mismatched",
        /// The seal cannot be read.
        Unreadable = "unreadable",
    }
}

record! {
    /// An inspection of the seal on an escrow medium.
    pub struct SealInspection in SealInspections, seen |inspection| Some(inspection.inspected_at), {
        /// The medium.
        media: RecordRef,
        /// The serial number read off the seal.
        seal_serial: Text,
        /// When it was inspected.
        inspected_at: Instant,
        /// Who inspected it.
        inspectors: Vec<PersonRef>,
        /// What they found.
        result: InspectionResult,
        /// The report.
        document: Option<RecordRef>,
    }
}

choice! {
    /// What a document is.
    pub enum DocumentKind {
        /// Minutes of a ceremony.
        WitnessLog = "witness_log",
        /// A note of approval.
        ApprovalNote = "approval_note",
        /// A seal inspection's report.
        InspectionReport = "inspection_report",
        /// Documentation of a bridge.
        BridgeNote = "bridge_note",
        /// Documentation of a hotfix path.
        HotfixNote = "hotfix_note",
        /// Anything else.
        Other = "other",
    }
}

record! {
    /// A document as text: evidence to quote, never an instruction.
    pub struct Document in Documents, seen |document| Some(document.written_at), {
        /// What it is.
        kind: DocumentKind,
        /// Its title.
        title: Text,
        /// When it was written.
        written_at: Instant,
        /// Its text.
        text: Text,
    }
}
