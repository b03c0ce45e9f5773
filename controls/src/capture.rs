//! The frozen, digest-addressed set of all records that one review runs on.
//!
//! A capture is made once from what the sources yielded, and never changes. It does not
//! know how records were fetched and judges nothing.

mod file;
mod tables;
mod value;

use std::collections::BTreeMap;

use serde_json::Value;

pub use file::{CaptureFileError, read_capture, write_capture};
pub use tables::{Tables, record_fields, record_schema};

use crate::fault::{Fault, Faults};
use crate::instant::Instant;
use crate::json::{Digest, Hasher};
use crate::kind::{ArtifactId, Kind, SourceSystem};
use crate::people::PeopleDirectory;
use crate::record::{Object, Person};
use crate::table::AnyTable;

/// One record of a capture, by kind and row. Only meaningful for the capture it came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordAt {
    /// The record's kind.
    pub kind: Kind,
    /// Its row in that kind's table, which is ordered by id.
    pub row: u32,
}

/// How one source was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceReading {
    /// The connector's name, as `directory`.
    pub connector: String,
    /// When it was read. No digest covers it.
    pub captured_at: Instant,
    /// Why nothing could be read, where a missing source was allowed.
    pub missing: Option<String>,
}

/// Everything one review is judged on.
#[derive(Debug, Clone)]
pub struct Capture {
    tables: Tables,
    readings: BTreeMap<SourceSystem, SourceReading>,
    directory: PeopleDirectory,
    digest: Digest,
}

impl Capture {
    /// Freezes what the sources yielded.
    ///
    /// # Errors
    /// Returns the faults that only show when all records are together: shared aliases,
    /// a source that no reading speaks of.
    pub fn freeze(
        tables: Tables,
        readings: BTreeMap<SourceSystem, SourceReading>,
    ) -> Result<Self, Faults> {
        let mut faults: Vec<Fault> = SourceSystem::ALL
            .into_iter()
            .filter(|source| !readings.contains_key(source))
            .map(|source| Fault {
                source,
                file: None,
                record: None,
                field: None,
                reason: "was not read".to_owned(),
            })
            .collect();
        let directory = PeopleDirectory::index(&tables.people, "people").unwrap_or_else(|found| {
            faults.extend(found);
            PeopleDirectory::default()
        });
        Faults::none_in(faults)?;
        let digest = digest_of(&tables, &readings);
        Ok(Self {
            tables,
            readings,
            directory,
            digest,
        })
    }

    /// SHA-256 over the canonical JSON of all record digests by artifact id, and the missing sources.
    #[must_use]
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// The typed tables.
    #[must_use]
    pub const fn tables(&self) -> &Tables {
        &self.tables
    }

    /// The table of one kind.
    #[must_use]
    pub fn table(&self, kind: Kind) -> &dyn AnyTable {
        self.tables.of(kind)
    }

    /// How each source was read.
    #[must_use]
    pub const fn readings(&self) -> &BTreeMap<SourceSystem, SourceReading> {
        &self.readings
    }

    /// Whether `source` could not be read and the review goes on without it.
    #[must_use]
    pub fn is_missing(&self, source: SourceSystem) -> bool {
        self.readings
            .get(&source)
            .is_some_and(|reading| reading.missing.is_some())
    }

    /// How many records there are in all.
    #[must_use]
    pub fn len(&self) -> usize {
        Kind::ALL
            .into_iter()
            .map(|kind| self.table(kind).count())
            .sum()
    }

