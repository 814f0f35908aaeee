//! One connection, which the thread that owns it drives.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use madang_hub::ports::StoreError;
use madang_shared::Epoch;
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;
use tokio_postgres::{Config, Error};

use super::errors::{ErrorKind, PostgresErrors, describe, kind, no_answer, store_error};
use super::known_log::KnownLog;
use super::session::{Session, Unanswered};
use super::tls::RustlsConnector;
use super::{identity, options::ConnectError};
use crate::readers::EngineErrors;

/// The time limit for a new connection, its sign-in and its settings, on all addresses together.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(6);

/// The way to the database.
#[derive(Clone)]
pub(super) struct Connector {
    pub(super) config: Config,
    pub(super) tls: RustlsConnector,
    /// The number of times that the server did not answer in time, on any connection of this node.
    pub(super) unanswered: Arc<AtomicU64>,
    /// Settings of each connection, as SQL.
    pub(super) settings: &'static str,
}

/// A connection that connects again when it was lost. The runtime lives in the thread that owns the connection: it works
/// only while the thread waits for an answer.
pub(super) struct PostgresConnection {
    connector: Connector,
    runtime: Runtime,
    session: Option<(Session, Epoch)>,
}

impl PostgresConnection {
    pub(super) fn new(connector: Connector) -> Result<Self, ConnectError> {
        let runtime =
            Builder::new_current_thread().enable_all().build().map_err(ConnectError::Thread)?;
        Ok(Self { connector, runtime, session: None })
    }

    /// Connects, without a check of the log. For the start.
    pub(super) fn dial(&self) -> Result<(&Runtime, Session), ConnectError> {
        match self.runtime.block_on(connect(&self.connector)) {
            Ok(session) => Ok((&self.runtime, session)),
            // The settings of a writer wait for one lock alone: that of a move.
            Err(error) if kind(&error) == ErrorKind::Locked => Err(ConnectError::Moving),
            Err(error) => Err(ConnectError::Unreachable { detail: describe(&error) }),
        }
    }

    /// Uses a session whose log has this epoch.
    pub(super) fn use_session(&mut self, session: Session, log_epoch: Epoch) {
        self.session = Some((session, log_epoch));
    }

    pub(super) fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// Closes the session, so that the next one starts without an open transaction.
    pub(super) fn reset(&mut self) {
        self.session = None;
    }

    /// The open session. It may have ended without notice.
    pub(super) fn open_session(&self) -> Option<(&Runtime, &Session)> {
        self.session.as_ref().map(|(session, _)| (&self.runtime, session))
    }

    /// Connects if there is no open session. Returns the epoch of the session's log, which the caller compares with the
    /// epoch that the node knows.
    pub(super) fn connect(&mut self) -> Result<Epoch, StoreError> {
        // Nobody has driven an idle session. Its end is noticed at the second turn, after the socket is found readable.
        self.runtime.block_on(async {
            tokio::task::yield_now().await;
            tokio::task::yield_now().await;
        });
        if let Some((session, epoch)) = &self.session
            && session.is_usable()
        {
            return Ok(*epoch);
        }
        self.session = None;
        let session = self.runtime.block_on(connect(&self.connector));
        let session = session.map_err(|error| store_error(&error))?;
        let epoch = identity::log_epoch(&self.runtime, &session)
            .map_err(|error| PostgresErrors.store_error(error))?;
        self.session = Some((session, epoch));
        Ok(epoch)
    }

    /// A session for a read of the log that the node knows.
    pub(super) fn available(
        &mut self,
        known: &KnownLog,
    ) -> Result<(&Runtime, &Session), StoreError> {
        if self.session.as_ref().is_some_and(|(_, epoch)| known.epoch() != Some(*epoch)) {
            self.session = None;
        }
        let epoch = self.connect()?;
        if !known.wait_for(epoch) {
            self.session = None;
            return Err(StoreError::Unavailable(
                "this connection leads to another database than the writer's".to_owned(),
            ));
        }
        self.open_session().ok_or_else(lost)
    }
}

/// The error of a session that has ended.
pub(super) fn lost() -> StoreError {
    StoreError::Unavailable("the connection to the database is lost".to_owned())
}

impl fmt::Debug for PostgresConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresConnection").finish_non_exhaustive()
    }
}

async fn connect(connector: &Connector) -> Result<Session, Error> {
    let session = timeout(CONNECT_TIMEOUT, open_session(connector));
    session.await.unwrap_or_else(|_| Err(no_answer()))
}

async fn open_session(connector: &Connector) -> Result<Session, Error> {
    let unanswered = Unanswered::new(connector.unanswered.clone());
    let (client, connection) = connector.config.connect(connector.tls.clone()).await?;
    // It ends with the client, or with the connection; the statements report a lost one.
    let driver = tokio::spawn(async move { connection.await.ok() }).abort_handle();
    client.batch_execute(connector.settings).await?;
    Ok(Session::new(client, driver, unanswered))
}
