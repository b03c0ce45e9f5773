//! Odd answers, part two: tool calls.

use custody::agent::endpoint::{Endpoint, EndpointProfile, ReasoningEcho};
use custody::agent::message::{Finish, RequestedCall, Turn, Usage};
use custody::agent::model::Model as _;
use serde_json::{Value, json};

use crate::peer::{Peer, append, calling, completion, failing, ok, saying, start};

fn call(name: &str, arguments: &str) -> RequestedCall {
    RequestedCall {
        name: name.into(),
        arguments: arguments.into(),
    }
}

fn called(calls: &[RequestedCall]) -> Turn {
    Turn {
        calls: calls.to_vec(),
        usage: Some(Usage {
            input: 100,
            output: 20,
        }),
        finish: Finish::Calls,
        ..Turn::default()
    }
}

/// A call on the wire.
fn wire(id: &str, name: &str, arguments: &str) -> Value {
    json!({"id": id, "type": "function", "function": {"name": name, "arguments": arguments}})
}

/// Reads `body` as `expected`, answers its calls, and sends all of it back to a strict server.
async fn reads(row: &str, body: &Value, expected: Turn) {
    let peer = Peer::answering(vec![ok(body), ok(&saying("done"))]).await;
    let endpoint = peer.endpoint();
    let mut request = start();
    let turn = endpoint.turn(&request).await.unwrap();
    assert_eq!(turn, expected, "{row}");
    append(&mut request, &turn, &mut 0);
    assert_eq!(endpoint.turn(&request).await.unwrap().text, "done", "{row}");
}

