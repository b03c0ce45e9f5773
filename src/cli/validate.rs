//! `custody validate`: the validator alone, on a draft from anywhere.

use std::io::Read as _;

use anyhow::Context as _;
use custody_controls::instant::Instant;
use custody_controls::validator::{MAX_DRAFT_BYTES, Shown, validate};
use serde_json::json;

use super::arguments::{Common, ValidateArguments};
use super::{Exit, assess, terminal};
use crate::config::Config;
use crate::render::escape_control;

pub(super) async fn run(
    common: &Common,
    arguments: &ValidateArguments,
    now: Instant,
) -> anyhow::Result<Exit> {
    let config = Config::read(&common.config)?;
    let access = config.access.cli()?;
    // Faults tell what the records hold.
    anyhow::ensure!(
        access.sees_everything(),
        "role `{}` does not see every field, and faults name values",
        access.role()
    );
    let draft = read_draft(&arguments.draft)?;
    let judged = assess::judge(common, &config, now).await?;
    let faults = validate(&judged.basis(), &draft, Shown::Everything)
        .err()
        .unwrap_or_default();
    let accepted = faults.is_empty();
    if common.json {
        terminal::print_json(&json!({ "accepted": accepted, "faults": faults }))?;
    } else if accepted {
        terminal::print("The draft stands.\n")?;
    } else {
        let mut text = format!("The draft does not stand: {} fault(s).\n", faults.len());
        for fault in &faults {
            let code = serde_json::to_value(fault.code)?;
            let message = escape_control(&fault.message);
            text.push_str(&format!(
                "- {} at `{}`: {message}\n",
                code.as_str().unwrap_or_default(),
                fault.path
            ));
        }
        terminal::print(&text)?;
    }
    Ok(if common.exit_code && !accepted {
        Exit::Rejected
    } else {
        Exit::Done
    })
}

/// The draft's text. What is not UTF-8 is no JSON: its characters are replaced, and the validator says so.
fn read_draft(path: &std::path::Path) -> anyhow::Result<String> {
    let limit = MAX_DRAFT_BYTES as u64 + 1;
    let mut bytes = Vec::new();
    let read = if path.as_os_str() == "-" {
        std::io::stdin().lock().take(limit).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes))
    };
    read.with_context(|| format!("draft `{}` cannot be read", path.display()))?;
    Ok(String::from_utf8(bytes).unwrap_or_else(|error| format!("\u{fffd}{}", error)))
}
