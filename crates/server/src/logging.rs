//! The log, on standard error.
//!
//! Logging never waits: lines go through a bounded queue to a thread that writes them. If standard error
//! is a pipe that nobody reads, lines are lost and counted, and the server goes on.

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::Builder;
use std::time::Duration;

use anyhow::{Context, Result};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::config::{Config, LogFormat};

/// The limit of waiting lines.
const MAX_LINES: usize = 8 * 1024;
/// The limit of waiting bytes.
const MAX_BYTES: usize = 1024 * 1024;
/// The longest wait for lines to be written, at the start and at the end of the process.
const FLUSH_TIMEOUT: Duration = Duration::from_millis(500);

/// Starts the log.
///
/// # Errors
/// If the filter is invalid, or if the thread cannot be started.
pub(crate) fn start(config: &Config) -> Result<LogFlush> {
    let filter = EnvFilter::builder().parse(&config.log).with_context(|| {
        format!(
            "`log` is {:?}; it must be a filter such as `info` or `madang_web=debug`",
            config.log
        )
    })?;
    let (queue, flush) = LogQueue::start(io::stderr()).context("cannot start the log's thread")?;
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(queue)
        // On a write error the subscriber would write an error message, which fails again and
        // panics.
        .log_internal_errors(false)
        .with_ansi(io::stderr().is_terminal());
    match config.log_format {
        LogFormat::Human => log.with_target(false).init(),
        LogFormat::Json => log.json().flatten_event(true).init(),
    }
    // The default hook writes to standard error itself, and would wait.
    std::panic::set_hook(Box::new(|panic| tracing::error!(%panic, "a thread panicked")));
    Ok(flush)
}

/// Reports an error that ends the process, on standard error, independent of the log and its filter.
pub(crate) fn report_fatal(error: &anyhow::Error) {
    let line = format!("madang: {error:#}\n");
    // On a thread, because standard error may be a full pipe. If it cannot be written, the exit code still
    // reports the failure.
    let (done, wait) = sync_channel(1);
    let write = move || {
        io::stderr().write_all(line.as_bytes()).ok();
        done.send(()).ok();
    };
    if Builder::new().name("fatal".to_owned()).spawn(write).is_ok() {
        wait.recv_timeout(FLUSH_TIMEOUT).ok();
    }
}

enum Message {
    Line(Vec<u8>),
    /// Answered after all earlier lines are written.
    Flush(SyncSender<()>),
}

/// The queue of lines.
#[derive(Clone)]
struct LogQueue {
    lines: SyncSender<Message>,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    /// Bytes in the queue.
    waiting: AtomicUsize,
    /// Lines that were lost since the last report.
    lost: AtomicU64,
}

/// Flushes the log. Dropping it waits until the last lines are written, up to a time limit.
pub(crate) struct LogFlush(SyncSender<Message>);

impl LogQueue {
    /// Starts the thread that writes to `out`.
    fn start(out: impl Write + Send + 'static) -> io::Result<(Self, LogFlush)> {
        let (lines, queue) = sync_channel(MAX_LINES);
        let counts = Arc::new(Counts::default());
        let counted = Arc::clone(&counts);
        Builder::new().name("log".to_owned()).spawn(move || write_lines(&queue, &counted, out))?;
        Ok((Self { lines: lines.clone(), counts }, LogFlush(lines)))
    }

    fn put(&self, line: &[u8]) {
        let waiting = self.counts.waiting.fetch_add(line.len(), Ordering::Relaxed) + line.len();
        if waiting > MAX_BYTES || self.lines.try_send(Message::Line(line.to_vec())).is_err() {
            self.counts.waiting.fetch_sub(line.len(), Ordering::Relaxed);
            self.counts.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn write_lines(queue: &Receiver<Message>, counts: &Counts, mut out: impl Write) {
    for message in queue {
        match message {
            Message::Line(line) => {
                // If standard error is closed, the error cannot be reported anywhere.
                out.write_all(&line).ok();
                counts.waiting.fetch_sub(line.len(), Ordering::Relaxed);
            }
            Message::Flush(done) => {
                out.flush().ok();
                done.try_send(()).ok();
            }
        }
        let lost = counts.lost.swap(0, Ordering::Relaxed);
        if lost > 0 {
            tracing::warn!(
                lost,
                "log lines were lost, because standard error was not read in time"
            );
        }
    }
}

/// The subscriber writes each line in one call.
impl Write for LogQueue {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.put(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for LogQueue {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl LogFlush {
    /// Waits until all earlier lines are written, up to a time limit.
    pub(crate) fn flush(&self) {
        let (done, wait) = sync_channel(1);
        // A full queue means that nobody reads standard error.
        if self.0.try_send(Message::Flush(done)).is_ok() {
            wait.recv_timeout(FLUSH_TIMEOUT).ok();
        }
    }
}

impl Drop for LogFlush {
    fn drop(&mut self) {
        self.flush();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::Sender;

    use super::*;

    /// A standard error that accepts a line only when the test permits it.
    struct SlowReader {
        allowed: Receiver<()>,
        written: Sender<Vec<u8>>,
    }

    impl Write for SlowReader {
        fn write(&mut self, line: &[u8]) -> io::Result<usize> {
            self.allowed.recv().map_err(io::Error::other)?;
            self.written.send(line.to_vec()).map_err(io::Error::other)?;
            Ok(line.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_does_not_read_costs_lines_and_no_waiting() {
        let (allow, allowed) = std::sync::mpsc::channel();
        let (written, lines) = std::sync::mpsc::channel();
        let (queue, flush) = LogQueue::start(SlowReader { allowed, written }).unwrap();
        let line = vec![b'x'; 1024];
        for _ in 0..2 * MAX_BYTES / line.len() {
            queue.put(&line);
        }
        let lost = queue.counts.lost.load(Ordering::Relaxed);
        assert!((1024..=1025).contains(&lost), "{lost} lines above the limit of bytes");
        drop(flush);
        // All lines in the queue are written once the reader reads.
        for _ in 0..1023 {
            allow.send(()).unwrap();
            assert_eq!(lines.recv().unwrap(), line);
        }
    }
}
