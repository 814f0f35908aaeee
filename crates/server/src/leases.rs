//! Leases: the works that one node does for all. See [`Store::acquire_lease`].

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use madang_hub::nodes::NodeId;
use madang_hub::ports::{Clock, Store, StoreError};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// The length of a lease, in milliseconds. A node that dies is replaced after it and one [`RENEW_INTERVAL`].
const LEASE_MS: u64 = 10_000;
/// The interval at which the holder renews a lease, and the other nodes ask for it.
const RENEW_INTERVAL: Duration = Duration::from_secs(3);
/// A holder that could not renew its lease for this time stops the work, before another node begins it.
const STOP_AFTER: Duration = Duration::from_secs(7);

/// Whether this node does a work for all nodes now.
#[derive(Clone, Debug)]
pub(crate) struct Leadership(watch::Receiver<bool>);

impl Leadership {
    /// The leadership of the only node.
    pub(crate) fn alone() -> Self {
        Self(watch::channel(true).1)
    }

    /// Whether this node does the work now.
    pub(crate) fn is_leader(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until this node does the work. Without end, if it never does.
    pub(crate) async fn until_leader(&mut self) {
        if self.0.wait_for(|is_leader| *is_leader).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Waits until the node begins or stops to do the work. Without end, if it never does.
    pub(crate) async fn changed(&mut self) {
        if self.0.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// The task that keeps the lease of a work.
pub(crate) struct LeaseTask {
    name: &'static str,
    node: NodeId,
    is_leader: watch::Sender<bool>,
}

impl LeaseTask {
    /// The lease of a work, for a node.
    pub(crate) fn new(name: &'static str, node: NodeId) -> (Self, Leadership) {
        let (is_leader, leadership) = watch::channel(false);
        (Self { name, node, is_leader }, Leadership(leadership))
    }

    /// Acquires and renews the lease, until the process stops. Then it gives the lease back.
    pub(crate) async fn run(
        self,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        stopping: CancellationToken,
    ) -> Result<()> {
        let (name, node) = (self.name, self.node);
        self.keep(|| store.acquire_lease(name, node, clock.now(), LEASE_MS), &stopping).await;
        set(&self.is_leader, name, false);
        if let Err(error) = store.release_lease(name, node).await {
            tracing::debug!(name, %error, "the lease is not given back; it ends by itself");
        }
        Ok(())
    }

    /// Repeats `acquire`, until the process stops.
    async fn keep<A: Future<Output = Result<bool, StoreError>>>(
        &self,
        acquire: impl Fn() -> A,
        stopping: &CancellationToken,
    ) {
        let Self { name, is_leader, .. } = self;
        let mut renewed_at = Instant::now();
        loop {
            let asked_at = Instant::now();
            // A database that does not answer must not keep the work here beyond the lease.
            let deadline = (renewed_at + STOP_AFTER).max(asked_at + RENEW_INTERVAL);
            let failure = match tokio::time::timeout_at(deadline, acquire()).await {
                Ok(Ok(is_acquired)) => {
                    renewed_at = asked_at;
                    set(is_leader, name, is_acquired);
                    None
                }
                Ok(Err(error)) => Some(error.to_string()),
                Err(elapsed) => Some(elapsed.to_string()),
            };
            if let Some(error) = failure {
                tracing::debug!(name, error, "the lease is not renewed");
                if renewed_at.elapsed() >= STOP_AFTER {
                    set(is_leader, name, false);
                }
            }
            tokio::select! {
                () = tokio::time::sleep(RENEW_INTERVAL) => {}
                () = stopping.cancelled() => return,
            }
        }
    }
}

fn set(is_leader: &watch::Sender<bool>, name: &str, now: bool) {
    if is_leader.send_if_modified(|before| std::mem::replace(before, now) != now) {
        tracing::info!(name, is_leader = now, "the lease of a work has changed");
    }
}

#[cfg(test)]
mod tests {
    use madang_store::InlineSqlite;

    use super::*;
    use crate::test_clock::{START, TestClock};

    struct Node {
        leadership: Leadership,
        task: tokio::task::JoinHandle<Result<()>>,
        stopping: CancellationToken,
    }

    fn start(node: u64, store: &InlineSqlite, clock: &Arc<TestClock>) -> Node {
        let (task, leadership) = LeaseTask::new("price", NodeId(node));
        let stopping = CancellationToken::new();
        let run = task.run(Arc::new(store.clone()), clock.clone(), stopping.clone());
        Node { leadership, task: tokio::spawn(run), stopping }
    }

    fn store() -> InlineSqlite {
        InlineSqlite::open_in_memory(START, 7).expect("opens")
    }

    async fn seconds(count: u64) {
        tokio::time::sleep(Duration::from_secs(count)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_dead_node_is_replaced_within_15_seconds() {
        let (store, clock) = (store(), Arc::new(TestClock::start()));
        let mut first = start(1, &store, &clock);
        first.leadership.until_leader().await;
        let mut second = start(2, &store, &clock);
        seconds(60).await;
        assert!(first.leadership.is_leader() && !second.leadership.is_leader());
        first.task.abort();
        let replaced =
            tokio::time::timeout(Duration::from_secs(15), second.leadership.until_leader());
        replaced.await.expect("in time");
    }

    #[tokio::test(start_paused = true)]
    async fn a_node_that_stops_gives_its_lease_back() {
        let (store, clock) = (store(), Arc::new(TestClock::start()));
        let mut first = start(1, &store, &clock);
        first.leadership.until_leader().await;
        let mut second = start(2, &store, &clock);
        first.stopping.cancel();
        first.task.await.expect("ends").expect("without an error");
        let replaced =
            tokio::time::timeout(Duration::from_secs(4), second.leadership.until_leader());
        replaced.await.expect("at the next attempt");
    }

    #[tokio::test(start_paused = true)]
    async fn a_holder_that_cannot_renew_its_lease_stops_before_it_ends() {
        let (store, clock) = (store(), Arc::new(TestClock::start()));
        let mut first = start(1, &store, &clock);
        first.leadership.until_leader().await;
        store.set_unavailable(true);
        let stopped = tokio::time::timeout(Duration::from_secs(10), first.leadership.changed());
        stopped.await.expect("before the lease ends");
        assert!(!first.leadership.is_leader());
        store.set_unavailable(false);
        first.leadership.until_leader().await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_holder_whose_store_does_not_answer_stops_before_its_lease_ends() {
        let (task, mut leadership) = LeaseTask::new("price", NodeId(1));
        let is_first = std::cell::Cell::new(true);
        let acquire = || {
            let answers = is_first.replace(false);
            async move { if answers { Ok(true) } else { std::future::pending().await } }
        };
        let stopping = CancellationToken::new();
        let lease = Duration::from_millis(LEASE_MS);
        let lost = async {
            leadership.until_leader().await;
            tokio::time::timeout(lease, leadership.changed()).await.expect("before the lease ends");
            assert!(!leadership.is_leader());
        };
        tokio::select! {
            () = task.keep(acquire, &stopping) => unreachable!("it is not stopped"),
            () = lost => {}
        }
    }
}
