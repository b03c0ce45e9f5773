//! YubiKey PIV attestations: that a token generated a key and does not let it out.
//!
//! The chain has exactly three links: a pinned vendor certificate, the device's, the key's. The
//! vendor's own root lacks a critical basic constraint, so a general path validator refuses it;
//! each link is checked here by name, signature and dates instead.

use chrono::{DateTime, Utc};
use custody_controls::instant::Instant;
use x509_parser::certificate::X509Certificate;
use x509_parser::pem::Pem;
use x509_parser::prelude::FromDer as _;

use super::key::{KeyFingerprint, decode_pem, fingerprint_of_spki};

/// The vendor certificates that device certificates must be signed by.
#[derive(Debug, Clone, Default)]
pub(super) struct PinnedRoots {
    // INVARIANT: each is DER of one certificate that parses.
    certificates: Vec<Vec<u8>>,
}

/// Why a file pins nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum PinnedRootsError {
    /// No certificate in it, or one that cannot be read.
    #[error("holds no certificate in PEM form, or one that cannot be read")]
    Unreadable,
}

impl PinnedRoots {
    /// Reads one or more certificates in PEM form.
    ///
    /// # Errors
    /// Says when there is none, or one of them cannot be read.
    pub(super) fn parse(pem: &[u8]) -> Result<Self, PinnedRootsError> {
        let mut certificates = Vec::new();
        for block in Pem::iter_from_buffer(pem) {
            let block = block.map_err(|_| PinnedRootsError::Unreadable)?;
            parse_certificate(&block.contents).map_err(|_| PinnedRootsError::Unreadable)?;
            certificates.push(block.contents);
        }
        if certificates.is_empty() {
            return Err(PinnedRootsError::Unreadable);
        }
        Ok(Self { certificates })
    }
}

/// The three files of one attestation, as a repository keeps them.
#[derive(Debug, Clone, Copy)]
pub(super) struct AttestationFiles<'f> {
    pub(super) device_certificate: &'f [u8],
    pub(super) key_certificate: &'f [u8],
    /// The public key beside them, where there is one.
    pub(super) public_key: Option<&'f [u8]>,
}

/// What a verified attestation proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AttestedKey {
    pub(super) fingerprint: KeyFingerprint,
    pub(super) serial: u64,
    pub(super) firmware: String,
    pub(super) pin_policy: &'static str,
    pub(super) touch_policy: &'static str,
    pub(super) form_factor: Option<&'static str>,
    pub(super) series: Series,
    /// The certificate's subject, which ends in the slot: `CN=YubiKey PIV Attestation 9c`.
    pub(super) subject: String,
}

/// Which series a token is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Series {
    Plain,
    Fips,
}

