//! Profiles. The part that others see is in the details of each room of the user.

use madang_hub::policy::rights::Need;
use madang_hub::ports::TopicEvent;
use madang_hub::profiles::CheckedProfileChange;
use madang_shared::details::DetailsEvent;
use madang_shared::notices::InboxEvent;
use madang_shared::profile::{OwnProfile, Person, Profile, ProfileChange, QuietHours};
use madang_shared::{RoomId, Timestamp, Topic, UserId};

use super::{details_events, notices, people, profile_rows, rights, users};
use crate::error::StatementError;
use crate::transaction::{Transaction, values};

/// The whole profile of a user, for the user.
pub(crate) fn read_own(
    transaction: &dyn Transaction,
    user: UserId,
) -> Result<OwnProfile, StatementError> {
    rights::require(transaction, user, Need::Account)?;
    profile_rows::own(transaction, user)
}

/// A person whom the reader may know.
pub(crate) fn person(
    transaction: &dyn Transaction,
    reader: UserId,
    user: UserId,
) -> Result<Person, StatementError> {
    rights::require(transaction, reader, Need::Account)?;
    if reader != user {
        people::require_known(transaction, reader, user)?;
    }
    let OwnProfile { profile, language, .. } = profile_rows::own(transaction, user)?;
    let (user, role) = (users::find(transaction, user)?, rights::role(transaction, user)?);
    Ok(Person { user, role, profile, language })
}

/// Changes a profile.
pub(crate) fn change(
    transaction: &dyn Transaction,
    CheckedProfileChange { user, at, change }: CheckedProfileChange,
    appended: &mut Vec<TopicEvent>,
) -> Result<OwnProfile, StatementError> {
    rights::require(transaction, user, Need::Account)?;
    let before = profile_rows::own(transaction, user)?;
    let after = changed(before.clone(), change);
    if after == before {
        return Ok(after);
    }
    profile_rows::write(transaction, &after, at)?;
    if after.profile != before.profile {
        announce(transaction, &after.profile, at, appended)?;
    }
    if after.quiet != before.quiet {
        let event = InboxEvent::QuietHours(after.quiet.clone()).into();
        notices::append(transaction, Topic::Inbox(user), at, &event)?;
    }
    Ok(after)
}

fn changed(mut own: OwnProfile, change: ProfileChange) -> OwnProfile {
    let ProfileChange { name, status, time_zone, language, quiet } = change;
    let profile = &mut own.profile;
    profile.name = name.unwrap_or_else(|| profile.name.clone());
    if let Some(status) = status {
        (profile.emoji, profile.status, profile.until) = (status.emoji, status.text, status.until);
    }
    profile.time_zone = time_zone.unwrap_or_else(|| profile.time_zone.clone());
    own.language = language.unwrap_or(own.language);
    let zone = profile.time_zone.clone();
    let hours = match quiet {
        Some(hours) => Some((hours.from, hours.to)).filter(|(from, to)| from != to),
        None => own.quiet.map(|hours| (hours.from, hours.to)),
    };
    own.quiet = hours.map(|(from, to)| QuietHours { from, to, time_zone: zone });
    own
}

/// Appends the event of a profile to the details of each room of its user.
fn announce(
    transaction: &dyn Transaction,
    profile: &Profile,
    at: Timestamp,
    appended: &mut Vec<TopicEvent>,
) -> Result<(), StatementError> {
    // One order for all, in which the topics are locked.
    let sql = "SELECT room_id FROM members WHERE user_id = ?1 ORDER BY room_id";
    let rooms =
        transaction.all(sql, &values![profile.user.0], |row| Ok(RoomId(row.natural(0)?)))?;
    for room in rooms {
        let event = DetailsEvent::ProfileChanged(profile.clone());
        details_events::append(transaction, room, at, event, appended)?;
    }
    Ok(())
}
