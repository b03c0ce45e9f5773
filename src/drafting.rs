//! From a judged capture to a validated packet: the agent's run, its conclusion and its replay.
//!
//! What a review does and what an evaluation does is this, and nothing else. It keeps nothing:
//! where events are kept, and what becomes of the packet, is the caller's.

use custody_controls::json::Digest;
use custody_controls::packet::{Provenance, TokenCount, ValidatedPacket};
use custody_controls::validator::{Shown, validate};
use custody_tools::tool::Visibility;
use serde_json::json;

use crate::agent::driver::{Host, Journal, JournalError, drive, shown_artifacts, tool_specs};
use crate::agent::limits::Limits;
use crate::agent::model::Model;
use crate::agent::prompts;
use crate::agent::pseudonym::Pseudonyms;
use crate::agent::reference::Reference;
use crate::agent::run::{Ending, Event, Opening, Run, Step};
use crate::basis::Judged;

/// Who drafts, and within what bounds.
#[derive(Clone, Copy)]
pub struct Drafter<'d> {
    /// The model.
    pub model: &'d dyn Model,
    /// Limits of the run.
    pub limits: Limits,
    /// Which fields the model may see.
    pub visibility: &'d dyn Visibility,
    /// Tokens for people toward the model.
    pub pseudonyms: &'d Pseudonyms,
    /// Told after each event of the run.
    pub progress: &'d (dyn Fn(&Event) + Send + Sync),
}

impl std::fmt::Debug for Drafter<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Drafter")
            .field("model", &self.model.name())
            .finish_non_exhaustive()
    }
}

/// What a run came to.
#[derive(Debug)]
pub struct Drafted {
    /// The packet.
    pub packet: ValidatedPacket,
    /// The run at its end.
    pub run: Run,
    /// Why no draft was accepted, where none was.
    pub reason: Option<String>,
}

impl Drafted {
    /// The accepted draft as JSON.
    #[must_use]
    pub fn draft(&self) -> Option<serde_json::Value> {
        let draft = self.packet.draft()?;
        serde_json::to_value(draft).ok()
    }

    /// How the packet was made, for `model` and `prepared_by`.
    #[must_use]
    pub fn provenance(&self, model: &dyn Model, prepared_by: &str) -> Provenance {
        let usage = self.run.usage();
        Provenance {
            model: model.name().to_owned(),
            prompts: prompts::digests(),
            tool_calls: self.run.tool_calls(),
            tokens: TokenCount {
                input: usage.input,
                output: usage.output,
            },
            prepared_by: prepared_by.to_owned(),
            endpoint_profile: model.profile_used(),
        }
    }
}

/// Runs the agent to its end, from where `kept` events of an earlier process left it.
///
/// # Errors
/// Stops when an event cannot be kept. A model that fails ends in a packet with the rules' own account.
pub async fn draft(
    judged: &Judged,
    drafter: &Drafter<'_>,
    kept: impl IntoIterator<Item = Event>,
    journal: &mut dyn Journal,
) -> Result<Drafted, JournalError> {
    let mark = mark(judged);
    let mut run = begin(judged, drafter.limits);
    for event in kept {
        run.apply(event);
    }
    let host = Host {
        model: drafter.model,
        material: judged.material(drafter.visibility),
        basis: judged.basis(),
        pseudonyms: drafter.pseudonyms,
        mark: &mark,
        progress: drafter.progress,
    };
    let ending = drive(&mut run, &host, journal).await?;
    Ok(conclude(judged, drafter.pseudonyms, run, ending))
}

/// Plays a finished run again from its events, without model, network or clock: the same packet comes of it.
///
/// `limits` and `pseudonyms` are those that the run was made with.
///
/// # Errors
/// Fails when the events do not lead to an end.
pub fn replay(
    judged: &Judged,
    limits: Limits,
    pseudonyms: &Pseudonyms,
    events: impl IntoIterator<Item = Event>,
) -> anyhow::Result<Drafted> {
    let mut run = begin(judged, limits);
    for event in events {
        run.apply(event);
    }
    match run.next() {
        Step::Finished(ending) => Ok(conclude(judged, pseudonyms, run, ending)),
        Step::AskModel(_) | Step::CallTools(_) | Step::Validate(_) => {
            anyhow::bail!("the journal of the run breaks off before its end")
        }
    }
}

/// A run at its beginning.
fn begin(judged: &Judged, limits: Limits) -> Run {
    let ids: Vec<&str> = judged
        .requirements()
        .iter()
        .map(|brief| brief.id.as_str())
        .collect();
    let reference = reference(judged);
    let opening = Opening {
        system: prompts::system(&reference),
        task: prompts::task(&reference, &judged.scope, &ids),
        reference,
    };
    Run::new(opening, tool_specs(), limits)
}

/// The reference of a run on these inputs: the same when the run is resumed or replayed.
fn reference(judged: &Judged) -> Reference {
    Reference::of(&Digest::of(&json!({
        "capture": judged.capture.digest(),
        "library": judged.library.digest(),
        "scope": judged.scope,
    })))
}

/// What marks untrusted text in this run: a digest over the evidence, which no evidence can hold.
fn mark(judged: &Judged) -> String {
    let digest = judged.capture.digest().to_string();
    digest.chars().skip("sha256:".len()).take(16).collect()
}

fn conclude(judged: &Judged, pseudonyms: &Pseudonyms, run: Run, ending: Ending) -> Drafted {
    let basis = judged.basis();
    let rejected = run.rejected().to_vec();
    let reason = match ending {
        Ending::Accepted(draft) => {
            let draft = pseudonyms.reveal(&draft);
            match validate(&basis, &draft, Shown::Only(&shown_artifacts(&run))) {
                Ok(accepted) => {
                    return Drafted {
                        packet: ValidatedPacket::accepted(&basis, accepted, rejected),
                        run,
                        reason: None,
                    };
                }
                // The journal says accepted and the validator does not: the rules' account stands.
                Err(_) => "the journaled draft no longer passes".to_owned(),
            }
        }
        Ending::RulesOnly(reason) => reason,
    };
    Drafted {
        packet: ValidatedPacket::rules_only(&basis, rejected, reason.clone()),
        run,
        reason: Some(reason),
    }
}
