//! The tickers: one for each rate, each with a ring of recent ticks. A ticker runs only while it has listeners.

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use madang_shared::lab::transports::{POLL_LEASE_MS, TRANSPORT_RATES, TRANSPORT_RING_EVENTS, Tick};
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::state::AppState;

/// The result of a read from a position.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct EventBatch {
    /// The events after the position that the ring still holds.
    pub(super) events: Vec<Tick>,
    /// The position of the next read.
    pub(super) next: u64,
    /// The number of events after the position that the ring no longer holds.
    pub(super) missed: u64,
}

/// All tickers, on one clock.
pub(super) struct Tickers {
    start: OnceLock<ClockStart>,
    tickers: Vec<Arc<Ticker>>,
}

/// The start of the clock: the server's time, and the instant from which a finer clock continues.
#[derive(Clone, Copy)]
struct ClockStart {
    millis: f64,
    at: Instant,
}

impl ClockStart {
    fn now(self) -> f64 {
        self.millis + (self.at.elapsed().as_secs_f64() * 1e6).round() / 1e3
    }
}

/// The ticks of one rate.
pub(super) struct Ticker {
    rate: u32,
    state: Mutex<TickerState>,
    newest: watch::Sender<u64>,
}

#[derive(Default)]
struct TickerState {
    ring: VecDeque<Tick>,
    running: bool,
    /// The time until which the ticker runs for clients that poll.
    lease: Option<Instant>,
}

impl Tickers {
    pub(super) fn new() -> Self {
        let ticker = |rate| {
            let state = Mutex::default();
            Arc::new(Ticker { rate, state, newest: watch::Sender::new(0) })
        };
        Self { start: OnceLock::new(), tickers: TRANSPORT_RATES.map(ticker).into() }
    }

    /// Milliseconds since 1970, with a resolution of a microsecond.
    pub(super) fn now(&self, state: &AppState) -> f64 {
        self.clock_start(state).now()
    }

    #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 stay far below 2^53")]
    fn clock_start(&self, state: &AppState) -> ClockStart {
        *self
            .start
            .get_or_init(|| ClockStart { millis: state.clock.now().0 as f64, at: Instant::now() })
    }

    /// The ticker of a rate; none if the rate is not offered.
    pub(super) fn get(&self, rate: u32) -> Option<Arc<Ticker>> {
        self.tickers.iter().find(|ticker| ticker.rate == rate).cloned()
    }

    /// Keeps a ticker running for a while, for a client that polls.
    pub(super) fn extend_lease(&self, state: &AppState, ticker: &Arc<Ticker>) {
        ticker.state.lock().lease = Some(Instant::now() + Duration::from_millis(POLL_LEASE_MS));
        self.run(state, ticker);
    }

    /// Keeps a ticker running while the receiver exists; the receiver shows the seq of the newest tick.
    pub(super) fn listen(&self, state: &AppState, ticker: &Arc<Ticker>) -> watch::Receiver<u64> {
        let receiver = ticker.newest.subscribe();
        self.run(state, ticker);
        receiver
    }

    fn run(&self, state: &AppState, ticker: &Arc<Ticker>) {
        if !std::mem::replace(&mut ticker.state.lock().running, true) {
            let stopping = state.stopping.clone();
            state.tasks.spawn(tick(ticker.clone(), self.clock_start(state), stopping));
        }
    }
}

impl Ticker {
    /// The seq of the newest tick.
    pub(super) fn newest(&self) -> u64 {
        *self.newest.borrow()
    }

    /// The ticks after a position. A position beyond the newest tick, for example from before a restart, counts as
    /// the newest.
    pub(super) fn read(&self, after: u64) -> EventBatch {
        let next = self.newest();
        let state = self.state.lock();
        let events: Vec<Tick> = state
            .ring
            .iter()
            .filter(|tick| tick.seq > after && tick.seq <= next)
            .copied()
            .collect();
        let held = u64::try_from(events.len()).unwrap_or(u64::MAX);
        EventBatch { events, next, missed: next.saturating_sub(after).saturating_sub(held) }
    }

    fn push(&self, at: f64) {
        let seq = self.newest() + 1;
        let mut state = self.state.lock();
        if state.ring.len() == TRANSPORT_RING_EVENTS {
            state.ring.pop_front();
        }
        state.ring.push_back(Tick { seq, at });
        drop(state);
        self.newest.send_replace(seq);
    }

    /// Stops the ticker if it has neither listeners nor a lease. Returns whether it has stopped.
    fn stop_if_unused(&self) -> bool {
        let mut state = self.state.lock();
        let leased = state.lease.is_some_and(|until| until > Instant::now());
        state.running = leased || self.newest.receiver_count() > 0;
        !state.running
    }
}

async fn tick(ticker: Arc<Ticker>, clock: ClockStart, stopping: CancellationToken) {
    let mut ticks = interval(Duration::from_secs(1) / ticker.rate);
    // Several ticks at once, to make up for a late one, would not be a clock.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    tracing::debug!(rate = ticker.rate, "transports: the ticker runs");
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = stopping.cancelled() => return,
        }
        if ticker.stop_if_unused() {
            tracing::debug!(rate = ticker.rate, "transports: the ticker stops");
            return;
        }
        ticker.push(clock.now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seqs(batch: &EventBatch) -> Vec<u64> {
        batch.events.iter().map(|tick| tick.seq).collect()
    }

    #[test]
    fn a_read_continues_at_any_position_and_counts_missed_ticks() {
        let tickers = Tickers::new();
        let ticker = tickers.get(5).unwrap();
        for at in [1.0, 2.0, 3.0] {
            ticker.push(at);
        }
        assert_eq!((seqs(&ticker.read(1)), ticker.read(1).missed), (vec![2, 3], 0));
        assert_eq!((seqs(&ticker.read(3)), ticker.read(3).next), (vec![], 3));
        assert_eq!((seqs(&ticker.read(99)), ticker.read(99).next), (vec![], 3));
        for _ in 0..TRANSPORT_RING_EVENTS {
            ticker.push(4.0);
        }
        assert_eq!(ticker.read(1).missed, 2);
        assert_eq!(ticker.read(1).events.len(), TRANSPORT_RING_EVENTS);
    }

    #[test]
    fn each_offered_rate_has_a_ticker() {
        let tickers = Tickers::new();
        assert!(TRANSPORT_RATES.iter().all(|rate| tickers.get(*rate).is_some()));
        assert!(tickers.get(0).is_none() && tickers.get(7).is_none());
    }
}
