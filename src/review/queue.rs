//! The review queue: packet revisions, each with what it was made from.
//!
//! A revision comes in whole or not at all: its row, the end of its run, the states of the revisions
//! it replaces and the audit entries are one transaction.

mod row;

use custody_controls::instant::Instant;
use custody_controls::json::Digest;
use custody_controls::packet::{Provenance, RejectedDraft, ReviewScope, ValidationOutcome};
use custody_controls::status::Disposition;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::SqliteConnection;

pub(super) use row::PacketRow;

use super::audit::{self, AuditAction, NewEntry, Recorded};
use super::runs::{self, RunId, RunState};
use super::store::{Store, StoreError};

/// Where a packet stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PacketState {
    /// Waits for a human.
    Queued,
    /// Accepted as it is.
    Accepted,
    /// Decided otherwise than recommended.
    Overridden,
    /// Sent back.
    Returned,
    /// A newer revision took its place before anyone decided.
    Superseded,
}

impl PacketState {
    /// The word in the store and in lists.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Accepted => "accepted",
            Self::Overridden => "overridden",
            Self::Returned => "returned",
            Self::Superseded => "superseded",
        }
    }
}

/// Where an as-of came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AsOfOrigin {
    /// Someone named it.
    Given,
    /// It is the time of the preparation.
    Defaulted,
}

/// What a packet is made from, and what pins the result.
#[derive(Debug, Clone, PartialEq)]
pub struct PacketContents {
    /// Cycle, period and as-of.
    pub scope: ReviewScope,
    /// Where the as-of came from.
    pub as_of_origin: AsOfOrigin,
    /// The digest of the packet's body.
    pub digest: Digest,
    /// The digest of the body without its as-of.
    pub content_key: Digest,
    /// The recommended disposition.
    pub posture: Disposition,
    /// The capture it rests on.
    pub capture: Digest,
    /// The library it was judged by.
    pub library: Digest,
    /// The accepted draft; `None` where the account is the rules' own.
    pub draft: Option<Value>,
    /// The drafts that did not pass.
    pub rejected_drafts: Vec<RejectedDraft>,
    /// How the account came to be.
    pub outcome: ValidationOutcome,
    /// How many drafts were submitted.
    pub rounds: u32,
    /// Why no draft passed, where none did.
    pub reason: Option<String>,
    /// How it was made, and by whom.
    pub provenance: Provenance,
    /// The run it comes from.
    pub run: Option<RunId>,
}

/// A packet on its way into the queue.
#[derive(Debug, Clone, PartialEq)]
pub struct NewPacket {
    /// What it is made from.
    pub contents: PacketContents,
    /// When it is queued.
    pub created_at: Instant,
}

/// A packet revision as it is stored. To show it, compute it again from these and compare digests.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredPacket {
    /// Its id.
    pub id: String,
    /// Its revision within the cycle, from 1.
    pub revision: u32,
    /// Where it stands.
    pub state: PacketState,
    /// When it was queued.
    pub created_at: Instant,
    /// What it is made from.
    pub contents: PacketContents,
}

/// One line of the queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PacketSummary {
    /// The packet's id.
    pub id: String,
    /// Its revision within the cycle.
    pub revision: u32,
    /// The cycle.
    pub cycle: String,
    /// The instant judged for.
    pub as_of: Instant,
    /// The recommended disposition.
    pub posture: Disposition,
    /// Where it stands.
    pub state: PacketState,
    /// The digest of its body.
    pub digest: Digest,
    /// When it was queued.
    pub created_at: Instant,
}

/// What became of a packet that was to be queued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "queued", rename_all = "kebab-case")]
pub enum Queued {
    /// It is a new revision.
    New {
        /// Its id.
        id: String,
        /// Its revision.
        revision: u32,
    },
    /// The queue holds it already.
    Same {
        /// That packet's id.
        id: String,
        /// That packet's revision.
        revision: u32,
    },
}

impl Queued {
    /// The packet's id, new or not.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::New { id, .. } | Self::Same { id, .. } => id,
        }
    }
}

impl Store {
    /// Puts a packet into the queue, unless it stands there already; ends its run.
    ///
    /// A packet stands there already when one that is not superseded has the same cycle, capture, library
    /// and digest, or, where nobody named an as-of, the same in all but as-of.
    ///
    /// # Errors
    /// Fails when its inputs are not stored, or when the store cannot be written. Nothing is changed then.
    pub async fn queue(&self, packet: &NewPacket) -> Result<Queued, StoreError> {
        let mut tx = self.write().await?;
        let queued = queue_within(&mut tx, packet).await?;
        tx.commit().await?;
        Ok(queued)
    }

