//! The questions about requirements and about what the rules found.

use custody_controls::assessment::{Finding, RequirementResult};
use custody_controls::library::RequirementBrief;
use custody_controls::status::{Disposition, RequirementStatus};
use schemars::JsonSchema;
use serde::Deserialize;

use super::answers::{
    AccountAnswer, CheckPage, CitedValue, FindingRow, FindingsAnswer, JudgedRecords,
    RequirementRow, RequirementsAnswer, StandingOfRequirement, SubjectRow,
};
use crate::tool::arguments::shortened;
use crate::tool::page::{Page, PageSize, ROWS_BYTES, encoded_len, skip_of};
use crate::tool::{Answered, Question, ReviewMaterial, ToolError};

#[derive(Debug)]
pub(super) struct ListRequirements;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PageArguments {
    /// How many rows to leave out: `next_skip` of the page before.
    skip: Option<u32>,
}

impl Question for ListRequirements {
    type Arguments = PageArguments;
    type Answer = RequirementsAnswer;

    fn name(&self) -> &'static str {
        "controls_list_requirements"
    }

    fn description(&self) -> String {
        "Lists the requirements of the controls library with statement, subject, evidence and references, and the policy's parameters.".to_owned()
    }

    fn answer(
        &self,
        review: &ReviewMaterial<'_>,
        arguments: PageArguments,
    ) -> Result<Answered<RequirementsAnswer>, ToolError> {
        let rows = review.requirements.iter().map(RequirementRow::from);
        let answer = RequirementsAnswer {
            requirements: Page::fill(
                review.requirements.len(),
                arguments.skip,
                rows.skip(skip_of(arguments.skip)),
                beside(review.parameters),
            ),
            parameters: review.parameters.clone(),
        };
        Ok(Answered::without_records(answer))
    }
}

#[derive(Debug)]
pub(super) struct ReadRequirement;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequirementArguments {
    /// The requirement's id, as `KC-3`.
    requirement: String,
    /// How many rows to leave out: `next_skip` of the page before.
    skip: Option<u32>,
}

impl Question for ReadRequirement {
    type Arguments = RequirementArguments;
    type Answer = CheckPage;

    fn name(&self) -> &'static str {
        "controls_read_requirement"
    }

    fn description(&self) -> String {
        "Reads one requirement with every check: the expression that must hold, and the status, disposition and remedy where it does not.".to_owned()
    }

    fn answer(
        &self,
        review: &ReviewMaterial<'_>,
        arguments: RequirementArguments,
    ) -> Result<Answered<CheckPage>, ToolError> {
        let brief = brief(review, &arguments.requirement)?;
        let requirement = RequirementRow::from(brief);
        let checks = Page::fill(
            brief.checks.len(),
            arguments.skip,
            brief.checks.iter().skip(skip_of(arguments.skip)).cloned(),
            beside(&(&requirement, review.parameters)),
        );
        Ok(Answered::without_records(CheckPage {
            requirement,
            checks,
            parameters: review.parameters.clone(),
        }))
    }
}

#[derive(Debug)]
pub(super) struct ListFindings;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FindingArguments {
    /// Only findings of the requirement with this id, as `KC-3`.
    requirement: Option<String>,
    /// Only findings on this subject (artifact id).
    subject: Option<String>,
    /// Only findings that ask for this.
    disposition: Option<Disposition>,
    /// How many rows to leave out: `next_skip` of the page before.
    skip: Option<u32>,
}

impl Question for ListFindings {
    type Arguments = FindingArguments;
    type Answer = FindingsAnswer;

    fn name(&self) -> &'static str {
        "controls_list_findings"
    }

    fn description(&self) -> String {
        "Lists what the rules found: the posture, how each requirement stands, and every failed check with subject, message, remedy and cited values. Read a record before citing it.".to_owned()
    }

    fn answer(
        &self,
        review: &ReviewMaterial<'_>,
        arguments: FindingArguments,
    ) -> Result<Answered<FindingsAnswer>, ToolError> {
        let asked = asked_for(review, arguments.requirement.as_deref())?;
        let wanted = |finding: &&Finding| {
            asked.iter().any(|result| result.id == finding.requirement)
                && is_or_any(arguments.subject.as_deref(), finding.subject.as_str())
                && is_or_any(arguments.disposition, finding.disposition)
        };
        let findings: Vec<&Finding> = review.assessment.findings.iter().filter(wanted).collect();
        let rows = findings.iter().skip(skip_of(arguments.skip));
        let requirements: Vec<_> = asked
            .iter()
            .map(|result| StandingOfRequirement::from(*result))
            .collect();
        let page = Page::fill(
            findings.len(),
            arguments.skip,
            rows.map(|finding| FindingRow::new(review, finding)),
            beside(&requirements),
        );
        Ok(Answered::without_records(FindingsAnswer {
            posture: review.assessment.posture,
            requirements,
            findings: page,
        }))
    }
}

#[derive(Debug)]
pub(super) struct ReadAccount;

impl Question for ReadAccount {
    type Arguments = RequirementArguments;
    type Answer = AccountAnswer;

