//! Writes frames to one peer, from any thread, without a buffer of its own.

use std::collections::VecDeque;
use std::fmt;
use std::io::{self, ErrorKind, IoSlice, Read};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite, Interest};
use tokio::net::TcpStream;

use crate::boxed_stream::BoxedStream;
use crate::deflate::Window;
use crate::resettable_stream::ResettableStream;

/// Pieces per vectored write. Linux accepts 1,024; at 64 the fixed cost of a call is already
/// negligible.
const PIECES: usize = 64;

/// The stream below a socket. All methods take a shared reference.
pub(crate) enum ByteStream {
    Tcp(ResettableStream),
    /// Most often TLS.
    Other(BoxedStream),
}

impl ByteStream {
    pub(crate) fn other(stream: impl AsyncRead + AsyncWrite + Send + 'static) -> Self {
        Self::Other(BoxedStream::new(stream))
    }

    /// Reads as much as has arrived, at most the length of `buffer`; 0 at the end.
    pub(crate) fn poll_read(
        &self,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        match self {
            Self::Tcp(stream) => loop {
                ready!(stream.poll_read_ready(context))?;
                match read_available(stream, buffer) {
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                    read => return Poll::Ready(read),
                }
            },
            Self::Other(stream) => stream.poll_read(context, buffer),
        }
    }

    /// Writes what the system accepts at once, without checking the readiness that the runtime
    /// records: of a thousand sockets perhaps one is full, and each check would read one more cache
    /// line.
    fn write_now(&self, piece: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => socket2::SockRef::from(&**stream).send(piece),
            Self::Other(stream) => stream.try_write(&[IoSlice::new(piece)]),
        }
    }

    /// Writes what the stream accepts at once. If that is nothing, the runtime learns from it when
    /// the stream is writable again.
    fn try_write(&self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        match (self, pieces) {
            (Self::Tcp(stream), [piece]) => stream.try_write(piece),
            (Self::Tcp(stream), pieces) => stream.try_write_vectored(pieces),
            (Self::Other(stream), pieces) => stream.try_write(pieces),
        }
    }

    /// Whether the stream holds accepted data that only the connection's task can flush.
    fn has_unflushed(&self) -> bool {
        match self {
            Self::Tcp(_) => false,
            Self::Other(stream) => stream.has_unflushed(),
        }
    }

    fn poll_write(
        &self,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self {
            Self::Tcp(stream) => loop {
                ready!(stream.poll_write_ready(context))?;
                match self.try_write(pieces) {
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                    written => return Poll::Ready(written),
                }
            },
            Self::Other(stream) => stream.poll_write(context, pieces),
        }
    }

    fn poll_flush(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Tcp(_) => Poll::Ready(Ok(())),
            Self::Other(stream) => stream.poll_flush(context),
        }
    }

    /// Ends our direction.
    pub(crate) fn poll_shutdown(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Tcp(stream) => {
                Poll::Ready(socket2::SockRef::from(&**stream).shutdown(std::net::Shutdown::Write))
            }
            Self::Other(stream) => stream.poll_shutdown(context),
        }
    }
}

/// Reads once. If that fills only a part of the buffer, there is nothing more, and the runtime is
/// told so; otherwise it would make one useless system call more per message. (`TcpStream`'s own
/// `poll_read` does the same, but needs exclusive access.)
fn read_available(stream: &TcpStream, buffer: &mut [u8]) -> io::Result<usize> {
    if !EDGE_TRIGGERED {
        return stream.try_read(buffer);
    }
    let mut read = 0;
    let outcome = stream.try_io(Interest::READABLE, || {
        read = (&*socket2::SockRef::from(stream)).read(buffer)?;
        let is_drained = 0 < read && read < buffer.len();
        if is_drained { Err(ErrorKind::WouldBlock.into()) } else { Ok(()) }
    });
    if read > 0 { Ok(read) } else { outcome.map(|()| 0) }
}

/// Whether readiness is edge-triggered (epoll, kqueue): the system announces new bytes although it
/// announced earlier ones, so bytes that arrive right after a read are not missed.
const EDGE_TRIGGERED: bool = cfg!(any(
    target_os = "linux",
    target_os = "android",
    target_os = "macos",
    target_os = "ios",
    target_os = "freebsd"
));

/// The result of [`Sender::try_send`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendOutcome {
    /// Everything is written.
    Complete,
    /// The peer does not read fast enough. The remainder is pending, and the connection's task has
    /// to [flush](crate::Socket::flush) it: wake that task.
    Buffered,
    /// Earlier data are pending, or the sender is [held](Sender::hold). Nothing was written.
    Busy,
}

/// The sending half of a connection, which tasks and threads share. Frames stay whole and in order,
/// from any number of writers.
#[derive(Clone)]
pub struct Sender(Arc<FrameWriter>);

struct FrameWriter {
    stream: ByteStream,
    window: Option<Window>,
    /// Never locked across an await.
    queue: Mutex<SendQueue>,
}

