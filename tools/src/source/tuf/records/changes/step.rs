//! What differs between a root and the one before, by role and key.

use std::collections::BTreeSet;

use super::super::super::key::KeyFingerprint;
use super::super::super::metadata::ExpiryPolicy;
use super::super::super::signatures::ROOT;
use super::super::super::survey::roots::PublishedRoot;
use super::super::{Recorder, identifier};
use super::{InCeremony, RootChange};

/// A root and the one before.
pub(super) struct Step<'c> {
    pub(super) recorder: &'c Recorder<'c>,
    pub(super) root: &'c PublishedRoot,
    pub(super) previous: &'c PublishedRoot,
}

impl Step<'_> {
    /// Everything that differs.
    pub(super) fn all(&self, changes: &mut Vec<RootChange>) {
        let roles = self.root.metadata.trust.roles.keys();
        let roles: BTreeSet<&String> = roles
            .chain(self.previous.metadata.trust.roles.keys())
            .collect();
        for role in roles {
            self.threshold(role, changes);
            self.keys(role, changes);
            self.expiry(role, changes);
        }
        self.online_uris(changes);
    }

    fn change(
        &self,
        what: &str,
        action: &'static str,
        field: String,
        (from, to): (String, String),
        (member, keys): (&[&str], &BTreeSet<KeyFingerprint>),
    ) -> RootChange {
        RootChange {
            id: identifier(&format!("root-v{}-{what}", self.root.version)),
            action,
            field,
            from,
            to,
            place: self.root.place(member),
            key: self.recorder.standing_for(keys),
            ceremony: InCeremony::Yes,
        }
    }

    /// The keys that stand for a change of `role`: those of the new root, else of the old.
    fn role_keys(&self, role: &str) -> BTreeSet<KeyFingerprint> {
        let now = self.root.metadata.trust.listed_in(role);
        if now.is_empty() {
            return self.previous.metadata.trust.listed_in(role);
        }
        now
    }

    fn threshold(&self, role: &str, changes: &mut Vec<RootChange>) {
        let threshold = |root: &PublishedRoot| {
            let role = root.metadata.trust.roles.get(role);
            role.map_or_else(|| "none".to_owned(), |role| role.threshold.to_string())
        };
        let (from, to) = (threshold(self.previous), threshold(self.root));
        if from != to {
            changes.push(self.change(
                &format!("{role}-threshold"),
                "quorum_change",
                format!("roles.{role}.threshold"),
                (from, to),
                (
                    &["signed", "roles", role, "threshold"],
                    &self.role_keys(role),
                ),
            ));
        }
    }

    /// Who may sign for `role`. Keys are compared, not their ids: a renamed key is no change.
    fn keys(&self, role: &str, changes: &mut Vec<RootChange>) {
        let moved = KeyMove::of(self, role);
        let member = ["signed", "roles", role, "keyids"];
        let stands = |keys: &BTreeSet<KeyFingerprint>| {
            if keys.is_empty() {
                self.role_keys(role)
            } else {
                keys.clone()
            }
        };
        if moved.changes_people() {
            changes.push(self.change(
                &format!("{role}-holders"),
                "custodian_change",
                format!("roles.{role}.holders"),
                (listed(&moved.people_before), listed(&moved.people_after)),
                (&member, &stands(&moved.added)),
            ));
        }
        let ids = |keys: &BTreeSet<KeyFingerprint>| -> BTreeSet<String> {
            keys.iter().map(|key| key.record_id()).collect()
        };
        if !moved.from.is_empty() || !moved.to.is_empty() {
            changes.push(self.change(
                &format!("{role}-keys"),
                "key_policy_change",
                format!("roles.{role}.keyids"),
                (listed(&ids(&moved.from)), listed(&ids(&moved.to))),
                (&member, &stands(&moved.to)),
            ));
        }
    }

    fn expiry(&self, role: &str, changes: &mut Vec<RootChange>) {
        let of = |root: &PublishedRoot| match role {
            // The root's own stands beside its roles.
            ROOT => root.metadata.expiry,
            _ => root
                .metadata
                .trust
                .roles
                .get(role)
                .map_or_else(ExpiryPolicy::default, |role| role.expiry),
        };
        let (from, to) = (of(self.previous), of(self.root));
        if from == to {
            return;
        }
        let member = if from.expiry_days == to.expiry_days {
            "x-tuf-on-ci-signing-period"
        } else {
            "x-tuf-on-ci-expiry-period"
        };
        let path: &[&str] = match role {
            ROOT => &["signed", member],
            _ => &["signed", "roles", role, member],
        };
        changes.push(self.change(
            &format!("{role}-expiry"),
            "key_policy_change",
            format!("roles.{role}.expiry"),
            (in_words(from), in_words(to)),
            (path, &self.role_keys(role)),
        ));
    }

    fn online_uris(&self, changes: &mut Vec<RootChange>) {
        let uri = |uri: &Option<String>| uri.clone().unwrap_or_else(|| "none".to_owned());
        let mut seen = BTreeSet::new();
        for (id, after) in &self.root.metadata.trust.keys {
            let key = after.fingerprint;
            let Some((_, before)) = self.previous.metadata.trust.declared(key) else {
                continue;
            };
            if before.online_uri == after.online_uri || !seen.insert(key) {
                continue;
            }
            changes.push(self.change(
                &format!("{}-online-uri", key.record_id()),
                "key_policy_change",
                "x-tuf-on-ci-online-uri".to_owned(),
                (uri(&before.online_uri), uri(&after.online_uri)),
                (
                    &["signed", "keys", id, "x-tuf-on-ci-online-uri"],
                    &BTreeSet::from([key]),
                ),
            ));
        }
    }
}

