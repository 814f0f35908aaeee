//! How a database is opened, and why it could not be.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;
use thiserror::Error;

/// When a commit is answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Synchronous {
    /// After the disk has it: what was acknowledged survives a power cut.
    #[default]
    Full,
    /// After the operating system has it: what was acknowledged survives a kill of the process. A
    /// power cut may take the last moments back, but never damages the database. About twice as
    /// many writes per second.
    Normal,
}

/// How a database is opened.
#[derive(Clone, Debug)]
pub struct Options {
    /// When a commit is answered.
    pub synchronous: Synchronous,
    /// How many reads may run at once; each has a connection of its own. At least 1.
    pub readers: usize,
    /// The database file may not grow beyond this many bytes: writes that need more are refused as
    /// unavailable, as on a full disk. None for the disk's own limit. The write-ahead log stands
    /// beside the file and is not counted.
    pub max_bytes: Option<u64>,
    /// A file of at most this many bytes is checked from end to end (`PRAGMA quick_check`) before it
    /// is used. A larger one would hold up the start for too long; damage in it is met when it is
    /// read.
    pub check_up_to: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            synchronous: Synchronous::default(),
            readers: 4,
            max_bytes: None,
            check_up_to: 64 * 1024 * 1024,
        }
    }
}

/// Why a database could not be opened: one sentence for the operator. Nothing was changed, unless
/// the variant says otherwise.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The file or its folder is not there, or may not be used by this user.
    #[error(
        "{} cannot be opened; does its folder exist, and may this user write there? ({detail})",
        path.display()
    )]
    Unreachable {
        /// Which file.
        path: PathBuf,
        /// The engine's words.
        detail: String,
    },
    /// The file may be read, but not written.
    #[error("{} can only be read; this user needs to write to it and to its folder", path.display())]
    ReadOnly {
        /// Which file.
        path: PathBuf,
    },
    /// Some other kind of file.
    #[error("{} is not an SQLite database", path.display())]
    NotADatabase {
        /// Which file.
        path: PathBuf,
    },
    /// An SQLite database that Madang did not make.
    #[error("{} is the database of another program", path.display())]
    Foreign {
        /// Which file.
        path: PathBuf,
    },
    /// The file contradicts itself.
    #[error(
        "{} is damaged; restore a backup, or rescue what `sqlite3 FILE .recover` can read ({detail})",
        path.display()
    )]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What was found.
        detail: String,
    },
    /// Written by a version of Madang that this one does not know.
    #[error(
        "{} was written by a newer Madang (schema {found}, this one knows up to {known}); update Madang",
        path.display()
    )]
    Newer {
        /// Which file.
        path: PathBuf,
        /// The schema in the file.
        found: i64,
        /// The newest schema that this binary knows.
        known: i64,
    },
    /// Another program holds the database.
    #[error("{} is locked by another program", path.display())]
    Locked {
        /// Which file.
        path: PathBuf,
    },
    /// There is no room for what an open writes.
    #[error("{} cannot grow: the disk is full", path.display())]
    Full {
        /// Which file.
        path: PathBuf,
    },
    /// A migration failed; those before it have been made.
    #[error("{} cannot be brought up to date ({detail})", path.display())]
    Migration {
        /// Which file.
        path: PathBuf,
        /// The migration's and the engine's words.
        detail: String,
    },
    /// Anything else that the engine met.
    #[error("{} cannot be used ({detail})", path.display())]
    Engine {
        /// Which file.
        path: PathBuf,
        /// The engine's words.
        detail: String,
    },
    /// The operating system gave no thread.
    #[error("the database's threads cannot be started: {0}")]
    Thread(io::Error),
}

impl OpenError {
    /// The sentence for what the engine met.
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
