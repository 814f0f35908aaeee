//! A session of a connection, with its prepared statements.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use tokio::runtime::Runtime;
use tokio_postgres::{Client, Error, Statement};

use super::dialect;

/// A connection to the server, and its prepared statements.
pub(super) struct Session {
    pub(super) client: Arc<Client>,
    statements: RefCell<HashMap<&'static str, Statement>>,
}

impl Session {
    pub(super) fn new(client: Client) -> Self {
        Self { client: Arc::new(client), statements: RefCell::default() }
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
        let statement = runtime.block_on(self.client.prepare(&dialect::translate(sql)))?;
        self.statements.borrow_mut().insert(sql, statement.clone());
        Ok(statement)
    }
}
