//! Read counts: the number of members who have read a message.
//!
//! A connection watches one message, and the hub notifies it when its count has changed. While a room is watched, the
//! hub keeps the read marks of its members: the store reads them once, and the events of the log change them. So the
//! store counts nothing, however many members read at the same time, and a room without a watch costs nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use madang_shared::membership::MembershipEvent;
use madang_shared::read_count::{READ_COUNT_INTERVAL_MS, ReadCount};
use madang_shared::{ConnectionId, Event, Failure, RoomId, Seq, Timestamp, Topic, UserId, codec};
use parking_lot::Mutex;

use crate::details::{MemberChange, member_change};
use crate::log::TopicEvent;
use crate::policy::rights::not_member;
use crate::ports::{MemberMark, StoreError};
use crate::wakeups::TopicWakeups;

/// The time for which the marks of a room without a watch stay in memory, in milliseconds. A client that gets a count
/// watches again at once.
const IDLE_MS: u64 = 10_000;

/// The interval at which a node that shares its log reads the marks of a watched room, even without a notification, in
/// milliseconds.
const REREAD_MS: u64 = 10_000;

/// The watches of one node.
///
/// A node that shares its log does not see the events of all members. It reads the marks of a watched room again after
/// a change, at most every [`READ_COUNT_INTERVAL_MS`].
#[derive(Debug, Default)]
pub(crate) struct ReadCounts {
    rooms: Mutex<HashMap<RoomId, WatchedRoom>>,
    shares_log: bool,
}

/// One connection's watch of a message.
#[derive(Clone, Debug)]
pub(crate) struct Watch {
    pub(crate) user: UserId,
    pub(crate) message: Seq,
    pub(crate) known: Option<ReadCount>,
    pub(crate) wakeups: Arc<TopicWakeups>,
}

/// The state of a new watch.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum WatchStart {
    /// The count is known, and differs from the client's. The watch has ended.
    Counted(ReadCount),
    /// The connection is notified when the count has changed.
    Waiting,
    /// As [`WatchStart::Waiting`]. The marks of the room, or the user's mark, are missing: read them from the store, and call
    /// [`ReadCounts::load`].
    MarksMissing,
}

#[derive(Debug, Default)]
struct WatchedRoom {
    /// The marks of the members; `None` until the store has read them.
    marks: Option<BTreeMap<UserId, Mark>>,
    /// The changes since the first watch, while the store reads the marks.
    early: BTreeMap<UserId, MarkChange>,
    watches: BTreeMap<ConnectionId, Watch>,
    /// The connections whose users are not among the marks. They may have joined since the marks were read, on another
    /// node; otherwise the store refuses them, because only it knows whether they may know of the room.
    newcomers: BTreeSet<ConnectionId>,
    /// The results that the connections have not taken yet.
    results: BTreeMap<ConnectionId, Result<ReadCount, Failure>>,
    /// Whether the marks have changed since the last count.
    has_changed: bool,
    counted_at: Timestamp,
    /// Since when the room has no watch.
    idle_since: Option<Timestamp>,
    /// Whether the marks in the store may have changed since they were read.
    is_stale: bool,
    /// Whether the store reads the marks again.
    is_reading: bool,
    read_at: Timestamp,
}

#[derive(Clone, Copy, Debug)]
struct Mark {
    joined_after: Seq,
    read_up_to: Seq,
}

#[derive(Clone, Copy, Debug)]
enum MarkChange {
    Joined(Seq),
    Left,
    Read(Seq),
}

impl MarkChange {
    /// The change of a member's mark that an event means; `None` for other events.
    fn of(TopicEvent { topic, entry }: &TopicEvent) -> Option<(RoomId, UserId, Self)> {
        match topic {
            Topic::Memberships(user) => match codec::decode_event(&entry.content) {
                Ok(Event::Membership(MembershipEvent::Read(membership))) => {
                    Some((membership.room, *user, Self::Read(membership.read_up_to)))
                }
                _ => None,
            },
            Topic::Details(room) => {
                let (user, change) = member_change(entry)?;
                let change = match change {
                    MemberChange::Joined(after) => Self::Joined(after),
                    MemberChange::Left => Self::Left,
                };
                Some((*room, user, change))
            }
            _ => None,
        }
    }

    fn apply(self, user: UserId, marks: &mut BTreeMap<UserId, Mark>) {
        match self {
            Self::Joined(after) => {
                marks.insert(user, Mark { joined_after: after, read_up_to: after });
            }
            Self::Left => {
                marks.remove(&user);
            }
            // A service account has no mark.
            Self::Read(up_to) => {
                if let Some(mark) = marks.get_mut(&user) {
                    mark.read_up_to = mark.read_up_to.max(up_to);
                }
            }
        }
    }
}

