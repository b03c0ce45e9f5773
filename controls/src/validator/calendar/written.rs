//! The forms that dates and times are written in.

use std::sync::LazyLock;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};
use regex::{Captures, Regex};

use super::{Clock, Mention, Moment, Precision};
use crate::validator::token::Token;

/// The date or time that a single token states.
pub(in crate::validator) fn single(token: &str) -> Option<Mention> {
    numeric_day(token).or_else(|| moment(token)).or_else(|| {
        clock(token).map(|read| read.map_or(Mention::Impossible, |(clock, _)| Mention::Time(clock)))
    })
}

/// The date or time that starts a row of tokens, and how many of them it takes.
pub(super) fn date_at(text: &str, rest: &[Token<'_>]) -> Option<(Mention, usize)> {
    let first = rest.first()?;
    let joined = |at: usize| -> Option<&str> {
        let (before, next) = (rest.get(at.checked_sub(1)?)?, rest.get(at)?);
        let gap = text.get(before.end()..next.start)?;
        let close = gap.len() <= 4 && gap.chars().all(|c| c.is_whitespace() || ",.".contains(c));
        close.then_some(next.text)
    };
    if let Some(Mention::Day(days)) = numeric_day(first.text) {
        return Some(with_clock(&days, joined(1)).unwrap_or((Mention::Day(days), 1)));
    }
    single(first.text)
        .map(|mention| (mention, 1))
        .or_else(|| day_month(first.text, &joined))
        .or_else(|| month_day(first.text, &joined))
}

/// "2026-03-02 10:00Z": the time belongs to the day before it.
fn with_clock(days: &[NaiveDate], next: Option<&str>) -> Option<(Mention, usize)> {
    let (clock, offset) = clock(next?)??;
    let day = *days.first()?;
    let utc = offset.and_then(|offset| to_utc(day, clock.time, &offset));
    Some((Mention::Moment(Moment { day, clock, utc }), 2))
}

/// "2 March 2026", "2nd of March 2026", "2 March".
fn day_month<'t>(
    first: &str,
    next: &impl Fn(usize) -> Option<&'t str>,
) -> Option<(Mention, usize)> {
    let day = day_number(first)?;
    let at = if next(1) == Some("of") { 2 } else { 1 };
    let name = next(at)?;
    let month = month_number(name)?;
    match next(at + 1).and_then(year_number) {
        Some(year) => Some((day_or_impossible(year, month, day), at + 2)),
        None if name == "may" || name == "march" => None,
        None => Some((Mention::DayOfMonth(month, day), at + 1)),
    }
}

/// "March 2, 2026", "March 2026", "March 2".
fn month_day<'t>(
    first: &str,
    next: &impl Fn(usize) -> Option<&'t str>,
) -> Option<(Mention, usize)> {
    let month = month_number(first)?;
    if let Some(year) = next(1).and_then(year_number) {
        return Some((Mention::Month(year, month), 2));
    }
    let day = next(1).and_then(day_number)?;
    match next(2).and_then(year_number) {
        Some(year) => Some((day_or_impossible(year, month, day), 3)),
        // "they may 2 …" is no date.
        None if first == "may" || first == "march" => None,
        None => Some((Mention::DayOfMonth(month, day), 2)),
    }
}

fn day_or_impossible(year: i32, month: u32, day: u32) -> Mention {
    NaiveDate::from_ymd_opt(year, month, day)
        .map_or(Mention::Impossible, |day| Mention::Day(vec![day]))
}

fn day_number(token: &str) -> Option<u32> {
    let digits = ["st", "nd", "rd", "th"]
        .into_iter()
        .find_map(|suffix| token.strip_suffix(suffix))
        .unwrap_or(token);
    let short = digits.len() <= 2 && digits.bytes().all(|b| b.is_ascii_digit());
    digits
        .parse()
        .ok()
        .filter(|day| short && (1..=31).contains(day))
}

fn year_number(token: &str) -> Option<i32> {
    let plain = token.len() == 4 && token.bytes().all(|b| b.is_ascii_digit());
    token
        .parse()
        .ok()
        .filter(|year| plain && (1900..2200).contains(year))
}

fn month_number(token: &str) -> Option<u32> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let name = token.to_ascii_lowercase();
    (1_u32..)
        .zip(MONTHS)
        .find(|(_, month)| {
            *month == name
                || month.get(..3) == Some(name.as_str())
                || (name == "sept" && *month == "september")
        })
        .map(|(number, _)| number)
}

