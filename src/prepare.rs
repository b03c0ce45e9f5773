//! One packet's way: capture, agent, validator, queue.

use std::collections::BTreeSet;

use custody_controls::instant::Instant;
use custody_controls::json::Digest;
use custody_controls::packet::{Packet, ValidatedPacket, ValidationOutcome};
use custody_tools::tool::Visibility;
use serde_json::json;

use crate::agent::driver::{AppendFuture, Journal, JournalError};
use crate::agent::limits::Limits;
use crate::agent::model::Model;
use crate::agent::prompts;
use crate::agent::pseudonym::Pseudonyms;
use crate::agent::run::Event;
use crate::basis::Judged;
use crate::drafting::{self, Drafted, Drafter, draft};
use crate::packets::{Loaded, rebuild};
use crate::review::queue::AsOfOrigin;
use crate::review::{
    LibrarySnapshot, NewPacket, NewRun, PacketContents, PacketState, Queued, RunId, Store,
};

/// Who prepares, with what and how.
#[derive(Clone, Copy)]
pub struct Preparation<'p> {
    /// The model.
    pub model: &'p dyn Model,
    /// Limits of the run.
    pub limits: Limits,
    /// Which fields the model may see.
    pub visibility: &'p dyn Visibility,
    /// Tokens for people toward the model.
    pub pseudonyms: &'p Pseudonyms,
    /// Who prepares.
    pub prepared_by: &'p str,
    /// Where the as-of came from.
    pub as_of_origin: AsOfOrigin,
    /// The time, read once by the caller.
    pub now: Instant,
    /// Told after each event of the run.
    pub progress: &'p (dyn Fn(&Event) + Send + Sync),
}

impl std::fmt::Debug for Preparation<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Preparation")
            .field("model", &self.model.name())
            .finish_non_exhaustive()
    }
}

/// A queued packet.
#[derive(Debug)]
pub struct Prepared {
    /// The packet with what it rests on.
    pub loaded: Loaded,
    /// Whether the queue held it already.
    pub was_queued: bool,
}

/// Has a packet drafted, validated and queued.
///
/// # Errors
/// Fails when the store fails. A model that fails ends in a packet with the rules' own account.
pub async fn prepare(
    store: &Store,
    judged: Judged,
    how: &Preparation<'_>,
) -> anyhow::Result<Prepared> {
    if let Some(loaded) = queued_already(store, &judged, how, DraftedBy::TheSameModel).await? {
        return Ok(Prepared {
            loaded,
            was_queued: true,
        });
    }
    store
        .put_capture(&judged.capture, how.prepared_by, how.now)
        .await?;
    let snapshot = LibrarySnapshot {
        digest: judged.library.digest(),
        version: judged.library.version().to_owned(),
        files: judged.library.files().clone(),
    };
    store
        .put_library(&snapshot, how.prepared_by, how.now)
        .await?;
    let new = new_run(&judged, how)?;
    let stored = match store.unfinished_run(&new.run_key).await? {
        Some(run) => run,
        None => store.start_run(&new).await?,
    };
    // A resumed run goes on at the instant it was begun for.
    let judged = if stored.started.scope == judged.scope {
        judged
    } else {
        Judged::new(judged.capture, judged.library, stored.started.scope.clone())
    };
    let drafted = run_agent(store, &judged, how, stored.id).await?;
    queue(store, judged, how, drafted, stored.id).await
}

/// A packet that stands in the queue for the same inputs with an accepted draft: nothing is
/// drafted again. Where nobody named an as-of, one that the rules judge the same at both instants.
async fn queued_already(
    store: &Store,
    judged: &Judged,
    how: &Preparation<'_>,
    drafted_by: DraftedBy,
) -> anyhow::Result<Option<Loaded>> {
    for summary in store.packets().await? {
        if summary.cycle != judged.scope.cycle || summary.state == PacketState::Superseded {
            continue;
        }
        let stored = store.packet(&summary.id).await?;
        let contents = &stored.contents;
        let same_inputs = contents.capture == judged.capture.digest()
            && contents.library == judged.library.digest()
            && contents.scope.period == judged.scope.period
            && drafted_by.allows(&contents.provenance.model, how.model.name())
            && contents.outcome == ValidationOutcome::Accepted;
        let both_defaulted = how.as_of_origin == AsOfOrigin::Defaulted
            && contents.as_of_origin == AsOfOrigin::Defaulted;
        if !same_inputs || !(contents.scope.as_of == judged.scope.as_of || both_defaulted) {
            continue;
        }
        let loaded = rebuild(store, stored).await?;
        let same = |packet: &Packet| {
            let statuses = packet
                .body
                .requirements
                .iter()
                .map(|requirement| (requirement.status, &requirement.subjects));
            let findings: BTreeSet<&str> = packet
                .body
                .findings
                .iter()
                .map(|f| f.finding.id.as_str())
                .collect();
            statuses.eq(judged
                .assessment
                .requirements
                .iter()
                .map(|result| (result.status, &result.subjects)))
                && findings
                    == judged
                        .assessment
                        .findings
                        .iter()
                        .map(|finding| finding.id.as_str())
                        .collect()
        };
        if same(&loaded.packet) {
            return Ok(Some(loaded));
        }
    }
    Ok(None)
}

/// Whose accepted draft makes a queued packet count.
#[derive(Debug, Clone, Copy)]
enum DraftedBy {
    TheSameModel,
    Anyone,
}

