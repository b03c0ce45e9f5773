//! The validator's remarks: a code, a place in the draft, and a message that lets a model repair it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is wrong with a draft, as a code that does not change between releases.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum FaultCode {
    /// It does not have a draft's form.
    MalformedDraft,
    /// It speaks of a requirement that the library does not have.
    UnknownRequirement,
    /// It says nothing of a requirement that the library has.
    MissingRequirement,
    /// It speaks of a requirement twice.
    DuplicateRequirement,
    /// A status is not the one that the rules compute.
    StatusMismatch,
    /// The posture is not the rules', nor a more cautious one that a concern supports.
    PostureMismatch,
    /// A finding of the rules is not in it.
    OmittedFinding,
    /// It has a finding that the rules do not.
    UnsupportedFinding,
    /// It cites a record that the capture does not hold.
    UnknownArtifact,
    /// It cites a record that no tool returned.
    ArtifactNotRead,
    /// The record has nothing at the cited place.
    PointerNotFound,
    /// The record has another value at the cited place.
    ValueMismatch,
    /// The record does not hold the quoted words.
    QuoteNotFound,
    /// The cited record is not among those that the requirement was judged on.
    IrrelevantCitation,
    /// It cites nothing for a requirement that has subjects.
    UncitedRequirement,
    /// Its prose names an identifier, date, number or person that no cited record holds.
    UngroundedText,
    /// It says that it approved, signed, rotated, extended or changed something.
    ActionClaim,
}

/// One fault of a draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DraftFault {
    /// What is wrong.
    pub code: FaultCode,
    /// The requirement concerned, where there is one.
    pub requirement: Option<String>,
    /// The place in the draft (RFC 6901).
    pub path: String,
    /// What is wrong there and what would be right.
    pub message: String,
}

/// Faults as they are found, in any order.
#[derive(Debug, Default)]
pub(super) struct FaultList(Vec<DraftFault>);

impl FaultList {
    /// Notes a fault.
    pub(super) fn add(
        &mut self,
        code: FaultCode,
        requirement: Option<&str>,
        path: impl Into<String>,
        message: impl Into<String>,
    ) {
        self.0.push(DraftFault {
            code,
            requirement: requirement.map(str::to_owned),
            path: path.into(),
            message: message.into(),
        });
    }

    /// Whether a fault was noted at `path` or below it.
    pub(super) fn any_within(&self, path: &str) -> bool {
        self.0.iter().any(|fault| {
            fault
                .path
                .strip_prefix(path)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }

    /// Each fault once, by place and code.
    pub(super) fn into_sorted(self) -> Vec<DraftFault> {
        let mut faults = self.0;
        faults.sort_by(|a, b| {
            (&a.path, a.code, &a.message, &a.requirement).cmp(&(
                &b.path,
                b.code,
                &b.message,
                &b.requirement,
            ))
        });
        faults.dedup();
        faults
    }
}

/// `text` in backticks, cut where it is long. For words that the draft itself chose.
pub(super) fn quoted(text: &str) -> String {
    const LONGEST: usize = 120;
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("`{}…`", text.get(..at).unwrap_or_default()),
        None => format!("`{text}`"),
    }
}