/// Why an attestation proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum AttestationError {
    #[error("no vendor certificate is pinned (`attestation_root`)")]
    NothingPinned,
    #[error("the {0} is no single PEM block of a certificate")]
    NoCertificate(&'static str),
    #[error("the {0} is not in force at the time of the commit")]
    OutOfDate(&'static str),
    #[error("the device certificate is not signed by a pinned vendor certificate")]
    UnknownIssuer,
    #[error("the device certificate may not issue certificates")]
    NoIssuer,
    #[error("the key certificate is not signed by the device")]
    NotByDevice,
    #[error("the key certificate has no {0} where an attestation has one")]
    Extension(&'static str),
    #[error("the key certificate's public key cannot be read")]
    Key,
    #[error("the public key file holds another key than the attestation")]
    OtherKey,
}

/// The key that a key certificate speaks of, believed without any check.
pub(super) fn claimed_key(key_certificate: &[u8]) -> Option<KeyFingerprint> {
    let der = certificate_der(key_certificate, KEY).ok()?;
    let certificate = parse_certificate(&der).ok()?;
    fingerprint_of_spki(certificate.public_key().raw)
}

/// Verifies one attestation as of `at`, when a commit held it.
pub(super) fn verify_attestation(
    files: AttestationFiles<'_>,
    pinned: &PinnedRoots,
    at: Instant,
) -> Result<AttestedKey, AttestationError> {
    if pinned.certificates.is_empty() {
        return Err(AttestationError::NothingPinned);
    }
    let device_der = certificate_der(files.device_certificate, DEVICE)?;
    let device =
        parse_certificate(&device_der).map_err(|()| AttestationError::NoCertificate(DEVICE))?;
    let key_der = certificate_der(files.key_certificate, KEY)?;
    let key = parse_certificate(&key_der).map_err(|()| AttestationError::NoCertificate(KEY))?;
    check_chain(&device, &key, pinned, at)?;
    let attested = read_attested(&key)?;
    match files.public_key.map(public_key_of) {
        Some(found) if found != Some(attested.fingerprint) => Err(AttestationError::OtherKey),
        Some(_) | None => Ok(attested),
    }
}

/// Vendor, device, key: each signed by the one before and in force.
fn check_chain(
    device: &X509Certificate<'_>,
    key: &X509Certificate<'_>,
    pinned: &PinnedRoots,
    at: Instant,
) -> Result<(), AttestationError> {
    for (certificate, name) in [(device, DEVICE), (key, KEY)] {
        if !in_force(certificate, at) {
            return Err(AttestationError::OutOfDate(name));
        }
    }
    let by_vendor = pinned.certificates.iter().any(|pinned| {
        parse_certificate(pinned)
            .is_ok_and(|vendor| in_force(&vendor, at) && signed_by(device, &vendor))
    });
    if !by_vendor {
        return Err(AttestationError::UnknownIssuer);
    }
    // A certificate of a key in an ordinary slot may not pose as a device's.
    if !device.is_ca() {
        return Err(AttestationError::NoIssuer);
    }
    if !signed_by(key, device) {
        return Err(AttestationError::NotByDevice);
    }
    Ok(())
}

const DEVICE: &str = "device certificate";
const KEY: &str = "key certificate";

/// `1.3.6.1.4.1.41482.3.n`, where the vendor keeps what the device says of a key.
fn extension<'c>(certificate: &'c X509Certificate<'_>, last: u64) -> Option<&'c [u8]> {
    let oid = format!("1.3.6.1.4.1.41482.3.{last}");
    let mut found = certificate
        .extensions()
        .iter()
        .filter(|extension| extension.oid.to_id_string() == oid);
    let first = found.next()?;
    found.next().is_none().then_some(first.value)
}

fn read_attested(key: &X509Certificate<'_>) -> Result<AttestedKey, AttestationError> {
    let firmware = match extension(key, 3) {
        Some([major, minor, patch]) => format!("{major}.{minor}.{patch}"),
        Some(_) | None => return Err(AttestationError::Extension("firmware version")),
    };
    // The serial number is a DER INTEGER within the extension.
    let serial = extension(key, 7)
        .and_then(|value| u64::from_der(value).ok())
        .filter(|(rest, _)| rest.is_empty())
        .map(|(_, serial)| serial)
        .ok_or(AttestationError::Extension("serial number"))?;
    let Some([pin, touch]) = extension(key, 8) else {
        return Err(AttestationError::Extension("PIN and touch policy"));
    };
    let fingerprint = fingerprint_of_spki(key.public_key().raw).ok_or(AttestationError::Key)?;
    Ok(AttestedKey {
        fingerprint,
        serial,
        firmware,
        pin_policy: pin_policy(*pin),
        touch_policy: touch_policy(*touch),
        form_factor: match extension(key, 9) {
            Some([form]) => Some(form_factor(*form)),
            Some(_) | None => None,
        },
        series: match extension(key, 9) {
            Some([form]) if form & 0x80 != 0 => Series::Fips,
            Some(_) | None => Series::Plain,
        },
        subject: key.subject().to_string(),
    })
}

const fn pin_policy(code: u8) -> &'static str {
    match code {
        1 => "never",
        2 => "once",
        3 => "always",
        4 => "match once",
        5 => "match always",
        _ => "unknown",
    }
}

const fn touch_policy(code: u8) -> &'static str {
    match code {
        1 => "never",
        2 => "always",
        3 => "cached",
        _ => "unknown",
    }
}

