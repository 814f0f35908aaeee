//! Schedules of the operator's notices: a period, or times of the day.

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

/// The limit of schedules.
const MAX_SCHEDULES: usize = 32;
/// The limit of times of one schedule.
const MAX_TIMES: usize = 48;
/// The longest period, in seconds: four weeks.
const MAX_SECONDS: u64 = 28 * 24 * 3_600;
/// No time zone is further than 14 hours from UTC.
const MAX_OFFSET_HOURS: u64 = 14;
/// The limit of characters of a notice.
const MAX_CHARS: usize = 300;

/// A table `[[notices]]` of the file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScheduleTable {
    ko: String,
    en: String,
    every_seconds: Option<u64>,
    at: Option<Vec<String>>,
    utc_offset: Option<String>,
}

/// A notice with its times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Schedule {
    content: NoticeContent,
    times: Times,
    /// Identifies the schedule in the store: text and times, so a change of either makes a new
    /// schedule.
    name: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Times {
    /// At every multiple of this many milliseconds since 1970, so that a restart changes nothing.
    Every(u64),
    /// At these milliseconds of each day, ascending. The day begins `offset` milliseconds before
    /// that of UTC.
    Daily { at: Vec<u64>, offset: i64 },
}

/// Parses the schedules.
///
/// # Errors
/// One sentence that names the invalid schedule, and says how to correct it.
pub(crate) fn schedules(tables: &[ScheduleTable]) -> Result<Vec<Schedule>> {
    if tables.len() > MAX_SCHEDULES {
        bail!("there are {} schedules; the limit is {MAX_SCHEDULES}", tables.len());
    }
    let mut schedules: Vec<Schedule> = Vec::new();
    for (number, table) in (1..).zip(tables) {
        let schedule = Schedule::from_table(table).with_context(|| format!("notice {number}"))?;
        if schedules.contains(&schedule) {
            bail!("notice {number} repeats an earlier one; remove it");
        }
        schedules.push(schedule);
    }
    Ok(schedules)
}

impl Schedule {
    fn from_table(table: &ScheduleTable) -> Result<Self> {
        let (ko, en) = (sentence("ko", &table.ko)?, sentence("en", &table.en)?);
        let offset = table.utc_offset.as_deref().map(utc_offset).transpose()?;
        let times = match (table.every_seconds, &table.at) {
            (Some(_), None) if offset.is_some() => {
                bail!("`utc_offset` has no effect on `every_seconds`; remove it, or use `at`")
            }
            (Some(seconds @ 1..=MAX_SECONDS), None) => Times::Every(seconds * MS),
            (Some(seconds), None) => {
                bail!("`every_seconds` is {seconds}; it must be from 1 to {MAX_SECONDS}")
            }
            (None, Some(at)) if (1..=MAX_TIMES).contains(&at.len()) => {
                let at: Result<Vec<u64>> = at.iter().map(|at| time_of_day(at)).collect();
                let mut at = at?;
                at.sort_unstable();
                at.dedup();
                Times::Daily { at, offset: offset.unwrap_or(0) }
            }
            (None, Some(_)) => bail!("`at` needs from 1 to {MAX_TIMES} times"),
            (None, None) | (Some(_), Some(_)) => {
                bail!("set either `every_seconds` or `at`, not both")
            }
        };
        let name = name(&ko, &en, &times);
        Ok(Self { content: NoticeContent::Scheduled { ko, en }, times, name })
    }

    /// The most recent due notice, which the store sends unless it did.
    pub(super) fn due(&self, now: Timestamp) -> DueNotice {
        DueNotice::Scheduled {
            schedule: self.name.clone(),
            due: self.previous(now),
            what: self.content.clone(),
        }
    }

    /// The last time up to now; the beginning of 1970 if there is none.
    fn previous(&self, now: Timestamp) -> Timestamp {
        match &self.times {
            Times::Every(period) => Timestamp(now.0 - now.0 % period),
            Times::Daily { at, offset } => {
                let (day, passed) = local(now, *offset);
                let today = at.iter().rev().find(|at| **at <= passed).map(|at| day + at);
                let yesterday = || at.last().map(|at| day.saturating_sub(DAY) + at);
                utc(today.or_else(yesterday).unwrap_or(0), *offset)
            }
        }
    }

    /// The first time after now.
    pub(super) fn next(&self, now: Timestamp) -> Timestamp {
        match &self.times {
            Times::Every(period) => self.previous(now).plus(*period),
            Times::Daily { at, offset } => {
                let (day, passed) = local(now, *offset);
                let today = at.iter().find(|at| **at > passed).map(|at| day + at);
                let tomorrow = || at.first().map(|at| day + DAY + at);
                utc(today.or_else(tomorrow).unwrap_or(u64::MAX), *offset)
            }
        }
    }
}

/// The beginning of the local day, on a clock that counts like UTC, and the time since then.
fn local(now: Timestamp, offset: i64) -> (u64, u64) {
    let local = now.0.saturating_add_signed(offset);
    (local - local % DAY, local % DAY)
}

fn utc(local: u64, offset: i64) -> Timestamp {
    Timestamp(local.saturating_add_signed(-offset))
}

