//! What differs between two packets, by requirement, subject and finding.
//!
//! Findings are matched by id, which is the same across revisions and cycles.

use std::collections::{BTreeMap, BTreeSet};

use custody_controls::instant::Instant;
use custody_controls::json::Digest;
use custody_controls::packet::{Packet, PacketBody};
use custody_controls::status::{Disposition, RequirementStatus};
use serde::Serialize;

mod findings;
mod text;

pub use findings::{DiffFinding, FindingChanges, KeptFinding};
pub use text::diff_text;

/// One of the two packets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DiffSide {
    /// The packet's id.
    pub id: String,
    /// The revision within its cycle.
    pub revision: u32,
    /// The packet's digest.
    pub digest: Digest,
    /// The cycle's name.
    pub cycle: String,
    /// The instant judged for.
    pub as_of: Instant,
    /// The recommended disposition.
    pub posture: Disposition,
}

/// A value that is not the same in both packets; `None` where a packet does not have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Change<T> {
    /// In the first packet.
    pub from: T,
    /// In the second.
    pub to: T,
}

impl<T: PartialEq> Change<T> {
    /// The change, if there is one.
    fn between(from: T, to: T) -> Option<Self> {
        (from != to).then_some(Self { from, to })
    }
}

/// A requirement whose status changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RequirementChange {
    /// The requirement's id.
    pub requirement: String,
    /// Its title.
    pub title: String,
    /// Its status in each packet.
    pub status: Change<Option<RequirementStatus>>,
}

/// A subject whose status changed, or that only one packet judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SubjectChange {
    /// The requirement's id.
    pub requirement: String,
    /// The artifact judged.
    pub subject: String,
    /// Its status in each packet.
    pub status: Change<Option<RequirementStatus>>,
}

/// Concerns by their text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConcernChanges {
    /// Only in the second packet.
    pub added: Vec<String>,
    /// Only in the first packet.
    pub removed: Vec<String>,
}

/// What changed in the evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EvidenceChange {
    /// The captures' digests.
    pub digest: Option<Change<Digest>>,
    /// How many records there are.
    pub records: Option<Change<usize>>,
    /// Sources that yielded another number of records, or could be read for one packet alone.
    pub sources: Vec<SourceChange>,
}

/// A source that is missing from one packet, or that yields another number of records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SourceChange {
    /// The source system.
    pub source: String,
    /// How many records it yielded; none where it could not be read.
    pub records: Change<Option<usize>>,
}

/// What changed in the controls library.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LibraryChange {
    /// The versions.
    pub version: Option<Change<String>>,
    /// The digests.
    pub digest: Option<Change<Digest>>,
    /// Whether the library was the approved one.
    pub approved: Option<Change<bool>>,
}

/// What differs between two packets. What is equal is `null` or empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PacketDiff {
    /// The first packet.
    pub a: DiffSide,
    /// The second packet.
    pub b: DiffSide,
    /// The posture, where it changed.
    pub posture: Option<Change<Disposition>>,
    /// Requirements whose status changed.
    pub requirements: Vec<RequirementChange>,
    /// Subjects whose status changed.
    pub subjects: Vec<SubjectChange>,
    /// Findings added, removed and kept.
    pub findings: FindingChanges,
    /// Concerns added and removed.
    pub concerns: ConcernChanges,
    /// The evidence.
    pub evidence: EvidenceChange,
    /// The controls library.
    pub library: LibraryChange,
}

impl PacketDiff {
    /// Compares packet `a` with packet `b`.
    #[must_use]
    pub fn between(a: &Packet, b: &Packet) -> Self {
        let (from, to) = (&a.body, &b.body);
        Self {
            a: side(a),
            b: side(b),
            posture: Change::between(from.posture, to.posture),
            requirements: changed(&requirement_statuses(from), &requirement_statuses(to))
                .into_iter()
                .map(|(requirement, status)| RequirementChange {
                    title: title_of(&requirement, [to, from]),
                    requirement,
                    status,
                })
                .collect(),
            subjects: changed(&subject_statuses(from), &subject_statuses(to))
                .into_iter()
                .map(|((requirement, subject), status)| SubjectChange {
                    requirement,
                    subject,
                    status,
                })
                .collect(),
            findings: FindingChanges::between(from, to),
            concerns: concerns(from, to),
            evidence: evidence(from, to),
            library: LibraryChange {
                version: Change::between(from.library.version.clone(), to.library.version.clone()),
                digest: Change::between(from.library.digest, to.library.digest),
                approved: Change::between(from.library.approved, to.library.approved),
            },
        }
    }
}

fn side(packet: &Packet) -> DiffSide {
    DiffSide {
        id: packet.id.clone(),
        revision: packet.revision,
        digest: packet.digest,
        cycle: packet.body.cycle.clone(),
        as_of: packet.body.as_of,
        posture: packet.body.posture,
    }
}

/// The keys whose values differ, in order.
fn changed<K: Ord + Clone, V: PartialEq + Copy>(
    from: &BTreeMap<K, V>,
    to: &BTreeMap<K, V>,
) -> Vec<(K, Change<Option<V>>)> {
    let keys: BTreeSet<&K> = from.keys().chain(to.keys()).collect();
    keys.into_iter()
        .filter_map(|key| {
            let change = Change::between(from.get(key).copied(), to.get(key).copied())?;
            Some((key.clone(), change))
        })
        .collect()
}

fn requirement_statuses(body: &PacketBody) -> BTreeMap<String, RequirementStatus> {
    body.requirements
        .iter()
        .map(|requirement| (requirement.id.clone(), requirement.status))
        .collect()
}

/// The title in the first of `bodies` that has the requirement.
fn title_of(requirement: &str, bodies: [&PacketBody; 2]) -> String {
    bodies
        .iter()
        .flat_map(|body| &body.requirements)
        .find(|known| known.id == requirement)
        .map(|known| known.title.clone())
        .unwrap_or_default()
}

fn subject_statuses(body: &PacketBody) -> BTreeMap<(String, String), RequirementStatus> {
    body.requirements
        .iter()
        .flat_map(|requirement| {
            requirement.subjects.iter().map(|subject| {
                let key = (requirement.id.clone(), subject.artifact.clone());
                (key, subject.status)
            })
        })
        .collect()
}

fn concerns(from: &PacketBody, to: &PacketBody) -> ConcernChanges {
    let texts = |body: &PacketBody| -> BTreeSet<String> {
        body.concerns.iter().map(|c| c.text.clone()).collect()
    };
    let (before, after) = (texts(from), texts(to));
    ConcernChanges {
        added: after.difference(&before).cloned().collect(),
        removed: before.difference(&after).cloned().collect(),
    }
}

fn evidence(from: &PacketBody, to: &PacketBody) -> EvidenceChange {
    let read = |body: &PacketBody| -> BTreeMap<String, usize> {
        body.evidence
            .sources
            .iter()
            .filter(|source| source.missing.is_none())
            .map(|source| (source.source.clone(), source.records))
            .collect()
    };
    EvidenceChange {
        digest: Change::between(from.evidence.digest, to.evidence.digest),
        records: Change::between(from.evidence.records, to.evidence.records),
        sources: changed(&read(from), &read(to))
            .into_iter()
            .map(|(source, records)| SourceChange { source, records })
            .collect(),
    }
}

#[cfg(test)]
#[path = "diff_tests.rs"]
mod tests;
