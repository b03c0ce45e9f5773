//! Reads a draft's text and names every way in which it does not have a draft's form.
//!
//! It knows nothing of evidence or rules.

use std::cell::RefCell;
use std::fmt;
use std::sync::LazyLock;

use jsonschema::error::ValidationErrorKind;
use jsonschema::{ValidationError, Validator};
use serde::Deserializer;
use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::MAX_DRAFT_BYTES;
use super::fault::{FaultCode, FaultList, quoted};
use crate::draft::Draft;
use crate::json::push_pointer;

// The schema is derived from the draft's own type. `None` would mean that it is no JSON schema;
// then nothing is accepted on its word: the draft's type is read as well.
static SCHEMA: LazyLock<Option<Validator>> = LazyLock::new(|| {
    let schema = schemars::schema_for!(Draft).to_value();
    jsonschema::validator_for(&schema).ok()
});

/// The draft as JSON, with every misfit noted; `None` where there is nothing to look into.
pub(super) fn read(text: &str, faults: &mut FaultList) -> Option<Value> {
    if text.len() > MAX_DRAFT_BYTES {
        let message = format!("is longer than {MAX_DRAFT_BYTES} bytes");
        faults.add(FaultCode::MalformedDraft, None, "", message);
        return None;
    }
    let value = match parse(text, faults) {
        Ok(value) => value,
        Err(error) => {
            let message = format!("is not JSON: {error}");
            faults.add(FaultCode::MalformedDraft, None, "", message);
            return None;
        }
    };
    if !value.is_object() {
        let message = "must be a JSON object with posture, summary and requirements";
        faults.add(FaultCode::MalformedDraft, None, "", message);
        return None;
    }
    for error in SCHEMA.iter().flat_map(|schema| schema.iter_errors(&value)) {
        note(&error, &value, faults);
    }
    Some(value)
}

fn note(error: &ValidationError<'_>, draft: &Value, faults: &mut FaultList) {
    let at = error.instance_path().to_string();
    let requirement = requirement_at(draft, &at);
    let mut add = |path: String, message: String| {
        faults.add(
            FaultCode::MalformedDraft,
            requirement.as_deref(),
            path,
            message,
        );
    };
    match error.kind() {
        ValidationErrorKind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            add(member(&at, name), format!("`{name}` is missing"));
        }
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            for name in unexpected {
                let message = format!("{} is not a known field: remove it", quoted(name));
                add(member(&at, name), message);
            }
        }
        // The kinds are the schema library's and may grow; every one of them is a misfit.
        _ => {
            let found = error.instance();
            let message = format!("must be {}, is {}", expected(&at), describe(found));
            add(at, message);
        }
    }
}

fn member(at: &str, name: &str) -> String {
    let mut path = at.to_owned();
    push_pointer(&mut path, name);
    path
}

/// The requirement whose entry holds `path`, by its own word.
pub(super) fn requirement_at(draft: &Value, path: &str) -> Option<String> {
    let index = path.strip_prefix("/requirements/")?.split('/').next()?;
    let id = draft.pointer(&format!("/requirements/{index}/requirement"))?;
    id.as_str().map(str::to_owned)
}

/// What stands at a place of a draft, in words.
fn expected(path: &str) -> &'static str {
    let mut steps = path
        .rsplit('/')
        .filter(|step| step.parse::<usize>().is_err());
    let listed = path
        .rsplit('/')
        .next()
        .is_some_and(|step| step.parse::<usize>().is_ok());
    match (steps.next(), listed) {
        (Some("posture"), _) => "one of approve, remediate, escalate",
        (Some("status"), _) => "one of satisfied, exception-backed, partial, stale, missing",
        (Some("disposition"), _) => "`escalate`: a concern can only make the packet more cautious",
        (Some("requirements" | "citations" | "findings" | "concerns"), true) => "an object",
        (Some("requirements" | "citations" | "findings" | "concerns"), false) => "a list",
        _ => "text",
    }
}