#[derive(Debug, Default)]
struct SendQueue {
    /// Accepted and not written.
    pending: VecDeque<Bytes>,
    /// Only the connection's own task may write.
    is_held: bool,
}

impl fmt::Debug for Sender {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Sender").field("window", &self.0.window).finish_non_exhaustive()
    }
}

impl Sender {
    pub(crate) fn new(stream: ByteStream, window: Option<Window>) -> Self {
        Self(Arc::new(FrameWriter { stream, window, queue: Mutex::default() }))
    }

    pub(crate) fn stream(&self) -> &ByteStream {
        &self.0.stream
    }

    /// The window that this peer's messages are compressed with, if they are; it selects the frame
    /// of a [`Prepared`](crate::Prepared) message.
    pub fn window(&self) -> Option<Window> {
        self.0.window
    }

    /// Lets only the connection's own task write, until [`Self::release`]. Its frames follow those
    /// that others wrote before, and precede those that others write afterwards.
    pub fn hold(&self) {
        self.0.queue.lock().is_held = true;
    }

    /// Lets others write again.
    pub fn release(&self) {
        self.0.queue.lock().is_held = false;
    }

    /// Writes a frame, or several in one piece, as far as the system accepts it at once. Never
    /// waits, so a loop over many peers may call it. At most one call's piece and a few short
    /// answers can be pending.
    ///
    /// # Errors
    /// If the connection is broken.
    pub fn try_send(&self, piece: &Bytes) -> io::Result<SendOutcome> {
        let mut queue = self.0.queue.lock();
        if queue.is_held || !queue.pending.is_empty() || self.0.stream.has_unflushed() {
            return Ok(SendOutcome::Busy);
        }
        self.0.write_or_queue_piece(&mut queue, piece)?;
        let is_written = queue.pending.is_empty() && !self.0.stream.has_unflushed();
        Ok(if is_written { SendOutcome::Complete } else { SendOutcome::Buffered })
    }

    /// Writes frames together, after pending ones, or queues them. For the connection's own task,
    /// which flushes before it continues.
    pub(crate) fn write_or_queue(&self, frames: &[Bytes]) -> io::Result<()> {
        let mut queue = self.0.queue.lock();
        match frames {
            // The usual case, one frame and nothing pending, needs no list.
            [frame] if queue.pending.is_empty() => self.0.write_or_queue_piece(&mut queue, frame),
            frames => {
                queue.pending.extend(frames.iter().cloned());
                self.0.write_pending(&mut queue.pending)
            }
        }
    }

    /// Completes once nothing is pending. For one task only, because one waker is registered.
    pub(crate) fn poll_flush(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut queue = self.0.queue.lock();
        let pending = &mut queue.pending;
        while !pending.is_empty() {
            let mut slices = [IoSlice::new(&[]); PIECES];
            let written = ready!(self.0.stream.poll_write(context, pieces(pending, &mut slices)))?;
            advance(pending, written)?;
            if pending.is_empty() {
                // Frees the capacity too, so that one slow moment does not cost memory for ever.
                *pending = VecDeque::new();
            }
        }
        drop(queue);
        self.0.stream.poll_flush(context)
    }
}

impl FrameWriter {
    /// Writes a piece when nothing is pending, and queues the remainder.
    fn write_or_queue_piece(&self, queue: &mut SendQueue, piece: &Bytes) -> io::Result<()> {
        let written = match self.stream.write_now(piece) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
            written => written?,
        };
        if written < piece.len() {
            queue.pending.push_back(piece.slice(written..));
        }
        Ok(())
    }

    fn write_pending(&self, pending: &mut VecDeque<Bytes>) -> io::Result<()> {
        while !pending.is_empty() {
            let mut slices = [IoSlice::new(&[]); PIECES];
            let written = match self.stream.try_write(pieces(pending, &mut slices)) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                written => written?,
            };
            advance(pending, written)?;
        }
        *pending = VecDeque::new();
        Ok(())
    }
}

/// The first pending pieces, as slices for a vectored write.
fn pieces<'a, 'b>(
    pending: &'a VecDeque<Bytes>,
    slices: &'b mut [IoSlice<'a>; PIECES],
) -> &'b [IoSlice<'a>] {
    let mut count = 0;
    for (slice, frame) in slices.iter_mut().zip(pending) {
        *slice = IoSlice::new(frame);
        count += 1;
    }
    slices.get(..count).unwrap_or_default()
}

fn advance(pending: &mut VecDeque<Bytes>, mut written: usize) -> io::Result<()> {
    if written == 0 {
        return Err(ErrorKind::WriteZero.into());
    }
    while let Some(frame) = pending.front_mut() {
        let step = written.min(frame.len());
        frame.advance(step);
        written -= step;
        if !frame.is_empty() {
            break;
        }
        pending.pop_front();
    }
    Ok(())
}
