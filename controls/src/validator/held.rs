//! What a text or record holds, indexed: words, numbers, dates, people, capitalised pairs.
//!
//! Grounding asks this index; it never judges what the words mean.

use std::collections::{BTreeSet, HashSet};

use chrono::{Datelike, NaiveDate};
use serde_json::Value;

use super::calendar::{Mention, Moment, Piece, pieces};
use super::names::{KnownPeople, capitalised_pairs};
use super::token::{canonical_number, quantities};

/// Paths with more parts than this are only held whole, by part and by ending.
const MOST_PATH_PARTS: usize = 8;

/// What some text or record holds.
#[derive(Debug, Default)]
pub(super) struct Held<'a> {
    words: HashSet<String>,
    numbers: HashSet<String>,
    days: BTreeSet<NaiveDate>,
    months: BTreeSet<(i32, u32)>,
    moments: Vec<Moment>,
    clocks: Vec<chrono::NaiveTime>,
    people: HashSet<&'a str>,
    pairs: HashSet<String>,
    texts: Vec<String>,
}

impl<'a> Held<'a> {
    /// Adds every member name, text and number at any depth of `value`.
    pub(super) fn add_json(&mut self, value: &Value, known: &KnownPeople<'a>) {
        match value {
            Value::Null | Value::Bool(_) => {}
            Value::Number(number) => {
                let written = number.to_string();
                self.numbers.extend(canonical_number(&written));
                self.words.insert(written);
            }
            Value::String(text) => self.add_text(text, known),
            Value::Array(items) => items.iter().for_each(|item| self.add_json(item, known)),
            Value::Object(members) => {
                for (name, member) in members {
                    self.words.insert(name.clone());
                    self.add_json(member, known);
                }
            }
        }
    }

    /// Adds what `text` holds.
    pub(super) fn add_text(&mut self, text: &str, known: &KnownPeople<'a>) {
        for piece in pieces(text) {
            match piece {
                Piece::Time(mention, written, _) => {
                    self.words.insert(written.to_owned());
                    self.add_mention(mention);
                }
                Piece::Token(token) => {
                    self.add_word(token.text);
                    self.numbers
                        .extend(quantities(token.text).unwrap_or_default());
                }
            }
        }
        if !text.contains(char::is_whitespace) {
            self.words.insert(text.to_owned());
        }
        self.people
            .extend(known.find(text).into_iter().map(|at| at.recorded));
        self.pairs
            .extend(capitalised_pairs(text).into_iter().map(|pair| pair.text));
        self.texts.push(text.to_owned());
    }

    /// Adds a word, and each run of parts where it is a path.
    fn add_word(&mut self, word: &str) {
        self.words.insert(word.to_owned());
        let starts: Vec<usize> = std::iter::once(0)
            .chain(word.match_indices('/').map(|(at, _)| at + 1))
            .collect();
        let ends: Vec<usize> = word
            .match_indices('/')
            .map(|(at, _)| at)
            .chain([word.len()])
            .collect();
        if starts.len() == 1 {
            return;
        }
        let short = starts.len() <= MOST_PATH_PARTS;
        for (index, &start) in starts.iter().enumerate() {
            let own_end = ends.get(index).copied();
            let ends = ends
                .iter()
                .skip(index)
                .copied()
                .filter(|&end| short || Some(end) == own_end || end == word.len());
            let runs = ends
                .filter_map(|end| word.get(start..end))
                .filter(|run| !run.is_empty());
            self.words.extend(runs.map(str::to_owned));
        }
    }

    fn add_mention(&mut self, mention: Mention) {
        match mention {
            Mention::Day(days) => days.into_iter().for_each(|day| self.add_day(day)),
            Mention::Month(year, month) => {
                self.months.insert((year, month));
            }
            Mention::Moment(moment) => {
                self.add_day(moment.day);
                self.clocks.push(moment.clock.time);
                if let Some(utc) = moment.utc {
                    self.add_day(utc.date());
                    self.clocks.push(utc.time());
                }
                self.moments.push(moment);
            }
            Mention::Time(clock) => self.clocks.push(clock.time),
            Mention::DayOfMonth(..) | Mention::Impossible => {}
        }
    }

