//! Evidence that can be changed before it is frozen: the records of a base scenario as JSON.
//!
//! A change touches the tables of its kinds alone, so that many small variants of one scenario
//! are cheap. What does not fit a record's form is refused as it is from a source.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use custody_controls::capture::{Capture, SourceReading, Tables};
use custody_controls::fault::Faults;
use custody_controls::instant::Instant;
use custody_controls::kind::{ArtifactId, Kind, SourceSystem};
use custody_controls::table::Layout;
use serde_json::Value;

/// The records of one scenario, as they are or changed.
#[derive(Clone)]
pub struct Evidence {
    records: BTreeMap<Kind, Arc<Vec<Value>>>,
    // INVARIANT: holds what `records` hold of every kind that is not in `changed`.
    tables: Arc<Tables>,
    changed: BTreeSet<Kind>,
    readings: Arc<BTreeMap<SourceSystem, SourceReading>>,
}

// It is evidence: only the count may reach a log.
impl std::fmt::Debug for Evidence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Evidence({} records)", self.len())
    }
}

impl Evidence {
    /// The evidence of a capture.
    #[must_use]
    pub fn of(capture: &Capture) -> Self {
        let mut records: BTreeMap<Kind, Vec<Value>> = Kind::ALL
            .into_iter()
            .map(|kind| (kind, Vec::new()))
            .collect();
        for at in capture.records() {
            records.entry(at.kind).or_default().push(capture.json(at));
        }
        Self {
            records: records
                .into_iter()
                .map(|(kind, list)| (kind, Arc::new(list)))
                .collect(),
            tables: Arc::new(capture.tables().clone()),
            changed: BTreeSet::new(),
            readings: Arc::new(capture.readings().clone()),
        }
    }

    /// How many records there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.records.values().map(|list| list.len()).sum()
    }

    /// Whether there is no record.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The records of one kind.
    #[must_use]
    pub fn of_kind(&self, kind: Kind) -> &[Value] {
        self.records.get(&kind).map_or(&[], |list| list.as_slice())
    }

    /// The records of one kind, to be changed.
    pub fn change(&mut self, kind: Kind) -> &mut Vec<Value> {
        self.changed.insert(kind);
        Arc::make_mut(self.records.entry(kind).or_default())
    }

    /// The record with this artifact id.
    #[must_use]
    pub fn find(&self, artifact: &ArtifactId) -> Option<&Value> {
        let mut list = self.of_kind(artifact.kind()).iter();
        list.find(|record| has_id(record, artifact.id()))
    }

    /// The record with this artifact id, to be changed.
    pub fn change_record(&mut self, artifact: &ArtifactId) -> Option<&mut Value> {
        self.find(artifact)?;
        let mut list = self.change(artifact.kind()).iter_mut();
        list.find(|record| has_id(record, artifact.id()))
    }

    /// Takes a record away; whether it was there.
    pub fn remove(&mut self, artifact: &ArtifactId) -> bool {
        if self.find(artifact).is_none() {
            return false;
        }
        self.change(artifact.kind())
            .retain(|record| !has_id(record, artifact.id()));
        true
    }

    /// Keeps the records of which `keep` says so.
    pub fn retain(&mut self, keep: impl Fn(Kind, &Value) -> bool) {
        for kind in Kind::ALL {
            let stays = |record: &Value| keep(kind, record);
            if !self.of_kind(kind).iter().all(stays) {
                self.change(kind).retain(stays);
            }
        }
    }

    /// Moves the times of reading to `at`.
    #[must_use]
    pub fn read_at(mut self, at: Instant) -> Self {
        for reading in Arc::make_mut(&mut self.readings).values_mut() {
            reading.captured_at = at;
        }
        self
    }

    /// Freezes the records into a capture.
    ///
    /// # Errors
    /// Every record that does not fit its form.
    pub fn freeze(&self) -> Result<Capture, Faults> {
        let mut tables = Tables::clone(&self.tables);
        let mut faults = Vec::new();
        for kind in &self.changed {
            let text = serde_json::to_string(self.of_kind(*kind)).unwrap_or_default();
            let read = tables.read(*kind, Arc::from(text), Layout::Array, kind.name());
            faults.extend(read.err().unwrap_or_default());
        }
        Faults::none_in(faults)?;
        Capture::freeze(tables, BTreeMap::clone(&self.readings))
    }
}

/// A record's own id.
#[must_use]
pub fn id_of(record: &Value) -> &str {
    record.get("id").and_then(Value::as_str).unwrap_or_default()
}

fn has_id(record: &Value, id: &str) -> bool {
    id_of(record) == id
}
