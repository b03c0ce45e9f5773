//! Runs every evaluation case the way a packet is prepared, and holds the result to the reference
//! reviewer's label.

#![cfg(test)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::thread;

use assert_cmd::Command;
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    title: String,
    why: String,
    tags: Vec<String>,
    cluster: String,
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
    #[serde(default)]
    remove: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Label {
    reviewer: String,
    posture: String,
    statuses: BTreeMap<String, String>,
    must_surface: Vec<Expected>,
    #[serde(default)]
    must_raise: Vec<Passage>,
}

#[derive(Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(deny_unknown_fields)]
struct Expected {
    requirement: String,
    subject: String,
    disposition: String,
    status: String,
    class: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Passage {
    artifact: String,
    about: String,
    #[serde(default)]
    class: Option<String>,
}

const CLASSES: [&str; 12] = [
    "stale_escrow",
    "roster_drift",
    "exception_scope",
    "hsm_residency",
    "ceremony",
    "custodian",
    "missing_evidence",
    "prose_only",
    "injection",
    "clean",
    "near_miss",
    "ignored",
];

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

fn set(record: &mut Value, pointer: &str, value: &Value) -> Option<()> {
    let (parent, last) = pointer.rsplit_once('/')?;
    match record.pointer_mut(parent)? {
        Value::Object(members) if value.is_null() => drop(members.remove(last)),
        Value::Object(members) => drop(members.insert(last.to_owned(), value.clone())),
        Value::Array(items) if last == "-" => items.push(value.clone()),
        Value::Array(items) => *items.get_mut(last.parse::<usize>().ok()?)? = value.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return None,
    }
    Some(())
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
                set(record, pointer, value)
                    .unwrap_or_else(|| panic!("{artifact} has no {pointer}"));
            }
        });
    }
    for (kind, added) in &patch.add {
        rewrite(folder, kind, |records| {
            records.extend(added.iter().cloned())
        });
    }
    for artifact in &patch.remove {
        let (kind, id) = artifact.rsplit_once('/').unwrap();
        rewrite(folder, kind, |records| {
            let before = records.len();
            records.retain(|record| record["id"] != id);
            assert_eq!(records.len() + 1, before, "{artifact}");
        });
    }
}

/// What a label can be at all: names, classes and the folder's ending.
fn check_file(name: &str, case: &Case) {
    let reference = &case.labels[0];
    assert!(
        !case.title.is_empty() && !case.why.is_empty() && !case.cluster.is_empty(),
        "{name}"
    );
    assert!(
        !case.tags.is_empty() && case.tags.iter().all(|tag| CLASSES.contains(&tag.as_str())),
        "{name}: {:?}",
        case.tags
    );
    let reviewers: Vec<&str> = case
        .labels
        .iter()
        .map(|label| label.reviewer.as_str())
        .collect();
    assert!(
        reviewers == ["reference"] || reviewers == ["reference", "second"],
        "{name}: {reviewers:?}"
    );
    assert!(
        name.ends_with(&format!("_{}", reference.posture)),
        "{name} is not named after its disposition"
    );
    for label in &case.labels {
        let mut classes = label.must_surface.iter().map(|expected| &expected.class);
        assert!(
            classes.all(|class| CLASSES.contains(&class.as_str())),
            "{name}"
        );
        for passage in &label.must_raise {
            let class = passage.class.as_deref().unwrap_or("prose_only");
            assert!(
                !passage.about.is_empty() && CLASSES.contains(&class),
                "{name}"
            );
        }
    }
    assert_eq!(
        case.tags.iter().any(|tag| tag == "prose_only"),
        !reference.must_raise.is_empty(),
        "{name}"
    );
}

/// The posture that the findings alone ask for: what stands only in prose is beyond the rules.
fn posture_by_findings(label: &Label) -> &str {
    let asks = |wanted: &str| {
        label
            .must_surface
            .iter()
            .any(|expected| expected.disposition == wanted)
    };
    if label.must_raise.is_empty() {
        &label.posture
    } else if asks("remediate") {
        "remediate"
    } else if asks("escalate") {
        "escalate"
    } else {
        "approve"
    }
}

fn prepare(name: &str, case: &Case) -> Value {
    let scenario = tempfile::tempdir().unwrap();
    copy(&root().join("examples").join(&case.base), scenario.path());
    case.patch
        .iter()
        .for_each(|patch| apply(scenario.path(), patch));
    let output = Command::cargo_bin("custody")
        .unwrap()
        .current_dir(scenario.path())
        .args(["prepare", "--model", "offline", "--json", "--as-of"])
        .arg(&case.as_of)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{name}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    for passage in case.labels.iter().flat_map(|label| &label.must_raise) {
        let (kind, id) = passage.artifact.rsplit_once('/').unwrap();
        rewrite(scenario.path(), kind, |records| {
            let found = records.iter().any(|record| record["id"] == id);
            assert!(found, "{name}: {}", passage.artifact);
        });
    }
    serde_json::from_slice(&output.stdout).unwrap()
}

fn check(folder: &Path) -> Case {
    let name = folder.file_name().unwrap().to_str().unwrap();
    let text = fs::read_to_string(folder.join("case.json")).unwrap();
    let case: Case = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
    check_file(name, &case);
    let packet = prepare(name, &case);
    assert_eq!(
        packet["validation"]["outcome"], "accepted",
        "{name}: {}",
        packet["validation"]
    );
    let text_of = |value: &Value, member: &str| value[member].as_str().unwrap().to_owned();
    let statuses: BTreeMap<String, String> = packet["requirements"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| (text_of(result, "id"), text_of(result, "status")))
        .collect();
    let label = &case.labels[0];
    assert_eq!(statuses, label.statuses, "{name}");
    assert_eq!(packet["posture"], posture_by_findings(label), "{name}");
    let key = |value: &Value| {
        ["requirement", "subject", "disposition", "status"].map(|member| text_of(value, member))
    };
    let surfaced: BTreeSet<[String; 4]> = packet["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(key)
        .collect();
    let expected: BTreeSet<[String; 4]> = label
        .must_surface
        .iter()
        .map(|expected| {
            [
                &expected.requirement,
                &expected.subject,
                &expected.disposition,
                &expected.status,
            ]
            .map(Clone::clone)
        })
        .collect();
    assert_eq!(surfaced, expected, "{name}");
    case
}

#[test]
fn every_case_comes_out_as_its_reference_reviewer_says() {
    let mut folders: Vec<PathBuf> = fs::read_dir(root().join("evals/cases"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    folders.sort();
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let share = folders.len().div_ceil(threads);
    let cases: Vec<Case> = thread::scope(|scope| {
        let workers: Vec<_> = folders
            .chunks(share)
            .map(|share| {
                scope.spawn(|| share.iter().map(|folder| check(folder)).collect::<Vec<_>>())
            })
            .collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap())
            .collect()
    });
    let families: BTreeSet<&str> = cases.iter().map(|case| case.cluster.as_str()).collect();
    let tagged = |tag: &str| {
        let has = |case: &&Case| case.tags.iter().any(|known| known == tag);
        cases.iter().filter(has).count()
    };
    assert!(cases.len() >= 75, "cases are missing");
    assert!(families.len() >= 20, "families are missing");
    assert!(
        tagged("prose_only") >= 14,
        "cases that rules cannot see are missing"
    );
    assert!(cases.iter().filter(|case| case.labels.len() == 2).count() >= 15);
}