    fn name(&self) -> &'static str {
        "controls_read_account"
    }

    fn description(&self) -> String {
        "Reads the rules' own account of one requirement in plain sentences, with the cited values it rests on. Read a record before citing it.".to_owned()
    }

    fn answer(
        &self,
        review: &ReviewMaterial<'_>,
        arguments: RequirementArguments,
    ) -> Result<Answered<AccountAnswer>, ToolError> {
        let brief = brief(review, &arguments.requirement)?;
        let mut results = review.assessment.requirements.iter();
        let result = results
            .find(|result| result.id == brief.id)
            .ok_or_else(|| ToolError::Stop(format!("the rules did not judge `{}`", brief.id)))?;
        let account = AccountAnswer::text(review, result);
        let rows = result.citations.iter().skip(skip_of(arguments.skip));
        let page = Page::fill(
            result.citations.len(),
            arguments.skip,
            rows.map(|citation| CitedValue::new(review, citation)),
            beside(&account),
        );
        Ok(Answered::without_records(AccountAnswer {
            requirement: brief.id.clone(),
            status: result.status,
            account,
            citations: page,
        }))
    }
}

#[derive(Debug)]
pub(super) struct ListSubjects;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SubjectArguments {
    /// Only subjects of the requirement with this id, as `KC-3`.
    requirement: Option<String>,
    /// Only subjects of this status.
    status: Option<RequirementStatus>,
    /// How many rows to leave out: `next_skip` of the page before.
    skip: Option<u32>,
}

impl Question for ListSubjects {
    type Arguments = SubjectArguments;
    type Answer = Page<SubjectRow>;

    fn name(&self) -> &'static str {
        "controls_list_subjects"
    }

    fn description(&self) -> String {
        "Lists what each requirement was judged for, with the status that the rules gave it."
            .to_owned()
    }

    fn answer(
        &self,
        review: &ReviewMaterial<'_>,
        arguments: SubjectArguments,
    ) -> Result<Answered<Page<SubjectRow>>, ToolError> {
        let asked = asked_for(review, arguments.requirement.as_deref())?;
        let rows: Vec<SubjectRow> = asked
            .into_iter()
            .flat_map(|result| {
                result.subjects.iter().map(|subject| SubjectRow {
                    requirement: result.id.clone(),
                    subject: subject.artifact.clone(),
                    status: subject.status,
                })
            })
            .filter(|row| is_or_any(arguments.status, row.status))
            .collect();
        let total = rows.len();
        let rows = rows.into_iter().skip(skip_of(arguments.skip));
        let page = Page::fill(total, arguments.skip, rows, PageSize::NAMES);
        Ok(Answered::without_records(page))
    }
}

#[derive(Debug)]
pub(super) struct ListJudgedRecords;

impl Question for ListJudgedRecords {
    type Arguments = RequirementArguments;
    type Answer = JudgedRecords;

    fn name(&self) -> &'static str {
        "controls_list_judged_records"
    }

    fn description(&self) -> String {
        "Lists the artifact ids of the records that one requirement was judged on: what may be cited for it, once read.".to_owned()
    }

    fn answer(
        &self,
        review: &ReviewMaterial<'_>,
        arguments: RequirementArguments,
    ) -> Result<Answered<JudgedRecords>, ToolError> {
        let brief = brief(review, &arguments.requirement)?;
        let results = review.assessment.requirements.iter();
        let judged = results
            .zip(&review.assessment.judged_on)
            .find_map(|(result, judged)| (result.id == brief.id).then_some(judged.as_slice()))
            .unwrap_or_default();
        let rows = judged
            .iter()
            .skip(skip_of(arguments.skip))
            .map(|at| review.capture.artifact(*at).to_string());
        Ok(Answered::without_records(JudgedRecords {
            requirement: brief.id.clone(),
            records: Page::fill(judged.len(), arguments.skip, rows, PageSize::NAMES),
        }))
    }
}

/// A page that shares its answer with `other`.
fn beside<T: serde::Serialize>(other: &T) -> PageSize {
    PageSize {
        bytes: ROWS_BYTES.saturating_sub(encoded_len(other)),
        ..PageSize::RECORDS
    }
}

fn is_or_any<T: PartialEq>(wanted: Option<T>, found: T) -> bool {
    wanted.is_none_or(|wanted| wanted == found)
}

/// The results for the requirement asked for; for all where none is.
fn asked_for<'a>(
    review: &ReviewMaterial<'a>,
    requirement: Option<&str>,
) -> Result<Vec<&'a RequirementResult>, ToolError> {
    let results = review.assessment.requirements.iter();
    match requirement {
        None => Ok(results.collect()),
        Some(id) => {
            let id = &brief(review, id)?.id;
            Ok(results.filter(|result| result.id == *id).collect())
        }
    }
}

fn brief<'a>(
    review: &ReviewMaterial<'a>,
    requirement: &str,
) -> Result<&'a RequirementBrief, ToolError> {
    let mut briefs = review.requirements.iter();
    briefs.find(|brief| brief.id == requirement).ok_or_else(|| {
        let known: Vec<&str> = review
            .requirements
            .iter()
            .map(|brief| brief.id.as_str())
            .collect();
        ToolError::TellModel(format!(
            "there is no requirement `{}`: there are {}",
            shortened(requirement),
            known.join(", ")
        ))
    })
}
