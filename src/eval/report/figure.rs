//! One measured number: its name, its value, its interval and the counts behind it.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::measure::Measure;
use crate::eval::stats::{Estimate, Interval, Proportion, rule_of_three, wilson};

/// A figure's stable name: the measure, and the part of the cases it is about if not all:
/// `surfacing-recall.stale_escrow`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FigureName {
    /// What is measured.
    pub measure: Measure,
    /// A defect class, a relation, a number of runs, a baseline.
    pub part: Option<String>,
}

impl FigureName {
    /// The measure over everything.
    #[must_use]
    pub const fn whole(measure: Measure) -> Self {
        Self {
            measure,
            part: None,
        }
    }

    /// The measure over one part.
    pub fn part(measure: Measure, part: impl Into<String>) -> Self {
        Self {
            measure,
            part: Some(part.into()),
        }
    }
}

impl fmt::Display for FigureName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.measure.as_str())?;
        match &self.part {
            Some(part) => write!(f, ".{part}"),
            None => Ok(()),
        }
    }
}

/// A name that no figure has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no figure is named `{0}`; names are {known}", known = known_names())]
pub struct UnknownFigure(String);

fn known_names() -> String {
    Measure::ALL.map(Measure::as_str).join(", ")
}

impl FromStr for FigureName {
    type Err = UnknownFigure;

    fn from_str(text: &str) -> Result<Self, UnknownFigure> {
        let (name, part) = match text.split_once('.') {
            Some((name, part)) => (name, Some(part)),
            None => (text, None),
        };
        let measure = Measure::ALL
            .into_iter()
            .find(|measure| measure.as_str() == name);
        match (measure, part) {
            (None, _) | (_, Some("")) => Err(UnknownFigure(text.to_owned())),
            (Some(measure), part) => Ok(Self {
                measure,
                part: part.map(str::to_owned),
            }),
        }
    }
}

impl Serialize for FigureName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for FigureName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

impl JsonSchema for FigureName {
    fn schema_name() -> Cow<'static, str> {
        "FigureName".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A measure's name, and after a dot the part it is about.",
            "type": "string",
            "pattern": r"^[a-z0-9-]+(\..+)?$"
        })
    }
}

/// A measured number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    /// Its stable name.
    pub name: FigureName,
    /// Its value.
    pub estimate: Estimate,
    /// Its 95 % interval, where it has one.
    pub interval: Option<Interval>,
    /// How many of how many, where it is a share or a rate.
    pub counted: Option<Proportion>,
}

impl Figure {
    /// A share with Wilson's interval.
    #[must_use]
    pub fn share(name: FigureName, counted: Proportion, clusters: u64) -> Self {
        Self {
            name,
            estimate: counted.estimate(),
            interval: Some(wilson(counted, clusters)),
            counted: Some(counted),
        }
    }

    /// The share of something that should not happen: where it never did, the bound is 3 / n.
    #[must_use]
    pub fn event(name: FigureName, counted: Proportion, clusters: u64) -> Self {
        let interval = match counted.numerator {
            0 => rule_of_three(counted.denominator, clusters),
            _ => wilson(counted, clusters),
        };
        Self {
            name,
            estimate: counted.estimate(),
            interval: Some(interval),
            counted: Some(counted),
        }
    }

    /// A value with an interval made elsewhere, as by a bootstrap.
    #[must_use]
    pub const fn with_interval(name: FigureName, estimate: Estimate, interval: Interval) -> Self {
        Self {
            name,
            estimate,
            interval: Some(interval),
            counted: None,
        }
    }

    /// A value without an interval.
    #[must_use]
    pub const fn plain(name: FigureName, estimate: Estimate) -> Self {
        Self {
            name,
            estimate,
            interval: None,
            counted: None,
        }
    }

    /// A plain count.
    #[must_use]
    pub const fn count(name: FigureName, count: u64) -> Self {
        Self::plain(name, Estimate::Value(count as f64))
    }

    /// The same figure with the counts behind it.
    #[must_use]
    pub const fn counted(mut self, counted: Proportion) -> Self {
        self.counted = Some(counted);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::stats::Method;

    #[test]
    fn a_name_reads_back_as_written() {
        for text in ["kappa", "surfacing-recall.stale_escrow", "pass-hat.4"] {
            assert_eq!(text.parse::<FigureName>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_known_ones() {
        for text in ["kapa", "", ".x", "kappa.", "Kappa"] {
            let refused = text.parse::<FigureName>().unwrap_err().to_string();
            assert!(
                refused.starts_with(&format!(
                    "no figure is named `{text}`; names are posture-agreement, kappa, "
                )),
                "{refused}"
            );
        }
    }

    #[test]
    fn what_never_happened_is_bounded_by_the_rule_of_three() {
        let name = FigureName::whole(Measure::UnderEscalation);
        let method = |count| {
            Figure::event(name.clone(), Proportion::new(count, 60), 30)
                .interval
                .unwrap()
                .method
        };
        assert_eq!(method(0), Method::RuleOfThree);
        assert_eq!(method(1), Method::Wilson);
    }
}
