//! A PostgreSQL database as the source and as the target of a move.

mod reading;
mod source;
mod tables;
mod target;

use tokio::runtime::{Builder, Runtime};
use tokio_postgres::Client;
use tokio_postgres::types::FromSql;

pub(crate) use source::PostgresSource;
pub(crate) use target::PostgresTarget;

use super::errors::describe;
use super::open;
use super::options::{ConnectError, ConnectOptions};
use crate::transfer::MoveError;

/// A move reads and writes for longer than a statement of a server.
const SETTINGS: &str = "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0;
    SET lock_timeout = '10s'; SET client_min_messages = error; SET synchronous_commit = on";
/// Servers hold this lock shared as long as their writers are connected. "MADC".
const MOVE_LOCK: &str = "SELECT pg_try_advisory_lock(1296122947)";
const MOVE_UNLOCK: &str = "SELECT pg_advisory_unlock(1296122947)";

/// The name of the database in errors, without the URL, which may hold a password.
const NAME: &str = "PostgreSQL";

/// The connection of a move. A lost one ends the move, because its snapshot and its lock are lost too.
struct MoveConnection {
    /// It works only while the thread waits for an answer.
    runtime: Runtime,
    client: Client,
    /// Whether a server uses the database.
    is_in_use: bool,
}

impl MoveConnection {
    /// Connects, checks the version, and locks the database against servers. A trial locks nothing.
    fn open(options: &ConnectOptions, is_trial: bool) -> Result<Self, MoveError> {
        let [connector] = open::connectors_with(options, [SETTINGS])?;
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let connect = async {
            let (client, connection) = connector.config.connect(connector.tls.clone()).await?;
            // It ends with the client, or with the connection; the statements report a lost one.
            tokio::spawn(async move { connection.await.ok() });
            client.batch_execute(connector.settings).await?;
            Ok(client)
        };
        let client = runtime.block_on(connect).map_err(|error: tokio_postgres::Error| {
            ConnectError::Unreachable { detail: describe(&error) }
        })?;
        let mut connection = Self { runtime, client, is_in_use: false };
        let version: String = connection.one("SHOW server_version_num")?;
        if version.parse::<i32>().is_ok_and(|version| version < open::OLDEST_VERSION) {
            let found = connection.one("SHOW server_version")?;
            return Err(ConnectError::TooOld { found }.into());
        }
        let is_locked: bool = connection.one(MOVE_LOCK)?;
        if is_locked && is_trial {
            connection.one::<bool>(MOVE_UNLOCK)?;
        }
        if !is_locked && !is_trial {
            return Err(MoveError::InUse { name: "the PostgreSQL database".to_owned() });
        }
        connection.is_in_use = !is_locked;
        Ok(connection)
    }

    /// Executes statements.
    fn execute(&mut self, sql: &str) -> Result<(), MoveError> {
        self.runtime.block_on(self.client.batch_execute(sql)).map_err(failed)
    }

    /// The first column of the only row of a query.
    fn one<T: for<'a> FromSql<'a>>(&mut self, sql: &str) -> Result<T, MoveError> {
        let row = self.runtime.block_on(self.client.query_one(sql, &[])).map_err(failed)?;
        row.try_get(0).map_err(failed)
    }

    /// All rows of a query.
    fn all(&mut self, sql: &str) -> Result<Vec<tokio_postgres::Row>, MoveError> {
        self.runtime.block_on(self.client.query(sql, &[])).map_err(failed)
    }
}

/// An error of PostgreSQL.
#[expect(clippy::needless_pass_by_value, reason = "the form that `map_err` needs")]
fn failed(error: tokio_postgres::Error) -> MoveError {
    MoveError::Engine { name: NAME.to_owned(), detail: describe(&error) }
}
