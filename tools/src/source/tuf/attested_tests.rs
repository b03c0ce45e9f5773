//! Attestations as a history holds them: in the tree, taken out, altered, never there. The key
//! certificates are published ones, so these tests need the published data.

use std::collections::BTreeMap;
use std::path::Path;

use custody_controls::kind::Kind;
use serde_json::{Value, json};

use super::TufSettings;
use super::generated_tests::{Repository, Root, Signer, enveloped, read};
use super::published_tests::{document, published};

const ONE: &str = "metadata/root_history/1.root.json";
const FOLDER: &str = "ceremony/2022-10-18/keys/18158855/18158855";

/// The three files of one published attestation, under their names in a repository.
fn attestation(data: &Path) -> BTreeMap<String, String> {
    let files = ["_key_cert.pem", "_device_cert.pem", "_pubkey.pem"].map(|ending| {
        let path = format!("{FOLDER}{ending}");
        let text = std::fs::read_to_string(data.join(&path)).unwrap();
        (path, text)
    });
    files.into()
}

/// A repository whose root lists a key of its own and the one that the attestation is of.
fn repository(data: &Path, key: &Signer, extra: &Value) -> Repository {
    let root = Root {
        version: 1,
        threshold: 1,
        keys: vec![("a", key)],
        signers: vec![],
    };
    let mut signed = root.signed();
    let public = attestation(data)[&format!("{FOLDER}_pubkey.pem")].clone();
    let mut attested =
        json!({"keytype": "ecdsa", "scheme": "ecdsa-sha2-nistp256", "keyval": {"public": public}});
    attested
        .as_object_mut()
        .unwrap()
        .extend(extra.as_object().unwrap().clone());
    signed["keys"]["attested"] = attested;
    signed["roles"]["root"]["keyids"] = json!(["a", "attested"]);
    let repository = Repository::new();
    let text = enveloped(signed, &[("a", key)]).to_string();
    repository.commit("2026-06-01T00:00:00Z", &[(ONE, &text)]);
    repository
}

/// The record of the attested key, and the warnings.
fn key_of(repository: &Repository, data: &Path) -> (Value, String) {
    let read = read(TufSettings {
        attestation_root: Some(data.join("trust/yubico-piv-root-ca-263751.pem")),
        ..repository.settings()
    });
    let expected = document(data, "expected.json");
    let attestations = expected["attestations"].as_array().unwrap();
    let spki = &attestations
        .iter()
        .find(|one| one["serial"] == 18_158_855)
        .unwrap()["attested_spki_sha256"];
    let keys = read.all(Kind::SigningKeys);
    let key = keys
        .into_iter()
        .find(|key| key["public_key_sha256"] == *spki);
    (key.unwrap().clone(), read.warnings.join("\n"))
}

fn commit(repository: &Repository, date: &str, files: &BTreeMap<String, String>) {
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    repository.commit(date, &files);
}

#[test]
fn a_verified_attestation_in_the_tree_proves_residency_and_attributes() {
    let Some(data) = published() else { return };
    let repository = repository(&data, &Signer::p256(), &json!({}));
    commit(&repository, "2026-06-02T00:00:00Z", &attestation(&data));
    repository.commit("2026-06-20T00:00:00Z", &[("other", "x")]);
    let (key, warnings) = key_of(&repository, &data);
    assert_eq!(
        key["residency"],
        json!({"kind": "hsm", "module": "yubikey-18158855"})
    );
    assert_eq!(
        key["attributes"],
        json!({"sensitive": true, "always_sensitive": true, "extractable": false, "never_extractable": true, "local": true})
    );
    assert_eq!(
        key["key_attestation"],
        json!({"format": "yubikey-piv", "verified": true, "device_serial": "18158855",
            "document": "ceremony:2022-10-18:keys:18158855:18158855_key_cert.pem"})
    );
    // The tree still holds it at the last commit.
    assert_eq!(key["observed_at"], "2026-06-20T00:00:00Z");
    assert_eq!(
        key["notes"],
        "CN=YubiKey PIV Attestation 9c: firmware 5.4.3, PIN policy always, touch policy always, form factor USB-A keychain"
    );
    assert!(!warnings.contains("attestation"), "{warnings}");
}

#[test]
fn an_attestation_taken_out_of_the_tree_was_last_observed_before_that() {
    let Some(data) = published() else { return };
    let repository = repository(&data, &Signer::p256(), &json!({}));
    commit(&repository, "2026-06-02T00:00:00Z", &attestation(&data));
    repository.commit("2026-06-03T00:00:00Z", &[("other", "x")]);
    repository.git("", &["rm", "-r", "--quiet", "ceremony"]);
    repository.commit("2026-06-20T00:00:00Z", &[]);
    let (key, _) = key_of(&repository, &data);
    assert_eq!(key["key_attestation"]["verified"], true);
    assert_eq!(key["observed_at"], "2026-06-03T00:00:00Z");
}

