//! The agent loop: shows a model the task and the tools, and takes its draft to the validator.
//!
//! It cannot queue and cannot decide: it ends in a validated packet or the rules' own, and
//! never names the review store.

pub mod driver;
pub mod endpoint;
pub mod limits;
pub mod message;
pub mod model;
pub mod offline;
pub mod prompts;
pub mod pseudonym;
pub mod reference;
pub mod run;

/// The name of the embedded drafter, which is not a language model.
pub const OFFLINE: &str = "offline";
