//! The verification core against roots and attestations of a real project.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use custody_controls::instant::Instant;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::attestation::{
    AttestationError, AttestationFiles, AttestedKey, PinnedRoots, claimed_key, verify_attestation,
};
use super::metadata::{IdForm, Metadata};
use super::published_tests::{document, published};
use super::signatures::{ROOT, RootCheck, SlotOutcome};

fn root_at(folder: &Path, version: u64) -> Metadata {
    let path = folder.join(format!("metadata/root_history/{version}.root.json"));
    Metadata::parse(&std::fs::read(path).unwrap()).unwrap()
}

/// Who holds a key, by its fingerprint.
fn holders(expected: &Value) -> BTreeMap<String, String> {
    let owners = expected["owner_of_spki_sha256"].as_object().unwrap();
    let named = owners.iter().map(|(key, owner)| {
        let holder = owner["holder"].as_str().unwrap();
        (key.clone(), holder.to_owned())
    });
    named.collect()
}

fn names(holders: &BTreeMap<String, String>, root: &Metadata, role: &str) -> Vec<Value> {
    let keys = root.trust.keys_of(role);
    let names: BTreeSet<&str> = keys
        .iter()
        .map(|key| holders.get(&key.hex()).map_or("?", String::as_str))
        .collect();
    names.into_iter().map(Value::from).collect()
}

#[test]
fn published_roots_verify_as_an_independent_check_found() {
    let Some(folder) = published() else { return };
    let expected = document(&folder, "expected.json");
    let holders = holders(&expected);
    let mut previous: Option<Metadata> = None;
    let versions = expected["versions"].as_array().unwrap();
    assert_eq!(versions.len(), 15);
    for version in versions {
        let root = root_at(&folder, version["version"].as_u64().unwrap());
        let check = RootCheck::of(&root, previous.as_ref()).unwrap();
        let signers: BTreeSet<String> = check
            .signers()
            .iter()
            .filter_map(|key| holders.get(&key.hex()).cloned())
            .filter(|name| names(&holders, &root, ROOT).contains(&json!(name)))
            .collect();
        let before = check.previous.as_ref();
        let found = json!({
            "version": root.version,
            "sha256": root.sha256,
            "signed_sha256": super::metadata::hex_of(&root.signed),
            "expires_raw": root.expires,
            "expires": root.expires_at().unwrap().to_the_second().to_string(),
            "expires_is_spec_form": root.expires_in_spec_form(),
            "distinct_valid_keys_this_root": check.own.signers.len(),
            "threshold_this_root_met": check.own.is_met(),
            "distinct_valid_keys_previous_root": before.map(|count| count.signers.len()),
            "threshold_previous_root": before.map(|count| count.required),
            "threshold_previous_root_met": before.map(super::signatures::ThresholdCount::is_met),
            "valid_signers": signers,
        });
        for (name, value) in found.as_object().unwrap() {
            assert_eq!(value, &version[name], "v{} {name}", root.version);
        }
        assert!(check.is_met());
        check_roles(&holders, &root, version);
        check_slots(&root, &check, version);
        check_keys(&root, version);
        previous = Some(root);
    }
}

fn check_roles(holders: &BTreeMap<String, String>, root: &Metadata, version: &Value) {
    let roles: BTreeMap<&String, Value> = root
        .trust
        .roles
        .iter()
        .map(|(name, role)| {
            let holders = names(holders, root, name);
            let role =
                json!({"threshold": role.threshold, "keyids": role.key_ids, "holders": holders});
            (name, role)
        })
        .collect();
    let mut expected = version["roles"].clone();
    for role in expected.as_object_mut().unwrap().values_mut() {
        let ids = role["keyids"].as_array_mut().unwrap();
        ids.sort_by_key(|id| id.as_str().unwrap().to_owned());
    }
    for (name, role) in expected.as_object_mut().unwrap() {
        let of_role = root.trust.roles[name].expiry;
        let mut take = |field: &str| role.as_object_mut().unwrap().remove(field);
        let stated = [
            take("x-tuf-on-ci-expiry-period"),
            take("x-tuf-on-ci-signing-period"),
        ];
        let found = [of_role.expiry_days, of_role.signing_days].map(|days| days.map(Value::from));
        assert_eq!(found, stated, "v{} {name}", root.version);
    }
    assert_eq!(json!(roles), expected, "v{}", root.version);
}

fn check_slots(root: &Metadata, check: &RootCheck, version: &Value) {
    let outcomes = check.outcomes();
    let slots = version["signatures"].as_array().unwrap();
    assert_eq!(outcomes.len(), root.slots.len());
    let empty = outcomes.iter().filter(|slot| **slot == SlotOutcome::Empty);
    let expected_empty = version["empty_signatures"].as_array().unwrap();
    assert_eq!(empty.count(), expected_empty.len(), "v{}", root.version);
    for expected in slots {
        let at = root
            .slots
            .iter()
            .position(|slot| slot.key_id == expected["keyid"])
            .unwrap();
        let found = match outcomes[at] {
            SlotOutcome::Valid(key) => json!([true, key.hex()]),
            SlotOutcome::Empty => json!("empty"),
            other => json!(format!("{other:?}")),
        };
        let expected_found = match expected["empty"].as_bool() {
            Some(true) => json!("empty"),
            _ => json!([expected["valid"], expected["spki_sha256"]]),
        };
        assert_eq!(found, expected_found, "v{} {expected}", root.version);
    }
}

