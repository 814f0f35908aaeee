//! Which source serves, and when another takes over.
//!
//! There is one follower in a process, and it is one task. While somebody watches, the sources are
//! opened in the order of preference, one at a time, and the first that answers serves. When it fails
//! or goes silent, the price is stale from that moment on, and the next source that may be asked is
//! opened. While a fallback serves, each source that is preferred to it is tried again as soon as its
//! back-off is over. **Only during such a trial are two open**: the fallback goes on serving until the
//! better one has answered, so that a trial costs nobody a price. When nobody has watched for a
//! moment, everything is closed.
//!
//! How many watch is not known here: one `bool` says whether anybody does, so ten thousand watchers
//! cannot cost more than one.

use std::convert::Infallible;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};

use crate::standing::Standing;
use crate::upstream::Upstream;
use crate::{Feed, Pace, Quote, Reading, Source, SourceError, State, Trouble};

/// Milliseconds since 1970-01-01 UTC.
pub type Clock = Box<dyn Fn() -> u64 + Send>;
/// Any number, each time another: it spreads the back-off.
pub type Random = Box<dyn FnMut() -> u64 + Send>;

/// Follows the price while somebody watches.
pub struct Follower {
    sources: Vec<Arc<dyn Source>>,
    standings: Vec<Standing>,
    pace: Pace,
    clock: Clock,
    random: Random,
    feed: watch::Sender<Feed>,
}

impl Follower {
    /// With the sources in the order of preference. Of each source there should be one: the same one
    /// twice would be asked twice, and a ban of the one would not bind the other. Without any, the
    /// feed stays at [`State::Connecting`] while somebody watches.
    ///
    /// Also returns where it tells what it knows; more receivers can be made from that one.
    pub fn new(
        sources: Vec<Arc<dyn Source>>,
        pace: Pace,
        clock: Clock,
        random: Random,
    ) -> (Self, watch::Receiver<Feed>) {
        let standings = sources.iter().map(|_| Standing::default()).collect();
        let (feed, told) = watch::channel(Feed::default());
        (Self { sources, standings, pace, clock, random, feed }, told)
    }

    /// Runs until the sender of `watched` is dropped, and leaves the feed at [`State::Idle`]. Dropping
    /// the future stops it just as well.
    pub async fn run(mut self, mut watched: watch::Receiver<bool>) {
        while watched.wait_for(|watched| *watched).await.is_ok() {
            let grace = self.pace.grace;
            let left = tokio::select! {
                never = self.serve() => match never {},
                left = nobody_watches(&mut watched, grace) => left,
            };
            self.standings.iter_mut().for_each(Standing::closed);
            self.feed.send_modify(|feed| feed.state = State::Idle);
            if left == Left::ForGood {
                return;
            }
        }
    }

    /// Serves for ever. Whoever drops this future closes what it has opened; what must be remembered
    /// is in `self`.
    async fn serve(&mut self) -> Infallible {
        let mut serving: Option<Upstream> = None;
        let mut trial: Option<Upstream> = None;
        self.tell(None);
        loop {
            let next = match &trial {
                None => self.next_trial(serving.as_ref()),
                Some(_) => None,
            };
            tokio::select! {
                // In order, so that no flood of readings keeps a trial from being opened or heard.
                biased;
                rank = opening(next) => trial = self.open(rank),
                (rank, outcome) = heard(&mut trial, &self.pace) => match outcome {
                    Ok(reading) => {
                        if let Some(relieved) = std::mem::replace(&mut serving, trial.take()) {
                            self.standing(relieved.rank, Standing::closed);
                        }
                        self.answered(rank, reading);
                    }
                    Err(error) => {
                        trial = None;
                        self.failed(rank, &error, serving.as_ref());
                    }
                },
                (rank, outcome) = heard(&mut serving, &self.pace) => match outcome {
                    Ok(reading) => self.answered(rank, reading),
                    Err(error) => {
                        serving = None;
                        self.failed(rank, &error, None);
                    }
                },
            }
        }
    }

    /// Which source to open next, and when: of those preferred to the one that serves, the first that
    /// may be opened now, or else the one whose time comes first.
    fn next_trial(&self, serving: Option<&Upstream>) -> Option<(usize, Instant)> {
        let now = Instant::now();
        let better = serving.map_or(self.standings.len(), |serving| serving.rank);
        let due = self.standings.iter().take(better).map(|standing| standing.due(now));
        // `min_by_key` keeps the first of equals, which is the most preferred of those due now.
        due.enumerate().min_by_key(|(_, due)| *due)
    }

    fn open(&self, rank: usize) -> Option<Upstream> {
        let source = self.sources.get(rank)?;
        Some(Upstream::open(rank, Arc::clone(source), &self.pace))
    }

    fn answered(&mut self, rank: usize, reading: Reading) {
        self.standing(rank, |standing| standing.answered(Instant::now()));
        let Some(source) = self.sources.get(rank).map(|source| source.name()) else { return };
        let Reading { price, currency, change_24h } = reading;
        let quote = Quote { price, currency, change_24h, source, at: (self.clock)() };
        self.feed.send_modify(|feed| feed.latest = Some(quote));
        self.tell(Some(rank));
    }

    fn failed(&mut self, rank: usize, error: &SourceError, serving: Option<&Upstream>) {
        let (pace, random) = (self.pace, (self.random)());
        self.standing(rank, |standing| standing.failed(Instant::now(), error, &pace, random));
        self.tell(serving.map(|serving| serving.rank));
    }

    fn standing(&mut self, rank: usize, change: impl FnOnce(&mut Standing)) {
        if let Some(standing) = self.standings.get_mut(rank) {
            change(standing);
        }
    }

    /// Tells how things stand, given which source serves.
    fn tell(&self, serving: Option<usize>) {
        let troubles = self.sources.iter().zip(&self.standings).filter_map(|(source, standing)| {
            Some(Trouble { source: source.name(), error: standing.trouble()?.clone() })
        });
        let tried = troubles.collect();
        self.feed.send_modify(|feed| {
            feed.tried = tried;
            feed.state = match (serving, &feed.latest) {
                (Some(0), _) => State::Live,
                (Some(_), _) => State::Fallback,
                (None, Some(latest)) => State::Stale { since: latest.at },
                (None, None) => State::Connecting,
            };
        });
    }
}

/// Waits until it is time to open the next source, if there is one.
async fn opening(next: Option<(usize, Instant)>) -> usize {
    match next {
        Some((rank, at)) => {
            sleep_until(at).await;
            rank
        }
        None => pending().await,
    }
}

/// What is heard from a source, if it is open.
async fn heard(
    upstream: &mut Option<Upstream>,
    pace: &Pace,
) -> (usize, Result<Reading, SourceError>) {
    match upstream {
        Some(upstream) => (upstream.rank, upstream.next(pace).await),
        None => pending().await,
    }
}

/// Whether those who left may come back.
#[derive(PartialEq, Eq)]
enum Left {
    ForNow,
    ForGood,
}

/// Returns when nobody has watched for as long as the grace, or nobody ever will.
async fn nobody_watches(watched: &mut watch::Receiver<bool>, grace: Duration) -> Left {
    while watched.wait_for(|watched| !*watched).await.is_ok() {
        let again = async { watched.wait_for(|watched| *watched).await.is_ok() };
        match timeout(grace, again).await {
            Ok(true) => {}
            Ok(false) => return Left::ForGood,
            Err(_elapsed) => return Left::ForNow,
        }
    }
    // The last value stays readable after its sender is gone: asking it again would never wait.
    Left::ForGood
}
