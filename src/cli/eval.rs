//! `custody eval`: runs cases, scores them against reviewers' labels, and holds the result to thresholds.

mod compare;
mod decisions;
mod from_cases;

use std::path::Path;

use anyhow::Context as _;

use super::arguments::{Common, EvalArguments, EvalCommand};
use super::{Exit, terminal};
use crate::config::{Config, DEFAULT_CONFIG};
use crate::eval::gate::failures;
use crate::eval::report::{Report, report_html};

pub(super) async fn run(common: &Common, arguments: &EvalArguments) -> anyhow::Result<Exit> {
    match &arguments.command {
        Some(EvalCommand::Compare { a, b }) => compare::run(common, arguments, a, b),
        None if arguments.from_decisions => decisions::run(common, arguments).await,
        None => from_cases::run(common, arguments).await,
    }
}

/// The configuration, where there is one: an evaluation of the built-in library with the embedded drafter needs none.
fn config_if_any(common: &Common) -> anyhow::Result<Option<Config>> {
    if common.config.as_os_str() == DEFAULT_CONFIG && !common.config.exists() {
        return Ok(None);
    }
    Ok(Some(Config::read(&common.config)?))
}

fn write_page(path: &Path, report: &Report) -> anyhow::Result<()> {
    std::fs::write(path, report_html(report))
        .with_context(|| format!("page `{}` cannot be written", path.display()))
}

/// Says on stderr which thresholds the report misses.
fn held_to(arguments: &EvalArguments, report: &Report) -> Exit {
    let failures = failures(report, &arguments.thresholds);
    for failure in &failures {
        terminal::note(&format!("below threshold: {failure}"));
    }
    if failures.is_empty() {
        Exit::Done
    } else {
        Exit::BelowThreshold
    }
}
