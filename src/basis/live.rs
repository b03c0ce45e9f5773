//! Makes connectors to live systems from their settings. A credential is looked up here, and a
//! source whose credential cannot be had is a source that cannot be read.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use custody_controls::instant::Instant;
use custody_tools::source::Connector;
use custody_tools::source::credential::Credential;
use custody_tools::source::pkcs11::{Hardware, Pkcs11Settings, Pkcs11Token, TokenSettings};
use custody_tools::source::scim::{
    Deactivated, GroupName, PersonId, RosterGroup, RosterGroups, Scim, ScimSettings,
};

use crate::agent::endpoint::key_from;
use crate::config::{
    Config, DeactivatedConfig, HardwareConfig, PersonIdConfig, Pkcs11Config, RosterConfig,
    RosterGroupConfig, ScimConfig, SourceConfig, TokenConfig, environment,
};

/// A connector to a SCIM server.
pub(super) fn scim(config: &ScimConfig) -> Arc<dyn Connector> {
    Arc::new(Scim::new(ScimSettings {
        base_url: config.base_url.clone(),
        bearer: credential(config.token_env.as_deref(), config.token_file.as_deref()),
        registry: config.registry.clone(),
        filter: config.filter.clone(),
        person_id: match config.person_id {
            PersonIdConfig::UserName => PersonId::UserName,
            PersonIdConfig::Id => PersonId::Id,
            PersonIdConfig::ExternalId => PersonId::ExternalId,
        },
        deactivated: match config.deactivated {
            DeactivatedConfig::Separated => Deactivated::Separated,
            DeactivatedConfig::OnLeave => Deactivated::OnLeave,
        },
        page_size: config.page_size,
        timeout: Duration::from_secs(config.timeout_seconds),
        roster: config.roster.as_ref().map(roster),
    }))
}

fn roster(config: &RosterConfig) -> RosterGroups {
    let group = |group: &RosterGroupConfig| {
        let id = group.id.clone().map(GroupName::Id);
        let name = || group.name.clone().map(GroupName::DisplayName);
        Some(RosterGroup {
            group: id.or_else(name)?,
            role: group.role.clone(),
        })
    };
    RosterGroups {
        snapshot: config.snapshot.clone(),
        groups: config.groups.iter().filter_map(group).collect(),
    }
}

/// A connector to PKCS#11 tokens, read at `now` by processes of this program's own.
pub(super) fn pkcs11(settings: &Pkcs11Config, config: &Config, now: Instant) -> Arc<dyn Connector> {
    // A program that cannot be found cannot be started, and that is told then.
    let program = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("custody"));
    Arc::new(Pkcs11Token::new(Pkcs11Settings {
        tokens: settings.tokens.iter().map(token).collect(),
        registry: settings.registry.clone(),
        reader: (program, vec!["token-reader".to_owned()]),
        withheld: secret_variables(config),
        now,
    }))
}

fn token(config: &TokenConfig) -> TokenSettings {
    TokenSettings {
        library: config.library.clone(),
        token: config.token.clone(),
        serial: config.serial.clone(),
        pin: credential(config.pin_env.as_deref(), config.pin_file.as_deref()),
        hardware: match config.hardware {
            HardwareConfig::Slot => Hardware::Slot,
            HardwareConfig::Registry => Hardware::Registry,
        },
        timeout: Duration::from_secs(config.timeout_seconds),
    }
}

/// The secret from the environment's variable, or else from the file, where either is configured.
fn credential(variable: Option<&str>, file: Option<&Path>) -> Credential {
    if variable.is_none() && file.is_none() {
        return Credential::NotNeeded;
    }
    match key_from(variable.and_then(environment), file) {
        Ok(secret) => Credential::Secret(secret),
        Err(error) => Credential::Unavailable(match variable {
            Some(variable) if file.is_none() => {
                format!("the environment variable `{variable}`: {error}")
            }
            Some(_) | None => error.to_string(),
        }),
    }
}

/// The environment variables that hold a secret of custody.
fn secret_variables(config: &Config) -> Vec<String> {
    let of_source = |source: &SourceConfig| match source {
        SourceConfig::Directory { .. } | SourceConfig::Tuf(_) => Vec::new(),
        SourceConfig::Pkcs11(settings) => {
            let tokens = settings.tokens.iter();
            tokens.filter_map(|token| token.pin_env.clone()).collect()
        }
        SourceConfig::Scim(settings) => settings.token_env.iter().cloned().collect(),
    };
    let of_sources = config.sources.values().flat_map(of_source);
    of_sources
        .chain([config.model.api_key_env.clone()])
        .collect()
}