impl ReadCounts {
    /// The watches of a node that shares its log with others.
    pub(crate) fn of_shared_log() -> Self {
        Self { shares_log: true, ..Self::default() }
    }

    /// A topic has advanced, and the node does not know its events.
    pub(crate) fn on_topic_advanced(&self, topic: Topic) {
        for (room, state) in self.rooms.lock().iter_mut() {
            let concerns = match topic {
                Topic::Details(of) => of == *room,
                Topic::Memberships(user) => {
                    state.marks.as_ref().is_none_or(|marks| marks.contains_key(&user))
                }
                _ => false,
            };
            state.is_stale |= concerns;
        }
    }

    /// The log was replaced: the marks of all rooms are read again.
    pub(crate) fn on_log_replaced(&self) {
        self.rooms.lock().values_mut().for_each(|state| state.is_stale = true);
    }

    /// The watched rooms whose marks the store has to read again now, each with a user who watches it. To be answered
    /// with [`Self::on_marks`].
    pub(crate) fn stale_rooms(&self, now: Timestamp) -> Vec<(RoomId, UserId)> {
        let mut rooms = self.rooms.lock();
        let stale = rooms.iter_mut().filter_map(|(room, state)| {
            let interval = if state.is_stale { READ_COUNT_INTERVAL_MS } else { REREAD_MS };
            if state.is_reading || state.marks.is_none() || !state.read_at.has_passed(interval, now)
            {
                return None;
            }
            let reader = state.watches.values().next()?.user;
            (state.is_stale, state.is_reading, state.read_at) = (false, true, now);
            Some((*room, reader))
        });
        stale.collect()
    }

    /// The store has read the marks of a watched room again, for one of its watches.
    pub(crate) fn on_marks(
        &self,
        room: RoomId,
        reader: UserId,
        marks: Result<Vec<MemberMark>, StoreError>,
    ) {
        let mut rooms = self.rooms.lock();
        let Some(state) = rooms.get_mut(&room) else { return };
        state.is_reading = false;
        match marks {
            Ok(marks) => {
                state.marks = Some(marks_by_user(marks));
                state.count();
            }
            Err(StoreError::Refused(_)) => {
                state.end_watches_of(reader);
                state.is_stale = true;
            }
            Err(StoreError::Unavailable(_)) => state.is_stale = true,
        }
    }

    /// Starts a connection's watch of a message. The connection must have no other watch.
    pub(crate) fn watch(&self, room: RoomId, connection: ConnectionId, watch: Watch) -> WatchStart {
        let mut rooms = self.rooms.lock();
        let state = rooms.entry(room).or_default();
        state.idle_since = None;
        state.results.remove(&connection);
        let start = match &state.marks {
            None => WatchStart::MarksMissing,
            Some(marks) if !marks.contains_key(&watch.user) => {
                state.newcomers.insert(connection);
                WatchStart::MarksMissing
            }
            Some(marks) if watch.known.is_none() => {
                WatchStart::Counted(MarkCounter::new(marks).count(&watch))
            }
            Some(_) => {
                // The count may have changed while the client had no watch.
                state.has_changed = true;
                WatchStart::Waiting
            }
        };
        if matches!(start, WatchStart::MarksMissing | WatchStart::Waiting) {
            state.watches.insert(connection, watch);
        }
        start
    }

    /// Ends a connection's watch. To end it again changes nothing.
    pub(crate) fn unwatch(&self, room: RoomId, connection: ConnectionId) {
        if let Some(state) = self.rooms.lock().get_mut(&room) {
            state.watches.remove(&connection);
            state.newcomers.remove(&connection);
            state.results.remove(&connection);
        }
    }

    /// Takes the marks that the store has read for a connection's watch that began before.
    pub(crate) fn load(&self, room: RoomId, connection: ConnectionId, marks: Vec<MemberMark>) {
        let mut rooms = self.rooms.lock();
        let Some(state) = rooms.get_mut(&room) else { return };
        let is_newcomer = state.newcomers.remove(&connection);
        let mut marks = marks_by_user(marks);
        match &mut state.marks {
            Some(_) if !is_newcomer => return,
            Some(known) if !self.shares_log => {
                // The events have kept the known marks up to date, and the store may have read older ones.
                let user = state.watches.get(&connection).map(|watch| watch.user);
                if let Some((user, mark)) = user.and_then(|user| marks.remove_entry(&user)) {
                    known.entry(user).or_insert(mark);
                }
                state.count();
                return;
            }
            Some(_) | None => {}
        }
        // The store may have read the marks before these changes.
        for (user, change) in std::mem::take(&mut state.early) {
            change.apply(user, &mut marks);
        }
        state.marks = Some(marks);
        state.count();
    }

    /// Takes the result of a connection's watch, which ends the watch.
    pub(crate) fn take_result(
        &self,
        room: RoomId,
        connection: ConnectionId,
    ) -> Option<Result<ReadCount, Failure>> {
        self.rooms.lock().get_mut(&room)?.results.remove(&connection)
    }

