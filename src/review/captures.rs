//! Captures and library snapshots, each stored once under its digest.

use std::collections::BTreeMap;

use custody_controls::capture::{Capture, read_capture, write_capture};
use custody_controls::instant::Instant;
use custody_controls::json::Digest;
use serde_json::json;

use super::audit::{self, AuditAction, NewEntry, Recorded};
use super::store::{RowName, Store, StoreError};

/// A controls library as its files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LibrarySnapshot {
    /// Its digest.
    pub digest: Digest,
    /// Its version.
    pub version: String,
    /// The text of each file, by name.
    pub files: BTreeMap<String, String>,
}

/// A stored capture.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct CaptureRow {
    digest: String,
    text: Vec<u8>,
    stored_at: String,
}

impl Recorded for CaptureRow {
    const TABLE: &'static str = "captures";
    fn id(&self) -> String {
        self.digest.clone()
    }
    fn content(&self) -> Digest {
        Digest::of(&json!({
            "digest": self.digest,
            "text": Digest::of_bytes(&self.text).to_string(),
            "stored_at": self.stored_at,
        }))
    }
}

/// A stored library.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct LibraryRow {
    digest: String,
    version: String,
    files: String,
    stored_at: String,
}

impl Recorded for LibraryRow {
    const TABLE: &'static str = "libraries";
    fn id(&self) -> String {
        self.digest.clone()
    }
    fn content(&self) -> Digest {
        Digest::of(&json!({
            "digest": self.digest,
            "version": self.version,
            "files": self.files,
            "stored_at": self.stored_at,
        }))
    }
}

impl Store {
    /// Stores `capture`, unless one with its digest is stored already.
    ///
    /// # Errors
    /// Fails when the store cannot be written.
    pub async fn put_capture(
        &self,
        capture: &Capture,
        actor: &str,
        at: Instant,
    ) -> Result<(), StoreError> {
        let digest = capture.digest().to_string();
        let mut tx = self.write().await?;
        let known: Option<i64> = sqlx::query_scalar("SELECT 1 FROM captures WHERE digest = ?1")
            .bind(&digest)
            .fetch_optional(&mut *tx)
            .await?;
        if known.is_some() {
            return Ok(());
        }
        let mut text = Vec::new();
        write_capture(capture, &mut text).map_err(|error| StoreError::Database(error.into()))?;
        let row = CaptureRow {
            digest,
            text,
            stored_at: at.to_string(),
        };
        let entry = NewEntry {
            at,
            actor,
            action: AuditAction::CaptureStored,
            subject: &row.digest,
            detail: json!({ "row": row.content().to_string(), "records": capture.len() }),
        };
        audit::append(&mut tx, entry).await?;
        sqlx::query("INSERT INTO captures (digest, text, stored_at) VALUES (?1, ?2, ?3)")
            .bind(row.digest)
            .bind(row.text)
            .bind(row.stored_at)
            .execute(&mut *tx)
            .await?;
        Ok(tx.commit().await?)
    }

    /// The text of the capture file with this digest.
    ///
    /// # Errors
    /// Fails when there is none, or when it is no text.
    pub async fn capture_text(&self, digest: Digest) -> Result<String, StoreError> {
        let text: Vec<u8> = sqlx::query_scalar("SELECT text FROM captures WHERE digest = ?1")
            .bind(digest.to_string())
            .fetch_optional(&self.reader)
            .await?
            .ok_or(StoreError::UnknownCapture(digest))?;
        String::from_utf8(text).map_err(|error| StoreError::Damaged {
            table: CaptureRow::TABLE,
            id: digest.to_string(),
            column: "text",
            reason: error.utf8_error().to_string(),
        })
    }

