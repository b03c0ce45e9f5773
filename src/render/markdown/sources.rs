//! What a packet rests on and how it was made.

use super::text::{Place, code};
use super::{block, cell, fact, heading, line, row};
use crate::render::view::View;
use crate::render::words::{self, counted};

/// Exceptions that the rules did not apply.
pub(super) fn ignored_exceptions(out: &mut String, view: &View<'_>) {
    if view.ignored_exceptions.is_empty() {
        return;
    }
    heading(out, 2, "Exceptions not applied");
    for exception in view.ignored_exceptions {
        let artifact = code(&exception.artifact, Place::Block);
        let requirement = block(&exception.requirement);
        let reason = block(&exception.reason);
        line(
            out,
            &format!("- {artifact} against {requirement}: {reason}"),
        );
    }
}

/// The sources that were read.
pub(super) fn evidence(out: &mut String, view: &View<'_>) {
    heading(out, 2, "Evidence");
    let digest = code(&view.evidence.digest.to_string(), Place::Block);
    fact(out, "Capture digest", &digest);
    fact(out, "Records", &view.evidence.records.to_string());
    fact(
        out,
        "Controls library",
        &block(&words::library(view.library)),
    );
    fact(
        out,
        "Library digest",
        &code(&view.library.digest.to_string(), Place::Block),
    );
    line(
        out,
        "\n| source | connector | records | read at | missing |",
    );
    line(out, "| --- | --- | ---: | --- | --- |");
    for source in &view.evidence.sources {
        row(
            out,
            &[
                cell(&source.source),
                cell(&source.connector),
                source.records.to_string(),
                source.captured_at.to_string(),
                cell(source.missing.as_deref().unwrap_or_default()),
            ],
        );
    }
}

/// Drafts that the validator did not accept, with every fault.
pub(super) fn rejected_drafts(out: &mut String, view: &View<'_>) {
    let drafts = view
        .validation
        .map_or(&[][..], |found| &found.rejected_drafts);
    if !drafts.is_empty() {
        heading(out, 2, "Rejected drafts");
    }
    for (draft, number) in drafts.iter().zip(1..) {
        let faults = counted(draft.faults.len(), "fault");
        line(out, &format!("- Draft {number}: {faults}"));
        for fault in &draft.faults {
            line(out, &format!("  - {}", block(&words::fault(fault))));
        }
    }
}

/// How the packet was made.
pub(super) fn provenance(out: &mut String, view: &View<'_>) {
    let Some(provenance) = view.provenance else {
        return;
    };
    heading(out, 2, "Provenance");
    fact(out, "Drafter", &block(&words::model_name(provenance)));
    fact(
        out,
        "Prepared by",
        &code(&provenance.prepared_by, Place::Block),
    );
    fact(out, "Tool calls", &provenance.tool_calls.to_string());
    let tokens = provenance.tokens;
    fact(
        out,
        "Tokens",
        &format!("{} read, {} written", tokens.input, tokens.output),
    );
    for (name, digest) in &provenance.prompts {
        let digest = code(&digest.to_string(), Place::Block);
        fact(out, "Prompt", &format!("{} {digest}", block(name)));
    }
}
