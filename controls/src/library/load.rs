//! Loads a library whole, or refuses it whole with file, line and reason of every mistake.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::json::Digest;
use crate::status::{Disposition, RequirementStatus};

use super::compile::compile_requirement;
use super::examples::check_examples;
use super::lock::{LOCK_FILE, LibraryApproval};
use super::policy::Policy;
use super::requirement::Requirement;
use super::schema::RequirementFile;

const POLICY_FILE: &str = "policy.yaml";

/// The library built into the binary, by file name.
const BUILTIN: &[(&str, &str)] = &[
    (
        "kc-1-hsm-residency.yaml",
        include_str!("../../library/kc-1-hsm-residency.yaml"),
    ),
    (
        "kc-2-dual-operator-ceremony.yaml",
        include_str!("../../library/kc-2-dual-operator-ceremony.yaml"),
    ),
    (
        "kc-3-escrow-seal-inspection.yaml",
        include_str!("../../library/kc-3-escrow-seal-inspection.yaml"),
    ),
    (
        "kc-4-custodian-roster.yaml",
        include_str!("../../library/kc-4-custodian-roster.yaml"),
    ),
    (
        "kc-5-bridge-exception.yaml",
        include_str!("../../library/kc-5-bridge-exception.yaml"),
    ),
    (POLICY_FILE, include_str!("../../library/policy.yaml")),
    (LOCK_FILE, include_str!("../../library/policy.lock")),
];

/// The requirements and policy that evidence is judged by.
#[derive(Debug, Clone)]
pub struct Library {
    policy: Policy,
    requirements: Vec<Requirement>,
    digest: Digest,
    approval: Option<LibraryApproval>,
    files: BTreeMap<String, String>,
}

/// One mistake in a library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LibraryFault {
    /// The file's name.
    pub file: String,
    /// The line, from 1, where one is known.
    pub line: Option<usize>,
    /// What is wrong.
    pub reason: String,
}

impl fmt::Display for LibraryFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file, self.reason),
            None => write!(f, "{}: {}", self.file, self.reason),
        }
    }
}

/// Every mistake found in a library. Never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LibraryError(pub Vec<LibraryFault>);

impl fmt::Display for LibraryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the controls library is refused whole:")?;
        self.0.iter().try_for_each(|fault| write!(f, "\n{fault}"))
    }
}

impl std::error::Error for LibraryError {}

impl Library {
    /// Loads the library built into the binary.
    ///
    /// # Errors
    /// As [`Library::load`]; the tests hold that it loads.
    pub fn builtin() -> Result<Self, LibraryError> {
        Self::load(
            BUILTIN
                .iter()
                .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
                .collect(),
        )
    }

    /// Loads a library from its files, by name: `*.yaml` and `policy.lock`.
    ///
    /// # Errors
    /// Returns every mistake: what does not parse, names that do not resolve, expressions that do
    /// not compile, checks without examples, examples that come out otherwise.
    pub fn load(files: BTreeMap<String, String>) -> Result<Self, LibraryError> {
        let mut faults = Vec::new();
        let approval = approval(&files, &mut faults);
        let policy: Option<Policy> = match files.get(POLICY_FILE) {
            Some(text) => parse(text, POLICY_FILE, &mut faults),
            None => {
                faults.push(fault(POLICY_FILE, "the file is missing"));
                None
            }
        };
        let Some(policy) = policy else {
            return Err(LibraryError(faults));
        };
        check_policy(&policy, &mut faults);
        let mut requirements = Vec::new();
        for (name, text) in files.iter().filter(|(name, _)| is_requirement(name)) {
            let Some(file) = parse::<RequirementFile>(text, name, &mut faults) else {
                continue;
            };
            if let Some(requirement) = compile_requirement(&file, name, &policy, &mut faults) {
                requirements.push((name, file, requirement));
            }
        }
        requirements.sort_by(|a, b| a.2.id.cmp(&b.2.id));
        check_ids(&requirements, &mut faults);
        if faults.is_empty() {
            for (name, file, requirement) in &requirements {
                check_examples(&file.examples, requirement, &policy, name, &mut faults);
            }
        }
        if !faults.is_empty() {
            return Err(LibraryError(faults));
        }
        let digest = digest_of(&files);
        let requirements = requirements
            .into_iter()
            .map(|(_, _, requirement)| requirement)
            .collect();
        Ok(Self {
            policy,
            requirements,
            digest,
            approval,
            files,
        })
    }

