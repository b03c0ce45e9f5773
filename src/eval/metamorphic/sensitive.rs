//! Changes that must show: a proof on the other side of a limit, a person on or off the roster, a control undone.
//!
//! A subject is chosen where the case's own rules find nothing against it, so that a change has to show.

use std::collections::BTreeSet;

use custody_controls::instant::Instant;
use custody_controls::kind::{ArtifactId, Kind};
use custody_controls::status::RequirementStatus;
use serde_json::{Value, json};

use super::monotone::{each, is, set_in};
use super::{Expected, Relation, Review, Trial};
use crate::eval::case::Case;
use crate::eval::evidence::{Evidence, id_of};
use crate::eval::report::RelationKind::Sensitive;
use crate::eval::times::moved;

const DAY: i64 = 86_400;

/// How many subjects of a case a relation is tried on.
const PER_CASE: usize = 2;

pub(super) const RELATIONS: &[Relation] = &[
    relation(
        "observation-at-limit",
        "one second past the limit makes an observation stale",
        |case| {
            at_limit(
                case,
                "KC-1",
                up_to("inventory_max_age_days"),
                "observation",
                |evidence, key, at| set_time(evidence, Kind::SigningKeys, key, "observed_at", at),
            )
        },
    ),
    relation(
        "inspection-at-limit",
        "one second past the limit makes an inspection stale",
        |case| {
            at_limit(
                case,
                "KC-3",
                up_to("inspection_max_age_days"),
                "inspection",
                inspected_only_at,
            )
        },
    ),
    relation(
        "training-at-limit",
        "one second past the limit makes training stale",
        |case| {
            at_limit(
                case,
                "KC-4",
                before("training_max_age_days"),
                "training",
                trained_only_at,
            )
        },
    ),
    relation(
        "control-at-limit",
        "one second past the limit makes a control's verification stale",
        |case| {
            let days = up_to("control_verification_max_age_days");
            at_limit(
                case,
                "KC-5",
                days,
                "verification of controls",
                |evidence, _, at| {
                    each(evidence, Kind::Exceptions, &|_| true, &|record| {
                        let controls = record
                            .get_mut("compensating_controls")
                            .and_then(Value::as_array_mut);
                        for control in controls.into_iter().flatten() {
                            set_in(control, "", "verified_at", json!(at.to_string()));
                        }
                    })
                },
            )
        },
    ),
    relation(
        "inspection-across-replacement",
        "an inspection from before the replacement does not count",
        |case| {
            on_sound(
                case,
                "KC-3",
                "inspected one second before it was sealed",
                |evidence, medium| {
                    let sealed = latest_sealing(evidence, medium)?;
                    inspected_only_at(evidence, medium, moved(sealed, -1)).then_some(())
                },
            )
        },
    ),
    relation(
        "residency-to-software",
        "a key that leaves its module shows",
        |case| {
            on_sound(case, "KC-1", "said to live in software", |evidence, key| {
                let residency = json!({"kind": "software"});
                let changed = each(
                    evidence,
                    Kind::SigningKeys,
                    &|record| id_of(record) == key,
                    &|record| {
                        set_in(record, "", "residency", residency.clone());
                    },
                );
                changed.then_some(())
            })
        },
    ),
    relation(
        "ceremony-removed",
        "a change whose ceremony is gone shows",
        |case| {
            on_sound(case, "KC-2", "without its ceremony", |evidence, event| {
                let ceremony = ceremony_of(evidence, event)?;
                evidence
                    .remove(&ArtifactId::new(Kind::Ceremonies, ceremony))
                    .then_some(())
            })
        },
    ),
    relation(
        "operator-off-roster",
        "a temporary operator taken off the roster shows",
        off_roster,
    ),
    relation(
        "custodian-separated",
        "a custodian who leaves shows",
        |case| {
            on_sound(case, "KC-4", "separated", |evidence, person| {
                let changed = each(
                    evidence,
                    Kind::People,
                    &|record| id_of(record) == person,
                    &|record| {
                        set_in(record, "", "status", json!("separated"));
                    },
                );
                changed.then_some(())
            })
        },
    ),
    relation(
        "custodian-off-roster",
        "a custodian taken off the roster shows",
        |case| {
            on_sound(
                case,
                "KC-4",
                "taken off every roster",
                |evidence, person| take_off_rosters(evidence, person, &|_| true).then_some(()),
            )
        },
    ),
    relation(
        "exception-revoked",
        "a path whose exception is revoked shows",
        |case| {
            on_sound(
                case,
                "KC-5",
                "with every exception revoked",
                |evidence, _| {
                    let changed = each(evidence, Kind::Exceptions, &|_| true, &|record| {
                        set_in(record, "", "state", json!("revoked"));
                    });
                    changed.then_some(())
                },
            )
        },
    ),
];

