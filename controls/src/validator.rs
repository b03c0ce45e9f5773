//! Holds a draft against capture, library and assessment, and names every fault at once.
//!
//! Deterministic and without a model: statuses, findings and posture are the rules' own, and
//! a draft can only restate them, explain them with citations, or raise a concern beside them.
//! It never repairs a draft and never softens anything.

mod account;
mod action;
mod calendar;
mod citation;
mod fault;
mod grounding;
mod held;
mod invisible;
mod loose;
mod names;
mod prose;
mod quotation;
mod reference;
mod ruled;
mod shape;
mod token;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

pub use fault::{DraftFault, FaultCode};

use crate::assessment::Assessment;
use crate::capture::Capture;
use crate::draft::Draft;
use crate::kind::ArtifactId;
use crate::library::RequirementBrief;
use crate::packet::{PacketLibrary, ReviewScope};

/// The longest draft that is looked at, in bytes.
pub const MAX_DRAFT_BYTES: usize = 16_000_000;

/// What a draft is held against.
#[derive(Debug, Clone, Copy)]
pub struct ReviewBasis<'a> {
    /// The evidence.
    pub capture: &'a Capture,
    /// Cycle, period and the instant judged for.
    pub scope: &'a ReviewScope,
    /// What the rules found in that evidence.
    pub assessment: &'a Assessment,
    /// The requirements in words, in library order.
    pub requirements: &'a [RequirementBrief],
    /// The policy's parameters by name.
    pub parameters: &'a BTreeMap<String, Value>,
    /// The library that the rules come from.
    pub library: &'a PacketLibrary,
}

/// Which records the draft's author was shown.
#[derive(Debug, Clone, Copy)]
pub enum Shown<'a> {
    /// Any record of the capture may be cited.
    Everything,
    /// Only these may be cited: what the tools returned.
    Only(&'a BTreeSet<ArtifactId>),
}

impl Shown<'_> {
    fn includes(self, artifact: &ArtifactId) -> bool {
        match self {
            Self::Everything => true,
            Self::Only(shown) => shown.contains(artifact),
        }
    }
}

/// A draft that passed every check. Only [`validate`] makes one.
#[derive(Debug, Clone, PartialEq)]
pub struct AcceptedDraft {
    // INVARIANT: `validate` found no fault in it.
    draft: Draft,
    claims_checked: u32,
}

impl AcceptedDraft {
    /// The draft.
    #[must_use]
    pub const fn draft(&self) -> &Draft {
        &self.draft
    }

    /// How many of its statements were checked.
    #[must_use]
    pub const fn claims_checked(&self) -> u32 {
        self.claims_checked
    }

    pub(crate) fn into_parts(self) -> (Draft, u32) {
        (self.draft, self.claims_checked)
    }
}

/// Holds the text of a draft against `basis`.
///
/// # Errors
/// Returns every fault, ordered by place and code.
pub fn validate(
    basis: &ReviewBasis<'_>,
    draft_text: &str,
    shown: Shown<'_>,
) -> Result<AcceptedDraft, Vec<DraftFault>> {
    let mut faults = fault::FaultList::default();
    let Some(value) = shape::read(draft_text, &mut faults) else {
        return Err(faults.into_sorted());
    };
    let draft = loose::LooseDraft::of(&value);
    let claims = account::check(basis, shown, &draft, &mut faults);
    let faults = faults.into_sorted();
    if !faults.is_empty() {
        return Err(faults);
    }
    match serde_json::from_value(value) {
        Ok(draft) => Ok(AcceptedDraft {
            draft,
            claims_checked: claims,
        }),
        // The schema is made from the draft's type, so this is not expected; it still fails closed.
        Err(error) => Err(vec![DraftFault {
            code: FaultCode::MalformedDraft,
            requirement: None,
            path: String::new(),
            message: format!("does not have a draft's form: {error}"),
        }]),
    }
}