    /// Whether there is no record at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Every record, in artifact-id order.
    pub fn records(&self) -> impl Iterator<Item = RecordAt> + '_ {
        Kind::ALL.into_iter().flatten_records(self)
    }

    /// The record with this artifact id.
    #[must_use]
    pub fn find(&self, artifact: &ArtifactId) -> Option<RecordAt> {
        let row = self.table(artifact.kind()).row_of(artifact.id())?;
        Some(RecordAt {
            kind: artifact.kind(),
            row,
        })
    }

    /// The artifact id of a record.
    #[must_use]
    pub fn artifact(&self, at: RecordAt) -> ArtifactId {
        ArtifactId::new(at.kind, self.id(at))
    }

    /// The record's own id.
    #[must_use]
    pub fn id(&self, at: RecordAt) -> &str {
        self.table(at.kind).id(at.row).unwrap_or_default()
    }

    /// The record's fields.
    #[must_use]
    pub fn object(&self, at: RecordAt) -> Option<&dyn Object> {
        self.table(at.kind).object(at.row)
    }

    /// The record as JSON, with the members that the source gave it.
    #[must_use]
    pub fn json(&self, at: RecordAt) -> Value {
        // The text was parsed strictly when the table was read.
        self.table(at.kind)
            .text(at.row)
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_default()
    }

    /// The value at `pointer` (RFC 6901) in a record, as the source wrote it.
    #[must_use]
    pub fn value_at(&self, at: RecordAt, pointer: &str) -> Option<Value> {
        let table = self.table(at.kind);
        value::value_at(table.text(at.row)?, table.object(at.row)?, pointer)
    }

    /// SHA-256 over the record's canonical JSON.
    #[must_use]
    pub fn record_digest(&self, at: RecordAt) -> Option<Digest> {
        self.table(at.kind).digest(at.row)
    }

    /// Where a person opens the original.
    #[must_use]
    pub fn source_url(&self, at: RecordAt) -> Option<&str> {
        self.table(at.kind).source_url(at.row)
    }

    /// Whether a record is seen at `as_of`: its own time is not after it.
    #[must_use]
    pub fn is_seen(&self, at: RecordAt, as_of: Instant) -> bool {
        self.table(at.kind)
            .own_time(at.row)
            .is_none_or(|time| time <= as_of)
    }

    /// The row in `tables().people` of the person whom `reference` (id or alias) names.
    #[must_use]
    pub fn resolve_person(&self, reference: &str) -> Option<u32> {
        self.directory.resolve(&self.tables.people, reference)
    }

    /// The person whom `reference` (id or alias) names.
    #[must_use]
    pub fn person(&self, reference: &str) -> Option<&Person> {
        self.tables.people.get(self.resolve_person(reference)?)
    }
}

trait FlattenRecords: Iterator<Item = Kind> + Sized {
    fn flatten_records(self, capture: &Capture) -> impl Iterator<Item = RecordAt> {
        self.flat_map(|kind| {
            let count = u32::try_from(capture.table(kind).count()).unwrap_or(u32::MAX);
            (0..count).map(move |row| RecordAt { kind, row })
        })
    }
}

impl<I: Iterator<Item = Kind>> FlattenRecords for I {}

/// Streams `{"missing":[…],"records":{artifact id: digest, …}}`, which is canonical as written:
/// artifact ids are ASCII without escapes, and come in order.
fn digest_of(tables: &Tables, readings: &BTreeMap<SourceSystem, SourceReading>) -> Digest {
    let mut hasher = Hasher::default();
    let missing: Vec<Value> = readings
        .iter()
        .filter(|(_, reading)| reading.missing.is_some())
        .map(|(source, _)| Value::from(source.name()))
        .collect();
    hasher.raw(br#"{"missing":"#);
    hasher.canonical(&Value::from(missing));
    hasher.raw(br#","records":{"#);
    let mut separator = "";
    for kind in Kind::ALL {
        let table = tables.of(kind);
        for row in 0..u32::try_from(table.count()).unwrap_or(u32::MAX) {
            if let (Some(id), Some(digest)) = (table.id(row), table.digest(row)) {
                hasher.raw(format!(r#"{separator}"{kind}/{id}":"{digest}""#).as_bytes());
                separator = ",";
            }
        }
    }
    hasher.raw(b"}}");
    hasher.finish()
}
