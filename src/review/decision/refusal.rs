//! Why a decision is not recorded.

use custody_controls::instant::Instant;
use custody_controls::json::Digest;

use super::StoreError;
use crate::review::drift::Drift;
use crate::review::queue::PacketState;

/// Why a decision is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Someone decided before.
    #[error("packet `{packet}` is {} already, by `{by}` at {at}", state.as_str())]
    AlreadyDecided {
        /// The packet.
        packet: String,
        /// Where it stands.
        state: PacketState,
        /// Who decided.
        by: String,
        /// When.
        at: Instant,
    },
    /// A newer revision took its place.
    #[error("packet `{packet}` was superseded by `{by}`")]
    Superseded {
        /// The packet.
        packet: String,
        /// The newer revision.
        by: String,
    },
    /// The decision speaks of other content.
    #[error("packet `{packet}` has digest {stored}, the decision is on {offered}")]
    DigestDiffers {
        /// The packet.
        packet: String,
        /// The packet's digest.
        stored: Digest,
        /// The digest that the decision names.
        offered: Digest,
    },
    /// The drift check, or the evidence at hand, belongs to another packet.
    #[error("the evidence checked is not what packet `{packet}` was made from")]
    OtherInputs {
        /// The packet.
        packet: String,
    },
    /// Evidence or library changed.
    #[error("packet `{packet}`: {drift}; prepare a new revision")]
    Drifted {
        /// The packet.
        packet: String,
        /// What changed.
        drift: Drift,
    },
    /// Who prepared the packet may not decide on it.
    #[error("packet `{packet}` was prepared by the same person: another reviewer must decide")]
    SelfReview {
        /// The packet.
        packet: String,
    },
}

impl Refusal {
    /// A code that does not change between releases.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::AlreadyDecided { .. } => "already-decided",
            Self::Superseded { .. } => "superseded",
            Self::DigestDiffers { .. } => "digest-differs",
            Self::OtherInputs { .. } => "other-inputs",
            Self::Drifted { .. } => "drifted",
            Self::SelfReview { .. } => "self-review",
        }
    }
}

/// Why a decision was not recorded.
#[derive(Debug, thiserror::Error)]
pub enum DecideError {
    /// It is refused. The refusal is in the audit log.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for DecideError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}
