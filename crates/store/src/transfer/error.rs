//! The reasons why a database was not moved.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::postgres::ConnectError;
use crate::sqlite::OpenError;

/// The reason why a database was not moved. Each is one sentence for the operator.
#[derive(Debug, Error)]
pub enum MoveError {
    /// Both databases have the same engine.
    #[error(
        "one of both must be a data folder and the other one PostgreSQL; copy a folder with `cp`, and a PostgreSQL \
        database with `pg_dump`"
    )]
    SameEngine,
    /// The file cannot be opened.
    #[error(transparent)]
    File(#[from] OpenError),
    /// PostgreSQL refuses the connection or the start.
    #[error(transparent)]
    Postgres(#[from] ConnectError),
    /// There is nothing to move.
    #[error("{source_name} holds no database of Madang; check `--from`")]
    NoDatabase {
        /// The source.
        source_name: String,
    },
    /// The schema of the source is an earlier one.
    #[error(
        "the database has schema {found}, and this binary moves {expected}; start `madang serve` of this version on it once, \
        and stop it"
    )]
    Older {
        /// The schema of the database.
        found: i64,
        /// The schema of this binary.
        expected: i64,
    },
    /// The next start would give every topic a new epoch.
    #[error(
        "commits of the database may be lost ({reason}); start `madang serve` on it once, so that every client learns of it, \
        stop it, and move then"
    )]
    LostCommits {
        /// The sign of a loss.
        reason: String,
    },
    /// Servers use the database.
    #[error("a server uses {name}; stop every server on both databases")]
    InUse {
        /// The database.
        name: String,
    },
    /// The target holds something.
    #[error("{target} is not empty: it holds {found}; {advice}")]
    NotEmpty {
        /// The target.
        target: String,
        /// The first things in it.
        found: String,
        /// The way to an empty one.
        advice: &'static str,
    },
    /// The target cannot take the data.
    #[error("the target cannot take the data: {detail}")]
    Unfit {
        /// The reason, with the way to correct it.
        detail: String,
    },
    /// The tables differ from those of this version.
    #[error("the tables of {name} differ from those of this version: {detail}")]
    Schema {
        /// The database.
        name: String,
        /// The differences.
        detail: String,
    },
    /// The disk is too small.
    #[error("the disk of {} has {free} free bytes, and the move needs about {needed}; free some space", folder.display())]
    Space {
        /// The folder of the target.
        folder: PathBuf,
        /// The free bytes of its disk.
        free: u64,
        /// The size of the source, with a reserve.
        needed: u64,
    },
    /// Rows that the other engine refuses.
    #[error("{count} values cannot be moved; correct them in the source, and begin again:\n  {}", named.join("\n  "))]
    Values {
        /// The number of values.
        count: u64,
        /// The first of them, each with its table and row.
        named: Vec<String>,
    },
    /// The target refused a row.
    #[error("the target refuses a row: {detail}")]
    Row {
        /// The table, the row if the engine tells it, and the reason.
        detail: String,
    },
    /// Both databases differ after the copy.
    #[error(
        "the comparison of both databases has failed: {detail}; nothing was published, and the source is unchanged. \
        Report this error"
    )]
    Differs {
        /// The table, and the difference.
        detail: String,
    },
    /// The data were moved, but the source does not know it.
    #[error(
        "everything was moved, but the source could not be marked as moved ({detail}); start no server on the source"
    )]
    NotRetired {
        /// The reason.
        detail: String,
    },
    /// An error of an engine.
    #[error("{name} fails: {detail}")]
    Engine {
        /// The database.
        name: String,
        /// The engine's message.
        detail: String,
    },
    /// A thread cannot start.
    #[error("a thread cannot start: {0}")]
    Thread(#[from] io::Error),
}
