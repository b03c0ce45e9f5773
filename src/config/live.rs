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

/// `kind = "pkcs11"`: keys of PKCS#11 tokens.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "WrittenPkcs11")]
pub struct Pkcs11Config {
    /// The folder with what tokens cannot tell.
    pub registry: PathBuf,
    /// The tokens. None of them may be missing when the source is read.
    pub tokens: Vec<TokenConfig>,
}

/// `[[sources.hsm.tokens]]`: one token.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenConfig {
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
    /// What says that the token is hardware.
    #[serde(default)]
    pub hardware: HardwareConfig,
    /// How long reading the token may take.
    #[serde(default = "timeout_seconds")]
    pub timeout_seconds: u64,
}

/// `kind = "pkcs11"` as it is written: the one token beside `registry`, or a list of `tokens`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenPkcs11 {
    registry: PathBuf,
    library: Option<PathBuf>,
    token: Option<String>,
    serial: Option<String>,
    pin_env: Option<String>,
    pin_file: Option<PathBuf>,
    hardware: Option<HardwareConfig>,
    timeout_seconds: Option<u64>,
    tokens: Option<Vec<TokenConfig>>,
}

impl TryFrom<WrittenPkcs11> for Pkcs11Config {
    type Error = &'static str;

    fn try_from(written: WrittenPkcs11) -> Result<Self, Self::Error> {
        let beside = written.serial.is_some()
            || written.pin_env.is_some()
            || written.pin_file.is_some()
            || written.hardware.is_some()
            || written.timeout_seconds.is_some();
        let tokens = match (written.library, written.token, written.tokens) {
            (Some(library), Some(token), None) => vec![TokenConfig {
                library,
                token,
                serial: written.serial,
                pin_env: written.pin_env,
                pin_file: written.pin_file,
                hardware: written.hardware.unwrap_or_default(),
                timeout_seconds: written.timeout_seconds.unwrap_or_else(timeout_seconds),
            }],
            (None, None, Some(tokens)) if !beside && !tokens.is_empty() => tokens,
            _ => return Err("needs `library` and `token`, or a list of `tokens` that have them"),
        };
        Ok(Self {
            registry: written.registry,
            tokens,
        })
    }
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
        if !cfg!(feature = "pkcs11") {
            return Err(format!(
                "[sources.{source}] kind = \"pkcs11\" is not in this build of custody: build it with \
                 `cargo build --release --locked --features pkcs11`"
            ));
        }
        self.registry = base.join(self.registry);
        for token in &mut self.tokens {
            check_timeout(source, token.timeout_seconds)?;
            token.library = base.join(&token.library);
            token.pin_file = token.pin_file.take().map(|path| base.join(path));
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn pkcs11(text: &str) -> Result<Pkcs11Config, String> {
        toml::from_str(text).map_err(|error: toml::de::Error| error.message().to_owned())
    }

    fn scim(text: &str) -> Result<ScimConfig, String> {
        let text = format!("base_url = \"https://h/v2\"\nregistry = \"identity\"\n{text}");
        let config: ScimConfig = toml::from_str(&text).map_err(|error| error.to_string())?;
        config.located(SourceSystem::Identity, Path::new("/base"))
    }

    #[test]
    fn one_token_stands_beside_the_registry_and_several_in_a_list() {
        let one = pkcs11("registry = \"r\"\nlibrary = \"/l.so\"\ntoken = \"t\"\npin_env = \"P\"")
            .unwrap();
        assert_eq!((one.tokens.len(), one.tokens[0].timeout_seconds), (1, 30));
        let token = "{ library = \"/l.so\", token = \"t\" }";
        let two = pkcs11(&format!("registry = \"r\"\ntokens = [{token}, {token}]")).unwrap();
        assert_eq!(two.tokens.len(), 2);
        for refused in [
            "registry = \"r\"".to_owned(),
            "registry = \"r\"\ntokens = []".to_owned(),
            "registry = \"r\"\ntoken = \"t\"".to_owned(),
            format!("registry = \"r\"\npin_env = \"P\"\ntokens = [{token}]"),
        ] {
            assert!(
                pkcs11(&refused).unwrap_err().contains("needs `library`"),
                "{refused}"
            );
        }
        assert!(
            pkcs11("registry = \"r\"\nlibrary = \"l\"\ntoken = \"t\"\npin = \"1234\"").is_err()
        );
    }

    #[test]
    fn settings_that_do_not_fit_are_refused() {
        let fine = scim(
            "token_file = \"t\"\n[roster]\nsnapshot = \"R\"\ngroups = [{ id = \"g\", role = \"r\" }]",
        );
        assert!(fine.unwrap().token_file.unwrap().ends_with("base/t"));
        for (text, reason) in [
            ("page_size = 0", "`page_size`"),
            ("timeout_seconds = 0", "`timeout_seconds`"),
            ("token = \"t\"", "token"),
            (
                "[roster]\nsnapshot = \"R\"\ngroups = [{ role = \"r\" }]",
                "needs `id` or `name`",
            ),
        ] {
            let refused = scim(text).unwrap_err();
            assert!(refused.contains(reason), "{refused}");
        }
    }

    #[test]
    fn a_connector_reads_its_own_source_alone() {
        let config: ScimConfig =
            toml::from_str("base_url = \"https://h\"\nregistry = \"i\"").unwrap();
        let refused = config.located(SourceSystem::Hsm, Path::new(""));
        assert_eq!(
            refused.unwrap_err(),
            "[sources.hsm] kind = \"scim\" reads source `identity` alone"
        );
    }

    #[cfg(not(feature = "pkcs11"))]
    #[test]
    fn a_build_without_the_feature_says_how_to_build_one_with_it() {
        let config = pkcs11("registry = \"r\"\nlibrary = \"/l.so\"\ntoken = \"t\"").unwrap();
        let refused = config
            .located(SourceSystem::Hsm, Path::new(""))
            .unwrap_err();
        assert!(refused.contains("--features pkcs11"), "{refused}");
    }
}
