//! Error answers, and which of them are worth a second attempt.

use custody::agent::endpoint::{Endpoint, EndpointConfig, PlainHttp};
use custody::agent::model::{Model as _, ModelError};
use secrecy::SecretString;
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::peer::{KEY, Peer, failing, ok, saying, start};

/// One failing answer gives `expected`, after `requests` requests in all.
async fn gives(row: &str, answer: ResponseTemplate, expected: ModelError, requests: usize) {
    let peer = Peer::answering(vec![answer]).await;
    assert_eq!(peer.one_turn().await, (Err(expected), requests), "{row}");
}

async fn gives_once(row: &str, answer: ResponseTemplate, expected: ModelError) {
    gives(row, answer, expected, 1).await;
}

fn text(status: u16, body: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_raw(body, "text/plain")
}

fn detail(words: &str) -> String {
    words.to_owned()
}

#[tokio::test]
async fn e01_e02_e03_e08_a_conversation_that_is_too_long() {
    let too_long = |words: &str| ModelError::ContextLength(detail(words));
    let llama = json!({"error": {"code": 400, "message": "the request exceeds the available context",
        "type": "exceed_context_size_error", "n_prompt_tokens": 9000, "n_ctx": 4096}});
    let code = "status 400, code `exceed_context_size_error`";
    gives_once("E1", failing(400, &llama), too_long(code)).await;
    let openai = json!({"error": {"message": "x", "type": "invalid_request_error",
        "param": "messages", "code": "context_length_exceeded"}});
    let code = "status 400, code `context_length_exceeded`";
    gives_once("E2", failing(400, &openai), too_long(code)).await;
    let litellm = json!({"error": {"code": "400", "type": null, "param": null,
        "message": "litellm.ContextWindowExceededError: litellm.BadRequestError: too much"}});
    gives_once("E3", failing(400, &litellm), too_long("status 400")).await;
    gives_once(
        "E8 413",
        text(413, "<html>Request Entity Too Large</html>"),
        too_long("status 413"),
    )
    .await;
    let limit = json!({"error": {"param": "max_tokens", "message":
        "max_tokens is too large: this model's maximum context length is 4096 tokens"}});
    gives_once(
        "E2 max_tokens",
        failing(400, &limit),
        too_long("status 400"),
    )
    .await;
}

#[tokio::test]
async fn e04_e05_e06_e07_a_complaint_in_any_shape() {
    let flat = json!({"object": "error", "message": "no", "type": "BadRequestError", "code": 400});
    let listed = json!({"detail": [{"loc": ["body", "x"], "msg": "bad", "type": "missing"}]});
    let nested = json!({"error": {"message": {"detail": "no"}, "code": null}});
    for (row, status, body) in [
        ("E4", 400, flat),
        ("E5 text", 400, json!({"detail": "no"})),
        ("E5 list", 422, listed),
        ("E6", 400, json!({"error": "no"})),
        ("E7", 400, nested),
        ("no object", 400, json!(["no"])),
        ("other 4xx", 418, json!(null)),
    ] {
        let expected = ModelError::BadRequest(format!("status {status}"));
        gives_once(row, failing(status, &body), expected).await;
    }
}

#[tokio::test]
async fn e08_refusals_without_a_readable_body() {
    gives_once(
        "E8 404",
        text(404, "404 page not found"),
        ModelError::NotFound(detail("status 404")),
    )
    .await;
    for status in [401, 403] {
        let expected = ModelError::Authentication(format!("status {status}"));
        gives_once("E8 401", ResponseTemplate::new(status), expected).await;
    }
    let key = json!({"error": {"code": "invalid_api_key", "message": format!("bad key {KEY}")}});
    let expected = ModelError::Authentication(detail("status 401, code `invalid_api_key`"));
    gives_once("E8 key", failing(401, &key), expected).await;
}

#[tokio::test]
async fn e09_a_complaint_sent_as_a_server_error_is_not_repeated() {
    for message in [
        "[{'type': 'literal_error', 'loc': ('body', 'messages', 0, 'system', 'role')}]",
        "1 validation error for CreateChatCompletionRequest",
        "Failed to parse tool call arguments as JSON",
        "Jinja Exception: Unexpected role",
    ] {
        let body = json!({"error": {"message": message, "type": "internal_server_error"}});
        let expected = ModelError::BadRequest(detail("status 500"));
        gives_once(message, failing(500, &body), expected).await;
    }
}

#[tokio::test]
async fn e10_a_content_filter_is_its_own_class() {
    let azure = json!({"error": {"code": "content_filter", "type": null, "status": 400,
        "message": "The response was filtered", "param": "prompt",
        "innererror": {"code": "ResponsibleAIPolicyViolation", "content_filter_result": {}}}});
    let expected = ModelError::ContentFilter(detail("status 400, code `content_filter`"));
    gives_once("E10", failing(400, &azure), expected).await;
}

#[tokio::test]
async fn e11_redirects_are_not_followed() {
    for (status, permanent) in [
        (301, true),
        (302, false),
        (303, false),
        (307, false),
        (308, true),
    ] {
        let answer =
            ResponseTemplate::new(status).insert_header("location", "/v1/chat/completions");
        let expected = if permanent {
            let what = "it says that it has moved, and redirects are not followed";
            ModelError::NotFound(format!("{what}, status {status}"))
        } else {
            let what = "it redirects, as for a login, and redirects are not followed";
            ModelError::Authentication(format!("{what}, status {status}"))
        };
        gives_once("E11", answer, expected).await;
    }
}

