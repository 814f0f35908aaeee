//! A database file as the source and as the target of a move.

mod reading;
mod scratch;
mod source;
mod tables;
mod target;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

pub(crate) use scratch::ScratchDatabase;
pub(crate) use source::FileSource;
pub(crate) use target::FileTarget;

use crate::transfer::MoveError;

/// The file that a move writes. It gets the name of the database at the end; until then no server starts beside it.
pub(super) fn unfinished(database: &Path) -> PathBuf {
    beside(database, "-moving")
}

/// A file beside the database, with the same name and this end.
fn beside(database: &Path, end: &str) -> PathBuf {
    let mut path = OsString::from(database);
    path.push(end);
    path.into()
}

/// An error of SQLite, with the file.
fn engine(path: &Path, error: &dyn std::fmt::Display) -> MoveError {
    MoveError::Engine { name: path.display().to_string(), detail: error.to_string() }
}
