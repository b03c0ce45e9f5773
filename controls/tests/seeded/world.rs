//! Custody evidence of any size with known defects: what the rules must find in it, and nothing else.
//!
//! Deterministic by size and seed. About one subject in twenty has one defect; the rest is clean, with
//! the noise of real sources (logins, signatures, staging keys, aliases, superseded records).

mod changes;
mod custodians;
mod dice;
mod escrow;
mod inventory;
mod paths;

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, SecondsFormat, Utc};
use serde_json::Value;

pub(crate) use dice::Dice;

/// The instant for which the evidence is made.
pub(crate) const AS_OF: &str = "2026-12-15T00:00:00Z";
/// The cycle's period.
pub(crate) const PERIOD: (&str, &str) = ("2026-07-01T00:00:00Z", "2027-01-01T00:00:00Z");

const AS_OF_SECONDS: i64 = 1_797_292_800;

/// Evidence, and what is wrong with it.
#[derive(Debug)]
pub(crate) struct World {
    /// How many production keys there are.
    keys: usize,
    dice: Dice,
    /// One compact JSON array per kind, by `<source>/<kind>`.
    pub(crate) files: BTreeMap<&'static str, String>,
    /// `KC-3 hsm/escrow_media/EM-4 stale remediate`: requirement, subject, status and disposition of
    /// every finding, sorted.
    pub(crate) expected: Vec<String>,
}

/// Makes evidence about `keys` production keys.
pub(crate) fn generate(keys: usize, seed: u64) -> World {
    let mut world = World {
        keys,
        dice: Dice::new(seed),
        files: KINDS.iter().map(|kind| (*kind, "[".to_owned())).collect(),
        expected: Vec::new(),
    };
    world.inventory();
    world.changes();
    world.escrow();
    world.custodians();
    world.paths();
    for text in world.files.values_mut() {
        text.push(']');
    }
    world.expected.sort();
    world
}

/// All kinds: a file that holds nothing says so.
const KINDS: [&str; 14] = [
    "ceremonies/ceremonies",
    "ceremonies/documents",
    "ceremonies/seal_inspections",
    "controls/exceptions",
    "hsm/audit_events",
    "hsm/escrow_media",
    "hsm/modules",
    "hsm/signing_keys",
    "identity/people",
    "identity/prior_attestations",
    "identity/role_assignments",
    "identity/roster_snapshots",
    "release/notarization_bridges",
    "release/signing_paths",
];

impl World {
    fn add(&mut self, kind: &'static str, record: &Value) {
        let file = self.files.entry(kind).or_default();
        if file.len() > 1 {
            file.push(',');
        }
        file.push_str(&record.to_string());
    }

    /// `subject` has a finding: `outcome` is its status and disposition.
    fn expect(&mut self, requirement: &str, subject: &str, outcome: &str) {
        self.expected
            .push(format!("{requirement} {subject} {outcome}"));
    }

    /// Whether this subject gets a defect.
    fn is_defective(&mut self) -> bool {
        self.dice.below(20) == 0
    }

    /// A time `days` before as-of, with up to a day of jitter further back.
    fn before(&mut self, days: i64) -> String {
        let jitter = self.dice.below(86_000);
        time(days, i64::try_from(jitter).unwrap_or_default())
    }

    /// A document of about `words` words; returns its id.
    fn document(&mut self, id: &str, kind: &str, words: usize) {
        let text: Vec<&str> = (0..words).map(|_| self.dice.pick(&WORDS)).collect();
        let record = serde_json::json!({
            "id": id, "kind": kind, "title": format!("{kind} {id}"), "written_at": self.before(90), "text": text.join(" "),
        });
        self.add("ceremonies/documents", &record);
    }
}

const WORDS: [&str; 16] = [
    "the",
    "seal",
    "was",
    "opened",
    "before",
    "both",
    "operators",
    "and",
    "closed",
    "again",
    "in",
    "safe",
    "seven",
    "under",
    "witness,",
    "noted.",
];

/// The time `days` and `seconds` before as-of.
fn time(days: i64, seconds: i64) -> String {
    let at = AS_OF_SECONDS - days * 86_400 - seconds;
    DateTime::<Utc>::from_timestamp(at, 0)
        .map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true))
        .unwrap_or_default()
}

/// `time` moved by `seconds`.
fn later(time: &str, seconds: i64) -> String {
    DateTime::parse_from_rfc3339(time)
        .map(|at| at.with_timezone(&Utc) + Duration::seconds(seconds))
        .map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true))
        .unwrap_or_default()
}

fn key_id(number: usize) -> String {
    format!("KEY-{number:06}")
}

/// One in so many keys, at least `least`.
fn share(keys: usize, one_in: usize, least: usize) -> usize {
    (keys / one_in).max(least)
}
