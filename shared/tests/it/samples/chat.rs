//! Samples of the messages of a room.

use madang_shared::chat::{
    ChatCommand, ChatEvent, ChatPage, ChatSnapshot, EarlierText, Guest, MessageEdit,
};
use madang_shared::markup::{Alignment, Block, ListItem, Markup, Span};
use madang_shared::moderation::DeletedBy;
use madang_shared::pins::Pin;
use madang_shared::reactions::{ReactionChange, ReactionPeople};
use madang_shared::{Message, Seq, Topic};

use super::membership::membership;
use super::rooms::{changed_room, direct, room};
use super::sentiment::sentiment;
use super::{ROOM, TIME, command_id, user};

fn message() -> Message {
    Message {
        sentiment: Some(sentiment()),
        guest: Some(Guest { name: "민수".into(), connection: "AAAAAAAAAAAAAAHs".into() }),
        ..Message::new(Seq(42), user(), TIME, "안녕 👋\n\"hello\"".into(), command_id())
    }
}

fn reaction(is_on: bool) -> ReactionChange {
    ReactionChange { message: Seq(42), by: user(), emoji: "👍🏽".to_owned(), is_on }
}

fn pin() -> Pin {
    Pin { message: Seq(42), by: user(), at: TIME }
}

fn edit() -> MessageEdit {
    let text = "안녕하세요".to_owned();
    let markup = Markup::default();
    let sentiment = Some(sentiment());
    MessageEdit { message: Seq(42), by: user(), at: TIME, text, markup, sentiment }
}

fn edited_message() -> Message {
    let mut message = Message { guest: None, ..message() };
    message.edit(edit());
    message
}

fn formatted_message() -> Message {
    let text = |text: &str| Span::Text(text.into());
    let link = Span::Link {
        to: "https://evil.kr/".into(),
        label: vec![text("bank.kr")],
        host: Some("evil.kr".into()),
    };
    let words = vec![
        Span::Bold(vec![text("굵게"), Span::Italic(vec![text("기울임")])]),
        text("를\n"),
        Span::Strike(vec![text("취소")]),
        Span::Spoiler(vec![Span::Code("a*b".into())]),
        link,
        Span::Link { to: "https://a.kr".into(), label: Vec::new(), host: None },
    ];
    let item = |done, words: &str| ListItem { done, blocks: vec![Block::Text(vec![text(words)])] };
    let rust = "rust".to_owned();
    let markup = vec![
        Block::Heading { level: 1, spans: vec![text("제목")] },
        Block::Text(words),
        Block::Quote(vec![Block::Text(vec![text("인용")])]),
        Block::List {
            start: None, items: vec![item(Some(true), "물"), item(Some(false), "김밥")]
        },
        Block::List { start: Some(3), items: vec![item(None, "셋")] },
        Block::Code { language: rust, text: "fn main() {}".into() },
        Block::Code { language: String::new(), text: "ls".into() },
        Block::Table {
            columns: vec![Alignment::Start, Alignment::Center, Alignment::End],
            rows: vec![vec![vec![text("a")], Vec::new(), vec![text("1")]]],
        },
        Block::Rule,
    ];
    let markup = markup.into();
    Message { text: "the source".into(), markup, guest: None, sentiment: None, ..message() }
}

fn deleted_message() -> Message {
    let mut message = formatted_message();
    message.delete(DeletedBy::Author);
    message
}

pub(super) fn page() -> ChatPage {
    let mut reacted = Message { guest: None, seq: Seq(43), ..message() };
    reacted.react(&reaction(true));
    ChatPage { messages: vec![reacted, reply()], older: true, originals: vec![message()] }
}

fn reply() -> Message {
    Message { guest: None, seq: Seq(44), reply_to: Some(Seq(42)), ..message() }
}

pub(super) fn asked() -> Vec<Message> {
    vec![message()]
}

pub(super) fn earlier() -> Vec<EarlierText> {
    vec![EarlierText { at: TIME, text: "안녕".to_owned() }]
}

pub(super) fn people() -> Vec<ReactionPeople> {
    vec![ReactionPeople { emoji: "👍🏽".to_owned(), people: vec![user()] }]
}

pub(super) fn commands() -> Vec<ChatCommand> {
    vec![
        ChatCommand::post(ROOM, "안녕"),
        ChatCommand::Post { room: ROOM, text: "안녕".into(), reply_to: Some(Seq(42)) },
        ChatCommand::Edit { room: ROOM, message: Seq(42), text: "안녕하세요".into() },
        ChatCommand::Pin { room: ROOM, message: Seq(42), is_on: true },
        ChatCommand::React { room: ROOM, message: Seq(42), emoji: "👍🏽".into(), is_on: true },
        ChatCommand::Delete { room: ROOM, message: Seq(42), reason: "광고".into() },
    ]
}

pub(super) fn command_name(command: &ChatCommand) -> &'static str {
    match command {
        ChatCommand::Post { reply_to: None, .. } => "chat.post",
        ChatCommand::Post { reply_to: Some(_), .. } => "chat.post of a reply",
        ChatCommand::Edit { .. } => "chat.edit",
        ChatCommand::Pin { .. } => "chat.pin",
        ChatCommand::React { .. } => "chat.react",
        ChatCommand::Delete { .. } => "chat.delete",
    }
}

pub(super) fn events() -> Vec<(Topic, ChatEvent)> {
    let changed = |room| ChatEvent::RoomChanged { room, by: user() };
    let events = [
        ChatEvent::Posted(message()),
        ChatEvent::Posted(formatted_message()),
        ChatEvent::Posted(deleted_message()),
        ChatEvent::Posted(edited_message()),
        ChatEvent::Posted(reply()),
        ChatEvent::MessageEdited(edit()),
        ChatEvent::Pinned { pin: pin(), is_on: true },
        ChatEvent::Pinned { pin: pin(), is_on: false },
        ChatEvent::Reacted(reaction(true)),
        ChatEvent::Reacted(reaction(false)),
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
        ChatEvent::Posted(message) if message.edited_at.is_some() => "chat.posted, edited",
        ChatEvent::Posted(message) if !message.markup.is_empty() => "chat.posted, formatted",
        ChatEvent::Posted(message) if message.reply_to.is_some() => "chat.posted, a reply",
        ChatEvent::Posted(_) => "chat.posted",
        ChatEvent::MessageEdited(_) => "chat.message_edited",
        ChatEvent::Pinned { is_on: true, .. } => "chat.pinned",
        ChatEvent::Pinned { .. } => "chat.pinned, taken back",
        ChatEvent::Reacted(ReactionChange { is_on: true, .. }) => "chat.reacted",
        ChatEvent::Reacted(_) => "chat.reacted, taken back",
        ChatEvent::MessageDeleted { .. } => "chat.message_deleted",
        ChatEvent::RoomChanged { room, .. } if !room.people.is_empty() => {
            "chat.room_changed of a direct conversation"
        }
        ChatEvent::RoomChanged { .. } => "chat.room_changed",
        ChatEvent::Deleted => "chat.deleted",
    }
}

pub(super) fn snapshot() -> (Topic, ChatSnapshot) {
    let (room, page, pins) = (room(), page(), vec![pin()]);
    (Topic::Room(ROOM), ChatSnapshot { room, page, pins, membership: membership() })
}
