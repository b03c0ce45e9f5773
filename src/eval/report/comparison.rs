//! Two runs on the same cases, figure by figure.

use custody_controls::json::Digest;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::figure::FigureName;
use crate::eval::stats::{Estimate, Interval};

/// Two runs on the same cases.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    /// The first run.
    pub first: Side,
    /// The second run.
    pub second: Side,
    /// Cases that both have scored.
    pub cases: u64,
    /// Scenario families among them.
    pub clusters: u64,
    /// Cases that only one side has scored, by name.
    pub left_out: Vec<String>,
    /// The figures compared.
    pub rows: Vec<Compared>,
}

/// One of the two runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Side {
    /// What it was called when asked for: the log's path.
    pub name: String,
    /// The model.
    pub model: String,
    /// Digest over its cases.
    #[schemars(with = "String")]
    pub dataset: Digest,
    /// Version of the program that ran it.
    pub code_version: String,
}

/// One figure on both sides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Compared {
    /// The figure.
    pub name: FigureName,
    /// Of the first run.
    pub first: Estimate,
    /// Of the second.
    pub second: Estimate,
    /// First less second.
    pub difference: Estimate,
    /// Its interval, where it has one.
    pub interval: Option<Interval>,
    /// How it was tested.
    pub test: PairedTest,
    /// The test's p value.
    pub p_value: Estimate,
    /// The p value after Holm's adjustment over all rows.
    pub adjusted: Estimate,
}

/// How a difference was tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "name", deny_unknown_fields)]
pub enum PairedTest {
    /// McNemar's exact test.
    McnemarExact {
        /// Cases that only the first run got right.
        first_only: u64,
        /// Cases that only the second run got right.
        second_only: u64,
    },
    /// The paired cluster bootstrap.
    PairedBootstrap,
}
