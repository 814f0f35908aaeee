//! The place of the database, and the errors of connecting to it.

use std::fmt;
use std::path::PathBuf;

use madang_hub::storage::FreeSpace;
use thiserror::Error;
use tokio_postgres::Config;

/// The options of the engine. Its `Debug` form hides the password.
#[derive(Clone)]
pub struct ConnectOptions {
    /// `postgres://user:password@host:port/database`, or the other forms that libpq reads.
    pub url: String,
    /// The password, if the URL has none.
    pub password: Option<String>,
    /// Certificates (PEM) that the server's certificate is checked against, besides the public ones.
    pub certificates: Option<PathBuf>,
    /// The number of threads that read for users.
    pub readers: usize,
    /// The free space of the disk, if this process is to watch one.
    pub free_space: FreeSpace,
}

impl ConnectOptions {
    /// The defaults for a database.
    pub fn new(url: String) -> Self {
        Self {
            url,
            password: None,
            certificates: None,
            readers: 4,
            free_space: FreeSpace::default(),
        }
    }
}

impl ConnectOptions {
    /// Whether the URL holds a password.
    pub fn has_password_in_url(&self) -> bool {
        self.url.parse::<Config>().is_ok_and(|config| config.get_password().is_some())
    }
}

impl fmt::Debug for ConnectOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectOptions").field("readers", &self.readers).finish_non_exhaustive()
    }
}

/// The reason why the engine did not start. Each is one sentence for the operator, without the password.
#[derive(Debug, Error)]
pub enum ConnectError {
    /// The URL cannot be read.
    #[error(
        "the URL of the database cannot be read; write postgres://USER:PASSWORD@HOST:PORT/DATABASE"
    )]
    Url,
    /// The certificates cannot be read.
    #[error("the certificates {path} cannot be read: {detail}")]
    Certificates {
        /// The file.
        path: PathBuf,
        /// The reason.
        detail: String,
    },
    /// No connection.
    #[error(
        "PostgreSQL cannot be reached: {detail}; check that it runs, and the URL of the database"
    )]
    Unreachable {
        /// The reason.
        detail: String,
    },
    /// PostgreSQL is older than 15.
    #[error("PostgreSQL {found} is too old; version 15 or newer is needed")]
    TooOld {
        /// Its version.
        found: String,
    },
    /// A move reads or writes the database.
    #[error("`madang move` uses this database; start the server when it has ended")]
    Moving,
    /// A newer Madang has changed the schema.
    #[error("the database has schema {found}, and this binary knows {known}; use the newer binary")]
    Newer {
        /// The schema of the database.
        found: i64,
        /// The newest schema of this binary.
        known: i64,
    },
    /// A statement failed.
    #[error("PostgreSQL refuses a statement of the start: {detail}")]
    Statement {
        /// The reason.
        detail: String,
    },
    /// The system has no more threads.
    #[error("a thread cannot start: {0}")]
    Thread(std::io::Error),
}
