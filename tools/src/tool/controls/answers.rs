//! What the questions about controls are answered with.

use std::collections::BTreeMap;

use custody_controls::assessment::{Citation, Finding, RequirementResult};
use custody_controls::kind::ArtifactId;
use custody_controls::library::{CheckBrief, ReferenceBrief, RequirementBrief};
use custody_controls::status::{Disposition, RequirementStatus};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::tool::page::{Page, ROWS_BYTES, encoded_len};
use crate::tool::{ReviewMaterial, WITHHELD};

/// The requirements, and the policy's parameters.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct RequirementsAnswer {
    /// The requirements, in library order.
    #[serde(flatten)]
    pub requirements: Page<RequirementRow>,
    /// The policy's parameters.
    pub parameters: BTreeMap<String, Value>,
}

/// A requirement without its checks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RequirementRow {
    /// The id, as `KC-3`.
    pub requirement: String,
    /// The title.
    pub title: String,
    /// What must hold.
    pub statement: String,
    /// Whether an approved exception can stand in for it.
    pub waivable: bool,
    /// The record kind that it is judged on.
    pub subject: String,
    /// The record kinds that its joins read.
    pub evidence: Vec<String>,
    /// Clauses of standards it answers to.
    pub references: Vec<ReferenceBrief>,
}

impl From<&RequirementBrief> for RequirementRow {
    fn from(brief: &RequirementBrief) -> Self {
        Self {
            requirement: brief.id.clone(),
            title: brief.title.clone(),
            statement: brief.statement.clone(),
            waivable: brief.waivable,
            subject: brief.subject.clone(),
            evidence: brief.evidence.clone(),
            references: brief.references.clone(),
        }
    }
}

/// A requirement with its checks.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct CheckPage {
    /// The requirement.
    #[serde(flatten)]
    pub requirement: RequirementRow,
    /// What can fail, and what that makes of it.
    pub checks: Page<CheckBrief>,
    /// The policy's parameters.
    pub parameters: BTreeMap<String, Value>,
}

/// What the rules found.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct FindingsAnswer {
    /// The posture that the rules recommend.
    pub posture: Disposition,
    /// How each requirement asked for stands.
    pub requirements: Vec<StandingOfRequirement>,
    /// The findings.
    pub findings: Page<FindingRow>,
}

/// How a requirement stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StandingOfRequirement {
    /// The id, as `KC-3`.
    pub requirement: String,
    /// Its title.
    pub title: String,
    /// Its status.
    pub status: RequirementStatus,
    /// How many subjects have which status.
    pub subjects: BTreeMap<String, usize>,
    /// How many findings there are.
    pub findings: usize,
}

impl From<&RequirementResult> for StandingOfRequirement {
    fn from(result: &RequirementResult) -> Self {
        let mut subjects = BTreeMap::new();
        for subject in &result.subjects {
            *subjects.entry(subject.status.to_string()).or_insert(0) += 1;
        }
        Self {
            requirement: result.id.clone(),
            title: result.title.clone(),
            status: result.status,
            subjects,
            findings: result.findings.len(),
        }
    }
}

/// The rules' own account of a requirement.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct AccountAnswer {
    /// The id, as `KC-3`.
    pub requirement: String,
    /// Its status.
    pub status: RequirementStatus,
    /// The account.
    pub account: String,
    /// What it rests on.
    pub citations: Page<CitedValue>,
}

impl AccountAnswer {
    /// The account, unless it rests on a value that the reader may not see.
    pub(super) fn text(review: &ReviewMaterial<'_>, result: &RequirementResult) -> String {
        if result
            .citations
            .iter()
            .all(|citation| may_see(review, citation))
        {
            result.rationale.clone()
        } else {
            WITHHELD.to_owned()
        }
    }
}

/// One failed check on one subject, as the rules found it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct FindingRow {
    /// The finding's id.
    pub id: String,
    /// The requirement, as `KC-3`.
    pub requirement: String,
    /// The check that failed.
    pub check: String,
    /// What it failed on.
    pub subject: String,
    /// What that makes of the subject's status.
    pub status: RequirementStatus,
    /// What it asks for.
    pub disposition: Disposition,
    /// What is wrong.
    pub message: String,
    /// Who does what about it.
    pub remedy: String,
    /// The values that the check read.
    pub citations: Vec<CitedValue>,
    /// How many more citations there are than fit here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub more_citations: Option<usize>,
}

/// A value that a check read.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct CitedValue {
    /// The record.
    pub artifact: String,
    /// The value's place in it (RFC 6901).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// The value there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// Words of the record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
}

impl FindingRow {
    pub(super) fn new(review: &ReviewMaterial<'_>, finding: &Finding) -> Self {
        let withheld = |citation: &&Citation| !may_see(review, citation);
        // A message may repeat a value that it was made from.
        let message = match finding.citations.iter().find(withheld) {
            Some(_) => WITHHELD.to_owned(),
            None => finding.message.clone(),
        };
        let mut row = Self {
            id: finding.id.clone(),
            requirement: finding.requirement.clone(),
            check: finding.check.clone(),
            subject: finding.subject.clone(),
            status: finding.status,
            disposition: finding.disposition,
            message,
            remedy: finding.remedy.clone(),
            citations: Vec::new(),
            more_citations: None,
        };
        let mut bytes = encoded_len(&row);
        for citation in &finding.citations {
            let cited = CitedValue::new(review, citation);
            bytes += encoded_len(&cited) + 1;
            if bytes > ROWS_BYTES / 4 {
                row.more_citations = Some(finding.citations.len() - row.citations.len());
                break;
            }
            row.citations.push(cited);
        }
        row
    }
}

impl CitedValue {
    pub(super) fn new(review: &ReviewMaterial<'_>, citation: &Citation) -> Self {
        let visible = may_see(review, citation);
        let value = citation.value.clone().map(|value| match visible {
            true => value,
            false => Value::from(WITHHELD),
        });
        let quote = citation.quote.clone().map(|quote| match visible {
            true => quote,
            false => WITHHELD.to_owned(),
        });
        Self {
            artifact: citation.artifact.clone(),
            pointer: citation.pointer.clone(),
            value,
            quote,
        }
    }
}

/// Whether the reader may see the field that is cited. A citation of a record as a whole, or of
/// words anywhere in it, is only for those who may see every field of it.
fn may_see(review: &ReviewMaterial<'_>, citation: &Citation) -> bool {
    let Ok(artifact) = citation.artifact.parse::<ArtifactId>() else {
        return true;
    };
    let kind = artifact.kind();
    let field = citation.pointer.as_deref().and_then(|pointer| {
        let member = pointer.strip_prefix('/')?.split('/').next()?;
        (!member.is_empty()).then_some(member)
    });
    match field {
        Some(field) => review.visibility.may_see(kind, field),
        None if citation.value.is_none() && citation.quote.is_none() => true,
        None => {
            let mut fields = custody_controls::capture::record_fields(kind).fields.iter();
            fields.all(|field| review.visibility.may_see(kind, field.name))
        }
    }
}

/// The status of one subject under one requirement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SubjectRow {
    /// The requirement, as `KC-3`.
    pub requirement: String,
    /// What is judged.
    pub subject: String,
    /// Its status.
    pub status: RequirementStatus,
}

/// The records that a requirement was judged on: what may be cited for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct JudgedRecords {
    /// The requirement, as `KC-3`.
    pub requirement: String,
    /// The artifact ids, sorted.
    #[serde(flatten)]
    pub records: Page<String>,
}
