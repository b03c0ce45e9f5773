//! Whether evidence and library are still what a packet was made from, and what changed if not.
//!
//! It names records and fields, never their values.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use custody_controls::capture::Capture;
use custody_controls::json::{Digest, push_pointer};
use custody_controls::kind::{ArtifactId, SourceSystem};
use serde::Serialize;
use serde_json::Value;

/// What a packet is judged on: the digests that a decision depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PacketInputs {
    /// The capture.
    pub evidence: Digest,
    /// The controls library.
    pub library: Digest,
}

/// Proof that evidence and library are what a packet was made from. Only [`check`] makes one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoDrift {
    inputs: PacketInputs,
}

impl NoDrift {
    /// The inputs that were compared.
    #[must_use]
    pub const fn inputs(self) -> PacketInputs {
        self.inputs
    }
}

/// One of the things that a packet is judged on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Input {
    /// The capture.
    Evidence,
    /// The controls library.
    Library,
}

impl Input {
    /// The word in messages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Evidence => "evidence",
            Self::Library => "library",
        }
    }
}

/// A digest then and now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct InputChange {
    /// What changed.
    pub input: Input,
    /// What the packet was made from.
    pub was: Digest,
    /// What there is now.
    pub is: Digest,
}

/// Evidence or library, or both, are no longer what a packet was made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Drift {
    // INVARIANT: not empty; made by `check`.
    changes: Vec<InputChange>,
}

impl Drift {
    /// What changed, evidence first.
    #[must_use]
    pub fn changes(&self) -> &[InputChange] {
        &self.changes
    }
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, InputChange { input, was, is }) in self.changes.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            let input = input.as_str();
            write!(f, "{separator}{input} has changed from {was} to {is}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Drift {}

/// Compares what a packet was made from with what there is now.
///
/// # Errors
/// Says which of the two has changed.
pub fn check(packet: PacketInputs, current: PacketInputs) -> Result<NoDrift, Drift> {
    let compared = [
        (Input::Evidence, packet.evidence, current.evidence),
        (Input::Library, packet.library, current.library),
    ];
    let changes: Vec<InputChange> = compared
        .into_iter()
        .filter(|(_, was, is)| was != is)
        .map(|(input, was, is)| InputChange { input, was, is })
        .collect();
    if changes.is_empty() {
        Ok(NoDrift { inputs: packet })
    } else {
        Err(Drift { changes })
    }
}

/// How something differs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "change", rename_all = "kebab-case")]
pub enum Change {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It is another.
    Changed {
        /// The top-level fields that differ (RFC 6901).
        pointers: Vec<String>,
    },
}

/// A record that differs between two captures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecordChange {
    /// The record.
    pub artifact: String,
    /// How it differs.
    #[serde(flatten)]
    pub change: Change,
}

impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Added => f.write_str("is new"),
            Self::Removed => f.write_str("is gone"),
            Self::Changed { pointers } if pointers.is_empty() => f.write_str("changed"),
            Self::Changed { pointers } => write!(f, "changed at {}", pointers.join(", ")),
        }
    }
}

impl std::fmt::Display for RecordChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.artifact, self.change)
    }
}

impl std::fmt::Display for FileChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.file, self.change)
    }
}

/// The records that differ, by artifact id.
#[must_use]
pub fn difference(old: &Capture, new: &Capture) -> Vec<RecordChange> {
    let artifacts: BTreeSet<ArtifactId> = [old, new]
        .into_iter()
        .flat_map(|capture| capture.records().map(|at| capture.artifact(at)))
        .collect();
    artifacts
        .into_iter()
        .filter_map(|artifact| {
            let change = record_change(old, new, &artifact)?;
            let artifact = artifact.to_string();
            Some(RecordChange { artifact, change })
        })
        .collect()
}

fn record_change(old: &Capture, new: &Capture, artifact: &ArtifactId) -> Option<Change> {
    match (old.find(artifact), new.find(artifact)) {
        (None, None) => None,
        (None, Some(_)) => Some(Change::Added),
        (Some(_), None) => Some(Change::Removed),
        (Some(was), Some(is)) => (old.record_digest(was) != new.record_digest(is)).then(|| {
            let pointers = changed_fields(&old.json(was), &new.json(is));
            Change::Changed { pointers }
        }),
    }
}

fn changed_fields(old: &Value, new: &Value) -> Vec<String> {
    let members = |value: &Value| value.as_object().cloned().unwrap_or_default();
    let (old, new) = (members(old), members(new));
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    names
        .into_iter()
        .filter(|name| old.get(*name) != new.get(*name))
        .map(|name| {
            let mut pointer = String::new();
            push_pointer(&mut pointer, name);
            pointer
        })
        .collect()
}

