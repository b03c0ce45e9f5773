//! A review as Markdown: for tickets, wikis and version control.
//!
//! Text of others is written so that it stays text: it makes no markup, no HTML and no link.

use custody_controls::assessment::Citation;
use custody_controls::status::Disposition;

use super::cited;
use super::escape::paragraphs;
use super::link::WebLink;
use super::view::{FindingView, RequirementView, View};
use super::words;
use text::{Place, code, escaped};

mod sources;
mod text;

/// A review as one Markdown document.
#[must_use]
pub fn markdown_text(view: &View<'_>) -> String {
    let mut out = String::new();
    header(&mut out, view);
    requirements(&mut out, view);
    for disposition in [
        Disposition::Remediate,
        Disposition::Escalate,
        Disposition::Approve,
    ] {
        findings(&mut out, view, disposition);
    }
    for requirement in &view.requirements {
        account(&mut out, requirement);
    }
    options(&mut out, view);
    sources::ignored_exceptions(&mut out, view);
    sources::evidence(&mut out, view);
    sources::rejected_drafts(&mut out, view);
    sources::provenance(&mut out, view);
    out
}

/// Adds a line and its end.
fn line(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}

fn heading(out: &mut String, level: usize, text: &str) {
    if !out.is_empty() {
        out.push('\n');
    }
    line(out, &format!("{} {text}\n", "#".repeat(level)));
}

fn fact(out: &mut String, label: &str, text: &str) {
    line(out, &format!("- **{label}:** {text}"));
}

fn row(out: &mut String, cells: &[String]) {
    line(out, &format!("| {} |", cells.join(" | ")));
}

fn block(text: &str) -> String {
    escaped(text, Place::Block)
}

fn cell(text: &str) -> String {
    escaped(text, Place::Cell)
}

fn header(out: &mut String, view: &View<'_>) {
    heading(out, 1, &format!("Key custody review {}", block(view.cycle)));
    line(
        out,
        &format!("**Recommendation: {}**\n", words::headline(view)),
    );
    line(out, &format!("{}\n", words::NOT_AN_ATTESTATION));
    for warning in words::warnings(view) {
        line(out, &format!("> **Warning:** {}\n", block(&warning)));
    }
    if let Some(packet) = view.packet {
        let id = code(packet.id, Place::Block);
        fact(
            out,
            "Packet",
            &format!("{id}, revision {}", packet.revision),
        );
        fact(
            out,
            "Packet digest",
            &code(&packet.digest.to_string(), Place::Block),
        );
    }
    fact(out, "As of", &view.as_of.to_string());
    let period = view.period;
    fact(
        out,
        "Period",
        &format!("{} to {} (exclusive)", period.from, period.to),
    );
    if let Some(validation) = view.validation {
        fact(out, "Validation", &block(&words::validation(validation)));
    }
    if let Some(provenance) = view.provenance {
        fact(out, "Drafted by", &block(&words::model_name(provenance)));
    }
    if let Some(summary) = view.summary {
        heading(out, 2, "Summary");
        prose(out, summary);
    }
}

/// Prose of others, as a quotation.
fn prose(out: &mut String, text: &str) {
    let lines: Vec<String> = paragraphs(text)
        .map(|paragraph| format!("> {}", block(&paragraph)))
        .collect();
    line(out, &lines.join("\n>\n"));
}

fn requirements(out: &mut String, view: &View<'_>) {
    heading(out, 2, "Requirements");
    line(out, "| id | requirement | status | judged | findings |");
    line(out, "| --- | --- | --- | ---: | ---: |");
    for requirement in &view.requirements {
        row(
            out,
            &[
                cell(requirement.id),
                cell(requirement.title),
                requirement.status.to_string(),
                requirement.subjects.len().to_string(),
                requirement.findings.len().to_string(),
            ],
        );
    }
}

