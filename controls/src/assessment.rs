//! What the rules found: statuses, findings with exact citations, posture. As the packet shows it.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::json::Digest;
use crate::status::{Disposition, RequirementStatus};

/// A pointer to one value in one record, with what pins it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Citation {
    /// The record: `<source>/<kind>/<id>`.
    pub artifact: String,
    /// The value's place in the record (RFC 6901).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// The value there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// Words quoted from the record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
    /// SHA-256 over the record's canonical JSON.
    #[schemars(with = "String")]
    pub digest: Digest,
    /// Where a person opens the original.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_url: Option<String>,
}

/// One failed check on one subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// A function of requirement, check and subject: the same across revisions and cycles.
    pub id: String,
    /// The requirement, as `KC-3`.
    pub requirement: String,
    /// The check that failed.
    pub check: String,
    /// The artifact judged; the source's name where the whole source is missing or empty.
    pub subject: String,
    /// What the failure makes of the subject's status.
    pub status: RequirementStatus,
    /// What the failure asks for.
    pub disposition: Disposition,
    /// What is wrong, in one sentence.
    pub message: String,
    /// Who does what about it. Never done by this tool.
    pub remedy: String,
    /// The values that the check read.
    pub citations: Vec<Citation>,
}

/// The status of one subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SubjectStatus {
    /// The artifact judged.
    pub artifact: String,
    /// Its status: the worst of its findings, or what the requirement gives where there is none.
    pub status: RequirementStatus,
}

/// What the rules found for one requirement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequirementResult {
    /// The requirement's id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Whether an exception can stand in for it.
    pub waivable: bool,
    /// The worst of its subjects' statuses.
    pub status: RequirementStatus,
    /// Every subject judged, by artifact id.
    pub subjects: Vec<SubjectStatus>,
    /// The rules' own account, in plain sentences.
    pub rationale: String,
    /// What that account rests on.
    pub citations: Vec<Citation>,
    /// Ids of its findings.
    pub findings: Vec<String>,
}

/// One disposition with what speaks for and against it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RankedOption {
    /// The disposition.
    pub disposition: Disposition,
    /// Whether the findings support it.
    pub supported: bool,
    /// Findings that speak for it.
    pub because: Vec<String>,
    /// Findings that speak against it.
    pub against: Vec<String>,
}

/// An exception in the register that the rules did not apply, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IgnoredException {
    /// The exception.
    pub artifact: String,
    /// The requirement it is filed against.
    pub requirement: String,
    /// Why it was not applied.
    pub reason: String,
}

/// The rules' judgement of a capture: same capture, library and as-of, same value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessment {
    /// The recommended disposition by the policy's order.
    pub posture: Disposition,
    /// All three dispositions, the recommended one first.
    pub options: Vec<RankedOption>,
    /// One result per requirement, in library order.
    pub requirements: Vec<RequirementResult>,
    /// All findings, by requirement, subject and check.
    pub findings: Vec<Finding>,
    /// Exceptions filed against requirements that cannot be waived.
    pub ignored_exceptions: Vec<IgnoredException>,
    /// For each requirement, in the same order, the artifacts that its population and declared joins selected, sorted.
    pub judged_on: Vec<Vec<crate::capture::RecordAt>>,
}
