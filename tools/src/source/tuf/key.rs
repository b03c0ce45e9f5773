//! Public keys as TUF metadata writes them, told apart by what they are and never by their ids.

use std::fmt;

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ED25519, ParsedPublicKey,
    RSA_PSS_2048_8192_SHA256, VerificationAlgorithm,
};
use custody_controls::json::Digest;
use x509_parser::pem::Pem;

/// SHA-256 over a public key's SubjectPublicKeyInfo: the same key in any spelling has the same one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct KeyFingerprint(Digest);

impl KeyFingerprint {
    /// The fingerprint of DER that is a SubjectPublicKeyInfo already.
    fn of_spki(spki: &[u8]) -> Self {
        Self(Digest::of_bytes(spki))
    }

    /// Stands in for a key that cannot be read.
    pub(super) fn of_written(public: &str) -> Self {
        Self(Digest::of_bytes(public.as_bytes()))
    }

    /// All 64 hexadecimal digits.
    pub(super) fn hex(self) -> String {
        let text = self.0.to_string();
        text.strip_prefix("sha256:").unwrap_or(&text).to_owned()
    }

    /// The record id of the key. Stable over renames, because it says nothing but the key.
    pub(super) fn record_id(self) -> String {
        let hex = self.hex();
        format!("key-{}", hex.get(..16).unwrap_or(&hex))
    }
}

impl fmt::Debug for KeyFingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.hex())
    }
}

/// Signature schemes of the TUF specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    EcdsaP256,
    EcdsaP384,
    Ed25519,
    RsaPssSha256,
}

impl Scheme {
    const ALL: [Self; 4] = [
        Self::EcdsaP256,
        Self::EcdsaP384,
        Self::Ed25519,
        Self::RsaPssSha256,
    ];

    fn parse(text: &str) -> Option<Self> {
        match text {
            "ecdsa-sha2-nistp256" => Some(Self::EcdsaP256),
            "ecdsa-sha2-nistp384" => Some(Self::EcdsaP384),
            "ed25519" => Some(Self::Ed25519),
            "rsassa-pss-sha256" => Some(Self::RsaPssSha256),
            _ => None,
        }
    }

    fn algorithm(self) -> &'static dyn VerificationAlgorithm {
        match self {
            Self::EcdsaP256 => &ECDSA_P256_SHA256_ASN1,
            Self::EcdsaP384 => &ECDSA_P384_SHA384_ASN1,
            Self::Ed25519 => &ED25519,
            Self::RsaPssSha256 => &RSA_PSS_2048_8192_SHA256,
        }
    }

    /// The algorithm's name in records.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::EcdsaP256 => "ECDSA-P256",
            Self::EcdsaP384 => "ECDSA-P384",
            Self::Ed25519 => "Ed25519",
            Self::RsaPssSha256 => "RSA-PSS-SHA256",
        }
    }
}

/// A public key that signatures can be held against.
#[derive(Clone)]
pub(super) struct PublicKey {
    scheme: Scheme,
    parsed: ParsedPublicKey,
    fingerprint: KeyFingerprint,
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "PublicKey({} {:?})",
            self.scheme.name(),
            self.fingerprint
        )
    }
}

/// Why a key in metadata cannot verify anything.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum KeyError {
    #[error("its scheme `{0}` is not supported")]
    Scheme(String),
    #[error("its public value is neither PEM nor hexadecimal")]
    Spelling,
    #[error("its public value is no key of its scheme")]
    Material,
}

impl PublicKey {
    /// Reads a key's public value: PEM, a point or key in hexadecimal.
    pub(super) fn parse(scheme: &str, public: &str) -> Result<Self, KeyError> {
        let known = Scheme::parse(scheme).ok_or_else(|| KeyError::Scheme(scheme.to_owned()))?;
        let bytes = if public.contains("-----BEGIN") {
            decode_pem(public, "PUBLIC KEY").ok_or(KeyError::Spelling)?
        } else {
            hex::decode(public).map_err(|_| KeyError::Spelling)?
        };
        let parsed =
            ParsedPublicKey::new(known.algorithm(), bytes).map_err(|_| KeyError::Material)?;
        let spki = parsed.as_der().map_err(|_| KeyError::Material)?;
        Ok(Self {
            scheme: known,
            fingerprint: KeyFingerprint::of_spki(spki.as_ref()),
            parsed,
        })
    }

    pub(super) const fn scheme(&self) -> Scheme {
        self.scheme
    }

    pub(super) const fn fingerprint(&self) -> KeyFingerprint {
        self.fingerprint
    }

    /// Whether `signature` is this key's over `message`.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.parsed.verify_sig(message, signature).is_ok()
    }
}

/// The fingerprint of a SubjectPublicKeyInfo in the one form that DER has for it.
pub(super) fn fingerprint_of_spki(spki: &[u8]) -> Option<KeyFingerprint> {
    let parsed = Scheme::ALL
        .into_iter()
        .find_map(|scheme| ParsedPublicKey::new(scheme.algorithm(), spki).ok())?;
    let exact = parsed.as_der().ok()?;
    (exact.as_ref() == spki).then(|| KeyFingerprint::of_spki(spki))
}

/// The one block of a PEM text that holds nothing else but white space around it.
pub(super) fn decode_pem(text: &str, label: &str) -> Option<Vec<u8>> {
    let text = text.trim_ascii();
    let whole = text.starts_with(&format!("-----BEGIN {label}-----"))
        && text.ends_with(&format!("-----END {label}-----"))
        && text.matches("-----BEGIN").count() == 1
        && text.matches("-----END").count() == 1;
    if !whole {
        return None;
    }
    let (pem, _) = Pem::read(std::io::Cursor::new(text.as_bytes())).ok()?;
    (pem.label == label).then_some(pem.contents)
}
