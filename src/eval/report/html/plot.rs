//! Small drawings in SVG. Colours come from the page's style sheet, so that they follow light, dark and print.

use crate::eval::report::figure::Figure;
use crate::eval::report::measure::Unit;
use crate::eval::report::words;
use crate::eval::stats::{Estimate, Interval, Support};
use crate::render::html::page::Page;

const WIDTH: f64 = 220.0;
const MARGIN: f64 = 7.0;

/// The scale that a table's intervals are drawn to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scale {
    /// From 0 to 1.
    Positive,
    /// From −1 to 1.
    Signed,
}

impl Scale {
    /// The scale that all of `figures` fit on.
    pub(super) fn of<'a>(figures: impl IntoIterator<Item = &'a Figure>) -> Self {
        let negative = figures.into_iter().any(|figure| {
            let low = figure.interval.and_then(|interval| interval.low.value());
            [low, figure.estimate.value()]
                .into_iter()
                .flatten()
                .any(|value| value < 0.0)
        });
        if negative {
            Self::Signed
        } else {
            Self::Positive
        }
    }

    const fn start(self) -> f64 {
        match self {
            Self::Positive => 0.0,
            Self::Signed => -1.0,
        }
    }

    const fn ticks(self) -> [(f64, &'static str); 3] {
        match self {
            Self::Positive => [(0.0, "0"), (0.5, "0.5"), (1.0, "1")],
            Self::Signed => [(-1.0, "-1"), (0.0, "0"), (1.0, "1")],
        }
    }

    /// Where `value` stands, if it is on the scale.
    fn x(self, value: f64) -> Option<f64> {
        let share = (value - self.start()) / (1.0 - self.start());
        (0.0..=1.0)
            .contains(&share)
            .then_some(MARGIN + share * (WIDTH - 2.0 * MARGIN))
    }

    fn clamped(self, value: f64) -> f64 {
        self.x(value.clamp(self.start(), 1.0)).unwrap_or(MARGIN)
    }
}

/// The scale's numbers, as a heading over the drawings.
pub(super) fn axis(page: &mut Page, scale: Scale) {
    page.markup("<svg class=\"row\" viewBox=\"0 0 220 16\" aria-hidden=\"true\">");
    for (value, label) in scale.ticks() {
        page.markup("<text class=\"tick\" text-anchor=\"middle\" y=\"12\" x=\"")
            .place(scale.clamped(value))
            .markup("\">")
            .text(label)
            .markup("</text>");
    }
    page.markup("</svg>");
}

/// A figure's value as a dot on its interval. What is not on the scale, or undefined, is not drawn.
pub(super) fn interval(page: &mut Page, figure: &Figure, scale: Scale) {
    let Some(value) = figure.estimate.value() else {
        return;
    };
    let (Some(x), false) = (scale.x(value), figure.name.measure.unit() == Unit::Count) else {
        return;
    };
    page.markup("<svg class=\"row\" viewBox=\"0 0 220 20\" role=\"img\" aria-label=\"")
        .text(&spoken(figure))
        .markup("\">");
    for (tick, _) in scale.ticks() {
        line(
            page,
            "grid",
            (scale.clamped(tick), 0.0),
            (scale.clamped(tick), 20.0),
        );
    }
    let (range, dot) = looks(figure);
    if let Some((low, high)) = figure.interval.and_then(ends) {
        line(
            page,
            range,
            (scale.clamped(low), 10.0),
            (scale.clamped(high), 10.0),
        );
    }
    circle(page, dot, (x, 10.0));
    page.markup("</svg>");
}

/// How a figure's range and dot look: those of an insufficient sample are dashed and hollow.
fn looks(figure: &Figure) -> (&'static str, &'static str) {
    match figure.interval.map(|interval| interval.support) {
        Some(Support::Insufficient) => ("range weak", "dot weak"),
        Some(Support::Sufficient) | None => ("range", "dot"),
    }
}

