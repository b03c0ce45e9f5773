//! Who may see which field: per role, and denied where nothing grants it.
//!
//! It answers for record fields alone; [`super::redact`] applies the answer to a packet.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use custody_controls::capture::record_fields;
use custody_controls::kind::{Kind, SourceSystem};
use serde::{Deserialize, Deserializer, de};

/// The built-in role, which sees everything.
pub const RELEASE_SECURITY: &str = "release-security";

/// The configuration's `[access]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AccessPolicy {
    /// The role as which the command line reads.
    pub cli_role: String,
    /// Who may decide. Without a list, whoever has the terminal; with an empty one, nobody.
    pub reviewers: Option<Vec<String>>,
    /// Whether who prepared a packet may decide on it.
    pub allow_self_review: bool,
    /// Whether a remote model sees people's names instead of pseudonyms.
    pub reveal_people_to_model: bool,
    /// What each role may see.
    pub roles: BTreeMap<String, RoleGrant>,
}

impl Default for AccessPolicy {
    fn default() -> Self {
        Self {
            cli_role: RELEASE_SECURITY.to_owned(),
            reviewers: None,
            allow_self_review: false,
            reveal_people_to_model: false,
            roles: BTreeMap::new(),
        }
    }
}

/// What one role may see.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleGrant {
    /// Patterns of the fields it sees.
    pub see: Vec<FieldPattern>,
}

/// Why a role cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccessError {
    /// The configuration does not define it.
    #[error(
        "role `{role}` is not defined: add `[access.roles.{role}]` to the configuration; known roles: {known}"
    )]
    UnknownRole {
        /// The role asked for.
        role: String,
        /// The roles that there are.
        known: String,
    },
}

impl AccessPolicy {
    /// What `role` may see. A definition in the configuration goes before the built-in role.
    ///
    /// # Errors
    /// Refuses a role that is neither defined nor built in.
    pub fn role(&self, role: &str) -> Result<Access, AccessError> {
        let see = match self.roles.get(role) {
            Some(grant) => grant.see.clone(),
            None if role == RELEASE_SECURITY => vec![FieldPattern::EVERYTHING],
            None => return Err(self.unknown(role)),
        };
        Ok(Access {
            role: role.to_owned(),
            see,
        })
    }

    /// What the command line may see.
    ///
    /// # Errors
    /// Refuses when `cli_role` is neither defined nor built in.
    pub fn cli(&self) -> Result<Access, AccessError> {
        self.role(&self.cli_role)
    }

    fn unknown(&self, role: &str) -> AccessError {
        let mut known: Vec<&str> = self.roles.keys().map(String::as_str).collect();
        if !known.contains(&RELEASE_SECURITY) {
            known.push(RELEASE_SECURITY);
        }
        AccessError::UnknownRole {
            role: role.to_owned(),
            known: known.join(", "),
        }
    }
}

/// A role with what it may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    role: String,
    see: Vec<FieldPattern>,
}

impl Access {
    /// The role's name.
    #[must_use]
    pub fn role(&self) -> &str {
        &self.role
    }

    /// Whether the role may see the top-level field `field` of records of `kind`.
    #[must_use]
    pub fn may_see(&self, kind: Kind, field: &str) -> bool {
        self.see.iter().any(|pattern| pattern.covers(kind, field))
    }

    /// Whether nothing is hidden from the role.
    #[must_use]
    pub fn sees_everything(&self) -> bool {
        Kind::ALL.into_iter().all(|kind| {
            let fields = &record_fields(kind).fields;
            fields.iter().all(|field| self.may_see(kind, field.name))
        })
    }
}

/// `source`, `source/kind` or `source/kind/field`; `*` stands for any name, a part left out too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldPattern {
    source: Option<SourceSystem>,
    kind: Option<&'static str>,
    field: Option<&'static str>,
}

impl FieldPattern {
    const EVERYTHING: Self = Self {
        source: None,
        kind: None,
        field: None,
    };

    fn covers(self, kind: Kind, field: &str) -> bool {
        self.source.is_none_or(|source| source == kind.source())
            && self.kind.is_none_or(|name| name == kind.name())
            && self.field.is_none_or(|name| name == field)
    }

    fn kinds(self) -> impl Iterator<Item = Kind> {
        let in_pattern = move |kind: &Kind| {
            self.source.is_none_or(|source| source == kind.source())
                && self.kind.is_none_or(|name| name == kind.name())
        };
        Kind::ALL.into_iter().filter(in_pattern)
    }
}

/// A pattern that grants nothing because it names nothing that exists.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FieldPatternError {
    /// Too many parts.
    #[error("`{0}` is not of the form source/kind/field, source/kind or source")]
    Shape(String),
    /// No such source.
    #[error("`{pattern}`: no source system is called `{name}`")]
    Source {
        /// The pattern.
        pattern: String,
        /// The name in it.
        name: String,
    },
    /// No such kind there.
    #[error("`{pattern}`: no record kind there is called `{name}`")]
    Kind {
        /// The pattern.
        pattern: String,
        /// The name in it.
        name: String,
    },
    /// No such field there.
    #[error("`{pattern}`: no record there has a field `{name}`")]
    Field {
        /// The pattern.
        pattern: String,
        /// The name in it.
        name: String,
    },
}

