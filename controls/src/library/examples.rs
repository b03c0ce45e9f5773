//! Runs a requirement on its own examples: every check has evidence on which it passes and on which it fails.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use crate::assess::{Indexes, judge_all};
use crate::capture::{Capture, SourceReading, Tables};
use crate::instant::Instant;
use crate::kind::{ArtifactId, Kind, SourceSystem};
use crate::table::Layout;

use super::load::LibraryFault;
use super::policy::Policy;
use super::requirement::Requirement;
use super::schema::{ExamplesFile, PatchFile};

type Records = BTreeMap<String, Vec<Value>>;

/// Holds `requirement` to its examples.
pub(super) fn check_examples(
    examples: &ExamplesFile,
    requirement: &Requirement,
    policy: &Policy,
    file: &str,
    faults: &mut Vec<LibraryFault>,
) {
    let mut runner = Runner {
        examples,
        requirement,
        policy,
        file,
        faults,
    };
    runner.expect(
        "the base example",
        None,
        &[],
        &BTreeSet::new(),
        Population::Needed,
    );
    for pass in &examples.passes {
        let line = Some(pass.because.referenced.line() as usize);
        let name = format!("the passing example `{}`", pass.because.value);
        runner.expect(
            &name,
            line,
            &pass.patch,
            &BTreeSet::new(),
            Population::MayBeEmpty,
        );
    }
    let mut failed = BTreeSet::new();
    for fail in &examples.fails {
        let expected: BTreeSet<&str> = fail
            .checks
            .iter()
            .map(|check| check.value.as_str())
            .collect();
        let line = fail
            .checks
            .first()
            .map(|check| check.referenced.line() as usize);
        let names: Vec<&str> = expected.iter().copied().collect();
        let name = format!("the failing example of {}", names.join(", "));
        runner.expect(&name, line, &fail.patch, &expected, Population::MayBeEmpty);
        failed.extend(expected);
    }
    for check in requirement.check_names() {
        if !failed.contains(check) {
            runner.fault(None, format!("check `{check}` has no failing example"));
        }
    }
}

#[derive(PartialEq, Eq)]
enum Population {
    Needed,
    MayBeEmpty,
}

struct Runner<'r> {
    examples: &'r ExamplesFile,
    requirement: &'r Requirement,
    policy: &'r Policy,
    file: &'r str,
    faults: &'r mut Vec<LibraryFault>,
}

impl Runner<'_> {
    fn fault(&mut self, line: Option<usize>, reason: String) {
        self.faults.push(LibraryFault {
            file: self.file.to_owned(),
            line,
            reason,
        });
    }

    fn expect(
        &mut self,
        name: &str,
        line: Option<usize>,
        patch: &[PatchFile],
        expected: &BTreeSet<&str>,
        population: Population,
    ) {
        let capture = patched(&self.examples.base, patch).and_then(|records| capture(&records));
        let capture = match capture {
            Ok(capture) => capture,
            Err(reason) => return self.fault(line, format!("{name}: {reason}")),
        };
        let (as_of, period) = (self.examples.as_of, self.examples.period);
        let one = std::slice::from_ref(self.requirement);
        let indexes = Indexes::build(&capture, one, as_of);
        let judgements = judge_all(&capture, self.policy, one.iter(), as_of, period, &indexes);
        let Some(judgement) = judgements.first() else {
            return;
        };
        let found: BTreeSet<&str> = judgement
            .findings
            .iter()
            .map(|finding| finding.check.as_str())
            .collect();
        if found != *expected {
            let list =
                |names: &BTreeSet<&str>| names.iter().copied().collect::<Vec<_>>().join(", ");
            let reason = format!(
                "{name}: failed checks are [{}], expected [{}]",
                list(&found),
                list(expected)
            );
            self.fault(line, reason);
        }
        if population == Population::Needed && judgement.result.subjects.is_empty() {
            self.fault(line, format!("{name}: there is no subject to judge"));
        }
    }
}

fn patched(base: &Records, patches: &[PatchFile]) -> Result<Records, String> {
    let mut records = base.clone();
    for patch in patches {
        if let Some(artifact) = &patch.record {
            let record = find(&mut records, artifact)?;
            for (pointer, value) in &patch.set {
                set(record, pointer, value)
                    .ok_or_else(|| format!("`{artifact}` has no place `{pointer}`"))?;
            }
        }
        if let Some(artifact) = &patch.remove {
            find(&mut records, artifact)?;
            let (kind, id) = artifact.rsplit_once('/').unwrap_or_default();
            if let Some(list) = records.get_mut(kind) {
                list.retain(|record| record.get("id").and_then(Value::as_str) != Some(id));
            }
        }
        for (kind, added) in &patch.add {
            records
                .entry(kind.clone())
                .or_default()
                .extend(added.iter().cloned());
        }
    }
    Ok(records)
}

fn find<'r>(records: &'r mut Records, artifact: &str) -> Result<&'r mut Value, String> {
    let id: ArtifactId = artifact.parse().map_err(|error| format!("{error}"))?;
    records
        .get_mut(id.kind().path())
        .and_then(|list| {
            list.iter_mut()
                .find(|record| record.get("id").and_then(Value::as_str) == Some(id.id()))
        })
        .ok_or_else(|| format!("the base has no record `{artifact}`"))
}

/// Sets the value at `pointer`; `null` takes an object's member away.
fn set(record: &mut Value, pointer: &str, value: &Value) -> Option<()> {
    let (parent, last) = pointer.rsplit_once('/')?;
    match record.pointer_mut(parent)? {
        Value::Object(members) if value.is_null() => {
            members.remove(last);
        }
        Value::Object(members) => {
            members.insert(last.to_owned(), value.clone());
        }
        Value::Array(items) => *items.get_mut(last.parse::<usize>().ok()?)? = value.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return None,
    }
    Some(())
}

fn capture(records: &Records) -> Result<Capture, String> {
    let mut tables = Tables::default();
    for (path, list) in records {
        let kind = Kind::from_path(path).ok_or_else(|| format!("`{path}` is no record kind"))?;
        let text = Value::from(list.clone()).to_string();
        tables
            .read(kind, Arc::from(text), Layout::Array, path)
            .map_err(|faults| {
                faults
                    .iter()
                    .map(ToString::to_string)
                    .collect::<Vec<_>>()
                    .join("; ")
            })?;
    }
    let captured_at = Instant::from(chrono::DateTime::UNIX_EPOCH);
    let reading = SourceReading {
        connector: "example".to_owned(),
        captured_at,
        missing: None,
    };
    let readings = SourceSystem::ALL
        .into_iter()
        .map(|source| (source, reading.clone()))
        .collect();
    Capture::freeze(tables, readings).map_err(|faults| faults.to_string())
}
