//! Making rooms and changing their facts.

use madang_hub::policy;
use madang_hub::ports::TopicEvent;
use madang_hub::rooms::RoomsChange;
use madang_hub::rooms::{FIRST_ROOM, FIRST_ROOM_NAME};
use madang_shared::administration::AuditAct;
use madang_shared::details::DetailsEvent;
use madang_shared::frames::LogPosition;
use madang_shared::roles::{History, RoomKind, RoomRole};
use madang_shared::rooms::RoomChange;
use madang_shared::{RoomId, Timestamp, Topic, UserId};

use super::context::CommandContext;
use super::membership::{self, Joining};
use super::moderation::Origin;
use super::moderation::silences::{self, SilenceChange};
use super::new_rooms::{create_topics, require_few_rooms};
use super::refusals;
use super::skeletons::NameTable;
use super::{details_events, direct, people, room_deletion, room_facts, room_members};
use crate::error::StatementError;
use crate::transaction::{Transaction, values};

/// Creates the first room in a new database.
pub(crate) fn create_first_room(
    transaction: &dyn Transaction,
    now: Timestamp,
) -> Result<(), StatementError> {
    let sql = "SELECT 1 FROM topics WHERE name = ?1";
    if transaction.exists(sql, &values![Topic::Room(FIRST_ROOM).to_string()])? {
        return Ok(());
    }
    let sql =
        "INSERT INTO rooms (id, name, name_key, made_at, is_default) VALUES (?1, ?2, ?3, ?4, 1)";
    let name_key = policy::name_key(FIRST_ROOM_NAME);
    transaction.run(sql, &values![FIRST_ROOM.0, FIRST_ROOM_NAME, name_key, now.0])?;
    create_topics(transaction, FIRST_ROOM)
}

/// See the table of features. The members of a deleted room are not known yet.
pub(super) fn topics(author: UserId, change: &RoomsChange) -> Vec<Topic> {
    // The details of the first room order the changes of names: a name is compared with all others.
    let names = Topic::Details(FIRST_ROOM);
    match change {
        RoomsChange::Create { .. } => vec![names, Topic::Memberships(author)],
        RoomsChange::Describe { room, .. } => vec![Topic::Details(*room)],
        RoomsChange::OpenDirect { users } => {
            users.iter().chain([&author]).copied().map(Topic::Memberships).collect()
        }
        RoomsChange::Change { room, change: RoomChange::Name(_) } => {
            vec![Topic::Administration, names, Topic::Room(*room)]
        }
        RoomsChange::Change { room, .. } => vec![Topic::Administration, Topic::Room(*room)],
        RoomsChange::Invite { room, user, .. } | RoomsChange::Remove { room, user, .. } => {
            vec![Topic::Administration, Topic::Memberships(*user), Topic::Details(*room)]
        }
        RoomsChange::Silence { user, .. } => vec![Topic::Administration, Topic::Memberships(*user)],
        RoomsChange::Delete { room } => {
            vec![Topic::Administration, Topic::Details(*room), Topic::Room(*room)]
        }
    }
}

pub(crate) fn apply(
    transaction: &dyn Transaction,
    context: &CommandContext,
    change: RoomsChange,
    appended: &mut Vec<TopicEvent>,
) -> Result<Option<LogPosition>, StatementError> {
    match change {
        RoomsChange::Create { name, name_key, description, kind } => {
            let room = NewRoom { name, name_key, description, kind };
            create(transaction, context, &room, appended).map(Some)
        }
        RoomsChange::Describe { room, description } => {
            describe(transaction, context, room, description, appended)
        }
        RoomsChange::OpenDirect { users } => direct::open(transaction, context, &users, appended),
        RoomsChange::Change { room, change } => {
            if !change_fact(transaction, context, room, &change)? {
                return Ok(None);
            }
            let at = room_facts::append_change(transaction, context, room, appended)?;
            let (about, kind) = ((None, Some(room)), room_facts::find(transaction, room)?.kind);
            let (origin, detail) = (Origin::of(context, ""), change_detail(&change, kind));
            origin.record(transaction, AuditAct::ChangeRoom, about, &detail, appended)?;
            Ok(Some(at))
        }
        RoomsChange::Invite { room, user, role } => {
            room_members::invite(transaction, context, (room, user, role), appended)
        }
        RoomsChange::Remove { room, user, reason } => {
            room_members::remove(transaction, context, (room, user), &reason, appended)
        }
        RoomsChange::Silence { room, user, lasts_ms, reason } => {
            people::require_known(transaction, context.author.id, user)?;
            let change = SilenceChange { user, room: Some(room), lasts_ms };
            let origin = Origin::of(context, &reason);
            let set = silences::set(transaction, origin, change, appended)?;
            Ok(set.map(|(at, _entry)| at))
        }
        RoomsChange::Delete { room } => {
            let at = room_deletion::delete(transaction, context, room, appended)?;
            let (origin, about) = (Origin::of(context, ""), (None, Some(room)));
            origin.record(transaction, AuditAct::DeleteRoom, about, "", appended)?;
            Ok(Some(at))
        }
    }
}

/// A room to be made.
struct NewRoom {
    name: String,
    name_key: String,
    description: String,
    kind: RoomKind,
}

