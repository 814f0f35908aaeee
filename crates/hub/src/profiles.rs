//! Profiles: the checks of what a user says about itself, and the port by which the store keeps it.
//!
//! Profiles are changed over HTTP. The events about them are in the details of the rooms of the user and in the user's inbox.

use futures_util::future::BoxFuture;
use madang_shared::profile::{
    DAY_MINUTES, MAX_EMOJI_CHARS, MAX_LANGUAGE_CHARS, MAX_STATUS_CHARS, MAX_STATUS_MS,
    MAX_TIME_ZONE_CHARS, NewQuietHours, NewStatus, OwnProfile, Person, ProfileChange,
};
use madang_shared::{ErrorCode, Failure, Timestamp, UserId, validate};
use unicode_segmentation::UnicodeSegmentation;

use crate::names;
use crate::store_error::StoreError;

/// A checked change of a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedProfileChange {
    /// The user.
    pub user: UserId,
    /// The present time.
    pub at: Timestamp,
    /// The change. Its texts are normalized.
    pub change: ProfileChange,
}

impl CheckedProfileChange {
    /// Checks a change.
    ///
    /// # Errors
    /// `invalid`, `too_long` or `name_taken`, with a sentence for the user.
    pub fn new(user: UserId, change: ProfileChange, at: Timestamp) -> Result<Self, Failure> {
        let ProfileChange { name, status, time_zone, language, quiet } = change;
        let name = match name {
            Some(name) if name.trim().is_empty() => Some(String::new()),
            Some(name) => Some(names::display_name(&name)?),
            None => None,
        };
        if let Some(NewQuietHours { from, to }) = quiet
            && from.max(to) >= DAY_MINUTES
        {
            return Err(invalid("A time of the day is below 1440 minutes."));
        }
        let change = ProfileChange {
            name,
            status: status.map(|status| checked_status(status, at)).transpose()?,
            time_zone: time_zone.map(checked_time_zone).transpose()?,
            language: language.map(checked_language).transpose()?,
            quiet,
        };
        Ok(Self { user, at, change })
    }
}

fn checked_status(status: NewStatus, now: Timestamp) -> Result<NewStatus, Failure> {
    let NewStatus { emoji, text, until } = status;
    let text = if text.trim().is_empty() {
        String::new()
    } else {
        validate::one_line(&text, MAX_STATUS_CHARS, "A status")?
    };
    let emoji = emoji.trim().to_owned();
    if !emoji.is_empty() && !is_one_emoji(&emoji) {
        return Err(invalid(
            "The sign of a status is one emoji; put words into the status itself.",
        ));
    }
    if let Some(until) = until
        && (until <= now || until.since(now) > MAX_STATUS_MS)
    {
        return Err(invalid("A status ends in the future, within a year."));
    }
    // Without a status there is nothing that could end.
    let until = until.filter(|_| !(emoji.is_empty() && text.is_empty()));
    Ok(NewStatus { emoji, text, until })
}

/// Whether a text is one emoji, as it is seen: one grapheme cluster without letters.
fn is_one_emoji(text: &str) -> bool {
    let is_seen_as_one = text.graphemes(true).count() == 1;
    let is_keycap = text.ends_with('\u{20E3}');
    let begins_as_emoji = text.chars().next().is_some_and(|first| {
        matches!(first, '©' | '®' | '‼' | '⁉' | '™' | 'ℹ' | '〰' | '〽' | '㊗' | '㊙')
            || matches!(first, '\u{2190}'..='\u{21FF}' | '\u{2300}'..='\u{27BF}' | '\u{2900}'..='\u{297F}'
                | '\u{2B00}'..='\u{2BFF}' | '\u{1F000}'..='\u{1FAFF}')
            || (is_keycap && matches!(first, '0'..='9' | '#' | '*'))
    });
    let is_joined_of_emoji = !text.chars().any(char::is_alphabetic) || is_flag_or_letter(text);
    text.chars().count() <= MAX_EMOJI_CHARS
        && is_seen_as_one
        && begins_as_emoji
        && is_joined_of_emoji
        && validate::one_line(text, MAX_EMOJI_CHARS, "An emoji").is_ok()
}

/// Emoji of letters, such as flags and 🅰, are alphabetic to Unicode.
fn is_flag_or_letter(text: &str) -> bool {
    text.chars().filter(|c| c.is_alphabetic()).all(|c| matches!(c, '\u{1F100}'..='\u{1F1FF}' | 'ℹ'))
}

/// The database of IANA changes several times a year, and browsers bring it. So the form of a name is checked here, and a
/// browser that does not know the zone shows no local time.
fn checked_time_zone(zone: String) -> Result<String, Failure> {
    let parts = zone.split('/').count();
    let is_part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic())
            && part.chars().all(|c| c.is_ascii_alphanumeric() || "_+-".contains(c))
    };
    let is_name = parts <= 3 && zone.split('/').all(is_part);
    if zone.is_empty() || (zone.len() <= MAX_TIME_ZONE_CHARS && is_name) {
        Ok(zone)
    } else {
        Err(invalid("A time zone has a name such as `Asia/Seoul`."))
    }
}

fn checked_language(language: String) -> Result<String, Failure> {
    let is_part = |part: &str| {
        (1..=8).contains(&part.len()) && part.chars().all(|c| c.is_ascii_alphanumeric())
    };
    let is_tag =
        language.split('-').all(is_part) && language.starts_with(|c: char| c.is_ascii_alphabetic());
    if language.is_empty() || (language.len() <= MAX_LANGUAGE_CHARS && is_tag) {
        Ok(language)
    } else {
        Err(invalid("A language has a tag such as `ko` or `en-GB`."))
    }
}

