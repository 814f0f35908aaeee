//! The requests of a walk about rooms.

use madang_hub::moderation::{DecisionRequest, ReportRequest};
use madang_shared::chat::{ChatCommand, ChatEvent, ChatQuery};
use madang_shared::later::LaterCommand;
use madang_shared::membership::MembershipCommand;
use madang_shared::moderation::{NewReport, ReportAction, ReportCategory, ReportDecision};
use madang_shared::roles::{Posting, RoomRole};
use madang_shared::rooms::{RoomChange, RoomsCommand};
use madang_shared::{Event, RoomId, Seq, Topic, User, UserId, codec};

use super::Answer;
use super::requests::{command, open, query};
use crate::support::{NOBODY, NOW, TestStore};

/// The message of the user in each room of the walk.
pub(super) const OWN_MESSAGE: Seq = Seq(9);

/// The report of the first message in a room of the walk.
pub(super) fn report_in(room: RoomId) -> u64 {
    // The reports that requests make follow the largest number so far, below that of the next room.
    room.0 * 1_000
}

/// The author of the first message in a room; another user for a room that does not exist.
async fn author_in(test_store: &TestStore, room: RoomId) -> UserId {
    let log = test_store.store.read_log(NOBODY, Topic::Room(room), Seq(0), 1).await;
    let first = log.expect("readable").pop().map(|entry| codec::decode_event(&entry.content));
    match first {
        Some(Ok(Event::Chat(ChatEvent::Posted(message)))) => message.author.id,
        _ => UserId(1),
    }
}

async fn delete(test_store: &TestStore, user: &User, room: RoomId, message: Seq) -> Answer {
    let reason = "a reason".to_owned();
    command(test_store, user, ChatCommand::Delete { room, message, reason }).await
}

async fn react(test_store: &TestStore, user: &User, room: RoomId) -> Answer {
    let (message, emoji) = (Seq(1), "👍".to_owned());
    command(test_store, user, ChatCommand::React { room, message, emoji, is_on: true }).await
}

async fn edit(test_store: &TestStore, user: &User, room: RoomId, message: Seq) -> Answer {
    let text = "another text".to_owned();
    command(test_store, user, ChatCommand::Edit { room, message, text }).await
}

/// A request about a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RoomRequest {
    Join,
    Leave,
    Read,
    MarkUnread,
    Mute,
    Post,
    Describe,
    OlderMessages,
    Timeline,
    Details,
    Presence,
    Members,
    ReadMarks,
    Delivery,
    Know,
    Access,
    MessageAccess,
    Rename,
    Posting,
    Archive,
    MakeDefault,
    Invite,
    Remove,
    Silence,
    Messages,
    Save,
    Remind,
    Schedule,
    React,
    Pin,
    ReactionPeople,
    EditOwnMessage,
    EditOthersMessage,
    OwnEarlierTexts,
    OthersEarlierTexts,
    DeleteOwnMessage,
    DeleteOthersMessage,
    Report,
    DecideReport,
    Delete,
}

