//! The recommended posture, by the policy's order, and the ranked options.

use crate::assessment::{Finding, RankedOption};
use crate::status::Disposition;

/// The first disposition of `order` that some finding asks for; `approve`, which comes last, where none does.
pub(super) fn posture(order: &[Disposition], findings: &[Finding]) -> Disposition {
    order
        .iter()
        .copied()
        .find(|wanted| {
            findings
                .iter()
                .any(|finding| finding.disposition == *wanted)
        })
        .unwrap_or(Disposition::Approve)
}

/// All dispositions: the recommended one first, then those that findings support, then the rest.
pub(super) fn options(
    order: &[Disposition],
    posture: Disposition,
    findings: &[Finding],
) -> Vec<RankedOption> {
    let ids = |wanted: &dyn Fn(&Finding) -> bool| -> Vec<String> {
        findings
            .iter()
            .filter(|finding| wanted(finding))
            .map(|finding| finding.id.clone())
            .collect()
    };
    let mut options: Vec<RankedOption> = order
        .iter()
        .map(|disposition| {
            let because = ids(&|finding| finding.disposition == *disposition);
            let supported = match disposition {
                Disposition::Approve => findings.is_empty(),
                Disposition::Remediate | Disposition::Escalate => !because.is_empty(),
            };
            let against = ids(&|finding| finding.disposition != *disposition);
            RankedOption {
                disposition: *disposition,
                supported,
                because,
                against,
            }
        })
        .collect();
    // The sort is stable: within a group the policy's order stays.
    options.sort_by_key(|option| (option.disposition != posture, !option.supported));
    options
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::RequirementStatus;
    use Disposition::{Approve, Escalate, Remediate};

    fn finding(disposition: Disposition) -> Finding {
        Finding {
            id: format!("F-{disposition}"),
            requirement: "KC-1".to_owned(),
            check: "c".to_owned(),
            subject: "s".to_owned(),
            status: RequirementStatus::Partial,
            disposition,
            message: String::new(),
            remedy: String::new(),
            citations: Vec::new(),
        }
    }

    #[track_caller]
    fn check(
        dispositions: &[Disposition],
        expected: Disposition,
        ranked: [(Disposition, bool); 3],
    ) {
        let findings: Vec<Finding> = dispositions.iter().copied().map(finding).collect();
        let order = [Remediate, Escalate, Approve];
        assert_eq!(posture(&order, &findings), expected);
        let options = options(&order, expected, &findings);
        assert_eq!(
            options
                .iter()
                .map(|o| (o.disposition, o.supported))
                .collect::<Vec<_>>(),
            ranked
        );
    }

    #[test]
    fn posture_follows_the_order_and_no_finding_at_all_approves() {
        check(
            &[],
            Approve,
            [(Approve, true), (Remediate, false), (Escalate, false)],
        );
        check(
            &[Escalate],
            Escalate,
            [(Escalate, true), (Remediate, false), (Approve, false)],
        );
        check(
            &[Escalate, Remediate],
            Remediate,
            [(Remediate, true), (Escalate, true), (Approve, false)],
        );
        check(
            &[Remediate],
            Remediate,
            [(Remediate, true), (Escalate, false), (Approve, false)],
        );
    }
}
