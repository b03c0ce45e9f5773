//! OpenAI-compatible endpoints as they are: a [`Model`] over any of them.
//!
//! Asks in the shape that the most endpoints take, reads whatever comes back, and gives up with
//! a class instead of a body. It never logs or returns what an endpoint wrote in an error, and
//! decides nothing: a turn's calls are for the run to make or refuse.

mod answer;
mod client;
mod conversation;
mod error_body;
mod exchange;
mod failure;
mod patience;
mod probe;
mod profile;
mod reasoning;
mod reply;
mod request;
mod secret;
mod tokens;

use std::num::NonZeroU64;
use std::sync::{Mutex, MutexGuard, PoisonError};

use custody_controls::packet::ProfileUsed;
use secrecy::SecretString;
use serde_json::Value;
use tokio::time::Instant;

pub use self::client::goes_in_clear;
pub use self::patience::Patience;
pub use self::probe::{ProbeError, probe};
pub use self::profile::{
    EmptyContent, EndpointProfile, LimitField, LongInput, Observed, ProfileError, ReasoningEcho,
    Support, ToolChoice, UsageReport,
};
pub use self::request::unportable_schema;
pub use self::secret::{KeyError, key_from};
pub use self::tokens::estimate_tokens;

use self::answer::{NoTurn, read_turn};
use self::client::ChatClient;
use self::exchange::Receipt;
use self::failure::{Class, Refusal};
use super::message::{ModelRequest, Turn};
use super::model::{Model, ModelError, TurnFuture};

/// The directive that keeps the bodies and headers of exchanges out of any log. To be added to
/// every log filter, after what the user asks for.
pub const LOG_DIRECTIVES: &str =
    "async_openai=off,reqwest=off,hyper=off,hyper_util=off,h2=off,rustls=off";

/// The most tokens that one answer may have, where nobody says otherwise.
pub const DEFAULT_MAX_OUTPUT: NonZeroU64 = match NonZeroU64::new(8_192) {
    Some(tokens) => tokens,
    None => NonZeroU64::MIN,
};

/// An endpoint and how to use it.
#[derive(Debug, Clone)]
pub struct EndpointConfig {
    /// The address up to and without `/chat/completions`.
    pub base_url: String,
    /// The model's name, as the endpoint knows it.
    pub model: String,
    /// The key; an empty one is not sent.
    pub key: SecretString,
    /// Whether key and evidence may go over the network in clear.
    pub plain_http: PlainHttp,
    /// How the endpoint wants to be asked.
    pub profile: EndpointProfile,
    /// How long it is waited for.
    pub patience: Patience,
    /// The most tokens that one answer may have.
    pub max_output: u64,
    /// The most bytes that one answer may have.
    pub largest_answer: usize,
}

impl EndpointConfig {
    /// An endpoint with the usual limits and the most portable profile.
    #[must_use]
    pub fn new(base_url: &str, model: &str, key: SecretString) -> Self {
        Self {
            base_url: base_url.to_owned(),
            model: model.to_owned(),
            key,
            plain_http: PlainHttp::default(),
            profile: EndpointProfile::default(),
            patience: Patience::default(),
            max_output: DEFAULT_MAX_OUTPUT.get(),
            largest_answer: 16 * 1024 * 1024,
        }
    }
}

/// Whether an address with `http:` may be used that is not on this machine.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PlainHttp {
    /// It is refused: whoever listens on the way would have the key and the evidence.
    #[default]
    Refused,
    /// Someone chose it.
    Allowed,
}

/// Why an endpoint cannot be used as configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// The address cannot be used.
    #[error("the endpoint's address {0}")]
    BaseUrl(&'static str),
    /// The key cannot be sent.
    #[error("the key is not one line of visible ASCII characters")]
    Key,
    /// The address sends everything in clear.
    #[error(
        "the endpoint's address would send the key and the evidence in clear: use https://, or \
         set `allow_plain_http = true` under [model]"
    )]
    PlainHttp,
    /// The HTTP client cannot be made.
    #[error("the HTTP client cannot be made: no usable TLS configuration on this machine")]
    HttpClient,
}

