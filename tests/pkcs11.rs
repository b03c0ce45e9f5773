//! Keys from PKCS#11 tokens: the whole command against SoftHSM, and against libraries that fail.

#![cfg(test)]

#[expect(dead_code, reason = "other journeys use the rest")]
mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

use common::{AS_OF, Outcome, SEED, Scenario};
use serde_json::Value;

const LIBRARY: &str = "/usr/lib/softhsm/libsofthsm2.so";
const PIN: &str = "471100";

/// The example's tokens in a scenario of their own; `None`, with the reason told, without SoftHSM.
fn tokens() -> Option<Scenario> {
    let there = |tool: &str| Command::new(tool).arg("--help").output().is_ok();
    if !(Path::new(LIBRARY).is_file() && there("softhsm2-util") && there("pkcs11-tool")) {
        eprintln!("skipped: no SoftHSM or no pkcs11-tool; scripts/peers/custody.sh installs both");
        return None;
    }
    let scenario = Scenario::copy_of(SEED);
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/pkcs11/make-tokens.sh");
    let mut making = Command::new(example);
    making
        .arg(scenario.path("demo"))
        .env("CUSTODY_HSM_PIN", PIN);
    let made = common::outcome(making);
    assert_eq!(made.code, 0, "{}", made.stderr);
    Some(scenario)
}

fn run_with(scenario: &Scenario, arguments: &[&str], pin: &str) -> Outcome {
    let mut command = scenario.command(&[&["--config", "demo/custody.toml"], arguments].concat());
    command
        .env("CUSTODY_HSM_PIN", pin)
        .env("SOFTHSM2_CONF", scenario.path("demo/softhsm2.conf"));
    let ran = common::outcome(command);
    for text in [&ran.stdout, &ran.stderr] {
        assert!(!text.contains(pin), "{text}");
    }
    ran
}

#[track_caller]
fn json_of(scenario: &Scenario, arguments: &[&str]) -> Value {
    let ran = run_with(scenario, &[arguments, &["--json"]].concat(), PIN);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    serde_json::from_str(&ran.stdout).unwrap()
}

