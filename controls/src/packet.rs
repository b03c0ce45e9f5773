//! The packet as it is queued, shown and exported (`custody/packet/v1`).

mod summary;
mod validated;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use validated::ValidatedPacket;

use crate::assessment::{Citation, Finding, IgnoredException, RankedOption, SubjectStatus};
use crate::instant::Instant;
use crate::json::Digest;
use crate::status::{Disposition, RequirementStatus};

/// The schema's name, in every packet's `schema` member.
pub const PACKET_SCHEMA: &str = "custody/packet/v1";

/// The period that a cycle covers: `from` ≤ t < `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReviewPeriod {
    /// The first instant in it.
    pub from: Instant,
    /// The first instant after it.
    pub to: Instant,
}

impl ReviewPeriod {
    /// Whether `at` lies in the period.
    #[must_use]
    pub fn contains(&self, at: Instant) -> bool {
        self.from <= at && at < self.to
    }
}

/// What a review is about: cycle, period and the instant judged for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReviewScope {
    /// The cycle's name, as `2026-H2`.
    pub cycle: String,
    /// The instant for which everything is judged.
    pub as_of: Instant,
    /// The cycle's period.
    pub period: ReviewPeriod,
}

/// A requirement in a packet: the rules' result with an account of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PacketRequirement {
    /// The requirement's id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Whether an exception can stand in for it.
    pub waivable: bool,
    /// Its status by the rules.
    pub status: RequirementStatus,
    /// Every subject judged.
    pub subjects: Vec<SubjectStatus>,
    /// The account: the model's where its draft was accepted, else the rules' own.
    pub rationale: String,
    /// What the account rests on.
    pub citations: Vec<Citation>,
    /// Ids of its findings.
    pub findings: Vec<String>,
}

/// A finding in a packet: the rules' finding, with the model's explanation where its draft was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PacketFinding {
    /// The rules' finding.
    #[serde(flatten)]
    pub finding: Finding,
    /// The model's explanation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explanation: Option<String>,
}

/// An accepted concern.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PacketConcern {
    /// The question.
    pub text: String,
    /// Always `escalate`.
    pub disposition: Disposition,
    /// The words it rests on.
    pub citations: Vec<Citation>,
}

/// What was read from one source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PacketSource {
    /// The source system.
    pub source: String,
    /// The connector that read it.
    pub connector: String,
    /// How many records it yielded.
    pub records: usize,
    /// When it was read. No digest covers it.
    pub captured_at: Instant,
    /// Why it could not be read, where that was allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing: Option<String>,
}

/// The evidence a packet rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PacketEvidence {
    /// The capture's digest.
    #[schemars(with = "String")]
    pub digest: Digest,
    /// How many records there are.
    pub records: usize,
    /// The five sources.
    pub sources: Vec<PacketSource>,
}

/// The controls library a packet was judged by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PacketLibrary {
    /// Its version.
    pub version: String,
    /// Its digest.
    #[schemars(with = "String")]
    pub digest: Digest,
    /// Whether `policy.lock` approves that digest.
    pub approved: bool,
}

/// How the account came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ValidationOutcome {
    /// A draft passed every check.
    Accepted,
    /// No draft passed: the account is the rules' own.
    RulesOnly,
}

/// What the validator did.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PacketValidation {
    /// How the account came to be.
    pub outcome: ValidationOutcome,
    /// How many drafts were submitted.
    pub rounds: u32,
    /// How many statements of the accepted draft were checked.
    pub claims_checked: u32,
    /// Drafts that did not pass, in order, each with its faults.
    pub rejected_drafts: Vec<RejectedDraft>,
    /// Why no draft passed, where none did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A draft that did not pass.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RejectedDraft {
    /// The draft as submitted.
    pub draft: serde_json::Value,
    /// What was wrong with it.
    pub faults: Vec<crate::validator::DraftFault>,
}

/// Everything in a packet that its digest covers, and `captured_at`, which it does not.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PacketBody {
    /// The cycle's name.
    pub cycle: String,
    /// The instant for which everything is judged.
    pub as_of: Instant,
    /// The cycle's period.
    pub period: ReviewPeriod,
    /// The recommended disposition.
    pub posture: Disposition,
    /// The whole in a few sentences.
    pub summary: String,
    /// All three dispositions, the recommended one first.
    pub options: Vec<RankedOption>,
    /// One entry per requirement, in library order.
    pub requirements: Vec<PacketRequirement>,
    /// All findings.
    pub findings: Vec<PacketFinding>,
    /// Accepted concerns.
    pub concerns: Vec<PacketConcern>,
    /// Exceptions that the rules did not apply.
    pub ignored_exceptions: Vec<IgnoredException>,
    /// What was read.
    pub evidence: PacketEvidence,
    /// What it was judged by.
    pub library: PacketLibrary,
    /// How the account came to be.
    pub validation: PacketValidation,
}

/// How a packet was made. No digest covers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Provenance {
    /// The model's name; `offline` for the embedded drafter, which is not a language model.
    pub model: String,
    /// Digests of the prompts, by name.
    #[schemars(with = "BTreeMap<String, String>")]
    pub prompts: BTreeMap<String, Digest>,
    /// How many tool calls were answered.
    pub tool_calls: u32,
    /// Tokens as the endpoint reported them.
    pub tokens: TokenCount,
    /// Who ran the preparation.
    pub prepared_by: String,
    /// The capability profile that the model's endpoint was asked by, where there is an endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint_profile: Option<ProfileUsed>,
}

/// The capability profile that an endpoint was asked by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProfileUsed {
    /// Where it came from.
    pub origin: ProfileOrigin,
    /// The digest of the profile as it was when the run began: SHA-256 over its canonical JSON.
    #[schemars(with = "String")]
    pub digest: Digest,
    /// The digest of the profile at the end, where the endpoint's complaints changed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub corrected: Option<Digest>,
}

/// Where a capability profile came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ProfileOrigin {
    /// Nobody gave one: it is the most portable one.
    Default,
    /// Someone wrote it.
    Written,
    /// A probe of an endpoint found it.
    Probed,
}

/// Tokens as an endpoint reported them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TokenCount {
    /// Tokens read.
    pub input: u64,
    /// Tokens written.
    pub output: u64,
}

impl PacketBody {
    /// SHA-256 over the canonical JSON of the body without any `captured_at`.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let mut value = serde_json::to_value(self).unwrap_or_default();
        if let Some(sources) = value
            .pointer_mut("/evidence/sources")
            .and_then(Value::as_array_mut)
        {
            for source in sources.iter_mut().filter_map(Value::as_object_mut) {
                source.remove("captured_at");
            }
        }
        Digest::of(&value)
    }
}

/// A whole packet as it is printed: `custody/packet/v1`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Packet {
    /// Always `custody/packet/v1`.
    pub schema: String,
    /// The packet's id.
    pub id: String,
    /// The revision within its cycle, from 1.
    pub revision: u32,
    /// SHA-256 over the canonical JSON of the body.
    #[schemars(with = "String")]
    pub digest: Digest,
    /// What the digest covers.
    #[serde(flatten)]
    pub body: PacketBody,
    /// How it was made.
    pub provenance: Provenance,
}
