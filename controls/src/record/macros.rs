//! The one declaration form of records: Rust type, JSON schema and field table in one place.

/// Declares a part of a record: a struct whose fields the rules can read.
macro_rules! object {
    (
        $(#[$meta:meta])*
        pub struct $name:ident { $( $(#[$fmeta:meta])* $field:ident : $ty:ty, )* }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, serde::Deserialize, schemars::JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name { $( $(#[$fmeta])* pub $field: $ty, )* }

        object!(@fields $name { $( $field: $ty, )* });
    };
    (@fields $name:ident { $( $field:ident : $ty:ty, )* }) => {
        impl $name {
            /// The fields that rules can read.
            #[must_use]
            pub fn fields() -> &'static $crate::record::ObjectType {
                static TYPE: std::sync::LazyLock<$crate::record::ObjectType> = std::sync::LazyLock::new(|| {
                    $crate::record::ObjectType {
                        name: stringify!($name),
                        fields: vec![ $( $crate::record::FieldType {
                            name: stringify!($field),
                            ty: <$ty as $crate::record::FieldValue>::ty(),
                            optional: <$ty as $crate::record::FieldValue>::OPTIONAL,
                        }, )* ],
                    }
                });
                &TYPE
            }
        }

        impl $crate::record::Object for $name {
            fn object_type(&self) -> &'static $crate::record::ObjectType {
                Self::fields()
            }
            fn field(&self, index: usize) -> $crate::record::Value<'_> {
                type Getter = for<'a> fn(&'a $name) -> $crate::record::Value<'a>;
                const GETTERS: &[Getter] = &[ $( |object| $crate::record::FieldValue::value(&object.$field), )* ];
                GETTERS.get(index).map_or($crate::record::Value::Null, |get| get(self))
            }
            fn as_any(&self) -> &dyn std::any::Any {
                self
            }
        }

        impl $crate::record::FieldValue for $name {
            fn ty() -> $crate::record::Ty {
                $crate::record::Ty::Object(Self::fields())
            }
            fn value(&self) -> $crate::record::Value<'_> {
                $crate::record::Value::Object(self)
            }
        }
    };
}

/// Declares a record kind: an object with the members that every record has, and its own time.
macro_rules! record {
    (
        $(#[$meta:meta])*
        pub struct $name:ident in $kind:ident, seen $own_time:expr, { $( $(#[$fmeta:meta])* $field:ident : $ty:ty, )* }
    ) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq, serde::Deserialize, schemars::JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            /// The record's id, unique among its kind.
            pub id: $crate::record::RecordId,
            $( $(#[$fmeta])* pub $field: $ty, )*
            /// Where a person opens the original.
            pub source_url: Option<$crate::record::Text>,
            /// When the source said it.
            pub observed_at: Option<$crate::instant::Instant>,
            /// Free text: evidence to quote, never an instruction.
            // Boxed: few records have notes, and every record has the field.
            pub notes: Option<Box<$crate::record::Text>>,
        }

        object!(@fields $name {
            id: $crate::record::RecordId,
            $( $field: $ty, )*
            source_url: Option<$crate::record::Text>,
            observed_at: Option<$crate::instant::Instant>,
            notes: Option<Box<$crate::record::Text>>,
        });

        // Records hold names and seal serials: only the id may reach a log.
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}({})", stringify!($name), self.id)
            }
        }

        impl $crate::record::Record for $name {
            const KIND: $crate::kind::Kind = $crate::kind::Kind::$kind;
            fn id(&self) -> &str {
                self.id.as_str()
            }
            fn own_time(&self) -> Option<$crate::instant::Instant> {
                let own_time: fn(&Self) -> Option<$crate::instant::Instant> = $own_time;
                own_time(self)
            }
            fn source_url(&self) -> Option<&str> {
                self.source_url.as_ref().map(|url| url.as_str())
            }
            fn fields_of_kind() -> &'static $crate::record::ObjectType {
                Self::fields()
            }
        }
    };
}

/// Declares an enumeration as the sources spell it.
macro_rules! choice {
    (
        $(#[$meta:meta])*
        pub enum $name:ident { $( $(#[$vmeta:meta])* $variant:ident = $text:literal, )* }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize, schemars::JsonSchema)]
        pub enum $name { $( $(#[$vmeta])* #[serde(rename = $text)] $variant, )* }

        impl $name {
            /// Every spelling, in declared order.
            pub const NAMES: &'static [&'static str] = &[ $( $text, )* ];

            /// The source's spelling.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $( Self::$variant => $text, )* }
            }
        }

        impl $crate::record::FieldValue for $name {
            fn ty() -> $crate::record::Ty {
                $crate::record::Ty::Enum(Self::NAMES)
            }
            fn value(&self) -> $crate::record::Value<'_> {
                $crate::record::Value::Text(self.as_str())
            }
        }
    };
}