/// A model behind an OpenAI-compatible endpoint.
#[derive(Debug)]
pub struct Endpoint {
    client: ChatClient,
    model: String,
    max_output: u64,
    configured: EndpointProfile,
    manner: Mutex<Manner>,
}

/// How the endpoint is asked by now: its profile, corrected at most once in each respect.
#[derive(Debug, Clone)]
struct Manner {
    profile: EndpointProfile,
    limit_corrected: bool,
    deadline: Option<Instant>,
}

impl Manner {
    /// Takes an endpoint's complaint to heart, if there is a correction left for it.
    fn corrected(&mut self, refusal: &Refusal) -> bool {
        if refusal.verdict.class != Class::BadRequest {
            return false;
        }
        let named = refusal.verdict.named;
        if let Some(profile) = self.profile.with_reasoning(named) {
            self.profile = profile;
            return true;
        }
        match self.profile.with_other_limit(named) {
            Some(profile) if !self.limit_corrected => {
                self.profile = profile;
                self.limit_corrected = true;
                true
            }
            Some(_) | None => false,
        }
    }
}

impl Endpoint {
    /// Prepares to ask an endpoint. Sends nothing yet.
    ///
    /// # Errors
    /// Fails when the address or key cannot be used.
    pub fn new(config: EndpointConfig) -> Result<Self, EndpointError> {
        Ok(Self {
            client: ChatClient::new(&config)?,
            model: config.model,
            max_output: config.max_output,
            manner: Mutex::new(Manner {
                profile: config.profile.clone(),
                limit_corrected: false,
                deadline: None,
            }),
            configured: config.profile,
        })
    }

    /// How the endpoint is asked by now: as configured, with the corrections it asked for.
    #[must_use]
    pub fn profile(&self) -> EndpointProfile {
        self.manner().profile.clone()
    }

    fn manner(&self) -> MutexGuard<'_, Manner> {
        self.manner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn next_turn(&self, request: &ModelRequest) -> Result<Turn, ModelError> {
        let mut manner = self.manner().clone();
        loop {
            let body = request::body(&self.model, request, &manner.profile, self.max_output);
            let (answer, receipt) = self.client.complete(&body, manner.deadline).await;
            match answer {
                Ok(answer) => {
                    *self.manner() = manner.clone();
                    return self.read(&answer, request, &manner.profile, &receipt);
                }
                Err(refusal) if manner.corrected(&refusal) => {}
                Err(refusal) => return Err(refusal.into_error()),
            }
        }
    }

    fn read(
        &self,
        answer: &Value,
        request: &ModelRequest,
        profile: &EndpointProfile,
        receipt: &Receipt,
    ) -> Result<Turn, ModelError> {
        let limit = match profile.limit_field {
            LimitField::MaxTokens | LimitField::MaxCompletionTokens => Some(self.max_output),
            LimitField::None => None,
        };
        let turn =
            read_turn(answer, &request.tools, limit).map_err(|reason| no_turn(reason, receipt))?;
        tokens::check_read(turn.usage, estimate_tokens(request))?;
        Ok(turn)
    }
}

fn no_turn(reason: NoTurn, receipt: &Receipt) -> ModelError {
    let detail = match &receipt.request_id {
        Some(id) => format!("{reason}, request `{id}`"),
        None => reason.to_string(),
    };
    match reason {
        NoTurn::Filtered => ModelError::ContentFilter(detail),
        NoTurn::NoChoices | NoTurn::NoMessage => ModelError::Answer(detail),
    }
}

impl Model for Endpoint {
    fn name(&self) -> &str {
        &self.model
    }

    /// Always: even an endpoint on this machine is another process, with logs of its own.
    fn is_remote(&self) -> bool {
        true
    }

    fn turn<'m>(&'m self, request: &'m ModelRequest) -> TurnFuture<'m> {
        Box::pin(self.next_turn(request))
    }

    fn end_by(&self, deadline: Instant) {
        self.manner().deadline = Some(deadline);
    }

    fn profile_used(&self) -> Option<ProfileUsed> {
        let digest = self.configured.digest();
        let corrected = self.profile().digest();
        Some(ProfileUsed {
            origin: self.configured.origin(),
            corrected: (corrected != digest).then_some(corrected),
            digest,
        })
    }
}
