//! A client's stream that ends when it should: on demand, when nothing can be written for long, and
//! whatever becomes of the writes.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::door::Place;

/// How long a client may take nothing of what waits for it.
pub(super) const WRITE_TIMEOUT: Duration = Duration::from_secs(20);

/// A stream whose end is always an end of reading.
///
/// The engine closes a session when reading ends, and in one place only: a write that fails before that
/// would leave the session behind, and a write that never gets on would keep it for ever. So trouble
/// with writing ends the reading here, and what is written after that goes nowhere.
pub(super) struct Guarded<S> {
    inner: S,
    ended: CancellationToken,
    /// One for each side: reading and writing are two tasks, and each waits to be woken.
    reading_ends: Pin<Box<WaitForCancellationFutureOwned>>,
    writing_ends: Pin<Box<WaitForCancellationFutureOwned>>,
    /// Runs while a write does not get on.
    stuck: Option<Pin<Box<Sleep>>>,
    _kept: Kept,
}

/// What lives as long as the stream.
pub(super) struct Kept {
    /// The server waits for this.
    pub(super) _task: TaskTrackerToken,
    /// Nobody else gets this place meanwhile.
    pub(super) _place: Arc<Place>,
}

impl<S> Guarded<S> {
    pub(super) fn new(inner: S, ended: CancellationToken, kept: Kept) -> Self {
        let reading_ends = Box::pin(ended.clone().cancelled_owned());
        let writing_ends = Box::pin(ended.clone().cancelled_owned());
        Self { inner, ended, reading_ends, writing_ends, stuck: None, _kept: kept }
    }

    /// What a write came to, as the engine is told.
    fn written<T>(
        &mut self,
        context: &mut Context<'_>,
        polled: Poll<io::Result<T>>,
        nowhere: T,
    ) -> Poll<io::Result<T>> {
        match polled {
            Poll::Ready(Ok(done)) => {
                self.stuck = None;
                return Poll::Ready(Ok(done));
            }
            Poll::Ready(Err(error)) => tracing::debug!(%error, "a Socket.IO client is gone"),
            Poll::Pending => {
                let stuck = self.stuck.get_or_insert_with(|| Box::pin(sleep(WRITE_TIMEOUT)));
                if stuck.as_mut().poll(context).is_pending()
                    && self.writing_ends.as_mut().poll(context).is_pending()
                {
                    return Poll::Pending;
                }
                tracing::debug!("a Socket.IO client takes nothing any more");
            }
        }
        self.ended.cancel();
        Poll::Ready(Ok(nowhere))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Guarded<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.ended.is_cancelled() || self.reading_ends.as_mut().poll(context).is_ready() {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.inner).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Guarded<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.ended.is_cancelled() {
            return Poll::Ready(Ok(bytes.len()));
        }
        let polled = Pin::new(&mut self.inner).poll_write(context, bytes);
        self.written(context, polled, bytes.len())
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.ended.is_cancelled() {
            return Poll::Ready(Ok(()));
        }
        let polled = Pin::new(&mut self.inner).poll_flush(context);
        self.written(context, polled, ())
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.inner).poll_shutdown(context);
        self.written(context, polled, ())
    }
}
