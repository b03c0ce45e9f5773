//! What went wrong in an exchange, in words that hold status, class and request id alone.

use std::fmt;

use super::patience::NoWait;
use crate::agent::model::ModelError;

/// The class of a failure; one for each [`ModelError`] that an exchange can end in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Authentication,
    Quota,
    RateLimited,
    ContentFilter,
    ContextLength,
    NotFound,
    BadRequest,
    Unreachable,
    Server,
    Answer,
}

impl Class {
    /// The final error of this class.
    pub(super) fn error(self, detail: String) -> ModelError {
        match self {
            Self::Authentication => ModelError::Authentication(detail),
            Self::Quota => ModelError::Quota(detail),
            Self::RateLimited => ModelError::RateLimited(detail),
            Self::ContentFilter => ModelError::ContentFilter(detail),
            Self::ContextLength => ModelError::ContextLength(detail),
            Self::NotFound => ModelError::NotFound(detail),
            Self::BadRequest => ModelError::BadRequest(detail),
            Self::Unreachable => ModelError::Unreachable(detail),
            Self::Server => ModelError::Server(detail),
            Self::Answer => ModelError::Answer(detail),
        }
    }
}

/// Whether asking again can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Retry {
    /// The same request will fail the same way.
    Never,
    /// Once, because each attempt can cost minutes and tokens.
    Once,
    /// As often as patience allows.
    Yes,
}

/// The request fields that an endpoint complained about by name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) max_tokens: bool,
    pub(super) max_completion_tokens: bool,
    pub(super) reasoning_content: bool,
}

/// What a failed answer says, once everything unsafe to repeat is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) class: Class,
    pub(super) retry: Retry,
    /// One of the codes this module's neighbours list; never text of the answer.
    pub(super) code: Option<&'static str>,
    /// Our own words.
    pub(super) what: Option<&'static str>,
    pub(super) named: Named,
}

impl Verdict {
    pub(super) fn new(class: Class, retry: Retry) -> Self {
        Self {
            class,
            retry,
            code: None,
            what: None,
            named: Named::default(),
        }
    }

    pub(super) fn saying(mut self, what: &'static str) -> Self {
        self.what = Some(what);
        self
    }
}

/// A failed exchange, after all its attempts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) verdict: Verdict,
    pub(super) status: Option<u16>,
    pub(super) request_id: Option<String>,
    pub(super) attempts: u32,
    pub(super) no_wait: Option<NoWait>,
}

impl Refusal {
    /// The failure as the run sees it.
    pub(super) fn into_error(self) -> ModelError {
        self.verdict.class.error(self.to_string())
    }
}

impl std::error::Error for Refusal {}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            self.verdict.what.map(ToOwned::to_owned),
            self.status.map(|status| format!("status {status}")),
            self.verdict.code.map(|code| format!("code `{code}`")),
            self.request_id.as_ref().map(|id| format!("request `{id}`")),
            (self.attempts > 1).then(|| format!("after {} attempts", self.attempts)),
            self.no_wait.map(|reason| reason.to_string()),
        ];
        let told: Vec<String> = parts.into_iter().flatten().collect();
        f.write_str(&told.join(", "))
    }
}
