//! Cuts text into tokens, and says which tokens are numbers and which are codes.
//!
//! The same cut is made of prose and of records, so what a record holds is found in prose.

use std::sync::LazyLock;

use regex::Regex;

/// A piece of text between separators, without the punctuation around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'t> {
    pub(super) text: &'t str,
    pub(super) start: usize,
}

impl Token<'_> {
    pub(super) const fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

/// All tokens of `text`, in order.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    for chunk in text.split_inclusive(char::is_whitespace) {
        push_chunk(chunk, at, &mut found);
        at += chunk.len();
    }
    found
}

fn push_chunk<'t>(mut chunk: &'t str, mut at: usize, found: &mut Vec<Token<'t>>) {
    while let Some((start, end)) = url_in(chunk) {
        push_plain(chunk.get(..start).unwrap_or_default(), at, found);
        push_trimmed(chunk.get(start..end).unwrap_or_default(), at + start, found);
        chunk = chunk.get(end..).unwrap_or_default();
        at += end;
    }
    push_plain(chunk, at, found);
}

/// Where a URL stands in text without white space: from its scheme to the first bracket or quote.
fn url_in(chunk: &str) -> Option<(usize, usize)> {
    let colon = chunk.find("://")?;
    let scheme = chunk.get(..colon)?;
    let start = scheme
        .rfind(|c: char| !c.is_ascii_alphanumeric() && !"+.-".contains(c))
        .map_or(0, |at| {
            at + scheme
                .get(at..)
                .and_then(|rest| rest.chars().next())
                .map_or(1, char::len_utf8)
        });
    let rest = chunk.get(colon..)?;
    let length = rest
        .find(|c: char| c.is_whitespace() || "<>\"'`()[]{}|,;".contains(c))
        .unwrap_or(rest.len());
    Some((start, colon + length))
}

fn push_plain<'t>(chunk: &'t str, at: usize, found: &mut Vec<Token<'t>>) {
    let mut start = 0;
    for (index, c) in chunk.char_indices() {
        let after = index + c.len_utf8();
        let (before, rest) = (chunk.get(..index), chunk.get(after..));
        if !is_part(c, before.unwrap_or_default(), rest.unwrap_or_default()) {
            push_trimmed(
                chunk.get(start..index).unwrap_or_default(),
                at + start,
                found,
            );
            start = after;
        }
    }
    push_trimmed(chunk.get(start..).unwrap_or_default(), at + start, found);
}

/// Whether `c` can stand inside a token, given what is around it.
fn is_part(c: char, before: &str, after: &str) -> bool {
    let last = before.chars().next_back();
    match c {
        // "1,000", and not "KC-1,KC-2".
        ',' => {
            last.is_some_and(|c| c.is_ascii_digit())
                && after.bytes().take_while(u8::is_ascii_digit).count() == 3
        }
        // "CER–7" is one look-alike token; "2026–2027" and "KC-1–KC-5" are ranges.
        '\u{2013}' => {
            last.is_some_and(char::is_alphabetic)
                && after.chars().next().is_some_and(char::is_numeric)
        }
        _ => c.is_alphanumeric() || is_mark(c) || is_hyphen(c) || "_./:@+#~%'\u{2019}".contains(c),
    }
}

const fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36F}')
}

const fn is_hyphen(c: char) -> bool {
    matches!(
        c,
        '-' | '\u{2010}'..='\u{2012}' | '\u{2043}' | '\u{2212}' | '\u{FE63}' | '\u{FF0D}'
    )
}

fn push_trimmed<'t>(raw: &'t str, at: usize, found: &mut Vec<Token<'t>>) {
    let without_start = raw.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '/');
    let start = at + raw.len() - without_start.len();
    let mut text = without_start.trim_end_matches(|c: char| !c.is_alphanumeric() && !is_mark(c));
    for possessive in ["'s", "\u{2019}s"] {
        text = text.strip_suffix(possessive).unwrap_or(text);
    }
    if text.chars().any(char::is_alphanumeric) {
        found.push(Token { text, start });
    }
}

static QUANTITY: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(\.[0-9]+)?([A-Za-z]*)(?:-[A-Za-z]+)*$").ok()
});
static OF: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^([0-9]+|[A-Za-z]+)-of-([0-9]+|[A-Za-z]+)$").ok());

const UNITS: [&str; 43] = [
    "d", "day", "days", "h", "hr", "hrs", "hour", "hours", "m", "min", "mins", "minute", "minutes",
    "s", "sec", "secs", "second", "seconds", "ms", "w", "wk", "wks", "week", "weeks", "mo",
    "month", "months", "y", "yr", "yrs", "year", "years", "st", "nd", "rd", "th", "x", "k", "kb",
    "mb", "gb", "bit", "bits",
];

