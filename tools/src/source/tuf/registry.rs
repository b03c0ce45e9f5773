//! Every key that a role lists or listed: where, held by whom, and proven how. Makes no records.

use std::collections::BTreeMap;

use super::key::KeyFingerprint;
use super::lines::line_of;
use super::mapping::Mapping;
use super::metadata::{DeclaredKey, Trust};
use super::signatures::ROOT;
use super::survey::proofs::Proof;
use super::survey::roots::PublishedRoot;
use super::survey::{Survey, Vouched};

/// All keys, with the survey that they come from.
#[derive(Debug)]
pub(super) struct Registry<'s> {
    pub(super) survey: &'s Survey,
    pub(super) mapping: &'s Mapping,
    pub(super) keys: BTreeMap<KeyFingerprint, KeyFacts<'s>>,
    /// What a person should know.
    pub(super) warnings: Vec<String>,
}

/// Whether a root in force lists a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    InForce,
    Dropped,
}

/// What is known of one key.
#[derive(Debug)]
pub(super) struct KeyFacts<'s> {
    pub(super) standing: Standing,
    pub(super) algorithm: String,
    /// Its roles where it is listed last, the weightiest first.
    pub(super) roles: Vec<RoleUse>,
    owner: Option<String>,
    /// Where the metadata, or the mapping, says that an online key is.
    pub(super) online: Option<OnlineClaim>,
    /// The commit that first published it.
    pub(super) first: usize,
    /// The commit that published where it is listed last.
    pub(super) listed: usize,
    /// Where it is listed last.
    pub(super) place: Place,
    pub(super) proof: Option<&'s Proof>,
}

/// Where an online key is said to be. A claim; nothing proves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OnlineClaim {
    pub(super) uri: String,
    pub(super) by: ClaimedBy,
}

/// Who says where an online key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ClaimedBy {
    Metadata,
    Mapping,
}

/// A role that a key may sign for.
#[derive(Debug, Clone)]
pub(super) struct RoleUse {
    pub(super) name: String,
    pub(super) threshold: u32,
    pub(super) members: usize,
}

/// A line of a file as a commit holds it.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) path: String,
    pub(super) commit: usize,
    pub(super) line: Option<usize>,
}

impl<'s> Registry<'s> {
    /// Gathers the keys of all roots and delegations.
    pub(super) fn gather(survey: &'s Survey, mapping: &'s Mapping) -> Self {
        let mut registry = Self {
            survey,
            mapping,
            keys: BTreeMap::new(),
            warnings: Vec::new(),
        };
        let latest = survey.roots.last().map(|root| root.version);
        // A root that clients refuse leaves the one before in force: keys of both are in use.
        let accepted = survey.roots.iter().rfind(|root| root.refusals.is_empty());
        let accepted = accepted.map(|root| root.version);
        for root in &survey.roots {
            let version = Some(root.version);
            let standing = if version == latest || version == accepted {
                Standing::InForce
            } else {
                Standing::Dropped
            };
            registry.take_root(root, standing);
        }
        registry.take_delegations();
        registry.prove();
        registry
    }

    fn take_delegations(&mut self) {
        for delegation in &self.survey.delegations {
            for (id, declared) in &delegation.trust.keys {
                let listing = Listing {
                    trust: &delegation.trust,
                    published: delegation
                        .first_published
                        .get(&declared.fingerprint)
                        .copied()
                        .unwrap_or(delegation.from),
                    listed: delegation.from,
                    place: Place {
                        path: delegation.path.clone(),
                        commit: delegation.from,
                        line: line_of(&delegation.text, &["signed", "delegations", "keys", id]),
                    },
                    standing: Standing::InForce,
                    vouched: delegation.vouched,
                };
                self.take(declared, listing);
            }
        }
    }

    fn take_root(&mut self, root: &PublishedRoot, standing: Standing) {
        for (id, declared) in &root.metadata.trust.keys {
            let listing = Listing {
                trust: &root.metadata.trust,
                published: root.published,
                listed: root.published,
                place: root.place(&["signed", "keys", id]),
                standing,
                vouched: root.vouched(),
            };
            self.take(declared, listing);
        }
    }

