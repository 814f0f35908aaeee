//! The messages of a room.

use std::convert::Infallible;

use madang_hub::chat::ChatChange;
use madang_hub::notices::excerpt;
use madang_hub::policy;
use madang_hub::ports::TopicEvent;
use madang_shared::chat::{ChatAnswer, ChatEvent, ChatPage, ChatQuery, PAGE_MESSAGES};
use madang_shared::frames::LogPosition;
use madang_shared::membership::Membership;
use madang_shared::notices::NoticeContent;
use madang_shared::{Failure, Message, RoomId, Seq, Topic, UserId};

use super::state::State;
use super::{membership, notices};
use crate::chat_page;
use crate::context::CommandContext;
use crate::refusals;

pub(super) fn apply(
    state: &mut State,
    context: &CommandContext,
    change: ChatChange,
    appended: &mut Vec<TopicEvent>,
) -> Result<Option<LogPosition>, Failure> {
    let ChatChange::Post { room, text, sentiment, guest, mentions } = change;
    membership::require_member(state, context.author.id, room)?;
    if let Some(guest) = &guest {
        if state.user_keys.contains_key(&policy::name_key(&guest.name)) {
            return Err(refusals::guest_name_taken(&guest.name));
        }
        if state.user_skeletons.has_look_alike(&guest.name, None) {
            return Err(refusals::guest_name_looks_taken(&guest.name));
        }
    }
    let topic = Topic::Room(room);
    let seq = state.log.head(topic).next();
    let (author, by) = (context.author.clone(), context.author.clone());
    let what = NoticeContent::Mentioned { room, message: seq, by, excerpt: excerpt(&text) };
    let (at, command) = (context.at, context.command);
    let message = Message { seq, author, at, text, command, sentiment, guest };
    state.messages.insert((room, seq), message.clone());
    let position = state.log.append(topic, &ChatEvent::Posted(message).into(), appended);
    notices::append_mentions(state, context, room, &mentions, &what, appended);
    Ok(Some(position))
}

pub(super) fn answer(
    state: &State,
    reader: UserId,
    query: &ChatQuery,
) -> Result<ChatAnswer, Failure> {
    let ChatQuery::Before { room, before, limit } = *query;
    membership::require_member(state, reader, room)?;
    Ok(ChatAnswer::Before(page(state, room, before, limit.min(PAGE_MESSAGES))))
}

/// The newest messages of a room.
pub(super) fn newest_page(state: &State, room: RoomId) -> ChatPage {
    page(state, room, Seq(u64::MAX), PAGE_MESSAGES)
}

/// The reader's own part of a room's state.
pub(super) fn own_membership(state: &State, reader: UserId, room: RoomId) -> Membership {
    membership::find(state, reader, room)
}

fn page(state: &State, room: RoomId, before: Seq, limit: u32) -> ChatPage {
    let newest_first = state.messages.range((room, Seq(0))..(room, before)).rev();
    let Ok(page) = chat_page::cut(newest_first.map(|(_, message)| Ok(message.clone())), limit)
        as Result<_, Infallible>;
    page
}
