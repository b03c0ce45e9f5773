//! A decision as its row holds it.

use custody_controls::instant::Instant;
use custody_controls::json::{Digest, canonical};
use serde::Serialize;
use serde_json::json;
use sqlx::SqliteConnection;

use super::{RecordedDecision, ReviewDecision, StoreError, Verdict};
use crate::review::audit::Recorded;
use crate::review::store::RowName;

/// The columns of `decisions`.
#[derive(Debug, Clone, Serialize, sqlx::FromRow)]
pub(in crate::review) struct DecisionRow {
    pub(in crate::review) packet_id: String,
    pub(in crate::review) packet_digest: String,
    pub(super) reviewer: String,
    pub(super) verdict: String,
    posture: Option<String>,
    corrections: String,
    reason: Option<String>,
    decided_at: String,
}

impl Recorded for DecisionRow {
    const TABLE: &'static str = "decisions";
    fn id(&self) -> String {
        self.packet_id.clone()
    }
    fn content(&self) -> Digest {
        Digest::of(&json!(self))
    }
}

impl DecisionRow {
    pub(super) fn new(decision: &ReviewDecision, at: Instant) -> Self {
        let (posture, corrections, reason) = match &decision.verdict {
            Verdict::Accept => (None, &[][..], None),
            Verdict::Override {
                posture,
                corrections,
                reason,
            } => (*posture, corrections.as_slice(), Some(reason)),
            Verdict::Return { reason } => (None, &[][..], Some(reason)),
        };
        Self {
            packet_id: decision.packet.clone(),
            packet_digest: decision.digest.to_string(),
            reviewer: decision.reviewer.who().to_owned(),
            verdict: decision.verdict.as_str().to_owned(),
            posture: posture.map(|posture| posture.as_str().to_owned()),
            corrections: canonical(&json!(corrections)),
            reason: reason.map(|reason| reason.as_str().to_owned()),
            decided_at: at.to_string(),
        }
    }

    /// Whether `other` is this decision again, made at whatever time.
    pub(super) fn says_the_same(&self, other: &Self) -> bool {
        let other = Self {
            decided_at: self.decided_at.clone(),
            ..other.clone()
        };
        self.content() == other.content()
    }

    pub(super) async fn insert(&self, db: &mut SqliteConnection) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO decisions (packet_id, packet_digest, reviewer, verdict, posture, \
             corrections, reason, decided_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )
        .bind(&self.packet_id)
        .bind(&self.packet_digest)
        .bind(&self.reviewer)
        .bind(&self.verdict)
        .bind(&self.posture)
        .bind(&self.corrections)
        .bind(&self.reason)
        .bind(&self.decided_at)
        .execute(db)
        .await?;
        Ok(())
    }

    pub(super) fn read(self) -> Result<RecordedDecision, StoreError> {
        let row = RowName {
            table: Self::TABLE,
            id: &self.packet_id,
        };
        let posture = self.posture.as_deref();
        Ok(RecordedDecision {
            digest: row.word("packet_digest", &self.packet_digest)?,
            posture: posture.map(|text| row.word("posture", text)).transpose()?,
            corrections: row.json("corrections", &self.corrections)?,
            decided_at: row.word("decided_at", &self.decided_at)?,
            packet: self.packet_id,
            reviewer: self.reviewer,
            verdict: self.verdict,
            reason: self.reason,
        })
    }
}
