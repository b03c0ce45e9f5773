//! A review as one self-contained HTML page: no script, nothing loaded from elsewhere, fit for print.

use custody_controls::status::{Disposition, RequirementStatus};

use super::escape::paragraphs;
use super::view::{RequirementView, View};
use super::words;
use page::Page;

pub(crate) mod page;
mod register;
mod sources;

pub(crate) const STYLE: &str = include_str!("html/style.css");

/// A review as one HTML page.
#[must_use]
pub fn html_text(view: &View<'_>) -> String {
    let mut page = Page::default();
    head(&mut page, view);
    page.markup("<body>\n<header class=\"masthead\"><div class=\"inner\">\n");
    masthead(&mut page, view);
    page.markup("</div></header>\n<main class=\"inner\">\n");
    warnings(&mut page, view);
    summary(&mut page, view);
    requirements(&mut page, view);
    register::findings(&mut page, view);
    register::concerns(&mut page, view);
    register::options(&mut page, view);
    accounts(&mut page, view);
    sources::ignored_exceptions(&mut page, view);
    sources::evidence(&mut page, view);
    sources::rejected_drafts(&mut page, view);
    sources::provenance(&mut page, view);
    page.markup("</main>\n<footer class=\"inner\"><p>")
        .text(words::NOT_AN_ATTESTATION)
        .markup("</p></footer>\n</body>\n</html>\n");
    page.finish()
}

fn head(page: &mut Page, view: &View<'_>) {
    page.markup("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
        .markup("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n")
        .markup("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
        .markup("<meta name=\"color-scheme\" content=\"light dark\">\n")
        .markup("<meta name=\"referrer\" content=\"no-referrer\">\n<title>")
        .text(&format!("Key custody review {}: {}", view.cycle, words::headline(view)))
        .markup("</title>\n<style>\n")
        .markup(STYLE)
        .markup("</style>\n</head>\n");
}

fn masthead(page: &mut Page, view: &View<'_>) {
    page.markup("<p class=\"kind\">");
    match view.packet {
        Some(packet) => page
            .markup("Packet ")
            .element("code", "", packet.id)
            .text(&format!(", revision {}", packet.revision)),
        None => page.text("Assessment by the rules, before any packet"),
    };
    page.markup("</p>\n<h1>Key custody review ")
        .text(view.cycle)
        .markup("</h1>\n<p class=\"posture\"><span class=\"label\">Recommendation</span> ")
        .element("strong", badge(view.posture), view.posture.as_str());
    for (disposition, words) in words::beside_posture(view) {
        page.markup(" <span class=\"and\">and</span> ").element(
            "strong",
            badge(disposition),
            &words,
        );
    }
    page.markup("</p>\n")
        .element("p", "boundary", words::NOT_AN_ATTESTATION)
        .markup("\n<dl class=\"facts\">\n")
        .fact("As of", &view.as_of.to_string())
        .fact(
            "Period",
            &format!("{} to {} (exclusive)", view.period.from, view.period.to),
        )
        .fact("Controls library", &words::library(view.library));
    if let Some(validation) = view.validation {
        page.fact("Validation", &words::validation(validation));
    }
    if let Some(provenance) = view.provenance {
        page.fact("Drafted by", &words::model_name(provenance));
    }
    if let Some(packet) = view.packet {
        page.coded_fact("Packet digest", &packet.digest.to_string());
    }
    page.markup("</dl>\n");
}

fn warnings(page: &mut Page, view: &View<'_>) {
    for warning in words::warnings(view) {
        page.markup("<p class=\"warning\"><strong>Warning.</strong> ")
            .text(&warning)
            .markup("</p>\n");
    }
}

fn summary(page: &mut Page, view: &View<'_>) {
    if let Some(summary) = view.summary {
        page.markup("<section>\n<h2>Summary</h2>\n");
        prose(page, summary);
        page.markup("</section>\n");
    }
}

fn prose(page: &mut Page, text: &str) {
    page.markup("<div class=\"prose\">\n");
    for paragraph in paragraphs(text) {
        page.element("p", "", &paragraph).markup("\n");
    }
    page.markup("</div>\n");
}

fn requirements(page: &mut Page, view: &View<'_>) {
    page.markup("<section>\n<h2>Requirements</h2>\n<div class=\"cards\">\n");
    for requirement in &view.requirements {
        page.markup("<article class=\"card ")
            .markup(edge(requirement.status))
            .markup("\">\n<div class=\"top\">")
            .element("span", "id", requirement.id)
            .element(
                "span",
                pill(requirement.status),
                requirement.status.as_str(),
            )
            .markup("</div>\n")
            .element("h3", "", requirement.title)
            .markup("\n")
            .element("p", "count", &words::judged(requirement.subjects))
            .markup("\n");
        findings_of(page, requirement);
        page.markup("</article>\n");
    }
    page.markup("</div>\n</section>\n");
}

fn findings_of(page: &mut Page, requirement: &RequirementView<'_>) {
    if requirement.findings.is_empty() {
        page.markup("<p class=\"count\">No findings</p>\n");
        return;
    }
    page.markup("<p class=\"count\">Findings:");
    for id in requirement.findings {
        page.markup(" ").reference(id);
    }
    page.markup("</p>\n");
}

fn accounts(page: &mut Page, view: &View<'_>) {
    page.markup("<section>\n<h2>Accounts by requirement</h2>\n");
    for requirement in &view.requirements {
        page.markup("<article class=\"account\">\n<h3>")
            .element("span", "id", requirement.id)
            .markup(" ")
            .text(requirement.title)
            .markup(" ")
            .element(
                "span",
                pill(requirement.status),
                requirement.status.as_str(),
            )
            .markup("</h3>\n<p class=\"count\">")
            .markup(if requirement.waivable {
                "An approved exception can stand in for it."
            } else {
                "Not waivable."
            })
            .markup("</p>\n");
        prose(page, requirement.rationale);
        subjects(page, requirement);
        register::citations(page, requirement.citations);
        page.markup("</article>\n");
    }
    page.markup("</section>\n");
}

fn subjects(page: &mut Page, requirement: &RequirementView<'_>) {
    if requirement.subjects.is_empty() {
        return;
    }
    page.markup("<details>\n<summary>Subjects: ")
        .text(&words::judged(requirement.subjects))
        .markup("</summary>\n<ul class=\"subjects\">\n");
    for subject in requirement.subjects {
        page.markup("<li>")
            .element("code", "", &subject.artifact)
            .markup(" ")
            .element("span", pill(subject.status), subject.status.as_str())
            .markup("</li>\n");
    }
    page.markup("</ul>\n</details>\n");
}

const fn badge(disposition: Disposition) -> &'static str {
    match disposition {
        Disposition::Approve => "badge approve",
        Disposition::Remediate => "badge remediate",
        Disposition::Escalate => "badge escalate",
    }
}

const fn pill(status: RequirementStatus) -> &'static str {
    match status {
        RequirementStatus::Satisfied => "pill satisfied",
        RequirementStatus::ExceptionBacked => "pill exception-backed",
        RequirementStatus::Partial => "pill partial",
        RequirementStatus::Stale => "pill stale",
        RequirementStatus::Missing => "pill missing",
    }
}

/// The class that colours a card's edge.
const fn edge(status: RequirementStatus) -> &'static str {
    status.as_str()
}

#[cfg(test)]
#[path = "html_tests.rs"]
mod tests;
