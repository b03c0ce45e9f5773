//! People, rosters and training; defects against KC-4.

use serde_json::{Value, json};

use super::{World, key_id, share, time};

/// What can be wrong with a custodian, and what it makes of their status.
const DEFECTS: [(&str, &str); 4] = [
    ("off-roster", "partial remediate"),
    ("lapsed-training", "stale remediate"),
    ("no-training", "stale remediate"),
    ("separated", "partial escalate"),
];

/// How many custodians there are.
pub(super) fn custodians(keys: usize) -> usize {
    share(keys, 10, 5)
}

/// A reference to custodian `number`, by id or, every other time, by alias.
pub(super) fn custodian(number: usize, keys: usize) -> String {
    let person = number % custodians(keys);
    if number.is_multiple_of(2) {
        format!("cust.{person}")
    } else {
        format!("hsm-user-{person}")
    }
}

impl World {
    pub(super) fn custodians(&mut self) {
        let mut off_roster = Vec::new();
        for number in 0..custodians(self.keys) {
            let mut person = self.person(&format!("cust.{number}"), &format!("hsm-user-{number}"));
            if self.is_defective() {
                let index = self.dice.below(DEFECTS.len());
                let (defect, outcome) = DEFECTS.get(index).copied().unwrap_or(("", ""));
                match defect {
                    "off-roster" => off_roster.push(number),
                    "lapsed-training" => person["training"][1]["expires_at"] = time(0, 0).into(),
                    "no-training" => person["training"] = json!([]),
                    _ => person["status"] = "separated".into(),
                }
                self.expect("KC-4", &format!("identity/people/cust.{number}"), outcome);
            }
            self.add("identity/people", &person);
        }
        self.unknown_custodian();
        let mut members: Vec<Value> = (0..custodians(self.keys))
            .filter(|number| !off_roster.contains(number))
            .map(|number| member(&format!("cust.{number}")))
            .collect();
        members.extend(self.rostered_operators().iter().map(|id| member(id)));
        self.rosters(&members);
    }

    /// One more key, clean but for a custodian whom nobody knows.
    fn unknown_custodian(&mut self) {
        let id = key_id(self.keys);
        let text = self.files.get("hsm/signing_keys");
        let keys: Vec<Value> = text
            .and_then(|text| serde_json::from_str(&format!("{text}]")).ok())
            .unwrap_or_default();
        let clean = keys.iter().find(|key| {
            key["residency"]["module"] == "HSM-0000"
                && key["attributes"]["extractable"] == false
                && key["observed_at"]
                    .as_str()
                    .is_some_and(|at| at > "2026-12-01")
                && key["key_attestation"]["verified"] == true
                && key["key_attestation"]["device_serial"] == "SN-HSM-0000"
        });
        let Some(mut key) = clean.cloned() else {
            return;
        };
        key["id"] = id.clone().into();
        key["authorized_custodians"] = json!(["who-is-this", "cust.0"]);
        self.add("hsm/signing_keys", &key);
        self.expect(
            "KC-4",
            &format!("hsm/signing_keys/{id}"),
            "missing remediate",
        );
    }

    pub(super) fn person(&mut self, id: &str, alias: &str) -> Value {
        let acknowledged = self.before(100);
        json!({"id": id, "name": format!("Person {id}"), "email": format!("{id}@example.com"), "aliases": [alias, format!("badge:{id}")],
            "status": "active", "training": [
                {"course": "security-basics", "acknowledged_at": acknowledged},
                {"course": "key-custodian", "acknowledged_at": acknowledged, "expires_at": time(-200, 0)}]})
    }

    /// Last year's roster, the one of most of the period, and the one in force, which has dropped people.
    fn rosters(&mut self, members: &[Value]) {
        let mut before = members.to_vec();
        before.push(member("op.dropped"));
        let rosters = [
            ("ROSTER-1", 700, Some(348), &before[..]),
            ("ROSTER-2", 348, Some(5), &before[..]),
            ("ROSTER-3", 5, None, members),
        ];
        for (id, from, until, members) in rosters {
            let record = json!({"id": id, "version": id, "approved_by": "cust.0", "approved_at": time(from + 3, 0),
                "effective_from": time(from, 0), "effective_until": until.map(|days| time(days, 0)), "members": members});
            self.add("identity/roster_snapshots", &record);
        }
        let pending = json!({"id": "ROSTER-4", "version": "next", "effective_from": time(1, 0), "members": []});
        self.add("identity/roster_snapshots", &pending);
    }
}

fn member(id: &str) -> Value {
    json!({"person": id, "roles": ["custodian"], "from": time(1000, 0)})
}
