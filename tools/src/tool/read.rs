//! Reads records in full, by artifact id. What is too long for one answer comes in parts.
//!
//! Nothing is out of reach: each part says where the next one starts.

use std::collections::BTreeSet;

use custody_controls::capture::RecordAt;
use custody_controls::kind::{ArtifactId, SourceSystem};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::arguments::shortened;
use super::page::{ROWS_BYTES, encoded_len, skip_of};
use super::record_row::{RecordRow, find_seen};
use super::texts::for_each_text;
use super::{Answered, Question, ReviewMaterial, ToolError};

/// The most records that one question may ask for.
const MOST_RECORDS: usize = 20;

/// What stands around a part: its name, its bounds, its marks.
const AROUND_PART: usize = 1024;

/// The tool that reads the records of one source.
#[derive(Debug)]
pub(crate) struct ReadRecords(pub(crate) SourceSystem);

/// The name of the tool that reads the records of `source`.
pub(crate) const fn read_tool(source: SourceSystem) -> &'static str {
    match source {
        SourceSystem::Hsm => "hsm_read_records",
        SourceSystem::Ceremonies => "ceremonies_read_records",
        SourceSystem::Identity => "identity_read_records",
        SourceSystem::Release => "release_read_records",
        SourceSystem::Controls => "controls_read_records",
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReadArguments {
    /// The artifact ids to read, 1 to 20 of them.
    #[schemars(length(min = 1, max = MOST_RECORDS))]
    artifacts: Vec<String>,
    /// Where to go on in a record that came in parts: its `next_offset`. One artifact id only.
    offset: Option<u32>,
}

/// Records in full.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct RecordsAnswer {
    /// The records, in the order asked for.
    pub records: Vec<RecordPart>,
    /// Those for which there was no room: ask for them again.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_shown: Vec<String>,
}

/// A record, or as much of it as fits.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct RecordPart {
    /// The record. When it comes in parts: either with its longest text cut,
    /// or, where that does not make it fit, a piece of its JSON as text.
    #[serde(flatten)]
    pub row: RecordRow,
    /// Present when this is not the whole record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<PartBounds>,
}

/// Which part of a record is shown, in characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PartBounds {
    /// The pointer of the text that is cut; empty when the record's JSON as a whole is.
    pub of: String,
    /// The first character shown.
    pub from: usize,
    /// The first character no longer shown.
    pub to: usize,
    /// How many characters there are in all.
    pub characters: usize,
    /// The `offset` to go on with; absent in the last part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_offset: Option<usize>,
}

impl Question for ReadRecords {
    type Arguments = ReadArguments;
    type Answer = RecordsAnswer;

    fn name(&self) -> &'static str {
        read_tool(self.0)
    }

    fn description(&self) -> String {
        let kinds: Vec<&str> = self.0.kinds().map(|kind| kind.path()).collect();
        format!(
            "Reads records in full by artifact id ({}). A record too long for one answer comes in parts: go on with `offset`.",
            kinds.join(", ")
        )
    }

    fn answer(
        &self,
        review: &ReviewMaterial<'_>,
        arguments: ReadArguments,
    ) -> Result<Answered<RecordsAnswer>, ToolError> {
        let wanted = self.wanted(review, &arguments.artifacts)?;
        let offset = skip_of(arguments.offset);
        if offset > 0 && wanted.len() > 1 {
            let reason = "`offset` goes on in one record: ask for that one alone";
            return Err(ToolError::TellModel(reason.to_owned()));
        }
        let mut answer = RecordsAnswer {
            records: Vec::new(),
            not_shown: Vec::new(),
        };
        let mut shown = BTreeSet::new();
        let mut bytes = 0;
        for (artifact, at) in wanted {
            if !answer.not_shown.is_empty() {
                answer.not_shown.push(artifact.to_string());
                continue;
            }
            let part = RecordPart::read(review, at, offset)?;
            bytes += encoded_len(&part) + 1;
            if bytes > ROWS_BYTES && !answer.records.is_empty() {
                answer.not_shown.push(artifact.to_string());
                continue;
            }
            answer.records.push(part);
            shown.insert(artifact);
        }
        Ok(Answered { answer, shown })
    }
}

impl ReadRecords {
    /// The records asked for, each once.
    fn wanted(
        &self,
        review: &ReviewMaterial<'_>,
        names: &[String],
    ) -> Result<Vec<(ArtifactId, RecordAt)>, ToolError> {
        let mut wanted: Vec<(ArtifactId, RecordAt)> = Vec::new();
        let mut faults = Vec::new();
        for name in names {
            match self.find(review, name) {
                Ok(found) if wanted.contains(&found) => {}
                Ok(found) => wanted.push(found),
                Err(fault) => faults.push(fault),
            }
        }
        if faults.is_empty() {
            Ok(wanted)
        } else {
            Err(ToolError::TellModel(faults.join("; ")))
        }
    }

