//! What verification of the audit log says.

use std::fmt;

use serde::Serialize;

use super::AuditHead;

/// A log and store in which nothing was tampered with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditReport {
    /// How many entries there are.
    pub entries: u64,
    /// The last of them.
    pub head: AuditHead,
}

/// One trace of tampering.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "fault", rename_all = "kebab-case")]
pub enum AuditFault {
    /// Positions are missing or out of order: an entry was deleted or moved.
    Gap {
        /// The position that should come next.
        expected: u64,
        /// The position that does.
        found: i64,
    },
    /// An entry does not have the hash of what it says: it was edited.
    EntryEdited {
        /// Its position.
        seq: i64,
    },
    /// An entry does not follow from the one before it: one was replaced, inserted or reordered.
    ChainBroken {
        /// Its position.
        seq: i64,
    },
    /// The last entry is not the one that the head names: the tail was cut, or entries were added.
    HeadMismatch {
        /// What the head names, where there is one.
        head: Option<AuditHead>,
        /// The last entry.
        last: AuditHead,
    },
    /// The log does not hold the entry that was noted elsewhere.
    AnchorMismatch {
        /// What was noted.
        anchor: AuditHead,
    },
    /// An entry tells of what cannot have happened then.
    Impossible {
        /// Its position.
        seq: u64,
        /// Why not.
        reason: String,
    },
    /// A row is not what the log says was written.
    RowEdited {
        /// The table.
        table: String,
        /// The row.
        id: String,
    },
    /// A row that the log tells of is gone.
    RowDeleted {
        /// The table.
        table: String,
        /// The row.
        id: String,
    },
    /// A row that the log does not tell of.
    RowInserted {
        /// The table.
        table: String,
        /// The row.
        id: String,
    },
    /// A row's state is not the one that the log implies.
    StateMismatch {
        /// The table.
        table: String,
        /// The row.
        id: String,
        /// The state in the row.
        stored: String,
        /// The state that the log implies.
        implied: String,
    },
    /// The journal of a run is not what was written.
    JournalEdited {
        /// The run.
        run: String,
        /// Where it first differs.
        seq: i64,
    },
    /// A table, index or trigger is not as this version makes it.
    SchemaChanged {
        /// Its name.
        name: String,
    },
    /// Something cannot be read at all.
    Unreadable {
        /// What.
        what: String,
        /// Why not.
        reason: String,
    },
}

impl fmt::Display for AuditFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gap { expected, found } => write!(
                f,
                "audit entry {expected} is missing: entry {found} stands in its place"
            ),
            Self::EntryEdited { seq } => {
                write!(f, "audit entry {seq} was edited: its hash is another's")
            }
            Self::ChainBroken { seq } => write!(
                f,
                "audit entry {seq} does not follow from the entry before it"
            ),
            Self::HeadMismatch { head, last } => {
                write!(f, "the log ends at entry {} ({})", last.seq, last.hash)?;
                match head {
                    Some(head) => write!(f, ", its head names entry {} ({})", head.seq, head.hash),
                    None => f.write_str(", its head is gone"),
                }
            }
            Self::AnchorMismatch { anchor } => write!(
                f,
                "the log holds no entry {} with hash {}",
                anchor.seq, anchor.hash
            ),
            Self::Impossible { seq, reason } => write!(f, "audit entry {seq}: {reason}"),
            Self::RowEdited { table, id } => {
                write!(f, "`{id}` in `{table}` is not what was written")
            }
            Self::RowDeleted { table, id } => write!(f, "`{id}` is gone from `{table}`"),
            Self::RowInserted { table, id } => {
                write!(f, "`{id}` in `{table}` has no audit entry")
            }
            Self::StateMismatch {
                table,
                id,
                stored,
                implied,
            } => write!(
                f,
                "`{id}` in `{table}` is `{stored}`, by the log it is `{implied}`"
            ),
            Self::JournalEdited { run, seq } => {
                write!(f, "the journal of `{run}` differs from entry {seq} on")
            }
            Self::SchemaChanged { name } => {
                write!(f, "`{name}` in the schema is not as this version makes it")
            }
            Self::Unreadable { what, reason } => write!(f, "{what} cannot be read: {reason}"),
        }
    }
}
