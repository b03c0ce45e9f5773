//! Names of things: the five source systems, their fourteen record kinds, artifact ids.
//!
//! It owns spelling and order, and reads nothing.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One of the five systems that evidence is read from.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum SourceSystem {
    /// Exception register of the controls library.
    Controls,
    /// Key-ceremony record store.
    Ceremonies,
    /// HSM inventory, signing-key custody registry and audit log.
    Hsm,
    /// Identity and access governance.
    Identity,
    /// Release engineering.
    Release,
}

impl SourceSystem {
    /// All five, in the order in which they are configured and reported.
    pub const ALL: [Self; 5] = [
        Self::Hsm,
        Self::Ceremonies,
        Self::Identity,
        Self::Release,
        Self::Controls,
    ];

    /// The name in artifact ids, folders and configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hsm => "hsm",
            Self::Ceremonies => "ceremonies",
            Self::Identity => "identity",
            Self::Release => "release",
            Self::Controls => "controls",
        }
    }

    /// The record kinds that this source yields, in report order.
    pub fn kinds(self) -> impl Iterator<Item = Kind> {
        Kind::ALL
            .into_iter()
            .filter(move |kind| kind.source() == self)
    }
}

impl fmt::Display for SourceSystem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One of the fourteen kinds of record, declared and ordered by [`Kind::path`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// `ceremonies/ceremonies`
    Ceremonies,
    /// `ceremonies/documents`
    Documents,
    /// `ceremonies/seal_inspections`
    SealInspections,
    /// `controls/exceptions`
    Exceptions,
    /// `hsm/audit_events`
    AuditEvents,
    /// `hsm/escrow_media`
    EscrowMedia,
    /// `hsm/modules`
    Modules,
    /// `hsm/signing_keys`
    SigningKeys,
    /// `identity/people`
    People,
    /// `identity/prior_attestations`
    PriorAttestations,
    /// `identity/role_assignments`
    RoleAssignments,
    /// `identity/roster_snapshots`
    RosterSnapshots,
    /// `release/notarization_bridges`
    NotarizationBridges,
    /// `release/signing_paths`
    SigningPaths,
}

impl Kind {
    /// All fourteen, ordered by [`Kind::path`], so that walking the kinds in this
    /// order and each kind by record id walks a capture in artifact-id order.
    pub const ALL: [Self; 14] = [
        Self::Ceremonies,
        Self::Documents,
        Self::SealInspections,
        Self::Exceptions,
        Self::AuditEvents,
        Self::EscrowMedia,
        Self::Modules,
        Self::SigningKeys,
        Self::People,
        Self::PriorAttestations,
        Self::RoleAssignments,
        Self::RosterSnapshots,
        Self::NotarizationBridges,
        Self::SigningPaths,
    ];

    /// `<source>/<kind>`, the prefix of every artifact id of this kind.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Exceptions => "controls/exceptions",
            Self::Ceremonies => "ceremonies/ceremonies",
            Self::Documents => "ceremonies/documents",
            Self::SealInspections => "ceremonies/seal_inspections",
            Self::AuditEvents => "hsm/audit_events",
            Self::EscrowMedia => "hsm/escrow_media",
            Self::Modules => "hsm/modules",
            Self::SigningKeys => "hsm/signing_keys",
            Self::People => "identity/people",
            Self::PriorAttestations => "identity/prior_attestations",
            Self::RoleAssignments => "identity/role_assignments",
            Self::RosterSnapshots => "identity/roster_snapshots",
            Self::NotarizationBridges => "release/notarization_bridges",
            Self::SigningPaths => "release/signing_paths",
        }
    }

    /// The file name without extension.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.path().split_once('/').map_or("", |(_, name)| name)
    }

    /// The system that holds records of this kind.
    #[must_use]
    pub const fn source(self) -> SourceSystem {
        match self {
            Self::Exceptions => SourceSystem::Controls,
            Self::Ceremonies | Self::Documents | Self::SealInspections => SourceSystem::Ceremonies,
            Self::AuditEvents | Self::EscrowMedia | Self::Modules | Self::SigningKeys => {
                SourceSystem::Hsm
            }
            Self::People
            | Self::PriorAttestations
            | Self::RoleAssignments
            | Self::RosterSnapshots => SourceSystem::Identity,
            Self::NotarizationBridges | Self::SigningPaths => SourceSystem::Release,
        }
    }

    /// The kind with this `<source>/<kind>` path.
    #[must_use]
    pub fn from_path(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.path() == path)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.path())
    }
}

/// The name of one record: `<source>/<kind>/<id>`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ArtifactId {
    kind: Kind,
    id: String,
}

impl ArtifactId {
    /// Names the record `id` of `kind`.
    #[must_use]
    pub fn new(kind: Kind, id: impl Into<String>) -> Self {
        Self {
            kind,
            id: id.into(),
        }
    }

    /// The kind of the record.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// The record's own id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }
}

impl fmt::Display for ArtifactId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind, self.id)
    }
}

/// A text that is not an artifact id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an artifact id of the form <source>/<kind>/<id>")]
pub struct ArtifactIdError(String);

impl FromStr for ArtifactId {
    type Err = ArtifactIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ArtifactIdError(text.to_owned());
        let (path, id) = text.rsplit_once('/').ok_or_else(error)?;
        let kind = Kind::from_path(path).ok_or_else(error)?;
        if is_identifier(id) {
            Ok(Self::new(kind, id))
        } else {
            Err(error())
        }
    }
}

/// Whether `text` matches `[A-Za-z0-9._:@+-]+`, the form of record ids and aliases.
#[must_use]
pub fn is_identifier(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"._:@+-".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_listed_in_path_order() {
        for pair in Kind::ALL.windows(2) {
            assert!(pair[0] < pair[1] && pair[0].path() < pair[1].path());
        }
    }

    #[test]
    fn every_kind_belongs_to_the_source_its_path_names() {
        for kind in Kind::ALL {
            assert_eq!(format!("{}/{}", kind.source(), kind.name()), kind.path());
            assert_eq!(Kind::from_path(kind.path()), Some(kind));
        }
    }

    #[test]
    fn artifact_ids_round_trip_and_look_alikes_are_refused() {
        let id: ArtifactId = "ceremonies/seal_inspections/SI-2026-031".parse().unwrap();
        assert_eq!(id.to_string(), "ceremonies/seal_inspections/SI-2026-031");
        for bad in [
            "",
            "hsm",
            "hsm/keys/K",
            "hsm/modules/",
            "hsm/modules/a b",
            "hsm/modules/CER\u{2011}7",
        ] {
            assert!(bad.parse::<ArtifactId>().is_err(), "{bad}");
        }
    }
}
