//! Turns a requirement's file into what the rules run, naming every mistake by file and line.

use std::collections::{BTreeMap, BTreeSet};

use serde_saphyr::Spanned;

use crate::capture::record_fields;
use crate::cel::{Compiled, Names, Template, compile, compile_reference};
use crate::kind::Kind;
use crate::record::Ty;
use crate::status::{Disposition, RequirementStatus};

use super::brief::{CheckBrief, RequirementBrief};
use super::load::LibraryFault;
use super::policy::Policy;
use super::requirement::{
    Absent, Account, Check, Join, Match, NamedBy, NoSubjects, Outcome, Requirement, Select, Subject,
};
use super::schema::{
    AbsentFile, AccountFile, AccountOf, CheckFile, JoinFile, NamedByFile, NoSubjectsFile,
    RequirementFile, SubjectFile, UnresolvedFile,
};

/// The slot of the first join: before it stand `as_of` and the subject or holder.
pub(crate) const FIRST_JOIN: usize = 2;

/// Compiles one requirement's file; every fault goes to `faults`.
pub(super) fn compile_requirement(
    file: &RequirementFile,
    name: &str,
    policy: &Policy,
    faults: &mut Vec<LibraryFault>,
) -> Option<Requirement> {
    let before = faults.len();
    let mut compiler = Compiler {
        file: name,
        policy,
        faults,
        reads: BTreeSet::new(),
    };
    let subject = compiler.subject(&file.subject);
    let subject_kind = subject
        .as_ref()
        .map_or(Kind::Modules, |subject| subject.kind);
    let mut names = compiler.roots("subject", subject_kind);
    let evidence = compiler.joins(&file.evidence, &mut names);
    let checks: Vec<Check> = file
        .checks
        .iter()
        .filter_map(|check| compiler.check(check, &names))
        .collect();
    let account: Vec<Account> = file
        .account
        .iter()
        .filter_map(|entry| compiler.account(entry, &names))
        .collect();
    let no_subjects = compiler.no_subjects(&file.no_subjects);
    let reads = compiler.reads;
    if faults.len() > before {
        return None;
    }
    let mut requirement = Requirement {
        id: file.id.value.clone(),
        title: file.title.clone(),
        statement: file.statement.clone(),
        references: file.references.clone(),
        waivable: file.waivable,
        met: file.met,
        subject: subject?,
        evidence,
        checks,
        no_subjects,
        account,
        brief: empty_brief(),
        reads,
    };
    requirement.brief = brief(&requirement, file);
    Some(requirement)
}

struct Compiler<'c> {
    file: &'c str,
    policy: &'c Policy,
    faults: &'c mut Vec<LibraryFault>,
    reads: BTreeSet<Kind>,
}

