//! The ports of the domain: the traits through which it uses the store and the clock. Engines implement
//! them in other packages, and only the binary knows which engines are used. The port for other nodes is
//! [`Bus`](crate::bus::Bus).

use std::sync::Arc;

use futures_util::future::BoxFuture;
use madang_shared::delivery::ReadStatus;
use madang_shared::details::MembersPage;
use madang_shared::frames::LogPosition;
use madang_shared::people::PeoplePage;
use madang_shared::posts::Post;
use madang_shared::room_access::RoomAccess;
use madang_shared::rooms::{DirectoryPage, ListedRoom};
use madang_shared::{
    Answer, Command, CommandId, Failure, Position, PostId, Query, RoomId, Seq, Timestamp, Topic,
    User, UserId,
};

use crate::access_tokens::AccessTokenStore;
use crate::administration::Administration;
use crate::budgets::network::Network;
use crate::factors::FactorStore;
use crate::features::{self, Change};
use crate::later::LaterStore;
use crate::moderation::Moderation;
use crate::nodes::NodeId;
use crate::notices::DueNotice;
use crate::policy::rights::Need;
use crate::profiles::Profiles;
use crate::shared_state::{OpenedState, SharedStateRead};

pub use crate::accounts::{Accounts, Identity, NewUser, ServiceAccount, SessionLimits, TokenHash};
pub use crate::fingerprint::CommandFingerprint;
pub use crate::log::{LogEntry, TopicEvent};
pub use crate::rooms::{DirectoryRequest, PeopleRequest};
pub use crate::store_error::StoreError;

/// The source of time. The domain gets time as an argument; only the web package and the binary read the
/// clock.
pub trait Clock: Send + Sync + 'static {
    /// The present time. It goes back only after a clock was wrong by more than
    /// [`MAX_CLOCK_CORRECTION_MS`](madang_shared::ids::MAX_CLOCK_CORRECTION_MS).
    fn now(&self) -> Timestamp;
}

/// A decided change, to be made durable.
#[derive(Clone, Debug)]
pub struct Write {
    /// The author of the change.
    pub author: User,
    /// The id of the change: the store applies each (author, command) once, however often it is written.
    pub command: CommandId,
    /// The time at which the server accepted it.
    pub at: Timestamp,
    /// The fingerprint of the command that asked for the change. `None` for a change that a part of the
    /// server makes under an id of its own.
    pub fingerprint: Option<CommandFingerprint>,
    /// The network from which the command came, for the audit log.
    pub network: Option<Network>,
    /// The change.
    pub change: Change,
}

impl Write {
    /// The write of a user's command, decided by its feature.
    ///
    /// # Errors
    /// The feature's refusal.
    pub fn of_command(
        author: User,
        id: CommandId,
        at: Timestamp,
        command: Command,
    ) -> Result<Self, Failure> {
        let fingerprint = Some(CommandFingerprint::of(&command));
        let change = features::decide(command)?;
        Ok(Self { author, command: id, at, fingerprint, network: None, change })
    }

    /// The same write, from this network.
    #[must_use]
    pub fn from_network(self, network: Option<Network>) -> Self {
        Self { network, ..self }
    }
}

/// A write that is durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// The position of the write's own event; `None` if the write found nothing to change.
    pub at: Option<LogPosition>,
    /// The content of that event as the log holds it, in the encoding of [`LogEntry::content`]. The answer to a repeated
    /// command holds the redacted event if the event was redacted since. `None` if nothing changed, or if the log lost it.
    pub event: Option<Arc<str>>,
}

/// The way in which a durable topic is opened for a subscriber.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recovery {
    /// The subscriber resumes: the log holds every event from its position up to `head`.
    Resumed {
        /// The position of the topic's last event.
        head: Position,
    },
    /// A snapshot and its position, read in one transaction.
    State(OpenedState),
}

/// The recipients of one message, according to the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipients {
    /// The time at which the message was stored.
    pub at: Timestamp,
    /// The position of the message.
    pub position: Position,
    /// The recipients, in the order and within the limit of
    /// [`Delivery::people`](madang_shared::delivery::Delivery::people).
    pub people: Vec<(User, ReadStatus)>,
    /// The number of further recipients.
    pub more: u64,
}

/// The messages of a room that were for a member, and those that the member has read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemberMark {
    /// The member.
    pub user: UserId,
    /// The last event of the room when the member joined: earlier messages were for others.
    pub joined_after: Seq,
    /// The read mark; not before `joined_after`.
    pub read_up_to: Seq,
}

