//! The restrictions of people by moderators: silences and bans. Both end by themselves, by the time of the request.

use madang_shared::moderation::{Ban, Silence};
use madang_shared::{ErrorCode, Failure, Timestamp};

/// Decides a change that writes to others. `silences` are those of the author in the workspace and in the room of the
/// change. A silence ends by itself, so its end is compared with the time of the change.
///
/// # Errors
/// `forbidden`, with the end and the reason in a sentence for the author.
pub fn check_speech(silences: &[Silence], now: Timestamp) -> Result<(), Failure> {
    let lasting = silences.iter().filter(|silence| silence.until > now);
    lasting.max_by_key(|silence| silence.until).map_or(Ok(()), |silence| Err(silenced(silence)))
}

/// Decides whether a user may use its account, at all. A ban ends by itself.
///
/// # Errors
/// `forbidden`, with the end and the reason in a sentence for the user.
pub fn check_ban(ban: Option<&Ban>, now: Timestamp) -> Result<(), Failure> {
    match ban.filter(|ban| is_in_force(ban.until, now)) {
        None => Ok(()),
        Some(ban) => Err(banned(ban)),
    }
}

/// Whether a restriction with this end is in force; one without an end always is.
pub fn is_in_force(until: Option<Timestamp>, now: Timestamp) -> bool {
    until.is_none_or(|until| until > now)
}

fn silenced(silence: &Silence) -> Failure {
    let place = if silence.room.is_some() { "in this room" } else { "in this workspace" };
    let (until, reason) = (utc(silence.until), &silence.reason);
    let message = format!("You cannot write {place} until {until}. The reason: {reason}");
    Failure::new(ErrorCode::Forbidden, sentence(message))
}

fn banned(ban: &Ban) -> Failure {
    let until = ban.until.map(|until| format!(" until {}", utc(until))).unwrap_or_default();
    let message = format!("This account is banned{until}. The reason: {}", ban.reason);
    Failure::new(ErrorCode::Forbidden, sentence(message))
}

/// Ends a text of a user as a sentence.
fn sentence(text: String) -> String {
    if text.ends_with(['.', '!', '?']) { text } else { text + "." }
}

/// A time for people, in UTC: `2026-11-30 12:00 UTC`.
pub fn utc(at: Timestamp) -> String {
    const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
    let (days, minutes) = (at.0 / DAY_MS, at.0 % DAY_MS / 60_000);
    // The civil date of a day after 1970-01-01, after Howard Hinnant's `civil_from_days`: years begin in March.
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let (date, in_year) = (day - (153 * month + 2) / 5 + 1, month < 10);
    let month = if in_year { month + 3 } else { month - 9 };
    let year = year + era * 400 + u64::from(!in_year);
    format!("{year:04}-{month:02}-{date:02} {:02}:{:02} UTC", minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests {
    use madang_shared::RoomId;

    use super::*;

    #[test]
    fn times_are_written_in_utc() {
        for (at, expected) in [
            (0, "1970-01-01 00:00 UTC"),
            (951_782_340_000, "2000-02-28 23:59 UTC"),
            (951_782_400_000, "2000-02-29 00:00 UTC"),
            (951_868_800_000, "2000-03-01 00:00 UTC"),
            (1_767_225_599_000, "2025-12-31 23:59 UTC"),
            (1_767_225_600_000, "2026-01-01 00:00 UTC"),
        ] {
            assert_eq!(utc(Timestamp(at)), expected);
        }
    }

    #[test]
    fn a_silence_ends_exactly() {
        let silence =
            |room, until| Silence { room, until: Timestamp(until), reason: "spam".into() };
        let both = [silence(None, 10), silence(Some(RoomId(7)), 20)];
        assert_eq!(check_speech(&[], Timestamp(0)), Ok(()));
        let refused = |now| check_speech(&both, Timestamp(now)).unwrap_err();
        assert_eq!(refused(9), refused(19), "the last one to end is named");
        assert_eq!(
            refused(19).message,
            "You cannot write in this room until 1970-01-01 00:00 UTC. The reason: spam."
        );
        assert_eq!(check_speech(&both, Timestamp(20)), Ok(()));
        assert!(check_speech(&both[..1], Timestamp(9)).is_err());
        assert_eq!(check_speech(&both[..1], Timestamp(10)), Ok(()));
    }

    #[test]
    fn a_ban_ends_exactly_or_never() {
        let ban = |until: Option<u64>| Ban { until: until.map(Timestamp), reason: "spam!".into() };
        assert_eq!(check_ban(None, Timestamp(0)), Ok(()));
        assert!(check_ban(Some(&ban(Some(10))), Timestamp(9)).is_err());
        assert_eq!(check_ban(Some(&ban(Some(10))), Timestamp(10)), Ok(()));
        let forever = check_ban(Some(&ban(None)), Timestamp(u64::MAX)).unwrap_err();
        assert_eq!(forever.message, "This account is banned. The reason: spam!");
    }
}
