//! Files that anybody who may write to the repository can put there, with names that they would like.

use std::fs;

use custody_controls::kind::Kind;
use serde_json::{Value, json};

use super::generated_tests::{AS_OF, Read, Repository, Root, Signer, enveloped, try_read};
use super::git::place::GitPlace;

const ONE: &str = "metadata/root_history/1.root.json";
const TWO: &str = "metadata/root_history/2.root.json";
const TARGETS: &str = "metadata/targets.json";

/// A root of one key for root and targets, with its owner.
fn root(version: u64, key: &Signer, owner: &str) -> Value {
    let mut signed = Root {
        version,
        threshold: 1,
        keys: vec![("a", key)],
        signers: Vec::new(),
    }
    .signed();
    signed["keys"]["a"]["x-tuf-on-ci-keyowner"] = json!(owner);
    signed["roles"]["targets"] = json!({"threshold": 1, "keyids": ["a"]});
    signed
}

/// Targets that declare `key` anew for a role of the name `role`.
fn targets(key: &Signer, role: &str) -> Value {
    let mut declared = key.declared();
    declared["x-tuf-on-ci-keyowner"] = json!("@mallory");
    declared["x-tuf-on-ci-online-uri"] = json!("gcpkms:nowhere");
    json!({
        "_type": "targets", "spec_version": "1.0", "version": 1, "expires": "2030-01-01T00:00:00Z", "targets": {},
        "delegations": {"keys": {"x": declared},
            "roles": [{"name": role, "threshold": 7, "keyids": ["x"], "terminating": true, "paths": ["*"]}]},
    })
}

fn repository(a: &Signer, files: &[(&str, &str)]) -> Repository {
    let repository = Repository::new();
    let first = enveloped(root(1, a, "@ada"), &[("a", a)]).to_string();
    repository.commit("2026-01-01T00:00:00Z", &[(ONE, &first)]);
    repository.commit("2026-02-01T00:00:00Z", files);
    repository
}

fn custodians(read: &Read) -> Vec<&Value> {
    let keys = read.all(Kind::SigningKeys).into_iter();
    keys.map(|key| &key["authorized_custodians"]).collect()
}

#[test]
fn a_delegation_cannot_rename_the_holder_or_the_quorum_of_a_root_key() {
    let (a, thief) = (Signer::p256(), Signer::p256());
    for signer in [&a, &thief] {
        let file = enveloped(targets(&a, "root"), &[("a", signer)]).to_string();
        let read = repository(&a, &[(TARGETS, &file)]).read();
        assert_eq!(custodians(&read), [&json!(["@ada"])]);
        let key = read.all(Kind::SigningKeys)[0];
        assert_eq!(key["quorum"], json!({"threshold": 1, "members": 1}));
        assert!(key["source_url"].as_str().unwrap().contains("root_history"));
    }
}

#[test]
fn a_delegation_that_nobody_vouches_for_names_no_holder_and_no_key_service() {
    let (a, b, thief) = (Signer::p256(), Signer::p256(), Signer::p256());
    let delegated = |signer: &Signer| -> Value {
        let file = enveloped(targets(&b, "nightly"), &[("a", signer)]).to_string();
        let read = repository(&a, &[(TARGETS, &file)]).read();
        let keys = read.all(Kind::SigningKeys).into_iter();
        let mut keys = keys.filter(|key| key["artifact_classes"] == json!(["nightly"]));
        keys.next().unwrap().clone()
    };
    let vouched = delegated(&a);
    assert_eq!(vouched["authorized_custodians"], json!(["@mallory"]));
    assert_eq!(vouched["residency"]["kind"], "hsm");
    let not = delegated(&thief);
    assert_eq!(not["authorized_custodians"], json!([]));
    assert_eq!(not["residency"], json!({"kind": "unknown"}));
}

#[test]
fn a_refused_root_cannot_rename_the_holder_of_a_key_in_force() {
    let (a, thief) = (Signer::p256(), Signer::p256());
    let second = enveloped(root(2, &a, "@mallory"), &[("a", &thief)]).to_string();
    let read = repository(&a, &[(TWO, &second)]).read();
    assert!(read.has_event("root-v2-acceptance"));
    assert_eq!(custodians(&read), [&json!(["@ada"])]);
    // A third that drops nothing leaves the second in no say either.
    let third = enveloped(root(3, &thief, "@mallory"), &[("a", &thief)]).to_string();
    let three = TWO.replace('2', "3");
    let read = repository(&a, &[(TWO, &second), (&three, &third)]).read();
    assert!(custodians(&read).contains(&&json!(["@ada"])));
    assert!(!custodians(&read).contains(&&json!(["@mallory"])));
}

