//! What the rules may read of a record: typed fields, by position, without copying.
//!
//! One declaration of a record (see `macros.rs`) yields its Rust type, its JSON schema
//! and the field table here, so the three cannot disagree.

use std::any::Any;

use crate::instant::Instant;

/// The type of a field or expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ty {
    /// `true` or `false`.
    Bool,
    /// A whole number.
    Int,
    /// Text that is compared byte for byte.
    Text,
    /// A person's id or alias. Not comparable as text: aliases must be resolved first.
    Person,
    /// A point in time.
    Time,
    /// Text out of a fixed list.
    Enum(&'static [&'static str]),
    /// A record or a part of one.
    Object(&'static ObjectType),
    /// A list.
    List(Box<Ty>),
}

impl std::fmt::Display for Ty {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bool => f.write_str("boolean"),
            Self::Int => f.write_str("whole number"),
            Self::Text => f.write_str("text"),
            Self::Person => f.write_str("person"),
            Self::Time => f.write_str("time"),
            Self::Enum(names) => write!(f, "one of {}", names.join("|")),
            Self::Object(object) => f.write_str(object.name),
            Self::List(item) => write!(f, "list of {item}"),
        }
    }
}

/// The fields of one object type, in declared order.
#[derive(Debug)]
pub struct ObjectType {
    /// The type's name in messages.
    pub name: &'static str,
    /// The fields.
    pub fields: Vec<FieldType>,
}

impl ObjectType {
    /// The position and declaration of the field `name`.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<(usize, &FieldType)> {
        self.fields
            .iter()
            .enumerate()
            .find(|(_, field)| field.name == name)
    }
}

// Object types are made once per Rust type: the same type is the same address.
impl PartialEq for ObjectType {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for ObjectType {}

/// One declared field.
#[derive(Debug)]
pub struct FieldType {
    /// The member's name in JSON.
    pub name: &'static str,
    /// What it holds.
    pub ty: Ty,
    /// Whether it may be null or absent.
    pub optional: bool,
}

/// A value read from a record, borrowed from it.
#[derive(Debug, Clone)]
pub enum Value<'a> {
    /// Null or absent.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Text, a person reference or a member of an enumeration.
    Text(&'a str),
    /// A point in time.
    Time(Instant),
    /// A record or a part of one.
    Object(&'a dyn Object),
    /// A list in a record.
    List(&'a dyn Sequence),
}

/// A record or a part of one.
pub trait Object: std::fmt::Debug + Send + Sync {
    /// The fields that it has.
    fn object_type(&self) -> &'static ObjectType;
    /// The value of the field at `index`; [`Value::Null`] past the end.
    fn field(&self, index: usize) -> Value<'_>;
    /// The Rust value, for facts that take a whole object.
    fn as_any(&self) -> &dyn Any;
}

/// A list in a record.
pub trait Sequence: std::fmt::Debug + Send + Sync {
    /// How many items there are.
    fn count(&self) -> usize;
    /// The item at `index`; [`Value::Null`] past the end.
    fn item(&self, index: usize) -> Value<'_>;
    /// The Rust list, for facts that take a whole list.
    fn as_any(&self) -> &dyn Any;
}

/// A Rust type that can be a field of a record.
pub trait FieldValue {
    /// Whether null and absence are allowed.
    const OPTIONAL: bool = false;
    /// The type that expressions see.
    fn ty() -> Ty;
    /// The value that expressions see.
    fn value(&self) -> Value<'_>;
}

impl FieldValue for bool {
    fn ty() -> Ty {
        Ty::Bool
    }
    fn value(&self) -> Value<'_> {
        Value::Bool(*self)
    }
}

impl FieldValue for u32 {
    fn ty() -> Ty {
        Ty::Int
    }
    fn value(&self) -> Value<'_> {
        Value::Int(i64::from(*self))
    }
}

impl FieldValue for Instant {
    fn ty() -> Ty {
        Ty::Time
    }
    fn value(&self) -> Value<'_> {
        Value::Time(*self)
    }
}

impl<T: FieldValue> FieldValue for Option<T> {
    const OPTIONAL: bool = true;
    fn ty() -> Ty {
        T::ty()
    }
    fn value(&self) -> Value<'_> {
        self.as_ref().map_or(Value::Null, FieldValue::value)
    }
}

impl<T: FieldValue + std::fmt::Debug + Send + Sync + 'static> FieldValue for Vec<T> {
    fn ty() -> Ty {
        Ty::List(Box::new(T::ty()))
    }
    fn value(&self) -> Value<'_> {
        Value::List(self)
    }
}

impl<T: FieldValue + std::fmt::Debug + Send + Sync + 'static> Sequence for Vec<T> {
    fn count(&self) -> usize {
        self.len()
    }
    fn item(&self, index: usize) -> Value<'_> {
        self.get(index).map_or(Value::Null, FieldValue::value)
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl<T: FieldValue> FieldValue for Box<T> {
    const OPTIONAL: bool = T::OPTIONAL;
    fn ty() -> Ty {
        T::ty()
    }
    fn value(&self) -> Value<'_> {
        T::value(self)
    }
}