/// The durable log, and the state that its events have made.
///
/// # Guarantees
/// The contract suite in `madang-store` holds every engine to them.
/// - **Atomic**: a write's state change and its events are stored together or not at all.
/// - **Durable**: `commit` answers only after the writes survive a kill of the process (and of the
///   machine, unless the operator chose otherwise).
/// - **Once**: a (author, command) that has taken effect is not applied again. A repetition gets the
///   answer of the first time, however late it is sent. The same id with another [`CommandFingerprint`]
///   is refused as `invalid`.
/// - **Ordered**: within a topic, `seq` grows by 1 without holes. The writes of a batch take effect in
///   the order of the batch. The event stream carries the [`TopicEvent`]s of a topic in the order of
///   `seq`, after they are durable, also those of a commit whose caller has dropped its future.
/// - **Redacted**: after the transaction that edits or deletes a text, no event of the log contains the
///   text. Its events keep their seqs, and state what they did without the text
///   ([`madang_shared::posts::PostsEvent::Redacted`], [`Message::deleted`](madang_shared::Message::deleted)).
/// - **Independent**: a caller that does not poll its future delays nobody else.
/// - **Fair**: the readers take turns, so that the slow reads of one user delay another by one of them at most. A user
///   with too many waiting reads is refused as `rate_limited`. Sign-ins wait for no other read.
/// - **Isolated**: a refused write changes nothing, and the rest of its batch continues. From the first
///   write that the engine cannot make durable, no further write of the batch takes effect.
pub trait Store:
    AccessTokenStore + Accounts + Administration + FactorStore + LaterStore + Moderation + Profiles
{
    /// Makes the writes of one session durable, in order. Returns one result for each write, in order.
    /// After a write that fails with [`StoreError::Unavailable`], every later write of the batch fails
    /// with it too.
    fn commit(&self, batch: Vec<Write>) -> BoxFuture<'static, Vec<Result<Committed, StoreError>>>;

    /// Opens the topic of `shared`, which is durable, for a user. [`crate::policy::resumes`] decides whether `from`
    /// resumes. The answer is read in one transaction, which takes the shared part of the state from
    /// [`SharedStateRead::at`].
    ///
    /// # Errors
    /// Refused as `not_member` or `not_found` for a room that the user has not joined; as `forbidden`
    /// for another user's memberships or inbox.
    fn open(
        &self,
        user: UserId,
        shared: SharedStateRead,
        from: Option<Position>,
    ) -> BoxFuture<'static, Result<Recovery, StoreError>>;

    /// The events of a durable topic after `after`, at most `limit`, in order and without holes. The caller has
    /// checked that the reader has access.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    fn read_log(
        &self,
        reader: UserId,
        topic: Topic,
        after: Seq,
        limit: usize,
    ) -> BoxFuture<'static, Result<Vec<LogEntry>, StoreError>>;

    /// The seqs of the last events of durable topics, in the order of `topics`; 0 for a topic that does not exist.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    fn heads(&self, topics: Vec<Topic>) -> BoxFuture<'static, Result<Vec<Seq>, StoreError>>;

    /// Answers a query of a user.
    ///
    /// # Errors
    /// The feature's refusal.
    fn query(&self, user: UserId, query: Query) -> BoxFuture<'static, Result<Answer, StoreError>>;

    /// The recipients of a message, and whether they have read it.
    ///
    /// # Errors
    /// Refused as `not_member` or `not_found` for a room that the user has not joined; as `not_found`
    /// if there is no such message.
    fn delivery(
        &self,
        user: UserId,
        room: RoomId,
        message: Seq,
    ) -> BoxFuture<'static, Result<Recipients, StoreError>>;

    /// The people who can see a room, or a message in it, by the rule that lets them.
    ///
    /// # Errors
    /// `not_found` for a room of which the reader may not know; for a message, also as [`Self::delivery`].
    fn room_access(
        &self,
        reader: UserId,
        room: RoomId,
        message: Option<Seq>,
    ) -> BoxFuture<'static, Result<RoomAccess, StoreError>>;

    /// The read marks of the members of a room, without service accounts, in any order.
    ///
    /// # Errors
    /// Refused as `not_member` or `not_found` for a room that the user has not joined.
    fn read_marks(
        &self,
        user: UserId,
        room: RoomId,
    ) -> BoxFuture<'static, Result<Vec<MemberMark>, StoreError>>;

    /// A page of the directory, at most [`PAGE_ROOMS`](madang_shared::rooms::PAGE_ROOMS) rooms by name.
    ///
    /// # Errors
    /// Refused as `not_found` if [`DirectoryRequest::after`] does not exist.
    fn directory(
        &self,
        reader: UserId,
        request: DirectoryRequest,
    ) -> BoxFuture<'static, Result<DirectoryPage, StoreError>>;

    /// One room as the directory lists it.
    ///
    /// # Errors
    /// Refused as `not_found` for a room of which the user may not know.
    fn room(
        &self,
        reader: UserId,
        room: RoomId,
    ) -> BoxFuture<'static, Result<ListedRoom, StoreError>>;

    /// A page of the people whom a user may know, at most [`PAGE_PEOPLE`](madang_shared::people::PAGE_PEOPLE) by name: a
    /// member of the workspace knows all, a guest those with whom it shares a room. Service accounts and deactivated users
    /// are left out.
    ///
    /// # Errors
    /// Refused as `not_found` if [`PeopleRequest::after`] does not exist, or is unknown to the user.
    fn people(
        &self,
        reader: UserId,
        request: PeopleRequest,
    ) -> BoxFuture<'static, Result<PeoplePage, StoreError>>;

    /// A page of a room's members after a user, without service accounts; at most
    /// [`PAGE_MEMBERS`](madang_shared::details::PAGE_MEMBERS) by id.
    ///
    /// # Errors
    /// Refused as `not_member` or `not_found` for a room that the user has not joined.
    fn members(
        &self,
        reader: UserId,
        room: RoomId,
        after: Option<UserId>,
    ) -> BoxFuture<'static, Result<MembersPage, StoreError>>;

    /// Reads one post, as it is now.
    ///
    /// # Errors
    /// Refused as `not_found` for a post that does not exist.
    fn post(&self, reader: UserId, post: PostId) -> BoxFuture<'static, Result<Post, StoreError>>;

    /// Checks that a user may follow a topic; see [`crate::policy::rights`].
    ///
    /// # Errors
    /// The refusal of [`crate::policy::rights::check`].
    fn check_access(
        &self,
        user: UserId,
        topic: Topic,
    ) -> BoxFuture<'static, Result<(), StoreError>>;

    /// Checks a need of a user; see [`crate::policy::rights`].
    ///
    /// # Errors
    /// The refusal of [`crate::policy::rights::check`].
    fn check_need(&self, user: UserId, need: Need) -> BoxFuture<'static, Result<(), StoreError>>;

    /// Appends a due notice to the topic of notices, once: a notice that was appended before is not
    /// appended again. Returns its position, or `None` if there was nothing to append. The high-water
    /// mark and the notice are stored in one transaction.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    fn append_due_notice(
        &self,
        due: DueNotice,
        at: Timestamp,
    ) -> BoxFuture<'static, Result<Option<LogPosition>, StoreError>>;

    /// Makes a user and a first session, and joins the user to the first room. A name belongs to its user from the
    /// first use of the session on. Until then a sign-up under the same name gets the same user with a new session, and
    /// the old one has ended: otherwise a lost cookie would make the name unusable.
    ///
    /// # Errors
    /// Refused as `name_taken`.
    fn sign_up(&self, new: NewUser) -> BoxFuture<'static, Result<User, StoreError>>;

    /// The user of a service account. The first call makes the user and joins it to the first room. The
    /// user has no session, so nobody can sign in as it. If its name is taken, it gets a name with a
    /// number.
    ///
    /// # Errors
    /// Refused as `name_taken` if all of [`ServiceAccount::names`] are taken.
    fn service_user(&self, service: ServiceAccount)
    -> BoxFuture<'static, Result<User, StoreError>>;

    /// The user of a session; `None` if the session has ended or never existed. The first call for a session is
    /// recorded: see [`Self::sign_up`].
    ///
    /// # Errors
    /// Refused as `forbidden` while the user is banned; see [`crate::policy::restrictions::check_ban`].
    fn session(
        &self,
        token: TokenHash,
        now: Timestamp,
    ) -> BoxFuture<'static, Result<Option<User>, StoreError>>;

    /// Ends a session. To end it again changes nothing.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    fn sign_out(&self, token: TokenHash) -> BoxFuture<'static, Result<(), StoreError>>;

    /// The sessions and access tokens among these that have ended or never existed.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    fn ended_sessions(
        &self,
        sessions: Vec<TokenHash>,
        now: Timestamp,
    ) -> BoxFuture<'static, Result<Vec<TokenHash>, StoreError>>;

    /// Records that these sessions and access tokens are in use, and those that the store was asked for since the
    /// last call. With limits, it ends the sessions beyond them, and returns their number. A recorded
    /// time in the future is the mistake of a clock, and counts as now.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    fn expire_sessions(
        &self,
        in_use: Vec<TokenHash>,
        now: Timestamp,
        limits: Option<SessionLimits>,
    ) -> BoxFuture<'static, Result<u64, StoreError>>;

    /// Acquires or renews a lease for a node: a piece of work that one node does for all. Returns whether the node has
    /// it until `now` plus `duration_ms`. A lease that ends later than that was made by a clock that is wrong, and has
    /// ended.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    fn acquire_lease(
        &self,
        name: &'static str,
        holder: NodeId,
        now: Timestamp,
        duration_ms: u64,
    ) -> BoxFuture<'static, Result<bool, StoreError>>;

    /// Gives a lease back. To give back a lease of another node changes nothing.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    fn release_lease(
        &self,
        name: &'static str,
        holder: NodeId,
    ) -> BoxFuture<'static, Result<(), StoreError>>;

    /// Checks that both reading and writing work.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    fn ready(&self) -> BoxFuture<'static, Result<(), StoreError>>;
}
