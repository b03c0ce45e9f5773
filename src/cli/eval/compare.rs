//! `custody eval compare`: two evaluations of the same cases.

use std::path::Path;

use crate::cli::arguments::{Common, EvalArguments};
use crate::cli::{Exit, terminal};
use crate::eval::compare::compare;
use crate::eval::document::Scores;
use crate::eval::report::comparison_text;

pub(super) fn run(
    common: &Common,
    arguments: &EvalArguments,
    a: &Path,
    b: &Path,
) -> anyhow::Result<Exit> {
    let (first, second) = (Scores::read(a)?, Scores::read(b)?);
    let (first_name, second_name) = (a.display().to_string(), b.display().to_string());
    let comparison = compare((&first_name, &first), (&second_name, &second))?;
    if common.json {
        terminal::print_json(&comparison)?;
    } else {
        let style = terminal::style(arguments.full);
        terminal::print(&comparison_text(&comparison, &style))?;
    }
    Ok(Exit::Done)
}
