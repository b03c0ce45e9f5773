//! Reads members of JSON, and names the place of what does not fit.

use custody_controls::json::push_pointer;
use serde_json::Value;

use super::MetadataError;

/// A JSON value and where it stands, so that what is wrong with it can be named.
pub(super) struct Member<'v> {
    pub(super) value: &'v Value,
    pub(super) pointer: String,
}

impl<'v> Member<'v> {
    pub(super) const fn root(value: &'v Value) -> Self {
        Self {
            value,
            pointer: String::new(),
        }
    }

    pub(super) fn wrong(&self, reason: &'static str) -> MetadataError {
        MetadataError::Field {
            field: self.pointer.clone(),
            reason,
        }
    }

    /// The place of a member that need not be there.
    pub(super) fn step(&self, name: &str) -> Self {
        let mut pointer = self.pointer.clone();
        push_pointer(&mut pointer, name);
        Self {
            value: self.value.get(name).unwrap_or(&Value::Null),
            pointer,
        }
    }

    pub(super) fn optional(&self, name: &str) -> Result<Option<Self>, MetadataError> {
        let object = self.value.as_object();
        let object = object.ok_or_else(|| self.wrong("must be an object"))?;
        let there = object.get(name).is_some_and(|value| !value.is_null());
        Ok(there.then(|| self.step(name)))
    }

    pub(super) fn member(&self, name: &str) -> Result<Self, MetadataError> {
        let found = self.optional(name)?;
        found.ok_or_else(|| self.step(name).wrong("is missing"))
    }

    pub(super) fn members(
        &self,
    ) -> Result<impl ExactSizeIterator<Item = (&'v str, Self)>, MetadataError> {
        let object = self.value.as_object();
        let object = object.ok_or_else(|| self.wrong("must be an object"))?;
        let named = object.iter().map(|(name, value)| {
            let mut pointer = self.pointer.clone();
            push_pointer(&mut pointer, name);
            (name.as_str(), Member { value, pointer })
        });
        // Collected: the pointers are made from `self`.
        Ok(named.collect::<Vec<_>>().into_iter())
    }

    pub(super) fn text(&self, name: &str) -> Result<String, MetadataError> {
        let member = self.member(name)?;
        let text = member.value.as_str();
        Ok(text.ok_or_else(|| member.wrong("must be text"))?.to_owned())
    }

    pub(super) fn optional_text(&self, name: &str) -> Result<Option<String>, MetadataError> {
        let there = self.optional(name)?.is_some();
        there.then(|| self.text(name)).transpose()
    }

    pub(super) fn whole(&self, name: &str) -> Result<u64, MetadataError> {
        let member = self.member(name)?;
        let number = member.value.as_u64();
        number.ok_or_else(|| member.wrong("must be a whole number"))
    }

    pub(super) fn optional_whole(&self, name: &str) -> Result<Option<u64>, MetadataError> {
        let there = self.optional(name)?.is_some();
        there.then(|| self.whole(name)).transpose()
    }
}
