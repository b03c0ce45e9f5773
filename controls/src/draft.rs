//! What a model submits: its account of the review, to be held against the rules.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::status::{Disposition, RequirementStatus};

/// A drafted packet. A model never states a digest, a count or a date that it was not shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// The recommended posture.
    pub posture: Disposition,
    /// The whole in a few plain sentences.
    pub summary: String,
    /// One entry for each requirement of the library.
    pub requirements: Vec<RequirementDraft>,
    /// What the rules cannot see and a human should: each with verbatim words from a record.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub concerns: Vec<Concern>,
}

/// The account of one requirement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequirementDraft {
    /// The requirement's id, as `KC-3`.
    pub requirement: String,
    /// Its status.
    pub status: RequirementStatus,
    /// Why, in plain sentences that name only what the citations hold.
    pub rationale: String,
    /// What the rationale rests on.
    pub citations: Vec<DraftCitation>,
    /// Every finding of the rules for this requirement, and no other.
    pub findings: Vec<FindingDraft>,
}

/// The account of one finding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FindingDraft {
    /// The check that failed.
    pub check: String,
    /// The artifact it failed on.
    pub subject: String,
    /// What that means, in plain sentences.
    pub explanation: String,
    /// What the explanation rests on.
    pub citations: Vec<DraftCitation>,
}

/// A pointer to a record: either a value at a place, or verbatim words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DraftCitation {
    /// The record: `<source>/<kind>/<id>`.
    pub artifact: String,
    /// The place of `value` in the record (RFC 6901).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// The value at `pointer`, exactly.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub value: Option<Value>,
    /// Words that stand in the record, verbatim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
}

/// A question for a human that the rules do not raise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Concern {
    /// The question, in plain sentences that name only what its citations hold.
    pub text: String,
    /// Always `escalate`: a concern can only make the packet more cautious.
    pub disposition: ConcernDisposition,
    /// At least one verbatim quote.
    pub citations: Vec<DraftCitation>,
}

/// What a concern asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ConcernDisposition {
    /// A question for release security governance.
    Escalate,
}

/// Tells `"value": null` (a citation of null) from no `value` at all.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}
