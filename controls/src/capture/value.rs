//! One value of a record, as its source wrote it, without parsing the whole record into a tree.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use serde_json::value::RawValue;

use crate::record::{Object, Value};

/// The value at `pointer` (RFC 6901) in a record: `text` is its JSON, `object` the same record typed.
pub(super) fn value_at(text: &str, object: &dyn Object, pointer: &str) -> Option<Json> {
    let steps = steps(pointer)?;
    // Booleans, numbers and texts are typed as they are written. A time may be written in many
    // ways, and a null may be written or left out: those are looked up in the text.
    typed_scalar(object, &steps).or_else(|| written(text, &steps))
}

fn steps(pointer: &str) -> Option<Vec<String>> {
    if pointer.is_empty() {
        return Some(Vec::new());
    }
    let steps = pointer.strip_prefix('/')?.split('/');
    Some(
        steps
            .map(|step| step.replace("~1", "/").replace("~0", "~"))
            .collect(),
    )
}

fn position(step: &str) -> Option<usize> {
    let canonical = step == "0" || !step.starts_with(['0', '+']);
    step.parse().ok().filter(|_| canonical)
}

fn typed_scalar(object: &dyn Object, steps: &[String]) -> Option<Json> {
    let mut value = Value::Object(object);
    for step in steps {
        value = match value {
            Value::Object(object) => {
                let (index, _) = object.object_type().field(step)?;
                object.field(index)
            }
            Value::List(list) => list.item(position(step)?),
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Text(_) | Value::Time(_) => {
                return None;
            }
        };
    }
    match value {
        Value::Bool(value) => Some(value.into()),
        Value::Int(value) => Some(value.into()),
        Value::Text(value) => Some(value.into()),
        Value::Null | Value::Time(_) | Value::Object(_) | Value::List(_) => None,
    }
}

fn written(text: &str, steps: &[String]) -> Option<Json> {
    let Some((step, rest)) = steps.split_first() else {
        return serde_json::from_str(text).ok();
    };
    let inner: &RawValue = match text.as_bytes().first()? {
        b'{' => {
            let members: BTreeMap<String, &RawValue> = serde_json::from_str(text).ok()?;
            members.get(step).copied()?
        }
        b'[' => {
            let items: Vec<&RawValue> = serde_json::from_str(text).ok()?;
            items.get(position(step)?).copied()?
        }
        _ => return None,
    };
    written(inner.get(), rest)
}

#[cfg(test)]
mod tests {
    use crate::capture::RecordAt;
    use crate::facts::testing::{capture_of, key};
    use crate::kind::Kind;

    #[test]
    fn a_value_is_the_same_as_in_the_whole_record() {
        let keys = format!(
            "[ {} ]",
            key("K", "production", "active").replace(
                r#""label":"l""#,
                r#""label":"l","source_url":null,"observed_at":"2026-01-01T02:00:00+02:00""#
            )
        );
        let people = r#"[{"id":"p","name":"N \"x\"","email":"e","aliases":["a","b"],"status":"active","separated_at":null,
            "training":[{"course":"c","acknowledged_at":"2026-01-01T00:00:00.000Z"}]}]"#;
        let prior = r#"[{"id":"q","cycle":"c","as_of":"2026-01-01T00:00:00Z","posture":"approve","statuses":{"KC-1":"missing","a/b~c":"stale"},
            "commitments":[],"reviewer_notes":""}]"#;
        let capture = capture_of(&[
            (Kind::SigningKeys, &keys),
            (Kind::People, people),
            (Kind::PriorAttestations, prior),
        ]);
        for at in capture.records().collect::<Vec<RecordAt>>() {
            let json = capture.json(at);
            for pointer in [
                "",
                "/id",
                "/label",
                "/residency",
                "/residency/kind",
                "/quorum/threshold",
                "/observed_at",
                "/source_url",
                "/attributes",
                "/attributes/local",
                "/name",
                "/aliases",
                "/aliases/1",
                "/aliases/01",
                "/aliases/2",
                "/aliases/-1",
                "/aliases/+1",
                "/training/0/acknowledged_at",
                "/training/0/expires_at",
                "/separated_at",
                "/statuses/KC-1",
                "/statuses/a~1b~0c",
                "/as_of",
                "/none",
                "id",
                "/id/",
                "/",
            ] {
                assert_eq!(
                    capture.value_at(at, pointer),
                    json.pointer(pointer).cloned(),
                    "{at:?} {pointer}"
                );
            }
        }
    }
}
