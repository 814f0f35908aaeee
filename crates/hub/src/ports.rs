//! What the domain needs from the world, as traits. The engines stand in other packages; only the
//! binary knows which ones are wired in.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use madang_shared::frames::LogPosition;
use madang_shared::posts::Post;
use madang_shared::{
    Answer, CommandId, Event, Failure, Position, PostId, Query, RoomId, Seq, Snapshot, Timestamp,
    Topic, User, UserId,
};
use thiserror::Error;
use tokio::sync::broadcast;

use crate::bus::TopicAdvanced;
use crate::delivery::Recipients;
use crate::features::Change;
use crate::notices::DueNotice;

/// Tells the time. Everything in the domain that needs it is given it; only the edge asks.
pub trait Clock: Send + Sync + 'static {
    /// Now. Never earlier than an answer given before.
    fn now(&self) -> Timestamp;
}

/// Tells other nodes that a topic has moved; see [`crate::bus`].
pub trait Bus: Send + Sync + 'static {
    /// Says so to everybody who listens, soon. May lose it.
    fn announce(&self, advanced: TopicAdvanced);

    /// What is announced from now on, by whichever node.
    fn listen(&self) -> broadcast::Receiver<TopicAdvanced>;
}

/// A decided change, waiting to be made durable.
#[derive(Clone, Debug)]
pub struct Write {
    /// On whose behalf.
    pub author: User,
    /// Names the change: the store makes it once per (author, command), however often it is asked.
    pub command: CommandId,
    /// When the server took it.
    pub at: Timestamp,
    /// What to change.
    pub change: Change,
}

/// A write that has taken effect, durably.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// The position of the command's own event; `None` if the write found nothing to change.
    pub at: Option<LogPosition>,
    /// The content of that event as the log holds it, in the encoding of [`LogEntry::content`]. The
    /// answer to a repeated command holds the redacted event if the event was redacted since. `None`
    /// if the write found nothing to change, or if the log has lost the event.
    pub event: Option<Arc<str>>,
}

/// Why the store did not do what it was asked. Either way nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StoreError {
    /// The data forbids it: a name is taken, a room does not exist, the user is no member.
    #[error("{0}")]
    Refused(Failure),
    /// The engine cannot do it now: disk full, read-only, damaged, stopping. For the log; a client
    /// is told less.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
}

/// An event that was appended to a topic's log, as [`madang_shared::codec::encode_event`] wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// Its place.
    pub seq: Seq,
    /// Its content, as JSON.
    pub content: Arc<str>,
}

/// An appended event with its topic, on its way to the topic's readers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicEvent {
    /// Which topic.
    pub topic: Topic,
    /// What was appended.
    pub logged: LogEntry,
}

impl TopicEvent {
    /// Encodes an event for its place in a topic.
    pub fn new(topic: Topic, seq: Seq, event: &Event) -> Self {
        let content = madang_shared::codec::encode_event(event).into();
        Self { topic, logged: LogEntry { seq, content } }
    }
}

/// How a durable topic was opened for a reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recovery {
    /// The reader's position is good: the log holds everything from there up to `head`.
    Resumed {
        /// Where the log stands.
        head: Position,
    },
    /// The state, and the position at which it is true, read in one transaction.
    State {
        /// Where the state is true.
        position: Position,
        /// The state.
        snapshot: Snapshot,
    },
}

