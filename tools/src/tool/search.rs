//! Free-text search over the records of one source: a literal, never a pattern.
//!
//! Fields that are withheld are not searched: a hit would tell what is in them.

use std::collections::BTreeSet;

use custody_controls::json::push_pointer;
use custody_controls::kind::{Kind, SourceSystem};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::page::{Page, PageSize, skip_of};
use super::record_row::seen_records;
use super::texts::for_each_text;
use super::{Answered, Question, ReviewMaterial, ToolError};

/// The longest text that may be searched for, in characters.
const LONGEST_QUERY: usize = 200;

/// How many characters a snippet has on either side of the hit.
const SNIPPET_SIDE: usize = 100;

/// The tool that searches the records of one source.
#[derive(Debug)]
pub(crate) struct Search(pub(crate) SourceSystem);

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SearchArguments {
    /// The words to find, as they stand in a text. Upper and lower case count as one.
    query: String,
    /// How many rows to leave out: `next_skip` of the page before.
    skip: Option<u32>,
}

/// A text in a record that holds the words searched for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SearchHit {
    /// The record.
    pub artifact: String,
    /// The place of the text in it (RFC 6901).
    pub pointer: String,
    /// The first place in the text where the words stand, verbatim, with what is around it.
    pub snippet: String,
    /// How often the words stand in the text.
    pub occurrences: usize,
}

impl Question for Search {
    type Arguments = SearchArguments;
    type Answer = Page<SearchHit>;

    fn name(&self) -> &'static str {
        match self.0 {
            SourceSystem::Hsm => "hsm_search",
            SourceSystem::Ceremonies => "ceremonies_search",
            SourceSystem::Identity => "identity_search",
            SourceSystem::Release => "release_search",
            SourceSystem::Controls => "controls_search",
        }
    }

    fn description(&self) -> String {
        let kinds: Vec<&str> = self.0.kinds().map(Kind::name).collect();
        format!(
            "Finds words, literally, in all texts of {}. Each row is one text that holds them, with the place and a verbatim snippet.",
            kinds.join(", ")
        )
    }

    fn answer(
        &self,
        review: &ReviewMaterial<'_>,
        arguments: SearchArguments,
    ) -> Result<Answered<Page<SearchHit>>, ToolError> {
        let needle = Needle::new(&arguments.query)?;
        let kinds: Vec<Kind> = self.0.kinds().collect();
        let skip = skip_of(arguments.skip);
        let mut total = 0;
        let mut rows = Vec::new();
        for at in seen_records(review, &kinds) {
            let Value::Object(members) = review.capture.json(at) else {
                continue;
            };
            let artifact = review.capture.artifact(at);
            for (field, value) in &members {
                if !review.visibility.may_see(at.kind, field) {
                    continue;
                }
                let mut pointer = String::new();
                push_pointer(&mut pointer, field);
                for_each_text(value, &mut pointer, &mut |pointer, text| {
                    let Some(hit) = needle.hit(text) else {
                        return;
                    };
                    // Rows that no page shows now are counted and let go.
                    if total >= skip && rows.len() < PageSize::RECORDS.rows {
                        rows.push((artifact.clone(), hit.at(&artifact.to_string(), pointer)));
                    }
                    total += 1;
                });
            }
        }
        let artifacts: Vec<_> = rows.iter().map(|(artifact, _)| artifact.clone()).collect();
        let hits = rows.into_iter().map(|(_, hit)| hit);
        let page =
            Page::fill(total, arguments.skip, hits, PageSize::RECORDS).of_source(review, self.0);
        let shown: BTreeSet<_> = artifacts.into_iter().take(page.rows.len()).collect();
        Ok(Answered {
            answer: page,
            shown,
        })
    }
}

/// The words searched for, with case folded character by character.
struct Needle {
    folded: String,
}

struct Hit {
    snippet: String,
    occurrences: usize,
}

impl Hit {
    fn at(self, artifact: &str, pointer: &str) -> SearchHit {
        SearchHit {
            artifact: artifact.to_owned(),
            pointer: pointer.to_owned(),
            snippet: self.snippet,
            occurrences: self.occurrences,
        }
    }
}

impl Needle {
    fn new(query: &str) -> Result<Self, ToolError> {
        if query.trim().is_empty() {
            let reason = "`query` is empty: give the words to find";
            return Err(ToolError::TellModel(reason.to_owned()));
        }
        if query.chars().nth(LONGEST_QUERY).is_some() {
            return Err(ToolError::TellModel(format!(
                "`query` is over {LONGEST_QUERY} characters long: give fewer words"
            )));
        }
        Ok(Self {
            folded: fold(query),
        })
    }

    fn hit(&self, text: &str) -> Option<Hit> {
        let folded = fold(text);
        let start = folded.find(&self.folded)?;
        Some(Hit {
            snippet: snippet(text, start, start + self.folded.len()),
            occurrences: folded.matches(&self.folded).count(),
        })
    }
}

fn fold(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

/// The part of `text` around the bytes `start..end` of its folded form, which may be longer or shorter.
fn snippet(text: &str, start: usize, end: usize) -> String {
    let mut folded_at = 0;
    let (mut first, mut last) = (0, 0);
    for (index, character) in text.chars().enumerate() {
        if folded_at <= start {
            first = index;
        }
        if folded_at < end {
            last = index;
        }
        folded_at += character.to_lowercase().map(char::len_utf8).sum::<usize>();
    }
    let from = first.saturating_sub(SNIPPET_SIDE);
    let to = last.saturating_add(SNIPPET_SIDE);
    text.chars().skip(from).take(to - from + 1).collect()
}
