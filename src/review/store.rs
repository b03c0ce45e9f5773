//! Opens the review store: one SQLite file, one writer, several readers, migrations embedded.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use custody_controls::capture::CaptureFileError;
use custody_controls::json::Digest;
use serde::de::DeserializeOwned;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Sqlite, Transaction};

use super::runs::RunId;

/// The schema, embedded in the binary.
pub(super) static MIGRATIONS: Migrator = sqlx::migrate!("src/review/migrations");

/// How long a connection waits for another process to finish writing.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// How often opening is tried while another process creates the same file.
const OPEN_TRIES: u32 = 40;
const OPEN_PAUSE: Duration = Duration::from_millis(50);

/// Why the review store could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder of the store cannot be made.
    #[error("review store `{path}`: cannot create its folder: {source}")]
    Folder {
        /// The store's file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The file of the store cannot be made.
    #[error("review store `{path}`: cannot create the file: {source}")]
    File {
        /// The store's file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The file cannot be opened as a database.
    #[error("review store `{path}`: cannot open it: {source}")]
    Open {
        /// The store's file.
        path: PathBuf,
        /// The database's reason.
        source: sqlx::Error,
    },
    /// The schema cannot be brought up to date.
    #[error("review store `{path}`: cannot bring its schema up to date: {source}")]
    Migrate {
        /// The store's file.
        path: PathBuf,
        /// The database's reason.
        source: Box<MigrateError>,
    },
    /// A statement failed.
    #[error("review store: {0}")]
    Database(#[from] sqlx::Error),
    /// A stored column does not hold what was written there.
    #[error("review store: `{column}` of `{id}` in `{table}` cannot be read: {reason}")]
    Damaged {
        /// The table.
        table: &'static str,
        /// The row.
        id: String,
        /// The column.
        column: &'static str,
        /// The parser's reason.
        reason: String,
    },
    /// A stored capture does not read.
    #[error("review store: stored capture {digest} cannot be used: {source}")]
    CaptureUnusable {
        /// The capture.
        digest: Digest,
        /// Why not.
        source: CaptureFileError,
    },
    /// No capture has this digest.
    #[error("review store: no capture {0}")]
    UnknownCapture(Digest),
    /// No library has this digest.
    #[error("review store: no library {0}")]
    UnknownLibrary(Digest),
    /// No packet has this id, and no cycle this name.
    #[error("no packet `{0}`")]
    UnknownPacket(String),
    /// No run has this id.
    #[error("no run `{0}`")]
    UnknownRun(RunId),
    /// The run has ended already.
    #[error("run `{0}` has ended already")]
    RunEnded(RunId),
    /// An unfinished run with the same key exists: it is to be resumed or abandoned.
    #[error("run `{0}` on the same inputs is unfinished")]
    RunUnfinished(RunId),
    /// Someone else appended to the journal meanwhile.
    #[error(
        "run `{run}`: journal entry {expected} was to be written, but the next is {next}: another process works on this run"
    )]
    JournalMoved {
        /// The run.
        run: RunId,
        /// The position the caller wanted.
        expected: u64,
        /// The position that is free.
        next: u64,
    },
}

/// The review store. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    path: PathBuf,
    pub(super) reader: SqlitePool,
    // INVARIANT: one connection, so writers of one process stand in line.
    writer: SqlitePool,
}

impl Store {
    /// Opens the store at `path`, and creates it, private to its owner, where there is none.
    ///
    /// # Errors
    /// Names the path and says what is wrong with it.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        create_private(path)?;
        let mut tries = 1;
        loop {
            match Self::connect(path).await {
                Err(error) if tries < OPEN_TRIES && error.is_contention() => {
                    // Another process creates or upgrades the same file right now.
                    tries += 1;
                    tokio::time::sleep(OPEN_PAUSE).await;
                }
                result => return result,
            }
        }
    }

    async fn connect(path: &Path) -> Result<Self, StoreError> {
        let open = |source| StoreError::Open {
            path: path.to_owned(),
            source,
        };
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(false)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT);
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .connect_with(options.clone())
            .await
            .map_err(open)?;
        MIGRATIONS
            .run(&writer)
            .await
            .map_err(|source| StoreError::Migrate {
                path: path.to_owned(),
                source: Box::new(source),
            })?;
        let reader = SqlitePoolOptions::new()
            .max_connections(4)
            .connect_with(options.read_only(true))
            .await
            .map_err(open)?;
        Ok(Self {
            path: path.to_owned(),
            reader,
            writer,
        })
    }

    /// The store's file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Closes all connections; what was written is in the one file then.
    pub async fn close(self) {
        self.reader.close().await;
        self.writer.close().await;
    }

    /// Begins a write that no other process can interleave with. Dropped without `commit`, it leaves no trace.
    pub(super) async fn write(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        Ok(self.writer.begin_with("BEGIN IMMEDIATE").await?)
    }
}

impl StoreError {
    /// Whether another process held the file, so that the same call may succeed later.
    fn is_contention(&self) -> bool {
        let database = match self {
            Self::Open { source, .. } | Self::Database(source) => source.as_database_error(),
            Self::Migrate { source, .. } => match source.as_ref() {
                MigrateError::Execute(source) | MigrateError::ExecuteMigration(source, _) => {
                    source.as_database_error()
                }
                _ => None,
            },
            _ => None,
        };
        database.is_some_and(|error| {
            // SQLITE_BUSY and SQLITE_LOCKED with any extension, or a table that the other process just made.
            let code = error.code().and_then(|code| code.parse::<u32>().ok());
            code.is_some_and(|code| matches!(code & 0xff, 5 | 6))
                || error.message().contains("already exists")
                || error
                    .message()
                    .contains("UNIQUE constraint failed: _sqlx_migrations")
        })
    }
}

/// Creates folder and file where they are missing, both for the owner alone.
fn create_private(path: &Path) -> Result<(), StoreError> {
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder
            .create(folder)
            .map_err(|source| StoreError::Folder {
                path: path.to_owned(),
                source,
            })?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(source) => Err(StoreError::File {
            path: path.to_owned(),
            source,
        }),
    }
}

/// Names one stored row, to read its columns and say where reading failed.
#[derive(Debug, Clone, Copy)]
pub(super) struct RowName<'a> {
    pub(super) table: &'static str,
    pub(super) id: &'a str,
}

impl RowName<'_> {
    /// Reads a column that holds JSON.
    pub(super) fn json<T: DeserializeOwned>(
        self,
        column: &'static str,
        text: &str,
    ) -> Result<T, StoreError> {
        serde_json::from_str(text).map_err(|error| self.damaged(column, error.to_string()))
    }

    /// Reads a column that holds one word, time or digest.
    pub(super) fn word<T: DeserializeOwned>(
        self,
        column: &'static str,
        text: &str,
    ) -> Result<T, StoreError> {
        serde_json::from_value(text.into()).map_err(|error| self.damaged(column, error.to_string()))
    }

    /// Reads a column that holds a count.
    pub(super) fn count<T: TryFrom<i64>>(
        self,
        column: &'static str,
        number: i64,
    ) -> Result<T, StoreError> {
        T::try_from(number).map_err(|_| self.damaged(column, "out of range".to_owned()))
    }

    fn damaged(self, column: &'static str, reason: String) -> StoreError {
        StoreError::Damaged {
            table: self.table,
            id: self.id.to_owned(),
            column,
            reason,
        }
    }
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
