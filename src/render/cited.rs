//! Citations in words: by record, with the place and the value cited there.

use std::collections::{BTreeMap, BTreeSet};

use custody_controls::assessment::Citation;
use custody_controls::json::Digest;
use serde_json::Value;

use super::words;

/// How many characters of a cited value are shown.
const MAX_VALUE: usize = 600;

/// `4 places in 2 records`.
pub(super) fn counted(citations: &[Citation]) -> String {
    let records: BTreeSet<&str> = citations.iter().map(|c| c.artifact.as_str()).collect();
    if records.is_empty() {
        "no record".to_owned()
    } else {
        format!(
            "{} in {}",
            words::counted(citations.len(), "place"),
            words::counted(records.len(), "record")
        )
    }
}

/// What is cited of one record.
#[derive(Debug)]
pub(super) struct CitedRecord<'a> {
    pub(super) artifact: &'a str,
    pub(super) digest: Digest,
    pub(super) source_url: Option<&'a str>,
    pub(super) places: Vec<&'a Citation>,
}

/// Citations by record, in the order in which the records are first cited.
pub(super) fn by_record(citations: &[Citation]) -> Vec<CitedRecord<'_>> {
    let mut records: Vec<CitedRecord<'_>> = Vec::new();
    let mut known: BTreeMap<(&str, Digest, Option<&str>), usize> = BTreeMap::new();
    for citation in citations {
        let source_url = citation.source_url.as_deref();
        let next = records.len();
        let index = *known
            .entry((&citation.artifact, citation.digest, source_url))
            .or_insert(next);
        match records.get_mut(index) {
            Some(record) => record.places.push(citation),
            None => records.push(CitedRecord {
                artifact: &citation.artifact,
                digest: citation.digest,
                source_url,
                places: vec![citation],
            }),
        }
    }
    records
}

/// `artifact#pointer`, or the artifact alone.
pub(super) fn place(citation: &Citation) -> String {
    match &citation.pointer {
        Some(pointer) => format!("{}#{pointer}", citation.artifact),
        None => citation.artifact.clone(),
    }
}

/// What is cited there: the value, as text where it is text, or the words quoted.
pub(super) fn cited_value(citation: &Citation) -> Option<String> {
    let value = citation.value.as_ref().map(value_text);
    let quote = citation.quote.as_ref().map(|quote| format!("“{quote}”"));
    match (value, quote) {
        (Some(value), Some(quote)) => Some(format!("{value} {quote}")),
        (value, quote) => value.or(quote),
    }
    .map(|text| shortened(&text, MAX_VALUE))
}

/// Text as it is, everything else as JSON.
pub(super) fn value_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            value.to_string()
        }
    }
}

/// `text`, with a visible mark where more than `limit` characters were left out.
fn shortened(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some((end, _)) => {
            let left_out = text.chars().count() - limit;
            let kept = text.get(..end).unwrap_or(text);
            format!("{kept} … ({left_out} more characters in the record)")
        }
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_value_is_shortened_where_the_reader_sees_it() {
        assert_eq!(shortened("héllo", 5), "héllo");
        assert_eq!(
            shortened("héllo", 2),
            "hé … (3 more characters in the record)"
        );
    }
}
