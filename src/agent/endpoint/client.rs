//! The one place that names `async_openai`: its chat call, over our own HTTP service.
//!
//! The service gives the library nothing but bytes already read as a completion, because the
//! library logs what it cannot read. Its own errors are never printed.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use async_openai::Client;
use async_openai::config::Config;
use async_openai::error::OpenAIError;
use async_openai::middleware::HttpRequestFactory;
use custody_tools::address;
use reqwest::Response;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use tokio::time::Instant;

use super::exchange::{Exchange, Receipt};
use super::failure::{Class, Refusal, Retry, Verdict};
use super::patience::Patience;
use super::{EndpointConfig, EndpointError, PlainHttp};

/// Chat calls to one endpoint.
#[derive(Debug, Clone)]
pub(super) struct ChatClient {
    access: Access,
    exchange: Exchange,
}

impl ChatClient {
    /// Checks the address and the key, and prepares the HTTP client.
    pub(super) fn new(config: &EndpointConfig) -> Result<Self, EndpointError> {
        let url = address::parse(&config.base_url).map_err(EndpointError::BaseUrl)?;
        if address::goes_in_clear(&url) && config.plain_http == PlainHttp::Refused {
            return Err(EndpointError::PlainHttp);
        }
        let key = config.key.clone();
        let access = Access {
            base_url: url.as_str().trim_end_matches('/').to_owned(),
            authorization: authorization(&key)?,
            key: key.clone(),
        };
        let exchange = Exchange {
            http: http_client(&config.patience, address::is_loopback(&url))?,
            patience: config.patience,
            largest_answer: config.largest_answer,
            key,
        };
        Ok(Self { access, exchange })
    }

    /// Sends `body` and returns the completion, if there is one before `deadline`.
    pub(super) async fn complete(
        &self,
        body: &Value,
        deadline: Option<Instant>,
    ) -> (Result<Value, Refusal>, Receipt) {
        let mut exchange = self.exchange.clone();
        exchange.patience.deadline = deadline.or(exchange.patience.deadline);
        let service = Service {
            exchange,
            receipt: Arc::default(),
        };
        let receipt = Arc::clone(&service.receipt);
        let client = Client::build(self.exchange.http.clone(), self.access.clone())
            .with_http_service(service);
        let answer: Result<Value, OpenAIError> = client.chat().create_byot(body).await;
        let receipt = receipt
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        (answer.map_err(refusal), receipt)
    }
}

/// Whether what is sent to an endpoint at `base_url` can be read on the way.
#[must_use]
pub fn goes_in_clear(base_url: &str) -> bool {
    address::parse(base_url).is_ok_and(|url| address::goes_in_clear(&url))
}

fn authorization(key: &SecretString) -> Result<Option<HeaderValue>, EndpointError> {
    let key = key.expose_secret();
    if key.is_empty() {
        return Ok(None);
    }
    let text = SecretString::from(format!("Bearer {key}"));
    let mut value = HeaderValue::from_str(text.expose_secret()).map_err(|_| EndpointError::Key)?;
    value.set_sensitive(true);
    Ok(Some(value))
}

fn http_client(patience: &Patience, loopback: bool) -> Result<reqwest::Client, EndpointError> {
    let builder = reqwest::Client::builder()
        .tls_backend_rustls()
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .no_gzip()
        .no_brotli()
        .no_deflate()
        .no_zstd()
        .user_agent(concat!("custody/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(patience.connect_timeout)
        .read_timeout(patience.silence_timeout);
    let builder = if loopback {
        builder.no_proxy()
    } else {
        builder
    };
    builder.build().map_err(|_| EndpointError::HttpClient)
}

/// Where the endpoint is and what it is shown. Unlike the library's own configuration it reads
/// nothing from the environment, where another key or address may wait.
#[derive(Debug, Clone)]
struct Access {
    base_url: String,
    authorization: Option<HeaderValue>,
    key: SecretString,
}

impl Config for Access {
    fn headers(&self) -> HeaderMap {
        self.authorization
            .iter()
            .map(|value| (AUTHORIZATION, value.clone()))
            .collect()
    }
    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base_url)
    }
    fn query(&self) -> Vec<(&str, &str)> {
        Vec::new()
    }
    fn api_base(&self) -> &str {
        &self.base_url
    }
    fn api_key(&self) -> &SecretString {
        &self.key
    }
}

/// Our HTTP service under the library. Made for one call, whose receipt it leaves behind.
#[derive(Debug, Clone)]
struct Service {
    exchange: Exchange,
    receipt: Arc<Mutex<Receipt>>,
}

impl tower::Service<HttpRequestFactory> for Service {
    type Response = Response;
    type Error = OpenAIError;
    type Future = Pin<Box<dyn Future<Output = Result<Response, OpenAIError>> + Send>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), OpenAIError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, factory: HttpRequestFactory) -> Self::Future {
        let service = self.clone();
        Box::pin(async move {
            let request = factory.build().await?;
            let mut receipt = Receipt::default();
            let answer = service.exchange.send(&request, &mut receipt).await;
            *service
                .receipt
                .lock()
                .unwrap_or_else(PoisonError::into_inner) = receipt;
            match answer {
                Ok(answer) => Ok(Response::from(http::Response::new(answer.to_string()))),
                Err(refusal) => Err(OpenAIError::Boxed(Box::new(refusal))),
            }
        })
    }
}

/// Our own refusal back out of the library's error. The library's others are told as a class.
fn refusal(error: OpenAIError) -> Refusal {
    let foreign = |class| Refusal {
        verdict: Verdict::new(class, Retry::Never).saying("the client library gave up"),
        status: None,
        request_id: None,
        attempts: 1,
        no_wait: None,
    };
    match error {
        OpenAIError::Boxed(inner) => inner
            .downcast::<Refusal>()
            .map_or_else(|_| foreign(Class::Server), |refusal| *refusal),
        OpenAIError::InvalidArgument(_) => foreign(Class::BadRequest),
        _ => foreign(Class::Answer),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_http_to_another_machine_goes_in_clear() {
        assert!(goes_in_clear("http://10.0.0.1/v1"));
        assert!(!goes_in_clear("https://10.0.0.1/v1"));
        assert!(!goes_in_clear("http://127.0.0.1:1/v1"));
    }

    #[test]
    fn the_key_is_in_no_debug_text() {
        let key = SecretString::from("sk-planted");
        let access = Access {
            base_url: String::new(),
            authorization: authorization(&key).unwrap(),
            key,
        };
        assert!(!format!("{access:?} {:?}", access.headers()).contains("planted"));
    }
}
