//! What must hold of every request of a run, in the words of a strict server.

use custody::agent::endpoint::unportable_schema;
use custody_controls::json::parse_strict;
use serde_json::{Value, json};

const FIELDS: [&str; 6] = [
    "model",
    "messages",
    "tools",
    "tool_choice",
    "max_tokens",
    "max_completion_tokens",
];

/// Everything that is wrong with `body`.
pub(crate) fn violations(body: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let members = body.as_object().unwrap();
    for field in members
        .keys()
        .filter(|field| !FIELDS.contains(&field.as_str()))
    {
        found.push(format!("unknown field {field}"));
    }
    match body.get("tools") {
        Some(tools) => check_tools(tools, &mut found),
        None if body.get("tool_choice").is_some() => found.push("tool_choice, no tools".into()),
        None => {}
    }
    let messages = body["messages"].as_array().unwrap();
    check_roles(messages, &mut found);
    check_pairs(messages, &mut found);
    found
}

fn check_tools(tools: &Value, found: &mut Vec<String>) {
    let tools = tools.as_array().unwrap();
    if tools.is_empty() {
        found.push("empty tools".into());
    }
    for tool in tools {
        let function = &tool["function"];
        for field in function.as_object().unwrap().keys() {
            if !["name", "description", "parameters"].contains(&field.as_str()) {
                found.push(format!("tool field {field}"));
            }
        }
        found.extend(unportable_schema(&function["parameters"]));
    }
}

fn check_roles(messages: &[Value], found: &mut Vec<String>) {
    let roles: Vec<&str> = messages
        .iter()
        .map(|m| m["role"].as_str().unwrap())
        .collect();
    if roles.first() != Some(&"system") || roles.iter().filter(|r| **r == "system").count() != 1 {
        found.push("not exactly one system message, first".into());
    }
    if roles.windows(2).any(|pair| pair == ["user", "user"]) {
        found.push("adjacent user messages".into());
    }
    for message in messages {
        let allowed: &[&str] = match message["role"].as_str().unwrap() {
            "system" | "user" => &["role", "content"],
            "tool" => &["role", "content", "tool_call_id"],
            "assistant" => &[
                "role",
                "content",
                "tool_calls",
                "reasoning",
                "reasoning_content",
            ],
            role => {
                found.push(format!("role {role}"));
                continue;
            }
        };
        for field in message.as_object().unwrap().keys() {
            if !allowed.contains(&field.as_str()) {
                found.push(format!("message field {field}"));
            }
        }
        let only_calls = message.get("tool_calls").is_some();
        let none = message.get("content").is_none_or(Value::is_null);
        if !(message["content"].is_string() || only_calls && none) {
            found.push("content is no string".into());
        }
        let nothing = message["content"] == "" && !only_calls;
        if message["role"] == "assistant" && nothing {
            found.push("assistant message with neither text nor calls".into());
        }
        for field in ["reasoning", "reasoning_content"] {
            if message
                .get(field)
                .is_some_and(|text| text.as_str().is_none_or(str::is_empty))
            {
                found.push("empty reasoning".into());
            }
        }
    }
}

fn check_pairs(messages: &[Value], found: &mut Vec<String>) {
    let mut seen = std::collections::BTreeSet::new();
    let mut open: Vec<String> = Vec::new();
    for message in messages {
        if message["role"] == "tool" {
            let id = message["tool_call_id"].as_str().unwrap_or_default();
            match open.iter().position(|one| one == id) {
                Some(at) => drop(open.remove(at)),
                None => found.push(format!("output without a call: {id}")),
            }
            continue;
        }
        if !open.is_empty() {
            found.push(format!("unanswered calls: {}", open.len()));
            open.clear();
        }
        let Some(calls) = message.get("tool_calls") else {
            continue;
        };
        let calls = calls.as_array().unwrap();
        if calls.is_empty() {
            found.push("empty tool_calls".into());
        }
        for call in calls {
            let id = call["id"].as_str().unwrap_or_default();
            if id.len() != 9 || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                found.push(format!("id {id}"));
            }
            if !seen.insert(id) {
                found.push(format!("id twice {id}"));
            }
            open.push(id.to_owned());
            check_call(call, found);
        }
    }
    if !open.is_empty() {
        found.push(format!("unanswered calls: {}", open.len()));
    }
}

fn check_call(call: &Value, found: &mut Vec<String>) {
    let arguments = call["function"]["arguments"].as_str().unwrap_or_default();
    if !matches!(parse_strict(arguments), Ok(Value::Object(_))) {
        found.push(format!("arguments are no object: {arguments}"));
    }
    let name = call["function"]["name"].as_str().unwrap_or_default();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if name.is_empty() || name.len() > 64 || !name.bytes().all(plain) {
        found.push(format!("tool name {name}"));
    }
    if call["type"] != "function" {
        found.push("call without type".into());
    }
}

#[test]
fn the_strict_server_notices_each_violation() {
    let system = json!({"role": "system", "content": "s"});
    let user = json!({"role": "user", "content": "u"});
    let calls = |id: &str, arguments: &str| {
        let function = json!({"name": "look", "arguments": arguments});
        json!({"role": "assistant", "content": "",
               "tool_calls": [{"id": id, "type": "function", "function": function}]})
    };
    let call = calls("c00000001", "{}");
    let output = json!({"role": "tool", "tool_call_id": "c00000001", "content": "o"});
    let with = |messages: &[&Value]| json!({"model": "m", "messages": messages});
    let good = with(&[&system, &user, &call, &output, &user]);
    assert_eq!(violations(&good), Vec::<String>::new());
    let developer = json!({"role": "developer", "content": "d"});
    let parts = json!({"role": "user", "content": [{"type": "text", "text": "u"}]});
    let no_calls = json!({"role": "assistant", "content": "x", "tool_calls": []});
    for (body, expected) in [
        (with(&[&user]), "not exactly one system message, first"),
        (
            with(&[&system, &user, &call, &output, &system]),
            "not exactly one system message, first",
        ),
        (with(&[&system, &developer]), "role developer"),
        (with(&[&system, &user, &user]), "adjacent user messages"),
        (with(&[&system, &parts]), "content is no string"),
        (with(&[&system, &user, &no_calls]), "empty tool_calls"),
        (with(&[&system, &user, &call]), "unanswered calls: 1"),
        (with(&[&system, &user, &call, &user]), "unanswered calls: 1"),
        (
            with(&[&system, &output]),
            "output without a call: c00000001",
        ),
        (with(&[&system, &calls("call_1", "{}")]), "id call_1"),
        (
            with(&[&system, &call, &output, &call, &output]),
            "id twice c00000001",
        ),
        (
            with(&[&system, &calls("c00000001", "{"), &output]),
            "arguments are no object: {",
        ),
        (
            json!({"messages": [system], "store": true}),
            "unknown field store",
        ),
        (json!({"messages": [system], "tools": []}), "empty tools"),
        (
            json!({"messages": [system], "tool_choice": "auto"}),
            "tool_choice, no tools",
        ),
    ] {
        assert!(
            violations(&body).contains(&expected.to_owned()),
            "{expected}: {body}"
        );
    }
}
