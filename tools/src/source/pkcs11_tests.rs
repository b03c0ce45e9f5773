use std::path::Path;

use custody_controls::record::{Environment, Record as _, ResidencyKind, SigningKey};
use secrecy::SecretString;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::reading::{Answer, KeyReading, MARK, ModuleReading};
use super::*;

const PIN: &str = "pin-planted";

fn registry(keys: Value) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let modules = json!([{"id": "HSM-01", "vendor": "as bought", "model": "m", "serial": "S-1", "firmware": "1.0",
        "location": "AMS-2", "validation": {"scheme": "FIPS 140-3", "level": "3", "certificate": "1", "status": "active"}}]);
    for (name, records) in [
        ("modules", modules),
        ("signing_keys", keys),
        ("audit_events", json!([])),
        ("escrow_media", json!([])),
    ] {
        std::fs::write(
            folder.path().join(format!("{name}.json")),
            records.to_string(),
        )
        .unwrap();
    }
    folder
}

fn registered(id: &str, label: &str, public_key_sha256: &str) -> Value {
    json!({"id": id, "label": label, "environment": "staging", "state": "active", "artifact_classes": ["a"],
        "algorithm": "ECDSA-P256", "public_key_sha256": public_key_sha256, "residency": {"kind": "hsm", "module": "HSM-01"},
        "attributes": {"sensitive": true, "always_sensitive": true, "extractable": false, "never_extractable": true, "local": true},
        "quorum": {"threshold": 2, "members": 4}, "authorized_custodians": ["p-1"], "created_at": "2024-01-01T00:00:00Z",
        "observed_at": "2020-01-01T00:00:00Z", "notes": "as filed"})
}

fn held(id: &str, label: &str, digit: char) -> KeyReading {
    KeyReading {
        id: id.to_owned(),
        label: label.to_owned(),
        algorithm: "ECDSA-P256".to_owned(),
        public_key_sha256: Some(digit.to_string().repeat(64)),
        sign: Some(true),
        sensitive: Some(true),
        always_sensitive: Some(true),
        extractable: Some(false),
        never_extractable: Some(true),
        local: Some(true),
    }
}

fn reading(keys: Vec<KeyReading>) -> TokenReading {
    TokenReading {
        module: ModuleReading {
            label: "release".to_owned(),
            vendor: "Vendor".to_owned(),
            model: "Model".to_owned(),
            serial: "S-1".to_owned(),
            firmware: "2.6".to_owned(),
            hardware_slot: true,
            write_protected: false,
        },
        keys,
        pin_count_low: false,
    }
}

/// A shell that stands in for the program that loads a vendor's library.
fn shell(folder: &Path, script: &str) -> Pkcs11Settings {
    Pkcs11Settings {
        tokens: vec![TokenSettings {
            // Only has to be a file here.
            library: folder.join("modules.json"),
            token: "release".to_owned(),
            serial: None,
            pin: Credential::Secret(SecretString::from(PIN)),
            hardware: Hardware::Slot,
            timeout: Duration::from_secs(20),
        }],
        registry: folder.to_owned(),
        reader: ("/bin/sh".into(), vec!["-c".to_owned(), script.to_owned()]),
        withheld: vec!["PATH".to_owned()],
        now: Instant::parse("2026-12-20T13:14:15Z").unwrap(),
    }
}

fn answering(folder: &Path, reading: &TokenReading) -> Pkcs11Settings {
    let answer = serde_json::to_string(&Answer::Reading(reading.clone())).unwrap();
    let script = format!("read -r line; printf 'noise'; printf '\\n%s%s\\n' '{MARK}' '{answer}'");
    shell(folder, &script)
}

async fn read(settings: Pkcs11Settings) -> Result<SourceEvidence, SourceError> {
    let as_of = Instant::parse("2026-12-15T09:00:00Z").unwrap();
    let reading = move || Pkcs11Token::new(settings).read(SourceSystem::Hsm, as_of);
    tokio::task::spawn_blocking(reading).await.unwrap()
}

async fn fault(settings: Pkcs11Settings) -> String {
    let told = read(settings).await.unwrap_err().to_string();
    assert!(!told.contains("planted"), "{told}");
    told
}

