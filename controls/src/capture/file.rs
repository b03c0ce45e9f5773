//! The capture file: one JSON document that holds every record as its source gave it.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write};
use std::sync::Arc;

use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::{Capture, SourceReading, Tables};
use crate::fault::Faults;
use crate::instant::Instant;
use crate::json::Digest;
use crate::kind::{Kind, SourceSystem};
use crate::table::Layout;

const SCHEMA: &str = "custody/capture/v1";

/// Why a capture file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CaptureFileError {
    /// It is not a capture.
    #[error("not a capture file: {0}")]
    Malformed(String),
    /// A record in it does not fit.
    #[error("{0}")]
    Faults(#[from] Faults),
    /// What it holds is not what its digest says.
    #[error("the capture was altered: its records have digest {found}, the file says {stated}")]
    Altered {
        /// The digest that the file states.
        stated: Digest,
        /// The digest of what it holds.
        found: Digest,
    },
}

/// Writes `capture` as one JSON document, ending in a line feed.
///
/// # Errors
/// Passes on what `out` fails with.
pub fn write_capture(capture: &Capture, out: &mut impl Write) -> io::Result<()> {
    write!(
        out,
        "{{\"schema\":\"{SCHEMA}\",\"digest\":\"{}\",\"sources\":[",
        capture.digest()
    )?;
    for (index, (source, reading)) in capture.readings().iter().enumerate() {
        let separator = if index == 0 { "" } else { "," };
        write!(
            out,
            "{separator}\n{{\"source\":{},\"connector\":{},\"captured_at\":{},\"missing\":{},\"records\":{{",
            serde_json::to_string(source)?,
            serde_json::to_string(&reading.connector)?,
            serde_json::to_string(&reading.captured_at)?,
            serde_json::to_string(&reading.missing)?,
        )?;
        for (index, kind) in source.kinds().enumerate() {
            let separator = if index == 0 { "" } else { "," };
            write!(out, "{separator}\n\"{}\":[", kind.name())?;
            let table = capture.table(kind);
            for row in 0..u32::try_from(table.count()).unwrap_or(u32::MAX) {
                let separator = if row == 0 { "\n" } else { ",\n" };
                write!(out, "{separator}{}", table.text(row).unwrap_or("null"))?;
            }
            write!(out, "]")?;
        }
        write!(out, "}}}}")?;
    }
    writeln!(out, "]}}")
}

/// Reads a capture from the text of its file, holding every record to the same rules as a live source,
/// and the whole to its digest.
///
/// # Errors
/// Says what does not fit, every faulty record at once.
pub fn read_capture(text: &str) -> Result<Capture, CaptureFileError> {
    let file: CaptureFile<'_> = serde_json::from_str(text)
        .map_err(|error| CaptureFileError::Malformed(error.to_string()))?;
    if file.schema != SCHEMA {
        return Err(CaptureFileError::Malformed(format!(
            "schema `{}` is not `{SCHEMA}`",
            file.schema
        )));
    }
    let mut tables = Tables::default();
    let mut readings = BTreeMap::new();
    let mut faults = Vec::new();
    for entry in file.sources {
        let source = entry.source;
        for (name, records) in entry.records.0 {
            let kind = source
                .kinds()
                .find(|kind: &Kind| kind.name() == name)
                .ok_or_else(|| {
                    CaptureFileError::Malformed(format!(
                        "source `{source}` has no record kind `{name}`"
                    ))
                })?;
            let read = tables.read(kind, Arc::from(records.get()), Layout::Array, kind.name());
            faults.extend(read.err().unwrap_or_default());
        }
        let reading = SourceReading {
            connector: entry.connector,
            captured_at: entry.captured_at,
            missing: entry.missing,
        };
        if readings.insert(source, reading).is_some() {
            return Err(CaptureFileError::Malformed(format!(
                "source `{source}` stands twice"
            )));
        }
    }
    Faults::none_in(faults)?;
    let capture = Capture::freeze(tables, readings)?;
    if capture.digest() == file.digest {
        Ok(capture)
    } else {
        Err(CaptureFileError::Altered {
            stated: file.digest,
            found: capture.digest(),
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaptureFile<'a> {
    schema: String,
    digest: Digest,
    #[serde(borrow)]
    sources: Vec<CapturedSource<'a>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CapturedSource<'a> {
    source: SourceSystem,
    connector: String,
    captured_at: Instant,
    missing: Option<String>,
    #[serde(borrow)]
    records: RecordsByKind<'a>,
}

/// Members in file order, each once.
struct RecordsByKind<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for RecordsByKind<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = RecordsByKind<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("records by kind")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
                let mut found: Vec<(String, &'de RawValue)> = Vec::new();
                while let Some((name, records)) = members.next_entry::<String, &'de RawValue>()? {
                    if found.iter().any(|(known, _)| *known == name) {
                        return Err(de::Error::custom(format_args!("duplicate member `{name}`")));
                    }
                    found.push((name, records));
                }
                Ok(RecordsByKind(found))
            }
        }
        deserializer.deserialize_map(Members)
    }
}
