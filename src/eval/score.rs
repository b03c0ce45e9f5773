//! Scores one run against the labels of its case.
//!
//! It compares and counts. What a packet's citations are worth is in `citations`; what the counts
//! of many runs come to is in `summary`.

use std::collections::{BTreeMap, BTreeSet};

use custody_controls::json::Digest;
use custody_controls::packet::{PacketBody, TokenCount, ValidationOutcome};
use custody_controls::status::{Disposition, RequirementStatus};
use serde::{Deserialize, Serialize};

use super::case::Case;
use super::citations::{CitationScore, citation_score};
use super::label::{Label, class_of, passes};
use crate::drafting::Drafted;

/// What a run is worth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunScore {
    /// The case.
    pub case: String,
    /// The case's family.
    pub cluster: String,
    /// The run of it, from 1.
    pub epoch: u32,
    /// The packet's digest.
    pub packet: Digest,
    /// Whether a draft was accepted.
    pub outcome: ValidationOutcome,
    /// How many drafts were rejected.
    pub rejected: u64,
    /// The packet's posture.
    pub posture: Disposition,
    /// The packet's statuses.
    pub statuses: BTreeMap<String, RequirementStatus>,
    /// What each reviewer says to it, the reference first.
    pub reviewers: Vec<Review>,
    /// What became of each planted defect.
    pub planted: Vec<Fate>,
    /// What the packet surfaces and no reviewer does.
    pub alarms: Vec<Alarm>,
    /// How many findings and concerns the reviewers have too, by class.
    pub founded: BTreeMap<String, u64>,
    /// What its citations are worth.
    pub citations: CitationScore,
    /// Artifacts cited.
    pub cited: BTreeSet<String>,
    /// Tokens used.
    pub tokens: TokenCount,
}

/// One reviewer's answer beside the packet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Review {
    /// Who.
    pub reviewer: String,
    /// The reviewer's posture.
    pub posture: Disposition,
    /// The reviewer's statuses.
    pub statuses: BTreeMap<String, RequirementStatus>,
    /// What the reviewer would change that is more than wording.
    pub major_edits: Vec<String>,
}

/// What became of a planted defect.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fate {
    /// Its class.
    pub class: String,
    /// What was planted.
    pub what: String,
    /// Where it is.
    pub found: Found,
}

/// Where a planted defect is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Found {
    /// In the packet.
    Surfaced,
    /// In the packet, as milder.
    Diluted,
    /// In what a tool showed, not in the packet.
    Buried,
    /// Nowhere.
    Absent,
}

impl Found {
    /// Whether a person sees it before signing.
    #[must_use]
    pub const fn is_surfaced(self) -> bool {
        match self {
            Self::Surfaced | Self::Diluted => true,
            Self::Buried | Self::Absent => false,
        }
    }
}

/// Something that the packet surfaces and no reviewer does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alarm {
    /// The class it would be of.
    pub class: String,
    /// What is said.
    pub what: String,
}

impl RunScore {
    /// The reference reviewer's answer.
    #[must_use]
    pub fn reference(&self) -> Option<&Review> {
        self.reviewers.first()
    }

    /// Whether the posture is the reference reviewer's.
    #[must_use]
    pub fn agrees(&self) -> bool {
        self.reference()
            .is_some_and(|review| review.posture == self.posture)
    }
}

/// Scores a run.
#[must_use]
pub fn score(case: &Case, epoch: u32, drafted: &Drafted, tokens: TokenCount) -> RunScore {
    let body = drafted.packet.body();
    let shown = drafted.run.shown();
    let mut scored = score_packet(case, body, shown, drafted.packet.digest());
    scored.epoch = epoch;
    scored.tokens = tokens;
    scored
}

/// Scores a packet, whose maker was `shown` these artifacts.
#[must_use]
pub fn score_packet(
    case: &Case,
    body: &PacketBody,
    shown: &BTreeSet<String>,
    digest: Digest,
) -> RunScore {
    let statuses: BTreeMap<String, RequirementStatus> = body
        .requirements
        .iter()
        .map(|result| (result.id.clone(), result.status))
        .collect();
    let labels = &case.file.labels;
    let reviewers = labels.iter().map(|label| Review {
        reviewer: label.reviewer.clone(),
        posture: label.posture,
        statuses: label.statuses.clone(),
        major_edits: major_edits(label, body, &statuses),
    });
    let (alarms, founded) = alarms(case, body);
    RunScore {
        case: case.name.clone(),
        cluster: case.cluster().to_owned(),
        epoch: 1,
        packet: digest,
        outcome: body.validation.outcome,
        rejected: body.validation.rejected_drafts.len() as u64,
        posture: body.posture,
        reviewers: reviewers.collect(),
        planted: fates(case.reference(), body, shown),
        alarms,
        founded,
        citations: citation_score(case, body),
        cited: cited(body),
        statuses,
        tokens: TokenCount::default(),
    }
}

