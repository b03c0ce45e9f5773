//! What came out in the end, on a terminal: relations, baselines, misses.

use crate::eval::report::baseline::Baseline;
use crate::eval::report::figure::Figure;
use crate::eval::report::words;
use crate::eval::report::{Miss, MissKind, Report};
use crate::eval::stats::Estimate;
use crate::render::layout::{Canvas, Cell};
use crate::render::style::{Detail, Tone};

/// Every relation, and what broke it.
pub(super) fn relations(canvas: &mut Canvas<'_>, report: &Report) {
    if report.metamorphic.is_empty() {
        return;
    }
    let broken: Vec<_> = report
        .metamorphic
        .iter()
        .filter(|relation| relation.counterexample.is_some())
        .collect();
    canvas.heading(&format!(
        "Metamorphic relations: {} tried, {} broken",
        report.metamorphic.len(),
        broken.len()
    ));
    let rows: Vec<Vec<Cell>> = report
        .metamorphic
        .iter()
        .map(|relation| {
            let tone = match relation.counterexample {
                Some(_) => Tone::Warning,
                None => Tone::Plain,
            };
            vec![
                Cell::new(Tone::Quiet, relation.kind.as_str()),
                Cell::new(
                    tone,
                    &words::counts(&relation.held).unwrap_or_else(|| words::value(&relation.held)),
                ),
                Cell::new(
                    Tone::Plain,
                    &words::interval(&relation.held).unwrap_or_default(),
                ),
                Cell::new(Tone::Plain, &relation.relation),
            ]
        })
        .collect();
    canvas.table(&["kind", "held", "95 % interval", "relation"], &rows);
    for relation in broken {
        if let Some(example) = &relation.counterexample {
            canvas.blank();
            canvas.para(
                0,
                Tone::Warning,
                &format!(
                    "{} is broken by {}: {}; {}",
                    relation.relation, example.case, example.change, example.outcome
                ),
            );
        }
    }
}

/// The same cases by other means.
pub(super) fn baselines(canvas: &mut Canvas<'_>, report: &Report) {
    canvas.heading("Baselines on the same cases");
    let own = [
        Cell::new(Tone::Heading, &report.header.model),
        figure_cell(&report.posture.agreement),
        figure_cell(&report.posture.kappa),
        figure_cell(&report.surfacing.recall),
        Cell::new(Tone::Plain, ""),
        Cell::new(Tone::Plain, ""),
        figure_cell(&report.posture.mistaken_approvals),
        Cell::new(Tone::Plain, ""),
    ];
    let rows: Vec<Vec<Cell>> = std::iter::once(own.into())
        .chain(report.baselines.iter().map(baseline_row))
        .collect();
    canvas.table(
        &[
            "baseline",
            "agreement",
            "kappa",
            "surfaced",
            "drafts",
            "caught",
            "mistaken",
            "unsafe",
        ],
        &rows,
    );
    canvas.blank();
    canvas.para(
        0,
        Tone::Quiet,
        "Caught: bad drafts that the validator rejected. Mistaken: packets that recommend approval where the reviewer does not. Unsafe: those that a bad draft brought about; must be 0.",
    );
}

fn baseline_row(baseline: &Baseline) -> Vec<Cell> {
    let caught = baseline
        .caught
        .as_ref()
        .map(|caught| words::counts(caught).unwrap_or_else(|| words::value(caught)));
    let drafts = match baseline.drafts {
        0 => String::new(),
        some => some.to_string(),
    };
    vec![
        Cell::new(Tone::Plain, &baseline.name),
        figure_cell(&baseline.agreement),
        figure_cell(&baseline.kappa),
        figure_cell(&baseline.surfacing),
        Cell::new(Tone::Plain, &drafts),
        Cell::new(Tone::Plain, &caught.unwrap_or_default()),
        figure_cell(&baseline.mistaken_approvals),
        baseline
            .unsafe_approvals
            .as_ref()
            .map_or_else(|| Cell::new(Tone::Plain, ""), unsafe_cell),
    ]
}

fn figure_cell(figure: &Figure) -> Cell {
    Cell::new(Tone::Plain, &words::value(figure))
}

fn unsafe_cell(figure: &Figure) -> Cell {
    let tone = match figure.estimate {
        Estimate::Value(0.0) => Tone::Plain,
        Estimate::Value(_) | Estimate::Undefined => Tone::Warning,
    };
    Cell::new(tone, &words::value(figure))
}

/// More misses of one kind than this are listed with full detail only.
const UNFOLDED: usize = 50;

/// Everything that did not come out as labelled, by kind.
pub(super) fn misses(canvas: &mut Canvas<'_>, report: &Report) {
    canvas.heading(&format!("Misses: {}", report.misses.len()));
    for kind in MissKind::ALL {
        let found: Vec<&Miss> = report
            .misses
            .iter()
            .filter(|miss| miss.kind == kind)
            .collect();
        if found.is_empty() {
            continue;
        }
        canvas.para(
            2,
            Tone::Warning,
            &format!("{}: {}", kind.title(), found.len()),
        );
        let shown = match canvas.style.detail {
            Detail::Glance => UNFOLDED,
            Detail::Full => found.len(),
        };
        for miss in found.iter().take(shown) {
            let run = miss
                .epoch
                .map(|epoch| format!(", run {epoch}"))
                .unwrap_or_default();
            canvas.field(
                "",
                4,
                Tone::Plain,
                &format!("{}/{}/case.json{run}", report.header.case_folder, miss.case),
            );
            canvas.field("", 6, Tone::Quiet, &miss.what);
        }
        if found.len() > shown {
            let rest = found.len() - shown;
            let told = format!("and {rest} more, which --full, --json and --html list");
            canvas.field("", 4, Tone::Quiet, &told);
        }
    }
}

/// Runs without a score.
pub(super) fn unscored(canvas: &mut Canvas<'_>, report: &Report) {
    if report.unscored.is_empty() {
        return;
    }
    canvas.heading(&format!("Without a score: {}", report.unscored.len()));
    for run in &report.unscored {
        canvas.field(
            "",
            2,
            Tone::Plain,
            &format!("{}, run {}: {}", run.case, run.epoch, run.reason),
        );
    }
}
