//! A group of writes: one transaction of the connection that writes.
//!
//! At first the group is applied without savepoints, and its statements are sent ahead. If a change fails after it has
//! written, the group is rolled back and applied again, carefully: each change has a savepoint, and each statement is
//! waited for. After conflicts with other nodes the batches are applied one by one.

use std::collections::BTreeSet;

use madang_hub::ports::{StoreError, TopicEvent};
use madang_shared::{Seq, Topic};

use super::connection::{PostgresConnection, lost};
use super::errors::{ErrorKind, kind, store_error};
use super::pending_events::{self, EXIST, LIMIT, TAKE};
use super::transaction::PostgresTransaction;
use crate::batch::{Change, GroupTransaction, PendingBatch};
use crate::error::{EngineError, StatementError};
use crate::external_revision::ExternalRevision;
use crate::rules::log;
use crate::transaction::{Transaction, values};

/// Locks the heads of topics in one order for all nodes, so that they do not wait for each other in a circle.
const LOCK_HEADS: &str =
    "SELECT 1 FROM topics WHERE name = ANY (string_to_array(?1, ' ')) ORDER BY name FOR UPDATE";
/// Careful attempts of a group, and then of each batch.
const ATTEMPTS: usize = 3;

type Group = [Box<dyn PendingBatch>];

/// The committed events of an attempt.
#[derive(Debug, Default)]
pub(super) struct Attempt {
    pub(super) events: Vec<TopicEvent>,
    /// Whether the list of pending events may hold more.
    pub(super) has_more: bool,
}

/// The connection that writes.
#[derive(Debug)]
pub(super) struct GroupWriter {
    pub(super) connection: PostgresConnection,
    /// The number of changes by other programs.
    pub(super) revision: ExternalRevision,
    /// The topics of commits whose answers were lost.
    pub(super) unanswered: Option<BTreeSet<Topic>>,
}

/// The reason why an attempt was rolled back.
#[derive(Debug)]
enum RolledBack {
    /// A more careful attempt may succeed.
    Again(StoreError),
    /// It fails again as a whole.
    Alone(StoreError),
    /// No attempt succeeds now.
    Unavailable(StoreError),
}

impl GroupWriter {
    /// Commits a group, and answers its batches. `send` gets the events before the answers.
    pub(super) fn commit(
        &mut self,
        mut group: Vec<Box<dyn PendingBatch>>,
        send: &mut dyn FnMut(Attempt),
    ) {
        match self.try_commit(&mut group) {
            Ok(attempt) => {
                send(attempt);
                answer(group, None);
            }
            Err(RolledBack::Unavailable(error)) => {
                answer(group, Some(&error));
            }
            Err(RolledBack::Alone(error) | RolledBack::Again(error)) if group.len() == 1 => {
                answer(group, Some(&error));
            }
            Err(RolledBack::Alone(_) | RolledBack::Again(_)) => {
                for batch in group {
                    self.commit(vec![batch], send);
                }
            }
        }
    }

    /// Takes the events of other programs, if there are any.
    pub(super) fn take_pending(&mut self) -> Result<Option<Attempt>, StoreError> {
        let (runtime, session) = self.connection.open_session().ok_or_else(lost)?;
        let transaction = PostgresTransaction::begin(runtime, session, "BEGIN READ ONLY", false);
        let found = transaction.and_then(|transaction| transaction.finish(EXIST, "COMMIT"));
        let found = found.map_err(|error| store_error(&error))?;
        if !pending_events::found(&found, &self.revision).map_err(engine_error)? {
            return Ok(None);
        }
        match self.attempt(&mut [], false) {
            Ok(attempt) => Ok(Some(attempt)),
            Err(
                RolledBack::Again(error)
                | RolledBack::Alone(error)
                | RolledBack::Unavailable(error),
            ) => Err(error),
        }
    }

    /// The heads of the topics of commits whose answers were lost; `None` without such a commit.
    pub(super) fn take_unanswered(&mut self) -> Result<Option<Vec<(Topic, Seq)>>, StoreError> {
        let Some(topics) = self.unanswered.take() else { return Ok(None) };
        let topics: Vec<Topic> = topics.into_iter().collect();
        let (runtime, session) = self.connection.open_session().ok_or_else(lost)?;
        let read = || {
            let begin = "BEGIN READ ONLY";
            let transaction = PostgresTransaction::begin(runtime, session, begin, false)?;
            let heads = log::heads(&transaction, &topics)?;
            transaction.send("COMMIT", &[])?;
            transaction.settle()?;
            Ok::<_, StatementError>(heads)
        };
        match read() {
            Ok(heads) => Ok(Some(topics.into_iter().zip(heads).collect())),
            Err(error) => {
                self.unanswered = Some(topics.into_iter().collect());
                Err(engine_error(error))
            }
        }
    }

    fn try_commit(&mut self, group: &mut Group) -> Result<Attempt, RolledBack> {
        let mut result = self.attempt(group, false);
        for _ in 0..ATTEMPTS {
            let Err(RolledBack::Again(_)) = result else { break };
            result = self.attempt(group, true);
        }
        result
    }

