//! What a model is to the run: something that answers a conversation with one turn.

use std::future::Future;
use std::pin::Pin;

use custody_controls::packet::ProfileUsed;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::message::{ModelRequest, Turn};

/// A future of a turn. Boxed, so that models can be chosen at run time.
pub type TurnFuture<'m> = Pin<Box<dyn Future<Output = Result<Turn, ModelError>> + Send + 'm>>;

/// A model: the embedded drafter or an endpoint.
pub trait Model: Send + Sync {
    /// The name in provenance.
    fn name(&self) -> &str;
    /// Whether what it is shown leaves this machine's process, so that people must be pseudonyms.
    fn is_remote(&self) -> bool;
    /// The next turn of the conversation.
    fn turn<'m>(&'m self, request: &'m ModelRequest) -> TurnFuture<'m>;
    /// Told, before the first turn, when the run ends: no turn is worth waiting for after that.
    fn end_by(&self, _deadline: Instant) {}
    /// The capability profile that it is asked by, where it is behind an endpoint.
    fn profile_used(&self) -> Option<ProfileUsed> {
        None
    }
}

/// Why a model gave no turn. Retries have been made already; all of these are final.
///
/// Messages name status, class and request id, and never hold a body, a prompt or a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(tag = "class", content = "detail", rename_all = "kebab-case")]
pub enum ModelError {
    /// The key was refused.
    #[error("the endpoint refused the key: {0}")]
    Authentication(String),
    /// The account is out of quota.
    #[error("the endpoint's quota is used up: {0}")]
    Quota(String),
    /// The endpoint went on refusing for load.
    #[error("the endpoint stayed overloaded: {0}")]
    RateLimited(String),
    /// A content filter stopped the exchange.
    #[error("the endpoint's content filter stopped the exchange: {0}")]
    ContentFilter(String),
    /// The conversation is longer than the model's context.
    #[error("the conversation is longer than the model's context: {0}")]
    ContextLength(String),
    /// The endpoint does not have the model or the path.
    #[error("the endpoint does not know the model or the path: {0}")]
    NotFound(String),
    /// The endpoint refused the request.
    #[error("the endpoint refused the request: {0}")]
    BadRequest(String),
    /// The endpoint could not be reached or did not answer in time.
    #[error("the endpoint could not be reached: {0}")]
    Unreachable(String),
    /// The endpoint failed.
    #[error("the endpoint failed: {0}")]
    Server(String),
    /// The answer could not be understood.
    #[error("the endpoint's answer could not be understood: {0}")]
    Answer(String),
    /// The model has nothing more to say.
    #[error("the drafter has no other draft: {0}")]
    Exhausted(String),
}
