//! `hsm/`: HSM inventory, signing-key custody registry, audit log.

use super::{PersonRef, RecordRef, Text};
use crate::instant::Instant;

choice! {
    /// Standing of a module's validation certificate.
    pub enum ValidationStatus {
        /// On the active list.
        Active = "active",
        /// Moved to the historical list.
        Historical = "historical",
        /// Revoked by the validating body.
        Revoked = "revoked",
    }
}

object! {
    /// A module's validation certificate.
    pub struct ModuleValidation {
        /// The scheme, as `FIPS 140-3`.
        scheme: Text,
        /// The level within the scheme.
        level: Text,
        /// The certificate's number.
        certificate: Text,
        /// Its standing.
        status: ValidationStatus,
    }
}

record! {
    /// A hardware security module or token.
    pub struct HsmModule in Modules, seen |_| None, {
        /// Who made it.
        vendor: Text,
        /// The model.
        model: Text,
        /// The device's serial number.
        serial: Text,
        /// The firmware version.
        firmware: Text,
        /// Where it stands.
        location: Text,
        /// Its validation certificate.
        validation: ModuleValidation,
    }
}

choice! {
    /// Where a key or path is used.
    pub enum Environment {
        /// Ships to customers.
        Production = "production",
        /// Before production.
        Staging = "staging",
        /// On developers' machines.
        Development = "development",
    }
}

choice! {
    /// A signing key's life-cycle state.
    pub enum KeyState {
        /// In use.
        Active = "active",
        /// Held back, and may return.
        Suspended = "suspended",
        /// No longer signs.
        Retired = "retired",
        /// Gone.
        Destroyed = "destroyed",
    }
}

choice! {
    /// What holds a private key.
    pub enum ResidencyKind {
        /// A hardware module.
        Hsm = "hsm",
        /// A file or process.
        Software = "software",
        /// Not known.
        Unknown = "unknown",
    }
}

object! {
    /// Where a private key lives.
    pub struct KeyResidency {
        /// What holds it.
        kind: ResidencyKind,
        /// The module that holds it.
        module: Option<RecordRef>,
    }
}

object! {
    /// Protection attributes as the module reports them (PKCS#11 names).
    pub struct KeyAttributes {
        /// `CKA_SENSITIVE`
        sensitive: bool,
        /// `CKA_ALWAYS_SENSITIVE`
        always_sensitive: bool,
        /// `CKA_EXTRACTABLE`
        extractable: bool,
        /// `CKA_NEVER_EXTRACTABLE`
        never_extractable: bool,
        /// `CKA_LOCAL`: generated on the module, not imported.
        local: bool,
    }
}

object! {
    /// The device's signed statement about a key.
    pub struct KeyAttestation {
        /// The statement's format.
        format: Text,
        /// Whether its chain was verified.
        verified: bool,
        /// When it was verified.
        verified_at: Option<Instant>,
        /// The serial number of the device that signed it.
        device_serial: Option<Text>,
        /// The document that holds it.
        document: Option<RecordRef>,
    }
}

object! {
    /// M-of-N rule for using a key.
    pub struct QuorumPolicy {
        /// How many must act.
        threshold: u32,
        /// Of how many.
        members: u32,
    }
}

record! {
    /// A signing key in the custody registry.
    pub struct SigningKey in SigningKeys, seen |_| None, {
        /// Its name in the module.
        label: Text,
        /// Where it is used.
        environment: Environment,
        /// Its life-cycle state.
        state: KeyState,
        /// What it signs.
        artifact_classes: Vec<Text>,
        /// Its algorithm.
        algorithm: Text,
        /// SHA-256 of the public key.
        public_key_sha256: Text,
        /// Where the private key lives.
        residency: KeyResidency,
        /// Protection attributes.
        attributes: Option<KeyAttributes>,
        /// The device's statement.
        key_attestation: Option<Box<KeyAttestation>>,
        /// The M-of-N rule.
        quorum: QuorumPolicy,
        /// Who may operate it.
        authorized_custodians: Vec<PersonRef>,
        /// When it was generated.
        created_at: Instant,
    }
}

choice! {
    /// What an audit event records.
    pub enum AuditAction {
        /// A key was generated.
        KeyGenerated = "key_generated",
        /// A key was imported.
        KeyImported = "key_imported",
        /// A key was exported.
        KeyExported = "key_exported",
        /// A key's policy changed.
        KeyPolicyChange = "key_policy_change",
        /// A key's M-of-N rule changed.
        QuorumChange = "quorum_change",
        /// A key's custodians changed.
        CustodianChange = "custodian_change",
        /// A backup was taken.
        Backup = "backup",
        /// A backup was restored.
        Restore = "restore",
        /// An escrow medium was replaced.
        MediaReplacement = "media_replacement",
        /// Somebody logged in.
        Login = "login",
        /// A key signed.
        Sign = "sign",
    }
}

object! {
    /// What a change event changed.
    pub struct PolicyChange {
        /// The setting.
        field: Text,
        /// Its value before.
        from: Text,
        /// Its value after.
        to: Text,
    }
}

record! {
    /// One line of the module's audit log.
    pub struct AuditEvent in AuditEvents, seen |event| Some(event.at), {
        /// When it happened.
        at: Instant,
        /// What happened.
        action: AuditAction,
        /// The key it concerns.
        key: Option<RecordRef>,
        /// Who acted.
        operators: Vec<PersonRef>,
        /// The ceremony it belongs to.
        ceremony: Option<RecordRef>,
        /// What changed.
        change: Option<Box<PolicyChange>>,
    }
}

choice! {
    /// What backup material is kept on.
    pub enum MediumKind {
        /// A smart card.
        Smartcard = "smartcard",
        /// A USB token.
        UsbToken = "usb_token",
        /// A backup module.
        HsmBackup = "hsm_backup",
        /// Paper.
        Paper = "paper",
    }
}

choice! {
    /// Life-cycle state of an escrow medium.
    pub enum EscrowMediumState {
        /// Holds live backup material.
        InService = "in_service",
        /// Superseded by another medium.
        Replaced = "replaced",
        /// Destroyed.
        Destroyed = "destroyed",
    }
}

record! {
    /// A sealed medium with backup material of keys.
    pub struct EscrowMedium in EscrowMedia, seen |_| None, {
        /// What it is.
        medium: MediumKind,
        /// The keys whose backup it holds.
        keys: Vec<RecordRef>,
        /// Its life-cycle state.
        state: EscrowMediumState,
        /// The serial number of the seal on it.
        seal_serial: Text,
        /// When it was last sealed.
        sealed_at: Instant,
        /// When the medium was last replaced.
        replaced_at: Option<Instant>,
        /// Who holds it.
        custodians: Vec<PersonRef>,
        /// Where it is kept.
        location: Text,
    }
}
