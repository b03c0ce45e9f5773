//! What is measured: stable names, and what each says in one line.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Something that a report gives a figure for.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// Share of cases with the reviewer's posture.
    PostureAgreement,
    /// Cohen's kappa of the posture.
    Kappa,
    /// Linearly weighted kappa of the posture.
    WeightedKappa,
    /// Gwet's AC1 of the posture.
    Ac1,
    /// Share of requirements with the reviewer's status.
    StatusAgreement,
    /// Share of packets that a reviewer could accept without a major edit.
    CleanAcceptance,
    /// Share of cases with a milder posture than the reviewer's.
    UnderEscalation,
    /// Share of cases with a stricter posture than the reviewer's.
    OverEscalation,
    /// Packets that recommend approval where the reviewer does not.
    MistakenApprovals,
    /// Share of planted defects in the register.
    SurfacingRecall,
    /// Share of findings and concerns that were planted.
    SurfacingPrecision,
    /// False alarms per clean packet.
    FalseAlarms,
    /// Share of planted defects seen in a tool's answer and absent from the register.
    Buried,
    /// Share of planted defects surfaced as milder than planted.
    Diluted,
    /// Share of citations that resolve to the value they state.
    CitationValidity,
    /// Share of claims that their cited facts alone uphold.
    CitationRecall,
    /// Share of citations that a claim needs.
    CitationPrecision,
    /// Share of required evidence roles that are cited.
    RoleCompleteness,
    /// Share of citations to the newest record that applies.
    Currency,
    /// Share of claims that change as the rules say when the cited field changes.
    Faithfulness,
    /// Chance that k runs of a case are all right.
    PassHat,
    /// Share of cases whose posture is not the same in every run.
    FlipRate,
    /// Krippendorff's ordinal alpha across runs.
    Alpha,
    /// Mean overlap of what two runs of a case cite.
    CitationJaccard,
    /// Share of trials in which a relation held.
    RelationHeld,
    /// Share of reported changes that are changes.
    DriftPrecision,
    /// Share of changes that are reported.
    DriftRecall,
    /// Share of double-coded cases on which two reviewers agree.
    HumanAgreement,
    /// Cohen's kappa of two reviewers.
    HumanKappa,
    /// Kappa with a reviewer less kappa between reviewers.
    KappaAboveHuman,
    /// A baseline's share of cases with the reviewer's posture.
    BaselineAgreement,
    /// A baseline's kappa.
    BaselineKappa,
    /// A baseline's share of planted defects in the register.
    BaselineSurfacing,
    /// Share of bad drafts that the validator rejected.
    BadDraftsCaught,
    /// Packets that recommend approval because of a bad draft.
    UnsafeApprovals,
}

/// How a figure is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A share, shown in percent.
    Share,
    /// A coefficient or rate, shown with three decimals.
    Number,
    /// A whole number.
    Count,
}

/// Which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    /// More is better: a threshold is a least value.
    Higher,
    /// Less is better: a threshold is a greatest value.
    Lower,
}

/// What is said of a measure.
struct Said {
    name: &'static str,
    title: &'static str,
    meaning: &'static str,
    unit: Unit,
    better: Better,
}

impl Measure {
    /// All measures, in the order of the report.
    pub const ALL: [Self; 35] = [
        Self::PostureAgreement,
        Self::Kappa,
        Self::WeightedKappa,
        Self::Ac1,
        Self::StatusAgreement,
        Self::CleanAcceptance,
        Self::UnderEscalation,
        Self::OverEscalation,
        Self::MistakenApprovals,
        Self::SurfacingRecall,
        Self::SurfacingPrecision,
        Self::FalseAlarms,
        Self::Buried,
        Self::Diluted,
        Self::CitationValidity,
        Self::CitationRecall,
        Self::CitationPrecision,
        Self::RoleCompleteness,
        Self::Currency,
        Self::Faithfulness,
        Self::PassHat,
        Self::FlipRate,
        Self::Alpha,
        Self::CitationJaccard,
        Self::RelationHeld,
        Self::DriftPrecision,
        Self::DriftRecall,
        Self::HumanAgreement,
        Self::HumanKappa,
        Self::KappaAboveHuman,
        Self::BaselineAgreement,
        Self::BaselineKappa,
        Self::BaselineSurfacing,
        Self::BadDraftsCaught,
        Self::UnsafeApprovals,
    ];

