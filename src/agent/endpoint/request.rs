//! Builds the request body in the shape that the most endpoints take.
//!
//! No field is sent that only some know: no `strict`, `response_format`, `seed`, `user` or `store`.

use serde_json::{Map, Value, json};

use custody_controls::json::parse_strict;

use super::conversation::{Line, portable};
use super::profile::{EmptyContent, EndpointProfile, LimitField, ReasoningEcho, ToolChoice};
use crate::agent::message::{ModelRequest, ToolCall, ToolSpec};

/// Schema keywords that every endpoint takes. One other in one tool can refuse the whole request.
const PORTABLE_KEYWORDS: [&str; 7] = [
    "type",
    "description",
    "properties",
    "required",
    "enum",
    "items",
    "additionalProperties",
];

/// Stands for a tool name that no endpoint would take back.
const UNNAMED: &str = "unknown_tool";

/// The body of a chat call.
pub(super) fn body(
    model: &str,
    request: &ModelRequest,
    profile: &EndpointProfile,
    max_output: u64,
) -> Value {
    let lines = portable(&request.messages);
    let messages: Vec<Value> = lines.iter().map(|line| message(line, profile)).collect();
    let mut body = Map::new();
    body.insert("model".into(), model.into());
    body.insert("messages".into(), messages.into());
    match profile.limit_field {
        LimitField::MaxTokens => body.insert("max_tokens".into(), max_output.into()),
        LimitField::MaxCompletionTokens => {
            body.insert("max_completion_tokens".into(), max_output.into())
        }
        LimitField::None => None,
    };
    if !request.tools.is_empty() {
        let tools: Vec<Value> = request.tools.iter().map(tool).collect();
        body.insert("tools".into(), tools.into());
        match profile.tool_choice {
            ToolChoice::Auto => body.insert("tool_choice".into(), "auto".into()),
            ToolChoice::Required => body.insert("tool_choice".into(), "required".into()),
            ToolChoice::Unsaid => None,
        };
    }
    Value::Object(body)
}

fn message(line: &Line<'_>, profile: &EndpointProfile) -> Value {
    match line {
        Line::System(text) => json!({"role": "system", "content": text}),
        Line::User(text) => json!({"role": "user", "content": text}),
        Line::Said(text) => json!({"role": "assistant", "content": text}),
        Line::Called {
            text,
            calls,
            reasoning,
        } => called(text, calls, *reasoning, profile),
        Line::Output { call, text } => {
            json!({"role": "tool", "tool_call_id": call.as_str(), "content": text})
        }
    }
}

fn called(
    text: &str,
    calls: &[ToolCall],
    reasoning: Option<&str>,
    profile: &EndpointProfile,
) -> Value {
    let mut turn = Map::new();
    turn.insert("role".into(), "assistant".into());
    match profile.empty_content {
        EmptyContent::Null if text.is_empty() => turn.insert("content".into(), Value::Null),
        EmptyContent::Absent if text.is_empty() => None,
        EmptyContent::EmptyText | EmptyContent::Null | EmptyContent::Absent => {
            turn.insert("content".into(), text.into())
        }
    };
    turn.insert("tool_calls".into(), calls.iter().map(call).collect());
    // Empty reasoning is left out: some endpoints refuse an empty string there.
    let echoed = reasoning.filter(|reasoning| !reasoning.trim().is_empty());
    if let (Some(reasoning), Some(field)) = (echoed, reasoning_field(profile.reasoning_echo)) {
        turn.insert(field.into(), reasoning.into());
    }
    Value::Object(turn)
}

fn reasoning_field(echo: ReasoningEcho) -> Option<&'static str> {
    match echo {
        ReasoningEcho::None => None,
        ReasoningEcho::ReasoningContent => Some("reasoning_content"),
        ReasoningEcho::Reasoning => Some("reasoning"),
    }
}

fn call(call: &ToolCall) -> Value {
    json!({
        "id": call.id.as_str(),
        "type": "function",
        "function": {"name": replayable_name(&call.name), "arguments": object_text(&call.arguments)},
    })
}

