//! Puts what tokens say over the custody registry.
//!
//! A token says what it holds and how it guards it, and wins there. The registry says what a key
//! is for and who may use it. What either has alone stays visible: a key that the registry does
//! not know becomes a record, and one that the token does not hold loses its hardware.

use std::collections::BTreeSet;

use custody_controls::instant::Instant;
use custody_controls::json::Digest;
use custody_controls::kind::Kind;
use serde_json::{Map, Value, json};

use super::Hardware;
use super::matching::find;
use super::reading::{KeyReading, ModuleReading, TokenReading};
use crate::source::overlay::{Overlay, shown};

/// How faults name the tokens.
pub(super) const PLACE: &str = "pkcs11";

/// A key and the token that holds it.
#[derive(Clone, Copy)]
pub(super) struct Held<'r> {
    pub(super) key: &'r KeyReading,
    module: &'r ModuleReading,
    /// The residency of the token's keys.
    residency: &'r Value,
}

/// Puts `readings` over the registry's modules and keys.
pub(super) fn put(
    overlay: &mut Overlay,
    readings: &[(Hardware, TokenReading)],
    observed_at: Instant,
) {
    let mut residencies = Vec::new();
    for (hardware, reading) in readings {
        if reading.pin_count_low {
            overlay.warn(&format!(
                "few tries at the user's PIN of token `{}` are left: somebody gave a wrong one",
                shown(&reading.module.label)
            ));
        }
        let module = put_module(overlay, &reading.module, observed_at);
        residencies.push(residency(
            overlay,
            &reading.module,
            module.as_deref(),
            *hardware,
        ));
    }
    let held: Vec<Held> = readings
        .iter()
        .zip(&residencies)
        .flat_map(|((_, reading), residency)| {
            reading.keys.iter().map(move |key| Held {
                key,
                module: &reading.module,
                residency,
            })
        })
        .collect();
    let mut records = Vec::new();
    let claimed = put_registered(overlay, &held, observed_at, &mut records);
    let unclaimed = held.iter().enumerate();
    let unclaimed = unclaimed.filter(|(position, _)| !claimed.contains(position));
    let (signing, other): (Vec<Held>, Vec<Held>) = unclaimed
        .map(|(_, held)| *held)
        .partition(|held| held.key.sign != Some(false));
    for held in signing {
        records.push(unregistered(overlay, held, observed_at));
    }
    if !other.is_empty() {
        let count = other.len();
        overlay.warn(&format!(
            "{count} private key(s) that cannot sign are not in the registry: left out"
        ));
    }
    overlay.replace(Kind::SigningKeys, records, PLACE);
}

/// Puts the tokens over the keys that the registry knows. Returns which of `held` those are.
fn put_registered(
    overlay: &mut Overlay,
    held: &[Held],
    observed_at: Instant,
    records: &mut Vec<Value>,
) -> BTreeSet<usize> {
    let mut claimed = BTreeSet::new();
    let registered = objects(overlay.records(Kind::SigningKeys));
    let labels: Vec<String> = registered.iter().map(|key| text(key, "label")).collect();
    for mut record in registered {
        let label = text(&record, "label");
        let unique = labels.iter().filter(|other| **other == label).count() == 1;
        if let Some((position, found)) = find(overlay, &record, held, unique) {
            claimed.insert(position);
            put_key(overlay, &mut record, found, observed_at);
        } else {
            put_absent(overlay, &mut record, observed_at);
        }
        records.push(Value::Object(record));
    }
    claimed
}

/// Puts the token over the registry's module with its serial number. Returns that module's id, or
/// the serial number, which names no module then: the rules find that. A serial number that is the
/// id of another module would name that one, so it is left out.
fn put_module(
    overlay: &mut Overlay,
    module: &ModuleReading,
    observed_at: Instant,
) -> Option<String> {
    let mut modules = objects(overlay.records(Kind::Modules));
    let is_an_id = modules
        .iter()
        .any(|record| text(record, "id") == module.serial);
    let found = modules
        .iter_mut()
        .find(|record| text(record, "serial") == module.serial);
    let id = if let Some(record) = found {
        record.insert("vendor".to_owned(), json!(module.vendor));
        record.insert("model".to_owned(), json!(module.model));
        record.insert("firmware".to_owned(), json!(module.firmware));
        record.insert("observed_at".to_owned(), json!(observed_at));
        Some(text(record, "id"))
    } else {
        overlay.warn(&format!(
            "no module of the registry has serial `{}`, that of token `{}`: \
             its location and validation are not on record",
            shown(&module.serial),
            shown(&module.label)
        ));
        (!is_an_id).then(|| module.serial.clone())
    };
    let modules = modules.into_iter().map(Value::Object).collect();
    overlay.replace(Kind::Modules, modules, PLACE);
    id
}

