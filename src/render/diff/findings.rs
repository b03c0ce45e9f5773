//! Findings added, removed and kept between two packets.

use std::collections::BTreeMap;

use custody_controls::assessment::Finding;
use custody_controls::packet::PacketBody;
use custody_controls::status::{Disposition, RequirementStatus};
use serde::Serialize;

/// A finding by what identifies it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DiffFinding {
    /// The finding's id.
    pub id: String,
    /// The requirement.
    pub requirement: String,
    /// The check that failed.
    pub check: String,
    /// The artifact judged.
    pub subject: String,
    /// What the failure makes of the subject's status.
    pub status: RequirementStatus,
    /// What the failure asks for.
    pub disposition: Disposition,
    /// What is wrong.
    pub message: String,
}

/// A finding of both packets, as the second has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeptFinding {
    /// The finding.
    #[serde(flatten)]
    pub finding: DiffFinding,
    /// Which of its members differ: `citations`, `disposition`, `message`, `remedy`, `status`.
    pub changed: Vec<&'static str>,
}

/// The findings of both packets, sorted by requirement, subject and check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FindingChanges {
    /// Only in the second packet.
    pub added: Vec<DiffFinding>,
    /// Only in the first packet.
    pub removed: Vec<DiffFinding>,
    /// In both.
    pub kept: Vec<KeptFinding>,
}

impl FindingChanges {
    /// Compares the findings of `from` with those of `to`.
    pub(super) fn between(from: &PacketBody, to: &PacketBody) -> Self {
        let (before, after) = (by_id(from), by_id(to));
        let only_in = |these: &BTreeMap<&str, &Finding>, those: &BTreeMap<&str, &Finding>| {
            let mut found: Vec<DiffFinding> = these
                .iter()
                .filter(|(id, _)| !those.contains_key(*id))
                .map(|(_, finding)| diff_finding(finding))
                .collect();
            found.sort_by_cached_key(place);
            found
        };
        let mut kept: Vec<KeptFinding> = after
            .iter()
            .filter_map(|(id, after)| {
                Some(KeptFinding {
                    finding: diff_finding(after),
                    changed: changed_members(before.get(id)?, after),
                })
            })
            .collect();
        kept.sort_by_cached_key(|kept| place(&kept.finding));
        Self {
            added: only_in(&after, &before),
            removed: only_in(&before, &after),
            kept,
        }
    }
}

fn by_id(body: &PacketBody) -> BTreeMap<&str, &Finding> {
    body.findings
        .iter()
        .map(|shown| (shown.finding.id.as_str(), &shown.finding))
        .collect()
}

fn place(finding: &DiffFinding) -> (String, String, String) {
    (
        finding.requirement.clone(),
        finding.subject.clone(),
        finding.check.clone(),
    )
}

fn diff_finding(finding: &Finding) -> DiffFinding {
    DiffFinding {
        id: finding.id.clone(),
        requirement: finding.requirement.clone(),
        check: finding.check.clone(),
        subject: finding.subject.clone(),
        status: finding.status,
        disposition: finding.disposition,
        message: finding.message.clone(),
    }
}

fn changed_members(before: &Finding, after: &Finding) -> Vec<&'static str> {
    [
        ("citations", before.citations != after.citations),
        ("disposition", before.disposition != after.disposition),
        ("message", before.message != after.message),
        ("remedy", before.remedy != after.remedy),
        ("status", before.status != after.status),
    ]
    .into_iter()
    .filter_map(|(member, differs)| differs.then_some(member))
    .collect()
}