fn spoken(figure: &Figure) -> String {
    let value = words::value(figure);
    match words::interval(figure) {
        Some(interval) => format!("{value}, 95 % interval {interval}"),
        None => value,
    }
}

fn ends(interval: Interval) -> Option<(f64, f64)> {
    match (interval.low, interval.high) {
        (Estimate::Value(low), Estimate::Value(high)) => Some((low, high)),
        (Estimate::Undefined, _) | (_, Estimate::Undefined) => None,
    }
}

fn line(page: &mut Page, class: &'static str, from: (f64, f64), to: (f64, f64)) {
    page.markup("<line class=\"")
        .markup(class)
        .markup("\" x1=\"")
        .place(from.0);
    page.markup("\" y1=\"")
        .place(from.1)
        .markup("\" x2=\"")
        .place(to.0);
    page.markup("\" y2=\"").place(to.1).markup("\"/>");
}

fn circle(page: &mut Page, class: &'static str, at: (f64, f64)) {
    page.markup("<circle class=\"")
        .markup(class)
        .markup("\" r=\"5\" cx=\"")
        .place(at.0);
    page.markup("\" cy=\"").place(at.1).markup("\"/>");
}

fn label(page: &mut Page, class: &'static str, at: (f64, f64), text: &str) {
    page.markup("<text class=\"")
        .markup(class)
        .markup("\" text-anchor=\"middle\" x=\"")
        .place(at.0);
    page.markup("\" y=\"")
        .place(at.1)
        .markup("\">")
        .text(text)
        .markup("</text>");
}

/// Plot area of pass^k: left, right, top and bottom.
const AREA: (f64, f64, f64, f64) = (44.0, 350.0, 16.0, 184.0);

/// pass^k over k, with intervals.
pub(super) fn pass_hat(page: &mut Page, figures: &[Figure]) {
    let (left, right, top, bottom) = AREA;
    let y = |value: f64| bottom - value.clamp(0.0, 1.0) * (bottom - top);
    page.markup(
        "<figure class=\"plate\">\n<svg viewBox=\"0 0 370 232\" role=\"img\" aria-label=\"pass^k: ",
    )
    .text(&summary(figures))
    .markup("\">\n");
    for (value, text) in [(0.0, "0 %"), (0.5, "50 %"), (1.0, "100 %")] {
        line(page, "grid", (left, y(value)), (right, y(value)));
        label(page, "tick", (left - 22.0, y(value) + 4.0), text);
    }
    let step = (right - left) / figures.len().max(1) as f64;
    let mut previous: Option<(f64, f64)> = None;
    for (index, figure) in figures.iter().enumerate() {
        let x = left + step * (index as f64 + 0.5);
        label(
            page,
            "tick",
            (x, bottom + 18.0),
            figure.name.part.as_deref().unwrap_or_default(),
        );
        let Some(value) = figure.estimate.value() else {
            previous = None;
            continue;
        };
        let (range, dot) = looks(figure);
        if let Some((low, high)) = figure.interval.and_then(ends) {
            line(page, range, (x, y(low)), (x, y(high)));
        }
        if let Some(from) = previous {
            line(page, "trend", from, (x, y(value)));
        }
        circle(page, dot, (x, y(value)));
        label(
            page,
            "beside",
            (x + 30.0, y(value) - 8.0),
            &words::value(figure),
        );
        previous = Some((x, y(value)));
    }
    label(
        page,
        "axis",
        (f64::midpoint(left, right), bottom + 40.0),
        "k, the number of runs",
    );
    page.markup("</svg>\n<figcaption>How likely k runs of a case are all right. Flat and high is steady; a fall means that single runs are right by luck. Bars are 95 % intervals; hollow and dashed where there are fewer than 20 scenario families.</figcaption>\n</figure>\n");
}

fn summary(figures: &[Figure]) -> String {
    let parts: Vec<String> = figures
        .iter()
        .map(|figure| {
            let k = figure.name.part.as_deref().unwrap_or_default();
            format!("k {k}: {}", words::value(figure))
        })
        .collect();
    parts.join("; ")
}