fn key<'e>(evidence: &'e SourceEvidence, id: &str) -> &'e SigningKey {
    let keys = &evidence.tables.signing_keys;
    keys.get(keys.find(id).unwrap()).unwrap()
}

#[tokio::test]
async fn the_token_wins_on_what_it_holds_and_the_registry_on_what_it_is_for() {
    let folder = registry(json!([
        registered("SK-1", "one", &"A".repeat(64)),
        registered("SK-2", "two", "not on record"),
        registered("SK-3", "three", &"3".repeat(64)),
    ]));
    let mut imported = held("02", "two", 'b');
    (imported.local, imported.never_extractable) = (Some(false), Some(false));
    // The public key tells which it is, whatever its name.
    let settings = answering(
        folder.path(),
        &reading(vec![held("01", "renamed", 'a'), imported]),
    );
    let evidence = read(settings).await.unwrap();
    let one = key(&evidence, "SK-1");
    assert_eq!(one.observed_at, Instant::parse("2026-12-15T00:00:00Z").ok());
    assert_eq!(one.residency.module.as_ref().unwrap().as_str(), "HSM-01");
    assert_eq!(
        (one.label.as_str(), one.environment),
        ("one", Environment::Staging)
    );
    assert_eq!(one.public_key_sha256.as_str(), "a".repeat(64));
    let two = key(&evidence, "SK-2");
    assert_eq!(two.public_key_sha256.as_str(), "b".repeat(64));
    assert!(!two.attributes.as_ref().unwrap().local);
    let three = key(&evidence, "SK-3");
    assert_eq!(
        (three.residency.kind, three.attributes.is_none()),
        (ResidencyKind::Unknown, true)
    );
    assert_eq!(
        three.notes.as_ref().unwrap().as_str(),
        "as filed\nNo token that was read holds this key."
    );
    let modules = &evidence.tables.modules;
    let module = modules.get(0).unwrap();
    assert_eq!(
        (module.vendor.as_str(), module.firmware.as_str()),
        ("Vendor", "2.6")
    );
    assert_eq!((module.location.as_str(), modules.len()), ("AMS-2", 1));
    assert_eq!(
        evidence.warnings,
        ["source `hsm`: no token that was read holds key `SK-3`: its residency is unknown"]
    );
}

#[tokio::test]
async fn a_key_that_the_registry_does_not_know_is_in_the_review_as_a_production_key() {
    let folder = registry(json!([]));
    let mut wrapping = held("09", "kek", '9');
    wrapping.sign = Some(false);
    let mut silent = held("08", "\u{1b}[2Jodd", '8');
    silent.sign = None;
    let token = reading(vec![held("07", "stray", '7'), silent, wrapping]);
    let evidence = read(answering(folder.path(), &token)).await.unwrap();
    let keys: Vec<&SigningKey> = evidence
        .tables
        .signing_keys
        .iter()
        .map(|(_, key)| key)
        .collect();
    assert_eq!(keys.len(), 2);
    for key in keys {
        assert!(key.id().starts_with("unregistered-"));
        assert_eq!(key.environment, Environment::Production);
        assert_eq!(key.residency.kind, ResidencyKind::Hsm);
        assert!(
            key.notes
                .as_ref()
                .unwrap()
                .as_str()
                .contains("does not know this key")
        );
    }
    assert_eq!(evidence.warnings.len(), 3);
    assert!(
        evidence
            .warnings
            .iter()
            .all(|warning| !warning.contains('\u{1b}'))
    );
}

#[tokio::test]
async fn another_key_under_a_known_name_is_not_the_known_key() {
    let folder = registry(json!([registered("SK-1", "one", &"1".repeat(64))]));
    let token = reading(vec![held("01", "one", '2')]);
    let evidence = read(answering(folder.path(), &token)).await.unwrap();
    assert_eq!(
        key(&evidence, "SK-1").residency.kind,
        ResidencyKind::Unknown
    );
    assert_eq!(evidence.tables.signing_keys.len(), 2);
    assert!(
        evidence.warnings[0].contains("its public key differs"),
        "{:?}",
        evidence.warnings
    );
    // Two with the same name: neither is taken for it.
    let folder = registry(json!([registered("SK-1", "one", "")]));
    let token = reading(vec![held("01", "one", '2'), held("02", "one", '3')]);
    let evidence = read(answering(folder.path(), &token)).await.unwrap();
    assert_eq!(
        key(&evidence, "SK-1").residency.kind,
        ResidencyKind::Unknown
    );
    assert_eq!(evidence.tables.signing_keys.len(), 3);
}

