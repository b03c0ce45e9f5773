//! What is wrong with evidence that does not fit: where it stands, and why.

use std::fmt;

use crate::kind::SourceSystem;

/// One fault in a source: source, file, record, field and reason.
///
/// Faults name places and never quote evidence beyond ids and member names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The source system.
    pub source: SourceSystem,
    /// The file, or the source's own word for where the records came from.
    pub file: Option<String>,
    /// The record's id, or its position where it has none.
    pub record: Option<String>,
    /// The field, as an RFC 6901 pointer into the record.
    pub field: Option<String>,
    /// The reason, lowercase and without a full stop.
    pub reason: String,
}

impl Fault {
    /// A fault of a whole file or source.
    #[must_use]
    pub fn of_file(source: SourceSystem, file: &str, reason: impl Into<String>) -> Self {
        Self {
            source,
            file: Some(file.to_owned()),
            record: None,
            field: None,
            reason: reason.into(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "source `{}`", self.source)?;
        if let Some(file) = &self.file {
            write!(f, ", file `{file}`")?;
        }
        if let Some(record) = &self.record {
            write!(f, ", record {record}")?;
        }
        if let Some(field) = self.field.as_ref().filter(|field| !field.is_empty()) {
            write!(f, ", field `{field}`")?;
        }
        write!(f, ": {}", self.reason)
    }
}

/// Every fault found in what a command was to read. Never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// All faults in order; `Ok` when there are none.
    ///
    /// # Errors
    /// Returns the faults when there is at least one.
    pub fn none_in(faults: Vec<Fault>) -> Result<(), Self> {
        if faults.is_empty() {
            Ok(())
        } else {
            Err(Self(faults))
        }
    }

    /// The faults.
    #[must_use]
    pub fn as_slice(&self) -> &[Fault] {
        &self.0
    }

    /// The faults, owned.
    #[must_use]
    pub fn into_vec(self) -> Vec<Fault> {
        self.0
    }
}

impl From<Fault> for Faults {
    fn from(fault: Fault) -> Self {
        Self(vec![fault])
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.0.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}