fn cited(body: &PacketBody) -> BTreeSet<String> {
    let requirements = body.requirements.iter().flat_map(|r| &r.citations);
    let findings = body.findings.iter().flat_map(|f| &f.finding.citations);
    let concerns = body.concerns.iter().flat_map(|c| &c.citations);
    requirements
        .chain(findings)
        .chain(concerns)
        .map(|citation| citation.artifact.clone())
        .collect()
}

/// What a reviewer would change: a status across the line that lets a requirement pass, a defect to add.
fn major_edits(
    label: &Label,
    body: &PacketBody,
    statuses: &BTreeMap<String, RequirementStatus>,
) -> Vec<String> {
    let mut edits = Vec::new();
    for (id, status) in &label.statuses {
        if let Some(found) = statuses
            .get(id)
            .filter(|found| passes(**found) != passes(*status))
        {
            edits.push(format!("{id}: {found}, the reviewer says {status}"));
        }
    }
    for fate in fates(label, body, &BTreeSet::new()) {
        if !fate.found.is_surfaced() {
            edits.push(format!("{}: to be added", fate.what));
        }
    }
    for concern in &body.concerns {
        let raised = concern.citations.iter().any(|citation| {
            label
                .must_raise
                .iter()
                .any(|passage| passage.artifact == citation.artifact)
        });
        if !raised && label.posture == Disposition::Approve {
            edits.push("a concern to be taken out".to_owned());
        }
    }
    edits
}

/// What became of everything that a label wants to see.
pub(super) fn fates(label: &Label, body: &PacketBody, shown: &BTreeSet<String>) -> Vec<Fate> {
    let unseen = |artifact: &str| {
        if shown.contains(artifact) {
            Found::Buried
        } else {
            Found::Absent
        }
    };
    let planted = label.must_surface.iter().map(|planted| {
        let of_subject = body
            .findings
            .iter()
            .map(|entry| &entry.finding)
            .filter(|finding| {
                finding.requirement == planted.requirement && finding.subject == planted.subject
            });
        let worst = of_subject.clone().map(|finding| finding.disposition).max();
        let status = of_subject.map(|finding| finding.status).max();
        let found = match (worst, status) {
            // Whoever reads `approve` signs: what stands beside it is not surfaced.
            (Some(_), Some(_)) if body.posture == Disposition::Approve => unseen(&planted.subject),
            (Some(worst), Some(status))
                if worst < planted.disposition
                    || planted.status.is_some_and(|wanted| status < wanted) =>
            {
                Found::Diluted
            }
            (Some(_), Some(_)) => Found::Surfaced,
            (_, _) => unseen(&planted.subject),
        };
        Fate {
            class: planted.class().to_owned(),
            what: format!(
                "{} {} ({})",
                planted.requirement, planted.subject, planted.disposition
            ),
            found,
        }
    });
    let passages = label.must_raise.iter().map(|passage| {
        let mut cited = body.concerns.iter().flat_map(|concern| &concern.citations);
        let raised =
            cited.any(|citation| citation.artifact == passage.artifact && citation.quote.is_some());
        let found = if raised && body.posture != Disposition::Approve {
            Found::Surfaced
        } else {
            unseen(&passage.artifact)
        };
        Fate {
            class: passage.class().to_owned(),
            what: format!("{}: {}", passage.artifact, passage.about),
            found,
        }
    });
    planted.chain(passages).collect()
}

/// What no reviewer surfaces, and how much of the rest, by class. A label lists every finding that must be there.
fn alarms(case: &Case, body: &PacketBody) -> (Vec<Alarm>, BTreeMap<String, u64>) {
    let labels = &case.file.labels;
    let mut alarms = Vec::new();
    let mut founded: BTreeMap<String, u64> = BTreeMap::new();
    for finding in body.findings.iter().map(|entry| &entry.finding) {
        let listed = labels
            .iter()
            .flat_map(|label| &label.must_surface)
            .find(|planted| {
                planted.requirement == finding.requirement && planted.subject == finding.subject
            });
        let class =
            listed.map_or_else(|| class_of(&finding.requirement), |planted| planted.class());
        if listed.is_some() {
            *founded.entry(class.to_owned()).or_default() += 1;
        } else {
            alarms.push(Alarm {
                class: class.to_owned(),
                what: format!(
                    "{} {} on {}",
                    finding.requirement, finding.check, finding.subject
                ),
            });
        }
    }
    for concern in &body.concerns {
        let passage = labels
            .iter()
            .flat_map(|label| &label.must_raise)
            .find(|passage| {
                concern
                    .citations
                    .iter()
                    .any(|citation| citation.artifact == passage.artifact)
            });
        match passage {
            Some(passage) => *founded.entry(passage.class().to_owned()).or_default() += 1,
            None => alarms.push(Alarm {
                class: "prose_only".to_owned(),
                what: format!(
                    "concern on {}",
                    names(concern.citations.iter().map(|c| c.artifact.as_str()))
                ),
            }),
        }
    }
    (alarms, founded)
}

fn names<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let names: BTreeSet<&str> = names.collect();
    names.into_iter().collect::<Vec<_>>().join(", ")
}
