//! Metamorphic relations and window drift.

use super::case_path;
use super::figures::{figure_table, plotted};
use super::plot::{Scale, axis};
use crate::eval::report::Report;
use crate::eval::report::parts::{RelationKind, RelationResult};
use crate::eval::report::words;
use crate::render::html::page::Page;

/// The section, where relations were tried.
pub(super) fn section(page: &mut Page, report: &Report) {
    if report.metamorphic.is_empty() {
        return;
    }
    page.markup("<section id=\"relations\">\n<h2>Does the result change, or stay, as the evidence says it must?</h2>\n<p class=\"explained\">Each case is changed in many ways of which it is known what they must do to the result. Invariant: nothing. Monotone: one direction only. Sensitive: it must change.</p>\n<table class=\"figures\">\n<caption>Metamorphic relations</caption>\n<thead><tr><th scope=\"col\">Relation</th><th scope=\"col\" class=\"number\">Held</th><th scope=\"col\" class=\"plot\"><span class=\"hidden\">95 % interval</span>");
    axis(page, Scale::Positive);
    page.markup("</th><th scope=\"col\">Smallest counterexample</th></tr></thead>\n<tbody>\n");
    for relation in &report.metamorphic {
        row(page, report, relation);
    }
    page.markup("</tbody>\n</table>\n</section>\n");
}

fn row(page: &mut Page, report: &Report, relation: &RelationResult) {
    page.markup("<tr><th scope=\"row\">")
        .element("span", "title", &relation.relation)
        .markup(" ")
        .element("span", tone(relation.kind), relation.kind.as_str())
        .markup(" ")
        .element("span", "says", &relation.meaning)
        .markup("</th><td class=\"number\">")
        .element(
            "span",
            "value",
            &words::counts(&relation.held).unwrap_or_else(|| words::value(&relation.held)),
        )
        .markup("</td><td class=\"plot\">");
    plotted(page, &relation.held, Scale::Positive);
    page.markup("</td><td>");
    match &relation.counterexample {
        None => page.element("span", "quiet", "none"),
        Some(example) => page
            .local(&case_path(&report.header, &example.case), &example.case)
            .markup(" ")
            .element("span", "says", &example.change)
            .markup(" ")
            .element("span", "some", &example.outcome),
    };
    page.markup("</td></tr>\n");
}

const fn tone(kind: RelationKind) -> &'static str {
    match kind {
        RelationKind::Invariant => "pill exception-backed",
        RelationKind::Monotone => "pill partial",
        RelationKind::Sensitive => "pill escalate",
    }
}

/// What is reported of the changes between captures.
pub(super) fn drift(page: &mut Page, report: &Report) {
    let Some(drift) = &report.drift else {
        return;
    };
    page.markup("<section id=\"drift\">\n<h2>Are changes between two captures reported, and nothing else?</h2>\n<p class=\"explained\">")
        .text(&format!(
            "{}; the rules say which requirements changed.",
            words::plural(drift.windows, "pair of captures", "pairs of captures")
        ))
        .markup("</p>\n");
    figure_table(page, "Window drift", &drift.figures());
    page.markup("</section>\n");
}