impl Compiler<'_> {
    fn fault(&mut self, at: &Spanned<String>, reason: impl Into<String>) {
        self.faults.push(LibraryFault {
            file: self.file.to_owned(),
            line: Some(at.referenced.line() as usize),
            reason: reason.into(),
        });
    }

    /// The variables that every expression about a record may use.
    fn roots(&self, name: &str, kind: Kind) -> Names {
        let mut names = Names::new(self.policy.constants());
        names.declare("as_of", Ty::Time);
        names.declare(name, Ty::Object(record_fields(kind)));
        names
    }

    fn kind(&mut self, at: &Spanned<String>) -> Option<Kind> {
        let kind = Kind::from_path(&at.value);
        if kind.is_none() {
            self.fault(at, format!("`{}` is no record kind", at.value));
        }
        self.reads.extend(kind);
        kind
    }

    fn expression(&mut self, at: &Spanned<String>, names: &Names) -> Option<Compiled> {
        self.checked(at, compile(&at.value, names))
    }

    fn checked(
        &mut self,
        at: &Spanned<String>,
        compiled: Result<Compiled, String>,
    ) -> Option<Compiled> {
        match compiled {
            Ok(compiled) => {
                self.reads.extend(&compiled.reads);
                Some(compiled)
            }
            Err(reason) => {
                self.fault(at, reason);
                None
            }
        }
    }

    fn condition(&mut self, at: &Spanned<String>, names: &Names) -> Option<Compiled> {
        let compiled = self.expression(at, names)?;
        if compiled.ty == Ty::Bool {
            return Some(compiled);
        }
        self.fault(
            at,
            format!("must be a boolean expression, is a {}", compiled.ty),
        );
        None
    }

    fn optional_condition(
        &mut self,
        at: Option<&Spanned<String>>,
        names: &Names,
    ) -> Option<Compiled> {
        at.and_then(|at| self.condition(at, names))
    }

    fn message(&mut self, at: &Spanned<String>, names: &Names) -> Option<Template> {
        Template::compile(&at.value, names)
            .map_err(|reason| self.fault(at, reason))
            .ok()
    }

    fn subject(&mut self, file: &SubjectFile) -> Option<Subject> {
        let kind = self.kind(&file.kind)?;
        let names = self.roots("subject", kind);
        let filter = self.optional_condition(file.filter.as_ref(), &names);
        let named_by: Vec<NamedBy> = file
            .named_by
            .iter()
            .filter_map(|entry| self.named_by(entry))
            .collect();
        if file.filter.is_none() && file.named_by.is_empty() {
            self.fault(
                &file.kind,
                "a subject needs a filter or records that name it",
            );
        }
        Some(Subject {
            kind,
            filter,
            named_by,
        })
    }

    fn named_by(&mut self, file: &NamedByFile) -> Option<NamedBy> {
        let kind = self.kind(&file.kind)?;
        let mut names = self.roots("holder", kind);
        let filter = self.condition(&file.filter, &names);
        let reference = self
            .reference(&file.reference, &names)
            .map(|(reference, _)| reference);
        names.declare("unresolved", Ty::List(Box::new(Ty::Text)));
        let unresolved = self.unresolved(&file.unresolved, &names);
        Some(NamedBy {
            kind,
            filter: filter?,
            reference: reference?,
            unresolved: unresolved?,
        })
    }

    fn reference(&mut self, at: &Spanned<String>, names: &Names) -> Option<(Compiled, bool)> {
        let compiled = self.checked(at, compile_reference(&at.value, names))?;
        let many = match &compiled.ty {
            Ty::Text | Ty::Person => false,
            Ty::List(item) if matches!(**item, Ty::Text | Ty::Person) => true,
            Ty::Bool | Ty::Int | Ty::Time | Ty::Enum(_) | Ty::Object(_) | Ty::List(_) => {
                self.fault(
                    at,
                    format!(
                        "a reference is a text, person or list of them, this is a {}",
                        compiled.ty
                    ),
                );
                return None;
            }
        };
        Some((compiled, many))
    }

    fn unresolved(&mut self, file: &UnresolvedFile, names: &Names) -> Option<Outcome> {
        Some(Outcome {
            check: file.check.value.clone(),
            status: RequirementStatus::Missing,
            disposition: Disposition::Remediate,
            message: self.message(&file.message, names)?,
            remedy: file.remedy.clone(),
        })
    }

    fn joins(&mut self, files: &[JoinFile], names: &mut Names) -> Vec<Join> {
        let mut joins = Vec::new();
        for file in files {
            if names.find(&file.name.value).is_some() {
                self.fault(
                    &file.name,
                    format!("the name `{}` is taken", file.name.value),
                );
            }
            let join = self.join(file, names);
            let many = join.as_ref().is_some_and(|(_, many)| *many);
            let fields = record_fields(join.as_ref().map_or(Kind::Modules, |(join, _)| join.from));
            let ty = if many {
                Ty::List(Box::new(Ty::Object(fields)))
            } else {
                Ty::Object(fields)
            };
            names.declare(&file.name.value, ty);
            joins.extend(join.map(|(join, _)| join));
        }
        joins
    }

    fn join(&mut self, file: &JoinFile, names: &Names) -> Option<(Join, bool)> {
        let from = self.kind(&file.from)?;
        let (select, many) = match (
            &file.reference,
            &file.matching,
            &file.in_force_at,
            &file.excepts_bridge,
        ) {
            (Some(reference), None, None, None) => {
                self.reference_join(file, from, reference, names)?
            }
            (None, Some(_), None, None) => {
                let select = self.matching(file, file.matching.as_ref(), from, names)?;
                let many = select.latest.is_none();
                (Select::Match(select), many)
            }
            (None, None, Some(at), None) if from == Kind::RosterSnapshots => {
                self.reads.insert(Kind::People);
                (Select::RosterInForce(self.expression(at, names)?), false)
            }
            (None, None, None, Some(bridge)) if from == Kind::Exceptions => (
                Select::Exception {
                    bridge: self.expression(bridge, names)?,
                },
                false,
            ),
            (_, _, _, _) => {
                self.fault(&file.name, "a join has one of `reference`, `match`, `in_force_at` (of rosters), `excepts_bridge` (of exceptions)");
                return None;
            }
        };
        let absent = file
            .absent
            .iter()
            .filter_map(|entry| self.absent(entry, names))
            .collect();
        Some((
            Join {
                from,
                select,
                absent,
            },
            many,
        ))
    }

    fn reference_join(
        &mut self,
        file: &JoinFile,
        from: Kind,
        reference: &Spanned<String>,
        names: &Names,
    ) -> Option<(Select, bool)> {
        let (value, many) = self.reference(reference, names)?;
        let Some(unresolved) = &file.unresolved else {
            self.fault(
                reference,
                "a reference needs `unresolved`: what it means that it resolves to nothing",
            );
            return None;
        };
        let mut with_unresolved = names.clone();
        with_unresolved.declare("unresolved", Ty::List(Box::new(Ty::Text)));
        let unresolved = self.unresolved(unresolved, &with_unresolved)?;
        let otherwise = match &file.otherwise_match {
            Some(_) => Some(self.matching(file, file.otherwise_match.as_ref(), from, names)?),
            None => None,
        };
        Some((
            Select::Reference {
                value,
                many,
                unresolved,
                otherwise,
            },
            many,
        ))
    }

    fn matching(
        &mut self,
        file: &JoinFile,
        pairs: Option<&BTreeMap<String, Spanned<String>>>,
        from: Kind,
        names: &Names,
    ) -> Option<Match> {
        let mut pairs = pairs.into_iter().flatten();
        let (Some((field, value)), None) = (pairs.next(), pairs.next()) else {
            self.fault(&file.name, "a match is one pair of field and expression");
            return None;
        };
        let fields = record_fields(from);
        let Some((position, _)) = fields.field(field).filter(|(_, field)| is_key(&field.ty)) else {
            self.fault(
                value,
                format!(
                    "{} has no field `{field}` of text or list of text",
                    fields.name
                ),
            );
            return None;
        };
        let value = self.expression(value, names)?;
        let mut with_candidate = names.clone();
        with_candidate.declare("candidate", Ty::Object(fields));
        let condition = self.optional_condition(file.condition.as_ref(), &with_candidate);
        let latest = match &file.latest {
            Some(at) => Some(self.time_field(at, from)?),
            None => None,
        };
        Some(Match {
            field: position,
            value,
            condition,
            latest,
        })
    }

    fn time_field(&mut self, at: &Spanned<String>, from: Kind) -> Option<usize> {
        let fields = record_fields(from);
        let found = fields
            .field(&at.value)
            .filter(|(_, field)| field.ty == Ty::Time);
        if found.is_none() {
            self.fault(
                at,
                format!("{} has no time field `{}`", fields.name, at.value),
            );
        }
        found.map(|(position, _)| position)
    }

    fn absent(&mut self, file: &AbsentFile, names: &Names) -> Option<Absent> {
        Some(Absent {
            when: self.optional_condition(file.when.as_ref(), names),
            outcome: Outcome {
                check: file.check.value.clone(),
                status: file.status,
                disposition: file.disposition,
                message: self.message(&file.message, names)?,
                remedy: file.remedy.clone(),
            },
        })
    }

    fn check(&mut self, file: &CheckFile, names: &Names) -> Option<Check> {
        let expression = self.condition(&file.expression, names)?;
        let when = self.optional_condition(file.when.as_ref(), names);
        let message = self.message(&file.message, names)?;
        let mut needs: BTreeSet<usize> = expression.uses.iter().copied().collect();
        needs.extend(when.iter().flat_map(|when| when.uses.iter().copied()));
        for required in &file.requires {
            match names.find(&required.value) {
                Some((slot, _)) => {
                    needs.insert(slot);
                }
                None => self.fault(
                    required,
                    format!("no join has the name `{}`", required.value),
                ),
            }
        }
        // Else a check could go unrun because its message names evidence that is not there.
        if !message
            .uses()
            .all(|slot| slot < FIRST_JOIN || needs.contains(&slot))
        {
            self.fault(
                &file.message,
                "the message names a join that the check does not use; add it to `requires`",
            );
        }
        let outcome = Outcome {
            check: file.check.value.clone(),
            status: file.status,
            disposition: file.disposition,
            message,
            remedy: file.remedy.clone(),
        };
        Some(Check {
            expression,
            when,
            needs,
            outcome,
        })
    }

    fn account(&mut self, file: &AccountFile, names: &Names) -> Option<Account> {
        let when = self.optional_condition(file.when.as_ref(), names);
        let says = self.message(&file.says, names)?;
        let mut needs: BTreeSet<usize> = says.uses().collect();
        needs.extend(when.iter().flat_map(|when| when.uses.iter().copied()));
        let every_subject = match file.of {
            AccountOf::Met => false,
            AccountOf::Note => true,
        };
        Some(Account {
            every_subject,
            when,
            says,
            needs,
        })
    }

    fn no_subjects(&mut self, file: &NoSubjectsFile) -> NoSubjects {
        // An empty set never passes by itself: a status short of satisfied needs its finding, and only such.
        if let (RequirementStatus::Satisfied, Some(finding)) = (file.status, &file.finding) {
            self.fault(
                &finding.check,
                "an empty population that satisfies has no finding",
            );
        }
        let finding = file.finding.as_ref().map(|finding| {
            (
                finding.check.value.clone(),
                finding.disposition,
                finding.remedy.clone(),
            )
        });
        NoSubjects {
            status: file.status,
            says: file.says.clone(),
            finding,
        }
    }
}

