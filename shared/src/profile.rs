//! Profiles: how people show themselves, and the hours in which they do not want to be disturbed.
//!
//! The name of a user is the handle: it is unique, and others mention it. The display name is shown instead of it, may
//! repeat, and can change; the card of a person always shows both. The part that others see ([`Profile`]) reaches them by
//! the details of the rooms that they share ([`DetailsEvent::ProfileChanged`]), the hours reach the user's own devices by
//! the inbox ([`InboxEvent::QuietHours`]).
//!
//! [`DetailsEvent::ProfileChanged`]: crate::details::DetailsEvent::ProfileChanged
//! [`InboxEvent::QuietHours`]: crate::notices::InboxEvent::QuietHours

use serde::{Deserialize, Serialize};

use crate::ids::{Timestamp, User, UserId};
use crate::roles::Role;

/// Unicode scalar values in a display name.
pub const MAX_DISPLAY_NAME_CHARS: usize = 48;
/// Unicode scalar values in a status, without its emoji.
pub const MAX_STATUS_CHARS: usize = 80;
/// Unicode scalar values in one emoji: the longest families and flags have fewer.
pub const MAX_EMOJI_CHARS: usize = 16;
/// Characters in the name of a time zone.
pub const MAX_TIME_ZONE_CHARS: usize = 64;
/// Characters in the tag of a language.
pub const MAX_LANGUAGE_CHARS: usize = 35;
/// The longest life of a status, in milliseconds: a year.
pub const MAX_STATUS_MS: u64 = 366 * 24 * 60 * 60 * 1_000;
/// Minutes of a day. A time of the day is below it.
pub const DAY_MINUTES: u16 = 24 * 60;
/// Profiles in the details of a room: those that changed last. In a larger room, others are shown by their handle.
pub const MAX_LISTED_PROFILES: usize = 500;

/// The path of the user's own profile: `GET` an [`OwnProfile`], `POST` a [`ProfileChange`].
pub const PROFILE_PATH: &str = "/api/account/profile";

/// The part of a profile that others see. Empty texts are left out on the wire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Profile {
    /// The user.
    pub user: UserId,
    /// The display name; empty for a user who is shown by the handle.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// One emoji, which belongs to the status; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub emoji: String,
    /// The status; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub status: String,
    /// The time from which emoji and status are not shown any more; without an end if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// The name of the time zone in the database of IANA; empty if it is not known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub time_zone: String,
}

impl Profile {
    /// The profile of a user who has set nothing.
    pub fn blank(user: UserId) -> Self {
        Self {
            user,
            name: String::new(),
            emoji: String::new(),
            status: String::new(),
            until: None,
            time_zone: String::new(),
        }
    }

    /// The emoji and the status, unless they have ended; empty without them.
    pub fn status_at(&self, now: Timestamp) -> (&str, &str) {
        if self.until.is_some_and(|until| until <= now) {
            ("", "")
        } else {
            (&self.emoji, &self.status)
        }
    }
}

/// The hours of each day in which a user is not disturbed: no notification of the browser, and no sound. Notices are counted
/// all the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct QuietHours {
    /// The first minute of the day, in the time zone of the user.
    pub from: u16,
    /// The minute after the last one. If it is not after `from`, the hours last over midnight.
    pub to: u16,
    /// The time zone of the user; empty for that of the device.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub time_zone: String,
}

impl QuietHours {
    /// Whether a minute of the day belongs to the hours.
    pub fn contain(&self, minute: u16) -> bool {
        if self.from <= self.to {
            (self.from..self.to).contains(&minute)
        } else {
            minute >= self.from || minute < self.to
        }
    }
}

/// The answer to `GET` [`PROFILE_PATH`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnProfile {
    /// The part that others see.
    pub profile: Profile,
    /// The language of the user: a language tag (BCP 47); empty if it is not known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub language: String,
    /// The hours in which the user is not disturbed; none without such hours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet: Option<QuietHours>,
}

/// A status with its emoji.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewStatus {
    /// See [`Profile::emoji`].
    #[serde(default)]
    pub emoji: String,
    /// See [`Profile::status`].
    #[serde(default)]
    pub text: String,
    /// See [`Profile::until`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// Times of the day from which [`QuietHours`] are made. Equal times mean that there are no such hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewQuietHours {
    /// See [`QuietHours::from`].
    pub from: u16,
    /// See [`QuietHours::to`].
    pub to: u16,
}

/// The body of `POST` [`PROFILE_PATH`]. A field that is left out stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProfileChange {
    /// The display name; an empty one removes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The status; an empty one removes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<NewStatus>,
    /// The time zone; an empty one removes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// The language; an empty one removes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// The hours in which the user is not disturbed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quiet: Option<NewQuietHours>,
}

/// A person, as the card shows it. This is the body of the answer at [`person_path`](crate::people::person_path).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The user, with the handle.
    pub user: User,
    /// The role in the workspace.
    pub role: Role,
    /// The profile.
    pub profile: Profile,
    /// See [`OwnProfile::language`].
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub language: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(from: u16, to: u16) -> QuietHours {
        QuietHours { from, to, time_zone: String::new() }
    }

    #[test]
    fn quiet_hours_may_last_over_midnight() {
        let night = hours(22 * 60, 7 * 60);
        for (minute, is_quiet) in
            [(22 * 60 - 1, false), (22 * 60, true), (0, true), (7 * 60 - 1, true), (7 * 60, false)]
        {
            assert_eq!(night.contain(minute), is_quiet, "{minute}");
        }
        let noon = hours(12 * 60, 13 * 60);
        for (minute, is_quiet) in
            [(12 * 60 - 1, false), (12 * 60, true), (13 * 60 - 1, true), (13 * 60, false)]
        {
            assert_eq!(noon.contain(minute), is_quiet, "{minute}");
        }
    }

    #[test]
    fn a_status_ends() {
        let status = Profile {
            emoji: "🌴".into(),
            status: "away".into(),
            until: Some(Timestamp(10)),
            ..Profile::blank(UserId(1))
        };
        assert_eq!(status.status_at(Timestamp(9)), ("🌴", "away"));
        assert_eq!(status.status_at(Timestamp(10)), ("", ""));
        assert_eq!(Profile { until: None, ..status }.status_at(Timestamp(10)), ("🌴", "away"));
    }
}
