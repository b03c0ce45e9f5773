//! Reads the five source systems side by side and freezes what they yield.
//!
//! It owns how a source's failure is reported, and knows no protocol: each connector is one
//! file below. Nothing here or below writes to a source, or reads a clock.

pub mod credential;
pub mod directory;
mod http;
mod overlay;
pub mod pkcs11;
pub mod scim;
pub mod tuf;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use custody_controls::capture::{Capture, SourceReading, Tables};
use custody_controls::fault::{Fault, Faults};
use custody_controls::instant::Instant;
use custody_controls::kind::{Kind, SourceSystem};
use futures::future::join_all;

/// A way to read one source system.
///
/// A connector yields records and nothing else: it has no method that could change a source.
pub trait Connector: fmt::Debug + Send + Sync {
    /// The name in configuration and packets, as `directory`.
    fn name(&self) -> &'static str;

    /// Reads every record of `source`. May block: it is called on a thread of its own.
    ///
    /// A source that keeps its history is read as it stood at `as_of`. One that keeps only its
    /// present is read as it is: the rules leave out what is from after `as_of`.
    ///
    /// # Errors
    /// Returns every fault found in the source, with the warnings that came up besides.
    fn read(&self, source: SourceSystem, as_of: Instant) -> Result<SourceEvidence, SourceError>;

    /// Whether the source answers, and whether what it is read with could change it. May block.
    ///
    /// Looks and asks; it never tries a write.
    fn standing(&self, source: SourceSystem) -> Standing;
}

/// How a connector stands towards its source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// `None` where the source answers; else why it does not.
    pub unreachable: Option<String>,
    /// Whether the credential, or the account that reads, could write.
    pub write_access: WriteAccess,
}

/// Whether what a source is read with could change it. Each says how that is known.
///
/// custody changes nothing either way; a credential that cannot write makes that certain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WriteAccess {
    /// It could not.
    None(String),
    /// It could.
    Possible(String),
    /// The source does not tell.
    Unknown(String),
}

/// What a connector read from one source.
#[derive(Debug, Default)]
pub struct SourceEvidence {
    /// The records; only the tables of the source's own kinds are looked at.
    pub tables: Tables,
    /// Where each kind's records came from, as faults are to name it: `people.json`.
    pub read_from: BTreeMap<Kind, String>,
    /// What a person should know, though it stops nothing.
    pub warnings: Vec<String>,
}

/// Why a source could not be read.
#[derive(Debug, thiserror::Error)]
#[error("{faults}")]
pub struct SourceError {
    /// Every fault found.
    pub faults: Faults,
    /// What else a person should know.
    pub warnings: Vec<String>,
}

/// The configured connectors. A source that is absent is not configured.
pub type Connectors = BTreeMap<SourceSystem, Arc<dyn Connector>>;

/// What to do about a source that cannot be read, does not fit or is not configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MissingSource {
    /// Stop, with every fault of every source.
    Refuse,
    /// Go on without it; the capture says that it is missing.
    Allow,
}

/// How the reading of sources goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceProgress {
    /// A connector has begun.
    Started {
        /// The source.
        source: SourceSystem,
        /// The connector's name.
        connector: &'static str,
    },
    /// All records of a source are read.
    Finished {
        /// The source.
        source: SourceSystem,
        /// How many records it yielded.
        records: usize,
    },
    /// A source could not be read, does not fit or is not configured.
    Failed {
        /// The source.
        source: SourceSystem,
        /// How many faults were found.
        faults: usize,
    },
}

/// A frozen capture, and what came up while it was made.
#[derive(Debug)]
pub struct Captured {
    /// The capture.
    pub capture: Capture,
    /// Warnings for people, by source.
    pub warnings: Vec<String>,
}

/// Why there is no capture: every fault of every source.
#[derive(Debug, thiserror::Error)]
#[error("{faults}")]
pub struct CaptureError {
    /// Every fault found.
    pub faults: Faults,
    /// Warnings for people, by source.
    pub warnings: Vec<String>,
}

/// Reads all sources at the same time, as they stood at `as_of`, and freezes what they yield.
///
/// # Errors
/// Unless missing sources are allowed, returns every fault of every source at once.
pub async fn capture(
    connectors: &Connectors,
    as_of: Instant,
    captured_at: Instant,
    missing: MissingSource,
    progress: impl Fn(SourceProgress),
) -> Result<Captured, CaptureError> {
    let reads = SourceSystem::ALL.map(|source| {
        let connector = connectors.get(&source).cloned();
        read_source(source, connector, as_of, captured_at, &progress)
    });
    let mut gathered = Gathered::default();
    for (source, read) in SourceSystem::ALL.into_iter().zip(join_all(reads).await) {
        let connector = connectors
            .get(&source)
            .map_or(NOT_CONFIGURED, |connector| connector.name());
        let absence = gathered.take(source, read, missing);
        let reading = SourceReading {
            connector: connector.to_owned(),
            captured_at,
            missing: absence,
        };
        gathered.readings.insert(source, reading);
    }
    gathered.freeze()
}

const NOT_CONFIGURED: &str = "none";