#[tokio::test]
async fn r01_too_many_requests_in_any_shape_is_retried() {
    let coded = failing(429, &json!({"error": {"message": "slow", "code": 429}}));
    for answer in [
        coded,
        text(429, "Too Many Requests"),
        ResponseTemplate::new(429),
    ] {
        let peer = Peer::answering(vec![answer.clone(), answer.clone(), ok(&saying("hi"))]).await;
        let (turn, requests) = peer.one_turn().await;
        assert_eq!((turn.unwrap().text.as_str(), requests), ("hi", 3));
        let expected = ModelError::RateLimited(detail("status 429, after 3 attempts"));
        gives("R1 for ever", answer, expected, 3).await;
    }
}

#[tokio::test]
async fn r05_a_used_up_quota_is_final_wherever_it_is_said() {
    let quota = ModelError::Quota(detail("status 429, code `insufficient_quota`"));
    let code = json!({"error": {"message": "x", "code": "insufficient_quota"}});
    let kind = json!({"error": {"message": "x", "type": "insufficient_quota", "code": null}});
    gives_once("R5 code", failing(429, &code), quota.clone()).await;
    gives_once("R5 type", failing(429, &kind), quota).await;
    gives_once(
        "402",
        ResponseTemplate::new(402),
        ModelError::Quota(detail("status 402")),
    )
    .await;
}

#[tokio::test]
async fn r07_passing_failures_are_retried() {
    for status in [408, 409, 500, 502, 503, 504, 529] {
        let answer = text(status, "upstream");
        let peer = Peer::answering(vec![answer.clone(), ok(&saying("hi"))]).await;
        let (turn, requests) = peer.one_turn().await;
        assert_eq!(
            (turn.unwrap().text.as_str(), requests),
            ("hi", 2),
            "R7 {status}"
        );
        let words = format!("status {status}, after 3 attempts");
        let expected = match status {
            408 => ModelError::Unreachable(words),
            529 => ModelError::RateLimited(words),
            _ => ModelError::Server(words),
        };
        gives("R7 for ever", answer, expected, 3).await;
    }
}

#[tokio::test]
async fn the_request_id_is_told_unless_it_could_hold_a_secret() {
    for (name, id, told) in [
        ("x-request-id", "req_1-2.3:4", true),
        ("llm_provider-x-request-id", "req-9", true),
        ("apim-request-id", "6f1c", true),
        ("x-request-id", KEY, false),
        ("x-request-id", "words of the answer", false),
        ("x-request-id", &"a".repeat(65), false),
    ] {
        let answer = ResponseTemplate::new(401).insert_header(name, id);
        let words = if told {
            format!("status 401, request `{id}`")
        } else {
            "status 401".into()
        };
        gives_once(name, answer, ModelError::Authentication(words)).await;
    }
}

#[tokio::test]
async fn answers_that_are_too_large_or_compressed_are_refused() {
    let peer = Peer::answering(vec![ok(&saying(&"a".repeat(5000)))]).await;
    let config = EndpointConfig {
        largest_answer: 4000,
        ..peer.config()
    };
    let error = Endpoint::new(config)
        .unwrap()
        .turn(&start())
        .await
        .unwrap_err();
    let what = "its body is larger than an answer may be, status 200";
    assert_eq!(error, ModelError::Answer(detail(what)));
    let zipped = ok(&saying("hi")).insert_header("content-encoding", "gzip");
    let what = "its body is compressed, which was not asked for, status 200";
    gives_once("gzip", zipped, ModelError::Answer(detail(what))).await;
    let plain = ok(&saying("hi")).insert_header("content-encoding", "identity");
    assert!(
        Peer::answering(vec![plain])
            .await
            .one_turn()
            .await
            .0
            .is_ok()
    );
}

#[test]
fn an_endpoint_that_cannot_be_used_is_refused_before_anything_is_sent() {
    let refused = |url: &str, key: &str| {
        Endpoint::new(EndpointConfig::new(url, "m", SecretString::from(key)))
            .unwrap_err()
            .to_string()
    };
    let url = refused("https://me:planted@host/v1", KEY);
    assert_eq!(
        url,
        "the endpoint's address must not hold a user name or password"
    );
    let plain = refused("http://host.test/v1", "sk-planted");
    assert!(
        plain.contains("in clear") && !plain.contains("planted"),
        "{plain}"
    );
    let allowed = EndpointConfig {
        plain_http: PlainHttp::Allowed,
        ..EndpointConfig::new("http://host.test/v1", "m", SecretString::from(KEY))
    };
    assert!(Endpoint::new(allowed).is_ok());
    let key = refused("https://host/v1", "sk-planted\nx");
    assert_eq!(key, "the key is not one line of visible ASCII characters");
}

#[tokio::test]
async fn a_model_error_is_the_same_after_the_journal() {
    let (turn, _) = Peer::answering(vec![text(404, "")]).await.one_turn().await;
    let error = turn.unwrap_err();
    let journaled: Value = serde_json::to_value(&error).unwrap();
    assert_eq!(
        journaled,
        json!({"class": "not-found", "detail": "status 404"})
    );
    assert_eq!(
        serde_json::from_value::<ModelError>(journaled).unwrap(),
        error
    );
}
