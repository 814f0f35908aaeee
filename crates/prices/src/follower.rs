//! The follower: decides which source serves, and when another takes over.
//!
//! There is one follower per process, and it is one task. While there are watchers, it opens the
//! sources in order of preference, one at a time, and the first that answers serves. When that
//! source fails or goes silent, the price is stale at once, and the follower opens the next source
//! that is not waiting. While a fallback serves, the follower tries each preferred source again
//! after its backoff. **Only during such a trial are two sources open**: the fallback serves until
//! the preferred source has answered, so that a trial never interrupts the price. When there have
//! been no watchers for a grace period, everything is closed.
//!
//! The follower does not know the number of watchers: one `bool` says whether there are any, so ten
//! thousand cost no more than one.

use std::convert::Infallible;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};

use crate::error::SourceError;
use crate::feed::{Feed, FeedState, SourceFailure};
use crate::quote::{ExchangeQuote, Reading};
use crate::source::Source;
use crate::source_health::SourceHealth;
use crate::timing::Timing;
use crate::upstream::Upstream;

/// Milliseconds since 1970-01-01 UTC.
pub type UnixClock = Box<dyn Fn() -> u64 + Send>;
/// A source of random numbers, for the jitter of the backoff.
pub type Random = Box<dyn FnMut() -> u64 + Send>;

/// Follows the price while there are watchers.
pub struct Follower {
    sources: Vec<Arc<dyn Source>>,
    health: Vec<SourceHealth>,
    timing: Timing,
    clock: UnixClock,
    random: Random,
    feed: watch::Sender<Feed>,
}

impl Follower {
    /// A follower with these sources, in order of preference. Each source must be there once: a
    /// duplicate would be requested twice, and would ignore a ban of the other. Without sources,
    /// the feed stays at [`FeedState::Connecting`] while there are watchers.
    ///
    /// Also returns the feed, whose receiver can be cloned.
    pub fn new(
        sources: Vec<Arc<dyn Source>>,
        timing: Timing,
        clock: UnixClock,
        random: Random,
    ) -> (Self, watch::Receiver<Feed>) {
        let health = sources.iter().map(|_| SourceHealth::default()).collect();
        let (feed, receiver) = watch::channel(Feed::default());
        (Self { sources, health, timing, clock, random, feed }, receiver)
    }

    /// Runs until the sender of `watched` is dropped, and leaves the feed at [`FeedState::Idle`].
    /// Dropping the future stops it as well.
    pub async fn run(mut self, mut watched: watch::Receiver<bool>) {
        while watched.wait_for(|watched| *watched).await.is_ok() {
            let grace = self.timing.grace;
            let left = tokio::select! {
                never = self.serve() => match never {},
                left = watchers_left(&mut watched, grace) => left,
            };
            self.health.iter_mut().for_each(SourceHealth::closed);
            self.feed.send_modify(|feed| feed.state = FeedState::Idle);
            if left == Absence::ForGood {
                return;
            }
        }
    }

    /// Serves for ever. Dropping the future closes all open sources; the state that must survive is
    /// in `self`.
    async fn serve(&mut self) -> Infallible {
        let mut serving: Option<Upstream> = None;
        let mut trial: Option<Upstream> = None;
        self.publish(None);
        loop {
            let next = match &trial {
                None => self.next_trial(serving.as_ref()),
                Some(_) => None,
            };
            tokio::select! {
                // In this order, so that a fast fallback cannot delay a trial.
                biased;
                rank = next_opening(next) => trial = self.open(rank),
                (rank, outcome) = next_reading(&mut trial, &self.timing) => match outcome {
                    Ok(reading) => {
                        if let Some(replaced) = std::mem::replace(&mut serving, trial.take()) {
                            self.update_health(replaced.rank, SourceHealth::closed);
                        }
                        self.on_reading(rank, reading);
                    }
                    Err(error) => {
                        trial = None;
                        self.on_error(rank, &error, serving.as_ref());
                    }
                },
                (rank, outcome) = next_reading(&mut serving, &self.timing) => match outcome {
                    Ok(reading) => self.on_reading(rank, reading),
                    Err(error) => {
                        serving = None;
                        self.on_error(rank, &error, None);
                    }
                },
            }
        }
    }

