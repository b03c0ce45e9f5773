//! `hsm/modules`: tokens that an attestation proves, and key services that a URI claims.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::attestation::{AttestedKey, Series};
use super::super::metadata::hex_of;
use super::super::registry::Place;
use super::super::survey::proofs::Proof;
use super::Recorder;

/// The record id of a token.
pub(super) fn token_id(serial: u64) -> String {
    format!("yubikey-{serial}")
}

/// The record id of a key service's key.
pub(super) fn kms_id(uri: &str) -> String {
    let digest = hex_of(uri.as_bytes());
    format!("kms-{}", digest.get(..16).unwrap_or(&digest))
}

const UNKNOWN: &str = "not published";

impl Recorder<'_> {
    pub(super) fn modules(&self) -> Vec<Value> {
        let mut tokens: BTreeMap<u64, (&AttestedKey, &Proof)> = BTreeMap::new();
        for proof in &self.registry.survey.proofs {
            let Ok(attested) = &proof.verified else {
                continue;
            };
            let known = tokens.entry(attested.serial).or_insert((attested, proof));
            if (known.1.last, &known.1.path) < (proof.last, &proof.path) {
                *known = (attested, proof);
            }
        }
        let tokens = tokens
            .values()
            .map(|(attested, proof)| self.token(attested, proof));
        let mut services: BTreeMap<&str, &Place> = BTreeMap::new();
        for facts in self.registry.keys.values() {
            if let Some(claim) = &facts.online {
                services.insert(&claim.uri, &facts.place);
            }
        }
        let services = services
            .into_iter()
            .map(|(uri, place)| self.service(uri, place));
        tokens.chain(services).collect()
    }

    fn token(&self, attested: &AttestedKey, proof: &Proof) -> Value {
        let serial = attested.serial.to_string();
        let place = Place {
            path: proof.path.clone(),
            commit: proof.from,
            line: Some(1),
        };
        json!({
            "id": token_id(attested.serial),
            "vendor": "Yubico",
            "model": model(attested),
            "serial": serial,
            "firmware": attested.firmware,
            "location": self.location(&serial, &attested.firmware),
            "validation": self.validation(&serial, &attested.firmware),
            "source_url": self.link(&place),
            "observed_at": self.time(proof.last),
        })
    }

    fn service(&self, uri: &str, place: &Place) -> Value {
        json!({
            "id": kms_id(uri),
            "vendor": vendor(uri),
            "model": "cloud key service, claimed and not proven",
            "serial": uri,
            "firmware": UNKNOWN,
            "location": self.location(uri, UNKNOWN),
            "validation": self.validation(uri, UNKNOWN),
            "source_url": self.link(place),
        })
    }

    fn location(&self, serial: &str, firmware: &str) -> String {
        let details = self.registry.mapping.module(serial, firmware);
        let location = details.and_then(|details| details.location.clone());
        location.unwrap_or_else(|| UNKNOWN.to_owned())
    }

    /// A repository publishes no validation certificate. The record must have one, and claims
    /// none: `historical` is the word that says nothing for or against.
    fn validation(&self, serial: &str, firmware: &str) -> Value {
        let details = self.registry.mapping.module(serial, firmware);
        let text =
            |text: Option<&String>| text.cloned().unwrap_or_else(|| "none published".to_owned());
        json!({
            "scheme": text(details.and_then(|details| details.scheme.as_ref())),
            "level": text(details.and_then(|details| details.level.as_ref())),
            "certificate": text(details.and_then(|details| details.certificate.as_ref())),
            "status": details.and_then(|details| details.status).map_or("historical", |status| status.word()),
        })
    }
}

fn model(attested: &AttestedKey) -> String {
    let series = match attested.series {
        Series::Plain => "YubiKey",
        Series::Fips => "YubiKey FIPS",
    };
    match attested.form_factor {
        Some(form) => format!("{series}, {form}"),
        None => series.to_owned(),
    }
}

fn vendor(uri: &str) -> String {
    let scheme = uri.split(':').next().unwrap_or_default();
    match scheme {
        "gcpkms" => "Google Cloud KMS".to_owned(),
        "awskms" => "AWS KMS".to_owned(),
        "azurekms" => "Azure Key Vault".to_owned(),
        "hashivault" => "HashiCorp Vault".to_owned(),
        other => other.to_owned(),
    }
}
