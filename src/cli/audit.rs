//! `custody audit verify`: finds any edit, deletion or reordering.

use serde_json::json;

use super::arguments::{AuditCommand, Common};
use super::{Exit, terminal};
use crate::config::Config;
use crate::review::Store;

pub(super) async fn run(common: &Common, command: &AuditCommand) -> anyhow::Result<Exit> {
    let AuditCommand::Verify = command;
    let config = Config::read(&common.config)?;
    let store = Store::open(&config.store).await?;
    let verified = store.verify().await;
    store.close().await;
    match verified {
        Ok(report) => {
            if common.json {
                terminal::print_json(&json!({ "intact": true, "report": report, "faults": [] }))?;
            } else {
                terminal::print(&format!(
                    "The audit log is intact: {} entries, head {}.\nNote the head elsewhere: it shows a log that was rewritten as a whole.\n",
                    report.entries, report.head.hash
                ))?;
            }
            Ok(Exit::Done)
        }
        Err(faults) => {
            if common.json {
                terminal::print_json(
                    &json!({ "intact": false, "report": null, "faults": faults }),
                )?;
            }
            let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
            anyhow::bail!(
                "the audit log or what it vouches for was altered:\n{}",
                lines.join("\n")
            )
        }
    }
}
