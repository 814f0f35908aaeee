//! When a notice of the operator's is due: every so many seconds, or at times of the day.

use std::fmt::Write as _;

use anyhow::{Context, Result, bail};
use madang_hub::notices::DueNotice;
use madang_shared::Timestamp;
use madang_shared::notices::NoticeContent;
use madang_shared::validate::message_text;
use serde::Deserialize;

const MS: u64 = 1_000;
const MINUTE: u64 = 60 * MS;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Schedules at most.
const MAX_SCHEDULES: usize = 32;
/// Times of the day that one schedule has at most.
const MAX_TIMES: usize = 48;
/// The longest time from one notice to the next, in seconds: four weeks.
const MAX_SECONDS: u64 = 28 * 24 * 3_600;
/// The furthest that any clock is from UTC is 14 hours.
const MAX_OFFSET_HOURS: u64 = 14;
/// Characters of a notice.
const MAX_CHARS: usize = 300;

/// What can be said in the file under `[[notices]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FileNotice {
    ko: String,
    en: String,
    every_seconds: Option<u64>,
    at: Option<Vec<String>>,
    utc_offset: Option<String>,
}

/// A notice and its times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Schedule {
    what: NoticeContent,
    times: Times,
    /// All of the above, which names it: another text or another time is another schedule.
    name: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Times {
    /// At every multiple of so many milliseconds since 1970, so that a restart changes nothing.
    Every(u64),
    /// At these milliseconds of each day that begins `ahead` milliseconds before UTC's does; ascending.
    Daily { at: Vec<u64>, ahead: i64 },
}

/// Reads the schedules.
///
/// # Errors
/// One sentence that says which of them is wrong, and how.
pub(crate) fn schedules(said: &[FileNotice]) -> Result<Vec<Schedule>> {
    if said.len() > MAX_SCHEDULES {
        bail!("there are {}; there may be {MAX_SCHEDULES} at most", said.len());
    }
    let mut schedules: Vec<Schedule> = Vec::new();
    for (number, said) in (1..).zip(said) {
        let schedule = Schedule::read(said).with_context(|| format!("notice {number}"))?;
        if schedules.contains(&schedule) {
            bail!("notice {number} is there twice");
        }
        schedules.push(schedule);
    }
    Ok(schedules)
}

impl Schedule {
    fn read(said: &FileNotice) -> Result<Self> {
        let (ko, en) = (sentence("ko", &said.ko)?, sentence("en", &said.en)?);
        let ahead = said.utc_offset.as_deref().map(offset).transpose()?;
        let times = match (said.every_seconds, &said.at) {
            (Some(_), None) if ahead.is_some() => {
                bail!("`utc_offset` goes with `at`; `every_seconds` is the same everywhere")
            }
            (Some(seconds @ 1..=MAX_SECONDS), None) => Times::Every(seconds * MS),
            (Some(seconds), None) => {
                bail!("`every_seconds` is {seconds}; it must be from 1 to {MAX_SECONDS}")
            }
            (None, Some(at)) if (1..=MAX_TIMES).contains(&at.len()) => {
                let at: Result<Vec<u64>> = at.iter().map(|at| time(at)).collect();
                let mut at = at?;
                at.sort_unstable();
                at.dedup();
                Times::Daily { at, ahead: ahead.unwrap_or(0) }
            }
            (None, Some(_)) => bail!("`at` needs from 1 to {MAX_TIMES} times"),
            (None, None) | (Some(_), Some(_)) => {
                bail!("say either `every_seconds` or `at`, and not both")
            }
        };
        let name = name(&ko, &en, &times);
        Ok(Self { what: NoticeContent::Scheduled { ko, en }, times, name })
    }

    /// What the store is to tell unless it did: the latest that was due by now.
    pub(super) fn due(&self, now: Timestamp) -> DueNotice {
        DueNotice::Scheduled {
            schedule: self.name.clone(),
            due: self.last(now),
            what: self.what.clone(),
        }
    }

