//! How long an endpoint is waited for, and when it is asked again.
//!
//! Reads no wall clock: a `Retry-After` date is held against the same answer's `Date` header.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::time::Duration;

use chrono::{DateTime, NaiveDateTime, Utc};
use reqwest::header::{DATE, HeaderMap};
use tokio::time::Instant;

/// How long an endpoint is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// How often a request is repeated after it first failed.
    pub retries: u32,
    /// The wait before the first repetition; it doubles with each.
    pub base_delay: Duration,
    /// The longest single wait. An endpoint that asks for more is given up at once.
    pub longest_wait: Duration,
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// How long the endpoint may stay silent before and while it answers.
    pub silence_timeout: Duration,
    /// When the run ends, whatever is under way.
    pub deadline: Option<Instant>,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            retries: 3,
            base_delay: Duration::from_millis(500),
            longest_wait: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(10),
            silence_timeout: Duration::from_secs(300),
            deadline: None,
        }
    }
}

/// Why there is no point in waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoWait {
    /// The endpoint asks for more than one wait may take.
    #[error("it asks to wait {} s, and the longest wait is {} s", .asked.as_secs_f64(), .longest.as_secs_f64())]
    TooLong {
        /// What it asks for.
        asked: Duration,
        /// The longest wait.
        longest: Duration,
    },
    /// The run would be over.
    #[error("waiting {} s would pass the run's deadline", .0.as_secs_f64())]
    PastDeadline(Duration),
}

impl Patience {
    /// The wait before repetition `repetition` (from 0), given what the endpoint asked for.
    pub(super) fn wait(
        &self,
        repetition: u32,
        asked: Option<Duration>,
        now: Instant,
    ) -> Result<Duration, NoWait> {
        let wait = match asked {
            Some(asked) if asked > self.longest_wait => {
                let longest = self.longest_wait;
                return Err(NoWait::TooLong { asked, longest });
            }
            Some(asked) => asked,
            None => jittered(self.backoff(repetition), random_share()),
        };
        match self.deadline {
            Some(deadline) if now + wait >= deadline => Err(NoWait::PastDeadline(wait)),
            Some(_) | None => Ok(wait),
        }
    }

    fn backoff(&self, repetition: u32) -> Duration {
        let doubled = 2_u32.saturating_pow(repetition);
        self.base_delay
            .saturating_mul(doubled)
            .min(self.longest_wait)
    }
}

/// `delay` moved by up to a tenth either way; `share` is from 0 to 1.
fn jittered(delay: Duration, share: f64) -> Duration {
    delay.mul_f64(0.9 + 0.2 * share)
}

/// A number from 0 to 1 that differs between processes and calls. Nothing secret depends on it.
fn random_share() -> f64 {
    let drawn = RandomState::new().build_hasher().finish() >> 32;
    f64::from(u32::try_from(drawn).unwrap_or(0)) / f64::from(u32::MAX)
}

/// What an answer's headers ask to wait: milliseconds, seconds, fractions or a date, under the
/// usual names or those a gateway gives its upstream's.
pub(super) fn asked_wait(headers: &HeaderMap) -> Option<Duration> {
    const MILLISECONDS: [&str; 2] = ["retry-after-ms", "llm_provider-retry-after-ms"];
    const SECONDS: [&str; 2] = ["retry-after", "llm_provider-retry-after"];
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    MILLISECONDS
        .iter()
        .filter_map(|name| seconds(text(name)?).map(|wait| wait / 1000))
        .chain(SECONDS.iter().filter_map(|name| {
            let asked = text(name)?;
            seconds(asked).or_else(|| until(asked, text(DATE.as_str())?))
        }))
        .next()
}

fn seconds(text: &str) -> Option<Duration> {
    let number = text.parse::<f64>().ok()?;
    Duration::try_from_secs_f64(number).ok()
}

