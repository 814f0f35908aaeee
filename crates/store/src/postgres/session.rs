//! A session of a connection, with its prepared statements.

use std::cell::RefCell;
use std::collections::HashMap;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::task::AbortHandle;
use tokio::time::timeout;
use tokio_postgres::{Client, Error, Statement};

use super::dialect;

/// The time within which the server answers: above that of the longest read (`statement_timeout` in `open.rs`).
const ANSWER_TIMEOUT: Duration = Duration::from_secs(12);

/// The number of times that the server did not answer in time, on any connection of this node, and what it was when a
/// connection was made.
pub(super) struct Unanswered {
    count: Arc<AtomicU64>,
    before: u64,
}

impl Unanswered {
    /// For a connection that is made now.
    pub(super) fn new(count: Arc<AtomicU64>) -> Self {
        let before = count.load(Ordering::Relaxed);
        Self { count, before }
    }
}

/// A connection to the server, and its prepared statements.
pub(super) struct Session {
    pub(super) client: Arc<Client>,
    /// The task that drives the connection.
    driver: AbortHandle,
    unanswered: Unanswered,
    statements: RefCell<HashMap<&'static str, Statement>>,
}

impl Session {
    pub(super) fn new(client: Client, driver: AbortHandle, unanswered: Unanswered) -> Self {
        Self { client: Arc::new(client), driver, unanswered, statements: RefCell::default() }
    }

    /// Whether the session can be used, as far as this node knows.
    pub(super) fn is_usable(&self) -> bool {
        let Unanswered { count, before } = &self.unanswered;
        !self.client.is_closed() && *before == count.load(Ordering::Relaxed)
    }

    /// Waits for answers of the server. A server that does not answer in time counts as lost: its connection is dropped,
    /// which ends the wait with an error. The system's own time limits do not suffice: a proxy, or a server whose processes
    /// hang, takes bytes and answers none.
    pub(super) fn wait<T>(&self, runtime: &Runtime, answers: impl Future<Output = T>) -> T {
        runtime.block_on(async {
            let mut answers = pin!(answers);
            if let Ok(answered) = timeout(ANSWER_TIMEOUT, &mut answers).await {
                return answered;
            }
            // All other connections of this node may lead nowhere, too: none of them is used again.
            self.unanswered.count.fetch_add(1, Ordering::Relaxed);
            self.driver.abort();
            answers.await
        })
    }

    /// The prepared form of a statement of the rules. The server parses it once in each session.
    pub(super) fn prepared(
        &self,
        runtime: &Runtime,
        sql: &'static str,
    ) -> Result<Statement, Error> {
        if let Some(statement) = self.statements.borrow().get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.wait(runtime, self.client.prepare(&dialect::translate(sql)))?;
        self.statements.borrow_mut().insert(sql, statement.clone());
        Ok(statement)
    }
}