/// How each configured connector stands towards its source. All are asked at the same time.
pub async fn standings(connectors: &Connectors) -> BTreeMap<SourceSystem, Standing> {
    let asked = connectors.iter().map(|(source, connector)| {
        let (source, connector) = (*source, Arc::clone(connector));
        async move {
            let standing = tokio::task::spawn_blocking(move || connector.standing(source)).await;
            let standing = standing.unwrap_or_else(|_| Standing {
                unreachable: Some("its reader stopped half-way".to_owned()),
                write_access: WriteAccess::Unknown("its reader stopped half-way".to_owned()),
            });
            (source, standing)
        }
    });
    join_all(asked).await.into_iter().collect()
}

/// Reads one source on a thread of its own, and tells how it goes.
async fn read_source(
    source: SourceSystem,
    connector: Option<Arc<dyn Connector>>,
    as_of: Instant,
    captured_at: Instant,
    progress: &impl Fn(SourceProgress),
) -> Result<SourceEvidence, SourceError> {
    let read = match connector {
        None => Err(fault_of(source, "is not configured")),
        Some(connector) => {
            progress(SourceProgress::Started {
                source,
                connector: connector.name(),
            });
            let read = move || {
                let evidence = connector.read(source, as_of)?;
                check_people(source, evidence, captured_at)
            };
            tokio::task::spawn_blocking(read)
                .await
                .unwrap_or_else(|_| Err(fault_of(source, "its reader stopped half-way")))
        }
    };
    progress(match &read {
        Ok(evidence) => SourceProgress::Finished {
            source,
            records: count(source, &evidence.tables),
        },
        Err(error) => SourceProgress::Failed {
            source,
            faults: error.faults.as_slice().len(),
        },
    });
    read
}

fn count(source: SourceSystem, tables: &Tables) -> usize {
    source.kinds().map(|kind| tables.of(kind).count()).sum()
}

fn fault_of(source: SourceSystem, reason: &str) -> SourceError {
    let fault = Fault {
        source,
        file: None,
        record: None,
        field: None,
        reason: reason.to_owned(),
    };
    SourceError {
        faults: fault.into(),
        warnings: Vec::new(),
    }
}

/// Faults that only show when all people are together (shared aliases) count as faults of the
/// source that holds the people, so that they are reported with the others and not after them.
fn check_people(
    source: SourceSystem,
    evidence: SourceEvidence,
    captured_at: Instant,
) -> Result<SourceEvidence, SourceError> {
    if source != Kind::People.source() {
        return Ok(evidence);
    }
    let people_alone = Tables {
        people: evidence.tables.people.clone(),
        ..Tables::default()
    };
    let none_missing = SourceSystem::ALL.map(|source| {
        let reading = SourceReading {
            connector: String::new(),
            captured_at,
            missing: None,
        };
        (source, reading)
    });
    match Capture::freeze(people_alone, BTreeMap::from(none_missing)) {
        Ok(_) => Ok(evidence),
        Err(faults) => Err(SourceError {
            faults: match evidence.read_from.get(&Kind::People) {
                Some(file) => renamed(faults, file),
                None => faults,
            },
            warnings: evidence.warnings,
        }),
    }
}

/// The same faults under the name of the file that the people were read from.
fn renamed(faults: Faults, file: &str) -> Faults {
    let under_file = faults.clone().into_vec().into_iter().map(|fault| Fault {
        file: Some(file.to_owned()),
        ..fault
    });
    Faults::none_in(under_file.collect())
        .err()
        .unwrap_or(faults)
}

/// What the sources yielded so far.
#[derive(Default)]
struct Gathered {
    tables: Tables,
    readings: BTreeMap<SourceSystem, SourceReading>,
    faults: Vec<Fault>,
    warnings: Vec<String>,
}

impl Gathered {
    /// Takes in what one source yielded; says why it is missing, where that is allowed.
    fn take(
        &mut self,
        source: SourceSystem,
        read: Result<SourceEvidence, SourceError>,
        missing: MissingSource,
    ) -> Option<String> {
        match (read, missing) {
            (Ok(evidence), MissingSource::Refuse | MissingSource::Allow) => {
                self.tables.take_source(source, evidence.tables);
                self.warnings.extend(evidence.warnings);
                None
            }
            (Err(error), MissingSource::Refuse) => {
                self.faults.extend(error.faults.into_vec());
                self.warnings.extend(error.warnings);
                None
            }
            (Err(error), MissingSource::Allow) => {
                let faults = error.faults.as_slice();
                self.warnings.extend(faults.iter().map(Fault::to_string));
                let absence = absence_of(faults);
                self.warnings.extend(error.warnings);
                Some(absence)
            }
        }
    }

    fn freeze(self) -> Result<Captured, CaptureError> {
        let warnings = self.warnings;
        let frozen =
            Faults::none_in(self.faults).and_then(|()| Capture::freeze(self.tables, self.readings));
        match frozen {
            Ok(capture) => Ok(Captured { capture, warnings }),
            Err(faults) => Err(CaptureError { faults, warnings }),
        }
    }
}

/// Why a source is missing, in one line without any folder's path: packets show it.
fn absence_of(faults: &[Fault]) -> String {
    let first = faults.first().map_or("", |fault| fault.reason.as_str());
    match faults.len() {
        0 | 1 => first.to_owned(),
        2 => format!("{first}, and 1 more fault"),
        many => format!("{first}, and {} more faults", many - 1),
    }
}

#[cfg(test)]
#[path = "source/capture_tests.rs"]
mod capture_tests;
