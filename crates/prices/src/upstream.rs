//! One source that is open.

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Fuse};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use crate::pace::after;
use crate::{Pace, Reading, Source, SourceError};

/// One source that is open. Dropping it closes everything it has opened.
pub(crate) struct Upstream {
    /// Its place in the order of preference.
    pub(crate) rank: usize,
    ending: Fuse<BoxFuture<'static, SourceError>>,
    readings: mpsc::Receiver<Reading>,
    deadline: Instant,
    overdue: SourceError,
}

impl Upstream {
    pub(crate) fn open(rank: usize, source: Arc<dyn Source>, pace: &Pace) -> Self {
        // Room for one: the source waits for the follower, so nothing piles up.
        let (sender, readings) = mpsc::channel(1);
        let ending = async move { source.follow(sender).await }.boxed().fuse();
        let deadline = after(Instant::now(), pace.answer_within);
        Self { rank, ending, readings, deadline, overdue: SourceError::TimedOut }
    }

    /// The next reading, or why there is none. Loses nothing when it is dropped and called again.
    /// The source runs only while this is awaited: there is no task of its own to outlive it.
    pub(crate) async fn next(&mut self, pace: &Pace) -> Result<Reading, SourceError> {
        tokio::select! {
            biased;
            Some(reading) = self.readings.recv() => {
                self.deadline = after(Instant::now(), pace.silent_after);
                self.overdue = SourceError::Silent;
                Ok(reading)
            }
            error = &mut self.ending => match self.readings.try_recv() {
                // What it said before it ended still counts; the deadline tells the end.
                Ok(reading) => {
                    self.deadline = Instant::now();
                    self.overdue = error;
                    Ok(reading)
                }
                Err(_) => Err(error),
            },
            () = sleep_until(self.deadline) => Err(self.overdue.clone()),
        }
    }
}
