//! The notices that quote messages: those of mentions and of replies. They follow their messages.

use madang_hub::notices::Mention;
use madang_shared::notices::{InboxEvent, NoticeContent};
use madang_shared::{RoomId, Seq, Timestamp, Topic, User, UserId, codec};

use super::context::CommandContext;
use super::{membership, message_rows, notices};
use crate::error::StatementError;
use crate::transaction::{Transaction, values};

/// The people whom a message notifies.
pub(super) struct Notified<'m> {
    pub(super) mentions: &'m [Mention],
    /// The author of the message that it answers.
    pub(super) answered: Option<UserId>,
}

impl Notified<'_> {
    pub(super) fn is_empty(&self) -> bool {
        self.mentions.is_empty() && self.answered.is_none()
    }

    /// The notice for one of them.
    pub(super) fn notice(
        &self,
        by: &User,
        (room, message): (RoomId, Seq),
        user: UserId,
        excerpt: &str,
    ) -> NoticeContent {
        let (by, excerpt) = (by.clone(), excerpt.to_owned());
        let is_reply = self.answered == Some(user);
        NoticeContent::Mentioned { room, message, by, excerpt, is_reply }
    }

    /// The users who are members of the room.
    fn members(
        &self,
        transaction: &dyn Transaction,
        room: RoomId,
    ) -> Result<Vec<UserId>, StatementError> {
        let mut members = Vec::new();
        if let Some(user) = self.answered
            && membership::is_member(transaction, user, room)?
        {
            members.push(user);
        }
        for mention in self.mentions {
            members.extend(find_mentioned_member(transaction, room, mention)?);
        }
        Ok(members)
    }
}

/// Appends a notice for each of the people who is a member of the room, except the author.
pub(super) fn append(
    transaction: &dyn Transaction,
    context: &CommandContext,
    (room, message): (RoomId, Seq),
    people: &Notified<'_>,
    excerpt: &str,
) -> Result<(), StatementError> {
    // A user whom an earlier text of the message mentioned has a notice.
    let quotes = message_rows::quotes(transaction, (room, message))?;
    let mut notified: Vec<UserId> = quotes.into_iter().map(|(user, _)| user).collect();
    notified.push(context.author.id);
    for user in people.members(transaction, room)? {
        if notified.contains(&user) {
            continue;
        }
        let what = people.notice(&context.author, (room, message), user, excerpt);
        let notice = notices::append_own(transaction, user, context.at, &what)?;
        let sql = "INSERT INTO message_quotes (room_id, seq, user_id, notice_seq) VALUES (?1, ?2, ?3, ?4)";
        transaction.run(sql, &values![room.0, message.0, user.0, notice.0])?;
        notified.push(user);
    }
    Ok(())
}

/// Takes the notice that quotes a message out of an inbox and out of its log.
pub(super) fn forget(
    transaction: &dyn Transaction,
    quote: (UserId, Seq),
    (room, message): (RoomId, Seq),
    at: Timestamp,
) -> Result<(), StatementError> {
    notices::withdraw(transaction, quote, InboxEvent::MessageDeleted { room, message }, at)
}

/// Replaces the notice that quotes a changed message by one with the new excerpt, of the same time and as read as before. So
/// a text is in one notice of an inbox and of its log.
pub(super) fn replace(
    transaction: &dyn Transaction,
    (user, notice): (UserId, Seq),
    (room, message): (RoomId, Seq),
    what: &NoticeContent,
    at: Timestamp,
) -> Result<(), StatementError> {
    // A former member does not learn the new text.
    let sql = "SELECT at FROM inbox_notices WHERE user_id = ?1 AND seq = ?2 \
        AND EXISTS (SELECT 1 FROM members WHERE members.user_id = ?1 AND room_id = ?3)";
    let kept =
        transaction.optional(sql, &values![user.0, notice.0, room.0], |row| row.natural(0))?;
    forget(transaction, (user, notice), (room, message), at)?;
    // A notice that is no longer kept has its text in the log alone.
    let Some(told_at) = kept.map(Timestamp) else {
        let sql = "DELETE FROM message_quotes WHERE room_id = ?1 AND seq = ?2 AND user_id = ?3";
        return transaction.run(sql, &values![room.0, message.0, user.0]);
    };
    let follower = notices::append_own(transaction, user, told_at, what)?;
    let sql = "UPDATE message_quotes SET notice_seq = ?4 \
        WHERE room_id = ?1 AND seq = ?2 AND user_id = ?3";
    transaction.run(sql, &values![room.0, message.0, user.0, follower.0])?;
    notices::read_as(transaction, user, (notice, follower), at)
}

/// Deletes the notices that quote messages of a room, from the inboxes and from the log.
pub(super) fn forget_room(
    transaction: &dyn Transaction,
    context: &CommandContext,
    room: RoomId,
) -> Result<(), StatementError> {
    // The text of every notice of a mention in the room begins with this. Inside a quoted text, the quotation marks would be
    // escaped.
    let beginning = format!("{{\"mentioned\":{{\"room\":{room},");
    let sql = "SELECT topics.name, log.seq FROM log JOIN topics ON topics.id = log.topic_id \
        WHERE topics.name LIKE 'inbox:%' AND instr(log.content, ?1) > 0 ORDER BY topics.name";
    let quoting =
        transaction.all(sql, &values![beginning], |row| Ok((row.string(0), row.natural(1)?)))?;
    let sql = "DELETE FROM inbox_notices WHERE instr(content, ?1) > 0";
    transaction.execute(sql, &values![beginning])?;
    let event = InboxEvent::RoomDeleted(room).into();
    let deleted = codec::encode_event(&event);
    let mut inboxes: Vec<Topic> = Vec::new();
    for (name, seq) in quoting {
        let sql = "UPDATE log SET content = ?3 \
            WHERE topic_id = (SELECT id FROM topics WHERE name = ?1) AND seq = ?2";
        transaction.execute(sql, &values![name, seq, deleted])?;
        if let Ok(inbox) = name.parse()
            && inboxes.last() != Some(&inbox)
        {
            inboxes.push(inbox);
        }
    }
    // Then clients and caches drop their copies.
    inboxes
        .into_iter()
        .try_for_each(|inbox| notices::append(transaction, inbox, context.at, &event).map(drop))
}

fn find_mentioned_member(
    transaction: &dyn Transaction,
    room: RoomId,
    names: &[String],
) -> Result<Option<UserId>, StatementError> {
    let sql = "SELECT users.id FROM users JOIN members ON members.user_id = users.id \
        WHERE name_key = ?1 AND room_id = ?2";
    for name in names {
        let found = transaction.optional(sql, &values![name, room.0], |row| row.natural(0))?;
        if let Some(user) = found {
            return Ok(Some(UserId(user)));
        }
    }
    Ok(None)
}
