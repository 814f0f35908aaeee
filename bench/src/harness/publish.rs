//! Publishing: with a number of outstanding messages, at a fixed rate, or a fixed count.

use std::time::{Duration, Instant};

use madang_shared::Position;

use super::delivery_ledger::Latencies;
use super::error::HarnessError;
use super::fan_out_harness::FanOutHarness;
use super::workload::OutboundMessage;

/// The system's timers are exact to about a millisecond, so shorter waits are busy waits.
const BUSY_WAIT: Duration = Duration::from_millis(2);
/// Longest wait of one poll.
const POLL: Duration = Duration::from_millis(100);
/// Time limit for acknowledgements, and for a stalled subscriber to catch up.
const CATCH_UP_WITHIN: Duration = Duration::from_secs(15);

impl FanOutHarness {
    /// Publishes for `duration`, always with `window` messages outstanding, and waits until all are delivered.
    /// Returns the number of deliveries.
    ///
    /// # Errors
    /// [`HarnessError`]. A missing delivery is no error; it counts as lost.
    pub fn publish_with_window(
        &mut self,
        window: u64,
        duration: Duration,
    ) -> Result<u64, HarnessError> {
        let (began, before) = (Instant::now(), self.ledger.deliveries());
        loop {
            let mut now = Instant::now();
            if now - began >= duration {
                break;
            }
            let mut rate_limited = false;
            while self.ledger.outstanding() < window && now - began < duration {
                if !self.workload.take_permit(now) {
                    rate_limited = true;
                    break;
                }
                self.publish(now)?;
                now = Instant::now();
            }
            self.poll(if rate_limited { BUSY_WAIT } else { POLL })?;
            // A lost message would keep the window full for ever.
            if self.ledger.outstanding() >= window && self.deliveries_have_stopped()? {
                break;
            }
        }
        self.finish()?;
        Ok(self.ledger.deliveries() - before)
    }

    /// Publishes at a fixed rate for `duration`, however fast the server is, and waits until all messages are
    /// delivered. Returns the latencies of the deliveries. Each counts from the scheduled time of its message,
    /// so that a delay of the server counts for every message that it holds up.
    ///
    /// # Errors
    /// [`HarnessError`].
    pub fn publish_at_rate(
        &mut self,
        per_second: u32,
        duration: Duration,
    ) -> Result<Latencies, HarnessError> {
        self.ledger.record_latencies();
        let began = Instant::now();
        let interval = Duration::from_secs(1) / per_second.max(1);
        let mut scheduled = began;
        while scheduled - began < duration {
            let now = Instant::now();
            if now >= scheduled {
                self.publish(scheduled)?;
                scheduled += interval;
                continue;
            }
            self.poll((scheduled - now).saturating_sub(BUSY_WAIT))?;
        }
        self.finish()?;
        Ok(self.ledger.take_latencies())
    }

    /// Publishes `count` messages as fast as the server's rate limit allows, with at most `window` outstanding,
    /// and waits until all are delivered.
    ///
    /// # Errors
    /// [`HarnessError`].
    pub fn publish_count(&mut self, count: u64, window: u64) -> Result<(), HarnessError> {
        let end = self.ledger.published() + count;
        while self.ledger.published() < end {
            let now = Instant::now();
            if self.ledger.outstanding() < window && self.workload.take_permit(now) {
                self.publish(now)?;
            } else {
                self.poll(BUSY_WAIT)?;
                if self.ledger.outstanding() >= window && self.deliveries_have_stopped()? {
                    break;
                }
            }
        }
        self.finish()
    }

    /// Publishes one message.
    fn publish(&mut self, scheduled: Instant) -> Result<(), HarnessError> {
        let number = self.ledger.publish(scheduled);
        let OutboundMessage { publisher, opcode, payload } = self.workload.message(number);
        Ok(self.pool.send(publisher, opcode, payload.as_bytes())?)
    }

    /// Waits until every message is delivered, or until deliveries have stopped.
    fn finish(&mut self) -> Result<(), HarnessError> {
        if self.workload.is_incomplete(self.ledger.published()) {
            self.publish(Instant::now())?;
        }
        while self.ledger.outstanding() > 0 {
            if self.deliveries_have_stopped()? {
                // A refused message is not lost; the refusal is the error.
                return self.check_no_refusal();
            }
        }
        Ok(())
    }

    /// Waits for the next delivery. Returns whether there was none within the time limit.
    fn deliveries_have_stopped(&mut self) -> Result<bool, HarnessError> {
        let (before, began) = (self.ledger.deliveries(), Instant::now());
        while self.ledger.deliveries() == before && self.ledger.outstanding() > 0 {
            if began.elapsed() > self.delivery_timeout {
                return Ok(true);
            }
            self.poll(POLL)?;
        }
        Ok(false)
    }

    /// Waits until every published message is acknowledged. Returns whether that happened in time.
    ///
    /// # Errors
    /// [`HarnessError`].
    pub fn wait_for_acknowledgements(&mut self) -> Result<bool, HarnessError> {
        let began = Instant::now();
        while self.ledger.acknowledged() < self.ledger.published() {
            if began.elapsed() > CATCH_UP_WITHIN {
                return Ok(false);
            }
            self.poll(POLL)?;
        }
        Ok(true)
    }

    /// Stops reading the connection of this subscriber and waiting for its deliveries.
    ///
    /// # Errors
    /// [`HarnessError`].
    pub fn stop_reading(&mut self, subscriber: usize) -> Result<(), HarnessError> {
        self.ledger.stall(subscriber);
        Ok(self.pool.set_reading(subscriber, false)?)
    }

    /// Reads the stalled connection again. Returns the time until the subscriber had every message; `None` if
    /// it does not get them on this connection.
    ///
    /// # Errors
    /// [`HarnessError`].
    pub fn resume_reading(&mut self, subscriber: usize) -> Result<Option<Duration>, HarnessError> {
        self.pool.set_reading(subscriber, true)?;
        let began = Instant::now();
        while self.ledger.progress(subscriber) < self.ledger.published() {
            if self.ledger.is_stalled_disconnected() || began.elapsed() > CATCH_UP_WITHIN {
                return Ok(None);
            }
            self.poll(POLL)?;
        }
        Ok(Some(began.elapsed()))
    }

    /// Stops tracking the stalled subscriber, whose missing messages then do not count as lost: it resumes on
    /// another connection. Returns the position to resume from; `None` if its connection has not ended.
    pub fn abandon(&mut self, subscriber: usize) -> Option<Position> {
        self.ledger.is_stalled_disconnected().then(|| self.ledger.abandon(subscriber))?
    }
}
