//! A client's stream with an end that the engine notices: on request, after a write timeout, and after a failed write.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};
use tokio_util::sync::{CancellationToken, DropGuard, WaitForCancellationFutureOwned};
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::slot::Slot;

/// Limit for a write that makes no progress.
pub(super) const WRITE_TIMEOUT: Duration = Duration::from_secs(20);

/// A stream that turns every failure into the end of reading.
///
/// The engine closes a session only where its reading ends. It would keep a session whose write has failed, and a
/// session whose write never completes. So such a write ends the reading here, and later writes are discarded.
pub(super) struct TimeoutStream<S> {
    inner: S,
    closed: CancellationToken,
    /// One future for each direction, because reading and writing are two tasks with their own wakers.
    read_closed: Pin<Box<WaitForCancellationFutureOwned>>,
    write_closed: Pin<Box<WaitForCancellationFutureOwned>>,
    /// Runs while a write makes no progress.
    write_timer: Option<Pin<Box<Sleep>>>,
    _resources: StreamResources,
}

/// Resources that are released with the stream.
pub(super) struct StreamResources {
    /// The server waits for this token.
    pub(super) _task: TaskTrackerToken,
    /// The client's slot.
    pub(super) _slot: Arc<Slot>,
    /// Ends the task that waits for an eviction of the connection.
    pub(super) _ended: DropGuard,
}

impl<S> TimeoutStream<S> {
    pub(super) fn new(inner: S, closed: CancellationToken, resources: StreamResources) -> Self {
        let read_closed = Box::pin(closed.clone().cancelled_owned());
        let write_closed = Box::pin(closed.clone().cancelled_owned());
        Self { inner, closed, read_closed, write_closed, write_timer: None, _resources: resources }
    }

    /// The result of a write for the engine. After a failure or timeout it is `discarded`, as if written.
    fn write_result<T>(
        &mut self,
        context: &mut Context<'_>,
        polled: Poll<io::Result<T>>,
        discarded: T,
    ) -> Poll<io::Result<T>> {
        match polled {
            Poll::Ready(Ok(written)) => {
                self.write_timer = None;
                return Poll::Ready(Ok(written));
            }
            Poll::Ready(Err(error)) => tracing::debug!(%error, "Socket.IO: a write failed"),
            Poll::Pending => {
                let timer = self.write_timer.get_or_insert_with(|| Box::pin(sleep(WRITE_TIMEOUT)));
                if timer.as_mut().poll(context).is_pending()
                    && self.write_closed.as_mut().poll(context).is_pending()
                {
                    return Poll::Pending;
                }
                tracing::debug!("Socket.IO: a write made no progress in time");
            }
        }
        self.closed.cancel();
        Poll::Ready(Ok(discarded))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for TimeoutStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.closed.is_cancelled() || self.read_closed.as_mut().poll(context).is_ready() {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.inner).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for TimeoutStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.closed.is_cancelled() {
            return Poll::Ready(Ok(bytes.len()));
        }
        let polled = Pin::new(&mut self.inner).poll_write(context, bytes);
        self.write_result(context, polled, bytes.len())
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.closed.is_cancelled() {
            return Poll::Ready(Ok(()));
        }
        let polled = Pin::new(&mut self.inner).poll_flush(context);
        self.write_result(context, polled, ())
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.inner).poll_shutdown(context);
        self.write_result(context, polled, ())
    }
}
