//! An evaluation as it is printed and kept: the report, and the score of every run beside it.

use std::path::Path;

use anyhow::Context as _;
use custody_controls::json::Digest;
use serde::{Deserialize, Serialize};

use super::case::Dataset;
use super::code_version;
use super::drift::window_drift;
use super::misses::misses;
use super::report::{
    Baseline, Header, Origin, REPORT_SCHEMA, RelationResult, Report, Tokens, Unscored,
};
use super::run::CaseRun;
use super::score::RunScore;
use super::summary::Runs;
use crate::agent::prompts;

/// The file that an output folder keeps the evaluation in.
pub const REPORT_FILE: &str = "report.json";

/// The report, with what it was made from.
#[derive(Debug, Clone, Serialize)]
pub struct Evaluation {
    /// The report.
    #[serde(flatten)]
    pub report: Report,
    /// Every scored run, by case and epoch.
    pub runs: Vec<RunScore>,
}

/// What is read back of an evaluation, to compare it.
#[derive(Debug, Clone, Deserialize)]
pub struct Scores {
    /// What was run on what.
    pub header: Header,
    /// Every scored run.
    pub runs: Vec<RunScore>,
}

/// What was evaluated, as the report's header says it.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The model.
    pub model: String,
    /// The digest of the profile that its endpoint was asked by.
    pub profile: Option<String>,
    /// Where the packets come from.
    pub origin: Origin,
    /// The folder of the cases, for links.
    pub case_folder: String,
    /// The library's version.
    pub library_version: String,
    /// The library's digest.
    pub library: Digest,
    /// Runs of each case.
    pub epochs: u32,
    /// Seed of all drawing.
    pub seed: u64,
}

impl Evaluation {
    /// Sums up runs.
    #[must_use]
    pub fn of(
        subject: Subject,
        dataset: &Dataset,
        runs: Vec<CaseRun>,
        metamorphic: Vec<RelationResult>,
        baselines: Vec<Baseline>,
    ) -> Self {
        let (scored, unscored) = parted(runs);
        let summed = Runs {
            scored: &scored,
            seed: subject.seed,
        };
        let mut missed = misses(&scored);
        let (drift, drifted) = window_drift(dataset, &summed);
        missed.extend(drifted);
        let report = Report {
            schema: REPORT_SCHEMA.to_owned(),
            header: header(subject, dataset.digest, dataset.cases.len(), &summed),
            posture: summed.posture(),
            surfacing: summed.surfacing(),
            citations: summed.citations(),
            stability: summed.stability(),
            metamorphic,
            drift,
            human_ceiling: summed.human_ceiling(),
            baselines,
            misses: missed,
            unscored,
        };
        Self {
            report,
            runs: scored,
        }
    }

    /// Sums up packets that people decided on. `digest` is over all of them.
    #[must_use]
    pub fn of_decisions(subject: Subject, digest: Digest, runs: Vec<CaseRun>) -> Self {
        let dataset = Dataset {
            cases: Vec::new(),
            digest,
        };
        let count = runs.len();
        let mut evaluation = Self::of(subject, &dataset, runs, Vec::new(), Vec::new());
        evaluation.report.header.cases = count as u64;
        evaluation
    }

    /// Writes the evaluation into an output folder. A reader sees the old file or the new one.
    ///
    /// # Errors
    /// Says which file cannot be written.
    pub fn save(&self, folder: &Path) -> anyhow::Result<()> {
        let path = folder.join(REPORT_FILE);
        let half = folder.join(format!("{REPORT_FILE}.part"));
        let text = serde_json::to_string_pretty(self)?;
        std::fs::create_dir_all(folder)
            .and_then(|()| std::fs::write(&half, text))
            .and_then(|()| std::fs::rename(&half, &path))
            .with_context(|| format!("report `{}` cannot be written", path.display()))
    }
}

impl Scores {
    /// Reads an evaluation from its output folder or its report.
    ///
    /// # Errors
    /// Says what cannot be read or is no report.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let file = if path.is_dir() {
            path.join(REPORT_FILE)
        } else {
            path.to_owned()
        };
        let shown = file.display();
        let text = std::fs::read_to_string(&file)
            .with_context(|| format!("report `{shown}` cannot be read"))?;
        serde_json::from_str(&text)
            .with_context(|| format!("`{shown}` is no report with the scores of its runs"))
    }
}

fn parted(runs: Vec<CaseRun>) -> (Vec<RunScore>, Vec<Unscored>) {
    let (mut scored, mut unscored) = (Vec::new(), Vec::new());
    for run in runs {
        match run {
            CaseRun::Scored(score) => scored.push(*score),
            CaseRun::Unscored {
                case,
                epoch,
                reason,
            } => unscored.push(Unscored {
                case,
                epoch,
                reason,
            }),
        }
    }
    (scored, unscored)
}

fn header(subject: Subject, dataset: Digest, cases: usize, runs: &Runs<'_>) -> Header {
    let sum = |of: fn(&RunScore) -> u64| runs.scored.iter().map(of).sum();
    Header {
        model: subject.model,
        profile: subject.profile,
        origin: subject.origin,
        case_folder: subject.case_folder,
        dataset,
        code_version: code_version(),
        library_version: subject.library_version,
        library: subject.library,
        prompts: prompts::digests(),
        seed: subject.seed,
        cases: cases as u64,
        clusters: runs.clusters(),
        epochs: subject.epochs,
        tokens: Tokens {
            input: sum(|run| run.tokens.input),
            output: sum(|run| run.tokens.output),
        },
    }
}
