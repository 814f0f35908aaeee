//! A TCP stream that is reset at its end, if that was decided, instead of closed.

use std::fmt;
use std::io::{self, IoSlice};
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// Decides that a connection is reset when its stream is dropped. Clones are the same decision.
#[derive(Clone, Debug, Default)]
pub struct ResetFlag(Arc<AtomicBool>);

impl ResetFlag {
    /// From now on the connection is reset when its stream is dropped.
    pub fn set(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether the connection is to be reset.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// A TCP stream with a [`ResetFlag`]. After a normal close, the system keeps the unsent bytes and offers them to the peer
/// for minutes. Many peers that do not read could so fill the system's memory for TCP, which stops every connection of
/// the machine. After a reset nothing is left.
pub struct ResettableStream {
    stream: TcpStream,
    flag: ResetFlag,
}

impl ResettableStream {
    /// Resets the stream at its end, if the flag is set then.
    pub fn new(stream: TcpStream, flag: ResetFlag) -> Self {
        Self { stream, flag }
    }
}

impl From<TcpStream> for ResettableStream {
    fn from(stream: TcpStream) -> Self {
        Self::new(stream, ResetFlag::default())
    }
}

impl Deref for ResettableStream {
    type Target = TcpStream;

    fn deref(&self) -> &TcpStream {
        &self.stream
    }
}

impl Drop for ResettableStream {
    fn drop(&mut self) {
        if self.flag.is_set() {
            // On an error the connection is closed, as without the flag.
            self.stream.set_zero_linger().ok();
        }
    }
}

impl fmt::Debug for ResettableStream {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("ResettableStream").field(&self.stream).finish()
    }
}

impl AsyncRead for ResettableStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for ResettableStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
