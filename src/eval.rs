//! Measures how far packets agree with reviewers, what they surface, and how steady they are.

pub mod report;
pub mod stats;