impl RoomRequest {
    pub(super) const ALL: &[Self] = &[
        Self::Join,
        Self::Leave,
        Self::Read,
        Self::MarkUnread,
        Self::Mute,
        Self::Post,
        Self::Describe,
        Self::OlderMessages,
        Self::Timeline,
        Self::Details,
        Self::Presence,
        Self::Members,
        Self::ReadMarks,
        Self::Delivery,
        Self::Know,
        Self::Access,
        Self::MessageAccess,
        Self::Rename,
        Self::Posting,
        Self::Archive,
        Self::MakeDefault,
        Self::Invite,
        Self::Remove,
        Self::Silence,
        Self::Report,
        Self::DecideReport,
        Self::Messages,
        Self::Save,
        Self::Remind,
        Self::Schedule,
        Self::React,
        Self::Pin,
        Self::ReactionPeople,
        Self::EditOwnMessage,
        Self::EditOthersMessage,
        Self::OwnEarlierTexts,
        Self::OthersEarlierTexts,
        Self::DeleteOwnMessage,
        Self::DeleteOthersMessage,
        Self::Delete,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Join => "join",
            Self::Leave => "leave",
            Self::Read => "move the read mark",
            Self::MarkUnread => "mark messages as unread",
            Self::Mute => "mute",
            Self::Post => "write a message",
            Self::Describe => "describe the room",
            Self::OlderMessages => "read older messages",
            Self::Timeline => "follow the messages",
            Self::Details => "follow the details",
            Self::Presence => "follow who is present",
            Self::Members => "list the members",
            Self::ReadMarks => "count the readers of a message",
            Self::Delivery => "see the delivery of a message",
            Self::Know => "see the room and its number of members",
            Self::Access => "see who can see the room",
            Self::MessageAccess => "see who can see a message",
            Self::Rename => "rename the room",
            Self::Posting => "decide who may write, and the history of new members",
            Self::Archive => "archive the room, or bring it back",
            Self::MakeDefault => "make it a room of all new users",
            Self::Invite => "invite a user, or change a member's role",
            Self::Remove => "remove a member",
            Self::Silence => "silence a member",
            Self::Messages => "read single messages",
            Self::Save => "save a message",
            Self::Remind => "be reminded of a message",
            Self::Schedule => "send a message at a time",
            Self::React => "react to a message",
            Self::Pin => "pin a message",
            Self::ReactionPeople => "see who reacted to a message",
            Self::EditOwnMessage => "change the text of an own message",
            Self::EditOthersMessage => "change the text of another user's message",
            Self::OwnEarlierTexts => "read the earlier texts of an own message",
            Self::OthersEarlierTexts => "read the earlier texts of another user's message",
            Self::DeleteOwnMessage => "delete an own message",
            Self::DeleteOthersMessage => "delete another user's message",
            Self::Report => "report a message",
            Self::DecideReport => "decide a report",
            Self::Delete => "delete the room",
        }
    }

    pub(super) async fn make(self, test_store: &TestStore, user: &User, room: RoomId) -> Answer {
        let store = &test_store.store;
        match self {
            Self::Join | Self::Leave | Self::Read | Self::MarkUnread | Self::Mute => {
                let of_membership = match self {
                    Self::Join => MembershipCommand::Join { room },
                    Self::Leave => MembershipCommand::Leave { room },
                    Self::Read => MembershipCommand::Read { room, up_to: Seq(1) },
                    Self::MarkUnread => MembershipCommand::MarkUnread { room, from: Seq(1) },
                    _ => MembershipCommand::Mute { room, muted: true },
                };
                command(test_store, user, of_membership).await
            }
            Self::Post => command(test_store, user, ChatCommand::post(room, "hi")).await,
            Self::Describe => {
                let describe = RoomsCommand::Describe { room, description: "a room".into() };
                command(test_store, user, describe).await
            }
            Self::OlderMessages => {
                query(test_store, user, ChatQuery::Before { room, before: Seq(9), limit: 1 }).await
            }
            Self::Timeline => open(test_store, user, Topic::Room(room)).await,
            Self::Details => open(test_store, user, Topic::Details(room)).await,
            Self::Presence => Answer::of(store.check_access(user.id, Topic::Presence(room)).await),
            Self::Members => Answer::of(store.members(user.id, room, None).await),
            Self::ReadMarks => Answer::of(store.read_marks(user.id, room).await),
            Self::Delivery => Answer::of(store.delivery(user.id, room, Seq(1)).await),
            Self::Know => Answer::of(store.room(user.id, room).await),
            Self::Access => Answer::of(store.room_access(user.id, room, None).await),
            Self::MessageAccess => Answer::of(store.room_access(user.id, room, Some(Seq(1))).await),
            Self::Rename | Self::Posting | Self::Archive | Self::MakeDefault => {
                let change = match self {
                    Self::Rename => RoomChange::Name(format!("Renamed {room}")),
                    Self::Posting => RoomChange::Posting(Posting::Managers),
                    Self::Archive => RoomChange::Archived(true),
                    _ => RoomChange::Default(false),
                };
                command(test_store, user, RoomsCommand::Change { room, change }).await
            }
            // The user is the one about whom users of every kind know.
            Self::Invite => {
                let role = RoomRole::Reader;
                command(test_store, user, RoomsCommand::Invite { room, user: user.id, role }).await
            }
            Self::Remove => {
                command(
                    test_store,
                    user,
                    RoomsCommand::Remove { room, user: user.id, reason: String::new() },
                )
                .await
            }
            Self::Silence => {
                let (reason, user_in) = ("a reason".to_owned(), author_in(test_store, room).await);
                let silence = RoomsCommand::Silence { room, user: user_in, lasts_ms: 1, reason };
                command(test_store, user, silence).await
            }
            Self::Messages => {
                query(test_store, user, ChatQuery::Messages { room, messages: vec![Seq(1)] }).await
            }
            Self::Save => {
                let save = LaterCommand::Save { room, message: Seq(1), since: None };
                command(test_store, user, save).await
            }
            Self::Remind => {
                let remind = LaterCommand::Remind { room, message: Seq(1), at: Some(NOW) };
                command(test_store, user, remind).await
            }
            Self::Schedule => {
                let schedule =
                    LaterCommand::Schedule { room, text: "hi".into(), at: NOW, reply_to: None };
                command(test_store, user, schedule).await
            }
            Self::React => react(test_store, user, room).await,
            Self::Pin => {
                let pin = ChatCommand::Pin { room, message: Seq(1), is_on: true };
                command(test_store, user, pin).await
            }
            Self::ReactionPeople => {
                query(test_store, user, ChatQuery::Reactions { room, message: Seq(1) }).await
            }
            Self::EditOwnMessage => edit(test_store, user, room, OWN_MESSAGE).await,
            Self::EditOthersMessage => edit(test_store, user, room, Seq(1)).await,
            Self::OwnEarlierTexts => {
                query(test_store, user, ChatQuery::Earlier { room, message: OWN_MESSAGE }).await
            }
            Self::OthersEarlierTexts => {
                query(test_store, user, ChatQuery::Earlier { room, message: Seq(1) }).await
            }
            Self::DeleteOwnMessage => delete(test_store, user, room, OWN_MESSAGE).await,
            Self::DeleteOthersMessage => delete(test_store, user, room, Seq(1)).await,
            Self::Report => Answer::of(store.report(new_report(user, room)).await),
            Self::DecideReport => Answer::of(store.decide_report(new_decision(user, room)).await),
            Self::Delete => command(test_store, user, RoomsCommand::Delete { room }).await,
        }
    }
}

fn new_report(user: &User, room: RoomId) -> ReportRequest {
    let (message, category, words) = (Seq(1), ReportCategory::Spam, String::new());
    let report = NewReport { room, message, category, words };
    ReportRequest::new((user.id, None), report, NOW).expect("valid")
}

fn new_decision(user: &User, room: RoomId) -> DecisionRequest {
    let reason = "a reason".to_owned();
    let decision = ReportDecision { action: ReportAction::Dismiss, reason };
    DecisionRequest::new((user.id, None), report_in(room), decision, NOW).expect("valid")
}
