//! The human gate: a decision binds one packet digest, is made by an authenticated person who did not
//! prepare the packet, and is written once.
//!
//! It decides nothing itself, and nothing here can be made without a [`Reviewer`].

mod reviewer;
mod row;

use custody_controls::capture::Capture;
use custody_controls::instant::Instant;
use custody_controls::json::Digest;
use custody_controls::status::{Disposition, RequirementStatus};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::SqliteConnection;

pub use reviewer::{Reviewer, ReviewerError, same_human};
pub(super) use row::DecisionRow;

use super::access::AccessPolicy;
use super::audit::{self, AuditAction, NewEntry, Recorded};
use super::drift::{Drift, NoDrift};
use super::queue::{PacketRow, PacketState};
use super::store::{Store, StoreError};

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

impl Store {
    /// Records a decision, if the packet still waits for one and the reviewer may make it.
    ///
    /// `capture` is the packet's own: people are resolved in it.
    ///
    /// # Errors
    /// Says why the decision is refused, or what failed. The packet stays as it was.
    pub async fn decide(
        &self,
        decision: &ReviewDecision,
        policy: &AccessPolicy,
        capture: &Capture,
        at: Instant,
    ) -> Result<Decided, DecideError> {
        let mut tx = self.write().await?;
        let packet = packet_row(&mut tx, &decision.packet).await?;
        let earlier = decision_on(&mut tx, &packet.id).await?;
        let row = DecisionRow::new(decision, at);
        if let Some(earlier) = earlier.as_ref().filter(|earlier| earlier.says_the_same(&row)) {
            return Ok(Decided::Same(earlier.clone().read()?));
        }
        let refusal = match refusal_by_state(&mut tx, &packet, earlier).await? {
            Some(refusal) => Some(refusal),
            None => refusal_by_content(&packet, decision, policy, capture)?,
        };
        if let Some(refusal) = refusal {
            log_refusal(&mut tx, &decision.reviewer, &packet.id, &refusal, at).await?;
            tx.commit().await?;
            return Err(refusal.into());
        }
        record(&mut tx, &row, decision.verdict.state(), at).await?;
        let recorded = row.read()?;
        tx.commit().await?;
        Ok(Decided::New(recorded))
    }

    /// Logs that a decision was refused because evidence or library drifted, and returns the refusal.
    ///
    /// # Errors
    /// Fails when there is no such packet, or when the log cannot be written.
    pub async fn refuse_for_drift(
        &self,
        packet: &str,
        reviewer: &Reviewer,
        drift: Drift,
        at: Instant,
    ) -> Result<Refusal, StoreError> {
        let mut tx = self.write().await?;
        let packet = packet_row(&mut tx, packet).await?.id;
        let refusal = Refusal::Drifted {
            packet: packet.clone(),
            drift,
        };
        log_refusal(&mut tx, reviewer, &packet, &refusal, at).await?;
        tx.commit().await?;
        Ok(refusal)
    }

    /// The decision on a packet, where there is one.
    ///
    /// # Errors
    /// Fails when it cannot be read.
    pub async fn decision(&self, packet: &str) -> Result<Option<RecordedDecision>, StoreError> {
        let mut connection = self.reader.acquire().await?;
        let row = decision_on(&mut connection, packet).await?;
        row.map(DecisionRow::read).transpose()
    }

    /// All decisions, by the time they were made, then by packet.
    ///
    /// # Errors
    /// Fails when one cannot be read.
    pub async fn decisions(&self) -> Result<Vec<RecordedDecision>, StoreError> {
        let rows: Vec<DecisionRow> = sqlx::query_as("SELECT * FROM decisions ORDER BY packet_id")
            .fetch_all(&self.reader)
            .await?;
        let mut decisions: Vec<RecordedDecision> = rows
            .into_iter()
            .map(DecisionRow::read)
            .collect::<Result<_, _>>()?;
        decisions.sort_by_key(|decision| decision.decided_at);
        Ok(decisions)
    }
}