fn sentence(language: &str, text: &str) -> Result<String> {
    let text = match message_text(text) {
        Ok(text) if text.chars().count() <= MAX_CHARS => text,
        Ok(_) => bail!("`{language}` is too long; the limit is {MAX_CHARS} characters"),
        Err(failure) => bail!("`{language}`: {}", failure.message.trim_end_matches('.')),
    };
    Ok(text)
}

/// `HH:MM`, as milliseconds of a day.
fn time_of_day(text: &str) -> Result<u64> {
    let valid = hours_and_minutes(text).filter(|(hours, _)| *hours < 24);
    let (hours, minutes) = valid.with_context(|| {
        format!("`{text}` is not a time of the day; write it as 09:30 or 18:00")
    })?;
    Ok(hours * HOUR + minutes * MINUTE)
}

/// `+HH:MM` or `-HH:MM`, as milliseconds.
fn utc_offset(text: &str) -> Result<i64> {
    let invalid = || format!("`{text}` is not an offset from UTC; write it as +09:00 or -05:00");
    let (sign, rest) = match text.split_at_checked(1) {
        Some(("+", rest)) => (1, rest),
        Some(("-", rest)) => (-1, rest),
        _ => bail!(invalid()),
    };
    let valid = hours_and_minutes(rest).filter(|(hours, _)| *hours <= MAX_OFFSET_HOURS);
    let (hours, minutes) = valid.with_context(invalid)?;
    Ok(sign * i64::try_from(hours * HOUR + minutes * MINUTE)?)
}

fn hours_and_minutes(text: &str) -> Option<(u64, u64)> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |digits: &str| {
        let is_valid = digits.len() == 2 && digits.bytes().all(|digit| digit.is_ascii_digit());
        is_valid.then(|| digits.parse().ok()).flatten()
    };
    Some((number(hours)?, number(minutes).filter(|minutes: &u64| *minutes < 60)?))
}

fn name(ko: &str, en: &str, times: &Times) -> String {
    let times = match times {
        Times::Every(period) => format!("every {period}"),
        Times::Daily { at, offset } => format!("daily {at:?} {offset}"),
    };
    format!("{times}\n{ko}\n{en}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Vec<Schedule>> {
        #[derive(Deserialize)]
        struct File {
            notices: Vec<ScheduleTable>,
        }
        schedules(&toml::from_str::<File>(text)?.notices)
    }

    fn one(times: &str) -> Schedule {
        let text = format!("[[notices]]\nko = \"점심\"\nen = \"Lunch\"\n{times}\n");
        parse(&text).unwrap().remove(0)
    }

    #[track_caller]
    fn check(schedule: &Schedule, now: u64, previous: u64, next: u64) {
        let now = Timestamp(now);
        assert_eq!(
            (schedule.previous(now), schedule.next(now)),
            (Timestamp(previous), Timestamp(next))
        );
    }

    #[test]
    fn a_period_runs_from_1970_whenever_the_server_started() {
        let schedule = one("every_seconds = 10");
        check(&schedule, 0, 0, 10_000);
        check(&schedule, 9_999, 0, 10_000);
        check(&schedule, 10_000, 10_000, 20_000);
    }

    #[test]
    fn times_of_the_day_use_the_offset_from_utc() {
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
    fn invalid_schedules_are_refused() {
        let entry = |times: &str| format!("[[notices]]\nko = \"가\"\nen = \"a\"\n{times}\n");
        let twice = entry("every_seconds = 5") + &entry("every_seconds = 5");
        let long =
            format!("[[notices]]\nko = \"{}\"\nen = \"a\"\nat = [\"09:00\"]", "가".repeat(301));
        for (text, expected) in [
            (entry(""), "set either"),
            (entry("every_seconds = 5\nat = [\"09:00\"]"), "set either"),
            (entry("every_seconds = 0"), "must be from 1 to"),
            (
                entry("every_seconds = 5\nutc_offset = \"+09:00\""),
                "has no effect on `every_seconds`",
            ),
            (entry("at = []"), "needs from 1 to 48 times"),
            (entry("at = [\"9:00\"]"), "`9:00` is not a time of the day"),
            (entry("at = [\"24:00\"]"), "`24:00` is not a time of the day"),
            (entry("at = [\"09:60\"]"), "`09:60` is not a time of the day"),
            (entry("at = [\"09:00\"]\nutc_offset = \"09:00\""), "not an offset from UTC"),
            (entry("at = [\"09:00\"]\nutc_offset = \"+15:00\""), "not an offset from UTC"),
            (entry("at = [\"09:00\"]\nutc_offset = \"\""), "not an offset from UTC"),
            (twice, "notice 2 repeats an earlier one"),
            (long, "`ko` is too long; the limit is 300 characters"),
            ("[[notices]]\nko = \" \"\nen = \"a\"\nat = [\"09:00\"]".into(), "`ko`"),
            (entry("every_seconds = 5").repeat(33), "there are 33 schedules; the limit is 32"),
        ] {
            let error = format!("{:#}", parse(&text).expect_err(expected));
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
