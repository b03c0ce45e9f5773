//! Signing paths, notarization bridges and exceptions; defects against KC-5, and paths with unknown keys.

use serde_json::{Value, json};

use super::{World, key_id, share, time};

/// How many paths go through one bridge.
const PATHS_PER_BRIDGE: usize = 4;

/// What can be wrong with a path through a legacy bridge, and what it makes of its status.
const DEFECTS: [(&str, &str); 9] = [
    ("unknown-bridge", "missing remediate"),
    ("no-exception", "missing escalate"),
    ("pending", "missing escalate"),
    ("expired", "stale escalate"),
    ("revoked", "stale escalate"),
    ("new-path", "partial escalate"),
    ("other-key", "partial escalate"),
    ("unverified-control", "stale remediate"),
    ("no-control", "partial remediate"),
];

impl World {
    pub(super) fn paths(&mut self) {
        let legacy = share(self.keys, 20, 10);
        for number in 0..self.keys {
            let mut path = self.path(number);
            if number < legacy {
                self.legacy_path(number, &mut path);
            } else if number.is_multiple_of(9) {
                path["bridge"] = "BRIDGE-MODERN".into();
            }
            self.add("release/signing_paths", &path);
        }
        self.bridge("BRIDGE-MODERN", false);
        for number in 0..share(self.keys, 500, 1) {
            let mut path = self.path(number);
            let id = format!("PATH-LOST-{number:04}");
            path["id"] = id.clone().into();
            path["key"] = "KEY-NONE".into();
            self.add("release/signing_paths", &path);
            self.expect(
                "KC-1",
                &format!("release/signing_paths/{id}"),
                "missing remediate",
            );
        }
    }

    fn path(&mut self, number: usize) -> Value {
        json!({"id": format!("PATH-{number:06}"), "product": "desktop-agent", "artifact_class": "deb", "kind": "release",
            "environment": "production", "pipeline": format!("release-{number}"),
            "config": {"repo": "example/release", "path": format!("pipelines/{number}.yaml"), "commit": "0a1b2c3d", "line": 14},
            "key": key_id(number), "introduced_at": self.before(400), "source_url": format!("https://ci.example/pipelines/{number}")})
    }

    fn bridge(&mut self, id: &str, legacy: bool) {
        let record = json!({"id": id, "name": id, "legacy": legacy, "description": "forwards builds to the notary", "introduced_at": time(1500, 0)});
        self.add("release/notarization_bridges", &record);
    }

    /// A path through a legacy bridge. Sound paths share their bridge's exception; each defective one
    /// has a bridge and exception of its own.
    fn legacy_path(&mut self, number: usize, path: &mut Value) {
        let group = number / PATHS_PER_BRIDGE;
        let bridge = format!("BRIDGE-{group:05}");
        if number.is_multiple_of(PATHS_PER_BRIDGE) {
            self.bridge(&bridge, true);
            let members = (0..PATHS_PER_BRIDGE).map(|member| group * PATHS_PER_BRIDGE + member);
            let exception = exception(&bridge, &members.collect::<Vec<_>>());
            self.add("controls/exceptions", &exception);
            self.document(&format!("DOC-{bridge}"), "bridge_note", 40);
        }
        path["bridge"] = bridge.into();
        if !self.is_defective() {
            return;
        }
        let index = self.dice.below(DEFECTS.len());
        let (defect, outcome) = DEFECTS.get(index).copied().unwrap_or(("", ""));
        let own = format!("BRIDGE-OF-{number:06}");
        path["bridge"] = own.clone().into();
        if defect != "unknown-bridge" {
            self.bridge(&own, true);
        }
        let mut exception = exception(&own, &[number]);
        spoil(&mut exception, defect);
        if defect != "no-exception" && defect != "unknown-bridge" {
            self.add("controls/exceptions", &exception);
        }
        self.expect(
            "KC-5",
            &format!("release/signing_paths/PATH-{number:06}"),
            outcome,
        );
    }
}

fn spoil(exception: &mut Value, defect: &str) {
    match defect {
        "pending" | "revoked" => exception["state"] = defect.into(),
        "expired" => exception["expires_at"] = time(0, 0).into(),
        "new-path" => exception["scope"]["signing_paths"] = json!(["PATH-OTHER"]),
        "other-key" => exception["scope"]["keys"] = json!(["KEY-OTHER"]),
        "unverified-control" => {
            exception["compensating_controls"][0]["verified_at"] = time(184, 1).into();
        }
        "no-control" => exception["compensating_controls"] = json!([]),
        _ => {}
    }
}

fn exception(bridge: &str, paths: &[usize]) -> Value {
    let keys: Vec<String> = paths.iter().map(|number| key_id(*number)).collect();
    let names: Vec<String> = paths
        .iter()
        .map(|number| format!("PATH-{number:06}"))
        .collect();
    json!({"id": format!("EXC-{bridge}"), "requirement": "KC-5", "title": format!("legacy notarization through {bridge}"), "state": "approved",
        "scope": {"bridges": [bridge], "keys": keys, "signing_paths": names, "artifact_classes": ["deb"], "environments": ["production"]},
        "compensating_controls": [{"id": "CC-1", "text": "builds are compared with a second builder's", "verified_at": time(60, 0)}],
        "approved_by": "cust.0", "approved_at": time(300, 0), "effective_from": time(300, 0), "expires_at": time(-100, 0)})
}
