//! All records of one kind: typed, ordered by id, each with its source text and digest.

use std::sync::Arc;

use serde::de::{SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::fault::Fault;
use crate::instant::Instant;
use crate::json::{self, Digest};
use crate::kind::is_identifier;
use crate::record::{Object, Record};
use crate::shape;

/// The largest file that is read: 256 MB, that is 256 × 10⁶ bytes.
pub const MAX_FILE_BYTES: u64 = 256_000_000;

/// How a file lists its records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// One JSON array.
    Array,
    /// One JSON object per line.
    Lines,
}

#[derive(Debug, Clone)]
struct Row<T> {
    record: T,
    // Where the record stands in the table's text. Files are under 256 MB, so 32 bits hold it.
    start: u32,
    end: u32,
    digest: Digest,
}

/// All records of one kind, ordered by id.
#[derive(Clone)]
pub struct Table<T> {
    // INVARIANT: sorted by id, ids unique.
    rows: Vec<Row<T>>,
    text: Arc<str>,
}

// The text is evidence: only the count may reach a log.
impl<T> std::fmt::Debug for Table<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Table({} records)", self.rows.len())
    }
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            text: Arc::from(""),
        }
    }
}

impl<T: Record> Table<T> {
    /// Reads all records of a file's text.
    ///
    /// `file` is the name to report faults under.
    ///
    /// # Errors
    /// Returns every fault found; nothing is kept of a file with faults.
    pub fn read(text: Arc<str>, layout: Layout, file: &str) -> Result<Self, Vec<Fault>> {
        let mut reader = Reader::<T> {
            file,
            rows: Vec::new(),
            faults: Vec::new(),
        };
        match layout {
            Layout::Array => reader.read_array(&text),
            Layout::Lines => reader.read_lines(&text),
        }
        reader.refuse_duplicates();
        reader.rows.shrink_to_fit();
        if reader.faults.is_empty() {
            Ok(Self {
                rows: reader.rows,
                text,
            })
        } else {
            Err(reader.faults)
        }
    }

    /// How many records there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The record at `row`.
    #[must_use]
    pub fn get(&self, row: u32) -> Option<&T> {
        self.rows.get(row as usize).map(|row| &row.record)
    }

    /// The row of the record with this id, compared byte for byte.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<u32> {
        let row = self
            .rows
            .binary_search_by(|row| row.record.id().cmp(id))
            .ok()?;
        u32::try_from(row).ok()
    }

    /// All rows and records, by id.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        (0_u32..).zip(self.rows.iter().map(|row| &row.record))
    }
}

/// A table whatever its kind.
pub trait AnyTable: std::fmt::Debug + Send + Sync {
    /// How many records there are.
    fn count(&self) -> usize;
    /// The row of the record with this id.
    fn row_of(&self, id: &str) -> Option<u32>;
    /// The id of the record at `row`.
    fn id(&self, row: u32) -> Option<&str>;
    /// The record's fields.
    fn object(&self, row: u32) -> Option<&dyn Object>;
    /// The record's own time.
    fn own_time(&self, row: u32) -> Option<Instant>;
    /// Where a person opens the original.
    fn source_url(&self, row: u32) -> Option<&str>;
    /// The record's JSON text, byte for byte as the source gave it.
    fn text(&self, row: u32) -> Option<&str>;
    /// SHA-256 over the record's canonical JSON.
    fn digest(&self, row: u32) -> Option<Digest>;
}

impl<T: Record> AnyTable for Table<T> {
    fn count(&self) -> usize {
        self.len()
    }
    fn row_of(&self, id: &str) -> Option<u32> {
        self.find(id)
    }
    fn id(&self, row: u32) -> Option<&str> {
        self.get(row).map(Record::id)
    }
    fn object(&self, row: u32) -> Option<&dyn Object> {
        self.get(row).map(|record| record as &dyn Object)
    }
    fn own_time(&self, row: u32) -> Option<Instant> {
        self.get(row).and_then(Record::own_time)
    }
    fn source_url(&self, row: u32) -> Option<&str> {
        self.get(row).and_then(Record::source_url)
    }
    fn text(&self, row: u32) -> Option<&str> {
        let row = self.rows.get(row as usize)?;
        self.text.get(row.start as usize..row.end as usize)
    }
    fn digest(&self, row: u32) -> Option<Digest> {
        self.rows.get(row as usize).map(|row| row.digest)
    }
}

