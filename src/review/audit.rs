//! The audit log: append-only, hash-chained, written in the same transaction as what it tells of.
//!
//! It keeps ids and digests. What a packet or decision says stands in its own row; the log holds
//! that row's digest, so that a changed row shows.

mod fault;
mod ledger;
mod verify;

use std::fmt;

use custody_controls::instant::Instant;
use custody_controls::json::{Digest, canonical};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::SqliteConnection;

pub use fault::{AuditFault, AuditReport};
pub(super) use ledger::Recorded;

use super::store::{RowName, Store, StoreError};

/// The link before the first entry of a chain.
pub(super) const GENESIS: &str =
    "sha256:0000000000000000000000000000000000000000000000000000000000000000";

/// What an audit entry tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AuditAction {
    /// A capture was stored.
    CaptureStored,
    /// A controls library was stored.
    LibraryStored,
    /// A controls library was approved.
    LibraryApproved,
    /// A run began.
    RunStarted,
    /// A run came to its end.
    RunFinished,
    /// A run was given up.
    RunAbandoned,
    /// A packet revision came into the queue.
    PacketQueued,
    /// A newer revision took an undecided packet's place.
    PacketSuperseded,
    /// A packet was shown to someone.
    PacketShown,
    /// A packet was exported.
    PacketExported,
    /// A question was asked about a packet.
    PacketQuestioned,
    /// A human decided on a packet.
    DecisionRecorded,
    /// A decision was refused.
    DecisionRefused,
}

impl AuditAction {
    /// The word in the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CaptureStored => "capture-stored",
            Self::LibraryStored => "library-stored",
            Self::LibraryApproved => "library-approved",
            Self::RunStarted => "run-started",
            Self::RunFinished => "run-finished",
            Self::RunAbandoned => "run-abandoned",
            Self::PacketQueued => "packet-queued",
            Self::PacketSuperseded => "packet-superseded",
            Self::PacketShown => "packet-shown",
            Self::PacketExported => "packet-exported",
            Self::PacketQuestioned => "packet-questioned",
            Self::DecisionRecorded => "decision-recorded",
            Self::DecisionRefused => "decision-refused",
        }
    }
}

impl fmt::Display for AuditAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One entry of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditEntry {
    /// Its position, from 1.
    pub seq: u64,
    /// When it was written.
    pub at: Instant,
    /// Who acted.
    pub actor: String,
    /// What happened.
    pub action: AuditAction,
    /// What it happened to: a packet's id, a digest, a run's id.
    pub subject: String,
    /// What pins it.
    pub detail: Value,
    /// The hash of the entry before it.
    pub prev: String,
    /// SHA-256 over the canonical JSON of all the above.
    pub hash: String,
}

/// The last entry of the log. Kept elsewhere, it proves later that nothing before it was rewritten.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditHead {
    /// Its position; 0 for an empty log.
    pub seq: u64,
    /// Its hash.
    pub hash: String,
}

/// What is logged although it changes nothing in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditEvent {
    /// A packet was shown to a role.
    PacketShown {
        /// The packet.
        packet: String,
        /// The role it was shown to.
        role: String,
    },
    /// A packet was exported.
    PacketExported {
        /// The packet.
        packet: String,
        /// Its digest.
        digest: Digest,
        /// The format.
        format: String,
        /// The role it was exported for.
        role: String,
    },
    /// A question was asked about a packet. The words are not kept here.
    PacketQuestioned {
        /// The packet.
        packet: String,
        /// The model that answered.
        model: String,
    },
    /// A controls library was approved.
    LibraryApproved {
        /// Its digest.
        digest: Digest,
    },
}

impl AuditEvent {
    fn entry(&self) -> (AuditAction, String, Value) {
        match self {
            Self::PacketShown { packet, role } => (
                AuditAction::PacketShown,
                packet.clone(),
                json!({ "role": role }),
            ),
            Self::PacketExported {
                packet,
                digest,
                format,
                role,
            } => (
                AuditAction::PacketExported,
                packet.clone(),
                json!({ "digest": digest.to_string(), "format": format, "role": role }),
            ),
            Self::PacketQuestioned { packet, model } => (
                AuditAction::PacketQuestioned,
                packet.clone(),
                json!({ "model": model }),
            ),
            Self::LibraryApproved { digest } => {
                (AuditAction::LibraryApproved, digest.to_string(), json!({}))
            }
        }
    }
}