    /// The library's version.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.policy.version
    }

    /// SHA-256 over the canonical JSON of the files' texts by name, without `policy.lock`.
    #[must_use]
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// Whether `policy.lock` approves this digest.
    #[must_use]
    pub fn is_approved(&self) -> bool {
        self.approval
            .as_ref()
            .is_some_and(|approval| approval.digest == self.digest)
    }

    /// What `policy.lock` says.
    #[must_use]
    pub const fn approval(&self) -> Option<&LibraryApproval> {
        self.approval.as_ref()
    }

    /// What holds for the whole library.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The requirements, by id.
    #[must_use]
    pub fn requirements(&self) -> &[Requirement] {
        &self.requirements
    }

    /// The texts it was loaded from, by file name.
    #[must_use]
    pub const fn files(&self) -> &BTreeMap<String, String> {
        &self.files
    }
}

/// Whether a file of a library folder belongs to the library.
#[must_use]
pub fn is_library_file(name: &str) -> bool {
    name == LOCK_FILE || name.ends_with(".yaml")
}

fn is_requirement(name: &str) -> bool {
    name.ends_with(".yaml") && name != POLICY_FILE
}

fn digest_of(files: &BTreeMap<String, String>) -> Digest {
    let texts: Map<String, Value> = files
        .iter()
        .filter(|(name, _)| name.as_str() != LOCK_FILE)
        .map(|(name, text)| (name.clone(), Value::from(text.as_str())))
        .collect();
    Digest::of(&Value::Object(texts))
}

fn fault(file: &str, reason: impl Into<String>) -> LibraryFault {
    LibraryFault {
        file: file.to_owned(),
        line: None,
        reason: reason.into(),
    }
}

fn parse<T: DeserializeOwned>(text: &str, file: &str, faults: &mut Vec<LibraryFault>) -> Option<T> {
    match serde_saphyr::from_str(text) {
        Ok(value) => Some(value),
        Err(error) => {
            let line = error.location().map(|location| location.line() as usize);
            let reason = error.without_snippet().to_string();
            faults.push(LibraryFault {
                file: file.to_owned(),
                line,
                reason,
            });
            None
        }
    }
}

fn approval(
    files: &BTreeMap<String, String>,
    faults: &mut Vec<LibraryFault>,
) -> Option<LibraryApproval> {
    match LibraryApproval::parse(files.get(LOCK_FILE)?) {
        Ok(approval) => Some(approval),
        Err(error) => {
            faults.push(fault(LOCK_FILE, error.without_snippet().to_string()));
            None
        }
    }
}

fn check_policy(policy: &Policy, faults: &mut Vec<LibraryFault>) {
    let mut order = policy.posture_order.clone();
    order.sort_unstable();
    if order != Disposition::ALL || policy.posture_order.last() != Some(&Disposition::Approve) {
        faults.push(fault(
            POLICY_FILE,
            "posture_order must name all three dispositions, `approve` last",
        ));
    }
    for name in ["control_verification_max_age_days"] {
        if policy.number(name).is_none() {
            faults.push(fault(
                POLICY_FILE,
                format!("parameter `{name}` must be a whole number"),
            ));
        }
    }
}

type Loaded<'f> = (&'f String, RequirementFile, Requirement);

fn check_ids(requirements: &[Loaded<'_>], faults: &mut Vec<LibraryFault>) {
    if requirements.is_empty() {
        faults.push(fault(POLICY_FILE, "there is no requirement beside it"));
    }
    for pair in requirements.windows(2) {
        if let [(_, _, a), (name, _, b)] = pair
            && a.id == b.id
        {
            faults.push(fault(
                name,
                format!("requirement `{}` stands in another file too", b.id),
            ));
        }
    }
    for (name, _, requirement) in requirements {
        let empty = &requirement.no_subjects;
        if empty.status != RequirementStatus::Satisfied && empty.finding.is_none() {
            faults.push(fault(
                name,
                "an empty population that does not satisfy needs its finding",
            ));
        }
        let mut names = BTreeSet::new();
        for outcome in requirement
            .outcomes()
            .chain(requirement.checks.iter().map(|check| &check.outcome))
        {
            if !names.insert(outcome.check.as_str()) {
                faults.push(fault(
                    name,
                    format!("two checks have the name `{}`", outcome.check),
                ));
            }
        }
    }
}

#[cfg(test)]
#[path = "load_tests.rs"]
mod tests;
