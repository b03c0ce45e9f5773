//! `policy.yaml`: what holds for the whole library.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::cel::Constant;
use crate::status::Disposition;

/// The policy: version, cycle length, posture order, parameters.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// The library's version.
    pub version: String,
    /// How long a cycle is, in months.
    pub cycle_months: u32,
    /// Which disposition decides the posture where findings ask for several; `approve` comes last.
    pub posture_order: Vec<Disposition>,
    /// The finding for a source that could not be read.
    pub missing_source: MissingSourcePolicy,
    /// Limits and names that the checks read as `params.<name>`.
    pub parameters: BTreeMap<String, Parameter>,
}

/// The finding for a source that could not be read, where that was allowed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MissingSourcePolicy {
    /// The check's name.
    pub check: String,
    /// The message. `{source}` stands for the source's name.
    pub message: String,
    /// Who does what about it.
    pub remedy: String,
}

/// A parameter: a whole number or a name.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Parameter {
    /// A whole number; its unit is in the parameter's name.
    Number(u32),
    /// A name.
    Name(String),
}

impl Policy {
    /// The parameter as a number of days or people; `None` where it is absent or a name.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<u32> {
        match self.parameters.get(name)? {
            Parameter::Number(number) => Some(*number),
            Parameter::Name(_) => None,
        }
    }

    /// The parameters as JSON.
    #[must_use]
    pub fn parameters_json(&self) -> BTreeMap<String, Value> {
        let json = |parameter: &Parameter| match parameter {
            Parameter::Number(number) => Value::from(*number),
            Parameter::Name(name) => Value::from(name.as_str()),
        };
        self.parameters
            .iter()
            .map(|(name, parameter)| (name.clone(), json(parameter)))
            .collect()
    }

    pub(crate) fn constants(&self) -> BTreeMap<String, Constant> {
        let constant = |parameter: &Parameter| match parameter {
            Parameter::Number(number) => Constant::Int(i64::from(*number)),
            Parameter::Name(name) => Constant::Text(name.clone()),
        };
        self.parameters
            .iter()
            .map(|(name, parameter)| (name.clone(), constant(parameter)))
            .collect()
    }
}
