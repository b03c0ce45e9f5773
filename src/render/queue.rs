//! The list of queued packets on a terminal.

use custody_controls::instant::Instant;
use custody_controls::status::Disposition;

use super::layout::{Canvas, Cell};
use super::style::{Style, Tone};

/// A packet in the list.
#[derive(Debug, Clone)]
pub struct PacketRow<'a> {
    /// The packet's id.
    pub id: &'a str,
    /// The cycle's name.
    pub cycle: &'a str,
    /// The revision within the cycle.
    pub revision: u32,
    /// The instant judged for.
    pub as_of: Instant,
    /// The recommended disposition.
    pub posture: Disposition,
    /// Where it stands in the queue.
    pub state: &'a str,
    /// When it was queued.
    pub created_at: Instant,
}

/// The packets of the queue, in the given order; says so where there is none.
#[must_use]
pub fn packets_table(rows: &[PacketRow<'_>], style: &Style) -> String {
    let mut canvas = Canvas::new(style);
    if rows.is_empty() {
        canvas.para(0, Tone::Plain, "No packet is in the queue.");
        canvas.heading("Next: prepare one");
        canvas.command("custody prepare");
        return canvas.finish();
    }
    let cells: Vec<Vec<Cell>> = rows
        .iter()
        .map(|row| {
            vec![
                Cell::new(Tone::Heading, row.id),
                Cell::new(Tone::Plain, row.cycle),
                Cell::new(Tone::Plain, &row.revision.to_string()),
                Cell::new(Tone::Plain, &row.as_of.to_string()),
                Cell::new(Tone::Posture(row.posture), row.posture.as_str()),
                Cell::new(Tone::Plain, row.state),
                Cell::new(Tone::Quiet, &row.created_at.to_string()),
            ]
        })
        .collect();
    canvas.table(
        &["id", "cycle", "rev", "as of", "posture", "state", "created"],
        &cells,
    );
    canvas.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sample::{HOSTILE, instant};
    use crate::render::style::Detail;

    fn style(width: usize) -> Style {
        Style {
            width,
            colour: false,
            detail: Detail::Glance,
        }
    }

    fn row<'a>(id: &'a str, posture: Disposition, state: &'a str) -> PacketRow<'a> {
        PacketRow {
            id,
            cycle: "2026-H2",
            revision: 1,
            as_of: instant("2026-12-15T09:00:00Z"),
            posture,
            state,
            created_at: instant("2026-12-15T09:02:11Z"),
        }
    }

    #[test]
    fn packets_are_listed_one_per_line() {
        let rows = [
            row("PK-2026-H2-0002", Disposition::Approve, "queued"),
            row("PK-2026-H2-0001", Disposition::Remediate, "returned"),
        ];
        insta::assert_snapshot!(packets_table(&rows, &style(110)));
    }

    #[test]
    fn a_narrow_terminal_gets_one_block_per_packet() {
        let rows = [
            row("PK-2026-H2-0002", Disposition::Approve, "queued"),
            row("PK-2026-H2-0001", Disposition::Remediate, "returned"),
        ];
        insta::assert_snapshot!(packets_table(&rows, &style(60)));
    }

    #[test]
    fn an_empty_queue_says_so() {
        assert_eq!(
            packets_table(&[], &style(80)),
            "No packet is in the queue.\n\nNext: prepare one\n  custody prepare\n"
        );
    }

    #[test]
    fn a_hostile_id_stays_in_its_row() {
        let text = packets_table(&[row(HOSTILE, Disposition::Approve, HOSTILE)], &style(80));
        assert!(!text.contains(['\u{1b}', '\u{7}', '\u{9b}', '\u{202e}', '\r']));
        assert!(!text.lines().any(|line| line.starts_with('#')));
    }
}
