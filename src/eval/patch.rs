//! Small changes of a base scenario's evidence, as a case file states them.

use std::collections::BTreeMap;

use custody_controls::kind::{ArtifactId, Kind};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::evidence::Evidence;

/// One change. It has exactly one of the three forms.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Patch {
    /// The record that `set` changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    record: Option<String>,
    /// Values by their place in the record (RFC 6901); null takes a member away, `/list/-` appends.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    set: BTreeMap<String, Value>,
    /// Records to add, by kind.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    add: BTreeMap<String, Vec<Value>>,
    /// Records to take away.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    remove: Vec<String>,
}

impl Patch {
    /// Changes `evidence`.
    ///
    /// # Errors
    /// Says which member of the patch does not fit.
    pub fn apply(&self, evidence: &mut Evidence) -> Result<(), String> {
        match (&self.record, self.add.is_empty(), self.remove.is_empty()) {
            (Some(record), true, true) if !self.set.is_empty() => self.set_in(record, evidence),
            (None, false, true) if self.set.is_empty() => self.add_to(evidence),
            (None, true, false) if self.set.is_empty() => self.remove_from(evidence),
            (_, _, _) => Err("is neither `record` with `set`, nor `add`, nor `remove`".to_owned()),
        }
    }

    fn set_in(&self, record: &str, evidence: &mut Evidence) -> Result<(), String> {
        let artifact = artifact(record)?;
        let record = evidence
            .change_record(&artifact)
            .ok_or_else(|| format!("`{artifact}` is not among the base's records"))?;
        for (pointer, value) in &self.set {
            set(record, pointer, value)
                .ok_or_else(|| format!("`{artifact}` has no place `{pointer}`"))?;
        }
        Ok(())
    }

    fn add_to(&self, evidence: &mut Evidence) -> Result<(), String> {
        for (path, added) in &self.add {
            let kind =
                Kind::from_path(path).ok_or_else(|| format!("`{path}` is no record kind"))?;
            evidence.change(kind).extend(added.iter().cloned());
        }
        Ok(())
    }

    fn remove_from(&self, evidence: &mut Evidence) -> Result<(), String> {
        for name in &self.remove {
            if !evidence.remove(&artifact(name)?) {
                return Err(format!("`{name}` is not among the base's records"));
            }
        }
        Ok(())
    }
}

fn artifact(name: &str) -> Result<ArtifactId, String> {
    name.parse().map_err(|error| format!("{error}"))
}

/// Sets the value at `pointer`. `null` takes an object's member or a list's item away; `-` is the end of a list.
pub(super) fn set(record: &mut Value, pointer: &str, value: &Value) -> Option<()> {
    let (parent, last) = pointer.rsplit_once('/')?;
    let last = last.replace("~1", "/").replace("~0", "~");
    match record.pointer_mut(parent)? {
        Value::Object(members) if value.is_null() => {
            members.remove(&last);
        }
        Value::Object(members) => {
            members.insert(last, value.clone());
        }
        Value::Array(items) if last == "-" => items.push(value.clone()),
        Value::Array(items) => {
            let index = last.parse().ok().filter(|index| *index < items.len())?;
            if value.is_null() {
                items.remove(index);
            } else {
                *items.get_mut(index)? = value.clone();
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return None,
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn places_in_lists_are_set_appended_and_taken_away() {
        let mut record = json!({"id": "R", "members": [{"until": "x"}, {"until": "y"}]});
        set(&mut record, "/members/1/until", &json!("z")).unwrap();
        set(&mut record, "/members/-", &json!({"until": "w"})).unwrap();
        set(&mut record, "/members/0", &Value::Null).unwrap();
        set(&mut record, "/gone", &Value::Null).unwrap();
        assert_eq!(
            record,
            json!({"id": "R", "members": [{"until": "z"}, {"until": "w"}]})
        );
        assert_eq!(set(&mut record, "/members/2", &json!(1)), None);
        assert_eq!(set(&mut record, "/id/x", &json!(1)), None);
    }
}
