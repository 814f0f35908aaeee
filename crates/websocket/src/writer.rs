//! The way out to one peer: written to by whoever has something to say, without a buffer of its own.

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

/// Pieces that one call of the system writes. Linux takes 1,024; with so many, what a call costs
/// besides its bytes does not matter any more.
const PIECES: usize = 64;

/// What a socket reads from and writes to. Everything works through a shared reference.
pub(crate) enum ByteStream {
    Tcp(TcpStream),
    /// TLS, most often.
    Other(BoxedStream),
}

impl ByteStream {
    pub(crate) fn other(stream: impl AsyncRead + AsyncWrite + Send + 'static) -> Self {
        Self::Other(BoxedStream::new(stream))
    }

    /// Reads as much as is there, at most as much as `buffer` holds; 0 at the end.
    pub(crate) fn poll_read(
        &self,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        match self {
            Self::Tcp(stream) => loop {
                ready!(stream.poll_read_ready(context))?;
                match read_all_there_is(stream, buffer) {
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                    read => return Poll::Ready(read),
                }
            },
            Self::Other(stream) => stream.poll_read(context, buffer),
        }
    }

    /// Writes what the system takes right now, without asking the runtime whether it will: of a thousand
    /// sockets one is full, and what the runtime knows of each is one more place in memory to go to.
    fn write_now(&self, piece: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => socket2::SockRef::from(stream).send(piece),
            Self::Other(stream) => stream.try_write(&[IoSlice::new(piece)]),
        }
    }

    /// Writes what it takes at once, and learns from it when there will be room again.
    fn try_write(&self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        match (self, pieces) {
            (Self::Tcp(stream), [piece]) => stream.try_write(piece),
            (Self::Tcp(stream), pieces) => stream.try_write_vectored(pieces),
            (Self::Other(stream), pieces) => stream.try_write(pieces),
        }
    }

    /// Whether something was taken that only the connection's task can bring out.
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

    /// Says that nothing more will be written.
    pub(crate) fn poll_shutdown(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Tcp(stream) => {
                Poll::Ready(socket2::SockRef::from(stream).shutdown(std::net::Shutdown::Write))
            }
            Self::Other(stream) => stream.poll_shutdown(context),
        }
    }
}

/// Reads once. Where that fills a part of the buffer only, there is nothing more, and the runtime is told
/// so: it would otherwise ask the system once more for every message, to be told "nothing".
/// (`TcpStream`'s own `poll_read` does the same, but wants the stream for itself.)
fn read_all_there_is(stream: &TcpStream, buffer: &mut [u8]) -> io::Result<usize> {
    if !EDGES {
        return stream.try_read(buffer);
    }
    let mut read = 0;
    let asked = stream.try_io(Interest::READABLE, || {
        read = (&*socket2::SockRef::from(stream)).read(buffer)?;
        let is_all = 0 < read && read < buffer.len();
        if is_all { Err(ErrorKind::WouldBlock.into()) } else { Ok(()) }
    });
    if read > 0 { Ok(read) } else { asked.map(|()| 0) }
}

/// Whether the system tells of new bytes even if it told of some before (epoll's and kqueue's edges),
/// so that what comes right after a read is not missed.
const EDGES: bool = cfg!(any(
    target_os = "linux",
    target_os = "android",
    target_os = "macos",
    target_os = "ios",
    target_os = "freebsd"
));

/// What became of frames that were to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendOutcome {
    /// All of them are on their way.
    Complete,
    /// The peer does not read as fast. What is left is kept, and the connection's task has to
    /// [flush](crate::Socket::flush) it: wake it.
    Buffered,
    /// Something was kept before and is not flushed yet, or the way is [held](Sender::hold): nothing of
    /// this was taken.
    Busy,
}

/// The way out to one peer, shared by everybody who writes to it. Frames stay whole and in order,
/// whoever writes them.
#[derive(Clone)]
pub struct Sender(Arc<FrameWriter>);

pub(crate) struct FrameWriter {
    pub(crate) stream: ByteStream,
    window: Option<Window>,
    /// Never locked while anybody waits.
    queue: Mutex<SendQueue>,
}

#[derive(Debug, Default)]
struct SendQueue {
    /// Taken and not written.
    pending: VecDeque<Bytes>,
    /// Only the connection's own task writes.
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

    /// What this peer's messages are compressed with, if they are: which form of a
    /// [`Prepared`](crate::Prepared) message it wants.
    pub fn window(&self) -> Option<Window> {
        self.0.window
    }

    /// From now on only the connection's own task writes, until [`Self::release`]: what it writes meanwhile
    /// comes after what others wrote before, and before what they write then.
    pub fn hold(&self) {
        self.0.queue.lock().is_held = true;
    }

    /// Lets others write.
    pub fn release(&self) {
        self.0.queue.lock().is_held = false;
    }

    /// Writes a frame, or several in one piece, as far as the system takes it right now. Does not wait, so
    /// that a loop over many peers may call it; what is kept at most is one call's piece and a few short
    /// answers.
    ///
    /// # Errors
    /// If the connection is broken.
    pub fn try_send(&self, piece: &Bytes) -> io::Result<SendOutcome> {
        let mut queue = self.0.queue.lock();
        if queue.is_held || !queue.pending.is_empty() || self.0.stream.has_unflushed() {
            return Ok(SendOutcome::Busy);
        }
        self.0.write_or_queue_piece(&mut queue, piece)?;
        let is_out = queue.pending.is_empty() && !self.0.stream.has_unflushed();
        Ok(if is_out { SendOutcome::Complete } else { SendOutcome::Buffered })
    }

    /// Writes frames after whatever is kept, together, or keeps them too: for the connection's own task,
    /// which flushes before it asks for more.
    pub(crate) fn write_or_queue(&self, frames: &[Bytes]) -> io::Result<()> {
        let mut queue = self.0.queue.lock();
        match frames {
            // The usual case, one frame and room for it, needs no list.
            [frame] if queue.pending.is_empty() => self.0.write_or_queue_piece(&mut queue, frame),
            frames => {
                queue.pending.extend(frames.iter().cloned());
                self.0.write_pending(&mut queue.pending)
            }
        }
    }

    /// Completes once nothing is kept. Of one task only: it alone is woken.
    pub(crate) fn poll_flush(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut queue = self.0.queue.lock();
        let pending = &mut queue.pending;
        while !pending.is_empty() {
            let mut slices = [IoSlice::new(&[]); PIECES];
            let written = ready!(self.0.stream.poll_write(context, pieces(pending, &mut slices)))?;
            advance(pending, written)?;
            if pending.is_empty() {
                // Not of its size any more either: a slow moment must not be remembered for ever.
                *pending = VecDeque::new();
            }
        }
        drop(queue);
        self.0.stream.poll_flush(context)
    }
}

impl FrameWriter {
    /// Writes a piece where nothing is kept before it, and keeps what is left of it.
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

/// The first pieces, as the system wants them.
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
        let done = written.min(frame.len());
        frame.advance(done);
        written -= done;
        if !frame.is_empty() {
            break;
        }
        pending.pop_front();
    }
    Ok(())
}
