//! What an evaluation found, as one value, and how it is shown: terminal, JSON, one HTML page.
//!
//! It measures nothing: the runner fills a [`Report`]. It reads no file, clock or terminal.

use std::collections::BTreeMap;

use custody_controls::json::Digest;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

mod baseline;
mod comparison;
mod figure;
mod html;
mod measure;
mod miss;
mod parts;
#[cfg(test)]
mod sample;
mod terminal;
mod words;

pub use baseline::{Baseline, BaselineKind};
pub use comparison::{Compared, Comparison, PairedTest, Side};
pub use figure::{Figure, FigureName, UnknownFigure};
pub use html::report_html;
pub use measure::{Better, Measure, Unit};
pub use miss::{Miss, MissKind, Unscored};
pub use parts::{
    CitationQuality, ClassSurfacing, Counterexample, HumanCeiling, PostureAgreement, PostureTable,
    RelationKind, RelationResult, Stability, Surfacing, WindowDrift,
};
pub use terminal::{comparison_text, report_text};

/// The name of this form of report.
pub const REPORT_SCHEMA: &str = "custody/eval-report/v1";

/// What an evaluation found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// [`REPORT_SCHEMA`].
    pub schema: String,
    /// What was run on what.
    pub header: Header,
    /// How far the posture agrees with the reviewers'.
    pub posture: PostureAgreement,
    /// Whether planted defects are in the packet before a person signs.
    pub surfacing: Surfacing,
    /// Whether claims can be traced to evidence.
    pub citations: CitationQuality,
    /// How steady repeated runs are; absent where every case ran once.
    pub stability: Option<Stability>,
    /// Whether the result changes, or stays, as the evidence says that it must.
    pub metamorphic: Vec<RelationResult>,
    /// Whether what changed between two captures is reported, and nothing else.
    pub drift: Option<WindowDrift>,
    /// How far two reviewers agree with each other; absent where no case has two.
    pub human_ceiling: Option<HumanCeiling>,
    /// The same cases by the rules alone, by a constant answer, by models that misbehave.
    pub baselines: Vec<Baseline>,
    /// Everything that did not come out as labelled.
    pub misses: Vec<Miss>,
    /// Runs without a score. They count neither as right nor as wrong.
    pub unscored: Vec<Unscored>,
}

/// What was run on what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// The model's name, or `offline`.
    pub model: String,
    /// The endpoint's profile, where a model was asked.
    pub profile: Option<String>,
    /// Where the scored packets come from.
    pub origin: Origin,
    /// Folder of the cases as seen from the report, for links: `evals/cases`.
    pub case_folder: String,
    /// Digest over all cases that were scored.
    #[schemars(with = "String")]
    pub dataset: Digest,
    /// Version of this program.
    pub code_version: String,
    /// The library's version.
    pub library_version: String,
    /// The library's digest.
    #[schemars(with = "String")]
    pub library: Digest,
    /// Prompts by name.
    #[schemars(with = "BTreeMap<String, String>")]
    pub prompts: BTreeMap<String, Digest>,
    /// Seed of all drawing.
    pub seed: u64,
    /// Cases.
    pub cases: u64,
    /// Scenario families, which intervals draw from.
    pub clusters: u64,
    /// Runs of each case.
    pub epochs: u32,
    /// Tokens read and written by the model.
    pub tokens: Tokens,
}

/// Where scored packets come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// Runs made for this evaluation.
    Run,
    /// A log of earlier runs, without a model.
    Replay,
    /// Packets that people decided on.
    Decisions,
}

/// Tokens used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tokens {
    /// Read by the model.
    pub input: u64,
    /// Written by it.
    pub output: u64,
}

impl Report {
    /// Every figure, in the order of the report.
    #[must_use]
    pub fn figures(&self) -> Vec<&Figure> {
        let mut all = self.posture.figures();
        all.extend(self.surfacing.figures());
        all.extend(self.citations.figures());
        all.extend(self.stability.iter().flat_map(Stability::figures));
        all.extend(self.metamorphic.iter().map(|relation| &relation.held));
        all.extend(self.drift.iter().flat_map(WindowDrift::figures));
        all.extend(self.human_ceiling.iter().flat_map(HumanCeiling::figures));
        all.extend(self.baselines.iter().flat_map(Baseline::figures));
        all
    }

    /// The figure of this name, if the report has it.
    #[must_use]
    pub fn figure(&self, name: &FigureName) -> Option<&Figure> {
        self.figures()
            .into_iter()
            .find(|figure| figure.name == *name)
    }
}

/// The report as pretty-printed JSON, ending in a line feed.
///
/// # Errors
/// Fails when the report has no JSON form.
pub fn report_json(report: &Report) -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string_pretty(report)?;
    text.push('\n');
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_report_survives_json_and_fits_its_own_schema() {
        for report in [sample::report(), sample::empty()] {
            let json = report_json(&report).unwrap();
            assert_eq!(serde_json::from_str::<Report>(&json).unwrap(), report);
            let schema = serde_json::to_value(schemars::schema_for!(Report)).unwrap();
            let value = serde_json::from_str(&json).unwrap();
            let validator = jsonschema::validator_for(&schema).unwrap();
            let faults: Vec<String> = validator
                .iter_errors(&value)
                .map(|fault| fault.to_string())
                .collect();
            assert_eq!(faults, Vec::<String>::new());
        }
        let json = serde_json::to_string(&sample::comparison()).unwrap();
        let read = serde_json::from_str::<Comparison>(&json).unwrap();
        assert_eq!(read, sample::comparison());
    }

    #[test]
    fn every_figure_has_a_name_of_its_own_and_is_found_by_it() {
        let report = sample::report();
        let names: BTreeSet<&FigureName> = report
            .figures()
            .into_iter()
            .map(|figure| &figure.name)
            .collect();
        assert_eq!(names.len(), report.figures().len());
        for figure in report.figures() {
            let name: FigureName = figure.name.to_string().parse().unwrap();
            assert_eq!(report.figure(&name), Some(figure));
        }
        let measures: BTreeSet<Measure> = names.iter().map(|name| name.measure).collect();
        assert_eq!(measures.len(), Measure::ALL.len());
    }

    #[test]
    fn a_report_with_an_unknown_member_is_refused() {
        let mut value = serde_json::to_value(sample::report()).unwrap();
        value["header"]["mood"] = "good".into();
        let refused = serde_json::from_value::<Report>(value).unwrap_err();
        assert!(
            refused.to_string().contains("unknown field `mood`"),
            "{refused}"
        );
    }
}
