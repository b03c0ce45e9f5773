//! What a case's rules would say of other evidence: a record less, a value changed, the cited records alone.
//!
//! Answers come from the rule engine and are kept, since every run of a case asks the same.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use custody_controls::assess::assess;
use custody_controls::assessment::Assessment;
use custody_controls::capture::record_fields;
use custody_controls::kind::{ArtifactId, Kind};
use custody_controls::record::Ty;
use custody_controls::status::{Disposition, RequirementStatus};
use serde_json::{Value, json};

use super::case::Case;
use super::evidence::{Evidence, id_of};
use super::patch;
use super::times::shifted;

/// Ids of requirements.
pub(super) type Ids = BTreeSet<String>;

/// Answers kept for a case.
#[derive(Debug, Default)]
pub(super) struct Memo {
    removals: Mutex<BTreeMap<String, Ids>>,
    mutations: Mutex<BTreeMap<(String, String), Option<Ids>>>,
}

impl Memo {
    fn kept<K: Ord + Clone, V: Clone>(
        memo: &Mutex<BTreeMap<K, V>>,
        key: &K,
        make: impl FnOnce() -> V,
    ) -> V {
        let lock = || memo.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().get(key) {
            return known.clone();
        }
        // Made outside of the lock: two runs at once may both make it, and come to the same.
        let made = make();
        lock().insert(key.clone(), made.clone());
        made
    }
}

/// What the rules derive for one requirement: status, subjects' statuses, findings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Derived {
    /// The requirement's status.
    pub status: RequirementStatus,
    /// Each subject's status.
    pub subjects: BTreeMap<String, RequirementStatus>,
    /// Findings: check and subject, with what each asks for.
    pub findings: BTreeMap<(String, String), (RequirementStatus, Disposition)>,
}

/// What the rules derive, by requirement.
#[must_use]
pub fn derived(assessment: &Assessment) -> BTreeMap<String, Derived> {
    let of = |id: &str| {
        let found = assessment.findings.iter().filter(|f| f.requirement == id);
        found
            .map(|f| {
                let key = (f.check.clone(), f.subject.clone());
                (key, (f.status, f.disposition))
            })
            .collect()
    };
    let results = assessment.requirements.iter();
    results
        .map(|result| {
            let subjects = result.subjects.iter();
            let derived = Derived {
                status: result.status,
                subjects: subjects.map(|s| (s.artifact.clone(), s.status)).collect(),
                findings: of(&result.id),
            };
            (result.id.clone(), derived)
        })
        .collect()
}

impl Case {
    /// What the case's rules say of `evidence`; nothing where it does not fit its form.
    #[must_use]
    pub fn assess(&self, evidence: &Evidence) -> Option<Assessment> {
        let capture = evidence.freeze().ok()?;
        Some(assess(&capture, &self.judged.library, &self.judged.scope))
    }

    /// The requirements for which the rules derive something else without the record `artifact`.
    pub(super) fn rests_on(&self, artifact: &str) -> Ids {
        Memo::kept(&self.memo.removals, &artifact.to_owned(), || {
            let Ok(id) = artifact.parse::<ArtifactId>() else {
                return Ids::new();
            };
            let mut evidence = self.evidence.clone();
            evidence.remove(&id);
            let Some(without) = self.assess(&evidence) else {
                return Ids::new();
            };
            differing(&derived(&self.judged.assessment), &derived(&without))
        })
    }

    /// The requirements whose account changes when the value at `pointer` of `artifact` does.
    /// Nothing where no other value fits there.
    pub(super) fn responds_to(&self, artifact: &str, pointer: &str) -> Option<Ids> {
        let key = (artifact.to_owned(), pointer.to_owned());
        Memo::kept(&self.memo.mutations, &key, || {
            let id: ArtifactId = artifact.parse().ok()?;
            let value = self.evidence.find(&id)?.pointer(pointer)?.clone();
            let other = other_value(id.kind(), pointer, &value)?;
            let mut evidence = self.evidence.clone();
            patch::set(evidence.change_record(&id)?, pointer, &other)?;
            let changed = self.assess(&evidence)?;
            Some(told_otherwise(&self.judged.assessment, &changed))
        })
    }

