//! A group of writes: one transaction of the connection that writes.

use madang_hub::ports::{StoreError, TopicEvent};
use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::oneshot;

use super::damage::Damage;
use super::external_changes::ExternalChanges;
use super::stamp::EventSource;
use crate::connections::{Apply, WriteResults};
use crate::error::{EngineError, StatementError};
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
        for batch in group {
            batch.apply(&transaction, faults, &mut appended)?;
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

/// A batch with any type of input.
pub(super) trait PendingBatch: Send {
    fn size(&self) -> usize;

    /// Applies the inputs in order.
    ///
    /// # Errors
    /// The whole group is rolled back.
    fn apply(
        &mut self,
        group: &Connection,
        faults: &mut dyn FaultPoint,
        appended: &mut Vec<TopicEvent>,
    ) -> Result<(), StoreError>;

    /// Answers the caller: with the results, or with the error that rolled the group back.
    fn answer(self: Box<Self>, group_error: Option<&StoreError>);
}

/// A batch with its caller.
pub(super) struct Batch<I, T> {
    size: usize,
    inputs: Vec<I>,
    results: WriteResults<T>,
    apply: Apply<I, T>,
    reply: oneshot::Sender<WriteResults<T>>,
    damage: Damage,
}

impl<I, T> Batch<I, T> {
    /// A batch, and the receiver of its results.
    pub(super) fn new(
        inputs: Vec<I>,
        apply: Apply<I, T>,
        damage: Damage,
    ) -> (Self, oneshot::Receiver<WriteResults<T>>) {
        let (reply, answer) = oneshot::channel();
        let size = inputs.len();
        let results = Vec::with_capacity(size);
        (Self { size, inputs, results, apply, reply, damage }, answer)
    }
}

impl<I: Send, T: Send> PendingBatch for Batch<I, T> {
    fn size(&self) -> usize {
        self.size
    }

    fn apply(
        &mut self,
        group: &Connection,
        faults: &mut dyn FaultPoint,
        appended: &mut Vec<TopicEvent>,
    ) -> Result<(), StoreError> {
        let mut unavailable = None;
        for input in std::mem::take(&mut self.inputs) {
            let result = match &unavailable {
                Some(error) => Err(StoreError::clone(error)),
                None => in_savepoint(group, appended, &self.damage, |appended| {
                    let result = (self.apply)(group, input, appended)?;
                    faults.check(GroupStep::Change).map_err(EngineError::Sqlite)?;
                    Ok(result)
                })?,
            };
            if let Err(error @ StoreError::Unavailable(_)) = &result {
                unavailable = Some(error.clone());
            }
            self.results.push(result);
        }
        Ok(())
    }

    fn answer(self: Box<Self>, group_error: Option<&StoreError>) {
        let results = match group_error {
            None => self.results,
            Some(error) => {
                std::iter::repeat_with(|| Err(error.clone())).take(self.size()).collect()
            }
        };
        // The caller may have dropped its future.
        self.reply.send(results).ok();
    }
}

/// Applies one change completely or not at all. The outer error rolls the whole group back.
fn in_savepoint<T>(
    group: &Connection,
    appended: &mut Vec<TopicEvent>,
    damage: &Damage,
    change: impl FnOnce(&mut Vec<TopicEvent>) -> Result<T, StatementError>,
) -> Result<Result<T, StoreError>, StoreError> {
    let run = |sql| {
        let done = group.prepare_cached(sql).and_then(|mut statement| statement.execute([]));
        done.map_err(|error| damage.unavailable(&error))
    };
    let before = appended.len();
    run("SAVEPOINT change")?;
    match change(appended) {
        Ok(result) => {
            run("RELEASE change")?;
            Ok(Ok(result))
        }
        // After some errors (disk full, I/O error, out of memory) SQLite rolls back the whole
        // transaction by itself, not only to the savepoint.
        Err(error) if group.is_autocommit() => Err(damage.store_error(error)),
        Err(error) => {
            run("ROLLBACK TO change")?;
            run("RELEASE change")?;
            appended.truncate(before);
            Ok(Err(damage.store_error(error)))
        }
    }
}
