//! A small capture, a store, and what goes into it, for the tests of this floor.

use std::collections::BTreeMap;
use std::sync::Arc;

use custody_controls::capture::{Capture, SourceReading, Tables};
use custody_controls::instant::Instant;
use custody_controls::json::Digest;
use custody_controls::kind::{Kind, SourceSystem};
use custody_controls::packet::{
    Provenance, RejectedDraft, ReviewPeriod, ReviewScope, TokenCount, ValidationOutcome,
};
use custody_controls::status::Disposition;
use custody_controls::table::Layout;
use custody_controls::validator::{DraftFault, FaultCode};
use serde_json::json;
use tempfile::TempDir;

use super::captures::LibrarySnapshot;
use super::queue::{AsOfOrigin, NewPacket, PacketContents};
use super::runs::NewRun;
use super::store::Store;

pub(crate) const PEOPLE: &str = r#"[
  {"id":"p-ana","name":"Ana Petrova","email":"ana@example.org","aliases":["apetrova"],"status":"active","training":[]},
  {"id":"p-ben","name":"Ben Osei","email":"ben@example.org","aliases":["bosei"],"status":"active","training":[]}]"#;

pub(crate) const ESCROW_MEDIA: &str = r#"[
  {"id":"EM-04","medium":"smartcard","keys":["K-1"],"state":"in_service","seal_serial":"SEAL-77310","sealed_at":"2026-01-05T09:00:00Z",
   "custodians":["p-ana"],"location":"Vault Nine","notes":"kept behind the blue ledger of the night shift"}]"#;

/// A capture with these kinds, and the usual people and media where the kinds do not name others.
pub(crate) fn capture_of(kinds: &[(Kind, &str)]) -> Capture {
    let mut tables = Tables::default();
    for (kind, text) in [(Kind::People, PEOPLE), (Kind::EscrowMedia, ESCROW_MEDIA)]
        .iter()
        .chain(kinds)
    {
        let text: Arc<str> = Arc::from(*text);
        tables
            .read(*kind, text, Layout::Array, kind.name())
            .unwrap();
    }
    let reading = SourceReading {
        connector: "directory".to_owned(),
        captured_at: at(0),
        missing: None,
    };
    let readings = SourceSystem::ALL.map(|source| (source, reading.clone()));
    Capture::freeze(tables, BTreeMap::from(readings)).unwrap()
}

pub(crate) fn capture() -> Capture {
    capture_of(&[])
}

pub(crate) fn library() -> LibrarySnapshot {
    let files = [("kc-1.yaml", "id: KC-1\n"), ("policy.yaml", "cycle: P6M\n")];
    LibrarySnapshot {
        digest: Digest::of_bytes(b"library"),
        version: "1.0".to_owned(),
        files: files
            .map(|(name, text)| (name.to_owned(), text.to_owned()))
            .into(),
    }
}

/// The instant `minutes` into the day of the review.
pub(crate) fn at(minutes: u32) -> Instant {
    Instant::parse(&format!(
        "2026-12-01T{:02}:{:02}:00Z",
        minutes / 60,
        minutes % 60
    ))
    .unwrap()
}

/// A store in a folder of its own.
pub(crate) async fn store() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("custody.db"))
        .await
        .unwrap();
    (folder, store)
}

/// A store that holds the usual capture and library.
pub(crate) async fn prepared_store() -> (TempDir, Store) {
    let (folder, store) = store().await;
    store.put_capture(&capture(), "p-ana", at(1)).await.unwrap();
    store.put_library(&library(), "p-ana", at(1)).await.unwrap();
    (folder, store)
}

pub(crate) fn scope() -> ReviewScope {
    let time = |text| Instant::parse(text).unwrap();
    ReviewScope {
        cycle: "2026-H2".to_owned(),
        as_of: at(0),
        period: ReviewPeriod {
            from: time("2026-07-01T00:00:00Z"),
            to: time("2027-01-01T00:00:00Z"),
        },
    }
}

pub(crate) fn new_run(run_key: &str) -> NewRun {
    NewRun {
        run_key: run_key.to_owned(),
        capture: capture().digest(),
        library: library().digest,
        scope: scope(),
        model: "offline".to_owned(),
        prompts: [("system".to_owned(), Digest::of_bytes(b"prompt"))].into(),
        prepared_by: "p-ana".to_owned(),
        started_at: at(2),
    }
}

/// A packet prepared by Ana, whose body is told apart by `body`.
pub(crate) fn new_packet(body: &str) -> NewPacket {
    let fault = DraftFault {
        code: FaultCode::StatusMismatch,
        requirement: Some("KC-3".to_owned()),
        path: "/requirements/0/status".to_owned(),
        message: "the rules say `stale`".to_owned(),
    };
    NewPacket {
        contents: PacketContents {
            scope: scope(),
            as_of_origin: AsOfOrigin::Given,
            digest: Digest::of_bytes(format!("{body} as of {}", at(0)).as_bytes()),
            content_key: Digest::of_bytes(body.as_bytes()),
            posture: Disposition::Remediate,
            capture: capture().digest(),
            library: library().digest,
            draft: Some(json!({ "posture": "remediate", "summary": body })),
            rejected_drafts: vec![RejectedDraft {
                draft: json!({ "posture": "approve" }),
                faults: vec![fault],
            }],
            outcome: ValidationOutcome::Accepted,
            rounds: 2,
            reason: Some("a reason".to_owned()),
            provenance: Provenance {
                model: "offline".to_owned(),
                prompts: BTreeMap::new(),
                tool_calls: 23,
                tokens: TokenCount::default(),
                prepared_by: "p-ana".to_owned(),
                endpoint_profile: None,
            },
            run: None,
        },
        created_at: at(10),
    }
}
