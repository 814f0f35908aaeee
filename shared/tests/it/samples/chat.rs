//! Samples of the messages of a room.

use madang_shared::chat::{ChatCommand, ChatEvent, ChatPage, ChatSnapshot, Guest};
use madang_shared::moderation::DeletedBy;
use madang_shared::{Message, Seq, Topic};

use super::membership::membership;
use super::rooms::{changed_room, direct, room};
use super::sentiment::sentiment;
use super::{ROOM, TIME, command_id, user};

fn message() -> Message {
    Message {
        seq: Seq(42),
        author: user(),
        at: TIME,
        text: "안녕 👋\n\"hello\"".into(),
        command: command_id(),
        sentiment: Some(sentiment()),
        guest: Some(Guest { name: "민수".into(), connection: "AAAAAAAAAAAAAAHs".into() }),
        deleted: None,
    }
}

fn deleted_message() -> Message {
    let mut message = Message { guest: None, ..message() };
    message.delete(DeletedBy::Author);
    message
}

pub(super) fn page() -> ChatPage {
    ChatPage { messages: vec![message()], older: true }
}

pub(super) fn commands() -> Vec<ChatCommand> {
    vec![
        ChatCommand::Post { room: ROOM, text: "안녕".into() },
        ChatCommand::Delete { room: ROOM, message: Seq(42), reason: "광고".into() },
    ]
}

pub(super) fn command_name(command: &ChatCommand) -> &'static str {
    match command {
        ChatCommand::Post { .. } => "chat.post",
        ChatCommand::Delete { .. } => "chat.delete",
    }
}

pub(super) fn events() -> Vec<(Topic, ChatEvent)> {
    let changed = |room| ChatEvent::RoomChanged { room, by: user() };
    let events = [
        ChatEvent::Posted(message()),
        ChatEvent::Posted(deleted_message()),
        ChatEvent::MessageDeleted { message: Seq(42), by: DeletedBy::Moderator },
        changed(changed_room()),
        changed(direct()),
        ChatEvent::Deleted,
    ];
    events.into_iter().map(|event| (Topic::Room(ROOM), event)).collect()
}

pub(super) fn event_name(event: &ChatEvent) -> &'static str {
    match event {
        ChatEvent::Posted(message) if message.deleted.is_some() => "chat.posted, deleted",
        ChatEvent::Posted(_) => "chat.posted",
        ChatEvent::MessageDeleted { .. } => "chat.message_deleted",
        ChatEvent::RoomChanged { room, .. } if !room.people.is_empty() => {
            "chat.room_changed of a direct conversation"
        }
        ChatEvent::RoomChanged { .. } => "chat.room_changed",
        ChatEvent::Deleted => "chat.deleted",
    }
}

pub(super) fn snapshot() -> (Topic, ChatSnapshot) {
    (Topic::Room(ROOM), ChatSnapshot { room: room(), page: page(), membership: membership() })
}
