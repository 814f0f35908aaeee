//! The requests of a walk about rooms.

use madang_shared::chat::{ChatCommand, ChatQuery};
use madang_shared::membership::MembershipCommand;
use madang_shared::roles::{Posting, RoomRole};
use madang_shared::rooms::{RoomChange, RoomsCommand};
use madang_shared::{RoomId, Seq, Topic, User};

use super::Answer;
use super::requests::{command, open, query};
use crate::support::TestStore;

/// A request about a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RoomRequest {
    Join,
    Leave,
    Read,
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
    Rename,
    Posting,
    Archive,
    MakeDefault,
    Invite,
    Remove,
    Delete,
}

impl RoomRequest {
    pub(super) const ALL: &[Self] = &[
        Self::Join,
        Self::Leave,
        Self::Read,
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
        Self::Rename,
        Self::Posting,
        Self::Archive,
        Self::MakeDefault,
        Self::Invite,
        Self::Remove,
        Self::Delete,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Join => "join",
            Self::Leave => "leave",
            Self::Read => "move the read mark",
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
            Self::Rename => "rename the room",
            Self::Posting => "decide who may write, and the history of new members",
            Self::Archive => "archive the room, or bring it back",
            Self::MakeDefault => "make it a room of all new users",
            Self::Invite => "invite a user, or change a member's role",
            Self::Remove => "remove a member",
            Self::Delete => "delete the room",
        }
    }

    pub(super) async fn make(self, test_store: &TestStore, user: &User, room: RoomId) -> Answer {
        let store = &test_store.store;
        match self {
            Self::Join => command(test_store, user, MembershipCommand::Join { room }).await,
            Self::Leave => command(test_store, user, MembershipCommand::Leave { room }).await,
            Self::Read => {
                let read = MembershipCommand::Read { room, up_to: Seq(1) };
                command(test_store, user, read).await
            }
            Self::Mute => {
                command(test_store, user, MembershipCommand::Mute { room, muted: true }).await
            }
            Self::Post => {
                command(test_store, user, ChatCommand::Post { room, text: "hi".into() }).await
            }
            Self::Describe => {
                let describe = RoomsCommand::Describe { room, description: "a room".into() };
                command(test_store, user, describe).await
            }
            Self::OlderMessages => {
                let before = ChatQuery::Before { room, before: Seq(9), limit: 1 };
                query(test_store, user, before).await
            }
            Self::Timeline => open(test_store, user, Topic::Room(room)).await,
            Self::Details => open(test_store, user, Topic::Details(room)).await,
            Self::Presence => Answer::of(store.check_access(user.id, Topic::Presence(room)).await),
            Self::Members => Answer::of(store.members(user.id, room, None).await),
            Self::ReadMarks => Answer::of(store.read_marks(user.id, room).await),
            Self::Delivery => Answer::of(store.delivery(user.id, room, Seq(1)).await),
            Self::Know => Answer::of(store.room(user.id, room).await),
            Self::Rename => {
                let change = RoomChange::Name(format!("Renamed {room}"));
                command(test_store, user, RoomsCommand::Change { room, change }).await
            }
            Self::Posting => {
                let change = RoomChange::Posting(Posting::Managers);
                command(test_store, user, RoomsCommand::Change { room, change }).await
            }
            Self::Archive => {
                let change = RoomChange::Archived(true);
                command(test_store, user, RoomsCommand::Change { room, change }).await
            }
            Self::MakeDefault => {
                let change = RoomChange::Default(false);
                command(test_store, user, RoomsCommand::Change { room, change }).await
            }
            // The user is the one about whom users of every kind know.
            Self::Invite => {
                let role = RoomRole::Reader;
                command(test_store, user, RoomsCommand::Invite { room, user: user.id, role }).await
            }
            Self::Remove => {
                command(test_store, user, RoomsCommand::Remove { room, user: user.id }).await
            }
            Self::Delete => command(test_store, user, RoomsCommand::Delete { room }).await,
        }
    }
}
