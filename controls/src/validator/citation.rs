//! Holds each citation against the record that it names.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::fault::{FaultCode, FaultList, quoted};
use super::held::Held;
use super::invisible;
use super::loose::{LooseCitations, LooseDraft};
use super::names::KnownPeople;
use super::reference;
use super::{ReviewBasis, Shown};
use crate::capture::RecordAt;
use crate::draft::DraftCitation;
use crate::kind::Kind;

/// A record that the draft cites, with all that it holds.
#[derive(Debug)]
pub(super) struct CitedRecord<'a> {
    pub(super) artifact: String,
    pub(super) json: Value,
    pub(super) held: Held<'a>,
}

/// Every record that a draft cites, read once.
#[derive(Debug, Default)]
pub(super) struct CitedRecords<'a>(BTreeMap<RecordAt, CitedRecord<'a>>);

impl<'a> CitedRecords<'a> {
    /// Reads the records that `draft` cites.
    pub(super) fn of(
        basis: &ReviewBasis<'_>,
        draft: &LooseDraft<'_>,
        known: &KnownPeople<'a>,
    ) -> Self {
        let mut records = Self::default();
        let requirements = draft.requirements.iter().flatten();
        let lists = requirements
            .flat_map(|entry| {
                let findings = entry
                    .findings
                    .iter()
                    .flatten()
                    .map(|finding| &finding.citations);
                std::iter::once(&entry.citations).chain(findings)
            })
            .chain(draft.concerns.iter().map(|concern| &concern.citations));
        for (_, citation) in lists.flat_map(|list| &list.items) {
            let found = reference::find(basis.capture, basis.scope.as_of, &citation.artifact);
            if let Ok((id, at)) = found {
                records.0.entry(at).or_insert_with(|| {
                    let artifact = id.to_string();
                    let json = basis.capture.json(at);
                    let mut held = Held::default();
                    held.add_text(&artifact, known);
                    held.add_json(&json, known);
                    CitedRecord {
                        artifact,
                        json,
                        held,
                    }
                });
            }
        }
        records
    }

    /// The records that these citations name, each once, in order.
    pub(super) fn named_by<'s, 'c>(
        &'s self,
        basis: &ReviewBasis<'_>,
        citations: impl Iterator<Item = &'c LooseCitations>,
    ) -> Vec<&'s CitedRecord<'a>> {
        let named: BTreeSet<RecordAt> = citations
            .flat_map(|list| &list.items)
            .filter_map(|(_, citation)| {
                reference::find(basis.capture, basis.scope.as_of, &citation.artifact).ok()
            })
            .map(|(_, at)| at)
            .collect();
        named.iter().filter_map(|at| self.0.get(at)).collect()
    }
}

/// What a list of citations may rest on.
#[derive(Debug, Clone, Copy)]
pub(super) enum Relevance<'s> {
    /// The records that a requirement was judged on.
    JudgedOn(&'s BTreeSet<RecordAt>),
    /// Any record: concerns may look further than the rules, and unknown requirements are faulted as such.
    Anything,
}

/// Checks citations against the records they name.
#[derive(Debug)]
pub(super) struct CitationCheck<'s, 'a> {
    pub(super) basis: &'s ReviewBasis<'a>,
    pub(super) shown: Shown<'s>,
    pub(super) records: &'s CitedRecords<'a>,
    pub(super) requirement: Option<&'s str>,
    pub(super) relevance: Relevance<'s>,
}

impl CitationCheck<'_, '_> {
    /// Checks every citation of a list.
    pub(super) fn all(&self, citations: &LooseCitations, faults: &mut FaultList) {
        for (path, citation) in &citations.items {
            self.form(path, citation, faults);
            self.record(path, citation, faults);
        }
    }

