//! Sentences and their words, as claims are looked for.

/// One sentence: its words in lower case, and as written.
#[derive(Debug)]
pub(super) struct Sentence<'t> {
    words: Vec<(String, &'t str)>,
    // It follows a colon or dash, as a value does ("state: approved").
    fragment: bool,
}

/// Cuts text at full stops, line ends and semicolons.
pub(super) fn sentences(text: &str) -> Vec<Sentence<'_>> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut fragment = false;
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        let next = text.get(end..).and_then(|rest| rest.chars().next());
        let ends = match c {
            '\n' | ';' | '…' => true,
            '.' | '!' | '?' | ':' => {
                next.is_none_or(|next| !next.is_alphanumeric() && !"/_@#-".contains(next))
            }
            '\u{2014}' | '(' | ')' => true,
            _ => false,
        };
        if ends {
            push(
                text.get(start..at).unwrap_or_default(),
                fragment,
                &mut found,
            );
            fragment = matches!(c, ':' | '\u{2014}' | '(');
            start = end;
        }
    }
    push(text.get(start..).unwrap_or_default(), fragment, &mut found);
    found
}

fn push<'t>(text: &'t str, fragment: bool, found: &mut Vec<Sentence<'t>>) {
    let part = |c: char| c.is_alphanumeric() || "'\u{2019}-_/@#.:+".contains(c);
    let words: Vec<(String, &str)> = text
        .split(|c: char| !part(c))
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()))
        .filter(|word| !word.is_empty())
        .map(|word| (word.to_lowercase().replace('\u{2019}', "'"), word))
        .collect();
    if !words.is_empty() {
        found.push(Sentence { words, fragment });
    }
}

impl Sentence<'_> {
    /// How many words there are.
    pub(super) fn len(&self) -> usize {
        self.words.len()
    }

    /// The word at `at` in lower case.
    pub(super) fn word(&self, at: usize) -> Option<&str> {
        self.words.get(at).map(|(word, _)| word.as_str())
    }

    /// Where the first such word stands.
    pub(super) fn position(&self, is: impl Fn(&str) -> bool) -> Option<usize> {
        self.words.iter().position(|(word, _)| is(word))
    }

    /// Whether the sentence has ended before `at`.
    pub(super) fn ends_at(&self, at: usize) -> bool {
        at >= self.words.len()
    }

    /// Whether a code, number or date stands at `at`.
    pub(super) fn is_code(&self, at: usize) -> bool {
        self.words
            .get(at)
            .is_some_and(|(word, _)| word.chars().any(|c| c.is_numeric() || "/_@#".contains(c)))
    }

    /// Whether a code or a name in capitals stands at `at`.
    pub(super) fn is_name(&self, at: usize) -> bool {
        let capital = |written: &str| written.chars().next().is_some_and(char::is_uppercase);
        self.is_code(at)
            || self
                .words
                .get(at)
                .is_some_and(|(_, written)| capital(written))
    }

    /// Whether it follows a colon, dash or opening bracket.
    pub(super) const fn is_fragment(&self) -> bool {
        self.fragment
    }

    /// The words from `start` to `end`, as written.
    pub(super) fn written(&self, start: usize, end: usize) -> String {
        let words = self.words.iter().take(end).skip(start);
        words
            .map(|(_, written)| *written)
            .collect::<Vec<_>>()
            .join(" ")
    }
}
