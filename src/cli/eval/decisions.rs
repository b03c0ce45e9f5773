//! `custody eval --from-decisions`: past packets against what people decided on them.

use serde::Serialize;

use super::{held_to, write_page};
use crate::basis::load_library;
use crate::cli::arguments::{Common, EvalArguments};
use crate::cli::{Exit, terminal};
use crate::config::Config;
use crate::eval::decisions::{CycleDecisions, decisions};
use crate::eval::document::{Evaluation, Subject};
use crate::eval::report::{Origin, report_text};
use crate::review::Store;

#[derive(Serialize)]
struct Document<'d> {
    #[serde(flatten)]
    evaluation: &'d Evaluation,
    cycles: &'d [CycleDecisions],
}

pub(super) async fn run(common: &Common, arguments: &EvalArguments) -> anyhow::Result<Exit> {
    let config = Config::read(&common.config)?;
    let access = config.access.cli()?;
    anyhow::ensure!(
        access.sees_everything(),
        "role `{}` does not see every field: packets cannot be evaluated for it",
        access.role()
    );
    let library = load_library(config.library.as_deref())?;
    let shown = config.store.display();
    anyhow::ensure!(
        config.store.is_file(),
        "store `{shown}` is not there: nothing was decided"
    );
    let store = Store::open(&config.store).await?;
    let found = decisions(&store).await;
    store.close().await;
    let found = found?;
    let subject = Subject {
        model: found.models.into_iter().collect::<Vec<_>>().join(", "),
        profile: None,
        origin: Origin::Decisions,
        case_folder: String::new(),
        library_version: library.version().to_owned(),
        library: library.digest(),
        epochs: 1,
        seed: arguments.seed,
    };
    let evaluation = Evaluation::of_decisions(subject, found.digest, found.runs);
    if common.json {
        terminal::print_json(&Document {
            evaluation: &evaluation,
            cycles: &found.cycles,
        })?;
    } else {
        let style = terminal::style(arguments.full);
        terminal::print(&table(&found.cycles))?;
        terminal::print(&report_text(&evaluation.report, &style))?;
    }
    if let Some(path) = &arguments.html {
        write_page(path, &evaluation.report)?;
    }
    Ok(held_to(arguments, &evaluation.report))
}

fn table(cycles: &[CycleDecisions]) -> String {
    let mut text = String::from("Decisions by cycle\n");
    for cycle in cycles {
        text.push_str(&format!(
            "{}: {} decided ({} accepted, {} overridden, {} returned); the packet's posture {} times; {} corrections, {} of them major\n",
            crate::render::escape_control(&cycle.cycle),
            cycle.decided,
            cycle.accepted,
            cycle.overridden,
            cycle.returned,
            cycle.agreed,
            cycle.corrections,
            cycle.major_corrections,
        ));
    }
    text.push_str(
        "A decision was made with the packet in view: agreement here is an upper bound.\n\n",
    );
    text
}
