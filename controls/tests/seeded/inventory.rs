//! Modules, signing keys, and the audit log's daily noise; defects against KC-1.

use serde_json::{Value, json};

use super::{World, custodians::custodian, key_id, share};

/// What can be wrong with a key, and what it makes of the key's status.
const DEFECTS: [(&str, &str); 12] = [
    ("software", "missing remediate"),
    ("no-module", "missing remediate"),
    ("unknown-module", "missing remediate"),
    ("no-attributes", "partial remediate"),
    ("extractable", "partial remediate"),
    ("imported", "partial remediate"),
    ("observed-long-ago", "stale remediate"),
    ("never-observed", "stale remediate"),
    ("unverified-attestation", "partial remediate"),
    ("other-device", "partial remediate"),
    ("revoked-module", "partial escalate"),
    ("exported", "partial escalate"),
];

impl World {
    pub(super) fn inventory(&mut self) {
        let modules = share(self.keys, 100, 1);
        for number in 0..modules {
            self.module(&module_id(number), "active");
        }
        self.module("HSM-REVOKED", "revoked");
        for number in 0..self.keys {
            let module = module_id(number % modules);
            let mut key = self.clean_key(number, &module);
            let mut action = "backup";
            if self.is_defective() {
                let (defect, outcome) = self.defect_of_key();
                spoil(&mut key, defect);
                action = match defect {
                    "imported" => "key_imported",
                    "exported" => "key_exported",
                    _ => action,
                };
                self.expect(
                    "KC-1",
                    &format!("hsm/signing_keys/{}", key_id(number)),
                    outcome,
                );
            }
            self.add("hsm/signing_keys", &key);
            self.daily_events(number, action);
        }
        for number in 0..share(self.keys, 20, 1) {
            let mut staging = self.clean_key(number, "HSM-NONE");
            staging["id"] = format!("STAGING-{number:06}").into();
            staging["environment"] = "staging".into();
            self.add("hsm/signing_keys", &staging);
        }
    }

    fn module(&mut self, id: &str, status: &str) {
        let record = json!({"id": id, "vendor": "Acme", "model": "Vault 3", "serial": serial(id), "firmware": "7.4.1",
            "location": "Cage 4", "validation": {"scheme": "FIPS 140-3", "level": "3", "certificate": format!("C-{id}"), "status": status}});
        self.add("hsm/modules", &record);
    }

    fn clean_key(&mut self, number: usize, module: &str) -> Value {
        let id = key_id(number);
        let digest = format!("{:064x}", number.wrapping_mul(0x9e37_79b9));
        json!({
            "id": id, "label": format!("release signing {number}"), "environment": "production",
            "state": if number % 10 == 9 { "suspended" } else { "active" }, "artifact_classes": ["deb", "rpm"],
            "algorithm": "ecdsa-p384", "public_key_sha256": digest, "residency": {"kind": "hsm", "module": module},
            "attributes": {"sensitive": true, "always_sensitive": true, "extractable": false, "never_extractable": true, "local": true},
            "key_attestation": {"format": "vendor-x509", "verified": true, "verified_at": self.before(200), "device_serial": serial(module)},
            "quorum": {"threshold": 2, "members": 3}, "authorized_custodians": [custodian(number, self.keys), custodian(number + 1, self.keys)],
            "created_at": self.before(900), "observed_at": self.before(5), "source_url": format!("https://hsm.example/keys/{id}"),
        })
    }

    fn defect_of_key(&mut self) -> (&'static str, &'static str) {
        let index = self.dice.below(DEFECTS.len());
        DEFECTS.get(index).copied().unwrap_or(("", ""))
    }

    /// Three events of a key: a signature, a login and `action`.
    fn daily_events(&mut self, number: usize, action: &str) {
        let key = key_id(number);
        let (signed, logged_in, acted) = (self.before(3), self.before(20), self.before(60));
        for (event, at, action) in [
            ("S", signed, "sign"),
            ("L", logged_in, "login"),
            ("B", acted, action),
        ] {
            let record = json!({"id": format!("EV-{event}-{number:06}"), "at": at, "action": action, "key": key,
                "operators": [custodian(number, self.keys)], "source_url": format!("https://hsm.example/log/{event}{number}")});
            self.add("hsm/audit_events", &record);
        }
    }
}

fn spoil(key: &mut Value, defect: &str) {
    match defect {
        "software" => key["residency"] = json!({"kind": "software"}),
        "no-module" => key["residency"] = json!({"kind": "hsm"}),
        "unknown-module" => key["residency"]["module"] = "HSM-NONE".into(),
        "no-attributes" => key["attributes"] = Value::Null,
        "extractable" => key["attributes"]["extractable"] = true.into(),
        "observed-long-ago" => key["observed_at"] = super::time(35, 1).into(),
        "never-observed" => key["observed_at"] = Value::Null,
        "unverified-attestation" => key["key_attestation"]["verified"] = false.into(),
        "other-device" => key["key_attestation"]["device_serial"] = "SN-OTHER".into(),
        "revoked-module" => {
            key["residency"]["module"] = "HSM-REVOKED".into();
            key["key_attestation"]["device_serial"] = serial("HSM-REVOKED").into();
        }
        // Imports and exports stand in the audit log.
        _ => {}
    }
}

fn module_id(number: usize) -> String {
    format!("HSM-{number:04}")
}

fn serial(module: &str) -> String {
    format!("SN-{module}")
}
