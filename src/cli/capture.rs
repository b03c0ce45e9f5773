//! `custody capture`: freezes all sources into one file.

use anyhow::Context as _;
use custody_controls::capture::write_capture;
use custody_controls::instant::Instant;
use serde_json::json;

use super::arguments::{CaptureArguments, Common};
use super::{Exit, assess, terminal};
use crate::basis::gather;
use crate::config::Config;

pub(super) async fn run(
    common: &Common,
    arguments: &CaptureArguments,
    now: Instant,
) -> anyhow::Result<Exit> {
    let config = Config::read(&common.config)?;
    let evidence = assess::evidence(common);
    let capture = gather(
        &config,
        evidence,
        common.as_of.unwrap_or(now),
        now,
        terminal::warn,
        terminal::source_progress,
    )
    .await?;
    let shown = arguments.out.display().to_string();
    let mut text = Vec::new();
    write_capture(&capture, &mut text)?;
    write_private(&arguments.out, &text)
        .with_context(|| format!("capture `{shown}` cannot be written"))?;
    if common.json {
        terminal::print_json(&json!({
            "file": shown,
            "digest": capture.digest(),
            "records": capture.len(),
        }))?;
    } else {
        terminal::print(&format!(
            "{} records in {shown}\n{}\n",
            capture.len(),
            capture.digest()
        ))?;
    }
    Ok(Exit::Done)
}

/// Writes a file that only its owner can read, whole or not at all.
pub(super) fn write_private(path: &std::path::Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write as _;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    let part = path.with_file_name(name);
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&part)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&part, path)
}
