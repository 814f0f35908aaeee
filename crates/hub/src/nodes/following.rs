//! How a hub follows the events of other nodes.

use std::collections::BTreeSet;
use std::sync::Arc;

use madang_shared::limits::MAX_RECOVERED_EVENTS;
use madang_shared::topic::Durability;
use madang_shared::{Epoch, RoomId, Seq, Timestamp, Topic, UserId};

use super::{FOLLOW_EVENTS, FollowRead, POLL_TOPICS, SharedLog};
use crate::hub::Hub;
use crate::log::{LogEntry, TopicEvent};
use crate::policy::rights::SERVER;
use crate::ports::{MemberMark, Store, StoreError};
use crate::topic_channel::TopicChannel;

impl Hub {
    /// The next read that this node needs to follow the others. To be answered.
    pub fn next_follow_read(&self) -> Option<FollowRead> {
        let shared = self.shared_log()?;
        if let Some(read) = shared.next_other_read() {
            return Some(read);
        }
        while let Some((topic, wanted)) = shared.next_topic() {
            let head = self.channel(topic).and_then(|channel| channel.known_head());
            match head {
                Some(head) if wanted.since(head) > MAX_RECOVERED_EVENTS => {
                    self.learn_head(topic, wanted);
                    shared.finish(topic, None);
                }
                Some(head) if wanted > head => {
                    return Some(FollowRead::Log { topic, after: head, limit: FOLLOW_EVENTS });
                }
                // No subscriber is left, or the topic has advanced meanwhile.
                _ => shared.finish(topic, None),
            }
        }
        None
    }

    /// The answer to [`FollowRead::Log`].
    pub fn on_followed(&self, topic: Topic, read: Result<Vec<LogEntry>, StoreError>) {
        let Some(shared) = self.shared_log() else { return };
        // After a failure, or a head that the log does not show yet, the next poll finds the topic again.
        let events = read.unwrap_or_default();
        let has_events = !events.is_empty();
        let events = events.into_iter().map(|entry| TopicEvent { topic, entry });
        self.publish(&events.collect::<Vec<_>>());
        let head = self.channel(topic).and_then(|channel| channel.known_head());
        shared.finish(topic, head.filter(|_| has_events));
    }

    /// The answer to [`FollowRead::Heads`].
    pub fn on_heads(&self, topics: &[Topic], heads: Result<Vec<Seq>, StoreError>) {
        let Some(shared) = self.shared_log() else { return };
        shared.end_poll();
        for (topic, head) in topics.iter().zip(heads.unwrap_or_default()) {
            self.on_polled_head(shared, *topic, head);
        }
    }

    /// The answer to [`FollowRead::Marks`].
    pub fn on_marks(
        &self,
        room: RoomId,
        reader: UserId,
        marks: Result<Vec<MemberMark>, StoreError>,
    ) {
        self.read_counts().on_marks(room, reader, marks);
    }

    /// Another node has announced that a topic has events up to `seq`.
    pub(super) fn on_announced(&self, shared: &SharedLog, topic: Topic, seq: Seq) {
        self.note_advance(topic, seq);
        let Some(channel) = self.channel(topic) else {
            self.drop_copies_before(topic, seq);
            self.read_counts().on_topic_advanced(topic);
            self.check_access_after(topic);
            return;
        };
        match channel.known_head() {
            Some(head) if seq > head => shared.want(topic, seq),
            Some(_) => {}
            // The first subscriber's read is on its way, and may be older.
            None => self.learn_head(topic, seq),
        }
    }

    /// A subscriber's read, or a notification, has found that a topic has events up to `seq`, and their contents are
    /// unknown here.
    pub(crate) fn learn_head(&self, topic: Topic, seq: Seq) {
        if let Some(channel) = self.channel(topic) {
            self.learn_head_of(&channel, topic, seq);
        }
    }

    /// The same for a channel that a session holds, which may belong to a log that was replaced.
    pub(crate) fn learn_head_of(&self, channel: &Arc<TopicChannel>, topic: Topic, seq: Seq) {
        let is_new = channel.known_head().is_none_or(|head| seq > head);
        self.advance(channel, seq, None);
        if is_new && self.shared_log().is_some() && topic.durability() == Durability::Durable {
            self.drop_copies_before(topic, seq);
            self.read_counts().on_topic_advanced(topic);
            self.check_access_after(topic);
        }
    }

