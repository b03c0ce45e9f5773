//! Reads a completion into a turn, whatever its endpoint made of the format.
//!
//! Ids are dropped, because endpoints repeat or omit them: calls are paired by position. Nothing
//! is executed from text.

use serde_json::Value;

use super::reasoning::{self, Text};
use crate::agent::message::{Finish, RequestedCall, ToolSpec, Turn, Usage};

/// Why a completion is no turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoTurn {
    /// There is no choice in it.
    #[error("it has no choices")]
    NoChoices,
    /// Its choice has no message.
    #[error("its choice has no message")]
    NoMessage,
    /// A filter held it back.
    #[error("it was held back")]
    Filtered,
}

/// What some endpoints put around a tool's name. Nothing else is forgiven.
const NAME_PREFIXES: [&str; 3] = ["functions.", "function.", "tool:"];
const NAME_SUFFIX: &str = "<|";

/// The turn in `answer`. `limit` is the output limit that was sent.
pub(super) fn read_turn(
    answer: &Value,
    tools: &[ToolSpec],
    limit: Option<u64>,
) -> Result<Turn, NoTurn> {
    let choice = answer
        .pointer("/choices/0")
        .ok_or_else(|| no_choices(answer))?;
    let finish = finish(choice.get("finish_reason"));
    if matches!(&finish, Finish::Other(word) if word == "content_filter") {
        return Err(NoTurn::Filtered);
    }
    let message = choice.get("message").filter(|message| message.is_object());
    let message = message.ok_or(NoTurn::NoMessage)?;
    let Text { text, reasoning } = reasoning::read(message);
    let calls = read_calls(message, tools);
    let written = count(answer.pointer("/usage/completion_tokens"));
    let at_limit = written
        .zip(limit)
        .is_some_and(|(written, limit)| written >= limit);
    let said_something = !(text.is_empty() && calls.is_empty() && reasoning.is_none());
    Ok(Turn {
        usage: usage(answer, written, said_something),
        truncated: at_limit || finish == Finish::Length,
        text,
        calls,
        reasoning,
        finish,
    })
}

fn no_choices(answer: &Value) -> NoTurn {
    let filtered = |result: &Value| {
        let results = result
            .get("content_filter_results")
            .and_then(Value::as_object);
        results.is_some_and(|results| {
            results
                .values()
                .any(|one| one.get("filtered") == Some(&Value::Bool(true)))
        })
    };
    let results = answer
        .get("prompt_filter_results")
        .and_then(Value::as_array);
    match results {
        Some(results) if results.iter().any(filtered) => NoTurn::Filtered,
        Some(_) | None => NoTurn::NoChoices,
    }
}

/// The legacy `function_call` is read only where there is nothing newer: it repeats the first call.
fn read_calls(message: &Value, tools: &[ToolSpec]) -> Vec<RequestedCall> {
    let listed = message.get("tool_calls").and_then(Value::as_array);
    let functions: Vec<&Value> = listed
        .into_iter()
        .flatten()
        .filter_map(|call| call.get("function"))
        .filter(|function| function.is_object())
        .collect();
    let legacy = message
        .get("function_call")
        .filter(|call| call.get("name").is_some_and(Value::is_string))
        .filter(|_| listed.is_none_or(Vec::is_empty));
    functions
        .into_iter()
        .chain(legacy)
        .map(|function| read_call(function, tools))
        .collect()
}

fn read_call(function: &Value, tools: &[ToolSpec]) -> RequestedCall {
    let written = function
        .get("name")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let tool = named_tool(written, tools);
    let arguments = match function.get("arguments") {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(other) => other.to_string(),
    };
    let needs_none = tool.is_some_and(|tool| {
        let required = tool.parameters.get("required").and_then(Value::as_array);
        required.is_none_or(Vec::is_empty)
    });
    RequestedCall {
        name: tool.map_or(written, |tool| &tool.name).to_owned(),
        arguments: if arguments.is_empty() && needs_none {
            "{}".to_owned()
        } else {
            arguments
        },
    }
}

/// The tool that `written` names exactly, alone or within what some endpoints put around it.
fn named_tool<'t>(written: &str, tools: &'t [ToolSpec]) -> Option<&'t ToolSpec> {
    let exact = |name: &str| tools.iter().find(|tool| tool.name == name);
    exact(written).or_else(|| {
        let inner = NAME_PREFIXES
            .iter()
            .find_map(|prefix| written.strip_prefix(prefix))
            .unwrap_or(written);
        exact(inner.split(NAME_SUFFIX).next().unwrap_or(inner))
    })
}

/// `content_filter` stays a word of its own until its turn is refused.
fn finish(reason: Option<&Value>) -> Finish {
    let word = reason.and_then(Value::as_str).unwrap_or_default();
    match word.to_ascii_lowercase().as_str() {
        "" => Finish::Unstated,
        "stop" | "eos" | "end_turn" | "eos_token" | "stop_sequence" => Finish::Stop,
        "tool_calls" | "function_call" | "tool_use" => Finish::Calls,
        "length" | "max_tokens" | "model_length" => Finish::Length,
        "content_filter" | "safety" => Finish::Other("content_filter".to_owned()),
        other => Finish::Other(plain_word(other)),
    }
}

fn plain_word(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if word.len() <= 32 && word.bytes().all(plain) {
        word.to_owned()
    } else {
        "unreadable".to_owned()
    }
}

/// The reported usage if it can be true. Zeros are what gateways write where they know nothing.
fn usage(answer: &Value, written: Option<u64>, said_something: bool) -> Option<Usage> {
    let read = count(answer.pointer("/usage/prompt_tokens")).filter(|read| *read > 0)?;
    let output = written.filter(|written| *written > 0 || !said_something)?;
    // Some gateways count what came from a cache apart, and more of it than what they call read.
    let cached = ["cache_read_input_tokens", "cache_creation_input_tokens"]
        .iter()
        .filter_map(|name| count(answer.get("usage")?.get(name)))
        .fold(0_u64, u64::saturating_add);
    let input = if cached > read {
        read.saturating_add(cached)
    } else {
        read
    };
    Some(Usage { input, output })
}

/// A count written as a whole number, whichever way the number is written.
fn count(value: Option<&Value>) -> Option<u64> {
    let value = value?;
    let from_float = || {
        let number = value.as_f64()?;
        // Every count below 2^53 is exact as a float, so its text without a fraction is the count.
        (number.fract() == 0.0 && (0.0..9.0e15).contains(&number))
            .then(|| format!("{number:.0}").parse().ok())
            .flatten()
    };
    value.as_u64().or_else(from_float)
}