    /// The capture with this digest, read again from its text and held against the digest.
    ///
    /// # Errors
    /// Fails when there is none, or when its text no longer yields it.
    pub async fn capture(&self, digest: Digest) -> Result<Capture, StoreError> {
        let text = self.capture_text(digest).await?;
        let capture =
            read_capture(&text).map_err(|source| StoreError::CaptureUnusable { digest, source })?;
        if capture.digest() == digest {
            Ok(capture)
        } else {
            // The text is another capture's, whole in itself.
            Err(StoreError::Damaged {
                table: CaptureRow::TABLE,
                id: digest.to_string(),
                column: "text",
                reason: format!("it is the capture {}", capture.digest()),
            })
        }
    }

    /// Stores `library`, unless one with its digest is stored already.
    ///
    /// # Errors
    /// Fails when the store cannot be written.
    pub async fn put_library(
        &self,
        library: &LibrarySnapshot,
        actor: &str,
        at: Instant,
    ) -> Result<(), StoreError> {
        let row = LibraryRow {
            digest: library.digest.to_string(),
            version: library.version.clone(),
            files: custody_controls::json::canonical(&json!(library.files)),
            stored_at: at.to_string(),
        };
        let mut tx = self.write().await?;
        let known: Option<i64> = sqlx::query_scalar("SELECT 1 FROM libraries WHERE digest = ?1")
            .bind(&row.digest)
            .fetch_optional(&mut *tx)
            .await?;
        if known.is_some() {
            return Ok(());
        }
        let entry = NewEntry {
            at,
            actor,
            action: AuditAction::LibraryStored,
            subject: &row.digest,
            detail: json!({ "row": row.content().to_string(), "version": row.version }),
        };
        audit::append(&mut tx, entry).await?;
        sqlx::query(
            "INSERT INTO libraries (digest, version, files, stored_at) VALUES (?1, ?2, ?3, ?4)",
        )
        .bind(row.digest)
        .bind(row.version)
        .bind(row.files)
        .bind(row.stored_at)
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    /// The library with this digest.
    ///
    /// # Errors
    /// Fails when there is none.
    pub async fn library(&self, digest: Digest) -> Result<LibrarySnapshot, StoreError> {
        let row: LibraryRow = sqlx::query_as("SELECT * FROM libraries WHERE digest = ?1")
            .bind(digest.to_string())
            .fetch_optional(&self.reader)
            .await?
            .ok_or(StoreError::UnknownLibrary(digest))?;
        let name = RowName {
            table: LibraryRow::TABLE,
            id: &row.digest,
        };
        Ok(LibrarySnapshot {
            digest,
            files: name.json("files", &row.files)?,
            version: row.version,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::review::fixture::{at, capture, library, store};

    #[tokio::test]
    async fn a_capture_is_stored_once_and_reads_back_as_it_was() {
        let (_folder, store) = store().await;
        let capture = capture();
        store.put_capture(&capture, "ana", at(1)).await.unwrap();
        store.put_capture(&capture, "ben", at(2)).await.unwrap();
        assert_eq!(store.audit_log().await.unwrap().len(), 1);
        let read = store.capture(capture.digest()).await.unwrap();
        let text = |capture: &Capture| {
            let mut text = Vec::new();
            write_capture(capture, &mut text).unwrap();
            text
        };
        assert_eq!(text(&read), text(&capture));
    }

    #[tokio::test]
    async fn a_library_is_stored_once_and_reads_back_as_it_was() {
        let (_folder, store) = store().await;
        store.put_library(&library(), "ana", at(1)).await.unwrap();
        store.put_library(&library(), "ana", at(2)).await.unwrap();
        assert_eq!(store.audit_log().await.unwrap().len(), 1);
        assert_eq!(store.library(library().digest).await.unwrap(), library());
    }

    #[tokio::test]
    async fn what_is_not_stored_is_named() {
        let (_folder, store) = store().await;
        let digest = library().digest;
        let capture = store.capture(digest).await.unwrap_err().to_string();
        assert_eq!(capture, format!("review store: no capture {digest}"));
        let library = store.library(digest).await.unwrap_err().to_string();
        assert_eq!(library, format!("review store: no library {digest}"));
    }
}
