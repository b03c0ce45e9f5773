//! Ways in which evidence gets worse: proofs age or go, people leave the roster, exceptions end.

use chrono::Duration;
use custody_controls::instant::Instant;
use custody_controls::kind::Kind;
use serde_json::{Value, json};

use crate::evidence::{AS_OF, Evidence, at};
use crate::world::Dice;

/// A change for the worse.
pub(super) struct Worsening {
    pub(super) name: &'static str,
    pub(super) apply: fn(&mut Evidence, &mut Dice),
}

/// The name of the change after which an exception may no longer cover its path.
pub(super) const SCOPE_LOST: &str = "an exception's scope loses a dimension";

/// All of them. Each leaves evidence alone that has nothing of the kind.
pub(super) const WORSENINGS: &[Worsening] = &[
    Worsening {
        name: "a seal inspection ages",
        apply: |evidence, dice| age(evidence, dice, Kind::SealInspections, "/inspected_at"),
    },
    Worsening {
        name: "an inventory observation ages",
        apply: |evidence, dice| age(evidence, dice, Kind::SigningKeys, "/observed_at"),
    },
    Worsening {
        name: "a compensating control's verification ages",
        apply: |evidence, dice| {
            let pointer = "/compensating_controls/0/verified_at";
            age(evidence, dice, Kind::Exceptions, pointer);
        },
    },
    Worsening {
        name: "a training acknowledgement ages",
        apply: |evidence, dice| {
            let pointer = format!("/training/{}/acknowledged_at", dice.below(2));
            age(evidence, dice, Kind::People, &pointer);
        },
    },
    Worsening {
        // Not one alone: what spoke against a medium may have been the latest.
        name: "a medium's seal inspections go",
        apply: |evidence, dice| {
            if let Some(inspection) = any(evidence, dice, Kind::SealInspections) {
                let medium = inspection["media"].clone();
                records(evidence, Kind::SealInspections)
                    .retain(|inspection| inspection["media"] != medium);
            }
        },
    },
    Worsening {
        name: "a ceremony goes",
        apply: |evidence, dice| {
            let records = records(evidence, Kind::Ceremonies);
            if !records.is_empty() {
                records.remove(dice.below(records.len()));
            }
        },
    },
    Worsening {
        name: "a person's training goes",
        apply: |evidence, dice| {
            if let Some(person) = any(evidence, dice, Kind::People) {
                person["training"] = json!([]);
            }
        },
    },
    Worsening {
        name: "a person leaves the company",
        apply: |evidence, dice| {
            if let Some(person) = any(evidence, dice, Kind::People) {
                person["status"] = "separated".into();
            }
        },
    },
    Worsening {
        name: "a roster loses a member",
        apply: |evidence, dice| {
            let roster = any(evidence, dice, Kind::RosterSnapshots);
            let members = roster.and_then(|roster| roster["members"].as_array_mut());
            if let Some(members) = members.filter(|members| !members.is_empty()) {
                members.remove(dice.below(members.len()));
            }
        },
    },
    Worsening {
        name: "an operator who is on no roster joins a ceremony and its event",
        apply: unrostered_operator,
    },
    Worsening {
        name: "an exception expires",
        apply: |evidence, dice| {
            if let Some(exception) = any(evidence, dice, Kind::Exceptions) {
                exception["expires_at"] = AS_OF.into();
            }
        },
    },
    Worsening {
        name: SCOPE_LOST,
        apply: |evidence, dice| {
            let dimension =
                dice.pick(&["keys", "signing_paths", "artifact_classes", "environments"]);
            if let Some(exception) = any(evidence, dice, Kind::Exceptions) {
                exception["scope"][dimension] = json!([]);
            }
        },
    },
    Worsening {
        name: "a module's validation is revoked",
        apply: |evidence, dice| {
            if let Some(module) = any(evidence, dice, Kind::Modules) {
                module["validation"]["status"] = "revoked".into();
            }
        },
    },
    Worsening {
        name: "a key becomes extractable",
        apply: |evidence, dice| {
            if let Some(key) = any(evidence, dice, Kind::SigningKeys)
                && !key["attributes"].is_null()
            {
                key["attributes"]["extractable"] = true.into();
            }
        },
    },
];

fn records(evidence: &mut Evidence, kind: Kind) -> &mut Vec<Value> {
    evidence.records.entry(kind).or_default()
}

fn any<'e>(evidence: &'e mut Evidence, dice: &mut Dice, kind: Kind) -> Option<&'e mut Value> {
    let records = records(evidence, kind);
    let index = dice.below(records.len());
    records.get_mut(index)
}

/// Moves a time of some record back, by up to two years.
fn age(evidence: &mut Evidence, dice: &mut Dice, kind: Kind, pointer: &str) {
    let days = i64::try_from(dice.below(730)).unwrap();
    let record = any(evidence, dice, kind);
    if let Some(Value::String(time)) = record.and_then(|record| record.pointer_mut(pointer)) {
        let aged = at(time).utc() - Duration::days(days);
        *time = Instant::from(aged).to_string();
    }
}

fn unrostered_operator(evidence: &mut Evidence, dice: &mut Dice) {
    let stranger = json!({"id": "stranger", "name": "s", "email": "s@x", "aliases": [], "status": "active", "training": []});
    records(evidence, Kind::People).push(stranger);
    let Some(ceremony) = any(evidence, dice, Kind::Ceremonies) else {
        return;
    };
    let participant = json!({"person": "stranger", "role": "operator", "signed": true});
    ceremony["participants"]
        .as_array_mut()
        .unwrap()
        .push(participant);
    let listed = ceremony["audit_events"].clone();
    for event in records(evidence, Kind::AuditEvents) {
        if listed.as_array().unwrap().contains(&event["id"]) {
            event["operators"]
                .as_array_mut()
                .unwrap()
                .push("stranger".into());
        }
    }
}