fn invalid(message: &str) -> Failure {
    Failure::new(ErrorCode::Invalid, message)
}

/// The profiles of users.
pub trait Profiles: Send + Sync + 'static {
    /// The profile of a user, for the user.
    ///
    /// # Errors
    /// `not_found`; `forbidden` for a deactivated account.
    fn own_profile(&self, user: UserId) -> BoxFuture<'static, Result<OwnProfile, StoreError>>;

    /// Changes the profile of a user. A changed part that others see is an event in the details of each room of the user,
    /// changed quiet hours are one in the user's inbox. The same profile changes nothing.
    ///
    /// # Errors
    /// `not_found`; `forbidden` for a deactivated account.
    fn change_profile(
        &self,
        change: CheckedProfileChange,
    ) -> BoxFuture<'static, Result<OwnProfile, StoreError>>;

    /// A person whom a user may know, or the user.
    ///
    /// # Errors
    /// `not_found` for a person whom the reader may not know.
    fn person(
        &self,
        reader: UserId,
        person: UserId,
    ) -> BoxFuture<'static, Result<Person, StoreError>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_000);

    fn checked(change: ProfileChange) -> Result<ProfileChange, ErrorCode> {
        let checked = CheckedProfileChange::new(UserId(1), change, NOW);
        checked.map(|checked| checked.change).map_err(|refused| refused.code)
    }

    fn named(name: &str) -> Result<ProfileChange, ErrorCode> {
        checked(ProfileChange { name: Some(name.into()), ..ProfileChange::default() })
    }

    fn with_status(
        emoji: &str,
        text: &str,
        until: Option<u64>,
    ) -> Result<Option<NewStatus>, ErrorCode> {
        let (emoji, text) = (emoji.into(), text.into());
        let status = Some(NewStatus { emoji, text, until: until.map(Timestamp) });
        checked(ProfileChange { status, ..ProfileChange::default() }).map(|change| change.status)
    }

    #[test]
    fn a_display_name_follows_the_rules_of_names() {
        assert_eq!(named("  김  민수 ").unwrap().name.as_deref(), Some("김 민수"));
        assert_eq!(named(" ").unwrap().name.as_deref(), Some(""), "none");
        for (name, code) in [
            ("a\u{202E}b", ErrorCode::Invalid),
            ("a\u{200B}b", ErrorCode::Invalid),
            ("аdmin", ErrorCode::Invalid),
            ("\u{E000}", ErrorCode::Invalid),
            ("Admin", ErrorCode::NameTaken),
            ("관리자", ErrorCode::NameTaken),
        ] {
            assert_eq!(named(name), Err(code), "{name:?}");
        }
        assert_eq!(named(&"가".repeat(49)), Err(ErrorCode::TooLong));
    }

    #[test]
    fn a_status_has_one_emoji_and_an_end_in_the_future() {
        for emoji in ["🌴", "👩‍👩‍👧‍👦", "🇰🇷", "❤️", "1️⃣", "✈", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "👍🏽", "🅰️", "ℹ️"]
        {
            assert_eq!(with_status(emoji, "", None).unwrap().unwrap().emoji, emoji);
        }
        for emoji in ["a", "🌴🌴", "가", "1", "!", "🌴a", "\u{200D}", "a\u{20E3}"] {
            assert_eq!(with_status(emoji, "", None), Err(ErrorCode::Invalid), "{emoji:?}");
        }
        assert_eq!(with_status("", " 점심 ", None).unwrap().unwrap().text, "점심");
        assert_eq!(with_status("", &"x".repeat(81), None), Err(ErrorCode::TooLong));
        assert_eq!(with_status("", "x", Some(NOW.0)), Err(ErrorCode::Invalid));
        let too_far = NOW.0 + MAX_STATUS_MS + 1;
        assert_eq!(with_status("", "x", Some(too_far)), Err(ErrorCode::Invalid));
        assert_eq!(with_status("", "", Some(2_000)), Ok(Some(NewStatus::default())));
    }

    #[test]
    fn a_time_zone_a_language_and_hours_have_bounds() {
        let zone = |zone: &str| {
            checked(ProfileChange { time_zone: Some(zone.into()), ..ProfileChange::default() })
        };
        for good in ["", "UTC", "Asia/Seoul", "America/Argentina/Buenos_Aires", "Etc/GMT+9"] {
            assert!(zone(good).is_ok(), "{good}");
        }
        for bad in ["Asia/", "/Seoul", "../etc/passwd", "서울", "a b", "A/b/c/d", &"x".repeat(65)]
        {
            assert_eq!(zone(bad), Err(ErrorCode::Invalid), "{bad}");
        }
        let language = |tag: &str| {
            checked(ProfileChange { language: Some(tag.into()), ..ProfileChange::default() })
        };
        for good in ["", "ko", "en-GB", "zh-Hant-TW"] {
            assert!(language(good).is_ok(), "{good}");
        }
        for bad in ["한국어", "en_GB", "-", "1", &"x".repeat(36)] {
            assert_eq!(language(bad), Err(ErrorCode::Invalid), "{bad}");
        }
        let hours = |from, to| {
            let quiet = Some(NewQuietHours { from, to });
            checked(ProfileChange { quiet, ..ProfileChange::default() })
        };
        assert!(hours(0, DAY_MINUTES - 1).is_ok());
        assert_eq!(hours(DAY_MINUTES, 0), Err(ErrorCode::Invalid));
        assert_eq!(hours(0, DAY_MINUTES), Err(ErrorCode::Invalid));
    }
}