    fn take(&mut self, declared: &DeclaredKey, listing: Listing<'_>) {
        let key = declared.fingerprint;
        let roles = roles_of(listing.trust, key);
        if roles.is_empty() {
            return;
        }
        // Whoever can put a file into the repository could name anybody in it.
        let believed = listing.vouched == Vouched::Yes;
        let by_metadata = declared.online_uri.clone().filter(|_| believed);
        let by_metadata = by_metadata.map(|uri| OnlineClaim {
            uri,
            by: ClaimedBy::Metadata,
        });
        let by_mapping = || {
            let uri = self.mapping.online_uri(&key.hex())?.to_owned();
            let by = ClaimedBy::Mapping;
            Some(OnlineClaim { uri, by })
        };
        let mut facts = KeyFacts {
            standing: listing.standing,
            algorithm: declared.algorithm.clone(),
            roles,
            owner: declared.owner.clone().filter(|_| believed),
            online: by_metadata.or_else(by_mapping),
            first: listing.published,
            listed: listing.listed,
            place: listing.place,
            proof: None,
        };
        if let Some(before) = self.keys.remove(&key) {
            facts = facts.after(before);
        }
        facts
            .roles
            .sort_by_key(|role| (weight(&role.name), role.name.clone()));
        facts.roles.dedup_by(|a, b| a.name == b.name);
        self.keys.insert(key, facts);
    }

    /// Finds each key's best proof: a verified one before others, the longest kept before others.
    fn prove(&mut self) {
        for (key, facts) in &mut self.keys {
            let speaks = |proof: &&Proof| match &proof.verified {
                Ok(attested) => attested.fingerprint == *key,
                Err(_) => proof.claimed == Some(*key),
            };
            let proofs = self.survey.proofs.iter().filter(speaks);
            facts.proof =
                proofs.max_by_key(|proof| (proof.verified.is_ok(), proof.last, &proof.path));
            let Some(owner) = facts.owner.as_deref() else {
                continue;
            };
            let by_device =
                self.mapping
                    .holder(&key.hex(), serial_of(facts.proof).as_deref(), None);
            let by_owner = self.mapping.listed_owner(owner).map(str::to_owned);
            if by_device.is_some() && by_owner.is_some() && by_device != by_owner {
                self.warnings.push(format!(
                    "key {} is mapped to one holder by key or token and to another by the owner that its metadata names",
                    key.record_id()
                ));
            }
        }
    }

    /// Who holds a key.
    pub(super) fn holder(&self, key: KeyFingerprint) -> Option<String> {
        let facts = self.keys.get(&key)?;
        self.holder_of(key, facts.owner.as_deref())
    }

    /// Who held a key by what one root says.
    pub(super) fn holder_in(&self, root: &PublishedRoot, key: KeyFingerprint) -> Option<String> {
        let (_, declared) = root.metadata.trust.declared(key)?;
        self.holder_of(key, declared.owner.as_deref())
    }

    fn holder_of(&self, key: KeyFingerprint, owner: Option<&str>) -> Option<String> {
        let proof = self.keys.get(&key).and_then(|facts| facts.proof);
        self.mapping
            .holder(&key.hex(), serial_of(proof).as_deref(), owner)
    }

    /// The person to name for a key that signs roots: its holder, or a word that names nobody, so
    /// that the rules say that the holder is not known.
    pub(super) fn signer(&self, key: KeyFingerprint) -> String {
        self.holder(key)
            .unwrap_or_else(|| format!("unknown-holder-of-{}", key.record_id()))
    }
}

impl KeyFacts<'_> {
    /// This listing taken together with the one before it. Of two that count, the one before has
    /// the first word: the root in force over one that is refused, and both over a delegation.
    fn after(self, before: Self) -> Self {
        let first = self.first.min(before.first);
        match (before.standing, self.standing) {
            (Standing::Dropped, _) => Self { first, ..self },
            (Standing::InForce, Standing::Dropped) => Self { first, ..before },
            (Standing::InForce, Standing::InForce) => {
                let mut roles = before.roles;
                roles.extend(self.roles);
                Self {
                    first,
                    roles,
                    owner: before.owner.or(self.owner),
                    online: before.online.or(self.online),
                    ..before
                }
            }
        }
    }
}

/// Where a key is listed.
struct Listing<'l> {
    trust: &'l Trust,
    published: usize,
    listed: usize,
    place: Place,
    standing: Standing,
    vouched: Vouched,
}

impl PublishedRoot {
    /// The line of a member in this root's file.
    pub(super) fn place(&self, member: &[&str]) -> Place {
        Place {
            path: self.path.clone(),
            commit: self.present_since,
            line: line_of(&self.text, member),
        }
    }
}

fn serial_of(proof: Option<&Proof>) -> Option<String> {
    let attested = proof?.verified.as_ref().ok()?;
    Some(attested.serial.to_string())
}

fn roles_of(trust: &Trust, key: KeyFingerprint) -> Vec<RoleUse> {
    let uses = trust.roles.iter().filter_map(|(name, role)| {
        let members = trust.listed_in(name);
        members.contains(&key).then(|| RoleUse {
            name: name.clone(),
            threshold: role.threshold.get(),
            members: members.len(),
        })
    });
    uses.collect()
}

/// Root before targets before the online roles before delegated ones.
fn weight(role: &str) -> usize {
    let order = [ROOT, "targets", "snapshot", "timestamp"];
    let known = order.iter().position(|known| *known == role);
    known.unwrap_or(order.len())
}
