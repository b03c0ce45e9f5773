//! A report as one self-contained HTML page: no script, nothing loaded from elsewhere, fit for print.

use super::figure::Figure;
use super::measure::{Measure, Unit};
use super::words::{self, Sign};
use super::{Header, Report, Stability};
use crate::eval::stats::{Estimate, Proportion};
use crate::render::html::STYLE as BASE_STYLE;
use crate::render::html::page::Page;
use crate::render::words::counted;
use figures::figure_table;

mod baselines;
mod figures;
mod heat_map;
mod misses;
mod plot;
mod relations;
mod surfacing;

const STYLE: &str = include_str!("html/style.css");

/// A report as one HTML page.
#[must_use]
pub fn report_html(report: &Report) -> String {
    let mut page = Page::default();
    head(&mut page, report);
    page.markup("<body>\n<header class=\"masthead\"><div class=\"inner\">\n");
    masthead(&mut page, report);
    page.markup("</div></header>\n<main class=\"inner\">\n");
    warnings(&mut page, report);
    contents(&mut page, report);
    posture(&mut page, report);
    surfacing::section(&mut page, &report.surfacing);
    traceability(&mut page, report);
    stability(&mut page, report.stability.as_ref());
    relations::section(&mut page, report);
    relations::drift(&mut page, report);
    baselines::section(&mut page, report);
    misses::section(&mut page, report);
    misses::unscored(&mut page, report);
    provenance(&mut page, &report.header);
    page.markup("</main>\n<footer class=\"inner\"><p>")
        .text(words::HOW_TO_READ)
        .text(" ")
        .text(&words::methods(&report.header))
        .markup("</p></footer>\n</body>\n</html>\n");
    page.finish()
}

