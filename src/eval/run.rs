//! Runs every case as often as asked for, the way a packet is prepared, side by side and within a budget.
//!
//! What is on disk already is not run again. What is not run, or could not be asked, is unscored.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use custody_controls::packet::TokenCount;
use custody_tools::tool::SeeAll;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::case::{Case, Dataset};
use super::code_version;
use super::log::{
    LOG_SCHEMA, LogHeader, LogWriter, People, RunEnd, RunLog, differing, log_path, read_log,
};
use super::score::{RunScore, score};
use crate::agent::limits::Limits;
use crate::agent::model::{Model, ModelError};
use crate::agent::prompts;
use crate::agent::pseudonym::Pseudonyms;
use crate::agent::run::Event;
use crate::drafting::{Drafted, Drafter, draft, replay};

/// Makes a model for one run.
pub type ModelMaker = Arc<dyn Fn() -> anyhow::Result<Box<dyn Model>> + Send + Sync>;

/// What an evaluation runs with.
#[derive(Clone)]
pub struct Plan {
    /// Makes the model: each run has its own, with its own deadline.
    pub model: ModelMaker,
    /// What it is shown of people.
    pub people: People,
    /// Limits of one run.
    pub limits: Limits,
    /// Runs of each case.
    pub epochs: u32,
    /// Runs at the same time.
    pub jobs: usize,
    /// What all runs together may spend.
    pub budget: Budget,
    /// Where logs are kept.
    pub out: PathBuf,
    /// Seed of all drawing.
    pub seed: u64,
}

impl std::fmt::Debug for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plan")
            .field("epochs", &self.epochs)
            .finish_non_exhaustive()
    }
}

/// What all runs together may spend. No run begins after it is spent.
#[derive(Debug, Clone, Copy, Default)]
pub struct Budget {
    /// Tokens, read and written.
    pub max_tokens: Option<u64>,
    /// Seconds.
    pub max_seconds: Option<u64>,
}

/// What became of one run.
#[derive(Debug, Clone, PartialEq)]
pub enum CaseRun {
    /// It was scored.
    Scored(Box<RunScore>),
    /// It has no score.
    Unscored {
        /// The case.
        case: String,
        /// The run, from 1.
        epoch: u32,
        /// Why.
        reason: String,
    },
}

/// Told after each run.
pub type Progress = Arc<dyn Fn(&CaseRun) + Send + Sync>;

struct Shared {
    plan: Plan,
    dataset: Dataset,
    began: Instant,
    tokens: AtomicU64,
}

/// Runs what is not on disk yet, and scores everything. Ordered by case and epoch.
///
/// # Errors
/// Fails when a log cannot be written, or is one of another model, library, dataset or program.
pub async fn run_all(
    dataset: &Dataset,
    plan: &Plan,
    progress: &Progress,
) -> anyhow::Result<Vec<CaseRun>> {
    let shared = Arc::new(Shared {
        plan: plan.clone(),
        dataset: dataset.clone(),
        began: Instant::now(),
        tokens: AtomicU64::new(0),
    });
    shared.refuse_others()?;
    let jobs = Arc::new(Semaphore::new(plan.jobs.max(1)));
    let mut tasks = JoinSet::new();
    for epoch in 1..=plan.epochs {
        for case in &dataset.cases {
            let (shared, jobs) = (Arc::clone(&shared), Arc::clone(&jobs));
            let case = Arc::clone(case);
            tasks.spawn(async move {
                let _turn = jobs.acquire_owned().await?;
                shared.run(&case, epoch).await
            });
        }
    }
    let mut runs = Vec::new();
    while let Some(done) = tasks.join_next().await {
        let run = done??;
        progress(&run);
        runs.push(run);
    }
    runs.sort_by_key(CaseRun::place);
    Ok(runs)
}

impl CaseRun {
    fn place(&self) -> (String, u32) {
        match self {
            Self::Scored(score) => (score.case.clone(), score.epoch),
            Self::Unscored { case, epoch, .. } => (case.clone(), *epoch),
        }
    }
}

