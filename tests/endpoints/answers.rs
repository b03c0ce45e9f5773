//! Odd answers, part one: text, reasons, usage, frames and errors in a success.

use custody::agent::message::{Finish, Message, Turn, Usage};
use custody::agent::model::{Model as _, ModelError};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::peer::{Peer, append, completion, ok, saying, start};

/// The turn that [`saying`] is read as.
fn said(text: &str) -> Turn {
    Turn {
        text: text.into(),
        usage: Some(Usage {
            input: 100,
            output: 20,
        }),
        finish: Finish::Stop,
        ..Turn::default()
    }
}

/// Reads `body` as `expected`, and sends the turn back once, to a server that is strict.
async fn reads(row: &str, body: &Value, expected: Turn) {
    let peer = Peer::answering(vec![ok(body), ok(&saying("done"))]).await;
    let endpoint = peer.endpoint();
    let mut request = start();
    let turn = endpoint.turn(&request).await.unwrap();
    assert_eq!(turn, expected, "{row}");
    append(&mut request, &turn, &mut 0);
    request.messages.push(Message::User { text: "on".into() });
    assert_eq!(endpoint.turn(&request).await.unwrap().text, "done", "{row}");
}

async fn fails(row: &str, answer: ResponseTemplate, expected: ModelError) {
    let peer = Peer::answering(vec![answer.insert_header("x-request-id", "req-7")]).await;
    let (turn, requests) = peer.one_turn().await;
    assert_eq!((turn, requests), (Err(expected), 1), "{row}");
}

/// [`saying`] with the member at `pointer` replaced.
fn with(pointer: &str, value: Value) -> Value {
    let mut body = saying("hi");
    *body.pointer_mut(pointer).unwrap() = value;
    body
}

fn without(pointer: &str, name: &str) -> Value {
    let mut body = saying("hi");
    body.pointer_mut(pointer)
        .unwrap()
        .as_object_mut()
        .unwrap()
        .remove(name)
        .unwrap();
    body
}

#[tokio::test]
async fn q14_a_call_leaked_as_text_is_text() {
    let leaked = "<tool_call>{\"name\": \"look\", \"arguments\": {\"x\": \"1\"}}</tool_call>";
    reads("Q14", &saying(leaked), said(leaked)).await;
}

#[tokio::test]
async fn q15_a_turn_of_nothing_shows_that_tokens_were_written() {
    let mut body = saying("");
    body["usage"]["completion_tokens"] = json!(40);
    let usage = Some(Usage {
        input: 100,
        output: 40,
    });
    reads("Q15", &body, Turn { usage, ..said("") }).await;
}

#[tokio::test]
async fn q18_odd_finish_reasons_become_classes() {
    let finish = "/choices/0/finish_reason";
    for (reason, class, truncated) in [
        (json!(""), Finish::Unstated, false),
        (json!(null), Finish::Unstated, false),
        (json!(7), Finish::Unstated, false),
        (json!("eos"), Finish::Stop, false),
        (json!("end_turn"), Finish::Stop, false),
        (json!("STOP"), Finish::Stop, false),
        (json!("tool_use"), Finish::Calls, false),
        (json!("max_tokens"), Finish::Length, true),
        (json!("length"), Finish::Length, true),
        (json!("abort"), Finish::Other("abort".into()), false),
        (
            json!("no plain word"),
            Finish::Other("unreadable".into()),
            false,
        ),
    ] {
        let row = format!("Q18 {reason}");
        let expected = Turn {
            finish: class,
            truncated,
            ..said("hi")
        };
        reads(&row, &with(finish, reason), expected).await;
    }
    let error = ModelError::Server(
        "an error came as a success, status 200, request `req-7`, after 3 attempts".into(),
    );
    let body = ok(&with(finish, json!("error"))).insert_header("x-request-id", "req-7");
    let (turn, requests) = Peer::answering(vec![body]).await.one_turn().await;
    assert_eq!((turn, requests), (Err(error), 3), "Q18 error");
    let held_back = ModelError::ContentFilter("it was held back, request `req-7`".into());
    fails(
        "Q18 content_filter",
        ok(&with(finish, json!("content_filter"))),
        held_back,
    )
    .await;
}

#[tokio::test]
async fn q19_content_parts_are_joined_and_others_left() {
    let content = "/choices/0/message/content";
    let parts = json!([{"type": "text", "text": "he"}, {"type": "image_url", "image_url": {}},
                       {"type": "output_text", "text": "llo"}, "!", 7]);
    reads("Q19", &with(content, parts), said("hello!")).await;
    reads(
        "Q19 object",
        &with(content, json!({"text": "hi"})),
        said("hi"),
    )
    .await;
    let refusal = json!({"role": "assistant", "content": null, "refusal": "no"});
    reads("Q19 refusal", &completion(&refusal, "stop"), said("no")).await;
}

