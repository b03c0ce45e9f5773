//! A comparison of two runs on a terminal.

use crate::eval::report::comparison::{Compared, Comparison, PairedTest};
use crate::eval::report::words::{self, Sign};
use crate::eval::stats::{Estimate, Support};
use crate::render::layout::{Canvas, Cell};
use crate::render::style::{Style, Tone};
use crate::render::words::short_digest;

/// Below this a difference is unlikely to be chance.
const LEVEL: f64 = 0.05;

/// A comparison for people.
#[must_use]
pub fn comparison_text(comparison: &Comparison, style: &Style) -> String {
    let mut canvas = Canvas::new(style);
    canvas.para(0, Tone::Heading, "Two runs on the same cases");
    canvas.blank();
    for (label, side) in [("First", &comparison.first), ("Second", &comparison.second)] {
        let text = format!(
            "{}: {}, code {}, data set {}",
            side.name,
            side.model,
            side.code_version,
            short_digest(side.dataset)
        );
        canvas.field(label, 8, Tone::Plain, &text);
    }
    let families = words::plural(comparison.clusters, "scenario family", "scenario families");
    let cases = words::plural(comparison.cases, "case", "cases");
    canvas.field("Both", 8, Tone::Plain, &format!("{cases} in {families}"));
    warnings(&mut canvas, comparison);
    canvas.heading("Figures");
    let rows: Vec<Vec<Cell>> = comparison.rows.iter().map(row).collect();
    canvas.table(
        &[
            "figure",
            "first",
            "second",
            "difference",
            "95 % interval",
            "p",
            "adjusted",
            "test",
        ],
        &rows,
    );
    canvas.blank();
    canvas.para(
        0,
        Tone::Quiet,
        "Difference is first less second. Adjusted is the p value after Holm's correction over all rows; below 0.05 a difference is unlikely to be chance.",
    );
    canvas.finish()
}

fn warnings(canvas: &mut Canvas<'_>, comparison: &Comparison) {
    let mut warn = |text: &str| {
        canvas.blank();
        canvas.para(0, Tone::Warning, &format!("Warning: {text}"));
    };
    if comparison.first.dataset != comparison.second.dataset {
        warn("The data sets differ: only cases that both runs scored are compared.");
    }
    if !comparison.left_out.is_empty() {
        warn(&format!(
            "Scored by one run alone and left out: {}.",
            comparison.left_out.join(", ")
        ));
    }
    if Support::of(comparison.clusters) == Support::Insufficient {
        warn("Fewer than 20 scenario families: intervals and p values are not to be relied on.");
    }
}

fn row(compared: &Compared) -> Vec<Cell> {
    let unit = compared.name.measure.unit();
    let number = |estimate| words::number(estimate, unit, Sign::Shown);
    let interval = compared.interval.map(|interval| {
        format!(
            "{} to {}",
            words::number(interval.low, unit, Sign::LeftOut),
            number(interval.high)
        )
    });
    let certain = matches!(compared.adjusted, Estimate::Value(p) if p < LEVEL);
    let tone = if certain { Tone::Warning } else { Tone::Plain };
    let test = match compared.test {
        PairedTest::McnemarExact {
            first_only,
            second_only,
        } => format!("McNemar, {first_only} : {second_only}"),
        PairedTest::PairedBootstrap => "paired bootstrap".to_owned(),
    };
    vec![
        Cell::new(Tone::Plain, &compared.name.to_string()),
        Cell::new(Tone::Plain, &number(compared.first)),
        Cell::new(Tone::Plain, &number(compared.second)),
        Cell::new(tone, &number(compared.difference)),
        Cell::new(Tone::Plain, &interval.unwrap_or_default()),
        Cell::new(Tone::Plain, &compared.p_value.to_string()),
        Cell::new(tone, &compared.adjusted.to_string()),
        Cell::new(Tone::Quiet, &test),
    ]
}