impl Shared {
    /// Nothing is run into a folder that holds logs of another evaluation.
    fn refuse_others(&self) -> anyhow::Result<()> {
        let model = (self.plan.model)()?;
        for case in &self.dataset.cases {
            for epoch in 1..=self.plan.epochs {
                let path = log_path(&self.plan.out, &case.name, epoch);
                if let Some(log) = read_log(&path)? {
                    let header = self.header(case, epoch, model.as_ref())?;
                    refuse_other(&path.display().to_string(), &log, &header)?;
                }
            }
        }
        Ok(())
    }

    async fn run(&self, case: &Arc<Case>, epoch: u32) -> anyhow::Result<CaseRun> {
        let unscored = |reason: String| CaseRun::Unscored {
            case: case.name.clone(),
            epoch,
            reason,
        };
        let path = log_path(&self.plan.out, &case.name, epoch);
        let model = (self.plan.model)()?;
        let header = self.header(case, epoch, model.as_ref())?;
        let found = read_log(&path)?;
        if let Some(log) = &found {
            refuse_other(&path.display().to_string(), log, &header)?;
        }
        let (drafted, end) = match found {
            Some(log) if log.end.as_ref().is_some_and(|end| end.unscored.is_none()) => {
                let drafted = replayed(case, &log)?;
                let tokens = TokenCount::default();
                let end = log
                    .end
                    .unwrap_or_else(|| end_of(&drafted, &log.events, tokens));
                (drafted, end)
            }
            found => {
                if let Some(reason) = self.spent() {
                    return Ok(unscored(reason));
                }
                // A run whose model could not be asked is made again from the start.
                let found = found.filter(|log| log.end.is_none());
                let (writer, kept) = match found {
                    Some(log) => (LogWriter::resume(&path, &log)?, log.events),
                    None => (LogWriter::begin(&path, &header)?, Vec::new()),
                };
                let (drafted, end) = self.make(case, model.as_ref(), kept, writer).await?;
                let spent = end.tokens.input.saturating_add(end.tokens.output);
                self.tokens.fetch_add(spent, Ordering::Relaxed);
                (drafted, end)
            }
        };
        Ok(match end.unscored.clone() {
            Some(reason) => unscored(reason),
            None => CaseRun::Scored(Box::new(score(case, epoch, &drafted, end.tokens))),
        })
    }

    async fn make(
        &self,
        case: &Case,
        model: &dyn Model,
        kept: Vec<Event>,
        mut writer: LogWriter,
    ) -> anyhow::Result<(Drafted, RunEnd)> {
        let pseudonyms = pseudonyms(case, self.plan.people);
        let drafter = Drafter {
            model,
            limits: self.plan.limits,
            visibility: &SeeAll,
            pseudonyms: &pseudonyms,
            progress: &|_| {},
        };
        let mut events = kept.clone();
        let mut journal = Recorded {
            writer: &mut writer,
            events: &mut events,
        };
        let drafted = draft(&case.judged, &drafter, kept, &mut journal).await?;
        let tokens = tokens_of(model, &drafted, &events);
        let end = end_of(&drafted, &events, tokens);
        writer.end(end.clone())?;
        Ok((drafted, end))
    }

    fn header(&self, case: &Case, epoch: u32, model: &dyn Model) -> anyhow::Result<LogHeader> {
        Ok(LogHeader {
            schema: LOG_SCHEMA.to_owned(),
            case: case.name.clone(),
            epoch,
            dataset: self.dataset.digest,
            case_digest: case.digest(),
            library: case.judged.library.digest(),
            code: code_version(),
            model: model.name().to_owned(),
            profile: serde_json::to_value(model.profile_used())?,
            people: self.plan.people,
            limits: self.plan.limits,
            prompts: prompts::digests(),
            seed: self.plan.seed,
        })
    }

    /// Why no further run may begin.
    fn spent(&self) -> Option<String> {
        let Budget {
            max_tokens,
            max_seconds,
        } = self.plan.budget;
        let tokens = self.tokens.load(Ordering::Relaxed);
        if let Some(most) = max_tokens.filter(|most| tokens >= *most) {
            return Some(format!("not run: the budget of {most} tokens is spent"));
        }
        let most = max_seconds.filter(|most| self.began.elapsed() >= Duration::from_secs(*most));
        most.map(|most| format!("not run: the budget of {most} seconds is spent"))
    }
}

