//! Holds a JSON value against a record's field table and names every misfit, not just the first.
//!
//! Runs only where typed reading has failed already, to say all that is wrong at once.

use serde_json::Value;

use crate::instant::Instant;
use crate::json::push_pointer;
use crate::record::{ObjectType, Ty};

/// A misfit: RFC 6901 pointer and reason.
pub(crate) type Misfit = (String, String);

/// Every way in which `value` is not an object of type `object`.
pub(crate) fn misfits(object: &ObjectType, value: &Value) -> Vec<Misfit> {
    let mut found = Vec::new();
    walk_object(object, value, &mut String::new(), &mut found);
    found
}

fn walk_object(object: &ObjectType, value: &Value, at: &mut String, found: &mut Vec<Misfit>) {
    let Value::Object(members) = value else {
        found.push((
            at.clone(),
            format!("must be an object, is {}", describe(value)),
        ));
        return;
    };
    if object.name == "PriorStatuses" {
        walk_statuses(members, at, found);
        return;
    }
    for field in &object.fields {
        let len = at.len();
        push_pointer(at, field.name);
        match members.get(field.name) {
            None | Some(Value::Null) if field.optional => {}
            None => found.push((at.clone(), "is missing".to_owned())),
            Some(member) => walk(&field.ty, member, at, found),
        }
        at.truncate(len);
    }
    for name in members.keys().filter(|name| object.field(name).is_none()) {
        let len = at.len();
        push_pointer(at, name);
        found.push((at.clone(), "is not a known field".to_owned()));
        at.truncate(len);
    }
}

fn walk_statuses(
    members: &serde_json::Map<String, Value>,
    at: &mut String,
    found: &mut Vec<Misfit>,
) {
    for (name, member) in members {
        if serde_json::from_value::<crate::status::RequirementStatus>(member.clone()).is_err() {
            let len = at.len();
            push_pointer(at, name);
            found.push((
                at.clone(),
                format!("must be a requirement status, is {}", describe(member)),
            ));
            at.truncate(len);
        }
    }
}

fn walk(ty: &Ty, value: &Value, at: &mut String, found: &mut Vec<Misfit>) {
    let fits = match ty {
        Ty::Object(object) => return walk_object(object, value, at, found),
        Ty::List(item) => {
            if let Value::Array(items) = value {
                for (index, member) in items.iter().enumerate() {
                    let len = at.len();
                    push_pointer(at, &index.to_string());
                    walk(item, member, at, found);
                    at.truncate(len);
                }
                return;
            }
            false
        }
        Ty::Bool => value.is_boolean(),
        Ty::Int => value
            .as_u64()
            .is_some_and(|number| u32::try_from(number).is_ok()),
        Ty::Text | Ty::Person => value.is_string(),
        Ty::Time => match value.as_str().map(Instant::parse) {
            Some(Err(reason)) => {
                found.push((at.clone(), format!("is {reason}")));
                return;
            }
            Some(Ok(_)) => true,
            None => false,
        },
        Ty::Enum(names) => value.as_str().is_some_and(|text| names.contains(&text)),
    };
    if !fits {
        found.push((at.clone(), format!("must be {ty}, is {}", describe(value))));
    }
}

fn describe(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "another text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
