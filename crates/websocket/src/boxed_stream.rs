//! A stream that is not TCP itself: TLS, most often. It has a state of its own, and wakes whoever asked last.
//!
//! Its task reads it, and waits for it. Others may write to it without waiting, as they do to plain TCP, so
//! that what is said to many is encrypted where it is said, and no task is woken for it. They ask in the name
//! of nobody, and so must not ask while the task waits to be woken for writing: what was taken and has not left
//! is owed, and whoever finds something owed leaves the stream to its task.

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
    /// Something was taken, or was to be, and has not left: the task has to flush.
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

    /// Writes what it takes at once, for whoever is not its task.
    pub(crate) fn try_write(&self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut state = self.0.lock();
        if state.has_unflushed {
            return Err(ErrorKind::WouldBlock.into());
        }
        // Nobody is woken for it, and it is no part of what the caller's task may do in one turn.
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

    /// Of its task only.
    pub(crate) fn poll_write(
        &self,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut state = self.0.lock();
        // Until it is flushed, the task alone is to be woken.
        state.has_unflushed = true;
        state.stream.as_mut().poll_write_vectored(context, pieces)
    }

    /// Of its task only.
    pub(crate) fn poll_flush(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut state = self.0.lock();
        let flushed = state.stream.as_mut().poll_flush(context);
        state.has_unflushed = flushed.is_pending();
        flushed
    }

    /// Of its task only.
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

    /// Takes some bytes, as TLS does, and lets them out while its door is open.
    #[derive(Clone, Default)]
    struct Slow(Arc<Mutex<Door>>);

    #[derive(Default)]
    struct Door {
        is_open: bool,
        taken: Vec<u8>,
        queue: Vec<u8>,
        waker: Option<Waker>,
    }

    const ROOM: usize = 4;

    impl Slow {
        fn set_open(&self, is_open: bool) {
            let mut door = self.0.lock();
            door.is_open = is_open;
            if let Some(waker) = door.waker.take() {
                waker.wake();
            }
        }

        fn queue(&self) -> String {
            String::from_utf8(self.0.lock().queue.clone()).unwrap()
        }
    }

    impl AsyncRead for Slow {
        fn poll_read(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            _: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            Poll::Pending
        }
    }

    impl AsyncWrite for Slow {
        fn poll_write(
            mut self: Pin<&mut Self>,
            context: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            let _left = self.as_mut().poll_flush(context)?;
            let mut door = self.0.lock();
            let room = if door.is_open { usize::MAX } else { ROOM - door.taken.len() };
            let room = room.min(bytes.len());
            if room == 0 {
                return Poll::Pending;
            }
            door.taken.extend(&bytes[..room]);
            Poll::Ready(Ok(room))
        }

        fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
            let mut door = self.0.lock();
            if !door.is_open && !door.taken.is_empty() {
                door.waker = Some(context.waker().clone());
                return Poll::Pending;
            }
            let taken = std::mem::take(&mut door.taken);
            door.queue.extend(taken);
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

    /// A fan-out and a task write to it; the door opens whenever the task is to be woken.
    fn check(frames: [&'static str; 4]) {
        let slow = Slow::default();
        let sender = Sender::new(ByteStream::other(slow.clone()), None);
        let send = |text: &'static str| sender.try_send(&Bytes::from_static(text.as_bytes()));
        let task = Arc::new(Task(AtomicBool::new(false)));
        let waker = Waker::from(task.clone());
        let mut context = Context::from_waker(&waker);
        let [first, second, third, fourth] = frames;

        assert_eq!(send(first).unwrap(), SendOutcome::Buffered, "the task has to bring it out");
        assert_eq!(send(second).unwrap(), SendOutcome::Busy);
        assert!(sender.poll_flush(&mut context).is_pending());
        assert_eq!(
            send(second).unwrap(),
            SendOutcome::Busy,
            "the task waits, and stays who is woken"
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
    fn what_was_taken_leaves_and_it_is_the_task_that_is_woken() {
        check(["a", "b", "c", "d"]);
        // A part of it is taken, the rest is kept.
        check(["first one", "second one", "third one", "fourth one"]);
    }
}
