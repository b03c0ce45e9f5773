//! A review on a terminal: the recommendation first, and every question beside it.

use custody_controls::packet::Packet;
use custody_controls::status::Disposition;

use super::layout::{Canvas, Cell};
use super::style::{Detail, Style, Tone};
use super::view::{FindingView, NextStep, View};
use super::words::{self, counted, short_digest};

mod account;

/// Width of the labels in the block under the recommendation.
const LABEL: usize = 12;

/// A packet as a reviewer reads it right after it was queued.
#[must_use]
pub fn packet_text(packet: &Packet, style: &Style) -> String {
    text(&View::of_packet(packet, NextStep::Review), style)
}

/// What the rules alone found, as made by [`View::of_assessment`].
#[must_use]
pub fn assessment_text(assessment: &View<'_>, style: &Style) -> String {
    text(assessment, style)
}

/// Any review.
#[must_use]
pub fn text(view: &View<'_>, style: &Style) -> String {
    let mut canvas = Canvas::new(style);
    recommendation(&mut canvas, view);
    facts(&mut canvas, view);
    for warning in words::warnings(view) {
        canvas.blank();
        canvas.para(0, Tone::Warning, &format!("Warning: {warning}"));
    }
    if let Some(summary) = view.summary {
        canvas.heading("Summary");
        canvas.quoted(2, summary);
    }
    requirements(&mut canvas, view);
    for disposition in [
        Disposition::Remediate,
        Disposition::Escalate,
        Disposition::Approve,
    ] {
        findings(&mut canvas, view, disposition);
    }
    ignored_exceptions(&mut canvas, view);
    match style.detail {
        Detail::Glance => {}
        Detail::Full => account::all(&mut canvas, view),
    }
    next_step(&mut canvas, view);
    canvas.finish()
}

fn recommendation(canvas: &mut Canvas<'_>, view: &View<'_>) {
    let what = match view.packet {
        Some(packet) => format!("packet {}, revision {}", packet.id, packet.revision),
        None => "what the rules find, before any packet".to_owned(),
    };
    canvas.para(
        0,
        Tone::Heading,
        &format!("Key custody review {}: {what}", view.cycle),
    );
    canvas.blank();
    let posture = view.posture.to_string();
    let mut pieces = vec![
        (Tone::Heading, "Recommendation: "),
        (Tone::Posture(view.posture), posture.as_str()),
    ];
    let beside = words::beside_posture(view);
    for (disposition, words) in &beside {
        pieces.push((Tone::Plain, ", and "));
        pieces.push((Tone::Posture(*disposition), words));
    }
    canvas.pieces(0, &pieces);
    canvas.para(0, Tone::Quiet, words::NOT_AN_ATTESTATION);
}

fn facts(canvas: &mut Canvas<'_>, view: &View<'_>) {
    canvas.blank();
    let mut fact = |label, text: &str| canvas.field(label, LABEL, Tone::Plain, text);
    fact("As of", &view.as_of.to_string());
    fact(
        "Period",
        &format!("{} to {} (exclusive)", view.period.from, view.period.to),
    );
    fact(
        "Evidence",
        &format!(
            "{} from {}, {}",
            counted(view.evidence.records, "record"),
            counted(view.evidence.sources.len(), "source"),
            short_digest(view.evidence.digest)
        ),
    );
    fact(
        "Library",
        &format!(
            "{}, {}",
            words::library(view.library),
            short_digest(view.library.digest)
        ),
    );
    if let Some(validation) = view.validation {
        fact("Validation", &words::validation(validation));
    }
    if let Some(provenance) = view.provenance {
        fact("Drafted by", &words::model_name(provenance));
    }
    if let Some(packet) = view.packet {
        fact("Digest", &short_digest(packet.digest));
    }
}

