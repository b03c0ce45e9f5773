//! Finds the key on a token that a record of the registry is about.
//!
//! By its public key, which cannot be mistaken; else by name. It changes no record.

use serde_json::{Map, Value};

use super::inventory::{Held, text};
use super::reading::KeyReading;
use crate::source::overlay::Overlay;

/// The held key that `record` is about: the one with its public key, else the one with its label
/// or, as `CKA_ID`, its id. Where the two sides name different public keys it is not.
pub(super) fn find<'h, 'r>(
    overlay: &mut Overlay,
    record: &Map<String, Value>,
    held: &'h [Held<'r>],
    label_is_unique: bool,
) -> Option<(usize, &'h Held<'r>)> {
    let id = text(record, "id");
    let registered = sha256(&text(record, "public_key_sha256"));
    let same_key = |held: &Held| registered.is_some() && held.key.public_key_sha256 == registered;
    let all = || held.iter().enumerate();
    if let Some(found) = all().find(|(_, held)| same_key(held)) {
        return Some(found);
    }
    let hexadecimal: String = id.bytes().map(|byte| format!("{byte:02x}")).collect();
    let by_id = |key: &KeyReading| !key.id.is_empty() && (key.id == hexadecimal || key.id == id);
    let label = text(record, "label");
    let by_label = |key: &KeyReading| label_is_unique && !label.is_empty() && key.label == label;
    let named: Vec<_> = all().filter(|(_, held)| by_id(held.key)).collect();
    let named = if named.is_empty() {
        all().filter(|(_, held)| by_label(held.key)).collect()
    } else {
        named
    };
    match named.as_slice() {
        [] => None,
        [(position, one)] => match (&registered, &one.key.public_key_sha256) {
            (Some(_), Some(_)) => {
                overlay.warn(&format!(
                    "the token's key with the name of `{id}` is another one: its public key differs \
                     from the registry's"
                ));
                None
            }
            (Some(_), None) => {
                overlay.warn(&format!(
                    "the token does not show the public key of `{id}`: only its name says that it is \
                     the registry's key"
                ));
                Some((*position, one))
            }
            (None, _) => Some((*position, one)),
        },
        [_, _, ..] => {
            let count = named.len();
            overlay.warn(&format!(
                "{count} held keys have the name of `{id}`: none counts"
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
