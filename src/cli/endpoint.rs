//! `custody endpoint probe`: finds out what an OpenAI-compatible endpoint can do.

use anyhow::Context as _;

use super::arguments::{Common, EndpointCommand};
use super::prepare::endpoint_config;
use super::{Exit, terminal};
use crate::agent::endpoint::probe;
use crate::config::Config;

pub(super) async fn run(common: &Common, command: &EndpointCommand) -> anyhow::Result<Exit> {
    let EndpointCommand::Probe { model, save } = command;
    let config = Config::read(&common.config)?;
    let mut model_config = config.model;
    model_config.profile = None;
    let profile = probe(&endpoint_config(&model_config, model)?).await?;
    if let Some(path) = save {
        profile
            .save(path)
            .with_context(|| format!("profile `{}` cannot be written", path.display()))?;
    }
    if common.json {
        terminal::print_json(&profile)?;
    } else {
        let rows = profile.rows();
        let width = rows
            .iter()
            .map(|(name, _)| name.len())
            .max()
            .unwrap_or_default();
        let text: String = rows
            .iter()
            .map(|(name, value)| format!("{name:<width$}  {value}\n"))
            .collect();
        terminal::print(&text)?;
    }
    Ok(Exit::Done)
}
