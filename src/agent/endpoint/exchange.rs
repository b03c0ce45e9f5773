//! Sends one request until it is answered or given up: bounded in time, size and attempts.

use std::time::Duration;

use reqwest::header::{CONTENT_ENCODING, HeaderMap};
use reqwest::{Request, Response};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use super::failure::{Class, Refusal, Retry, Verdict};
use super::patience::{NoWait, Patience, asked_wait};
use super::reply::read_reply;

/// Names under which endpoints and gateways give a request's id.
const REQUEST_IDS: [&str; 7] = [
    "x-request-id",
    "request-id",
    "x-ms-request-id",
    "apim-request-id",
    "x-amzn-requestid",
    "x-litellm-call-id",
    "cf-ray",
];

/// What is worth keeping of an exchange beside its answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Receipt {
    /// The endpoint's id of the last attempt.
    pub(super) request_id: Option<String>,
    /// Whether any attempt's answer named a wait.
    pub(super) named_a_wait: bool,
}

/// Everything that executing a request needs.
#[derive(Debug, Clone)]
pub(super) struct Exchange {
    pub(super) http: reqwest::Client,
    pub(super) patience: Patience,
    pub(super) largest_answer: usize,
    pub(super) key: SecretString,
}

/// One attempt that failed.
struct Failed {
    verdict: Verdict,
    status: Option<u16>,
    asked: Option<Duration>,
}

impl Failed {
    fn without_status(verdict: Verdict) -> Self {
        Self {
            verdict,
            status: None,
            asked: None,
        }
    }
}

impl Exchange {
    /// Sends `request`, and again where that can help.
    pub(super) async fn send(
        &self,
        request: &Request,
        receipt: &mut Receipt,
    ) -> Result<Value, Refusal> {
        let mut attempts = 0;
        loop {
            let failed = match self.attempt(request, receipt).await {
                Ok(answer) => return Ok(answer),
                Err(failed) => failed,
            };
            attempts += 1;
            let wait = self.wait_after(attempts, &failed);
            tracing::debug!(
                endpoint.attempt = attempts,
                endpoint.status = failed.status,
                endpoint.request = receipt.request_id.as_deref(),
                "The endpoint did not answer attempt {attempts}: {:?}",
                failed.verdict.class
            );
            match wait {
                Some(Ok(wait)) => tokio::time::sleep(wait).await,
                Some(Err(_)) | None => {
                    return Err(Refusal {
                        verdict: failed.verdict,
                        status: failed.status,
                        request_id: receipt.request_id.clone(),
                        attempts,
                        no_wait: wait.and_then(Result::err),
                    });
                }
            }
        }
    }

    fn wait_after(&self, attempts: u32, failed: &Failed) -> Option<Result<Duration, NoWait>> {
        let allowed = match failed.verdict.retry {
            Retry::Never => 0,
            Retry::Once => self.patience.retries.min(1),
            Retry::Yes => self.patience.retries,
        };
        let wait = |asked| self.patience.wait(attempts - 1, asked, Instant::now());
        (attempts <= allowed).then(|| wait(failed.asked))
    }

    async fn attempt(&self, request: &Request, receipt: &mut Receipt) -> Result<Value, Failed> {
        let Some(request) = request.try_clone() else {
            let verdict = Verdict::new(Class::BadRequest, Retry::Never);
            return Err(Failed::without_status(
                verdict.saying("it cannot be sent twice"),
            ));
        };
        receipt.request_id = None;
        let answering = self.answer(request, receipt);
        match self.patience.deadline {
            None => answering.await,
            Some(deadline) => timeout_at(deadline, answering).await.unwrap_or_else(|_| {
                let verdict = Verdict::new(Class::Unreachable, Retry::Never);
                let what = "no answer before the run's deadline";
                Err(Failed::without_status(verdict.saying(what)))
            }),
        }
    }

    async fn answer(&self, request: Request, receipt: &mut Receipt) -> Result<Value, Failed> {
        let sent = self.http.execute(request).await;
        let response = sent.map_err(|error| Failed::without_status(judge_transport(&error)))?;
        let status = response.status().as_u16();
        let asked = asked_wait(response.headers());
        receipt.request_id = self.request_id(response.headers());
        receipt.named_a_wait |= asked.is_some();
        let body = self.read(response).await.map_err(|verdict| Failed {
            verdict,
            status: Some(status),
            asked,
        })?;
        read_reply(status, &body).map_err(|(verdict, status)| Failed {
            verdict,
            status: Some(status),
            asked,
        })
    }

    /// The body, up to the largest answer. Nothing is decompressed, so these are all its bytes.
    async fn read(&self, mut response: Response) -> Result<Vec<u8>, Verdict> {
        let refused = |what| Verdict::new(Class::Answer, Retry::Never).saying(what);
        let encoding = response.headers().get(CONTENT_ENCODING);
        if encoding.is_some_and(|encoding| encoding != "identity") {
            return Err(refused("its body is compressed, which was not asked for"));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|e| judge_transport(&e))? {
            if body.len() + chunk.len() > self.largest_answer {
                return Err(refused("its body is larger than an answer may be"));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    /// The request's id, unless it is anything but a plain word or gives the key back.
    fn request_id(&self, headers: &HeaderMap) -> Option<String> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
        let key = self.key.expose_secret();
        REQUEST_IDS
            .iter()
            .flat_map(|name| {
                [
                    headers.get(*name),
                    headers.get(format!("llm_provider-{name}")),
                ]
            })
            .filter_map(|id| id?.to_str().ok())
            .filter(|id| (1..=64).contains(&id.len()) && id.bytes().all(plain))
            .find(|id| key.is_empty() || !id.contains(key))
            .map(ToOwned::to_owned)
    }
}

/// The verdict on an exchange that broke. The error's own text names the address, and is dropped.
fn judge_transport(error: &reqwest::Error) -> Verdict {
    let (what, retry) = if error.is_connect() && error.is_timeout() {
        ("connecting took too long", Retry::Yes)
    } else if error.is_connect() {
        ("no connection", Retry::Yes)
    } else if error.is_timeout() {
        ("it stayed silent for too long", Retry::Once)
    } else if error.is_builder() || error.is_request() && error.is_redirect() {
        ("the request cannot be sent", Retry::Never)
    } else {
        ("the connection broke", Retry::Once)
    };
    Verdict::new(Class::Unreachable, retry).saying(what)
}