fn findings(out: &mut String, view: &View<'_>, disposition: Disposition) {
    let found: Vec<&FindingView<'_>> = view.findings_for(disposition).collect();
    let concerns = match disposition {
        Disposition::Escalate => view.concerns,
        Disposition::Remediate | Disposition::Approve => &[],
    };
    let count = found.len() + concerns.len();
    if count == 0 {
        return;
    }
    heading(
        out,
        2,
        &format!("{} ({count})", words::finding_heading(disposition)),
    );
    for (number, shown) in found.into_iter().enumerate() {
        if number > 0 {
            out.push('\n');
        }
        finding(out, shown);
    }
    for concern in concerns {
        line(
            out,
            "\n### Concern raised by the drafter, no finding of the rules\n",
        );
        fact(out, "Question", &block(&concern.text));
        citations(out, &concern.citations);
    }
}

fn finding(out: &mut String, shown: &FindingView<'_>) {
    let finding = shown.finding;
    let title = format!("{} {}", finding.requirement, finding.check);
    line(out, &format!("### {}\n", block(&title)));
    fact(out, "Finding", &code(&finding.id, Place::Block));
    fact(out, "Subject", &code(&finding.subject, Place::Block));
    fact(out, "Status", finding.status.as_str());
    fact(out, "Disposition", finding.disposition.as_str());
    fact(out, "Reason", &block(&finding.message));
    if let Some(explanation) = shown.explanation {
        fact(out, "Explanation of the drafter", &block(explanation));
    }
    fact(out, "Remedy", &block(&finding.remedy));
    citations(out, &finding.citations);
}

fn citations(out: &mut String, citations: &[Citation]) {
    if citations.is_empty() {
        return;
    }
    line(out, "\n| artifact | pointer | value | digest | original |");
    line(out, "| --- | --- | --- | --- | --- |");
    for citation in citations {
        let pointer = citation.pointer.as_deref();
        let value = cited::cited_value(citation);
        row(
            out,
            &[
                code(&citation.artifact, Place::Cell),
                code(pointer.unwrap_or_default(), Place::Cell),
                code(&value.unwrap_or_default(), Place::Cell),
                code(&words::short_digest(citation.digest), Place::Cell),
                original(citation.source_url.as_deref().unwrap_or_default()),
            ],
        );
    }
}

/// A link to the original where the URL may be one, else the URL as text.
fn original(url: &str) -> String {
    match WebLink::parse(url) {
        // The link's characters need no escaping between angle brackets but `&`, which begins an entity.
        Some(link) => format!("[open](<{}>)", link.as_str().replace('&', "&amp;")),
        None => code(url, Place::Cell),
    }
}

fn account(out: &mut String, requirement: &RequirementView<'_>) {
    let title = format!("{} {}", requirement.id, requirement.title);
    heading(out, 2, &block(&title));
    let waivable = if requirement.waivable {
        "an approved exception can stand in for it"
    } else {
        "not waivable"
    };
    line(out, &format!("**{}**, {waivable}\n", requirement.status));
    prose(out, requirement.rationale);
    out.push('\n');
    fact(out, "Subjects", &words::judged(requirement.subjects));
    for subject in requirement.subjects {
        let artifact = code(&subject.artifact, Place::Block);
        line(out, &format!("  - {artifact}: {}", subject.status));
    }
    citations(out, requirement.citations);
}

fn options(out: &mut String, view: &View<'_>) {
    heading(out, 2, "Options");
    let ids = |ids: &[String]| {
        let shown: Vec<String> = ids.iter().map(|id| code(id, Place::Cell)).collect();
        shown.join(", ")
    };
    line(
        out,
        "| rank | disposition | meaning | supported | for | against |",
    );
    line(out, "| ---: | --- | --- | --- | --- | --- |");
    for (option, rank) in view.options.iter().zip(1..) {
        row(
            out,
            &[
                format!("{rank}"),
                option.disposition.to_string(),
                words::meaning(option.disposition).to_owned(),
                (if option.supported { "yes" } else { "no" }).to_owned(),
                ids(&option.because),
                ids(&option.against),
            ],
        );
    }
}

#[cfg(test)]
#[path = "markdown_tests.rs"]
mod tests;