#[tokio::test]
async fn q20_the_role_of_an_answer_does_not_matter() {
    let role = "/choices/0/message/role";
    for odd in [json!(null), json!("developer"), json!("model"), json!(7)] {
        reads(&format!("Q20 {odd}"), &with(role, odd), said("hi")).await;
    }
    reads(
        "Q20 missing",
        &without("/choices/0/message", "role"),
        said("hi"),
    )
    .await;
}

#[tokio::test]
async fn q21_q22_usage_is_believed_only_if_it_can_be_true() {
    let usage = |input, output| Some(Usage { input, output });
    for (reported, expected) in [
        (json!({"prompt_tokens": null, "completion_tokens": 5}), None),
        (json!({"prompt_tokens": 5}), None),
        (json!({"completion_tokens": 5}), None),
        (
            json!({"prompt_tokens": 12.0, "completion_tokens": 3.0}),
            usage(12, 3),
        ),
        (json!({"prompt_tokens": 12.5, "completion_tokens": 3}), None),
        (json!({"prompt_tokens": -1, "completion_tokens": 3}), None),
        (json!({"prompt_tokens": "12", "completion_tokens": 3}), None),
        (
            json!({"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}),
            None,
        ),
        (json!({"prompt_tokens": 12, "completion_tokens": 0}), None),
        (json!({}), None),
        (json!(null), None),
        (
            json!({"prompt_tokens": 3, "completion_tokens": 1, "cache_read_input_tokens": 90}),
            usage(93, 1),
        ),
    ] {
        let row = format!("Q21/Q22 {reported}");
        reads(
            &row,
            &with("/usage", reported),
            Turn {
                usage: expected,
                ..said("hi")
            },
        )
        .await;
    }
    reads(
        "Q21 absent",
        &without("", "usage"),
        Turn {
            usage: None,
            ..said("hi")
        },
    )
    .await;
}

#[tokio::test]
async fn q23_the_frame_may_lack_anything_but_the_choice() {
    for name in ["id", "object", "created", "model"] {
        reads(&format!("Q23 {name}"), &without("", name), said("hi")).await;
    }
    for created in [
        json!(1.5),
        json!("2026-01-01"),
        json!(1_700_000_000_000_u64),
    ] {
        reads(
            &format!("Q23 created {created}"),
            &with("/created", created),
            said("hi"),
        )
        .await;
    }
    reads("Q23 index", &without("/choices/0", "index"), said("hi")).await;
    reads(
        "Q23 finish",
        &without("/choices/0", "finish_reason"),
        Turn {
            finish: Finish::Unstated,
            ..said("hi")
        },
    )
    .await;
}

#[tokio::test]
async fn q24_what_is_unknown_is_left() {
    let mut body = saying("hi");
    body["service_tier"] = json!({"odd": true});
    body["choices"][0]["message"]["annotations"] = json!([{"type": "new", "x": []}]);
    body["choices"][0]["message"]["function_call"] = json!({"name": null, "arguments": null});
    let custom = json!({"id": "1", "type": "custom", "custom": {"name": "look", "input": "x"}});
    body["choices"][0]["message"]["tool_calls"] = json!([custom, null, 7]);
    reads("Q24", &body, said("hi")).await;
}

#[tokio::test]
async fn q25_an_error_in_a_success_is_an_error_and_its_code_the_status() {
    let detail = |status: u16, rest: &str| {
        format!("an error came as a success, status {status}{rest}, request `req-7`")
    };
    let quota = json!({"error": {"message": "x", "code": "insufficient_quota"}});
    let quota_error = ModelError::Quota(detail(200, ", code `insufficient_quota`"));
    fails("Q25 code", ok(&quota), quota_error).await;
    let bad = json!({"error": {"message": "x", "code": 400}, "choices": [{"message": {}}]});
    fails("Q25 400", ok(&bad), ModelError::BadRequest(detail(400, ""))).await;
    let odd = json!({"error": {"message": "x", "code": 200}});
    fails("Q25 200", ok(&odd), ModelError::Server(detail(200, ""))).await;
    let mut choice = saying("hi");
    choice["choices"][0]["error"] = json!({"message": "x", "code": "401"});
    fails(
        "Q25 choice",
        ok(&choice),
        ModelError::Authentication(detail(401, "")),
    )
    .await;
    let list = json!([{"error": {"message": "maximum context length is 5"}}]);
    fails(
        "Q25 list",
        ok(&list),
        ModelError::ContextLength(detail(200, "")),
    )
    .await;

    let busy = ok(&json!({"error": {"message": "x", "code": 429}}));
    let peer = Peer::answering(vec![busy, ok(&saying("hi"))]).await;
    assert_eq!(
        peer.one_turn().await,
        (Ok(said("hi")), 2),
        "Q25 429 is retried"
    );
}

#[tokio::test]
async fn q26_no_choice_is_its_own_error_and_a_filter_its_own_class() {
    let none = || ModelError::Answer("it has no choices, request `req-7`".into());
    fails("Q26 empty", ok(&with("/choices", json!([]))), none()).await;
    fails("Q26 missing", ok(&without("", "choices")), none()).await;
    fails("Q26 null", ok(&with("/choices", json!(null))), none()).await;
    let mut filtered = with("/choices", json!([]));
    filtered["prompt_filter_results"] = json!([{"prompt_index": 0,
        "content_filter_results": {"violence": {"filtered": true, "severity": "high"}}}]);
    let held_back = ModelError::ContentFilter("it was held back, request `req-7`".into());
    fails("Q26 filtered", ok(&filtered), held_back).await;
    let no_message = ModelError::Answer("its choice has no message, request `req-7`".into());
    fails(
        "Q26 message",
        ok(&with("/choices/0/message", json!(null))),
        no_message,
    )
    .await;
}

#[tokio::test]
async fn q27_what_is_no_json_is_told_by_kind() {
    let whole = saying("hi").to_string();
    for (body, kind) in [
        ("", "its body is empty"),
        (
            "<html><title>Log in</title></html>",
            "its body is a page, not JSON",
        ),
        (&whole[..whole.len() / 2], "its body ends in the middle"),
        ("OK", "its body is not JSON"),
        (
            "data: {\"choices\": []}\n\n",
            "its body is an event stream, which was not asked for",
        ),
    ] {
        let answer = ResponseTemplate::new(200).set_body_raw(body, "text/plain");
        let expected = ModelError::Answer(format!("{kind}, status 200, request `req-7`"));
        fails(&format!("Q27 {kind}"), answer, expected).await;
    }
}

#[tokio::test]
async fn q28_reasoning_is_kept_apart_from_the_text() {
    let reasoned = |text: &str| Turn {
        reasoning: Some("why".into()),
        ..said(text)
    };
    for (row, message) in [
        (
            "reasoning_content",
            json!({"content": "hi", "reasoning_content": "why"}),
        ),
        (
            "reasoning",
            json!({"content": "hi", "reasoning": "why", "reasoning_details": [{}]}),
        ),
        (
            "both",
            json!({"content": "hi", "reasoning": "why", "reasoning_content": "why"}),
        ),
        (
            "<think>",
            json!({"content": "<think>\nwhy\n</think>\n\nhi"}),
        ),
        (
            "thinking part",
            json!({"content": [
            {"type": "thinking", "thinking": [{"type": "text", "text": "why"}]},
            {"type": "text", "text": "hi"}]}),
        ),
    ] {
        reads(
            &format!("Q28 {row}"),
            &completion(&message, "stop"),
            reasoned("hi"),
        )
        .await;
    }
    let empty = json!({"content": "hi", "reasoning": null, "reasoning_content": ""});
    reads("Q28 none", &completion(&empty, "stop"), said("hi")).await;
}

#[tokio::test]
async fn q31_an_endpoint_that_read_too_little_is_refused() {
    let mut request = start();
    request.messages[0] = Message::System {
        text: "custody ".repeat(2500),
    };
    let reading = |tokens: u64| {
        let mut body = saying("hi");
        body["usage"]["prompt_tokens"] = json!(tokens);
        ok(&body)
    };
    let peer = Peer::answering(vec![reading(2048), reading(4900), reading(0)]).await;
    let endpoint = peer.endpoint();
    let error = endpoint.turn(&request).await.unwrap_err();
    assert!(matches!(error, ModelError::ContextLength(_)), "{error:?}");
    assert!(
        error
            .to_string()
            .contains("read fewer tokens than it was sent: 2048 of"),
        "{error}"
    );
    assert_eq!(endpoint.turn(&request).await.unwrap().text, "hi");
    assert_eq!(endpoint.turn(&request).await.unwrap().usage, None);
}
