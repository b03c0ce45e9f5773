//! Puts what a token says over the custody registry.
//!
//! The token says what it holds and how it guards it, and wins there. The registry says what a key
//! is for and who may use it. What either has alone stays visible: a key that the registry does
//! not know becomes a record, and one that the token does not hold loses its hardware.

use std::collections::BTreeSet;

use custody_controls::instant::Instant;
use custody_controls::json::Digest;
use custody_controls::kind::Kind;
use serde_json::{Map, Value, json};

use super::Hardware;
use super::reading::{KeyReading, ModuleReading, TokenReading};
use crate::source::overlay::{Overlay, shown};

/// How faults name the token.
pub(super) const PLACE: &str = "pkcs11";

/// What holds for every record that the token speaks for.
pub(super) struct Observation {
    pub(super) observed_at: Instant,
    pub(super) hardware: Hardware,
}

/// Puts `reading` over the registry's modules and keys.
pub(super) fn put(overlay: &mut Overlay, reading: &TokenReading, observation: &Observation) {
    if reading.pin_count_low {
        overlay.warn("few tries at the token user's PIN are left: somebody gave a wrong one");
    }
    let module = put_module(overlay, &reading.module, observation);
    let residency = residency(overlay, &reading.module, &module, observation);
    let mut records = Vec::new();
    let mut claimed = BTreeSet::new();
    let registered: Vec<Map<String, Value>> = objects(overlay.records(Kind::SigningKeys));
    let labels: Vec<String> = registered.iter().map(|key| text(key, "label")).collect();
    for mut record in registered {
        let unique = labels
            .iter()
            .filter(|l| **l == text(&record, "label"))
            .count()
            == 1;
        match find(overlay, &record, &reading.keys, unique) {
            Some((position, key)) => {
                claimed.insert(position);
                put_key(overlay, &mut record, key, &residency, observation);
            }
            None => put_absent(overlay, &mut record, &reading.module, observation),
        }
        records.push(Value::Object(record));
    }
    let unclaimed = reading.keys.iter().enumerate();
    let unclaimed = unclaimed.filter(|(position, _)| !claimed.contains(position));
    let (signing, other): (Vec<_>, Vec<_>) = unclaimed
        .map(|(_, key)| key)
        .partition(|key| key.sign != Some(false));
    for key in signing {
        records.push(unregistered(
            overlay,
            key,
            &reading.module,
            &residency,
            observation,
        ));
    }
    if !other.is_empty() {
        let count = other.len();
        overlay.warn(&format!(
            "{count} private key(s) on the token cannot sign and are not in the registry: left out"
        ));
    }
    overlay.replace(Kind::SigningKeys, records, PLACE);
}

/// Puts the token over the registry's module with its serial number. Returns that module's id, or
/// the serial number, which names no module then: the rules find that.
fn put_module(overlay: &mut Overlay, module: &ModuleReading, observation: &Observation) -> String {
    let mut modules = objects(overlay.records(Kind::Modules));
    let found = modules
        .iter_mut()
        .find(|record| text(record, "serial") == module.serial);
    let id = if let Some(record) = found {
        record.insert("vendor".to_owned(), json!(module.vendor));
        record.insert("model".to_owned(), json!(module.model));
        record.insert("firmware".to_owned(), json!(module.firmware));
        record.insert("observed_at".to_owned(), json!(observation.observed_at));
        text(record, "id")
    } else {
        overlay.warn(&format!(
            "no module of the registry has serial `{}`, that of token `{}`: \
             its location and validation are not on record",
            shown(&module.serial),
            shown(&module.label)
        ));
        module.serial.clone()
    };
    let modules = modules.into_iter().map(Value::Object).collect();
    overlay.replace(Kind::Modules, modules, PLACE);
    id
}

