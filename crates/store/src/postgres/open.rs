//! The start: settings, migrations, and the first room.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use madang_shared::{Epoch, Timestamp};
use tokio_postgres::Config;
use tokio_postgres::config::TargetSessionAttrs;

use super::connection::{Connector, PostgresConnection};
use super::errors::{describe, store_error};
use super::options::{ConnectError, ConnectOptions};
use super::tls::RustlsConnector;
use super::transaction::PostgresTransaction;
use super::{identity, migrations};
use crate::error::{EngineError, StatementError};
use crate::rules::{rooms, skeletons};

/// Another program may hold a lock; after this time the writes that need it fail, and the others go on. Acknowledged
/// commits survive a crash, also on a server whose default is otherwise. The advisory lock ("MADC") is that of
/// `transfer`: no server writes during a move. Changes of this session are no changes by other programs. A node that
/// vanishes in the middle of a transaction must not hold its locks: without the time limit, the other nodes could not write
/// to these topics until the server's system finds the connection dead, two hours by default.
const WRITER: &str = "SET lock_timeout = '3s'; SET madang.node = 'on';
    SET idle_in_transaction_session_timeout = '5s'; SELECT pg_advisory_lock_shared(1296122947);
    SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'";
/// A read that takes longer is an error: it holds back the clean-up of old rows.
const READER: &str =
    "SET statement_timeout = '10s'; SET idle_in_transaction_session_timeout = '5s'";
/// Nodes that start at the same time migrate one after the other. "MADA".
const START_LOCK: &str = "SET lock_timeout = '120s'; SELECT pg_advisory_lock(1296122945)";
const START_UNLOCK: &str = "SET lock_timeout = '3s'; SELECT pg_advisory_unlock(1296122945)";
/// The modes of TLS in which libpq checks the certificate of the server.
const STRICT_MODES: [&str; 2] = ["verify-full", "verify-ca"];
/// The oldest server that has all statements of the schema.
pub(super) const OLDEST_VERSION: i32 = 150_000;
/// The time after which a connection attempt, or a connection without any answer, has failed.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The ways to the database for the writer and for the readers.
pub(super) fn connectors(options: &ConnectOptions) -> Result<[Connector; 2], ConnectError> {
    connectors_with(options, [WRITER, READER])
}

/// The ways to the database with these settings.
pub(super) fn connectors_with<const COUNT: usize>(
    options: &ConnectOptions,
    settings: [&'static str; COUNT],
) -> Result<[Connector; COUNT], ConnectError> {
    // The certificate is always checked in full, so these modes of libpq require TLS and nothing else.
    let url = STRICT_MODES.iter().fold(options.url.clone(), |url, mode| {
        url.replace(&format!("sslmode={mode}"), "sslmode=require")
    });
    let mut config: Config = url.parse().map_err(|_| ConnectError::Url)?;
    if let (Some(password), None) = (&options.password, config.get_password()) {
        config.password(password);
    }
    // Of several hosts, the one that is no standby.
    config.target_session_attrs(TargetSessionAttrs::ReadWrite);
    config.connect_timeout(TIMEOUT).tcp_user_timeout(TIMEOUT).keepalives_idle(TIMEOUT);
    if config.get_application_name().is_none() {
        config.application_name("madang");
    }
    let tls = RustlsConnector::new(options.certificates.as_deref())?;
    let unanswered = Arc::new(AtomicU64::new(0));
    let connector = |settings| Connector {
        config: config.clone(),
        tls: tls.clone(),
        unanswered: unanswered.clone(),
        settings,
    };
    Ok(settings.map(connector))
}

/// Checks and migrates the database, and creates the first room in a new one. Returns the epoch of the log.
pub(super) fn prepare(
    connection: &mut PostgresConnection,
    now: Timestamp,
) -> Result<Epoch, ConnectError> {
    let (runtime, session) = connection.dial()?;
    let failed =
        |error: tokio_postgres::Error| ConnectError::Statement { detail: describe(&error) };
    let version =
        "SELECT current_setting('server_version_num')::int, current_setting('server_version')";
    let version = runtime.block_on(session.client.query_one(version, &[])).map_err(failed)?;
    if version.try_get::<_, i32>(0).map_err(failed)? < OLDEST_VERSION {
        return Err(ConnectError::TooOld { found: version.try_get(1).map_err(failed)? });
    }
    runtime.block_on(session.client.batch_execute(START_LOCK)).map_err(failed)?;
    migrations::run(runtime, &session)?;
    let begin = || {
        let transaction = PostgresTransaction::begin(runtime, &session, "BEGIN", true)?;
        rooms::create_first_room(&transaction, now)?;
        skeletons::add_missing(&transaction)?;
        let log_epoch = identity::record(&transaction)?;
        transaction.send("COMMIT", &[])?;
        transaction.settle()?;
        Ok(log_epoch)
    };
    let log_epoch = begin().map_err(|error: StatementError| ConnectError::Statement {
        detail: match error {
            StatementError::Refused(failure) => failure.message,
            StatementError::Engine(EngineError::Postgres(error)) => store_error(&error).to_string(),
            StatementError::Engine(error) => error.to_string(),
        },
    })?;
    runtime.block_on(session.client.batch_execute(START_UNLOCK)).map_err(failed)?;
    connection.use_session(session, log_epoch);
    Ok(log_epoch)
}
