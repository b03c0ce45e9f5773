//! Moves the times in records. It reads no clock: every time comes from the evidence.

use chrono::Duration;
use custody_controls::instant::Instant;
use custody_controls::record::{ObjectType, Ty};
use serde_json::{Value, json};

/// `at`, moved by `seconds`.
#[must_use]
pub fn moved(at: Instant, seconds: i64) -> Instant {
    let moved = at.utc().checked_add_signed(Duration::seconds(seconds));
    moved.map_or(at, Instant::from)
}

/// The time written in `text`, moved by `seconds`.
#[must_use]
pub fn shifted(text: &str, seconds: i64) -> Option<String> {
    let at = Instant::parse(text).ok()?;
    Some(moved(at, seconds).to_string())
}

/// Moves every time field of a record, by its declared type: text that looks like a time stays.
pub fn shift_all(record: &mut Value, fields: &ObjectType, seconds: i64) {
    let Value::Object(members) = record else {
        return;
    };
    for field in &fields.fields {
        if let Some(value) = members.get_mut(field.name) {
            shift(value, &field.ty, seconds);
        }
    }
}

fn shift(value: &mut Value, ty: &Ty, seconds: i64) {
    match ty {
        Ty::Time => {
            if let Some(text) = value.as_str().and_then(|text| shifted(text, seconds)) {
                *value = json!(text);
            }
        }
        Ty::Object(object) => shift_all(value, object, seconds),
        Ty::List(item) => {
            for value in value.as_array_mut().into_iter().flatten() {
                shift(value, item, seconds);
            }
        }
        Ty::Bool | Ty::Int | Ty::Text | Ty::Person | Ty::Enum(_) => {}
    }
}
