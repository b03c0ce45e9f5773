//! Runs every evaluation case the way a packet is prepared, and holds the result to the reviewers' labels.

#![cfg(test)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    #[serde(rename = "title")]
    _title: String,
    why: String,
    tags: Vec<String>,
    base: String,
    as_of: String,
    patch: Vec<Patch>,
    labels: Vec<Label>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Patch {
    record: Option<String>,
    #[serde(default)]
    set: BTreeMap<String, Value>,
    #[serde(default)]
    add: BTreeMap<String, Vec<Value>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Label {
    reviewer: String,
    posture: String,
    statuses: BTreeMap<String, String>,
    must_surface: Vec<Expected>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    requirement: String,
    subject: String,
    disposition: String,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap();
        if path.is_dir() && name != ".custody" {
            copy(&path, &to.join(name));
        } else if path.is_file() {
            fs::copy(&path, to.join(name)).unwrap();
        }
    }
}

/// Reads a kind's records, lets `change` change them, and writes them as one array.
fn rewrite(folder: &Path, kind: &str, change: impl FnOnce(&mut Vec<Value>)) {
    let array = folder.join(format!("{kind}.json"));
    let lines = folder.join(format!("{kind}.jsonl"));
    let mut records: Vec<Value> = if array.exists() {
        serde_json::from_str(&fs::read_to_string(&array).unwrap()).unwrap()
    } else {
        let text = fs::read_to_string(&lines).unwrap();
        fs::remove_file(&lines).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    };
    change(&mut records);
    fs::write(array, Value::from(records).to_string()).unwrap();
}

fn apply(folder: &Path, patch: &Patch) {
    if let Some(artifact) = &patch.record {
        let (kind, id) = artifact.rsplit_once('/').unwrap();
        rewrite(folder, kind, |records| {
            let record = records
                .iter_mut()
                .find(|record| record["id"] == id)
                .unwrap_or_else(|| panic!("{artifact}"));
            for (pointer, value) in &patch.set {
                let (parent, member) = pointer.rsplit_once('/').unwrap();
                let parent = record.pointer_mut(parent).unwrap().as_object_mut().unwrap();
                if value.is_null() {
                    parent.remove(member);
                } else {
                    parent.insert(member.to_owned(), value.clone());
                }
            }
        });
    }
    for (kind, added) in &patch.add {
        rewrite(folder, kind, |records| {
            records.extend(added.iter().cloned())
        });
    }
}

fn check(name: &str, folder: &Path) {
    let text = fs::read_to_string(folder.join("case.json")).unwrap();
    let case: Case = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(
        !case.why.is_empty() && !case.tags.is_empty() && !case.labels.is_empty(),
        "{name}"
    );
    let scenario = tempfile::tempdir().unwrap();
    copy(&root().join("examples").join(&case.base), scenario.path());
    case.patch
        .iter()
        .for_each(|patch| apply(scenario.path(), patch));
    let output = Command::cargo_bin("custody")
        .unwrap()
        .current_dir(scenario.path())
        .args([
            "prepare",
            "--model",
            "offline",
            "--json",
            "--as-of",
            &case.as_of,
        ])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{name}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let packet: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        packet["validation"]["outcome"], "accepted",
        "{name}: {}",
        packet["validation"]
    );
    let statuses: BTreeMap<String, String> = packet["requirements"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| {
            (
                result["id"].as_str().unwrap().to_owned(),
                result["status"].as_str().unwrap().to_owned(),
            )
        })
        .collect();
    for label in &case.labels {
        let reviewer = &label.reviewer;
        assert_eq!(statuses, label.statuses, "{name}, {reviewer}");
        assert_eq!(packet["posture"], label.posture, "{name}, {reviewer}");
        assert!(
            name.ends_with(&format!("_{}", label.posture)),
            "{name} is not named after its disposition"
        );
        for expected in &label.must_surface {
            let surfaced = packet["findings"]
                .as_array()
                .unwrap()
                .iter()
                .any(|finding| {
                    finding["requirement"] == *expected.requirement
                        && finding["subject"] == *expected.subject
                        && finding["disposition"] == *expected.disposition
                });
            assert!(
                surfaced,
                "{name}, {reviewer}: {} is not surfaced",
                expected.subject
            );
        }
    }
}

#[test]
fn every_case_comes_out_as_its_reviewers_say() {
    let mut names: Vec<PathBuf> = fs::read_dir(root().join("evals/cases"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    names.sort();
    assert!(names.len() >= 12, "cases are missing");
    for folder in names {
        check(folder.file_name().unwrap().to_str().unwrap(), &folder);
    }
}