struct Reader<'f, T> {
    file: &'f str,
    rows: Vec<Row<T>>,
    faults: Vec<Fault>,
}

impl<T: Record> Reader<'_, T> {
    fn read_array(&mut self, text: &str) {
        struct Elements<'r, 'f, 't, T>(&'r mut Reader<'f, T>, &'t str);
        impl<'de, T: Record> Visitor<'de> for Elements<'_, '_, '_, T> {
            type Value = ();
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an array of records")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
                let mut position = 0;
                while let Some(raw) = elements.next_element::<&'de RawValue>()? {
                    position += 1;
                    self.0.read_record(self.1, raw.get(), position);
                }
                Ok(())
            }
        }
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let read = serde::Deserializer::deserialize_seq(&mut deserializer, Elements(self, text))
            .and_then(|()| deserializer.end());
        if let Err(error) = read {
            let reason = if error.is_data() {
                "must be an array of records".to_owned()
            } else {
                format!("bad JSON: {error}")
            };
            self.fault(None, None, reason);
        }
    }

    fn read_lines(&mut self, text: &str) {
        for (index, line) in text.lines().enumerate() {
            let record = line.trim_matches([' ', '\t', '\r']);
            if !record.is_empty() {
                self.read_record(text, record, index + 1);
            }
        }
    }

    fn read_record(&mut self, text: &str, record: &str, position: usize) {
        let value = match json::parse_strict(record) {
            Ok(value) => value,
            Err(error) => {
                let place = RecordPlace {
                    id: id_of_broken(record),
                    position,
                };
                return self.fault(
                    Some(place),
                    None,
                    format!("bad JSON: {}", reason_of(&error)),
                );
            }
        };
        let place = || RecordPlace {
            id: value.get("id").and_then(Value::as_str).map(str::to_owned),
            position,
        };
        match T::deserialize(&value) {
            Ok(typed) if !is_identifier(typed.id()) => {
                let reason = "does not match [A-Za-z0-9._:@+-]+";
                self.fault(
                    Some(RecordPlace { id: None, position }),
                    Some("/id"),
                    reason.to_owned(),
                );
            }
            Ok(typed) => {
                // `record` is a slice of `text`, which is under 256 MB.
                let start = record.as_ptr() as usize - text.as_ptr() as usize;
                let span = (u32::try_from(start), u32::try_from(start + record.len()));
                if let (Ok(start), Ok(end)) = span {
                    self.rows.push(Row {
                        record: typed,
                        start,
                        end,
                        digest: Digest::of(&value),
                    });
                } else {
                    self.fault(Some(place()), None, "lies past 4 GB".to_owned());
                }
            }
            Err(error) => {
                let misfits = shape::misfits(T::fields_of_kind(), &value);
                if misfits.is_empty() {
                    self.fault(Some(place()), None, error.to_string());
                }
                for (field, reason) in misfits {
                    self.fault(Some(place()), Some(&field), reason);
                }
            }
        }
    }

    fn refuse_duplicates(&mut self) {
        self.rows.sort_by(|a, b| a.record.id().cmp(b.record.id()));
        let duplicates: Vec<String> = self
            .rows
            .windows(2)
            .filter_map(|pair| match pair {
                [a, b] if a.record.id() == b.record.id() => Some(a.record.id().to_owned()),
                _ => None,
            })
            .collect();
        for id in duplicates {
            let fault = Fault {
                source: T::KIND.source(),
                file: Some(self.file.to_owned()),
                record: Some(format!("`{id}`")),
                field: Some("/id".to_owned()),
                reason: "duplicate id: another record of this file has it too".to_owned(),
            };
            self.faults.push(fault);
        }
    }

    fn fault(&mut self, place: Option<RecordPlace>, field: Option<&str>, reason: String) {
        self.faults.push(Fault {
            source: T::KIND.source(),
            file: Some(self.file.to_owned()),
            record: place.map(|place| place.to_string()),
            field: field.map(str::to_owned),
            reason,
        });
    }
}