#[test]
fn an_altered_file_of_an_attestation_is_told_and_proves_nothing_from_then_on() {
    let Some(data) = published() else { return };
    let files = attestation(&data);
    for path in files.keys() {
        let mut altered = files.clone();
        let text = altered.get_mut(path).unwrap();
        // A digit of the signature, or of the key, in the middle of the block's last full line.
        let at = text.len() - 80;
        let other = if text.as_bytes()[at] == b'A' {
            "B"
        } else {
            "A"
        };
        text.replace_range(at..=at, other);
        let only = repository(&data, &Signer::p256(), &json!({}));
        commit(&only, "2026-06-02T00:00:00Z", &altered);
        let (key, warnings) = key_of(&only, &data);
        assert_eq!(key["residency"], json!({"kind": "unknown"}), "{path}");
        assert_eq!(key["attributes"], Value::Null);
        assert_ne!(key["key_attestation"]["verified"], true);
        assert!(
            warnings.contains("1 attestation(s) prove nothing"),
            "{path}: {warnings}"
        );
        // Good first, altered later: what is proven is from before.
        let later = repository(&data, &Signer::p256(), &json!({}));
        commit(&later, "2026-06-02T00:00:00Z", &files);
        commit(&later, "2026-06-20T00:00:00Z", &altered);
        let (key, warnings) = key_of(&later, &data);
        assert_eq!(key["key_attestation"]["verified"], true);
        assert_eq!(key["observed_at"], "2026-06-02T00:00:00Z", "{path}");
        assert!(
            warnings.contains("1 attestation(s) prove nothing"),
            "{path}: {warnings}"
        );
    }
}

#[test]
fn a_key_services_name_is_a_claim_and_nothing_more() {
    let Some(data) = published() else { return };
    let uri = json!({"x-tuf-on-ci-online-uri": "gcpkms:projects/x/cryptoKeys/y"});
    let repository = repository(&data, &Signer::p256(), &uri);
    let (key, _) = key_of(&repository, &data);
    let module = key["residency"]["module"].as_str().unwrap();
    assert!(module.starts_with("kms-") && key["residency"]["kind"] == "hsm");
    assert_eq!(
        (&key["attributes"], &key["key_attestation"]),
        (&Value::Null, &Value::Null)
    );
    let read = repository.read();
    let module = read.one(Kind::Modules, module);
    assert_eq!(module["vendor"], "Google Cloud KMS");
    assert_eq!(module["validation"]["status"], "historical");
}

#[test]
fn tokens_name_holders_and_the_mapping_adds_what_a_repository_does_not_say() {
    let Some(data) = published() else { return };
    let owner = json!({"x-tuf-on-ci-keyowner": "@someone"});
    let repository = repository(&data, &Signer::p256(), &owner);
    commit(&repository, "2026-06-02T00:00:00Z", &attestation(&data));
    let (key, _) = key_of(&repository, &data);
    assert_eq!(
        (&key["authorized_custodians"], &key["label"]),
        (&json!(["@someone"]), &json!("root: @someone"))
    );
    let place = tempfile::tempdir().unwrap();
    let mapping = "[[holders]]\nperson = 'p-1'\nserials = ['18158855']\n[[holders]]\nperson = 'p-2'\nowners = ['@someone']\n\
        [[modules]]\nfirmware = '5.4.3'\nscheme = 'FIPS 140-2'\nlevel = '2'\ncertificate = '1'\nstatus = 'revoked'\nlocation = 'safe'\n\
        [artifact_classes]\nroot = ['trust root']\n";
    std::fs::write(place.path().join("mapping.toml"), mapping).unwrap();
    let read = read(TufSettings {
        attestation_root: Some(data.join("trust/yubico-piv-root-ca-263751.pem")),
        mapping: Some(place.path().join("mapping.toml")),
        ..repository.settings()
    });
    let id = key["id"].as_str().unwrap();
    let key = read.one(Kind::SigningKeys, id);
    assert_eq!(key["authorized_custodians"], json!(["p-1"]));
    assert_eq!(key["artifact_classes"], json!(["trust root"]));
    let module = read.one(Kind::Modules, "yubikey-18158855");
    assert_eq!(
        (&module["validation"], &module["location"]),
        (
            &json!({"scheme": "FIPS 140-2", "level": "2", "certificate": "1", "status": "revoked"}),
            &json!("safe")
        )
    );
    let warnings = read.warnings.join("\n");
    assert!(
        warnings.contains("is mapped to one holder by key or token and to another"),
        "{warnings}"
    );
}
