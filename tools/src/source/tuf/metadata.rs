//! TUF metadata as published: an envelope of signatures around what is signed.
//!
//! It reads and keeps; whether a signature holds is decided in `signatures.rs`.

mod member;

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

use custody_controls::instant::Instant;
use custody_controls::json::{Digest, parse_strict};
use serde_json::{Map, Value};

use super::canonical::canonical_bytes;
use super::key::{KeyError, KeyFingerprint, PublicKey};
use member::Member;

/// Verifying takes time: a file may not ask for any amount of it.
const MAX_SLOTS: usize = 1_000;
const MAX_KEYS: usize = 4_000;

/// One metadata file.
#[derive(Debug, Clone)]
pub(super) struct Metadata {
    /// `root`, `targets` or what else it says it is.
    pub(super) kind: String,
    pub(super) version: u64,
    pub(super) expires: String,
    /// The signature slots, in the file's order.
    pub(super) slots: Vec<SignatureSlot>,
    /// The bytes that signatures are over.
    pub(super) signed: Vec<u8>,
    /// The keys and roles that the file sets up: a root's own, or what targets delegate to.
    pub(super) trust: Trust,
    /// Expiry policy of the file's own role.
    pub(super) expiry: ExpiryPolicy,
    /// SHA-256 of the file's bytes, as hexadecimal digits.
    pub(super) sha256: String,
}

/// Keys by id, and the roles that they may sign for.
#[derive(Debug, Clone, Default)]
pub(super) struct Trust {
    pub(super) keys: BTreeMap<String, DeclaredKey>,
    pub(super) roles: BTreeMap<String, DeclaredRole>,
}

/// A key as metadata declares it.
#[derive(Debug, Clone)]
pub(super) struct DeclaredKey {
    pub(super) key: Result<PublicKey, KeyError>,
    /// The key's fingerprint; of its public value as written, where the key cannot be used.
    pub(super) fingerprint: KeyFingerprint,
    /// Its algorithm as records name it.
    pub(super) algorithm: String,
    /// `x-tuf-on-ci-keyowner`
    pub(super) owner: Option<String>,
    /// `x-tuf-on-ci-online-uri`
    pub(super) online_uri: Option<String>,
    /// Whether the id is a digest of the key object in a form that tools use.
    pub(super) id_form: IdForm,
}

/// How a key's id comes from the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum IdForm {
    /// A digest of the key object, whole or reduced.
    Derived,
    /// None of the known forms.
    Foreign,
}

/// A role as metadata declares it.
#[derive(Debug, Clone)]
pub(super) struct DeclaredRole {
    pub(super) threshold: NonZeroU32,
    pub(super) key_ids: BTreeSet<String>,
    pub(super) expiry: ExpiryPolicy,
}

/// For how many days a role's metadata holds, and how long before its end it is signed anew.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct ExpiryPolicy {
    pub(super) expiry_days: Option<u64>,
    pub(super) signing_days: Option<u64>,
}

/// One signature slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SignatureSlot {
    pub(super) key_id: String,
    /// Hexadecimal as written.
    pub(super) signature: String,
}

/// Why a file is no metadata, and at which member.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum MetadataError {
    #[error("is not UTF-8 at byte offset {0}")]
    NotUtf8(usize),
    #[error("is {0} bytes long, more than is read")]
    TooLong(usize),
    #[error("bad JSON: {0}")]
    Json(String),
    #[error("field `{field}`: {reason}")]
    Field { field: String, reason: &'static str },
}

