//! People in text: the names, aliases and emails that the evidence knows, and pairs of
//! capitalised words that may be a person whom it does not.

use std::collections::HashMap;

use crate::capture::Capture;

/// Every name, alias, email and id of `people`, found in text by its first word.
#[derive(Debug, Default)]
pub(super) struct KnownPeople<'a> {
    // First run of letters and digits → (bytes before that run, the whole as recorded).
    by_first_word: HashMap<&'a str, Vec<(usize, &'a str)>>,
}

/// A place in text that speaks of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PersonAt<'a> {
    pub(super) start: usize,
    pub(super) recorded: &'a str,
}

/// The places in one text that name people, by where they start.
#[derive(Debug)]
pub(super) struct PeopleIn<'a> {
    // Start, and the furthest end of this place and all before it.
    reach: Vec<(usize, usize)>,
    pub(super) places: Vec<PersonAt<'a>>,
}

impl<'a> PeopleIn<'a> {
    fn of(mut places: Vec<PersonAt<'a>>) -> Self {
        places.sort_by_key(|place| (place.start, place.recorded));
        let mut furthest = 0;
        let reach = places.iter().map(|place| {
            furthest = furthest.max(place.start + place.recorded.len());
            (place.start, furthest)
        });
        let reach = reach.collect();
        Self { reach, places }
    }

    /// Whether one of the places holds all from `start` to `end`.
    pub(super) fn cover(&self, start: usize, end: usize) -> bool {
        let after = self.reach.partition_point(|(first, _)| *first <= start);
        let last = after.checked_sub(1).and_then(|at| self.reach.get(at));
        last.is_some_and(|(_, furthest)| *furthest >= end)
    }
}

impl<'a> KnownPeople<'a> {
    /// Indexes the people of a capture.
    pub(super) fn of(capture: &'a Capture) -> Self {
        let mut known = Self::default();
        for (_, person) in capture.tables().people.iter() {
            let fixed = [
                person.id.as_str(),
                person.name.as_str(),
                person.email.as_str(),
            ];
            let aliases = person.aliases.iter().map(|alias| alias.as_str());
            fixed
                .into_iter()
                .chain(aliases)
                .for_each(|recorded| known.add(recorded));
        }
        known
    }

    fn add(&mut self, recorded: &'a str) {
        let recorded = recorded.trim();
        if let Some((start, word)) = words(recorded).next() {
            let entries = self.by_first_word.entry(word).or_default();
            if !entries.contains(&(start, recorded)) {
                entries.push((start, recorded));
            }
        }
    }

    /// Every place in `text` that names a known person, byte for byte.
    pub(super) fn find(&self, text: &str) -> PeopleIn<'a> {
        let mut found = Vec::new();
        for (at, word) in words(text) {
            for (before, recorded) in self.by_first_word.get(word).into_iter().flatten() {
                let Some(start) = at.checked_sub(*before) else {
                    continue;
                };
                let end = start + recorded.len();
                if text.get(start..end) == Some(*recorded) && is_bounded(text, start, end) {
                    found.push(PersonAt { start, recorded });
                }
            }
        }
        PeopleIn::of(found)
    }
}

/// Maximal runs of letters and digits.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(move |word| (word.as_ptr() as usize - text.as_ptr() as usize, word))
}

/// Whether nothing goes on at either end: `ana` is not named by `ana-lena` or `ana@example.com`.
fn is_bounded(text: &str, start: usize, end: usize) -> bool {
    let mut before = text.get(..start).unwrap_or_default().chars().rev();
    let mut after = text.get(end..).unwrap_or_default().chars();
    !goes_on(before.next(), before.next()) && !goes_on(after.next(), after.next())
}

fn goes_on(next: Option<char>, beyond: Option<char>) -> bool {
    next.is_some_and(|c| {
        c.is_alphanumeric() || ("-_@.+".contains(c) && beyond.is_some_and(char::is_alphanumeric))
    })
}

/// Two successive capitalised words, in one form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CapitalisedPair {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) text: String,
}

