//! Changes for the worse, which must never make a result look better, and for the better, which must never make it worse.

use custody_controls::kind::Kind;
use serde_json::{Value, json};

use super::{Expected, Relation, Trial};
use crate::eval::case::Case;
use crate::eval::evidence::{Evidence, id_of};
use crate::eval::report::RelationKind::Monotone;
use crate::eval::times::shifted;

const DAY: i64 = 86_400;

/// How many records of a case a relation is tried on.
const PER_CASE: usize = 2;

pub(super) const RELATIONS: &[Relation] = &[
    relation(
        "age-inspections",
        "older seal inspections improve nothing",
        |case| {
            on_subjects(
                case,
                "KC-3",
                "its inspections 200 days older",
                |evidence, medium| {
                    each(
                        evidence,
                        Kind::SealInspections,
                        &|record| is(record, "media", medium),
                        &|record| {
                            shift(record, "inspected_at", -200 * DAY);
                        },
                    )
                },
            )
        },
    ),
    relation(
        "drop-inspections",
        "seal inspections taken away improve nothing",
        |case| {
            on_subjects(
                case,
                "KC-3",
                "without its inspections",
                |evidence, medium| {
                    let before = evidence.of_kind(Kind::SealInspections).len();
                    let inspections = evidence.change(Kind::SealInspections);
                    inspections.retain(|record| !is(record, "media", medium));
                    inspections.len() < before
                },
            )
        },
    ),
    relation(
        "age-observation",
        "an older inventory observation improves nothing",
        |case| {
            on_subjects(case, "KC-1", "observed 40 days earlier", |evidence, key| {
                each(
                    evidence,
                    Kind::SigningKeys,
                    &|record| id_of(record) == key,
                    &|record| {
                        shift(record, "observed_at", -40 * DAY);
                    },
                )
            })
        },
    ),
    relation(
        "revoke-validation",
        "a module's revoked validation improves nothing",
        |case| {
            worse_all(
                case,
                Kind::Modules,
                "every module's validation revoked",
                |_| true,
                |record| {
                    set_in(record, "/validation", "status", json!("revoked"));
                },
            )
        },
    ),
    relation(
        "drop-training",
        "training taken away improves nothing",
        |case| {
            on_subjects(case, "KC-4", "without training", |evidence, person| {
                each(
                    evidence,
                    Kind::People,
                    &|record| id_of(record) == person,
                    &|record| {
                        set_in(record, "", "training", json!([]));
                    },
                )
            })
        },
    ),
    relation(
        "fewer-operators",
        "fewer operators improve nothing",
        |case| {
            on_subjects(
                case,
                "KC-2",
                "with its first operator alone",
                |evidence, event| {
                    // One whom nobody knows is a gap that goes with the name.
                    each(
                        evidence,
                        Kind::AuditEvents,
                        &|record| id_of(record) == event && operators_known(case, record),
                        &|record| {
                            if let Some(Value::Array(operators)) = record.get_mut("operators") {
                                operators.truncate(1);
                            }
                        },
                    )
                },
            )
        },
    ),
    relation(
        "expire-exceptions",
        "expired exceptions improve nothing",
        |case| {
            let end = json!(case.judged.scope.as_of.to_string());
            worse_all(
                case,
                Kind::Exceptions,
                "every exception expired",
                |_| true,
                |record| {
                    set_in(record, "", "expires_at", end.clone());
                },
            )
        },
    ),
    relation(
        "path-outside-scope",
        "a further path over a legacy bridge improves nothing",
        add_path,
    ),
    relation(
        "refresh-observation",
        "a newer inventory observation worsens nothing",
        |case| {
            let now = json!(case.judged.scope.as_of.to_string());
            better_all(
                case,
                Kind::SigningKeys,
                "every key observed at as-of",
                |_| true,
                |record| {
                    set_in(record, "", "observed_at", now.clone());
                },
            )
        },
    ),
    relation(
        "refresh-training",
        "newer training worsens nothing",
        |case| {
            let now = json!(case.judged.scope.as_of.to_string());
            better_all(
                case,
                Kind::People,
                "every training acknowledged at as-of",
                |_| true,
                |record| {
                    let training = record.get_mut("training").and_then(Value::as_array_mut);
                    for course in training.into_iter().flatten() {
                        set_in(course, "", "acknowledged_at", now.clone());
                        set_in(course, "", "expires_at", Value::Null);
                    }
                },
            )
        },
    ),
    relation(
        "refresh-controls",
        "newer verification of compensating controls worsens nothing",
        |case| {
            let now = json!(case.judged.scope.as_of.to_string());
            better_all(
                case,
                Kind::Exceptions,
                "every compensating control verified at as-of",
                |_| true,
                |record| {
                    verify(record, &now);
                },
            )
        },
    ),
    relation(
        "widen-scope",
        "a wider scope of a sound exception worsens nothing",
        widen,
    ),
];

const fn relation(
    name: &'static str,
    meaning: &'static str,
    trials: fn(&Case) -> Vec<Trial>,
) -> Relation {
    Relation {
        name,
        kind: Monotone,
        meaning,
        trials,
    }
}

/// The artifacts that a requirement judges.
fn subjects_of<'c>(case: &'c Case, requirement: &str) -> impl Iterator<Item = &'c str> {
    let results = case.judged.assessment.requirements.iter();
    let mut of_requirement = results.filter(move |result| result.id == requirement);
    let subjects = of_requirement
        .next()
        .map(|result| result.subjects.as_slice());
    subjects
        .unwrap_or_default()
        .iter()
        .map(|subject| subject.artifact.as_str())
}

