//! A stream other than plain TCP, most often TLS. Such a stream has state of its own, and wakes the
//! task that polled it last.
//!
//! The task of the connection reads the stream and waits for it. The fan-out writes to it without
//! waiting, as it does with plain TCP: TLS records are encrypted and written by the sending thread,
//! and no task has to wake for them. The fan-out polls with a waker that does nothing, so it must
//! not poll while the task waits for the stream to become writable. For that reason `has_unflushed`
//! is set as long as accepted data have not left; then only the task may write.

use std::future::poll_fn;
use std::io::{self, ErrorKind, IoSlice};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker, ready};

use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::task::coop::unconstrained;

trait Duplex: AsyncRead + AsyncWrite + Send {}
impl<T: AsyncRead + AsyncWrite + Send> Duplex for T {}

pub(crate) struct BoxedStream(Mutex<State>);

struct State {
    stream: Pin<Box<dyn Duplex>>,
    /// The stream accepted data, or refused some, that have not left: the task has to flush.
    has_unflushed: bool,
}

impl BoxedStream {
    pub(crate) fn new(stream: impl AsyncRead + AsyncWrite + Send + 'static) -> Self {
        Self(Mutex::new(State { stream: Box::pin(stream), has_unflushed: false }))
    }

    /// Whether the task has to flush before others may write.
    pub(crate) fn has_unflushed(&self) -> bool {
        self.0.lock().has_unflushed
    }

    pub(crate) fn poll_read(
        &self,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let mut buffer = ReadBuf::new(buffer);
        ready!(self.0.lock().stream.as_mut().poll_read(context, &mut buffer))?;
        Poll::Ready(Ok(buffer.filled().len()))
    }

    /// Writes as much as the stream accepts at once. May be called from any thread.
    pub(crate) fn try_write(&self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut state = self.0.lock();
        if state.has_unflushed {
            return Err(ErrorKind::WouldBlock.into());
        }
        // The waker does nothing, and the call does not count against the cooperative budget of the
        // caller's task.
        let mut context = Context::from_waker(Waker::noop());
        let attempt = pin!(unconstrained(poll_fn(|context| {
            let written = state.stream.as_mut().poll_write_vectored(context, pieces);
            let flushed = state.stream.as_mut().poll_flush(context);
            state.has_unflushed = written.is_pending() || flushed.is_pending();
            match (written, flushed) {
                (Poll::Ready(Err(error)), _) | (_, Poll::Ready(Err(error))) => {
                    Poll::Ready(Err(error))
                }
                (Poll::Ready(Ok(written)), _) => Poll::Ready(Ok(written)),
                (Poll::Pending, _) => Poll::Ready(Err(ErrorKind::WouldBlock.into())),
            }
        })));
        match attempt.poll(&mut context) {
            Poll::Ready(written) => written,
            Poll::Pending => Err(ErrorKind::WouldBlock.into()),
        }
    }

    /// For the task of the connection only.
    pub(crate) fn poll_write(
        &self,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut state = self.0.lock();
        // Until the flush is complete, only the task may register its waker.
        state.has_unflushed = true;
        state.stream.as_mut().poll_write_vectored(context, pieces)
    }

    /// For the task of the connection only.
    pub(crate) fn poll_flush(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut state = self.0.lock();
        let flushed = state.stream.as_mut().poll_flush(context);
        state.has_unflushed = flushed.is_pending();
        flushed
    }

    /// For the task of the connection only.
    pub(crate) fn poll_shutdown(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.lock().stream.as_mut().poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::task::Wake;

    use bytes::Bytes;

    use super::*;
    use crate::writer::{ByteStream, SendOutcome, Sender};

    /// A stream that accepts some bytes, as TLS does, and lets them out while it is open.
    #[derive(Clone, Default)]
    struct SlowStream(Arc<Mutex<SlowState>>);

    #[derive(Default)]
    struct SlowState {
        is_open: bool,
        accepted: Vec<u8>,
        queue: Vec<u8>,
        waker: Option<Waker>,
    }

    const CAPACITY: usize = 4;

    impl SlowStream {
        fn set_open(&self, is_open: bool) {
            let mut state = self.0.lock();
            state.is_open = is_open;
            if let Some(waker) = state.waker.take() {
                waker.wake();
            }
        }

        fn queue(&self) -> String {
            String::from_utf8(self.0.lock().queue.clone()).unwrap()
        }
    }

    impl AsyncRead for SlowStream {
        fn poll_read(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            _: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            Poll::Pending
        }
    }

    impl AsyncWrite for SlowStream {
        fn poll_write(
            mut self: Pin<&mut Self>,
            context: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            let _left = self.as_mut().poll_flush(context)?;
            let mut state = self.0.lock();
            let accepted = if state.is_open { usize::MAX } else { CAPACITY - state.accepted.len() };
            let accepted = accepted.min(bytes.len());
            if accepted == 0 {
                return Poll::Pending;
            }
            state.accepted.extend(&bytes[..accepted]);
            Poll::Ready(Ok(accepted))
        }

        fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
            let mut state = self.0.lock();
            if !state.is_open && !state.accepted.is_empty() {
                state.waker = Some(context.waker().clone());
                return Poll::Pending;
            }
            let taken = std::mem::take(&mut state.accepted);
            state.queue.extend(taken);
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    struct Task(AtomicBool);

    impl Wake for Task {
        fn wake(self: Arc<Self>) {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    /// A fan-out and a task write to one stream; the stream opens when the task must be woken.
    fn check(frames: [&'static str; 4]) {
        let slow = SlowStream::default();
        let sender = Sender::new(ByteStream::other(slow.clone()), None);
        let send = |text: &'static str| sender.try_send(&Bytes::from_static(text.as_bytes()));
        let task = Arc::new(Task(AtomicBool::new(false)));
        let waker = Waker::from(task.clone());
        let mut context = Context::from_waker(&waker);
        let [first, second, third, fourth] = frames;

        assert_eq!(send(first).unwrap(), SendOutcome::Buffered, "the task has to flush it");
        assert_eq!(send(second).unwrap(), SendOutcome::Busy);
        assert!(sender.poll_flush(&mut context).is_pending());
        assert_eq!(
            send(second).unwrap(),
            SendOutcome::Busy,
            "the task stays registered for the wakeup"
        );
        slow.set_open(true);
        assert!(task.0.swap(false, Ordering::Relaxed), "the task is woken");
        assert!(sender.poll_flush(&mut context).is_ready());
        assert_eq!(slow.queue(), first);

        assert_eq!(send(second).unwrap(), SendOutcome::Complete);
        assert_eq!(send(third).unwrap(), SendOutcome::Complete);
        assert_eq!(slow.queue(), [first, second, third].concat());
        slow.set_open(false);
        assert_eq!(send(fourth).unwrap(), SendOutcome::Buffered);
        assert!(sender.poll_flush(&mut context).is_pending());
        slow.set_open(true);
        assert!(task.0.load(Ordering::Relaxed));
        assert!(sender.poll_flush(&mut context).is_ready());
        assert_eq!(slow.queue(), frames.concat());
    }

    #[test]
    fn accepted_bytes_leave_and_only_the_task_is_woken() {
        check(["a", "b", "c", "d"]);
        // A part is accepted, and the remainder is pending.
        check(["first one", "second one", "third one", "fourth one"]);
    }
}