impl FromStr for FieldPattern {
    type Err = FieldPatternError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.split('/');
        let mut next = || parts.next().filter(|part| *part != "*");
        let (source, kind, field) = (next(), next(), next());
        if text.split('/').count() > 3 {
            return Err(FieldPatternError::Shape(text.to_owned()));
        }
        let names = |name: &str| (text.to_owned(), name.to_owned());
        let mut pattern = Self::EVERYTHING;
        if let Some(name) = source {
            let found = SourceSystem::ALL.into_iter().find(|s| s.name() == name);
            let (pattern_text, name) = names(name);
            pattern.source = Some(found.ok_or(FieldPatternError::Source {
                pattern: pattern_text,
                name,
            })?);
        }
        if let Some(name) = kind {
            let found = pattern.kinds().find(|kind| kind.name() == name);
            let (pattern_text, name) = names(name);
            let found = found.ok_or(FieldPatternError::Kind {
                pattern: pattern_text,
                name,
            })?;
            pattern.kind = found.path().split_once('/').map(|(_, name)| name);
        }
        if let Some(name) = field {
            let found = pattern
                .kinds()
                .find_map(|kind| record_fields(kind).field(name))
                .map(|(_, field)| field.name);
            let (pattern_text, name) = names(name);
            pattern.field = Some(found.ok_or(FieldPatternError::Field {
                pattern: pattern_text,
                name,
            })?);
        }
        Ok(pattern)
    }
}

impl fmt::Display for FieldPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = self.source.map_or("*", SourceSystem::name);
        let kind = self.kind.unwrap_or("*");
        write!(f, "{source}/{kind}/{}", self.field.unwrap_or("*"))
    }
}

impl<'de> Deserialize<'de> for FieldPattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(text: &str) -> AccessPolicy {
        toml::from_str(text).unwrap()
    }

    #[track_caller]
    fn check(see: &str, seen: &[(Kind, &str)], hidden: &[(Kind, &str)]) {
        let access = policy(&format!("roles.auditor.see = {see}"))
            .role("auditor")
            .unwrap();
        for (kind, field) in seen {
            assert!(
                access.may_see(*kind, field),
                "{see}: {kind}/{field} is hidden"
            );
        }
        for (kind, field) in hidden {
            assert!(
                !access.may_see(*kind, field),
                "{see}: {kind}/{field} is seen"
            );
        }
    }

    #[test]
    fn nothing_is_seen_unless_a_pattern_grants_it() {
        let (modules, people) = (Kind::Modules, Kind::People);
        let all = [
            (modules, "id"),
            (Kind::SigningKeys, "label"),
            (people, "name"),
        ];
        check("[]", &[], &all);
        check("['*']", &all, &[]);
        for source in ["['hsm']", "['hsm/*']", "['hsm/*/*']"] {
            check(source, &all[..2], &all[2..]);
        }
        check("['hsm/modules']", &all[..1], &all[1..]);
        check(
            "['identity/people/name']",
            &all[2..],
            &[(people, "email"), (modules, "id")],
        );
        check("['*/*/id']", &all[..1], &all[1..]);
        check(
            "['hsm/modules', 'identity/people/email']",
            &all[..1],
            &all[1..],
        );
    }

    #[test]
    fn the_built_in_role_sees_everything_and_others_must_be_defined() {
        let policy = policy("roles.auditor.see = ['hsm']");
        assert!(policy.cli().unwrap().sees_everything());
        assert!(!policy.role("auditor").unwrap().sees_everything());
        assert_eq!(
            policy.role("intern").unwrap_err().to_string(),
            "role `intern` is not defined: add `[access.roles.intern]` to the configuration; \
             known roles: auditor, release-security"
        );
    }

    #[test]
    fn a_pattern_that_names_nothing_is_an_error() {
        for (see, reason) in [
            ("hms", "no source system is called `hms`"),
            ("hsm/people", "no record kind there is called `people`"),
            ("identity/people/nick", "no record there has a field `nick`"),
            ("hsm/modules/validation/level", "is not of the form"),
        ] {
            let text = format!("roles.auditor.see = ['{see}']");
            let error = toml::from_str::<AccessPolicy>(&text)
                .unwrap_err()
                .to_string();
            assert!(error.contains(reason), "{error}");
        }
        let unknown = toml::from_str::<AccessPolicy>("reviewer = ['ana']").unwrap_err();
        assert!(unknown.to_string().contains("reviewer"), "{unknown}");
    }

    #[test]
    fn the_whole_table_reads() {
        let policy = policy(
            "cli_role = 'auditor'\nreviewers = ['ana', 'ben']\nallow_self_review = true\n\
             reveal_people_to_model = true\n[roles.auditor]\nsee = ['hsm/modules/serial']",
        );
        let see = policy.cli().unwrap().see;
        assert_eq!(
            see.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["hsm/modules/serial"]
        );
        assert!(policy.allow_self_review && policy.reveal_people_to_model);
        assert_eq!(policy.reviewers.unwrap(), ["ana", "ben"]);
    }
}
