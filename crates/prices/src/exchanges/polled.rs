//! An exchange that is asked again and again.

use std::convert::Infallible;

use futures_util::future::BoxFuture;
use tokio::sync::mpsc;
use tokio::time::sleep;

use crate::{Dialer, Reading, Source, SourceError, SourceName};

/// Reads an answer's body.
pub(super) type Read = fn(&[u8]) -> Result<Reading, SourceError>;

/// An exchange of which one address tells everything, asked every [`crate::Reach::poll_every`]. The
/// pause begins when the answer is there, so a slow exchange is asked less often.
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
            hand_over(&readings, (self.read)(&body)?).await?;
            sleep(self.dialer.reach().poll_every).await;
        }
    }
}

impl Source for Polled {
    fn name(&self) -> SourceName {
        self.name
    }

    fn follow(&self, readings: mpsc::Sender<Reading>) -> BoxFuture<'_, SourceError> {
        Box::pin(async move { failure(self.poll(readings).await) })
    }
}

/// Hands a reading to the follower. That nobody takes it is an end like any other.
pub(super) async fn hand_over(
    readings: &mpsc::Sender<Reading>,
    reading: Reading,
) -> Result<(), SourceError> {
    readings.send(reading).await.map_err(|_| SourceError::Closed)
}

/// What runs until it fails can only have failed.
pub(super) fn failure(outcome: Result<Infallible, SourceError>) -> SourceError {
    match outcome {
        Ok(never) => match never {},
        Err(error) => error,
    }
}
