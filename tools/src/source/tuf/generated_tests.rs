//! Small generated repositories: what the published one lacks, and what an attacker would try.

use std::path::{Path, PathBuf};
use std::process::Command;

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
    KeyPair as _, RSA_PSS_SHA256,
};
use custody_controls::instant::Instant;
use custody_controls::kind::{Kind, SourceSystem};
use serde_json::{Map, Value, json};
use tempfile::TempDir;

use super::canonical::canonical_bytes;
use super::settings::{metadata_folders, paper_folders};
use super::{Connector as _, TufRepository, TufSettings};
use crate::source::SourceError;

/// A key that signs, made for one test.
pub(super) enum Signer {
    Ecdsa(&'static str, Box<EcdsaKeyPair>),
    Ed25519(Box<Ed25519KeyPair>),
    Rsa(Box<RsaKeyPair>),
}

impl Signer {
    pub(super) fn p256() -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        Self::Ecdsa("ecdsa-sha2-nistp256", Box::new(key))
    }

    fn p384() -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_ASN1_SIGNING).unwrap();
        Self::Ecdsa("ecdsa-sha2-nistp384", Box::new(key))
    }

    fn ed25519() -> Self {
        Self::Ed25519(Box::new(Ed25519KeyPair::generate().unwrap()))
    }

    fn rsa() -> Self {
        Self::Rsa(Box::new(RsaKeyPair::generate(KeySize::Rsa2048).unwrap()))
    }

    /// The key as metadata declares it.
    pub(super) fn declared(&self) -> Value {
        let (kind, scheme, public) = match self {
            Self::Ecdsa(scheme, key) => {
                let point = hex::encode(key.public_key().as_ref());
                ("ecdsa", *scheme, point)
            }
            Self::Ed25519(key) => ("ed25519", "ed25519", hex::encode(key.public_key().as_ref())),
            Self::Rsa(key) => (
                "rsa",
                "rsassa-pss-sha256",
                pem(key.public_key().as_der().unwrap().as_ref()),
            ),
        };
        json!({"keytype": kind, "scheme": scheme, "keyval": {"public": public}})
    }

    fn sign(&self, message: &[u8]) -> String {
        let random = SystemRandom::new();
        hex::encode(match self {
            Self::Ecdsa(_, key) => key.sign(&random, message).unwrap().as_ref().to_vec(),
            Self::Ed25519(key) => key.sign(message).as_ref().to_vec(),
            Self::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PSS_SHA256, &random, message, &mut signature)
                    .unwrap();
                signature
            }
        })
    }
}

/// PEM of a public key. Base 64 by hand: nothing else here needs it.
fn pem(der: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in der.chunks(3) {
        let mut bytes = [0; 3];
        bytes[..chunk.len()].copy_from_slice(chunk);
        let bits = u32::from_be_bytes([0, bytes[0], bytes[1], bytes[2]]);
        for place in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * place) & 63) as usize];
            text.push(if place > chunk.len() {
                '='
            } else {
                char::from(digit)
            });
        }
    }
    format!("-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n")
}

/// A root in the making: keys by id, threshold of the root role, and who signs.
pub(super) struct Root<'k> {
    pub(super) version: u64,
    pub(super) threshold: u32,
    pub(super) keys: Vec<(&'static str, &'k Signer)>,
    pub(super) signers: Vec<(&'static str, &'k Signer)>,
}

impl Root<'_> {
    pub(super) fn signed(&self) -> Value {
        let keys = self
            .keys
            .iter()
            .map(|(id, key)| ((*id).to_owned(), key.declared()));
        let ids: Vec<&str> = self.keys.iter().map(|(id, _)| *id).collect();
        json!({
            "_type": "root", "spec_version": "1.0", "version": self.version,
            "expires": "2030-01-01T00:00:00Z", "consistent_snapshot": true,
            "keys": keys.collect::<Map<_, _>>(),
            "roles": {"root": {"threshold": self.threshold, "keyids": ids}},
        })
    }

    fn file(&self) -> Value {
        enveloped(self.signed(), &self.signers)
    }

    pub(super) fn text(&self) -> String {
        format!("{:#}", self.file())
    }
}