    /// Requests the heads of this node's topics, when it is time. Requests the read marks that may have changed.
    pub(crate) fn poll(&self, now: Timestamp) {
        let Some(shared) = self.shared_log() else { return };
        shared.others.tick(now);
        let topics = shared.topics_to_poll(now, POLL_TOPICS, |with_copies| {
            self.topics_to_follow(shared, with_copies)
        });
        if !topics.is_empty() {
            shared.request(FollowRead::Heads(topics));
        }
        for (room, reader) in self.read_counts().stale_rooms(now) {
            shared.request(FollowRead::Marks { room, reader });
        }
    }

    /// Follows the other nodes, without end. Any number of tasks may run it at the same time.
    /// `report` gets the failures of the store; the next poll repeats the reads.
    pub async fn run_follower(&self, store: &dyn Store, report: impl Fn(&StoreError)) {
        let Some(shared) = self.shared_log() else { return std::future::pending().await };
        loop {
            match self.next_follow_read() {
                Some(FollowRead::Log { topic, after, limit }) => {
                    let log_epoch = self.log_epoch();
                    // The sessions of the subscribers have checked their access.
                    let events = store.read_log(SERVER, topic, after, limit).await;
                    let events = events.inspect_err(&report);
                    self.of_log(log_epoch, || self.on_followed(topic, events));
                }
                Some(FollowRead::Heads(topics)) => {
                    let log_epoch = self.log_epoch();
                    let heads = store.heads(topics.clone()).await.inspect_err(&report);
                    self.of_log(log_epoch, || self.on_heads(&topics, heads));
                }
                Some(FollowRead::Marks { room, reader }) => {
                    let marks = store.read_marks(reader, room).await;
                    self.on_marks(room, reader, marks.inspect_err(&report));
                }
                None => shared.requested().await,
            }
        }
    }

    /// Applies the answer to a read that began while the log had this epoch, unless the log was replaced meanwhile. It is
    /// not replaced during the call.
    fn of_log(&self, log_epoch: Epoch, apply: impl FnOnce()) {
        let _unchanged = self.log_replacement().prevent();
        if self.log_epoch() == log_epoch {
            apply();
        }
    }

    fn on_polled_head(&self, shared: &SharedLog, topic: Topic, head: Seq) {
        if shared.has_watched_moved(topic, head) {
            self.note_advance(topic, head);
        }
        match self.channel(topic).map(|channel| channel.known_head()) {
            Some(Some(known)) if head > known => shared.want(topic, head),
            Some(_) => {}
            None => {
                self.drop_copies_before(topic, head);
                if let Topic::Memberships(user) = topic
                    && shared.has_membership_moved(user, head)
                {
                    self.check_access_after(topic);
                }
            }
        }
    }

    /// The durable topics that have subscribers on this node, and the memberships of the users who read rooms. With
    /// copies: the topics of cached copies, too.
    fn topics_to_follow(&self, shared: &SharedLog, with_copies: bool) -> BTreeSet<Topic> {
        let mut topics: BTreeSet<Topic> = self.channels().keys().copied().collect();
        if with_copies {
            topics.extend(self.shared_states().topics());
            topics.extend(self.log_cache().topics());
        }
        topics.extend(shared.watched_topics());
        topics.extend(shared.room_readers().into_iter().map(Topic::Memberships));
        topics.retain(|topic| topic.durability() == Durability::Durable);
        topics
    }

    fn drop_copies_before(&self, topic: Topic, seq: Seq) {
        self.shared_states().drop_before(topic, seq);
        self.log_cache().forget_before(topic, seq);
    }

    /// A user who leaves a room on one device leaves it on all of them: each connection checks its access
    /// to the topics of the room. This visits all topics, which is acceptable because the event is rare.
    pub(crate) fn request_access_checks_of(&self, user: UserId, concerns: impl Fn(Topic) -> bool) {
        let channels = self.channels();
        let concerned = channels.iter().filter(|(topic, _)| concerns(**topic));
        let concerned: Vec<Arc<TopicChannel>> =
            concerned.map(|(_, channel)| channel.clone()).collect();
        drop(channels);
        for channel in concerned {
            channel.request_access_check(user);
        }
    }

    /// The memberships of a user have changed in an unknown way: the user may have left any room.
    fn check_access_after(&self, topic: Topic) {
        if let (Some(shared), Topic::Memberships(user)) = (self.shared_log(), topic)
            && shared.reads_rooms(user)
        {
            self.request_access_checks_of(user, |topic| topic.room().is_some());
        }
    }
}