#[tokio::test]
async fn an_attribute_that_the_token_does_not_give_is_not_false() {
    let folder = registry(json!([registered("SK-1", "one", "")]));
    let mut partial = held("01", "one", '1');
    partial.extractable = None;
    let evidence = read(answering(folder.path(), &reading(vec![partial])))
        .await
        .unwrap();
    assert_eq!(key(&evidence, "SK-1").attributes, None);
    assert_eq!(
        evidence.warnings,
        [
            "source `hsm`: the token does not give extractable of key `SK-1`: none of its attributes counts"
        ]
    );
}

#[tokio::test]
async fn hardware_is_not_taken_for_granted() {
    let folder = registry(json!([registered("SK-1", "one", "")]));
    let mut token = reading(vec![held("01", "one", '1')]);
    token.module.hardware_slot = false;
    let mut settings = answering(folder.path(), &token);
    let evidence = read(settings.clone()).await.unwrap();
    assert_eq!(
        key(&evidence, "SK-1").residency.kind,
        ResidencyKind::Software
    );
    assert!(
        evidence.warnings[0].contains("CKF_HW_SLOT"),
        "{:?}",
        evidence.warnings
    );
    settings.tokens[0].hardware = Hardware::Registry;
    let evidence = read(settings).await.unwrap();
    assert_eq!(key(&evidence, "SK-1").residency.kind, ResidencyKind::Hsm);
    // A token that no module of the registry is: the reference resolves to nothing.
    token.module.serial = "S 2".to_owned();
    let evidence = read(answering(folder.path(), &token)).await.unwrap();
    let residency = &key(&evidence, "SK-1").residency;
    assert_eq!(residency.module.as_ref().unwrap().as_str(), "S 2");
    assert!(evidence.warnings[0].contains("no module of the registry has serial `S 2`"));
    // Nor does it become another module by having that one's id for a serial number.
    token.module.serial = "HSM-01".to_owned();
    let evidence = read(answering(folder.path(), &token)).await.unwrap();
    assert_eq!(key(&evidence, "SK-1").residency.module, None);
}

#[tokio::test]
async fn a_key_that_only_a_name_ties_to_the_registry_is_told() {
    let folder = registry(json!([registered("SK-1", "one", &"1".repeat(64))]));
    let mut nameless = held("01", "one", '1');
    nameless.public_key_sha256 = None;
    let evidence = read(answering(folder.path(), &reading(vec![nameless])))
        .await
        .unwrap();
    assert!(
        evidence.warnings[0].contains("does not show the public key of `SK-1`"),
        "{:?}",
        evidence.warnings
    );
}

#[tokio::test]
async fn of_several_tokens_each_speaks_for_its_keys_and_none_may_be_missing() {
    let folder = registry(json!([
        registered("SK-1", "one", ""),
        registered("SK-2", "two", "")
    ]));
    let first = reading(vec![held("01", "one", '1')]);
    let mut second = reading(vec![held("01", "two", '2')]);
    second.module.serial = "S-2".to_owned();
    let answers =
        [first, second].map(|token| serde_json::to_string(&Answer::Reading(token)).unwrap());
    let script = format!(
        "read -r line; case $line in *'\"token\":\"second\"'*) a='{}';; *) a='{}';; esac; echo \"{MARK}$a\"",
        answers[1], answers[0]
    );
    let mut settings = shell(folder.path(), &script);
    let second = TokenSettings {
        token: "second".to_owned(),
        ..settings.tokens[0].clone()
    };
    settings.tokens.push(second);
    let evidence = read(settings.clone()).await.unwrap();
    let module = |id| key(&evidence, id).residency.module.clone().unwrap();
    assert_eq!(
        (module("SK-1").as_str(), module("SK-2").as_str()),
        ("HSM-01", "S-2")
    );
    assert_eq!(evidence.tables.signing_keys.len(), 2);
    settings.tokens[1].pin = Credential::Unavailable("it is not set".to_owned());
    assert_eq!(
        fault(settings).await,
        "source `hsm`, file `pkcs11`: token `second`: its PIN: it is not set"
    );
}

