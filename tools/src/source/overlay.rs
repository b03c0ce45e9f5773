//! Puts what a live system says over a registry that is kept in files.
//!
//! A live system knows a part of what a record must say. The rest stands in a folder of the
//! `directory` form. It decides nothing about which of the two is right.

use std::path::Path;
use std::sync::Arc;

use custody_controls::fault::{Fault, Faults};
use custody_controls::instant::Instant;
use custody_controls::kind::{Kind, SourceSystem};
use custody_controls::table::Layout;
use serde_json::Value;

use super::directory::Directory;
use super::{Connector as _, SourceError, SourceEvidence};

/// A registry's evidence with what came up so far.
#[derive(Debug)]
pub(super) struct Overlay {
    source: SourceSystem,
    pub(super) evidence: SourceEvidence,
    faults: Vec<Fault>,
}

impl Overlay {
    /// Reads the registry of `source` in `folder`. Its faults are kept with those still to come.
    pub(super) fn of_registry(source: SourceSystem, folder: &Path, as_of: Instant) -> Self {
        let (evidence, faults) = match Directory::new(folder).read(source, as_of) {
            Ok(evidence) => (evidence, Vec::new()),
            Err(error) => {
                let evidence = SourceEvidence {
                    warnings: error.warnings,
                    ..SourceEvidence::default()
                };
                (evidence, error.faults.into_vec())
            }
        };
        Self {
            source,
            evidence,
            faults,
        }
    }

    /// Whether nothing is amiss so far. What lies over a registry that could not be read means
    /// nothing: all of it would seem unknown.
    pub(super) fn is_sound(&self) -> bool {
        self.faults.is_empty()
    }

    /// The records of one kind as they stand.
    pub(super) fn records(&self, kind: Kind) -> Vec<Value> {
        let table = self.evidence.tables.of(kind);
        let rows = 0..u32::try_from(table.count()).unwrap_or(u32::MAX);
        rows.filter_map(|row| serde_json::from_str(table.text(row)?).ok())
            .collect()
    }

    /// Takes `records` for all of their kind. `place` names them in faults.
    pub(super) fn replace(&mut self, kind: Kind, records: Vec<Value>, place: &str) {
        let text = Arc::from(Value::Array(records).to_string());
        let read = self.evidence.tables.read(kind, text, Layout::Array, place);
        self.evidence.read_from.insert(kind, place.to_owned());
        self.faults.extend(read.err().unwrap_or_default());
    }

    pub(super) fn fault(&mut self, place: &str, reason: impl Into<String>) {
        self.faults.push(Fault::of_file(self.source, place, reason));
    }

    pub(super) fn faults(&mut self, faults: impl IntoIterator<Item = Fault>) {
        self.faults.extend(faults);
    }

    pub(super) fn warn(&mut self, what: &str) {
        let warning = format!("source `{}`: {what}", self.source);
        self.evidence.warnings.push(warning);
    }

    /// The evidence, or every fault.
    pub(super) fn finish(self) -> Result<SourceEvidence, SourceError> {
        match Faults::none_in(self.faults) {
            Ok(()) => Ok(self.evidence),
            Err(faults) => Err(SourceError {
                faults,
                warnings: self.evidence.warnings,
            }),
        }
    }
}

/// `text` for a fault or a warning: bounded, and without characters that steer a terminal.
pub(super) fn shown(text: &str) -> String {
    const LONGEST: usize = 200;
    let cut: String = text.chars().take(LONGEST).collect();
    let mark = if cut.len() < text.len() { "…" } else { "" };
    format!("{}{mark}", cut.escape_debug())
}
