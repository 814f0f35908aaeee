//! The bare database: one thread that commits whatever waits, one row for each message, one sync for
//! each commit. The barest thing that keeps what it acknowledges.

use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use rusqlite::Connection;

/// Bytes of a row's text: those of a message's event in the server's log.
const ROW_BYTES: usize = 220;
/// No commit takes longer.
const WITHIN: Duration = Duration::from_secs(30);

/// The loop, and its end of the line.
pub(super) struct Bare {
    insert: Option<Sender<u64>>,
    inserted: Receiver<u64>,
    thread: Option<JoinHandle<Result<()>>>,
    next: u64,
}

impl Bare {
    /// The thread stays on the core of the one who calls.
    pub(super) fn open(folder: &Path) -> Result<Self> {
        let database = Connection::open(folder.join("bare.sqlite"))?;
        database.pragma_update(None, "journal_mode", "wal")?;
        database.pragma_update(None, "synchronous", "full")?;
        database.execute_batch(
            "CREATE TABLE log (topic INTEGER, seq INTEGER, content TEXT, \
             PRIMARY KEY (topic, seq)) STRICT, WITHOUT ROWID",
        )?;
        let (insert, wanted) = channel();
        let (done, inserted) = channel();
        let thread = thread::spawn(move || commit_what_waits(database, &wanted, &done));
        Ok(Self { insert: Some(insert), inserted, thread: Some(thread), next: 1 })
    }

    /// Keeps as many inserts waiting, as so many senders would. Answers how many were committed.
    pub(super) fn insert(&mut self, senders: usize, long: Duration) -> Result<u64> {
        let insert = self.insert.as_ref().context("the loop has ended")?;
        let (began, mut committed, mut waiting) = (Instant::now(), 0, 0);
        for _ in 0..senders {
            insert.send(self.next)?;
            self.next += 1;
            waiting += 1;
        }
        while waiting > 0 {
            self.inserted.recv_timeout(WITHIN).context("the database does not commit")?;
            waiting -= 1;
            if began.elapsed() < long {
                committed += 1;
                insert.send(self.next)?;
                self.next += 1;
                waiting += 1;
            }
        }
        Ok(committed)
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        self.insert = None;
        let ended = self.thread.take().map(JoinHandle::join);
        // Whatever went wrong was already said by the insert that did not come back.
        drop(ended);
    }
}

fn commit_what_waits(
    mut database: Connection,
    wanted: &Receiver<u64>,
    done: &Sender<u64>,
) -> Result<()> {
    let content = "x".repeat(ROW_BYTES);
    while let Ok(first) = wanted.recv() {
        let group: Vec<u64> = std::iter::once(first).chain(wanted.try_iter()).collect();
        let transaction = database.transaction()?;
        {
            let mut statement = transaction.prepare_cached("INSERT INTO log VALUES (1, ?1, ?2)")?;
            for seq in &group {
                statement.execute((i64::try_from(*seq)?, &content))?;
            }
        }
        transaction.commit()?;
        for seq in group {
            done.send(seq).map_err(|_| anyhow!("nobody waits for the commit"))?;
        }
    }
    Ok(())
}
