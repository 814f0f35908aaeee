//! The writer: the one thread that writes to the database.
//!
//! A sync of the disk costs about as much as hundreds of inserts. So all waiting writes go into one
//! transaction (a group) and share one sync; the next group gathers during that sync.

use std::io;

use madang_hub::ports::{StoreError, TopicEvent};
use rusqlite::Connection;
use tokio::sync::mpsc;

use super::damage::Damage;
use super::database_lock::DatabaseLock;
use super::durability;
use super::external_changes::ExternalChanges;
use super::file_identity::FileIdentity;
use super::group::{GroupWriter, NoFaults};
use super::size_reports::SizeReports;
use super::stamp::Stamp;
use crate::batch::{self, EVENT_GROUPS, Job, PendingBatch};
use crate::event_stream::{EventSender, EventStream, LogChange};
use crate::writer_handle::WriterHandle;

/// The lock, the stamp and the checks that protect the database while the writer's connection is open.
#[derive(Debug)]
pub(super) struct DatabaseGuard {
    pub(super) file_identity: FileIdentity,
    pub(super) size_reports: SizeReports,
    pub(super) stamp: Stamp,
    /// Released after the connection is closed.
    pub(super) _lock: DatabaseLock,
}

/// Starts the thread that writes.
pub(super) fn start(
    connection: Connection,
    external_changes: ExternalChanges,
    damage: Damage,
    guard: DatabaseGuard,
) -> io::Result<(WriterHandle, EventStream)> {
    let (events, stream) = EventStream::channel(EVENT_GROUPS);
    let faults = NoFaults;
    let writer = GroupWriter { connection, external_changes, damage, faults };
    let run = |jobs| WriterThread { writer, jobs, events, guard }.run();
    Ok((WriterHandle::start("sqlite-writer", run)?, stream))
}

struct WriterThread {
    writer: GroupWriter<NoFaults>,
    jobs: mpsc::Receiver<Job>,
    events: EventSender,
    /// Its lock is released after the connection is closed.
    guard: DatabaseGuard,
}

impl WriterThread {
    fn run(mut self) {
        while let Some(first) = self.jobs.blocking_recv() {
            let mut group = batch::gather(first, &mut self.jobs);
            match self.commit(&mut group) {
                Ok(appended) => {
                    self.send_events(appended);
                    for batch in group {
                        batch.answer(None);
                    }
                }
                Err(group_error) => {
                    for batch in group {
                        batch.answer(Some(&group_error));
                    }
                }
            }
        }
        // If this fails, the next start gives the topics new epochs, which is safe.
        durability::end(&self.writer.connection).ok();
        // Makes the next start faster; a failure has no other effect.
        self.writer.connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").ok();
    }

    /// Sends events to the event stream, and records them in the stamp.
    fn send_events(&mut self, appended: Vec<TopicEvent>) {
        let Self { writer, events, guard, .. } = self;
        writer.send_events(appended, |group, source| {
            guard.stamp.record(&group, source);
            // Fails if the receiver was dropped; the events are in the log.
            events.blocking_send(LogChange::Appended(group)).ok();
        });
    }

    /// Commits a group, if the files are still those that were opened.
    fn commit(
        &mut self,
        group: &mut [Box<dyn PendingBatch>],
    ) -> Result<Vec<TopicEvent>, StoreError> {
        if group.is_empty() {
            return Ok(Vec::new());
        }
        let sizes = self.guard.file_identity.check()?;
        self.guard.size_reports.report(sizes);
        self.writer.commit(group)
    }
}
