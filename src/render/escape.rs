//! Neutralises characters that steer a terminal, hide themselves or reorder what a reader sees.
//!
//! Every format goes through here before its own escaping.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Makes control and invisible formatting characters visible: a line feed becomes `\n`, ESC `\u{1b}`.
///
/// What is left has no effect on a terminal and stands in the order in which it is stored.
#[must_use]
pub fn escape_control(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unprintable) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        match letter {
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            unprintable if is_unprintable(unprintable) => {
                // Writing to a string does not fail.
                let _ = write!(escaped, "\\u{{{:x}}}", u32::from(unprintable));
            }
            printable => escaped.push(printable),
        }
    }
    Cow::Owned(escaped)
}

/// The paragraphs of prose, each escaped: here a line feed is layout, everywhere else it is data.
pub(super) fn paragraphs(text: &str) -> impl Iterator<Item = Cow<'_, str>> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(escape_control)
}

/// Controls (C0, DEL, C1), separators that break lines, and characters that are not seen:
/// bidi controls, zero-width characters, tags, variation selectors past the basic sixteen, fillers.
const fn is_unprintable(letter: char) -> bool {
    matches!(letter,
        '\u{0}'..='\u{1f}'
        | '\u{7f}'..='\u{9f}'
        | '\u{ad}'
        | '\u{61c}'
        | '\u{115f}'..='\u{1160}'
        | '\u{180b}'..='\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{3164}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(escape_control(text), expected);
    }

    #[test]
    fn terminal_commands_become_visible_text() {
        check("\u{1b}[31mred\u{1b}[0m", "\\u{1b}[31mred\\u{1b}[0m");
        check("\u{9b}2J", "\\u{9b}2J");
        check("\u{1b}]8;;http://x\u{7}y", "\\u{1b}]8;;http://x\\u{7}y");
        check("a\u{8}b\u{7f}c\u{0}", "a\\u{8}b\\u{7f}c\\u{0}");
    }

    #[test]
    fn a_value_stays_on_one_line() {
        check("a\nb\r\nc\td", "a\\nb\\r\\nc\\td");
        check("a\u{2028}b\u{85}c\u{b}d", "a\\u{2028}b\\u{85}c\\u{b}d");
    }

    #[test]
    fn text_cannot_be_reordered_or_hidden() {
        check("KC\u{202e}3-", "KC\\u{202e}3-");
        check(
            "a\u{2066}b\u{2069}\u{200f}\u{61c}",
            "a\\u{2066}b\\u{2069}\\u{200f}\\u{61c}",
        );
        check(
            "p\u{200b}-1\u{ad}\u{feff}\u{e0041}",
            "p\\u{200b}-1\\u{ad}\\u{feff}\\u{e0041}",
        );
    }

    #[test]
    fn ordinary_text_is_borrowed_as_it_is() {
        let text = "Zoë O’Rourke · 東京 \\ <b> 🔑";
        assert!(matches!(escape_control(text), Cow::Borrowed(same) if same == text));
    }

    #[test]
    fn paragraphs_are_the_lines_that_hold_something() {
        let found: Vec<_> = paragraphs("one\r\n\n  two\u{1b}[2J \n").collect();
        assert_eq!(found, ["one", "two\\u{1b}[2J"]);
    }
}
