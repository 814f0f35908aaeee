//! The live Bitcoin price, from the exchanges to the hub, while it has viewers.
//!
//! Reading order: `sources` (the setting), this module (the task), `conversion` (to the types that
//! clients see).

mod conversion;
mod sources;

use std::sync::Arc;

use anyhow::{Context, Result};
use madang_hub::Hub;
use madang_hub::ports::Clock;
use madang_hub::price::LivePrice;
use madang_prices::{Dialer, Feed, FeedState, Follower, RequestTiming, SourceFailure, Timing};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

pub(crate) use self::sources::{SourceSetting, source_settings};
use crate::clock::SteadyClock;
use crate::leases::Leadership;

/// The task that follows the price, before it runs.
pub(crate) struct PriceTask {
    follower: Follower,
    feed: watch::Receiver<Feed>,
}

impl PriceTask {
    /// Makes the sources; connects to nothing.
    ///
    /// # Errors
    /// If the HTTP client for the exchanges cannot be made.
    pub(crate) fn new(settings: Vec<SourceSetting>, clock: &Arc<SteadyClock>) -> Result<Self> {
        let dialer = Dialer::new(RequestTiming::default())
            .context("cannot make the HTTP client for the exchanges")?;
        let seed = clock.now().0;
        let settings = settings.into_iter();
        let sources = settings.map(|setting| sources::source(setting, &dialer, seed)).collect();
        let clock = clock.clone();
        let (follower, feed) = Follower::new(
            sources,
            Timing::default(),
            Box::new(move || clock.now().0),
            // The jitter protects nothing secret, so zero is enough if the system has no random
            // number.
            Box::new(|| getrandom::u64().unwrap_or_default()),
        );
        Ok(Self { follower, feed })
    }

    /// Follows the price while it has viewers on any node and this node does it for all, until the process stops.
    pub(crate) async fn run(
        self,
        hub: Arc<Hub>,
        clock: Arc<SteadyClock>,
        leadership: Leadership,
        stopping: CancellationToken,
    ) -> Result<()> {
        let Self { follower, feed } = self;
        let (sender, is_needed) = watch::channel(false);
        let followed = hub.ephemeral::<LivePrice>().followed();
        tokio::select! {
            () = follower.run(is_needed) => Ok(()),
            () = publish_feed(&hub, &clock, &leadership, feed) => Ok(()),
            () = combine(leadership.clone(), followed, sender) => Ok(()),
            // Dropping the follower closes all of its connections.
            () = stopping.cancelled() => Ok(()),
        }
    }
}

/// Tells the follower whether its price is needed, until the hub ends.
async fn combine(
    mut leadership: Leadership,
    mut followed: watch::Receiver<bool>,
    is_needed: watch::Sender<bool>,
) {
    loop {
        let now = leadership.is_leader() && *followed.borrow_and_update();
        is_needed.send_if_modified(|before| std::mem::replace(before, now) != now);
        tokio::select! {
            () = leadership.changed() => {}
            changed = followed.changed() => if changed.is_err() { return },
        }
    }
}

/// Hands each change of the feed to the hub, until the follower ends. The prices of another node come over the bus.
async fn publish_feed(
    hub: &Hub,
    clock: &SteadyClock,
    leadership: &Leadership,
    mut feed: watch::Receiver<Feed>,
) {
    let mut log = FeedLog::default();
    loop {
        let price = {
            let feed = feed.borrow_and_update();
            log.changes(&feed);
            conversion::price_now(&feed)
        };
        if leadership.is_leader() {
            hub.ephemeral::<LivePrice>().update(|state| state.set(price, clock.now()));
        }
        if feed.changed().await.is_err() {
            return;
        }
    }
}

/// Logs changes of the state and new failures of sources; never a price.
#[derive(Default)]
struct FeedLog {
    state: FeedState,
    failures: Vec<SourceFailure>,
}

impl FeedLog {
    fn changes(&mut self, feed: &Feed) {
        if std::mem::discriminant(&self.state) != std::mem::discriminant(&feed.state) {
            let source = feed.latest.as_ref().map_or("none", |quote| quote.source.as_str());
            tracing::info!(state = ?feed.state, source, "the state of the price changed");
            self.state = feed.state;
        }
        if self.failures != feed.failures {
            for failure in feed.failures.iter().filter(|failure| !self.failures.contains(failure)) {
                let source = failure.source.as_str();
                tracing::warn!(source, error = %failure.error, "a source of the price failed");
            }
            self.failures.clone_from(&feed.failures);
        }
    }
}
