//! Points in time as the evidence states them: RFC 3339 with an offset.
//!
//! It parses and compares, and reads no clock.

use std::fmt;

use chrono::{DateTime, SecondsFormat, Timelike as _, Utc};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A point in time, compared as an instant whatever offset it was written with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(DateTime<Utc>);

impl Instant {
    /// Parses RFC 3339 text that has an offset, as `2026-03-02T10:00:00Z`.
    ///
    /// # Errors
    /// Returns the reason when the text is no such time.
    pub fn parse(text: &str) -> Result<Self, InstantError> {
        // RFC 3339 separates date and time by `T`; chrono also takes a space.
        let separated = text
            .as_bytes()
            .get(10)
            .is_some_and(|b| matches!(b, b'T' | b't'));
        match DateTime::parse_from_rfc3339(text) {
            Ok(time) if separated => Ok(Self(time.with_timezone(&Utc))),
            Ok(_) | Err(_) => Err(InstantError),
        }
    }

    /// The instant in UTC.
    #[must_use]
    pub const fn utc(self) -> DateTime<Utc> {
        self.0
    }

    /// The instant without its fraction of a second.
    #[must_use]
    pub fn to_the_second(self) -> Self {
        Self(self.0.with_nanosecond(0).unwrap_or(self.0))
    }

    /// The instant `days` times 86 400 seconds later; the last representable one if that overflows.
    #[must_use]
    pub fn plus_days(self, days: u32) -> Self {
        let days = chrono::Duration::days(i64::from(days));
        Self(
            self.0
                .checked_add_signed(days)
                .unwrap_or(DateTime::<Utc>::MAX_UTC),
        )
    }
}

/// Text that is not an RFC 3339 time with an offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a time (RFC 3339 with offset, as 2026-03-02T10:00:00Z)")]
pub struct InstantError;

impl From<DateTime<Utc>> for Instant {
    fn from(time: DateTime<Utc>) -> Self {
        Self(time)
    }
}

impl From<std::time::SystemTime> for Instant {
    fn from(time: std::time::SystemTime) -> Self {
        Self(time.into())
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Instant;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a time (RFC 3339 with offset)")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Instant, E> {
                Instant::parse(text).map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

impl JsonSchema for Instant {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Instant".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date-time" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_need_an_offset_and_compare_as_instants() {
        for bad in [
            "2026-03-02",
            "2026-03-02T10:00:00",
            "2026-03-02 10:00:00Z",
            "2026-13-02T10:00:00Z",
            "now",
            "",
        ] {
            assert_eq!(Instant::parse(bad), Err(InstantError), "{bad}");
        }
        assert_eq!(
            Instant::parse("2026-03-02T10:00:00Z"),
            Instant::parse("2026-03-02T11:30:00+01:30")
        );
    }
}
