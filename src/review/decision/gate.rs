//! Holds a decision against the packet as it stands, and records it or the refusal in one transaction.

use custody_controls::capture::Capture;
use custody_controls::instant::Instant;
use serde_json::json;
use sqlx::SqliteConnection;

use super::{
    DecideError, Decided, DecisionRow, RecordedDecision, Refusal, ReviewDecision, Reviewer,
    same_human,
};
use crate::review::access::AccessPolicy;
use crate::review::audit::{self, AuditAction, NewEntry, Recorded};
use crate::review::drift::Drift;
use crate::review::queue::{PacketRow, PacketState};
use crate::review::store::{Store, StoreError};

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
        if let Some(earlier) = earlier
            .as_ref()
            .filter(|earlier| earlier.says_the_same(&row))
        {
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