impl DraftedBy {
    fn allows(self, drafter: &str, model: &str) -> bool {
        match self {
            Self::TheSameModel => drafter == model,
            Self::Anyone => true,
        }
    }
}

fn new_run(judged: &Judged, how: &Preparation<'_>) -> anyhow::Result<NewRun> {
    let as_of = match how.as_of_origin {
        AsOfOrigin::Given => Some(judged.scope.as_of),
        AsOfOrigin::Defaulted => None,
    };
    let key = json!({
        "capture": judged.capture.digest(),
        "library": judged.library.digest(),
        "cycle": judged.scope.cycle,
        "period": judged.scope.period,
        "as_of": as_of,
        "model": how.model.name(),
        "limits": how.limits,
        "prompts": prompts::digests(),
    });
    Ok(NewRun {
        run_key: Digest::of(&key).to_string(),
        capture: judged.capture.digest(),
        library: judged.library.digest(),
        scope: judged.scope.clone(),
        model: how.model.name().to_owned(),
        prompts: prompts::digests(),
        prepared_by: how.prepared_by.to_owned(),
        started_at: how.now,
    })
}

/// Runs the agent to its end, from where an earlier process left it.
async fn run_agent(
    store: &Store,
    judged: &Judged,
    how: &Preparation<'_>,
    id: RunId,
) -> anyhow::Result<Drafted> {
    let kept = events(store, id).await?;
    let mut journal = StoredJournal {
        store,
        id,
        next: kept.len() as u64 + 1,
        now: how.now,
    };
    let drafter = Drafter {
        model: how.model,
        limits: how.limits,
        visibility: how.visibility,
        pseudonyms: how.pseudonyms,
        progress: how.progress,
    };
    Ok(draft(judged, &drafter, kept, &mut journal).await?)
}

/// Plays a finished run again from its journal, without model, network or clock: the same packet comes of it.
///
/// `limits` and `pseudonyms` are those that the run was made with.
///
/// # Errors
/// Fails when the journal cannot be read, or does not lead to an end.
pub async fn replay(
    store: &Store,
    judged: &Judged,
    limits: Limits,
    pseudonyms: &Pseudonyms,
    id: RunId,
) -> anyhow::Result<ValidatedPacket> {
    let events = events(store, id).await?;
    Ok(drafting::replay(judged, limits, pseudonyms, events)?.packet)
}

/// The events that the journal of a run holds.
async fn events(store: &Store, id: RunId) -> anyhow::Result<Vec<Event>> {
    let entries = store.journal(id).await?.into_iter();
    let events = entries.map(|entry| serde_json::from_value(entry.entry));
    Ok(events.collect::<Result<_, _>>()?)
}

async fn queue(
    store: &Store,
    judged: Judged,
    how: &Preparation<'_>,
    drafted: Drafted,
    run: RunId,
) -> anyhow::Result<Prepared> {
    if drafted.reason.is_some()
        && let Some(loaded) = queued_already(store, &judged, how, DraftedBy::Anyone).await?
    {
        // A model that failed takes nothing away: the packet with an accepted draft stays.
        store.abandon_run(run, how.now).await?;
        return Ok(Prepared {
            loaded,
            was_queued: true,
        });
    }
    let provenance = drafted.provenance(how.model, how.prepared_by);
    let draft = drafted.draft();
    let Drafted { packet, reason, .. } = drafted;
    let body = packet.body();
    let contents = PacketContents {
        scope: judged.scope.clone(),
        as_of_origin: how.as_of_origin,
        digest: packet.digest(),
        content_key: content_key(body)?,
        posture: body.posture,
        capture: judged.capture.digest(),
        library: judged.library.digest(),
        draft,
        rejected_drafts: body.validation.rejected_drafts.clone(),
        outcome: body.validation.outcome,
        rounds: body.validation.rounds,
        reason,
        provenance: provenance.clone(),
        run: Some(run),
    };
    match store
        .queue(&NewPacket {
            contents,
            created_at: how.now,
        })
        .await?
    {
        Queued::New { id, revision } => Ok(Prepared {
            loaded: Loaded {
                packet: packet.into_packet(id, revision, provenance),
                state: PacketState::Queued,
                judged,
            },
            was_queued: false,
        }),
        Queued::Same { id, .. } => {
            let stored = store.packet(&id).await?;
            Ok(Prepared {
                loaded: rebuild(store, stored).await?,
                was_queued: true,
            })
        }
    }
}

/// The digest of a body without its as-of.
fn content_key(body: &custody_controls::packet::PacketBody) -> anyhow::Result<Digest> {
    let mut body = body.clone();
    body.as_of = body.period.from;
    Ok(body.digest())
}

struct StoredJournal<'s> {
    store: &'s Store,
    id: RunId,
    next: u64,
    now: Instant,
}

impl Journal for StoredJournal<'_> {
    fn append<'j>(&'j mut self, event: &'j Event) -> AppendFuture<'j> {
        Box::pin(async move {
            let entry =
                serde_json::to_value(event).map_err(|error| JournalError(error.to_string()))?;
            let kept = self
                .store
                .append_entry(self.id, self.next, &entry, self.now)
                .await;
            kept.map_err(|error| JournalError(error.to_string()))?;
            self.next += 1;
            Ok(())
        })
    }
}
