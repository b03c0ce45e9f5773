//! What an endpoint can do and how it wants to be asked. Probed, never guessed from a model's name.

use std::io;
use std::path::{Path, PathBuf};

use custody_controls::json::Digest;
use custody_controls::packet::ProfileOrigin;
use serde::{Deserialize, Serialize};

use super::failure::Named;

/// How an endpoint wants to be asked, and what was seen of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct EndpointProfile {
    /// The field that limits the answer's length.
    pub limit_field: LimitField,
    /// What stands for the text of a turn that only calls tools.
    pub empty_content: EmptyContent,
    /// Under which name reasoning is sent back.
    pub reasoning_echo: ReasoningEcho,
    /// What is said about calling tools.
    pub tool_choice: ToolChoice,
    /// What a probe saw.
    pub observed: Option<Observed>,
}

/// The request field that limits the length of an answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitField {
    /// The older name, which most endpoints know.
    #[default]
    MaxTokens,
    /// The newer name, which some models insist on.
    MaxCompletionTokens,
    /// Neither is taken.
    None,
}

/// What stands for the text of a turn that only calls tools.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EmptyContent {
    /// An empty string.
    #[default]
    EmptyText,
    /// `null`.
    Null,
    /// No member at all.
    Absent,
}

/// Under which name the model's reasoning is sent back with its turn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasoningEcho {
    /// It is not sent back.
    #[default]
    None,
    /// As `reasoning_content`.
    ReasoningContent,
    /// As `reasoning`.
    Reasoning,
}

/// What an endpoint is told about calling tools.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ToolChoice {
    /// It is told nothing, and most take tools as something to call.
    #[default]
    Unsaid,
    /// It is told `auto` whenever there are tools: some never call them otherwise.
    Auto,
    /// It is told `required` whenever there are tools.
    Required,
}

/// What a probe saw of an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Observed {
    /// The model that was probed.
    pub model: String,
    /// Whether the limit on an answer's length is kept.
    pub length_limit: Support,
    /// Whether a `system` message is followed.
    pub system_role: Support,
    /// Whether a `developer` message is followed.
    pub developer_role: Support,
    /// Whether tools are called when asked for.
    pub tool_calls: Support,
    /// Whether `tool_choice: required` is kept.
    pub forced_tool_choice: Support,
    /// Whether one turn can hold several calls.
    pub several_calls: Support,
    /// Whether reported usage can be true.
    pub usage: UsageReport,
    /// What happens to a long conversation.
    pub long_input: LongInput,
    /// Whether any answer named a wait in its headers.
    pub names_waits: bool,
}

/// What an endpoint does with something it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Support {
    /// It does it.
    Kept,
    /// It takes it and does not do it.
    Ignored,
    /// It refuses the request.
    Refused,
}

/// What reported usage is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UsageReport {
    /// It fits what was sent.
    Plausible,
    /// It does not fit what was sent.
    Implausible,
    /// There is none, or only zeros.
    Absent,
}

/// What an endpoint does with a long conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LongInput {
    /// It reads it to its beginning.
    Read,
    /// It refuses it, saying so.
    Refused,
    /// It drops the beginning and says nothing.
    CutSilently,
    /// It could not be told.
    Unclear,
}

