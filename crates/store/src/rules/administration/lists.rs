//! The people and the rooms, as administrators see them.

use madang_hub::administration::PeopleFilter;
use madang_shared::administration::{
    AccountsPage, ListedPerson, PAGE_ADMINISTERED, RoomSize, RoomSizesPage,
};
use madang_shared::grants::Grants;
use madang_shared::health::AccountState;
use madang_shared::roles::{Role, RoomKind};
use madang_shared::{RoomId, Timestamp, User, UserId};

use crate::error::StatementError;
use crate::rules::grants;
use crate::rules::moderation::bans;
use crate::transaction::{Row, Transaction, values};

/// The managers of one room that are listed.
const LISTED_MANAGERS: usize = 3;

/// A page of the people by id, without service accounts.
pub(crate) fn list_accounts(
    transaction: &dyn Transaction,
    filter: &PeopleFilter,
) -> Result<AccountsPage, StatementError> {
    let sql = "SELECT id, name, role, made_at, deactivated_at, \
        (SELECT count(*) FROM sessions WHERE user_id = users.id), \
        (SELECT max(coalesce(last_used_at, made_at)) FROM sessions WHERE user_id = users.id), \
        coalesce((SELECT display_name FROM profiles WHERE user_id = users.id), ''), \
        account_bans.ends_at, account_bans.reason, silences.ends_at \
        FROM users LEFT JOIN account_bans ON account_bans.user_id = users.id \
        LEFT JOIN silences ON silences.user_id = users.id AND silences.room_id = 0 \
        WHERE id > ?1 AND (instr(name_key, ?2) > 0 OR EXISTS (SELECT 1 FROM profiles \
            WHERE profiles.user_id = users.id AND instr(display_key, ?2) > 0)) \
        AND erased_at IS NULL AND (role = ?4 OR ?4 = '') \
        AND (CASE WHEN deactivated_at IS NULL THEN 'active' ELSE 'deactivated' END = ?5 OR ?5 = '') \
        AND NOT EXISTS (SELECT 1 FROM service_accounts WHERE user_id = users.id) \
        ORDER BY id LIMIT ?3";
    let after = filter.after.map_or(0, |user| user.0);
    let limit = PAGE_ADMINISTERED as u64 + 1;
    let role = filter.role.map_or("", Role::name);
    let state = filter.state.map_or("", AccountState::name);
    let values = values![after, filter.search_key, limit, role, state];
    let mut people = transaction.all(sql, &values, person)?;
    let more = people.len() > PAGE_ADMINISTERED;
    people.truncate(PAGE_ADMINISTERED);
    if let (Some(first), Some(last)) = (people.first(), people.last()) {
        let of_users = grants::of_users(transaction, first.user.id, last.user.id)?;
        for (user, of_user) in of_users {
            if let Some(listed) = people.iter_mut().find(|it| it.user.id == user) {
                (listed.grants, listed.decided) = (of_user.grants, of_user.decided);
            }
        }
    }
    Ok(AccountsPage { people, more })
}

fn person(row: &Row<'_>) -> Result<ListedPerson, StatementError> {
    Ok(ListedPerson {
        user: User { id: UserId(row.natural(0)?), name: row.string(1) },
        role: Role::parse(&row.string(2)).unwrap_or(Role::Guest),
        grants: Grants::default(),
        decided: Grants::default(),
        made_at: Timestamp(row.natural(3)?),
        deactivated_at: row.optional_natural(4)?.map(Timestamp),
        sessions: row.natural(5)?,
        last_used_at: row.optional_natural(6)?.map(Timestamp),
        display_name: row.string(7),
        ban: bans::read(row, 8)?,
        silenced_until: row.optional_natural(10)?.map(Timestamp),
    })
}

/// A page of the rooms by id. The name of a private room is for its members.
pub(crate) fn room_sizes(
    transaction: &dyn Transaction,
    reader: UserId,
    after: Option<RoomId>,
) -> Result<RoomSizesPage, StatementError> {
    let sql = "SELECT id, kind, \
        CASE WHEN kind = 'public' OR EXISTS ( \
            SELECT 1 FROM members WHERE room_id = rooms.id AND user_id = ?1) THEN name END, \
        (SELECT count(*) FROM members WHERE room_id = rooms.id AND NOT EXISTS ( \
            SELECT 1 FROM service_accounts WHERE service_accounts.user_id = members.user_id)), \
        coalesce((SELECT head FROM topics WHERE topics.name = 'room:' || rooms.id), 0), \
        archived_at, is_default FROM rooms WHERE id > ?2 ORDER BY id LIMIT ?3";
    let after = after.map_or(0, |room| room.0);
    let limit = PAGE_ADMINISTERED as u64 + 1;
    let mut rooms = transaction.all(sql, &values![reader.0, after, limit], room)?;
    let more = rooms.len() > PAGE_ADMINISTERED;
    rooms.truncate(PAGE_ADMINISTERED);
    let (Some(first), Some(last)) = (rooms.first(), rooms.last()) else {
        return Ok(RoomSizesPage::default());
    };
    let sql = "SELECT room_id, users.id, users.name FROM members \
        JOIN users ON users.id = members.user_id \
        WHERE members.role = 'manager' AND room_id BETWEEN ?1 AND ?2 ORDER BY room_id, users.id";
    let managers = transaction.all(sql, &values![first.id.0, last.id.0], |row| {
        let user = User { id: UserId(row.natural(1)?), name: row.string(2) };
        Ok((RoomId(row.natural(0)?), user))
    })?;
    for (room, manager) in managers {
        let listed = rooms.iter_mut().find(|it| it.id == room);
        if let Some(listed) = listed.filter(|it| it.managers.len() < LISTED_MANAGERS) {
            listed.managers.push(manager);
        }
    }
    Ok(RoomSizesPage { rooms, more })
}

fn room(row: &Row<'_>) -> Result<RoomSize, StatementError> {
    Ok(RoomSize {
        id: RoomId(row.natural(0)?),
        name: row.optional_string(2),
        kind: RoomKind::parse(&row.string(1)).unwrap_or(RoomKind::Private),
        archived: row.optional_integer(5)?.is_some(),
        is_default: row.integer(6)? != 0,
        members: row.natural(3)?,
        messages: row.natural(4)?,
        managers: Vec::new(),
    })
}
