//! A watch of the access of one user to topics, for a client that follows them without a [`Session`](crate::Session), as
//! the clients of Socket.IO do.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use madang_shared::{ConnectionId, Topic, UserId};

use crate::hub::Hub;
use crate::subscriber::Subscriber;
use crate::wakeups::TopicWakeups;

/// Tells when a user may have lost the right to read a topic. Dropping it ends the watch.
pub struct AccessWatch {
    hub: Arc<Hub>,
    connection: ConnectionId,
    wakeups: Arc<TopicWakeups>,
    topics: BTreeSet<Topic>,
}

impl AccessWatch {
    /// Begins the watch. To be called before the access is checked, so that a loss in between is not missed.
    pub fn new(hub: Arc<Hub>, user: UserId, topics: BTreeSet<Topic>) -> Self {
        let (connection, wakeups) = (hub.next_connection(), Arc::<TopicWakeups>::default());
        for topic in &topics {
            // It stays detached: no event is written to it.
            let subscriber = Subscriber::new(user, Arc::clone(&wakeups), None);
            hub.attach(*topic, connection, Arc::new(subscriber));
        }
        Self { hub, connection, wakeups, topics }
    }

    /// Waits until the user may have lost the right to read topics; returns them. Safe to drop at any point.
    pub async fn changed(&self) -> BTreeSet<Topic> {
        loop {
            self.wakeups.changed().await;
            let pending = self.wakeups.take();
            if !pending.recheck.is_empty() {
                return pending.recheck;
            }
        }
    }
}

impl Drop for AccessWatch {
    fn drop(&mut self) {
        for topic in &self.topics {
            self.hub.detach(*topic, self.connection);
        }
    }
}

impl fmt::Debug for AccessWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessWatch").field("topics", &self.topics).finish_non_exhaustive()
    }
}
