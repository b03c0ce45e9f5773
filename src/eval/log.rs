//! One log per case and epoch: a header, the run's events as they happen, and its end.
//!
//! A log alone is enough to play the run again without a model. A line is written whole or not at
//! all: a half-written last line, as a killed process leaves it, counts as not written.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use custody_controls::json::Digest;
use custody_controls::packet::{TokenCount, ValidationOutcome};
use custody_controls::status::Disposition;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::agent::driver::{AppendFuture, Journal, JournalError};
use crate::agent::limits::Limits;
use crate::agent::run::Event;

/// The name of this form of log.
pub const LOG_SCHEMA: &str = "custody/eval-log/v1";

/// What a run was made with: a log is only continued or replayed for the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogHeader {
    /// [`LOG_SCHEMA`].
    pub schema: String,
    /// The case.
    pub case: String,
    /// The run of it, from 1.
    pub epoch: u32,
    /// Digest over all cases of the evaluation.
    pub dataset: Digest,
    /// Digest of the case's file and evidence.
    pub case_digest: Digest,
    /// Digest of the controls library.
    pub library: Digest,
    /// Version and source digest of the program.
    pub code: String,
    /// The model.
    pub model: String,
    /// How the endpoint was asked; null for a model without one.
    pub profile: Value,
    /// Whether people were pseudonyms to the model.
    pub people: People,
    /// Limits of the run.
    pub limits: Limits,
    /// Digests of the prompts.
    pub prompts: BTreeMap<String, Digest>,
    /// Seed of all drawing.
    pub seed: u64,
}

/// What a model is shown of people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum People {
    /// Who they are.
    Named,
    /// Tokens in their place.
    Pseudonymous,
}

/// What a run came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunEnd {
    /// The packet's digest.
    pub packet: Digest,
    /// Its posture.
    pub posture: Disposition,
    /// Whether a draft was accepted.
    pub outcome: ValidationOutcome,
    /// Tokens used.
    pub tokens: TokenCount,
    /// Why there is nothing to score, where the model could not be asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unscored: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Line {
    Header(Box<LogHeader>),
    Event(Event),
    End(RunEnd),
}

/// A log as it was found.
#[derive(Debug)]
pub struct RunLog {
    /// What the run was made with.
    pub header: LogHeader,
    /// Its events so far.
    pub events: Vec<Event>,
    /// What it came to; nothing where it was broken off.
    pub end: Option<RunEnd>,
    /// How many bytes of the file are whole lines.
    whole: u64,
}

/// The log's path under an output folder.
#[must_use]
pub fn log_path(folder: &Path, case: &str, epoch: u32) -> PathBuf {
    folder.join("runs").join(format!("{case}.{epoch}.jsonl"))
}

/// Reads a log; nothing where there is none, or where not even its header was written whole.
///
/// # Errors
/// Says which line of which file cannot be understood.
pub fn read_log(path: &Path) -> anyhow::Result<Option<RunLog>> {
    let shown = path.display();
    let text = match std::fs::read(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        read => read.with_context(|| format!("log `{shown}` cannot be read"))?,
    };
    let whole = text
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |at| at + 1);
    let mut log: Option<RunLog> = None;
    let text = text.get(..whole).unwrap_or_default();
    let text = std::str::from_utf8(text).with_context(|| format!("log `{shown}` is not UTF-8"))?;
    for (number, line) in text.lines().enumerate() {
        let place = || format!("log `{shown}`, line {}", number + 1);
        let line: Line = serde_json::from_str(line).with_context(place)?;
        match (line, &mut log) {
            (Line::Header(header), None) => {
                log = Some(RunLog {
                    header: *header,
                    events: Vec::new(),
                    end: None,
                    whole: whole as u64,
                });
            }
            (Line::Event(event), Some(log)) if log.end.is_none() => log.events.push(event),
            (Line::End(end), Some(log)) if log.end.is_none() => log.end = Some(end),
            (_, _) => anyhow::bail!("{}: does not belong here", place()),
        }
    }
    Ok(log)
}

/// Writes a run's log.
#[derive(Debug)]
pub struct LogWriter {
    file: File,
    shown: String,
}

impl LogWriter {
    /// Begins a log, over whatever stood at `path`.
    ///
    /// # Errors
    /// Says which file cannot be written.
    pub fn begin(path: &Path, header: &LogHeader) -> anyhow::Result<Self> {
        let shown = path.display().to_string();
        let cannot = || format!("log `{shown}` cannot be written");
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).with_context(cannot)?;
        }
        let file = File::create(path).with_context(cannot)?;
        let mut writer = Self { file, shown };
        writer.line(&Line::Header(Box::new(header.clone())))?;
        Ok(writer)
    }

    /// Goes on with a log after its last whole line.
    ///
    /// # Errors
    /// Says which file cannot be written.
    pub fn resume(path: &Path, log: &RunLog) -> anyhow::Result<Self> {
        let shown = path.display().to_string();
        let cannot = || format!("log `{shown}` cannot be written");
        let mut file = OpenOptions::new()
            .write(true)
            .open(path)
            .with_context(cannot)?;
        file.set_len(log.whole).with_context(cannot)?;
        file.seek(SeekFrom::End(0)).with_context(cannot)?;
        Ok(Self { file, shown })
    }

    /// Writes what the run came to, durably.
    ///
    /// # Errors
    /// Says which file cannot be written.
    pub fn end(mut self, end: RunEnd) -> anyhow::Result<()> {
        self.line(&Line::End(end))?;
        self.file
            .sync_data()
            .with_context(|| format!("log `{}` cannot be written", self.shown))
    }

    fn line(&mut self, line: &Line) -> anyhow::Result<()> {
        let mut text = serde_json::to_string(line)?;
        text.push('\n');
        // One write: a killed process leaves no line that another follows.
        self.file
            .write_all(text.as_bytes())
            .with_context(|| format!("log `{}` cannot be written", self.shown))
    }
}

impl Journal for LogWriter {
    fn append<'j>(&'j mut self, event: &'j Event) -> AppendFuture<'j> {
        Box::pin(async move {
            self.line(&Line::Event(event.clone()))
                .map_err(|error| JournalError(format!("{error:#}")))
        })
    }
}

/// The members in which two headers differ, by name.
#[must_use]
pub fn differing(found: &LogHeader, wanted: &LogHeader) -> Vec<String> {
    let members = |header: &LogHeader| match serde_json::to_value(header) {
        Ok(Value::Object(members)) => members,
        Ok(_) | Err(_) => serde_json::Map::new(),
    };
    let (found, wanted) = (members(found), members(wanted));
    let names = wanted
        .keys()
        .filter(|name| found.get(*name) != wanted.get(*name));
    names.cloned().collect()
}
