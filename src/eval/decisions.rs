//! Past packets against what people decided: the only labels that cost nothing and come from the field.
//!
//! A decision was made with the packet in view, so agreement here is an upper bound: a reviewer who
//! accepts may have followed the recommendation.

use std::collections::{BTreeMap, BTreeSet};

use custody_controls::json::Digest;
use custody_controls::packet::{PacketBody, TokenCount};
use custody_controls::status::RequirementStatus;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::citations::CitationScore;
use super::label::passes;
use super::run::CaseRun;
use super::score::{Review, RunScore};
use crate::packets::load;
use crate::review::{RecordedDecision, Store};

/// What was decided in one cycle.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CycleDecisions {
    /// The cycle.
    pub cycle: String,
    /// Packets decided.
    pub decided: u64,
    /// Accepted as they were.
    pub accepted: u64,
    /// Overridden.
    pub overridden: u64,
    /// Returned: these say nothing of the posture.
    pub returned: u64,
    /// Decided with the packet's posture, of those accepted or overridden.
    pub agreed: u64,
    /// Corrections of a status.
    pub corrections: u64,
    /// Of those, across the line that lets a requirement pass.
    pub major_corrections: u64,
}

/// The decisions in a store.
#[derive(Debug)]
pub struct Decisions {
    /// One run per decided packet, by packet.
    pub runs: Vec<CaseRun>,
    /// By cycle.
    pub cycles: Vec<CycleDecisions>,
    /// Digest over the decided packets.
    pub digest: Digest,
    /// Who drafted the packets.
    pub models: BTreeSet<String>,
}

/// Reads every decision and the packet that it is on.
///
/// # Errors
/// Fails when the store cannot be read or was altered, or holds no decision.
pub async fn decisions(store: &Store) -> anyhow::Result<Decisions> {
    let mut cycles: BTreeMap<String, CycleDecisions> = BTreeMap::new();
    let (mut runs, mut digests, mut models) = (Vec::new(), BTreeMap::new(), BTreeSet::new());
    for decision in store.decisions().await? {
        let loaded = load(store, &decision.packet).await?;
        let packet = &loaded.packet;
        models.insert(packet.provenance.model.clone());
        digests.insert(decision.packet.clone(), packet.digest);
        let cycle = cycles.entry(packet.body.cycle.clone()).or_default();
        cycle.cycle.clone_from(&packet.body.cycle);
        runs.push(scored(&decision, &packet.body, packet.digest, cycle));
    }
    anyhow::ensure!(
        !runs.is_empty(),
        "store `{}` holds no decision: there is nothing to evaluate",
        store.path().display()
    );
    Ok(Decisions {
        runs,
        cycles: cycles.into_values().collect(),
        digest: Digest::of(&json!(digests)),
        models,
    })
}

fn scored(
    decision: &RecordedDecision,
    body: &PacketBody,
    digest: Digest,
    cycle: &mut CycleDecisions,
) -> CaseRun {
    cycle.decided += 1;
    if decision.verdict == "return" {
        cycle.returned += 1;
        return CaseRun::Unscored {
            case: decision.packet.clone(),
            epoch: 1,
            reason: "the packet was returned, which says nothing of its posture".to_owned(),
        };
    }
    let posture = decision.posture.unwrap_or(body.posture);
    let statuses: BTreeMap<String, RequirementStatus> = body
        .requirements
        .iter()
        .map(|result| (result.id.clone(), result.status))
        .collect();
    let mut decided = statuses.clone();
    let mut major_edits = Vec::new();
    for correction in &decision.corrections {
        cycle.corrections += 1;
        let before = decided.insert(correction.requirement.clone(), correction.status);
        if before.is_none_or(|before| passes(before) != passes(correction.status)) {
            cycle.major_corrections += 1;
            major_edits.push(format!(
                "{}: the reviewer says {}",
                correction.requirement, correction.status
            ));
        }
    }
    let overridden = decision.verdict == "override";
    cycle.overridden += u64::from(overridden);
    cycle.accepted += u64::from(!overridden);
    cycle.agreed += u64::from(posture == body.posture);
    CaseRun::Scored(Box::new(RunScore {
        case: decision.packet.clone(),
        cluster: body.cycle.clone(),
        epoch: 1,
        packet: digest,
        outcome: body.validation.outcome,
        rejected: body.validation.rejected_drafts.len() as u64,
        posture: body.posture,
        statuses,
        reviewers: vec![Review {
            reviewer: decision.reviewer.clone(),
            posture,
            statuses: decided,
            major_edits,
        }],
        planted: Vec::new(),
        alarms: Vec::new(),
        founded: BTreeMap::new(),
        citations: CitationScore::default(),
        cited: BTreeSet::new(),
        tokens: TokenCount::default(),
    }))
}
