//! The people whom a user may know: a member of the workspace knows all, a guest those with whom it shares a room.

use madang_hub::policy::rights::no_user;
use madang_hub::ports::PeopleRequest;
use madang_shared::people::{PAGE_PEOPLE, PeoplePage};
use madang_shared::{User, UserId};

use super::profile_rows;
use crate::error::StatementError;
use crate::transaction::{Transaction, values};

/// The condition that a user (`?1`) knows the user of the row. Service accounts and deactivated users are known to nobody.
macro_rules! is_known {
    () => {
        "users.deactivated_at IS NULL \
        AND NOT EXISTS (SELECT 1 FROM service_accounts WHERE service_accounts.user_id = users.id) \
        AND (EXISTS (SELECT 1 FROM users AS own WHERE own.id = ?1 AND own.role <> 'guest') \
            OR EXISTS (SELECT 1 FROM members AS own JOIN members AS their \
                ON their.room_id = own.room_id WHERE own.user_id = ?1 AND their.user_id = users.id))"
    };
}

/// A page of the people.
pub(crate) fn page(
    transaction: &dyn Transaction,
    reader: UserId,
    PeopleRequest { search_key, after }: &PeopleRequest,
) -> Result<PeoplePage, StatementError> {
    let after = match after {
        Some(user) => {
            require_known(transaction, reader, *user)?;
            let sql = "SELECT name_key FROM users WHERE id = ?1";
            transaction.one(sql, &values![user.0], |row| Ok(row.string(0)))?
        }
        None => String::new(),
    };
    let sql = concat!(
        "SELECT users.id, users.name FROM users WHERE users.id <> ?1 AND name_key > ?2 \
        AND (instr(name_key, ?3) > 0 OR EXISTS (SELECT 1 FROM profiles \
            WHERE profiles.user_id = users.id AND instr(display_key, ?3) > 0)) AND ",
        is_known!(),
        " ORDER BY name_key LIMIT ?4"
    );
    let limit = i64::try_from(PAGE_PEOPLE).unwrap_or(i64::MAX).saturating_add(1);
    let mut people = transaction.all(sql, &values![reader.0, after, search_key, limit], |row| {
        Ok(User { id: UserId(row.natural(0)?), name: row.string(1) })
    })?;
    let more = people.len() > PAGE_PEOPLE;
    people.truncate(PAGE_PEOPLE);
    let mut profiles = Vec::new();
    for user in &people {
        profiles.extend(profile_rows::find(transaction, user.id)?);
    }
    Ok(PeoplePage { people, profiles, more })
}

/// Refuses a user whom the reader may not know, as one who does not exist.
pub(super) fn require_known(
    transaction: &dyn Transaction,
    reader: UserId,
    user: UserId,
) -> Result<(), StatementError> {
    let sql = concat!("SELECT 1 FROM users WHERE users.id = ?2 AND ", is_known!());
    if transaction.exists(sql, &values![reader.0, user.0])? {
        Ok(())
    } else {
        Err(no_user().into())
    }
}
