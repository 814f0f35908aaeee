//! The reads of the log by which a node follows the others.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use madang_shared::presence::PRESENCE_WINDOW_MS;
use madang_shared::{RoomId, Seq, Timestamp, Topic, UserId};
use parking_lot::Mutex;
use tokio::sync::{Notify, broadcast};

use super::COPIES_POLL_MS;
use super::Outgoing;
use super::counts::OtherNodes;
use crate::gateway::GatewayMessage;
use crate::ports::TokenHash;

/// The ends of sessions that are buffered for the task that closes their connections. A poll of the store finds others.
const BUFFERED_SESSION_ENDS: usize = 256;
/// The messages of other gateways that are buffered for the gateway of this node.
const BUFFERED_GATEWAY_MESSAGES: usize = 256;

/// A read of the store that a hub needs to follow the other nodes. Its answer goes to [`crate::Hub::on_followed`],
/// [`crate::Hub::on_heads`] or [`crate::Hub::on_marks`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FollowRead {
    /// The events of a topic after a seq. See [`crate::ports::Store::read_log`].
    Log {
        /// The topic.
        topic: Topic,
        /// The head of the topic in this node.
        after: Seq,
        /// The maximum number of events.
        limit: usize,
    },
    /// The heads of these topics. See [`crate::ports::Store::heads`].
    Heads(Vec<Topic>),
    /// The read marks of a room. See [`crate::ports::Store::read_marks`].
    Marks {
        /// The room.
        room: RoomId,
        /// A user who watches a message of the room.
        reader: UserId,
    },
}

/// The knowledge of a node about a log that it shares with others.
#[derive(Debug)]
pub(crate) struct SharedLog {
    poll_ms: u64,
    pub(crate) outgoing: Outgoing,
    pub(super) others: OtherNodes,
    session_ends: broadcast::Sender<TokenHash>,
    gateway_messages: broadcast::Sender<GatewayMessage>,
    inner: Mutex<Inner>,
    /// Wakes one of the following tasks.
    added: Notify,
}

#[derive(Debug, Default)]
struct Inner {
    /// The seqs up to which topics are to be followed, and the turns of the topics.
    wanted: HashMap<Topic, Seq>,
    turns: VecDeque<Topic>,
    /// The topics that are being read.
    reading: BTreeSet<Topic>,
    other_reads: VecDeque<FollowRead>,
    /// The rest of the topics of this poll.
    to_poll: VecDeque<Topic>,
    is_polling: bool,
    polled_at: Timestamp,
    copies_polled_at: Timestamp,
    /// The number of subscriptions of each user to topics of rooms.
    room_readers: BTreeMap<UserId, usize>,
    /// The heads of the memberships of users who read rooms here and do not follow their memberships.
    membership_heads: HashMap<UserId, Seq>,
    /// The polled heads of the topics that a part of this server watches without a subscription.
    watched_heads: HashMap<Topic, Option<Seq>>,
}

impl SharedLog {
    pub(crate) fn new(poll_ms: u64, outgoing: Outgoing) -> Self {
        Self {
            poll_ms,
            outgoing,
            others: OtherNodes::default(),
            session_ends: broadcast::Sender::new(BUFFERED_SESSION_ENDS),
            gateway_messages: broadcast::Sender::new(BUFFERED_GATEWAY_MESSAGES),
            inner: Mutex::default(),
            added: Notify::new(),
        }
    }

    /// The number of other nodes that are alive.
    pub(crate) fn other_nodes(&self) -> u64 {
        self.others.count()
    }

    /// The sessions that have ended on other nodes.
    pub(super) fn session_ends(&self) -> &broadcast::Sender<TokenHash> {
        &self.session_ends
    }

    /// The messages of the gateways of other nodes.
    pub(crate) fn gateway_messages(&self) -> &broadcast::Sender<GatewayMessage> {
        &self.gateway_messages
    }

    /// Requests that a topic is followed up to a seq.
    pub(crate) fn want(&self, topic: Topic, seq: Seq) {
        let mut inner = self.inner.lock();
        let wanted = inner.wanted.entry(topic).or_default();
        *wanted = seq.max(*wanted);
        if !inner.reading.contains(&topic) && !inner.turns.contains(&topic) {
            inner.turns.push_back(topic);
        }
        drop(inner);
        self.added.notify_one();
    }

    /// Requests any other read.
    pub(crate) fn request(&self, read: FollowRead) {
        self.inner.lock().other_reads.push_back(read);
        self.added.notify_one();
    }

    /// The next topic to follow, and the seq up to which it is wanted. It counts as being read.
    pub(super) fn next_topic(&self) -> Option<(Topic, Seq)> {
        let mut inner = self.inner.lock();
        let topic = inner.turns.pop_front()?;
        let seq = inner.wanted.get(&topic).copied().unwrap_or_default();
        inner.reading.insert(topic);
        Some((topic, seq))
    }

