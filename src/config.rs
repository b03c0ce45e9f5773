//! Reads `custody.toml` and the environment. The only place that does.

use std::collections::BTreeMap;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};

use custody_controls::instant::Instant;
use custody_controls::kind::SourceSystem;
use custody_controls::packet::{ReviewPeriod, ReviewScope};
use serde::{Deserialize, Deserializer, de};

use crate::agent::endpoint::DEFAULT_MAX_OUTPUT;
use crate::agent::limits::Limits;
use crate::review::access::AccessPolicy;

/// Where the configuration is looked for unless told otherwise.
pub const DEFAULT_CONFIG: &str = "custody.toml";

/// The configuration, with paths made relative to where custody runs.
#[derive(Debug, Clone)]
pub struct Config {
    /// The review cycle.
    pub cycle: Cycle,
    /// The configured sources.
    pub sources: BTreeMap<SourceSystem, SourceConfig>,
    /// The folder of the controls library; the built-in one where it is `None`.
    pub library: Option<PathBuf>,
    /// The review store's database.
    pub store: PathBuf,
    /// The model and its limits.
    pub model: ModelConfig,
    /// Who may see and decide what.
    pub access: AccessPolicy,
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("configuration `{path}` cannot be read: {reason}")]
    Unreadable {
        /// The file.
        path: String,
        /// The system's reason.
        reason: std::io::Error,
    },
    /// The file does not fit.
    #[error("configuration `{path}`: {reason}")]
    Invalid {
        /// The file.
        path: String,
        /// What is wrong, with its place.
        reason: String,
    },
}

/// `[cycle]`: the cycle's name and period.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cycle {
    /// The name, as `2026-H2`.
    pub id: String,
    /// The first instant in the period.
    #[serde(deserialize_with = "time")]
    pub from: Instant,
    /// The first instant after it.
    #[serde(deserialize_with = "time")]
    pub to: Instant,
}

/// `[sources.<name>]`: how one source is read.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum SourceConfig {
    /// A folder with one file per record kind.
    Directory {
        /// The folder, relative to the configuration.
        path: PathBuf,
    },
}

/// `[model]`: which model drafts, and within what limits.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ModelConfig {
    /// The model's name; `offline` is the embedded drafter.
    pub name: String,
    /// The endpoint's base URL, as `https://api.openai.com/v1`.
    pub base_url: Option<String>,
    /// The environment variable that holds the key.
    pub api_key_env: String,
    /// A file with private permissions that holds the key.
    pub api_key_file: Option<PathBuf>,
    /// The endpoint's capability profile, as `custody endpoint probe` saves it.
    pub profile: Option<PathBuf>,
    /// The most tokens that one answer may have.
    pub max_output_tokens: NonZeroU64,
    /// Lets key and evidence go in clear to an endpoint that is not on this machine.
    pub allow_plain_http: bool,
    /// Limits of a run.
    pub limits: Limits,
}

