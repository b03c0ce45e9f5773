//! Walks all texts in a JSON value, with where each stands.

use custody_controls::json::push_pointer;
use serde_json::Value;

/// Calls `found` with pointer and text for every text in `value`, which stands at `at`.
pub(crate) fn for_each_text(value: &Value, at: &mut String, found: &mut dyn FnMut(&str, &str)) {
    let mut step = |name: &str, value: &Value| {
        let len = at.len();
        push_pointer(at, name);
        for_each_text(value, at, found);
        at.truncate(len);
    };
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                step(&index.to_string(), item);
            }
        }
        Value::Object(members) => members.iter().for_each(|(name, value)| step(name, value)),
        Value::String(text) => found(at, text),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
