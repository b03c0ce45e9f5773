//! Sentences that every format says in the same words.

use std::collections::BTreeMap;

use super::view::View;
use custody_controls::assessment::SubjectStatus;
use custody_controls::json::Digest;
use custody_controls::packet::{PacketLibrary, PacketValidation, Provenance, ValidationOutcome};
use custody_controls::status::{Disposition, RequirementStatus};
use custody_controls::validator::{DraftFault, FaultCode};

/// What every rendering says about itself.
pub(super) const NOT_AN_ATTESTATION: &str =
    "Not an attestation: a recommendation for a human decision.";

/// The name of the embedded drafter.
const OFFLINE: &str = "offline";

/// What stands beside the posture, so that no question is lost behind it.
pub(super) fn beside_posture(view: &View<'_>) -> Vec<(Disposition, String)> {
    let questions = view.questions();
    let gaps = view.findings_for(Disposition::Remediate).count();
    let mut beside = Vec::new();
    if view.posture != Disposition::Remediate && gaps > 0 {
        beside.push((
            Disposition::Remediate,
            format!("{} to remediate", counted(gaps, "gap")),
        ));
    }
    if questions > 0 {
        beside.push((
            Disposition::Escalate,
            format!("{} for governance", counted(questions, "question")),
        ));
    }
    beside
}

/// `remediate, and 1 question for governance`.
pub(super) fn headline(view: &View<'_>) -> String {
    let beside: Vec<String> = beside_posture(view)
        .into_iter()
        .map(|(_, words)| words)
        .collect();
    if beside.is_empty() {
        view.posture.to_string()
    } else {
        format!("{}, and {}", view.posture, beside.join(", and "))
    }
}

/// What a disposition means for the reader.
pub(super) const fn meaning(disposition: Disposition) -> &'static str {
    match disposition {
        Disposition::Approve => "supportable as submitted",
        Disposition::Remediate => "needs targeted remediation first",
        Disposition::Escalate => "goes to release security governance",
    }
}

/// The heading over findings that ask for a disposition.
pub(super) const fn finding_heading(disposition: Disposition) -> &'static str {
    match disposition {
        Disposition::Approve => "Noted",
        Disposition::Remediate => "To remediate",
        Disposition::Escalate => "Questions for release security governance",
    }
}

/// The model's name, with what it is where it is no language model.
pub(super) fn model_name(provenance: &Provenance) -> String {
    if provenance.model == OFFLINE {
        format!("{OFFLINE} (embedded drafter, not a language model)")
    } else {
        provenance.model.clone()
    }
}

/// Whether a draft passed, and if not, why.
pub(super) fn validation(validation: &PacketValidation) -> String {
    let rejected = match validation.rejected_drafts.len() {
        0 => String::new(),
        count => format!(
            "; {} kept for the reviewer",
            counted(count, "rejected draft")
        ),
    };
    match validation.outcome {
        ValidationOutcome::Accepted => format!(
            "accepted: the draft passed the validator in round {}, {} checked{rejected}",
            validation.rounds,
            counted(validation.claims_checked as usize, "claim"),
        ),
        ValidationOutcome::RulesOnly => format!(
            "rules-only: the account is the rules' own, because {}{rejected}",
            validation
                .reason
                .as_deref()
                .unwrap_or("no draft passed the validator"),
        ),
    }
}

/// The library's version and whether it is the approved one.
pub(super) fn library(library: &PacketLibrary) -> String {
    let approval = if library.approved {
        "approved"
    } else {
        "not approved"
    };
    format!("{} ({approval})", library.version)
}