pub(super) fn enveloped(signed: Value, signers: &[(&'static str, &Signer)]) -> Value {
    let message = canonical_bytes(&signed).unwrap();
    let slots = signers
        .iter()
        .map(|(id, key)| json!({"keyid": id, "sig": key.sign(&message)}));
    json!({"signatures": slots.collect::<Vec<_>>(), "signed": signed})
}

/// A repository in a folder of its own.
pub(super) struct Repository {
    pub(super) folder: TempDir,
}

impl Repository {
    pub(super) fn new() -> Self {
        Self::of_format("sha1")
    }

    fn of_format(format: &str) -> Self {
        let repository = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let format = format!("--object-format={format}");
        repository.git("", &["init", "--quiet", "--initial-branch=main", &format]);
        repository
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    #[track_caller]
    pub(super) fn git(&self, date: &str, arguments: &[&str]) -> String {
        let output = Command::new("git")
            .current_dir(self.folder.path())
            .args(arguments)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .envs(["AUTHOR", "COMMITTER"].map(|who| (format!("GIT_{who}_DATE"), date)))
            .envs(["AUTHOR", "COMMITTER"].map(|who| (format!("GIT_{who}_NAME"), "a")))
            .envs(["AUTHOR", "COMMITTER"].map(|who| (format!("GIT_{who}_EMAIL"), "a@x")))
            .output()
            .unwrap();
        let shown = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {shown}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Commits files, and all else that lies in the folder.
    #[track_caller]
    pub(super) fn commit(&self, date: &str, files: &[(&str, &str)]) {
        for (path, text) in files {
            let path = self.path(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        self.git(date, &["add", "--all"]);
        self.git(date, &["commit", "--quiet", "--allow-empty", "--message=m"]);
    }

    pub(super) fn settings(&self) -> TufSettings {
        settings(self.folder.path())
    }

    #[track_caller]
    pub(super) fn read(&self) -> Read {
        read(self.settings())
    }
}

pub(super) fn settings(path: &Path) -> TufSettings {
    TufSettings {
        path: path.to_owned(),
        branch: None,
        metadata: metadata_folders(),
        papers: paper_folders(),
        attestation_root: None,
        mapping: None,
        web_url: None,
        search_path: std::env::var_os("PATH"),
    }
}

pub(super) const AS_OF: &str = "2026-06-30T00:00:00Z";

/// What the connector yielded of both sources.
pub(super) struct Read {
    pub(super) warnings: Vec<String>,
    records: Vec<(Kind, Value)>,
}

impl Read {
    pub(super) fn all(&self, kind: Kind) -> Vec<&Value> {
        let of_kind = self.records.iter().filter(|(of, _)| *of == kind);
        of_kind.map(|(_, record)| record).collect()
    }

    #[track_caller]
    pub(super) fn one(&self, kind: Kind, id: &str) -> &Value {
        let found = self.all(kind).into_iter().find(|record| record["id"] == id);
        found.unwrap_or_else(|| panic!("no {id} in {:?}", self.records))
    }

    /// The deviations of a root's ceremony, one text each.
    #[track_caller]
    pub(super) fn deviations(&self, version: u64) -> Vec<String> {
        let ceremony = self.one(Kind::Ceremonies, &format!("root-v{version}"));
        let list = ceremony["deviations"].as_array().unwrap();
        list.iter()
            .map(|one| one["text"].as_str().unwrap().to_owned())
            .collect()
    }

    pub(super) fn has_event(&self, id: &str) -> bool {
        self.all(Kind::AuditEvents)
            .iter()
            .any(|event| event["id"] == id)
    }
}

#[track_caller]
pub(super) fn read(settings: TufSettings) -> Read {
    try_read(&settings, AS_OF).unwrap_or_else(|error| panic!("{error}"))
}

pub(super) fn try_read(settings: &TufSettings, as_of: &str) -> Result<Read, SourceError> {
    let connector = TufRepository::new(settings.clone());
    let mut found = Read {
        warnings: Vec::new(),
        records: Vec::new(),
    };
    for source in [SourceSystem::Hsm, SourceSystem::Ceremonies] {
        let evidence = connector.read(source, Instant::parse(as_of).unwrap())?;
        found.warnings.extend(evidence.warnings);
        for kind in source.kinds() {
            let table = evidence.tables.of(kind);
            for row in 0..u32::try_from(table.count()).unwrap() {
                let record = serde_json::from_str(table.text(row).unwrap()).unwrap();
                found.records.push((kind, record));
            }
        }
    }
    Ok(found)
}

const ONE: &str = "metadata/root_history/1.root.json";
const TWO: &str = "metadata/root_history/2.root.json";
const THREE: &str = "metadata/root_history/3.root.json";

/// A first root of three keys, two of which must sign.
fn first<'k>(keys: [&'k Signer; 3]) -> Root<'k> {
    let [a, b, c] = keys;
    Root {
        version: 1,
        threshold: 2,
        keys: vec![("a", a), ("b", b), ("c", c)],
        signers: vec![("a", a), ("b", b)],
    }
}

#[track_caller]
fn check_contains(texts: &[String], words: &str) {
    assert!(
        texts.iter().any(|text| text.contains(words)),
        "no `{words}` in {texts:#?}"
    );
}

#[test]
fn every_signature_scheme_is_verified_and_an_altered_signature_of_each_is_not() {
    let keys = [
        Signer::p256(),
        Signer::p384(),
        Signer::ed25519(),
        Signer::rsa(),
    ];
    let [a, b, c, d] = &keys;
    let root = Root {
        version: 1,
        threshold: 4,
        keys: vec![("a", a), ("b", b), ("c", c), ("d", d)],
        signers: vec![("a", a), ("b", b), ("c", c), ("d", d)],
    };
    let repository = Repository::new();
    repository.commit("2026-01-01T00:00:00Z", &[(ONE, &root.text())]);
    let read = repository.read();
    assert!(
        !read.has_event("root-v1-acceptance"),
        "{:?}",
        read.deviations(1)
    );
    let mut algorithms: Vec<&Value> = read
        .all(Kind::SigningKeys)
        .iter()
        .map(|key| &key["algorithm"])
        .collect();
    algorithms.sort_by_key(|one| one.as_str());
    assert_eq!(
        json!(algorithms),
        json!(["ECDSA-P256", "ECDSA-P384", "Ed25519", "RSA-PSS-SHA256"])
    );
    for (slot, id) in ["a", "b", "c", "d"].iter().enumerate() {
        let mut file = root.file();
        let signature = file["signatures"][slot]["sig"].as_str().unwrap();
        let (start, last) = signature.split_at(signature.len() - 1);
        let other = if last == "0" { "1" } else { "0" };
        file["signatures"][slot]["sig"] = json!(format!("{start}{other}"));
        let repository = Repository::new();
        repository.commit("2026-01-01T00:00:00Z", &[(ONE, &file.to_string())]);
        let read = repository.read();
        check_contains(
            &read.deviations(1),
            &format!("the signature of key id {id} is not valid"),
        );
        check_contains(&read.deviations(1), "3 of 4 required distinct keys");
        assert!(read.has_event("root-v1-acceptance"));
    }
}

#[test]
fn one_key_under_two_ids_or_in_two_slots_counts_once() {
    let (a, b) = (Signer::p256(), Signer::ed25519());
    let root = Root {
        version: 1,
        threshold: 2,
        keys: vec![("a", &a), ("also-a", &a), ("b", &b)],
        signers: vec![("a", &a), ("also-a", &a), ("a", &a)],
    };
    let repository = Repository::new();
    repository.commit("2026-01-01T00:00:00Z", &[(ONE, &root.text())]);
    let read = repository.read();
    let deviations = read.deviations(1);
    check_contains(&deviations, "1 of 2 required distinct keys");
    check_contains(&deviations, "key id a has 2 signature slots");
    check_contains(
        &deviations,
        "lists 3 key ids that are 2 distinct usable keys",
    );
    check_contains(
        &deviations,
        "3 valid signatures in 3 slots are by 1 distinct keys",
    );
    assert_eq!(read.all(Kind::SigningKeys).len(), 2);
    assert_eq!(
        read.all(Kind::SigningKeys)[0]["quorum"],
        json!({"threshold": 2, "members": 2})
    );
    // Out of band: the rules find a quorum change without a ceremony.
    let event = read.one(Kind::AuditEvents, "root-v1-acceptance");
    assert_eq!(
        (&event["action"], &event["ceremony"]),
        (&json!("quorum_change"), &Value::Null)
    );
    assert_eq!(
        read.one(Kind::Ceremonies, "root-v1")["audit_events"],
        json!([])
    );
    check_contains(&read.warnings, "root v1 would be refused");
}

#[test]
fn two_keys_of_one_person_are_no_quorum_of_two() {
    let (a, b, c) = (Signer::p256(), Signer::p256(), Signer::p256());
    let repository = Repository::new();
    repository.commit(
        "2026-01-01T00:00:00Z",
        &[(ONE, &first([&a, &b, &c]).text())],
    );
    let keys: Vec<String> = repository
        .read()
        .all(Kind::SigningKeys)
        .iter()
        .map(|key| key["public_key_sha256"].as_str().unwrap().to_owned())
        .collect();
    let mapping = format!("[[holders]]\nperson = 'p-1'\nkeys = {keys:?}\n");
    let place = tempfile::tempdir().unwrap();
    std::fs::write(place.path().join("mapping.toml"), mapping).unwrap();
    let read = read(TufSettings {
        mapping: Some(place.path().join("mapping.toml")),
        ..repository.settings()
    });
    check_contains(
        &read.deviations(1),
        "2 distinct keys of its own root role signed, but they are of 1 distinct holders",
    );
    assert!(read.has_event("root-v1-acceptance"));
    assert_eq!(
        read.one(Kind::Ceremonies, "root-v1")["participants"],
        json!([{"person": "p-1", "role": "operator", "signed": true}])
    );
}

#[test]
fn a_root_that_the_one_before_does_not_vouch_for_is_out_of_band_and_both_stay_in_use() {
    let keys = [(); 6].map(|()| Signer::p256());
    let [a, b, c, d, e, f] = &keys;
    let usurper = Root {
        version: 2,
        threshold: 2,
        keys: vec![("d", d), ("e", e), ("f", f)],
        signers: vec![("d", d), ("e", e), ("a", a)],
    };
    let repository = Repository::new();
    repository.commit("2026-01-01T00:00:00Z", &[(ONE, &first([a, b, c]).text())]);
    repository.commit("2026-02-01T00:00:00Z", &[(TWO, &usurper.text())]);
    let read = repository.read();
    check_contains(
        &read.deviations(2),
        "the root role of v1 is not met: 1 of 2 required",
    );
    assert!(read.has_event("root-v2-acceptance") && !read.has_event("root-v1-acceptance"));
    let states: Vec<&Value> = read
        .all(Kind::SigningKeys)
        .iter()
        .map(|key| &key["state"])
        .collect();
    assert_eq!(
        json!(states),
        json!(["active", "active", "active", "active", "active", "active"])
    );
    // Nor is what the usurper signs afterwards.
    let third = Root {
        version: 3,
        signers: vec![("d", d), ("e", e)],
        ..usurper
    };
    repository.commit("2026-03-01T00:00:00Z", &[(THREE, &third.text())]);
    let later = repository.read();
    check_contains(
        &later.deviations(3),
        "it rests on v2, which would be refused",
    );
    assert!(later.has_event("root-v3-acceptance"));
    assert!(
        later
            .all(Kind::SigningKeys)
            .iter()
            .all(|key| key["state"] == "active")
    );
    // The signers are those whose signatures hold, under either root.
    assert_eq!(
        read.one(Kind::Ceremonies, "root-v2")["participants"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
}

#[test]
fn what_became_of_a_published_version_later_is_told_apart() {
    let keys = [(); 3].map(|()| Signer::p256());
    let [a, b, c] = &keys;
    let root = first([a, b, c]);
    let fork = Root {
        threshold: 1,
        ..first([a, b, c])
    };
    let signed_by_c = Root {
        signers: vec![("a", a), ("c", c)],
        ..first([a, b, c])
    };
    let text = root.text();
    let cases = [
        (fork.text(), "another root was published as version 1", true),
        (
            signed_by_c.text(),
            "its signatures changed after publication",
            false,
        ),
        (
            text.replace("  ", "\t"),
            "its bytes were reformatted after publication",
            false,
        ),
        ("{}".to_owned(), "was no metadata", false),
    ];
    for (first_text, words, refused) in cases {
        let repository = Repository::new();
        repository.commit("2026-01-01T00:00:00Z", &[(ONE, &first_text)]);
        repository.commit("2026-02-01T00:00:00Z", &[(ONE, &text)]);
        let read = repository.read();
        check_contains(&read.deviations(1), words);
        assert_eq!(read.has_event("root-v1-acceptance"), refused, "{words}");
        let again = words.contains("signatures") || words.contains("reformatted");
        let expected = if again {
            "2026-01-01T00:00:00Z"
        } else {
            "2026-02-01T00:00:00Z"
        };
        assert_eq!(
            read.one(Kind::Ceremonies, "root-v1")["performed_at"],
            expected,
            "{words}"
        );
    }
}

#[test]
fn a_root_that_is_no_metadata_at_as_of_stops_with_its_place() {
    let keys = [(); 3].map(|()| Signer::p256());
    let [a, b, c] = &keys;
    let mut zero = first([a, b, c]).file();
    zero["signed"]["roles"]["root"]["threshold"] = json!(0);
    let mut many = first([a, b, c]).file();
    many["signatures"] = json!(vec![json!({"keyid": "a", "sig": ""}); 1_001]);
    let cases = [
        (
            "{\"signed\": {}}".to_owned(),
            "field `/signed/_type`: is missing",
        ),
        ("{".to_owned(), "bad JSON"),
        (
            zero.to_string(),
            "field `/signed/roles/root/threshold`: must be a whole number over zero",
        ),
        (
            first([a, b, c]).text().replace("\"root\",", "\"targets\","),
            "field `/signed/_type`: must be `root`",
        ),
        (" ".repeat(9_000_000), "is 9000000 bytes long"),
        (
            many.to_string(),
            "field `/signatures`: has over 1000 signatures",
        ),
    ];
    for (text, words) in cases {
        let repository = Repository::new();
        repository.commit("2026-01-01T00:00:00Z", &[(ONE, &text)]);
        let error = try_read(&repository.settings(), AS_OF)
            .err()
            .unwrap()
            .to_string();
        assert!(error.contains(words), "{error}");
        assert!(error.contains(ONE), "{error}");
    }
}

#[test]
fn missing_and_rolled_back_versions_are_told() {
    let keys = [(); 3].map(|()| Signer::p256());
    let [a, b, c] = &keys;
    let third = Root {
        version: 3,
        ..first([a, b, c])
    };
    let repository = Repository::new();
    repository.commit("2026-01-01T00:00:00Z", &[(ONE, &first([a, b, c]).text())]);
    repository.commit("2026-02-01T00:00:00Z", &[(THREE, &third.text())]);
    let read = repository.read();
    check_contains(
        &read.deviations(3),
        "the root before it is missing; it was held against v1",
    );
    // Version 1 again, under the name of version 2, and after version 3.
    repository.commit("2026-03-01T00:00:00Z", &[(TWO, &first([a, b, c]).text())]);
    let read = repository.read();
    check_contains(&read.deviations(2), "its file says version 1");
    check_contains(&read.deviations(3), "it was published before v2");
    assert!(read.has_event("root-v2-acceptance"));
}

#[test]
fn an_unfinished_root_elsewhere_is_no_finding_and_a_finished_one_is() {
    let keys = [(); 3].map(|()| Signer::p256());
    let [a, b, c] = &keys;
    let second = Root {
        version: 2,
        ..first([a, b, c])
    };
    let other = Root {
        threshold: 1,
        version: 2,
        ..first([a, b, c])
    };
    let unfinished = Root {
        threshold: 3,
        version: 2,
        ..first([a, b, c])
    };
    let repository = Repository::new();
    repository.commit(
        "2026-01-01T00:00:00Z",
        &[
            (ONE, &first([a, b, c]).text()),
            ("ceremony/x/staged/root.json", &unfinished.text()),
        ],
    );
    repository.commit("2026-02-01T00:00:00Z", &[(TWO, &second.text())]);
    let quiet = repository.read().deviations(2);
    assert!(
        !quiet.iter().any(|text| text.contains("another root")),
        "{quiet:?}"
    );
    repository.commit(
        "2026-03-01T00:00:00Z",
        &[("ceremony/x/staged/root.json", &other.text())],
    );
    check_contains(
        &repository.read().deviations(2),
        "another root of this version carries a valid threshold",
    );
}

#[test]
fn delegated_keys_are_in_the_inventory_and_unmet_targets_are_told() {
    let keys = [(); 4].map(|()| Signer::p256());
    let [a, b, c, d] = &keys;
    let mut signed = first([a, b, c]).signed();
    signed["roles"]["targets"] = json!({"threshold": 1, "keyids": ["a"]});
    let root = enveloped(signed, &[("a", a), ("b", b)]);
    let targets = json!({
        "_type": "targets", "spec_version": "1.0", "version": 1, "expires": "2030-01-01T00:00:00Z", "targets": {},
        "delegations": {"keys": {"d": d.declared()},
            "roles": [{"name": "nightly", "threshold": 1, "keyids": ["d"], "terminating": true, "paths": ["*"]}]},
    });
    let repository = Repository::new();
    let (root, good) = (
        root.to_string(),
        enveloped(targets.clone(), &[("a", a)]).to_string(),
    );
    repository.commit(
        "2026-01-01T00:00:00Z",
        &[(ONE, &root), ("metadata/targets.json", &good)],
    );
    let found = repository.read();
    let delegated = |read: &Read| -> Vec<Value> {
        let keys = read.all(Kind::SigningKeys).into_iter();
        keys.filter(|key| key["artifact_classes"] == json!(["nightly"]))
            .cloned()
            .collect()
    };
    let key = &delegated(&found)[0];
    assert_eq!(key["residency"], json!({"kind": "unknown"}));
    assert_eq!(
        (&key["state"], &key["authorized_custodians"]),
        (&json!("active"), &json!([]))
    );
    assert_eq!(key["created_at"], "2026-01-01T00:00:00Z");
    assert_eq!(
        found
            .warnings
            .iter()
            .filter(|text| text.contains("threshold of role `targets`"))
            .count(),
        0
    );
    let bad = enveloped(targets, &[("a", d)]).to_string();
    repository.commit("2026-02-01T00:00:00Z", &[("metadata/targets.json", &bad)]);
    let found = repository.read();
    check_contains(
        &found.warnings,
        "the threshold of role `targets` is not met: 0 of 1",
    );
    assert_eq!(delegated(&found)[0]["created_at"], "2026-01-01T00:00:00Z");
}

#[test]
fn a_key_that_cannot_be_read_is_still_in_the_inventory() {
    let keys = [(); 3].map(|()| Signer::p256());
    let [a, b, c] = &keys;
    let mut signed = first([a, b, c]).signed();
    signed["keys"]["c"]["scheme"] = json!("sphincs+-shake-128s");
    let repository = Repository::new();
    let root = enveloped(signed, &[("a", a), ("b", b)]).to_string();
    repository.commit("2026-01-01T00:00:00Z", &[(ONE, &root)]);
    let read = repository.read();
    check_contains(
        &read.deviations(1),
        "its scheme `sphincs+-shake-128s` is not supported",
    );
    assert!(!read.has_event("root-v1-acceptance"));
    let unread = read.all(Kind::SigningKeys);
    let unread: Vec<_> = unread
        .iter()
        .filter(|key| key["algorithm"] == "sphincs+-shake-128s")
        .collect();
    assert_eq!(
        (unread.len(), &unread[0]["residency"]["kind"]),
        (1, &json!("unknown"))
    );
}

#[test]
fn as_of_chooses_what_is_read_and_the_commit_time_what_is_said() {
    let keys = [(); 3].map(|()| Signer::p256());
    let [a, b, c] = &keys;
    let repository = Repository::new();
    repository.commit(
        "2026-01-01T01:00:00+01:00",
        &[(ONE, &first([a, b, c]).text())],
    );
    let second = Root {
        version: 2,
        ..first([a, b, c])
    };
    repository.commit("2026-02-01T00:00:00Z", &[(TWO, &second.text())]);
    let at = |as_of: &str| try_read(&repository.settings(), as_of);
    assert_eq!(
        at("2026-01-31T23:59:59Z")
            .unwrap()
            .all(Kind::Ceremonies)
            .len(),
        1
    );
    assert_eq!(
        at("2026-02-01T00:00:00Z")
            .unwrap()
            .all(Kind::Ceremonies)
            .len(),
        2
    );
    let early = at("2025-12-31T23:59:59Z").err().unwrap().to_string();
    assert!(
        early.contains("had no commit yet at 2025-12-31T23:59:59Z"),
        "{early}"
    );
    let key = repository.read().all(Kind::SigningKeys)[0].clone();
    assert_eq!(key["created_at"], "2026-01-01T00:00:00Z");
    assert_eq!(key["observed_at"], "2026-02-01T00:00:00Z");
}

#[test]
fn a_commit_dated_back_is_not_in_evidence_before_its_parent() {
    let keys = [(); 3].map(|()| Signer::p256());
    let [a, b, c] = &keys;
    let second = Root {
        version: 2,
        ..first([a, b, c])
    };
    let repository = Repository::new();
    repository.commit("2026-03-01T00:00:00Z", &[(ONE, &first([a, b, c]).text())]);
    repository.commit("2026-01-01T00:00:00Z", &[(TWO, &second.text())]);
    let read = repository.read();
    let performed = &read.one(Kind::Ceremonies, "root-v2")["performed_at"];
    assert_eq!(*performed, "2026-03-01T00:00:00Z");
    check_contains(&read.warnings, "1 commit(s) are dated before their parent");
    assert!(try_read(&repository.settings(), "2026-02-01T00:00:00Z").is_err());
}

#[test]
fn side_branches_are_read_when_they_are_merged() {
    let keys = [(); 3].map(|()| Signer::p256());
    let [a, b, c] = &keys;
    let second = Root {
        version: 2,
        ..first([a, b, c])
    };
    let repository = Repository::new();
    repository.commit("2026-01-01T00:00:00Z", &[(ONE, &first([a, b, c]).text())]);
    repository.git("", &["checkout", "--quiet", "-b", "side"]);
    repository.commit("2026-02-01T00:00:00Z", &[(TWO, &second.text())]);
    repository.git("", &["checkout", "--quiet", "main"]);
    repository.git(
        "2026-03-01T00:00:00Z",
        &["merge", "--quiet", "--no-ff", "-m", "m", "side"],
    );
    let read = repository.read();
    assert_eq!(
        read.one(Kind::Ceremonies, "root-v2")["performed_at"],
        "2026-03-01T00:00:00Z"
    );
    let side = super::TufSettings {
        branch: Some("side".to_owned()),
        ..repository.settings()
    };
    let read = super::generated_tests::read(side);
    assert_eq!(
        read.one(Kind::Ceremonies, "root-v2")["performed_at"],
        "2026-02-01T00:00:00Z"
    );
}

#[test]
fn repositories_that_name_objects_by_sha256_are_read_too() {
    let keys = [(); 3].map(|()| Signer::p256());
    let [a, b, c] = &keys;
    let repository = Repository::of_format("sha256");
    repository.commit("2026-01-01T00:00:00Z", &[(ONE, &first([a, b, c]).text())]);
    assert_eq!(repository.read().all(Kind::SigningKeys).len(), 3);
}

#[test]
fn without_a_template_the_link_is_what_git_show_takes() {
    let keys = [(); 3].map(|()| Signer::p256());
    let [a, b, c] = &keys;
    let repository = Repository::new();
    repository.commit("2026-01-01T00:00:00Z", &[(ONE, &first([a, b, c]).text())]);
    let read = repository.read();
    let url = read.one(Kind::Ceremonies, "root-v1")["source_url"]
        .as_str()
        .unwrap();
    let (place, line) = url.strip_prefix("git:").unwrap().rsplit_once("#L").unwrap();
    let file = repository.git("", &["show", place]);
    let line = file
        .lines()
        .nth(line.parse::<usize>().unwrap() - 1)
        .unwrap();
    assert!(line.contains("signatures"), "{line}");
}

#[test]
fn a_holder_who_gets_a_name_is_no_change_and_one_who_gives_way_is() {
    let (a, b) = (Signer::p256(), Signer::p256());
    let owned = |version: u64, owner: Option<&str>| {
        let root = Root {
            version,
            threshold: 1,
            keys: vec![("a", &a), ("b", &b)],
            signers: vec![],
        };
        let mut signed = root.signed();
        if let Some(owner) = owner {
            signed["keys"]["a"]["x-tuf-on-ci-keyowner"] = json!(owner);
        }
        enveloped(signed, &[("a", &a)]).to_string()
    };
    let repository = Repository::new();
    repository.commit("2026-01-01T00:00:00Z", &[(ONE, &owned(1, None))]);
    repository.commit("2026-02-01T00:00:00Z", &[(TWO, &owned(2, Some("@ada")))]);
    repository.commit("2026-03-01T00:00:00Z", &[(THREE, &owned(3, Some("@bo")))]);
    let read = repository.read();
    assert!(!read.has_event("root-v2-root-holders"));
    let event = read.one(Kind::AuditEvents, "root-v3-root-holders");
    assert_eq!(event["action"], "custodian_change");
    assert_eq!(
        event["change"],
        json!({"field": "roles.root.holders", "from": "@ada", "to": "@bo"})
    );
    assert_eq!(event["ceremony"], "root-v3");
    // The key without a name is in nobody's known hands: the rules will say so.
    let custodians: Vec<&Value> = read
        .all(Kind::SigningKeys)
        .iter()
        .map(|key| &key["authorized_custodians"][0])
        .collect();
    assert!(
        custodians
            .iter()
            .any(|one| one.as_str().unwrap().starts_with("unknown-holder-of-key-"))
    );
}