impl Metadata {
    /// Reads one file.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, MetadataError> {
        let text = std::str::from_utf8(bytes)
            .map_err(|error| MetadataError::NotUtf8(error.valid_up_to()))?;
        let value = parse_strict(text).map_err(|error| MetadataError::Json(error.to_string()))?;
        let file = Member::root(&value);
        let signed = file.member("signed")?;
        let kind = signed.text("_type")?;
        let trust = match kind.as_str() {
            "root" => Trust::read_root(&signed)?,
            _ => Trust::read_delegations(&signed)?,
        };
        Ok(Self {
            version: signed.whole("version")?,
            expires: signed.text("expires")?,
            slots: SignatureSlot::read_all(&file)?,
            signed: canonical_bytes(signed.value)
                .map_err(|_| signed.wrong("holds a number that is not whole"))?,
            trust,
            expiry: ExpiryPolicy::read(&signed)?,
            sha256: hex_of(bytes),
            kind,
        })
    }

    /// When it expires; `None` where the text is no time.
    pub(super) fn expires_at(&self) -> Option<Instant> {
        Instant::parse(&self.expires).ok()
    }

    /// Whether `expires` is in the form that the specification asks for.
    pub(super) fn expires_in_spec_form(&self) -> bool {
        self.expires_at()
            .is_some_and(|at| at.to_the_second().to_string() == self.expires)
    }
}

impl Trust {
    fn read_root(signed: &Member<'_>) -> Result<Self, MetadataError> {
        let keys = read_keys(&signed.member("keys")?)?;
        let roles = signed.member("roles")?;
        let mut read = BTreeMap::new();
        for (name, role) in roles.members()? {
            read.insert(name.to_owned(), DeclaredRole::read(&role)?);
        }
        if !read.contains_key("root") {
            return Err(roles.step("root").wrong("is missing"));
        }
        Ok(Self { keys, roles: read })
    }

    /// What targets metadata delegates; nothing where it delegates nothing.
    fn read_delegations(signed: &Member<'_>) -> Result<Self, MetadataError> {
        let Some(delegations) = signed.optional("delegations")? else {
            return Ok(Self::default());
        };
        let keys = read_keys(&delegations.member("keys")?)?;
        let list = delegations.member("roles")?;
        let items = list
            .value
            .as_array()
            .ok_or_else(|| list.wrong("must be a list"))?;
        let mut roles = BTreeMap::new();
        for (index, item) in items.iter().enumerate() {
            let role = Member {
                value: item,
                pointer: format!("{}/{index}", list.pointer),
            };
            let declared = DeclaredRole::read(&role)?;
            // Of two, one would be out of sight.
            if roles.insert(role.text("name")?, declared).is_some() {
                return Err(role.step("name").wrong("is the name of another role too"));
            }
        }
        Ok(Self { keys, roles })
    }

    /// The key with this id, where it can verify something.
    pub(super) fn key(&self, id: &str) -> Option<&PublicKey> {
        self.keys.get(id)?.key.as_ref().ok()
    }

    /// The distinct keys of a role, those that cannot be used too.
    pub(super) fn listed_in(&self, role: &str) -> BTreeSet<KeyFingerprint> {
        let ids = self.roles.get(role).map(|role| &role.key_ids);
        let keys = ids.into_iter().flatten().filter_map(|id| self.keys.get(id));
        keys.map(|key| key.fingerprint).collect()
    }

    /// The declaration of a key that a role lists, with its id.
    pub(super) fn declared(&self, key: KeyFingerprint) -> Option<(&str, &DeclaredKey)> {
        let found = self
            .keys
            .iter()
            .find(|(_, declared)| declared.fingerprint == key)?;
        Some((found.0, found.1))
    }

    /// The distinct keys of a role that can verify something.
    pub(super) fn keys_of(&self, role: &str) -> BTreeSet<KeyFingerprint> {
        let ids = self.roles.get(role).map(|role| &role.key_ids);
        let ids = ids.into_iter().flatten();
        ids.filter_map(|id| Some(self.key(id)?.fingerprint()))
            .collect()
    }
}

fn read_keys(keys: &Member<'_>) -> Result<BTreeMap<String, DeclaredKey>, MetadataError> {
    let members = keys.members()?;
    if members.len() > MAX_KEYS {
        return Err(keys.wrong("has over 4000 keys, more than are read"));
    }
    let read = members.map(|(id, key)| Ok((id.to_owned(), DeclaredKey::read(id, &key)?)));
    read.collect()
}

