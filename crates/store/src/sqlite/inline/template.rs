//! The template of all databases in memory: the migrations run once in a process, and each database starts as
//! a copy of their result.

use std::path::Path;
use std::sync::{Mutex, OnceLock, PoisonError};

use madang_shared::Timestamp;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, ffi};

use super::determined::{DatabaseClock, replace_functions};
use crate::rules::{rooms, skeletons};
use crate::sqlite::options::OpenError;
use crate::sqlite::{durability, migrations, open};

/// The place of the database in errors.
const IN_MEMORY: &str = ":memory:";

static TEMPLATE: OnceLock<Mutex<Connection>> = OnceLock::new();

/// A migrated database with the first room, created at `now`. `seed` determines its epochs.
pub(super) fn clone_with_first_room(
    now: Timestamp,
    seed: u64,
    clock: &DatabaseClock,
) -> Result<Connection, OpenError> {
    let mut connection = Connection::open_in_memory().map_err(open_error)?;
    copy_template(&mut connection)?;
    let prepare = || {
        open::prepare_once(&connection)?;
        connection.pragma_update(None, "foreign_keys", true)?;
        replace_functions(&connection, seed, clock)?;
        durability::draw_epochs(&connection)
    };
    prepare().map_err(open_error)?;
    rooms::create_first_room(&connection, now)
        .and_then(|()| skeletons::add_missing(&connection))
        .map_err(|error| OpenError::of_statement(Path::new(IN_MEMORY), error))?;
    Ok(connection)
}

fn copy_template(connection: &mut Connection) -> Result<(), OpenError> {
    let template = if let Some(template) = TEMPLATE.get() {
        template
    } else {
        let migrated = migrate()?;
        TEMPLATE.get_or_init(|| Mutex::new(migrated))
    };
    let template = template.lock().unwrap_or_else(PoisonError::into_inner);
    let step = Backup::new(&template, connection).and_then(|backup| backup.step(-1));
    match step.map_err(open_error)? {
        StepResult::Done => Ok(()),
        _ => {
            Err(open_error(rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_BUSY), None)))
        }
    }
}

fn migrate() -> Result<Connection, OpenError> {
    let mut connection = Connection::open_in_memory().map_err(open_error)?;
    connection.pragma_update(None, "foreign_keys", true).map_err(open_error)?;
    migrations::run(&mut connection, Path::new(IN_MEMORY))?;
    Ok(connection)
}

#[expect(clippy::needless_pass_by_value, reason = "the signature of a conversion of errors")]
pub(super) fn open_error(error: rusqlite::Error) -> OpenError {
    OpenError::explain(Path::new(IN_MEMORY), &error)
}