fn head(page: &mut Page, report: &Report) {
    page.markup("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
        .markup("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n")
        .markup("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
        .markup("<meta name=\"color-scheme\" content=\"light dark\">\n")
        .markup("<meta name=\"referrer\" content=\"no-referrer\">\n<title>")
        .text(&format!("Evaluation of {}", report.header.model))
        .markup("</title>\n<style>\n")
        .markup(BASE_STYLE)
        .markup(STYLE)
        .markup("</style>\n</head>\n");
}

fn masthead(page: &mut Page, report: &Report) {
    let header = &report.header;
    page.markup("<p class=\"kind\">Evaluation against reviewers' labels</p>\n<h1>")
        .text(&words::model(header))
        .markup("</h1>\n<p class=\"boundary\">")
        .text(&format!(
            "{}; {}.",
            words::extent(header),
            words::origin(header.origin)
        ))
        .markup("</p>\n<div class=\"tiles\">\n");
    tile(page, &report.posture.agreement);
    tile(page, &report.posture.kappa);
    tile(page, &report.surfacing.recall);
    unsafe_tile(page, report);
    page.markup("</div>\n");
}

/// A figure that stands at the top.
fn tile(page: &mut Page, figure: &Figure) {
    let measure = figure.name.measure;
    page.markup("<div class=\"tile\">\n")
        .element("p", "label", measure.title())
        .markup("\n")
        .element("p", "big", &words::value(figure))
        .markup("\n");
    if let Some(interval) = words::interval(figure) {
        page.element("p", "count", &format!("95 %: {interval}"))
            .markup("\n");
    }
    page.element("p", "says", measure.meaning())
        .markup("\n</div>\n");
}

fn unsafe_tile(page: &mut Page, report: &Report) {
    let tried: Vec<&Figure> = report
        .baselines
        .iter()
        .filter_map(|baseline| baseline.unsafe_approvals.as_ref())
        .collect();
    let got_through = tried
        .iter()
        .try_fold(0.0, |sum, figure| Some(sum + figure.estimate.value()?))
        .filter(|_| !tried.is_empty())
        .map_or(Estimate::Undefined, Estimate::finite);
    let caught: Proportion = report
        .baselines
        .iter()
        .filter_map(|baseline| baseline.caught.as_ref()?.counted)
        .sum();
    page.markup("<div class=\"tile\">\n")
        .element("p", "label", Measure::UnsafeApprovals.title())
        .markup("\n<p class=\"big ")
        .markup(match got_through {
            Estimate::Value(0.0) => "satisfied",
            Estimate::Value(_) => "missing",
            Estimate::Undefined => "",
        })
        .markup("\">")
        .text(&words::number(got_through, Unit::Count, Sign::Shown))
        .markup("</p>\n<p class=\"count\">")
        .text(&format!(
            "misbehaving models: {} of {} bad drafts caught",
            caught.numerator, caught.denominator
        ))
        .markup("</p>\n")
        .element("p", "says", Measure::UnsafeApprovals.meaning())
        .markup("\n</div>\n");
}

fn warnings(page: &mut Page, report: &Report) {
    for warning in words::warnings(report) {
        page.markup("<p class=\"warning\"><strong>Warning.</strong> ")
            .text(&warning)
            .markup("</p>\n");
    }
}

fn contents(page: &mut Page, report: &Report) {
    page.markup("<nav class=\"contents\" aria-label=\"Contents\"><a href=\"#posture\">Posture</a> <a href=\"#surfacing\">Surfacing</a> <a href=\"#traceability\">Traceability</a> <a href=\"#stability\">Stability</a> ");
    if !report.metamorphic.is_empty() {
        page.markup("<a href=\"#relations\">Relations</a> ");
    }
    page.markup("<a href=\"#baselines\">Baselines</a> <a href=\"#misses\">")
        .text(&match report.misses.len() {
            1 => "1 miss".to_owned(),
            count => format!("{count} misses"),
        })
        .markup("</a></nav>\n");
}

fn posture(page: &mut Page, report: &Report) {
    page.markup("<section id=\"posture\">\n<h2>Does the packet recommend what a reviewer would?</h2>\n<div class=\"pair\">\n");
    heat_map::draw(page, &report.posture.table);
    let posture = &report.posture;
    figure_table(
        page,
        "Posture agreement",
        &[
            &posture.agreement,
            &posture.kappa,
            &posture.weighted_kappa,
            &posture.ac1,
        ],
    );
    page.markup("</div>\n");
    figure_table(
        page,
        "Acceptance and direction",
        &[
            &posture.clean_acceptance,
            &posture.status_agreement,
            &posture.under_escalation,
            &posture.over_escalation,
            &posture.mistaken_approvals,
        ],
    );
    if let Some(ceiling) = &report.human_ceiling {
        let [first, second] = &ceiling.reviewers;
        page.markup("<h3>How far people agree with each other</h3>\n<p class=\"explained\">")
            .text(&format!(
                "{first} and {second} both labelled {}. Nobody can be expected to agree more with one reviewer than another reviewer does.",
                words::plural(ceiling.cases, "case", "cases")
            ))
            .markup("</p>\n");
        figure_table(page, "Two reviewers", &ceiling.figures());
    }
    page.markup("</section>\n");
}

fn traceability(page: &mut Page, report: &Report) {
    page.markup("<section id=\"traceability\">\n<h2>Can every claim be traced to evidence?</h2>\n");
    figure_table(page, "Traceability", &report.citations.figures());
    page.markup("</section>\n");
}

fn stability(page: &mut Page, stability: Option<&Stability>) {
    page.markup(
        "<section id=\"stability\">\n<h2>Does the same case come out the same again?</h2>\n",
    );
    match stability {
        None => {
            page.markup("<p>Every case ran once: there is nothing to compare.</p>\n");
        }
        Some(stability) => {
            page.markup("<div class=\"pair\">\n");
            plot::pass_hat(page, &stability.pass_hat);
            figure_table(
                page,
                "Stability",
                &[
                    &stability.flip_rate,
                    &stability.alpha,
                    &stability.citation_jaccard,
                ],
            );
            page.markup("</div>\n");
            let pass_hat: Vec<&Figure> = stability.pass_hat.iter().collect();
            figure_table(page, "pass^k", &pass_hat);
        }
    }
    page.markup("</section>\n");
}

fn provenance(page: &mut Page, header: &Header) {
    page.markup("<section>\n<h2>What was run</h2>\n<dl class=\"facts\">\n")
        .fact("Model", &words::model(header))
        .fact("Packets", words::origin(header.origin))
        .fact("Cases", &words::extent(header))
        .coded_fact("Data set", &header.dataset.to_string())
        .fact("Code", &header.code_version)
        .fact("Controls library", &header.library_version)
        .coded_fact("Library digest", &header.library.to_string());
    for (name, digest) in &header.prompts {
        page.coded_fact(&format!("Prompt {name}"), &digest.to_string());
    }
    page.fact("Seed", &header.seed.to_string())
        .fact(
            "Tokens",
            &format!(
                "{} read, {} written",
                header.tokens.input, header.tokens.output
            ),
        )
        .markup("</dl>\n</section>\n");
}

/// The path of a case as seen from the page.
fn case_path(header: &Header, case: &str) -> String {
    format!("{}/{case}/case.json", header.case_folder)
}

/// `3 drafts`.
fn drafts(count: u64) -> String {
    counted(usize::try_from(count).unwrap_or(usize::MAX), "draft")
}

#[cfg(test)]
#[path = "html_tests.rs"]
mod tests;
