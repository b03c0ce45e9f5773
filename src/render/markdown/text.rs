//! Text of others inside Markdown.

use crate::render::escape::escape_control;

/// Where text stands: a pipe ends a table's cell, even inside code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A paragraph, heading or list item.
    Block,
    /// A table's cell.
    Cell,
}

/// `text` as prose that makes no markup. A word that a viewer would turn into a link or a mention
/// by itself (a URL, an address, `@name`, `#12`) is written as code.
pub(super) fn escaped(text: &str, place: Place) -> String {
    let text = escape_control(text);
    let words: Vec<String> = text
        .trim()
        .split(' ')
        .enumerate()
        .map(|(index, word)| {
            if links_itself(word) {
                code(word, place)
            } else {
                escaped_word(word, index == 0)
            }
        })
        .collect();
    words.join(" ")
}

/// `text` as code, exactly as it is; nothing where it is empty.
pub(super) fn code(text: &str, place: Place) -> String {
    let mut text = escape_control(text).trim().to_owned();
    if text.is_empty() {
        return text;
    }
    let fence = "`".repeat(longest_run_of_backticks(&text) + 1);
    match place {
        Place::Block => {}
        Place::Cell => text = with_escaped_pipes(&text),
    }
    // One space on each side is dropped by the reader's Markdown; it is needed beside a backtick.
    let pad = if text.starts_with('`') || text.ends_with('`') {
        " "
    } else {
        ""
    };
    format!("{fence}{pad}{text}{pad}{fence}")
}

fn links_itself(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    let hash_number = word
        .as_bytes()
        .windows(2)
        .any(|pair| matches!(pair, [b'#', digit] if digit.is_ascii_digit()));
    word.contains('@')
        || hash_number
        || lower.contains("://")
        || lower.contains("www.")
        || lower.contains("mailto:")
        || lower.contains("xmpp:")
}

fn escaped_word(word: &str, first: bool) -> String {
    let mut escaped = String::with_capacity(word.len() + 4);
    // At the start of a line these would begin a list, a quotation, a rule or a heading's underline.
    let starts_list = |index: usize, letter: char| {
        first
            && match letter {
                '-' | '+' | '=' => index == 0,
                '.' | ')' => word.bytes().take(index).all(|b| b.is_ascii_digit()),
                _ => false,
            }
    };
    for (index, letter) in word.char_indices() {
        let markup = matches!(
            letter,
            '\\' | '`'
                | '*'
                | '_'
                | '{'
                | '}'
                | '['
                | ']'
                | '<'
                | '>'
                | '#'
                | '|'
                | '~'
                | '&'
                | '!'
                | '$'
                | '^'
        );
        if markup || starts_list(index, letter) {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}

/// A pipe is escaped by an odd number of backslashes. Where it already has an odd number, two are added:
/// one more is shown than stands there, but the cell does not end.
fn with_escaped_pipes(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 4);
    let mut backslashes = 0;
    for letter in text.chars() {
        if letter == '|' {
            escaped.push_str(if backslashes % 2 == 0 { "\\" } else { "\\\\" });
        }
        backslashes = if letter == '\\' { backslashes + 1 } else { 0 };
        escaped.push(letter);
    }
    escaped
}

fn longest_run_of_backticks(text: &str) -> usize {
    text.split(|letter| letter != '`')
        .map(str::len)
        .max()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(escaped(text, Place::Block), expected);
    }

    #[test]
    fn markup_becomes_text() {
        check(
            "<script>alert(1)</script>",
            "\\<script\\>alert(1)\\</script\\>",
        );
        check("[x](javascript:alert(1))", "\\[x\\](javascript:alert(1))");
        check("![x](data:y)", "\\!\\[x\\](data:y)");
        check(
            "**b** _i_ ~~s~~ &lt; a|b",
            "\\*\\*b\\*\\* \\_i\\_ \\~\\~s\\~\\~ \\&lt; a\\|b",
        );
        check("back`tick\\", "back\\`tick\\\\");
        check("a\n# b", "a\\\\n\\# b");
    }

    #[test]
    fn a_line_of_text_starts_no_block() {
        for (text, expected) in [
            ("- item", "\\- item"),
            ("+ item", "\\+ item"),
            ("12. item", "12\\. item"),
            ("1) item", "1\\) item"),
            ("=====", "\\====="),
            ("# head", "\\# head"),
            ("> quote", "\\> quote"),
            ("    code", "code"),
            ("v1.2 - ok", "v1.2 - ok"),
        ] {
            check(text, expected);
        }
    }

    #[test]
    fn what_viewers_link_by_themselves_becomes_code() {
        check(
            "see https://evil.example/?a",
            "see `https://evil.example/?a`",
        );
        check("WWW.evil.example", "`WWW.evil.example`");
        check("a@evil.example @team #12", "`a@evil.example` `@team` `#12`");
    }

    #[test]
    fn code_cannot_be_left() {
        assert_eq!(code("a`b", Place::Block), "``a`b``");
        assert_eq!(code("``", Place::Block), "``` `` ```");
        assert_eq!(code("a|b", Place::Cell), "`a\\|b`");
        assert_eq!(code("a\\|b", Place::Cell), "`a\\\\\\|b`");
        assert_eq!(code("a|b", Place::Block), "`a|b`");
        assert_eq!(code("a\nb", Place::Cell), "`a\\nb`");
        assert_eq!(code("  ", Place::Block), "");
    }
}