#[tokio::test]
async fn q01_q02_q03_q06_ids_are_dropped_and_calls_stay_in_order() {
    let two = [call("look", r#"{"x":"1"}"#), call("look", r#"{"x":"2"}"#)];
    let with_ids = |first: Value, second: Value| {
        let mut calls = json!([
            wire("", "look", r#"{"x":"1"}"#),
            wire("", "look", r#"{"x":"2"}"#)
        ]);
        calls[0]["id"] = first;
        calls[1]["id"] = second;
        calling(&calls)
    };
    let mut missing = with_ids(json!(""), json!(""));
    let calls = missing
        .pointer_mut("/choices/0/message/tool_calls")
        .unwrap();
    for call in calls.as_array_mut().unwrap() {
        call.as_object_mut().unwrap().remove("id");
    }
    reads("Q1 missing", &missing, called(&two)).await;
    reads("Q1 null", &with_ids(json!(null), json!(null)), called(&two)).await;
    reads("Q2 empty", &with_ids(json!(""), json!("")), called(&two)).await;
    reads(
        "Q3 duplicate",
        &with_ids(json!("call_1"), json!("call_1")),
        called(&two),
    )
    .await;

    let mut legacy = calling(&json!([wire(
        "call__0_look_cmpl-0b1c",
        "look",
        r#"{"x":"1"}"#
    )]));
    legacy["choices"][0]["message"]["function_call"] =
        json!({"name": "look", "arguments": r#"{"x":"1"}"#});
    reads("Q6", &legacy, called(&two[..1])).await;
    let older =
        json!({"content": null, "function_call": {"name": "look", "arguments": r#"{"x":"1"}"#}});
    reads(
        "Q6 alone",
        &completion(&older, "function_call"),
        called(&two[..1]),
    )
    .await;
}

#[tokio::test]
async fn q04_ids_that_begin_again_each_turn_stay_apart() {
    let again = ok(&calling(&json!([wire("list_dir:0", "list", "{}")])));
    let peer = Peer::answering(vec![again.clone(), again, ok(&saying("done"))]).await;
    let endpoint = peer.endpoint();
    let (mut request, mut numbers) = (start(), 0);
    for _ in 0..2 {
        let turn = endpoint.turn(&request).await.unwrap();
        append(&mut request, &turn, &mut numbers);
    }
    assert_eq!(endpoint.turn(&request).await.unwrap().text, "done");
    let last = peer.requests().await.pop().unwrap();
    let ids: Vec<&Value> = [2, 4]
        .iter()
        .map(|at| &last["messages"][at]["tool_calls"][0]["id"])
        .collect();
    assert_eq!(ids, ["c00000001", "c00000002"]);
}

#[tokio::test]
async fn q05_a_server_that_takes_nine_alphanumerics_alone_takes_ours() {
    let first = calling(&json!([wire("call_0123456789abcdef", "list", "{}")]));
    let peer = Peer::deciding(move |body, number| {
        let ids = body["messages"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|m| m["tool_call_id"].as_str());
        let odd = |id: &str| id.len() != 9 || !id.bytes().all(|b| b.is_ascii_alphanumeric());
        if ids.into_iter().any(odd) {
            return failing(
                400,
                &json!({"object": "error", "message": "bad id", "code": "3280"}),
            );
        }
        ok(if number == 0 { &first } else { &DONE })
    })
    .await;
    let endpoint = peer.endpoint();
    let mut request = start();
    let turn = endpoint.turn(&request).await.unwrap();
    append(&mut request, &turn, &mut 0);
    assert_eq!(endpoint.turn(&request).await.unwrap().text, "done");
}

static DONE: std::sync::LazyLock<Value> = std::sync::LazyLock::new(|| saying("done"));

#[tokio::test]
async fn q07_q08_q09_q12_q13_arguments_in_every_form() {
    let function = |name: &str, arguments: Value| json!([{"id": "1", "function": {"name": name, "arguments": arguments}}]);
    for (row, name, arguments, expected) in [
        ("Q7 no type", "look", json!(r#"{"x":"1"}"#), r#"{"x":"1"}"#),
        (
            "Q8 object",
            "look",
            json!({"x": "1", "a": {"c": 1, "b": 2}}),
            r#"{"a":{"b":2,"c":1},"x":"1"}"#,
        ),
        ("Q9 null, required", "look", json!(null), ""),
        ("Q9 empty, required", "look", json!(""), ""),
        ("Q9 null", "list", json!(null), "{}"),
        ("Q9 empty", "list", json!(""), "{}"),
        ("Q9 unknown tool", "other", json!(""), ""),
        (
            "Q12 space",
            "look",
            json!("{\"x\":\"1\"} \n"),
            r#"{"x":"1"}"#,
        ),
        (
            "Q12 two",
            "look",
            json!(r#"{"x":"1"}{"x":"2"}"#),
            r#"{"x":"1"}{"x":"2"}"#,
        ),
        ("Q12 quote", "look", json!(r#"{"x":"1"}""#), r#"{"x":"1"}""#),
        (
            "Q13 duplicate",
            "look",
            json!(r#"{"x":"a","x":"b"}"#),
            r#"{"x":"a","x":"b"}"#,
        ),
        ("Q8 array", "look", json!([1]), "[1]"),
    ] {
        let expected = called(&[call(name, expected)]);
        reads(row, &calling(&function(name, arguments)), expected).await;
    }
    let missing = json!([{"id": "1", "type": "function", "function": {"name": "list"}}]);
    reads(
        "Q9 missing",
        &calling(&missing),
        called(&[call("list", "{}")]),
    )
    .await;
    let nameless = json!([{"id": "1", "type": "function", "function": {"arguments": "{}"}}]);
    reads("nameless", &calling(&nameless), called(&[call("", "{}")])).await;
}

#[tokio::test]
async fn q13_a_duplicate_member_of_an_argument_object_is_not_lost() {
    let body = calling(&json!([{"id": "1", "function": {"name": "look", "arguments": "PLACE"}}]))
        .to_string()
        .replace("\"PLACE\"", r#"{"x":"a","x":"b"}"#);
    let answer = wiremock::ResponseTemplate::new(200).set_body_raw(body, "application/json");
    let (turn, _) = Peer::answering(vec![answer]).await.one_turn().await;
    assert_eq!(turn.unwrap().calls, [call("look", r#"{"x":"a","x":"b"}"#)]);
}

#[tokio::test]
async fn q10_arguments_cut_by_the_limit_are_marked_so() {
    let mut body = calling(&json!([wire("1", "look", "{\"x\":")]));
    let bad = called(&[call("look", "{\"x\":")]);
    reads("Q10 bad", &body, bad.clone()).await;
    body["usage"]["completion_tokens"] = json!(1000);
    let usage = Some(Usage {
        input: 100,
        output: 1000,
    });
    reads(
        "Q10 cut",
        &body,
        Turn {
            truncated: true,
            usage,
            ..bad.clone()
        },
    )
    .await;
    // The count tells of the cut even where the rest of the usage is of no use.
    body["usage"] = json!({"completion_tokens": 1000});
    reads(
        "Q10 partial",
        &body,
        Turn {
            truncated: true,
            usage: None,
            ..bad
        },
    )
    .await;
}

#[tokio::test]
async fn q11_bad_arguments_are_never_sent_back() {
    let bad = calling(&json!([
        wire("1", "look", "{\"x\":"),
        wire("2", "l o o k", "[]")
    ]));
    let peer = Peer::deciding(move |body, number| {
        let sent = body.to_string();
        if sent.contains("{\\\"x\\\":\"") {
            return failing(
                500,
                &json!({"error": "Failed to parse tool call arguments as JSON"}),
            );
        }
        ok(if number == 0 { &bad } else { &DONE })
    })
    .await;
    let endpoint = peer.endpoint();
    let mut request = start();
    let mut turn = endpoint.turn(&request).await.unwrap();
    append(&mut request, &turn, &mut 0);
    // The outputs say what was wrong in the run's words; here they repeat nothing.
    for message in &mut request.messages {
        if let custody::agent::message::Message::Tool { text, .. } = message {
            *text = "not JSON".into();
        }
    }
    turn = endpoint.turn(&request).await.unwrap();
    assert_eq!(turn.text, "done");
    let sent = peer.requests().await.pop().unwrap();
    let replayed = &sent["messages"][2]["tool_calls"];
    assert_eq!(
        replayed[0]["function"],
        json!({"name": "look", "arguments": "{}"})
    );
    assert_eq!(
        replayed[1]["function"],
        json!({"name": "unknown_tool", "arguments": "{}"})
    );
}

#[tokio::test]
async fn q16_q17_calls_decide_and_not_the_reason() {
    let message = json!({"content": "", "tool_calls": [wire("1", "list", "{}")]});
    let stopped = Turn {
        finish: Finish::Stop,
        ..called(&[call("list", "{}")])
    };
    reads("Q16", &completion(&message, "stop"), stopped).await;
    for none in [json!([]), json!(null), json!({})] {
        let message = json!({"content": "hm", "tool_calls": none});
        let turn = Turn {
            text: "hm".into(),
            ..called(&[])
        };
        reads(
            &format!("Q17 {none}"),
            &completion(&message, "tool_calls"),
            turn,
        )
        .await;
    }
}

#[tokio::test]
async fn q29_reasoning_is_sent_back_where_it_is_asked_for() {
    let message = json!({"content": "", "reasoning_content": "why",
                         "tool_calls": [wire("1", "list", "{}")]});
    let first = completion(&message, "tool_calls");
    let insisting = move |body: &Value, number: usize| {
        let turns = body["messages"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|m| m["role"] == "assistant");
        if turns
            .into_iter()
            .any(|turn| turn["reasoning_content"] != "why")
        {
            let text =
                "The `reasoning_content` in the thinking mode must be passed back to the API.";
            return failing(
                400,
                &json!({"error": {"message": text, "code": "invalid_request_error"}}),
            );
        }
        ok(if number == 0 { &first } else { &DONE })
    };
    // Known from the profile: no request is lost. Not known: one is, and only one.
    let configured = EndpointProfile {
        reasoning_echo: ReasoningEcho::ReasoningContent,
        ..EndpointProfile::default()
    };
    for (profile, expected) in [(configured, 3), (EndpointProfile::default(), 4)] {
        let peer = Peer::deciding(insisting.clone()).await;
        let endpoint = Endpoint::new(custody::agent::endpoint::EndpointConfig {
            profile,
            ..peer.config()
        })
        .unwrap();
        let mut request = start();
        let turn = endpoint.turn(&request).await.unwrap();
        append(&mut request, &turn, &mut 0);
        for _ in 0..2 {
            assert_eq!(endpoint.turn(&request).await.unwrap().text, "done");
        }
        assert_eq!(peer.requests().await.len(), expected);
        assert_eq!(
            endpoint.profile().reasoning_echo,
            ReasoningEcho::ReasoningContent
        );
    }
}

#[tokio::test]
async fn q30_a_name_is_freed_from_a_fixed_list_and_never_guessed() {
    for (written, read) in [
        ("look<|channel|>commentary", "look"),
        ("functions.look", "look"),
        ("tool:look", "look"),
        ("Look", "Look"),
        ("loook", "loook"),
        ("hsm.look", "hsm.look"),
        ("functions.other", "functions.other"),
        ("look ", "look "),
    ] {
        let body = calling(&json!([wire("1", written, r#"{"x":"1"}"#)]));
        reads(
            &format!("Q30 {written}"),
            &body,
            called(&[call(read, r#"{"x":"1"}"#)]),
        )
        .await;
    }
}