    fn attempt(&mut self, group: &mut Group, is_careful: bool) -> Result<Attempt, RolledBack> {
        let Some((runtime, session)) = self.connection.open_session() else {
            return Err(RolledBack::Unavailable(lost()));
        };
        let transaction = PostgresTransaction::begin(runtime, session, "BEGIN", is_careful)
            .map_err(|error| rolled_back(&error))?;
        let applied = apply_and_commit(&transaction, group, is_careful, &mut self.unanswered);
        if applied.is_err() {
            // A lost connection has rolled it back.
            transaction.send("ROLLBACK", &[]).and_then(|()| transaction.settle()).ok();
        }
        applied
    }
}

fn answer(group: Vec<Box<dyn PendingBatch>>, group_error: Option<&StoreError>) {
    for batch in group {
        batch.answer(group_error);
    }
}

fn apply_and_commit(
    transaction: &PostgresTransaction<'_>,
    group: &mut Group,
    is_careful: bool,
    unanswered: &mut Option<BTreeSet<Topic>>,
) -> Result<Attempt, RolledBack> {
    let topics: BTreeSet<String> =
        group.iter().flat_map(|batch| batch.topics()).map(|topic| topic.to_string()).collect();
    if !topics.is_empty() {
        let names = topics.into_iter().collect::<Vec<_>>().join(" ");
        transaction.send(LOCK_HEADS, &values![names]).map_err(|error| rolled_back(&error))?;
    }
    let mut own = Vec::new();
    let mut changes = ChangeGroup { transaction, is_careful, rolled_back: None };
    for batch in group {
        if let Err(error) = batch.apply(&mut changes, &mut own) {
            return Err(changes.rolled_back.unwrap_or(RolledBack::Unavailable(error)));
        }
    }
    let taken = transaction.finish(TAKE, "COMMIT").map_err(|error| {
        if error.as_db_error().is_none() {
            // The server may have committed it.
            unanswered.get_or_insert_default().extend(own.iter().map(|event| event.topic));
        }
        rolled_back(&error)
    })?;
    // It is committed: an event that cannot be read is left to the log.
    let taken_events = pending_events::decode(&taken).unwrap_or_default();
    // Another program may have appended to the topic of an own event, and its event is the earlier one.
    let (mut events, later): (Vec<_>, Vec<_>) = taken_events
        .into_iter()
        .partition(|event| own.iter().any(|own: &TopicEvent| own.topic == event.topic));
    events.extend(own);
    events.extend(later);
    Ok(Attempt { events, has_more: taken.len() >= LIMIT })
}

/// The changes of a group.
struct ChangeGroup<'g, 'c> {
    transaction: &'g PostgresTransaction<'c>,
    is_careful: bool,
    rolled_back: Option<RolledBack>,
}

impl ChangeGroup<'_, '_> {
    /// Ends the attempt.
    fn roll_back(&mut self, reason: RolledBack) -> StoreError {
        self.rolled_back = Some(reason);
        StoreError::Unavailable("the transaction was rolled back".to_owned())
    }

    fn run(&mut self, sql: &'static str) -> Result<(), StoreError> {
        match self.transaction.execute(sql, &[]) {
            Ok(_) => Ok(()),
            Err(error) => Err(self.roll_back(RolledBack::Unavailable(engine_error(error)))),
        }
    }
}

impl GroupTransaction for ChangeGroup<'_, '_> {
    fn apply(
        &mut self,
        appended: &mut Vec<TopicEvent>,
        change: &mut Change<'_>,
    ) -> Result<Result<(), StoreError>, StoreError> {
        let before = appended.len();
        if self.is_careful {
            self.run("SAVEPOINT change")?;
        }
        self.transaction.take_has_written();
        let error = match change(self.transaction, appended) {
            Ok(()) if self.is_careful => return self.run("RELEASE SAVEPOINT change").map(Ok),
            Ok(()) => return Ok(Ok(())),
            Err(error) => error,
        };
        appended.truncate(before);
        if let StatementError::Engine(EngineError::Postgres(error)) = &error {
            match kind(error) {
                ErrorKind::Conflict => {
                    return Err(self.roll_back(RolledBack::Again(store_error(error))));
                }
                ErrorKind::Locked => {
                    return Err(self.roll_back(RolledBack::Alone(store_error(error))));
                }
                ErrorKind::Refused | ErrorKind::Unavailable => {}
            }
        }
        let is_clean = !self.transaction.take_has_written()
            && matches!(
                error,
                StatementError::Refused(_) | StatementError::Engine(EngineError::Column { .. })
            );
        let error = engine_error(error);
        if self.is_careful {
            self.run("ROLLBACK TO SAVEPOINT change")?;
            self.run("RELEASE SAVEPOINT change")?;
        } else if !is_clean {
            return Err(self.roll_back(RolledBack::Again(error)));
        }
        Ok(Err(error))
    }
}

/// The consequence of an error of the transaction itself, or of a statement that was sent ahead.
fn rolled_back(error: &tokio_postgres::Error) -> RolledBack {
    match kind(error) {
        ErrorKind::Conflict | ErrorKind::Refused => RolledBack::Again(store_error(error)),
        ErrorKind::Locked => RolledBack::Alone(store_error(error)),
        ErrorKind::Unavailable if error.as_db_error().is_some() => {
            RolledBack::Again(store_error(error))
        }
        ErrorKind::Unavailable => RolledBack::Unavailable(store_error(error)),
    }
}

fn engine_error(error: StatementError) -> StoreError {
    use crate::readers::EngineErrors;
    super::errors::PostgresErrors.store_error(error)
}