    fn find(
        &self,
        review: &ReviewMaterial<'_>,
        name: &str,
    ) -> Result<(ArtifactId, RecordAt), String> {
        let artifact: ArtifactId = name.parse().map_err(|_| {
            let kinds: Vec<&str> = self.0.kinds().map(|kind| kind.path()).collect();
            let kinds = kinds.join(", ");
            let name = shortened(name);
            format!("`{name}` is not an artifact id: write <kind>/<id> with one of {kinds}")
        })?;
        let source = artifact.kind().source();
        if source != self.0 {
            let reader = read_tool(source);
            return Err(format!(
                "`{}` is not a record of `{}`: ask `{reader}`",
                shortened(name),
                self.0
            ));
        }
        match find_seen(review, &artifact) {
            Some(at) => Ok((artifact, at)),
            None if review.capture.is_missing(source) => {
                Err(format!("source `{source}` could not be read"))
            }
            None => Err(format!("there is no record `{}`", shortened(name))),
        }
    }
}

impl RecordPart {
    fn read(review: &ReviewMaterial<'_>, at: RecordAt, offset: usize) -> Result<Self, ToolError> {
        let row = RecordRow::full(review, at);
        if encoded_len(&row) > ROWS_BYTES {
            return Self::cut(row, offset);
        }
        if offset > 0 {
            let artifact = row.artifact;
            return Err(ToolError::TellModel(format!(
                "`{artifact}` is shown whole: leave `offset` out"
            )));
        }
        Ok(Self { row, part: None })
    }

    /// The part that starts at `offset`. What is cut depends on the record alone, so parts add up.
    fn cut(mut row: RecordRow, offset: usize) -> Result<Self, ToolError> {
        let (pointer, text) = longest_text(&mut row.record);
        let without_it = encoded_len(&row);
        let (pointer, text, room) = if without_it < ROWS_BYTES / 2 {
            (pointer, text, ROWS_BYTES - without_it)
        } else {
            if let Some(place) = row.record.pointer_mut(&pointer) {
                *place = Value::from(text);
            }
            (String::new(), row.record.to_string(), ROWS_BYTES)
        };
        let (piece, part) = piece_of(&text, &pointer, offset, room.saturating_sub(AROUND_PART))
            .ok_or_else(|| {
                let all = text.chars().count();
                ToolError::TellModel(format!(
                    "`offset` is past the end: there are {all} characters"
                ))
            })?;
        if let Some(place) = row.record.pointer_mut(&pointer) {
            *place = Value::from(piece);
        }
        Ok(Self {
            row,
            part: Some(part),
        })
    }
}

/// The piece of `text` from character `offset` on that takes at most `room` bytes as JSON, with visible marks.
fn piece_of(text: &str, of: &str, offset: usize, room: usize) -> Option<(String, PartBounds)> {
    let mut rest = text.chars().skip(offset).peekable();
    rest.peek()?;
    let mut bytes = 0;
    let piece: String = rest
        .take_while(|&character| {
            bytes += encoded_char_len(character);
            bytes <= room
        })
        .collect();
    let to = offset + piece.chars().count();
    let characters = text.chars().count();
    let next_offset = (to < characters).then_some(to);
    let before = match offset {
        0 => String::new(),
        _ => format!("[cut: from character {offset} on]…"),
    };
    let after = next_offset.map_or(String::new(), |next| {
        format!("…[cut: goes on at offset {next} of {characters}]")
    });
    let bounds = PartBounds {
        of: of.to_owned(),
        from: offset,
        to,
        characters,
        next_offset,
    };
    Some((format!("{before}{piece}{after}"), bounds))
}

const fn encoded_char_len(character: char) -> usize {
    match character {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        '\0'..='\u{1f}' => 6,
        other => other.len_utf8(),
    }
}

/// Takes the longest text out of `record`, leaving an empty one in its place.
fn longest_text(record: &mut Value) -> (String, String) {
    let mut longest = (String::new(), 0);
    for_each_text(record, &mut String::new(), &mut |pointer, text| {
        if text.len() > longest.1 {
            longest = (pointer.to_owned(), text.len());
        }
    });
    let (pointer, _) = longest;
    let text = match record.pointer_mut(&pointer) {
        Some(Value::String(text)) => std::mem::take(text),
        Some(_) | None => String::new(),
    };
    (pointer, text)
}