fn check_keys(root: &Metadata, version: &Value) {
    for (id, key) in version["keys"].as_object().unwrap() {
        let declared = &root.trust.keys[id];
        assert_eq!(
            json!([
                declared.key.as_ref().unwrap().fingerprint().hex(),
                declared.owner,
                declared.online_uri
            ]),
            json!([key["spki_sha256"], key["owner_claim"], key["online_uri"]])
        );
        let foreign = key["keyid_is"] == json!(["NO MATCH"]);
        assert_eq!(declared.id_form == IdForm::Foreign, foreign, "{id}");
    }
    assert_eq!(
        root.trust.keys.len(),
        version["keys"].as_object().unwrap().len()
    );
}

#[test]
fn roots_that_were_never_published_verify_too_and_differ_from_those_that_were() {
    let Some(folder) = published() else { return };
    let expected = document(&folder, "expected.json");
    let holders = holders(&expected);
    let history = document(&folder, "history.json");
    let alternates = history["alternates"].as_array().unwrap();
    assert_eq!(alternates.len(), 5);
    for alternate in alternates {
        let path = folder.join(alternate["path"].as_str().unwrap());
        let root = Metadata::parse(&std::fs::read(path).unwrap()).unwrap();
        let version = alternate["version"].as_u64().unwrap();
        assert_eq!(root.version, version);
        let check = RootCheck::of(&root, Some(&root_at(&folder, version - 1))).unwrap();
        assert!(check.is_met(), "v{version}: {check:?}");
        let signers: BTreeSet<&String> = check
            .signers()
            .iter()
            .map(|key| &holders[&key.hex()])
            .collect();
        assert_eq!(json!(signers), alternate["signers"], "v{version}");
        assert_ne!(root.signed, root_at(&folder, version).signed);
    }
}

/// The three files of every attestation, by ceremony and serial.
fn attestations(folder: &Path) -> Vec<(String, String, [Vec<u8>; 3])> {
    let mut found = Vec::new();
    for ceremony in std::fs::read_dir(folder.join("ceremony")).unwrap() {
        let ceremony = ceremony.unwrap();
        for token in std::fs::read_dir(ceremony.path().join("keys")).unwrap() {
            let token = token.unwrap();
            let serial = token.file_name().into_string().unwrap();
            let files = ["device_cert", "key_cert", "pubkey"].map(|name| {
                std::fs::read(token.path().join(format!("{serial}_{name}.pem"))).unwrap()
            });
            found.push((ceremony.file_name().into_string().unwrap(), serial, files));
        }
    }
    found.sort();
    found
}

fn pinned(folder: &Path) -> PinnedRoots {
    let path = folder.join("trust/yubico-piv-root-ca-263751.pem");
    PinnedRoots::parse(&std::fs::read(path).unwrap()).unwrap()
}

fn verify(files: &[Vec<u8>; 3], pinned: &PinnedRoots) -> Result<AttestedKey, AttestationError> {
    let [device_certificate, key_certificate, public_key] = files;
    let files = AttestationFiles {
        device_certificate,
        key_certificate,
        public_key: Some(public_key),
    };
    verify_attestation(
        files,
        pinned,
        Instant::parse("2022-10-18T00:00:00Z").unwrap(),
    )
}

#[test]
fn every_published_attestation_verifies_up_to_the_vendor() {
    let Some(folder) = published() else { return };
    let pinned = pinned(&folder);
    let expected = document(&folder, "expected.json");
    let expected = expected["attestations"].as_array().unwrap();
    let found = attestations(&folder);
    assert_eq!((found.len(), expected.len()), (26, 26));
    for (ceremony, serial, files) in &found {
        let attested = verify(files, &pinned).unwrap();
        let row = json!({
            "ceremony": ceremony,
            "serial_dir": serial,
            "serial": attested.serial,
            "firmware": attested.firmware,
            "pin_policy": attested.pin_policy,
            "touch_policy": attested.touch_policy,
            "form_factor": attested.form_factor,
            "attested_spki_sha256": attested.fingerprint.hex(),
            "key_subject": attested.subject,
        });
        let same = expected
            .iter()
            .find(|row| row["ceremony"] == *ceremony && row["serial_dir"] == *serial)
            .unwrap();
        for (name, value) in row.as_object().unwrap() {
            assert_eq!(value, &same[name], "{ceremony} {serial} {name}");
        }
        assert_eq!(claimed_key(&files[1]), Some(attested.fingerprint));
    }
}

