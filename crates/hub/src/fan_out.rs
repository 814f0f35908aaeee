//! The queue of topics whose subscribers have frames to receive.
//!
//! **Topics take turns.** A pass writes to a bounded number of subscribers, then the topic goes to the
//! end of the queue. A small room therefore waits for a few writes of a huge one, never for all of them.
//! Events that arrive while a topic waits are written as one batch, which makes a busy room cheap.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::topic_channel::{FanOutPass, TopicChannel};

/// The topics with frames to write. Each topic is queued at most once.
#[derive(Debug, Default)]
pub(crate) struct FanOutQueue {
    waiting: Mutex<VecDeque<(Arc<TopicChannel>, FanOutPass)>>,
    /// Wakes one of the writing tasks. The permit is kept if no task waits.
    added: Notify,
    /// The batches that sockets have accepted since the start.
    deliveries: AtomicU64,
}

impl FanOutQueue {
    /// Queues a topic. To be called when [`TopicChannel::advance`] asks for it.
    pub(crate) fn add(&self, channel: Arc<TopicChannel>) {
        self.push(channel, FanOutPass::default());
    }

    fn push(&self, channel: Arc<TopicChannel>, pass: FanOutPass) {
        self.waiting.lock().push_back((channel, pass));
        self.added.notify_one();
    }

    /// The deliveries to sockets since the start. The events that a slow connection reads later are not counted.
    pub(crate) fn deliveries(&self) -> u64 {
        self.deliveries.load(Ordering::Relaxed)
    }

    /// The number of topics that wait.
    pub(crate) fn waiting(&self) -> u64 {
        self.waiting.lock().len() as u64
    }

    /// Takes topics from the queue and writes to their subscribers, without end. Any number of tasks
    /// may run it: a topic is with one task at a time, so its events keep their order.
    pub(crate) async fn run(&self) {
        loop {
            let next = self.waiting.lock().pop_front();
            let Some((channel, mut pass)) = next else {
                self.added.notified().await;
                continue;
            };
            let is_unfinished = channel.write_next(&mut pass);
            // Once per turn, because the tasks on other processors count too.
            self.deliveries.fetch_add(std::mem::take(&mut pass.deliveries), Ordering::Relaxed);
            if is_unfinished {
                self.push(channel, pass);
            }
            // Gives the thread to the other tasks: commits, acknowledgements, reads, handshakes.
            tokio::task::yield_now().await;
        }
    }
}
