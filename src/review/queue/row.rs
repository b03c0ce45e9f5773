//! A packet as its row holds it, and how a packet gets its id.

use custody_controls::json::{Digest, canonical};
use serde::Serialize;
use serde_json::json;
use sqlx::SqliteConnection;

use super::{
    AsOfOrigin, NewPacket, PacketContents, PacketState, PacketSummary, RunId, StoreError,
    StoredPacket,
};
use crate::review::audit::Recorded;
use crate::review::store::RowName;

/// The columns of `packets`.
#[derive(Debug, Clone, Serialize, sqlx::FromRow)]
pub(in crate::review) struct PacketRow {
    pub(in crate::review) id: String,
    pub(in crate::review) cycle: String,
    pub(in crate::review) revision: i64,
    as_of: String,
    pub(super) as_of_defaulted: i64,
    pub(super) posture: String,
    // The one column that changes: the log's entries imply it.
    #[serde(skip)]
    pub(in crate::review) state: String,
    pub(in crate::review) digest: String,
    pub(super) content_key: String,
    created_at: String,
    pub(in crate::review) prepared_by: String,
    pub(in crate::review) capture_digest: String,
    pub(in crate::review) library_digest: String,
    scope: String,
    draft: Option<String>,
    rejected_drafts: String,
    outcome: String,
    rounds: i64,
    reason: Option<String>,
    provenance: String,
    run_id: Option<i64>,
}

impl Recorded for PacketRow {
    const TABLE: &'static str = "packets";
    fn id(&self) -> String {
        self.id.clone()
    }
    fn content(&self) -> Digest {
        Digest::of(&json!(self))
    }
}

/// The word of a value that serialises as text.
fn word<T: Serialize>(value: T) -> String {
    json!(value).as_str().unwrap_or_default().to_owned()
}

impl PacketRow {
    pub(super) fn new(packet: &NewPacket, revision: i64) -> Self {
        let contents = &packet.contents;
        Self {
            id: packet_id(&contents.scope.cycle, revision),
            cycle: contents.scope.cycle.clone(),
            revision,
            as_of: contents.scope.as_of.to_string(),
            as_of_defaulted: match contents.as_of_origin {
                AsOfOrigin::Given => 0,
                AsOfOrigin::Defaulted => 1,
            },
            posture: contents.posture.as_str().to_owned(),
            state: PacketState::Queued.as_str().to_owned(),
            digest: contents.digest.to_string(),
            content_key: contents.content_key.to_string(),
            created_at: packet.created_at.to_string(),
            prepared_by: contents.provenance.prepared_by.clone(),
            capture_digest: contents.capture.to_string(),
            library_digest: contents.library.to_string(),
            scope: canonical(&json!(contents.scope)),
            draft: contents.draft.as_ref().map(canonical),
            rejected_drafts: canonical(&json!(contents.rejected_drafts)),
            outcome: word(contents.outcome),
            rounds: contents.rounds.into(),
            reason: contents.reason.clone(),
            provenance: canonical(&json!(contents.provenance)),
            run_id: contents.run.map(|run| run.0),
        }
    }

    pub(super) async fn insert(&self, db: &mut SqliteConnection) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO packets (id, cycle, revision, as_of, as_of_defaulted, posture, state, digest, \
             content_key, created_at, prepared_by, capture_digest, library_digest, scope, draft, \
             rejected_drafts, outcome, rounds, reason, provenance, run_id) VALUES \
             (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)",
        )
        .bind(&self.id)
        .bind(&self.cycle)
        .bind(self.revision)
        .bind(&self.as_of)
        .bind(self.as_of_defaulted)
        .bind(&self.posture)
        .bind(&self.state)
        .bind(&self.digest)
        .bind(&self.content_key)
        .bind(&self.created_at)
        .bind(&self.prepared_by)
        .bind(&self.capture_digest)
        .bind(&self.library_digest)
        .bind(&self.scope)
        .bind(&self.draft)
        .bind(&self.rejected_drafts)
        .bind(&self.outcome)
        .bind(self.rounds)
        .bind(&self.reason)
        .bind(&self.provenance)
        .bind(self.run_id)
        .execute(db)
        .await?;
        Ok(())
    }

    fn name(&self) -> RowName<'_> {
        RowName {
            table: Self::TABLE,
            id: &self.id,
        }
    }

    pub(in crate::review) fn packet_state(&self) -> Result<PacketState, StoreError> {
        self.name().word("state", &self.state)
    }

    pub(in crate::review) fn packet_digest(&self) -> Result<Digest, StoreError> {
        self.name().word("digest", &self.digest)
    }

    pub(super) fn summary(&self) -> Result<PacketSummary, StoreError> {
        let name = self.name();
        Ok(PacketSummary {
            id: self.id.clone(),
            revision: name.count("revision", self.revision)?,
            cycle: self.cycle.clone(),
            as_of: name.word("as_of", &self.as_of)?,
            posture: name.word("posture", &self.posture)?,
            state: self.packet_state()?,
            digest: self.packet_digest()?,
            created_at: name.word("created_at", &self.created_at)?,
        })
    }

    pub(super) fn read(self) -> Result<StoredPacket, StoreError> {
        let name = self.name();
        let draft = self.draft.as_deref();
        let contents = PacketContents {
            scope: name.json("scope", &self.scope)?,
            as_of_origin: match self.as_of_defaulted {
                0 => AsOfOrigin::Given,
                _ => AsOfOrigin::Defaulted,
            },
            digest: self.packet_digest()?,
            content_key: name.word("content_key", &self.content_key)?,
            posture: name.word("posture", &self.posture)?,
            capture: name.word("capture_digest", &self.capture_digest)?,
            library: name.word("library_digest", &self.library_digest)?,
            draft: draft.map(|text| name.json("draft", text)).transpose()?,
            rejected_drafts: name.json("rejected_drafts", &self.rejected_drafts)?,
            outcome: name.word("outcome", &self.outcome)?,
            rounds: name.count("rounds", self.rounds)?,
            provenance: name.json("provenance", &self.provenance)?,
            run: self.run_id.map(RunId),
            reason: self.reason.clone(),
        };
        Ok(StoredPacket {
            revision: name.count("revision", self.revision)?,
            state: self.packet_state()?,
            created_at: name.word("created_at", &self.created_at)?,
            id: self.id,
            contents,
        })
    }
}

/// `<cycle>-r<revision>`, fit for a file name and a URL. Where the cycle's name had to be changed
/// for that, the first digits of its digest keep it apart from its look-alikes.
fn packet_id(cycle: &str, revision: i64) -> String {
    let slug: String = cycle
        .chars()
        .map(|c| match c {
            'A'..='Z' | 'a'..='z' | '0'..='9' | '.' | '_' | '-' => c,
            _ => '-',
        })
        .collect();
    if slug == cycle {
        return format!("{slug}-r{revision}");
    }
    let digest = Digest::of_bytes(cycle.as_bytes()).to_string();
    let digits: String = digest
        .trim_start_matches("sha256:")
        .chars()
        .take(8)
        .collect();
    format!("{slug}-{digits}-r{revision}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_readable_and_keep_cycles_apart() {
        assert_eq!(packet_id("2026-H2", 1), "2026-H2-r1");
        // Digits computed with coreutils: printf '2026 H2' | sha256sum.
        assert_eq!(packet_id("2026 H2", 12), "2026-H2-333422e6-r12");
        assert_ne!(packet_id("2026/H2", 1), packet_id("2026 H2", 1));
    }
}
