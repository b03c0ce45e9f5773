//! The `directory` connector: a folder with one JSON file per record kind.
//!
//! It opens files for reading and nothing else. What a record must look like is not known here.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use custody_controls::fault::{Fault, Faults};
use custody_controls::instant::Instant;
use custody_controls::kind::{Kind, SourceSystem};
use custody_controls::table::{Layout, MAX_FILE_BYTES};

use super::{Connector, SourceError, SourceEvidence, Standing, WriteAccess};

/// Reads a source from a folder: `<kind>.json` with an array, or `<kind>.jsonl` with one record per line.
#[derive(Debug, Clone)]
pub struct Directory {
    folder: PathBuf,
}

impl Directory {
    /// The connector's name in configuration.
    pub const NAME: &'static str = "directory";

    /// Reads from `folder`.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
        }
    }
}

impl Connector for Directory {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn read(&self, source: SourceSystem, _as_of: Instant) -> Result<SourceEvidence, SourceError> {
        let mut entries = entries(&self.folder).map_err(|error| {
            let folder = self.folder.display().to_string();
            let reason = format!("folder cannot be read: {error}");
            SourceError {
                faults: Fault::of_file(source, &folder, reason).into(),
                warnings: Vec::new(),
            }
        })?;
        let mut evidence = SourceEvidence::default();
        let mut faults = Vec::new();
        for kind in source.kinds() {
            let found = FORMS.map(|(extension, layout)| {
                let name = format!("{}.{extension}", kind.name());
                entries
                    .remove(&OsString::from(&name))
                    .then_some((name, layout))
            });
            match found {
                [Some((name, layout)), None] | [None, Some((name, layout))] => {
                    faults.extend(self.read_kind(kind, &name, layout, &mut evidence));
                }
                [Some((array, _)), Some((lines, _))] => {
                    let reason = format!("`{lines}` is there too: one of the two is expected");
                    faults.push(Fault::of_file(source, &array, reason));
                }
                [None, None] => faults.push(no_file(kind)),
            }
        }
        evidence.warnings.extend(unread(source, &entries));
        match Faults::none_in(faults) {
            Ok(()) => Ok(evidence),
            Err(faults) => Err(SourceError {
                faults,
                warnings: evidence.warnings,
            }),
        }
    }

    fn standing(&self, source: SourceSystem) -> Standing {
        let unreachable = entries(&self.folder).err();
        Standing {
            unreachable: unreachable.map(|error| format!("folder cannot be read: {error}")),
            write_access: self.write_access(source),
        }
    }
}

const FORMS: [(&str, Layout); 2] = [("json", Layout::Array), ("jsonl", Layout::Lines)];

impl Directory {
    /// Whether the account that runs custody may write the folder or a file that is read from it.
    fn write_access(&self, source: SourceSystem) -> WriteAccess {
        let files = source
            .kinds()
            .flat_map(|kind| FORMS.map(|(extension, _)| format!("{}.{extension}", kind.name())))
            .map(|name| (self.folder.join(&name), format!("file `{name}`")));
        let places = [(self.folder.clone(), "the folder".to_owned())];
        for (path, what) in places.into_iter().chain(files) {
            match rustix::fs::access(&path, rustix::fs::Access::WRITE_OK) {
                Ok(()) => {
                    return WriteAccess::Possible(format!("this account may write {what}"));
                }
                Err(
                    rustix::io::Errno::ACCESS
                    | rustix::io::Errno::PERM
                    | rustix::io::Errno::ROFS
                    | rustix::io::Errno::NOENT,
                ) => {}
                Err(error) => {
                    return WriteAccess::Unknown(format!("permissions of {what}: {error}"));
                }
            }
        }
        WriteAccess::None("this account may write neither the folder nor its files".to_owned())
    }

    /// Reads one kind's file into `evidence`, and returns every fault of it.
    fn read_kind(
        &self,
        kind: Kind,
        name: &str,
        layout: Layout,
        evidence: &mut SourceEvidence,
    ) -> Vec<Fault> {
        match read_text(&self.folder.join(name)) {
            Err(error) => vec![Fault::of_file(kind.source(), name, error.to_string())],
            Ok(text) => {
                evidence.read_from.insert(kind, name.to_owned());
                let read = evidence.tables.read(kind, text, layout, name);
                read.err().unwrap_or_default()
            }
        }
    }
}

fn entries(folder: &Path) -> io::Result<BTreeSet<OsString>> {
    std::fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.file_name()))
        .collect()
}

fn no_file(kind: Kind) -> Fault {
    let name = kind.name();
    let reason = format!("is not there, nor is `{name}.jsonl` (`[]` says that there are none)");
    Fault::of_file(kind.source(), &format!("{name}.json"), reason)
}

fn unread(source: SourceSystem, extra: &BTreeSet<OsString>) -> Option<String> {
    // A file name may hold anything, terminal control characters too.
    let names: Vec<String> = extra
        .iter()
        .map(|name| format!("`{}`", name.to_string_lossy().escape_debug()))
        .collect();
    (!names.is_empty()).then(|| {
        format!(
            "source `{source}`: its folder also holds {}, which was not read",
            names.join(", ")
        )
    })
}

#[derive(Debug, thiserror::Error)]
enum FileError {
    #[error("cannot be read: {0}")]
    Io(#[from] io::Error),
    #[error("is not a regular file")]
    NotRegular,
    #[error("is over {limit} bytes long, the most that is read")]
    TooLong { limit: u64 },
    #[error("is not UTF-8 at byte offset {0}")]
    NotUtf8(usize),
}

fn read_text(path: &Path) -> Result<Arc<str>, FileError> {
    // Looked at before it is opened: opening a pipe would wait for a writer.
    check_file(&std::fs::metadata(path)?, MAX_FILE_BYTES)?;
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    check_file(&metadata, MAX_FILE_BYTES)?;
    let bytes = read_limited(file, metadata.len(), MAX_FILE_BYTES)?;
    let text = String::from_utf8(bytes)
        .map_err(|error| FileError::NotUtf8(error.utf8_error().valid_up_to()))?;
    Ok(Arc::from(text))
}

fn check_file(metadata: &std::fs::Metadata, limit: u64) -> Result<(), FileError> {
    if !metadata.is_file() {
        return Err(FileError::NotRegular);
    }
    check_length(metadata.len(), limit)
}

fn check_length(length: u64, limit: u64) -> Result<(), FileError> {
    if length > limit {
        return Err(FileError::TooLong { limit });
    }
    Ok(())
}

/// Reads at most one byte past `limit`: a file may grow while it is read.
fn read_limited(from: impl Read, expected: u64, limit: u64) -> Result<Vec<u8>, FileError> {
    let room = usize::try_from(expected.min(limit)).unwrap_or_default();
    let mut bytes = Vec::with_capacity(room.saturating_add(1));
    let length = from.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    check_length(u64::try_from(length).unwrap_or(u64::MAX), limit)?;
    Ok(bytes)
}

#[cfg(test)]
#[path = "directory_tests.rs"]
mod directory_tests;
