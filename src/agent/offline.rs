//! The embedded drafter: no network, no key, and not a language model.
//!
//! It asks the same tools for the rules' findings and account, reads every record that they cite,
//! and hands the account in as its draft, which the same validator judges. It raises no concerns:
//! weighing free text takes a reader.

use std::collections::{BTreeMap, BTreeSet};

use custody_controls::draft::{Draft, DraftCitation, FindingDraft, RequirementDraft};
use custody_controls::status::{Disposition, RequirementStatus};
use serde::Deserialize;
use serde_json::{Value, json};

use super::OFFLINE;
use super::message::{Message, ModelRequest, RequestedCall, Turn};
use super::model::{Model, ModelError, TurnFuture};
use super::prompts;
use super::reference::Submission;
use super::run::SUBMIT_TOOL;

const FINDINGS_TOOL: &str = "controls_list_findings";
const ACCOUNT_TOOL: &str = "controls_read_account";
/// How many records one call reads.
const RECORDS_A_CALL: usize = 20;

/// The embedded drafter.
#[derive(Debug, Clone, Copy, Default)]
pub struct OfflineDrafter;

impl Model for OfflineDrafter {
    fn name(&self) -> &str {
        OFFLINE
    }

    fn is_remote(&self) -> bool {
        false
    }

    fn turn<'m>(&'m self, request: &'m ModelRequest) -> TurnFuture<'m> {
        Box::pin(async move { next_turn(request) })
    }
}

/// The next turn follows from the conversation alone.
fn next_turn(request: &ModelRequest) -> Result<Turn, ModelError> {
    let talk = Talk::read(request)?;
    if talk.submitted {
        return Err(ModelError::Exhausted(
            "its only draft was rejected".to_owned(),
        ));
    }
    let calls = match talk.missing_pages() {
        calls if !calls.is_empty() => calls,
        _ => match talk.unread_records() {
            calls if !calls.is_empty() => calls,
            _ => vec![talk.submit(request)?],
        },
    };
    Ok(Turn {
        calls,
        ..Turn::default()
    })
}

#[derive(Default)]
struct Talk {
    posture: Option<Disposition>,
    standings: Vec<Standing>,
    findings: Vec<FoundRow>,
    next_findings: Option<u64>,
    accounts: BTreeMap<String, Account>,
    read: BTreeSet<String>,
    submitted: bool,
}

#[derive(Default)]
struct Account {
    text: String,
    cited: Vec<Cited>,
    next: Option<u64>,
}

#[derive(Deserialize)]
struct FindingsPage {
    posture: Disposition,
    requirements: Vec<Standing>,
    findings: Rows<FoundRow>,
}

#[derive(Deserialize)]
struct Rows<T> {
    rows: Vec<T>,
    next_skip: Option<u64>,
}

#[derive(Deserialize)]
struct Standing {
    requirement: String,
    title: String,
    status: RequirementStatus,
}

#[derive(Deserialize)]
struct FoundRow {
    requirement: String,
    check: String,
    subject: String,
    message: String,
    citations: Vec<Cited>,
}

#[derive(Deserialize)]
struct AccountPage {
    requirement: String,
    account: String,
    citations: Rows<Cited>,
}

#[derive(Deserialize, Clone, PartialEq)]
struct Cited {
    artifact: String,
    pointer: Option<String>,
    #[serde(default, deserialize_with = "present")]
    value: Option<Value>,
}

fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

impl From<&Cited> for DraftCitation {
    fn from(cited: &Cited) -> Self {
        Self {
            artifact: cited.artifact.clone(),
            pointer: cited.pointer.clone(),
            value: cited.value.clone(),
            quote: None,
        }
    }
}

#[derive(Deserialize)]
struct RecordsPage {
    records: Vec<RecordRow>,
}

#[derive(Deserialize)]
struct RecordRow {
    artifact: String,
}

impl Talk {
    fn read(request: &ModelRequest) -> Result<Self, ModelError> {
        let mut talk = Self::default();
        let mut names = BTreeMap::new();
        for message in &request.messages {
            match message {
                Message::Assistant { calls, .. } => {
                    names.extend(calls.iter().map(|call| (&call.id, call.name.as_str())));
                }
                Message::Tool { call, text } => {
                    let name = names.get(call).copied().unwrap_or_default();
                    talk.hear(name, text)
                        .map_err(|error| ModelError::Answer(format!("`{name}`: {error}")))?;
                }
                Message::System { .. } | Message::User { .. } => {}
            }
        }
        Ok(talk)
    }

