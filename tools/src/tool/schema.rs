//! Turns Rust types into the schemas that clients are given.
//!
//! The schema of arguments is kept in two forms: a plain one that arguments are checked against,
//! and the portable subset of it that every endpoint takes.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

/// The keywords that every endpoint takes.
const PORTABLE: [&str; 7] = [
    "type",
    "properties",
    "required",
    "enum",
    "items",
    "additionalProperties",
    "description",
];

/// The schema of a tool's arguments: references resolved, optional members without null,
/// choices as `enum`. Checked against; may hold keywords that are not portable.
pub(crate) fn of_arguments<T: JsonSchema>() -> Value {
    let mut schema = generate::<T>(SchemaSettings::draft2020_12());
    simplify(&mut schema);
    if let Value::Object(members) = &mut schema {
        // The tool's description says it.
        members.remove("description");
    }
    schema
}

/// The schema of a tool's answer.
pub(crate) fn of_answer<T: JsonSchema>() -> Value {
    generate::<T>(SchemaSettings::draft2020_12().for_serialize())
}

fn generate<T: JsonSchema>(mut settings: SchemaSettings) -> Value {
    settings.inline_subschemas = true;
    settings.meta_schema = None;
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    schema.remove("title");
    schema.to_value()
}

/// What is left of `schema` in the portable subset.
pub(crate) fn portable(schema: &Value) -> Value {
    let Value::Object(members) = schema else {
        return schema.clone();
    };
    let kept = members.iter().filter_map(|(keyword, value)| {
        let value = match keyword.as_str() {
            "properties" => Value::Object(
                value
                    .as_object()?
                    .iter()
                    .map(|(name, property)| (name.clone(), portable(property)))
                    .collect(),
            ),
            "items" => portable(value),
            _ => value.clone(),
        };
        PORTABLE
            .contains(&keyword.as_str())
            .then(|| (keyword.clone(), value))
    });
    Value::Object(kept.collect())
}

fn simplify(schema: &mut Value) {
    let Value::Object(members) = schema else {
        return;
    };
    drop_null(members);
    merge_choices(members);
    if let Some(Value::Object(properties)) = members.get_mut("properties") {
        properties.values_mut().for_each(simplify);
    }
    if let Some(items) = members.get_mut("items") {
        simplify(items);
    }
}

/// An optional member is left out; null means the same and needs no mention.
fn drop_null(members: &mut Map<String, Value>) {
    members.remove("default");
    if let Some(Value::Array(types)) = members.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            members.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(choices)) = members.get_mut("enum") {
        choices.retain(|choice| !choice.is_null());
    }
    let Some(Value::Array(alternatives)) = members.get("anyOf") else {
        return;
    };
    let others: Vec<&Value> = alternatives
        .iter()
        .filter(|alternative| alternative.get("type").is_none_or(|name| name != "null"))
        .collect();
    if let [Value::Object(only)] = others.as_slice() {
        let only = only.clone();
        members.remove("anyOf");
        for (keyword, value) in only {
            // The member's own description is the better one.
            members.entry(keyword).or_insert(value);
        }
    }
}

/// `oneOf` constants (documented choices) become one `enum`.
fn merge_choices(members: &mut Map<String, Value>) {
    let Some(Value::Array(alternatives)) = members.get("oneOf") else {
        return;
    };
    let mut choices = Vec::new();
    for alternative in alternatives {
        match (alternative.get("const"), alternative.get("enum")) {
            (Some(choice), _) => choices.push(choice.clone()),
            (None, Some(Value::Array(more))) => choices.extend(more.iter().cloned()),
            (None, _) => return,
        }
    }
    members.remove("oneOf");
    members.insert("type".to_owned(), "string".into());
    members.insert("enum".to_owned(), Value::Array(choices));
}
