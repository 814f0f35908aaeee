//! The rows of profiles. Details, inboxes and lists of people read them.

use madang_hub::policy;
use madang_shared::profile::{MAX_LISTED_PROFILES, OwnProfile, Profile, QuietHours};
use madang_shared::{RoomId, Timestamp, UserId};

use crate::error::StatementError;
use crate::transaction::{Row, Transaction, values};

/// The columns that [`public`] reads, from the first one on.
macro_rules! public_columns {
    () => {
        "profiles.user_id, display_name, emoji, status, status_until, time_zone"
    };
}

/// Reads the columns of `public_columns!`.
fn public(row: &Row<'_>) -> Result<Profile, StatementError> {
    Ok(Profile {
        user: UserId(row.natural(0)?),
        name: row.string(1),
        emoji: row.string(2),
        status: row.string(3),
        until: row.optional_natural(4)?.map(Timestamp),
        time_zone: row.string(5),
    })
}

/// The public part of a profile; `None` for a user who has set nothing.
pub(super) fn find(
    transaction: &dyn Transaction,
    user: UserId,
) -> Result<Option<Profile>, StatementError> {
    let sql = concat!("SELECT ", public_columns!(), " FROM profiles WHERE user_id = ?1");
    let found = transaction.optional(sql, &values![user.0], public)?;
    Ok(found.filter(|profile| *profile != Profile::blank(user)))
}

/// The profiles of the members of a room who have set one; those that changed last.
pub(super) fn of_room(
    transaction: &dyn Transaction,
    room: RoomId,
) -> Result<Vec<Profile>, StatementError> {
    let sql = concat!(
        "SELECT ",
        public_columns!(),
        " FROM members JOIN profiles ON profiles.user_id = members.user_id \
        WHERE members.room_id = ?1 \
        AND (display_name <> '' OR emoji <> '' OR status <> '' OR time_zone <> '') \
        ORDER BY changed_at DESC, profiles.user_id LIMIT ?2"
    );
    transaction.all(sql, &values![room.0, MAX_LISTED_PROFILES as u64], public)
}

/// The hours in which a user is not disturbed.
pub(super) fn quiet_hours(
    transaction: &dyn Transaction,
    user: UserId,
) -> Result<Option<QuietHours>, StatementError> {
    Ok(own(transaction, user)?.quiet)
}

/// The whole profile of a user.
pub(super) fn own(
    transaction: &dyn Transaction,
    user: UserId,
) -> Result<OwnProfile, StatementError> {
    let sql = concat!(
        "SELECT ",
        public_columns!(),
        ", language, quiet_from, quiet_to FROM profiles WHERE user_id = ?1"
    );
    let found = transaction.optional(sql, &values![user.0], |row| {
        let profile = public(row)?;
        let minute = |minutes| u16::try_from(minutes).unwrap_or_default();
        let (from, to) = (minute(row.natural(7)?), minute(row.natural(8)?));
        let quiet = QuietHours { from, to, time_zone: profile.time_zone.clone() };
        let quiet = (from != to).then_some(quiet);
        Ok::<_, StatementError>(OwnProfile { profile, language: row.string(6), quiet })
    })?;
    let blank =
        || OwnProfile { profile: Profile::blank(user), language: String::new(), quiet: None };
    Ok(found.unwrap_or_else(blank))
}

/// Stores a profile.
pub(super) fn write(
    transaction: &dyn Transaction,
    OwnProfile { profile, language, quiet }: &OwnProfile,
    at: Timestamp,
) -> Result<(), StatementError> {
    let (from, to) = quiet.as_ref().map_or((0, 0), |hours| (hours.from, hours.to));
    let sql = "INSERT INTO profiles (user_id, display_name, display_key, emoji, status, status_until, \
        time_zone, language, quiet_from, quiet_to, changed_at) \
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) \
        ON CONFLICT (user_id) DO UPDATE SET display_name = excluded.display_name, \
        display_key = excluded.display_key, emoji = excluded.emoji, status = excluded.status, \
        status_until = excluded.status_until, time_zone = excluded.time_zone, \
        language = excluded.language, quiet_from = excluded.quiet_from, \
        quiet_to = excluded.quiet_to, changed_at = excluded.changed_at";
    transaction.execute(
        sql,
        &values![
            profile.user.0,
            &profile.name,
            policy::name_key(&profile.name),
            &profile.emoji,
            &profile.status,
            profile.until.map(|until| until.0),
            &profile.time_zone,
            language,
            from,
            to,
            at.0
        ],
    )?;
    Ok(())
}
