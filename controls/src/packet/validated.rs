//! A packet whose statements all come from the rules or from a draft that passed the validator.
//!
//! Statuses, findings, subjects, options and posture are always the assessment's. A draft lends
//! words and citations, and its concerns can turn `approve` into `escalate`; nothing else.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    Packet, PacketBody, PacketConcern, PacketEvidence, PacketFinding, PacketRequirement,
    PacketSource, PacketValidation, Provenance, RejectedDraft, ValidationOutcome,
};
use crate::assessment::{Citation, Finding, RankedOption, RequirementResult};
use crate::capture::Capture;
use crate::draft::{Concern, Draft, DraftCitation, FindingDraft, RequirementDraft};
use crate::json::Digest;
use crate::kind::{ArtifactId, SourceSystem};
use crate::packet::PACKET_SCHEMA;
use crate::status::Disposition;
use crate::validator::{AcceptedDraft, DraftFault, ReviewBasis};

/// A packet that may be queued. Not `Deserialize`: what is stored is capture and draft, and it is
/// validated again on load.
#[derive(Debug, Clone, PartialEq)]
pub struct ValidatedPacket {
    // INVARIANT: made by `accepted` or `rules_only` alone; `digest` is the body's.
    body: PacketBody,
    digest: Digest,
    draft: Option<Draft>,
}

impl ValidatedPacket {
    /// The packet of a draft that passed, after `rejected` ones that did not.
    ///
    /// `accepted` must have been validated against the same `basis`.
    #[must_use]
    pub fn accepted(
        basis: &ReviewBasis<'_>,
        accepted: AcceptedDraft,
        rejected: Vec<RejectedDraft>,
    ) -> Self {
        let (draft, claims_checked) = accepted.into_parts();
        let validation = PacketValidation {
            outcome: ValidationOutcome::Accepted,
            rounds: count(rejected.len()).saturating_add(1),
            claims_checked,
            rejected_drafts: rejected,
            reason: None,
        };
        Self::of(basis, Some(draft), validation)
    }

    /// The packet with the rules' own account, where no draft passed: `reason` says why.
    #[must_use]
    pub fn rules_only(
        basis: &ReviewBasis<'_>,
        rejected: Vec<RejectedDraft>,
        reason: String,
    ) -> Self {
        let validation = PacketValidation {
            outcome: ValidationOutcome::RulesOnly,
            rounds: count(rejected.len()),
            claims_checked: 0,
            rejected_drafts: rejected,
            reason: Some(reason),
        };
        Self::of(basis, None, validation)
    }

    fn of(basis: &ReviewBasis<'_>, draft: Option<Draft>, validation: PacketValidation) -> Self {
        let body = body(basis, draft.as_ref(), validation);
        let digest = body.digest();
        Self {
            body,
            digest,
            draft,
        }
    }

    /// Everything that the digest covers, and `captured_at`.
    #[must_use]
    pub const fn body(&self) -> &PacketBody {
        &self.body
    }

    /// SHA-256 over the canonical JSON of the body.
    #[must_use]
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// The accepted draft; `None` where the account is the rules' own.
    #[must_use]
    pub const fn draft(&self) -> Option<&Draft> {
        self.draft.as_ref()
    }

    /// The whole packet, with what no digest covers.
    #[must_use]
    pub fn into_packet(self, id: String, revision: u32, provenance: Provenance) -> Packet {
        Packet {
            schema: PACKET_SCHEMA.to_owned(),
            id,
            revision,
            digest: self.digest,
            body: self.body,
            provenance,
        }
    }
}

impl RejectedDraft {
    /// Keeps the text of a draft as submitted: as JSON where it is JSON, else as text.
    #[must_use]
    pub fn of(draft_text: &str, faults: Vec<DraftFault>) -> Self {
        Self {
            draft: crate::json::parse_strict(draft_text)
                .unwrap_or_else(|_| Value::from(draft_text)),
            faults,
        }
    }
}

fn body(
    basis: &ReviewBasis<'_>,
    draft: Option<&Draft>,
    validation: PacketValidation,
) -> PacketBody {
    let assessment = basis.assessment;
    let concerns = draft.map_or(&[][..], |draft| &draft.concerns);
    let raised = assessment.posture == Disposition::Approve && !concerns.is_empty();
    let posture = if raised {
        Disposition::Escalate
    } else {
        assessment.posture
    };
    let account = Account::of(draft);
    let requirements = assessment.requirements.iter();
    let findings = assessment.findings.iter();
    PacketBody {
        cycle: basis.scope.cycle.clone(),
        as_of: basis.scope.as_of,
        period: basis.scope.period,
        posture,
        summary: draft
            .map(|draft| draft.summary.clone())
            .filter(|text| is_said(text))
            .unwrap_or_else(|| super::summary::of_rules(basis)),
        options: if raised {
            escalate_first(&assessment.options)
        } else {
            assessment.options.clone()
        },
        requirements: requirements
            .map(|result| requirement(basis, result, account.of_requirement(&result.id)))
            .collect(),
        findings: findings
            .map(|finding| packet_finding(basis, finding, account.of_finding(finding)))
            .collect(),
        concerns: concerns.iter().map(|entry| concern(basis, entry)).collect(),
        ignored_exceptions: assessment.ignored_exceptions.clone(),
        evidence: evidence(basis.capture),
        library: basis.library.clone(),
        validation,
    }
}