/// Every two capitalised words of `text` with only spaces between them.
pub(super) fn capitalised_pairs(text: &str) -> Vec<CapitalisedPair> {
    let mut found = Vec::new();
    let mut previous: Option<(usize, usize, &str)> = None;
    for (start, raw) in letter_runs(text) {
        let end = start + raw.len();
        let word = bare(raw);
        let word_end = word.as_ptr() as usize - text.as_ptr() as usize + word.len();
        let capitalised = is_capitalised(word) && stands_alone(text, start, end);
        if let Some((first_start, first_end, first)) = previous.filter(|_| capitalised)
            && text.get(first_end..start).is_some_and(is_space)
        {
            found.push(CapitalisedPair {
                start: first_start,
                end: word_end,
                text: format!("{first} {word}"),
            });
        }
        let word_start = word_end - word.len();
        previous = capitalised.then_some((word_start, end, word));
    }
    found
}

fn letter_runs(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let part =
        |c: char| c.is_alphabetic() || matches!(c, '\'' | '\u{2019}' | '-' | '\u{300}'..='\u{36F}');
    text.split(move |c: char| !part(c))
        .filter(|run| !run.is_empty())
        .map(move |run| (run.as_ptr() as usize - text.as_ptr() as usize, run))
}

/// The word without quotes around it or a possessive ending.
fn bare(run: &str) -> &str {
    let word = run.trim_matches(|c: char| !c.is_alphabetic());
    ["'s", "\u{2019}s"]
        .into_iter()
        .find_map(|ending| word.strip_suffix(ending))
        .unwrap_or(word)
}

/// `Ana`, `McKay`, `O'Brien`; not `HSM` nor `HSM-backed`.
fn is_capitalised(word: &str) -> bool {
    let mut letters = word.chars().filter(|c| !matches!(c, '\u{300}'..='\u{36F}'));
    let first = letters.next();
    let rest: Vec<char> = letters.collect();
    first.is_some_and(char::is_uppercase)
        && match rest.as_slice() {
            [second, ..] if second.is_lowercase() => true,
            ['\'' | '\u{2019}', third, more @ ..] => {
                third.is_uppercase() && more.iter().any(|c| c.is_lowercase())
            }
            _ => false,
        }
}

/// Whether the run is a word of its own and no part of a code such as `Key_7`.
fn stands_alone(text: &str, start: usize, end: usize) -> bool {
    let before = text.get(..start).and_then(|text| text.chars().next_back());
    let after = text.get(end..).and_then(|text| text.chars().next());
    let code = |c: char| c.is_numeric() || "_@/#".contains(c);
    !before.is_some_and(code) && !after.is_some_and(code)
}

/// White space within a paragraph, and the marks of emphasis that do not show.
fn is_space(gap: &str) -> bool {
    gap.contains(char::is_whitespace)
        && gap.chars().all(|c| c.is_whitespace() || "*_`~".contains(c))
        && gap.matches('\n').count() < 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_people(text: &str, expected: &[&str]) {
        let mut known = KnownPeople::default();
        for recorded in [
            "Ana Kovač",
            "ana",
            "ana.k@example.com",
            "op-17",
            "Liam O'Brien",
        ] {
            known.add(recorded);
        }
        let found: Vec<&str> = known
            .find(text)
            .places
            .into_iter()
            .map(|at| at.recorded)
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn known_people_are_found_by_whole_words_byte_for_byte() {
        check_people(
            "Seen by Ana Kovač, op-17 and ana.",
            &["Ana Kovač", "op-17", "ana"],
        );
        check_people(
            "Write to ana.k@example.com or (Liam O'Brien's) desk",
            &["ana.k@example.com", "Liam O'Brien"],
        );
        check_people(
            "Ana kovač, Anastasia, banana, ana-lena, op-170, Ana Kovač-Smith, ana.kovac",
            &[],
        );
    }

    #[track_caller]
    fn check_pairs(text: &str, expected: &[&str]) {
        let found: Vec<String> = capitalised_pairs(text)
            .into_iter()
            .map(|pair| pair.text)
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn capitalised_words_pair_over_spaces_only() {
        check_pairs("The Ana  Kovač’s seal", &["The Ana", "Ana Kovač"]);
        check_pairs(
            "Liam O'Brien and Anna-Lena McKay",
            &["Liam O'Brien", "Anna-Lena McKay"],
        );
        check_pairs("**Ana** *Kovač*, Ana\nKovač", &["Ana Kovač", "Ana Kovač"]);
        check_pairs(
            "Ana, Kovač. The seal; KC-3 The. HSM-backed Keys\n\nThe HSM Module M-7 Key",
            &[],
        );
    }
}
