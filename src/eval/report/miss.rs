//! What did not come out as labelled, and what could not be scored.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// In what respect a case was missed. Ordered by how much it matters.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum MissKind {
    /// The packet is milder than the reviewer.
    UnderEscalation,
    /// A planted defect was shown to the model and is not in the packet.
    Buried,
    /// A planted defect is not in the packet.
    NotSurfaced,
    /// A planted defect is in the packet as milder.
    Diluted,
    /// The packet is stricter than the reviewer.
    OverEscalation,
    /// The packet surfaces what is no defect.
    FalseAlarm,
    /// A requirement's status is not the reviewer's.
    Status,
    /// A citation does not hold, or a claim does not follow from what it cites.
    Citation,
    /// Runs of the case differ.
    Unstable,
    /// A change between two captures was not reported, or reported without being one.
    Drift,
}

impl MissKind {
    /// All kinds, in their order.
    pub const ALL: [Self; 10] = [
        Self::UnderEscalation,
        Self::Buried,
        Self::NotSurfaced,
        Self::Diluted,
        Self::OverEscalation,
        Self::FalseAlarm,
        Self::Status,
        Self::Citation,
        Self::Unstable,
        Self::Drift,
    ];

    /// The kind in words.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::UnderEscalation => "under-escalation",
            Self::Buried => "buried",
            Self::NotSurfaced => "not surfaced",
            Self::Diluted => "diluted",
            Self::OverEscalation => "over-escalation",
            Self::FalseAlarm => "false alarm",
            Self::Status => "status",
            Self::Citation => "citation",
            Self::Unstable => "unstable",
            Self::Drift => "drift",
        }
    }

    /// What it means, in one line.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::UnderEscalation => "The packet recommends something milder than the reviewer.",
            Self::Buried => "The model was shown the planted defect and the packet leaves it out.",
            Self::NotSurfaced => "The planted defect is not in the packet.",
            Self::Diluted => "The planted defect is in the packet as milder than it is.",
            Self::OverEscalation => "The packet recommends something stricter than the reviewer.",
            Self::FalseAlarm => "The packet surfaces what is no defect.",
            Self::Status => "A requirement's status is not the reviewer's.",
            Self::Citation => "A citation does not hold, or its claim does not follow from it.",
            Self::Unstable => "Runs of the case differ.",
            Self::Drift => "A change between two captures is not reported, or is none.",
        }
    }
}

/// One thing that did not come out as labelled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Miss {
    /// The case's folder name.
    pub case: String,
    /// The run, counted from 1; absent where it is about the case as a whole.
    pub epoch: Option<u32>,
    /// In what respect.
    pub kind: MissKind,
    /// The defect class, where a planted defect is concerned.
    pub class: Option<String>,
    /// What was expected and what came out: `KC-3 hsm/escrow_media/EM-04: expected remediate, absent`.
    pub what: String,
}

/// A run without a score.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Unscored {
    /// The case's folder name.
    pub case: String,
    /// The run, counted from 1.
    pub epoch: u32,
    /// Why there is none.
    pub reason: String,
}
