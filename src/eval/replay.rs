//! Plays the logs of an earlier evaluation again, without a model: every run to the same packet.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::case::Dataset;
use super::log::{RunLog, log_path, read_log};
use super::report::Origin;
use super::run::{CaseRun, replayed};
use super::score::score;

/// Runs, and what they were made with.
#[derive(Debug)]
pub struct Replayed {
    /// The runs, by case and epoch.
    pub runs: Vec<CaseRun>,
    /// The model.
    pub model: String,
    /// The digest of the profile that its endpoint was asked by.
    pub profile: Option<String>,
    /// Runs of each case.
    pub epochs: u32,
    /// Where they come from.
    pub origin: Origin,
    /// The folder that logs are kept in, where they were made now.
    pub out: Option<PathBuf>,
}

/// Plays every log of `folder` again that is of one of the cases. A case without a finished log is unscored.
///
/// # Errors
/// Fails where a log is of other evidence, library or model than the rest, or comes to another packet.
pub fn replay_all(dataset: &Dataset, folder: &Path) -> anyhow::Result<Replayed> {
    let mut first: Option<RunLog> = None;
    let mut runs = Vec::new();
    let mut epochs = 0;
    for case in &dataset.cases {
        let mut epoch = 1;
        while let Some(log) = read_log(&log_path(folder, &case.name, epoch))? {
            let of = format!("log of case `{}`, run {epoch}", case.name);
            anyhow::ensure!(
                log.header.case_digest == case.digest(),
                "{of}: the case's file or evidence has changed since"
            );
            anyhow::ensure!(
                log.header.library == case.judged.library.digest(),
                "{of}: was judged by another controls library"
            );
            if let Some(first) = &first {
                anyhow::ensure!(
                    first.header.model == log.header.model,
                    "{of}: is of model `{}`, others are of `{}`",
                    log.header.model,
                    first.header.model
                );
            }
            runs.push(match &log.end {
                Some(end) if end.unscored.is_none() => {
                    let drafted = replayed(case, &log)?;
                    CaseRun::Scored(Box::new(score(case, epoch, &drafted, end.tokens)))
                }
                end => unscored(
                    &case.name,
                    epoch,
                    end.as_ref().and_then(|end| end.unscored.as_deref()),
                ),
            });
            epochs = epochs.max(epoch);
            first.get_or_insert(log);
            epoch += 1;
        }
        if epoch == 1 {
            runs.push(unscored(&case.name, 1, Some("has no log")));
        }
    }
    let first =
        first.with_context(|| format!("`{}` holds no log of these cases", folder.display()))?;
    let profile = first
        .header
        .profile
        .get("digest")
        .and_then(|digest| digest.as_str());
    Ok(Replayed {
        runs,
        profile: profile.map(str::to_owned),
        model: first.header.model,
        epochs,
        origin: Origin::Replay,
        out: None,
    })
}

fn unscored(case: &str, epoch: u32, reason: Option<&str>) -> CaseRun {
    CaseRun::Unscored {
        case: case.to_owned(),
        epoch,
        reason: reason.unwrap_or("was broken off").to_owned(),
    }
}
