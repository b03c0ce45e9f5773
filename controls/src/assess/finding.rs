//! Makes findings: stable ids, exact citations.

use serde_json::Value;

use crate::assessment::{Citation, Finding};
use crate::capture::{Capture, RecordAt};
use crate::cel::{Bindings, Traced};
use crate::facts::FactBase;
use crate::json::Digest;
use crate::library::Outcome;
use crate::status::{Disposition, RequirementStatus};

/// A place in a record.
pub(super) type Read = (RecordAt, String);

/// The id of a finding: a function of requirement, check and subject alone.
pub(super) fn finding_id(requirement: &str, check: &str, subject: &str) -> String {
    let digest = Digest::of(&Value::from(vec![requirement, check, subject])).to_string();
    let digits: String = digest.chars().skip("sha256:".len()).take(12).collect();
    format!("F-{digits}")
}

/// The finding that `outcome` failed on `subject`. `reads` are the places that say so.
pub(super) fn finding<'a>(
    base: &FactBase<'a>,
    requirement: &str,
    outcome: &'a Outcome,
    subject: RecordAt,
    bindings: &mut Bindings<'a, Traced>,
    reads: Vec<Read>,
) -> Finding {
    let (message, printed) = outcome.message.render(base, bindings);
    let mut reads = reads;
    reads.extend(printed);
    if !reads.iter().any(|(at, _)| *at == subject) {
        reads.push((subject, "/id".to_owned()));
    }
    let artifact = base.capture.artifact(subject).to_string();
    Finding {
        id: finding_id(requirement, &outcome.check, &artifact),
        requirement: requirement.to_owned(),
        check: outcome.check.clone(),
        subject: artifact,
        status: outcome.status,
        disposition: outcome.disposition,
        message,
        remedy: outcome.remedy.clone(),
        citations: citations(base.capture, reads),
    }
}

/// A finding about a whole source, which no record bears out.
pub(super) fn source_finding(
    requirement: &str,
    check: &str,
    source: &str,
    disposition: Disposition,
    message: String,
    remedy: String,
) -> Finding {
    Finding {
        id: finding_id(requirement, check, source),
        requirement: requirement.to_owned(),
        check: check.to_owned(),
        subject: source.to_owned(),
        status: RequirementStatus::Missing,
        disposition,
        message,
        remedy,
        citations: Vec::new(),
    }
}

/// Citations of places, each once, by artifact and pointer.
pub(super) fn citations(capture: &Capture, mut reads: Vec<Read>) -> Vec<Citation> {
    reads.sort_unstable();
    reads.dedup();
    reads
        .into_iter()
        .filter_map(|(at, pointer)| citation(capture, at, pointer))
        .collect()
}

fn citation(capture: &Capture, at: RecordAt, pointer: String) -> Option<Citation> {
    let value = capture.value_at(at, &pointer)?;
    Some(Citation {
        artifact: capture.artifact(at).to_string(),
        pointer: Some(pointer),
        value: Some(value),
        quote: None,
        digest: capture.record_digest(at)?,
        source_url: capture.source_url(at).map(str::to_owned),
    })
}
