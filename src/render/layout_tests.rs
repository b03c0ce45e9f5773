use super::*;
use crate::render::style::Detail;

#[track_caller]
fn check(text: &str, width: usize, expected: &[&str]) {
    let lines = wrap(text, width);
    assert_eq!(lines, expected);
    assert!(lines.iter().all(|line| line.width() <= width));
}

#[test]
fn lines_break_at_spaces_and_count_terminal_columns() {
    check("one two three", 7, &["one two", "three"]);
    check("東京 都心 部", 4, &["東京", "都心", "部"]);
    check("", 5, &[""]);
}

#[test]
fn a_word_longer_than_the_line_is_broken() {
    check(
        "a hsm/audit_events/X b",
        8,
        &["a", "hsm/audi", "t_events", "/X b"],
    );
}

#[test]
fn pieces_keep_their_tone_over_a_line_break() {
    let style = Style {
        width: 40,
        colour: true,
        detail: Detail::Glance,
    };
    let mut canvas = Canvas::new(&style);
    canvas.pieces(
        1,
        &[
            (Tone::Plain, "Recommendation: remediate, and "),
            (Tone::Warning, "12 questions for governance"),
        ],
    );
    assert_eq!(
        canvas.finish(),
        " Recommendation: remediate, and \u{1b}[1m\u{1b}[33m12\u{1b}[0m
     \u{1b}[1m\u{1b}[33mquestions for governance\u{1b}[0m
"
    );
}

fn table(width: usize) -> String {
    let style = Style {
        width,
        colour: false,
        detail: Detail::Glance,
    };
    let mut canvas = Canvas::new(&style);
    let row = vec![
        Cell::new(Tone::Plain, "KC-1\u{1b}[2J"),
        Cell::new(Tone::Plain, "exception-backed, 12 judged"),
        Cell::new(Tone::Plain, "keys are in hardware modules and stay there"),
    ];
    canvas.table(&["id", "status", "requirement"], &[row]);
    canvas.finish()
}

#[test]
fn the_last_column_wraps_below_itself() {
    assert_eq!(
        table(72),
        "id             status                       requirement
KC-1\\u{1b}[2J  exception-backed, 12 judged  keys are in hardware modules
                                            and stay there
"
    );
}

#[test]
fn a_table_too_wide_for_the_terminal_is_stacked() {
    assert_eq!(
        table(40),
        "id          KC-1\\u{1b}[2J
status      exception-backed, 12 judged
requirement keys are in hardware modules
            and stay there

"
    );
}