fn tool(spec: &ToolSpec) -> Value {
    json!({
        "type": "function",
        "function": {
            "name": spec.name,
            "description": spec.description,
            "parameters": spec.parameters,
        },
    })
}

/// The arguments if they are an object, else `{}`: bad ones in the history fail every later call.
fn object_text(arguments: &str) -> &str {
    match parse_strict(arguments) {
        Ok(Value::Object(_)) => arguments.trim(),
        Ok(_) | Err(_) => "{}",
    }
}

fn replayable_name(name: &str) -> &str {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if (1..=64).contains(&name.len()) && name.bytes().all(plain) {
        name
    } else {
        UNNAMED
    }
}

/// What in a tool's schema some endpoint would refuse, as JSON pointers; empty when it is portable.
#[must_use]
pub fn unportable_schema(schema: &Value) -> Vec<String> {
    let mut found = Vec::new();
    walk_schema(schema, "", &mut found);
    found
}

fn walk_schema(schema: &Value, at: &str, found: &mut Vec<String>) {
    let Value::Object(members) = schema else {
        found.push(at.to_owned());
        return;
    };
    for (keyword, value) in members {
        let here = format!("{at}/{keyword}");
        match (keyword.as_str(), value) {
            ("properties", Value::Object(properties)) => properties
                .iter()
                .for_each(|(name, schema)| walk_schema(schema, &format!("{here}/{name}"), found)),
            ("items", items) => walk_schema(items, &here, found),
            ("additionalProperties", Value::Bool(false)) | ("type", Value::String(_)) => {}
            ("additionalProperties" | "type" | "properties", _) => found.push(here),
            (keyword, _) if PORTABLE_KEYWORDS.contains(&keyword) => {}
            (_, _) => found.push(here),
        }
    }
    let properties = members.get("properties").and_then(Value::as_object);
    let required = members.get("required").and_then(Value::as_array);
    let optional = properties
        .into_iter()
        .flatten()
        .map(|(name, _)| name)
        .filter(|name| {
            !required.is_some_and(|required| required.iter().any(|one| one == name.as_str()))
        });
    found.extend(optional.map(|name| format!("{at}/required: `{name}` is optional")));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_portable_schema_has_nothing_to_find() {
        let schema = json!({
            "type": "object",
            "properties": {
                "ids": {"type": "array", "items": {"type": "string", "enum": ["a"]}},
                "format": {"type": "string", "description": "a property may have any name"},
            },
            "required": ["ids", "format"],
            "additionalProperties": false,
        });
        assert_eq!(unportable_schema(&schema), Vec::<String>::new());
    }

    #[test]
    fn what_some_endpoints_refuse_is_found_at_any_depth() {
        let schema = json!({
            "$schema": "x",
            "type": "object",
            "properties": {
                "at": {"type": "string", "format": "date-time", "pattern": "x", "maxLength": 1},
                "n": {"type": ["integer", "null"], "minimum": 1},
                "list": {"type": "array", "items": {"$ref": "#/$defs/x"}},
                "either": {"oneOf": []},
            },
            "required": ["at", "n", "list"],
            "additionalProperties": {"type": "string"},
        });
        assert_eq!(
            unportable_schema(&schema),
            [
                "/$schema",
                "/additionalProperties",
                "/properties/at/format",
                "/properties/at/maxLength",
                "/properties/at/pattern",
                "/properties/either/oneOf",
                "/properties/list/items/$ref",
                "/properties/n/minimum",
                "/properties/n/type",
                "/required: `either` is optional",
            ]
        );
    }

    #[test]
    fn names_and_arguments_that_would_poison_the_history_are_replaced() {
        assert_eq!(replayable_name("hsm_list_keys"), "hsm_list_keys");
        for name in ["", "a b", "f<|channel|>", "functions.f", &"n".repeat(65)] {
            assert_eq!(replayable_name(name), UNNAMED);
        }
        assert_eq!(object_text(" {\"x\": 1} "), "{\"x\": 1}");
        for text in ["", "{\"x\":", "[1]", "null", "{}{}", r#"{"a":1,"a":2}"#] {
            assert_eq!(object_text(text), "{}");
        }
    }
}
