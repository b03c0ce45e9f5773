//! What a packet's citations are worth, by the rule engine: do they hold, suffice, matter, and are they current?
//!
//! A claim is a requirement with its status; its citations are the requirement's and its findings'.

use std::collections::{BTreeMap, BTreeSet};

use custody_controls::assessment::Citation;
use custody_controls::capture::{Capture, RecordAt};
use custody_controls::kind::{ArtifactId, Kind};
use custody_controls::packet::{PacketBody, PacketRequirement};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::case::Case;
use super::probe::Derived;
use super::stats::Proportion;

/// How many cited values of a claim are changed to see whether it responds. Spread over its citations.
const CHANGED_PER_CLAIM: usize = 3;

/// Counts of one packet.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CitationScore {
    /// Citations that lead to what they state, of all.
    pub valid: Proportion,
    /// Claims that the rules derive from the cited records alone, of all.
    pub upheld: Proportion,
    /// Cited records that their claim needs, of all.
    pub needed: Proportion,
    /// Evidence roles cited, of those that the claims rest on.
    pub roles: Proportion,
    /// Cited records of a kind with successors that are the one that applied, of all such.
    pub current: Proportion,
    /// Changed values to which their claim responded, of all changed.
    pub responded: Proportion,
    /// What is wrong, in words.
    pub faults: Vec<String>,
}

/// Roles that evidence plays for a requirement: what a claim on it must show.
fn roles(requirement: &str) -> &'static [Kind] {
    match requirement {
        "KC-1" => &[Kind::SigningKeys, Kind::Modules],
        "KC-2" => &[Kind::AuditEvents, Kind::Ceremonies, Kind::RosterSnapshots],
        "KC-3" => &[Kind::EscrowMedia, Kind::SealInspections],
        "KC-4" => &[
            Kind::People,
            Kind::RosterSnapshots,
            Kind::SigningKeys,
            Kind::EscrowMedia,
        ],
        "KC-5" => &[
            Kind::SigningPaths,
            Kind::NotarizationBridges,
            Kind::Exceptions,
        ],
        _ => &[],
    }
}

/// Counts what the citations of a packet are worth.
#[must_use]
pub fn citation_score(case: &Case, body: &PacketBody) -> CitationScore {
    let mut score = CitationScore::default();
    let judged_on = case.judged.assessment.judged_on.iter();
    let judged_on: BTreeMap<&str, &Vec<RecordAt>> = case
        .judged
        .requirements()
        .iter()
        .map(|brief| brief.id.as_str())
        .zip(judged_on)
        .collect();
    for requirement in &body.requirements {
        let findings = body.findings.iter().map(|entry| &entry.finding);
        let of_findings = findings
            .filter(|finding| finding.requirement == requirement.id)
            .flat_map(|finding| &finding.citations);
        let claim = Claim {
            case,
            requirement,
            citations: requirement.citations.iter().chain(of_findings).collect(),
            judged_on: judged_on
                .get(requirement.id.as_str())
                .into_iter()
                .flat_map(|records| records.iter())
                .map(|at| case.judged.capture.artifact(*at))
                .collect(),
        };
        claim.count(&mut score);
    }
    for citation in body.concerns.iter().flat_map(|concern| &concern.citations) {
        count_valid(&case.judged.capture, citation, "concern", &mut score);
    }
    score
}

struct Claim<'c> {
    case: &'c Case,
    requirement: &'c PacketRequirement,
    citations: Vec<&'c Citation>,
    judged_on: BTreeSet<ArtifactId>,
}