    /// A citation is a value at a place, or verbatim words, or both.
    fn form(&self, path: &str, citation: &DraftCitation, faults: &mut FaultList) {
        for (text, name) in [
            (Some(&citation.artifact), "artifact"),
            (citation.pointer.as_ref(), "pointer"),
        ] {
            let text = text.map_or("", String::as_str);
            invisible::refuse(text, &format!("{path}/{name}"), self.requirement, faults);
        }
        let mut malformed = |path: String, message: &str| {
            faults.add(FaultCode::MalformedDraft, self.requirement, path, message);
        };
        match (&citation.pointer, &citation.value, &citation.quote) {
            (Some(_), Some(_), _) | (Some(_) | None, None, Some(_)) => {}
            (None, Some(_), _) => malformed(
                format!("{path}/pointer"),
                "`pointer` is missing: it says where in the record the value stands",
            ),
            (Some(_) | None, None, None) => malformed(
                path.to_owned(),
                "cites no place with its value (`pointer` and `value`) and no verbatim words (`quote`): give one of them",
            ),
        }
        if citation
            .pointer
            .as_ref()
            .is_some_and(|pointer| !reference::is_pointer(pointer))
        {
            let message = "is not an RFC 6901 pointer: empty, or as `/inspected_at` or `/keys/0`";
            malformed(format!("{path}/pointer"), message);
        }
        if citation
            .quote
            .as_ref()
            .is_some_and(|quote| quote.trim().is_empty())
        {
            malformed(
                format!("{path}/quote"),
                "is blank: quote words that stand in the record",
            );
        }
    }

    fn record(&self, path: &str, citation: &DraftCitation, faults: &mut FaultList) {
        let at_artifact = || format!("{path}/artifact");
        let written = quoted(&citation.artifact);
        let (id, at) = match reference::find(
            self.basis.capture,
            self.basis.scope.as_of,
            &citation.artifact,
        ) {
            Ok(found) => found,
            Err(why) => {
                let message = format!(
                    "{written} {}: cite a record that a tool returned",
                    why.reason()
                );
                return faults.add(
                    FaultCode::UnknownArtifact,
                    self.requirement,
                    at_artifact(),
                    message,
                );
            }
        };
        let was_shown = self.shown.includes(&id);
        if !was_shown {
            let message =
                format!("{written} was never returned by a tool: read it before citing it");
            faults.add(
                FaultCode::ArtifactNotRead,
                self.requirement,
                at_artifact(),
                message,
            );
        }
        if let Relevance::JudgedOn(judged_on) = self.relevance
            && !judged_on.contains(&at)
        {
            let message = format!(
                "{written} is not among the records that this requirement was judged on: cite one that is"
            );
            faults.add(
                FaultCode::IrrelevantCitation,
                self.requirement,
                at_artifact(),
                message,
            );
        }
        if let Some(record) = self.records.0.get(&at) {
            // What stands in a record that its author was not shown is not told here either.
            let may_tell = was_shown && at.kind != Kind::People;
            self.content(path, citation, &record.json, may_tell, faults);
        }
    }

    fn content(
        &self,
        path: &str,
        citation: &DraftCitation,
        record: &Value,
        may_tell: bool,
        faults: &mut FaultList,
    ) {
        let pointer = citation.pointer.as_deref();
        let place = match pointer {
            Some(pointer) if !reference::is_pointer(pointer) => return,
            Some(pointer) => reference::value_at(record, pointer),
            None => Some(record),
        };
        let Some(place) = place else {
            let written = quoted(pointer.unwrap_or_default());
            let message = format!("the record has nothing at {written}");
            return faults.add(
                FaultCode::PointerNotFound,
                self.requirement,
                format!("{path}/pointer"),
                message,
            );
        };
        if let Some(value) = citation.value.as_ref().filter(|_| pointer.is_some())
            && !reference::equal(value, place)
        {
            let is = if may_tell {
                format!(": it is {}", reference::describe(place))
            } else {
                String::new()
            };
            let message = format!(
                "is not the record's value at {}{is}",
                quoted(pointer.unwrap_or_default())
            );
            faults.add(
                FaultCode::ValueMismatch,
                self.requirement,
                format!("{path}/value"),
                message,
            );
        }
        if let Some(quote) = &citation.quote
            && !quote.trim().is_empty()
            && !reference::holds_quote(place, quote)
        {
            let message = "these words do not stand in the record at that place: quote it verbatim";
            faults.add(
                FaultCode::QuoteNotFound,
                self.requirement,
                format!("{path}/quote"),
                message,
            );
        }
    }
}
