//! The parts of a draft that can be read, each on its own, so that one misfit hides no other fault.
//!
//! A part that does not have its form is left out here; `shape` has named it already.

use serde::Deserialize;
use serde_json::Value;

use crate::draft::DraftCitation;
use crate::status::{Disposition, RequirementStatus};

/// What can be read of a draft.
#[derive(Debug)]
pub(super) struct LooseDraft<'d> {
    pub(super) posture: Option<Disposition>,
    pub(super) summary: Option<&'d str>,
    /// `None` where there is no list at all.
    pub(super) requirements: Option<Vec<LooseRequirement<'d>>>,
    pub(super) concerns: Vec<LooseConcern<'d>>,
}

/// What can be read of a requirement's entry.
#[derive(Debug)]
pub(super) struct LooseRequirement<'d> {
    pub(super) path: String,
    pub(super) requirement: Option<&'d str>,
    pub(super) status: Option<RequirementStatus>,
    pub(super) rationale: Option<&'d str>,
    pub(super) citations: LooseCitations,
    /// `None` where there is no list at all.
    pub(super) findings: Option<Vec<LooseFinding<'d>>>,
}

/// What can be read of a finding's entry.
#[derive(Debug)]
pub(super) struct LooseFinding<'d> {
    pub(super) path: String,
    pub(super) check: Option<&'d str>,
    pub(super) subject: Option<&'d str>,
    pub(super) explanation: Option<&'d str>,
    pub(super) citations: LooseCitations,
}

/// What can be read of a concern.
#[derive(Debug)]
pub(super) struct LooseConcern<'d> {
    pub(super) path: String,
    pub(super) text: Option<&'d str>,
    pub(super) citations: LooseCitations,
}

/// A list of citations.
#[derive(Debug)]
pub(super) struct LooseCitations {
    /// Whether there is a list and it is empty.
    pub(super) none_given: bool,
    /// Those that have a citation's form, each with its place.
    pub(super) items: Vec<(String, DraftCitation)>,
}

impl<'d> LooseDraft<'d> {
    /// Reads what can be read.
    pub(super) fn of(draft: &'d Value) -> Self {
        Self {
            posture: read(draft, "posture"),
            summary: text(draft, "summary"),
            requirements: list(draft, "requirements").map(|items| {
                let entries = items.iter().enumerate();
                entries
                    .map(|(at, entry)| requirement(entry, format!("/requirements/{at}")))
                    .collect()
            }),
            concerns: list(draft, "concerns")
                .unwrap_or_default()
                .iter()
                .enumerate()
                .map(|(at, entry)| concern(entry, format!("/concerns/{at}")))
                .collect(),
        }
    }
}

fn requirement(entry: &Value, path: String) -> LooseRequirement<'_> {
    LooseRequirement {
        requirement: text(entry, "requirement"),
        status: read(entry, "status"),
        rationale: text(entry, "rationale"),
        citations: citations(entry, &path),
        findings: list(entry, "findings").map(|items| {
            let entries = items.iter().enumerate();
            entries
                .map(|(at, entry)| finding(entry, format!("{path}/findings/{at}")))
                .collect()
        }),
        path,
    }
}

fn finding(entry: &Value, path: String) -> LooseFinding<'_> {
    LooseFinding {
        check: text(entry, "check"),
        subject: text(entry, "subject"),
        explanation: text(entry, "explanation"),
        citations: citations(entry, &path),
        path,
    }
}

fn concern(entry: &Value, path: String) -> LooseConcern<'_> {
    LooseConcern {
        text: text(entry, "text"),
        citations: citations(entry, &path),
        path,
    }
}

fn citations(entry: &Value, path: &str) -> LooseCitations {
    let items = list(entry, "citations");
    LooseCitations {
        none_given: items.is_some_and(<[Value]>::is_empty),
        items: items
            .unwrap_or_default()
            .iter()
            .enumerate()
            .filter_map(|(at, item)| {
                let citation = DraftCitation::deserialize(item).ok()?;
                Some((format!("{path}/citations/{at}"), citation))
            })
            .collect(),
    }
}

fn text<'d>(object: &'d Value, name: &str) -> Option<&'d str> {
    object.get(name)?.as_str()
}

fn list<'d>(object: &'d Value, name: &str) -> Option<&'d [Value]> {
    object.get(name)?.as_array().map(Vec::as_slice)
}

fn read<'d, T: Deserialize<'d>>(object: &'d Value, name: &str) -> Option<T> {
    T::deserialize(object.get(name)?).ok()
}