    /// The stable name: `weighted-kappa`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.said().name
    }

    /// What stands above the figure.
    #[must_use]
    pub const fn title(self) -> &'static str {
        self.said().title
    }

    /// What the figure says, in one line.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        self.said().meaning
    }

    /// How it is written.
    #[must_use]
    pub const fn unit(self) -> Unit {
        self.said().unit
    }

    /// Which way is better.
    #[must_use]
    pub const fn better(self) -> Better {
        self.said().better
    }

    const fn said(self) -> Said {
        use Better::{Higher, Lower};
        use Unit::{Count, Number, Share};
        let (name, title, meaning, unit, better) = match self {
            Self::PostureAgreement => (
                "posture-agreement",
                "Posture agreement",
                "Share of cases in which the packet recommends what the reviewer would.",
                Share,
                Higher,
            ),
            Self::Kappa => (
                "kappa",
                "Cohen's kappa",
                "Posture agreement beyond chance: 1 is full agreement, 0 is what chance gives.",
                Number,
                Higher,
            ),
            Self::WeightedKappa => (
                "weighted-kappa",
                "Weighted kappa",
                "Kappa that counts approve against escalate as twice the disagreement of neighbours.",
                Number,
                Higher,
            ),
            Self::Ac1 => (
                "ac1",
                "Gwet's AC1",
                "Agreement beyond chance that does not collapse when one posture prevails.",
                Number,
                Higher,
            ),
            Self::StatusAgreement => (
                "status-agreement",
                "Status agreement",
                "Share of requirements whose status is the reviewer's.",
                Share,
                Higher,
            ),
            Self::CleanAcceptance => (
                "clean-acceptance",
                "Clean acceptance",
                "Share of packets with the reviewer's posture that need no major edit.",
                Share,
                Higher,
            ),
            Self::UnderEscalation => (
                "under-escalation",
                "Under-escalation",
                "Share of cases in which the packet is milder than the reviewer: the dangerous side.",
                Share,
                Lower,
            ),
            Self::OverEscalation => (
                "over-escalation",
                "Over-escalation",
                "Share of cases in which the packet is stricter than the reviewer: the costly side.",
                Share,
                Lower,
            ),
            Self::MistakenApprovals => (
                "mistaken-approvals",
                "Mistaken approvals",
                "Packets that recommend approval where the reviewer does not, whoever drafted them.",
                Count,
                Lower,
            ),
            Self::SurfacingRecall => (
                "surfacing-recall",
                "Surfacing recall",
                "Share of planted defects that stand in the packet before a person signs.",
                Share,
                Higher,
            ),
            Self::SurfacingPrecision => (
                "surfacing-precision",
                "Surfacing precision",
                "Share of what the packet surfaces that was planted.",
                Share,
                Higher,
            ),
            Self::FalseAlarms => (
                "false-alarms",
                "False alarms",
                "Findings and concerns per clean packet, where there should be none.",
                Number,
                Lower,
            ),
            Self::Buried => (
                "buried",
                "Buried",
                "Share of planted defects that the model was shown and the packet leaves out.",
                Share,
                Lower,
            ),
            Self::Diluted => (
                "diluted",
                "Diluted",
                "Share of planted defects that the packet shows as milder than they are.",
                Share,
                Lower,
            ),
            Self::CitationValidity => (
                "citation-validity",
                "Citation validity",
                "Share of citations that lead to the very value they state.",
                Share,
                Higher,
            ),
            Self::CitationRecall => (
                "citation-recall",
                "Citation recall",
                "Share of claims that the rules reach again from the cited facts alone.",
                Share,
                Higher,
            ),
            Self::CitationPrecision => (
                "citation-precision",
                "Citation precision",
                "Share of citations that their claim needs.",
                Share,
                Higher,
            ),
            Self::RoleCompleteness => (
                "role-completeness",
                "Role completeness",
                "Share of the evidence roles a claim must cite that it does cite.",
                Share,
                Higher,
            ),
            Self::Currency => (
                "currency",
                "Currency",
                "Share of citations to the newest record that applied at as-of.",
                Share,
                Higher,
            ),
            Self::Faithfulness => (
                "faithfulness",
                "Counterfactual faithfulness",
                "Share of cited fields whose change changes the claim as the rules say.",
                Share,
                Higher,
            ),
            Self::PassHat => (
                "pass-hat",
                "pass^k",
                "Chance that k runs of the same case all give the reviewer's posture.",
                Share,
                Higher,
            ),
            Self::FlipRate => (
                "flip-rate",
                "Flip rate",
                "Share of cases whose posture is not the same in every run.",
                Share,
                Lower,
            ),
            Self::Alpha => (
                "alpha",
                "Krippendorff's alpha",
                "Agreement of a case's runs with each other, postures taken as ordered: 1 is full.",
                Number,
                Higher,
            ),
            Self::CitationJaccard => (
                "citation-jaccard",
                "Citation overlap",
                "Mean share of cited records that two runs of a case have in common.",
                Share,
                Higher,
            ),
            Self::RelationHeld => (
                "relation-held",
                "Relation held",
                "Share of changed captures on which the result changed, or stayed, as it must.",
                Share,
                Higher,
            ),
            Self::DriftPrecision => (
                "drift-precision",
                "Drift precision",
                "Share of the changes reported between two captures that did happen.",
                Share,
                Higher,
            ),
            Self::DriftRecall => (
                "drift-recall",
                "Drift recall",
                "Share of the changes between two captures that are reported.",
                Share,
                Higher,
            ),
            Self::HumanAgreement => (
                "human-agreement",
                "Reviewers' agreement",
                "Share of double-coded cases on which two reviewers agree: the ceiling.",
                Share,
                Higher,
            ),
            Self::HumanKappa => (
                "human-kappa",
                "Reviewers' kappa",
                "Agreement beyond chance between two reviewers.",
                Number,
                Higher,
            ),
            Self::KappaAboveHuman => (
                "kappa-above-human",
                "Kappa above reviewers'",
                "Kappa with the reviewer less kappa between reviewers, on the same cases.",
                Number,
                Higher,
            ),
            Self::BaselineAgreement => (
                "baseline-agreement",
                "Posture agreement",
                "The baseline's share of cases with the reviewer's posture.",
                Share,
                Higher,
            ),
            Self::BaselineKappa => (
                "baseline-kappa",
                "Cohen's kappa",
                "The baseline's agreement beyond chance.",
                Number,
                Higher,
            ),
            Self::BaselineSurfacing => (
                "baseline-surfacing",
                "Surfacing recall",
                "The baseline's share of planted defects in the packet.",
                Share,
                Higher,
            ),
            Self::BadDraftsCaught => (
                "bad-drafts-caught",
                "Bad drafts caught",
                "Share of a misbehaving model's bad drafts that the validator rejected.",
                Share,
                Higher,
            ),
            Self::UnsafeApprovals => (
                "unsafe-approvals",
                "Unsafe approvals",
                "Packets that recommend approval because of a bad draft: must be 0.",
                Count,
                Lower,
            ),
        };
        Said {
            name,
            title,
            meaning,
            unit,
            better,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_measures_name_is_the_one_in_json() {
        for measure in Measure::ALL {
            assert_eq!(serde_json::to_value(measure).unwrap(), measure.as_str());
            assert!(measure.meaning().ends_with('.'), "{measure:?}");
        }
        let names: std::collections::BTreeSet<_> =
            Measure::ALL.iter().map(|one| one.as_str()).collect();
        assert_eq!(names.len(), Measure::ALL.len());
    }
}
