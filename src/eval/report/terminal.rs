//! A report on a terminal: figures with their intervals and counts, and every miss.

use custody_controls::status::Disposition;

use super::Report;
use super::figure::Figure;
use super::measure::Measure;
use super::words;
use crate::render::layout::{Canvas, Cell};
use crate::render::style::{Detail, Style, Tone};
use crate::render::words::short_digest;

mod comparison;
mod outcome;

pub use comparison::comparison_text;

/// Width of the labels of the heading.
const LABEL: usize = 10;

/// A report for people, with [`Detail::Full`] also what each figure says.
#[must_use]
pub fn report_text(report: &Report, style: &Style) -> String {
    let mut canvas = Canvas::new(style);
    heading(&mut canvas, report);
    posture(&mut canvas, report);
    surfacing(&mut canvas, report);
    figures(&mut canvas, "Traceability", &report.citations.figures());
    match &report.stability {
        Some(stability) => figures(&mut canvas, "Stability", &stability.figures()),
        None => said(
            &mut canvas,
            "Stability",
            "Every case ran once: there is nothing to compare.",
        ),
    }
    outcome::relations(&mut canvas, report);
    if let Some(drift) = &report.drift {
        let windows = words::plural(drift.windows, "pair of captures", "pairs of captures");
        figures(
            &mut canvas,
            &format!("Drift between {windows}"),
            &drift.figures(),
        );
    }
    outcome::baselines(&mut canvas, report);
    outcome::misses(&mut canvas, report);
    outcome::unscored(&mut canvas, report);
    canvas.blank();
    canvas.para(0, Tone::Quiet, words::HOW_TO_READ);
    match style.detail {
        Detail::Glance => {}
        Detail::Full => canvas.para(0, Tone::Quiet, &words::methods(&report.header)),
    }
    canvas.finish()
}

fn heading(canvas: &mut Canvas<'_>, report: &Report) {
    let header = &report.header;
    canvas.para(
        0,
        Tone::Heading,
        &format!("Evaluation of {}", words::model(header)),
    );
    canvas.blank();
    let mut fact = |label, text: &str| canvas.field(label, LABEL, Tone::Plain, text);
    fact("Cases", &words::extent(header));
    fact("Packets", words::origin(header.origin));
    fact("Data set", &short_digest(header.dataset));
    fact(
        "Library",
        &format!(
            "{}, {}",
            header.library_version,
            short_digest(header.library)
        ),
    );
    fact("Code", &header.code_version);
    fact("Seed", &header.seed.to_string());
    if header.tokens.input + header.tokens.output > 0 {
        fact(
            "Tokens",
            &format!(
                "{} read, {} written",
                header.tokens.input, header.tokens.output
            ),
        );
    }
    for warning in words::warnings(report) {
        canvas.blank();
        canvas.para(0, Tone::Warning, &format!("Warning: {warning}"));
    }
}

fn posture(canvas: &mut Canvas<'_>, report: &Report) {
    figures(canvas, "Posture", &report.posture.figures());
    canvas.blank();
    canvas.para(
        0,
        Tone::Quiet,
        "How often each posture of the reviewer (row) met each of the packet (column):",
    );
    let rows: Vec<Vec<Cell>> = Disposition::ALL
        .into_iter()
        .zip(report.posture.table.0.rows())
        .map(|(reviewer, counts)| {
            let name = Cell::new(Tone::Posture(reviewer), reviewer.as_str());
            let counts = counts
                .iter()
                .map(|count| Cell::new(Tone::Plain, &count.to_string()));
            std::iter::once(name).chain(counts).collect()
        })
        .collect();
    canvas.table(&["reviewer", "approve", "remediate", "escalate"], &rows);
    if let Some(ceiling) = &report.human_ceiling {
        let [first, second] = &ceiling.reviewers;
        let cases = words::plural(ceiling.cases, "case", "cases");
        figures(
            canvas,
            &format!("Two reviewers, {first} and {second}, on {cases}"),
            &ceiling.figures(),
        );
    }
}

fn surfacing(canvas: &mut Canvas<'_>, report: &Report) {
    let found = &report.surfacing;
    figures(
        canvas,
        "Surfacing before sign-off",
        &[
            &found.recall,
            &found.precision,
            &found.false_alarms,
            &found.buried,
            &found.diluted,
        ],
    );
    if found.classes.is_empty() {
        return;
    }
    canvas.blank();
    let rows: Vec<Vec<Cell>> = found
        .classes
        .iter()
        .map(|class| {
            let missed = class.surfaced < class.planted;
            let tone = if missed { Tone::Warning } else { Tone::Plain };
            vec![
                Cell::new(Tone::Plain, &class.class),
                Cell::new(tone, &format!("{} of {}", class.surfaced, class.planted)),
                Cell::new(Tone::Plain, &class.buried.to_string()),
                Cell::new(Tone::Plain, &class.diluted.to_string()),
                Cell::new(
                    Tone::Plain,
                    &words::interval(&class.recall).unwrap_or_default(),
                ),
                Cell::new(Tone::Quiet, &words::remarks(&class.recall)),
            ]
        })
        .collect();
    canvas.table(
        &[
            "class",
            "surfaced",
            "buried",
            "diluted",
            "95 % interval",
            "",
        ],
        &rows,
    );
}

fn said(canvas: &mut Canvas<'_>, heading: &str, text: &str) {
    canvas.heading(heading);
    canvas.para(0, Tone::Plain, text);
}

/// A table of figures, and with full detail what each says.
fn figures(canvas: &mut Canvas<'_>, heading: &str, found: &[&Figure]) {
    canvas.heading(heading);
    let rows: Vec<Vec<Cell>> = found
        .iter()
        .map(|figure| {
            vec![
                Cell::new(Tone::Plain, &figure.name.to_string()),
                Cell::new(Tone::Heading, &words::value(figure)),
                Cell::new(Tone::Plain, &words::interval(figure).unwrap_or_default()),
                Cell::new(Tone::Plain, &words::counts(figure).unwrap_or_default()),
                Cell::new(Tone::Quiet, &words::remarks(figure)),
            ]
        })
        .collect();
    canvas.table(&["figure", "value", "95 % interval", "counted", ""], &rows);
    match canvas.style.detail {
        Detail::Glance => {}
        Detail::Full => meanings(canvas, found),
    }
}

fn meanings(canvas: &mut Canvas<'_>, found: &[&Figure]) {
    canvas.blank();
    let mut said: Vec<Measure> = Vec::new();
    for figure in found {
        let measure = figure.name.measure;
        if !said.contains(&measure) {
            said.push(measure);
            canvas.field(
                &format!("  {}", measure.as_str()),
                24,
                Tone::Quiet,
                measure.meaning(),
            );
        }
    }
}

#[cfg(test)]
#[path = "terminal_tests.rs"]
mod tests;
