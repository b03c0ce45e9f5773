//! Runs and journal entries as their rows hold them.

use custody_controls::json::{Digest, canonical};
use serde_json::json;
use sqlx::SqliteConnection;

use super::{JournalEntry, NewRun, Run, RunId, RunState};
use crate::review::audit::{GENESIS, Recorded};
use crate::review::store::{RowName, StoreError};

#[derive(Debug, Clone, sqlx::FromRow)]
pub(in crate::review) struct RunRow {
    pub(in crate::review) id: i64,
    run_key: String,
    capture_digest: String,
    library_digest: String,
    scope: String,
    model: String,
    prompts: String,
    pub(super) prepared_by: String,
    started_at: String,
    pub(in crate::review) state: String,
    pub(in crate::review) ended_at: Option<String>,
    pub(in crate::review) journal_entries: i64,
    pub(in crate::review) journal_head: String,
}

impl Recorded for RunRow {
    const TABLE: &'static str = "runs";
    fn id(&self) -> String {
        RunId(self.id).to_string()
    }
    fn content(&self) -> Digest {
        Digest::of(&json!({
            "id": self.id,
            "run_key": self.run_key,
            "capture_digest": self.capture_digest,
            "library_digest": self.library_digest,
            "scope": self.scope,
            "model": self.model,
            "prompts": self.prompts,
            "prepared_by": self.prepared_by,
            "started_at": self.started_at,
        }))
    }
}

impl RunRow {
    pub(super) fn new(id: i64, run: &NewRun) -> Self {
        Self {
            id,
            run_key: run.run_key.clone(),
            capture_digest: run.capture.to_string(),
            library_digest: run.library.to_string(),
            scope: canonical(&json!(run.scope)),
            model: run.model.clone(),
            prompts: canonical(&json!(run.prompts)),
            prepared_by: run.prepared_by.clone(),
            started_at: run.started_at.to_string(),
            state: RunState::Running.as_str().to_owned(),
            ended_at: None,
            journal_entries: 0,
            journal_head: GENESIS.to_owned(),
        }
    }

    pub(super) async fn insert(&self, connection: &mut SqliteConnection) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO runs (id, run_key, capture_digest, library_digest, scope, model, prompts, \
             prepared_by, started_at, state, ended_at, journal_entries, journal_head) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        )
        .bind(self.id)
        .bind(&self.run_key)
        .bind(&self.capture_digest)
        .bind(&self.library_digest)
        .bind(&self.scope)
        .bind(&self.model)
        .bind(&self.prompts)
        .bind(&self.prepared_by)
        .bind(&self.started_at)
        .bind(&self.state)
        .bind(&self.ended_at)
        .bind(self.journal_entries)
        .bind(&self.journal_head)
        .execute(connection)
        .await?;
        Ok(())
    }

    pub(super) fn read(self) -> Result<Run, StoreError> {
        let id = Recorded::id(&self);
        let row = RowName {
            table: Self::TABLE,
            id: &id,
        };
        Ok(Run {
            id: RunId(self.id),
            started: NewRun {
                capture: row.word("capture_digest", &self.capture_digest)?,
                library: row.word("library_digest", &self.library_digest)?,
                scope: row.json("scope", &self.scope)?,
                prompts: row.json("prompts", &self.prompts)?,
                started_at: row.word("started_at", &self.started_at)?,
                run_key: self.run_key,
                model: self.model,
                prepared_by: self.prepared_by,
            },
            state: row.word("state", &self.state)?,
            entries: row.count("journal_entries", self.journal_entries)?,
        })
    }
}

#[derive(Debug, Clone, sqlx::FromRow)]
pub(in crate::review) struct JournalRow {
    pub(in crate::review) run_id: i64,
    pub(in crate::review) seq: i64,
    pub(super) at: String,
    pub(super) entry: String,
    pub(in crate::review) hash: String,
}

impl JournalRow {
    /// The hash that the row must have when `prev` is the one before it.
    pub(in crate::review) fn chained(&self, prev: &str) -> String {
        Digest::of(&json!({
            "run": self.run_id, "seq": self.seq, "at": self.at, "entry": self.entry, "prev": prev,
        }))
        .to_string()
    }

    pub(super) fn read(self) -> Result<JournalEntry, StoreError> {
        let id = format!("{}/{}", RunId(self.run_id), self.seq);
        let row = RowName {
            table: "journal",
            id: &id,
        };
        Ok(JournalEntry {
            seq: row.count("seq", self.seq)?,
            at: row.word("at", &self.at)?,
            entry: row.json("entry", &self.entry)?,
        })
    }
}
