//! The one HTTP client of connectors. It can only GET.
//!
//! It follows no redirect, sends its credential to the configured server alone, and bounds every
//! answer in time and size. What a server wrote is in none of its errors.

use std::time::{Duration, Instant};

use reqwest::header::{
    ACCEPT, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue,
    RETRY_AFTER,
};
use reqwest::{Response, Url};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::runtime::Handle;

use crate::address;

/// How long and how much a server is listened to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HttpLimits {
    /// For one answer, from connecting to its last byte.
    pub(crate) timeout: Duration,
    /// For all requests of one reader together.
    pub(crate) in_all: Duration,
    /// Bytes of one answer.
    pub(crate) largest_body: usize,
    /// How often a request is sent again where that can help.
    pub(crate) retries: u32,
}

/// A server's answer, whatever its status.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The media type in lower case, without its parameters.
    pub(crate) media_type: Option<String>,
    pub(crate) body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HttpError {
    /// The address cannot be used.
    #[error("its address {0}")]
    Address(&'static str),
    /// The token cannot be sent.
    #[error("the bearer token is not one line of visible ASCII characters")]
    Bearer,
    /// The client cannot be made.
    #[error("no HTTP client: no usable TLS configuration on this machine")]
    Client,
    /// It was called where no answer can be waited for.
    #[error("no HTTP client: called outside the runtime")]
    NoRuntime,
    /// No answer came.
    #[error("it cannot be reached: {0}")]
    Unreachable(&'static str),
    /// The answer points elsewhere.
    #[error("it answers {0}, a redirect, which is not followed")]
    Redirect(u16),
    /// The answer is larger than it may be.
    #[error("its answer is larger than {0} bytes, the most that is read")]
    TooLarge(usize),
    /// The answer is compressed, which was not asked for.
    #[error("its answer is compressed, which was not asked for")]
    Compressed,
    /// The time for all requests is used up.
    #[error("it took longer than {0} seconds in all")]
    OutOfTime(u64),
}

/// Reads from one server. Its only request method is GET.
#[derive(Debug)]
pub(crate) struct HttpReader {
    client: reqwest::Client,
    base: Url,
    limits: HttpLimits,
    bearer: Option<SecretString>,
    until: Instant,
}

/// Longer waits than this are not worth a review's time; the answer stands as it is.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

impl HttpReader {
    /// Prepares to read under `base_url`. Sends nothing yet; the time for all requests begins.
    pub(crate) fn new(
        base_url: &str,
        accept: &'static str,
        bearer: Option<&SecretString>,
        limits: HttpLimits,
    ) -> Result<Self, HttpError> {
        let base = checked_address(base_url)?;
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static(accept));
        if let Some(token) = bearer {
            let (name, value) = authorization(token)?;
            headers.insert(name, value);
        }
        let builder = reqwest::Client::builder()
            .tls_backend_rustls()
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .no_gzip()
            .no_brotli()
            .no_deflate()
            .no_zstd()
            .user_agent(concat!("custody/", env!("CARGO_PKG_VERSION")))
            .default_headers(headers)
            .timeout(limits.timeout);
        // What stays on this machine takes no way round through a proxy.
        let builder = if address::is_loopback(&base) {
            builder.no_proxy()
        } else {
            builder
        };
        Ok(Self {
            client: builder.build().map_err(|_| HttpError::Client)?,
            base,
            limits,
            bearer: bearer.cloned(),
            until: Instant::now() + limits.in_all,
        })
    }

    /// The server's answer to a GET of `path` under the base address. Blocks.
    pub(crate) fn get(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Answer, HttpError> {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
            // A space as `+` is for forms; not every server reads it in a query.
            let spaced = url.query().map(|query| query.replace('+', "%20"));
            url.set_query(spaced.as_deref());
        }
        let runtime = Handle::try_current().map_err(|_| HttpError::NoRuntime)?;
        runtime.block_on(self.answer(&url))
    }

    /// Whether `text` gives the token back.
    pub(crate) fn tells_the_token(&self, text: &str) -> bool {
        let token = self.bearer.as_ref().map(|token| token.expose_secret());
        token.is_some_and(|token| text.contains(token))
    }

    /// Whether `link` leads to the server that is read.
    pub(crate) fn is_own(&self, link: &str) -> bool {
        Url::parse(link).is_ok_and(|link| {
            link.origin() == self.base.origin()
                && link.username().is_empty()
                && link.password().is_none()
        })
    }

    async fn answer(&self, url: &Url) -> Result<Answer, HttpError> {
        let mut attempt = 0;
        loop {
            let (answer, wait) = self.once(url).await;
            attempt += 1;
            let wait = wait.filter(|wait| attempt <= self.limits.retries && *wait <= LONGEST_WAIT);
            let Some(wait) = wait else { return answer };
            if Instant::now() + wait >= self.until {
                return answer;
            }
            tracing::debug!(
                http.attempt = attempt,
                "A source did not answer; asking again"
            );
            tokio::time::sleep(wait).await;
        }
    }

    /// One attempt, and how long to wait before another where that can help.
    async fn once(&self, url: &Url) -> (Result<Answer, HttpError>, Option<Duration>) {
        let out_of_time = HttpError::OutOfTime(self.limits.in_all.as_secs());
        let left = self.until.saturating_duration_since(Instant::now());
        match tokio::time::timeout(left, self.exchange(url)).await {
            Ok(outcome) => outcome,
            Err(_) => (Err(out_of_time), None),
        }
    }

    async fn exchange(&self, url: &Url) -> (Result<Answer, HttpError>, Option<Duration>) {
        const SOON: Duration = Duration::from_millis(300);
        let response = match self.client.get(url.clone()).send().await {
            Ok(response) => response,
            Err(error) => {
                let wait = error.is_connect().then_some(SOON);
                return (Err(transport(&error)), wait);
            }
        };
        let status = response.status();
        if status.is_redirection() {
            return (Err(HttpError::Redirect(status.as_u16())), None);
        }
        let wait = matches!(status.as_u16(), 429 | 502..=504)
            .then(|| asked_wait(response.headers()).unwrap_or(SOON));
        (self.read(response).await, wait)
    }

    async fn read(&self, mut response: Response) -> Result<Answer, HttpError> {
        let encoding = response.headers().get(CONTENT_ENCODING);
        if encoding.is_some_and(|encoding| encoding != "identity") {
            return Err(HttpError::Compressed);
        }
        let media_type = response.headers().get(CONTENT_TYPE);
        let media_type = media_type.and_then(|value| value.to_str().ok());
        let media_type = media_type.and_then(|text| text.split(';').next());
        let mut answer = Answer {
            status: response.status().as_u16(),
            media_type: media_type.map(|text| text.trim().to_ascii_lowercase()),
            body: Vec::new(),
        };
        let largest = self.limits.largest_body;
        while let Some(chunk) = response.chunk().await.map_err(|error| transport(&error))? {
            if answer.body.len().saturating_add(chunk.len()) > largest {
                return Err(HttpError::TooLarge(largest));
            }
            answer.body.extend_from_slice(&chunk);
        }
        Ok(answer)
    }
}

fn checked_address(base_url: &str) -> Result<Url, HttpError> {
    let url = address::parse(base_url).map_err(HttpError::Address)?;
    if address::goes_in_clear(&url) {
        return Err(HttpError::Address(
            "must begin with https://: only a server on this machine may be read over http://",
        ));
    }
    Ok(url)
}

fn authorization(token: &SecretString) -> Result<(HeaderName, HeaderValue), HttpError> {
    let text = SecretString::from(format!("Bearer {}", token.expose_secret()));
    let mut value = HeaderValue::from_str(text.expose_secret()).map_err(|_| HttpError::Bearer)?;
    value.set_sensitive(true);
    Ok((AUTHORIZATION, value))
}

/// The wait in seconds that an answer asks for. One given as a date is not read: no clock here.
fn asked_wait(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    seconds.parse().ok().map(Duration::from_secs)
}

/// The class of what broke. The error's own text names the address, and is dropped.
fn transport(error: &reqwest::Error) -> HttpError {
    HttpError::Unreachable(if error.is_timeout() {
        "it took too long"
    } else if error.is_connect() {
        "no connection"
    } else if error.is_builder() {
        "the request cannot be sent"
    } else {
        "the connection broke"
    })
}

#[cfg(test)]
#[path = "http_tests.rs"]
mod http_tests;
