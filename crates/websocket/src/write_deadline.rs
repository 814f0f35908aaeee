//! A stream whose write fails when the peer reads too slowly.

use std::fmt;
use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use crate::resettable_stream::ResetFlag;

/// The slowest rate at which a peer may read what is written to it: `bytes` in each `window`.
///
/// A limit for the time without progress alone is none: a peer that reads one byte shortly before its end holds an
/// answer for days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MinRate {
    /// The bytes that the peer must take in each window.
    pub bytes: usize,
    /// The window.
    pub window: Duration,
}

/// The slowest reader that keeps its connection: 3.3 kbit/s, a third of GSM's 9.6 kbit/s.
pub const SLOWEST_READER: MinRate = MinRate { bytes: 4 * 1024, window: Duration::from_secs(10) };

/// Measures the rate of one stream's writes while bytes are left over.
#[derive(Debug)]
pub struct RateMeter {
    rate: MinRate,
    /// Runs to the end of the window while bytes are left over.
    window: Option<Pin<Box<Sleep>>>,
    /// The bytes of the window so far.
    written: usize,
}

impl RateMeter {
    /// Measures against a rate.
    pub fn new(rate: MinRate) -> Self {
        Self { rate, window: None, written: 0 }
    }

    /// Counts a write: the stream has taken `written` of `offered` bytes. Nothing is left over after a whole write, and
    /// the next one begins a window of its own.
    pub fn wrote(&mut self, written: usize, offered: usize) {
        if written < offered {
            self.written = self.written.saturating_add(written);
            self.begin_window();
        } else {
            self.window = None;
            self.written = 0;
        }
    }

    /// Whether the stream, which takes nothing now, is too slow. Wakes the task at the end of the window.
    pub fn poll_too_slow(&mut self, context: &mut Context<'_>) -> Poll<()> {
        loop {
            if self.begin_window().as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            if self.written < self.rate.bytes {
                return Poll::Ready(());
            }
            self.window = None;
            self.written = 0;
        }
    }

    fn begin_window(&mut self) -> &mut Pin<Box<Sleep>> {
        let window = self.rate.window;
        self.window.get_or_insert_with(|| Box::pin(sleep(window)))
    }
}

/// A stream whose write fails with [`ErrorKind::TimedOut`] when the peer reads more slowly than [`MinRate`]. An HTTP
/// server wraps its streams in it, below TLS. A WebSocket on plain TCP gets the bare stream, because it has a limit of
/// its own.
pub struct WriteDeadline<S> {
    stream: S,
    meter: RateMeter,
    flag: ResetFlag,
}

impl<S> WriteDeadline<S> {
    /// Limits the writes of a stream. The flag is set when a write fails, so that the connection is reset.
    pub fn new(stream: S, rate: MinRate, flag: ResetFlag) -> Self {
        Self { stream, meter: RateMeter::new(rate), flag }
    }

    /// The bare stream, without a limit.
    pub fn into_inner(self) -> S {
        self.stream
    }

    fn limited(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
        offered: usize,
    ) -> Poll<io::Result<usize>> {
        match written {
            Poll::Ready(Ok(written)) => {
                self.meter.wrote(written, offered);
                Poll::Ready(Ok(written))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => self.meter.poll_too_slow(context).map(|()| {
                self.flag.set();
                Err(ErrorKind::TimedOut.into())
            }),
        }
    }
}

impl<S> fmt::Debug for WriteDeadline<S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("WriteDeadline")
            .field("rate", &self.meter.rate)
            .finish_non_exhaustive()
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
        self.limited(context, written, bytes.len())
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, pieces);
        let offered = pieces.iter().map(|piece| piece.len()).sum();
        self.limited(context, written, offered)
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
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
    use tokio::task::JoinHandle;
    use tokio::time::Instant;

    use super::*;

    const WINDOW: Duration = Duration::from_secs(10);
    const RATE: MinRate = MinRate { bytes: 8, window: WINDOW };

    /// Writes to a peer, from now on.
    fn writing(bytes: usize) -> (JoinHandle<io::Result<()>>, DuplexStream) {
        let (stream, peer) = duplex(4);
        let mut stream = WriteDeadline::new(stream, RATE, ResetFlag::default());
        (tokio::spawn(async move { stream.write_all(&vec![0; bytes]).await }), peer)
    }

    /// Reads `bytes` each time that `pause` has passed, until the writing ends. Returns the time until then.
    async fn read_slowly(
        bytes: usize,
        pause: Duration,
        writing: JoinHandle<io::Result<()>>,
        mut peer: DuplexStream,
    ) -> (io::Result<()>, Duration) {
        let began = Instant::now();
        let mut writing = writing;
        let mut buffer = vec![0; bytes];
        loop {
            tokio::select! {
                written = &mut writing => return (written.unwrap(), began.elapsed()),
                () = sleep(pause) => {}
            }
            let read = peer.read(&mut buffer).await.unwrap();
            assert!(read <= bytes);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_reads_one_byte_before_the_end_of_each_window_is_too_slow() {
        let (task, peer) = writing(1_000);
        let (written, elapsed) = read_slowly(1, WINDOW / 10 * 9, task, peer).await;
        assert_eq!(written.unwrap_err().kind(), ErrorKind::TimedOut);
        assert!(elapsed <= 2 * WINDOW, "{elapsed:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_reads_nothing_is_too_slow_after_one_window() {
        let (task, peer) = writing(1_000);
        let (written, elapsed) = read_slowly(0, WINDOW / 4, task, peer).await;
        assert_eq!(written.unwrap_err().kind(), ErrorKind::TimedOut);
        assert_eq!(elapsed, WINDOW);
    }

    #[tokio::test(start_paused = true)]
    async fn the_connection_of_a_peer_that_is_too_slow_is_reset() {
        let ((stream, _peer), flag) = (duplex(4), ResetFlag::default());
        let mut stream = WriteDeadline::new(stream, RATE, flag.clone());
        stream.write_all(&[0; 4]).await.unwrap();
        assert!(!flag.is_set());
        assert!(stream.write_all(&[0; 4]).await.is_err() && flag.is_set());
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_at_the_rate_gets_everything_however_long_it_takes() {
        let (task, peer) = writing(400);
        let (written, elapsed) = read_slowly(4, WINDOW / 3, task, peer).await;
        written.unwrap();
        assert!(elapsed > 10 * WINDOW, "{elapsed:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_without_bytes_left_over_has_no_limit() {
        let (stream, mut peer) = duplex(4);
        let mut stream = WriteDeadline::new(stream, RATE, ResetFlag::default());
        for _ in 0..3 {
            // The second part of each write waits for the peer.
            let mut read = [0; 6];
            let (written, read) =
                tokio::join!(stream.write_all(&[0; 6]), peer.read_exact(&mut read));
            written.unwrap();
            read.unwrap();
            sleep(10 * WINDOW).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn reading_has_no_limit() {
        let (stream, mut peer) = duplex(4);
        let mut stream = WriteDeadline::new(stream, RATE, ResetFlag::default());
        let reading = tokio::spawn(async move { stream.read_u8().await });
        tokio::time::advance(WINDOW * 10).await;
        peer.write_all(&[7]).await.unwrap();
        assert_eq!(reading.await.unwrap().unwrap(), 7);
    }
}
