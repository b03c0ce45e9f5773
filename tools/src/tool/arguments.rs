//! Holds arguments against their schema and names everything that does not fit, at once.
//!
//! The schema is generated from the Rust type, so what is checked here is what is offered.

use custody_controls::instant::Instant;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::ToolError;

/// The typed arguments; null stands for none.
///
/// # Errors
/// Tells the one who asked all that does not fit, and what would.
pub(crate) fn parse<T: DeserializeOwned>(schema: &Value, given: &Value) -> Result<T, ToolError> {
    let none = Value::Object(Map::new());
    let given = if given.is_null() { &none } else { given };
    let mut faults = Vec::new();
    match given {
        Value::Object(arguments) => check_members(schema, arguments, &mut faults),
        _ => faults.push("must be one JSON object".to_owned()),
    }
    if faults.is_empty() {
        T::deserialize(given).map_err(|error| refusal(&[error.to_string()]))
    } else {
        Err(refusal(&faults))
    }
}

fn refusal(faults: &[String]) -> ToolError {
    ToolError::TellModel(format!("bad arguments: {}", faults.join("; ")))
}

fn check_members(schema: &Value, arguments: &Map<String, Value>, faults: &mut Vec<String>) {
    let none = Map::new();
    let properties = schema
        .get("properties")
        .and_then(Value::as_object)
        .unwrap_or(&none);
    let allowed: Vec<&str> = properties.keys().map(String::as_str).collect();
    for (name, value) in arguments {
        match properties.get(name) {
            None => faults.push(format!(
                "`{}` is not an argument, allowed are: {}",
                shortened(name),
                allowed.join(", ")
            )),
            Some(_) if value.is_null() => {}
            Some(property) => check_value(name, property, value, faults),
        }
    }
    for name in names(schema, "required") {
        if arguments.get(name).is_none_or(Value::is_null) {
            faults.push(format!("`{name}` is required"));
        }
    }
}

fn check_value(name: &str, schema: &Value, value: &Value, faults: &mut Vec<String>) {
    let choices = names(schema, "enum");
    let wanted = match schema.get("type").and_then(Value::as_str) {
        Some("string") if !choices.is_empty() => {
            let fits = value.as_str().is_some_and(|text| choices.contains(&text));
            (!fits).then(|| format!("one of: {}", choices.join(", ")))
        }
        Some("string") if schema.get("format").is_some_and(|form| form == "date-time") => {
            let time = value.as_str().map(Instant::parse);
            (!matches!(time, Some(Ok(_))))
                .then(|| "a time (RFC 3339 with offset, as 2026-03-02T10:00:00Z)".to_owned())
        }
        Some("string") => (!value.is_string()).then(|| "text".to_owned()),
        Some("boolean") => (!value.is_boolean()).then(|| "true or false".to_owned()),
        Some("integer") => {
            let fits = value.as_u64().and_then(|number| u32::try_from(number).ok());
            (fits.is_none()).then(|| format!("a whole number from 0 to {}", u32::MAX))
        }
        Some("array") => match value {
            Value::Array(items) => return check_items(name, schema, items, faults),
            _ => Some("a list".to_owned()),
        },
        // Whatever else a type may come to need is left to its own reading.
        Some(_) | None => None,
    };
    if let Some(wanted) = wanted {
        faults.push(format!("`{name}` must be {wanted}"));
    }
}

fn check_items(name: &str, schema: &Value, items: &[Value], faults: &mut Vec<String>) {
    let limit = |keyword| schema.get(keyword).and_then(Value::as_u64);
    let count = u64::try_from(items.len()).unwrap_or(u64::MAX);
    let least = limit("minItems").unwrap_or(0);
    let most = limit("maxItems").unwrap_or(u64::MAX);
    if count < least || count > most {
        faults.push(format!("`{name}` must have {least} to {most} entries"));
    }
    if let Some(item) = schema.get("items") {
        for (index, value) in items.iter().enumerate() {
            check_value(&format!("{name}[{index}]"), item, value, faults);
        }
    }
}

fn names<'a>(schema: &'a Value, keyword: &str) -> Vec<&'a str> {
    schema
        .get(keyword)
        .and_then(Value::as_array)
        .map(|names| names.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default()
}

/// What the asker wrote, short enough to be told back.
pub(crate) fn shortened(text: &str) -> String {
    const MOST: usize = 120;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
