//! What there is to say about one published root: why a client would refuse it, and what is odd.

use std::collections::BTreeMap;

use super::super::super::metadata::IdForm;
use super::super::super::signatures::{RootCheck, SlotOutcome, ThresholdCount};
use super::{Edition, PublishedRoot};

/// Says how the other contents of a version's file differ from the one that stands.
pub(super) fn compare_editions(
    root: &mut PublishedRoot,
    standing: &Edition,
    editions: &[Edition],
    commit: &impl Fn(usize) -> String,
) {
    for other in editions {
        let at = format!("`{}` at commit {}", other.path, commit(other.held.from));
        match &other.metadata {
            Err(error) => root.remark("publication", format!("{at} was no metadata: {error}")),
            Ok(found) if found.signed != root.metadata.signed => root.refuse(
                "publication",
                format!("another root was published as version {}: {at}", root.version),
            ),
            Ok(found) if found.slots != root.metadata.slots => root.remark(
                "publication",
                format!("its signatures changed after publication: {at} had others"),
            ),
            Ok(found) if found.sha256 != root.metadata.sha256 => root.remark(
                "publication",
                format!("its bytes were reformatted after publication: {at} says the same in other bytes"),
            ),
            Ok(_) if other.path == standing.path && other.held.last < standing.held.from => root.remark(
                "publication",
                format!("it was taken back after commit {} and published again unchanged", commit(other.held.last)),
            ),
            Ok(_) => {}
        }
    }
}

/// Holds a root against the one before, and says why a client would refuse it.
pub(super) fn check_previous(root: &mut PublishedRoot, previous: Option<&PublishedRoot>) {
    let before = previous.map(|previous| &previous.metadata);
    if let Some(check) = RootCheck::of(&root.metadata, before) {
        root.check = check;
    }
    if root.metadata.version != root.version {
        let text = format!("its file says version {}", root.metadata.version);
        root.refuse("version", text);
    }
    refuse_thresholds(root, previous);
    remark_order(root, previous);
    let check = root.check.clone();
    remark_slots(root, &check);
    remark_form(root);
}

/// Clients need the threshold of the root itself and of the one before, from version to version.
fn refuse_thresholds(root: &mut PublishedRoot, previous: Option<&PublishedRoot>) {
    if let Some(previous) = previous.filter(|previous| previous.breaks_the_chain()) {
        let text = format!("it rests on v{}, which would be refused", previous.version);
        root.refuse("chain", text);
    }
    let unmet = |count: &ThresholdCount, whose: &str| {
        (!count.is_met()).then(|| {
            format!(
                "the threshold of {whose} is not met: {} of {} required distinct keys have valid signatures",
                count.signers.len(),
                count.required
            )
        })
    };
    let own = unmet(&root.check.own, "its own root role");
    let before = root.check.previous.as_ref().zip(previous);
    let before = before.and_then(|(count, previous)| {
        unmet(count, &format!("the root role of v{}", previous.version))
    });
    for text in own.into_iter().chain(before) {
        root.refuse("signatures", text);
    }
}

/// What is odd about its place among the versions.
fn remark_order(root: &mut PublishedRoot, previous: Option<&PublishedRoot>) {
    match previous {
        None if root.version != 1 => {
            let text = "the roots before it are not in the history, so nothing vouches for it";
            root.remark("version", text.to_owned());
        }
        Some(previous) if previous.version + 1 != root.version => {
            let text = format!(
                "the root before it is missing; it was held against v{}",
                previous.version
            );
            root.remark("version", text);
        }
        Some(_) | None => {}
    }
    if let Some(previous) = previous.filter(|previous| previous.published > root.published) {
        let text = format!("it was published before v{}", previous.version);
        root.remark("publication", text);
    }
}

/// What is odd about the signature slots.
fn remark_slots(root: &mut PublishedRoot, check: &RootCheck) {
    let slots = root.metadata.slots.clone();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for (slot, outcome) in slots.iter().zip(check.outcomes()) {
        let id = slot.key_id.escape_debug().to_string();
        let text = match outcome {
            SlotOutcome::Valid(_) => None,
            SlotOutcome::Empty => Some(format!("the slot of key id {id} is empty")),
            SlotOutcome::Invalid => Some(format!("the signature of key id {id} is not valid")),
            SlotOutcome::NoSuchKey => Some(format!(
                "the signature of key id {id} is by no key of the root role, here or before"
            )),
            SlotOutcome::UnusableKey => Some(format!(
                "the signature of key id {id} is by a key that cannot be used"
            )),
        };
        if let Some(text) = text {
            root.remark("signatures", text);
        }
        *seen.entry(id).or_default() += 1;
        let plain = slot
            .signature
            .bytes()
            .all(|byte| !byte.is_ascii_uppercase());
        if !plain {
            root.remark(
                "signatures",
                "a signature is written in capital digits".to_owned(),
            );
        }
    }
    for (id, count) in seen.into_iter().filter(|(_, count)| *count > 1) {
        let text = format!("key id {id} has {count} signature slots, which count once");
        root.remark("signatures", text);
    }
    let ids = slots.len();
    let keys = check.signers().len();
    let valid = check.outcomes();
    let valid = valid
        .iter()
        .filter(|one| matches!(one, SlotOutcome::Valid(_)));
    let valid = valid.count();
    if valid > keys {
        let text = format!("{valid} valid signatures in {ids} slots are by {keys} distinct keys");
        root.remark("signatures", text);
    }
}

/// What is odd about ids and dates.
fn remark_form(root: &mut PublishedRoot) {
    let mut remarks = Vec::new();
    for (id, key) in &root.metadata.trust.keys {
        let id = id.escape_debug();
        if key.id_form == IdForm::Foreign {
            remarks.push(("keys", format!("key id {id} is not derived from its key")));
        }
        if let Err(error) = &key.key {
            remarks.push(("keys", format!("key id {id} cannot be used: {error}")));
        }
    }
    let roles = &root.metadata.trust.roles;
    for (name, role) in roles {
        let keys = root.metadata.trust.keys_of(name).len();
        if keys < role.key_ids.len() {
            let text = format!(
                "role `{}` lists {} key ids that are {keys} distinct usable keys",
                name.escape_debug(),
                role.key_ids.len()
            );
            remarks.push(("keys", text));
        }
    }
    if !root.metadata.expires_in_spec_form() {
        let text = format!(
            "`expires` is not of the form YYYY-MM-DDTHH:MM:SSZ: {}",
            root.metadata.expires.escape_debug()
        );
        remarks.push(("expiry", text));
    }
    for (step, text) in remarks {
        root.remark(step, text);
    }
}