    /// All packets, by the time they were queued, then by cycle and revision.
    ///
    /// # Errors
    /// Fails when a row cannot be read.
    pub async fn packets(&self) -> Result<Vec<PacketSummary>, StoreError> {
        let rows: Vec<PacketRow> = sqlx::query_as("SELECT * FROM packets")
            .fetch_all(&self.reader)
            .await?;
        let mut packets: Vec<PacketSummary> = rows
            .iter()
            .map(PacketRow::summary)
            .collect::<Result<_, _>>()?;
        packets.sort_by(|a, b| {
            (a.created_at, &a.cycle, a.revision).cmp(&(b.created_at, &b.cycle, b.revision))
        });
        Ok(packets)
    }

    /// The packet with this id; for a cycle's name, its latest revision. Ids win.
    ///
    /// # Errors
    /// Fails when there is none.
    pub async fn packet(&self, name: &str) -> Result<StoredPacket, StoreError> {
        let row: Option<PacketRow> = sqlx::query_as(
            "SELECT * FROM packets WHERE id = ?1 OR cycle = ?1 \
             ORDER BY id = ?1 DESC, revision DESC LIMIT 1",
        )
        .bind(name)
        .fetch_optional(&self.reader)
        .await?;
        row.ok_or_else(|| StoreError::UnknownPacket(name.to_owned()))?
            .read()
    }
}

async fn queue_within(db: &mut SqliteConnection, packet: &NewPacket) -> Result<Queued, StoreError> {
    let contents = &packet.contents;
    runs::require_inputs(db, contents.capture, contents.library).await?;
    let revision: i64 =
        sqlx::query_scalar("SELECT COALESCE(MAX(revision), 0) + 1 FROM packets WHERE cycle = ?1")
            .bind(&contents.scope.cycle)
            .fetch_one(&mut *db)
            .await?;
    let row = PacketRow::new(packet, revision);
    if let Some(run) = contents.run {
        runs::end(db, run, RunState::Finished, packet.created_at).await?;
    }
    if let Some(same) = find_same(db, &row).await? {
        let same = same.summary()?;
        return Ok(Queued::Same {
            id: same.id,
            revision: same.revision,
        });
    }
    supersede(db, &row, packet.created_at).await?;
    row.insert(db).await?;
    let entry = NewEntry {
        at: packet.created_at,
        actor: &row.prepared_by,
        action: AuditAction::PacketQueued,
        subject: &row.id,
        detail: json!({
            "row": row.content().to_string(),
            "digest": row.digest,
            "revision": row.revision,
            "posture": row.posture,
            "evidence": row.capture_digest,
            "library": row.library_digest,
        }),
    };
    audit::append(db, entry).await?;
    let queued = row.summary()?;
    Ok(Queued::New {
        id: queued.id,
        revision: queued.revision,
    })
}

/// The packet that stands in the queue already.
///
/// A superseded one does not count: nobody can decide on it any more, so evidence that went back to
/// an earlier state needs a revision of its own.
async fn find_same(
    db: &mut SqliteConnection,
    new: &PacketRow,
) -> Result<Option<PacketRow>, StoreError> {
    Ok(sqlx::query_as(
        "SELECT * FROM packets \
         WHERE cycle = ?1 AND capture_digest = ?2 AND library_digest = ?3 AND state <> 'superseded' \
         AND (digest = ?4 OR (as_of_defaulted = 1 AND ?5 = 1 AND content_key = ?6)) \
         ORDER BY revision DESC LIMIT 1",
    )
    .bind(&new.cycle)
    .bind(&new.capture_digest)
    .bind(&new.library_digest)
    .bind(&new.digest)
    .bind(new.as_of_defaulted)
    .bind(&new.content_key)
    .fetch_optional(db)
    .await?)
}

/// Takes the undecided revisions of the cycle out of the queue.
async fn supersede(
    db: &mut SqliteConnection,
    by: &PacketRow,
    at: Instant,
) -> Result<(), StoreError> {
    let undecided: Vec<String> = sqlx::query_scalar(
        "SELECT id FROM packets WHERE cycle = ?1 AND state = 'queued' ORDER BY revision",
    )
    .bind(&by.cycle)
    .fetch_all(&mut *db)
    .await?;
    for id in undecided {
        sqlx::query("UPDATE packets SET state = 'superseded' WHERE id = ?1")
            .bind(&id)
            .execute(&mut *db)
            .await?;
        let entry = NewEntry {
            at,
            actor: &by.prepared_by,
            action: AuditAction::PacketSuperseded,
            subject: &id,
            detail: json!({ "by": by.id }),
        };
        audit::append(db, entry).await?;
    }
    Ok(())
}

#[cfg(test)]
#[path = "queue_tests.rs"]
mod tests;
