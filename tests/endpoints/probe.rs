//! Probing endpoints that behave in the ways seen in the field.

use custody::agent::endpoint::{
    EmptyContent, EndpointConfig, EndpointProfile, LimitField, LongInput, Observed, ProbeError,
    ReasoningEcho, Support, ToolChoice, UsageReport, probe,
};
use custody::agent::model::ModelError;
use secrecy::SecretString;
use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::invariants::violations;
use crate::peer::{completion, failing, ok};

/// How a played endpoint departs from a good one.
#[derive(Debug, Clone, Copy, Default)]
struct Ways {
    refuses_max_tokens: bool,
    ignores_max_tokens: bool,
    refuses_max_completion_tokens: bool,
    refuses_developer: bool,
    ignores_system: bool,
    null_is_an_error: bool,
    wants_null: bool,
    wants_reasoning: bool,
    ignores_tool_choice: bool,
    one_call_a_turn: bool,
    calls_only_if_told: bool,
    no_usage: bool,
    context: Option<usize>,
    cuts: bool,
    busy_at_first: bool,
}

fn complaint(text: &str) -> ResponseTemplate {
    failing(
        400,
        &json!({"error": {"message": text, "type": "invalid_request_error"}}),
    )
}

/// The answer of an endpoint with these ways.
fn play(ways: Ways, body: &Value) -> ResponseTemplate {
    if ways.refuses_max_tokens && body.get("max_tokens").is_some() {
        return complaint("Unsupported parameter: 'max_tokens'");
    }
    if ways.refuses_max_completion_tokens && body.get("max_completion_tokens").is_some() {
        return complaint("extra_forbidden: max_completion_tokens");
    }
    let messages = body["messages"].as_array().unwrap();
    if ways.refuses_developer && messages[0]["role"] == "developer" {
        return failing(500, &json!({"error": {"message": "literal_error: role"}}));
    }
    if let Some(turn) = messages
        .iter()
        .find(|message| message["role"] == "assistant")
    {
        if ways.wants_reasoning && turn.get("reasoning_content").is_none() {
            return complaint("`reasoning_content` must be passed back");
        }
        let content = turn.get("content");
        if (ways.wants_null && content != Some(&Value::Null))
            || (ways.null_is_an_error && content == Some(&Value::Null))
        {
            return complaint("content");
        }
    }
    let read: usize = messages
        .iter()
        .filter_map(|m| m["content"].as_str())
        .map(str::len)
        .sum();
    let mut tokens = read / 4;
    if let Some(context) = ways.context.filter(|context| tokens > *context) {
        if !ways.cuts {
            return complaint("prompt is too long: maximum context length");
        }
        tokens = context;
    }
    answer(ways, body, tokens)
}

fn answer(ways: Ways, body: &Value, tokens: usize) -> ResponseTemplate {
    let messages = body["messages"].as_array().unwrap();
    let asked = messages.iter().rfind(|m| m["role"] == "user").unwrap()["content"]
        .as_str()
        .unwrap();
    let first = messages[0]["content"].as_str().unwrap();
    let word = first.split('`').nth(1).unwrap_or("hello");
    let cut = ways.cuts && ways.context.is_some_and(|context| tokens >= context);
    let limit_field = if ways.ignores_max_tokens {
        "max_completion_tokens"
    } else {
        "max_tokens"
    };
    let limit = body
        .get(limit_field)
        .or(body.get("max_completion_tokens"))
        .and_then(Value::as_u64);
    let choice = body.get("tool_choice");
    let silent = ways.calls_only_if_told && choice.is_none_or(|choice| choice != "auto");
    let call = |thing: &str| {
        let arguments = json!({"thing": thing}).to_string();
        json!({"id": "1", "function": {"name": "look_up", "arguments": arguments}})
    };
    let (message, written) = if asked.starts_with("Count") {
        (json!({"content": "1 2 3"}), limit.unwrap_or(600).min(600))
    } else if asked.starts_with("Look up") && messages.len() == 2 && !silent {
        let calls = if ways.one_call_a_turn {
            json!([call("A")])
        } else {
            json!([call("A"), call("B")])
        };
        (json!({"content": "", "tool_calls": calls}), 20)
    } else if choice.is_some_and(|choice| choice == "required") && !ways.ignores_tool_choice {
        (json!({"content": "", "tool_calls": [call("A")]}), 20)
    } else if cut || ways.ignores_system {
        (json!({"content": "I do not know"}), 5)
    } else {
        (json!({"content": word}), 5)
    };
    let mut body = completion(&message, "stop");
    body["usage"] = json!({"prompt_tokens": tokens, "completion_tokens": written});
    if ways.no_usage {
        body["usage"] = json!({"prompt_tokens": 0, "completion_tokens": 0});
    }
    ok(&body)
}

async fn probed(ways: Ways) -> EndpointProfile {
    let server = MockServer::start().await;
    if ways.busy_at_first {
        let busy = ResponseTemplate::new(429).insert_header("retry-after-ms", "1");
        Mock::given(method("POST"))
            .respond_with(busy)
            .up_to_n_times(1)
            .mount(&server)
            .await;
    }
    let respond = move |request: &Request| play(ways, &request.body_json().unwrap());
    Mock::given(path("/v1/chat/completions"))
        .respond_with(respond)
        .mount(&server)
        .await;
    let profile = probe(&config(&server)).await.unwrap();
    let requests = server.received_requests().await.unwrap();
    assert!(requests.len() <= 15, "{} is no handful", requests.len());
    for request in requests {
        let mut body: Value = request.body_json().unwrap();
        // The one role that is tried out beside `system`, in its place.
        let first = &mut body["messages"][0]["role"];
        if first == "developer" {
            *first = json!("system");
        }
        assert_eq!(violations(&body), Vec::<String>::new(), "{body}");
    }
    profile
}

