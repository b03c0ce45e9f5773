//! Figures in words, the same in every rendering.

use super::figure::Figure;
use super::measure::{Better, Unit};
use super::{Header, Origin, Report};
use crate::eval::stats::{Estimate, Method, Support};
use crate::render::words::counted;

/// What every report says about itself.
pub(super) const HOW_TO_READ: &str = "Intervals are 95 %. “Insufficient” marks fewer than 20 scenario families: such an interval is not to be relied on. “Undefined” is no value: it is neither 1 nor 0.";

/// `84.4 %`, `0.712`, `3` or `undefined`.
pub(super) fn value(figure: &Figure) -> String {
    number(figure.estimate, figure.name.measure.unit(), Sign::Shown)
}

/// `73.6 to 91.3 %`, or nothing where there is no interval.
pub(super) fn interval(figure: &Figure) -> Option<String> {
    let interval = figure.interval?;
    let unit = figure.name.measure.unit();
    Some(match (interval.low, interval.high) {
        (Estimate::Undefined, Estimate::Undefined) => "undefined".to_owned(),
        (low, high) => format!(
            "{} to {}",
            number(low, unit, Sign::LeftOut),
            number(high, unit, Sign::Shown)
        ),
    })
}

/// Whether a percent sign follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    Shown,
    LeftOut,
}

/// An estimate in a unit.
pub(super) fn number(estimate: Estimate, unit: Unit, sign: Sign) -> String {
    match (estimate, unit) {
        (Estimate::Undefined, _) => estimate.to_string(),
        (Estimate::Value(share), Unit::Share) => {
            let percent = Estimate::Value(share * 100.0);
            match sign {
                Sign::Shown => format!("{percent:.1} %"),
                Sign::LeftOut => format!("{percent:.1}"),
            }
        }
        (Estimate::Value(_), Unit::Number) => format!("{estimate:.3}"),
        (Estimate::Value(_), Unit::Count) => format!("{estimate:.0}"),
    }
}

/// `41 of 64`, or nothing.
pub(super) fn counts(figure: &Figure) -> Option<String> {
    let counted = figure.counted?;
    Some(format!("{} of {}", counted.numerator, counted.denominator))
}

/// What a reader must know of a figure before relying on it.
pub(super) fn notes(figure: &Figure) -> Vec<String> {
    let mut notes = Vec::new();
    let Some(interval) = figure.interval else {
        return notes;
    };
    if interval.support == Support::Insufficient {
        let families = plural(interval.clusters, "family", "families");
        notes.push(format!("insufficient: {families}"));
    }
    match interval.method {
        Method::Wilson | Method::RuleOfThree => {}
        Method::ClusterBootstrap {
            resamples,
            undefined,
            ..
        } => {
            if undefined > 0 {
                notes.push(format!("{undefined} of {resamples} draws undefined"));
            }
        }
    }
    notes
}

/// The notes in one line, and whether the bound is one for what was never seen.
pub(super) fn remarks(figure: &Figure) -> String {
    let mut remarks = notes(figure);
    if let Some(Method::RuleOfThree) = figure.interval.map(|interval| interval.method) {
        remarks.push("none seen: at most 3/n".to_owned());
    }
    remarks.join("; ")
}

/// How the interval was made.
pub(super) fn method(figure: &Figure) -> Option<&'static str> {
    Some(match figure.interval?.method {
        Method::Wilson => "Wilson",
        Method::RuleOfThree => "none seen: 3/n",
        Method::ClusterBootstrap { .. } => "bootstrap",
    })
}

/// How intervals are made, in one paragraph.
pub(super) fn methods(header: &Header) -> String {
    format!(
        "Wilson is the score interval of a share. Bootstrap takes the middle 95 % of what whole scenario families, drawn again and again with seed {}, give. Where something was never seen in n trials, the upper end is 3/n.",
        header.seed
    )
}

/// What stands above a figure: the measure, and the part it is about.
pub(super) fn title(figure: &Figure) -> String {
    let title = figure.name.measure.title();
    match &figure.name.part {
        Some(part) => format!("{title}, {part}"),
        None => title.to_owned(),
    }
}

/// `less is better`, where that is so.
pub(super) const fn direction(figure: &Figure) -> Option<&'static str> {
    match figure.name.measure.better() {
        Better::Higher => None,
        Better::Lower => Some("less is better"),
    }
}

/// `1 family`, `2 families`.
pub(super) fn plural(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// Where the scored packets come from.
pub(super) const fn origin(origin: Origin) -> &'static str {
    match origin {
        Origin::Run => "runs made for this report",
        Origin::Replay => "replayed from logs, without a model",
        Origin::Decisions => "packets that people decided on",
    }
}

/// `64 cases in 22 scenario families, 3 runs of each`.
pub(super) fn extent(header: &Header) -> String {
    let families = plural(header.clusters, "scenario family", "scenario families");
    let runs = match header.epochs {
        1 => "each run once".to_owned(),
        times => format!("{times} runs of each"),
    };
    format!(
        "{} in {families}, {runs}",
        plural(header.cases, "case", "cases")
    )
}

/// The model's name, with what it is where it is no language model.
pub(super) fn model(header: &Header) -> String {
    let profile = match &header.profile {
        Some(profile) => format!(" ({profile})"),
        None if header.model == "offline" => " (embedded drafter, not a language model)".to_owned(),
        None => String::new(),
    };
    format!("{}{profile}", header.model)
}

/// What must be known before any figure is read.
pub(super) fn warnings(report: &Report) -> Vec<String> {
    let mut warnings = Vec::new();
    for baseline in &report.baselines {
        let count = baseline
            .unsafe_approvals
            .as_ref()
            .map_or(Estimate::Value(0.0), |figure| figure.estimate);
        if count != Estimate::Value(0.0) {
            warnings.push(format!(
                "Unsafe approvals by the baseline {}: {}.",
                baseline.name,
                number(count, Unit::Count, Sign::Shown)
            ));
        }
    }
    let mistaken = report.posture.table.mistaken_approvals();
    if mistaken > 0 {
        warnings.push(format!(
            "{} approval where the reviewer does not approve.",
            plural(mistaken, "packet recommends", "packets recommend")
        ));
    }
    if !report.unscored.is_empty() {
        warnings.push(format!(
            "{} without a score: the figures say nothing about them.",
            counted(report.unscored.len(), "run")
        ));
    }
    if Support::of(report.header.clusters) == Support::Insufficient {
        let families = plural(
            report.header.clusters,
            "scenario family",
            "scenario families",
        );
        warnings.push(format!(
            "{families} are too few for intervals to be relied on (20 are enough)."
        ));
    }
    warnings
}