static ISO_DAY: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^(\d{4})([-/])(\d{1,2})[-/](\d{1,2})$").ok());
static ISO_MONTH: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^(\d{4})-(\d{2})$").ok());
static DAY_FIRST: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^(\d{1,2})([./])(\d{1,2})[./](\d{4})$").ok());
static NAMED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^(\d{1,2})-([A-Za-z]{3,9})-(\d{4})$").ok());
static CLOCK: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"^([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(\.[0-9]{1,9})?)?(Z|z|[+-][0-9]{2}:?[0-9]{2})?$",
    )
    .ok()
});

fn captures<'t>(pattern: &LazyLock<Option<Regex>>, token: &'t str) -> Option<Captures<'t>> {
    pattern.as_ref()?.captures(token)
}

fn number<T: std::str::FromStr>(found: &Captures<'_>, at: usize) -> Option<T> {
    found.get(at)?.as_str().parse().ok()
}

fn numeric_day(token: &str) -> Option<Mention> {
    if !token.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if let Some(found) = captures(&ISO_DAY, token) {
        return Some(day_or_impossible(
            number(&found, 1)?,
            number(&found, 3)?,
            number(&found, 4)?,
        ));
    }
    if let Some(found) = captures(&ISO_MONTH, token) {
        let (year, month) = (year_number(found.get(1)?.as_str())?, number(&found, 2)?);
        return (1..=12)
            .contains(&month)
            .then_some(Mention::Month(year, month));
    }
    if let Some(found) = captures(&NAMED, token) {
        let month = month_number(found.get(2)?.as_str())?;
        return Some(day_or_impossible(
            number(&found, 3)?,
            month,
            number(&found, 1)?,
        ));
    }
    let found = captures(&DAY_FIRST, token)?;
    let (a, b, year) = (number(&found, 1)?, number(&found, 3)?, number(&found, 4)?);
    let day_first = NaiveDate::from_ymd_opt(year, b, a);
    // With slashes, the month may come first.
    let month_first = NaiveDate::from_ymd_opt(year, a, b)
        .filter(|_| found.get(2).is_some_and(|c| c.as_str() == "/"));
    let days: Vec<NaiveDate> = [day_first, month_first].into_iter().flatten().collect();
    Some(if days.is_empty() {
        Mention::Impossible
    } else {
        Mention::Day(days)
    })
}

/// "2026-03-02T10:00:00Z".
fn moment(token: &str) -> Option<Mention> {
    let (day, time) = token.split_once(['T', 't'])?;
    let Mention::Day(days) = captures(&ISO_DAY, day).and_then(|_| numeric_day(day))? else {
        return Some(Mention::Impossible);
    };
    let day = *days.first()?;
    Some(match clock(time)? {
        Some((clock, offset)) => {
            let utc = offset.and_then(|offset| to_utc(day, clock.time, &offset));
            Mention::Moment(Moment { day, clock, utc })
        }
        None => Mention::Impossible,
    })
}

/// "10:00", "10:00:05.25Z", "10:00+01:00", with the offset where there is one.
/// `Some(None)` where it has that form and is no time.
fn clock(token: &str) -> Option<Option<(Clock, Option<String>)>> {
    let found = captures(&CLOCK, token)?;
    let fraction = found.get(4).map_or("", |fraction| fraction.as_str());
    let second = found.get(3).map_or("00", |second| second.as_str());
    let (hour, minute) = (found.get(1)?.as_str(), found.get(2)?.as_str());
    let precision = match (found.get(3), found.get(4)) {
        (None, _) => Precision::Minute,
        (Some(_), None) => Precision::Second,
        (Some(_), Some(_)) => Precision::Exact,
    };
    let time = NaiveTime::parse_from_str(
        &format!("{hour}:{minute}:{second}{fraction}"),
        "%H:%M:%S%.f",
    )
    .ok();
    let offset = found.get(5).map(|offset| offset.as_str().to_owned());
    Some(time.map(|time| (Clock { time, precision }, offset)))
}

fn to_utc(day: NaiveDate, time: NaiveTime, offset: &str) -> Option<NaiveDateTime> {
    let offset = match offset {
        "Z" | "z" => "+00:00".to_owned(),
        _ if offset.contains(':') => offset.to_owned(),
        _ => format!("{}:{}", offset.get(..3)?, offset.get(3..)?),
    };
    let written = format!("{day}T{}{offset}", time.format("%H:%M:%S%.f"));
    DateTime::parse_from_rfc3339(&written)
        .ok()
        .map(|at| at.naive_utc())
}
