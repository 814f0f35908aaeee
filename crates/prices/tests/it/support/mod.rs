//! Helpers for the tests.

pub(crate) mod exchange;
pub(crate) mod scripted;

use std::sync::Arc;
use std::time::Duration;

use madang_prices::{Dialer, Feed, Follower, RequestTiming, Source, SourceError, Timing};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Longer than any test takes; a test that waits this long has failed.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running follower, with the flag for watchers in the test's hand.
pub(crate) struct Running {
    pub(crate) watched: watch::Sender<bool>,
    pub(crate) feed: watch::Receiver<Feed>,
    pub(crate) task: JoinHandle<()>,
}

impl Running {
    /// Starts a follower without watchers. Its clock counts milliseconds from now (virtual ones, if
    /// time is paused), and its jitter is the same in every run.
    pub(crate) fn start(sources: Vec<Arc<dyn Source>>, timing: Timing) -> Self {
        let started = tokio::time::Instant::now();
        let clock = move || u64::try_from(started.elapsed().as_millis()).unwrap();
        let mut state = 1_u64;
        let random = move || {
            // Knuth's MMIX generator: irregular enough.
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            state >> 33
        };
        let (follower, feed) = Follower::new(sources, timing, Box::new(clock), Box::new(random));
        let (watched, watching) = watch::channel(false);
        let task = tokio::spawn(follower.run(watching));
        Self { watched, feed, task }
    }

    /// The next feed that satisfies the condition.
    pub(crate) async fn until(&mut self, what: impl FnMut(&Feed) -> bool) -> Feed {
        within(self.feed.wait_for(what)).await.unwrap().clone()
    }
}

/// The result of the future, with a time limit.
pub(crate) async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("the condition was not met")
}

/// A dialer for loopback that polls fast and waits long.
pub(crate) fn dialer() -> Dialer {
    Dialer::new(RequestTiming {
        connect_within: PATIENCE,
        request_within: PATIENCE,
        poll_every: Duration::from_millis(5),
    })
    .unwrap()
}

/// The error of a source that delivers no reading.
pub(crate) async fn failure(source: &dyn Source) -> SourceError {
    let (readings, mut read) = tokio::sync::mpsc::channel(1);
    let error = within(source.follow(readings)).await;
    assert_eq!(read.try_recv().ok(), None, "no reading came of it");
    error
}