fn until(date: &str, answered_at: &str) -> Option<Duration> {
    let wait = http_date(date)?.signed_duration_since(http_date(answered_at)?);
    Some(wait.to_std().unwrap_or(Duration::ZERO))
}

/// The three forms of RFC 9110, section 5.6.7.
fn http_date(text: &str) -> Option<DateTime<Utc>> {
    let fixed = DateTime::parse_from_rfc2822(text).map(|date| date.to_utc());
    let obsolete = ["%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"];
    fixed.ok().or_else(|| {
        obsolete
            .iter()
            .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
            .map(|date| date.and_utc())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::{HeaderName, HeaderValue};

    fn asked(headers: &[(&'static str, &'static str)]) -> Option<Duration> {
        asked_wait(
            &headers
                .iter()
                .map(|&(name, value)| {
                    (
                        HeaderName::from_static(name),
                        HeaderValue::from_static(value),
                    )
                })
                .collect(),
        )
    }

    #[test]
    fn every_form_of_retry_after_is_read() {
        let date = ("date", "Sun, 06 Nov 1994 08:49:37 GMT");
        let ms = |n| Some(Duration::from_millis(n));
        for (headers, expected) in [
            (vec![("retry-after", "7")], ms(7000)),
            (vec![("retry-after", " 0.5 ")], ms(500)),
            (vec![("retry-after-ms", "50")], ms(50)),
            (vec![("retry-after-ms", "50"), ("retry-after", "7")], ms(50)),
            (vec![("llm_provider-retry-after", "2")], ms(2000)),
            (
                vec![("retry-after", "Sun, 06 Nov 1994 08:49:40 GMT"), date],
                ms(3000),
            ),
            (
                vec![("retry-after", "Sunday, 06-Nov-94 08:49:41 GMT"), date],
                ms(4000),
            ),
            (
                vec![("retry-after", "Sun Nov  6 08:49:42 1994"), date],
                ms(5000),
            ),
            (
                vec![("retry-after", "Sun, 06 Nov 1994 08:00:00 GMT"), date],
                ms(0),
            ),
            (vec![("retry-after", "Sun, 06 Nov 1994 08:49:40 GMT")], None),
            (vec![("retry-after", "-1")], None),
            (vec![("retry-after", "NaN")], None),
            (vec![("retry-after", "1e300")], None),
            (vec![("retry-after", "soon")], None),
            (vec![], None),
        ] {
            assert_eq!(asked(&headers), expected, "{headers:?}");
        }
    }

    #[tokio::test]
    async fn a_wait_is_bounded_by_the_cap_and_the_deadline() {
        let now = Instant::now();
        let patience = Patience {
            deadline: Some(now + Duration::from_secs(10)),
            ..Patience::default()
        };
        let secs = Duration::from_secs;
        assert_eq!(patience.wait(0, Some(secs(9)), now), Ok(secs(9)));
        assert_eq!(
            patience.wait(0, Some(secs(10)), now),
            Err(NoWait::PastDeadline(secs(10)))
        );
        assert_eq!(
            patience
                .wait(0, Some(secs(33)), now)
                .map_err(|e| e.to_string()),
            Err("it asks to wait 33 s, and the longest wait is 30 s".to_owned())
        );
    }

    #[test]
    fn backoff_doubles_up_to_the_cap_and_jitter_is_a_tenth() {
        let patience = Patience::default();
        let millis: Vec<u128> = [0, 1, 2, 9, 40]
            .map(|n| patience.backoff(n).as_millis())
            .to_vec();
        assert_eq!(millis, [500, 1000, 2000, 30_000, 30_000]);
        let second = Duration::from_secs(1);
        assert_eq!(jittered(second, 0.0), Duration::from_millis(900));
        assert_eq!(jittered(second, 1.0), Duration::from_millis(1100));
        let drawn: std::collections::BTreeSet<u64> =
            (0..20).map(|_| random_share().to_bits()).collect();
        assert!(drawn.len() > 1, "the same share twenty times");
    }
}