/// A source that could be read in one capture only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct SourceChange {
    /// The source.
    pub source: SourceSystem,
    /// Whether it is the newer capture that lacks it.
    pub now_missing: bool,
}

/// The sources that one capture has and the other lacks.
#[must_use]
pub fn source_difference(old: &Capture, new: &Capture) -> Vec<SourceChange> {
    SourceSystem::ALL
        .into_iter()
        .filter(|source| old.is_missing(*source) != new.is_missing(*source))
        .map(|source| SourceChange {
            source,
            now_missing: new.is_missing(source),
        })
        .collect()
}

/// A library file that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileChange {
    /// The file's name.
    pub file: String,
    /// How it differs. Of a changed file no pointers are named.
    #[serde(flatten)]
    pub change: Change,
}

/// The library files that differ, by name.
#[must_use]
pub fn library_difference(
    old: &BTreeMap<String, String>,
    new: &BTreeMap<String, String>,
) -> Vec<FileChange> {
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    names
        .into_iter()
        .filter_map(|name| {
            let change = match (old.get(name), new.get(name)) {
                (None, None) => return None,
                (None, Some(_)) => Change::Added,
                (Some(_), None) => Change::Removed,
                (Some(was), Some(is)) if was == is => return None,
                (Some(_), Some(_)) => Change::Changed { pointers: vec![] },
            };
            let file = name.clone();
            Some(FileChange { file, change })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::review::fixture::{PEOPLE, capture, capture_of};
    use custody_controls::kind::Kind;

    #[test]
    fn changed_records_are_named_with_their_fields_and_without_values() {
        let old = capture();
        let people = PEOPLE
            .replace("ana@example.org", "secret@example.org")
            .replace("p-ben", "p-benjamin");
        let new = capture_of(&[(Kind::People, &people)]);
        let changed = difference(&old, &new);
        let expected = [
            (
                "identity/people/p-ana",
                Change::Changed {
                    pointers: vec!["/email".to_owned()],
                },
            ),
            ("identity/people/p-ben", Change::Removed),
            ("identity/people/p-benjamin", Change::Added),
        ];
        let is_expected = |change: &RecordChange| {
            expected.contains(&(change.artifact.as_str(), change.change.clone()))
        };
        let people: Vec<_> = changed
            .iter()
            .filter(|change| change.artifact.starts_with("identity/people"))
            .collect();
        assert_eq!(people.len(), 3, "{people:?}");
        assert!(people.into_iter().all(is_expected));
        let printed = serde_json::to_string(&changed).unwrap();
        assert!(!printed.contains("secret"), "{printed}");
        assert_eq!(difference(&old, &old), []);
    }

    #[test]
    fn drift_says_what_changed_and_only_equality_is_proof() {
        let [a, b] = [b"a", b"b"].map(|bytes| Digest::of_bytes(bytes));
        let inputs = |evidence, library| PacketInputs { evidence, library };
        assert_eq!(
            check(inputs(a, b), inputs(a, b)).unwrap().inputs(),
            inputs(a, b)
        );
        let drift = check(inputs(a, a), inputs(b, a)).unwrap_err();
        assert_eq!(
            drift.to_string(),
            format!("evidence has changed from {a} to {b}")
        );
        let drift = check(inputs(a, a), inputs(b, b)).unwrap_err();
        assert_eq!(
            drift.to_string(),
            format!("evidence has changed from {a} to {b}; library has changed from {a} to {b}")
        );
    }

    #[test]
    fn library_files_that_differ_are_named() {
        let files = |entries: &[(&str, &str)]| {
            let owned = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
            entries.iter().map(owned).collect::<BTreeMap<_, _>>()
        };
        let old = files(&[("a.yaml", "1"), ("b.yaml", "1"), ("c.yaml", "1")]);
        let new = files(&[("b.yaml", "2"), ("c.yaml", "1"), ("d.yaml", "1")]);
        let changed: Vec<(String, Change)> = library_difference(&old, &new)
            .into_iter()
            .map(|change| (change.file, change.change))
            .collect();
        let changed_b = Change::Changed { pointers: vec![] };
        let expected = [
            ("a.yaml", Change::Removed),
            ("b.yaml", changed_b),
            ("d.yaml", Change::Added),
        ];
        assert_eq!(
            changed,
            expected.map(|(file, change)| (file.to_owned(), change))
        );
    }
}
