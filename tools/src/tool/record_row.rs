//! One record as tools show it: its members as the source gave them, less what is withheld.
//!
//! The one place where records become tool answers, so that visibility cannot be forgotten.

use custody_controls::capture::{Capture, RecordAt};
use custody_controls::kind::{ArtifactId, Kind};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::page::{ROWS_BYTES, encoded_len};
use super::read::read_tool;
use super::{ReviewMaterial, WITHHELD};

/// A record and its name.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct RecordRow {
    /// The record's name, for citations.
    pub artifact: String,
    /// The record as its source gave it; a text in its place says why it is not here.
    pub record: Value,
    /// What the rules say of the record as a whole, where they set it aside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rules: Option<String>,
}

/// In lists, longer texts are cut: the source's reading tool shows them.
const LIST_TEXT: usize = 2_000;

/// How much of a cut text a list still shows.
const LIST_GLANCE: usize = 200;

impl RecordRow {
    /// The record in full.
    pub(crate) fn full(review: &ReviewMaterial<'_>, at: RecordAt) -> Self {
        let artifact = review.capture.artifact(at).to_string();
        let rules = set_aside(review, &artifact);
        Self {
            artifact,
            record: visible(review, at),
            rules,
        }
    }

    /// The record for a list: long texts cut, and never too long for a page.
    pub(crate) fn listed(review: &ReviewMaterial<'_>, at: RecordAt) -> Self {
        let mut row = Self::full(review, at);
        let reader = read_tool(at.kind.source());
        if let (Kind::Documents, Some(Value::String(text))) =
            (at.kind, row.record.pointer_mut("/text"))
        {
            cut(text, LIST_GLANCE, reader);
        }
        cut_texts(&mut row.record, reader);
        if encoded_len(&row) > ROWS_BYTES {
            row.record = Value::from(format!("[too long for a list: `{reader}` shows it]"));
        }
        row
    }

    /// Whether any of the record's content is here.
    pub(crate) fn shows_record(&self) -> bool {
        self.record.is_object()
    }
}

/// The seen record that `artifact` names.
pub(crate) fn find_seen(review: &ReviewMaterial<'_>, artifact: &ArtifactId) -> Option<RecordAt> {
    let at = review.capture.find(artifact)?;
    is_seen(review, at).then_some(at)
}

/// Whether the record is there at all for this review: its own time is not after as-of.
pub(crate) fn is_seen(review: &ReviewMaterial<'_>, at: RecordAt) -> bool {
    review.capture.is_seen(at, review.scope.as_of)
}

/// The record's members, with [`WITHHELD`] for those that the reader may not see.
pub(crate) fn visible(review: &ReviewMaterial<'_>, at: RecordAt) -> Value {
    let mut record = review.capture.json(at);
    if let Value::Object(members) = &mut record {
        for (field, value) in members {
            if !review.visibility.may_see(at.kind, field) {
                *value = Value::from(WITHHELD);
            }
        }
    }
    record
}

/// The names of the records that these rows show.
pub(crate) fn shown<'a>(
    rows: impl IntoIterator<Item = &'a RecordRow>,
) -> std::collections::BTreeSet<ArtifactId> {
    rows.into_iter()
        .filter(|row| row.shows_record())
        .filter_map(|row| row.artifact.parse().ok())
        .collect()
}

/// All records of one source that are seen, in artifact-id order.
pub(crate) fn seen_records<'a>(
    review: &'a ReviewMaterial<'a>,
    kinds: &'a [Kind],
) -> impl Iterator<Item = RecordAt> + 'a {
    let capture: &Capture = review.capture;
    kinds
        .iter()
        .flat_map(move |&kind| {
            let count = u32::try_from(capture.table(kind).count()).unwrap_or(u32::MAX);
            (0..count).map(move |row| RecordAt { kind, row })
        })
        .filter(move |&at| is_seen(review, at))
}

fn set_aside(review: &ReviewMaterial<'_>, artifact: &str) -> Option<String> {
    let mut ignored = review.assessment.ignored_exceptions.iter();
    let found = ignored.find(|exception| exception.artifact == artifact)?;
    Some(format!("not applied: {}", found.reason))
}

fn cut_texts(value: &mut Value, reader: &str) {
    match value {
        Value::String(text) => cut(text, LIST_TEXT, reader),
        Value::Array(items) => items.iter_mut().for_each(|item| cut_texts(item, reader)),
        Value::Object(members) => members
            .values_mut()
            .for_each(|member| cut_texts(member, reader)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn cut(text: &mut String, most: usize, reader: &str) {
    if text.chars().nth(most).is_none() {
        return;
    }
    let all = text.chars().count();
    let glance: String = text.chars().take(LIST_GLANCE).collect();
    *text = format!("{glance}…[cut: {all} characters in all, `{reader}` shows them]");
}