    pub(super) fn next_other_read(&self) -> Option<FollowRead> {
        self.inner.lock().other_reads.pop_front()
    }

    /// A topic was read. `head` is the head that it has in this node now; `None` if it is not to be read again.
    pub(super) fn finish(&self, topic: Topic, head: Option<Seq>) {
        let mut inner = self.inner.lock();
        inner.reading.remove(&topic);
        let is_behind =
            head.is_some_and(|head| inner.wanted.get(&topic).is_some_and(|wanted| *wanted > head));
        if is_behind {
            inner.turns.push_back(topic);
            drop(inner);
            self.added.notify_one();
        } else {
            inner.wanted.remove(&topic);
        }
    }

    /// Waits until a read is requested. May return without one.
    pub(crate) async fn requested(&self) {
        self.added.notified().await;
    }

    /// The topics whose heads to ask for now. `topics` lists all of them when a poll begins; its argument says whether the
    /// copies of the log without readers are due, too.
    pub(super) fn topics_to_poll(
        &self,
        now: Timestamp,
        limit: usize,
        topics: impl FnOnce(bool) -> BTreeSet<Topic>,
    ) -> Vec<Topic> {
        let mut inner = self.inner.lock();
        if inner.is_polling {
            return Vec::new();
        }
        if inner.to_poll.is_empty() {
            // Ticks come a little early or late; a poll must not wait for another tick because of that.
            let interval = self.poll_ms.saturating_sub(PRESENCE_WINDOW_MS / 2);
            if !inner.polled_at.has_passed(interval, now) {
                return Vec::new();
            }
            inner.polled_at = now;
            let with_copies = inner.copies_polled_at.has_passed(COPIES_POLL_MS, now);
            if with_copies {
                inner.copies_polled_at = now;
            }
            drop(inner);
            let topics = topics(with_copies);
            inner = self.inner.lock();
            inner.to_poll.extend(topics);
        }
        let count = inner.to_poll.len().min(limit);
        let topics: Vec<Topic> = inner.to_poll.drain(..count).collect();
        inner.is_polling = !topics.is_empty();
        topics
    }

    /// The next poll is due when this time is long ago.
    pub(super) fn set_polled_at(&self, polled_at: Timestamp) {
        self.inner.lock().polled_at = polled_at;
    }

    /// Forgets the positions and reads of a log that was replaced. The readers of rooms stay.
    pub(super) fn forget_log(&self) {
        let mut inner = self.inner.lock();
        inner.wanted.clear();
        inner.turns.clear();
        inner.reading.clear();
        inner.to_poll.clear();
        inner.membership_heads.clear();
        inner.is_polling = false;
        inner.other_reads.retain(|read| matches!(read, FollowRead::Marks { .. }));
    }

    pub(super) fn end_poll(&self) {
        self.inner.lock().is_polling = false;
    }

    /// A connection of a user begins to read a topic of a room.
    pub(crate) fn add_room_reader(&self, user: UserId) {
        *self.inner.lock().room_readers.entry(user).or_default() += 1;
    }

    /// A connection of a user does not read a topic of a room any more.
    pub(crate) fn remove_room_reader(&self, user: UserId) {
        let mut inner = self.inner.lock();
        if let Some(count) = inner.room_readers.get_mut(&user) {
            *count -= 1;
            if *count == 0 {
                inner.room_readers.remove(&user);
                inner.membership_heads.remove(&user);
            }
        }
    }

    pub(super) fn reads_rooms(&self, user: UserId) -> bool {
        self.inner.lock().room_readers.contains_key(&user)
    }

    /// Polls a topic although it may have no subscribers.
    pub(super) fn watch(&self, topic: Topic) {
        self.inner.lock().watched_heads.entry(topic).or_default();
    }

    pub(super) fn watched_topics(&self) -> Vec<Topic> {
        self.inner.lock().watched_heads.keys().copied().collect()
    }

    /// Records the polled head of a topic. Returns whether the topic is watched, and its head has moved or was unknown.
    pub(super) fn has_watched_moved(&self, topic: Topic, head: Seq) -> bool {
        let mut inner = self.inner.lock();
        inner.watched_heads.get_mut(&topic).is_some_and(|known| known.replace(head) != Some(head))
    }

    pub(super) fn room_readers(&self) -> Vec<UserId> {
        self.inner.lock().room_readers.keys().copied().collect()
    }

    /// Records the polled head of the memberships of a user who reads rooms. Returns whether it has moved, or was
    /// unknown.
    pub(super) fn has_membership_moved(&self, user: UserId, head: Seq) -> bool {
        let mut inner = self.inner.lock();
        inner.room_readers.contains_key(&user)
            && inner.membership_heads.insert(user, head) != Some(head)
    }
}
