//! The canonical JSON that TUF signatures are made over (OLPC form), and nothing else of JSON.
//!
//! Own code because what is signed must be exactly what the signers signed: the crate for it
//! normalises Unicode, so that two different texts would pass under one signature, and the
//! signers' tools do not.

use serde_json::Value;

/// Why a value has no canonical form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum CanonicalError {
    /// The form knows whole numbers alone.
    #[error("holds a number that is not whole, which canonical JSON does not know")]
    NotWhole,
}

/// The bytes that a signature over `value` covers.
pub(super) fn canonical_bytes(value: &Value) -> Result<Vec<u8>, CanonicalError> {
    let mut out = Vec::new();
    write(value, &mut out)?;
    Ok(out)
}

fn write(value: &Value, out: &mut Vec<u8>) -> Result<(), CanonicalError> {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(number) if number.is_i64() || number.is_u64() => {
            out.extend_from_slice(number.to_string().as_bytes());
        }
        Value::Number(_) => return Err(CanonicalError::NotWhole),
        Value::String(text) => write_text(text, out),
        Value::Array(items) => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write(item, out)?;
            }
            out.push(b']');
        }
        Value::Object(members) => {
            out.push(b'{');
            let mut sorted: Vec<(&String, &Value)> = members.iter().collect();
            sorted.sort_by_key(|(name, _)| *name);
            for (index, (name, member)) in sorted.into_iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_text(name, out);
                out.push(b':');
                write(member, out)?;
            }
            out.push(b'}');
        }
    }
    Ok(())
}

/// Only quote and backslash are escaped; every other character stands as it is.
fn write_text(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    for byte in text.bytes() {
        if matches!(byte, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn members_are_sorted_and_only_quotes_and_backslashes_escaped() {
        let value = json!({"b": [1, true, null], "a": "x\"\\\n\u{e9}e\u{301}"});
        assert_eq!(
            canonical_bytes(&value).unwrap(),
            "{\"a\":\"x\\\"\\\\\n\u{e9}e\u{301}\",\"b\":[1,true,null]}".as_bytes()
        );
    }

    #[test]
    fn fractions_have_no_form() {
        assert_eq!(
            canonical_bytes(&json!({"a": [1.5]})),
            Err(CanonicalError::NotWhole)
        );
    }
}