async fn packet_row(db: &mut SqliteConnection, id: &str) -> Result<PacketRow, StoreError> {
    sqlx::query_as("SELECT * FROM packets WHERE id = ?1")
        .bind(id)
        .fetch_optional(db)
        .await?
        .ok_or_else(|| StoreError::UnknownPacket(id.to_owned()))
}

async fn decision_on(
    db: &mut SqliteConnection,
    packet: &str,
) -> Result<Option<DecisionRow>, StoreError> {
    Ok(
        sqlx::query_as("SELECT * FROM decisions WHERE packet_id = ?1")
            .bind(packet)
            .fetch_optional(db)
            .await?,
    )
}

/// A packet that does not wait for a decision gets none.
async fn refusal_by_state(
    db: &mut SqliteConnection,
    packet: &PacketRow,
    earlier: Option<DecisionRow>,
) -> Result<Option<Refusal>, StoreError> {
    let state = packet.packet_state()?;
    if let Some(earlier) = earlier {
        let earlier = earlier.read()?;
        return Ok(Some(Refusal::AlreadyDecided {
            packet: packet.id.clone(),
            state,
            by: earlier.reviewer,
            at: earlier.decided_at,
        }));
    }
    if state == PacketState::Queued {
        return Ok(None);
    }
    let by: Option<String> = sqlx::query_scalar(
        "SELECT id FROM packets WHERE cycle = ?1 AND revision > ?2 ORDER BY revision LIMIT 1",
    )
    .bind(&packet.cycle)
    .bind(packet.revision)
    .fetch_optional(db)
    .await?;
    Ok(Some(Refusal::Superseded {
        packet: packet.id.clone(),
        by: by.unwrap_or_default(),
    }))
}

/// A decision must be on this very content, with its evidence unchanged, and not by who prepared it.
fn refusal_by_content(
    packet: &PacketRow,
    decision: &ReviewDecision,
    policy: &AccessPolicy,
    capture: &Capture,
) -> Result<Option<Refusal>, StoreError> {
    let id = || packet.id.clone();
    let stored = packet.packet_digest()?;
    if stored != decision.digest {
        return Ok(Some(Refusal::DigestDiffers {
            packet: id(),
            stored,
            offered: decision.digest,
        }));
    }
    let checked = decision.no_drift.inputs();
    let same_inputs = checked.evidence.to_string() == packet.capture_digest
        && checked.library.to_string() == packet.library_digest
        && capture.digest() == checked.evidence;
    if !same_inputs {
        return Ok(Some(Refusal::OtherInputs { packet: id() }));
    }
    let by_preparer = same_human(capture, decision.reviewer.who(), &packet.prepared_by);
    let refused = by_preparer && !policy.allow_self_review;
    Ok(refused.then(|| Refusal::SelfReview { packet: id() }))
}

async fn record(
    db: &mut SqliteConnection,
    row: &DecisionRow,
    state: PacketState,
    at: Instant,
) -> Result<(), StoreError> {
    row.insert(db).await?;
    sqlx::query("UPDATE packets SET state = ?2 WHERE id = ?1 AND state = 'queued'")
        .bind(&row.packet_id)
        .bind(state.as_str())
        .execute(&mut *db)
        .await?;
    let entry = NewEntry {
        at,
        actor: &row.reviewer,
        action: AuditAction::DecisionRecorded,
        subject: &row.packet_id,
        detail: json!({
            "row": row.content().to_string(),
            "digest": row.packet_digest,
            "verdict": row.verdict,
            "state": state.as_str(),
        }),
    };
    audit::append(db, entry).await
}

async fn log_refusal(
    db: &mut SqliteConnection,
    reviewer: &Reviewer,
    packet: &str,
    refusal: &Refusal,
    at: Instant,
) -> Result<(), StoreError> {
    let entry = NewEntry {
        at,
        actor: reviewer.who(),
        action: AuditAction::DecisionRefused,
        subject: packet,
        detail: json!({ "code": refusal.code() }),
    };
    audit::append(db, entry).await
}

#[cfg(test)]
#[path = "decision_tests.rs"]
mod tests;