/// The numbers that a token states, in one written form each; `None` where it is no quantity.
///
/// Digits that belong to a code (`SI-2026-031`, `0091823`, `2.1.0`) are no quantity.
pub(super) fn quantities(token: &str) -> Option<Vec<String>> {
    if let Some(found) = OF.as_ref().and_then(|of| of.captures(token)) {
        let sides = found.iter().skip(1).flatten().map(|side| side.as_str());
        let numbers: Option<Vec<String>> = sides
            .filter(|side| side.bytes().all(|b| b.is_ascii_digit()))
            .map(canonical_number)
            .collect();
        return numbers.filter(|numbers| !numbers.is_empty());
    }
    let found = QUANTITY.as_ref()?.captures(token)?;
    let part = |at: usize| found.get(at).map_or("", |part| part.as_str());
    let unit = part(3).to_ascii_lowercase();
    if !unit.is_empty() && !UNITS.contains(&unit.as_str()) {
        return None;
    }
    canonical_number(&format!("{}{}", part(1).replace(',', ""), part(2))).map(|number| vec![number])
}

/// One form for a decimal number whatever its zeros; `None` for digits with leading zeros, which are a code.
pub(super) fn canonical_number(digits: &str) -> Option<String> {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.len() > 1 && whole.starts_with('0') {
        return None;
    }
    let fraction = fraction.trim_end_matches('0');
    Some(if fraction.is_empty() {
        whole.to_owned()
    } else {
        format!("{whole}.{fraction}")
    })
}

/// Whether a token has the look of an identifier, so that it must be held by a cited record.
pub(super) fn is_code(token: &str) -> bool {
    token.chars().any(|c| c.is_numeric() || "@_/#".contains(c))
        || is_domain(token)
        || is_capital_code(token)
        || mixes_scripts(token)
}

/// `example.com`, `release.yml`: labels with a dot between them, the last in lower case.
fn is_domain(token: &str) -> bool {
    let Some((labels, last)) = token.rsplit_once('.') else {
        return false;
    };
    last.len() > 1
        && last.bytes().all(|b| b.is_ascii_lowercase())
        && labels.split('.').all(|label| !label.is_empty())
}

/// `TEB-PROD`: capitals with hyphens between them.
fn is_capital_code(token: &str) -> bool {
    let mut parts = token.split(is_hyphen);
    token.chars().any(is_hyphen)
        && parts.all(|part| part.len() > 1 && part.chars().all(char::is_uppercase))
}

/// A word of Latin letters with others among them that only look like them.
fn mixes_scripts(token: &str) -> bool {
    let latin = |c: char| matches!(c, 'A'..='Z' | 'a'..='z' | '\u{C0}'..='\u{24F}' | '\u{1E00}'..='\u{1EFF}');
    let letters = || token.chars().filter(|c| c.is_alphabetic());
    letters().any(|c| c.is_ascii()) && letters().any(|c| !latin(c))
        || token.chars().any(|c| is_hyphen(c) && c != '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let found = tokens(text);
        assert_eq!(
            found.iter().map(|token| token.text).collect::<Vec<_>>(),
            expected
        );
        for token in found {
            assert_eq!(text.get(token.start..token.end()), Some(token.text));
        }
    }

    #[test]
    fn punctuation_is_no_part_of_a_token() {
        check(
            "(EM-04), “TEB-0091823”. KC-3: stale; 35 %, Ana's…",
            &["EM-04", "TEB-0091823", "KC-3", "stale", "35", "Ana"],
        );
        check(
            "[ceremonies/seal_inspections/SI-2026-031#/inspected_at]",
            &["ceremonies/seal_inspections/SI-2026-031#/inspected_at"],
        );
        check(
            "1,000 KC-1,KC-2 1–3 CER–7",
            &["1,000", "KC-1", "KC-2", "1", "3", "CER–7"],
        );
        check(
            "[here](https://x.example/a?b=1&c), see <http://y.example>.",
            &[
                "here",
                "https://x.example/a?b=1&c",
                "see",
                "http://y.example",
            ],
        );
        check("CER\u{2011}7 … — ''", &["CER\u{2011}7"]);
    }

    #[test]
    fn quantities_are_numbers_with_their_units() {
        for (token, numbers) in [
            ("184", vec!["184"]),
            ("184-day", vec!["184"]),
            ("35d", vec!["35"]),
            ("1,000", vec!["1000"]),
            ("7.50", vec!["7.5"]),
            ("2nd", vec!["2"]),
            ("2-of-3", vec!["2", "3"]),
            ("M-of-3", vec!["3"]),
        ] {
            assert_eq!(
                quantities(token),
                Some(numbers.into_iter().map(str::to_owned).collect()),
                "{token}"
            );
        }
        for token in [
            "SI-2026-031",
            "0091823",
            "2.1.0",
            "7a9f",
            "op-17",
            "140-3",
            "M-of-N",
            "12,34",
        ] {
            assert_eq!(quantities(token), None, "{token}");
        }
    }

    #[test]
    fn codes_are_told_from_words() {
        for code in [
            "TEB-0091823",
            "op-17",
            "a@b.example",
            "key_exported",
            "acme/release",
            "v2",
            "evil.example",
            "TEB-PROD",
            "CER\u{2011}VII",
            "k\u{435}y",
            "sha256:ab",
            "７",
        ] {
            assert!(is_code(code), "{code}");
        }
        for word in [
            "dual-operator",
            "exception-backed",
            "on-call",
            "e.g",
            "naïve",
            "HSM-backed",
            "M-of-N",
            "O'Brien",
            "Kovač",
            "ended.The",
        ] {
            assert!(!is_code(word), "{word}");
        }
    }
}
