//! What reviewers say of a case: the labels that runs are scored against.

use std::collections::{BTreeMap, BTreeSet};

use custody_controls::status::{Disposition, RequirementStatus};
use serde::{Deserialize, Serialize};

/// The classes of defects that cases plant.
pub const CLASSES: [&str; 12] = [
    "stale_escrow",
    "roster_drift",
    "exception_scope",
    "hsm_residency",
    "ceremony",
    "custodian",
    "missing_evidence",
    "prose_only",
    "injection",
    "clean",
    "near_miss",
    "ignored",
];

/// One reviewer's answer to a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Label {
    /// Who.
    pub reviewer: String,
    /// The posture.
    pub posture: Disposition,
    /// The status of each requirement.
    pub statuses: BTreeMap<String, RequirementStatus>,
    /// Findings that must be in the packet.
    pub must_surface: Vec<Planted>,
    /// Passages that must be raised as concerns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub must_raise: Vec<Passage>,
}

/// A finding that a packet must have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Planted {
    /// The requirement.
    pub requirement: String,
    /// The artifact, or the source's name where the whole source is missing or empty.
    pub subject: String,
    /// What it must at least ask for.
    pub disposition: Disposition,
    /// The status that it must at least give the subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<RequirementStatus>,
    /// The class of the defect; that of the requirement where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
}

/// Words in a record that a packet must raise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Passage {
    /// The record that holds them.
    pub artifact: String,
    /// What they are about, for people.
    pub about: String,
    /// The class of the defect; `prose_only` where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
}

impl Planted {
    /// The class of the defect.
    #[must_use]
    pub fn class(&self) -> &str {
        self.class
            .as_deref()
            .unwrap_or_else(|| class_of(&self.requirement))
    }
}

impl Passage {
    /// The class of the defect.
    #[must_use]
    pub fn class(&self) -> &str {
        self.class.as_deref().unwrap_or("prose_only")
    }
}

/// The class of a requirement's defects, where a label names none.
#[must_use]
pub fn class_of(requirement: &str) -> &'static str {
    match requirement {
        "KC-1" => "hsm_residency",
        "KC-2" => "ceremony",
        "KC-3" => "stale_escrow",
        "KC-4" => "custodian",
        "KC-5" => "exception_scope",
        _ => "missing_evidence",
    }
}

/// Whether a status lets a requirement pass: a change across this line is a major edit.
#[must_use]
pub const fn passes(status: RequirementStatus) -> bool {
    match status {
        RequirementStatus::Satisfied | RequirementStatus::ExceptionBacked => true,
        RequirementStatus::Partial | RequirementStatus::Stale | RequirementStatus::Missing => false,
    }
}

impl Label {
    /// What in the label cannot be: `requirements` are the library's, `is_subject` knows records and sources.
    pub(super) fn mistakes(
        &self,
        requirements: &BTreeSet<&str>,
        is_record: &dyn Fn(&str) -> bool,
        is_source: &dyn Fn(&str) -> bool,
    ) -> Vec<(String, String)> {
        let mut found = Vec::new();
        let mut say = |member: String, reason: String| found.push((member, reason));
        let class = |name: &Option<String>| name.clone().filter(|name| !CLASSES.contains(&&**name));
        for id in self
            .statuses
            .keys()
            .filter(|id| !requirements.contains(id.as_str()))
        {
            say(
                "statuses".to_owned(),
                format!("the library has no requirement `{id}`"),
            );
        }
        for id in requirements
            .iter()
            .filter(|id| !self.statuses.contains_key(**id))
        {
            say("statuses".to_owned(), format!("says nothing of `{id}`"));
        }
        for (number, planted) in self.must_surface.iter().enumerate() {
            let member = format!("must_surface/{number}");
            if !requirements.contains(planted.requirement.as_str()) {
                let reason = format!("the library has no requirement `{}`", planted.requirement);
                say(format!("{member}/requirement"), reason);
            }
            if !is_record(&planted.subject) && !is_source(&planted.subject) {
                let reason = format!("the evidence has no record `{}`", planted.subject);
                say(format!("{member}/subject"), reason);
            }
            if planted.disposition == Disposition::Approve {
                say(
                    format!("{member}/disposition"),
                    "no finding asks for `approve`".to_owned(),
                );
            }
            if planted.status.is_some_and(passes) {
                say(
                    format!("{member}/status"),
                    "no finding gives a status that passes".to_owned(),
                );
            }
            if let Some(name) = class(&planted.class) {
                say(
                    format!("{member}/class"),
                    format!("`{name}` is no class of defects"),
                );
            }
        }
        for (number, passage) in self.must_raise.iter().enumerate() {
            let member = format!("must_raise/{number}");
            if !is_record(&passage.artifact) {
                let reason = format!("the evidence has no record `{}`", passage.artifact);
                say(format!("{member}/artifact"), reason);
            }
            if passage.about.trim().is_empty() {
                say(format!("{member}/about"), "is empty".to_owned());
            }
            if let Some(name) = class(&passage.class) {
                say(
                    format!("{member}/class"),
                    format!("`{name}` is no class of defects"),
                );
            }
        }
        found
    }
}
