//! What the tests share.

pub(crate) mod exchange;
pub(crate) mod puppet;

use std::sync::Arc;
use std::time::Duration;

use madang_prices::{Dialer, Feed, Follower, Pace, Reach, Source, SourceError};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Longer than anything here takes: a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_mins(1);

/// A follower that runs, with whether somebody watches in the test's hand.
pub(crate) struct Running {
    pub(crate) watched: watch::Sender<bool>,
    pub(crate) feed: watch::Receiver<Feed>,
    pub(crate) task: JoinHandle<()>,
}

impl Running {
    /// Starts one that nobody watches yet. Its clock tells milliseconds since now (virtual
    /// ones, if time is paused), and its jitter is the same in every run.
    pub(crate) fn start(sources: Vec<Arc<dyn Source>>, pace: Pace) -> Self {
        let started = tokio::time::Instant::now();
        let clock = move || u64::try_from(started.elapsed().as_millis()).unwrap();
        let mut state = 1_u64;
        let random = move || {
            // Knuth's MMIX generator: enough to be irregular.
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            state >> 33
        };
        let (follower, feed) = Follower::new(sources, pace, Box::new(clock), Box::new(random));
        let (watched, watching) = watch::channel(false);
        let task = tokio::spawn(follower.run(watching));
        Self { watched, feed, task }
    }

    /// The first feed from now on of which this is true.
    pub(crate) async fn until(&mut self, what: impl FnMut(&Feed) -> bool) -> Feed {
        within(self.feed.wait_for(what)).await.unwrap().clone()
    }
}

/// What comes of it, unless it takes too long.
pub(crate) async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("the condition was not met")
}

/// A dialer for loopback that asks fast and waits long.
pub(crate) fn dialer() -> Dialer {
    Dialer::new(Reach {
        connect_within: PATIENCE,
        request_within: PATIENCE,
        poll_every: Duration::from_millis(5),
    })
    .unwrap()
}

/// Why a source fails, when it does so without a reading.
pub(crate) async fn failure(source: &dyn Source) -> SourceError {
    let (readings, mut read) = tokio::sync::mpsc::channel(1);
    let error = within(source.follow(readings)).await;
    assert_eq!(read.try_recv().ok(), None, "no reading came of it");
    error
}
