//! A stream whose write fails when the peer does not read.

use std::fmt;
use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// A stream whose write fails with [`ErrorKind::TimedOut`] when it makes no progress within the limit. An HTTP server
/// wraps its streams in it, below TLS. A WebSocket on plain TCP gets the bare stream, because it has a limit of its
/// own.
pub struct WriteDeadline<S> {
    stream: S,
    limit: Duration,
    /// Runs while a write makes no progress.
    timer: Option<Pin<Box<Sleep>>>,
}

impl<S> WriteDeadline<S> {
    /// Limits the writes of a stream.
    pub fn new(stream: S, limit: Duration) -> Self {
        Self { stream, limit, timer: None }
    }

    /// The bare stream, without a limit.
    pub fn into_inner(self) -> S {
        self.stream
    }

    fn limited<T>(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.timer = None;
            return written;
        }
        let limit = self.limit;
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(limit)));
        timer.as_mut().poll(context).map(|()| Err(ErrorKind::TimedOut.into()))
    }
}

impl<S> fmt::Debug for WriteDeadline<S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("WriteDeadline").field("limit", &self.limit).finish_non_exhaustive()
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for WriteDeadline<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for WriteDeadline<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.limited(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, pieces);
        self.limited(context, written)
    }

    /// hyper joins the pieces of an answer in memory unless the stream takes them apart.
    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// Has no limit of its own: TCP has nothing to flush, and TLS writes in its flush.
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
    use tokio::time::Instant;

    use super::*;

    const LIMIT: Duration = Duration::from_secs(10);

    #[tokio::test(start_paused = true)]
    async fn a_write_fails_when_it_makes_no_progress_within_the_limit() {
        let (stream, mut peer) = duplex(4);
        let mut stream = WriteDeadline::new(stream, LIMIT);
        let began = Instant::now();
        let writing = tokio::spawn(async move { stream.write_all(&[0; 64]).await });
        for _ in 0..3 {
            tokio::time::advance(LIMIT / 2).await;
            peer.read_exact(&mut [0; 4]).await.unwrap();
        }
        let error = writing.await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        let elapsed = began.elapsed();
        assert!(elapsed >= LIMIT / 2 * 3 + LIMIT, "progress restarts the limit: {elapsed:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn reading_has_no_limit() {
        let (stream, mut peer) = duplex(4);
        let mut stream = WriteDeadline::new(stream, LIMIT);
        let reading = tokio::spawn(async move { stream.read_u8().await });
        tokio::time::advance(LIMIT * 10).await;
        peer.write_all(&[7]).await.unwrap();
        assert_eq!(reading.await.unwrap().unwrap(), 7);
    }
}