impl Claim<'_> {
    fn count(&self, score: &mut CitationScore) {
        let id = &self.requirement.id;
        for citation in &self.citations {
            count_valid(&self.case.judged.capture, citation, id, score);
        }
        let artifacts: BTreeSet<&str> = self
            .citations
            .iter()
            .map(|citation| citation.artifact.as_str())
            .collect();
        self.count_upheld(&artifacts, score);
        self.count_records(&artifacts, score);
        self.count_roles(&artifacts, score);
        self.count_responses(score);
    }

    fn count_upheld(&self, artifacts: &BTreeSet<&str>, score: &mut CitationScore) {
        let id = &self.requirement.id;
        let upheld = match self.case.derived_alone(artifacts).get(id) {
            Some(alone) => self.is_upheld(alone),
            None => false,
        };
        tally(&mut score.upheld, upheld);
        if !upheld {
            let status = self.requirement.status;
            score.faults.push(format!(
                "{id}: {status} does not follow from the cited records alone"
            ));
        }
    }

    /// The same status; of a claim with subjects, on some of them: nobody to judge upholds nothing.
    fn is_upheld(&self, alone: &Derived) -> bool {
        let subjects = &self.requirement.subjects;
        alone.status == self.requirement.status
            && (subjects.is_empty()
                || subjects
                    .iter()
                    .any(|subject| alone.subjects.contains_key(&subject.artifact)))
    }

    fn count_records(&self, artifacts: &BTreeSet<&str>, score: &mut CitationScore) {
        let id = &self.requirement.id;
        for artifact in artifacts {
            let Ok(named) = artifact.parse::<ArtifactId>() else {
                tally(&mut score.needed, false);
                continue;
            };
            let applies = self.judged_on.contains(&named);
            let plays_role = applies && roles(id).contains(&named.kind());
            tally(
                &mut score.needed,
                plays_role || self.case.rests_on(artifact).contains(id),
            );
            if has_successors(named.kind()) {
                tally(&mut score.current, applies);
                if !applies {
                    score
                        .faults
                        .push(format!("{id}: {artifact} is not the record that applied"));
                }
            }
        }
    }

    fn count_roles(&self, artifacts: &BTreeSet<&str>, score: &mut CitationScore) {
        let id = &self.requirement.id;
        for kind in roles(id) {
            if !self
                .judged_on
                .iter()
                .any(|artifact| artifact.kind() == *kind)
            {
                continue;
            }
            let prefix = format!("{kind}/");
            let cited = artifacts
                .iter()
                .any(|artifact| artifact.starts_with(&prefix));
            tally(&mut score.roles, cited);
            if !cited {
                score.faults.push(format!("{id}: cites no {kind}"));
            }
        }
    }

    fn count_responses(&self, score: &mut CitationScore) {
        let id = &self.requirement.id;
        let places: BTreeSet<(&str, &str)> = self
            .citations
            .iter()
            .filter_map(|citation| Some((citation.artifact.as_str(), citation.pointer.as_deref()?)))
            .filter(|(_, pointer)| *pointer != "/id")
            .collect();
        let step = places.len().div_ceil(CHANGED_PER_CLAIM).max(1);
        for (artifact, pointer) in places.into_iter().step_by(step) {
            if let Some(responding) = self.case.responds_to(artifact, pointer) {
                let responds = responding.contains(id);
                tally(&mut score.responded, responds);
                if !responds {
                    let what =
                        format!("{id}: does not rest on {artifact}#{pointer}, which it cites");
                    score.faults.push(what);
                }
            }
        }
    }
}

/// Kinds of which one record replaces another: only the one that applied says anything.
const fn has_successors(kind: Kind) -> bool {
    match kind {
        Kind::SealInspections | Kind::RosterSnapshots | Kind::Exceptions => true,
        Kind::Ceremonies
        | Kind::Documents
        | Kind::AuditEvents
        | Kind::EscrowMedia
        | Kind::Modules
        | Kind::SigningKeys
        | Kind::People
        | Kind::PriorAttestations
        | Kind::RoleAssignments
        | Kind::NotarizationBridges
        | Kind::SigningPaths => false,
    }
}

fn count_valid(capture: &Capture, citation: &Citation, of: &str, score: &mut CitationScore) {
    let valid = is_valid(capture, citation);
    tally(&mut score.valid, valid);
    if !valid {
        let place = citation.pointer.as_deref().unwrap_or_default();
        score.faults.push(format!(
            "{of}: {}#{place} does not hold what is cited",
            citation.artifact
        ));
    }
}

/// Whether the record is the one that was cited, and holds value and words.
fn is_valid(capture: &Capture, citation: &Citation) -> bool {
    let Some(at) = citation
        .artifact
        .parse()
        .ok()
        .and_then(|id| capture.find(&id))
    else {
        return false;
    };
    let value = match (&citation.pointer, &citation.value) {
        (Some(pointer), Some(value)) => capture.value_at(at, pointer).as_ref() == Some(value),
        (Some(_) | None, None) => true,
        (None, Some(_)) => false,
    };
    let quote = citation
        .quote
        .as_ref()
        .is_none_or(|quote| holds(&capture.json(at), quote));
    value && quote && capture.record_digest(at) == Some(citation.digest)
}

fn holds(value: &Value, words: &str) -> bool {
    match value {
        Value::String(text) => text.contains(words),
        Value::Array(items) => items.iter().any(|item| holds(item, words)),
        Value::Object(members) => members.values().any(|item| holds(item, words)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn tally(counted: &mut Proportion, holds: bool) {
    counted.numerator += u64::from(holds);
    counted.denominator += 1;
}