/// What a reader must know before relying on the rest.
pub(super) fn warnings(view: &View<'_>) -> Vec<String> {
    let mut warnings = Vec::new();
    if !view.library.approved {
        warnings.push(format!(
            "The controls library {} is not the approved one ({}): its owner has not approved these rules.",
            view.library.version, view.library.digest
        ));
    }
    for (source, reason) in view.missing_sources() {
        warnings.push(format!(
            "The source {} could not be read ({reason}): nothing that rests on it was judged.",
            source.source
        ));
    }
    let outcome = view.validation.map(|found| found.outcome);
    if outcome == Some(ValidationOutcome::RulesOnly) {
        warnings.push(
            "No draft passed the validator: statuses, findings and account are the rules' own."
                .to_owned(),
        );
    }
    warnings
}

/// `12 judged: 10 satisfied, 2 stale`.
pub(super) fn judged(subjects: &[SubjectStatus]) -> String {
    let mut counts: BTreeMap<RequirementStatus, usize> = BTreeMap::new();
    for subject in subjects {
        *counts.entry(subject.status).or_default() += 1;
    }
    let parts: Vec<String> = counts
        .iter()
        .map(|(status, count)| format!("{count} {status}"))
        .collect();
    if parts.is_empty() {
        "none judged".to_owned()
    } else {
        format!("{} judged: {}", subjects.len(), parts.join(", "))
    }
}

/// The first twelve hexadecimal digits: enough to compare by eye.
pub(crate) fn short_digest(digest: Digest) -> String {
    digest
        .to_string()
        .chars()
        .take("sha256:".len() + 12)
        .collect()
}

/// `1 finding`, `2 findings`.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

/// A fault of a rejected draft in one line.
pub(super) fn fault(fault: &DraftFault) -> String {
    let requirement = fault
        .requirement
        .as_ref()
        .map(|id| format!(" {id}"))
        .unwrap_or_default();
    format!(
        "{}{requirement} at {}: {}",
        fault_code(fault.code),
        if fault.path.is_empty() {
            "/"
        } else {
            &fault.path
        },
        fault.message
    )
}

fn fault_code(code: FaultCode) -> String {
    serde_json::to_value(code)
        .ok()
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sample;
    use crate::render::view::NextStep;
    use custody_controls::packet::{Packet, RejectedDraft};

    #[test]
    fn questions_for_governance_stand_beside_the_posture() {
        let mut packet = sample::packet();
        let words = |packet: &Packet| headline(&View::of_packet(packet, NextStep::Review));
        packet.body.concerns.clear();
        assert_eq!(words(&packet), "remediate, and 1 question for governance");
        packet.body.concerns = sample::packet().body.concerns;
        assert_eq!(words(&packet), "remediate, and 2 questions for governance");
        packet.body.posture = Disposition::Escalate;
        assert_eq!(
            words(&packet),
            "escalate, and 2 gaps to remediate, and 2 questions for governance"
        );
        packet.body.findings.clear();
        packet.body.concerns.clear();
        packet.body.posture = Disposition::Approve;
        assert_eq!(words(&packet), "approve");
    }

    #[test]
    fn the_embedded_drafter_is_never_taken_for_a_model() {
        let mut provenance = sample::packet().provenance;
        assert_eq!(
            model_name(&provenance),
            "offline (embedded drafter, not a language model)"
        );
        provenance.model = "qwen3-32b".to_owned();
        assert_eq!(model_name(&provenance), "qwen3-32b");
    }

    #[test]
    fn a_packet_without_an_accepted_draft_says_so_and_why() {
        let mut found = sample::packet().body.validation;
        assert_eq!(
            validation(&found),
            "accepted: the draft passed the validator in round 1, 57 claims checked"
        );
        found.outcome = ValidationOutcome::RulesOnly;
        found.reason = Some("the model gave no draft in 3 rounds".to_owned());
        found.rejected_drafts = vec![RejectedDraft {
            draft: serde_json::Value::Null,
            faults: Vec::new(),
        }];
        assert_eq!(
            validation(&found),
            "rules-only: the account is the rules' own, because the model gave no draft in 3 rounds; 1 rejected draft kept for the reviewer"
        );
    }
}