    fn add_day(&mut self, day: NaiveDate) {
        self.days.insert(day);
        self.months.insert((day.year(), day.month()));
    }

    /// Whether this word stands here, byte for byte.
    pub(super) fn has_word(&self, word: &str) -> bool {
        self.words.contains(word)
    }

    /// Whether this number stands here by itself, or as the year of a date.
    pub(super) fn has_number(&self, number: &str) -> bool {
        let is_year = || {
            number.len() == 4
                && number
                    .parse()
                    .is_ok_and(|year: i32| self.months.iter().any(|month| month.0 == year))
        };
        self.numbers.contains(number) || is_year()
    }

    /// Whether this date or time stands here, in whatever form.
    pub(super) fn has_time(&self, mention: &Mention) -> bool {
        match mention {
            Mention::Day(days) => days.iter().any(|day| self.days.contains(day)),
            Mention::Month(year, month) => self.months.contains(&(*year, *month)),
            Mention::DayOfMonth(month, day) => self
                .days
                .iter()
                .any(|held| (held.month(), held.day()) == (*month, *day)),
            Mention::Moment(moment) => self.moments.iter().any(|held| moment.is(held)),
            Mention::Time(clock) => self.clocks.iter().any(|held| clock.covers(*held)),
            Mention::Impossible => false,
        }
    }

    /// Whether this name, alias, email or id of a person stands here.
    pub(super) fn has_person(&self, recorded: &str) -> bool {
        self.people.contains(recorded)
    }

    /// Whether these two capitalised words stand here.
    pub(super) fn has_pair(&self, pair: &str) -> bool {
        self.pairs.contains(pair)
    }

    /// Whether these words stand here verbatim.
    pub(super) fn has_quote(&self, quote: &str) -> bool {
        self.texts.iter().any(|text| text.contains(quote))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validator::calendar;

    fn held() -> Held<'static> {
        let mut held = Held::default();
        let value = serde_json::json!({
            "id": "SI-2026-031", "inspected_at": "2026-03-02T23:30:00-02:00", "level": 3, "serial": "0091823",
            "config": {"repo": "acme/release-pipelines", "line": 17.0},
            "notes": "35-day limit, 184 days; 2-of-5. Read on 4 May 2026 by Ana Kovač."
        });
        held.add_json(&value, &KnownPeople::default());
        held
    }

    #[test]
    fn numbers_stand_alone_and_are_no_part_of_a_code_or_time() {
        for number in ["3", "17", "35", "184", "2", "5", "2026"] {
            assert!(held().has_number(number), "{number}");
        }
        for number in ["31", "31031", "23", "30", "91823", "4", "2025"] {
            assert!(!held().has_number(number), "{number}");
        }
    }

    #[test]
    fn words_are_whole_and_paths_are_held_by_part() {
        for word in [
            "SI-2026-031",
            "0091823",
            "inspected_at",
            "acme/release-pipelines",
            "release-pipelines",
        ] {
            assert!(held().has_word(word), "{word}");
        }
        for word in ["SI-2026", "2026-031", "si-2026-031", "acme/release"] {
            assert!(!held().has_word(word), "{word}");
        }
    }

    #[test]
    fn dates_are_held_as_written_in_utc_and_in_words() {
        let held = held();
        for text in [
            "2026-03-02",
            "3 March 2026",
            "March 2026",
            "23:30",
            "01:30",
            "2026-03-03 01:30",
            "May 4",
            "2026-03-03T01:30:00Z",
        ] {
            assert!(
                calendar::single(text)
                    .into_iter()
                    .chain(mention(text))
                    .any(|time| held.has_time(&time)),
                "{text}"
            );
        }
        for text in [
            "2026-03-04",
            "April 2026",
            "12:30",
            "2026-03-02 01:30",
            "May 5",
            "2026-03-02T23:30:00Z",
        ] {
            assert!(!mention(text).any(|time| held.has_time(&time)), "{text}");
        }
    }

    fn mention(text: &str) -> impl Iterator<Item = Mention> {
        pieces(text).into_iter().filter_map(|piece| match piece {
            Piece::Time(mention, ..) => Some(mention),
            Piece::Token(_) => None,
        })
    }
}
