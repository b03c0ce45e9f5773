//! Carries out a run's steps: asks the model, answers tool calls, has drafts judged.
//!
//! Every event is in the journal before it is applied.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use custody_controls::kind::ArtifactId;
use custody_controls::packet::RejectedDraft;
use custody_controls::validator::{DraftFault, FaultCode, ReviewBasis, Shown, validate};
use custody_tools::tool::{ReviewMaterial, Tool, ToolError, catalogue};
use tokio::time::Instant;

use super::message::{ToolCall, ToolSpec};
use super::model::Model;
use super::prompts;
use super::pseudonym::Pseudonyms;
use super::reference::Submission;
use super::run::{Answer, Ending, Event, Run, SUBMIT_TOOL, Step};

/// A future of an append.
pub type AppendFuture<'j> = Pin<Box<dyn Future<Output = Result<(), JournalError>> + Send + 'j>>;

/// Where a run's events are kept.
pub trait Journal: Send {
    /// Keeps `event`, durably, before it is acted on.
    fn append<'j>(&'j mut self, event: &'j Event) -> AppendFuture<'j>;
}

/// An event could not be kept: the run must not go on.
#[derive(Debug, thiserror::Error)]
#[error("the run's journal cannot be written: {0}")]
pub struct JournalError(pub String);

/// What a run is driven with.
#[derive(Clone, Copy)]
pub struct Host<'h> {
    /// The model.
    pub model: &'h dyn Model,
    /// What the tools answer about.
    pub material: ReviewMaterial<'h>,
    /// What drafts are held against.
    pub basis: ReviewBasis<'h>,
    /// Tokens for people, where the model is remote.
    pub pseudonyms: &'h Pseudonyms,
    /// What marks untrusted text: not to be guessed by who writes it.
    pub mark: &'h str,
    /// Told after each event, for progress.
    pub progress: &'h (dyn Fn(&Event) + Send + Sync),
}

impl std::fmt::Debug for Host<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Host")
            .field("model", &self.model.name())
            .finish_non_exhaustive()
    }
}

type ToolsByName = BTreeMap<&'static str, Box<dyn Tool>>;

/// The tools as the model is shown them, with the one that takes the draft.
#[must_use]
pub fn tool_specs() -> Vec<ToolSpec> {
    let submit = ToolSpec {
        name: SUBMIT_TOOL.to_owned(),
        description: prompts::submit_tool().to_owned(),
        parameters: custody_tools::tool::portable_arguments::<Submission>(),
    };
    let specs = catalogue().into_iter().map(|tool| {
        let spec = tool.spec();
        ToolSpec {
            name: spec.name.to_owned(),
            description: spec.description,
            parameters: spec.parameters,
        }
    });
    specs.chain([submit]).collect()
}

/// Drives `run` to its end.
///
/// # Errors
/// Stops when an event cannot be kept.
pub async fn drive(
    run: &mut Run,
    host: &Host<'_>,
    journal: &mut dyn Journal,
) -> Result<Ending, JournalError> {
    // A spec makes schemas: each tool is asked for its name once, not at every call.
    let tools: ToolsByName = catalogue()
        .into_iter()
        .map(|tool| (tool.spec().name, tool))
        .collect();
    // What earlier processes spent on this run counts.
    let spent = run.seconds();
    let began = Instant::now();
    let left = Duration::from_secs(run.limits().max_seconds.saturating_sub(spent));
    if let Some(deadline) = began.checked_add(left) {
        host.model.end_by(deadline);
    }
    loop {
        let event = match run.next() {
            Step::Finished(ending) => return Ok(ending),
            Step::AskModel(request) => match host.model.turn(&request).await {
                Ok(turn) => Event::Turn {
                    turn,
                    seconds: spent.saturating_add(began.elapsed().as_secs()),
                },
                Err(error) => Event::ModelFailed { error },
            },
            Step::CallTools(calls) => answer_all(&tools, host, &calls),
            Step::Validate(draft) => judge(host, run, &draft),
        };
        journal.append(&event).await?;
        (host.progress)(&event);
        run.apply(event);
    }
}

fn answer_all(tools: &ToolsByName, host: &Host<'_>, calls: &[ToolCall]) -> Event {
    let mut answers = Vec::new();
    for call in calls {
        match answer(tools, host, call) {
            Ok(answer) => answers.push(answer),
            Err(reason) => return Event::ToolStopped { reason },
        }
    }
    Event::Answers { answers }
}

fn answer(tools: &ToolsByName, host: &Host<'_>, call: &ToolCall) -> Result<Answer, String> {
    let Some(tool) = tools.get(call.name.as_str()) else {
        return Ok(Answer {
            text: prompts::not_answered().to_owned(),
            shown: BTreeSet::new(),
        });
    };
    let arguments = host.pseudonyms.reveal(&call.arguments);
    match tool.call_text(&host.material, &arguments) {
        Ok(output) => {
            let content = host.pseudonyms.hide(&output.text);
            let shown = output.shown.iter().map(ToString::to_string).collect();
            Ok(Answer {
                text: prompts::untrusted_evidence(host.mark, &call.name, &content),
                shown,
            })
        }
        Err(ToolError::TellModel(reason)) => Ok(Answer {
            text: host.pseudonyms.hide(&reason),
            shown: BTreeSet::new(),
        }),
        Err(ToolError::Stop(reason)) => Err(reason),
    }
}

fn judge(host: &Host<'_>, run: &Run, draft: &str) -> Event {
    let shown = shown_artifacts(run);
    let draft = host.pseudonyms.reveal(draft);
    let mut faults = validate(&host.basis, &draft, Shown::Only(&shown))
        .err()
        .unwrap_or_default();
    if run.lacks_reference() {
        faults.insert(0, without_reference());
    }
    if faults.is_empty() {
        return Event::DraftAccepted;
    }
    let mut rejected = RejectedDraft::of(&draft, faults);
    for fault in &mut rejected.faults {
        fault.message = host.pseudonyms.hide(&fault.message);
    }
    Event::DraftRejected { rejected }
}

/// The fault of a draft whose drafter may not have read the beginning of the conversation.
fn without_reference() -> DraftFault {
    DraftFault {
        code: FaultCode::MalformedDraft,
        requirement: None,
        path: "/reference".to_owned(),
        message: prompts::wrong_reference().to_owned(),
    }
}

/// The artifacts that tools have shown in `run`.
#[must_use]
pub fn shown_artifacts(run: &Run) -> BTreeSet<ArtifactId> {
    run.shown()
        .iter()
        .filter_map(|artifact| artifact.parse().ok())
        .collect()
}
