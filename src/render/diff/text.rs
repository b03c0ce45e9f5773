//! A packet diff on a terminal.

use std::fmt::Display;

use custody_controls::status::RequirementStatus;

use super::{Change, DiffFinding, DiffSide, PacketDiff};
use crate::render::layout::{Canvas, Cell};
use crate::render::style::{Style, Tone};
use crate::render::words::short_digest;

const LABEL: usize = 11;

/// What differs, the posture first.
#[must_use]
pub fn diff_text(diff: &PacketDiff, style: &Style) -> String {
    let mut canvas = Canvas::new(style);
    canvas.field("A", 3, Tone::Plain, &side(&diff.a));
    canvas.field("B", 3, Tone::Plain, &side(&diff.b));
    posture(&mut canvas, diff);
    grounds(&mut canvas, diff);
    statuses(&mut canvas, diff);
    findings(&mut canvas, "Added findings", "+", &diff.findings.added);
    findings(&mut canvas, "Removed findings", "-", &diff.findings.removed);
    kept(&mut canvas, diff);
    concerns(&mut canvas, "Added concerns", "+", &diff.concerns.added);
    concerns(&mut canvas, "Removed concerns", "-", &diff.concerns.removed);
    canvas.finish()
}

fn side(side: &DiffSide) -> String {
    format!(
        "{}, revision {}, cycle {}, as of {}, {}",
        side.id,
        side.revision,
        side.cycle,
        side.as_of,
        short_digest(side.digest)
    )
}

fn posture(canvas: &mut Canvas<'_>, diff: &PacketDiff) {
    canvas.blank();
    match &diff.posture {
        Some(change) => canvas.pieces(
            0,
            &[
                (Tone::Heading, "Posture: "),
                (Tone::Posture(change.from), change.from.as_str()),
                (Tone::Plain, " -> "),
                (Tone::Posture(change.to), change.to.as_str()),
            ],
        ),
        None => canvas.pieces(
            0,
            &[
                (Tone::Heading, "Posture: "),
                (Tone::Posture(diff.b.posture), diff.b.posture.as_str()),
                (Tone::Plain, ", unchanged"),
            ],
        ),
    }
}

/// What the two packets rest on.
fn grounds(canvas: &mut Canvas<'_>, diff: &PacketDiff) {
    let evidence = &diff.evidence;
    let library = &diff.library;
    canvas.blank();
    let mut line = |label, text: Option<String>| {
        let text = text.unwrap_or_else(|| "unchanged".to_owned());
        canvas.field(label, LABEL, Tone::Plain, &text);
    };
    let evidence_digest = evidence
        .digest
        .map(|change| arrow(&short_digest(change.from), &short_digest(change.to)));
    line("Evidence", evidence_digest);
    if let Some(records) = &evidence.records {
        line("", Some(format!("{} records", between(records))));
    }
    for change in &evidence.sources {
        let count = |count: Option<usize>| {
            count.map_or_else(|| "not read".to_owned(), |count| count.to_string())
        };
        let records = arrow(&count(change.records.from), &count(change.records.to));
        line("", Some(format!("source {}: {records}", change.source)));
    }
    let library_digest = library
        .digest
        .map(|change| arrow(&short_digest(change.from), &short_digest(change.to)));
    line("Library", library_digest);
    if let Some(version) = &library.version {
        line("", Some(format!("version {}", between(version))));
    }
    if let Some(approved) = &library.approved {
        let word = |approved| if approved { "approved" } else { "not approved" };
        line("", Some(arrow(word(approved.from), word(approved.to))));
    }
}

fn statuses(canvas: &mut Canvas<'_>, diff: &PacketDiff) {
    let requirements = diff.requirements.iter().map(|change| {
        (
            change.requirement.as_str(),
            change.title.as_str(),
            change.status,
        )
    });
    table(
        canvas,
        "Requirements that changed",
        "requirement",
        requirements,
    );
    let subjects = diff.subjects.iter().map(|change| {
        (
            change.requirement.as_str(),
            change.subject.as_str(),
            change.status,
        )
    });
    table(canvas, "Subjects that changed", "subject", subjects);
}

fn table<'a>(
    canvas: &mut Canvas<'_>,
    heading: &str,
    last: &str,
    changes: impl Iterator<Item = (&'a str, &'a str, Change<Option<RequirementStatus>>)>,
) {
    let status = |status: Option<RequirementStatus>| match status {
        Some(status) => Cell::new(Tone::Status(status), status.as_str()),
        None => Cell::new(Tone::Quiet, "not judged"),
    };
    let rows: Vec<Vec<Cell>> = changes
        .map(|(requirement, subject, change)| {
            vec![
                Cell::new(Tone::Heading, requirement),
                status(change.from),
                status(change.to),
                Cell::new(Tone::Plain, subject),
            ]
        })
        .collect();
    if !rows.is_empty() {
        canvas.heading(&format!("{heading} ({})", rows.len()));
        canvas.table(&["id", "A", "B", last], &rows);
    }
}

fn findings(canvas: &mut Canvas<'_>, heading: &str, sign: &str, findings: &[DiffFinding]) {
    if findings.is_empty() {
        return;
    }
    canvas.heading(&format!("{heading} ({})", findings.len()));
    for found in findings {
        finding(canvas, sign, found);
        canvas.para(4, Tone::Plain, &found.message);
    }
}

fn finding(canvas: &mut Canvas<'_>, sign: &str, finding: &DiffFinding) {
    canvas.pieces(
        0,
        &[
            (Tone::Heading, &format!("{sign} {} ", finding.requirement)),
            (Tone::Heading, &finding.check),
            (Tone::Plain, &format!(" on {}: ", finding.subject)),
            (Tone::Status(finding.status), finding.status.as_str()),
            (Tone::Plain, ", "),
            (
                Tone::Posture(finding.disposition),
                finding.disposition.as_str(),
            ),
            (Tone::Quiet, &format!("  {}", finding.id)),
        ],
    );
}

fn kept(canvas: &mut Canvas<'_>, diff: &PacketDiff) {
    let kept = &diff.findings.kept;
    if kept.is_empty() {
        return;
    }
    canvas.heading(&format!("Kept findings ({})", kept.len()));
    for found in kept {
        finding(canvas, "=", &found.finding);
        if !found.changed.is_empty() {
            let members = found.changed.join(", ");
            canvas.para(4, Tone::Quiet, &format!("changed: {members}"));
        }
    }
}

fn concerns(canvas: &mut Canvas<'_>, heading: &str, sign: &str, texts: &[String]) {
    if texts.is_empty() {
        return;
    }
    canvas.heading(&format!("{heading} ({})", texts.len()));
    for text in texts {
        canvas.field(sign, 2, Tone::Plain, text);
    }
}

fn between<T: Display>(change: &Change<T>) -> String {
    arrow(&change.from.to_string(), &change.to.to_string())
}

fn arrow(from: &str, to: &str) -> String {
    format!("{from} -> {to}")
}
