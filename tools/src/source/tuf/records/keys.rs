//! `hsm/signing_keys`: one record per public key, whatever its ids and roles.

use serde_json::{Value, json};

use super::super::key::KeyFingerprint;
use super::super::registry::{ClaimedBy, KeyFacts, Standing};
use super::Recorder;
use super::documents::attestation_id;
use super::modules::{kms_id, token_id};

impl Recorder<'_> {
    pub(super) fn signing_keys(&self) -> Vec<Value> {
        let keys = self.registry.keys.iter();
        keys.map(|(key, facts)| self.signing_key(*key, facts))
            .collect()
    }

    fn signing_key(&self, key: KeyFingerprint, facts: &KeyFacts<'_>) -> Value {
        let names: Vec<&str> = facts.roles.iter().map(|role| role.name.as_str()).collect();
        let holder = self.registry.holder(key);
        let label = match &holder {
            Some(holder) => format!("{}: {holder}", names.join(", ")),
            None => names.join(", "),
        };
        let quorum = facts.roles.first();
        json!({
            "id": key.record_id(),
            "label": label,
            "environment": "production",
            "state": match facts.standing {
                Standing::InForce => "active",
                Standing::Dropped => "retired",
            },
            "artifact_classes": self.artifact_classes(&names),
            "algorithm": facts.algorithm,
            "public_key_sha256": key.hex(),
            "residency": residency(facts),
            "attributes": attributes(facts),
            "key_attestation": key_attestation(facts),
            "quorum": {
                "threshold": quorum.map(|role| role.threshold),
                "members": quorum.map(|role| role.members),
            },
            "authorized_custodians": self.custodians(key, &names, holder),
            "created_at": self.time(facts.first),
            "source_url": self.link(&facts.place),
            "observed_at": self.time(self.observed(facts)),
            "notes": notes(facts),
        })
    }

    /// The last commit whose tree held what is known of the key's residency.
    fn observed(&self, facts: &KeyFacts<'_>) -> usize {
        let verified = facts.proof.filter(|proof| proof.verified.is_ok());
        match (verified, facts.standing) {
            (Some(proof), _) => proof.last,
            (None, Standing::InForce) => self.registry.survey.history.head(),
            (None, Standing::Dropped) => facts.listed,
        }
    }

    fn artifact_classes(&self, roles: &[&str]) -> Vec<String> {
        let classes = &self.registry.mapping.artifact_classes;
        let named = roles.iter().flat_map(|role| {
            let listed = classes.get(*role).cloned();
            listed.unwrap_or_else(|| vec![(*role).to_owned()])
        });
        let mut named: Vec<String> = named.collect();
        named.dedup();
        named
    }

    /// Keys of root and targets are in people's hands: one without a holder names nobody, which
    /// the rules find. Keys of other roles may have none.
    fn custodians(
        &self,
        key: KeyFingerprint,
        roles: &[&str],
        holder: Option<String>,
    ) -> Vec<String> {
        let in_hands = roles.iter().any(|role| ["root", "targets"].contains(role));
        match holder {
            Some(holder) => vec![holder],
            None if in_hands => vec![self.registry.signer(key)],
            None => Vec::new(),
        }
    }
}

/// Only a verified attestation shows where a key is; a key service's name is a claim.
fn residency(facts: &KeyFacts<'_>) -> Value {
    let attested = facts.proof.and_then(|proof| proof.verified.as_ref().ok());
    match (attested, &facts.online) {
        (Some(attested), _) => json!({ "kind": "hsm", "module": token_id(attested.serial) }),
        (None, Some(claim)) => json!({ "kind": "hsm", "module": kms_id(&claim.uri) }),
        (None, None) => json!({ "kind": "unknown" }),
    }
}

/// A PIV attestation is only made of a key that was generated on the token, which has no way to
/// let one out.
fn attributes(facts: &KeyFacts<'_>) -> Value {
    match facts.proof.map(|proof| &proof.verified) {
        Some(Ok(_)) => json!({
            "sensitive": true,
            "always_sensitive": true,
            "extractable": false,
            "never_extractable": true,
            "local": true,
        }),
        Some(Err(_)) | None => Value::Null,
    }
}

fn key_attestation(facts: &KeyFacts<'_>) -> Value {
    let Some(proof) = facts.proof else {
        return Value::Null;
    };
    match &proof.verified {
        // Verified anew at every reading, which has no clock: so no `verified_at`.
        Ok(attested) => json!({
            "format": "yubikey-piv",
            "verified": true,
            "device_serial": attested.serial.to_string(),
            "document": attestation_id(proof),
        }),
        Err(_) => json!({
            "format": "yubikey-piv",
            "verified": false,
            "document": attestation_id(proof),
        }),
    }
}

fn notes(facts: &KeyFacts<'_>) -> Option<String> {
    let proof = facts.proof.map(|proof| match &proof.verified {
        Ok(attested) => format!(
            "{}: firmware {}, PIN policy {}, touch policy {}, form factor {}",
            attested.subject,
            attested.firmware,
            attested.pin_policy,
            attested.touch_policy,
            attested.form_factor.unwrap_or("not stated")
        ),
        Err(error) => format!("attestation not verified: {error}"),
    });
    let claim = facts.online.as_ref().map(|claim| match claim.by {
        ClaimedBy::Metadata => format!(
            "x-tuf-on-ci-online-uri claims {}, which nothing proves",
            claim.uri
        ),
        ClaimedBy::Mapping => format!(
            "the mapping file claims {}, which nothing proves",
            claim.uri
        ),
    });
    proof.or(claim)
}
