//! What is sent: the portable shape, and the corrections that an endpoint asks for.

use custody::agent::endpoint::{
    EmptyContent, Endpoint, EndpointConfig, EndpointProfile, LimitField, ReasoningEcho, ToolChoice,
    unportable_schema,
};
use custody::agent::message::{CallId, Message, ModelRequest, ToolCall};
use custody::agent::model::{Model as _, ModelError};
use serde_json::{Value, json};

use crate::peer::{Peer, failing, ok, saying, start, tools};

fn user(text: &str) -> Message {
    Message::User { text: text.into() }
}

fn system(text: &str) -> Message {
    Message::System { text: text.into() }
}

fn calls(numbers: &[u32]) -> Message {
    let call = |&number: &u32| ToolCall {
        id: CallId::number(number),
        name: "list".into(),
        arguments: "{}".into(),
    };
    Message::Assistant {
        text: String::new(),
        calls: numbers.iter().map(call).collect(),
        reasoning: Some("why".into()),
    }
}

fn output(number: u32) -> Message {
    Message::Tool {
        call: CallId::number(number),
        text: "out".into(),
    }
}

/// The body that `request` is sent as under `profile`, to a strict server.
async fn sent(request: &ModelRequest, profile: EndpointProfile) -> Value {
    let peer = Peer::answering(vec![ok(&saying("hi"))]).await;
    let endpoint = Endpoint::new(EndpointConfig {
        profile,
        ..peer.config()
    })
    .unwrap();
    endpoint.turn(request).await.unwrap();
    peer.requests().await.pop().unwrap()
}

async fn sent_messages(messages: &[Message]) -> Value {
    let request = ModelRequest {
        messages: messages.to_vec(),
        tools: tools(),
    };
    sent(&request, EndpointProfile::default()).await["messages"].take()
}

#[tokio::test]
async fn p02_p08_p10_p11_p13_the_whole_body_and_nothing_else() {
    let body = sent(&start(), EndpointProfile::default()).await;
    let tool = |name: &str, properties: Value, required: Value| {
        json!({"type": "function", "function": {"name": name, "description": "looks",
            "parameters": {"type": "object", "properties": properties, "required": required,
                           "additionalProperties": false}}})
    };
    let expected = json!({
        "model": "peer",
        "messages": [{"role": "system", "content": "rules"}, {"role": "user", "content": "go"}],
        "max_tokens": 1000,
        "tools": [tool("look", json!({"x": {"type": "string"}}), json!(["x"])),
                  tool("list", json!({}), json!([]))],
    });
    assert_eq!(body, expected);
}

/// A server that knows one of the two limit fields and says so about the other.
fn knowing(
    known: &'static str,
    complaint: Value,
) -> impl Fn(&Value, usize) -> wiremock::ResponseTemplate {
    move |body, _| match body.get(known) {
        Some(limit) if limit == 1000 => ok(&saying("hi")),
        _ => failing(400, &complaint),
    }
}

#[tokio::test]
async fn p01_the_limit_field_is_switched_once_when_it_is_named() {
    let newer = json!({"error": {"code": "unsupported_parameter", "param": "max_tokens", "message":
        "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."}});
    let older = json!({"object": "error", "code": 400, "message":
        "[{'type': 'extra_forbidden', 'loc': ('body', 'max_completion_tokens')}]"});
    for (known, complaint, configured, learned) in [
        (
            "max_completion_tokens",
            newer,
            LimitField::MaxTokens,
            LimitField::MaxCompletionTokens,
        ),
        (
            "max_tokens",
            older,
            LimitField::MaxCompletionTokens,
            LimitField::MaxTokens,
        ),
    ] {
        let peer = Peer::deciding(knowing(known, complaint)).await;
        let profile = EndpointProfile {
            limit_field: configured,
            ..EndpointProfile::default()
        };
        let endpoint = Endpoint::new(EndpointConfig {
            profile,
            ..peer.config()
        })
        .unwrap();
        for _ in 0..2 {
            assert_eq!(endpoint.turn(&start()).await.unwrap().text, "hi");
        }
        assert_eq!(
            peer.requests().await.len(),
            3,
            "learned for the second turn"
        );
        assert_eq!(endpoint.profile().limit_field, learned);
    }
}

#[tokio::test]
async fn p01_a_server_that_refuses_both_limits_is_not_asked_for_ever() {
    let complaint = json!({"error": {"message": "max_tokens and max_completion_tokens: no"}});
    let peer = Peer::answering(vec![failing(400, &complaint)]).await;
    let (turn, requests) = peer.one_turn().await;
    assert_eq!(
        (turn, requests),
        (Err(ModelError::BadRequest("status 400".into())), 2)
    );
    let none = EndpointProfile {
        limit_field: LimitField::None,
        ..EndpointProfile::default()
    };
    let body = sent(&start(), none).await;
    assert!(body.get("max_tokens").is_none() && body.get("max_completion_tokens").is_none());
}

#[tokio::test]
async fn p01_a_complaint_about_something_else_is_not_answered_with_a_switch() {
    let complaint = json!({"error": {"message": "no such sampler", "param": "temperature"}});
    let peer = Peer::answering(vec![failing(400, &complaint)]).await;
    assert_eq!(peer.one_turn().await.1, 1);
}

