//! The state that other engines keep in tables. Features decide each change before its first step, so
//! that a refusal leaves nothing behind.

use std::collections::{BTreeMap, BTreeSet};

use madang_hub::ports::{CommandFingerprint, TokenHash};
use madang_shared::frames::LogPosition;
use madang_shared::notices::{InboxSnapshot, NoticesSnapshot};
use madang_shared::orders::{Order, OrdersSnapshot};
use madang_shared::posts::Post;
use madang_shared::rooms::CreatedRoom;
use madang_shared::{
    CommandId, Failure, Message, OrderId, PostId, RoomId, Seq, Timestamp, Topic, UserId,
};

use super::log::Log;
use super::skeletons::Skeletons;
use crate::refusals;

/// One field per table of the SQLite engine, and the log. A field starts with its default, so that a
/// new one is one line.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) log: Log,
    /// The applied commands.
    pub(super) commands: BTreeMap<(UserId, CommandId), AppliedCommand>,

    pub(super) users: BTreeMap<UserId, String>,
    pub(super) user_keys: BTreeMap<String, UserId>,
    pub(super) user_skeletons: Skeletons<UserId>,
    pub(super) sessions: BTreeMap<TokenHash, SignInSession>,
    /// The sessions that no request has named yet.
    pub(super) unused_sessions: BTreeMap<UserId, TokenHash>,
    /// The sessions that were asked for since their use was last recorded.
    pub(super) used_sessions: BTreeSet<TokenHash>,
    pub(super) service_accounts: BTreeMap<&'static str, UserId>,

    pub(super) rooms: BTreeMap<RoomId, CreatedRoom>,
    pub(super) room_keys: BTreeMap<String, RoomId>,
    pub(super) room_skeletons: Skeletons<RoomId>,
    /// Of the rooms that have one.
    pub(super) descriptions: BTreeMap<RoomId, String>,
    /// The read mark of each member.
    pub(super) members: BTreeMap<(UserId, RoomId), Seq>,
    pub(super) muted_rooms: BTreeSet<(UserId, RoomId)>,
    /// The head of the room when the user last joined it.
    pub(super) joined_after: BTreeMap<(RoomId, UserId), Seq>,
    /// The time at which the user last joined the room.
    pub(super) joined_at: BTreeMap<(RoomId, UserId), Timestamp>,
    /// The users who have left a room: time, and head of the room at that time.
    pub(super) departures: BTreeMap<(RoomId, UserId), (Timestamp, Seq)>,
    pub(super) messages: BTreeMap<(RoomId, Seq), Message>,

    pub(super) counter: i64,

    pub(super) posts: BTreeMap<PostId, Post>,
    /// The first and the last event that hold a text of the post.
    pub(super) post_events: BTreeMap<PostId, (Seq, Seq)>,
    /// The id of the newest post, so that the id of a deleted post is not used again.
    pub(super) last_post: Option<PostId>,

    pub(super) orders: BTreeMap<OrderId, Order>,
    /// The menu, and the orders that clients see.
    pub(super) orders_view: OrdersSnapshot,

    pub(super) notices: NoticesSnapshot,
    pub(super) inboxes: BTreeMap<UserId, InboxSnapshot>,
    /// The high-water mark of each schedule.
    pub(super) notice_schedules: BTreeMap<String, Timestamp>,
    /// The number of the last notice of the demonstration.
    pub(super) demo_last_number: u32,
}

/// A sign-in session.
#[derive(Clone, Copy, Debug)]
pub(super) struct SignInSession {
    pub(super) user: UserId,
    pub(super) made_at: Timestamp,
    pub(super) used_at: Timestamp,
}

/// The position of a command's event, and the fingerprint of the command.
#[derive(Clone, Copy, Debug)]
pub(super) struct AppliedCommand {
    pub(super) at: Option<LogPosition>,
    pub(super) fingerprint: Option<CommandFingerprint>,
}

impl State {
    /// A state without users and rooms, with the topics that have no id.
    pub(super) fn new(
        seed: u64,
        topics: impl Iterator<Item = Topic>,
        orders_view: OrdersSnapshot,
    ) -> Self {
        let mut log = Log::new(seed);
        for topic in topics {
            log.create_topic(topic);
        }
        Self { log, orders_view, ..Self::default() }
    }

    /// Refuses an author who is not a user.
    pub(super) fn require_user(&self, user: UserId) -> Result<(), Failure> {
        if self.users.contains_key(&user) { Ok(()) } else { Err(refusals::no_user()) }
    }
}
