//! Runs and their journals: what lets a killed preparation go on where it stopped.
//!
//! Entries are opaque here. An entry is on disk before [`Store::append_entry`] returns.

mod row;

use std::collections::BTreeMap;
use std::fmt;

use custody_controls::instant::Instant;
use custody_controls::json::{Digest, canonical};
use custody_controls::packet::ReviewScope;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::SqliteConnection;

pub(super) use row::{JournalRow, RunRow};

use super::audit::{self, AuditAction, NewEntry, Recorded};
use super::store::{Store, StoreError};

/// A run's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RunId(pub(super) i64);

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "run-{}", self.0)
    }
}

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunState {
    /// Not at its end: to be resumed.
    Running,
    /// At its end.
    Finished,
    /// Given up.
    Abandoned,
}

impl RunState {
    /// The word in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Finished => "finished",
            Self::Abandoned => "abandoned",
        }
    }
}

/// What a run is started with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRun {
    /// What the run is about, as the caller tells equal runs: an unfinished run with this key is resumed.
    pub run_key: String,
    /// The capture it runs on.
    pub capture: Digest,
    /// The library it runs on.
    pub library: Digest,
    /// Cycle, period and as-of.
    pub scope: ReviewScope,
    /// The model's name.
    pub model: String,
    /// Digests of the prompts, by name.
    pub prompts: BTreeMap<String, Digest>,
    /// Who runs it.
    pub prepared_by: String,
    /// When it starts.
    pub started_at: Instant,
}

/// A stored run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Its number.
    pub id: RunId,
    /// What it was started with.
    pub started: NewRun,
    /// Where it stands.
    pub state: RunState,
    /// How many journal entries it has.
    pub entries: u64,
}

/// One journal entry.
#[derive(Debug, Clone, PartialEq)]
pub struct JournalEntry {
    /// Its position, from 1.
    pub seq: u64,
    /// When it was written.
    pub at: Instant,
    /// What was written.
    pub entry: Value,
}

impl Store {
    /// The unfinished run with this key.
    ///
    /// # Errors
    /// Fails when the store cannot be read.
    pub async fn unfinished_run(&self, run_key: &str) -> Result<Option<Run>, StoreError> {
        let row: Option<RunRow> =
            sqlx::query_as("SELECT * FROM runs WHERE run_key = ?1 AND state = 'running'")
                .bind(run_key)
                .fetch_optional(&self.reader)
                .await?;
        row.map(RunRow::read).transpose()
    }

    /// The run with this number.
    ///
    /// # Errors
    /// Fails when there is none.
    pub async fn run(&self, id: RunId) -> Result<Run, StoreError> {
        let mut connection = self.reader.acquire().await?;
        row_of(&mut connection, id).await?.read()
    }

    /// Starts a run. Its capture and library must be stored already.
    ///
    /// # Errors
    /// Refused while a run with the same key is unfinished.
    pub async fn start_run(&self, run: &NewRun) -> Result<Run, StoreError> {
        let mut tx = self.write().await?;
        let unfinished: Option<i64> =
            sqlx::query_scalar("SELECT id FROM runs WHERE run_key = ?1 AND state = 'running'")
                .bind(&run.run_key)
                .fetch_optional(&mut *tx)
                .await?;
        if let Some(id) = unfinished {
            return Err(StoreError::RunUnfinished(RunId(id)));
        }
        require_inputs(&mut tx, run.capture, run.library).await?;
        let id: i64 = sqlx::query_scalar("SELECT COALESCE(MAX(id), 0) + 1 FROM runs")
            .fetch_one(&mut *tx)
            .await?;
        let row = RunRow::new(id, run);
        row.insert(&mut tx).await?;
        let entry = NewEntry {
            at: run.started_at,
            actor: &run.prepared_by,
            action: AuditAction::RunStarted,
            subject: &Recorded::id(&row),
            detail: json!({ "row": row.content().to_string(), "model": run.model }),
        };
        audit::append(&mut tx, entry).await?;
        tx.commit().await?;
        row.read()
    }

