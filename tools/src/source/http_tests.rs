use std::time::Duration;

use secrecy::SecretString;
use wiremock::matchers::{header, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;

const LIMITS: HttpLimits = HttpLimits {
    timeout: Duration::from_secs(5),
    in_all: Duration::from_secs(20),
    largest_body: 1_000,
    retries: 2,
};

async fn server_with(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .respond_with(answer)
        .mount(&server)
        .await;
    server
}

/// What one GET of `/v2/x` gives, on a thread that may block.
async fn get(server: &MockServer, limits: HttpLimits) -> Result<Answer, HttpError> {
    let base = format!("{}/v2/", server.uri());
    let asking = move || {
        let token = SecretString::from("sk-planted");
        let reader = HttpReader::new(&base, "text/plain", Some(&token), limits)?;
        reader.get(&["x y", "../z"], &[("filter", "a eq \"b&c\"")])
    };
    tokio::task::spawn_blocking(asking).await.unwrap()
}

#[tokio::test]
async fn a_get_carries_token_path_and_query_and_nothing_else() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path("/v2/x%20y/..%2Fz"))
        .and(query_param("filter", "a eq \"b&c\""))
        .and(header("authorization", "Bearer sk-planted"))
        .and(header("accept", "text/plain"))
        .respond_with(ResponseTemplate::new(200).set_body_raw("yes", "Text/Plain; charset=utf-8"))
        .expect(1)
        .mount(&server)
        .await;
    let answer = get(&server, LIMITS).await.unwrap();
    assert_eq!((answer.status, answer.body), (200, b"yes".to_vec()));
    assert_eq!(answer.media_type.as_deref(), Some("text/plain"));
    let seen = &server.received_requests().await.unwrap()[0];
    assert_eq!(seen.url.query(), Some("filter=a%20eq%20%22b%26c%22"));
}

#[tokio::test]
async fn redirects_are_not_followed_and_the_token_goes_nowhere_else() {
    let other = server_with(ResponseTemplate::new(200)).await;
    for status in [301, 302, 303, 307, 308] {
        let to = ResponseTemplate::new(status).insert_header("location", other.uri());
        let server = server_with(to).await;
        assert_eq!(
            get(&server, LIMITS).await.unwrap_err(),
            HttpError::Redirect(status)
        );
    }
    assert_eq!(other.received_requests().await.unwrap().len(), 0);
}

#[tokio::test]
async fn answers_are_bounded_in_size_and_time() {
    let server = server_with(ResponseTemplate::new(200).set_body_bytes(vec![b'a'; 1_001])).await;
    assert_eq!(
        get(&server, LIMITS).await.unwrap_err(),
        HttpError::TooLarge(1_000)
    );
    let late = ResponseTemplate::new(200).set_delay(Duration::from_secs(3));
    let server = server_with(late).await;
    let hasty = HttpLimits {
        timeout: Duration::from_millis(100),
        ..LIMITS
    };
    let error = get(&server, hasty).await.unwrap_err();
    assert_eq!(error, HttpError::Unreachable("it took too long"));
    let hasty = HttpLimits {
        in_all: Duration::from_millis(100),
        ..LIMITS
    };
    assert_eq!(
        get(&server, hasty).await.unwrap_err(),
        HttpError::OutOfTime(0)
    );
    let packed = ResponseTemplate::new(200).insert_header("content-encoding", "gzip");
    let server = server_with(packed).await;
    assert_eq!(
        get(&server, LIMITS).await.unwrap_err(),
        HttpError::Compressed
    );
}

#[tokio::test]
async fn a_busy_server_is_asked_again_a_few_times_and_not_for_long() {
    let busy = ResponseTemplate::new(429).insert_header("retry-after", "0");
    let server = server_with(busy).await;
    assert_eq!(get(&server, LIMITS).await.unwrap().status, 429);
    assert_eq!(server.received_requests().await.unwrap().len(), 3);
    let busy = ResponseTemplate::new(503).insert_header("retry-after", "86400");
    let server = server_with(busy).await;
    assert_eq!(get(&server, LIMITS).await.unwrap().status, 503);
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
}

#[test]
fn addresses_that_would_leak_the_token_are_refused() {
    let secure = "must begin with https://: only a server on this machine may be read over http://";
    for (address, reason) in [
        ("scim.corp.example", "is not a URL"),
        (
            "ftp://h/v2",
            "must begin with http:// or https:// and name a host",
        ),
        ("http://scim.corp.example/v2", secure),
        ("http://127.0.0.1.evil.example/v2", secure),
        (
            "https://me:pw@h/v2",
            "must not hold a user name or password",
        ),
        ("https://h/v2?x=1", "must not hold a query or fragment"),
    ] {
        let refused = HttpReader::new(address, "a/b", None, LIMITS).unwrap_err();
        assert_eq!(refused, HttpError::Address(reason), "{address}");
    }
    for address in ["https://h/v2", "http://localhost:1/v2", "http://[::1]:1/v2"] {
        assert!(
            HttpReader::new(address, "a/b", None, LIMITS).is_ok(),
            "{address}"
        );
    }
    let token = SecretString::from("two\nlines");
    let refused = HttpReader::new("https://h", "a/b", Some(&token), LIMITS).unwrap_err();
    assert_eq!(refused, HttpError::Bearer);
}

#[test]
fn the_token_is_in_no_debug_text() {
    let token = SecretString::from("sk-planted");
    let reader = HttpReader::new("https://h", "a/b", Some(&token), LIMITS).unwrap();
    assert!(!format!("{reader:?}").contains("planted"));
    assert!(reader.tells_the_token("no sk-planted here"));
    assert!(reader.is_own("https://h/v2/Users/1") && !reader.is_own("https://h.example/x"));
    assert!(!reader.is_own("javascript:alert(1)") && !reader.is_own("https://me@h/x"));
}
