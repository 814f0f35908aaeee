//! A group of writes: one transaction of the connection that writes.

use madang_hub::ports::{StoreError, TopicEvent};
use rusqlite::{Connection, TransactionBehavior};

use super::damage::Damage;
use super::external_changes::ExternalChanges;
use super::stamp::EventSource;
use crate::batch::{Change, GroupTransaction, PendingBatch};
use crate::error::EngineError;
use crate::readers::EngineErrors;

/// A step of a group, at which a test can let the engine fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GroupStep {
    /// The transaction begins.
    Begin,
    /// A change has executed its statements. An error rolls the change back, as on a full disk.
    Change,
    /// The transaction commits. An error rolls the group back.
    Commit,
}

/// The point between the writer and its connection at which faults are injected.
pub(super) trait FaultPoint: Send {
    /// # Errors
    /// The engine's error in place of this step.
    fn check(&mut self, step: GroupStep) -> rusqlite::Result<()>;
}

/// The engine as it is.
#[derive(Debug)]
pub(super) struct NoFaults;

impl FaultPoint for NoFaults {
    fn check(&mut self, _step: GroupStep) -> rusqlite::Result<()> {
        Ok(())
    }
}

/// The connection that writes, with the events that its triggers append.
#[derive(Debug)]
pub(super) struct GroupWriter<F> {
    pub(super) connection: Connection,
    pub(super) external_changes: ExternalChanges,
    pub(super) damage: Damage,
    pub(super) faults: F,
}

impl<F: FaultPoint> GroupWriter<F> {
    /// Commits a group: one transaction, one sync. After an error nothing of the group was applied, and
    /// the connection is ready for the next group.
    pub(super) fn commit(
        &mut self,
        group: &mut [Box<dyn PendingBatch>],
    ) -> Result<Vec<TopicEvent>, StoreError> {
        if group.is_empty() {
            return Ok(Vec::new());
        }
        let Self { connection, external_changes, damage, faults } = self;
        let unavailable = |error| damage.unavailable(&error);
        faults.check(GroupStep::Begin).map_err(unavailable)?;
        let immediate = TransactionBehavior::Immediate;
        // An early return drops the transaction, which rolls it back.
        let transaction = connection.transaction_with_behavior(immediate).map_err(unavailable)?;
        external_changes.remove_sent(&transaction).map_err(unavailable)?;
        let mut appended = Vec::new();
        let mut savepoints = SavepointGroup { connection: &transaction, faults, damage };
        for batch in group {
            batch.apply(&mut savepoints, &mut appended)?;
        }
        faults.check(GroupStep::Commit).map_err(unavailable)?;
        transaction.commit().map_err(unavailable)?;
        Ok(appended)
    }

    /// Sends the events that features appended, and then the events that triggers appended.
    pub(super) fn send_events(
        &mut self,
        mut appended: Vec<TopicEvent>,
        mut send: impl FnMut(Vec<TopicEvent>, EventSource),
    ) {
        self.external_changes.find_commits(&self.connection);
        let mut source = EventSource::Own;
        loop {
            if !appended.is_empty() {
                send(appended, source);
            }
            source = EventSource::Trigger;
            appended = self.external_changes.next(&self.connection, &self.damage);
            if appended.is_empty() {
                return;
            }
        }
    }
}

/// The transaction of a group. Each change has a savepoint.
struct SavepointGroup<'g> {
    connection: &'g Connection,
    faults: &'g mut dyn FaultPoint,
    damage: &'g Damage,
}

impl SavepointGroup<'_> {
    fn run(&self, sql: &str) -> Result<(), StoreError> {
        let done = self.connection.prepare_cached(sql).and_then(|mut sql| sql.execute([]));
        done.map(drop).map_err(|error| self.damage.unavailable(&error))
    }
}

impl GroupTransaction for SavepointGroup<'_> {
    fn apply(
        &mut self,
        appended: &mut Vec<TopicEvent>,
        change: &mut Change<'_>,
    ) -> Result<Result<(), StoreError>, StoreError> {
        let before = appended.len();
        self.run("SAVEPOINT change")?;
        let applied = change(self.connection, appended).and_then(|()| {
            Ok(self.faults.check(GroupStep::Change).map_err(EngineError::Sqlite)?)
        });
        match applied {
            Ok(()) => {
                self.run("RELEASE change")?;
                Ok(Ok(()))
            }
            // After some errors (disk full, I/O error, out of memory) SQLite rolls back the whole
            // transaction by itself, not only to the savepoint.
            Err(error) if self.connection.is_autocommit() => Err(self.damage.store_error(error)),
            Err(error) => {
                self.run("ROLLBACK TO change")?;
                self.run("RELEASE change")?;
                appended.truncate(before);
                Ok(Err(self.damage.store_error(error)))
            }
        }
    }
}
