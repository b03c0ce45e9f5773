//! Decides whether an answer's bytes are a completion, before anything else reads them.

use std::fmt;

use custody_controls::json::parse_strict;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Number, Value};

use super::error_body::{judge_error_in_success, judge_status};
use super::failure::{Class, Retry, Verdict};

/// A completion, or the verdict on what came instead and the status that it amounts to.
pub(super) fn read_reply(status: u16, body: &[u8]) -> Result<Value, (Verdict, u16)> {
    if !(200..=299).contains(&status) {
        return Err((judge_status(status, body), status));
    }
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let Written(answer) = serde_json::from_slice(body).map_err(|error| {
        let verdict = Verdict::new(Class::Answer, Retry::Never);
        (verdict.saying(no_json(body, &error)), status)
    })?;
    match error_in(&answer) {
        Some(error) => {
            let (verdict, named) = judge_error_in_success(error);
            let what = "an error came as a success";
            Err((verdict.saying(what), named.unwrap_or(status)))
        }
        None => Ok(answer),
    }
}

fn no_json(body: &[u8], error: &serde_json::Error) -> &'static str {
    let start = body.trim_ascii_start();
    if start.is_empty() {
        "its body is empty"
    } else if start.starts_with(b"<") {
        "its body is a page, not JSON"
    } else if start.starts_with(b"data:") || start.starts_with(b"event:") {
        "its body is an event stream, which was not asked for"
    } else if error.is_eof() {
        "its body ends in the middle"
    } else {
        "its body is not JSON"
    }
}

/// The error inside an answer with a success status: its own, its first choice's, or a choice
/// that says it stopped for an error.
fn error_in(answer: &Value) -> Option<&Value> {
    let choice = answer.pointer("/choices/0");
    let stopped = choice.filter(|choice| {
        choice
            .get("finish_reason")
            .and_then(Value::as_str)
            .is_some_and(|reason| reason.eq_ignore_ascii_case("error"))
    });
    let told = |holder: &'_ Value| holder.get("error").is_some_and(is_told);
    [Some(answer), answer.get(0), choice]
        .into_iter()
        .flatten()
        .find(|holder| told(holder))
        .and_then(|holder| holder.get("error"))
        .or(stopped)
}

fn is_told(error: &Value) -> bool {
    match error {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty(),
        Value::Object(members) => members.values().any(|value| !value.is_null()),
        Value::Bool(true) | Value::Number(_) | Value::Array(_) => true,
    }
}

/// JSON in which call arguments given as an object with a member twice stay the text they were,
/// so that whoever parses them sees the ambiguity instead of the last member.
struct Written(Value);

impl<'de> Deserialize<'de> for Written {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WrittenVisitor).map(Self)
    }
}

struct WrittenVisitor;

impl<'de> Visitor<'de> for WrittenVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }
    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Written(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let value = if name == "arguments" {
                let raw = members.next_value::<Box<RawValue>>()?;
                parse_strict(raw.get()).unwrap_or_else(|_| Value::String(raw.get().to_owned()))
            } else {
                members.next_value::<Written>()?.0
            };
            map.insert(name, value);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn arguments_with_a_member_twice_stay_text() {
        let body = br#"{"a":{"arguments":{"id":"a","id":"b"}},"b":{"arguments":{"id":"a"}}}"#;
        let read = read_reply(200, body).unwrap();
        assert_eq!(
            read,
            json!({"a": {"arguments": r#"{"id":"a","id":"b"}"#}, "b": {"arguments": {"id": "a"}}})
        );
    }

    #[test]
    fn a_null_or_empty_error_is_none() {
        for error in [json!(null), json!(""), json!({"message": null}), json!({})] {
            let body = json!({"error": error, "choices": []});
            assert_eq!(read_reply(200, body.to_string().as_bytes()), Ok(body));
        }
    }

    #[test]
    fn endless_nesting_is_no_answer() {
        let (verdict, _) = read_reply(200, "[".repeat(100_000).as_bytes()).unwrap_err();
        assert_eq!(verdict.class, Class::Answer);
    }
}
