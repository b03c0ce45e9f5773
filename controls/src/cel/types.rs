//! Names that an expression may use, and values at run time.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::instant::Instant;
use crate::record::{Object, Sequence, Ty, Value};

use super::trace::Trace;

/// The variables in scope: each name's slot and type, in order of declaration.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    slots: Vec<(String, Ty)>,
    constants: BTreeMap<String, Constant>,
}

/// A parameter of the policy, known when the library loads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Constant {
    /// A whole number.
    Int(i64),
    /// Text.
    Text(String),
}

impl Names {
    /// Scope with the policy's parameters, readable as `params.<name>`.
    pub(crate) fn new(constants: BTreeMap<String, Constant>) -> Self {
        Self {
            slots: Vec::new(),
            constants,
        }
    }

    /// Adds a variable and returns its slot.
    pub(crate) fn declare(&mut self, name: &str, ty: Ty) -> usize {
        self.slots.push((name.to_owned(), ty));
        self.slots.len() - 1
    }

    /// Takes the last variable out of scope again.
    pub(crate) fn undeclare(&mut self) {
        self.slots.pop();
    }

    /// The slot and type of a variable; of two with one name the later one.
    pub(crate) fn find(&self, name: &str) -> Option<(usize, &Ty)> {
        let (slot, (_, ty)) = self
            .slots
            .iter()
            .enumerate()
            .rfind(|(_, (known, _))| known == name)?;
        Some((slot, ty))
    }

    /// The parameter `name`.
    pub(crate) fn constant(&self, name: &str) -> Option<&Constant> {
        self.constants.get(name)
    }

    /// All variables in scope.
    pub(crate) fn variables(&self) -> impl Iterator<Item = &str> {
        self.slots.iter().map(|(name, _)| name.as_str())
    }
}

/// A value at run time. `T` says whether its place in the evidence is followed.
#[derive(Debug)]
pub(crate) enum Val<'a, T: Trace> {
    /// Null or absent.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Text.
    Text(&'a str),
    /// A point in time.
    Time(Instant),
    /// A record or a part of one.
    Object(&'a dyn Object),
    /// A list in a record.
    List(&'a dyn Sequence),
    /// A list made by a join or an expression, each item with its place.
    Items(Rc<[(Self, T::Place)]>),
}

impl<T: Trace> Clone for Val<'_, T> {
    fn clone(&self) -> Self {
        match self {
            Self::Null => Self::Null,
            Self::Bool(value) => Self::Bool(*value),
            Self::Int(value) => Self::Int(*value),
            Self::Text(value) => Self::Text(value),
            Self::Time(value) => Self::Time(*value),
            Self::Object(value) => Self::Object(*value),
            Self::List(value) => Self::List(*value),
            Self::Items(items) => Self::Items(Rc::clone(items)),
        }
    }
}

impl<'a, T: Trace> From<Value<'a>> for Val<'a, T> {
    fn from(value: Value<'a>) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(value),
            Value::Int(value) => Self::Int(value),
            Value::Text(value) => Self::Text(value),
            Value::Time(value) => Self::Time(value),
            Value::Object(value) => Self::Object(value),
            Value::List(value) => Self::List(value),
        }
    }
}