    fn hear(&mut self, tool: &str, text: &str) -> Result<(), serde_json::Error> {
        let content = unwrapped(text);
        if tool == SUBMIT_TOOL {
            self.submitted = true;
        } else if tool == FINDINGS_TOOL {
            let page: FindingsPage = serde_json::from_str(content)?;
            self.posture = Some(page.posture);
            self.standings = page.requirements;
            self.findings.extend(page.findings.rows);
            self.next_findings = page.findings.next_skip;
        } else if tool == ACCOUNT_TOOL {
            let page: AccountPage = serde_json::from_str(content)?;
            let account = self.accounts.entry(page.requirement).or_default();
            account.text = page.account;
            account.cited.extend(page.citations.rows);
            account.next = page.citations.next_skip;
        } else {
            let page: RecordsPage = serde_json::from_str(content)?;
            self.read
                .extend(page.records.into_iter().map(|record| record.artifact));
        }
        Ok(())
    }

    /// Calls for what the rules found, page by page.
    fn missing_pages(&self) -> Vec<RequestedCall> {
        if self.posture.is_none() {
            return vec![call(FINDINGS_TOOL, &json!({}))];
        }
        let more = self
            .next_findings
            .map(|skip| call(FINDINGS_TOOL, &json!({ "skip": skip })));
        let accounts = self.standings.iter().filter_map(|standing| {
            let requirement = &standing.requirement;
            match self.accounts.get(requirement) {
                None => Some(call(ACCOUNT_TOOL, &json!({ "requirement": requirement }))),
                Some(Account {
                    next: Some(skip), ..
                }) => Some(call(
                    ACCOUNT_TOOL,
                    &json!({ "requirement": requirement, "skip": skip }),
                )),
                Some(Account { next: None, .. }) => None,
            }
        });
        more.into_iter().chain(accounts).collect()
    }

    /// Calls that read every cited record not read yet.
    fn unread_records(&self) -> Vec<RequestedCall> {
        let cited = self.findings.iter().flat_map(|finding| &finding.citations);
        let cited = cited.chain(self.accounts.values().flat_map(|account| &account.cited));
        let mut by_source: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for cited in cited.filter(|cited| !self.read.contains(&cited.artifact)) {
            let source = cited.artifact.split('/').next().unwrap_or_default();
            by_source.entry(source).or_default().insert(&cited.artifact);
        }
        by_source
            .into_iter()
            .flat_map(|(source, artifacts)| {
                let artifacts: Vec<&str> = artifacts.into_iter().collect();
                let tool = format!("{source}_read_records");
                let batches = artifacts.chunks(RECORDS_A_CALL);
                batches
                    .map(|batch| call(&tool, &json!({ "artifacts": batch })))
                    .collect::<Vec<_>>()
            })
            .collect()
    }

    fn submit(&self, request: &ModelRequest) -> Result<RequestedCall, ModelError> {
        let posture = self
            .posture
            .ok_or_else(|| ModelError::Answer("the rules' posture is not known".to_owned()))?;
        let requirements = self
            .standings
            .iter()
            .map(|standing| self.requirement(standing))
            .collect();
        let draft = Draft {
            posture,
            summary: self.summary(posture),
            requirements,
            concerns: Vec::new(),
        };
        let reference = prompts::reference_in(request)
            .ok_or_else(|| ModelError::Answer("the review has no reference".to_owned()))?;
        let submission = Submission {
            reference: reference.whole(),
            draft,
        };
        let arguments = serde_json::to_string(&submission)
            .map_err(|error| ModelError::Answer(error.to_string()))?;
        Ok(RequestedCall {
            name: SUBMIT_TOOL.to_owned(),
            arguments,
        })
    }

    fn requirement(&self, standing: &Standing) -> RequirementDraft {
        let account = self.accounts.get(&standing.requirement);
        let mut found = self
            .findings
            .iter()
            .filter(|finding| finding.requirement == standing.requirement);
        let findings = found.by_ref().map(|finding| FindingDraft {
            check: finding.check.clone(),
            subject: finding.subject.clone(),
            explanation: finding.message.clone(),
            citations: finding.citations.iter().map(DraftCitation::from).collect(),
        });
        RequirementDraft {
            requirement: standing.requirement.clone(),
            status: standing.status,
            rationale: account
                .map(|account| account.text.clone())
                .unwrap_or_default(),
            citations: account
                .into_iter()
                .flat_map(|account| &account.cited)
                .map(DraftCitation::from)
                .collect(),
            findings: findings.collect(),
        }
    }

    fn summary(&self, posture: Disposition) -> String {
        let mut sentences = vec![format!("The recommended posture is {posture}.")];
        for standing in &self.standings {
            sentences.push(format!(
                "{} ({}): {}.",
                standing.requirement, standing.title, standing.status
            ));
        }
        sentences.join(" ")
    }
}

/// What stands inside an untrusted block; the text itself where it is none.
fn unwrapped(text: &str) -> &str {
    let inner = || {
        let (first, rest) = text.split_once('\n')?;
        let (content, last) = rest.rsplit_once('\n')?;
        (first.starts_with("<untrusted-evidence ") && last.starts_with("</untrusted-evidence "))
            .then_some(content)
    };
    inner().unwrap_or(text)
}

fn call(tool: &str, arguments: &Value) -> RequestedCall {
    RequestedCall {
        name: tool.to_owned(),
        arguments: arguments.to_string(),
    }
}
