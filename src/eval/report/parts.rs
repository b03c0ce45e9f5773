//! The sections of a report, one type each.

use custody_controls::status::Disposition;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::figure::Figure;
use crate::eval::stats::Confusion;

/// How far the posture agrees with the reviewers'.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PostureAgreement {
    /// How often each pair of postures came together.
    pub table: PostureTable,
    /// `posture-agreement`.
    pub agreement: Figure,
    /// `kappa`.
    pub kappa: Figure,
    /// `weighted-kappa`.
    pub weighted_kappa: Figure,
    /// `ac1`.
    pub ac1: Figure,
    /// `status-agreement`.
    pub status_agreement: Figure,
    /// `clean-acceptance`.
    pub clean_acceptance: Figure,
    /// `under-escalation`.
    pub under_escalation: Figure,
    /// `over-escalation`.
    pub over_escalation: Figure,
    /// `mistaken-approvals`: [`PostureTable::mistaken_approvals`] as a figure.
    pub mistaken_approvals: Figure,
}

impl PostureAgreement {
    pub(super) fn figures(&self) -> Vec<&Figure> {
        vec![
            &self.agreement,
            &self.kappa,
            &self.weighted_kappa,
            &self.ac1,
            &self.status_agreement,
            &self.clean_acceptance,
            &self.under_escalation,
            &self.over_escalation,
            &self.mistaken_approvals,
        ]
    }
}

/// How often each posture of a reviewer (row) met each posture of the packet (column), in the order
/// approve, remediate, escalate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct PostureTable(pub Confusion);

impl PostureTable {
    /// Counts pairs: what the reviewer says, what the packet says.
    pub fn tally(pairs: impl IntoIterator<Item = (Disposition, Disposition)>) -> Self {
        let ranked = pairs
            .into_iter()
            .map(|(reviewer, packet)| (reviewer as u8, packet as u8));
        Self(Confusion::tally(Disposition::ALL.len() as u8, ranked))
    }

    /// How many packets recommend approval where the reviewer does not.
    #[must_use]
    pub fn mistaken_approvals(&self) -> u64 {
        let approve = Disposition::Approve as usize;
        let others = self.0.rows().iter().skip(approve + 1);
        others.filter_map(|row| row.get(approve)).sum()
    }
}

/// Whether planted defects are in the packet before a person signs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Surfacing {
    /// `surfacing-recall`.
    pub recall: Figure,
    /// `surfacing-precision`.
    pub precision: Figure,
    /// `false-alarms`.
    pub false_alarms: Figure,
    /// `buried`.
    pub buried: Figure,
    /// `diluted`.
    pub diluted: Figure,
    /// The same by defect class, in the order of the classes' names.
    pub classes: Vec<ClassSurfacing>,
}

impl Surfacing {
    pub(super) fn figures(&self) -> Vec<&Figure> {
        let mut all = vec![
            &self.recall,
            &self.precision,
            &self.false_alarms,
            &self.buried,
            &self.diluted,
        ];
        for class in &self.classes {
            all.push(&class.recall);
            all.extend(&class.precision);
        }
        all
    }
}

/// Surfacing of one defect class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClassSurfacing {
    /// The class: `stale_escrow`.
    pub class: String,
    /// Defects planted.
    pub planted: u64,
    /// Of those, in the register of the packet.
    pub surfaced: u64,
    /// Of the others, shown to the model by a tool.
    pub buried: u64,
    /// Of the surfaced, shown as milder.
    pub diluted: u64,
    /// `surfacing-recall.<class>`.
    pub recall: Figure,
    /// `surfacing-precision.<class>`, where findings can be told apart by class.
    pub precision: Option<Figure>,
}

/// Whether claims can be traced to evidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CitationQuality {
    /// `citation-validity`.
    pub validity: Figure,
    /// `citation-recall`.
    pub recall: Figure,
    /// `citation-precision`.
    pub precision: Figure,
    /// `role-completeness`.
    pub roles: Figure,
    /// `currency`.
    pub currency: Figure,
    /// `faithfulness`.
    pub faithfulness: Figure,
}

impl CitationQuality {
    pub(super) fn figures(&self) -> Vec<&Figure> {
        vec![
            &self.validity,
            &self.recall,
            &self.precision,
            &self.roles,
            &self.currency,
            &self.faithfulness,
        ]
    }
}

/// How steady repeated runs are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Stability {
    /// `pass-hat.1`, `pass-hat.2`, … in the order of k.
    pub pass_hat: Vec<Figure>,
    /// `flip-rate`.
    pub flip_rate: Figure,
    /// `alpha`.
    pub alpha: Figure,
    /// `citation-jaccard`.
    pub citation_jaccard: Figure,
}

impl Stability {
    pub(super) fn figures(&self) -> Vec<&Figure> {
        let mut all: Vec<&Figure> = self.pass_hat.iter().collect();
        all.extend([&self.flip_rate, &self.alpha, &self.citation_jaccard]);
        all
    }
}

/// What kind of relation was tried.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum RelationKind {
    /// The result must stay the same.
    Invariant,
    /// The result may only move one way.
    Monotone,
    /// The result must change.
    Sensitive,
}

impl RelationKind {
    /// The kind in one word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invariant => "invariant",
            Self::Monotone => "monotone",
            Self::Sensitive => "sensitive",
        }
    }
}

/// How often one relation held.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RelationResult {
    /// The relation's name: `shift-all-dates`.
    pub relation: String,
    /// Its kind.
    pub kind: RelationKind,
    /// What it says, in one line.
    pub meaning: String,
    /// `relation-held.<relation>`: its counts are trials without a violation, and trials.
    pub held: Figure,
    /// The smallest trial that broke it.
    pub counterexample: Option<Counterexample>,
}

/// A trial that broke a relation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Counterexample {
    /// The case that was changed.
    pub case: String,
    /// How it was changed.
    pub change: String,
    /// What came out, against what had to.
    pub outcome: String,
}

/// Whether what changed between two captures is reported, and nothing else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WindowDrift {
    /// Pairs of captures.
    pub windows: u64,
    /// `drift-precision`.
    pub precision: Figure,
    /// `drift-recall`.
    pub recall: Figure,
}

impl WindowDrift {
    pub(super) fn figures(&self) -> Vec<&Figure> {
        vec![&self.precision, &self.recall]
    }
}

/// How far two reviewers agree with each other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HumanCeiling {
    /// The two, the reference first.
    pub reviewers: [String; 2],
    /// Cases with a label of both.
    pub cases: u64,
    /// `human-agreement`.
    pub agreement: Figure,
    /// `human-kappa`.
    pub kappa: Figure,
    /// `kappa-above-human`, on the double-coded cases.
    pub above: Figure,
}

impl HumanCeiling {
    pub(super) fn figures(&self) -> Vec<&Figure> {
        vec![&self.agreement, &self.kappa, &self.above]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_keeps_the_order_of_the_postures() {
        let table = PostureTable::tally([
            (Disposition::Escalate, Disposition::Approve),
            (Disposition::Remediate, Disposition::Remediate),
        ]);
        assert_eq!(table.0.rows(), [[0, 0, 0], [0, 1, 0], [1, 0, 0]]);
        assert_eq!(table.mistaken_approvals(), 1);
    }
}
