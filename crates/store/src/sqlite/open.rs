//! Opening the database file.

use std::path::Path;
use std::time::Duration;

use madang_shared::Timestamp;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, MAIN_DB, OpenFlags, TransactionBehavior};

use super::erasure_list::ErasureList;
use super::options::{OpenError, Options, Synchronous};
use super::{durability, migrations};
use crate::rules::{rooms, skeletons};

/// `application_id` in the file's header, as the first migration writes it.
const APPLICATION: i64 = 0x4D41_4441;
/// The wait for a lock that another program holds, such as the shell.
pub(super) const BUSY: Duration = Duration::from_secs(5);
/// The size to which the write-ahead log shrinks after a burst, in bytes.
const WAL_BYTES: i64 = 64 * 1024 * 1024;
/// Cached statements of a connection. More than all features have, so that each is prepared once.
const STATEMENTS: usize = 96;

/// The one connection that writes. The database is checked and migrated.
pub(super) fn writer(
    path: &Path,
    now: Timestamp,
    options: &Options,
) -> Result<Connection, OpenError> {
    let explain = |error: rusqlite::Error| OpenError::explain(path, &error);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags).map_err(explain)?;
    connection.busy_timeout(BUSY).map_err(explain)?;
    prepare_once(&connection).map_err(explain)?;

    // All steps up to the journal mode only read, so that a file of another program stays unchanged.
    check_application(&connection, path)?;
    migrations::refuse_newer(&connection, path)?;
    if connection.is_readonly(MAIN_DB).map_err(explain)? {
        return Err(OpenError::ReadOnly { path: path.to_owned() });
    }

    let journal: String = connection
        .pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))
        .map_err(explain)?;
    if journal != "wal" {
        let detail = format!("its file system allows no write-ahead log, only {journal}");
        return Err(OpenError::Engine { path: path.to_owned(), detail });
    }
    configure(&connection, options).map_err(explain)?;
    check(&connection, path, options.check_up_to)?;
    migrations::run(&mut connection, path)?;
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(explain)?;
    rooms::create_first_room(&*transaction, now)
        .and_then(|()| skeletons::add_missing(&*transaction))
        .and_then(|()| durability::begin(&transaction, options.synchronous, path))
        .map_err(|error| OpenError::of_statement(path, error))?;
    ErasureList::of(path).reconcile(path, &*transaction, now)?;
    transaction.commit().map_err(explain)?;
    // Only now, because all writes up to here have to be synced.
    let synchronous = match options.synchronous {
        Synchronous::Full => "FULL",
        Synchronous::Normal => "NORMAL",
    };
    connection.pragma_update(None, "synchronous", synchronous).map_err(explain)?;
    Ok(connection)
}

/// Connections that can only read.
pub(super) fn readers(path: &Path, options: &Options) -> Result<Vec<Connection>, OpenError> {
    (0..options.readers.max(1)).map(|_| reader(path)).collect()
}

/// One connection that can only read.
pub(super) fn reader(path: &Path) -> Result<Connection, OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let open = || {
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(BUSY)?;
        prepare_once(&connection)?;
        connection.pragma_update(None, "query_only", true)?;
        Ok(connection)
    };
    open().map_err(|error| OpenError::explain(path, &error))
}

/// Makes SQLite plan each statement once. Without the guarantee of stable query plans (QPSG), SQLite
/// plans a statement whose `LIMIT` is a parameter again after each change of the parameter, which was an
/// eighth of a message's cost in the writer.
pub(super) fn prepare_once(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

/// Refuses the file of another program. Reading the header also finds a file that is no database.
pub(super) fn check_application(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    let explain = |error: rusqlite::Error| OpenError::explain(path, &error);
    let application: i64 =
        connection.pragma_query_value(None, "application_id", |row| row.get(0)).map_err(explain)?;
    let tables: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(explain)?;
    let ours = match application {
        APPLICATION => true,
        // A new file, or a file whose first opening ended before the first migration was complete:
        // refinery creates its own table before that.
        0 => tables == 0 || migrations::applied(connection).map_err(explain)? == Some(0),
        _ => false,
    };
    if ours { Ok(()) } else { Err(OpenError::Foreign { path: path.to_owned() }) }
}

fn configure(connection: &Connection, options: &Options) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_size_limit", WAL_BYTES)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // Redacted text is overwritten, so that it cannot be found in the file.
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    if let Some(bytes) = options.max_bytes {
        let page = size(connection, "page_size")?;
        let pages = i64::try_from(bytes / page.max(1)).unwrap_or(i64::MAX).max(1);
        connection.pragma_update(None, "max_page_count", pages)?;
    }
    Ok(())
}

fn check(connection: &Connection, path: &Path, up_to: u64) -> Result<(), OpenError> {
    let explain = |error: rusqlite::Error| OpenError::explain(path, &error);
    let pages = size(connection, "page_count").map_err(explain)?;
    let bytes = pages * size(connection, "page_size").map_err(explain)?;
    if bytes > up_to {
        return Ok(());
    }
    let findings = quick_check(connection).map_err(explain)?;
    let (values, damage): (Vec<String>, Vec<String>) =
        findings.into_iter().partition(|finding| is_about_a_value(finding));
    for finding in values {
        tracing::warn!(finding, "the database holds a value that another program has written");
    }
    match damage.into_iter().next() {
        None => Ok(()),
        Some(detail) => Err(OpenError::Damaged { path: path.to_owned(), detail }),
    }
}

/// The findings of SQLite's check; none in a sound database.
fn quick_check(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare("PRAGMA quick_check(1000)")?;
    let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
    let mut findings = Vec::new();
    for row in rows {
        // A row may name the schema in its first line.
        let finding = row?.lines().last().unwrap_or_default().to_owned();
        if finding != "ok" {
            findings.push(finding);
        }
    }
    Ok(findings)
}

/// Whether a finding is about a value that breaks a rule of its column. Such a value takes away only its row, so the
/// server starts.
fn is_about_a_value(finding: &str) -> bool {
    ["CHECK constraint failed in ", "NULL value in ", "non-"]
        .iter()
        .any(|it| finding.starts_with(it))
        || finding.contains(" value in ")
}

/// The value of a pragma that is a size.
fn size(connection: &Connection, pragma: &str) -> rusqlite::Result<u64> {
    connection.pragma_query_value(None, pragma, |row| row.get(0).map(i64::unsigned_abs))
}
