//! What the same cases give without the model, and what misbehaving models get through.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::figure::Figure;

/// What stands in for the model.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum BaselineKind {
    /// A plain way to answer, to be better than.
    Reference,
    /// A model that misbehaves, to be held by the validator.
    Misbehaving,
}

/// One baseline over the same cases.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// Its name: `rules-only`, `fabricating`.
    pub name: String,
    /// What it is.
    pub kind: BaselineKind,
    /// What it does, in one line.
    pub meaning: String,
    /// `baseline-agreement.<name>`.
    pub agreement: Figure,
    /// `baseline-kappa.<name>`.
    pub kappa: Figure,
    /// `baseline-surfacing.<name>`.
    pub surfacing: Figure,
    /// Drafts that it handed in.
    pub drafts: u64,
    /// `bad-drafts-caught.<name>`: rejected, of the drafts that were bad. Absent where it drafts nothing.
    pub caught: Option<Figure>,
    /// `mistaken-approvals.<name>`: packets that recommend approval where the reviewer does not.
    pub mistaken_approvals: Figure,
    /// `unsafe-approvals.<name>`: packets that recommend approval because of a bad draft. Absent where
    /// it drafts nothing.
    pub unsafe_approvals: Option<Figure>,
}

impl Baseline {
    pub(super) fn figures(&self) -> Vec<&Figure> {
        let mut all = vec![&self.agreement, &self.kappa, &self.surfacing];
        all.extend(&self.caught);
        all.push(&self.mistaken_approvals);
        all.extend(&self.unsafe_approvals);
        all
    }
}
