//! `custody prepare`: from the sources to a packet in the queue.

use custody_controls::instant::Instant;
use custody_controls::kind::Kind;
use custody_tools::tool::Visibility;

use super::arguments::{Common, ModelArguments, PrepareArguments};
use super::terminal::RunProgress;
use super::{Exit, assess, terminal};
use crate::agent::OFFLINE;
use crate::agent::endpoint::{
    Endpoint, EndpointConfig, EndpointProfile, LongInput, PlainHttp, Support, goes_in_clear,
    key_from,
};
use crate::agent::limits::Limits;
use crate::agent::model::Model;
use crate::agent::offline::OfflineDrafter;
use crate::agent::pseudonym::Pseudonyms;
use crate::config::{Config, ModelConfig, environment, login_name};
use crate::prepare::{Preparation, prepare};
use crate::render::{NextStep, View};
use crate::review::queue::AsOfOrigin;
use crate::review::{Access, Store};

pub(super) async fn run(
    common: &Common,
    arguments: &PrepareArguments,
    now: Instant,
) -> anyhow::Result<Exit> {
    let config = Config::read(&common.config)?;
    let access = config.access.cli()?;
    let model = choose_model(&config.model, &arguments.model)?;
    let judged = assess::judge(common, &config, now).await?;
    let store = Store::open(&config.store).await?;
    let pseudonyms = if model.is_remote() && !config.access.reveal_people_to_model {
        Pseudonyms::of(&judged.capture)
    } else {
        Pseudonyms::default()
    };
    let prepared_by = arguments
        .who
        .clone()
        .or_else(login_name)
        .unwrap_or_else(|| "unknown".to_owned());
    let progress = RunProgress::start(model.name());
    let how = Preparation {
        model: model.as_ref(),
        limits: limits(&config.model, model.as_ref()),
        visibility: &RoleVisibility(access.clone()),
        pseudonyms: &pseudonyms,
        prepared_by: &prepared_by,
        as_of_origin: if common.as_of.is_some() {
            AsOfOrigin::Given
        } else {
            AsOfOrigin::Defaulted
        },
        now,
        progress: &|event| progress.tell(event),
    };
    let prepared = prepare(&store, judged, &how).await;
    progress.finish();
    let prepared = prepared?;
    if prepared.was_queued {
        terminal::note(&format!(
            "the queue holds this packet already: {}",
            prepared.loaded.packet.id
        ));
    }
    let posture = prepared.loaded.packet.body.posture;
    super::packets::print_packet(common, &access, &prepared.loaded, |packet| {
        crate::render::terminal::text(
            &View::of_packet(packet, NextStep::Review),
            &terminal::style(arguments.full),
        )
    })?;
    store.close().await;
    Ok(if common.exit_code {
        Exit::of_posture(posture)
    } else {
        Exit::Done
    })
}

pub(super) fn limits(config: &ModelConfig, model: &dyn Model) -> Limits {
    if model.is_remote() {
        config.limits
    } else {
        config.limits.offline()
    }
}

/// The embedded drafter, or the endpoint that arguments and configuration name.
fn choose_model(
    config: &ModelConfig,
    arguments: &ModelArguments,
) -> anyhow::Result<Box<dyn Model>> {
    let name = arguments.model.as_deref().unwrap_or(&config.name);
    if name == OFFLINE {
        return Ok(Box::new(OfflineDrafter));
    }
    Ok(Box::new(Endpoint::new(endpoint_config(
        config, arguments,
    )?)?))
}

/// The endpoint that arguments and configuration name.
pub(super) fn endpoint_config(
    config: &ModelConfig,
    arguments: &ModelArguments,
) -> anyhow::Result<EndpointConfig> {
    let name = arguments.model.as_deref().unwrap_or(&config.name);
    let base_url = arguments.base_url.as_deref().or(config.base_url.as_deref());
    let base_url = base_url.ok_or_else(|| {
        anyhow::anyhow!(
            "model `{name}` needs an endpoint: give --base-url or set `base_url` under [model]"
        )
    })?;
    let key = key_from(
        environment(&config.api_key_env),
        config.api_key_file.as_deref(),
    )?;
    let mut endpoint = EndpointConfig::new(base_url, name, key);
    endpoint.max_output = config.max_output_tokens.get();
    if config.allow_plain_http {
        endpoint.plain_http = PlainHttp::Allowed;
        if goes_in_clear(base_url) {
            terminal::warn("key and evidence go to the endpoint in clear (`allow_plain_http`)");
        }
    }
    if let Some(path) = &config.profile {
        endpoint.profile = EndpointProfile::load(path)?;
        warn_of_profile(&endpoint);
    }
    Ok(endpoint)
}

/// Says what a probe saw that a run will suffer from.
fn warn_of_profile(endpoint: &EndpointConfig) {
    let Some(probed) = &endpoint.profile.observed else {
        return;
    };
    if probed.model != endpoint.model {
        terminal::warn(&format!(
            "the endpoint profile was probed with model `{}`, and the model is `{}`",
            probed.model, endpoint.model
        ));
    }
    if probed.tool_calls != Support::Kept {
        terminal::warn("by its profile, the endpoint did not call a tool when it was probed");
    }
    if probed.long_input == LongInput::CutSilently {
        terminal::warn("by its profile, the endpoint silently cuts long conversations");
    }
}

/// What the command line's role may see is what its model is shown.
#[derive(Debug)]
struct RoleVisibility(Access);

impl Visibility for RoleVisibility {
    fn may_see(&self, kind: Kind, field: &str) -> bool {
        self.0.may_see(kind, field)
    }
}