/// Keeps events on disk and at hand.
struct Recorded<'r> {
    writer: &'r mut LogWriter,
    events: &'r mut Vec<Event>,
}

impl crate::agent::driver::Journal for Recorded<'_> {
    fn append<'j>(&'j mut self, event: &'j Event) -> crate::agent::driver::AppendFuture<'j> {
        self.events.push(event.clone());
        self.writer.append(event)
    }
}

fn refuse_other(path: &str, found: &RunLog, wanted: &LogHeader) -> anyhow::Result<()> {
    let members = differing(&found.header, wanted);
    anyhow::ensure!(
        members.is_empty(),
        "log `{path}` is of another evaluation: {} differ; choose another --out",
        members.join(", ")
    );
    Ok(())
}

/// Plays a finished log again.
pub(super) fn replayed(case: &Case, log: &RunLog) -> anyhow::Result<Drafted> {
    let header = &log.header;
    let place = format!("case `{}`, run {}", header.case, header.epoch);
    let pseudonyms = pseudonyms(case, header.people);
    let drafted = replay(&case.judged, header.limits, &pseudonyms, log.events.clone())
        .map_err(|error| anyhow::anyhow!("{place}: {error:#}"))?;
    if let Some(end) = &log.end {
        anyhow::ensure!(
            drafted.packet.digest() == end.packet,
            "{place}: the log ended in packet {} and replays to {}",
            end.packet,
            drafted.packet.digest()
        );
    }
    Ok(drafted)
}

fn pseudonyms(case: &Case, people: People) -> Pseudonyms {
    match people {
        People::Named => Pseudonyms::default(),
        People::Pseudonymous => Pseudonyms::of(&case.judged.capture),
    }
}

fn end_of(drafted: &Drafted, events: &[Event], tokens: TokenCount) -> RunEnd {
    let body = drafted.packet.body();
    RunEnd {
        packet: drafted.packet.digest(),
        posture: body.posture,
        outcome: body.validation.outcome,
        tokens,
        unscored: events.iter().find_map(could_not_ask),
    }
}

/// Tokens as reported; as estimated where an endpoint reports none, so that a budget holds.
fn tokens_of(model: &dyn Model, drafted: &Drafted, events: &[Event]) -> TokenCount {
    let usage = drafted.run.usage();
    if model.is_remote() && usage.input == 0 && usage.output == 0 {
        return estimated(events);
    }
    TokenCount {
        input: usage.input,
        output: usage.output,
    }
}

/// Tokens of an endpoint that reports none: what it wrote and was shown, four bytes a token.
fn estimated(events: &[Event]) -> TokenCount {
    let (mut shown, mut count) = (0_u64, TokenCount::default());
    for event in events {
        let bytes = serde_json::to_string(event).map_or(0, |text| text.len() as u64);
        match event {
            Event::Turn { .. } => {
                count.input = count.input.saturating_add(shown / 4);
                count.output = count.output.saturating_add(bytes / 4);
            }
            Event::ModelFailed { .. }
            | Event::Answers { .. }
            | Event::ToolStopped { .. }
            | Event::DraftAccepted
            | Event::DraftRejected { .. } => {}
        }
        // A conversation is read whole at every turn.
        shown = shown.saturating_add(bytes);
    }
    count
}

/// Why a model gave no answer of its own: the packet then says nothing of the model.
fn could_not_ask(event: &Event) -> Option<String> {
    match event {
        Event::ModelFailed { error } => match error {
            ModelError::Exhausted(_)
            | ModelError::ContextLength(_)
            | ModelError::ContentFilter(_) => None,
            ModelError::Authentication(_)
            | ModelError::Quota(_)
            | ModelError::RateLimited(_)
            | ModelError::NotFound(_)
            | ModelError::BadRequest(_)
            | ModelError::Unreachable(_)
            | ModelError::Server(_)
            | ModelError::Answer(_) => Some(error.to_string()),
        },
        Event::Turn { .. }
        | Event::Answers { .. }
        | Event::ToolStopped { .. }
        | Event::DraftAccepted
        | Event::DraftRejected { .. } => None,
    }
}
