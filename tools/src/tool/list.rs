//! Lists of records of one kind, filtered and paged.
//!
//! A list is declared once by the `list!` macro: arguments, what each reads, and how it decides.

use std::fmt;
use std::marker::PhantomData;

use custody_controls::capture::{Capture, RecordAt};
use custody_controls::instant::Instant;
use custody_controls::kind::Kind;
use custody_controls::record::Record;
use custody_controls::table::Table;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use super::page::{Page, PageSize, skip_of};
use super::record_row::{RecordRow, is_seen, shown};
use super::{Answered, Question, ReviewMaterial, ToolError};

/// The arguments of a list, and which records they let through.
pub(crate) trait Filter: DeserializeOwned + JsonSchema + fmt::Debug {
    type Record: Record;
    const NAME: &'static str;
    const DESCRIPTION: &'static str;

    fn table(capture: &Capture) -> &Table<Self::Record>;
    fn skip(&self) -> Option<u32>;
    /// The arguments given, each with the record fields that it reads.
    fn reads(&self) -> Vec<(&'static str, &'static [&'static str])>;
    fn lets_through(&self, record: &Self::Record, review: &ReviewMaterial<'_>) -> bool;
}

/// The tool that answers with the records that a filter lets through.
pub(crate) struct List<F>(PhantomData<fn() -> F>);

impl<F> List<F> {
    pub(crate) const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<F: Filter> fmt::Debug for List<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "List({})", F::NAME)
    }
}

impl<F: Filter> Question for List<F> {
    type Arguments = F;
    type Answer = Page<RecordRow>;

    fn name(&self) -> &'static str {
        F::NAME
    }

    fn description(&self) -> String {
        F::DESCRIPTION.to_owned()
    }

    fn answer(
        &self,
        review: &ReviewMaterial<'_>,
        filter: F,
    ) -> Result<Answered<Page<RecordRow>>, ToolError> {
        let kind = F::Record::KIND;
        refuse_withheld(review, kind, &filter)?;
        let found: Vec<RecordAt> = F::table(review.capture)
            .iter()
            .filter(|(_, record)| filter.lets_through(record, review))
            .map(|(row, _)| RecordAt { kind, row })
            .filter(|&at| is_seen(review, at))
            .collect();
        let rows = found
            .iter()
            .skip(skip_of(filter.skip()))
            .map(|&at| RecordRow::listed(review, at));
        let page = Page::fill(found.len(), filter.skip(), rows, PageSize::RECORDS)
            .of_source(review, kind.source());
        Ok(Answered {
            shown: shown(&page.rows),
            answer: page,
        })
    }
}

/// A filter on a withheld field would tell what is in it, one question at a time.
fn refuse_withheld<F: Filter>(
    review: &ReviewMaterial<'_>,
    kind: Kind,
    filter: &F,
) -> Result<(), ToolError> {
    let withheld: Vec<String> = filter
        .reads()
        .into_iter()
        .filter(|(_, fields)| {
            let mut fields = fields.iter();
            fields.any(|field| !review.visibility.may_see(kind, field))
        })
        .map(|(argument, _)| format!("`{argument}`"))
        .collect();
    if withheld.is_empty() {
        return Ok(());
    }
    let arguments = withheld.join(", ");
    Err(ToolError::TellModel(format!(
        "{arguments} cannot be asked by: the field is withheld from this reader"
    )))
}

/// Whether a person reference in a record names the person asked for, by id, alias or artifact id.
pub(crate) fn names_person(review: &ReviewMaterial<'_>, reference: &str, wanted: &str) -> bool {
    let wanted = own_id(Kind::People, wanted);
    if reference == wanted {
        return true;
    }
    // Whoever may not see aliases must not learn them from what a question lets through.
    if !review.visibility.may_see(Kind::People, "aliases") {
        return false;
    }
    let person = review.capture.resolve_person(wanted);
    person.is_some() && review.capture.resolve_person(reference) == person
}

/// Whether a reference to a record of `kind` names the one asked for, by id or artifact id.
pub(crate) fn names_record(kind: Kind, reference: &str, wanted: &str) -> bool {
    reference == own_id(kind, wanted)
}

/// The record id in what may be an artifact id.
fn own_id(kind: Kind, wanted: &str) -> &str {
    wanted
        .strip_prefix(kind.path())
        .and_then(|rest| rest.strip_prefix('/'))
        .unwrap_or(wanted)
}

/// Whether `from` ≤ `at` < `until`; without an end it goes on.
pub(crate) fn spans(from: Instant, until: Option<Instant>, at: Instant) -> bool {
    from <= at && until.is_none_or(|until| at < until)
}

/// Declares a list: its filter type, its tool name, what its rows are, and each argument with
/// the record fields it reads and the test it makes.
macro_rules! list {
    (
        $filter:ident = $name:literal, $record:ident in $table:ident, $description:literal {
            $( $(#[doc = $doc:literal])* $argument:ident : $ty:ty, by $fields:tt, $test:expr; )*
        }
    ) => {
        #[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub(crate) struct $filter {
            $( $(#[doc = $doc])* $argument: Option<$ty>, )*
            /// How many rows to leave out: `next_skip` of the page before.
            skip: Option<u32>,
        }

        impl $crate::tool::list::Filter for $filter {
            type Record = custody_controls::record::$record;
            const NAME: &'static str = $name;
            const DESCRIPTION: &'static str = $description;

            fn table(
                capture: &custody_controls::capture::Capture,
            ) -> &custody_controls::table::Table<Self::Record> {
                &capture.tables().$table
            }
            fn skip(&self) -> Option<u32> {
                self.skip
            }
            fn reads(&self) -> Vec<(&'static str, &'static [&'static str])> {
                let mut given: Vec<(&'static str, &'static [&'static str])> = Vec::new();
                $( if self.$argument.is_some() { given.push((stringify!($argument), &$fields)); } )*
                given
            }
            fn lets_through(
                &self,
                record: &Self::Record,
                review: &$crate::tool::ReviewMaterial<'_>,
            ) -> bool {
                $(
                    let test: fn(
                        &Self::Record,
                        &$ty,
                        &$crate::tool::ReviewMaterial<'_>,
                    ) -> bool = $test;
                    if let Some(wanted) = &self.$argument && !test(record, wanted, review) {
                        return false;
                    }
                )*
                true
            }
        }
    };
}
pub(crate) use list;