struct RecordPlace {
    id: Option<String>,
    position: usize,
}

impl std::fmt::Display for RecordPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.id {
            Some(id) => write!(f, "`{id}`"),
            None => write!(f, "at position {}", self.position),
        }
    }
}

/// The reason alone: the parser's line and column count within the record and would mislead.
fn reason_of(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split_once(" at line ")
        .map_or(text.clone(), |(reason, _)| reason.to_owned())
}

/// The id of a record that does not parse strictly, where a lenient look still finds one.
fn id_of_broken(record: &str) -> Option<String> {
    let value: Value = serde_json::from_str(record).ok()?;
    value.get("id")?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::HsmModule;

    const MODULE: &str = r#"{"id":"M1","vendor":"v","model":"m","serial":"s","firmware":"f","location":"l",
        "validation":{"scheme":"FIPS 140-3","level":"3","certificate":"4711","status":"active"}}"#;

    #[track_caller]
    fn check_faults(text: &str, layout: Layout, expected: &[&str]) {
        let faults = Table::<HsmModule>::read(Arc::from(text), layout, "modules.json").unwrap_err();
        let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert_eq!(faults, expected);
    }

    #[test]
    fn records_keep_their_text_and_come_in_id_order() {
        let text = format!("[{}, {}]", MODULE.replace("M1", "M2"), MODULE);
        let table =
            Table::<HsmModule>::read(Arc::from(text.as_str()), Layout::Array, "modules.json")
                .unwrap();
        assert_eq!(
            table
                .iter()
                .map(|(_, module)| module.id.as_str())
                .collect::<Vec<_>>(),
            ["M1", "M2"]
        );
        assert_eq!(AnyTable::text(&table, 0), Some(MODULE));
        assert_eq!(table.find("M2"), Some(1));
        assert_eq!(table.find("m2"), None);
    }

    #[test]
    fn all_faults_of_a_file_are_reported_at_once() {
        let text = format!(
            r#"[{{"id":"A","vendor":1,"extra":true,"model":"m","serial":"s","firmware":"f","location":"l",
               "validation":{{"scheme":"x","level":"3","certificate":"c","status":"actve"}}}},
               {MODULE}, {MODULE}, {{"id":"B","id":"B"}}, 7]"#
        );
        check_faults(
            &text,
            Layout::Array,
            &[
                "source `hsm`, file `modules.json`, record `A`, field `/vendor`: must be text, is a number",
                "source `hsm`, file `modules.json`, record `A`, field `/validation/status`: must be one of active|historical|revoked, is another text",
                "source `hsm`, file `modules.json`, record `A`, field `/extra`: is not a known field",
                "source `hsm`, file `modules.json`, record `B`: bad JSON: duplicate member `id`",
                "source `hsm`, file `modules.json`, record at position 5: must be an object, is a number",
                "source `hsm`, file `modules.json`, record `M1`, field `/id`: duplicate id: another record of this file has it too",
            ],
        );
    }

    #[test]
    fn broken_json_is_named_with_its_place() {
        check_faults(
            "[{]",
            Layout::Array,
            &[
                "source `hsm`, file `modules.json`: bad JSON: key must be a string at line 1 column 3",
            ],
        );
        check_faults(
            "{}",
            Layout::Array,
            &["source `hsm`, file `modules.json`: must be an array of records"],
        );
        check_faults(
            &format!("{}\n{{\"id\"\n", MODULE.replace('\n', "")),
            Layout::Lines,
            &[
                "source `hsm`, file `modules.json`, record at position 2: bad JSON: EOF while parsing an object",
            ],
        );
    }
}
