//! `custody eval [CASES]`: runs or replays cases, with relations and baselines, into one report.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use custody_controls::assess::assess;
use custody_controls::library::Library;

use super::{config_if_any, held_to, write_page};
use crate::agent::OFFLINE;
use crate::agent::endpoint::Endpoint;
use crate::agent::model::Model;
use crate::agent::offline::OfflineDrafter;
use crate::basis::load_library;
use crate::cli::arguments::{Common, EvalArguments};
use crate::cli::prepare::{endpoint_config, limits};
use crate::cli::terminal::CountedProgress;
use crate::cli::{Exit, terminal};
use crate::config::{Config, ModelConfig};
use crate::eval::baselines::{TRIES, Trying, baselines};
use crate::eval::case::{CASE_FILE, Dataset};
use crate::eval::document::{Evaluation, Subject};
use crate::eval::log::People;
use crate::eval::metamorphic::try_all;
use crate::eval::replay::{Replayed, replay_all};
use crate::eval::report::{Origin, report_text};
use crate::eval::run::{Budget, ModelMaker, Plan, Progress, run_all};

/// Where cases are looked for.
const CASES: &str = "evals/cases";

pub(super) async fn run(common: &Common, arguments: &EvalArguments) -> anyhow::Result<Exit> {
    let config = config_if_any(common)?;
    let library = load_library(config.as_ref().and_then(|config| config.library.as_deref()))?;
    let paths = case_paths(common, arguments)?;
    let dataset = Dataset::load(&paths, &library).await?;
    let made = match &arguments.replay {
        Some(folder) => replay_all(&dataset, folder)?,
        None => made(config.as_ref(), arguments, &dataset).await?,
    };
    let jobs = arguments.jobs as usize;
    let relations = {
        let dataset = dataset.clone();
        let rules = move || {
            let judge = |capture: &_, scope: &_| assess(capture, &library, scope);
            (try_all(&dataset, &judge, jobs), library)
        };
        tokio::task::spawn_blocking(rules).await?
    };
    let (relations, library) = relations;
    let bar = CountedProgress::start("baselines", dataset.cases.len() as u64);
    let step: Arc<dyn Fn() + Send + Sync> = {
        let bar = bar.clone();
        Arc::new(move || bar.step())
    };
    let how = Trying {
        jobs,
        tries: TRIES,
        seed: arguments.seed,
    };
    let baselines = baselines(&dataset, how, &step).await;
    bar.finish();
    let subject = subject(&made, &library, &paths, arguments);
    let out = made.out;
    let evaluation = Evaluation::of(subject, &dataset, made.runs, relations, baselines?);
    if let Some(out) = out {
        evaluation.save(&out)?;
        terminal::note(&format!("logs and report: {}", out.display()));
    }
    if common.json {
        terminal::print_json(&evaluation)?;
    } else {
        let style = terminal::style(arguments.full);
        terminal::print(&report_text(&evaluation.report, &style))?;
    }
    if let Some(path) = &arguments.html {
        write_page(path, &evaluation.report)?;
    }
    Ok(held_to(arguments, &evaluation.report))
}

fn subject(
    made: &Replayed,
    library: &Library,
    paths: &[PathBuf],
    arguments: &EvalArguments,
) -> Subject {
    let folder = paths
        .first()
        .map(PathBuf::as_path)
        .unwrap_or(Path::new(CASES));
    // The folder that holds the cases, whether it or one of them was named.
    let folder = match folder.parent() {
        Some(parent) if folder.join(CASE_FILE).is_file() => parent,
        Some(_) | None => folder,
    };
    Subject {
        model: made.model.clone(),
        profile: made.profile.clone(),
        origin: made.origin,
        case_folder: folder.display().to_string(),
        library_version: library.version().to_owned(),
        library: library.digest(),
        epochs: made.epochs,
        seed: arguments.seed,
    }
}

/// Runs what is not on disk yet.
async fn made(
    config: Option<&Config>,
    arguments: &EvalArguments,
    dataset: &Dataset,
) -> anyhow::Result<Replayed> {
    let model_config = config.map_or_else(ModelConfig::default, |config| config.model.clone());
    let maker = model_maker(&model_config, arguments)?;
    let model = maker()?;
    let revealed = config.is_some_and(|config| config.access.reveal_people_to_model);
    let out = arguments
        .out
        .clone()
        .unwrap_or_else(|| default_out(dataset, model.name()));
    let plan = Plan {
        people: if model.is_remote() && !revealed {
            People::Pseudonymous
        } else {
            People::Named
        },
        limits: limits(&model_config, model.as_ref()),
        model: maker,
        epochs: arguments.epochs,
        jobs: arguments.jobs as usize,
        budget: Budget {
            max_tokens: arguments.max_tokens,
            max_seconds: arguments.max_seconds,
        },
        out: out.clone(),
        seed: arguments.seed,
    };
    let steps = dataset.cases.len() as u64 * u64::from(arguments.epochs);
    let bar = CountedProgress::start("runs", steps);
    let progress: Progress = {
        let bar = bar.clone();
        Arc::new(move |_| bar.step())
    };
    let runs = run_all(dataset, &plan, &progress).await;
    bar.finish();
    let profile = model
        .profile_used()
        .map(|profile| profile.digest.to_string());
    Ok(Replayed {
        runs: runs?,
        model: model.name().to_owned(),
        profile,
        epochs: arguments.epochs,
        origin: Origin::Run,
        out: Some(out),
    })
}

fn model_maker(config: &ModelConfig, arguments: &EvalArguments) -> anyhow::Result<ModelMaker> {
    let name = arguments.model.model.as_deref().unwrap_or(&config.name);
    if name == OFFLINE {
        return Ok(Arc::new(|| Ok(Box::new(OfflineDrafter) as Box<dyn Model>)));
    }
    let endpoint = endpoint_config(config, &arguments.model)?;
    Ok(Arc::new(move || {
        Ok(Box::new(Endpoint::new(endpoint.clone())?) as Box<dyn Model>)
    }))
}

/// The cases named, or `evals/cases` here or beside the configuration.
fn case_paths(common: &Common, arguments: &EvalArguments) -> anyhow::Result<Vec<PathBuf>> {
    if !arguments.cases.is_empty() {
        return Ok(arguments.cases.clone());
    }
    let here = PathBuf::from(CASES);
    let beside = common.config.parent().unwrap_or(Path::new("")).join(CASES);
    let found = [here, beside].into_iter().find(|folder| folder.is_dir());
    let found = found.ok_or_else(|| {
        anyhow::anyhow!("there is no `{CASES}` here or beside the configuration: name the cases")
    })?;
    Ok(vec![found])
}

/// A folder of its own for each set of cases and model.
fn default_out(dataset: &Dataset, model: &str) -> PathBuf {
    let digest: String = dataset
        .digest
        .to_string()
        .chars()
        .skip("sha256:".len())
        .take(12)
        .collect();
    let keep = |c: char| {
        if c.is_ascii_alphanumeric() || c == '-' {
            c
        } else {
            '_'
        }
    };
    let model: String = model.chars().map(keep).collect();
    PathBuf::from(".custody/eval").join(format!("{digest}-{model}"))
}
