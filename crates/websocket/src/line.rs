//! The way out to one peer: written to by whoever has something to say, without a buffer of its own.

use std::collections::VecDeque;
use std::fmt;
use std::io::{self, ErrorKind, IoSlice};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use crate::deflate::Window;
use crate::layered::Layered;

/// Pieces that one call of the system writes. Linux takes 1,024; with so many, what a call costs
/// besides its bytes does not matter any more.
const PIECES: usize = 64;

/// What a socket reads from and writes to. Everything works through a shared reference.
pub(crate) enum Wire {
    Tcp(TcpStream),
    /// TLS, most often.
    Other(Layered),
}

impl Wire {
    pub(crate) fn other(stream: impl AsyncRead + AsyncWrite + Send + 'static) -> Self {
        Self::Other(Layered::new(stream))
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
                match stream.try_read(buffer) {
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                    read => return Poll::Ready(read),
                }
            },
            Self::Other(stream) => stream.poll_read(context, buffer),
        }
    }

    /// Writes what it takes at once.
    fn try_write(&self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        match (self, pieces) {
            (Self::Tcp(stream), [piece]) => stream.try_write(piece),
            (Self::Tcp(stream), pieces) => stream.try_write_vectored(pieces),
            (Self::Other(stream), pieces) => stream.try_write(pieces),
        }
    }

    /// Whether something was taken that only the connection's task can bring out.
    fn owes(&self) -> bool {
        match self {
            Self::Tcp(_) => false,
            Self::Other(stream) => stream.owes(),
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

/// What became of frames that were to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// All of them are on their way.
    All,
    /// The peer does not read as fast. What is left is kept, and the connection's task has to
    /// [flush](crate::Socket::flush) it: wake it.
    Kept,
    /// Something was kept before and is not flushed yet: none of these was taken.
    Busy,
}

/// The way out to one peer, shared by everybody who writes to it. Frames stay whole and in order,
/// whoever writes them.
#[derive(Clone)]
pub struct Sender(Arc<Line>);

pub(crate) struct Line {
    pub(crate) wire: Wire,
    window: Option<Window>,
    /// Taken and not written. Never held while anybody waits.
    kept: Mutex<VecDeque<Bytes>>,
}

impl fmt::Debug for Sender {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Sender").field("window", &self.0.window).finish_non_exhaustive()
    }
}

impl Sender {
    pub(crate) fn new(wire: Wire, window: Option<Window>) -> Self {
        Self(Arc::new(Line { wire, window, kept: Mutex::default() }))
    }

    pub(crate) fn wire(&self) -> &Wire {
        &self.0.wire
    }

    /// What this peer's messages are compressed with, if they are: which form of a
    /// [`Prepared`](crate::Prepared) message it wants.
    pub fn window(&self) -> Option<Window> {
        self.0.window
    }

    /// Writes frames, together, as far as the system takes them right now. Does not wait, so that a
    /// loop over many peers may call it; what is kept at most is one call's frames and a few short
    /// answers.
    ///
    /// # Errors
    /// If the connection is broken.
    pub fn try_send(&self, frames: &[Bytes]) -> io::Result<Sent> {
        let mut kept = self.0.kept.lock();
        if !kept.is_empty() || self.0.wire.owes() {
            return Ok(Sent::Busy);
        }
        // The usual case, one frame and room for it, needs no list.
        let mut written = match frames {
            [] => return Ok(Sent::All),
            [frame] => match self.0.wire.try_write(&[IoSlice::new(frame)]) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
                written => written?,
            },
            _ => 0,
        };
        for frame in frames {
            let mut frame = frame.clone();
            let done = written.min(frame.len());
            frame.advance(done);
            written -= done;
            if !frame.is_empty() {
                kept.push_back(frame);
            }
        }
        if frames.len() > 1 {
            self.0.write_kept(&mut kept)?;
        }
        Ok(if kept.is_empty() && !self.0.wire.owes() { Sent::All } else { Sent::Kept })
    }

    /// Writes a frame after whatever is kept, or keeps it too: for short answers of the connection's
    /// own task, which flushes before it asks for more.
    pub(crate) fn put(&self, frames: impl IntoIterator<Item = Bytes>) -> io::Result<()> {
        let mut kept = self.0.kept.lock();
        kept.extend(frames);
        self.0.write_kept(&mut kept)
    }

    /// Completes once nothing is kept. Of one task only: it alone is woken.
    pub(crate) fn poll_flush(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut kept = self.0.kept.lock();
        while !kept.is_empty() {
            let mut slices = [IoSlice::new(&[]); PIECES];
            let written = ready!(self.0.wire.poll_write(context, pieces(&kept, &mut slices)))?;
            advance(&mut kept, written)?;
            if kept.is_empty() {
                // Not of its size any more either: a slow moment must not be remembered for ever.
                *kept = VecDeque::new();
            }
        }
        drop(kept);
        self.0.wire.poll_flush(context)
    }
}

impl Line {
    fn write_kept(&self, kept: &mut VecDeque<Bytes>) -> io::Result<()> {
        while !kept.is_empty() {
            let mut slices = [IoSlice::new(&[]); PIECES];
            let written = match self.wire.try_write(pieces(kept, &mut slices)) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                written => written?,
            };
            advance(kept, written)?;
        }
        *kept = VecDeque::new();
        Ok(())
    }
}

/// The first pieces, as the system wants them.
fn pieces<'a, 'b>(
    kept: &'a VecDeque<Bytes>,
    slices: &'b mut [IoSlice<'a>; PIECES],
) -> &'b [IoSlice<'a>] {
    let mut count = 0;
    for (slice, frame) in slices.iter_mut().zip(kept) {
        *slice = IoSlice::new(frame);
        count += 1;
    }
    slices.get(..count).unwrap_or_default()
}

fn advance(kept: &mut VecDeque<Bytes>, mut written: usize) -> io::Result<()> {
    if written == 0 {
        return Err(ErrorKind::WriteZero.into());
    }
    while let Some(frame) = kept.front_mut() {
        let done = written.min(frame.len());
        frame.advance(done);
        written -= done;
        if !frame.is_empty() {
            break;
        }
        kept.pop_front();
    }
    Ok(())
}
