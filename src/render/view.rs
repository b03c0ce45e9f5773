//! What is shown of a review, whether it is a packet or the rules' assessment alone.
//!
//! One view feeds every renderer, so no format can say more or less than another by accident.

use custody_controls::assessment::{
    Assessment, Citation, Finding, IgnoredException, RankedOption, RequirementResult, SubjectStatus,
};
use custody_controls::instant::Instant;
use custody_controls::json::Digest;
use custody_controls::packet::{
    Packet, PacketConcern, PacketEvidence, PacketLibrary, PacketRequirement, PacketSource,
    PacketValidation, Provenance, ReviewPeriod, ReviewScope,
};
use custody_controls::status::{Disposition, RequirementStatus};

/// A packet's name.
#[derive(Debug, Clone, Copy)]
pub struct Identity<'a> {
    /// The packet's id.
    pub id: &'a str,
    /// The revision within its cycle.
    pub revision: u32,
    /// What a decision binds.
    pub digest: Digest,
}

/// What a reader is told to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextStep {
    /// The packet was queued: read it, then decide.
    Review,
    /// The packet is being read: decide.
    Decide,
    /// There is no packet yet: prepare one.
    Prepare,
    /// Nothing: it is decided, superseded or exported.
    Nothing,
}

/// One requirement.
#[derive(Debug, Clone, Copy)]
pub struct RequirementView<'a> {
    /// The requirement's id.
    pub id: &'a str,
    /// Its title.
    pub title: &'a str,
    /// Whether an exception can stand in for it.
    pub waivable: bool,
    /// Its status by the rules.
    pub status: RequirementStatus,
    /// Every subject judged.
    pub subjects: &'a [SubjectStatus],
    /// The account of it.
    pub rationale: &'a str,
    /// What the account rests on.
    pub citations: &'a [Citation],
    /// Ids of its findings.
    pub findings: &'a [String],
}

/// One finding.
#[derive(Debug, Clone, Copy)]
pub struct FindingView<'a> {
    /// The rules' finding.
    pub finding: &'a Finding,
    /// The drafter's explanation, where there is one.
    pub explanation: Option<&'a str>,
}

/// A review as every renderer sees it.
#[derive(Debug, Clone)]
pub struct View<'a> {
    /// The packet's name; none for an assessment.
    pub packet: Option<Identity<'a>>,
    /// The cycle's name.
    pub cycle: &'a str,
    /// The instant for which everything is judged.
    pub as_of: Instant,
    /// The cycle's period.
    pub period: ReviewPeriod,
    /// The recommended disposition.
    pub posture: Disposition,
    /// The whole in a few sentences; none for an assessment.
    pub summary: Option<&'a str>,
    /// All three dispositions, the recommended one first.
    pub options: &'a [RankedOption],
    /// One entry per requirement, in library order.
    pub requirements: Vec<RequirementView<'a>>,
    /// All findings.
    pub findings: Vec<FindingView<'a>>,
    /// Accepted concerns.
    pub concerns: &'a [PacketConcern],
    /// Exceptions that the rules did not apply.
    pub ignored_exceptions: &'a [IgnoredException],
    /// What was read.
    pub evidence: &'a PacketEvidence,
    /// What it was judged by.
    pub library: &'a PacketLibrary,
    /// How the account came to be; none for an assessment.
    pub validation: Option<&'a PacketValidation>,
    /// How the packet was made; none for an assessment.
    pub provenance: Option<&'a Provenance>,
    /// What the reader is told to do next.
    pub next: NextStep,
}

impl<'a> View<'a> {
    /// A packet's view.
    #[must_use]
    pub fn of_packet(packet: &'a Packet, next: NextStep) -> Self {
        let body = &packet.body;
        Self {
            packet: Some(Identity {
                id: &packet.id,
                revision: packet.revision,
                digest: packet.digest,
            }),
            cycle: &body.cycle,
            as_of: body.as_of,
            period: body.period,
            posture: body.posture,
            summary: Some(&body.summary),
            options: &body.options,
            requirements: body
                .requirements
                .iter()
                .map(of_packet_requirement)
                .collect(),
            findings: body
                .findings
                .iter()
                .map(|finding| FindingView {
                    finding: &finding.finding,
                    explanation: finding.explanation.as_deref(),
                })
                .collect(),
            concerns: &body.concerns,
            ignored_exceptions: &body.ignored_exceptions,
            evidence: &body.evidence,
            library: &body.library,
            validation: Some(&body.validation),
            provenance: Some(&packet.provenance),
            next,
        }
    }

    /// The view of what the rules alone found.
    #[must_use]
    pub fn of_assessment(
        assessment: &'a Assessment,
        scope: &'a ReviewScope,
        evidence: &'a PacketEvidence,
        library: &'a PacketLibrary,
    ) -> Self {
        Self {
            packet: None,
            cycle: &scope.cycle,
            as_of: scope.as_of,
            period: scope.period,
            posture: assessment.posture,
            summary: None,
            options: &assessment.options,
            requirements: assessment.requirements.iter().map(of_result).collect(),
            findings: assessment
                .findings
                .iter()
                .map(|finding| FindingView {
                    finding,
                    explanation: None,
                })
                .collect(),
            concerns: &[],
            ignored_exceptions: &assessment.ignored_exceptions,
            evidence,
            library,
            validation: None,
            provenance: None,
            next: NextStep::Prepare,
        }
    }

    /// The findings that ask for `disposition`, in packet order.
    pub fn findings_for(&self, disposition: Disposition) -> impl Iterator<Item = &FindingView<'a>> {
        self.findings
            .iter()
            .filter(move |shown| shown.finding.disposition == disposition)
    }

    /// How many questions go to release security governance: escalating findings and concerns.
    #[must_use]
    pub fn questions(&self) -> usize {
        self.findings_for(Disposition::Escalate).count() + self.concerns.len()
    }

    /// The sources that could not be read, each with its reason.
    pub fn missing_sources(&self) -> impl Iterator<Item = (&'a PacketSource, &'a str)> {
        self.evidence
            .sources
            .iter()
            .filter_map(|source| Some((source, source.missing.as_deref()?)))
    }
}

fn of_packet_requirement(requirement: &PacketRequirement) -> RequirementView<'_> {
    RequirementView {
        id: &requirement.id,
        title: &requirement.title,
        waivable: requirement.waivable,
        status: requirement.status,
        subjects: &requirement.subjects,
        rationale: &requirement.rationale,
        citations: &requirement.citations,
        findings: &requirement.findings,
    }
}

fn of_result(requirement: &RequirementResult) -> RequirementView<'_> {
    RequirementView {
        id: &requirement.id,
        title: &requirement.title,
        waivable: requirement.waivable,
        status: requirement.status,
        subjects: &requirement.subjects,
        rationale: &requirement.rationale,
        citations: &requirement.citations,
        findings: &requirement.findings,
    }
}
