//! Whether planted defects are surfaced, as a whole and by class.

use super::figures::{figure_table, notes, plotted};
use super::plot::{Scale, axis};
use crate::eval::report::parts::{ClassSurfacing, Surfacing};
use crate::render::html::page::Page;

/// The section.
pub(super) fn section(page: &mut Page, surfacing: &Surfacing) {
    page.markup(
        "<section id=\"surfacing\">\n<h2>Are defects in the packet before a person signs?</h2>\n",
    );
    figure_table(
        page,
        "Surfacing",
        &[
            &surfacing.recall,
            &surfacing.precision,
            &surfacing.false_alarms,
            &surfacing.buried,
            &surfacing.diluted,
        ],
    );
    if !surfacing.classes.is_empty() {
        classes(page, &surfacing.classes);
    }
    page.markup("</section>\n");
}

fn classes(page: &mut Page, classes: &[ClassSurfacing]) {
    page.markup("<table class=\"figures classes\">\n<caption>Surfacing recall by defect class</caption>\n<thead><tr><th scope=\"col\">Class</th><th scope=\"col\" class=\"number\">Surfaced</th><th scope=\"col\" class=\"plot\"><span class=\"hidden\">95 % interval</span>");
    axis(page, Scale::Positive);
    page.markup("</th><th scope=\"col\" class=\"number\">Buried</th><th scope=\"col\" class=\"number\">Diluted</th><th scope=\"col\">Note</th></tr></thead>\n<tbody>\n");
    for class in classes {
        page.markup("<tr><th scope=\"row\">")
            .element("span", "title", &class.class)
            .markup("</th><td class=\"number\">")
            .element(
                "span",
                if class.surfaced < class.planted {
                    "some"
                } else {
                    "value"
                },
                &class.surfaced.to_string(),
            )
            .markup(" of ")
            .text(&class.planted.to_string())
            .markup("</td><td class=\"plot\">");
        plotted(page, &class.recall, Scale::Positive);
        page.markup("</td>");
        number(page, "buried ", class.buried);
        number(page, "diluted ", class.diluted);
        page.markup("<td class=\"counted\">");
        notes(page, &class.recall);
        page.markup("</td></tr>\n");
    }
    page.markup("</tbody>\n</table>\n<p class=\"explained\">Buried: the model was shown the defect and the packet leaves it out. Diluted: the packet shows it as milder than it is. The dot is the share surfaced, the bar its 95 % interval; hollow and dashed where there are fewer than 20 scenario families.</p>\n");
}

/// A count, with its name where the table has no headings because the page is narrow.
fn number(page: &mut Page, name: &'static str, count: u64) {
    page.markup("<td class=\"number\"><span class=\"narrow\">")
        .markup(name)
        .markup("</span>");
    match count {
        0 => page.element("span", "quiet", "0"),
        some => page.element("span", "some", &some.to_string()),
    };
    page.markup("</td>");
}