/// The high bit marks the FIPS series, the next one the security key series.
const fn form_factor(code: u8) -> &'static str {
    match code & 0x3f {
        1 => "USB-A keychain",
        2 => "USB-A nano",
        3 => "USB-C keychain",
        4 => "USB-C nano",
        5 => "USB-C and Lightning keychain",
        6 => "USB-A biometric keychain",
        7 => "USB-C biometric keychain",
        _ => "unknown",
    }
}

fn certificate_der(pem: &[u8], name: &'static str) -> Result<Vec<u8>, AttestationError> {
    std::str::from_utf8(pem)
        .ok()
        .and_then(|text| decode_pem(text, "CERTIFICATE"))
        .ok_or(AttestationError::NoCertificate(name))
}

fn parse_certificate(der: &[u8]) -> Result<X509Certificate<'_>, ()> {
    match X509Certificate::from_der(der) {
        Ok(([], certificate)) if is_exact(&certificate, der) => Ok(certificate),
        Ok(_) | Err(_) => Err(()),
    }
}

/// Whether every byte outside the signed part is the only one that could stand there. The parser
/// is lenient with some of them, so that an altered certificate would pass as the same.
fn is_exact(certificate: &X509Certificate<'_>, der: &[u8]) -> bool {
    let signed = certificate.tbs_certificate.as_ref();
    let signature = &certificate.signature_value.data;
    let mut end = der_header(0x03, signature.len() + 1);
    end.push(0);
    end.extend_from_slice(signature);
    let algorithm = (2..=5)
        .filter_map(|length| der.split_at_checked(length))
        .find(|(header, content)| *header == der_header(0x30, content.len()))
        .and_then(|(_, content)| content.strip_prefix(signed))
        .and_then(|rest| rest.strip_suffix(end.as_slice()));
    // The signed part repeats the algorithm.
    algorithm.is_some_and(|algorithm| {
        !algorithm.is_empty()
            && signed
                .windows(algorithm.len())
                .any(|window| window == algorithm)
    })
}

/// Tag and length in DER.
fn der_header(tag: u8, length: usize) -> Vec<u8> {
    let bytes = length.to_be_bytes();
    let bytes: Vec<u8> = bytes.into_iter().skip_while(|byte| *byte == 0).collect();
    match (u8::try_from(length), u8::try_from(bytes.len())) {
        (Ok(short @ 0..=0x7f), _) => vec![tag, short],
        (Ok(_) | Err(_), count) => {
            let mut header = vec![tag, 0x80 | count.unwrap_or_default()];
            header.extend(bytes);
            header
        }
    }
}

fn public_key_of(pem: &[u8]) -> Option<KeyFingerprint> {
    let der = decode_pem(std::str::from_utf8(pem).ok()?, "PUBLIC KEY")?;
    fingerprint_of_spki(&der)
}

fn in_force(certificate: &X509Certificate<'_>, at: Instant) -> bool {
    let at: DateTime<Utc> = at.utc();
    let validity = certificate.validity();
    (validity.not_before.timestamp()..=validity.not_after.timestamp()).contains(&at.timestamp())
}

/// Whether `issuer` is named by `certificate` and has signed it.
fn signed_by(certificate: &X509Certificate<'_>, issuer: &X509Certificate<'_>) -> bool {
    // What stands outside the signed part must say the same as within, or it could be altered.
    let outside = certificate.signature_algorithm == certificate.tbs_certificate.signature
        && certificate.signature_value.unused_bits == 0;
    outside
        && certificate.issuer().as_raw() == issuer.subject().as_raw()
        && certificate
            .verify_signature(Some(issuer.public_key()))
            .is_ok()
}
