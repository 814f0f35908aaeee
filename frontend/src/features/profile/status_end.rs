//! The ends of a status that the form offers.

use js_sys::Date;
use madang_shared::Timestamp;

use crate::browser;
use crate::i18n::Words;

const HALF_AN_HOUR_MS: u64 = 30 * 60 * 1_000;

/// The time at which a status ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum StatusEnd {
    /// As it is stored.
    Kept,
    Never,
    HalfAnHour,
    Today,
    Week,
}

impl StatusEnd {
    pub(super) const ALL: [Self; 5] =
        [Self::Kept, Self::Never, Self::HalfAnHour, Self::Today, Self::Week];

    pub(super) fn id(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Never => "never",
            Self::HalfAnHour => "half-hour",
            Self::Today => "today",
            Self::Week => "week",
        }
    }

    pub(super) fn words(self) -> Words {
        match self {
            Self::Kept => Words::new("그대로", "As it is"),
            Self::Never => Words::new("지우지 않기", "Never"),
            Self::HalfAnHour => Words::new("30분 뒤", "In 30 minutes"),
            Self::Today => Words::new("오늘이 끝날 때", "At the end of today"),
            Self::Week => Words::new("이번 주가 끝날 때", "At the end of this week"),
        }
    }

    /// The moment; none without an end. `stored` is the end of the stored status.
    pub(super) fn moment(self, stored: Option<Timestamp>) -> Option<Timestamp> {
        match self {
            Self::Kept => stored,
            Self::Never => None,
            Self::HalfAnHour => Some(browser::now().plus(HALF_AN_HOUR_MS)),
            Self::Today => Some(midnight_after(1)),
            Self::Week => {
                // A week ends on Sunday, as ISO 8601 has it.
                let weekday = today().get_day();
                Some(midnight_after(if weekday == 0 { 1 } else { 8 - weekday }))
            }
        }
    }
}

fn today() -> Date {
    Date::new(&browser::fine_clock().into())
}

/// The midnight at the beginning of a later day, in the time zone of the browser.
fn midnight_after(days: u32) -> Timestamp {
    let day = today();
    day.set_date(day.get_date() + days);
    day.set_hours(0);
    day.set_minutes(0);
    day.set_seconds(0);
    day.set_milliseconds(0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "milliseconds since 1970: below 2^53 and never negative"
    )]
    Timestamp(day.get_time() as u64)
}