#[tokio::test]
async fn an_observation_is_never_later_than_its_reading() {
    let folder = registry(json!([registered("SK-1", "one", "")]));
    let mut settings = answering(folder.path(), &reading(vec![held("01", "one", '1')]));
    settings.now = Instant::parse("2026-11-26T23:59:59Z").unwrap();
    let evidence = read(settings).await.unwrap();
    let observed = Instant::parse("2026-11-26T00:00:00Z").ok();
    assert_eq!(key(&evidence, "SK-1").observed_at, observed);
}

#[tokio::test]
async fn a_library_that_crashes_hangs_or_babbles_is_a_fault_of_the_source() {
    let folder = registry(json!([]));
    let crashing = shell(folder.path(), "read -r line; kill -SEGV $$");
    assert_eq!(
        fault(crashing).await,
        "source `hsm`, file `pkcs11`: token `release`: the library ended its process without an answer (signal 11)"
    );
    let leaving = shell(folder.path(), "exit 7");
    assert!(
        fault(leaving)
            .await
            .ends_with("without an answer (exit code 7)")
    );
    let mut hanging = shell(folder.path(), "while :; do :; done");
    hanging.tokens[0].timeout = Duration::from_secs(1);
    assert!(
        fault(hanging)
            .await
            .ends_with("gave no answer within 1 seconds, and was ended")
    );
    let echoing = shell(
        folder.path(),
        &format!("read -r line; echo \"{MARK}$line\""),
    );
    assert!(
        fault(echoing)
            .await
            .ends_with("its reader's answer does not fit")
    );
    let mut absent = shell(folder.path(), "");
    absent.tokens[0].library = folder.path().join("none.so");
    assert!(fault(absent).await.ends_with("none.so` is not a file"));
}

#[tokio::test]
async fn the_pin_goes_over_standard_input_and_the_librarys_environment_has_no_secrets() {
    let folder = registry(json!([]));
    let log = folder.path().join("log.txt");
    let script = format!(
        "read -r line; {{ echo \"$line\"; echo \"env: [$PATH]\"; echo \"args: $0 $@\"; }} > {}; exit 0",
        log.display()
    );
    let mut settings = shell(folder.path(), &script);
    fault(settings.clone()).await;
    let seen = std::fs::read_to_string(&log).unwrap();
    let mut lines = seen.lines();
    let question = lines.next().unwrap();
    assert!(question.contains(r#""pin":"pin-planted""#), "{question}");
    // A shell without PATH takes one of its own.
    assert_ne!(lines.next().unwrap(), format!("env: [{}]", env!("PATH")));
    assert!(!lines.next().unwrap().contains("planted"));
    let asking = {
        let settings = settings.clone();
        move || Pkcs11Token::new(settings).standing(SourceSystem::Hsm)
    };
    let standing = tokio::task::spawn_blocking(asking).await.unwrap();
    assert!(standing.unreachable.is_some());
    let seen = std::fs::read_to_string(&log).unwrap();
    assert!(seen.contains(r#""pin":null"#), "{seen}");
    settings.tokens[0].pin = Credential::Unavailable("it is not set".to_owned());
    assert!(
        fault(settings)
            .await
            .ends_with("token `release`: its PIN: it is not set")
    );
}

#[tokio::test]
async fn standing_says_whether_the_pin_could_write() {
    let folder = registry(json!([]));
    let mut token = reading(Vec::new());
    let ask = |settings| async move {
        let asking = move || Pkcs11Token::new(settings).standing(SourceSystem::Hsm);
        tokio::task::spawn_blocking(asking).await.unwrap()
    };
    let open = ask(answering(folder.path(), &token)).await;
    assert_eq!(open.unreachable, None);
    assert!(matches!(open.write_access, WriteAccess::Possible(_)));
    token.module.write_protected = true;
    let closed = ask(answering(folder.path(), &token)).await;
    assert!(matches!(closed.write_access, WriteAccess::None(_)));
}
