//! The agent loop: shows a model the task and the tools, and takes its draft to the validator.
//!
//! It cannot queue and cannot decide: it ends in a validated packet or the rules' own, and
//! never names the review store.

pub mod endpoint;
pub mod message;
pub mod model;
