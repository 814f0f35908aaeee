//! The streams: one per rate, each a ring of recent events, running only while somebody listens.

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use madang_shared::lab::transports::Tick;
use madang_shared::lab::transports::{POLL_LEASE_MS, TRANSPORT_RATES, TRANSPORT_RING_EVENTS};
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::state::AppState;

/// What somebody reads who had got to some place.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Read {
    /// What came after it, as far as the ring holds it.
    pub(super) events: Vec<Tick>,
    /// Where to go on.
    pub(super) next: u64,
    /// How many events the ring had let go of by then.
    pub(super) missed: u64,
}

/// All streams, on one clock.
pub(super) struct Streams {
    zero: OnceLock<Zero>,
    streams: Vec<Arc<Stream>>,
}

/// Where the clock began: the server's own time, and from there on a finer one.
#[derive(Clone, Copy)]
struct Zero {
    millis: f64,
    at: Instant,
}

impl Zero {
    fn now(self) -> f64 {
        self.millis + (self.at.elapsed().as_secs_f64() * 1e6).round() / 1e3
    }
}

/// The events of one rate.
pub(super) struct Stream {
    rate: u32,
    state: Mutex<State>,
    newest: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    ring: VecDeque<Tick>,
    running: bool,
    /// Until then it runs for those who poll.
    lease: Option<Instant>,
}

impl Streams {
    pub(super) fn new() -> Self {
        let stream = |rate| {
            let state = Mutex::default();
            Arc::new(Stream { rate, state, newest: watch::Sender::new(0) })
        };
        Self { zero: OnceLock::new(), streams: TRANSPORT_RATES.map(stream).into() }
    }

    /// Milliseconds since 1970, to the microsecond.
    pub(super) fn now(&self, state: &AppState) -> f64 {
        self.zero(state).now()
    }

    #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 stay far below 2^53")]
    fn zero(&self, state: &AppState) -> Zero {
        *self.zero.get_or_init(|| Zero { millis: state.clock.now().0 as f64, at: Instant::now() })
    }

    /// The stream of a rate, if there is one.
    pub(super) fn of(&self, rate: u32) -> Option<Arc<Stream>> {
        self.streams.iter().find(|stream| stream.rate == rate).cloned()
    }

    /// Lets a stream run on for somebody who polls.
    pub(super) fn poll(&self, state: &AppState, stream: &Arc<Stream>) {
        stream.state.lock().lease = Some(Instant::now() + Duration::from_millis(POLL_LEASE_MS));
        self.run(state, stream);
    }

    /// Lets a stream run for as long as the answer is held; it shows the newest event's place.
    pub(super) fn listen(&self, state: &AppState, stream: &Arc<Stream>) -> watch::Receiver<u64> {
        let listener = stream.newest.subscribe();
        self.run(state, stream);
        listener
    }

    fn run(&self, state: &AppState, stream: &Arc<Stream>) {
        if !std::mem::replace(&mut stream.state.lock().running, true) {
            let stopping = state.stopping.clone();
            state.tasks.spawn(tick(stream.clone(), self.zero(state), stopping));
        }
    }
}

impl Stream {
    /// The place of the newest event.
    pub(super) fn newest(&self) -> u64 {
        *self.newest.borrow()
    }

    /// What came after a place. One that was never reached (the server began anew, say) counts as the
    /// newest.
    pub(super) fn read(&self, after: u64) -> Read {
        let next = self.newest();
        let state = self.state.lock();
        let events: Vec<Tick> = state
            .ring
            .iter()
            .filter(|tick| tick.seq > after && tick.seq <= next)
            .copied()
            .collect();
        let held = u64::try_from(events.len()).unwrap_or(u64::MAX);
        Read { events, next, missed: next.saturating_sub(after).saturating_sub(held) }
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

    /// Whether nobody wants it any more; then it does not run any more.
    fn rests(&self) -> bool {
        let mut state = self.state.lock();
        let polled = state.lease.is_some_and(|until| until > Instant::now());
        state.running = polled || self.newest.receiver_count() > 0;
        !state.running
    }
}

async fn tick(stream: Arc<Stream>, zero: Zero, stopping: CancellationToken) {
    let mut ticks = interval(Duration::from_secs(1) / stream.rate);
    // A late event is late for all four; several at once to make up for it would be nobody's clock.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    tracing::debug!(rate = stream.rate, "transports: the stream runs");
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = stopping.cancelled() => return,
        }
        if stream.rests() {
            tracing::debug!(rate = stream.rate, "transports: the stream rests");
            return;
        }
        stream.push(zero.now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seqs(read: &Read) -> Vec<u64> {
        read.events.iter().map(|tick| tick.seq).collect()
    }

    #[test]
    fn one_reads_on_from_any_place_and_is_told_what_is_lost() {
        let streams = Streams::new();
        let stream = streams.of(5).unwrap();
        for at in [1.0, 2.0, 3.0] {
            stream.push(at);
        }
        assert_eq!((seqs(&stream.read(1)), stream.read(1).missed), (vec![2, 3], 0));
        assert_eq!((seqs(&stream.read(3)), stream.read(3).next), (vec![], 3));
        assert_eq!((seqs(&stream.read(99)), stream.read(99).next), (vec![], 3));
        for _ in 0..TRANSPORT_RING_EVENTS {
            stream.push(4.0);
        }
        assert_eq!(stream.read(1).missed, 2);
        assert_eq!(stream.read(1).events.len(), TRANSPORT_RING_EVENTS);
    }

    #[test]
    fn there_is_a_stream_for_each_rate_and_no_other() {
        let streams = Streams::new();
        assert!(TRANSPORT_RATES.iter().all(|rate| streams.of(*rate).is_some()));
        assert!(streams.of(0).is_none() && streams.of(7).is_none());
    }
}