/// Why a profile cannot be loaded or saved.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// The file cannot be read or written.
    #[error("endpoint profile `{0}`: {1}")]
    File(PathBuf, #[source] io::Error),
    /// The file is no profile.
    #[error("endpoint profile `{0}` does not fit: {1}")]
    Form(PathBuf, #[source] serde_json::Error),
}

impl EndpointProfile {
    /// Loads a saved profile.
    ///
    /// # Errors
    /// Fails when the file cannot be read or is no profile.
    pub fn load(path: &Path) -> Result<Self, ProfileError> {
        let text =
            std::fs::read_to_string(path).map_err(|e| ProfileError::File(path.to_owned(), e))?;
        serde_json::from_str(&text).map_err(|e| ProfileError::Form(path.to_owned(), e))
    }

    /// SHA-256 over the profile's canonical JSON: the name by which a packet's provenance has it.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(&serde_json::to_value(self).unwrap_or_default())
    }

    /// Where the profile came from.
    #[must_use]
    pub fn origin(&self) -> ProfileOrigin {
        if self.observed.is_some() {
            ProfileOrigin::Probed
        } else if *self == Self::default() {
            ProfileOrigin::Default
        } else {
            ProfileOrigin::Written
        }
    }

    /// Saves the profile as JSON. A reader sees the old file or the new one, never half of it.
    ///
    /// # Errors
    /// Fails when the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), ProfileError> {
        let mut text = serde_json::to_string_pretty(self)
            .map_err(|e| ProfileError::Form(path.to_owned(), e))?;
        text.push('\n');
        let mut beside = path.as_os_str().to_owned();
        beside.push(".new");
        std::fs::write(&beside, text)
            .and_then(|()| std::fs::rename(&beside, path))
            .map_err(|e| ProfileError::File(path.to_owned(), e))
    }

    /// The profile as rows of a table: what, and what was found.
    #[must_use]
    pub fn rows(&self) -> Vec<(&'static str, String)> {
        let mut rows = vec![
            ("field that limits the answer", word(&self.limit_field)),
            (
                "content of a turn that only calls",
                word(&self.empty_content),
            ),
            ("reasoning sent back as", word(&self.reasoning_echo)),
            ("tool_choice", word(&self.tool_choice)),
            ("digest, as in provenance", self.digest().to_string()),
        ];
        if let Some(seen) = &self.observed {
            rows.extend([
                ("model", seen.model.clone()),
                ("limit on the answer", word(&seen.length_limit)),
                ("system role", word(&seen.system_role)),
                ("developer role", word(&seen.developer_role)),
                ("tool calls", word(&seen.tool_calls)),
                ("forced tool choice", word(&seen.forced_tool_choice)),
                ("several calls in a turn", word(&seen.several_calls)),
                ("reported usage", word(&seen.usage)),
                ("long conversation", word(&seen.long_input)),
                (
                    "names waits",
                    if seen.names_waits { "yes" } else { "no" }.to_owned(),
                ),
            ]);
        }
        rows
    }

    /// This profile with the limit under its other name, if the complaint was about the one used.
    pub(super) fn with_other_limit(&self, named: Named) -> Option<Self> {
        let limit_field = match self.limit_field {
            LimitField::MaxTokens if named.max_tokens => LimitField::MaxCompletionTokens,
            LimitField::MaxCompletionTokens if named.max_completion_tokens => LimitField::MaxTokens,
            LimitField::MaxTokens | LimitField::MaxCompletionTokens | LimitField::None => {
                return None;
            }
        };
        Some(Self {
            limit_field,
            ..self.clone()
        })
    }

    /// This profile with reasoning sent back, if the complaint was that it is not.
    pub(super) fn with_reasoning(&self, named: Named) -> Option<Self> {
        match self.reasoning_echo {
            ReasoningEcho::None if named.reasoning_content => Some(Self {
                reasoning_echo: ReasoningEcho::ReasoningContent,
                ..self.clone()
            }),
            ReasoningEcho::None | ReasoningEcho::ReasoningContent | ReasoningEcho::Reasoning => {
                None
            }
        }
    }
}

/// The word by which a value is saved, so that table and file say the same.
fn word<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        Ok(other) => other.to_string(),
        Err(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn probed() -> EndpointProfile {
        EndpointProfile {
            limit_field: LimitField::MaxCompletionTokens,
            observed: Some(Observed {
                model: "m".into(),
                length_limit: Support::Ignored,
                system_role: Support::Kept,
                developer_role: Support::Refused,
                tool_calls: Support::Kept,
                forced_tool_choice: Support::Ignored,
                several_calls: Support::Kept,
                usage: UsageReport::Absent,
                long_input: LongInput::CutSilently,
                names_waits: true,
            }),
            ..EndpointProfile::default()
        }
    }

    #[test]
    fn a_saved_profile_loads_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("profile.json");
        for profile in [EndpointProfile::default(), probed()] {
            profile.save(&path).unwrap();
            assert_eq!(EndpointProfile::load(&path).unwrap(), profile);
        }
        let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(left.len(), 1, "the file beside is gone");
    }

    #[test]
    fn a_file_that_is_no_profile_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("profile.json");
        std::fs::write(&path, r#"{"limit-feild": "max_tokens"}"#).unwrap();
        let told = EndpointProfile::load(&path).unwrap_err().to_string();
        assert!(
            told.contains("profile.json") && told.contains("limit-feild"),
            "{told}"
        );
        let absent = EndpointProfile::load(&folder.path().join("absent")).unwrap_err();
        assert!(matches!(absent, ProfileError::File(..)));
    }

    #[test]
    fn rows_use_the_words_of_the_file() {
        let rows = probed().rows();
        assert_eq!(
            rows[0],
            (
                "field that limits the answer",
                "max_completion_tokens".into()
            )
        );
        assert_eq!(rows[1].1, "empty-text");
        assert!(rows.contains(&("long conversation", "cut-silently".into())));
        assert_eq!(EndpointProfile::default().rows().len(), 5);
    }
}