    /// Applies published events to the marks of watched rooms.
    pub(crate) fn apply(&self, events: &[TopicEvent]) {
        let mut rooms = self.rooms.lock();
        if rooms.is_empty() {
            return;
        }
        for (room, user, change) in events.iter().filter_map(MarkChange::of) {
            match rooms.get_mut(&room) {
                Some(state) if self.shares_log => state.is_stale = true,
                Some(state) => state.apply(user, change),
                None => {}
            }
        }
    }

    /// Counts the rooms whose marks have changed, each at most once in [`READ_COUNT_INTERVAL_MS`], and forgets the
    /// rooms without watches.
    pub(crate) fn tick(&self, now: Timestamp) {
        let mut rooms = self.rooms.lock();
        rooms.retain(|_, state| {
            if state.has_changed && state.counted_at.has_passed(READ_COUNT_INTERVAL_MS, now) {
                state.counted_at = now;
                state.count();
            }
            if !state.watches.is_empty() || !state.results.is_empty() {
                state.idle_since = None;
                return true;
            }
            !state.idle_since.get_or_insert(now).has_passed(IDLE_MS, now)
        });
    }
}

impl WatchedRoom {
    fn apply(&mut self, user: UserId, change: MarkChange) {
        let Some(marks) = &mut self.marks else {
            let merged = match (self.early.get(&user), change) {
                // The mark of a new member is not before the joining.
                (Some(MarkChange::Joined(after)), MarkChange::Read(up_to)) => {
                    MarkChange::Joined((*after).max(up_to))
                }
                (Some(MarkChange::Left), MarkChange::Read(_)) => MarkChange::Left,
                _ => change,
            };
            self.early.insert(user, merged);
            return;
        };
        change.apply(user, marks);
        self.has_changed = true;
        if matches!(change, MarkChange::Left) {
            self.end_watches_of(user);
        }
    }

    /// Ends the watches of a user who has left the room.
    fn end_watches_of(&mut self, user: UserId) {
        let left = self.watches.extract_if(.., |_, watch| watch.user == user);
        for (connection, watch) in left {
            self.results.insert(connection, Err(not_member()));
            watch.wakeups.mark_read_count();
        }
    }

    /// Notifies the connections whose counts have changed.
    fn count(&mut self) {
        let Some(marks) = &self.marks else { return };
        self.has_changed = false;
        let (counter, newcomers) = (MarkCounter::new(marks), &self.newcomers);
        let changed = self.watches.extract_if(.., |connection, watch| {
            !newcomers.contains(connection)
                && (!marks.contains_key(&watch.user) || watch.known != Some(counter.count(watch)))
        });
        for (connection, watch) in changed {
            let is_member = marks.contains_key(&watch.user);
            let result = if is_member { Ok(counter.count(&watch)) } else { Err(not_member()) };
            self.results.insert(connection, result);
            watch.wakeups.mark_read_count();
        }
    }
}

fn marks_by_user(marks: Vec<MemberMark>) -> BTreeMap<UserId, Mark> {
    let mark = |it: MemberMark| {
        (it.user, Mark { joined_after: it.joined_after, read_up_to: it.read_up_to })
    };
    marks.into_iter().map(mark).collect()
}

/// Counts the readers of any message of a room, after one sort of the marks.
struct MarkCounter<'a> {
    marks: &'a BTreeMap<UserId, Mark>,
    joined_after: Vec<Seq>,
    read_up_to: Vec<Seq>,
}

impl<'a> MarkCounter<'a> {
    fn new(marks: &'a BTreeMap<UserId, Mark>) -> Self {
        let mut joined_after: Vec<Seq> = marks.values().map(|mark| mark.joined_after).collect();
        let mut read_up_to: Vec<Seq> = marks.values().map(|mark| mark.read_up_to).collect();
        joined_after.sort_unstable();
        read_up_to.sort_unstable();
        Self { marks, joined_after, read_up_to }
    }

    fn count(&self, watch: &Watch) -> ReadCount {
        let message = watch.message;
        let recipients = self.joined_after.partition_point(|seq| *seq < message);
        let later = self.joined_after.len() - recipients;
        let unread = self.read_up_to.partition_point(|seq| *seq < message);
        // The mark of a member who joined later is not before the message, and means no reading.
        let read = self.read_up_to.len().saturating_sub(unread).saturating_sub(later);
        let (mut recipients, mut read) = (recipients as u64, read as u64);
        if let Some(own) = self.marks.get(&watch.user).filter(|own| own.joined_after < message) {
            recipients = recipients.saturating_sub(1);
            read = read.saturating_sub(u64::from(own.read_up_to >= message));
        }
        ReadCount { read, recipients }
    }
}
