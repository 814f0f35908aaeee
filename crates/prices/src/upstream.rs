//! An open source.

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Fuse};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use crate::error::SourceError;
use crate::quote::Reading;
use crate::source::Source;
use crate::timing::Timing;
use crate::timing::after;

/// An open source. Dropping it closes its connections.
pub(crate) struct Upstream {
    /// Its index in the order of preference.
    pub(crate) rank: usize,
    running: Fuse<BoxFuture<'static, SourceError>>,
    readings: mpsc::Receiver<Reading>,
    deadline: Instant,
    timeout_error: SourceError,
}

impl Upstream {
    pub(crate) fn open(rank: usize, source: Arc<dyn Source>, timing: &Timing) -> Self {
        // One slot: the source waits for the follower, so readings never queue up.
        let (sender, readings) = mpsc::channel(1);
        let running = async move { source.follow(sender).await }.boxed().fuse();
        let deadline = after(Instant::now(), timing.answer_within);
        Self { rank, running, readings, deadline, timeout_error: SourceError::TimedOut }
    }

    /// The next reading or error. Cancel-safe. The source runs only while this future is polled: it
    /// has no task that could outlive it.
    pub(crate) async fn next(&mut self, timing: &Timing) -> Result<Reading, SourceError> {
        tokio::select! {
            biased;
            Some(reading) = self.readings.recv() => {
                self.deadline = after(Instant::now(), timing.silent_after);
                self.timeout_error = SourceError::Silent;
                Ok(reading)
            }
            error = &mut self.running => match self.readings.try_recv() {
                // A reading before the end still counts; the expired deadline reports the end next.
                Ok(reading) => {
                    self.deadline = Instant::now();
                    self.timeout_error = error;
                    Ok(reading)
                }
                Err(_) => Err(error),
            },
            () = sleep_until(self.deadline) => Err(self.timeout_error.clone()),
        }
    }
}