fn is_key(ty: &Ty) -> bool {
    match ty {
        Ty::Text | Ty::Enum(_) => true,
        Ty::List(item) => **item == Ty::Text,
        Ty::Bool | Ty::Int | Ty::Person | Ty::Time | Ty::Object(_) => false,
    }
}

fn empty_brief() -> RequirementBrief {
    RequirementBrief {
        id: String::new(),
        title: String::new(),
        statement: String::new(),
        waivable: false,
        subject: String::new(),
        evidence: Vec::new(),
        references: Vec::new(),
        checks: Vec::new(),
    }
}

fn brief(requirement: &Requirement, file: &RequirementFile) -> RequirementBrief {
    let of_outcome = |outcome: &Outcome, expression: &str| CheckBrief {
        check: outcome.check.clone(),
        expression: expression.to_owned(),
        status: outcome.status,
        disposition: outcome.disposition,
        remedy: outcome.remedy.clone(),
    };
    let mut checks: Vec<CheckBrief> = requirement
        .outcomes()
        .map(|outcome| of_outcome(outcome, ""))
        .collect();
    let expressions = file
        .checks
        .iter()
        .map(|check| check.expression.value.as_str());
    checks.extend(
        requirement
            .checks
            .iter()
            .zip(expressions)
            .map(|(check, text)| of_outcome(&check.outcome, text)),
    );
    RequirementBrief {
        id: requirement.id.clone(),
        title: requirement.title.clone(),
        statement: requirement.statement.clone(),
        waivable: requirement.waivable,
        subject: requirement.subject.kind.path().to_owned(),
        evidence: requirement
            .reads
            .iter()
            .map(|kind| kind.path().to_owned())
            .collect(),
        references: requirement.references.clone(),
        checks,
    }
}
