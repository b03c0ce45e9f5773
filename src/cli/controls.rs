//! `custody controls`: checks, shows and approves the controls library.

use anyhow::Context as _;
use custody_controls::instant::Instant;
use custody_controls::library::{LOCK_FILE, Library, LibraryApproval, RequirementBrief};
use serde_json::json;

use super::arguments::{Common, ControlsCommand};
use super::{Exit, terminal};
use crate::basis::load_library;
use crate::config::{Config, ConfigError};
use crate::review::{AuditEvent, Store};

pub(super) async fn run(
    common: &Common,
    command: &ControlsCommand,
    now: Instant,
) -> anyhow::Result<Exit> {
    match command {
        ControlsCommand::Lint { path } => {
            let configured = configured(common)?.and_then(|config| config.library);
            let library = load_library(path.as_deref().or(configured.as_deref()))?;
            lint(common, &library)
        }
        ControlsCommand::Show { requirement } => {
            let configured = configured(common)?.and_then(|config| config.library);
            show(
                common,
                &load_library(configured.as_deref())?,
                requirement.as_deref(),
            )
        }
        ControlsCommand::Approve { who } => approve(common, who, now).await,
    }
}

/// The configuration, where there is one: the library's commands do without.
fn configured(common: &Common) -> anyhow::Result<Option<Config>> {
    match Config::read(&common.config) {
        Ok(config) => Ok(Some(config)),
        Err(ConfigError::Unreadable { reason, .. })
            if reason.kind() == std::io::ErrorKind::NotFound
                && common.config.as_os_str() == crate::config::DEFAULT_CONFIG =>
        {
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

fn head(library: &Library) -> serde_json::Value {
    let approval = library.approval();
    json!({
        "version": library.version(),
        "digest": library.digest(),
        "approved": library.is_approved(),
        "approved_by": approval.filter(|_| library.is_approved()).map(|approval| &approval.approved_by),
        "approved_at": approval.filter(|_| library.is_approved()).map(|approval| approval.approved_at),
    })
}

fn lint(common: &Common, library: &Library) -> anyhow::Result<Exit> {
    let checks: usize = library
        .requirements()
        .iter()
        .map(|requirement| requirement.brief().checks.len())
        .sum();
    if common.json {
        terminal::print_json(
            &json!({ "library": head(library), "requirements": library.requirements().len(), "checks": checks, "faults": [] }),
        )?;
    } else {
        terminal::print(&format!(
            "{} requirements with {checks} checks load, compile and pass their examples.\nversion {}, {}, {}\n",
            library.requirements().len(),
            library.version(),
            library.digest(),
            approval_words(library),
        ))?;
    }
    Ok(Exit::Done)
}

fn approval_words(library: &Library) -> String {
    match library.approval() {
        Some(approval) if library.is_approved() => {
            format!(
                "approved by {} at {}",
                approval.approved_by, approval.approved_at
            )
        }
        Some(_) => format!("not approved: {LOCK_FILE} approves another digest"),
        None => format!("not approved: there is no {LOCK_FILE}"),
    }
}

fn show(common: &Common, library: &Library, requirement: Option<&str>) -> anyhow::Result<Exit> {
    let briefs: Vec<&RequirementBrief> = library
        .requirements()
        .iter()
        .map(|known| known.brief())
        .filter(|brief| requirement.is_none_or(|wanted| brief.id == wanted))
        .collect();
    anyhow::ensure!(
        !briefs.is_empty(),
        "the library has no requirement `{}`",
        requirement.unwrap_or_default()
    );
    if common.json {
        let parameters = library.policy().parameters_json();
        terminal::print_json(
            &json!({ "library": head(library), "parameters": parameters, "requirements": briefs }),
        )?;
        return Ok(Exit::Done);
    }
    let mut text = format!(
        "Controls library {}, {}\n",
        library.version(),
        approval_words(library)
    );
    for brief in briefs {
        let waivable = if brief.waivable {
            "waivable by exception"
        } else {
            "not waivable"
        };
        text.push_str(&format!(
            "\n{}  {} ({waivable})\n    {}\n",
            brief.id, brief.title, brief.statement
        ));
        for check in &brief.checks {
            text.push_str(&format!(
                "  - {}: {}, {}\n",
                check.check, check.status, check.disposition
            ));
            if requirement.is_some() && !check.expression.is_empty() {
                text.push_str(&format!("      {}\n", check.expression));
            }
        }
        if requirement.is_some() {
            for reference in &brief.references {
                text.push_str(&format!(
                    "  * {} {}: {}\n",
                    reference.standard, reference.clause, reference.says
                ));
            }
        }
    }
    terminal::print(&text)?;
    Ok(Exit::Done)
}

async fn approve(common: &Common, who: &str, now: Instant) -> anyhow::Result<Exit> {
    anyhow::ensure!(
        !who.trim().is_empty(),
        "an approval needs the name of who gives it"
    );
    let config = Config::read(&common.config)?;
    let Some(folder) = &config.library else {
        anyhow::bail!(
            "the built-in library is approved as it is; to approve your own, set `path` under [library] to its folder"
        );
    };
    let library = load_library(Some(folder))?;
    let approval = LibraryApproval {
        digest: library.digest(),
        approved_by: who.trim().to_owned(),
        approved_at: now,
    };
    let path = folder.join(LOCK_FILE);
    std::fs::write(&path, approval.to_text())
        .with_context(|| format!("`{}` cannot be written", path.display()))?;
    let store = Store::open(&config.store).await?;
    let event = AuditEvent::LibraryApproved {
        digest: library.digest(),
    };
    store.record_event(&event, who.trim(), now).await?;
    store.close().await;
    if common.json {
        terminal::print_json(
            &json!({ "digest": approval.digest, "approved_by": approval.approved_by, "approved_at": approval.approved_at }),
        )?;
    } else {
        terminal::print(&format!(
            "{} approves {} (version {}).\n",
            who.trim(),
            library.digest(),
            library.version()
        ))?;
    }
    Ok(Exit::Done)
}