fn create(
    transaction: &dyn Transaction,
    context: &CommandContext,
    NewRoom { name, name_key, description, kind }: &NewRoom,
    appended: &mut Vec<TopicEvent>,
) -> Result<LogPosition, StatementError> {
    require_few_rooms(transaction, context.author.id)?;
    if *kind == RoomKind::Public {
        require_free_name(transaction, name, name_key)?;
    }
    let sql = "INSERT INTO rooms (name, name_key, made_by, made_at, description, description_key, kind) \
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) \
        ON CONFLICT (name_key) WHERE kind = 'public' DO NOTHING RETURNING id";
    let description_key = policy::name_key(description);
    let (author, at, kind) = (context.author.id, context.at, kind.name());
    let row = values![name, name_key, author.0, at.0, description, description_key, kind];
    let id = transaction.optional(sql, &row, |row| row.natural(0))?;
    let Some(room) = id.map(RoomId) else {
        return Err(refusals::room_name_taken(name).into());
    };
    NameTable::Rooms.add(transaction, room.0, name)?;
    create_topics(transaction, room)?;
    let (role, history) = (RoomRole::Manager, History::All);
    membership::join(
        transaction,
        Joining { user: author, room, role, history, is_added: false, at },
        appended,
    )
}

fn require_free_name(
    transaction: &dyn Transaction,
    name: &str,
    name_key: &str,
) -> Result<(), StatementError> {
    if NameTable::Rooms.has_look_alike(transaction, name, name_key)? {
        return Err(refusals::room_name_looks_taken(name).into());
    }
    Ok(())
}

fn describe(
    transaction: &dyn Transaction,
    context: &CommandContext,
    room: RoomId,
    description: String,
    appended: &mut Vec<TopicEvent>,
) -> Result<Option<LogPosition>, StatementError> {
    let sql = "UPDATE rooms SET description = ?2, description_key = ?3 \
        WHERE id = ?1 AND description <> ?2";
    let key = policy::name_key(&description);
    if transaction.execute(sql, &values![room.0, description, key])? == 0 {
        return Ok(None);
    }
    let described = DetailsEvent::Described { description, by: context.author.clone() };
    Ok(Some(details_events::append(transaction, room, context.at, described, appended)?))
}

/// A change of a room, for the audit log. The name of a private room is for its members.
fn change_detail(change: &RoomChange, kind: RoomKind) -> String {
    match change {
        RoomChange::Name(name) if kind == RoomKind::Public => format!("name: {name}"),
        RoomChange::Name(_) => "name".to_owned(),
        RoomChange::Posting(posting) => format!("posting: {}", posting.name()),
        RoomChange::History(history) => format!("history: {}", history.name()),
        RoomChange::Archived(archived) => format!("archived: {archived}"),
        RoomChange::Default(is_default) => format!("default: {is_default}"),
    }
}

/// Changes a fact of a room. Returns whether it was another one before.
fn change_fact(
    transaction: &dyn Transaction,
    context: &CommandContext,
    room: RoomId,
    change: &RoomChange,
) -> Result<bool, StatementError> {
    let changed = match change {
        RoomChange::Name(name) => return rename(transaction, room, name),
        RoomChange::Posting(posting) => {
            let sql = "UPDATE rooms SET posting = ?2 WHERE id = ?1 AND posting <> ?2";
            transaction.execute(sql, &values![room.0, posting.name()])?
        }
        RoomChange::History(history) => {
            let sql = "UPDATE rooms SET history = ?2 WHERE id = ?1 AND history <> ?2";
            transaction.execute(sql, &values![room.0, history.name()])?
        }
        RoomChange::Archived(true) => {
            let sql = "UPDATE rooms SET archived_at = ?2 WHERE id = ?1 AND archived_at IS NULL";
            transaction.execute(sql, &values![room.0, context.at.0])?
        }
        RoomChange::Archived(false) => {
            let sql =
                "UPDATE rooms SET archived_at = NULL WHERE id = ?1 AND archived_at IS NOT NULL";
            transaction.execute(sql, &values![room.0])?
        }
        RoomChange::Default(is_default) => {
            let sql = "UPDATE rooms SET is_default = ?2 WHERE id = ?1 AND is_default <> ?2";
            transaction.execute(sql, &values![room.0, is_default])?
        }
    };
    Ok(changed > 0)
}

fn rename(transaction: &dyn Transaction, room: RoomId, name: &str) -> Result<bool, StatementError> {
    let before = room_facts::find(transaction, room)?;
    if before.name == name {
        return Ok(false);
    }
    let name_key = policy::name_key(name);
    // The skeletons of the old name go with it.
    let sql = "DELETE FROM room_skeletons WHERE room_id = ?1";
    transaction.execute(sql, &values![room.0])?;
    if before.kind == RoomKind::Public {
        require_free_name(transaction, name, &name_key)?;
        let sql = "SELECT 1 FROM rooms WHERE name_key = ?1 AND kind = 'public' AND id <> ?2";
        if transaction.exists(sql, &values![name_key, room.0])? {
            return Err(refusals::room_name_taken(name).into());
        }
    }
    let sql = "UPDATE rooms SET name = ?2, name_key = ?3 WHERE id = ?1";
    transaction.execute(sql, &values![room.0, name, name_key])?;
    NameTable::Rooms.add(transaction, room.0, name)?;
    Ok(true)
}
