//! The contract's records, made from what the survey and the registry hold.

mod ceremonies;
mod changes;
mod documents;
mod keys;
mod modules;

use custody_controls::instant::Instant;
use custody_controls::kind::Kind;
use serde_json::Value;

use super::links::Links;
use super::registry::{Place, Registry};

/// Makes the records.
#[derive(Debug)]
pub(super) struct Recorder<'r> {
    pub(super) registry: &'r Registry<'r>,
    pub(super) links: &'r Links,
}

impl Recorder<'_> {
    /// All records of a kind, in no particular order.
    pub(super) fn records(&self, kind: Kind) -> Vec<Value> {
        match kind {
            Kind::Modules => self.modules(),
            Kind::SigningKeys => self.signing_keys(),
            Kind::AuditEvents => self.audit_events(),
            Kind::Ceremonies => self.ceremonies(),
            Kind::Documents => self.documents(),
            // No repository of this form speaks of sealed media, nor of what other sources hold.
            Kind::EscrowMedia
            | Kind::SealInspections
            | Kind::Exceptions
            | Kind::People
            | Kind::PriorAttestations
            | Kind::RoleAssignments
            | Kind::RosterSnapshots
            | Kind::NotarizationBridges
            | Kind::SigningPaths => Vec::new(),
        }
    }

    fn link(&self, place: &Place) -> Option<String> {
        self.links.to(self.registry.survey, place)
    }

    fn time(&self, commit: usize) -> Option<Instant> {
        self.registry.survey.time(commit)
    }
}

/// `text` with everything that an id may not hold replaced, and made unique by a digest then.
fn identifier(text: &str) -> String {
    let plain: String = text
        .chars()
        .map(|one| match one {
            '/' => ':',
            one if one.is_ascii_alphanumeric() || "._@+-".contains(one) => one,
            _ => '-',
        })
        .collect();
    let reversible = plain.replace(':', "/") == text && !text.is_empty();
    if reversible {
        return plain;
    }
    let digest = super::metadata::hex_of(text.as_bytes());
    format!("{plain}-{}", digest.get(..16).unwrap_or(&digest))
}

#[cfg(test)]
mod tests {
    use super::identifier;

    #[test]
    fn identifiers_hold_what_ids_may_and_different_texts_get_different_ones() {
        assert_eq!(
            identifier("ceremony/2022-10-18/README.md"),
            "ceremony:2022-10-18:README.md"
        );
        let odd = ["a b", "a-b", "a:b", "a/b", "", "é"].map(identifier);
        for one in &odd {
            assert!(custody_controls::kind::is_identifier(one), "{one}");
        }
        let distinct: std::collections::BTreeSet<&String> = odd.iter().collect();
        assert_eq!(distinct.len(), odd.len());
    }
}