fn residency(
    overlay: &mut Overlay,
    module: &ModuleReading,
    id: &str,
    observation: &Observation,
) -> Value {
    let kind = match (observation.hardware, module.hardware_slot) {
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

/// The token's key that `record` is about: the one with its public key, else the one with its
/// label or, as `CKA_ID`, its id. Where the two sides name different public keys it is not.
fn find<'k>(
    overlay: &mut Overlay,
    record: &Map<String, Value>,
    keys: &'k [KeyReading],
    label_is_unique: bool,
) -> Option<(usize, &'k KeyReading)> {
    let id = text(record, "id");
    let registered = sha256(&text(record, "public_key_sha256"));
    let same_key = |key: &KeyReading| registered.is_some() && key.public_key_sha256 == registered;
    let all = || keys.iter().enumerate();
    if let Some(found) = all().find(|(_, key)| same_key(key)) {
        return Some(found);
    }
    let hexadecimal: String = id.bytes().map(|byte| format!("{byte:02x}")).collect();
    let by_id = |key: &KeyReading| !key.id.is_empty() && (key.id == hexadecimal || key.id == id);
    let label = text(record, "label");
    let by_label = |key: &KeyReading| label_is_unique && !label.is_empty() && key.label == label;
    let named: Vec<_> = all().filter(|(_, key)| by_id(key)).collect();
    let named = if named.is_empty() {
        all().filter(|(_, key)| by_label(key)).collect()
    } else {
        named
    };
    match named.as_slice() {
        [] => None,
        [(position, key)] => match (&registered, &key.public_key_sha256) {
            (Some(_), Some(_)) => {
                overlay.warn(&format!(
                    "the token's key with the name of `{id}` is another one: its public key differs \
                     from the registry's"
                ));
                None
            }
            (None, _) | (_, None) => Some((*position, key)),
        },
        [_, _, ..] => {
            let count = named.len();
            overlay.warn(&format!(
                "{count} keys on the token have the name of `{id}`: none counts"
            ));
            None
        }
    }
}

/// A SHA-256 in hexadecimal, in lower case. Registries write other things where they have none.
fn sha256(text: &str) -> Option<String> {
    let digest = text.trim_start_matches("sha256:").to_ascii_lowercase();
    let is_digest = digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_digest.then_some(digest)
}

fn put_key(
    overlay: &mut Overlay,
    record: &mut Map<String, Value>,
    key: &KeyReading,
    residency: &Value,
    observation: &Observation,
) {
    let attributes = attributes(overlay, &text(record, "id"), key);
    record.insert("attributes".to_owned(), attributes);
    record.insert("residency".to_owned(), residency.clone());
    record.insert("observed_at".to_owned(), json!(observation.observed_at));
    if let Some(digest) = &key.public_key_sha256 {
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

/// A registered key that the token does not hold: what the registry says of its hardware is not
/// borne out.
fn put_absent(
    overlay: &mut Overlay,
    record: &mut Map<String, Value>,
    module: &ModuleReading,
    observation: &Observation,
) {
    let kind = record
        .get("residency")
        .and_then(|residency| residency.get("kind"));
    if kind.and_then(Value::as_str) != Some("hsm") {
        return;
    }
    let state = text(record, "state");
    if matches!(state.as_str(), "active" | "suspended") {
        overlay.warn(&format!(
            "the token does not hold key `{}`: its residency is unknown",
            text(record, "id")
        ));
    }
    let said = format!("Token {} does not hold this key.", module.serial);
    let notes = match text(record, "notes") {
        before if before.is_empty() => said,
        before => format!("{before}\n{said}"),
    };
    record.insert("notes".to_owned(), json!(notes));
    record.insert("attributes".to_owned(), Value::Null);
    record.insert(
        "residency".to_owned(),
        json!({ "kind": "unknown", "module": null }),
    );
    record.insert("observed_at".to_owned(), json!(observation.observed_at));
}

/// A record of a key that the registry does not know. It counts as a production key in use until
/// somebody says otherwise: nobody is asked about a key that no packet shows.
fn unregistered(
    overlay: &mut Overlay,
    key: &KeyReading,
    module: &ModuleReading,
    residency: &Value,
    observation: &Observation,
) -> Value {
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
        "created_at": observation.observed_at,
        "observed_at": observation.observed_at,
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

fn text(record: &Map<String, Value>, name: &str) -> String {
    let text = record.get(name).and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}
