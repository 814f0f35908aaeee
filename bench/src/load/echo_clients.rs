//! Clients of an echo endpoint. Each has at most one outstanding message.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use madang_bench::pool::PoolError;
use madang_bench::protocol::handshake::UpgradeRequest;
use madang_bench::protocol::peek;
use madang_bench::{ConnectionPool, Faults, HarnessError, Histogram, PoolEvent};
use madang_shared::lab::echo::{ECHO_PATH, ECHO_PLAIN};

/// Length of each message in bytes.
pub(super) const TEXT_BYTES: usize = 64;
/// Time limit for all connects, and for the last echoes.
const TIME_LIMIT: Duration = Duration::from_secs(10);
/// Longest wait of one poll.
const POLL: Duration = Duration::from_millis(100);

/// Clients of an echo endpoint.
pub(super) struct EchoClients {
    pool: ConnectionPool,
    /// The outstanding message of each client: its number and its scheduled time.
    outstanding: Vec<Option<(u64, Instant)>>,
    next_number: u64,
    echoed: u64,
    faults: Faults,
}

/// The path of Madang's endpoint that echoes messages unchanged.
pub(super) fn madang_echo_path() -> String {
    format!("{ECHO_PATH}?{ECHO_PLAIN}")
}

impl EchoClients {
    /// Connects this many clients.
    pub(super) fn connect(
        server: SocketAddr,
        path: &str,
        clients: usize,
    ) -> Result<Self, HarnessError> {
        let mut pool = ConnectionPool::new()?;
        let request = UpgradeRequest::plain(server, path, false);
        for _ in 0..clients {
            pool.open(server, &request, None)?;
        }
        let (mut opened, began) = (0, Instant::now());
        while opened < clients {
            pool.poll(POLL, &mut |_, _, event| {
                opened += usize::from(matches!(event, PoolEvent::Opened));
                Ok(())
            })?;
            if began.elapsed() > TIME_LIMIT {
                return Err(HarnessError::NotReady { ready: opened, wanted: clients });
            }
        }
        let (outstanding, faults) = (vec![None; clients], Faults::default());
        Ok(Self { pool, outstanding, next_number: 0, echoed: 0, faults })
    }

    /// For `duration`, every client sends its next message when the last echo arrives. Returns the number of
    /// echoes.
    pub(super) fn send_continuously(&mut self, duration: Duration) -> Result<u64, HarnessError> {
        let (began, before) = (Instant::now(), self.echoed);
        for client in 0..self.outstanding.len() {
            self.send(client, began)?;
        }
        while began.elapsed() < duration {
            self.poll(POLL, true, None)?;
        }
        self.wait_for_echoes(None)?;
        Ok(self.echoed - before)
    }

    /// The clients send in turns at a fixed rate until `is_over`. Returns the latencies of the echoes, each from
    /// the scheduled time of its message. A client with an outstanding message sends late, and the delay
    /// counts.
    pub(super) fn send_at_rate(
        &mut self,
        per_second: u32,
        is_over: impl Fn() -> bool,
    ) -> Result<Histogram, HarnessError> {
        let mut latencies = Histogram::default();
        let interval = Duration::from_secs(1) / per_second.max(1);
        let (mut scheduled, mut client) = (Instant::now(), 0);
        while !is_over() {
            let is_free = self.outstanding.get(client).is_some_and(Option::is_none);
            let wait = scheduled.saturating_duration_since(Instant::now());
            if is_free && wait.is_zero() {
                self.send(client, scheduled)?;
                scheduled += interval;
                client = (client + 1) % self.outstanding.len().max(1);
            } else {
                let wait = wait.clamp(Duration::from_millis(1), POLL);
                self.poll(wait, false, Some(&mut latencies))?;
            }
        }
        self.wait_for_echoes(Some(&mut latencies))?;
        Ok(latencies)
    }

    /// Lost and doubled echoes.
    pub(super) fn faults(&self) -> Faults {
        self.faults
    }

    /// Waits for outstanding echoes. Those that do not arrive in time count as lost.
    fn wait_for_echoes(
        &mut self,
        mut latencies: Option<&mut Histogram>,
    ) -> Result<(), HarnessError> {
        let began = Instant::now();
        while self.outstanding.iter().any(Option::is_some) && began.elapsed() < TIME_LIMIT {
            self.poll(POLL, false, latencies.as_deref_mut())?;
        }
        self.faults.lost += self.outstanding.iter_mut().filter_map(Option::take).count() as u64;
        Ok(())
    }

    fn send(&mut self, client: usize, scheduled: Instant) -> Result<(), HarnessError> {
        if let Some(outstanding) = self.outstanding.get_mut(client) {
            *outstanding = Some((self.next_number, scheduled));
        }
        self.pool.send_text(client, text(self.next_number).as_bytes())?;
        self.next_number += 1;
        Ok(())
    }

    fn poll(
        &mut self,
        wait: Duration,
        send_next: bool,
        mut latencies: Option<&mut Histogram>,
    ) -> Result<(), HarnessError> {
        let Self { pool, outstanding, next_number, echoed, faults } = self;
        pool.poll(wait, &mut |reply, client, event| {
            let PoolEvent::Message(message) = event else {
                return Err(PoolError::Io(std::io::Error::other("an echo connection ended")));
            };
            let slot = outstanding.get_mut(client);
            let expected = slot.as_ref().and_then(|slot| slot.as_ref());
            match expected {
                Some((number, scheduled)) if message == text(*number).as_bytes() => {
                    *echoed += 1;
                    if let Some(latencies) = &mut latencies {
                        latencies.record(scheduled.elapsed());
                    }
                }
                Some((number, _))
                    if peek::leading_number(message).is_some_and(|got| got < *number) =>
                {
                    faults.doubled += 1;
                    return Ok(());
                }
                Some(_) => faults.lost += 1,
                None => {
                    faults.doubled += 1;
                    return Ok(());
                }
            }
            let Some(slot) = slot else { return Ok(()) };
            *slot = None;
            if send_next {
                *slot = Some((*next_number, Instant::now()));
                reply.text(text(*next_number).as_bytes())?;
                *next_number += 1;
            }
            Ok(())
        })?;
        Ok(())
    }
}

fn text(number: u64) -> String {
    format!("{number:0TEXT_BYTES$}")
}
