//! Changes of policy, quorum and custodians, and their ceremonies; defects against KC-2.

use serde_json::{Value, json};

use super::{World, key_id, later, share, time};

/// What can be wrong with a change, and what it makes of its status.
const DEFECTS: [(&str, &str); 14] = [
    ("out-of-band", "missing escalate"),
    ("no-ceremony", "missing remediate"),
    ("unknown-ceremony", "missing remediate"),
    ("not-listed", "partial remediate"),
    ("other-keys", "partial remediate"),
    ("ceremony-after", "partial remediate"),
    ("one-operator-twice", "partial remediate"),
    ("unknown-operator", "missing remediate"),
    ("unsigned", "partial remediate"),
    ("witness-operated", "partial remediate"),
    ("off-roster-then", "partial remediate"),
    ("role-ended", "partial remediate"),
    ("dropped-since", "partial remediate"),
    ("unknown-assignment", "missing remediate"),
];

fn operators(keys: usize) -> usize {
    share(keys, 50, 4)
}

impl World {
    pub(super) fn changes(&mut self) {
        for number in 0..operators(self.keys) {
            let person = self.person(&format!("op.{number}"), &format!("log:op{number}"));
            self.add("identity/people", &person);
        }
        for id in ["op.dropped", "op.never"] {
            let person = self.person(id, &format!("log:{id}"));
            self.add("identity/people", &person);
        }
        for number in 0..share(self.keys, 8, 10) {
            self.change(number);
        }
    }

    /// Those who were on the roster all the time.
    pub(super) fn rostered_operators(&self) -> Vec<String> {
        (0..operators(self.keys))
            .map(|number| format!("op.{number}"))
            .collect()
    }

    fn change(&mut self, number: usize) {
        let pool = operators(self.keys);
        let first = self.dice.below(pool);
        let [a, b, c] = [first, (first + 1) % pool, (first + 2) % pool];
        let performed = self.before(10 + i64::try_from(number % 120).unwrap_or_default());
        let (event, ceremony, key) = (
            format!("EV-C-{number:06}"),
            format!("CER-{number:06}"),
            key_id(number % self.keys),
        );
        let action = self
            .dice
            .pick(&["quorum_change", "key_policy_change", "custodian_change"]);
        let mut change = Change {
            event: json!({"id": event, "at": later(&performed, 900), "action": action, "key": key,
                "operators": [format!("log:op{a}"), format!("op.{b}")], "ceremony": ceremony,
                "change": {"field": "threshold", "from": "2", "to": "3"}}),
            ceremony: json!({"id": ceremony, "kind": action, "performed_at": performed, "keys": [key], "audit_events": [event],
                "participants": [
                    {"person": format!("op.{a}"), "role": "operator", "signed": true},
                    {"person": format!("badge:op.{b}"), "role": "operator", "signed": true},
                    {"person": format!("op.{c}"), "role": "internal_witness", "signed": true}],
                "approvals": [{"person": "cust.0", "at": later(&performed, -86_400), "note": "as planned"}],
                "script": {"id": "change-of-key-policy", "version": "4", "sha256": "00ff"}, "deviations": [], "log": format!("DOC-{number:06}")}),
            assignment: json!({"id": format!("RA-{number:06}"), "person": format!("op.{a}"), "role": "operator", "kind": "on_call",
                "from": later(&performed, -3600), "until": later(&performed, 86_400), "approved_by": "cust.0"}),
            filed: true,
        };
        if number.is_multiple_of(5) {
            change.act_on_assignment();
        }
        if number.is_multiple_of(7) {
            change.event["ceremony"] = Value::Null;
        }
        if self.is_defective() {
            let index = self.dice.below(DEFECTS.len());
            let (defect, outcome) = DEFECTS.get(index).copied().unwrap_or(("", ""));
            change.spoil(defect);
            self.expect("KC-2", &format!("hsm/audit_events/{event}"), outcome);
        }
        self.document(&format!("DOC-{number:06}"), "witness_log", 60);
        self.add("hsm/audit_events", &change.event);
        self.add("identity/role_assignments", &change.assignment);
        if change.filed {
            self.add("ceremonies/ceremonies", &change.ceremony);
        }
    }
}

struct Change {
    event: Value,
    ceremony: Value,
    assignment: Value,
    filed: bool,
}

impl Change {
    fn act_on_assignment(&mut self) {
        self.ceremony["participants"][0]["role_assignment"] = self.assignment["id"].clone();
    }

    fn spoil(&mut self, defect: &str) {
        let id = self.ceremony["id"].clone();
        match defect {
            "out-of-band" | "no-ceremony" => {
                let action = if defect == "no-ceremony" {
                    "custodian_change"
                } else {
                    "quorum_change"
                };
                self.event["action"] = action.into();
                self.event["ceremony"] = Value::Null;
                self.filed = false;
            }
            "unknown-ceremony" => self.event["ceremony"] = "CER-NONE".into(),
            "not-listed" => {
                self.event["ceremony"] = id;
                self.ceremony["audit_events"] = json!([]);
            }
            "other-keys" => self.ceremony["keys"] = json!(["KEY-OTHER"]),
            "ceremony-after" => self.event["at"] = later_of(&self.ceremony["performed_at"], -1),
            "one-operator-twice" => {
                let operator = self.ceremony["participants"][0]["person"].clone();
                let alias = self.event["operators"][0].clone();
                self.event["operators"] = json!([operator, alias]);
            }
            "unknown-operator" => self.event["operators"][1] = "log:nobody".into(),
            "unsigned" => self.ceremony["participants"][1]["signed"] = false.into(),
            "witness-operated" => {
                let operator = self.event["operators"][0].clone();
                self.ceremony["participants"][2]["person"] = operator;
            }
            "off-roster-then" => self.ceremony["participants"][2]["person"] = "log:op.never".into(),
            "role-ended" => {
                self.act_on_assignment();
                self.assignment["until"] = self.ceremony["performed_at"].clone();
            }
            "dropped-since" => {
                // Rostered at the time; the roster in force has dropped them.
                let witness = json!({"person": "op.dropped", "role": "internal_witness", "signed": true,
                    "role_assignment": self.assignment["id"]});
                self.ceremony["participants"][2] = witness;
                self.ceremony["participants"][0]["role_assignment"] = Value::Null;
                self.assignment["person"] = "log:op.dropped".into();
            }
            _ => self.ceremony["participants"][1]["role_assignment"] = "RA-NONE".into(),
        }
    }
}

fn later_of(at: &Value, seconds: i64) -> Value {
    at.as_str()
        .map_or_else(|| time(0, 0), |at| later(at, seconds))
        .into()
}