fn config(server: &MockServer) -> EndpointConfig {
    let key = SecretString::from("sk-probe");
    let mut config = EndpointConfig::new(&format!("{}/v1", server.uri()), "m", key);
    config.patience.base_delay = std::time::Duration::from_millis(1);
    config
}

/// What a good endpoint is found to be.
fn good() -> EndpointProfile {
    EndpointProfile {
        tool_choice: ToolChoice::Required,
        observed: Some(seen()),
        ..EndpointProfile::default()
    }
}

fn seen() -> Observed {
    Observed {
        model: "m".into(),
        length_limit: Support::Kept,
        system_role: Support::Kept,
        developer_role: Support::Kept,
        tool_calls: Support::Kept,
        forced_tool_choice: Support::Kept,
        several_calls: Support::Kept,
        usage: UsageReport::Plausible,
        long_input: LongInput::Read,
        names_waits: false,
    }
}

#[tokio::test]
async fn a_good_endpoint_keeps_the_portable_profile() {
    assert_eq!(probed(Ways::default()).await, good());
}

#[tokio::test]
async fn one_that_insists_on_the_newer_limit_gets_it() {
    let ways = Ways {
        refuses_max_tokens: true,
        busy_at_first: true,
        ..Ways::default()
    };
    let expected = EndpointProfile {
        limit_field: LimitField::MaxCompletionTokens,
        observed: Some(Observed {
            names_waits: true,
            ..seen()
        }),
        ..good()
    };
    assert_eq!(probed(ways).await, expected);
}

#[tokio::test]
async fn one_that_ignores_a_limit_is_found_by_what_it_writes() {
    let ways = Ways {
        ignores_max_tokens: true,
        ..Ways::default()
    };
    let newer = EndpointProfile {
        limit_field: LimitField::MaxCompletionTokens,
        ..good()
    };
    assert_eq!(probed(ways).await, newer);
    let ways = Ways {
        refuses_max_completion_tokens: true,
        ..ways
    };
    let ignoring = Observed {
        length_limit: Support::Ignored,
        ..seen()
    };
    assert_eq!(
        probed(ways).await,
        EndpointProfile {
            observed: Some(ignoring),
            ..good()
        }
    );
    let ways = Ways {
        refuses_max_tokens: true,
        refuses_max_completion_tokens: true,
        ..ways
    };
    let refusing = Observed {
        length_limit: Support::Refused,
        ..seen()
    };
    let none = LimitField::None;
    let expected = EndpointProfile {
        limit_field: none,
        observed: Some(refusing),
        ..good()
    };
    assert_eq!(probed(ways).await, expected);
}

#[tokio::test]
async fn a_small_local_server_is_seen_as_it_is() {
    let ways = Ways {
        refuses_developer: true,
        null_is_an_error: true,
        ignores_tool_choice: true,
        one_call_a_turn: true,
        no_usage: true,
        context: Some(4096),
        ..Ways::default()
    };
    let expected = EndpointProfile {
        tool_choice: ToolChoice::Unsaid,
        observed: Some(Observed {
            developer_role: Support::Refused,
            forced_tool_choice: Support::Ignored,
            several_calls: Support::Ignored,
            usage: UsageReport::Absent,
            long_input: LongInput::Refused,
            // Without usage, only the reason could tell that an answer was cut, and it says stop.
            length_limit: Support::Ignored,
            ..seen()
        }),
        ..EndpointProfile::default()
    };
    assert_eq!(probed(ways).await, expected);
}

#[tokio::test]
async fn one_that_calls_tools_only_when_told_to_choose_is_told_so() {
    let ways = Ways {
        calls_only_if_told: true,
        ignores_tool_choice: true,
        ..Ways::default()
    };
    let expected = EndpointProfile {
        tool_choice: ToolChoice::Auto,
        observed: Some(Observed {
            forced_tool_choice: Support::Ignored,
            ..seen()
        }),
        ..good()
    };
    assert_eq!(probed(ways).await, expected);
}

#[tokio::test]
async fn one_that_cuts_silently_is_caught_by_its_count_or_not_trusted() {
    let ways = Ways {
        cuts: true,
        context: Some(2048),
        ..Ways::default()
    };
    let cutting = Observed {
        long_input: LongInput::CutSilently,
        ..seen()
    };
    assert_eq!(probed(ways).await.observed, Some(cutting));
    let blind = probed(Ways {
        no_usage: true,
        ..ways
    })
    .await
    .observed
    .unwrap();
    assert_eq!(blind.long_input, LongInput::Unclear);
}

#[tokio::test]
async fn what_a_turn_must_look_like_when_sent_back_is_found_out() {
    let ways = Ways {
        wants_null: true,
        wants_reasoning: true,
        ..Ways::default()
    };
    let expected = EndpointProfile {
        empty_content: EmptyContent::Null,
        reasoning_echo: ReasoningEcho::ReasoningContent,
        ..good()
    };
    assert_eq!(probed(ways).await, expected);
}

#[tokio::test]
async fn one_that_does_not_follow_the_system_message_is_seen() {
    let seen = probed(Ways {
        ignores_system: true,
        ..Ways::default()
    })
    .await
    .observed
    .unwrap();
    assert_eq!(
        (seen.system_role, seen.long_input),
        (Support::Ignored, LongInput::Unclear)
    );
}

#[tokio::test]
async fn what_stops_any_use_is_an_error() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(401))
        .mount(&server)
        .await;
    let expected = ProbeError::Model(ModelError::Authentication("status 401".into()));
    assert_eq!(probe(&config(&server)).await, Err(expected));
}