    /// The last time that is not after now; the beginning of 1970 if there is none.
    fn last(&self, now: Timestamp) -> Timestamp {
        match &self.times {
            Times::Every(period) => Timestamp(now.0 - now.0 % period),
            Times::Daily { at, ahead } => {
                let (day, passed) = local(now, *ahead);
                let today = at.iter().rev().find(|at| **at <= passed).map(|at| day + at);
                let yesterday = || at.last().map(|at| day.saturating_sub(DAY) + at);
                utc(today.or_else(yesterday).unwrap_or(0), *ahead)
            }
        }
    }

    /// The first time after now.
    pub(super) fn next(&self, now: Timestamp) -> Timestamp {
        match &self.times {
            Times::Every(period) => self.last(now).plus(*period),
            Times::Daily { at, ahead } => {
                let (day, passed) = local(now, *ahead);
                let today = at.iter().find(|at| **at > passed).map(|at| day + at);
                let tomorrow = || at.first().map(|at| day + DAY + at);
                utc(today.or_else(tomorrow).unwrap_or(u64::MAX), *ahead)
            }
        }
    }
}

/// The local day's beginning, as if its clock were UTC's, and how much of it has passed.
fn local(now: Timestamp, ahead: i64) -> (u64, u64) {
    let local = now.0.saturating_add_signed(ahead);
    (local - local % DAY, local % DAY)
}

fn utc(local: u64, ahead: i64) -> Timestamp {
    Timestamp(local.saturating_add_signed(-ahead))
}

fn sentence(which: &str, text: &str) -> Result<String> {
    let text = match message_text(text) {
        Ok(text) if text.chars().count() <= MAX_CHARS => text,
        Ok(_) => bail!("`{which}` has at most {MAX_CHARS} characters"),
        Err(failure) => bail!("`{which}`: {}", failure.message.trim_end_matches('.')),
    };
    Ok(text)
}

/// `HH:MM`, as milliseconds of a day.
fn time(text: &str) -> Result<u64> {
    let known = hours_and_minutes(text).filter(|(hours, _)| *hours < 24);
    let (hours, minutes) = known
        .with_context(|| format!("`{text}` is no time of the day; write it as 09:30 or 18:00"))?;
    Ok(hours * HOUR + minutes * MINUTE)
}

/// `+HH:MM` or `-HH:MM`, as milliseconds.
fn offset(text: &str) -> Result<i64> {
    let wrong = || format!("`{text}` is no distance from UTC; write it as +09:00 or -05:00");
    let (sign, rest) = match text.split_at_checked(1) {
        Some(("+", rest)) => (1, rest),
        Some(("-", rest)) => (-1, rest),
        _ => bail!(wrong()),
    };
    let known = hours_and_minutes(rest).filter(|(hours, _)| *hours <= MAX_OFFSET_HOURS);
    let (hours, minutes) = known.with_context(wrong)?;
    Ok(sign * i64::try_from(hours * HOUR + minutes * MINUTE)?)
}

fn hours_and_minutes(text: &str) -> Option<(u64, u64)> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |digits: &str| {
        let two = digits.len() == 2 && digits.bytes().all(|digit| digit.is_ascii_digit());
        two.then(|| digits.parse().ok()).flatten()
    };
    Some((number(hours)?, number(minutes).filter(|minutes: &u64| *minutes < 60)?))
}