    /// The source to open next, and the time: of those preferred to the one that serves, the first
    /// that is due now, or else the one that is due first.
    fn next_trial(&self, serving: Option<&Upstream>) -> Option<(usize, Instant)> {
        let now = Instant::now();
        let better = serving.map_or(self.health.len(), |serving| serving.rank);
        let due = self.health.iter().take(better).map(|health| health.due(now));
        // `min_by_key` returns the first of equals, which is the most preferred of those due now.
        due.enumerate().min_by_key(|(_, due)| *due)
    }

    fn open(&self, rank: usize) -> Option<Upstream> {
        let source = self.sources.get(rank)?;
        let now = (self.clock)();
        self.feed.send_modify(|feed| feed.asked_at = Some(now));
        Some(Upstream::open(rank, Arc::clone(source), &self.timing))
    }

    fn on_reading(&mut self, rank: usize, reading: Reading) {
        self.update_health(rank, |health| health.on_reading(Instant::now()));
        let Some(source) = self.sources.get(rank).map(|source| source.name()) else { return };
        let Reading { price, currency, change_24h } = reading;
        let quote = ExchangeQuote { price, currency, change_24h, source, at: (self.clock)() };
        self.feed.send_modify(|feed| feed.latest = Some(quote));
        self.publish(Some(rank));
    }

    fn on_error(&mut self, rank: usize, error: &SourceError, serving: Option<&Upstream>) {
        let (timing, random) = (self.timing, (self.random)());
        self.update_health(rank, |health| health.on_error(Instant::now(), error, &timing, random));
        self.publish(serving.map(|serving| serving.rank));
    }

    fn update_health(&mut self, rank: usize, change: impl FnOnce(&mut SourceHealth)) {
        if let Some(health) = self.health.get_mut(rank) {
            change(health);
        }
    }

    /// Publishes the state, given the source that serves.
    fn publish(&self, serving: Option<usize>) {
        let failures = self.sources.iter().zip(&self.health).filter_map(|(source, health)| {
            Some(SourceFailure { source: source.name(), error: health.last_error()?.clone() })
        });
        let failures: Vec<SourceFailure> = failures.collect();
        let all_failed = !failures.is_empty() && failures.len() == self.sources.len();
        self.feed.send_modify(|feed| {
            feed.failures = failures;
            feed.state = match (serving, &feed.latest) {
                (Some(0), _) => FeedState::Live,
                (Some(_), _) => FeedState::Fallback,
                (None, Some(latest)) => FeedState::Stale { since: latest.at },
                (None, None) if all_failed => FeedState::Unanswered,
                (None, None) => FeedState::Connecting,
            };
        });
    }
}

/// Waits until the next source is due, if there is one.
async fn next_opening(next: Option<(usize, Instant)>) -> usize {
    match next {
        Some((rank, at)) => {
            sleep_until(at).await;
            rank
        }
        None => pending().await,
    }
}

/// The next reading or error of a source, if it is open.
async fn next_reading(
    upstream: &mut Option<Upstream>,
    timing: &Timing,
) -> (usize, Result<Reading, SourceError>) {
    match upstream {
        Some(upstream) => (upstream.rank, upstream.next(timing).await),
        None => pending().await,
    }
}

/// Whether watchers may come back.
#[derive(PartialEq, Eq)]
enum Absence {
    ForNow,
    ForGood,
}

/// Returns when there have been no watchers for the grace period, or can be none any more.
async fn watchers_left(watched: &mut watch::Receiver<bool>, grace: Duration) -> Absence {
    while watched.wait_for(|watched| !*watched).await.is_ok() {
        let again = async { watched.wait_for(|watched| *watched).await.is_ok() };
        match timeout(grace, again).await {
            Ok(true) => {}
            Ok(false) => return Absence::ForGood,
            Err(_elapsed) => return Absence::ForNow,
        }
    }
    // The last value stays readable after its sender is dropped; waiting for it again would spin.
    Absence::ForGood
}
