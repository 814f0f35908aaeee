//! Memberships: the rooms that a user has joined, with read marks and muted rooms.

use madang_hub::policy::rights;
use madang_hub::ports::TopicEvent;
use madang_shared::frames::LogPosition;
use madang_shared::membership::MembershipCommand;
use madang_shared::membership::{
    MAX_COUNTED_UNREAD, MAX_JOINED_BY_OTHERS, MAX_JOINED_ROOMS, MAX_UNREAD_SCAN, Membership,
    MembershipEvent, MembershipSnapshot, Removal,
};
use madang_shared::roles::{History, RoomRole};
use madang_shared::{RoomId, Seq, Timestamp, Topic, UserId};

use super::context::CommandContext;
use super::moderation::silences;
use super::refusals;
use super::{details_events, log, room_facts, room_roles};
use crate::error::StatementError;
use crate::transaction::{Row, Transaction, values};

/// The memberships of a user (`?1`) with unread counts. The index makes the count independent of the
/// length of the texts, and two limits (`?2`, `?3`) make it independent of their number.
macro_rules! memberships {
    () => {
        "SELECT members.room_id, members.read_up_to, topics.head, \
            (SELECT count(*) FROM (SELECT 1 FROM ( \
                SELECT author_id FROM messages INDEXED BY messages_unread \
                    WHERE messages.room_id = members.room_id \
                    AND messages.seq > CASE members.unread_from WHEN 0 THEN members.read_up_to \
                        ELSE members.unread_from - 1 END \
                    ORDER BY messages.seq LIMIT ?2) AS newer \
                WHERE author_id <> members.user_id LIMIT ?3) AS unread), \
            members.unread_from, members.marked \
        FROM members JOIN topics ON topics.name = 'room:' || members.room_id \
        WHERE members.user_id = ?1"
    };
}

/// See the table of features.
pub(super) fn topics(author: UserId, change: &MembershipCommand) -> Vec<Topic> {
    let own = Topic::Memberships(author);
    match change {
        MembershipCommand::Join { room } | MembershipCommand::Leave { room } => {
            vec![own, Topic::Details(*room)]
        }
        MembershipCommand::Read { .. }
        | MembershipCommand::MarkUnread { .. }
        | MembershipCommand::Mute { .. } => vec![own],
    }
}

pub(crate) fn apply(
    transaction: &dyn Transaction,
    context: &CommandContext,
    change: MembershipCommand,
    appended: &mut Vec<TopicEvent>,
) -> Result<Option<LogPosition>, StatementError> {
    let (user, at) = (context.author.id, context.at);
    let (MembershipCommand::Join { room }
    | MembershipCommand::Leave { room }
    | MembershipCommand::Read { room, .. }
    | MembershipCommand::MarkUnread { room, .. }
    | MembershipCommand::Mute { room, .. }) = change;
    let mark = marks(transaction, user, room)?;
    match (change, mark) {
        (MembershipCommand::Join { .. }, Some(_)) | (MembershipCommand::Leave { .. }, None) => {
            Ok(None)
        }
        (MembershipCommand::Join { .. }, None) => {
            let history = room_facts::find(transaction, room)?.history;
            let joining =
                Joining { user, room, role: RoomRole::Member, history, is_added: false, at };
            join(transaction, joining, appended).map(Some)
        }
        (MembershipCommand::Leave { .. }, Some(_)) => {
            if room_roles::role_of(transaction, room, user)? == Some(RoomRole::Manager) {
                room_roles::require_other_manager(transaction, room, user)?;
            }
            let leaving = Leaving { user, room, removal: None, reason: "", at };
            leave(transaction, leaving, appended).map(Some)
        }
        (
            MembershipCommand::Read { .. }
            | MembershipCommand::MarkUnread { .. }
            | MembershipCommand::Mute { .. },
            None,
        ) => Err(rights::not_member().into()),
        (MembershipCommand::Mute { muted, .. }, Some(_)) => {
            let sql = "UPDATE members SET muted = ?3 \
                WHERE user_id = ?1 AND room_id = ?2 AND muted <> ?3";
            let changed = transaction.execute(sql, &values![user.0, room.0, muted])?;
            if changed == 0 {
                return Ok(None);
            }
            append(transaction, user, at, MembershipEvent::Muted { room, muted }, appended)
                .map(Some)
        }
        (MembershipCommand::Read { up_to, .. }, Some(mark)) => {
            let up_to = up_to.min(log::head(transaction, Topic::Room(room))?);
            set_marks(transaction, context, room, mark.read(up_to), appended)
        }
        (MembershipCommand::MarkUnread { from, .. }, Some(mark)) => {
            let first_seen = sees_after(transaction, user, room)?.next();
            let (unread_from, marked) = (from.max(first_seen), next_seq(transaction, user)?);
            let marks = Marks { unread_from, marked, ..mark };
            if marks.unread_from > mark.read_up_to {
                return Ok(None);
            }
            set_marks(transaction, context, room, marks, appended)
        }
    }
}