fn name(ko: &str, en: &str, times: &Times) -> String {
    let mut name = String::new();
    // Writing to a string does not fail.
    let _written = match times {
        Times::Every(period) => write!(name, "every {period}"),
        Times::Daily { at, ahead } => write!(name, "daily {at:?} {ahead}"),
    };
    format!("{name}\n{ko}\n{en}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Schedule>> {
        #[derive(Deserialize)]
        struct File {
            notices: Vec<FileNotice>,
        }
        schedules(&toml::from_str::<File>(text)?.notices)
    }

    fn one(times: &str) -> Schedule {
        let text = format!("[[notices]]\nko = \"점심\"\nen = \"Lunch\"\n{times}\n");
        read(&text).unwrap().remove(0)
    }

    #[track_caller]
    fn check(schedule: &Schedule, now: u64, last: u64, next: u64) {
        let now = Timestamp(now);
        assert_eq!((schedule.last(now), schedule.next(now)), (Timestamp(last), Timestamp(next)));
    }

    #[test]
    fn a_period_runs_from_1970_whenever_the_server_started() {
        let schedule = one("every_seconds = 10");
        check(&schedule, 0, 0, 10_000);
        check(&schedule, 9_999, 0, 10_000);
        check(&schedule, 10_000, 10_000, 20_000);
    }

    #[test]
    fn times_of_the_day_are_those_of_the_given_distance_from_utc() {
        let schedule = one("at = [\"18:30\", \"09:00\"]\nutc_offset = \"+09:00\"");
        // In Korea the day begins at 15:00 UTC.
        let day = 20_000 * DAY - 9 * HOUR;
        let (nine, evening) = (day + 9 * HOUR, day + 18 * HOUR + 30 * MINUTE);
        check(&schedule, day, evening - DAY, nine);
        check(&schedule, nine - 1, evening - DAY, nine);
        check(&schedule, nine, nine, evening);
        check(&schedule, evening, evening, nine + DAY);
        let west = one("at = [\"00:00\"]\nutc_offset = \"-05:00\"");
        let midnight = 20_000 * DAY + 5 * HOUR;
        check(&west, midnight - 1, midnight - DAY, midnight);
        check(&west, midnight, midnight, midnight + DAY);
    }

    #[test]
    fn another_text_or_time_is_another_schedule() {
        let name = |times| one(times).name;
        assert_eq!(name("at = [\"09:00\", \"10:00\"]"), name("at = [\"10:00\", \"09:00\"]"));
        assert_ne!(name("at = [\"09:00\"]"), name("at = [\"09:01\"]"));
        assert_ne!(name("at = [\"09:00\"]"), name("at = [\"09:00\"]\nutc_offset = \"+01:00\""));
        assert_ne!(name("every_seconds = 5"), name("every_seconds = 6"));
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        let entry = |times: &str| format!("[[notices]]\nko = \"가\"\nen = \"a\"\n{times}\n");
        let twice = entry("every_seconds = 5") + &entry("every_seconds = 5");
        let long =
            format!("[[notices]]\nko = \"{}\"\nen = \"a\"\nat = [\"09:00\"]", "가".repeat(301));
        for (text, expected) in [
            (entry(""), "say either"),
            (entry("every_seconds = 5\nat = [\"09:00\"]"), "say either"),
            (entry("every_seconds = 0"), "must be from 1 to"),
            (entry("every_seconds = 5\nutc_offset = \"+09:00\""), "goes with `at`"),
            (entry("at = []"), "needs from 1 to 48 times"),
            (entry("at = [\"9:00\"]"), "`9:00` is no time of the day"),
            (entry("at = [\"24:00\"]"), "`24:00` is no time of the day"),
            (entry("at = [\"09:60\"]"), "`09:60` is no time of the day"),
            (entry("at = [\"09:00\"]\nutc_offset = \"09:00\""), "no distance from UTC"),
            (entry("at = [\"09:00\"]\nutc_offset = \"+15:00\""), "no distance from UTC"),
            (entry("at = [\"09:00\"]\nutc_offset = \"\""), "no distance from UTC"),
            (twice, "notice 2 is there twice"),
            (long, "`ko` has at most 300 characters"),
            ("[[notices]]\nko = \" \"\nen = \"a\"\nat = [\"09:00\"]".into(), "`ko`"),
            (entry("every_seconds = 5").repeat(33), "33; there may be 32 at most"),
        ] {
            let error = format!("{:#}", read(&text).expect_err(expected));
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