impl DeclaredKey {
    fn read(id: &str, key: &Member<'_>) -> Result<Self, MetadataError> {
        let public = key.member("keyval")?.text("public")?;
        let scheme = key.text("scheme")?;
        let parsed = PublicKey::parse(&scheme, &public);
        Ok(Self {
            fingerprint: parsed.as_ref().map_or_else(
                |_| KeyFingerprint::of_written(&public),
                PublicKey::fingerprint,
            ),
            algorithm: parsed
                .as_ref()
                .map_or(scheme, |key| key.scheme().name().to_owned()),
            key: parsed,
            owner: key.optional_text("x-tuf-on-ci-keyowner")?,
            online_uri: key.optional_text("x-tuf-on-ci-online-uri")?,
            id_form: id_form(id, key.value),
        })
    }
}

/// Tools hash the whole key object, or only the members that the specification knows.
fn id_form(id: &str, key: &Value) -> IdForm {
    let reduced = |names: &[&str]| {
        let members = key.as_object().into_iter().flatten();
        let kept = members.filter(|(name, _)| names.contains(&name.as_str()));
        Value::Object(
            kept.map(|(name, value)| (name.clone(), value.clone()))
                .collect::<Map<_, _>>(),
        )
    };
    let forms = [
        key.clone(),
        reduced(&["keytype", "scheme", "keyval"]),
        reduced(&["keytype", "scheme", "keyval", "keyid_hash_algorithms"]),
    ];
    let derived = forms.iter().any(|form| {
        canonical_bytes(form).is_ok_and(|bytes| hex_of(&bytes).eq_ignore_ascii_case(id))
    });
    if derived {
        IdForm::Derived
    } else {
        IdForm::Foreign
    }
}

impl DeclaredRole {
    fn read(role: &Member<'_>) -> Result<Self, MetadataError> {
        let threshold = role.whole("threshold")?;
        let threshold = u32::try_from(threshold).ok().and_then(NonZeroU32::new);
        let ids = role.member("keyids")?;
        let list = ids
            .value
            .as_array()
            .ok_or_else(|| ids.wrong("must be a list"))?;
        let key_ids = list.iter().map(|id| id.as_str().map(str::to_owned));
        Ok(Self {
            threshold: threshold.ok_or_else(|| {
                role.step("threshold")
                    .wrong("must be a whole number over zero")
            })?,
            key_ids: key_ids
                .collect::<Option<BTreeSet<String>>>()
                .ok_or_else(|| ids.wrong("must be a list of texts"))?,
            expiry: ExpiryPolicy::read(role)?,
        })
    }
}

impl ExpiryPolicy {
    fn read(of: &Member<'_>) -> Result<Self, MetadataError> {
        Ok(Self {
            expiry_days: of.optional_whole("x-tuf-on-ci-expiry-period")?,
            signing_days: of.optional_whole("x-tuf-on-ci-signing-period")?,
        })
    }
}

impl SignatureSlot {
    fn read_all(file: &Member<'_>) -> Result<Vec<Self>, MetadataError> {
        let slots = file.member("signatures")?;
        let list = slots
            .value
            .as_array()
            .ok_or_else(|| slots.wrong("must be a list"))?;
        if list.len() > MAX_SLOTS {
            return Err(slots.wrong("has over 1000 signatures, more than are verified"));
        }
        let read = list.iter().enumerate().map(|(index, slot)| {
            let slot = Member {
                value: slot,
                pointer: format!("/signatures/{index}"),
            };
            Ok(Self {
                key_id: slot.text("keyid")?,
                signature: slot.text("sig")?,
            })
        });
        read.collect()
    }
}

/// The SHA-256 of `bytes` as hexadecimal digits.
pub(super) fn hex_of(bytes: &[u8]) -> String {
    let text = Digest::of_bytes(bytes).to_string();
    text.strip_prefix("sha256:").unwrap_or(&text).to_owned()
}
