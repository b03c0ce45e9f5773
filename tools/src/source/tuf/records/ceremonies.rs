//! `ceremonies/ceremonies`: each published root is one, by the people whose signatures hold.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::key::KeyFingerprint;
use super::super::signatures::ThresholdCount;
use super::super::survey::roots::PublishedRoot;
use super::Recorder;
use super::changes::{InCeremony, RootChange};

/// The record id of the ceremony that made `root`.
pub(super) fn ceremony_id(root: &PublishedRoot) -> String {
    format!("root-v{}", root.version)
}

impl Recorder<'_> {
    pub(super) fn ceremonies(&self) -> Vec<Value> {
        let roots = &self.registry.survey.roots;
        let numbered = roots.iter().enumerate();
        let with_previous = numbered.map(|(at, root)| {
            let previous = at.checked_sub(1).and_then(|at| roots.get(at));
            self.ceremony(root, previous)
        });
        with_previous.collect()
    }

    fn ceremony(&self, root: &PublishedRoot, previous: Option<&PublishedRoot>) -> Value {
        let changes: Vec<RootChange> = self
            .changes(root, previous)
            .into_iter()
            .filter(|change| change.ceremony == InCeremony::Yes)
            .collect();
        let participants: Vec<Value> = self
            .signers(root)
            .into_iter()
            .map(|person| json!({ "person": person, "role": "operator", "signed": true }))
            .collect();
        let events: Vec<&str> = changes.iter().map(|change| change.id.as_str()).collect();
        json!({
            "id": ceremony_id(root),
            "kind": kind(&changes),
            "performed_at": self.time(root.published),
            "keys": keys(root, previous),
            "audit_events": events,
            "participants": participants,
            "approvals": [],
            "script": {
                "id": root.path,
                "version": root.version.to_string(),
                "sha256": root.metadata.sha256,
            },
            "deviations": self.deviations(root),
            "source_url": self.link(&root.place(&["signatures"])),
            "observed_at": self.time(root.present_since),
            "notes": notes(root),
        })
    }

    fn deviations(&self, root: &PublishedRoot) -> Vec<Value> {
        let remarks = root.refusals.iter().chain(&root.oddities);
        let mut deviations: Vec<Value> = remarks
            .map(|remark| json!({ "step": remark.step, "text": remark.text }))
            .collect();
        let people = self.too_few_people(root).into_iter();
        deviations.extend(people.map(|text| json!({ "step": "signatures", "text": text })));
        deviations
    }
}

/// The weightiest of what was changed; a root that changes nothing was only signed anew.
fn kind(changes: &[RootChange]) -> &'static str {
    let order = ["quorum_change", "custodian_change", "key_policy_change"];
    let made = |action: &&str| changes.iter().any(|change| change.action == *action);
    order.into_iter().find(made).unwrap_or("sign")
}

/// Every key of the root and of the one that it replaced.
fn keys(root: &PublishedRoot, previous: Option<&PublishedRoot>) -> BTreeSet<String> {
    let all = [Some(root), previous].into_iter().flatten();
    let keys = all.flat_map(|root| {
        let trust = &root.metadata.trust;
        trust.roles.keys().flat_map(|role| trust.listed_in(role))
    });
    keys.map(KeyFingerprint::record_id).collect()
}

fn notes(root: &PublishedRoot) -> String {
    let count = |count: &ThresholdCount| {
        format!(
            "{} distinct keys of {} required",
            count.signers.len(),
            count.required
        )
    };
    let before = root.check.previous.as_ref();
    let before = before.map_or_else(
        || "no root before it to hold it against".to_owned(),
        |before| format!("{} under the root before", count(before)),
    );
    format!(
        "root version {}, expires {}; {} under its own root role, {before}",
        root.version,
        root.metadata.expires.escape_debug(),
        count(&root.check.own)
    )
}
