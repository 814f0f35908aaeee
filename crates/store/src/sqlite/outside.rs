//! What others change in the database: a person at the shell, a script, another program.
//!
//! Triggers write such changes into the log, so that none can be missed; what is needed is to look
//! there in time. A thread asks SQLite every few milliseconds whether any other connection has
//! committed since (`PRAGMA data_version`: no table is read for it), and wakes the writer, which hands
//! to the tail whatever the log has after what it handed out before. Its own changes of these tables
//! go the same way, so that one thread alone decides what comes after what.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use madang_hub::ports::Appended;
use madang_shared::{Seq, Topic};
use rusqlite::Connection;

use super::log;
use super::stop::natural;

/// How often is asked. docs/figures.md says what it costs, and how soon a change is seen.
const INTERVAL: Duration = Duration::from_millis(10);
/// Events that are handed out together, so that a change of very many rows fills no memory.
const PIECE: usize = 512;

/// The topic whose events triggers write.
const WATCHED: Topic = Topic::Orders;

/// The end of the log, as far as it was handed out.
#[derive(Debug)]
pub(super) struct Outside {
    known: Seq,
    again: Arc<AtomicBool>,
}

impl Outside {
    /// Begins at the end: whoever comes later reads what was before from the log.
    pub(super) fn new(connection: &Connection) -> rusqlite::Result<Self> {
        let known = "SELECT head FROM topics WHERE name = ?1";
        let known = connection.query_row(known, [WATCHED.to_string()], |row| natural(row, 0))?;
        Ok(Self { known: Seq(known), again: Arc::default() })
    }

    /// Set when a look failed, and must be repeated.
    pub(super) fn again(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.again)
    }

    /// The next events that nobody was handed yet, in order; nothing once there are no more.
    pub(super) fn next(&mut self, connection: &Connection) -> Vec<Appended> {
        let Ok(events) = log::read(connection, WATCHED, self.known, PIECE) else {
            self.again.store(true, Ordering::Relaxed);
            return Vec::new();
        };
        self.known = events.last().map_or(self.known, |last| last.seq);
        events.into_iter().map(|logged| Appended { topic: WATCHED, logged }).collect()
    }
}

/// The handle to the thread that asks. Dropping it ends the thread.
#[derive(Debug)]
pub(super) struct Watcher {
    thread: Mutex<Option<(mpsc::Sender<()>, JoinHandle<()>)>>,
}

impl Watcher {
    /// `look` answers whether the word could be given.
    pub(super) fn start(
        connection: Connection,
        again: Arc<AtomicBool>,
        look: impl Fn() -> bool + Send + 'static,
    ) -> io::Result<Self> {
        let (end, ended) = mpsc::channel();
        let watch = move || {
            let mut known = None;
            while ended.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
                // What cannot be asked now is asked again; readiness tells if it stays so.
                let Ok(version) = data_version(&connection) else { continue };
                let failed = again.swap(false, Ordering::Relaxed);
                if (failed || known != Some(version)) && look() {
                    known = Some(version);
                }
            }
        };
        let thread = Builder::new().name("sqlite-watcher".to_owned()).spawn(watch)?;
        Ok(Self { thread: Mutex::new(Some((end, thread))) })
    }

    /// Ends the thread, and waits for its connection to be closed.
    pub(super) async fn close(&self) {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((end, thread)) = thread {
            drop(end);
            // A thread that ended badly has nothing left to say.
            let _ = tokio::task::spawn_blocking(|| thread.join()).await;
        }
    }
}

/// Differs from the last answer if another connection has committed in between.
fn data_version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))
}
