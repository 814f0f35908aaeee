//! The statements of a transaction of PostgreSQL.
//!
//! A round trip costs more than a statement. So a statement without a result is sent and not waited for: its errors come
//! with the next result, or at the end of the transaction.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use futures_util::{StreamExt, TryStreamExt, future, pin_mut};
use tokio::runtime::Runtime;
use tokio_postgres::{Error, Statement};

use super::session::Session;
use super::values::Parameter;
use crate::error::StatementError;
use crate::transaction::{Row, Transaction, Value, Visit};

/// The pending answer to a statement that was sent.
type Sent = Pin<Box<dyn Future<Output = Result<u64, Error>>>>;

/// An open transaction.
pub(super) struct PostgresTransaction<'c> {
    runtime: &'c Runtime,
    session: &'c Session,
    /// The answers that were not waited for yet, in order.
    sent: RefCell<Vec<Sent>>,
    /// Waits for the answer of every statement.
    is_careful: bool,
    /// Whether a statement was executed that may have changed rows.
    has_written: Cell<bool>,
}

impl<'c> PostgresTransaction<'c> {
    /// Begins with `begin`, which is sent together with the first statement.
    pub(super) fn begin(
        runtime: &'c Runtime,
        session: &'c Session,
        begin: &'static str,
        is_careful: bool,
    ) -> Result<Self, Error> {
        let (sent, has_written) = (RefCell::default(), Cell::new(false));
        let transaction = Self { runtime, session, sent, is_careful, has_written };
        transaction.send(begin, &[])?;
        Ok(transaction)
    }

    /// Sends a statement without waiting for its answer.
    pub(super) fn send(&self, sql: &'static str, values: &[Value<'_>]) -> Result<(), Error> {
        let statement = self.prepared(sql)?;
        self.send_prepared(statement, values.iter().map(Parameter::from).collect());
        Ok(())
    }

    fn send_prepared(&self, statement: Statement, parameters: Vec<Parameter>) {
        let client = Arc::clone(&self.session.client);
        let mut sent: Sent =
            Box::pin(async move { client.execute_raw(&statement, parameters).await });
        // The first poll puts the statement into the connection's queue, which is sent at the next wait. Later polls
        // register another waker.
        if let Poll::Ready(answer) = sent.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            sent = Box::pin(future::ready(answer));
        }
        self.sent.borrow_mut().push(sent);
    }

    /// Waits for the answers to all statements that were sent. Returns the first error.
    pub(super) fn settle(&self) -> Result<(), Error> {
        let sent = self.sent.take();
        if sent.is_empty() { Ok(()) } else { self.wait(all(sent)) }
    }

    /// Sends a query and a last statement together, and waits for all answers. An earlier error comes first.
    pub(super) fn finish(
        &self,
        query: &'static str,
        last: &'static str,
    ) -> Result<Vec<tokio_postgres::Row>, Error> {
        let (query, last) = (self.prepared(query)?, self.prepared(last)?);
        let (sent, client) = (self.sent.take(), &self.session.client);
        let parameters = || std::iter::empty::<Parameter>();
        self.wait(async {
            let queried = async {
                let rows = client.query_raw(&query, parameters()).await?;
                rows.try_collect::<Vec<_>>().await
            };
            let ended = client.execute_raw(&last, parameters());
            // In this order they are polled, and so they are sent.
            let (queried, ended, earlier) = futures_util::join!(queried, ended, all(sent));
            earlier?;
            let rows = queried?;
            ended?;
            Ok(rows)
        })
    }

    /// Whether a statement was executed since the last call that may have changed rows.
    pub(super) fn take_has_written(&self) -> bool {
        self.has_written.take()
    }

    fn prepared(&self, sql: &'static str) -> Result<Statement, Error> {
        self.session.prepared(self.runtime, sql).map_err(|error| self.first_error(error))
    }

    fn wait<T>(&self, answers: impl Future<Output = T>) -> T {
        self.session.wait(self.runtime, answers)
    }

    /// The error of an earlier statement, after which the server refuses later ones.
    fn first_error(&self, error: Error) -> Error {
        self.settle().err().unwrap_or(error)
    }

    async fn rows(
        &self,
        statement: &Statement,
        parameters: Vec<Parameter>,
        visit: &mut Visit<'_>,
    ) -> Result<u64, StatementError> {
        let rows = self.session.client.query_raw(statement, parameters).await?;
        pin_mut!(rows);
        while let Some(row) = rows.next().await {
            if visit(&Row::new(&row?))?.is_break() {
                break;
            }
        }
        Ok(0)
    }
}

impl Transaction for PostgresTransaction<'_> {
    fn execute(&self, sql: &'static str, values: &[Value<'_>]) -> Result<u64, StatementError> {
        self.has_written.set(true);
        let statement = self.prepared(sql)?;
        let parameters: Vec<Parameter> = values.iter().map(Parameter::from).collect();
        let executed = self.session.client.execute_raw(&statement, parameters);
        Ok(self.wait(executed).map_err(|error| self.first_error(error))?)
    }

    fn size_query(&self) -> &'static str {
        "SELECT pg_database_size(current_database())"
    }

    fn run(&self, sql: &'static str, values: &[Value<'_>]) -> Result<(), StatementError> {
        if self.is_careful {
            return self.execute(sql, values).map(drop);
        }
        self.has_written.set(true);
        Ok(self.send(sql, values)?)
    }

    fn visit(
        &self,
        sql: &'static str,
        values: &[Value<'_>],
        visit: &mut Visit<'_>,
    ) -> Result<(), StatementError> {
        // `INSERT … RETURNING` and `UPDATE … RETURNING` change rows too.
        if !sql.starts_with("SELECT") {
            self.has_written.set(true);
        }
        let statement = self.prepared(sql)?;
        let parameters = values.iter().map(Parameter::from).collect();
        match self.wait(self.rows(&statement, parameters, visit)) {
            Ok(_) => Ok(()),
            Err(StatementError::Engine(crate::error::EngineError::Postgres(error))) => {
                Err(self.first_error(error).into())
            }
            Err(error) => Err(error),
        }
    }
}

/// Waits for all answers, and returns the first error.
async fn all(sent: Vec<Sent>) -> Result<(), Error> {
    let mut first = Ok(());
    for answer in sent {
        first = first.and(answer.await.map(drop));
    }
    first
}
