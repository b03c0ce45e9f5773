//! The confusion matrix as a heat map: the deeper a cell, the larger its share of the reviewer's row.

use custody_controls::status::Disposition;

use crate::eval::report::parts::PostureTable;
use crate::render::html::page::Page;

const LEFT: f64 = 92.0;
const TOP: f64 = 46.0;
const CELL: (f64, f64) = (92.0, 62.0);
/// The deepest tint, so that text stays readable on it.
const DEEPEST: f64 = 0.6;

/// Draws the table with its counts.
pub(super) fn draw(page: &mut Page, table: &PostureTable) {
    page.markup("<figure class=\"plate\">\n<svg viewBox=\"0 0 370 234\" role=\"img\" aria-label=\"Confusion matrix. ")
        .text(&spoken(table))
        .markup("\">\n<text class=\"axis\" text-anchor=\"middle\" x=\"230\" y=\"16\">The packet recommends</text>\n<text class=\"axis\" x=\"0\" y=\"36\">Reviewer</text>\n");
    for (column, posture) in Disposition::ALL.into_iter().enumerate() {
        let x = LEFT + CELL.0 * (column as f64 + 0.5);
        text(page, "tick", "middle", (x, TOP - 10.0), posture.as_str());
    }
    for (row, (reviewer, counts)) in Disposition::ALL.into_iter().zip(table.0.rows()).enumerate() {
        let y = TOP + CELL.1 * (row as f64 + 0.5);
        text(page, "tick", "start", (0.0, y + 4.0), reviewer.as_str());
        let total: u64 = counts.iter().sum();
        for (column, count) in counts.iter().enumerate() {
            cell(page, (row, column), *count, total);
        }
    }
    page.markup("</svg>\n<figcaption>Packets by what the reviewer says (row) and what they recommend (column). On the diagonal both agree. Left of it the packet is too mild, right of it too strict. A deeper tint is a larger share of the row.</figcaption>\n</figure>\n");
}

fn cell(page: &mut Page, (row, column): (usize, usize), count: u64, total: u64) {
    let share = if total == 0 {
        0.0
    } else {
        count as f64 / total as f64
    };
    let (x, y) = (LEFT + CELL.0 * column as f64, TOP + CELL.1 * row as f64);
    page.markup("<rect class=\"")
        .markup(match column.cmp(&row) {
            std::cmp::Ordering::Less => "cell mild",
            std::cmp::Ordering::Equal => "cell equal",
            std::cmp::Ordering::Greater => "cell strict",
        })
        .markup("\" width=\"88\" height=\"58\" rx=\"4\" x=\"")
        .place(x + 2.0)
        .markup("\" y=\"")
        .place(y + 2.0)
        .markup("\" fill-opacity=\"")
        .place(share * DEEPEST)
        .markup("\"/>");
    let class = if count == 0 { "none" } else { "cell-count" };
    let middle = x + CELL.0 / 2.0;
    text(
        page,
        class,
        "middle",
        (middle, y + 30.0),
        &count.to_string(),
    );
    if count > 0 {
        let percent = format!("{:.0} %", share * 100.0);
        text(page, "cell-share", "middle", (middle, y + 47.0), &percent);
    }
    page.markup("\n");
}

fn text(page: &mut Page, class: &'static str, anchor: &'static str, at: (f64, f64), text: &str) {
    page.markup("<text class=\"")
        .markup(class)
        .markup("\" text-anchor=\"")
        .markup(anchor);
    page.markup("\" x=\"")
        .place(at.0)
        .markup("\" y=\"")
        .place(at.1)
        .markup("\">");
    page.text(text).markup("</text>");
}

/// The table in words, for those who do not see it.
fn spoken(table: &PostureTable) -> String {
    let rows: Vec<String> = Disposition::ALL
        .into_iter()
        .zip(table.0.rows())
        .map(|(reviewer, counts)| {
            let cells: Vec<String> = Disposition::ALL
                .into_iter()
                .zip(counts)
                .map(|(packet, count)| format!("{count} {packet}"))
                .collect();
            format!("Reviewer {reviewer}: packet {}.", cells.join(", "))
        })
        .collect();
    rows.join(" ")
}
