//! Reads a token through its vendor's library. Runs in a process of its own.
//!
//! The one place that names `cryptoki`. It opens a read-only session, logs in as the normal user
//! alone, and calls nothing that signs, generates, writes or wraps. Where a wrong PIN would lock
//! the token it does not try one.

use std::io::{BufRead, Write};
use std::time::Duration;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::Error;
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::{Slot, TokenInfo};
use custody_controls::json::Digest;
use secrecy::SecretString;
use serde::Deserialize;

use super::reading::{Answer, Ask, KeyReading, MARK, ModuleReading, Question, TokenReading};
use super::spki;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    question: Question,
    pin: Option<String>,
}

/// Answers one question from `input` on `output`.
///
/// # Errors
/// Fails when the question cannot be read or the answer not be written.
pub fn serve(mut input: impl BufRead, mut output: impl Write) -> std::io::Result<()> {
    withhold_core_dumps();
    let mut line = String::new();
    input.read_line(&mut line)?;
    let Sent { question, pin } = serde_json::from_str(&line)
        // The parser's own words could quote the PIN.
        .map_err(|_| std::io::Error::other("the question does not fit"))?;
    drop(line);
    end_in_time(question.seconds);
    let answer = match read(&question, pin.map(SecretString::from)) {
        Ok(reading) => Answer::Reading(reading),
        Err(reason) => Answer::Fault(reason),
    };
    let answer = serde_json::to_string(&answer)?;
    // The library may have printed an unfinished line.
    write!(output, "\n{MARK}{answer}\n")?;
    output.flush()
}

/// A dump of this process would hold the PIN.
fn withhold_core_dumps() {
    #[cfg(unix)]
    {
        let none = rustix::process::Rlimit {
            current: Some(0),
            maximum: Some(0),
        };
        // Where the system refuses it there is nothing better to do.
        let _ = rustix::process::setrlimit(rustix::process::Resource::Core, none);
    }
}

/// Ends this process although the library hangs and whoever started it is gone.
fn end_in_time(seconds: u64) {
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_secs(seconds));
        std::process::abort();
    });
}

fn read(question: &Question, pin: Option<SecretString>) -> Result<TokenReading, String> {
    let library = Pkcs11::new(&question.library).map_err(|error| match error {
        Error::LibraryLoading(_) => {
            format!("library `{}` cannot be loaded", question.library.display())
        }
        other => format!("library `{}`: {other}", question.library.display()),
    })?;
    let failed = |error: Error| format!("the library refuses: {error}");
    let arguments = CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK);
    library.initialize(arguments).map_err(failed)?;
    let (slot, token) = find(&library, question)?;
    let slot_info = library.get_slot_info(slot).map_err(failed)?;
    let keys = match question.ask {
        Ask::Module => Vec::new(),
        Ask::Keys => keys(&library, slot, &token, pin)?,
    };
    Ok(TokenReading {
        module: ModuleReading {
            label: token.label().to_owned(),
            vendor: token.manufacturer_id().to_owned(),
            model: token.model().to_owned(),
            serial: token.serial_number().to_owned(),
            firmware: token.firmware_version().to_string(),
            hardware_slot: slot_info.hardware_slot(),
            write_protected: token.write_protected(),
        },
        keys,
        pin_count_low: token.user_pin_count_low(),
    })
}

/// The one token with the asked-for label and serial number.
fn find(library: &Pkcs11, question: &Question) -> Result<(Slot, TokenInfo), String> {
    let failed = |error: Error| format!("the library does not list its tokens: {error}");
    let mut found = Vec::new();
    for slot in library.get_slots_with_initialized_token().map_err(failed)? {
        // A token that is being pulled is no reason not to read another.
        let Ok(token) = library.get_token_info(slot) else {
            continue;
        };
        let serial = question.serial.as_deref();
        if token.label() == question.token
            && serial.is_none_or(|serial| token.serial_number() == serial)
        {
            found.push((slot, token));
        }
    }
    let count = found.len();
    match (count, found.pop()) {
        (1, Some(found)) => Ok(found),
        (0, _) => Err(format!(
            "no token has the label `{}`",
            question.token.escape_debug()
        )),
        (_, _) => Err(format!(
            "{count} tokens have the label `{}`: name one by `serial` too",
            question.token.escape_debug()
        )),
    }
}

fn keys(
    library: &Pkcs11,
    slot: Slot,
    token: &TokenInfo,
    pin: Option<SecretString>,
) -> Result<Vec<KeyReading>, String> {
    let failed = |error: Error| format!("the token's keys cannot be listed: {error}");
    let session = library
        .open_ro_session(slot)
        .map_err(|error| format!("no read-only session: {error}"))?;
    if token.login_required() {
        log_in(&session, token, pin)?;
    }
    let private = [
        Attribute::Class(ObjectClass::PRIVATE_KEY),
        Attribute::Token(true),
    ];
    let handles = session.find_objects(&private).map_err(failed)?;
    let keys = handles.into_iter().map(|handle| key(&session, handle));
    let mut keys: Vec<KeyReading> = keys.collect();
    keys.sort_by(|a, b| (&a.id, &a.label).cmp(&(&b.id, &b.label)));
    Ok(keys)
}