#[test]
fn attestations_prove_nothing_without_the_vendor_or_with_another_key_beside_them() {
    let Some(folder) = published() else { return };
    let pinned = pinned(&folder);
    let found = attestations(&folder);
    let (one, two) = (&found[0].2, &found[1].2);
    assert_eq!(
        verify(one, &PinnedRoots::default()),
        Err(AttestationError::NothingPinned)
    );
    let mixed = [one[0].clone(), one[1].clone(), two[2].clone()];
    assert_eq!(verify(&mixed, &pinned), Err(AttestationError::OtherKey));
    let mixed = [two[0].clone(), one[1].clone(), one[2].clone()];
    assert_eq!(verify(&mixed, &pinned), Err(AttestationError::NotByDevice));
    // A key certificate where the device's should be.
    let mixed = [one[1].clone(), one[1].clone(), one[2].clone()];
    assert_eq!(
        verify(&mixed, &pinned),
        Err(AttestationError::UnknownIssuer)
    );
}

#[test]
fn one_holder_of_the_latest_root_has_no_attestation_anywhere() {
    let Some(folder) = published() else { return };
    let pinned = pinned(&folder);
    let attested: BTreeSet<_> = attestations(&folder)
        .iter()
        .map(|(_, _, files)| verify(files, &pinned).unwrap().fingerprint)
        .collect();
    let holders = holders(&document(&folder, "expected.json"));
    for (version, without) in [
        (12, None),
        (13, Some("Lance Ball")),
        (15, Some("Lance Ball")),
    ] {
        let root = root_at(&folder, version);
        let missing: Vec<&str> = root
            .trust
            .keys_of(ROOT)
            .iter()
            .filter(|key| !attested.contains(key))
            .map(|key| holders[&key.hex()].as_str())
            .collect();
        assert_eq!(missing, Vec::from_iter(without), "v{version}");
    }
}

/// The same bytes with one of them altered.
fn altered(bytes: &[u8], at: usize, by: u8) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let at = at % bytes.len();
    bytes[at] ^= by;
    bytes
}

/// What a root's file says and who signed it, as text.
fn told(bytes: &[u8], previous: &Metadata) -> Option<String> {
    let root = Metadata::parse(bytes).ok()?;
    let check = RootCheck::of(&root, Some(previous))?;
    Some(format!("{:?} {:?}", root.slots, check.outcomes()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_byte_of_a_root_altered_is_noticed(version in 2_u64..=15, at: usize, by in 1_u8..) {
        let Some(folder) = published() else { return Ok(()) };
        let path = folder.join(format!("metadata/root_history/{version}.root.json"));
        let bytes = std::fs::read(path).unwrap();
        let tampered = altered(&bytes, at, by);
        let previous = root_at(&folder, version - 1);
        let value = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).ok();
        if value(&tampered) == value(&bytes) {
            // White space or an escape: the file's own digest tells, and nothing else need.
            let read = Metadata::parse(&tampered).unwrap();
            prop_assert_ne!(read.sha256, Metadata::parse(&bytes).unwrap().sha256);
            prop_assert_eq!(told(&tampered, &previous), told(&bytes, &previous));
        } else {
            prop_assert_ne!(told(&tampered, &previous), told(&bytes, &previous));
        }
    }

    #[test]
    fn a_byte_of_an_attestation_altered_is_noticed(which: usize, file in 0_usize..3, at: usize, by in 1_u8..) {
        let Some(folder) = published() else { return Ok(()) };
        let all = attestations(&folder);
        let mut files = all[which % all.len()].2.clone();
        let before = verify(&files, &pinned(&folder)).unwrap();
        let original = std::mem::take(&mut files[file]);
        files[file] = altered(&original, at, by);
        let white = |bytes: &[u8]| {
            let kept = bytes.iter().filter(|byte| !byte.is_ascii_whitespace());
            kept.copied().collect::<Vec<u8>>()
        };
        match verify(&files, &pinned(&folder)) {
            Err(_) => {}
            Ok(same) => {
                prop_assert_eq!(same, before);
                prop_assert_eq!(white(&files[file]), white(&original));
            }
        }
    }
}

#[test]
fn a_bit_that_a_lenient_parser_passes_over_is_noticed() {
    let Some(folder) = published() else { return };
    // Every bit of every digit of one attestation's certificates.
    let all = attestations(&folder);
    let files = &all[0].2;
    let pinned = pinned(&folder);
    let before = verify(files, &pinned);
    for file in 0..2 {
        for at in 0..files[file].len() {
            for by in [1, 2, 4, 8, 16, 32] {
                let mut files = files.clone();
                files[file] = altered(&files[file], at, by);
                let white = |byte: u8| byte.is_ascii_whitespace();
                let neutral = white(files[file][at]) && white(all[0].2[file][at]);
                let found = verify(&files, &pinned);
                assert!(
                    neutral || found != before,
                    "byte {at} of file {file}, bit {by}"
                );
            }
        }
    }
}