fn tool(scenario: &Scenario, arguments: &[&str]) -> Vec<u8> {
    let mut command = Command::new("pkcs11-tool");
    command
        .env("SOFTHSM2_CONF", scenario.path("demo/softhsm2.conf"))
        .args(["--module", LIBRARY, "--login", "--pin", PIN])
        .args(arguments);
    let ran = command.output().unwrap();
    assert!(
        ran.status.success(),
        "{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    ran.stdout
}

/// The checks of KC-1 that fail, by subject's id, but for the age of the observation, which depends
/// on the day on which the test runs.
fn failed(judged: &Value) -> Vec<(String, String)> {
    let findings = judged["findings"].as_array().unwrap().iter();
    let mut failed: Vec<(String, String)> = findings
        .filter(|finding| finding["requirement"] == "KC-1")
        .filter(|finding| finding["check"] != "inventory-observation-current")
        .map(|finding| {
            let subject = finding["subject"]
                .as_str()
                .unwrap()
                .rsplit('/')
                .next()
                .unwrap();
            (
                subject.to_owned(),
                finding["check"].as_str().unwrap().to_owned(),
            )
        })
        .collect();
    failed.sort();
    failed
}

/// The signing key with this id or label.
fn signing_key(capture: &Value, name: &str) -> Value {
    let sources = capture["sources"].as_array().unwrap().iter();
    let hsm = sources.clone().find(|source| source["source"] == "hsm");
    let keys = hsm.unwrap()["records"]["signing_keys"].as_array().unwrap();
    let key = keys
        .iter()
        .find(|key| key["id"] == name || key["label"] == name);
    key.unwrap().clone()
}

fn captured(scenario: &Scenario) -> Value {
    json_of(
        scenario,
        &["capture", "--out", "capture.json", "--as-of", AS_OF],
    );
    serde_json::from_str(&std::fs::read_to_string(scenario.path("capture.json")).unwrap()).unwrap()
}

#[test]
fn generated_keys_pass_and_imported_extractable_and_unknown_ones_do_not() {
    let Some(scenario) = tokens() else { return };
    assert_eq!(
        failed(&json_of(&scenario, &["assess", "--as-of", AS_OF])),
        []
    );
    let checked = json_of(&scenario, &["sources", "check", "--as-of", AS_OF]);
    let hsm = checked["sources"].as_array().unwrap().iter();
    let hsm = hsm.clone().find(|row| row["source"] == "hsm").unwrap();
    assert_eq!(hsm["connector"], "pkcs11");
    assert_eq!(hsm["write_access"]["could_write"], "yes");

    // SK-05 becomes an extractable key, SK-06 an imported one; and there is one that nobody knows.
    let delete = |token: &str, id: &str| {
        for kind in ["privkey", "pubkey"] {
            tool(
                &scenario,
                &[
                    "--token-label",
                    token,
                    "--delete-object",
                    "--type",
                    kind,
                    "--id",
                    id,
                ],
            );
        }
    };
    delete("release-ams", "05");
    let generate = [
        "--keypairgen",
        "--key-type",
        "EC:secp384r1",
        "--usage-sign",
        "--sensitive",
    ];
    let extractable = [
        "--token-label",
        "release-ams",
        "--id",
        "05",
        "--label",
        "hotfix-bundle-2024",
        "--extractable",
    ];
    tool(&scenario, &[generate.as_slice(), &extractable].concat());
    delete("release-fra", "06");
    let p384 = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"];
    import(&scenario, &p384, "06", "hotfix-bundle-standby-2025");
    let stray = [
        "--token-label",
        "release-fra",
        "--id",
        "77",
        "--label",
        "stray",
    ];
    tool(&scenario, &[generate.as_slice(), &stray].concat());

    let judged = json_of(&scenario, &["assess", "--as-of", AS_OF]);
    let failed = failed(&judged);
    let of = |id: &str| -> Vec<&str> {
        let mine = failed.iter().filter(|(subject, _)| subject.starts_with(id));
        mine.map(|(_, check)| check.as_str()).collect()
    };
    assert_eq!(
        of("SK-05"),
        ["attribute-never-extractable", "attribute-not-extractable"]
    );
    assert_eq!(
        of("SK-06"),
        ["attribute-local", "attribute-never-extractable"]
    );
    assert_eq!(of("unregistered-"), ["key-attestation-verified"]);
    assert_eq!(failed.len(), 5, "{failed:?}");
}

/// Makes a key outside the token and imports it. Returns its `SubjectPublicKeyInfo`.
fn import(scenario: &Scenario, openssl: &[&str], id: &str, label: &str) -> Vec<u8> {
    let pem = scenario.path("imported.pem");
    let mut generate = Command::new("openssl");
    generate.arg("genpkey").args(openssl).arg("-out").arg(&pem);
    assert_eq!(common::outcome(generate).code, 0);
    let mut import = Command::new("softhsm2-util");
    import
        .env("SOFTHSM2_CONF", scenario.path("demo/softhsm2.conf"))
        .args(["--token", "release-fra", "--label", label, "--id", id])
        .args(["--pin", PIN, "--force", "--import"])
        .arg(&pem);
    assert_eq!(common::outcome(import).code, 0);
    let mut public = Command::new("openssl");
    public
        .args(["pkey", "-pubout", "-outform", "DER", "-in"])
        .arg(&pem);
    let public = public.output().unwrap();
    assert!(public.status.success());
    public.stdout
}

#[test]
fn a_foreign_public_key_beside_a_private_one_does_not_lend_it_its_name() {
    let Some(scenario) = tokens() else { return };
    let rsa = ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"];
    let p256 = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"];
    let token = ["--token-label", "release-fra"];
    let remove = |id: &str| {
        let object = ["--delete-object", "--type", "pubkey", "--id", id];
        tool(&scenario, &[token.as_slice(), &object].concat());
    };
    let put = |der: &[u8], id: &str| {
        std::fs::write(scenario.path("foreign.der"), der).unwrap();
        let file = scenario.path("foreign.der");
        let file = file.to_str().unwrap();
        let object = ["--write-object", file, "--type", "pubkey", "--id", id];
        tool(&scenario, &[token.as_slice(), &object].concat());
    };
    let digest = |der: &[u8]| {
        let digest = custody_controls::json::Digest::of_bytes(der).to_string();
        digest.trim_start_matches("sha256:").to_owned()
    };
    // A key that tells its own modulus, with another's public key under its id.
    let other = import(&scenario, &rsa, "b1", "other");
    let own = import(&scenario, &rsa, "b2", "own");
    remove("b2");
    put(&other, "b2");
    // Two private keys under one id, of which one public key is there.
    import(&scenario, &p256, "b3", "first");
    import(&scenario, &p256, "b3", "second");
    remove("b3");
    let capture = captured(&scenario);
    let named = |label: &str| signing_key(&capture, label)["public_key_sha256"].clone();
    assert_eq!(named("own"), digest(&own));
    assert_eq!(named("first"), "");
    assert_eq!(named("second"), "");
}

#[test]
fn a_public_key_is_named_by_the_digest_that_openssl_gives_it() {
    let Some(scenario) = tokens() else { return };
    let curve = |name: &str| format!("ec_paramgen_curve:{name}");
    let (p256, p521) = (curve("P-256"), curve("P-521"));
    let keys: [(&str, &[&str]); 4] = [
        (
            "RSA-2048",
            &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
        ),
        ("ECDSA-P256", &["-algorithm", "EC", "-pkeyopt", &p256]),
        ("ECDSA-P521", &["-algorithm", "EC", "-pkeyopt", &p521]),
        ("Ed25519", &["-algorithm", "ED25519"]),
    ];
    let ids = ["a1", "a2", "a3", "a4"];
    let imported: Vec<Vec<u8>> = keys
        .iter()
        .zip(ids)
        .map(|((name, openssl), id)| import(&scenario, openssl, id, name))
        .collect();
    let capture = captured(&scenario);
    for ((name, _), info) in keys.iter().zip(imported) {
        let digest = custody_controls::json::Digest::of_bytes(&info).to_string();
        let key = signing_key(&capture, name);
        assert_eq!(key["algorithm"], *name);
        assert_eq!(
            digest,
            format!("sha256:{}", key["public_key_sha256"].as_str().unwrap())
        );
    }
}

#[test]
fn the_same_keys_make_no_second_packet_and_no_drift() {
    let Some(scenario) = tokens() else { return };
    let prepare = ["prepare", "--model", "offline"];
    let packet = json_of(&scenario, &prepare);
    let again = json_of(&scenario, &prepare);
    assert_eq!(
        (&again["id"], &again["digest"]),
        (&packet["id"], &packet["digest"])
    );
    let id = packet["id"].as_str().unwrap();
    json_of(
        &scenario,
        &[
            "decide",
            id,
            "--as",
            "p-tanabe",
            "--decision",
            "return",
            "--reason",
            "more to do",
        ],
    );
    let stored = std::fs::read(scenario.path("demo/.custody/queue.db")).unwrap();
    assert!(!stored.windows(PIN.len()).any(|part| part == PIN.as_bytes()));
}

#[test]
fn a_wrong_pin_and_an_unknown_token_are_faults() {
    let Some(scenario) = tokens() else { return };
    let ran = run_with(&scenario, &["assess", "--as-of", AS_OF], "999999");
    assert_eq!(ran.code, 1);
    assert!(
        ran.stderr.contains("token `release-ams`: no login as user"),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stderr.contains("token `release-fra`: no login as user"),
        "{}",
        ran.stderr
    );
    // The security officer's PIN opens nothing either.
    let ran = run_with(
        &scenario,
        &["assess", "--as-of", AS_OF],
        &format!("so-{PIN}"),
    );
    assert_eq!(ran.code, 1);
    let config = scenario.path("demo/custody.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace("release-fra", "release-xyz")).unwrap();
    let ran = run_with(&scenario, &["assess", "--as-of", AS_OF], PIN);
    assert!(
        ran.stderr.contains("no token has the label `release-xyz`"),
        "{}",
        ran.stderr
    );
}

/// A library of the given C code; `None`, with the reason told, without a C compiler.
fn library(scenario: &Scenario, code: &str) -> Option<PathBuf> {
    let (source, library) = (scenario.path("library.c"), scenario.path("library.so"));
    std::fs::write(&source, code).unwrap();
    let mut compile = Command::new("cc");
    compile
        .args(["-shared", "-fPIC", "-o"])
        .arg(&library)
        .arg(&source);
    if compile.output().is_ok_and(|made| made.status.success()) {
        return Some(library);
    }
    eprintln!("skipped: no C compiler");
    None
}

#[test]
fn a_vendors_library_that_crashes_or_hangs_does_not_take_the_review_with_it() {
    let constructor = "__attribute__((constructor)) static void run(void)";
    let steal = "{ puts(getenv(\"CUSTODY_HSM_PIN\") ? \"custody-token-reading {\\\"fault\\\":\\\"SAW THE PIN\\\"}\" : \"nothing\"); fflush(stdout); abort(); }";
    for (code, reason) in [
        (
            format!("{constructor} {{ *(volatile int *)0 = 1; }}"),
            "(signal 11)",
        ),
        (
            format!("#include <unistd.h>\n{constructor} {{ for (;;) pause(); }}"),
            "gave no answer within 1 seconds, and was ended",
        ),
        (
            format!("#include <stdio.h>\n#include <stdlib.h>\n{constructor} {steal}"),
            "(signal 6)",
        ),
        ("int nothing;".to_owned(), "Missing PKCS#11 symbol"),
    ] {
        let scenario = Scenario::copy_of(SEED);
        let Some(library) = library(&scenario, &code) else {
            return;
        };
        let config = format!(
            "[sources.hsm]\nkind = \"pkcs11\"\nregistry = \"hsm\"\nlibrary = {library:?}\ntoken = \"t\"\n\
             pin_env = \"CUSTODY_HSM_PIN\"\ntimeout_seconds = 1\n\n[sources.ceremonies]"
        );
        let path = scenario.path("custody.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        let (before, after) = text.split_once("[sources.hsm]").unwrap();
        let (_, after) = after.split_once("[sources.ceremonies]").unwrap();
        std::fs::write(&path, format!("{before}{config}{after}")).unwrap();
        let assess = ["assess", "--as-of", AS_OF, "--allow-missing-source"];
        let mut command = scenario.command(&assess);
        command.env("CUSTODY_HSM_PIN", PIN);
        let ran = common::outcome(command);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert!(ran.stderr.contains(reason), "{reason}: {}", ran.stderr);
        assert!(ran.stdout.contains("remediate"), "{}", ran.stdout);
    }
}
