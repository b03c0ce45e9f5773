//! What passes between custody and the process that loads a vendor's library.
//!
//! One line of JSON each way, over standard input and output. The PIN goes in and never out.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Begins the line of standard output that is the answer: the vendor's library may print too.
pub const MARK: &str = "custody-token-reading ";

/// The longest answer that is read.
pub const LONGEST_ANSWER: u64 = 64_000_000;

/// What is asked of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// The module, without logging in.
    Module,
    /// The module and its private keys, logged in as user.
    Keys,
}

/// A question, without the PIN.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// What is asked.
    pub ask: Ask,
    /// The vendor's library.
    pub library: PathBuf,
    /// The token's label.
    pub token: String,
    /// The token's serial number.
    pub serial: Option<String>,
    /// After how many seconds the process ends itself.
    pub seconds: u64,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Answer {
    /// What the token says.
    Reading(TokenReading),
    /// Why there is no reading.
    Fault(String),
}

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenReading {
    /// The module.
    pub module: ModuleReading,
    /// The private keys on the token; none where only the module was asked for.
    pub keys: Vec<KeyReading>,
    /// Whether few tries at the user's PIN are left.
    pub pin_count_low: bool,
}

/// What a token says of itself and its slot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModuleReading {
    /// The token's label.
    pub label: String,
    /// `manufacturerID`
    pub vendor: String,
    /// `model`
    pub model: String,
    /// `serialNumber`
    pub serial: String,
    /// `firmwareVersion`
    pub firmware: String,
    /// `CKF_HW_SLOT`: whether the slot is hardware.
    pub hardware_slot: bool,
    /// `CKF_WRITE_PROTECTED`
    pub write_protected: bool,
}

/// What a token says of a private key. An attribute that it does not give is `None`, which is not
/// the same as false.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyReading {
    /// `CKA_ID`, in hexadecimal.
    pub id: String,
    /// `CKA_LABEL`
    pub label: String,
    /// The algorithm, as `RSA-3072`.
    pub algorithm: String,
    /// SHA-256 of the public key's `SubjectPublicKeyInfo` (DER), in hexadecimal.
    pub public_key_sha256: Option<String>,
    /// `CKA_SIGN`
    pub sign: Option<bool>,
    /// `CKA_SENSITIVE`
    pub sensitive: Option<bool>,
    /// `CKA_ALWAYS_SENSITIVE`
    pub always_sensitive: Option<bool>,
    /// `CKA_EXTRACTABLE`
    pub extractable: Option<bool>,
    /// `CKA_NEVER_EXTRACTABLE`
    pub never_extractable: Option<bool>,
    /// `CKA_LOCAL`
    pub local: Option<bool>,
}
