//! Pages: a bounded number of rows and bytes, and where the next page starts.
//!
//! A capture never changes, so a row's number stays the same and pages neither skip nor repeat.

use custody_controls::kind::SourceSystem;
use schemars::JsonSchema;
use serde::Serialize;

use super::ReviewMaterial;

/// The most bytes that a tool's answer has.
pub const MAX_RESULT_BYTES: usize = 48 * 1024;

/// The bytes that rows may take: the rest is for what stands around them.
pub(crate) const ROWS_BYTES: usize = MAX_RESULT_BYTES - 4 * 1024;

/// The most rows of records on a page.
pub(crate) const RECORD_ROWS: usize = 50;

/// The most rows that are mere names on a page.
pub(crate) const NAME_ROWS: usize = 200;

/// Some of the rows that a question has for an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Page<T> {
    /// How many rows there are on all pages.
    pub total: usize,
    /// How many of them come before this page.
    pub skip: usize,
    /// The rows of this page.
    pub rows: Vec<T>,
    /// The `skip` of the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_skip: Option<usize>,
    /// Present when the source could not be read: that no row is here says nothing then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_missing: Option<String>,
}

impl<T: Serialize> Page<T> {
    /// The page after `skip` of `total` rows. `rows` starts there, and is taken from as long as there is room.
    ///
    /// A row's own maker sees to it that one row always fits.
    pub(crate) fn fill(
        total: usize,
        skip: Option<u32>,
        rows: impl Iterator<Item = T>,
        most: PageSize,
    ) -> Self {
        let skip = skip_of(skip);
        let mut page = Self {
            total,
            skip,
            rows: Vec::new(),
            next_skip: None,
            source_missing: None,
        };
        let mut bytes = 0;
        for row in rows.take(most.rows) {
            bytes += encoded_len(&row) + 1;
            if bytes > most.bytes && !page.rows.is_empty() {
                break;
            }
            page.rows.push(row);
        }
        let next = skip.saturating_add(page.rows.len());
        page.next_skip = (next < total && !page.rows.is_empty()).then_some(next);
        page
    }

    /// The page with a word on `source`, if that could not be read.
    pub(crate) fn of_source(self, review: &ReviewMaterial<'_>, source: SourceSystem) -> Self {
        let reading = review.capture.readings().get(&source);
        let reason = reading.and_then(|reading| reading.missing.as_deref());
        Self {
            source_missing: reason.map(super::arguments::shortened),
            ..self
        }
    }
}

/// How much goes on a page.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PageSize {
    pub(crate) rows: usize,
    pub(crate) bytes: usize,
}

impl PageSize {
    /// A page of records.
    pub(crate) const RECORDS: Self = Self {
        rows: RECORD_ROWS,
        bytes: ROWS_BYTES,
    };
    /// A page of mere names.
    pub(crate) const NAMES: Self = Self {
        rows: NAME_ROWS,
        bytes: ROWS_BYTES,
    };
}

/// The number of rows to leave out.
pub(crate) fn skip_of(skip: Option<u32>) -> usize {
    usize::try_from(skip.unwrap_or(0)).unwrap_or(usize::MAX)
}

/// How many bytes `value` takes as JSON.
pub(crate) fn encoded_len<T: Serialize>(value: &T) -> usize {
    serde_json::to_string(value).map_or(0, |text| text.len())
}
