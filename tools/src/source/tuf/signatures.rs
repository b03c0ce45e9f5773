//! Holds signatures against keys: the one place that verifies a threshold.
//!
//! Keys count by what they are, so one key under two ids, or in two slots, counts once. Who holds a
//! key is told to it. The rules count people too, after their aliases; of a root's threshold they
//! know nothing, so what is too few for it is decided here.

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use super::key::KeyFingerprint;
use super::metadata::{Metadata, SignatureSlot, Trust};

/// What became of one signature slot under one set of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SlotOutcome {
    /// Signed by this key of the role.
    Valid(KeyFingerprint),
    /// Nothing is written in it.
    Empty,
    /// The key's signature does not hold.
    Invalid,
    /// No key of the role has this id.
    NoSuchKey,
    /// The key cannot verify anything.
    UnusableKey,
}

/// What a role's keys say to a file.
#[derive(Debug, Clone)]
pub(super) struct ThresholdCount {
    /// How many distinct keys must have signed.
    pub(super) required: NonZeroU32,
    /// The distinct keys whose signatures hold.
    pub(super) signers: BTreeSet<KeyFingerprint>,
    /// What became of each slot, in the file's order.
    pub(super) outcomes: Vec<SlotOutcome>,
}

impl ThresholdCount {
    /// Whether enough distinct keys have signed.
    pub(super) fn is_met(&self) -> bool {
        self.signers.len() >= self.required.get() as usize
    }

    /// How many distinct people hold the keys that signed, where those are fewer than required.
    pub(super) fn too_few_people(
        &self,
        holder: impl Fn(KeyFingerprint) -> String,
    ) -> Option<usize> {
        let people: BTreeSet<String> = self.signers.iter().map(|key| holder(*key)).collect();
        (people.len() < self.required.get() as usize).then_some(people.len())
    }
}

/// Counts the distinct keys of `role` under `trust` whose signatures on `file` hold.
///
/// `None` where `trust` has no such role.
pub(super) fn count_signers(file: &Metadata, trust: &Trust, role: &str) -> Option<ThresholdCount> {
    let declared = trust.roles.get(role)?;
    let outcome = |slot: &SignatureSlot| {
        let in_role = declared.key_ids.contains(&slot.key_id);
        match trust.keys.get(&slot.key_id).filter(|_| in_role) {
            _ if slot.signature.is_empty() => SlotOutcome::Empty,
            None => SlotOutcome::NoSuchKey,
            Some(key) => match (&key.key, hex::decode(&slot.signature)) {
                (Err(_), _) => SlotOutcome::UnusableKey,
                (Ok(key), Ok(signature)) if key.verifies(&file.signed, &signature) => {
                    SlotOutcome::Valid(key.fingerprint())
                }
                (Ok(_), Ok(_) | Err(_)) => SlotOutcome::Invalid,
            },
        }
    };
    let outcomes: Vec<SlotOutcome> = file.slots.iter().map(outcome).collect();
    let signers = outcomes.iter().filter_map(|outcome| match outcome {
        SlotOutcome::Valid(key) => Some(*key),
        SlotOutcome::Empty
        | SlotOutcome::Invalid
        | SlotOutcome::NoSuchKey
        | SlotOutcome::UnusableKey => None,
    });
    Some(ThresholdCount {
        required: declared.threshold,
        signers: signers.collect(),
        outcomes,
    })
}

/// A root held against itself and the root before it.
#[derive(Debug, Clone)]
pub(super) struct RootCheck {
    /// Its own root role.
    pub(super) own: ThresholdCount,
    /// The root role of the root before; `None` for the first.
    pub(super) previous: Option<ThresholdCount>,
}

impl RootCheck {
    /// Holds `root` against itself and, where there is one, the root before.
    pub(super) fn of(root: &Metadata, previous: Option<&Metadata>) -> Option<Self> {
        Some(Self {
            own: count_signers(root, &root.trust, ROOT)?,
            previous: previous.and_then(|previous| count_signers(root, &previous.trust, ROOT)),
        })
    }

    /// Whether both thresholds are met.
    pub(super) fn is_met(&self) -> bool {
        self.own.is_met() && self.previous.as_ref().is_none_or(ThresholdCount::is_met)
    }

    /// The distinct keys whose signatures hold under either root.
    pub(super) fn signers(&self) -> BTreeSet<KeyFingerprint> {
        let previous = self.previous.iter().flat_map(|count| &count.signers);
        self.own.signers.iter().chain(previous).copied().collect()
    }

    /// What became of each slot: the better answer of the two roots.
    pub(super) fn outcomes(&self) -> Vec<SlotOutcome> {
        let own = self.own.outcomes.iter().copied();
        let previous = self.previous.as_ref().map(|count| &count.outcomes);
        own.enumerate()
            .map(
                |(slot, own)| match (own, previous.and_then(|all| all.get(slot))) {
                    (SlotOutcome::NoSuchKey, Some(before)) => *before,
                    (own, Some(valid @ SlotOutcome::Valid(_))) if own != SlotOutcome::Empty => {
                        *valid
                    }
                    (own, Some(_) | None) => own,
                },
            )
            .collect()
    }
}

/// The name of the root role.
pub(super) const ROOT: &str = "root";
