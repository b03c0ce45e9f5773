//! The register of findings, the drafter's concerns, and the ranked options.

use custody_controls::assessment::Citation;
use custody_controls::status::Disposition;

use super::page::Page;
use super::{badge, pill};
use crate::render::cited::{self, CitedRecord};
use crate::render::view::{FindingView, View};
use crate::render::words;

/// All findings, those to remediate first.
pub(super) fn findings(page: &mut Page, view: &View<'_>) {
    page.markup("<section>\n<h2>Findings register</h2>\n");
    if view.findings.is_empty() {
        page.markup("<p class=\"count\">The rules found nothing to remediate or to escalate.</p>\n</section>\n");
        return;
    }
    page.markup("<table class=\"register\">\n<thead><tr><th>Finding</th><th>Result</th><th>What is wrong, and who does what</th></tr></thead>\n<tbody>\n");
    for disposition in [
        Disposition::Remediate,
        Disposition::Escalate,
        Disposition::Approve,
    ] {
        for shown in view.findings_for(disposition) {
            finding(page, shown);
        }
    }
    page.markup("</tbody>\n</table>\n</section>\n");
}

fn finding(page: &mut Page, shown: &FindingView<'_>) {
    let finding = shown.finding;
    page.markup("<tr id=\"")
        .text(&finding.id)
        .markup("\">\n<td>")
        .element("span", "id", &finding.requirement)
        .markup(" ")
        .element("span", "check", &finding.check)
        .markup("<br>")
        .element("code", "", &finding.subject)
        .markup("<br>")
        .element("code", "quiet", &finding.id)
        .markup("</td>\n<td><div class=\"result\">")
        .element("span", pill(finding.status), finding.status.as_str())
        .element(
            "span",
            badge(finding.disposition),
            finding.disposition.as_str(),
        )
        .markup("</div></td>\n<td>")
        .element("p", "", &finding.message);
    if let Some(explanation) = shown.explanation {
        page.markup("<p class=\"explained\"><span class=\"label\">Drafter</span> ")
            .text(explanation)
            .markup("</p>");
    }
    page.markup("<p><span class=\"label\">Remedy</span> ")
        .text(&finding.remedy)
        .markup("</p>\n");
    citations(page, &finding.citations);
    page.markup("</td>\n</tr>\n");
}

/// The concerns, which are questions for governance as much as escalating findings are.
pub(super) fn concerns(page: &mut Page, view: &View<'_>) {
    if view.concerns.is_empty() {
        return;
    }
    page.markup("<section>\n<h2>Questions raised by the drafter</h2>\n<p class=\"count\">For release security governance, beside the findings of the rules.</p>\n");
    for concern in view.concerns {
        page.markup("<article class=\"account\">\n<p>")
            .element(
                "span",
                badge(concern.disposition),
                concern.disposition.as_str(),
            )
            .markup(" ")
            .text(&concern.text)
            .markup("</p>\n");
        citations(page, &concern.citations);
        page.markup("</article>\n");
    }
    page.markup("</section>\n");
}

/// What is cited, by record, folded away.
pub(super) fn citations(page: &mut Page, citations: &[Citation]) {
    if citations.is_empty() {
        return;
    }
    page.markup("<details>\n<summary>Citations: ")
        .text(&cited::counted(citations))
        .markup("</summary>\n");
    for record in cited::by_record(citations) {
        cited_record(page, &record);
    }
    page.markup("</details>\n");
}

fn cited_record(page: &mut Page, record: &CitedRecord<'_>) {
    page.markup("<div class=\"record\">\n<p>")
        .element("code", "artifact", record.artifact)
        .markup(" ")
        .element("code", "quiet", &words::short_digest(record.digest))
        .markup("</p>\n<ul>\n");
    for citation in &record.places {
        page.markup("<li>");
        if let Some(pointer) = &citation.pointer {
            page.element("code", "pointer", pointer).markup(" ");
        }
        let value = cited::cited_value(citation).unwrap_or_default();
        page.element("span", "value", &value).markup("</li>\n");
    }
    page.markup("</ul>\n");
    if let Some(url) = record.source_url {
        page.markup("<p>").original(url).markup("</p>\n");
    }
    page.markup("</div>\n");
}

/// The three dispositions, the recommended one first.
pub(super) fn options(page: &mut Page, view: &View<'_>) {
    page.markup("<section>\n<h2>Options, ranked</h2>\n<ol class=\"options\">\n");
    for option in view.options {
        page.markup("<li>")
            .element(
                "span",
                badge(option.disposition),
                option.disposition.as_str(),
            )
            .markup(" ")
            .text(words::meaning(option.disposition))
            .markup(if option.supported {
                ": <strong>supported</strong>"
            } else {
                ": not supported"
            });
        for (label, ids) in [("for", &option.because), ("against", &option.against)] {
            if ids.is_empty() {
                continue;
            }
            page.markup("<br>").element("span", "label", label);
            for id in ids {
                page.markup(" ").reference(id);
            }
        }
        page.markup("</li>\n");
    }
    page.markup("</ol>\n</section>\n");
}
