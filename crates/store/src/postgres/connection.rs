//! One connection, which the thread that owns it drives.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use madang_hub::ports::StoreError;
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::{Client, Config, Error, Statement};

use super::errors::{describe, store_error};
use super::tls::RustlsConnector;
use super::{dialect, options::ConnectError};

/// The way to the database.
#[derive(Clone)]
pub(super) struct Connector {
    pub(super) config: Config,
    pub(super) tls: RustlsConnector,
    /// Settings of each connection, as SQL.
    pub(super) settings: &'static str,
}

/// A connection that connects again when it was lost. The runtime lives in the thread that owns the connection: it works
/// only while the thread waits for an answer.
pub(super) struct PostgresConnection {
    connector: Connector,
    runtime: Runtime,
    session: Option<Session>,
}

/// A connection to the server, and its prepared statements.
pub(super) struct Session {
    pub(super) client: Arc<Client>,
    statements: RefCell<HashMap<&'static str, Statement>>,
}

impl PostgresConnection {
    pub(super) fn new(connector: Connector) -> Result<Self, ConnectError> {
        let runtime =
            Builder::new_current_thread().enable_all().build().map_err(ConnectError::Thread)?;
        Ok(Self { connector, runtime, session: None })
    }

    /// The session, connected if need be. `true` if it is a new one.
    pub(super) fn session(&mut self) -> Result<(&Runtime, &Session, bool), Error> {
        let Self { connector, runtime, session } = self;
        // Nobody has driven an idle session. Its end is noticed at the second turn, after the socket is found readable.
        runtime.block_on(async {
            tokio::task::yield_now().await;
            tokio::task::yield_now().await;
        });
        let (open, is_new) = match session.take().filter(|session| !session.client.is_closed()) {
            Some(open) => (open, false),
            None => (runtime.block_on(connect(connector))?, true),
        };
        Ok((runtime, session.insert(open), is_new))
    }

    pub(super) fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// Closes the session, so that the next one starts without an open transaction.
    pub(super) fn reset(&mut self) {
        self.session = None;
    }

    /// The session of the start.
    pub(super) fn first_session(&mut self) -> Result<(&Runtime, &Session), ConnectError> {
        match self.session() {
            Ok((runtime, session, _)) => Ok((runtime, session)),
            Err(error) => Err(ConnectError::Unreachable { detail: describe(&error) }),
        }
    }

    /// The session, or the store's error.
    pub(super) fn available(&mut self) -> Result<(&Runtime, &Session), StoreError> {
        let (runtime, session, _) = self.session().map_err(|error| store_error(&error))?;
        Ok((runtime, session))
    }
}

impl fmt::Debug for PostgresConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresConnection").finish_non_exhaustive()
    }
}

impl Session {
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

async fn connect(connector: &Connector) -> Result<Session, Error> {
    let (client, connection) = connector.config.connect(connector.tls.clone()).await?;
    // It ends with the client, or with the connection; the statements report a lost one.
    tokio::spawn(async move { connection.await.ok() });
    client.batch_execute(connector.settings).await?;
    Ok(Session { client: Arc::new(client), statements: RefCell::default() })
}
