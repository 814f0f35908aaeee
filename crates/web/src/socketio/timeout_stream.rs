//! A client's stream: its frames are rewritten, its written bytes counted, and the engine notices its end: on request,
//! after a write timeout, and after a failed write.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep, timeout};
use tokio_util::sync::{CancellationToken, DropGuard, WaitForCancellationFutureOwned};
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::inbound_frames::InboundFrames;
use super::slot::Slot;

/// The bytes that are read at once.
const READ_BYTES: usize = 4 * 1024;
/// Limit for the remainder of a message that was refused.
const LINGER_TIMEOUT: Duration = Duration::from_secs(2);
/// Limit for a write that makes no progress.
pub(super) const WRITE_TIMEOUT: Duration = Duration::from_secs(20);

/// A stream that turns every failure into the end of reading.
///
/// The engine closes a session only where its reading ends. It would keep a session whose write has failed, and a
/// session whose write never completes. So such a write ends the reading here, and later writes are discarded.
pub(super) struct TimeoutStream {
    /// Present until it is dropped.
    inner: Option<TokioIo<Upgraded>>,
    closed: CancellationToken,
    /// One future for each direction, because reading and writing are two tasks with their own wakers.
    read_closed: Pin<Box<WaitForCancellationFutureOwned>>,
    write_closed: Pin<Box<WaitForCancellationFutureOwned>>,
    /// Runs while a write makes no progress.
    write_timer: Option<Pin<Box<Sleep>>>,
    inbound: InboundFrames,
    /// The reading task, while it waits until a refusal is written.
    closing_reader: Option<Waker>,
    resources: StreamResources,
}

/// Resources that are released with the stream.
pub(super) struct StreamResources {
    /// The server waits for this token.
    pub(super) task: TaskTrackerToken,
    /// The client's slot.
    pub(super) slot: Arc<Slot>,
    /// Ends the task that waits for an eviction of the connection.
    pub(super) _ended: DropGuard,
}

impl TimeoutStream {
    pub(super) fn new(inner: Upgraded, inbound: InboundFrames, resources: StreamResources) -> Self {
        let closed = resources.slot.closed.clone();
        let read_closed = Box::pin(closed.clone().cancelled_owned());
        let write_closed = Box::pin(closed.clone().cancelled_owned());
        Self {
            inner: Some(TokioIo::new(inner)),
            closed,
            read_closed,
            write_closed,
            write_timer: None,
            inbound,
            closing_reader: None,
            resources,
        }
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

impl Drop for TimeoutStream {
    /// Reads the remainder of a message that was refused. If it stayed unread, the system would reset the connection,
    /// and the refusal with the close frame might not arrive.
    fn drop(&mut self) {
        let Some(mut inner) = self.inner.take().filter(|_| self.inbound.was_refused()) else {
            return;
        };
        let (task, closed) = (self.resources.task.clone(), self.closed.clone());
        tokio::spawn(closed.run_until_cancelled_owned(async move {
            let mut bytes = [0; READ_BYTES];
            let rest = async { while let Ok(1..) = inner.read(&mut bytes).await {} };
            if timeout(LINGER_TIMEOUT, rest).await.is_err() {
                tracing::debug!("Socket.IO: a client whose message was refused still sends");
            }
            drop(task);
        }));
    }
}

impl AsyncRead for TimeoutStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.closed.is_cancelled() || self.read_closed.as_mut().poll(context).is_ready() {
            return Poll::Ready(Ok(()));
        }
        let stream = &mut *self;
        while !stream.inbound.take(buffer) {
            let mut bytes = [0; READ_BYTES];
            let mut read = ReadBuf::new(&mut bytes);
            let Some(inner) = &mut stream.inner else { break };
            match Pin::new(inner).poll_read(context, &mut read) {
                // A close before the refusal would discard the refusal.
                Poll::Pending if stream.inbound.has_failed() => {
                    if !stream.resources.slot.outbound.is_empty() {
                        stream.closing_reader = Some(context.waker().clone());
                        return Poll::Pending;
                    }
                    stream.inbound.close();
                    continue;
                }
                polled => ready!(polled)?,
            }
            if read.filled().is_empty() {
                break;
            }
            stream.inbound.push(read.filled_mut());
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for TimeoutStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.closed.is_cancelled() {
            return Poll::Ready(Ok(bytes.len()));
        }
        let Some(inner) = &mut self.inner else { return Poll::Ready(Ok(bytes.len())) };
        let polled = Pin::new(inner).poll_write(context, bytes);
        if let Poll::Ready(Ok(written)) = &polled {
            self.resources.slot.outbound.release(*written);
            if let Some(reader) = self.closing_reader.take() {
                reader.wake();
            }
        }
        self.write_result(context, polled, bytes.len())
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.closed.is_cancelled() {
            return Poll::Ready(Ok(()));
        }
        let Some(inner) = &mut self.inner else { return Poll::Ready(Ok(())) };
        let polled = Pin::new(inner).poll_flush(context);
        self.write_result(context, polled, ())
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some(inner) = &mut self.inner else { return Poll::Ready(Ok(())) };
        let polled = Pin::new(inner).poll_shutdown(context);
        self.write_result(context, polled, ())
    }
}