fn describe(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) => "a boolean".to_owned(),
        Value::Number(_) => "a number".to_owned(),
        Value::String(text) => quoted(text),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
}

/// Parses JSON, noting every duplicate member and keeping the first of each.
fn parse(text: &str, faults: &mut FaultList) -> Result<Value, serde_json::Error> {
    let duplicates = RefCell::new(Vec::new());
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let root = Place {
        path: String::new(),
        duplicates: &duplicates,
    };
    let value = root.deserialize(&mut deserializer)?;
    deserializer.end()?;
    for path in duplicates.into_inner() {
        let message = "stands twice in its object: keep one";
        faults.add(FaultCode::MalformedDraft, None, path, message);
    }
    Ok(value)
}

/// Where in the document a value is read.
struct Place<'d> {
    path: String,
    duplicates: &'d RefCell<Vec<String>>,
}

impl Place<'_> {
    fn below(&self, step: &str) -> Self {
        Self {
            path: member(&self.path, step),
            duplicates: self.duplicates,
        }
    }
}

impl<'de> DeserializeSeed<'de> for Place<'_> {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Place<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| E::custom("not a finite number"))
    }
    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self.below(&list.len().to_string()))? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let below = self.below(&name);
            let path = below.path.clone();
            let value = members.next_value_seed(below)?;
            if map.contains_key(&name) {
                self.duplicates
                    .try_borrow_mut()
                    .map_err(A::Error::custom)?
                    .push(path);
            } else {
                map.insert(name, value);
            }
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[(&str, &str)]) {
        let mut faults = FaultList::default();
        read(text, &mut faults);
        let faults = faults.into_sorted();
        let found: Vec<(&str, &str)> = faults
            .iter()
            .map(|fault| (fault.path.as_str(), fault.message.as_str()))
            .collect();
        assert_eq!(found, expected);
        assert!(
            faults
                .iter()
                .all(|fault| fault.code == FaultCode::MalformedDraft)
        );
    }

    #[test]
    fn a_draft_that_is_no_object_has_one_fault() {
        check(
            "[]",
            &[(
                "",
                "must be a JSON object with posture, summary and requirements",
            )],
        );
        check(
            "Approved!",
            &[("", "is not JSON: expected value at line 1 column 1")],
        );
        check(
            r#"{"posture": NaN}"#,
            &[("", "is not JSON: expected value at line 1 column 13")],
        );
        check(
            &" ".repeat(MAX_DRAFT_BYTES + 1),
            &[("", "is longer than 16000000 bytes")],
        );
    }

    #[test]
    fn every_misfit_is_named_at_its_place() {
        check(
            r#"{"posture": "accept", "posture": "approve", "requirements": [
                {"requirement": "KC-1", "status": "fine", "rationale": 3, "citations": [7, {"pointer": ""}], "findings": {}}],
                "concerns": [{"text": "t", "disposition": "remediate", "citations": []}], "a/b": 1}"#,
            &[
                ("/a~1b", "`a/b` is not a known field: remove it"),
                (
                    "/concerns/0/disposition",
                    "must be `escalate`: a concern can only make the packet more cautious, is `remediate`",
                ),
                (
                    "/posture",
                    "must be one of approve, remediate, escalate, is `accept`",
                ),
                ("/posture", "stands twice in its object: keep one"),
                (
                    "/requirements/0/citations/0",
                    "must be an object, is a number",
                ),
                (
                    "/requirements/0/citations/1/artifact",
                    "`artifact` is missing",
                ),
                ("/requirements/0/findings", "must be a list, is an object"),
                ("/requirements/0/rationale", "must be text, is a number"),
                (
                    "/requirements/0/status",
                    "must be one of satisfied, exception-backed, partial, stale, missing, is `fine`",
                ),
                ("/summary", "`summary` is missing"),
            ],
        );
    }
}
