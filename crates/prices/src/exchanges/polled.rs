//! An exchange that is polled.

use std::convert::Infallible;

use futures_util::future::BoxFuture;
use tokio::sync::mpsc;
use tokio::time::sleep;

use crate::dialer::Dialer;
use crate::error::SourceError;
use crate::quote::{Reading, SourceName};
use crate::source::Source;

/// Parses an answer's body.
pub(super) type Read = fn(&[u8]) -> Result<Reading, SourceError>;

/// An exchange with one address, polled every [`crate::RequestTiming::poll_every`]. The interval
/// begins when the answer has arrived, so a slow exchange is polled less often.
#[derive(Debug)]
pub struct Polled {
    name: SourceName,
    dialer: Dialer,
    url: String,
    read: Read,
}

impl Polled {
    pub(super) fn new(name: SourceName, dialer: Dialer, url: String, read: Read) -> Self {
        Self { name, dialer, url, read }
    }

    async fn poll(&self, readings: mpsc::Sender<Reading>) -> Result<Infallible, SourceError> {
        loop {
            let body = self.dialer.get(&self.url).await?;
            send(&readings, (self.read)(&body)?).await?;
            sleep(self.dialer.timing().poll_every).await;
        }
    }
}

impl Source for Polled {
    fn name(&self) -> SourceName {
        self.name
    }

    fn follow(&self, readings: mpsc::Sender<Reading>) -> BoxFuture<'_, SourceError> {
        Box::pin(async move { error_of(self.poll(readings).await) })
    }
}

/// Sends a reading to the follower. A follower that is gone ends the source like any other error.
pub(super) async fn send(
    readings: &mpsc::Sender<Reading>,
    reading: Reading,
) -> Result<(), SourceError> {
    readings.send(reading).await.map_err(|_| SourceError::Closed)
}

/// The error of a loop that ends only with an error.
pub(super) fn error_of(outcome: Result<Infallible, SourceError>) -> SourceError {
    match outcome {
        Ok(never) => match never {},
        Err(error) => error,
    }
}