/// One trial on each of the first subjects of a requirement. `change` says whether it changed anything.
fn on_subjects(
    case: &Case,
    requirement: &str,
    how: &str,
    change: impl Fn(&mut Evidence, &str) -> bool,
) -> Vec<Trial> {
    let trials = subjects_of(case, requirement).filter_map(|subject| {
        let (_, id) = subject.rsplit_once('/')?;
        let mut evidence = case.evidence.clone();
        change(&mut evidence, id)
            .then(|| Trial::new(format!("{id} {how}"), case, evidence, Expected::NotBetter))
    });
    trials.take(PER_CASE).collect()
}

fn worse_all(
    case: &Case,
    kind: Kind,
    how: &str,
    which: impl Fn(&Value) -> bool,
    change: impl Fn(&mut Value),
) -> Vec<Trial> {
    let mut evidence = case.evidence.clone();
    let changed = each(&mut evidence, kind, &which, &change);
    let trial = || Trial::new(how.to_owned(), case, evidence, Expected::NotBetter);
    changed.then(trial).into_iter().collect()
}

fn better_all(
    case: &Case,
    kind: Kind,
    how: &str,
    which: impl Fn(&Value) -> bool,
    change: impl Fn(&mut Value),
) -> Vec<Trial> {
    let mut trials = worse_all(case, kind, how, which, change);
    trials
        .iter_mut()
        .for_each(|trial| trial.expected = Expected::NotWorse);
    trials
}

/// Changes the records that `which` says; whether there was one.
pub(super) fn each(
    evidence: &mut Evidence,
    kind: Kind,
    which: &dyn Fn(&Value) -> bool,
    change: &dyn Fn(&mut Value),
) -> bool {
    if !evidence.of_kind(kind).iter().any(which) {
        return false;
    }
    evidence
        .change(kind)
        .iter_mut()
        .filter(|record| which(record))
        .for_each(change);
    true
}

fn operators_known(case: &Case, event: &Value) -> bool {
    let operators = event.get("operators").and_then(Value::as_array);
    operators.into_iter().flatten().all(|operator| {
        operator
            .as_str()
            .is_some_and(|operator| case.judged.capture.person(operator).is_some())
    })
}

pub(super) fn is(record: &Value, member: &str, text: &str) -> bool {
    record.get(member).and_then(Value::as_str) == Some(text)
}

pub(super) fn shift(record: &mut Value, member: &str, seconds: i64) {
    let time = record.get(member).and_then(Value::as_str);
    if let Some(time) = time.and_then(|time| shifted(time, seconds)) {
        set_in(record, "", member, json!(time));
    }
}

/// Sets a member of the object at `pointer`.
pub(super) fn set_in(record: &mut Value, pointer: &str, member: &str, to: Value) {
    if let Some(Value::Object(members)) = record.pointer_mut(pointer) {
        members.insert(member.to_owned(), to);
    }
}

fn verify(exception: &mut Value, at: &Value) {
    let controls = exception
        .get_mut("compensating_controls")
        .and_then(Value::as_array_mut);
    for control in controls.into_iter().flatten() {
        set_in(control, "", "verified_at", at.clone());
    }
}

fn add_path(case: &Case) -> Vec<Trial> {
    let bridges = case.evidence.of_kind(Kind::NotarizationBridges).iter();
    let mut legacy = bridges.filter(|bridge| bridge.get("legacy") == Some(&json!(true)));
    // A path brings its key into the review: it is one that is judged already.
    let judged: Vec<&str> = subjects_of(case, "KC-1").collect();
    let path = case
        .evidence
        .of_kind(Kind::SigningPaths)
        .iter()
        .find(|path| {
            let key = path.get("key").and_then(Value::as_str).unwrap_or_default();
            judged.contains(&format!("{}/{key}", Kind::SigningKeys).as_str())
        });
    let (Some(bridge), Some(path)) = (legacy.next(), path) else {
        return Vec::new();
    };
    let mut path = path.clone();
    let added = [
        ("id", json!("zz-path")),
        ("environment", json!("production")),
        ("artifact_class", json!("zz-class")),
        ("bridge", json!(id_of(bridge))),
        ("retired_at", Value::Null),
    ];
    for (member, value) in added {
        set_in(&mut path, "", member, value);
    }
    let mut evidence = case.evidence.clone();
    evidence.change(Kind::SigningPaths).push(path);
    let change = format!("a path over {} outside of every scope", id_of(bridge));
    vec![Trial::new(change, case, evidence, Expected::NotBetter)]
}

/// Every approved exception in force covers every path, and its controls are verified: widening one with
/// old controls would rightly bring the old controls up.
fn widen(case: &Case) -> Vec<Trial> {
    let as_of = case.judged.scope.as_of;
    let now = json!(as_of.to_string());
    let all = |kind: Kind, member: &str| -> Vec<Value> {
        let records = case.evidence.of_kind(kind).iter();
        records
            .filter_map(|record| record.get(member))
            .cloned()
            .collect()
    };
    let scope = json!({
        "bridges": all(Kind::NotarizationBridges, "id"),
        "keys": all(Kind::SigningPaths, "key"),
        "signing_paths": all(Kind::SigningPaths, "id"),
        "artifact_classes": all(Kind::SigningPaths, "artifact_class"),
        "environments": all(Kind::SigningPaths, "environment"),
    });
    better_all(
        case,
        Kind::Exceptions,
        "every approved exception covers every path, its controls verified",
        |record| is(record, "state", "approved") && is(record, "requirement", "KC-5"),
        |record| {
            set_in(record, "", "scope", scope.clone());
            verify(record, &now);
        },
    )
}
