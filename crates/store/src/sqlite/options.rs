//! The options of opening a database, and the errors.

use std::io;
use std::path::{Path, PathBuf};

use madang_hub::storage::FreeSpace;
use rusqlite::ErrorCode;
use thiserror::Error;

use crate::error::{EngineError, StatementError};

/// The durability of an acknowledged commit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Synchronous {
    /// Acknowledged after the disk has it: acknowledged commits survive a power cut.
    #[default]
    Full,
    /// Acknowledged after the operating system has it: acknowledged commits survive a kill of the
    /// process. A power cut may lose the last commits, but never damages the database. About twice as
    /// many writes per second.
    Normal,
}

/// The options of opening a database.
#[derive(Clone, Debug)]
pub struct Options {
    /// The durability of an acknowledged commit.
    pub synchronous: Synchronous,
    /// The number of reads that run at once, each on a connection of its own. At least 1. Sign-ins have one more.
    pub readers: usize,
    /// The largest size of the database file, in bytes. Writes beyond it are refused as unavailable,
    /// as on a full disk. `None`: no limit but the disk's. The write-ahead log is a separate file and
    /// is not counted.
    pub max_bytes: Option<u64>,
    /// The largest file that is checked completely (`PRAGMA quick_check`) before it is used, in bytes.
    /// The check of a larger one would delay the start for too long; damage in it is found when it is
    /// read.
    pub check_up_to: u64,
    /// The free space of the disk. Below its floor, only small changes are stored.
    pub free_space: FreeSpace,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            synchronous: Synchronous::default(),
            readers: 4,
            max_bytes: None,
            check_up_to: 64 * 1024 * 1024,
            free_space: FreeSpace::default(),
        }
    }
}

/// The reason why a database could not be opened: one sentence for the operator. The file is unchanged,
/// unless the variant says otherwise.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The file or its folder does not exist, or this user has no permission to use it.
    #[error(
        "{} cannot be opened; create its folder, and let this user write there ({detail})",
        path.display()
    )]
    Unreachable {
        /// The database file.
        path: PathBuf,
        /// The engine's message.
        detail: String,
    },
    /// The file can be read, but not written.
    #[error("{} is read-only; let this user write to it and to its folder", path.display())]
    ReadOnly {
        /// The database file.
        path: PathBuf,
    },
    /// Another kind of file.
    #[error("{} is not an SQLite database; choose another path", path.display())]
    NotADatabase {
        /// The database file.
        path: PathBuf,
    },
    /// An SQLite database that Madang did not create.
    #[error("{} is the database of another program; choose another path", path.display())]
    Foreign {
        /// The database file.
        path: PathBuf,
    },
    /// The file is damaged.
    #[error(
        "{} is damaged; restore a backup, or recover the data with `sqlite3 FILE .recover` ({detail})",
        path.display()
    )]
    Damaged {
        /// The database file.
        path: PathBuf,
        /// The damage that was found.
        detail: String,
    },
    /// Written by a version of Madang that this one does not know.
    #[error(
        "{} was written by a newer Madang (schema {found}, this one knows up to {known}); update Madang",
        path.display()
    )]
    Newer {
        /// The database file.
        path: PathBuf,
        /// The schema in the file.
        found: i64,
        /// The newest schema that this binary knows.
        known: i64,
    },
    /// Another program holds the database.
    #[error("{} is locked by another program; stop that program", path.display())]
    Locked {
        /// The database file.
        path: PathBuf,
    },
    /// Another server has the database open.
    #[error("{} is in use by another Madang server; stop it, or choose another path", path.display())]
    InUse {
        /// The database file.
        path: PathBuf,
    },
    /// A move into the database has not ended.
    #[error(
        "a move into {} has not ended; run `madang move` again, or delete {} if nothing is to be moved",
        path.display(), unfinished.display()
    )]
    Moving {
        /// The database file.
        path: PathBuf,
        /// The file that the move has left.
        unfinished: PathBuf,
    },
    /// The disk has no space for the writes of opening.
    #[error("{} cannot grow: the disk is full; free some space", path.display())]
    Full {
        /// The database file.
        path: PathBuf,
    },
    /// A migration failed; earlier migrations have been applied.
    #[error(
        "{} cannot be migrated to the current schema; the failed migration was rolled back ({detail})",
        path.display()
    )]
    Migration {
        /// The database file.
        path: PathBuf,
        /// The messages of the migration and of the engine.
        detail: String,
    },
    /// Any other error of the engine.
    #[error("{} cannot be used ({detail})", path.display())]
    Engine {
        /// The database file.
        path: PathBuf,
        /// The engine's message.
        detail: String,
    },
    /// The operating system could not start a thread.
    #[error("the threads of the database cannot be started: {0}")]
    Thread(io::Error),
}

impl OpenError {
    /// The error for an error of a statement.
    pub(super) fn of_statement(path: &Path, error: StatementError) -> Self {
        match error {
            StatementError::Engine(EngineError::Sqlite(error)) => Self::explain(path, &error),
            StatementError::Engine(error) => {
                Self::Engine { path: path.to_owned(), detail: error.to_string() }
            }
            StatementError::Refused(failure) => {
                Self::Engine { path: path.to_owned(), detail: failure.message }
            }
        }
    }

    /// The error for an error of the engine.
    pub(super) fn explain(path: &Path, error: &rusqlite::Error) -> Self {
        let path = path.to_owned();
        let detail = error.to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
                Self::Unreachable { path, detail }
            }
            Some(ErrorCode::ReadOnly) => Self::ReadOnly { path },
            Some(ErrorCode::NotADatabase) => Self::NotADatabase { path },
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged { path, detail },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked { path },
            Some(ErrorCode::DiskFull) => Self::Full { path },
            _ => Self::Engine { path, detail },
        }
    }
}