const fn relation(
    name: &'static str,
    meaning: &'static str,
    trials: fn(&Case) -> Vec<Trial>,
) -> Relation {
    Relation {
        name,
        kind: Sensitive,
        meaning,
        trials,
    }
}

/// The subjects of a requirement that the rules find nothing against.
fn sound<'c>(case: &'c Case, requirement: &'c str) -> impl Iterator<Item = &'c str> {
    let results = case.judged.assessment.requirements.iter();
    let subjects = results
        .filter(move |result| result.id == requirement)
        .flat_map(|result| &result.subjects)
        .filter(|subject| match subject.status {
            RequirementStatus::Satisfied | RequirementStatus::ExceptionBacked => true,
            RequirementStatus::Partial | RequirementStatus::Stale | RequirementStatus::Missing => {
                false
            }
        });
    subjects.filter_map(|subject| Some(subject.artifact.rsplit_once('/')?.1))
}

fn on_sound(
    case: &Case,
    requirement: &'static str,
    how: &str,
    change: impl Fn(&mut Evidence, &str) -> Option<()>,
) -> Vec<Trial> {
    let trials = sound(case, requirement).filter_map(|id| {
        let mut evidence = case.evidence.clone();
        change(&mut evidence, id)?;
        let expected = Expected::Differs(requirement);
        Some(Trial::new(format!("{id} {how}"), case, evidence, expected))
    });
    trials.take(PER_CASE).collect()
}

/// How old a proof may be.
struct Limit {
    /// The policy's parameter, in days.
    parameter: &'static str,
    /// By how many seconds a proof must be younger than that to hold.
    holds_to: i64,
}

/// What is more than the limit is too old.
const fn up_to(parameter: &'static str) -> Limit {
    Limit {
        parameter,
        holds_to: 0,
    }
}

/// What has reached the limit has lapsed.
const fn before(parameter: &'static str) -> Limit {
    Limit {
        parameter,
        holds_to: 1,
    }
}

/// A proof exactly as old as allowed, against one that is a second older.
fn at_limit(
    case: &Case,
    requirement: &'static str,
    Limit {
        parameter,
        holds_to,
    }: Limit,
    proof: &str,
    change: impl Fn(&mut Evidence, &str, Instant) -> bool,
) -> Vec<Trial> {
    let Some(days) = case
        .judged
        .parameters()
        .get(parameter)
        .and_then(Value::as_i64)
    else {
        return Vec::new();
    };
    let scope = &case.judged.scope;
    let limit = moved(scope.as_of, holds_to - days * DAY);
    let aged = |id: &str, at: Instant| {
        let mut evidence = case.evidence.clone();
        change(&mut evidence, id, at).then(|| Review {
            evidence,
            scope: scope.clone(),
        })
    };
    let trials = sound(case, requirement).filter_map(|id| {
        Some(Trial {
            change: format!("{proof} of {id} a second older than allowed, by {days} days"),
            before: Some(aged(id, limit)?),
            after: aged(id, moved(limit, -1))?,
            expected: Expected::Differs(requirement),
        })
    });
    trials.take(PER_CASE).collect()
}

fn set_time(evidence: &mut Evidence, kind: Kind, id: &str, member: &str, at: Instant) -> bool {
    each(evidence, kind, &|record| id_of(record) == id, &|record| {
        set_in(record, "", member, json!(at.to_string()));
    })
}

/// Every inspection of the medium at one instant, and the medium sealed long before unless that is what counts.
fn inspected_only_at(evidence: &mut Evidence, medium: &str, at: Instant) -> bool {
    let sealed = latest_sealing(evidence, medium);
    // The relation about age must not stumble over the sealing.
    if sealed.is_some_and(|sealed| moved(sealed, -1) != at && sealed > at) {
        let before = json!(moved(at, -DAY).to_string());
        each(
            evidence,
            Kind::EscrowMedia,
            &|record| id_of(record) == medium,
            &|record| {
                set_in(record, "", "sealed_at", before.clone());
                set_in(record, "", "replaced_at", Value::Null);
            },
        );
    }
    each(
        evidence,
        Kind::SealInspections,
        &|record| is(record, "media", medium),
        &|record| {
            set_in(record, "", "inspected_at", json!(at.to_string()));
        },
    )
}