/// The marks of a member in a room.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Marks {
    read_up_to: Seq,
    /// The first of the read messages that counts as unread; 0 if there is none.
    unread_from: Seq,
    /// The seq of the event that set it last; 0 if none did.
    marked: Seq,
}

impl Marks {
    /// The marks after everything up to a message was read.
    fn read(self, up_to: Seq) -> Self {
        let read_up_to = self.read_up_to.max(up_to);
        let unread_from = match self.unread_from {
            Seq(0) => Seq(0),
            from if up_to < from => from,
            _ if up_to < self.read_up_to => up_to.next(),
            _ => Seq(0),
        };
        Self { read_up_to, unread_from, ..self }
    }
}

/// Sets the marks, if they are others than before.
fn set_marks(
    transaction: &dyn Transaction,
    context: &CommandContext,
    room: RoomId,
    Marks { read_up_to, unread_from, marked }: Marks,
    appended: &mut Vec<TopicEvent>,
) -> Result<Option<LogPosition>, StatementError> {
    let user = context.author.id;
    let sql = "UPDATE members SET read_up_to = ?3, unread_from = ?4, marked = ?5 \
        WHERE user_id = ?1 AND room_id = ?2 AND (read_up_to <> ?3 OR unread_from <> ?4)";
    let row = values![user.0, room.0, read_up_to.0, unread_from.0, marked.0];
    if transaction.execute(sql, &row)? == 0 {
        return Ok(None);
    }
    let read = MembershipEvent::Read(find(transaction, user, room)?);
    append(transaction, user, context.at, read, appended).map(Some)
}

/// A new membership in an existing room.
pub(super) struct Joining {
    /// The user, who is no member yet.
    pub(super) user: UserId,
    pub(super) room: RoomId,
    pub(super) role: RoomRole,
    /// The earlier messages that the room shows to new members.
    pub(super) history: History,
    /// Whether another user adds this one.
    pub(super) is_added: bool,
    pub(super) at: Timestamp,
}

/// The end of a membership.
pub(super) struct Leaving<'r> {
    /// The user, who is a member.
    pub(super) user: UserId,
    pub(super) room: RoomId,
    /// The act of another user; absent if the user leaves.
    pub(super) removal: Option<Removal>,
    /// The reason of the removal.
    pub(super) reason: &'r str,
    pub(super) at: Timestamp,
}

/// Joins a user to a room.
pub(super) fn join(
    transaction: &dyn Transaction,
    Joining { user, room, role, history, is_added, at }: Joining,
    appended: &mut Vec<TopicEvent>,
) -> Result<LogPosition, StatementError> {
    let sql = "SELECT count(*) FROM members WHERE user_id = ?1";
    let joined = transaction.one(sql, &values![user.0], |row| row.natural(0))?;
    if is_added && joined >= MAX_JOINED_BY_OTHERS {
        return Err(refusals::too_many_rooms_to_be_added().into());
    }
    if joined >= MAX_JOINED_ROOMS {
        return Err(refusals::too_many_rooms_joined().into());
    }
    let head = log::head(transaction, Topic::Room(room))?;
    let sql = "DELETE FROM departures WHERE room_id = ?1 AND user_id = ?2";
    let was_member = transaction.execute(sql, &values![room.0, user.0])? > 0;
    // The states of the earlier membership are older.
    let marked = if was_member { next_seq(transaction, user)? } else { Seq(0) };
    let sql = "INSERT INTO members \
        (user_id, room_id, read_up_to, joined_after, joined_at, role, sees_after, marked) \
        VALUES (?1, ?2, ?3, ?3, ?4, ?5, ?6, ?7)";
    let sees_after = if history == History::Joined { head } else { Seq(0) };
    let role_name = role.name();
    let row = values![user.0, room.0, head.0, at.0, role_name, sees_after.0, marked.0];
    transaction.execute(sql, &row)?;
    let membership = Membership { marked, ..Membership::new(room, head, 0, head) };
    let joined = MembershipEvent::Joined(membership);
    let position = append(transaction, user, at, joined, appended)?;
    let member = details_events::Member { user, room, role };
    details_events::append_joined(transaction, &member, head, at, appended)?;
    Ok(position)
}

