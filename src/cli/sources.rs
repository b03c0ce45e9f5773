//! `custody sources check`: whether each source can be read, and what it would yield.

use custody_controls::instant::Instant;
use custody_controls::kind::SourceSystem;
use custody_tools::source::{MissingSource, SourceProgress};
use serde_json::{Value, json};

use super::arguments::{Common, SourcesCommand};
use super::{Exit, terminal};
use crate::basis::connectors;
use crate::config::Config;
use crate::render::escape_control;

pub(super) async fn run(
    common: &Common,
    command: &SourcesCommand,
    now: Instant,
) -> anyhow::Result<Exit> {
    let SourcesCommand::Check = command;
    let config = Config::read(&common.config)?;
    let connectors = connectors(&config);
    let silent = |_: SourceProgress| {};
    let captured =
        custody_tools::source::capture(&connectors, now, MissingSource::Allow, silent).await?;
    let rows: Vec<Value> = SourceSystem::ALL
        .into_iter()
        .map(|source| {
            let reading = captured.capture.readings().get(&source);
            let kinds = source
                .kinds()
                .map(|kind| (kind.name(), captured.capture.table(kind).count()));
            json!({
                "source": source.name(),
                "connector": reading.map(|reading| &reading.connector),
                "readable": !captured.capture.is_missing(source),
                "records": kinds.collect::<std::collections::BTreeMap<_, _>>(),
            })
        })
        .collect();
    let readable = SourceSystem::ALL
        .into_iter()
        .all(|source| !captured.capture.is_missing(source));
    if common.json {
        terminal::print_json(&json!({ "sources": rows, "warnings": captured.warnings }))?;
    } else {
        let mut text = String::new();
        for source in SourceSystem::ALL {
            if captured.capture.is_missing(source) {
                text.push_str(&format!("{source:<11} cannot be read\n"));
                continue;
            }
            let counts = source
                .kinds()
                .map(|kind| format!("{} {}", captured.capture.table(kind).count(), kind.name()));
            text.push_str(&format!(
                "{source:<11} readable: {}\n",
                counts.collect::<Vec<_>>().join(", ")
            ));
        }
        for warning in &captured.warnings {
            text.push_str(&format!("  {}\n", escape_control(warning)));
        }
        terminal::print(&text)?;
    }
    Ok(if readable {
        Exit::Done
    } else {
        Exit::CouldNotRun
    })
}
