//! The human gate: a decision binds one packet digest, is made by an authenticated person who did not
//! prepare the packet, and is written once.
//!
//! It decides nothing itself, and nothing here can be made without a [`Reviewer`].

mod gate;
mod refusal;
mod reviewer;
mod row;

use custody_controls::instant::Instant;
use custody_controls::json::Digest;
use custody_controls::status::{Disposition, RequirementStatus};
use serde::{Deserialize, Serialize};

pub use refusal::{DecideError, Refusal};
pub use reviewer::{Reviewer, ReviewerError, same_human};
pub(super) use row::DecisionRow;

use super::drift::NoDrift;
use super::queue::PacketState;
use super::store::StoreError;

/// Why a reviewer decides otherwise. Never blank.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Reason(String);

impl Reason {
    /// Takes a reason that says something.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then(|| Self(text.to_owned()))
    }

    /// The reviewer's words.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A requirement's status as the reviewer sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Correction {
    /// The requirement.
    pub requirement: String,
    /// The status that the reviewer puts in place of the packet's.
    pub status: RequirementStatus,
    /// Why.
    pub note: String,
}

/// What a reviewer decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The packet stands as it is.
    Accept,
    /// The packet stands with corrections.
    Override {
        /// The disposition in place of the packet's.
        posture: Option<Disposition>,
        /// Corrected statuses.
        corrections: Vec<Correction>,
        /// Why.
        reason: Reason,
    },
    /// The packet goes back to whoever prepares it.
    Return {
        /// Why.
        reason: Reason,
    },
}

impl Verdict {
    /// The word on the command line and in the store.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Override { .. } => "override",
            Self::Return { .. } => "return",
        }
    }

    /// The state that it puts the packet in.
    #[must_use]
    pub const fn state(&self) -> PacketState {
        match self {
            Self::Accept => PacketState::Accepted,
            Self::Override { .. } => PacketState::Overridden,
            Self::Return { .. } => PacketState::Returned,
        }
    }
}

/// A decision as a human makes it, before it is recorded.
#[derive(Debug, Clone)]
pub struct ReviewDecision {
    /// Who decides.
    pub reviewer: Reviewer,
    /// The packet.
    pub packet: String,
    /// The digest of the packet that was shown, as recomputed.
    pub digest: Digest,
    /// Proof that evidence and library are what the packet was made from.
    pub no_drift: NoDrift,
    /// What is decided.
    pub verdict: Verdict,
}

/// A decision as it is recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecordedDecision {
    /// The packet.
    pub packet: String,
    /// The digest that the decision binds.
    pub digest: Digest,
    /// Who decided.
    pub reviewer: String,
    /// `accept`, `override` or `return`.
    pub verdict: String,
    /// The disposition in place of the packet's.
    pub posture: Option<Disposition>,
    /// Corrected statuses.
    pub corrections: Vec<Correction>,
    /// Why.
    pub reason: Option<String>,
    /// When.
    pub decided_at: Instant,
}

/// What became of a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decided {
    /// It was recorded.
    New(RecordedDecision),
    /// The same reviewer made the same decision before; nothing was changed.
    Same(RecordedDecision),
}

#[cfg(test)]
#[path = "decision_tests.rs"]
mod tests;
