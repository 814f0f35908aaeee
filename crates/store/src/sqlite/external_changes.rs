//! Events that triggers append: for changes by other programs, such as the shell, and for the same
//! changes by commands.
//!
//! The triggers list the positions of their events (`pending_events`), in the transaction of the change.
//! A thread polls every few milliseconds whether another connection has committed (`PRAGMA
//! data_version`, which reads no table), and wakes the writer. The writer sends the listed events to
//! the event stream and empties the list. It does so for events of its own transactions too, so that
//! one thread decides the order.

use std::io;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle, park_timeout};
use std::time::Duration;

use madang_hub::ports::{LogEntry, TopicEvent};
use madang_shared::Seq;
use rusqlite::Connection;

use super::damage::Damage;
use crate::error::StatementError;
use crate::external_revision::ExternalRevision;
use crate::readers::EngineErrors;
use crate::rules::log;
use crate::transaction::{Transaction, values};

/// The interval of the poll. `docs/figures.md` has its cost and the delay of external changes.
const INTERVAL: Duration = Duration::from_millis(10);
/// Events in one group of the event stream, so that a change of very many rows does not fill the
/// memory.
const GROUP: u64 = 512;

/// The events in `pending_events` that were not yet sent to the event stream.
#[derive(Debug)]
pub(super) struct ExternalChanges {
    /// The last id in the list whose event was sent.
    sent: i64,
    retry: Arc<AtomicBool>,
    /// `PRAGMA data_version` of the writer's connection, which its own commits do not change.
    data_version: i64,
    revision: ExternalRevision,
}

impl ExternalChanges {
    /// Starts after the events that are listed now: clients read those from the log.
    pub(super) fn new(connection: &Connection) -> rusqlite::Result<Self> {
        let last = "SELECT coalesce(max(id), 0) FROM pending_events";
        let sent = connection.query_row(last, [], |row| row.get(0))?;
        let data_version = data_version(connection)?;
        Ok(Self {
            sent,
            retry: Arc::default(),
            data_version,
            revision: ExternalRevision::default(),
        })
    }

    /// Set after a read of the list failed and has to be repeated.
    pub(super) fn retry(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.retry)
    }

    /// The number of commits by other programs that were found.
    pub(super) fn revision(&self) -> ExternalRevision {
        self.revision.clone()
    }

    /// Looks for commits by other programs.
    pub(super) fn find_commits(&mut self, connection: &Connection) {
        // A version that cannot be read may be a new one.
        let found = data_version(connection).ok();
        if found != Some(self.data_version) {
            self.data_version = found.unwrap_or(self.data_version);
            self.revision.count();
        }
    }

    /// The next events for the event stream, in order; empty when all were sent.
    pub(super) fn next(&mut self, connection: &Connection, damage: &Damage) -> Vec<TopicEvent> {
        self.read(connection).unwrap_or_else(|error| {
            // Its caller has no use for the error; it is repeated, and damage is kept.
            damage.store_error(error);
            self.retry.store(true, Ordering::Relaxed);
            Vec::new()
        })
    }

    fn read(&mut self, transaction: &dyn Transaction) -> Result<Vec<TopicEvent>, StatementError> {
        let sql = "SELECT pending_events.id, topics.name, log.seq, log.content FROM pending_events \
            JOIN topics ON topics.id = pending_events.topic_id \
            JOIN log ON log.topic_id = pending_events.topic_id AND log.seq = pending_events.seq \
            WHERE pending_events.id > ?1 ORDER BY pending_events.id LIMIT ?2";
        let (mut events, mut last) = (Vec::new(), self.sent);
        transaction.visit(sql, &values![self.sent, GROUP], &mut |row| {
            last = row.integer(0)?;
            // Another program may list an unknown topic; it has no subscribers.
            if let Ok(topic) = row.text(1)?.parse() {
                let seq = Seq(row.natural(2)?);
                let entry = LogEntry { seq, content: log::readable(topic, seq, row.text(3)?) };
                events.push(TopicEvent { topic, entry });
            }
            Ok(ControlFlow::Continue(()))
        })?;
        self.sent = last;
        Ok(events)
    }

    /// Removes the sent events from the list, in a transaction of the writer.
    pub(super) fn remove_sent(&self, transaction: &Connection) -> rusqlite::Result<()> {
        let sql = "DELETE FROM pending_events WHERE id <= ?1";
        transaction.prepare_cached(sql)?.execute([self.sent])?;
        Ok(())
    }
}

/// The thread that polls for commits of other connections. Dropping this ends the thread.
#[derive(Debug)]
pub(super) struct CommitWatcher {
    ended: Arc<AtomicBool>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl CommitWatcher {
    /// Starts the thread. `notify` wakes the writer, and returns whether it could.
    pub(super) fn start(
        connection: Connection,
        retry: Arc<AtomicBool>,
        notify: impl Fn() -> bool + Send + 'static,
    ) -> io::Result<Self> {
        let ended = Arc::new(AtomicBool::new(false));
        let is_over = Arc::clone(&ended);
        let watch = move || {
            let mut known = None;
            loop {
                // Parking costs less than waiting on a channel, which spins before it sleeps and
                // took 7 % of a busy server's processor time. A spurious wakeup only causes one
                // more poll.
                park_timeout(INTERVAL);
                if is_over.load(Ordering::Acquire) {
                    return;
                }
                // A failed poll is repeated; the readiness check reports a lasting failure.
                let Ok(version) = data_version(&connection) else { continue };
                let failed = retry.swap(false, Ordering::Relaxed);
                if (failed || known != Some(version)) && notify() {
                    known = Some(version);
                }
            }
        };
        let thread = Builder::new().name("sqlite-watcher".to_owned()).spawn(watch)?;
        Ok(Self { ended, thread: Mutex::new(Some(thread)) })
    }

    /// Ends the thread, and waits until its connection is closed.
    pub(super) async fn close(&self) {
        if let Some(thread) = self.end() {
            // A panic of the thread has been reported by the runtime already.
            tokio::task::spawn_blocking(|| thread.join().ok()).await.ok();
        }
    }

    fn end(&self) -> Option<JoinHandle<()>> {
        self.ended.store(true, Ordering::Release);
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        thread.inspect(|thread| thread.thread().unpark())
    }
}

impl Drop for CommitWatcher {
    fn drop(&mut self) {
        // The handle detaches: a drop must not wait.
        self.end();
    }
}

/// Changes whenever another connection has committed since the last call.
fn data_version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))
}
