//! A requirement as the rules run it: names resolved, expressions compiled.

use std::collections::BTreeSet;

use crate::cel::{Compiled, Template};
use crate::kind::{Kind, SourceSystem};
use crate::status::{Disposition, RequirementStatus};

use super::brief::{ReferenceBrief, RequirementBrief};

/// One obligation of the library.
#[derive(Debug, Clone)]
pub struct Requirement {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) statement: String,
    pub(crate) references: Vec<ReferenceBrief>,
    pub(crate) waivable: bool,
    pub(crate) met: RequirementStatus,
    pub(crate) subject: Subject,
    pub(crate) evidence: Vec<Join>,
    pub(crate) checks: Vec<Check>,
    pub(crate) no_subjects: NoSubjects,
    pub(crate) account: Vec<Account>,
    pub(crate) brief: RequirementBrief,
    /// Every kind that its population, joins and facts read.
    pub(crate) reads: BTreeSet<Kind>,
}

impl Requirement {
    /// The id, as `KC-3`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The requirement in words.
    #[must_use]
    pub const fn brief(&self) -> &RequirementBrief {
        &self.brief
    }

    /// The sources that it joins.
    #[must_use]
    pub fn sources(&self) -> BTreeSet<SourceSystem> {
        self.reads.iter().map(|kind| kind.source()).collect()
    }
}

/// What is judged.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    pub(crate) kind: Kind,
    pub(crate) filter: Option<Compiled>,
    pub(crate) named_by: Vec<NamedBy>,
}

/// Records that name subjects by reference.
#[derive(Debug, Clone)]
pub(crate) struct NamedBy {
    pub(crate) kind: Kind,
    pub(crate) filter: Compiled,
    pub(crate) reference: Compiled,
    pub(crate) unresolved: Outcome,
}

/// A declared join.
#[derive(Debug, Clone)]
pub(crate) struct Join {
    pub(crate) from: Kind,
    pub(crate) select: Select,
    pub(crate) absent: Vec<Absent>,
}

/// How a join selects records.
#[derive(Debug, Clone)]
pub(crate) enum Select {
    /// By id (of people: id or alias), one or a list.
    Reference {
        value: Compiled,
        many: bool,
        unresolved: Outcome,
        otherwise: Option<Match>,
    },
    /// By a field's value.
    Match(Match),
    /// The roster in force at a time.
    RosterInForce(Compiled),
    /// The exception that best carries the subject through a bridge.
    Exception { bridge: Compiled },
}

/// Records of a kind whose field has a value.
#[derive(Debug, Clone)]
pub(crate) struct Match {
    /// The field's position.
    pub(crate) field: usize,
    pub(crate) value: Compiled,
    /// Which of them, over the variable in the next free slot.
    pub(crate) condition: Option<Compiled>,
    /// The position of the time field whose latest record is taken.
    pub(crate) latest: Option<usize>,
}

/// What a finding says.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    pub(crate) check: String,
    pub(crate) status: RequirementStatus,
    pub(crate) disposition: Disposition,
    pub(crate) message: Template,
    pub(crate) remedy: String,
}

/// The finding for evidence that is not there.
#[derive(Debug, Clone)]
pub(crate) struct Absent {
    pub(crate) when: Option<Compiled>,
    pub(crate) outcome: Outcome,
}

/// A check.
#[derive(Debug, Clone)]
pub(crate) struct Check {
    pub(crate) expression: Compiled,
    pub(crate) when: Option<Compiled>,
    /// Slots of the joins that must have selected something.
    pub(crate) needs: BTreeSet<usize>,
    pub(crate) outcome: Outcome,
}

/// What an empty population means.
#[derive(Debug, Clone)]
pub(crate) struct NoSubjects {
    pub(crate) status: RequirementStatus,
    pub(crate) says: String,
    pub(crate) finding: Option<(String, Disposition, String)>,
}

/// A sentence of the rules' account.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub(crate) every_subject: bool,
    pub(crate) when: Option<Compiled>,
    pub(crate) says: Template,
    pub(crate) needs: BTreeSet<usize>,
}

impl Requirement {
    /// What the findings of its joins and population say: everything but its checks.
    pub(crate) fn outcomes(&self) -> impl Iterator<Item = &Outcome> {
        let named_by = self.subject.named_by.iter().map(|entry| &entry.unresolved);
        named_by.chain(join_outcomes(&self.evidence))
    }

    /// The names of all its checks, each once.
    pub(crate) fn check_names(&self) -> BTreeSet<&str> {
        let mut names: BTreeSet<&str> = self
            .outcomes()
            .map(|outcome| outcome.check.as_str())
            .collect();
        names.extend(self.checks.iter().map(|check| check.outcome.check.as_str()));
        names.extend(
            self.no_subjects
                .finding
                .iter()
                .map(|(check, _, _)| check.as_str()),
        );
        names
    }
}

fn join_outcomes(joins: &[Join]) -> impl Iterator<Item = &Outcome> {
    joins.iter().flat_map(|join| {
        let unresolved = match &join.select {
            Select::Reference { unresolved, .. } => Some(unresolved),
            Select::Match(_) | Select::RosterInForce(_) | Select::Exception { .. } => None,
        };
        unresolved
            .into_iter()
            .chain(join.absent.iter().map(|absent| &absent.outcome))
    })
}