    /// Appends `entry` as number `seq` to the journal of an unfinished run. It is on disk when this returns.
    ///
    /// # Errors
    /// Refused when the run has ended, or when `seq` is not the next number: then another process writes too.
    pub async fn append_entry(
        &self,
        run: RunId,
        seq: u64,
        entry: &Value,
        at: Instant,
    ) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let row = row_of(&mut tx, run).await?;
        if row.state != RunState::Running.as_str() {
            return Err(StoreError::RunEnded(run));
        }
        let next = row.journal_entries + 1;
        if i64::try_from(seq) != Ok(next) {
            return Err(StoreError::JournalMoved {
                run,
                expected: seq,
                next: u64::try_from(next).unwrap_or_default(),
            });
        }
        let mut entry = JournalRow {
            run_id: run.0,
            seq: next,
            at: at.to_string(),
            entry: canonical(entry),
            hash: String::new(),
        };
        entry.hash = entry.chained(&row.journal_head);
        sqlx::query("UPDATE runs SET journal_entries = ?2, journal_head = ?3 WHERE id = ?1")
            .bind(run.0)
            .bind(next)
            .bind(&entry.hash)
            .execute(&mut *tx)
            .await?;
        sqlx::query(
            "INSERT INTO journal (run_id, seq, at, entry, hash) VALUES (?1, ?2, ?3, ?4, ?5)",
        )
        .bind(entry.run_id)
        .bind(entry.seq)
        .bind(entry.at)
        .bind(entry.entry)
        .bind(entry.hash)
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    /// The journal of a run, in order.
    ///
    /// # Errors
    /// Fails when there is no such run, or when an entry cannot be read.
    pub async fn journal(&self, run: RunId) -> Result<Vec<JournalEntry>, StoreError> {
        let mut connection = self.reader.acquire().await?;
        row_of(&mut connection, run).await?;
        let rows: Vec<JournalRow> =
            sqlx::query_as("SELECT * FROM journal WHERE run_id = ?1 ORDER BY seq")
                .bind(run.0)
                .fetch_all(&mut *connection)
                .await?;
        rows.into_iter().map(JournalRow::read).collect()
    }

    /// Ends a run that came to its end. Ending a finished one again changes nothing.
    ///
    /// # Errors
    /// Refused when the run was abandoned.
    pub async fn finish_run(&self, run: RunId, at: Instant) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        end(&mut tx, run, RunState::Finished, at).await?;
        Ok(tx.commit().await?)
    }

    /// Gives up an unfinished run. Giving it up again changes nothing.
    ///
    /// # Errors
    /// Refused when the run is finished.
    pub async fn abandon_run(&self, run: RunId, at: Instant) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        end(&mut tx, run, RunState::Abandoned, at).await?;
        Ok(tx.commit().await?)
    }
}

/// Ends `run` within the transaction that `connection` is in.
pub(super) async fn end(
    connection: &mut SqliteConnection,
    run: RunId,
    state: RunState,
    at: Instant,
) -> Result<(), StoreError> {
    let row = row_of(connection, run).await?;
    if row.state == state.as_str() {
        return Ok(());
    }
    if row.state != RunState::Running.as_str() {
        return Err(StoreError::RunEnded(run));
    }
    let action = match state {
        RunState::Running => return Ok(()),
        RunState::Finished => AuditAction::RunFinished,
        RunState::Abandoned => AuditAction::RunAbandoned,
    };
    sqlx::query("UPDATE runs SET state = ?2, ended_at = ?3 WHERE id = ?1")
        .bind(run.0)
        .bind(state.as_str())
        .bind(at.to_string())
        .execute(&mut *connection)
        .await?;
    let entry = NewEntry {
        at,
        actor: &row.prepared_by,
        action,
        subject: &run.to_string(),
        detail: json!({ "journal": { "entries": row.journal_entries, "head": row.journal_head } }),
    };
    audit::append(connection, entry).await
}

/// Says which of the inputs is not stored, before a foreign key merely fails.
pub(super) async fn require_inputs(
    connection: &mut SqliteConnection,
    capture: Digest,
    library: Digest,
) -> Result<(), StoreError> {
    let known: Option<i64> = sqlx::query_scalar("SELECT 1 FROM captures WHERE digest = ?1")
        .bind(capture.to_string())
        .fetch_optional(&mut *connection)
        .await?;
    known.ok_or(StoreError::UnknownCapture(capture))?;
    let known: Option<i64> = sqlx::query_scalar("SELECT 1 FROM libraries WHERE digest = ?1")
        .bind(library.to_string())
        .fetch_optional(connection)
        .await?;
    known.ok_or(StoreError::UnknownLibrary(library))?;
    Ok(())
}

async fn row_of(connection: &mut SqliteConnection, run: RunId) -> Result<RunRow, StoreError> {
    sqlx::query_as("SELECT * FROM runs WHERE id = ?1")
        .bind(run.0)
        .fetch_optional(connection)
        .await?
        .ok_or(StoreError::UnknownRun(run))
}

#[cfg(test)]
#[path = "runs_tests.rs"]
mod tests;