#[tokio::test]
async fn p03_p04_system_is_one_and_first_and_users_are_merged() {
    let messages = [
        user("a"),
        system("rules"),
        user("b"),
        system("more"),
        user("c"),
    ];
    assert_eq!(
        sent_messages(&messages).await,
        json!([{"role": "system", "content": "rules\n\nmore"},
               {"role": "user", "content": "a\n\nb\n\nc"}])
    );
}

#[tokio::test]
async fn p05_content_beside_calls_is_as_the_profile_says() {
    let messages = vec![system("rules"), user("go"), calls(&[1]), output(1)];
    let request = ModelRequest {
        messages,
        tools: tools(),
    };
    for (form, expected) in [
        (EmptyContent::EmptyText, Some(json!(""))),
        (EmptyContent::Null, Some(json!(null))),
        (EmptyContent::Absent, None),
    ] {
        let profile = EndpointProfile {
            empty_content: form,
            ..EndpointProfile::default()
        };
        let body = sent(&request, profile).await;
        assert_eq!(body["messages"][2].get("content").cloned(), expected);
    }
    // Text beside calls is sent under any profile.
    let mut talking = request;
    if let Message::Assistant { text, .. } = &mut talking.messages[2] {
        *text = "so".into();
    }
    let absent = EndpointProfile {
        empty_content: EmptyContent::Absent,
        ..Default::default()
    };
    assert_eq!(sent(&talking, absent).await["messages"][2]["content"], "so");
}

#[tokio::test]
async fn p06_p07_every_call_is_answered_once_and_empty_turns_are_left_out() {
    let nothing = Message::Assistant {
        text: String::new(),
        calls: vec![],
        reasoning: None,
    };
    let spoken = Message::Assistant {
        text: "hm".into(),
        calls: vec![],
        reasoning: None,
    };
    let messages = [
        system("rules"),
        user("go"),
        nothing,
        user("please"),
        calls(&[1, 2]),
        output(2),
        output(2),
        output(7),
        calls(&[3]),
        output(3),
        spoken,
    ];
    let sent = sent_messages(&messages).await;
    let shape: Vec<String> = sent
        .as_array()
        .unwrap()
        .iter()
        .map(|m| match m.get("tool_call_id") {
            Some(id) => format!(
                "{} {}",
                id.as_str().unwrap(),
                m["content"].as_str().unwrap()
            ),
            None => format!(
                "{} {}",
                m["role"].as_str().unwrap(),
                m["content"].as_str().unwrap()
            ),
        })
        .collect();
    let unanswered = include_str!("../../prompts/unanswered_call.md").trim_end();
    assert_eq!(
        shape,
        [
            "system rules",
            "user go\n\nplease",
            "assistant ",
            &format!("c00000001 {unanswered}"),
            "c00000002 out",
            "assistant ",
            "c00000003 out",
            "assistant hm",
        ]
    );
    assert!(sent[7].get("tool_calls").is_none());
}

#[tokio::test]
async fn p09_schemas_are_sent_as_written_and_the_unportable_ones_are_told() {
    let mut request = start();
    request.tools[0].parameters["properties"]["x"]["format"] = json!("date-time");
    let found = unportable_schema(&request.tools[0].parameters);
    assert_eq!(found, ["/properties/x/format"]);
    let body = sent(&start(), EndpointProfile::default()).await;
    for tool in body["tools"].as_array().unwrap() {
        let parameters = &tool["function"]["parameters"];
        assert_eq!(unportable_schema(parameters), Vec::<String>::new());
    }
}

#[tokio::test]
async fn p12_tool_choice_is_sent_only_with_tools() {
    let required = EndpointProfile {
        tool_choice: ToolChoice::Required,
        ..Default::default()
    };
    let body = sent(&start(), required.clone()).await;
    assert_eq!(body["tool_choice"], "required");
    let auto = EndpointProfile {
        tool_choice: ToolChoice::Auto,
        ..Default::default()
    };
    assert_eq!(sent(&start(), auto).await["tool_choice"], "auto");
    let toolless = ModelRequest {
        tools: vec![],
        ..start()
    };
    let body = sent(&toolless, required).await;
    assert!(body.get("tools").is_none() && body.get("tool_choice").is_none());
}

#[tokio::test]
async fn reasoning_is_sent_back_only_under_the_name_in_the_profile() {
    let messages = vec![system("rules"), user("go"), calls(&[1]), output(1)];
    let request = ModelRequest {
        messages,
        tools: tools(),
    };
    for (echo, name) in [
        (ReasoningEcho::None, None),
        (ReasoningEcho::ReasoningContent, Some("reasoning_content")),
        (ReasoningEcho::Reasoning, Some("reasoning")),
    ] {
        let profile = EndpointProfile {
            reasoning_echo: echo,
            ..EndpointProfile::default()
        };
        let turn = sent(&request, profile).await["messages"][2].take();
        for field in ["reasoning", "reasoning_content"] {
            let expected = (name == Some(field)).then(|| json!("why"));
            assert_eq!(turn.get(field).cloned(), expected, "{echo:?} {field}");
        }
    }
}