#[test]
fn a_refused_root_that_lists_no_key_is_still_a_change_on_a_key_in_force() {
    let (a, thief) = (Signer::p256(), Signer::p256());
    let mut second = root(2, &a, "@ada");
    second["roles"]["root"]["keyids"] = json!(["nobody"]);
    second["roles"]["targets"]["keyids"] = json!(["nobody"]);
    let second = enveloped(second, &[("a", &thief)]).to_string();
    let read = repository(&a, &[(TWO, &second)]).read();
    let event = read.one(Kind::AuditEvents, "root-v2-acceptance");
    assert_eq!(event["key"], read.all(Kind::SigningKeys)[0]["id"]);
}

#[test]
fn a_setting_that_does_not_fit_is_told_with_the_repository() {
    let repository = repository(&Signer::p256(), &[("a.md", "x")]);
    let mut settings = repository.settings();
    settings.web_url = Some("javascript:{commit}{path}".to_owned());
    let told = try_read(&settings, AS_OF).err().unwrap().to_string();
    let path = settings.path.display().to_string();
    assert!(told.contains("`web_url`") && told.contains(&path), "{told}");
}

#[test]
fn targets_that_cannot_be_read_stop_with_their_place() {
    let a = Signer::p256();
    let good = enveloped(targets(&a, "nightly"), &[("a", &a)]);
    let mut twice = targets(&a, "nightly");
    let roles = twice["delegations"]["roles"].as_array_mut().unwrap();
    roles.push(roles[0].clone());
    let mut other = good.clone();
    other["signed"]["_type"] = json!("mirrors");
    for (file, reason) in [
        ("{".to_owned(), "bad JSON"),
        (other.to_string(), "must be `targets`"),
        (
            enveloped(twice, &[("a", &a)]).to_string(),
            "field `/signed/delegations/roles/1/name`: is the name of another role too",
        ),
    ] {
        let repository = repository(&a, &[(TARGETS, &file)]);
        let error = try_read(&repository.settings(), AS_OF).err().unwrap();
        let told = error.to_string();
        assert!(told.contains(reason) && told.contains(TARGETS), "{told}");
    }
    // A file of that folder that no role is delegated to is none of the review's business.
    let notes = ("metadata/notes.json", "{");
    let read = repository(&a, &[(TARGETS, &good.to_string()), notes]).read();
    assert_eq!(custodians(&read), [&json!(["@ada"])]);
}

#[test]
fn a_name_in_a_folder_that_no_file_system_takes_ends_in_an_error() {
    let a = Signer::p256();
    let repository = repository(&a, &[("a.md", "x")]);
    let blob = repository.git("", &["hash-object", "-w", "a.md"]);
    let entry = format!("100644 blob {blob}\t{}", "n".repeat(5_000));
    fs::write(repository.path("entries"), entry).unwrap();
    let tree = std::process::Command::new("sh")
        .current_dir(repository.path(""))
        .args(["-c", "git mktree < entries"])
        .output()
        .unwrap();
    let tree = String::from_utf8(tree.stdout).unwrap();
    let commit = ["commit-tree", tree.trim(), "-p", "HEAD", "-m", "m"];
    let commit = repository.git("2026-02-02T00:00:00Z", &commit);
    repository.git("", &["update-ref", "refs/heads/main", &commit]);
    let error = try_read(&repository.settings(), AS_OF).err().unwrap();
    assert!(error.to_string().contains("over 4096 bytes"), "{error}");
}

#[test]
fn every_place_that_decides_what_is_read_counts_for_write_access() {
    let a = Signer::p256();
    let repository = repository(&a, &[("a.md", "x")]);
    let place = GitPlace::locate(&repository.path("")).unwrap();
    let places = place.writable_places().map(|(path, _)| path);
    for name in ["objects/pack", "refs/heads", "HEAD"] {
        let path = repository.path(".git").join(name);
        assert!(path.exists() && places.contains(&path), "{name}");
    }
}
