//! Evaluation: reviewers' cases run the way a packet is prepared, scored, and held to thresholds.
//!
//! It drafts nothing itself and judges nothing itself: runs go through the production path, and
//! what the rules say comes from the rule engine. A label is never changed to make a run pass.

pub mod baselines;
pub mod case;
pub mod citations;
pub mod compare;
pub mod decisions;
pub mod document;
pub mod drift;
pub mod evidence;
pub mod gate;
pub mod label;
pub mod log;
pub mod metamorphic;
pub mod misses;
pub mod models;
pub mod patch;
pub mod probe;
pub mod replay;
pub mod report;
pub mod run;
pub mod score;
pub mod stats;
pub mod summary;
pub mod times;

/// The program's version, with a digest of what it was built from.
#[must_use]
pub fn code_version() -> String {
    concat!(env!("CARGO_PKG_VERSION"), "+", env!("CUSTODY_SOURCES")).to_owned()
}
