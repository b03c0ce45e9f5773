//! Escrow media and seal inspections; defects against KC-3.

use serde_json::{Value, json};

use super::{World, custodians::custodian, key_id, later, share, time};

/// What can be wrong with a medium, and what it makes of its status.
const DEFECTS: [(&str, &str); 9] = [
    ("never-inspected", "missing remediate"),
    ("unknown-key", "missing remediate"),
    ("inspected-before-sealing", "stale remediate"),
    ("inspected-long-ago", "stale remediate"),
    ("one-inspector-twice", "partial remediate"),
    ("unknown-inspector", "missing remediate"),
    ("damaged", "partial escalate"),
    ("unreadable", "partial escalate"),
    ("other-seal", "partial escalate"),
];

impl World {
    pub(super) fn escrow(&mut self) {
        for number in 0..share(self.keys, 2, 2) {
            self.medium(number);
        }
    }

    fn medium(&mut self, number: usize) {
        let (id, seal) = (format!("EM-{number:06}"), format!("SEAL-{number:07}"));
        let sealed = self.before(250);
        let inspected = self.before(40);
        let mut medium = json!({"id": id, "medium": "smartcard", "keys": [key_id(number * 2 % self.keys), key_id((number * 2 + 1) % self.keys)],
            "state": "in_service", "seal_serial": seal, "sealed_at": sealed, "replaced_at": sealed,
            "custodians": [custodian(number, self.keys)], "location": "Safe 7, drawer 2"});
        let mut inspection = json!({"id": format!("SI-{number:06}"), "media": id, "seal_serial": seal, "inspected_at": inspected,
            "inspectors": [custodian(number, self.keys), custodian(number + 1, self.keys)], "result": "intact"});
        let mut inspected_ever = true;
        if self.is_defective() {
            let index = self.dice.below(DEFECTS.len());
            let (defect, outcome) = DEFECTS.get(index).copied().unwrap_or(("", ""));
            inspected_ever = defect != "never-inspected";
            spoil(&mut medium, &mut inspection, defect);
            self.expect("KC-3", &format!("hsm/escrow_media/{id}"), outcome);
        }
        self.add("hsm/escrow_media", &medium);
        if inspected_ever {
            self.add("ceremonies/seal_inspections", &inspection);
            self.superseded(number, &id, &sealed);
        }
    }

    /// What every other medium had before: an inspection of the former seal, and a former medium.
    fn superseded(&mut self, number: usize, id: &str, sealed: &str) {
        if number.is_multiple_of(2) {
            let former = json!({"id": format!("SI-OLD-{number:06}"), "media": id, "seal_serial": "SEAL-OLD",
                "inspected_at": later(sealed, -86_400), "inspectors": [], "result": "damaged"});
            self.add("ceremonies/seal_inspections", &former);
            let former = json!({"id": format!("EM-OLD-{number:06}"), "medium": "paper", "keys": [key_id(number % self.keys)],
                "state": "destroyed", "seal_serial": "SEAL-OLD", "sealed_at": time(900, 0), "custodians": [], "location": "none"});
            self.add("hsm/escrow_media", &former);
        }
    }
}

fn spoil(medium: &mut Value, inspection: &mut Value, defect: &str) {
    match defect {
        "unknown-key" => medium["keys"][1] = "KEY-NONE".into(),
        "inspected-before-sealing" => {
            medium["replaced_at"] =
                later(inspection["inspected_at"].as_str().unwrap_or(""), 1).into();
            inspection["result"] = "damaged".into();
        }
        "inspected-long-ago" => inspection["inspected_at"] = time(184, 1).into(),
        "one-inspector-twice" => {
            let inspector = inspection["inspectors"][0].clone();
            inspection["inspectors"][1] = inspector;
        }
        "unknown-inspector" => inspection["inspectors"][0] = "visitor".into(),
        "damaged" | "unreadable" => inspection["result"] = defect.into(),
        "other-seal" => inspection["seal_serial"] = "SEAL-OTHER".into(),
        _ => {}
    }
}
