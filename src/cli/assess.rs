//! `custody assess`: the rules alone. And what other commands share: configuration, evidence, library.

use custody_controls::instant::Instant;
use custody_controls::packet::ValidatedPacket;
use custody_tools::source::MissingSource;
use serde_json::{Map, Value, json};

use super::arguments::{AssessArguments, Common};
use super::{Exit, terminal};
use crate::basis::{EvidenceFrom, Judged, gather, load_library};
use crate::config::Config;
use crate::render::{View, assessment_text};

pub(super) async fn run(
    common: &Common,
    arguments: &AssessArguments,
    now: Instant,
) -> anyhow::Result<Exit> {
    let config = Config::read(&common.config)?;
    let access = config.access.cli()?;
    let judged = judge(common, &config, now).await?;
    let packet = ValidatedPacket::rules_only(&judged.basis(), Vec::new(), String::new());
    let body = packet.body();
    let mut document = assessment_document(&packet)?;
    access.redact_packet(&mut document, &judged.capture);
    if common.json {
        terminal::print_json(&document)?;
    } else {
        // Only what the role may see reaches the terminal: fields withheld there are withheld here.
        anyhow::ensure!(
            access.sees_everything(),
            "role `{}` does not see every field; use --json, which withholds the others",
            access.role()
        );
        let view = View::of_assessment(
            &judged.assessment,
            &judged.scope,
            &body.evidence,
            &body.library,
        );
        let text = assessment_text(&view, &terminal::style(arguments.full));
        terminal::print(&terminal::with_config(text, &common.config))?;
    }
    Ok(if common.exit_code {
        Exit::of_posture(judged.assessment.posture)
    } else {
        Exit::Done
    })
}

/// The packet's form without what a model adds to it.
fn assessment_document(packet: &ValidatedPacket) -> anyhow::Result<Value> {
    let Value::Object(members) = serde_json::to_value(packet.body())? else {
        anyhow::bail!("a packet is not an object");
    };
    let mut document = Map::new();
    document.insert(
        "schema".to_owned(),
        json!(custody_controls::packet::PACKET_SCHEMA),
    );
    let parts_of_the_model = ["summary", "concerns", "validation"];
    document.extend(
        members
            .into_iter()
            .filter(|(name, _)| !parts_of_the_model.contains(&name.as_str())),
    );
    Ok(Value::Object(document))
}

/// Captures and judges, as the common arguments say.
pub(super) async fn judge(
    common: &Common,
    config: &Config,
    now: Instant,
) -> anyhow::Result<Judged> {
    let library = load_library(config.library.as_deref())?;
    let as_of = common.as_of.unwrap_or(now);
    let capture = gather(
        config,
        evidence(common),
        as_of,
        now,
        terminal::warn,
        terminal::source_progress,
    )
    .await?;
    Ok(Judged::new(capture, library, config.scope(as_of)))
}

/// Where the common arguments say that the evidence comes from.
pub(super) fn evidence(common: &Common) -> EvidenceFrom<'_> {
    match &common.evidence {
        Some(path) => EvidenceFrom::File(path),
        None if common.allow_missing_source => EvidenceFrom::Sources(MissingSource::Allow),
        None => EvidenceFrom::Sources(MissingSource::Refuse),
    }
}
