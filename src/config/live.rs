//! Settings of the connectors to live systems: `kind = "scim"` and `kind = "pkcs11"`.
//!
//! Where a credential is found stands here. The credential itself never does.

use std::path::{Path, PathBuf};

use custody_controls::kind::SourceSystem;
use serde::Deserialize;

/// `kind = "scim"`: people from a SCIM 2.0 server.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScimConfig {
    /// The address up to and without `/Users`.
    pub base_url: String,
    /// The environment variable that holds the bearer token.
    pub token_env: Option<String>,
    /// A file with private permissions that holds it.
    pub token_file: Option<PathBuf>,
    /// The folder with what SCIM cannot tell.
    pub registry: PathBuf,
    /// Which accounts are read, as a SCIM filter.
    pub filter: Option<String>,
    /// Which attribute is the person's id.
    #[serde(default)]
    pub person_id: PersonIdConfig,
    /// What a deactivated account says of its person.
    #[serde(default)]
    pub deactivated: DeactivatedConfig,
    /// How many accounts are asked for at a time.
    #[serde(default = "page_size")]
    pub page_size: u32,
    /// How long one answer may take.
    #[serde(default = "timeout_seconds")]
    pub timeout_seconds: u64,
    /// The roster that groups carry.
    pub roster: Option<RosterConfig>,
}

/// `person_id`
#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub enum PersonIdConfig {
    /// `userName`
    #[default]
    #[serde(rename = "userName")]
    UserName,
    /// `id`
    #[serde(rename = "id")]
    Id,
    /// `externalId`
    #[serde(rename = "externalId")]
    ExternalId,
}

/// `deactivated`
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeactivatedConfig {
    /// The person has left.
    #[default]
    Separated,
    /// The person is away.
    OnLeave,
}

/// `[sources.identity.roster]`: the groups that carry an approved roster.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RosterConfig {
    /// The id of the registry's roster snapshot.
    pub snapshot: String,
    /// One group per role.
    pub groups: Vec<RosterGroupConfig>,
}

/// One of `groups`: by `id` or by `name`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RosterGroupConfig {
    /// The server's id of the group.
    pub id: Option<String>,
    /// The group's `displayName`.
    pub name: Option<String>,
    /// The role on the roster.
    pub role: String,
}

/// `kind = "pkcs11"`: keys of a PKCS#11 token.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pkcs11Config {
    /// The vendor's library.
    pub library: PathBuf,
    /// The token's label.
    pub token: String,
    /// The token's serial number, where the label alone does not tell.
    pub serial: Option<String>,
    /// The environment variable that holds the user's PIN.
    pub pin_env: Option<String>,
    /// A file with private permissions that holds it.
    pub pin_file: Option<PathBuf>,
    /// The folder with what the token cannot tell.
    pub registry: PathBuf,
    /// What says that the token is hardware.
    #[serde(default)]
    pub hardware: HardwareConfig,
    /// How long reading the token may take.
    #[serde(default = "timeout_seconds")]
    pub timeout_seconds: u64,
}

/// `hardware`
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HardwareConfig {
    /// The slot's own flag.
    #[default]
    Slot,
    /// The registry, by listing the token among its modules.
    Registry,
}

const fn page_size() -> u32 {
    100
}

const fn timeout_seconds() -> u64 {
    30
}

const LONGEST_TIMEOUT: u64 = 600;

impl ScimConfig {
    /// The settings with paths relative to `base`.
    ///
    /// # Errors
    /// Says what does not fit.
    pub fn located(mut self, source: SourceSystem, base: &Path) -> Result<Self, String> {
        check_source(source, SourceSystem::Identity, "scim")?;
        check_timeout(source, self.timeout_seconds)?;
        if !(1..=10_000).contains(&self.page_size) {
            return Err(format!(
                "[sources.{source}] `page_size` must be from 1 to 10000"
            ));
        }
        for group in self.roster.iter().flat_map(|roster| &roster.groups) {
            if group.id.is_some() == group.name.is_some() {
                return Err(format!(
                    "[sources.{source}.roster] the group for role `{}` needs `id` or `name`, one of the two",
                    group.role.escape_debug()
                ));
            }
        }
        self.registry = base.join(self.registry);
        self.token_file = self.token_file.map(|path| base.join(path));
        Ok(self)
    }
}

impl Pkcs11Config {
    /// The settings with paths relative to `base`.
    ///
    /// # Errors
    /// Says what does not fit, and how to build a custody that reads tokens if this one does not.
    pub fn located(mut self, source: SourceSystem, base: &Path) -> Result<Self, String> {
        check_source(source, SourceSystem::Hsm, "pkcs11")?;
        check_timeout(source, self.timeout_seconds)?;
        if !cfg!(feature = "pkcs11") {
            return Err(format!(
                "[sources.{source}] kind = \"pkcs11\" is not in this build of custody: build it with \
                 `cargo build --release --locked --features pkcs11`"
            ));
        }
        self.library = base.join(self.library);
        self.registry = base.join(self.registry);
        self.pin_file = self.pin_file.map(|path| base.join(path));
        Ok(self)
    }
}

fn check_source(found: SourceSystem, expected: SourceSystem, kind: &str) -> Result<(), String> {
    if found == expected {
        Ok(())
    } else {
        Err(format!(
            "[sources.{found}] kind = \"{kind}\" reads source `{expected}` alone"
        ))
    }
}

fn check_timeout(source: SourceSystem, seconds: u64) -> Result<(), String> {
    if (1..=LONGEST_TIMEOUT).contains(&seconds) {
        Ok(())
    } else {
        Err(format!(
            "[sources.{source}] `timeout_seconds` must be from 1 to {LONGEST_TIMEOUT}"
        ))
    }
}
