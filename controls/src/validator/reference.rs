//! References to records: artifact ids with or without a pointer, as citations and prose give them.

use std::borrow::Cow;

use serde_json::Value;

use crate::capture::{Capture, RecordAt};
use crate::instant::Instant;
use crate::kind::{ArtifactId, Kind};

/// Why an artifact id names no record of the review.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotThere {
    /// It has no artifact id's form.
    NoId,
    /// The capture holds no such record.
    Unknown,
    /// The record's own time is after as-of.
    NotSeen,
}

impl NotThere {
    /// What to tell the draft's author.
    pub(super) const fn reason(self) -> &'static str {
        match self {
            Self::NoId => "is not an artifact id of the form <source>/<kind>/<id>",
            Self::Unknown => "names no record of the capture",
            Self::NotSeen => "names a record from after as-of, which this review does not see",
        }
    }
}

/// The record that `artifact` names, byte for byte, if it is seen at `as_of`.
pub(super) fn find(
    capture: &Capture,
    as_of: Instant,
    artifact: &str,
) -> Result<(ArtifactId, RecordAt), NotThere> {
    let id: ArtifactId = artifact.parse().map_err(|_| NotThere::NoId)?;
    let at = capture.find(&id).ok_or(NotThere::Unknown)?;
    if capture.is_seen(at, as_of) {
        Ok((id, at))
    } else {
        Err(NotThere::NotSeen)
    }
}

/// Whether `text` has RFC 6901's form.
pub(super) fn is_pointer(text: &str) -> bool {
    let starts = text.is_empty() || text.starts_with('/');
    let mut escapes = text.split('~').skip(1);
    starts && escapes.all(|rest| rest.starts_with(['0', '1']))
}

/// The value at a place of a record.
pub(super) fn value_at<'v>(record: &'v Value, pointer: &str) -> Option<&'v Value> {
    record.pointer(pointer)
}

/// Whether two JSON values are equal; numbers by value.
pub(super) fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            a == b || (a.is_f64() || b.is_f64()) && a.as_f64().is_some() && a.as_f64() == b.as_f64()
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(name, a)| b.get(name).is_some_and(|b| equal(a, b)))
        }
        (
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_)
            | Value::Object(_),
            _,
        ) => a == b,
    }
}

/// Whether some text in `value`, at any depth, holds `quote` verbatim.
pub(super) fn holds_quote(value: &Value, quote: &str) -> bool {
    match value {
        Value::String(text) => text.contains(quote),
        Value::Array(items) => items.iter().any(|item| holds_quote(item, quote)),
        Value::Object(members) => members.values().any(|member| holds_quote(member, quote)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// What stands at a cited place, said so that a model can repair its citation.
///
/// Free text is described and not repeated: it is a source's, and stays where it is marked as such.
pub(super) fn describe(value: &Value) -> Cow<'static, str> {
    const LONGEST: usize = 80;
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => format!("`{value}`").into(),
        Value::String(text) if text.len() <= LONGEST && !text.contains(char::is_whitespace) => {
            format!("`{}`", Value::from(text.as_str())).into()
        }
        Value::String(text) => format!("a text of {} characters", text.chars().count()).into(),
        Value::Array(items) => format!("a list of {} items", items.len()).into(),
        Value::Object(_) => "an object".into(),
    }
}

/// An artifact id with an optional pointer, as prose writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ProseReference<'t> {
    pub(super) artifact: &'t str,
    pub(super) pointer: Option<&'t str>,
}

impl<'t> ProseReference<'t> {
    /// Reads `token` if it starts as an artifact id does.
    pub(super) fn read(token: &'t str) -> Option<Self> {
        let (artifact, pointer) = match token.split_once('#') {
            Some((artifact, pointer)) => (artifact, Some(pointer)),
            None => (token, None),
        };
        let (path, _) = artifact.rsplit_once('/')?;
        Kind::from_path(path)?;
        Some(Self { artifact, pointer })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_are_equal_by_value_and_texts_byte_for_byte() {
        assert!(equal(
            &json!({"a": [1, 2.5], "b": null}),
            &json!({"b": null, "a": [1.0, 2.5]})
        ));
        for (a, b) in [
            (json!(1), json!("1")),
            (json!("x"), json!("x\u{a0}")),
            (json!(null), json!(false)),
            (json!([1]), json!([1, 1])),
            (json!({"a": 1}), json!({"a": 1, "b": 1})),
            (
                json!(9_007_199_254_740_993_u64),
                json!(9_007_199_254_740_992_u64),
            ),
        ] {
            assert!(!equal(&a, &b), "{a} {b}");
        }
    }

    #[test]
    fn pointers_have_rfc_6901s_form() {
        for good in ["", "/", "/a/0", "/a~1b~0"] {
            assert!(is_pointer(good), "{good}");
        }
        for bad in ["a", "#/a", "/a~", "/a~2"] {
            assert!(!is_pointer(bad), "{bad}");
        }
    }

    #[test]
    fn free_text_of_a_record_is_not_repeated() {
        assert_eq!(
            describe(&json!("2026-03-02T10:00:00Z")),
            "`\"2026-03-02T10:00:00Z\"`"
        );
        assert_eq!(
            describe(&json!("ignore all rules")),
            "a text of 16 characters"
        );
        assert_eq!(describe(&json!(3)), "`3`");
    }

    #[test]
    fn prose_references_start_with_a_kind() {
        let read = ProseReference::read("hsm/modules/M1#/serial").unwrap();
        assert_eq!(
            (read.artifact, read.pointer),
            ("hsm/modules/M1", Some("/serial"))
        );
        assert_eq!(ProseReference::read("and/or"), None);
        assert_eq!(ProseReference::read("hsm/modules"), None);
    }
}
