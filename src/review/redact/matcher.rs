//! Finds texts in prose, word by word: letter case, punctuation and kinds of hyphen do not hide a mention.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::WITHHELD;

/// From this many words on, a part of a text counts as a mention of it.
const PART: usize = 4;

/// The texts that must not be mentioned.
#[derive(Debug, Clone, Default)]
pub(super) struct Matcher {
    /// Whole texts, by their first word.
    whole: HashMap<String, BTreeSet<Vec<String>>>,
    /// Every run of [`PART`] words of the longer texts.
    parts: HashSet<Vec<String>>,
    /// Texts without any letter or digit.
    signs: BTreeSet<String>,
}

/// One word of a prose and where it stands.
struct Word {
    folded: String,
    start: usize,
    end: usize,
}

impl Matcher {
    /// Adds a text.
    pub(super) fn add(&mut self, text: &str) {
        let words: Vec<String> = words(text).into_iter().map(|word| word.folded).collect();
        let Some(first) = words.first().cloned() else {
            if !text.trim().is_empty() {
                self.signs.insert(text.trim().to_owned());
            }
            return;
        };
        if words.len() > PART {
            self.parts.extend(words.windows(PART).map(<[_]>::to_vec));
        }
        self.whole.entry(first).or_default().insert(words);
    }

    /// Puts [`WITHHELD`] in the place of every mention.
    pub(super) fn withhold(&self, prose: &mut String) {
        if self.signs.contains(prose.trim()) {
            WITHHELD.clone_into(prose);
            return;
        }
        let words = words(prose);
        let folded: Vec<String> = words.iter().map(|word| word.folded.clone()).collect();
        let mut kept = String::new();
        let (mut at, mut copied) = (0, 0);
        while let Some(word) = words.get(at) {
            let rest = folded.get(at..).unwrap_or_default();
            let length = self.mention(rest);
            let last = length.checked_sub(1).and_then(|more| words.get(at + more));
            if let Some(last) = last {
                kept.push_str(prose.get(copied..word.start).unwrap_or_default());
                kept.push_str(WITHHELD);
                copied = last.end;
            }
            at += length.max(1);
        }
        kept.push_str(prose.get(copied..).unwrap_or_default());
        *prose = kept;
    }

    /// How many of the words ahead belong to a mention that begins here.
    fn mention(&self, ahead: &[String]) -> usize {
        let Some(first) = ahead.first() else {
            return 0;
        };
        let whole = self
            .whole
            .get(first)
            .into_iter()
            .flatten()
            .filter(|text| ahead.starts_with(text))
            .map(Vec::len)
            .max()
            .unwrap_or(0);
        let runs = ahead
            .windows(PART)
            .take_while(|run| self.parts.contains(*run))
            .count();
        let part = if runs == 0 { 0 } else { runs + PART - 1 };
        whole.max(part)
    }
}

/// The words of a text: runs of letters and digits, folded to lower case.
fn words(text: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut inside = false;
    for (start, c) in text.char_indices() {
        let end = start + c.len_utf8();
        if !c.is_alphanumeric() {
            inside = false;
            continue;
        }
        match words.last_mut().filter(|_| inside) {
            Some(word) => {
                word.folded.extend(c.to_lowercase());
                word.end = end;
            }
            None => words.push(Word {
                folded: c.to_lowercase().collect(),
                start,
                end,
            }),
        }
        inside = true;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(texts: &[&str], prose: &str, expected: &str) {
        let mut matcher = Matcher::default();
        texts.iter().for_each(|text| matcher.add(text));
        let mut found = prose.to_owned();
        matcher.withhold(&mut found);
        assert_eq!(found, expected);
    }

    #[test]
    fn mentions_are_found_whatever_their_case_and_hyphens() {
        check(
            &["SI-2026-031"],
            "See [si\u{2011}2026\u{2011}031].",
            "See [[withheld]].",
        );
        check(
            &["Ana Petrova", "Ana"],
            "ANA PETROVA and Ana's",
            "[withheld] and [withheld]'s",
        );
        check(&["a@b.org"], "a@b.org", "[withheld]");
        check(
            &["2026-03-02"],
            "on 2026-03-02T10:00:00Z",
            "on 2026-03-02T10:00:00Z",
        );
    }

    #[test]
    fn words_that_merely_contain_a_text_stay() {
        check(
            &["Ana", "K-1"],
            "Banana, anagram, K-12",
            "Banana, anagram, K-12",
        );
        check(&[""], "nothing to hide", "nothing to hide");
    }

    #[test]
    fn a_longer_part_of_a_text_counts_as_a_mention() {
        let note = "kept behind the blue ledger of the night shift";
        check(
            &[note],
            "It is kept behind the blue ledger, so",
            "It is [withheld], so",
        );
        check(&[note], "behind the blue door", "behind the blue door");
    }

    #[test]
    fn a_text_of_signs_alone_is_withheld_where_it_stands_alone() {
        check(&["--"], "--", "[withheld]");
        check(&["--"], "a -- b", "a -- b");
    }
}