/// How the keys of one role differ between two roots.
struct KeyMove {
    people_before: BTreeSet<String>,
    people_after: BTreeSet<String>,
    /// People who only got a name: the metadata did not name the holder of the same key before.
    named: BTreeSet<String>,
    added: BTreeSet<KeyFingerprint>,
    /// Keys gone that are not explained by people who left: of those who stay, and of nobody.
    from: BTreeSet<KeyFingerprint>,
    /// Keys come that are not explained by people who joined.
    to: BTreeSet<KeyFingerprint>,
}

impl KeyMove {
    fn of(step: &Step<'_>, role: &str) -> Self {
        let before = step.previous.metadata.trust.listed_in(role);
        let after = step.root.metadata.trust.listed_in(role);
        let registry = step.recorder.registry;
        let held_before = |key: &KeyFingerprint| registry.holder_in(step.previous, *key);
        let held_after = |key: &KeyFingerprint| registry.holder_in(step.root, *key);
        let people_before: BTreeSet<String> = before.iter().filter_map(held_before).collect();
        let people_after: BTreeSet<String> = after.iter().filter_map(held_after).collect();
        let stays = |holder: Option<String>, people: &BTreeSet<String>| {
            holder.is_none_or(|holder| people.contains(&holder))
        };
        let gone = before.difference(&after).copied();
        let added: BTreeSet<KeyFingerprint> = after.difference(&before).copied().collect();
        Self {
            named: before
                .intersection(&after)
                .filter(|key| held_before(key).is_none())
                .filter_map(held_after)
                .collect(),
            from: gone
                .filter(|key| stays(held_before(key), &people_after))
                .collect(),
            to: added
                .iter()
                .copied()
                .filter(|key| stays(held_after(key), &people_before))
                .collect(),
            added,
            people_before,
            people_after,
        }
    }

    fn changes_people(&self) -> bool {
        let mut come = self.people_after.difference(&self.people_before);
        let gone = self.people_before.difference(&self.people_after).next();
        come.any(|person| !self.named.contains(person)) || gone.is_some()
    }
}

fn listed(names: &BTreeSet<String>) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    names.join(", ")
}

fn in_words(policy: ExpiryPolicy) -> String {
    let days = |days: Option<u64>| {
        days.map_or_else(|| "not stated".to_owned(), |days| format!("{days} days"))
    };
    format!(
        "expires after: {}; signed anew before that: {}",
        days(policy.expiry_days),
        days(policy.signing_days)
    )
}
