//! How a hub continues after its log was replaced: a standby took over that may lack events, or a backup was restored while
//! the server runs.
//!
//! The store executes no request from the moment that it finds another log until [`Hub::replace_log`] has returned. So
//! answers of the old log meet channels that are marked as replaced, and only answers of the new log meet new channels. A
//! session opens its topics again, and the client gets a reset with the new epoch before any event of the new log.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use madang_shared::topic::Durability;
use madang_shared::{Epoch, Seq, Timestamp, Topic};
use parking_lot::{RwLock, RwLockReadGuard};

use crate::hub::Hub;
use crate::topic_channel::TopicChannel;

/// The replacements of the log of a hub.
#[derive(Debug, Default)]
pub(crate) struct LogReplacement {
    lock: RwLock<()>,
    count: AtomicU64,
}

impl LogReplacement {
    /// The log is not replaced while the guard lives.
    pub(super) fn prevent(&self) -> RwLockReadGuard<'_, ()> {
        self.lock.read()
    }
}

impl Hub {
    /// The epoch of the whole log: it changes when the log was replaced. 0 for a log that is never replaced while a node
    /// runs.
    pub fn log_epoch(&self) -> Epoch {
        self.shared_log().map_or(Epoch(0), |shared| shared.outgoing.log_epoch())
    }

    /// The same hub over a log with this epoch.
    #[must_use]
    pub fn with_log_epoch(self, epoch: Epoch) -> Self {
        if let Some(shared) = self.shared_log() {
            shared.replace_log(epoch);
        }
        self
    }

    /// Another log has replaced the log of this node, and every durable topic has a new epoch. Drops all copies of the old
    /// log, and lets each session open its topics again.
    pub fn replace_log(&self, epoch: Epoch) {
        let _exclusive = self.log_replacement().lock.write();
        let replaced = self.take_durable_channels();
        if let Some(shared) = self.shared_log() {
            shared.replace_log(epoch);
        }
        self.log_cache().clear();
        self.shared_states().clear();
        self.read_counts().on_log_replaced();
        for (topic, channel) in replaced {
            self.end_channel(topic, &channel);
        }
        self.request_all_access_checks();
    }

    /// The number of times that the log was replaced. Sessions compare it.
    pub(crate) fn replacements(&self) -> u64 {
        self.log_replacement().count.load(Ordering::Acquire)
    }

    /// Removes the channels of durable topics, and marks them as replaced.
    fn take_durable_channels(&self) -> Vec<(Topic, Arc<TopicChannel>)> {
        let mut channels = self.channels();
        let is_durable = |topic: &Topic| topic.durability() == Durability::Durable;
        let taken: Vec<_> = channels.extract_if(|topic, _| is_durable(topic)).collect();
        for (_, channel) in &taken {
            channel.mark_replaced();
        }
        self.log_replacement().count.fetch_add(1, Ordering::Release);
        taken
    }

    /// Lets every connection check its access to the ephemeral topics of rooms.
    fn request_all_access_checks(&self) {
        let channels = self.channels();
        let of_rooms = channels.iter().filter(|(topic, _)| topic.room().is_some());
        of_rooms.for_each(|(_, channel)| channel.request_all_access_checks());
    }

    fn end_channel(&self, topic: Topic, channel: &Arc<TopicChannel>) {
        for user in channel.end() {
            if let (Some(shared), Some(_)) = (self.shared_log(), topic.room()) {
                shared.remove_room_reader(user);
            }
        }
    }

    /// The answer to a commit was lost, and the commit may have taken effect. These are the heads of its topics now. They
    /// are handled as the announcements of another node.
    pub fn on_unanswered_commit(&self, heads: &[(Topic, Seq)]) {
        let Some(shared) = self.shared_log() else { return };
        for (topic, seq) in heads {
            self.on_announced(shared, *topic, *seq);
            shared.outgoing.announce(*topic, *seq);
        }
        // The commit may have taken events of triggers, whose topics are unknown.
        shared.poll_soon();
    }
}

impl super::SharedLog {
    /// Forgets the old log.
    pub(super) fn replace_log(&self, epoch: Epoch) {
        self.outgoing.replace_log(epoch);
        self.forget_log();
    }

    fn poll_soon(&self) {
        self.set_polled_at(Timestamp(0));
    }
}
