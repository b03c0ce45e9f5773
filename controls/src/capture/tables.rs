//! The fourteen tables, by name and by kind.

use std::sync::Arc;

use crate::fault::Fault;
use crate::kind::{Kind, SourceSystem};
use crate::record::{
    AuditEvent, Ceremony, ControlException, Document, EscrowMedium, HsmModule, NotarizationBridge,
    Person, PriorAttestation, RoleAssignment, RosterSnapshot, SealInspection, SigningKey,
    SigningPath,
};
use crate::table::{AnyTable, Layout, Table};

macro_rules! tables {
    ($( $(#[$meta:meta])* $field:ident : $record:ident = $kind:ident, )*) => {
        /// One table per record kind.
        #[derive(Debug, Clone, Default)]
        pub struct Tables { $( $(#[$meta])* pub $field: Table<$record>, )* }

        impl Tables {
            /// The table of one kind.
            #[must_use]
            pub fn of(&self, kind: Kind) -> &dyn AnyTable {
                match kind { $( Kind::$kind => &self.$field, )* }
            }

            /// Reads the records of one kind from `text`. `file` names the text in faults.
            ///
            /// # Errors
            /// Returns every fault found.
            pub fn read(&mut self, kind: Kind, text: Arc<str>, layout: Layout, file: &str) -> Result<(), Vec<Fault>> {
                match kind { $( Kind::$kind => self.$field = Table::read(text, layout, file)?, )* }
                Ok(())
            }

            /// Takes over the tables of `source` from `other`.
            pub fn take_source(&mut self, source: SourceSystem, other: Self) {
                $( if Kind::$kind.source() == source { self.$field = other.$field; } )*
            }
        }

        /// The JSON schema of a record of one kind.
        #[must_use]
        pub fn record_schema(kind: Kind) -> schemars::Schema {
            match kind { $( Kind::$kind => schemars::schema_for!($record), )* }
        }

        /// The fields that a record of one kind has.
        #[must_use]
        pub fn record_fields(kind: Kind) -> &'static crate::record::ObjectType {
            match kind { $( Kind::$kind => $record::fields(), )* }
        }
    };
}

tables! {
    /// `hsm/modules`
    modules: HsmModule = Modules,
    /// `hsm/signing_keys`
    signing_keys: SigningKey = SigningKeys,
    /// `hsm/audit_events`
    audit_events: AuditEvent = AuditEvents,
    /// `hsm/escrow_media`
    escrow_media: EscrowMedium = EscrowMedia,
    /// `ceremonies/ceremonies`
    ceremonies: Ceremony = Ceremonies,
    /// `ceremonies/seal_inspections`
    seal_inspections: SealInspection = SealInspections,
    /// `ceremonies/documents`
    documents: Document = Documents,
    /// `identity/people`
    people: Person = People,
    /// `identity/roster_snapshots`
    roster_snapshots: RosterSnapshot = RosterSnapshots,
    /// `identity/role_assignments`
    role_assignments: RoleAssignment = RoleAssignments,
    /// `identity/prior_attestations`
    prior_attestations: PriorAttestation = PriorAttestations,
    /// `release/signing_paths`
    signing_paths: SigningPath = SigningPaths,
    /// `release/notarization_bridges`
    notarization_bridges: NotarizationBridge = NotarizationBridges,
    /// `controls/exceptions`
    exceptions: ControlException = Exceptions,
}
