//! The notices that quote messages: those of mentions. They follow their messages.

use madang_hub::notices::Mention;
use madang_shared::notices::{InboxEvent, NoticeContent};
use madang_shared::{Event, RoomId, Seq, Timestamp, Topic, UserId, codec};

use super::context::CommandContext;
use super::{log, message_rows, notices};
use crate::error::StatementError;
use crate::transaction::{Transaction, values};

/// Appends a notice for each mentioned member of the room, except the author.
pub(crate) fn append_mentions(
    transaction: &dyn Transaction,
    context: &CommandContext,
    (room, message): (RoomId, Seq),
    mentions: &[Mention],
    what: &NoticeContent,
) -> Result<(), StatementError> {
    // A user whom an earlier text of the message mentioned has a notice.
    let quotes = message_rows::quotes(transaction, (room, message))?;
    let mut notified: Vec<UserId> = quotes.into_iter().map(|(user, _)| user).collect();
    notified.push(context.author.id);
    for mention in mentions {
        let Some(user) = find_mentioned_member(transaction, room, mention)? else { continue };
        if notified.contains(&user) {
            continue;
        }
        let notice = notices::append_own(transaction, user, context.at, what)?;
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

/// Puts the new excerpt of a changed message into the notice that quotes it, in the inbox and in its log.
pub(super) fn rewrite(
    transaction: &dyn Transaction,
    (user, notice): (UserId, Seq),
    of: (RoomId, Seq),
    excerpt: &str,
    at: Timestamp,
) -> Result<(), StatementError> {
    let sql = "SELECT content FROM inbox_notices WHERE user_id = ?1 AND seq = ?2";
    let content = transaction.optional(sql, &values![user.0, notice.0], |row| Ok(row.string(0)))?;
    if let Some(mut what) = content.and_then(|text| codec::decode_part::<NoticeContent>(&text).ok())
    {
        what.quote(of, excerpt);
        let sql = "UPDATE inbox_notices SET content = ?3 WHERE user_id = ?1 AND seq = ?2";
        transaction.run(sql, &values![user.0, notice.0, codec::encode_part(&what)])?;
    }
    let inbox = Topic::Inbox(user);
    log::redact(transaction, inbox, notice, |event| match event {
        Event::Inbox(InboxEvent::Told(mut notice)) => {
            notice.what.quote(of, excerpt);
            Some(InboxEvent::Told(notice).into())
        }
        _ => None,
    })?;
    let (room, message) = of;
    let event = InboxEvent::MessageEdited { room, message, excerpt: excerpt.to_owned() };
    notices::append(transaction, inbox, at, &event.into()).map(drop)
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
