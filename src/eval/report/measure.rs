//! What is measured: stable names, and what each says in one line.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

mod said;

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
