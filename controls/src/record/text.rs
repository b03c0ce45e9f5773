//! Text fields by what they mean: plain text, a record's id, a reference, a person.

use compact_str::CompactString;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;

use super::field::{FieldValue, Ty, Value};

macro_rules! text_type {
    ($(#[$meta:meta])* $name:ident, $ty:expr) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
        #[serde(transparent)]
        pub struct $name(CompactString);

        impl $name {
            /// The text as the source wrote it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.into())
            }
        }

        impl FieldValue for $name {
            fn ty() -> Ty {
                $ty
            }
            fn value(&self) -> Value<'_> {
                Value::Text(&self.0)
            }
        }

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                String::json_schema(generator)
            }
        }
    };
}

text_type!(
    /// Plain text.
    Text,
    Ty::Text
);
text_type!(
    /// A record's own id. Compared byte for byte.
    RecordId,
    Ty::Text
);
text_type!(
    /// Another record's id. May resolve to nothing; that is a finding, not an error.
    RecordRef,
    Ty::Text
);
text_type!(
    /// A person's id or alias. Resolve it before counting or comparing people.
    PersonRef,
    Ty::Person
);
