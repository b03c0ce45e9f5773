//! Everything that did not come out as labelled, with a link to its case.

use super::case_path;
use crate::eval::report::Report;
use crate::eval::report::miss::{Miss, MissKind};
use crate::render::html::page::Page;

/// More misses of one kind than this are folded, or they would bury the rest of the page.
const UNFOLDED: usize = 50;

/// The section.
pub(super) fn section(page: &mut Page, report: &Report) {
    page.markup("<section id=\"misses\">\n<h2>Every miss</h2>\n");
    if report.misses.is_empty() {
        page.markup("<p>Everything came out as labelled.</p>\n");
    }
    for kind in MissKind::ALL {
        let found: Vec<&Miss> = report
            .misses
            .iter()
            .filter(|miss| miss.kind == kind)
            .collect();
        if !found.is_empty() {
            page.markup("<h3>")
                .text(&format!("{} ({})", kind.title(), found.len()))
                .markup("</h3>\n<p class=\"explained\">")
                .markup(kind.meaning())
                .markup("</p>\n");
            if found.len() > UNFOLDED {
                page.markup("<details><summary>Show all ")
                    .text(&found.len().to_string())
                    .markup("</summary>\n");
            }
            page.markup("<table class=\"misses\">\n<thead><tr><th scope=\"col\">Case</th><th scope=\"col\">Class</th><th scope=\"col\">Expected, and what came out</th></tr></thead>\n<tbody>\n");
            for miss in &found {
                row(page, report, miss);
            }
            page.markup("</tbody>\n</table>\n");
            if found.len() > UNFOLDED {
                page.markup("</details>\n");
            }
        }
    }
    page.markup("</section>\n");
}

fn row(page: &mut Page, report: &Report, miss: &Miss) {
    page.markup("<tr><td>")
        .local(&case_path(&report.header, &miss.case), &miss.case);
    if let Some(epoch) = miss.epoch {
        page.markup(" ")
            .element("span", "count", &format!("run {epoch}"));
    }
    page.markup("</td><td>")
        .text(miss.class.as_deref().unwrap_or_default())
        .markup("</td><td>")
        .text(&miss.what)
        .markup("</td></tr>\n");
}

/// Runs without a score.
pub(super) fn unscored(page: &mut Page, report: &Report) {
    if report.unscored.is_empty() {
        return;
    }
    page.markup("<section id=\"unscored\">\n<h2>Runs without a score</h2>\n<p class=\"explained\">They count neither as right nor as wrong.</p>\n<table class=\"misses\">\n<thead><tr><th scope=\"col\">Case</th><th scope=\"col\">Run</th><th scope=\"col\">Why</th></tr></thead>\n<tbody>\n");
    for run in &report.unscored {
        page.markup("<tr><td>")
            .local(&case_path(&report.header, &run.case), &run.case)
            .markup("</td><td>")
            .text(&run.epoch.to_string())
            .markup("</td><td>")
            .text(&run.reason)
            .markup("</td></tr>\n");
    }
    page.markup("</tbody>\n</table>\n</section>\n");
}