/// Ends a membership.
pub(super) fn leave(
    transaction: &dyn Transaction,
    Leaving { user, room, removal, reason, at }: Leaving<'_>,
    appended: &mut Vec<TopicEvent>,
) -> Result<LogPosition, StatementError> {
    let sql = "INSERT INTO departures (room_id, user_id, at, joined_after, left_after) \
        SELECT room_id, user_id, ?3, joined_after, ?4 FROM members \
        WHERE user_id = ?1 AND room_id = ?2";
    let head = log::head(transaction, Topic::Room(room))?;
    transaction.execute(sql, &values![user.0, room.0, at.0, head.0])?;
    let sql = "DELETE FROM members WHERE user_id = ?1 AND room_id = ?2";
    transaction.execute(sql, &values![user.0, room.0])?;
    let left = MembershipEvent::Left { room, removal, reason: reason.to_owned() };
    let position = append(transaction, user, at, left, appended)?;
    details_events::append_left(transaction, user, room, at, appended)?;
    Ok(position)
}

pub(crate) fn snapshot(
    transaction: &dyn Transaction,
    user: UserId,
) -> Result<MembershipSnapshot, StatementError> {
    let sql = concat!(memberships!(), " ORDER BY members.room_id");
    let found = values![user.0, MAX_UNREAD_SCAN, MAX_COUNTED_UNREAD];
    let memberships = transaction.all(sql, &found, read)?;
    let sql = "SELECT room_id FROM members WHERE user_id = ?1 AND muted = 1 ORDER BY room_id";
    let muted = transaction.all(sql, &values![user.0], |row| Ok(RoomId(row.natural(0)?)))?;
    let rooms = room_facts::of_member(transaction, user)?;
    let silences = silences::of_user(transaction, user)?;
    Ok(MembershipSnapshot { memberships, rooms, muted, silences })
}

/// The membership of a member.
pub(crate) fn find(
    transaction: &dyn Transaction,
    user: UserId,
    room: RoomId,
) -> Result<Membership, StatementError> {
    let sql = concat!(memberships!(), " AND members.room_id = ?4");
    transaction.one(sql, &values![user.0, MAX_UNREAD_SCAN, MAX_COUNTED_UNREAD, room.0], read)
}

fn read(row: &Row<'_>) -> Result<Membership, StatementError> {
    Ok(Membership {
        room: RoomId(row.natural(0)?),
        read_up_to: Seq(row.natural(1)?),
        head: Seq(row.natural(2)?),
        unread: row.natural(3)?,
        unread_from: Seq(row.natural(4)?),
        marked: Seq(row.natural(5)?),
    })
}

/// Whether a user is a member of a room.
pub(crate) fn is_member(
    transaction: &dyn Transaction,
    user: UserId,
    room: RoomId,
) -> Result<bool, StatementError> {
    Ok(marks(transaction, user, room)?.is_some())
}

/// The member sees the messages after this one.
pub(super) fn sees_after(
    transaction: &dyn Transaction,
    user: UserId,
    room: RoomId,
) -> Result<Seq, StatementError> {
    let sql = "SELECT sees_after FROM members WHERE user_id = ?1 AND room_id = ?2";
    let found =
        transaction.optional(sql, &values![user.0, room.0], |row| Ok(Seq(row.natural(0)?)))?;
    Ok(found.unwrap_or(Seq(0)))
}

fn marks(
    transaction: &dyn Transaction,
    user: UserId,
    room: RoomId,
) -> Result<Option<Marks>, StatementError> {
    let sql =
        "SELECT read_up_to, unread_from, marked FROM members WHERE user_id = ?1 AND room_id = ?2";
    transaction.optional(sql, &values![user.0, room.0], |row| {
        Ok(Marks {
            read_up_to: Seq(row.natural(0)?),
            unread_from: Seq(row.natural(1)?),
            marked: Seq(row.natural(2)?),
        })
    })
}

/// The seq of the next event in a user's memberships.
fn next_seq(transaction: &dyn Transaction, user: UserId) -> Result<Seq, StatementError> {
    Ok(log::head(transaction, Topic::Memberships(user))?.next())
}

fn append(
    transaction: &dyn Transaction,
    user: UserId,
    at: Timestamp,
    event: MembershipEvent,
    appended: &mut Vec<TopicEvent>,
) -> Result<LogPosition, StatementError> {
    let position = log::find_next_position(transaction, Topic::Memberships(user))?;
    // The topic was created with its user, so the user does not exist without it.
    let position = position.ok_or_else(refusals::no_user)?;
    log::append(transaction, &position, at, &event.into(), appended)
}