/// The durable log and the state that its events made.
///
/// # Guarantees
/// Every engine keeps these, and the contract suite in `madang-store` holds each engine to them.
/// - **Atomic**: a write's state change and its events are stored together or not at all.
/// - **Durable**: `commit` answers only after what it answers for survives a kill of the process
///   (and of the machine, unless the operator chose otherwise).
/// - **Once**: a (author, command) that has taken effect is not made again: it is answered as it
///   was the first time, however late.
/// - **Ordered**: within a topic, `seq` grows by 1 without holes; the writes of one batch take effect
///   in the order of the batch; [`TopicEvent`] events of a topic reach the tail in the order of `seq`,
///   after they are durable. A commit whose caller has gone away reaches the tail all the same.
/// - **Taken back**: a text that its author replaced or deleted is in no event of the log any more, from
///   that transaction on. Its events keep their places, and say in other words what they did
///   ([`madang_shared::posts::PostsEvent::Redacted`]).
/// - **Independent**: a caller that has asked and does not poll holds up nobody else.
/// - **Isolated**: a refused write changes nothing, and the rest of its batch goes on. From the first
///   write that the engine could not make durable on, no write of the batch takes effect.
pub trait Store: Send + Sync + 'static {
    /// Makes the writes of one session durable, in order; answers one result per write, in order.
    /// Once a write meets [`StoreError::Unavailable`], so does every later write of the batch.
    fn commit(&self, batch: Vec<Write>) -> BoxFuture<'static, Vec<Result<Committed, StoreError>>>;

    /// Opens a durable topic for a reader. `from` is judged by [`crate::policy::resumes`]; whatever
    /// is answered was read in one transaction.
    ///
    /// # Errors
    /// Refused as `not_member` or `not_found` for a room the reader has not joined; as `forbidden`
    /// for somebody else's memberships or notices.
    fn open(
        &self,
        subscriber: UserId,
        topic: Topic,
        from: Option<Position>,
    ) -> BoxFuture<'static, Result<Recovery, StoreError>>;

    /// The events of a durable topic that follow `after`, at most `limit` of them, in order and with
    /// no holes.
    fn read_log(
        &self,
        topic: Topic,
        after: Seq,
        limit: usize,
    ) -> BoxFuture<'static, Result<Vec<LogEntry>, StoreError>>;

    /// Answers a question.
    fn query(
        &self,
        subscriber: UserId,
        query: Query,
    ) -> BoxFuture<'static, Result<Answer, StoreError>>;

    /// Whom a message was for, and who of them has read it.
    ///
    /// # Errors
    /// Refused as `not_member` or `not_found` for a room that the reader has not joined; as `not_found`
    /// for a message that is not there.
    fn delivery(
        &self,
        subscriber: UserId,
        room: RoomId,
        message: Seq,
    ) -> BoxFuture<'static, Result<Recipients, StoreError>>;

    /// Reads one post of the feed, as it is now.
    ///
    /// # Errors
    /// Refused as `not_found` for a post that does not exist.
    fn post(&self, post: PostId) -> BoxFuture<'static, Result<Post, StoreError>>;

    /// Whether the user has joined the room.
    fn is_member(&self, user: UserId, room: RoomId)
    -> BoxFuture<'static, Result<bool, StoreError>>;

    /// Appends a due notice to the topic of notices, once: a notice that was appended before is not
    /// appended again. Answers its position, or `None` if there was nothing to append. The high-water
    /// mark and the notice are stored in one transaction.
    fn append_due_notice(
        &self,
        due: DueNotice,
        at: Timestamp,
    ) -> BoxFuture<'static, Result<Option<LogPosition>, StoreError>>;

    /// Makes a user and a first session, and joins the user to the first room.
    ///
    /// # Errors
    /// Refused as `name_taken`.
    fn sign_up(&self, new: NewUser) -> BoxFuture<'static, Result<User, StoreError>>;

    /// The user in whose name a part of the server speaks, made when it is first asked for and joined
    /// to the first room. It has no session, so nobody can sign in as it. Where its name is taken, it
    /// gets one with a number.
    ///
    /// # Errors
    /// Refused as `name_taken` if all those names are taken as well.
    fn service_user(&self, service: ServiceAccount)
    -> BoxFuture<'static, Result<User, StoreError>>;

    /// Whose session this is, if it has not ended.
    fn session(&self, token: TokenHash) -> BoxFuture<'static, Result<Option<User>, StoreError>>;

    /// Ends a session; one that has ended already stays so.
    fn sign_out(&self, token: TokenHash) -> BoxFuture<'static, Result<(), StoreError>>;

    /// Answers if both reading and writing work.
    fn ready(&self) -> BoxFuture<'static, Result<(), StoreError>>;
}

/// SHA-256 of a session token. The token itself is never stored.
pub type TokenHash = [u8; 32];

/// A part of the server that speaks in rooms.
#[derive(Clone, Copy, Debug)]
pub struct ServiceAccount {
    /// Names the part, for ever.
    pub key: &'static str,
    /// How its user is called when it is made.
    pub name: &'static str,
    /// Now.
    pub at: Timestamp,
}

impl ServiceAccount {
    /// The names that it can get, in the order of preference.
    pub fn names(self) -> impl Iterator<Item = String> {
        let numbered = (2..=MAX_SERVICE_NAMES).map(move |number| format!("{} {number}", self.name));
        std::iter::once(self.name.to_owned()).chain(numbered)
    }
}

/// Names that a [`ServiceAccount`] tries: people who take them all want that it has none.
const MAX_SERVICE_NAMES: u32 = 20;

/// A user to be made.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// As chosen, checked by [`madang_shared::validate::user_name`].
    pub name: String,
    /// See [`crate::policy::name_key`].
    pub name_key: String,
    /// Of the first session.
    pub token: TokenHash,
    /// Now.
    pub at: Timestamp,
}
