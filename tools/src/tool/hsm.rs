//! Questions about `hsm/`: keys, modules, the audit log, escrow media.

use custody_controls::instant::Instant;
use custody_controls::kind::{Kind, SourceSystem};
use custody_controls::record::{
    AuditAction, Environment, EscrowMediumState, KeyState, MediumKind, ResidencyKind,
    ValidationStatus,
};

use super::Tool;
use super::list::{List, list, names_person, names_record};
use super::read::ReadRecords;
use super::search::Search;

/// The tools of this source.
pub(crate) fn tools() -> Vec<Box<dyn Tool>> {
    vec![
        Box::new(List::<ListKeys>::new()),
        Box::new(List::<ListModules>::new()),
        Box::new(List::<ListAuditEvents>::new()),
        Box::new(List::<ListEscrowMedia>::new()),
        Box::new(ReadRecords(SourceSystem::Hsm)),
        Box::new(Search(SourceSystem::Hsm)),
    ]
}

list! {
    ListKeys = "hsm_list_keys", SigningKey in signing_keys,
    "Lists signing keys of the custody registry by id: residency, protection attributes, key attestation, quorum, authorized custodians." {
        /// Only keys used in this environment.
        environment: Environment, by ["environment"], |key, wanted, _| key.environment == *wanted;
        /// Only keys in this life-cycle state.
        state: KeyState, by ["state"], |key, wanted, _| key.state == *wanted;
        /// Only keys held this way.
        residency: ResidencyKind, by ["residency"], |key, wanted, _| key.residency.kind == *wanted;
        /// Only keys on the module with this id.
        module: String, by ["residency"], |key, wanted, _| {
            let module = key.residency.module.as_ref();
            module.is_some_and(|module| names_record(Kind::Modules, module.as_str(), wanted))
        };
        /// Only keys that sign this artifact class.
        artifact_class: String, by ["artifact_classes"], |key, wanted, _| {
            key.artifact_classes.iter().any(|class| class.as_str() == wanted)
        };
        /// Only keys that this person (id or alias) is authorized on.
        person: String, by ["authorized_custodians"], |key, wanted, review| {
            let mut custodians = key.authorized_custodians.iter();
            custodians.any(|custodian| names_person(review, custodian.as_str(), wanted))
        };
    }
}

list! {
    ListModules = "hsm_list_modules", HsmModule in modules,
    "Lists hardware security modules by id: device, serial, location, validation certificate." {
        /// Only modules whose validation certificate stands like this.
        validation_status: ValidationStatus, by ["validation"], |module, wanted, _| {
            module.validation.status == *wanted
        };
        /// Only the module with this device serial.
        serial: String, by ["serial"], |module, wanted, _| module.serial.as_str() == wanted;
    }
}

list! {
    ListAuditEvents = "hsm_list_audit_events", AuditEvent in audit_events,
    "Lists events of the HSM audit log by id: what was done to which key, by whom, under which ceremony." {
        /// Only events of this action.
        action: AuditAction, by ["action"], |event, wanted, _| event.action == *wanted;
        /// Only events on the key with this id.
        key: String, by ["key"], |event, wanted, _| {
            let key = event.key.as_ref();
            key.is_some_and(|key| names_record(Kind::SigningKeys, key.as_str(), wanted))
        };
        /// Only events that name the ceremony with this id.
        ceremony: String, by ["ceremony"], |event, wanted, _| {
            let ceremony = event.ceremony.as_ref();
            ceremony.is_some_and(|named| names_record(Kind::Ceremonies, named.as_str(), wanted))
        };
        /// Only events that this person (id or alias) operated.
        person: String, by ["operators"], |event, wanted, review| {
            let mut operators = event.operators.iter();
            operators.any(|operator| names_person(review, operator.as_str(), wanted))
        };
        /// Only events at or after this time (RFC 3339 with offset).
        from: Instant, by ["at"], |event, wanted, _| event.at >= *wanted;
        /// Only events before this time (RFC 3339 with offset).
        to: Instant, by ["at"], |event, wanted, _| event.at < *wanted;
    }
}

list! {
    ListEscrowMedia = "hsm_list_escrow_media", EscrowMedium in escrow_media,
    "Lists escrow media by id: the keys they back up, seal serial, sealing and replacement times, custodians." {
        /// Only media in this life-cycle state.
        state: EscrowMediumState, by ["state"], |medium, wanted, _| medium.state == *wanted;
        /// Only media of this sort.
        medium: MediumKind, by ["medium"], |medium, wanted, _| medium.medium == *wanted;
        /// Only media that back up the key with this id.
        key: String, by ["keys"], |medium, wanted, _| {
            let mut keys = medium.keys.iter();
            keys.any(|key| names_record(Kind::SigningKeys, key.as_str(), wanted))
        };
        /// Only media with this seal serial.
        seal_serial: String, by ["seal_serial"], |medium, wanted, _| medium.seal_serial.as_str() == wanted;
        /// Only media that this person (id or alias) holds.
        person: String, by ["custodians"], |medium, wanted, review| {
            let mut custodians = medium.custodians.iter();
            custodians.any(|custodian| names_person(review, custodian.as_str(), wanted))
        };
    }
}