impl Default for ModelConfig {
    fn default() -> Self {
        Self {
            name: crate::agent::OFFLINE.to_owned(),
            base_url: None,
            api_key_env: "CUSTODY_API_KEY".to_owned(),
            api_key_file: None,
            profile: None,
            max_output_tokens: DEFAULT_MAX_OUTPUT,
            allow_plain_http: false,
            limits: Limits::default(),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfigFile {
    cycle: Cycle,
    #[serde(default)]
    sources: BTreeMap<SourceSystem, SourceConfig>,
    #[serde(default)]
    library: LibraryConfig,
    #[serde(default)]
    store: StoreConfig,
    #[serde(default)]
    model: ModelConfig,
    #[serde(default)]
    access: AccessPolicy,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct LibraryConfig {
    path: Option<PathBuf>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoreConfig {
    path: Option<PathBuf>,
}

impl Config {
    /// Reads the configuration at `path`.
    ///
    /// # Errors
    /// Says what cannot be read or does not fit, and where.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let shown = || path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|reason| ConfigError::Unreadable {
            path: shown(),
            reason,
        })?;
        let invalid = |reason: String| ConfigError::Invalid {
            path: shown(),
            reason,
        };
        let file: ConfigFile = toml::from_str(&text)
            .map_err(|error| invalid(error.to_string().trim_end().to_owned()))?;
        if file.cycle.from >= file.cycle.to {
            return Err(invalid("[cycle] `from` must be before `to`".to_owned()));
        }
        if file.cycle.id.trim().is_empty() {
            return Err(invalid("[cycle] `id` is empty".to_owned()));
        }
        let base = path.parent().unwrap_or(Path::new(""));
        Ok(Self::located(file, base))
    }

    fn located(file: ConfigFile, base: &Path) -> Self {
        let locate = |(source, config): (SourceSystem, SourceConfig)| {
            let config = match config {
                SourceConfig::Directory { path } => SourceConfig::Directory {
                    path: base.join(path),
                },
            };
            (source, config)
        };
        let mut model = file.model;
        model.api_key_file = model.api_key_file.map(|path| base.join(path));
        model.profile = model.profile.map(|path| base.join(path));
        Self {
            cycle: file.cycle,
            sources: file.sources.into_iter().map(locate).collect(),
            library: file.library.path.map(|path| base.join(path)),
            store: base.join(
                file.store
                    .path
                    .unwrap_or_else(|| PathBuf::from(".custody/queue.db")),
            ),
            model,
            access: file.access,
        }
    }

    /// What a review at `as_of` is about.
    #[must_use]
    pub fn scope(&self, as_of: Instant) -> ReviewScope {
        let period = ReviewPeriod {
            from: self.cycle.from,
            to: self.cycle.to,
        };
        ReviewScope {
            cycle: self.cycle.id.clone(),
            as_of,
            period,
        }
    }
}

/// A time as text or as TOML's own time, which must have an offset.
fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Instant, D::Error> {
    let text = match toml::Value::deserialize(deserializer)? {
        toml::Value::String(text) => text,
        toml::Value::Datetime(time) => time.to_string(),
        toml::Value::Integer(_)
        | toml::Value::Float(_)
        | toml::Value::Boolean(_)
        | toml::Value::Array(_)
        | toml::Value::Table(_) => return Err(de::Error::custom("must be a time")),
    };
    Instant::parse(&text).map_err(|reason| de::Error::custom(format_args!("`{text}` is {reason}")))
}

/// The value of an environment variable, where it is set and not empty.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "this module is where the environment is read"
)]
pub fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Who runs this process, by the login name in the environment.
#[must_use]
pub fn login_name() -> Option<String> {
    ["USER", "LOGNAME", "USERNAME"]
        .into_iter()
        .find_map(environment)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Config, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("custody.toml");
        std::fs::write(&path, text).unwrap();
        Config::read(&path).map_err(|error| error.to_string())
    }

    const CYCLE: &str =
        "[cycle]\nid = \"2026-H2\"\nfrom = \"2026-07-01T00:00:00Z\"\nto = 2027-01-01T00:00:00Z\n";

    #[test]
    fn times_may_be_text_or_toml_times_and_paths_are_relative_to_the_file() {
        let config = read(&format!(
            "{CYCLE}[sources.hsm]\nkind = \"directory\"\npath = \"hsm\"\n"
        ))
        .unwrap();
        assert_eq!(
            config.cycle.to,
            Instant::parse("2027-01-01T00:00:00Z").unwrap()
        );
        let SourceConfig::Directory { path } = &config.sources[&SourceSystem::Hsm];
        assert!(path.ends_with("hsm") && path.is_absolute());
        assert_eq!(config.model.name, "offline");
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let refused = [
            (
                "[cycle]\nid = \"x\"\nfrom = 2026-07-01\nto = 2027-01-01T00:00:00Z",
                "is not a time",
            ),
            (
                "[cycle]\nid = \"x\"\nfrom = 2027-07-01T00:00:00Z\nto = 2027-01-01T00:00:00Z",
                "before `to`",
            ),
            ("[sources]\n", "cycle"),
        ];
        for (text, expected) in refused {
            let reason = read(text).unwrap_err();
            assert!(reason.contains(expected), "{reason}");
        }
        for extra in [
            "[model]\nkey = \"x\"",
            "[model]\nmax_output_tokens = 0",
            "[sources.hms]\nkind=\"directory\"\npath=\"x\"",
            "[sources.hsm]\nkind=\"directory\"\npath=\"x\"\nurl=\"y\"",
        ] {
            assert!(read(&format!("{CYCLE}{extra}\n")).is_err(), "{extra}");
        }
    }
}
