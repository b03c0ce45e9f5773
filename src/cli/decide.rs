//! `custody decide`: the human gate from a terminal.

use custody_controls::instant::Instant;
use custody_controls::library::Library;

use super::arguments::{Common, DecideArguments, DecisionWord};
use super::{Exit, assess, terminal};
use crate::basis::{gather, load_library};
use crate::config::Config;
use crate::packets::{Loaded, load};
use crate::review::decision::Correction;
use crate::review::drift::{check, difference, library_difference};
use crate::review::{
    Decided, Drift, PacketInputs, Reason, ReviewDecision, Reviewer, Store, Verdict,
};

pub(super) async fn run(
    common: &Common,
    arguments: &DecideArguments,
    now: Instant,
) -> anyhow::Result<Exit> {
    let config = Config::read(&common.config)?;
    let verdict = verdict(arguments)?;
    let reviewer = Reviewer::from_terminal(&arguments.who, &config.access)?;
    let store = Store::open(&config.store).await?;
    let loaded = load(&store, &arguments.id).await?;
    check_corrections(&verdict, &loaded.judged.library)?;
    let library = load_library(config.library.as_deref())?;
    let capture = gather(
        &config,
        assess::evidence(common),
        // What is compared is the evidence for the packet's own instant, as it reads today.
        loaded.judged.scope.as_of,
        now,
        terminal::warn,
        terminal::source_progress,
    )
    .await?;
    let packet_inputs = PacketInputs {
        evidence: loaded.judged.capture.digest(),
        library: loaded.judged.library.digest(),
    };
    let current = PacketInputs {
        evidence: capture.digest(),
        library: library.digest(),
    };
    let no_drift = match check(packet_inputs, current) {
        Ok(no_drift) => no_drift,
        Err(drift) => {
            return refuse(&store, &loaded, &reviewer, drift, &capture, &library, now).await;
        }
    };
    let decision = ReviewDecision {
        reviewer,
        packet: loaded.packet.id.clone(),
        digest: loaded.packet.digest,
        no_drift,
        verdict,
    };
    let decided = store
        .decide(&decision, &config.access, &loaded.judged.capture, now)
        .await?;
    store.close().await;
    let (Decided::New(recorded) | Decided::Same(recorded)) = decided;
    if common.json {
        terminal::print_json(&recorded)?;
    } else {
        terminal::print(&format!(
            "Recorded: {} by {} on {} ({}).\nSigning the attestation stays a human act outside this tool.\n",
            recorded.verdict, recorded.reviewer, recorded.packet, recorded.digest
        ))?;
    }
    Ok(Exit::Done)
}

fn verdict(arguments: &DecideArguments) -> anyhow::Result<Verdict> {
    let reason = || {
        let reason = arguments.reason.as_deref().and_then(Reason::new);
        reason.ok_or_else(|| anyhow::anyhow!("this decision needs --reason"))
    };
    let overriding = arguments.posture.is_some() || !arguments.corrections.is_empty();
    match arguments.decision {
        DecisionWord::Accept | DecisionWord::Return if overriding => {
            anyhow::bail!("--posture and --correct go with --decision override")
        }
        DecisionWord::Accept => Ok(Verdict::Accept),
        DecisionWord::Return => Ok(Verdict::Return { reason: reason()? }),
        DecisionWord::Override => {
            let reason = reason()?;
            let correction = |argument: &super::arguments::CorrectionArgument| Correction {
                requirement: argument.requirement.clone(),
                status: argument.status,
                note: argument
                    .note
                    .clone()
                    .unwrap_or_else(|| reason.as_str().to_owned()),
            };
            let corrections = arguments.corrections.iter().map(correction).collect();
            Ok(Verdict::Override {
                posture: arguments.posture,
                corrections,
                reason,
            })
        }
    }
}

fn check_corrections(verdict: &Verdict, library: &Library) -> anyhow::Result<()> {
    let Verdict::Override { corrections, .. } = verdict else {
        return Ok(());
    };
    for correction in corrections {
        let known = library
            .requirements()
            .iter()
            .any(|requirement| requirement.id() == correction.requirement);
        anyhow::ensure!(
            known,
            "the packet has no requirement `{}`",
            correction.requirement
        );
    }
    Ok(())
}

/// Refuses for drift, shows what changed, and says what to do.
async fn refuse(
    store: &Store,
    loaded: &Loaded,
    reviewer: &Reviewer,
    drift: Drift,
    capture: &custody_controls::capture::Capture,
    library: &Library,
    now: Instant,
) -> anyhow::Result<Exit> {
    let mut shown: Vec<String> = difference(&loaded.judged.capture, capture)
        .iter()
        .map(ToString::to_string)
        .collect();
    let files = library_difference(loaded.judged.library.files(), library.files());
    shown.extend(files.iter().map(ToString::to_string));
    let refusal = store
        .refuse_for_drift(&loaded.packet.id, reviewer, drift, now)
        .await?;
    anyhow::bail!(
        "{refusal}\n{}\nprepare a new revision (`custody prepare`), then decide on that",
        shown.join("\n")
    )
}
