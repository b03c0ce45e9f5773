//! What the audit log implies about the rows of the store: which exist, what they hold, where they stand.

use std::collections::BTreeMap;

use custody_controls::json::Digest;
use serde_json::Value;

use super::fault::AuditFault;
use super::{AuditAction, AuditEntry};
use crate::review::captures::{CaptureRow, LibraryRow};
use crate::review::decision::DecisionRow;
use crate::review::queue::{PacketRow, PacketState};
use crate::review::runs::{RunRow, RunState};

/// A row whose writing is told of in the log, with its digest.
pub(in crate::review) trait Recorded {
    /// The table.
    const TABLE: &'static str;
    /// The row's id, as the log's subject has it.
    fn id(&self) -> String;
    /// The digest of the columns that never change.
    fn content(&self) -> Digest;
}

/// Where a run stands by the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ImpliedRun {
    pub(super) state: RunState,
    pub(super) ended_at: Option<String>,
}

/// What the log implies.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    rows: BTreeMap<(&'static str, String), String>,
    pub(super) packets: BTreeMap<String, PacketState>,
    pub(super) runs: BTreeMap<String, ImpliedRun>,
    pub(super) faults: Vec<AuditFault>,
}

impl Ledger {
    /// Replays the log.
    pub(super) fn replay(entries: &[AuditEntry]) -> Self {
        let mut ledger = Self::default();
        for entry in entries {
            if let Err(reason) = ledger.take(entry) {
                let seq = entry.seq;
                ledger.faults.push(AuditFault::Impossible { seq, reason });
            }
        }
        ledger
    }

    fn take(&mut self, entry: &AuditEntry) -> Result<(), String> {
        match entry.action {
            AuditAction::CaptureStored => self.wrote(CaptureRow::TABLE, entry),
            AuditAction::LibraryStored => self.wrote(LibraryRow::TABLE, entry),
            AuditAction::RunStarted => {
                self.wrote(RunRow::TABLE, entry)?;
                let run = ImpliedRun {
                    state: RunState::Running,
                    ended_at: None,
                };
                self.runs.insert(entry.subject.clone(), run);
                Ok(())
            }
            AuditAction::RunFinished => self.end_run(entry, RunState::Finished),
            AuditAction::RunAbandoned => self.end_run(entry, RunState::Abandoned),
            AuditAction::PacketQueued => {
                self.wrote(PacketRow::TABLE, entry)?;
                self.packets
                    .insert(entry.subject.clone(), PacketState::Queued);
                Ok(())
            }
            AuditAction::PacketSuperseded => self.move_packet(entry, PacketState::Superseded),
            AuditAction::DecisionRecorded => {
                self.wrote(DecisionRow::TABLE, entry)?;
                let state = entry
                    .detail
                    .get("state")
                    .and_then(|state| serde_json::from_value(state.clone()).ok())
                    .ok_or("it names no state")?;
                self.move_packet(entry, state)
            }
            AuditAction::LibraryApproved
            | AuditAction::PacketShown
            | AuditAction::PacketExported
            | AuditAction::PacketQuestioned
            | AuditAction::DecisionRefused => Ok(()),
        }
    }

    fn wrote(&mut self, table: &'static str, entry: &AuditEntry) -> Result<(), String> {
        let digest = entry
            .detail
            .get("row")
            .and_then(Value::as_str)
            .ok_or("it holds no row digest")?;
        let key = (table, entry.subject.clone());
        match self.rows.insert(key, digest.to_owned()) {
            None => Ok(()),
            Some(_) => Err(format!(
                "`{}` in `{table}` was written before",
                entry.subject
            )),
        }
    }

    fn end_run(&mut self, entry: &AuditEntry, state: RunState) -> Result<(), String> {
        let run = self
            .runs
            .get_mut(&entry.subject)
            .filter(|run| run.state == RunState::Running)
            .ok_or_else(|| format!("run `{}` was not running", entry.subject))?;
        run.state = state;
        run.ended_at = Some(entry.at.to_string());
        Ok(())
    }

    fn move_packet(&mut self, entry: &AuditEntry, to: PacketState) -> Result<(), String> {
        let state = self
            .packets
            .get_mut(&entry.subject)
            .filter(|state| **state == PacketState::Queued)
            .ok_or_else(|| format!("packet `{}` was not queued", entry.subject))?;
        *state = to;
        Ok(())
    }

    /// Holds one row against what the log says was written.
    pub(super) fn meet<R: Recorded>(&mut self, row: &R) {
        let (table, id) = (R::TABLE.to_owned(), row.id());
        match self.rows.remove(&(R::TABLE, id.clone())) {
            None => self.faults.push(AuditFault::RowInserted { table, id }),
            Some(digest) if digest != row.content().to_string() => {
                self.faults.push(AuditFault::RowEdited { table, id });
            }
            Some(_) => {}
        }
    }

    /// The rows that were written and never met.
    pub(super) fn close(&mut self) {
        let gone = std::mem::take(&mut self.rows);
        self.faults
            .extend(gone.into_keys().map(|(table, id)| AuditFault::RowDeleted {
                table: table.to_owned(),
                id,
            }));
    }

    /// Notes that a row's state is not the implied one.
    pub(super) fn compare_state(
        &mut self,
        table: &str,
        id: String,
        stored: &str,
        implied: Option<&str>,
    ) {
        // A row that the log does not know is reported as inserted already.
        if let Some(implied) = implied.filter(|implied| *implied != stored) {
            self.faults.push(AuditFault::StateMismatch {
                table: table.to_owned(),
                id,
                stored: stored.to_owned(),
                implied: implied.to_owned(),
            });
        }
    }
}
