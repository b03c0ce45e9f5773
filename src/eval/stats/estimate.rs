//! A figure's value, which may not exist, and the counts behind a share.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

const UNDEFINED: &str = "undefined";

/// A finite number, or that there is none. In JSON a number or the text `undefined`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Estimate {
    /// The value.
    Value(f64),
    /// The sample gives no value: nothing was counted, or a denominator is zero.
    Undefined,
}

impl Estimate {
    /// The value, or [`Estimate::Undefined`] where `number` is not finite.
    #[must_use]
    pub const fn finite(number: f64) -> Self {
        if number.is_finite() {
            Self::Value(number)
        } else {
            Self::Undefined
        }
    }

    /// `part / whole`; undefined where `whole` is zero.
    #[must_use]
    pub fn ratio(part: f64, whole: f64) -> Self {
        if whole == 0.0 {
            Self::Undefined
        } else {
            Self::finite(part / whole)
        }
    }

    /// The value, if there is one.
    #[must_use]
    pub const fn value(self) -> Option<f64> {
        match self {
            Self::Value(value) => Some(value),
            Self::Undefined => None,
        }
    }

    /// The difference; undefined where either side is.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        match (self, other) {
            (Self::Value(first), Self::Value(second)) => Self::finite(first - second),
            (Self::Undefined, _) | (_, Self::Undefined) => Self::Undefined,
        }
    }
}

impl fmt::Display for Estimate {
    /// Three decimals, or as many as the formatter asks for.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(value) => {
                let decimals = f.precision().unwrap_or(3);
                let text = format!("{value:.decimals$}");
                // No "-0.000": a reader would look for the difference from zero.
                let is_zero = text.chars().all(|letter| matches!(letter, '-' | '0' | '.'));
                f.write_str(text.strip_prefix('-').filter(|_| is_zero).unwrap_or(&text))
            }
            Self::Undefined => f.write_str(UNDEFINED),
        }
    }
}

impl Serialize for Estimate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Value(value) if value.is_finite() => serializer.serialize_f64(*value),
            Self::Value(_) | Self::Undefined => serializer.serialize_str(UNDEFINED),
        }
    }
}

impl<'de> Deserialize<'de> for Estimate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EstimateVisitor)
    }
}

struct EstimateVisitor;

impl de::Visitor<'_> for EstimateVisitor {
    type Value = Estimate;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number or `undefined`")
    }
    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Estimate, E> {
        Ok(Estimate::finite(value))
    }
    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Estimate, E> {
        // Whole numbers up to 2^53 are exact; figures are far below.
        Ok(Estimate::Value(value as f64))
    }
    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Estimate, E> {
        Ok(Estimate::Value(value as f64))
    }
    fn visit_str<E: de::Error>(self, text: &str) -> Result<Estimate, E> {
        if text == UNDEFINED {
            Ok(Estimate::Undefined)
        } else {
            Err(E::invalid_value(de::Unexpected::Str(text), &self))
        }
    }
}

impl JsonSchema for Estimate {
    fn schema_name() -> Cow<'static, str> {
        "Estimate".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A finite number, or the text `undefined`.",
            "anyOf": [{"type": "number"}, {"const": UNDEFINED}]
        })
    }
}

/// How many of how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Proportion {
    /// How many.
    pub numerator: u64,
    /// Of how many.
    pub denominator: u64,
}

impl Proportion {
    /// `numerator` of `denominator`.
    #[must_use]
    pub const fn new(numerator: u64, denominator: u64) -> Self {
        Self {
            numerator,
            denominator,
        }
    }

    /// Counts those of `items` for which `holds`.
    pub fn count<T>(items: impl IntoIterator<Item = T>, holds: impl Fn(&T) -> bool) -> Self {
        items
            .into_iter()
            .fold(Self::default(), |counted, item| Self {
                numerator: counted.numerator + u64::from(holds(&item)),
                denominator: counted.denominator + 1,
            })
    }

    /// The share; undefined of nothing.
    #[must_use]
    pub fn estimate(self) -> Estimate {
        Estimate::ratio(self.numerator as f64, self.denominator as f64)
    }
}

impl std::iter::Sum for Proportion {
    fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
        parts.fold(Self::default(), |all, part| Self {
            numerator: all.numerator + part.numerator,
            denominator: all.denominator + part.denominator,
        })
    }
}

/// The mean of the defined estimates; undefined where there is none.
pub fn mean(estimates: impl IntoIterator<Item = Estimate>) -> Estimate {
    let (sum, count) = estimates
        .into_iter()
        .filter_map(Estimate::value)
        .fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    Estimate::ratio(sum, count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_exist_is_never_a_number() {
        assert_eq!(Proportion::new(0, 0).estimate(), Estimate::Undefined);
        assert_eq!(Estimate::ratio(1.0, 0.0), Estimate::Undefined);
        assert_eq!(Estimate::finite(f64::NAN), Estimate::Undefined);
        assert_eq!(mean([Estimate::Undefined]), Estimate::Undefined);
        assert_eq!(
            Estimate::Value(1.0).minus(Estimate::Undefined),
            Estimate::Undefined
        );
        assert_eq!(Estimate::Undefined.to_string(), "undefined");
    }

    #[test]
    fn an_estimate_survives_json() {
        for (estimate, json) in [
            (Estimate::Value(0.5), "0.5"),
            (Estimate::Value(-1.0), "-1.0"),
            (Estimate::Undefined, "\"undefined\""),
        ] {
            assert_eq!(serde_json::to_string(&estimate).unwrap(), json);
            assert_eq!(serde_json::from_str::<Estimate>(json).unwrap(), estimate);
        }
        assert_eq!(
            serde_json::from_str::<Estimate>("1").unwrap(),
            Estimate::Value(1.0)
        );
        let refused = serde_json::from_str::<Estimate>("\"1\"").unwrap_err();
        assert!(refused.to_string().contains("a number or `undefined`"));
        let nan = serde_json::to_string(&Estimate::Value(f64::NAN)).unwrap();
        assert_eq!(nan, "\"undefined\"");
    }

    #[test]
    fn three_decimals_and_no_negative_zero_are_shown() {
        assert_eq!(Estimate::Value(0.12345).to_string(), "0.123");
        assert_eq!(Estimate::Value(-0.0001).to_string(), "0.000");
        assert_eq!(Estimate::Value(-0.5).to_string(), "-0.500");
        assert_eq!(format!("{:.1}", Estimate::Value(2.0)), "2.0");
    }

    #[test]
    fn a_mean_is_over_what_is_defined() {
        let values = [
            Estimate::Value(1.0),
            Estimate::Undefined,
            Estimate::Value(0.0),
        ];
        assert_eq!(mean(values), Estimate::Value(0.5));
    }
}