fn log_in(session: &Session, token: &TokenInfo, pin: Option<SecretString>) -> Result<(), String> {
    if token.user_pin_locked() {
        return Err("the user's PIN is locked".to_owned());
    }
    if token.user_pin_final_try() {
        return Err(
            "one try at the user's PIN is left; a wrong one would lock the token, so none was made"
                .to_owned(),
        );
    }
    let Some(pin) = pin else {
        return Err("the token asks for the user's PIN: set `pin_env` or `pin_file`".to_owned());
    };
    session
        .login(UserType::User, Some(&pin))
        .map_err(|error| format!("no login as user: {error}"))
}

fn key(session: &Session, handle: ObjectHandle) -> KeyReading {
    let of = |kind| attribute(session, handle, kind);
    let id = match of(AttributeType::Id) {
        Some(Attribute::Id(id)) => id,
        _ => Vec::new(),
    };
    let label = match of(AttributeType::Label) {
        Some(Attribute::Label(label)) => String::from_utf8_lossy(&label).into_owned(),
        _ => String::new(),
    };
    let kind = match of(AttributeType::KeyType) {
        Some(Attribute::KeyType(kind)) => Some(kind),
        _ => None,
    };
    let public = kind.and_then(|kind| public_key(session, handle, &id, kind));
    let flag = |kind| match of(kind)? {
        Attribute::Sign(set)
        | Attribute::Sensitive(set)
        | Attribute::AlwaysSensitive(set)
        | Attribute::Extractable(set)
        | Attribute::NeverExtractable(set)
        | Attribute::Local(set) => Some(set),
        _ => None,
    };
    KeyReading {
        id: id.iter().map(|byte| format!("{byte:02x}")).collect(),
        label,
        algorithm: public
            .as_ref()
            .map(|public| public.algorithm.clone())
            .or_else(|| kind.map(|kind| kind.to_string()))
            .unwrap_or_default(),
        public_key_sha256: public.map(|public| sha256(&public.info)),
        sign: flag(AttributeType::Sign),
        sensitive: flag(AttributeType::Sensitive),
        always_sensitive: flag(AttributeType::AlwaysSensitive),
        extractable: flag(AttributeType::Extractable),
        never_extractable: flag(AttributeType::NeverExtractable),
        local: flag(AttributeType::Local),
    }
}

/// One attribute at a time: a library that stumbles over one still gives the others.
fn attribute(session: &Session, handle: ObjectHandle, kind: AttributeType) -> Option<Attribute> {
    session
        .get_attributes(handle, &[kind])
        .ok()?
        .into_iter()
        .next()
}

struct PublicKey {
    algorithm: String,
    /// `SubjectPublicKeyInfo` in DER.
    info: Vec<u8>,
}

/// The public part of a private key: from itself, or else from the one public key with its id if
/// the id is that private key's alone. A public key beside it is only somebody's word: anybody who
/// may write to the token can put one there.
fn public_key(
    session: &Session,
    private: ObjectHandle,
    id: &[u8],
    kind: KeyType,
) -> Option<PublicKey> {
    let with_id = [
        Attribute::Class(ObjectClass::PUBLIC_KEY),
        Attribute::Id(id.to_vec()),
    ];
    let privates_with_id = [
        Attribute::Class(ObjectClass::PRIVATE_KEY),
        Attribute::Id(id.to_vec()),
    ];
    let found = |wanted: &[Attribute]| session.find_objects(wanted).unwrap_or_default();
    let public = match (found(&with_id).as_slice(), found(&privates_with_id).len()) {
        ([public], 1) if !id.is_empty() => Some(*public),
        _ => None,
    };
    let holders = || [private].into_iter().chain(public);
    let bytes = |wanted| holders().find_map(|holder| octets(attribute(session, holder, wanted)?));
    let (algorithm, info) = match kind {
        KeyType::RSA => {
            let modulus = bytes(AttributeType::Modulus)?;
            let leading = modulus.iter().take_while(|byte| **byte == 0).count();
            let algorithm = format!("RSA-{}", (modulus.len() - leading) * 8);
            let exponent = bytes(AttributeType::PublicExponent)?;
            (algorithm, spki::rsa(&modulus, &exponent))
        }
        KeyType::EC => {
            let parameters = bytes(AttributeType::EcParams)?;
            let info = spki::ec(&parameters, &bytes(AttributeType::EcPoint)?);
            (curve(&parameters).to_owned(), info)
        }
        KeyType::EC_EDWARDS => {
            // 32 bytes, plain or as an octet string: Ed448's are longer.
            let point = bytes(AttributeType::EcPoint).filter(|point| point.len() <= 34)?;
            ("Ed25519".to_owned(), spki::ed25519(&point))
        }
        _ => (kind.to_string(), bytes(AttributeType::PublicKeyInfo)?),
    };
    Some(PublicKey { algorithm, info })
}

fn octets(attribute: Attribute) -> Option<Vec<u8>> {
    match attribute {
        Attribute::Modulus(bytes)
        | Attribute::PublicExponent(bytes)
        | Attribute::EcParams(bytes)
        | Attribute::EcPoint(bytes)
        | Attribute::PublicKeyInfo(bytes) => (!bytes.is_empty()).then_some(bytes),
        _ => None,
    }
}

fn curve(parameters: &[u8]) -> &'static str {
    match parameters {
        [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07] => "ECDSA-P256",
        [0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22] => "ECDSA-P384",
        [0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23] => "ECDSA-P521",
        _ => "ECDSA",
    }
}

fn sha256(bytes: &[u8]) -> String {
    let digest = Digest::of_bytes(bytes).to_string();
    digest.trim_start_matches("sha256:").to_owned()
}
