//! `custody sources check`: per source, whether it can be reached and read, what it would yield,
//! and whether what it is read with could write.

use std::collections::BTreeMap;

use custody_controls::instant::Instant;
use custody_controls::kind::SourceSystem;
use custody_tools::source::{
    Captured, MissingSource, SourceProgress, Standing, WriteAccess, capture, standings,
};
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
    let connectors = connectors(&config, now);
    let silent = |_: SourceProgress| {};
    let as_of = common.as_of.unwrap_or(now);
    let captured = capture(&connectors, as_of, now, MissingSource::Allow, silent).await?;
    let checked = Checked {
        captured,
        standings: standings(&connectors).await,
    };
    if common.json {
        terminal::print_json(&checked.document())?;
    } else {
        terminal::print(&checked.text())?;
    }
    let readable = |source| !checked.captured.capture.is_missing(source);
    Ok(if SourceSystem::ALL.into_iter().all(readable) {
        Exit::Done
    } else {
        Exit::CouldNotRun
    })
}

/// What was found of all sources.
struct Checked {
    captured: Captured,
    standings: BTreeMap<SourceSystem, Standing>,
}

impl Checked {
    fn document(&self) -> Value {
        let rows: Vec<Value> = SourceSystem::ALL.map(|source| self.row(source)).into();
        json!({ "sources": rows, "warnings": self.captured.warnings })
    }

    fn row(&self, source: SourceSystem) -> Value {
        let capture = &self.captured.capture;
        let records: BTreeMap<_, _> = source
            .kinds()
            .map(|kind| (kind.name(), capture.table(kind).count()))
            .collect();
        let standing = self.standings.get(&source);
        json!({
            "source": source.name(),
            "connector": capture.readings().get(&source).map(|reading| &reading.connector),
            "reachable": standing.is_some_and(|standing| standing.unreachable.is_none()),
            "unreachable": standing.and_then(|standing| standing.unreachable.as_deref()),
            "readable": !capture.is_missing(source),
            "records": records,
            "write_access": standing.map(|standing| {
                let (word, why) = words(&standing.write_access);
                json!({ "could_write": word, "why": why })
            }),
        })
    }

    fn text(&self) -> String {
        let lines = SourceSystem::ALL.map(|source| self.lines(source));
        let warnings = self
            .captured
            .warnings
            .iter()
            .map(|warning| format!("  {}\n", escape_control(warning)));
        lines.into_iter().chain(warnings).collect()
    }

    fn lines(&self, source: SourceSystem) -> String {
        let capture = &self.captured.capture;
        let Some(standing) = self.standings.get(&source) else {
            return format!("{:<11} not configured\n", source.name());
        };
        let connector = capture.readings().get(&source);
        let connector = connector.map_or("", |reading| reading.connector.as_str());
        let state = match &standing.unreachable {
            Some(reason) => format!("cannot be reached: {}", escape_control(reason)),
            None if capture.is_missing(source) => "reachable, cannot be read".to_owned(),
            None => {
                let counts = source
                    .kinds()
                    .map(|kind| format!("{} {}", capture.table(kind).count(), kind.name()));
                format!("readable: {}", counts.collect::<Vec<_>>().join(", "))
            }
        };
        let (word, why) = words(&standing.write_access);
        let why = escape_control(why);
        format!(
            "{:<11} {connector}, {state}\n{:<11} could write: {word} ({why})\n",
            source.name(),
            ""
        )
    }
}

fn words(access: &WriteAccess) -> (&'static str, &str) {
    match access {
        WriteAccess::None(why) => ("no", why),
        WriteAccess::Possible(why) => ("yes", why),
        WriteAccess::Unknown(why) => ("unknown", why),
    }
}
