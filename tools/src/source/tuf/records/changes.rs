//! `hsm/audit_events`: what changed between one root and the next.

mod step;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::key::KeyFingerprint;
use super::super::registry::{Place, Standing};
use super::super::signatures::ROOT;
use super::super::survey::roots::PublishedRoot;
use super::Recorder;
use step::Step;

/// One change that a root made.
pub(super) struct RootChange {
    pub(super) id: String,
    pub(super) action: &'static str,
    field: String,
    from: String,
    to: String,
    place: Place,
    /// The key that stands for the change.
    key: Option<KeyFingerprint>,
    pub(super) ceremony: InCeremony,
}

/// Whether the change was made by what its root's signatures show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum InCeremony {
    Yes,
    /// The signatures do not bear it: it is out of band.
    No,
}

impl Recorder<'_> {
    pub(super) fn audit_events(&self) -> Vec<Value> {
        let mut events = Vec::new();
        let roots = &self.registry.survey.roots;
        for (at, root) in roots.iter().enumerate() {
            let previous = at.checked_sub(1).and_then(|at| roots.get(at));
            let changes = self.changes(root, previous);
            events.extend(changes.iter().map(|change| self.audit_event(root, change)));
        }
        events
    }

    fn audit_event(&self, root: &PublishedRoot, change: &RootChange) -> Value {
        json!({
            "id": change.id,
            "at": self.time(root.published),
            "action": change.action,
            "key": change.key.map(KeyFingerprint::record_id),
            "operators": self.signers(root),
            "ceremony": match change.ceremony {
                InCeremony::Yes => Some(super::ceremonies::ceremony_id(root)),
                InCeremony::No => None,
            },
            "change": { "field": change.field, "from": change.from, "to": change.to },
            "source_url": self.link(&change.place),
        })
    }

    /// The people whose signatures on `root` hold, each once.
    pub(super) fn signers(&self, root: &PublishedRoot) -> BTreeSet<String> {
        let keys = root.check.signers().into_iter();
        keys.map(|key| self.registry.signer(key)).collect()
    }

    /// What `root` changed against the one before.
    pub(super) fn changes(
        &self,
        root: &PublishedRoot,
        previous: Option<&PublishedRoot>,
    ) -> Vec<RootChange> {
        let mut changes = Vec::new();
        if let Some(previous) = previous {
            Step {
                recorder: self,
                root,
                previous,
            }
            .all(&mut changes);
        }
        changes.extend(self.refusal(root, previous));
        changes
    }

    /// A root that its quorum does not bear is a change of quorum made without it.
    fn refusal(
        &self,
        root: &PublishedRoot,
        previous: Option<&PublishedRoot>,
    ) -> Option<RootChange> {
        let mut reasons: Vec<String> = root.refusals.iter().map(|one| one.text.clone()).collect();
        reasons.extend(self.too_few_people(root));
        (!reasons.is_empty()).then(|| RootChange {
            id: format!("root-v{}-acceptance", root.version),
            action: "quorum_change",
            field: "signatures".to_owned(),
            from: format!("a threshold of {}", root.check.own.required),
            to: reasons.join("; "),
            place: root.place(&["signatures"]),
            key: self.standing_for_quorum(root, previous),
            ceremony: InCeremony::No,
        })
    }

    /// Enough keys of too few people are no quorum, neither of this root nor of the one before.
    pub(super) fn too_few_people(&self, root: &PublishedRoot) -> Vec<String> {
        let counts = [Some(&root.check.own), root.check.previous.as_ref()];
        let whose = ["its own root role", "the root role before"];
        let short = counts.into_iter().zip(whose).filter_map(|(count, whose)| {
            let count = count.filter(|count| count.is_met())?;
            let people = count.too_few_people(|key| self.registry.signer(key))?;
            Some(format!(
                "{} distinct keys of {whose} signed, but they are of {people} distinct holders, and {} are required",
                count.signers.len(),
                count.required
            ))
        });
        short.collect()
    }

    /// The key that stands for the quorum of a root that is refused: one in force of the root's
    /// own, of the root's before, or else of all. A root that lists no key would otherwise be
    /// refused unseen.
    fn standing_for_quorum(
        &self,
        root: &PublishedRoot,
        previous: Option<&PublishedRoot>,
    ) -> Option<KeyFingerprint> {
        let listed = |root: &PublishedRoot| root.metadata.trust.listed_in(ROOT);
        let own = listed(root);
        let wider = [
            own.clone(),
            previous.map(listed).unwrap_or_default(),
            self.registry.keys.keys().copied().collect(),
        ];
        let in_force = wider
            .iter()
            .find_map(|keys| keys.iter().find(|key| self.is_in_force(**key)));
        in_force.or_else(|| own.first()).copied()
    }

    /// One of `keys`, if possible one in force: a change on dropped keys alone would not be seen.
    fn standing_for(&self, keys: &BTreeSet<KeyFingerprint>) -> Option<KeyFingerprint> {
        let in_force = keys.iter().find(|key| self.is_in_force(**key));
        in_force.or_else(|| keys.first()).copied()
    }

    fn is_in_force(&self, key: KeyFingerprint) -> bool {
        let facts = self.registry.keys.get(&key);
        facts.is_some_and(|facts| facts.standing == Standing::InForce)
    }
}
