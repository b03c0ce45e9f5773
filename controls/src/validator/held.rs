//! What a text or record holds, indexed: words, numbers, dates, people, capitalised pairs.
//!
//! Grounding asks this index; it never judges what the words mean.

use std::collections::{HashMap, HashSet};

use chrono::{Datelike, NaiveDate, NaiveTime};
use serde_json::Value;

use super::calendar::{Clock, Mention, Moment, Piece, Precision, pieces};
use super::names::{KnownPeople, capitalised_pairs};
use super::token::{canonical_number, quantities};

/// Paths with more parts than this are held whole and by part.
const MOST_PATH_PARTS: usize = 8;

/// What some text or record holds.
#[derive(Debug, Default, Clone)]
pub(super) struct Held<'a> {
    words: HashSet<String>,
    numbers: HashSet<String>,
    years: HashSet<i32>,
    months: HashSet<(i32, u32)>,
    days: HashSet<NaiveDate>,
    days_of_month: HashSet<(u32, u32)>,
    // By the day as written and the day in UTC.
    moments: HashMap<NaiveDate, Vec<Moment>>,
    clocks: HashSet<Clock>,
    people: HashSet<&'a str>,
    pairs: HashSet<String>,
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
            .extend(known.find(text).places.into_iter().map(|at| at.recorded));
        self.pairs
            .extend(capitalised_pairs(text).into_iter().map(|pair| pair.text));
    }

    /// Adds all that `other` holds.
    pub(super) fn merge(&mut self, other: &Self) {
        self.words.extend(other.words.iter().cloned());
        self.numbers.extend(other.numbers.iter().cloned());
        self.years.extend(&other.years);
        self.months.extend(&other.months);
        self.days.extend(&other.days);
        self.days_of_month.extend(&other.days_of_month);
        for (day, moments) in &other.moments {
            let known = self.moments.entry(*day).or_default();
            known.extend(moments.iter().cloned());
        }
        self.clocks.extend(&other.clocks);
        self.people.extend(&other.people);
        self.pairs.extend(other.pairs.iter().cloned());
    }

    /// Adds a word, and each run of parts where it is a path.
    fn add_word(&mut self, word: &str) {
        self.words.insert(word.to_owned());
        if !word.contains('/') {
            return;
        }
        let parts: Vec<&str> = word.split('/').collect();
        let longest = if parts.len() > MOST_PATH_PARTS {
            1
        } else {
            parts.len()
        };
        for length in 1..=longest {
            let runs = parts.windows(length).map(|run| run.join("/"));
            self.words.extend(runs.filter(|run| !run.is_empty()));
        }
    }

    fn add_mention(&mut self, mention: Mention) {
        match mention {
            Mention::Day(days) => days.into_iter().for_each(|day| self.add_day(day)),
            Mention::Month(year, month) => self.add_month(year, month),
            Mention::Moment(moment) => self.add_moment(moment),
            Mention::Time(clock) => self.add_clock(clock.time),
            Mention::DayOfMonth(..) | Mention::Impossible => {}
        }
    }

    fn add_moment(&mut self, moment: Moment) {
        self.add_day(moment.day);
        self.add_clock(moment.clock.time);
        if let Some(utc) = moment.utc {
            self.add_day(utc.date());
            self.add_clock(utc.time());
            if utc.date() != moment.day {
                self.moments
                    .entry(utc.date())
                    .or_default()
                    .push(moment.clone());
            }
        }
        self.moments.entry(moment.day).or_default().push(moment);
    }

    fn add_day(&mut self, day: NaiveDate) {
        self.days.insert(day);
        self.days_of_month.insert((day.month(), day.day()));
        self.add_month(day.year(), day.month());
    }

    fn add_month(&mut self, year: i32, month: u32) {
        self.months.insert((year, month));
        self.years.insert(year);
    }

    /// Adds a time of day in every precision that prose may give it.
    fn add_clock(&mut self, time: NaiveTime) {
        let in_all = Precision::ALL
            .into_iter()
            .map(|precision| Clock { time, precision }.cut());
        self.clocks.extend(in_all);
    }

    /// Whether this word stands here, byte for byte.
    pub(super) fn has_word(&self, word: &str) -> bool {
        self.words.contains(word)
    }

    /// Whether this number stands here by itself, or as the year of a date.
    pub(super) fn has_number(&self, number: &str) -> bool {
        let is_year =
            || number.len() == 4 && number.parse().is_ok_and(|year| self.years.contains(&year));
        self.numbers.contains(number) || is_year()
    }

    /// Whether this date or time stands here, in whatever form.
    pub(super) fn has_time(&self, mention: &Mention) -> bool {
        match mention {
            Mention::Day(days) => days.iter().any(|day| self.days.contains(day)),
            Mention::Month(year, month) => self.months.contains(&(*year, *month)),
            Mention::DayOfMonth(month, day) => self.days_of_month.contains(&(*month, *day)),
            Mention::Moment(moment) => {
                let days = [Some(moment.day), moment.utc.map(|utc| utc.date())];
                let near = days
                    .iter()
                    .flatten()
                    .filter_map(|day| self.moments.get(day));
                near.flatten().any(|held| moment.is(held))
            }
            Mention::Time(clock) => self.clocks.contains(&clock.cut()),
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
