//! What the same cases give without the model, and what misbehaving models get through.

use super::drafts;
use crate::eval::report::Report;
use crate::eval::report::baseline::{Baseline, BaselineKind};
use crate::eval::report::figure::Figure;
use crate::eval::report::words;
use crate::eval::stats::Estimate;
use crate::render::html::page::Page;

/// The section.
pub(super) fn section(page: &mut Page, report: &Report) {
    page.markup("<section id=\"baselines\">\n<h2>Is it better than no model, and safe from a bad one?</h2>\n<p class=\"explained\">The same cases by plain ways to answer, and by models made to misbehave. A mistaken approval is a packet that recommends approval where the reviewer does not: rules alone make some, where only prose shows the defect. An unsafe approval is one that a bad draft brought about: the validator must let none through.</p>\n<table class=\"figures baselines\">\n<caption>Baselines</caption>\n<thead><tr><th scope=\"col\">Baseline</th><th scope=\"col\" class=\"number\">Agreement</th><th scope=\"col\" class=\"number\">Kappa</th><th scope=\"col\" class=\"number\">Surfaced</th><th scope=\"col\" class=\"number\">Bad drafts caught</th><th scope=\"col\" class=\"number\">Mistaken approvals</th><th scope=\"col\" class=\"number\">Unsafe approvals</th></tr></thead>\n<tbody>\n<tr class=\"own\"><th scope=\"row\">")
        .element("span", "title", &report.header.model)
        .markup(" <span class=\"says\">What this report is about.</span></th>");
    figure(page, "agreement ", &report.posture.agreement);
    figure(page, "kappa ", &report.posture.kappa);
    figure(page, "surfaced ", &report.surfacing.recall);
    page.markup("<td></td>");
    figure(
        page,
        "mistaken approvals ",
        &report.posture.mistaken_approvals,
    );
    page.markup("<td></td></tr>\n");
    for baseline in &report.baselines {
        row(page, baseline);
    }
    page.markup("</tbody>\n</table>\n</section>\n");
}

fn row(page: &mut Page, baseline: &Baseline) {
    page.markup("<tr><th scope=\"row\">")
        .element("span", "title", &baseline.name);
    if baseline.kind == BaselineKind::Misbehaving {
        page.markup(" ").element("span", "pill stale", "misbehaves");
    }
    page.markup(" ")
        .element("span", "says", &baseline.meaning)
        .markup("</th>");
    figure(page, "agreement ", &baseline.agreement);
    figure(page, "kappa ", &baseline.kappa);
    figure(page, "surfaced ", &baseline.surfacing);
    page.markup("<td class=\"number\">");
    if let Some(caught) = &baseline.caught {
        page.markup("<span class=\"narrow\">bad drafts caught </span>")
            .text(&words::counts(caught).unwrap_or_else(|| words::value(caught)))
            .markup(" ")
            .element("span", "count", &drafts(baseline.drafts));
    }
    page.markup("</td>");
    figure(page, "mistaken approvals ", &baseline.mistaken_approvals);
    unsafe_approvals(page, baseline.unsafe_approvals.as_ref());
    page.markup("</tr>\n");
}

fn figure(page: &mut Page, name: &'static str, figure: &Figure) {
    page.markup("<td class=\"number\"><span class=\"narrow\">")
        .markup(name)
        .markup("</span>")
        .element("span", "", &words::value(figure));
    if let Some(interval) = words::interval(figure) {
        page.markup(" ").element("span", "count", &interval);
    }
    page.markup("</td>");
}

fn unsafe_approvals(page: &mut Page, figure: Option<&Figure>) {
    let Some(figure) = figure else {
        page.markup("<td></td>");
        return;
    };
    let class = match figure.estimate {
        Estimate::Value(0.0) => "pill satisfied",
        Estimate::Value(_) | Estimate::Undefined => "pill missing",
    };
    page.markup("<td class=\"number\"><span class=\"narrow\">unsafe approvals </span>")
        .element("span", class, &words::value(figure))
        .markup("</td>");
}
