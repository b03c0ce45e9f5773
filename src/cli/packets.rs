//! `custody packets`: the queue and what is in it.

use anyhow::Context as _;
use custody_controls::instant::Instant;
use custody_controls::packet::Packet;
use serde_json::json;

use super::arguments::{Common, Format, PacketsCommand};
use super::{Exit, terminal};
use crate::config::{Config, login_name};
use crate::packets::{Loaded, load};
use crate::render::{
    NextStep, PacketDiff, PacketRow, View, csv_text, diff_text, html_text, markdown_text,
    packets_table,
};
use crate::review::{Access, AuditEvent, PacketState, Store};

pub(super) async fn run(
    common: &Common,
    command: &PacketsCommand,
    now: Instant,
) -> anyhow::Result<Exit> {
    let config = Config::read(&common.config)?;
    let access = config.access.cli()?;
    let store = Store::open(&config.store).await?;
    match command {
        PacketsCommand::List => list(common, &store).await?,
        PacketsCommand::Show { id, full } => {
            let loaded = load(&store, id).await?;
            let next = match loaded.state {
                PacketState::Queued => NextStep::Decide,
                PacketState::Accepted
                | PacketState::Overridden
                | PacketState::Returned
                | PacketState::Superseded => NextStep::Nothing,
            };
            print_packet(common, &access, &loaded, |packet| {
                crate::render::terminal::text(
                    &View::of_packet(packet, next),
                    &terminal::style(*full),
                )
            })?;
        }
        PacketsCommand::Diff { a, b } => {
            let (a, b) = (load(&store, a).await?, load(&store, b).await?);
            visible(&access, &a)?;
            let diff = PacketDiff::between(&a.packet, &b.packet);
            if common.json {
                terminal::print_json(&diff)?;
            } else {
                terminal::print(&diff_text(&diff, &terminal::style(false)))?;
            }
        }
        PacketsCommand::Export { id, format, out } => {
            let loaded = load(&store, id).await?;
            // `--json` asks for one JSON document, whatever the format says.
            let format = if common.json { Format::Json } else { *format };
            let text = export(&access, &loaded, format)?;
            let event = AuditEvent::PacketExported {
                packet: loaded.packet.id.clone(),
                digest: loaded.packet.digest,
                format: format_name(format).to_owned(),
                role: access.role().to_owned(),
            };
            let who = login_name().unwrap_or_else(|| "unknown".to_owned());
            store.record_event(&event, &who, now).await?;
            match out {
                None => terminal::print(&text)?,
                Some(path) => super::capture::write_private(path, text.as_bytes())
                    .with_context(|| format!("`{}` cannot be written", path.display()))?,
            }
        }
    }
    store.close().await;
    Ok(Exit::Done)
}

async fn list(common: &Common, store: &Store) -> anyhow::Result<()> {
    let packets = store.packets().await?;
    if common.json {
        return terminal::print_json(&json!({ "packets": packets }));
    }
    let rows: Vec<PacketRow<'_>> = packets
        .iter()
        .map(|packet| PacketRow {
            id: &packet.id,
            cycle: &packet.cycle,
            revision: packet.revision,
            as_of: packet.as_of,
            posture: packet.posture,
            state: packet.state.as_str(),
            created_at: packet.created_at,
        })
        .collect();
    terminal::print(&packets_table(&rows, &terminal::style(false)))
}

/// Prints a packet as JSON or text, without what the role may not see.
pub(super) fn print_packet(
    common: &Common,
    access: &Access,
    loaded: &Loaded,
    text: impl Fn(&Packet) -> String,
) -> anyhow::Result<()> {
    if common.json {
        return terminal::print_json(&redacted(access, loaded)?);
    }
    terminal::print(&terminal::with_config(
        text(&visible(access, loaded)?),
        &common.config,
    ))
}

fn redacted(access: &Access, loaded: &Loaded) -> anyhow::Result<serde_json::Value> {
    let mut document = serde_json::to_value(&loaded.packet)?;
    access.redact_packet(&mut document, &loaded.judged.capture);
    Ok(document)
}

/// The packet for renderers, which print all they are given.
fn visible(access: &Access, loaded: &Loaded) -> anyhow::Result<Packet> {
    anyhow::ensure!(
        access.sees_everything(),
        "role `{}` does not see every field; `packets show --json` and the json export withhold the others",
        access.role()
    );
    Ok(loaded.packet.clone())
}

fn export(access: &Access, loaded: &Loaded, format: Format) -> anyhow::Result<String> {
    if format == Format::Json {
        return Ok(format!(
            "{}\n",
            serde_json::to_string_pretty(&redacted(access, loaded)?)?
        ));
    }
    let packet = visible(access, loaded)?;
    let view = View::of_packet(&packet, NextStep::Nothing);
    Ok(match format {
        Format::Md => markdown_text(&view),
        Format::Html => html_text(&view),
        Format::Csv => csv_text(&view)?,
        Format::Json => String::new(),
    })
}

const fn format_name(format: Format) -> &'static str {
    match format {
        Format::Md => "md",
        Format::Json => "json",
        Format::Html => "html",
        Format::Csv => "csv",
    }
}
