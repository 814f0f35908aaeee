//! Reactions to messages. The log holds each in an event; a reaction that was taken back is off in its event too.

use std::ops::ControlFlow;

use madang_hub::ports::TopicEvent;
use madang_shared::chat::{ChatEvent, Message};
use madang_shared::frames::LogPosition;
use madang_shared::reactions::{
    MAX_REACTION_KINDS, MAX_REACTIONS, ReactionChange, ReactionPeople, react,
};
use madang_shared::{ErrorCode, Event, Failure, RoomId, Seq, Topic, User, UserId};

use super::context::CommandContext;
use super::{log, message_rows, refusals};
use crate::error::StatementError;
use crate::transaction::{Transaction, values};

/// Adds a reaction, or takes it back.
pub(super) fn change(
    transaction: &dyn Transaction,
    context: &CommandContext,
    (room, message): (RoomId, Seq),
    (emoji, is_on): (String, bool),
    appended: &mut Vec<TopicEvent>,
) -> Result<Option<LogPosition>, StatementError> {
    let user = context.author.id;
    if message_rows::find(transaction, user, (room, message))?.is_deleted {
        return Err(refusals::message_deleted().into());
    }
    let sql = "SELECT seq FROM reactions \
        WHERE room_id = ?1 AND message = ?2 AND user_id = ?3 AND emoji = ?4";
    let found = transaction.optional(sql, &values![room.0, message.0, user.0, &emoji], |row| {
        row.natural(0).map(Seq)
    })?;
    if found.is_some() == is_on {
        return Ok(None);
    }
    let change = ReactionChange { message, by: context.author.clone(), emoji, is_on };
    let topic = Topic::Room(room);
    if let Some(before) = found {
        log::redact(transaction, topic, before, |event| match event {
            Event::Chat(ChatEvent::Reacted(_)) => Some(ChatEvent::Reacted(change.clone()).into()),
            _ => None,
        })?;
        let sql = "DELETE FROM reactions \
            WHERE room_id = ?1 AND message = ?2 AND user_id = ?3 AND emoji = ?4";
        transaction.run(sql, &values![room.0, message.0, user.0, &change.emoji])?;
    } else {
        check_room_for_one_more(transaction, (room, message), &change.emoji)?;
    }
    let position = log::reserve_position(transaction, topic)?;
    if is_on {
        let sql = "INSERT INTO reactions (room_id, message, user_id, emoji, seq) \
            VALUES (?1, ?2, ?3, ?4, ?5)";
        let (seq, emoji) = (position.seq, &change.emoji);
        transaction.run(sql, &values![room.0, message.0, user.0, emoji, seq.0])?;
    }
    let event = ChatEvent::Reacted(change).into();
    Ok(Some(log::append(transaction, &position, context.at, &event, appended)?))
}

fn check_room_for_one_more(
    transaction: &dyn Transaction,
    (room, message): (RoomId, Seq),
    emoji: &str,
) -> Result<(), StatementError> {
    let sql = "SELECT count(*), count(DISTINCT emoji), sum(CASE WHEN emoji = ?3 THEN 1 ELSE 0 END) \
        FROM reactions WHERE room_id = ?1 AND message = ?2";
    let (all, kinds, same) = transaction.one(sql, &values![room.0, message.0, emoji], |row| {
        Ok((row.natural(0)?, row.natural(1)?, row.optional_natural(2)?.unwrap_or(0)))
    })?;
    if same == 0 && kinds >= MAX_REACTION_KINDS as u64 {
        let message = format!("A message has at most {MAX_REACTION_KINDS} kinds of reactions.");
        return Err(Failure::new(ErrorCode::TooLong, message).into());
    }
    if all >= MAX_REACTIONS as u64 {
        let message = format!("A message has at most {MAX_REACTIONS} reactions.");
        return Err(Failure::new(ErrorCode::TooLong, message).into());
    }
    Ok(())
}

/// Adds their reactions to the messages of a page, which are ascending.
pub(super) fn add_to(
    transaction: &dyn Transaction,
    room: RoomId,
    messages: &mut [Message],
) -> Result<(), StatementError> {
    let seq = |message: Option<&Message>| message.map_or(0, |message| message.seq.0);
    let (first, last) = (seq(messages.first()), seq(messages.last()));
    let sql = "SELECT message, emoji, user_id FROM reactions \
        WHERE room_id = ?1 AND message BETWEEN ?2 AND ?3 ORDER BY seq";
    transaction.visit(sql, &values![room.0, first, last], &mut |row| {
        let seq = Seq(row.natural(0)?);
        let found = messages.binary_search_by_key(&seq, |message| message.seq).ok();
        if let Some(message) = found.and_then(|index| messages.get_mut(index)) {
            react(&mut message.reactions, &row.string(1), UserId(row.natural(2)?), true);
        }
        Ok(ControlFlow::Continue(()))
    })
}

/// The people behind the reactions to a message.
pub(super) fn people(
    transaction: &dyn Transaction,
    reader: UserId,
    (room, message): (RoomId, Seq),
) -> Result<Vec<ReactionPeople>, StatementError> {
    message_rows::find(transaction, reader, (room, message))?;
    let sql = "SELECT emoji, user_id, users.name FROM reactions JOIN users ON users.id = user_id \
        WHERE room_id = ?1 AND message = ?2 ORDER BY seq";
    let mut kinds: Vec<ReactionPeople> = Vec::new();
    transaction.visit(sql, &values![room.0, message.0], &mut |row| {
        let (emoji, person) =
            (row.string(0), User { id: UserId(row.natural(1)?), name: row.string(2) });
        match kinds.binary_search_by(|kind| kind.emoji.cmp(&emoji)) {
            Ok(index) => {
                if let Some(kind) = kinds.get_mut(index) {
                    kind.people.push(person);
                }
            }
            Err(index) => kinds.insert(index, ReactionPeople { emoji, people: vec![person] }),
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(kinds)
}
