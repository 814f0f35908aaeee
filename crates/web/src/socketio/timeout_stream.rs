//! A client's stream: its frames are rewritten, its bytes charged and counted, and the engine notices its end: on
//! request, after a failed write, and when the client reads too slowly.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use madang_hub::budgets::account::Account;
use madang_hub::ports::Clock;
use madang_websocket::{RateMeter, SLOWEST_READER};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep_until, timeout};
use tokio_util::sync::{CancellationToken, DropGuard, WaitForCancellationFutureOwned};
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::inbound_frames::InboundFrames;
use super::slot::Slot;
use crate::ws::pacing::pause_for;

/// The bytes that are read at once.
const READ_BYTES: usize = 4 * 1024;
/// Limit for the remainder of a message that was refused.
const LINGER_TIMEOUT: Duration = Duration::from_secs(2);

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
    /// The rate at which the client reads.
    write_rate: RateMeter,
    /// Runs while the client is in debt for its bytes. It is not read until then.
    pause: Option<Pin<Box<Sleep>>>,
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
    /// Pays for the client's bytes; none for a connection within the process.
    pub(super) account: Option<Account>,
    pub(super) clock: Arc<dyn Clock>,
    /// Ends the task that waits for an eviction of the connection.
    pub(super) _ended: DropGuard,
}

impl StreamResources {
    /// Charges the bytes of a read. Returns the pause until the next one, if the client is in debt.
    fn pause(&self, bytes: usize, messages: usize) -> Option<Pin<Box<Sleep>>> {
        let account = self.account.as_ref()?;
        let end = pause_for(account, bytes, messages, self.clock.now())?;
        Some(Box::pin(sleep_until(end)))
    }
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
            write_rate: RateMeter::new(SLOWEST_READER),
            pause: None,
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
            Poll::Ready(Ok(written)) => return Poll::Ready(Ok(written)),
            Poll::Ready(Err(error)) => tracing::debug!(%error, "Socket.IO: a write failed"),
            Poll::Pending => {
                if self.write_rate.poll_too_slow(context).is_pending()
                    && self.write_closed.as_mut().poll(context).is_pending()
                {
                    return Poll::Pending;
                }
                tracing::debug!("Socket.IO: a client reads too slowly");
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
            if let Some(pause) = &mut stream.pause {
                ready!(pause.as_mut().poll(context));
                stream.pause = None;
            }
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
            let messages = stream.inbound.push(read.filled_mut());
            stream.pause = stream.resources.pause(read.filled().len(), messages);
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
            self.write_rate.wrote(*written, bytes.len());
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
