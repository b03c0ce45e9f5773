//! Sets apart what prose quotes from a record: those words are the record's own.

/// `text` without what stands in double quotes and is a record's own wording.
pub(super) fn without_quotes(text: &str, is_quote: impl Fn(&str) -> bool) -> String {
    let mut left = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find(['"', '\u{201C}']) {
        let (before, quoted) = rest.split_at(open);
        left.push_str(before);
        let mut inner = quoted.chars();
        let mark = inner.next().unwrap_or_default();
        let inner = inner.as_str();
        let close = inner.find(['"', '\u{201D}']);
        let quote = close
            .and_then(|close| inner.get(..close))
            .filter(|quote| quote.contains(char::is_whitespace) && is_quote(quote));
        match quote {
            Some(quote) => {
                left.push('…');
                let end = inner.get(quote.len()..).unwrap_or_default();
                rest = end.strip_prefix(['"', '\u{201D}']).unwrap_or(end);
            }
            None => {
                left.push(mark);
                rest = inner;
            }
        }
    }
    left.push_str(rest);
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_verbatim_quotes_are_left_out() {
        let is_quote = |quote: &str| quote == "I approved it";
        assert_eq!(
            without_quotes("The note says \"I approved it\", once.", is_quote),
            "The note says …, once."
        );
        assert_eq!(
            without_quotes("“I approved it” “I signed it”", is_quote),
            "… “I signed it”"
        );
        assert_eq!(
            without_quotes("an \" alone, I approved it", is_quote),
            "an \" alone, I approved it"
        );
    }
}