fn latest_sealing(evidence: &Evidence, medium: &str) -> Option<Instant> {
    let record = evidence.find(&ArtifactId::new(Kind::EscrowMedia, medium))?;
    let time = |member: &str| record.get(member).and_then(Value::as_str);
    let times = [time("sealed_at"), time("replaced_at")];
    times
        .into_iter()
        .flatten()
        .filter_map(|text| Instant::parse(text).ok())
        .max()
}

fn trained_only_at(evidence: &mut Evidence, person: &str, at: Instant) -> bool {
    each(
        evidence,
        Kind::People,
        &|record| id_of(record) == person,
        &|record| {
            let training = record.get_mut("training").and_then(Value::as_array_mut);
            for course in training.into_iter().flatten() {
                set_in(course, "", "acknowledged_at", json!(at.to_string()));
                set_in(course, "", "expires_at", Value::Null);
            }
        },
    )
}

/// The ceremony of an audit event: the one that it names, else the one that lists it.
fn ceremony_of(evidence: &Evidence, event: &str) -> Option<String> {
    let record = evidence.find(&ArtifactId::new(Kind::AuditEvents, event))?;
    if let Some(named) = record.get("ceremony").and_then(Value::as_str) {
        return Some(named.to_owned());
    }
    let mut ceremonies = evidence.of_kind(Kind::Ceremonies).iter();
    let lists = |ceremony: &&Value| {
        let events = ceremony.get("audit_events").and_then(Value::as_array);
        events.is_some_and(|events| events.contains(&json!(event)))
    };
    ceremonies
        .find(lists)
        .map(|ceremony| id_of(ceremony).to_owned())
}

/// Somebody who took part on a temporary assignment is taken off the rosters that came after the ceremony.
fn off_roster(case: &Case) -> Vec<Trial> {
    on_sound(
        case,
        "KC-2",
        "with a temporary operator taken off later rosters",
        |evidence, event| {
            let ceremony = ceremony_of(evidence, event)?;
            let ceremony = evidence.find(&ArtifactId::new(Kind::Ceremonies, ceremony))?;
            let performed = time_of(ceremony, "performed_at")?;
            let as_of = case.judged.scope.as_of;
            // In force at as-of, and another than that of the ceremony.
            let later = |roster: &Value| {
                let until = time_of(roster, "effective_until");
                time_of(roster, "effective_from")
                    .is_some_and(|from| from > performed && from <= as_of)
                    && time_of(roster, "approved_at").is_some_and(|at| at <= as_of)
                    && until.is_none_or(|until| as_of < until)
            };
            let participants = ceremony.get("participants")?.as_array()?;
            let person = participants.iter().find_map(|participant| {
                let assignment = participant.get("role_assignment")?.as_str()?;
                let assignment =
                    evidence.find(&ArtifactId::new(Kind::RoleAssignments, assignment))?;
                let passing =
                    is(assignment, "kind", "temporary") || is(assignment, "kind", "on_call");
                let outside = is(participant, "role", "external_witness");
                (passing && !outside).then(|| participant.get("person")?.as_str())?
            })?;
            let person = case.judged.capture.person(person)?.id.as_str().to_owned();
            take_off_rosters(evidence, &person, &later).then_some(())
        },
    )
}

fn time_of(record: &Value, member: &str) -> Option<Instant> {
    Instant::parse(record.get(member)?.as_str()?).ok()
}

/// Takes a person, by any name, off the rosters that `which` says; whether there was an entry.
fn take_off_rosters(evidence: &mut Evidence, person: &str, which: &dyn Fn(&Value) -> bool) -> bool {
    let Some(record) = evidence.find(&ArtifactId::new(Kind::People, person)) else {
        return false;
    };
    let aliases = record.get("aliases").and_then(Value::as_array);
    let names: BTreeSet<String> = aliases
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .chain([person])
        .map(str::to_owned)
        .collect();
    let names_person = |member: &Value| {
        let named = member.get("person").and_then(Value::as_str);
        named.is_some_and(|named| names.contains(named))
    };
    let lists = |roster: &Value| {
        let members = roster.get("members").and_then(Value::as_array);
        which(roster) && members.is_some_and(|members| members.iter().any(names_person))
    };
    each(evidence, Kind::RosterSnapshots, &lists, &|roster| {
        if let Some(Value::Array(members)) = roster.get_mut("members") {
            members.retain(|member| !names_person(member));
        }
    })
}
