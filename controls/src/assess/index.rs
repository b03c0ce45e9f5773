//! Finds records by a field's value, for the joins that the library declares.

use std::collections::BTreeMap;

use crate::capture::{Capture, RecordAt};
use crate::instant::Instant;
use crate::kind::Kind;
use crate::library::{Join, Match, Requirement, Select};
use crate::record::Value;

/// One index per joined field, over the records seen at one instant.
#[derive(Debug)]
pub struct Indexes<'c> {
    by_field: BTreeMap<(Kind, usize), Vec<(&'c str, u32)>>,
}

impl<'c> Indexes<'c> {
    /// Builds the indexes that the joins of `requirements` need.
    #[must_use]
    pub fn build(capture: &'c Capture, requirements: &[Requirement], as_of: Instant) -> Self {
        let joined = requirements
            .iter()
            .flat_map(|requirement| &requirement.evidence)
            .filter_map(joined_field);
        let mut by_field = BTreeMap::new();
        for (kind, field) in joined {
            by_field
                .entry((kind, field))
                .or_insert_with(|| index(capture, kind, field, as_of));
        }
        Self { by_field }
    }

    /// The records of `kind` whose field has `value`, by id.
    pub(crate) fn find(
        &self,
        kind: Kind,
        field: usize,
        value: &str,
    ) -> impl Iterator<Item = RecordAt> + '_ {
        let entries = self
            .by_field
            .get(&(kind, field))
            .map_or(&[][..], Vec::as_slice);
        let from = entries.partition_point(|(known, _)| *known < value);
        let value = value.to_owned();
        entries
            .get(from..)
            .unwrap_or_default()
            .iter()
            .take_while(move |(known, _)| *known == value)
            .map(move |(_, row)| RecordAt { kind, row: *row })
    }
}

fn joined_field(join: &Join) -> Option<(Kind, usize)> {
    let field = |matching: &Match| (join.from, matching.field);
    match &join.select {
        Select::Match(matching) => Some(field(matching)),
        Select::Reference { otherwise, .. } => otherwise.as_ref().map(field),
        Select::RosterInForce(_) | Select::Exception { .. } => None,
    }
}

fn index(capture: &Capture, kind: Kind, field: usize, as_of: Instant) -> Vec<(&str, u32)> {
    let table = capture.table(kind);
    let mut entries = Vec::with_capacity(table.count());
    for row in 0..u32::try_from(table.count()).unwrap_or(u32::MAX) {
        let Some(object) = table
            .object(row)
            .filter(|_| capture.is_seen(RecordAt { kind, row }, as_of))
        else {
            continue;
        };
        match object.field(field) {
            Value::Text(text) => entries.push((text, row)),
            Value::List(list) => {
                entries.extend(
                    (0..list.count()).filter_map(|index| match list.item(index) {
                        Value::Text(text) => Some((text, row)),
                        Value::Null
                        | Value::Bool(_)
                        | Value::Int(_)
                        | Value::Time(_)
                        | Value::Object(_)
                        | Value::List(_) => None,
                    }),
                )
            }
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Time(_) | Value::Object(_) => {}
        }
    }
    entries.sort_unstable();
    entries.dedup();
    entries
}
