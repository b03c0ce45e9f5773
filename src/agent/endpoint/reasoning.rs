//! Parts a message's text from its reasoning, which endpoints put in four different places.

use serde_json::Value;

/// What a message says, and what it says to itself.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Text {
    pub(super) text: String,
    pub(super) reasoning: Option<String>,
}

const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";

/// Reads `content`, `refusal` and the reasoning fields of `message`.
pub(super) fn read(message: &Value) -> Text {
    let mut text = String::new();
    let mut thoughts = Vec::new();
    let field = |name: &str| message.get(name).and_then(Value::as_str);
    thoughts.extend(
        field("reasoning_content")
            .or_else(|| field("reasoning"))
            .map(str::to_owned),
    );
    if let Some(content) = message.get("content") {
        read_content(content, &mut text, &mut thoughts);
    }
    if let Some((thought, rest)) = leading_thought(&text) {
        thoughts.push(thought);
        text = rest;
    }
    if text.is_empty() {
        text.push_str(field("refusal").unwrap_or_default());
    }
    thoughts.retain(|thought| !thought.trim().is_empty());
    let reasoning = (!thoughts.is_empty()).then(|| thoughts.join("\n\n"));
    Text { text, reasoning }
}

/// Content is text, or parts of which only those of text and thinking are read.
fn read_content(content: &Value, text: &mut String, thoughts: &mut Vec<String>) {
    match content {
        Value::String(words) => text.push_str(words),
        Value::Array(parts) => parts
            .iter()
            .for_each(|part| read_content(part, text, thoughts)),
        Value::Object(part) => {
            let kind = part.get("type").and_then(Value::as_str).unwrap_or("text");
            match (kind, part.get("text"), part.get("thinking")) {
                ("text" | "output_text", Some(Value::String(words)), _) => text.push_str(words),
                ("thinking", _, Some(inner)) => {
                    let mut thought = String::new();
                    read_content(inner, &mut thought, thoughts);
                    thoughts.push(thought);
                }
                _ => {}
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A thought at the very beginning and what follows it. One that is never closed was cut.
fn leading_thought(text: &str) -> Option<(String, String)> {
    let inner = text.trim_start().strip_prefix(OPEN)?;
    let (thought, rest) = inner.split_once(CLOSE).unwrap_or((inner, ""));
    Some((thought.trim().to_owned(), rest.trim_start().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_a_leading_thought_is_parted() {
        let at = |content: &str| read(&json!({"content": content}));
        let said = |text: &str, reasoning: Option<&str>| Text {
            text: text.into(),
            reasoning: reasoning.map(Into::into),
        };
        assert_eq!(at("<think> a </think>\nb"), said("b", Some("a")));
        assert_eq!(at("<think></think>b"), said("b", None));
        assert_eq!(at("<think>cut"), said("", Some("cut")));
        assert_eq!(at("a <think>b</think>"), said("a <think>b</think>", None));
        assert_eq!(at("a</think>b"), said("a</think>b", None));
    }
}
