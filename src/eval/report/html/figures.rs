//! Figures as a table: what each says in one line, its value, and its interval drawn to one scale.

use super::plot::{Scale, axis, interval};
use crate::eval::report::figure::Figure;
use crate::eval::report::words;
use crate::render::html::page::Page;

/// A table of figures under one caption.
pub(super) fn figure_table(page: &mut Page, caption: &str, figures: &[&Figure]) {
    let scale = Scale::of(figures.iter().copied());
    page.markup("<table class=\"figures\">\n")
        .element("caption", "", caption)
        .markup("\n<thead><tr><th scope=\"col\">Figure</th><th scope=\"col\" class=\"number\">Value</th><th scope=\"col\" class=\"plot\"><span class=\"hidden\">95 % interval</span>");
    axis(page, scale);
    page.markup("</th><th scope=\"col\">Counted</th></tr></thead>\n<tbody>\n");
    let mut previous = None;
    for figure in figures {
        let measure = figure.name.measure;
        let meaning = if previous == Some(measure) {
            ""
        } else {
            measure.meaning()
        };
        row(page, figure, scale, meaning);
        previous = Some(measure);
    }
    page.markup("</tbody>\n</table>\n");
}

fn row(page: &mut Page, figure: &Figure, scale: Scale, meaning: &str) {
    page.markup("<tr><th scope=\"row\"><span class=\"title\">")
        .text(&words::title(figure))
        .markup("</span> <span class=\"says\">")
        .text(meaning)
        .markup("</span> ")
        .element("code", "quiet", &figure.name.to_string());
    if let Some(direction) = words::direction(figure) {
        page.markup(" ").element("span", "direction", direction);
    }
    page.markup("</th><td class=\"number\">")
        .element("span", "value", &words::value(figure))
        .markup("</td><td class=\"plot\">");
    plotted(page, figure, scale);
    page.markup("</td><td class=\"counted\">");
    counted(page, figure);
    page.markup("</td></tr>\n");
}

/// The interval as a drawing and in words.
pub(super) fn plotted(page: &mut Page, figure: &Figure, scale: Scale) {
    interval(page, figure, scale);
    if let Some(text) = words::interval(figure) {
        page.element("span", "count", &text).markup(" ");
    }
    if let Some(method) = words::method(figure) {
        page.element("span", "method", method);
    }
}

/// How many of how many, and what is to be noted.
pub(super) fn counted(page: &mut Page, figure: &Figure) {
    if let Some(counts) = words::counts(figure) {
        page.element("span", "", &counts).markup(" ");
    }
    notes(page, figure);
}

/// What is to be noted.
pub(super) fn notes(page: &mut Page, figure: &Figure) {
    for note in words::notes(figure) {
        page.element("span", "note", &note).markup(" ");
    }
}
