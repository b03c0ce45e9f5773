//! What a reader, human or model, is shown of a requirement.

use schemars::JsonSchema;
use serde::Serialize;

use crate::status::{Disposition, RequirementStatus};

/// A requirement in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequirementBrief {
    /// The id, as `KC-3`.
    pub id: String,
    /// The title.
    pub title: String,
    /// What must hold.
    pub statement: String,
    /// Whether an approved exception can stand in for it.
    pub waivable: bool,
    /// The record kind that it is judged on.
    pub subject: String,
    /// The record kinds that its joins read, sorted.
    pub evidence: Vec<String>,
    /// Clauses of standards it answers to.
    pub references: Vec<ReferenceBrief>,
    /// What can fail.
    pub checks: Vec<CheckBrief>,
}

/// A clause of a standard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReferenceBrief {
    /// The standard.
    pub standard: String,
    /// The clause.
    pub clause: String,
    /// What it asks for, in our words.
    pub says: String,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckBrief {
    /// The check's name.
    pub check: String,
    /// The CEL expression that must hold; empty for a check that evidence is there at all.
    pub expression: String,
    /// The status where it does not.
    pub status: RequirementStatus,
    /// The disposition where it does not.
    pub disposition: Disposition,
    /// Who does what about it.
    pub remedy: String,
}
