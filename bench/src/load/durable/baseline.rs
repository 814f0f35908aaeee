//! The baseline of durable throughput: one thread that commits all waiting rows together, with one row per message
//! and one sync per commit.

use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use rusqlite::Connection;

/// Bytes of a row's text: those of a message's event in the server's log.
const ROW_BYTES: usize = 220;
/// Time limit for a commit.
const COMMIT_WITHIN: Duration = Duration::from_secs(30);

/// The thread with the database, and its channels.
pub(super) struct CommitBaseline {
    inserts: Option<Sender<u64>>,
    committed: Receiver<u64>,
    thread: Option<JoinHandle<Result<()>>>,
    next_seq: u64,
}

impl CommitBaseline {
    /// Creates the database and starts the thread, which stays on the core of the caller.
    pub(super) fn open(folder: &Path) -> Result<Self> {
        let database = Connection::open(folder.join("baseline.sqlite"))?;
        database.pragma_update(None, "journal_mode", "wal")?;
        database.pragma_update(None, "synchronous", "full")?;
        database.execute_batch(
            "CREATE TABLE log (topic INTEGER, seq INTEGER, content TEXT, \
             PRIMARY KEY (topic, seq)) STRICT, WITHOUT ROWID",
        )?;
        let (inserts, pending) = channel();
        let (done, committed) = channel();
        let thread = thread::spawn(move || commit_in_groups(database, &pending, &done));
        Ok(Self { inserts: Some(inserts), committed, thread: Some(thread), next_seq: 1 })
    }

    /// Keeps `senders` inserts outstanding for `duration`. Returns the number of committed rows.
    pub(super) fn insert(&mut self, senders: usize, duration: Duration) -> Result<u64> {
        let inserts = self.inserts.as_ref().context("the database thread has ended")?;
        let (began, mut committed, mut outstanding) = (Instant::now(), 0, 0);
        for _ in 0..senders {
            inserts.send(self.next_seq)?;
            self.next_seq += 1;
            outstanding += 1;
        }
        while outstanding > 0 {
            let commit = self.committed.recv_timeout(COMMIT_WITHIN);
            commit.context("the database does not commit in time")?;
            outstanding -= 1;
            if began.elapsed() < duration {
                committed += 1;
                inserts.send(self.next_seq)?;
                self.next_seq += 1;
                outstanding += 1;
            }
        }
        Ok(committed)
    }
}

impl Drop for CommitBaseline {
    fn drop(&mut self) {
        self.inserts = None;
        if let Some(thread) = self.thread.take() {
            // An error of the thread has already failed an insert.
            thread.join().ok();
        }
    }
}

fn commit_in_groups(
    mut database: Connection,
    pending: &Receiver<u64>,
    done: &Sender<u64>,
) -> Result<()> {
    let content = "x".repeat(ROW_BYTES);
    while let Ok(first) = pending.recv() {
        let group: Vec<u64> = std::iter::once(first).chain(pending.try_iter()).collect();
        let transaction = database.transaction()?;
        {
            let mut statement = transaction.prepare_cached("INSERT INTO log VALUES (1, ?1, ?2)")?;
            for seq in &group {
                statement.execute((i64::try_from(*seq)?, &content))?;
            }
        }
        transaction.commit()?;
        for seq in group {
            done.send(seq).map_err(|_| anyhow!("the receiver of commits is gone"))?;
        }
    }
    Ok(())
}