fn requirements(canvas: &mut Canvas<'_>, view: &View<'_>) {
    canvas.heading("Requirements");
    let rows: Vec<Vec<Cell>> = view
        .requirements
        .iter()
        .map(|requirement| {
            vec![
                Cell::new(Tone::Heading, requirement.id),
                Cell::new(
                    Tone::Status(requirement.status),
                    requirement.status.as_str(),
                ),
                Cell::new(Tone::Plain, &requirement.subjects.len().to_string()),
                Cell::new(Tone::Plain, &requirement.findings.len().to_string()),
                Cell::new(Tone::Plain, requirement.title),
            ]
        })
        .collect();
    canvas.table(
        &["id", "status", "judged", "findings", "requirement"],
        &rows,
    );
}

fn findings(canvas: &mut Canvas<'_>, view: &View<'_>, disposition: Disposition) {
    let found: Vec<&FindingView<'_>> = view.findings_for(disposition).collect();
    let concerns = match disposition {
        Disposition::Escalate => view.concerns,
        Disposition::Remediate | Disposition::Approve => &[],
    };
    let count = found.len() + concerns.len();
    if count == 0 {
        return;
    }
    canvas.blank();
    canvas.para(
        0,
        Tone::Posture(disposition),
        &format!("{} ({count})", words::finding_heading(disposition)),
    );
    for shown in found {
        finding(canvas, shown);
    }
    for concern in concerns {
        canvas.blank();
        canvas.pieces(
            2,
            &[
                (Tone::Heading, "Concern"),
                (
                    Tone::Plain,
                    " raised by the drafter, no finding of the rules",
                ),
            ],
        );
        canvas.field("    Question", 15, Tone::Plain, &concern.text);
        account::citations(canvas, &concern.citations);
    }
}

fn finding(canvas: &mut Canvas<'_>, shown: &FindingView<'_>) {
    let finding = shown.finding;
    canvas.blank();
    canvas.pieces(
        2,
        &[
            (Tone::Heading, &finding.requirement),
            (Tone::Plain, " "),
            (Tone::Heading, &finding.check),
            (Tone::Plain, ": "),
            (Tone::Status(finding.status), finding.status.as_str()),
            (Tone::Plain, ", "),
            (
                Tone::Posture(finding.disposition),
                finding.disposition.as_str(),
            ),
            (Tone::Quiet, &format!("  {}", finding.id)),
        ],
    );
    canvas.field("    Subject", 15, Tone::Plain, &finding.subject);
    canvas.field("    Reason", 15, Tone::Plain, &finding.message);
    if let Some(explanation) = shown.explanation {
        canvas.field("    Explained", 15, Tone::Plain, explanation);
    }
    canvas.field("    Remedy", 15, Tone::Plain, &finding.remedy);
    account::citations(canvas, &finding.citations);
}

fn ignored_exceptions(canvas: &mut Canvas<'_>, view: &View<'_>) {
    if view.ignored_exceptions.is_empty() {
        return;
    }
    canvas.heading("Exceptions not applied");
    for exception in view.ignored_exceptions {
        canvas.para(
            2,
            Tone::Plain,
            &format!(
                "{} against {}: {}",
                exception.artifact, exception.requirement, exception.reason
            ),
        );
    }
}

fn next_step(canvas: &mut Canvas<'_>, view: &View<'_>) {
    let id = view.packet.map(|packet| packet.id).unwrap_or_default();
    let decide = format!("custody decide {id} --as WHO --decision accept|override|return");
    match view.next {
        NextStep::Review => {
            canvas.heading("Next: a human reads the packet and decides");
            canvas.command(&format!("custody packets show {id}"));
            canvas.command(&decide);
        }
        NextStep::Decide => {
            canvas.heading("Next: a human decides");
            canvas.command(&decide);
        }
        NextStep::Prepare => {
            canvas.heading("Next: prepare the packet that a human decides on");
            canvas.command("custody prepare");
        }
        NextStep::Nothing => {}
    }
}

#[cfg(test)]
#[path = "terminal_tests.rs"]
mod tests;
