//! Writing to many: topics that have something for their readers take turns.
//!
//! A topic is written to some readers, and goes to the end of the line: a small room waits for some
//! writes of a huge one, never for all of them. What is said in a topic while it waits is written
//! together, which is most of what makes a busy room cheap.

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::topic_channel::{FanOutPass, TopicChannel};

/// The topics that have something for their readers. Each is in it once at most.
#[derive(Debug, Default)]
pub(crate) struct FanOutQueue {
    waiting: Mutex<VecDeque<(Arc<TopicChannel>, FanOutPass)>>,
    /// Wakes one of those who write; a permit is kept if none waits.
    added: Notify,
}

impl FanOutQueue {
    /// To be called when [`TopicChannel::advance`] says so.
    pub(crate) fn add(&self, channel: Arc<TopicChannel>) {
        self.put(channel, FanOutPass::default());
    }

    fn put(&self, channel: Arc<TopicChannel>, turn: FanOutPass) {
        self.waiting.lock().push_back((channel, turn));
        self.added.notify_one();
    }

    /// Takes topics from the line and writes, for ever. Any number of tasks may do so: a topic is
    /// with one of them at a time, so that its events keep their order.
    pub(crate) async fn write(&self) {
        loop {
            let next = self.waiting.lock().pop_front();
            let Some((channel, mut turn)) = next else {
                self.added.notified().await;
                continue;
            };
            if channel.write_on(&mut turn) {
                self.put(channel, turn);
            }
            // Whoever shares this thread: commits, acknowledgements, who reads and who comes.
            tokio::task::yield_now().await;
        }
    }
}
