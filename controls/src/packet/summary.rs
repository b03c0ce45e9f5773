//! The rules' own summary, where no draft gives one.

use crate::status::{Disposition, RequirementStatus};
use crate::validator::ReviewBasis;

/// The whole in a few sentences, made from the rules' results alone.
pub(super) fn of_rules(basis: &ReviewBasis<'_>) -> String {
    let assessment = basis.assessment;
    let by_status = RequirementStatus::ALL
        .into_iter()
        .rev()
        .filter_map(|status| {
            let with_status = assessment
                .requirements
                .iter()
                .filter(|result| result.status == status);
            let ids: Vec<&str> = with_status.map(|result| result.id.as_str()).collect();
            (!ids.is_empty()).then(|| format!("{} {status}", ids.join(", ")))
        });
    let statuses: Vec<String> = by_status.collect();
    let asking = |disposition: Disposition| {
        assessment
            .findings
            .iter()
            .filter(|finding| finding.disposition == disposition)
            .count()
    };
    let findings = match (
        asking(Disposition::Remediate),
        asking(Disposition::Escalate),
    ) {
        (0, 0) => "No finding speaks against approval.".to_owned(),
        (remediate, 0) => format!("{}.", findings_asking(remediate, "remediation")),
        (0, escalate) => format!("{}.", findings_asking(escalate, "escalation")),
        (remediate, escalate) => format!(
            "{}, {}.",
            findings_asking(remediate, "remediation"),
            findings_asking(escalate, "escalation")
        ),
    };
    format!(
        "For cycle {} as of {} the rules recommend: {}. Requirements: {}. {findings}",
        basis.scope.cycle,
        basis.scope.as_of,
        assessment.posture,
        statuses.join("; "),
    )
}

fn findings_asking(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 finding asks for {what}"),
        _ => format!("{count} findings ask for {what}"),
    }
}