/// An entry before it has a place in the chain.
#[derive(Debug)]
pub(super) struct NewEntry<'a> {
    pub(super) at: Instant,
    pub(super) actor: &'a str,
    pub(super) action: AuditAction,
    pub(super) subject: &'a str,
    pub(super) detail: Value,
}

/// Appends to the log within the transaction that `connection` is in.
pub(super) async fn append(
    connection: &mut SqliteConnection,
    entry: NewEntry<'_>,
) -> Result<(), StoreError> {
    let (last, prev): (i64, String) =
        sqlx::query_as("SELECT seq, hash FROM audit_head WHERE id = 1")
            .fetch_one(&mut *connection)
            .await?;
    let mut row = AuditRow {
        seq: last + 1,
        at: entry.at.to_string(),
        actor: entry.actor.to_owned(),
        action: entry.action.as_str().to_owned(),
        subject: entry.subject.to_owned(),
        detail: canonical(&entry.detail),
        prev,
        hash: String::new(),
    };
    row.hash = row.chained(&entry.detail);
    sqlx::query(
        "INSERT INTO audit (seq, at, actor, action, subject, detail, prev, hash) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )
    .bind(row.seq)
    .bind(&row.at)
    .bind(&row.actor)
    .bind(&row.action)
    .bind(&row.subject)
    .bind(&row.detail)
    .bind(&row.prev)
    .bind(&row.hash)
    .execute(&mut *connection)
    .await?;
    sqlx::query("UPDATE audit_head SET seq = ?1, hash = ?2 WHERE id = 1")
        .bind(row.seq)
        .bind(&row.hash)
        .execute(connection)
        .await?;
    Ok(())
}

/// An entry as its row holds it.
#[derive(Debug, Clone, sqlx::FromRow)]
struct AuditRow {
    seq: i64,
    at: String,
    actor: String,
    action: String,
    subject: String,
    detail: String,
    prev: String,
    hash: String,
}

impl AuditRow {
    /// The hash that the row must have. `detail` is what its column holds.
    fn chained(&self, detail: &Value) -> String {
        Digest::of(&json!({
            "seq": self.seq,
            "at": self.at,
            "actor": self.actor,
            "action": self.action,
            "subject": self.subject,
            "detail": detail,
            "prev": self.prev,
        }))
        .to_string()
    }

    fn read(self) -> Result<AuditEntry, StoreError> {
        let id = self.seq.to_string();
        let row = RowName {
            table: "audit",
            id: &id,
        };
        Ok(AuditEntry {
            seq: row.count("seq", self.seq)?,
            at: row.word("at", &self.at)?,
            action: row.word("action", &self.action)?,
            detail: row.json("detail", &self.detail)?,
            actor: self.actor,
            subject: self.subject,
            prev: self.prev,
            hash: self.hash,
        })
    }
}

impl Store {
    /// Logs something that changes nothing in the store.
    ///
    /// # Errors
    /// Fails when the log cannot be written.
    pub async fn record_event(
        &self,
        event: &AuditEvent,
        actor: &str,
        at: Instant,
    ) -> Result<(), StoreError> {
        let (action, subject, detail) = event.entry();
        let mut tx = self.write().await?;
        let entry = NewEntry {
            at,
            actor,
            action,
            subject: &subject,
            detail,
        };
        append(&mut tx, entry).await?;
        Ok(tx.commit().await?)
    }

    /// The whole log, in order. It does not verify; [`Store::verify`] does.
    ///
    /// # Errors
    /// Fails when an entry cannot be read.
    pub async fn audit_log(&self) -> Result<Vec<AuditEntry>, StoreError> {
        let rows: Vec<AuditRow> = sqlx::query_as("SELECT * FROM audit ORDER BY seq")
            .fetch_all(&self.reader)
            .await?;
        rows.into_iter().map(AuditRow::read).collect()
    }

    /// The last entry of the log.
    ///
    /// # Errors
    /// Fails when the head cannot be read.
    pub async fn audit_head(&self) -> Result<AuditHead, StoreError> {
        let (seq, hash): (i64, String) =
            sqlx::query_as("SELECT seq, hash FROM audit_head WHERE id = 1")
                .fetch_one(&self.reader)
                .await?;
        let row = RowName {
            table: "audit_head",
            id: "1",
        };
        Ok(AuditHead {
            seq: row.count("seq", seq)?,
            hash,
        })
    }
}
