//! Dates and times in text, whatever form they are written in.
//!
//! It reads what is written and knows no clock.

mod written;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, Timelike};

pub(super) use written::single;

use super::token::{Token, tokens};
use written::date_at;

/// A date or time as text states it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mention {
    /// A day; two where the text can be read either way.
    Day(Vec<NaiveDate>),
    /// A month of a year.
    Month(i32, u32),
    /// A day of a month without a year.
    DayOfMonth(u32, u32),
    /// A day with a time.
    Moment(Moment),
    /// A time of day.
    Time(Clock),
    /// It has a date's form and is none, as 2026-02-30.
    Impossible,
}

/// A day with a time: as written, and in UTC where an offset says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Moment {
    pub(super) day: NaiveDate,
    pub(super) clock: Clock,
    pub(super) utc: Option<NaiveDateTime>,
}

/// A time of day with the precision it is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Clock {
    pub(super) time: NaiveTime,
    pub(super) precision: Precision,
}

/// How exactly a time is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Precision {
    /// hh:mm
    Minute,
    /// hh:mm:ss
    Second,
    /// hh:mm:ss.fff
    Exact,
}

impl Clock {
    /// The time without what its precision does not write.
    pub(super) fn cut(self) -> Self {
        let time = self.precision.cut(self.time).unwrap_or(self.time);
        Self { time, ..self }
    }
}

impl Precision {
    /// All three.
    pub(super) const ALL: [Self; 3] = [Self::Minute, Self::Second, Self::Exact];

    /// `time` without what this precision does not write.
    fn cut(self, time: NaiveTime) -> Option<NaiveTime> {
        match self {
            Self::Minute => time.with_nanosecond(0)?.with_second(0),
            Self::Second => time.with_nanosecond(0),
            Self::Exact => Some(time),
        }
    }
}

impl Moment {
    /// Whether `other` is this moment: as instants where both have an offset, else as written.
    pub(super) fn is(&self, other: &Self) -> bool {
        let same = |a: NaiveDateTime, b: NaiveDateTime| {
            a.date() == b.date()
                && self.clock.precision.cut(a.time()) == self.clock.precision.cut(b.time())
        };
        let written = self.day.and_time(self.clock.time);
        let other_written = other.day.and_time(other.clock.time);
        match (self.utc, other.utc) {
            (Some(utc), Some(other)) => same(utc, other),
            (Some(_), None) => same(written, other_written),
            (None, other_utc) => {
                same(written, other_written) || other_utc.is_some_and(|other| same(written, other))
            }
        }
    }
}

/// A token, or the tokens that make up a date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece<'t> {
    /// A date or time, with the text that states it.
    Time(Mention, &'t str, usize),
    /// Anything else.
    Token(Token<'t>),
}

/// The tokens of `text`, those of a date taken together.
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let tokens = tokens(text);
    let mut found = Vec::new();
    let mut rest = tokens.as_slice();
    while let Some((first, others)) = rest.split_first() {
        match date_at(text, rest) {
            Some((mention, count)) => {
                let last = rest.get(count.saturating_sub(1)).unwrap_or(first);
                let written = text.get(first.start..last.end()).unwrap_or_default();
                found.push(Piece::Time(mention, written, first.start));
                rest = rest.get(count..).unwrap_or_default();
            }
            None => {
                found.push(Piece::Token(*first));
                rest = others;
            }
        }
    }
    found
}

#[cfg(test)]
#[path = "calendar_tests.rs"]
mod tests;
