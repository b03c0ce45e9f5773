//! What a packet rests on and how it was made.

use super::page::Page;
use crate::render::view::View;
use crate::render::words::{self, counted};

/// Exceptions that the rules did not apply.
pub(super) fn ignored_exceptions(page: &mut Page, view: &View<'_>) {
    if view.ignored_exceptions.is_empty() {
        return;
    }
    page.markup("<section>\n<h2>Exceptions not applied</h2>\n<ul>\n");
    for exception in view.ignored_exceptions {
        page.markup("<li>")
            .element("code", "", &exception.artifact)
            .markup(" against ")
            .text(&exception.requirement)
            .markup(": ")
            .text(&exception.reason)
            .markup("</li>\n");
    }
    page.markup("</ul>\n</section>\n");
}

/// The sources that were read.
pub(super) fn evidence(page: &mut Page, view: &View<'_>) {
    page.markup("<section>\n<h2>Evidence</h2>\n<table>\n<thead><tr><th>Source</th><th>Connector</th><th class=\"number\">Records</th><th>Read at</th><th>State</th></tr></thead>\n<tbody>\n");
    for source in &view.evidence.sources {
        page.markup("<tr>")
            .element("td", "", &source.source)
            .element("td", "", &source.connector)
            .element("td", "number", &source.records.to_string())
            .element("td", "", &source.captured_at.to_string());
        match &source.missing {
            Some(reason) => page
                .markup("<td>")
                .element("span", "pill missing", "not read")
                .markup(" ")
                .text(reason)
                .markup("</td>"),
            None => page.markup("<td>read</td>"),
        };
        page.markup("</tr>\n");
    }
    page.markup("</tbody>\n</table>\n<dl class=\"facts\">\n")
        .fact("Records", &view.evidence.records.to_string())
        .coded_fact("Capture digest", &view.evidence.digest.to_string())
        .fact("Controls library", &words::library(view.library))
        .coded_fact("Library digest", &view.library.digest.to_string())
        .markup("</dl>\n</section>\n");
}

/// Drafts that the validator did not accept, with every fault.
pub(super) fn rejected_drafts(page: &mut Page, view: &View<'_>) {
    let drafts = view
        .validation
        .map_or(&[][..], |found| &found.rejected_drafts);
    if drafts.is_empty() {
        return;
    }
    page.markup("<section>\n<h2>Rejected drafts</h2>\n");
    for (draft, number) in drafts.iter().zip(1..) {
        let faults = counted(draft.faults.len(), "fault");
        page.markup("<details>\n<summary>")
            .text(&format!("Draft {number}: {faults}"))
            .markup("</summary>\n<ul>\n");
        for fault in &draft.faults {
            page.element("li", "", &words::fault(fault)).markup("\n");
        }
        page.markup("</ul>\n<pre>");
        let pretty = serde_json::to_string_pretty(&draft.draft).unwrap_or_default();
        for line in pretty.lines() {
            page.text(line).markup("\n");
        }
        page.markup("</pre>\n</details>\n");
    }
    page.markup("</section>\n");
}

/// How the packet was made.
pub(super) fn provenance(page: &mut Page, view: &View<'_>) {
    let Some(provenance) = view.provenance else {
        return;
    };
    let tokens = provenance.tokens;
    page.markup("<section>\n<h2>Provenance</h2>\n<dl class=\"facts\">\n")
        .fact("Drafted by", &words::model_name(provenance))
        .fact("Prepared by", &provenance.prepared_by)
        .fact("Tool calls", &provenance.tool_calls.to_string())
        .fact(
            "Tokens",
            &format!("{} read, {} written", tokens.input, tokens.output),
        );
    for (name, digest) in &provenance.prompts {
        page.coded_fact(&format!("Prompt {name}"), &digest.to_string());
    }
    page.markup("</dl>\n</section>\n");
}