    /// What the rules derive from these records alone, with those that they name.
    ///
    /// An id in a cited record is a fact of that record: what it names is resolved, not cited again.
    pub(super) fn derived_alone(&self, artifacts: &BTreeSet<&str>) -> BTreeMap<String, Derived> {
        let mut named = BTreeSet::new();
        for artifact in artifacts {
            let record = artifact.parse().ok().and_then(|id| self.evidence.find(&id));
            texts(record.unwrap_or(&Value::Null), &mut named);
        }
        let mut evidence = self.evidence.clone();
        evidence.retain(|kind, record| {
            let id = id_of(record);
            artifacts.contains(format!("{kind}/{id}").as_str())
                || named.contains(id)
                || (kind == Kind::People && has_alias(record, &named))
        });
        self.assess(&evidence)
            .as_ref()
            .map(derived)
            .unwrap_or_default()
    }
}

/// Every text in a record.
fn texts<'v>(value: &'v Value, found: &mut BTreeSet<&'v str>) {
    match value {
        Value::String(text) => {
            found.insert(text);
        }
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Object(members) => members.values().for_each(|item| texts(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn has_alias(person: &Value, named: &BTreeSet<&str>) -> bool {
    let mut aliases = person
        .get("aliases")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    aliases.any(|alias| alias.as_str().is_some_and(|alias| named.contains(alias)))
}

fn differing(a: &BTreeMap<String, Derived>, b: &BTreeMap<String, Derived>) -> Ids {
    let differs = |id: &&String| a.get(*id) != b.get(*id);
    a.keys().filter(differs).cloned().collect()
}

/// Requirements whose account, findings' words or statuses differ.
fn told_otherwise(a: &Assessment, b: &Assessment) -> Ids {
    let words = |assessment: &Assessment, id: &str| -> Vec<String> {
        let found = assessment.findings.iter().filter(|f| f.requirement == id);
        found
            .map(|f| format!("{} {} {}", f.check, f.subject, f.message))
            .collect()
    };
    let pairs = a.requirements.iter().zip(&b.requirements);
    pairs
        .filter(|(one, other)| {
            one.status != other.status
                || one.subjects != other.subjects
                || one.rationale != other.rationale
                || words(a, &one.id) != words(b, &other.id)
        })
        .map(|(one, _)| one.id.clone())
        .collect()
}

/// Another value of the same form.
fn other_value(kind: Kind, pointer: &str, value: &Value) -> Option<Value> {
    match (type_at(kind, pointer)?, value) {
        (Ty::Bool, Value::Bool(value)) => Some(json!(!value)),
        (Ty::Int, Value::Number(number)) => Some(json!(number.as_u64()? + 1)),
        (Ty::Time, Value::String(time)) => Some(json!(shifted(time, -500 * 86_400)?)),
        (Ty::Enum(names), Value::String(name)) => names
            .iter()
            .find(|other| *other != name)
            .map(|other| json!(other)),
        (Ty::Text | Ty::Person, Value::String(text)) => Some(json!(format!("{text}-x"))),
        (Ty::List(_), Value::Array(items)) if !items.is_empty() => Some(json!([])),
        (_, _) => None,
    }
}

/// The type of the field at `pointer` in records of `kind`.
pub(super) fn type_at(kind: Kind, pointer: &str) -> Option<Ty> {
    let mut ty = Ty::Object(record_fields(kind));
    for step in pointer.split('/').skip(1) {
        ty = match ty {
            Ty::Object(object) => object.field(step)?.1.ty.clone(),
            Ty::List(item) if step.parse::<usize>().is_ok() => *item,
            Ty::List(_) | Ty::Bool | Ty::Int | Ty::Text | Ty::Person | Ty::Time | Ty::Enum(_) => {
                return None;
            }
        };
    }
    Some(ty)
}
