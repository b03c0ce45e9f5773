//! Requirement statuses and dispositions, in their order. The worst wins: combine with `max`.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How well a requirement, or one subject of it, is met. Ordered from best to worst.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum RequirementStatus {
    /// Met.
    Satisfied,
    /// Met by an approved exception only.
    ExceptionBacked,
    /// Met in part.
    Partial,
    /// Evidence is out of date.
    Stale,
    /// Evidence is not there.
    Missing,
}

impl RequirementStatus {
    /// All five, from best to worst.
    pub const ALL: [Self; 5] = [
        Self::Satisfied,
        Self::ExceptionBacked,
        Self::Partial,
        Self::Stale,
        Self::Missing,
    ];

    /// The contract's word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Satisfied => "satisfied",
            Self::ExceptionBacked => "exception-backed",
            Self::Partial => "partial",
            Self::Stale => "stale",
            Self::Missing => "missing",
        }
    }
}

impl fmt::Display for RequirementStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is recommended to the human who decides.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Disposition {
    /// Supportable as submitted.
    Approve,
    /// Needs targeted remediation first.
    Remediate,
    /// Goes to release security governance.
    Escalate,
}

impl Disposition {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Approve, Self::Remediate, Self::Escalate];
    /// Their names, in the same order.
    pub const NAMES: &'static [&'static str] = &["approve", "remediate", "escalate"];

    /// The contract's word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Remediate => "remediate",
            Self::Escalate => "escalate",
        }
    }
}

impl fmt::Display for Disposition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_ordered_from_best_to_worst() {
        assert!(
            RequirementStatus::ALL
                .windows(2)
                .all(|pair| pair[0] < pair[1])
        );
    }
}