fn residency(
    overlay: &mut Overlay,
    module: &ModuleReading,
    id: Option<&str>,
    hardware: Hardware,
) -> Value {
    let kind = match (hardware, module.hardware_slot) {
        (Hardware::Registry, _) | (Hardware::Slot, true) => "hsm",
        (Hardware::Slot, false) => {
            overlay.warn(&format!(
                "token `{}` does not say that it is hardware (CKF_HW_SLOT), so its keys count as \
                 software; `hardware = \"registry\"` takes the registry's word instead",
                shown(&module.label)
            ));
            "software"
        }
    };
    json!({ "kind": kind, "module": id })
}

fn put_key(
    overlay: &mut Overlay,
    record: &mut Map<String, Value>,
    held: &Held,
    observed_at: Instant,
) {
    let attributes = attributes(overlay, &text(record, "id"), held.key);
    record.insert("attributes".to_owned(), attributes);
    record.insert("residency".to_owned(), held.residency.clone());
    record.insert("observed_at".to_owned(), json!(observed_at));
    if let Some(digest) = &held.key.public_key_sha256 {
        record.insert("public_key_sha256".to_owned(), json!(digest));
    }
}

/// The protection attributes; null unless the token gives every one of them.
fn attributes(overlay: &mut Overlay, id: &str, key: &KeyReading) -> Value {
    let given = [
        ("sensitive", key.sensitive),
        ("always_sensitive", key.always_sensitive),
        ("extractable", key.extractable),
        ("never_extractable", key.never_extractable),
        ("local", key.local),
    ];
    let missing: Vec<&str> = given
        .iter()
        .filter(|(_, set)| set.is_none())
        .map(|(name, _)| *name)
        .collect();
    if missing.is_empty() {
        return given
            .map(|(name, set)| (name, json!(set)))
            .into_iter()
            .collect();
    }
    overlay.warn(&format!(
        "the token does not give {} of key `{id}`: none of its attributes counts",
        missing.join(", ")
    ));
    Value::Null
}

/// A registered key that no token holds: what the registry says of its hardware is not
/// borne out.
fn put_absent(overlay: &mut Overlay, record: &mut Map<String, Value>, observed_at: Instant) {
    let kind = record
        .get("residency")
        .and_then(|residency| residency.get("kind"));
    if kind.and_then(Value::as_str) != Some("hsm") {
        return;
    }
    let state = text(record, "state");
    if matches!(state.as_str(), "active" | "suspended") {
        overlay.warn(&format!(
            "no token that was read holds key `{}`: its residency is unknown",
            text(record, "id")
        ));
    }
    let said = "No token that was read holds this key.";
    let notes = match text(record, "notes") {
        before if before.is_empty() => said.to_owned(),
        before => format!("{before}\n{said}"),
    };
    record.insert("notes".to_owned(), json!(notes));
    record.insert("attributes".to_owned(), Value::Null);
    record.insert(
        "residency".to_owned(),
        json!({ "kind": "unknown", "module": null }),
    );
    record.insert("observed_at".to_owned(), json!(observed_at));
}

/// A record of a key that the registry does not know. It counts as a production key in use until
/// somebody says otherwise: nobody is asked about a key that no packet shows.
fn unregistered(overlay: &mut Overlay, held: Held, observed_at: Instant) -> Value {
    let Held {
        key,
        module,
        residency,
    } = held;
    let identity = json!([module.serial, key.id, key.label, key.public_key_sha256]);
    let digest = Digest::of(&identity).to_string();
    let digest = digest.trim_start_matches("sha256:");
    let id = format!("unregistered-{}", digest.get(..16).unwrap_or(digest));
    overlay.warn(&format!(
        "the token holds key `{}`, which the registry does not know: it is in the review as `{id}`",
        shown(&key.label)
    ));
    let attributes = attributes(overlay, &id, key);
    json!({
        "id": id,
        "label": key.label,
        "environment": "production",
        "state": "active",
        "artifact_classes": [],
        "algorithm": key.algorithm,
        "public_key_sha256": key.public_key_sha256.as_deref().unwrap_or_default(),
        "residency": residency,
        "attributes": attributes,
        "key_attestation": null,
        "quorum": { "threshold": 0, "members": 0 },
        "authorized_custodians": [],
        "created_at": observed_at,
        "observed_at": observed_at,
        "notes": format!(
            "Found on token {} (CKA_ID {}). The custody registry does not know this key. Environment and \
             state are assumed, the quorum and custodians are not known, and the time of creation is \
             that of the observation.",
            module.serial, key.id
        ),
    })
}

fn objects(records: Vec<Value>) -> Vec<Map<String, Value>> {
    let object = |record| match record {
        Value::Object(object) => Some(object),
        _ => None,
    };
    records.into_iter().filter_map(object).collect()
}

pub(super) fn text(record: &Map<String, Value>, name: &str) -> String {
    let text = record.get(name).and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}
