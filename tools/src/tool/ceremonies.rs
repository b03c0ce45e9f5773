//! Questions about `ceremonies/`: key ceremonies, seal inspections, documents.

use custody_controls::instant::Instant;
use custody_controls::kind::{Kind, SourceSystem};
use custody_controls::record::{AuditAction, DocumentKind, InspectionResult};

use super::Tool;
use super::list::{List, list, names_person, names_record};
use super::read::ReadRecords;
use super::search::Search;

/// The tools of this source.
pub(crate) fn tools() -> Vec<Box<dyn Tool>> {
    vec![
        Box::new(List::<ListCeremonies>::new()),
        Box::new(List::<ListSealInspections>::new()),
        Box::new(List::<ListDocuments>::new()),
        Box::new(ReadRecords(SourceSystem::Ceremonies)),
        Box::new(Search(SourceSystem::Ceremonies)),
    ]
}

list! {
    ListCeremonies = "ceremonies_list_ceremonies", Ceremony in ceremonies,
    "Lists key ceremonies by id: keys, audit events, participants with roles and signatures, approvals, script, deviations." {
        /// Only ceremonies for this act.
        kind: AuditAction, by ["kind"], |ceremony, wanted, _| ceremony.kind == *wanted;
        /// Only ceremonies on the key with this id.
        key: String, by ["keys"], |ceremony, wanted, _| {
            let mut keys = ceremony.keys.iter();
            keys.any(|key| names_record(Kind::SigningKeys, key.as_str(), wanted))
        };
        /// Only ceremonies that list the audit event with this id.
        audit_event: String, by ["audit_events"], |ceremony, wanted, _| {
            let mut events = ceremony.audit_events.iter();
            events.any(|event| names_record(Kind::AuditEvents, event.as_str(), wanted))
        };
        /// Only ceremonies that this person (id or alias) took part in or approved.
        person: String, by ["participants", "approvals"], |ceremony, wanted, review| {
            let participants = ceremony.participants.iter().map(|participant| &participant.person);
            let approvers = ceremony.approvals.iter().map(|approval| &approval.person);
            let mut people = participants.chain(approvers);
            people.any(|person| names_person(review, person.as_str(), wanted))
        };
        /// Only ceremonies in which somebody acted on the role assignment with this id.
        role_assignment: String, by ["participants"], |ceremony, wanted, _| {
            let assignments = ceremony.participants.iter();
            let mut assignments = assignments.filter_map(|part| part.role_assignment.as_ref());
            assignments.any(|named| names_record(Kind::RoleAssignments, named.as_str(), wanted))
        };
        /// Only ceremonies performed at or after this time (RFC 3339 with offset).
        from: Instant, by ["performed_at"], |ceremony, wanted, _| ceremony.performed_at >= *wanted;
        /// Only ceremonies performed before this time (RFC 3339 with offset).
        to: Instant, by ["performed_at"], |ceremony, wanted, _| ceremony.performed_at < *wanted;
    }
}

list! {
    ListSealInspections = "ceremonies_list_seal_inspections", SealInspection in seal_inspections,
    "Lists inspections of the seals on escrow media by id: medium, serial read, time, inspectors, result." {
        /// Only inspections of the escrow medium with this id.
        media: String, by ["media"], |inspection, wanted, _| {
            names_record(Kind::EscrowMedia, inspection.media.as_str(), wanted)
        };
        /// Only inspections with this result.
        result: InspectionResult, by ["result"], |inspection, wanted, _| inspection.result == *wanted;
        /// Only inspections that this person (id or alias) made.
        person: String, by ["inspectors"], |inspection, wanted, review| {
            let mut inspectors = inspection.inspectors.iter();
            inspectors.any(|inspector| names_person(review, inspector.as_str(), wanted))
        };
        /// Only inspections made at or after this time (RFC 3339 with offset).
        from: Instant, by ["inspected_at"], |inspection, wanted, _| inspection.inspected_at >= *wanted;
        /// Only inspections made before this time (RFC 3339 with offset).
        to: Instant, by ["inspected_at"], |inspection, wanted, _| inspection.inspected_at < *wanted;
    }
}

list! {
    ListDocuments = "ceremonies_list_documents", Document in documents,
    "Lists documents by id with the beginning of their text; `ceremonies_read_records` shows it whole." {
        /// Only documents of this sort.
        kind: DocumentKind, by ["kind"], |document, wanted, _| document.kind == *wanted;
        /// Only documents written at or after this time (RFC 3339 with offset).
        from: Instant, by ["written_at"], |document, wanted, _| document.written_at >= *wanted;
        /// Only documents written before this time (RFC 3339 with offset).
        to: Instant, by ["written_at"], |document, wanted, _| document.written_at < *wanted;
    }
}
