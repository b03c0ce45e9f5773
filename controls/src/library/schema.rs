//! The form of the library's YAML files. Unknown members are refused; what is not text
//! in the end (expressions, messages) is compiled by `compile.rs`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use serde_saphyr::Spanned;

use super::brief::ReferenceBrief;
use crate::instant::Instant;
use crate::packet::ReviewPeriod;
use crate::status::{Disposition, RequirementStatus};

/// One requirement's file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RequirementFile {
    pub(super) id: Spanned<String>,
    pub(super) title: String,
    pub(super) statement: String,
    pub(super) references: Vec<ReferenceBrief>,
    pub(super) waivable: bool,
    /// The status of a subject without findings.
    pub(super) met: RequirementStatus,
    pub(super) subject: SubjectFile,
    pub(super) evidence: Vec<JoinFile>,
    pub(super) checks: Vec<CheckFile>,
    pub(super) no_subjects: NoSubjectsFile,
    pub(super) account: Vec<AccountFile>,
    pub(super) examples: ExamplesFile,
}

/// What is judged.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SubjectFile {
    pub(super) kind: Spanned<String>,
    /// Which records of the kind are subjects. Without it, only those that `named_by` names.
    pub(super) filter: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) named_by: Vec<NamedByFile>,
}

/// Records that name subjects by reference.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NamedByFile {
    pub(super) kind: Spanned<String>,
    /// Which records of the kind, over `holder`.
    pub(super) filter: Spanned<String>,
    /// The reference or list of references, over `holder`.
    pub(super) reference: Spanned<String>,
    /// The finding on the holder where a reference resolves to nothing.
    pub(super) unresolved: UnresolvedFile,
}

/// A declared join.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct JoinFile {
    pub(super) name: Spanned<String>,
    pub(super) from: Spanned<String>,
    /// The record, or list of records, with this id; of people, with this id or alias.
    pub(super) reference: Option<Spanned<String>>,
    /// The finding where `reference` resolves to nothing.
    pub(super) unresolved: Option<UnresolvedFile>,
    /// Records whose field has a value: `{field: expression}`, one pair.
    #[serde(rename = "match")]
    pub(super) matching: Option<BTreeMap<String, Spanned<String>>>,
    /// Used where `reference` is null: records whose field has a value.
    pub(super) otherwise_match: Option<BTreeMap<String, Spanned<String>>>,
    /// Which of the matching records, over `candidate`.
    #[serde(rename = "where")]
    pub(super) condition: Option<Spanned<String>>,
    /// Only the latest by this time field.
    pub(super) latest: Option<Spanned<String>>,
    /// The roster in force at a time.
    pub(super) in_force_at: Option<Spanned<String>>,
    /// The exception that best carries the subject, a signing path, through the bridge with this id.
    pub(super) excepts_bridge: Option<Spanned<String>>,
    /// The findings where the join selects nothing: the first whose `when` holds.
    #[serde(default)]
    pub(super) absent: Vec<AbsentFile>,
}

/// A finding for a reference that resolves to nothing: always `missing`, `remediate`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UnresolvedFile {
    pub(super) check: Spanned<String>,
    pub(super) message: Spanned<String>,
    pub(super) remedy: String,
}

/// A finding for evidence that is not there.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AbsentFile {
    pub(super) when: Option<Spanned<String>>,
    pub(super) check: Spanned<String>,
    pub(super) status: RequirementStatus,
    pub(super) disposition: Disposition,
    pub(super) message: Spanned<String>,
    pub(super) remedy: String,
}

/// A check.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CheckFile {
    pub(super) check: Spanned<String>,
    /// Joins that must have selected something, beyond those that the expression uses.
    #[serde(default)]
    pub(super) requires: Vec<Spanned<String>>,
    /// The check is run only where this holds.
    pub(super) when: Option<Spanned<String>>,
    pub(super) expression: Spanned<String>,
    pub(super) status: RequirementStatus,
    pub(super) disposition: Disposition,
    pub(super) message: Spanned<String>,
    pub(super) remedy: String,
}

/// What an empty population means.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NoSubjectsFile {
    pub(super) status: RequirementStatus,
    /// The rules' account of it.
    pub(super) says: String,
    /// The finding, unless the status is `satisfied`.
    pub(super) finding: Option<NoSubjectsFindingFile>,
}

/// The finding for an empty population.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NoSubjectsFindingFile {
    pub(super) check: Spanned<String>,
    pub(super) disposition: Disposition,
    pub(super) remedy: String,
}

/// A sentence of the rules' account of a subject.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AccountFile {
    /// `met` for subjects without findings; `note` for every subject, each distinct sentence once.
    pub(super) of: AccountOf,
    pub(super) when: Option<Spanned<String>>,
    pub(super) says: Spanned<String>,
}

/// Which subjects a sentence is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum AccountOf {
    /// Subjects without findings.
    Met,
    /// Every subject.
    Note,
}

/// Evidence on which every check holds, and patches of it on which one does not.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExamplesFile {
    pub(super) as_of: Instant,
    pub(super) period: ReviewPeriod,
    /// Records by `<source>/<kind>`. Every check passes on them.
    pub(super) base: BTreeMap<String, Vec<Value>>,
    /// Further patches on which every check passes still.
    #[serde(default)]
    pub(super) passes: Vec<PassFile>,
    /// Patches on which the named checks, and no others, fail.
    pub(super) fails: Vec<FailFile>,
}

/// A near miss: a patch on which everything holds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PassFile {
    pub(super) because: Spanned<String>,
    pub(super) patch: Vec<PatchFile>,
}

/// A patch on which checks fail.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FailFile {
    pub(super) checks: Vec<Spanned<String>>,
    pub(super) patch: Vec<PatchFile>,
}

/// One change to the example evidence.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PatchFile {
    /// The record to change, `<source>/<kind>/<id>`.
    pub(super) record: Option<String>,
    /// Values to set, by RFC 6901 pointer. `null` takes the member away.
    #[serde(default)]
    pub(super) set: BTreeMap<String, Value>,
    /// A record to take away, `<source>/<kind>/<id>`.
    pub(super) remove: Option<String>,
    /// Records to add, by `<source>/<kind>`.
    #[serde(default)]
    pub(super) add: BTreeMap<String, Vec<Value>>,
}
