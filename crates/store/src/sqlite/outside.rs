//! What others change in the database: a person at the shell, a script, another program.
//!
//! Triggers write such changes into the log, so that none can be missed; what is needed is to look
//! there in time. A thread asks SQLite every few milliseconds whether any other connection has
//! committed since (`PRAGMA data_version`: no table is read for it), and wakes the writer, which hands
//! to the tail whatever the log has after what it handed out before. Its own changes of these tables
//! go the same way, so that one thread alone decides what comes after what. Notices stand in as many
//! topics as there are users: their triggers list what they wrote, and the writer empties the list.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle, park_timeout};
use std::time::Duration;

use madang_hub::ports::{LogEntry, TopicEvent};
use madang_shared::{Seq, Topic};
use rusqlite::Connection;

use super::log;
use super::stop::{Stop, integer, natural, text};

/// How often is asked. docs/figures.md says what it costs, and how soon a change is seen.
const INTERVAL: Duration = Duration::from_millis(10);
/// Events that are handed out together, so that a change of very many rows fills no memory.
const PIECE: usize = 512;

/// The topic whose events triggers write, all of them.
const WATCHED: Topic = Topic::Orders;

/// The end of the log, as far as it was handed out.
#[derive(Debug)]
pub(super) struct Outside {
    known: Seq,
    /// The last of the list that `notices_log` fills.
    listed: i64,
    again: Arc<AtomicBool>,
}

impl Outside {
    /// Begins at the end: whoever comes later reads what was before from the log.
    pub(super) fn new(connection: &Connection) -> rusqlite::Result<Self> {
        let known = "SELECT head FROM topics WHERE name = ?1";
        let known = connection.query_row(known, [WATCHED.to_string()], |row| natural(row, 0))?;
        let listed = "SELECT coalesce(max(id), 0) FROM notices_told";
        let listed = connection.query_row(listed, [], |row| row.get(0))?;
        Ok(Self { known: Seq(known), listed, again: Arc::default() })
    }

    /// Set when a look failed, and must be repeated.
    pub(super) fn again(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.again)
    }

    /// The next events that nobody was handed yet, in order; nothing once there are no more.
    pub(super) fn next(&mut self, connection: &Connection) -> Vec<TopicEvent> {
        let found = self.next_watched(connection).and_then(|events| {
            if events.is_empty() { Ok(self.next_listed(connection)?) } else { Ok(events) }
        });
        found.unwrap_or_else(|_| {
            self.again.store(true, Ordering::Relaxed);
            Vec::new()
        })
    }

    fn next_watched(&mut self, connection: &Connection) -> Result<Vec<TopicEvent>, Stop> {
        let events = log::read(connection, WATCHED, self.known, PIECE)?;
        self.known = events.last().map_or(self.known, |last| last.seq);
        Ok(events.into_iter().map(|entry| TopicEvent { topic: WATCHED, entry }).collect())
    }

    fn next_listed(&mut self, connection: &Connection) -> rusqlite::Result<Vec<TopicEvent>> {
        let sql = "SELECT notices_told.id, topics.name, log.seq, log.content FROM notices_told \
            JOIN topics ON topics.id = notices_told.topic_id \
            JOIN log ON log.topic_id = notices_told.topic_id AND log.seq = notices_told.seq \
            WHERE notices_told.id > ?1 ORDER BY notices_told.id LIMIT ?2";
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query((self.listed, integer(PIECE as u64)))?;
        let (mut events, mut listed) = (Vec::new(), self.listed);
        while let Some(row) = rows.next()? {
            listed = row.get(0)?;
            // A person may have listed what is no topic; nobody can have asked for it.
            let Ok(topic) = text(row.get_ref(1)?)?.parse() else { continue };
            let content = text(row.get_ref(3)?)?.into();
            let entry = LogEntry { seq: Seq(natural(row, 2)?), content };
            events.push(TopicEvent { topic, entry });
        }
        self.listed = listed;
        Ok(events)
    }

    /// Removes from the list what was handed out, within a transaction that is under way anyway.
    pub(super) fn forget(&self, transaction: &Connection) -> rusqlite::Result<()> {
        let sql = "DELETE FROM notices_told WHERE id <= ?1";
        transaction.prepare_cached(sql)?.execute([self.listed])?;
        Ok(())
    }
}

/// The handle to the thread that asks. Dropping it ends the thread.
#[derive(Debug)]
pub(super) struct Watcher {
    ended: Arc<AtomicBool>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Watcher {
    /// `look` answers whether the word could be given.
    pub(super) fn start(
        connection: Connection,
        again: Arc<AtomicBool>,
        look: impl Fn() -> bool + Send + 'static,
    ) -> io::Result<Self> {
        let ended = Arc::new(AtomicBool::new(false));
        let is_over = Arc::clone(&ended);
        let watch = move || {
            let mut known = None;
            loop {
                // Parked, and not waiting on a channel: that looks around for a while before it sleeps, and
                // cost as much as a fourteenth of a busy server. To wake too early does no harm.
                park_timeout(INTERVAL);
                if is_over.load(Ordering::Acquire) {
                    return;
                }
                // What cannot be asked now is asked again; readiness tells if it stays so.
                let Ok(version) = data_version(&connection) else { continue };
                let failed = again.swap(false, Ordering::Relaxed);
                if (failed || known != Some(version)) && look() {
                    known = Some(version);
                }
            }
        };
        let thread = Builder::new().name("sqlite-watcher".to_owned()).spawn(watch)?;
        Ok(Self { ended, thread: Mutex::new(Some(thread)) })
    }

    /// Ends the thread, and waits for its connection to be closed.
    pub(super) async fn close(&self) {
        if let Some(thread) = self.end() {
            // A thread that ended badly has nothing left to say.
            let _ = tokio::task::spawn_blocking(|| thread.join()).await;
        }
    }

    fn end(&self) -> Option<JoinHandle<()>> {
        self.ended.store(true, Ordering::Release);
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        thread.inspect(|thread| thread.thread().unpark())
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        drop(self.end());
    }
}

/// Differs from the last answer if another connection has committed in between.
fn data_version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))
}
