//! Typed read-only questions over a capture: what the model, chat and MCP clients may ask.
//!
//! One tool is one object with its spec. No tool takes a URL, a file path or a query language,
//! none reads anything but the review it is given, and none can change it. Marking source text
//! as untrusted is the caller's business.

mod arguments;
mod ceremonies;
mod controls;
mod hsm;
mod identity;
mod list;
mod page;
mod read;
mod record_row;
mod release;
mod schema;
mod search;
mod texts;
mod visibility;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use custody_controls::assessment::Assessment;
use custody_controls::capture::Capture;
use custody_controls::json::parse_strict;
use custody_controls::kind::ArtifactId;
use custody_controls::library::RequirementBrief;
use custody_controls::packet::ReviewScope;
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub use controls::{
    AccountAnswer, CheckPage, CitedValue, FindingRow, FindingsAnswer, JudgedRecords,
    RequirementRow, RequirementsAnswer, StandingOfRequirement, SubjectRow,
};
pub use page::{MAX_RESULT_BYTES, Page};
pub use read::{RecordPart, RecordsAnswer};
pub use record_row::RecordRow;
pub use search::SearchHit;
pub use visibility::{SeeAll, Visibility, WITHHELD};

/// The review that tools answer about.
#[derive(Clone, Copy)]
pub struct ReviewMaterial<'a> {
    /// The evidence.
    pub capture: &'a Capture,
    /// Cycle, period and as-of: records from after as-of are not seen by any tool.
    pub scope: &'a ReviewScope,
    /// What the rules found.
    pub assessment: &'a Assessment,
    /// The requirements in words, in library order.
    pub requirements: &'a [RequirementBrief],
    /// The policy's parameters.
    pub parameters: &'a BTreeMap<String, Value>,
    /// Which fields may be shown.
    pub visibility: &'a dyn Visibility,
}

// It holds evidence and people: only the capture's digest may reach a log.
impl fmt::Debug for ReviewMaterial<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReviewMaterial")
            .field("capture", &self.capture.digest())
            .field("as_of", &self.scope.as_of)
            .finish_non_exhaustive()
    }
}

/// What a client is told of a tool.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolSpec {
    /// The name: `<source>_<verb>_<noun>`.
    pub name: &'static str,
    /// What it answers.
    pub description: String,
    /// The schema of its arguments, in the subset of JSON Schema that every endpoint takes.
    pub parameters: Value,
    /// The schema of its answer.
    pub answer: Value,
}

/// A tool's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolOutput {
    /// The answer as JSON text, of at most [`MAX_RESULT_BYTES`] bytes.
    pub text: String,
    /// The records whose content is in it.
    pub shown: BTreeSet<ArtifactId>,
}

/// Why a tool did not answer, and who is to hear of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ToolError {
    /// The one who asked can ask better: says what is wrong and what would be right.
    #[error("{0}")]
    TellModel(String),
    /// The run cannot go on.
    #[error("{0}")]
    Stop(String),
}

/// One question that may be asked about a review.
pub trait Tool: fmt::Debug + Send + Sync {
    /// Its name, description and schemas.
    fn spec(&self) -> ToolSpec;

    /// Answers.
    ///
    /// # Errors
    /// Says whether the one who asked or the run is to hear of it.
    fn call(&self, review: &ReviewMaterial<'_>, arguments: &Value)
    -> Result<ToolOutput, ToolError>;

    /// Answers arguments that came as JSON text. Duplicate members are refused; no text is no arguments.
    ///
    /// # Errors
    /// As [`Tool::call`], and when the text is not JSON.
    fn call_text(
        &self,
        review: &ReviewMaterial<'_>,
        arguments: &str,
    ) -> Result<ToolOutput, ToolError> {
        if arguments.trim().is_empty() {
            return self.call(review, &Value::Null);
        }
        let arguments = parse_strict(arguments).map_err(|error| {
            ToolError::TellModel(format!("the arguments are not one JSON object: {error}"))
        })?;
        self.call(review, &arguments)
    }
}

/// The portable subset of the schema of `T`, as arguments of a tool that is answered elsewhere.
#[must_use]
pub fn portable_arguments<T: JsonSchema>() -> Value {
    schema::portable(&schema::of_arguments::<T>())
}

/// Every tool, by source and in the order in which they are offered.
#[must_use]
pub fn catalogue() -> Vec<Box<dyn Tool>> {
    [
        hsm::tools(),
        ceremonies::tools(),
        identity::tools(),
        release::tools(),
        controls::tools(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A tool by its Rust types. Every question is a [`Tool`]; schemas, checks and encoding are done once here.
pub(crate) trait Question: fmt::Debug + Send + Sync {
    type Arguments: DeserializeOwned + JsonSchema;
    type Answer: Serialize + JsonSchema;

    fn name(&self) -> &'static str;
    fn description(&self) -> String;
    fn answer(
        &self,
        review: &ReviewMaterial<'_>,
        arguments: Self::Arguments,
    ) -> Result<Answered<Self::Answer>, ToolError>;
}

/// An answer and the records whose content is in it.
#[derive(Debug)]
pub(crate) struct Answered<T> {
    pub(crate) answer: T,
    pub(crate) shown: BTreeSet<ArtifactId>,
}

impl<T> Answered<T> {
    /// An answer that shows no record's content.
    pub(crate) const fn without_records(answer: T) -> Self {
        Self {
            answer,
            shown: BTreeSet::new(),
        }
    }
}

impl<Q: Question> Tool for Q {
    fn spec(&self) -> ToolSpec {
        ToolSpec {
            name: self.name(),
            description: self.description(),
            parameters: schema::portable(&schema::of_arguments::<Q::Arguments>()),
            answer: schema::of_answer::<Q::Answer>(),
        }
    }

    fn call(
        &self,
        review: &ReviewMaterial<'_>,
        arguments: &Value,
    ) -> Result<ToolOutput, ToolError> {
        let arguments = arguments::parse(&schema::of_arguments::<Q::Arguments>(), arguments)?;
        let answered = self.answer(review, arguments)?;
        let text = serde_json::to_string(&answered.answer)
            .map_err(|error| ToolError::Stop(format!("`{}`: {error}", self.name())))?;
        tracing::debug!(
            tool.name = self.name(),
            bytes = text.len(),
            "Answered tool call"
        );
        Ok(ToolOutput {
            text,
            shown: answered.shown,
        })
    }
}

#[cfg(test)]
#[path = "tool/arguments_tests.rs"]
mod arguments_tests;
#[cfg(test)]
#[path = "tool/catalogue_tests.rs"]
mod catalogue_tests;
#[cfg(test)]
#[path = "tool/controls_tests.rs"]
mod controls_tests;
#[cfg(test)]
#[path = "tool/fixture.rs"]
mod fixture;
#[cfg(test)]
#[path = "tool/list_tests.rs"]
mod list_tests;
#[cfg(test)]
#[path = "tool/read_tests.rs"]
mod read_tests;
#[cfg(test)]
#[path = "tool/search_tests.rs"]
mod search_tests;
#[cfg(test)]
#[path = "tool/visibility_tests.rs"]
mod visibility_tests;