/// A draft's entries, by what they speak of.
#[derive(Debug, Default)]
struct Account<'d> {
    requirements: BTreeMap<&'d str, &'d RequirementDraft>,
    findings: BTreeMap<(&'d str, &'d str, &'d str), &'d FindingDraft>,
}

impl<'d> Account<'d> {
    fn of(draft: Option<&'d Draft>) -> Self {
        let mut account = Self::default();
        for entry in draft.into_iter().flat_map(|draft| &draft.requirements) {
            account.requirements.insert(&entry.requirement, entry);
            for finding in &entry.findings {
                let place = (
                    entry.requirement.as_str(),
                    finding.check.as_str(),
                    finding.subject.as_str(),
                );
                account.findings.insert(place, finding);
            }
        }
        account
    }

    fn of_requirement(&self, id: &str) -> Option<&'d RequirementDraft> {
        self.requirements.get(id).copied()
    }

    fn of_finding(&self, finding: &Finding) -> Option<&'d FindingDraft> {
        let place = (
            finding.requirement.as_str(),
            finding.check.as_str(),
            finding.subject.as_str(),
        );
        self.findings.get(&place).copied()
    }
}

/// A blank account says nothing: the rules' own then stands in its place.
fn is_said(text: &str) -> bool {
    !text.trim().is_empty()
}

fn requirement(
    basis: &ReviewBasis<'_>,
    result: &RequirementResult,
    account: Option<&RequirementDraft>,
) -> PacketRequirement {
    let account = account.filter(|account| is_said(&account.rationale));
    PacketRequirement {
        id: result.id.clone(),
        title: result.title.clone(),
        waivable: result.waivable,
        status: result.status,
        subjects: result.subjects.clone(),
        rationale: account.map_or_else(
            || result.rationale.clone(),
            |account| account.rationale.clone(),
        ),
        citations: account.map_or_else(
            || result.citations.clone(),
            |account| citations(basis, &account.citations),
        ),
        findings: result.findings.clone(),
    }
}

/// The rules' finding with its citations, then what the explanation cites beyond them.
fn packet_finding(
    basis: &ReviewBasis<'_>,
    finding: &Finding,
    account: Option<&FindingDraft>,
) -> PacketFinding {
    let account = account.filter(|account| is_said(&account.explanation));
    let message = finding.message.clone();
    let mut finding = finding.clone();
    for citation in account
        .into_iter()
        .flat_map(|account| citations(basis, &account.citations))
    {
        let is_known = finding.citations.iter().any(|known| {
            (&known.artifact, &known.pointer, &known.quote)
                == (&citation.artifact, &citation.pointer, &citation.quote)
        });
        if !is_known {
            finding.citations.push(citation);
        }
    }
    PacketFinding {
        finding,
        explanation: account
            .map(|account| account.explanation.clone())
            .filter(|explanation| *explanation != message),
    }
}

fn concern(basis: &ReviewBasis<'_>, concern: &Concern) -> PacketConcern {
    PacketConcern {
        text: concern.text.clone(),
        disposition: Disposition::Escalate,
        citations: citations(basis, &concern.citations),
    }
}

/// Pins each citation with the digest of its record.
fn citations(basis: &ReviewBasis<'_>, cited: &[DraftCitation]) -> Vec<Citation> {
    let pinned = cited.iter().filter_map(|citation| {
        let id: ArtifactId = citation.artifact.parse().ok()?;
        let at = basis.capture.find(&id)?;
        Some(Citation {
            artifact: citation.artifact.clone(),
            pointer: citation.pointer.clone(),
            value: citation.value.clone(),
            quote: citation.quote.clone(),
            digest: basis.capture.record_digest(at)?,
            source_url: basis.capture.source_url(at).map(str::to_owned),
        })
    });
    pinned.collect()
}

/// The options where a concern turns `approve` into `escalate`: that one first, the others in their order.
fn escalate_first(options: &[RankedOption]) -> Vec<RankedOption> {
    let mut ranked: Vec<RankedOption> = options.to_vec();
    for option in &mut ranked {
        option.supported |= option.disposition == Disposition::Escalate;
    }
    ranked.sort_by_key(|option| option.disposition != Disposition::Escalate);
    ranked
}

fn evidence(capture: &Capture) -> PacketEvidence {
    let sources = SourceSystem::ALL.into_iter().filter_map(|source| {
        let reading = capture.readings().get(&source)?;
        Some(PacketSource {
            source: source.name().to_owned(),
            connector: reading.connector.clone(),
            records: source.kinds().map(|kind| capture.table(kind).count()).sum(),
            captured_at: reading.captured_at,
            missing: reading
                .missing
                .as_ref()
                .map(|_| "could not be read".to_owned()),
        })
    });
    PacketEvidence {
        digest: capture.digest(),
        records: capture.len(),
        sources: sources.collect(),
    }
}

fn count(items: usize) -> u32 {
    u32::try_from(items).unwrap_or(u32::MAX)
}
