//! The settings of `madang move`.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Args;
use madang_store::postgres::ConnectOptions;

use super::File;
use super::database::{self, DatabaseFlags};

/// The settings of the command line and of the environment.
#[derive(Debug, Args)]
pub(crate) struct MoveFlags {
    /// The database to move: a data folder, or `postgres://USER@HOST/DATABASE` [default: the PostgreSQL database of
    /// `MADANG_DATABASE`, or of `[database]` in the file].
    #[arg(long, value_name = "FOLDER|URL")]
    from: Option<String>,
    /// The database to create: a data folder without a database, or an empty PostgreSQL database [default: as with
    /// `--from`].
    #[arg(long, value_name = "FOLDER|URL")]
    to: Option<String>,
    /// Count and check everything, and write nothing. A server may run meanwhile.
    #[arg(long)]
    dry_run: bool,
    /// The configuration file of the server, of which the table `[database]` is used.
    #[arg(long, env = "MADANG_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    database: DatabaseFlags,
}

/// The direction of a move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// From the data folder to PostgreSQL.
    ToPostgres,
    /// From PostgreSQL to the data folder.
    ToFolder,
}

/// The settings of a move, validated.
#[derive(Debug)]
pub(crate) struct MoveSettings {
    pub(crate) direction: Direction,
    pub(crate) folder: PathBuf,
    pub(crate) postgres: ConnectOptions,
    pub(crate) is_trial: bool,
}

/// One end of a move, as it was written.
enum Named {
    Folder(PathBuf),
    Url(String),
    /// Left out: the database of the settings.
    Nothing,
}

impl Named {
    fn parse(flag: Option<String>) -> Self {
        match flag {
            None => Self::Nothing,
            Some(url) if ["postgres://", "postgresql://"].iter().any(|it| url.starts_with(it)) => {
                Self::Url(url)
            }
            Some(folder) => Self::Folder(folder.into()),
        }
    }
}

impl MoveSettings {
    /// Merges the sources and validates the result.
    ///
    /// # Errors
    /// One sentence that names the invalid setting, and says how to correct it.
    pub(crate) fn load(flags: MoveFlags) -> Result<Self> {
        let file = flags.config.as_deref().map(File::read).transpose()?.unwrap_or_default();
        let (direction, folder, url) = match (Named::parse(flags.from), Named::parse(flags.to)) {
            (Named::Folder(folder), Named::Url(url)) => (Direction::ToPostgres, folder, Some(url)),
            (Named::Folder(folder), Named::Nothing) => (Direction::ToPostgres, folder, None),
            (Named::Url(url), Named::Folder(folder)) => (Direction::ToFolder, folder, Some(url)),
            (Named::Nothing, Named::Folder(folder)) => (Direction::ToFolder, folder, None),
            (Named::Folder(_), Named::Folder(_)) => bail!(
                "`--from` and `--to` are both folders; copy the folder of a stopped server with `cp -a`, or name a \
                PostgreSQL database"
            ),
            _ => bail!(
                "`--from` or `--to` must be a data folder, and the other one a PostgreSQL database; copy a PostgreSQL \
                database with `pg_dump`"
            ),
        };
        let database = match &url {
            Some(url) => flags.database.with_url(url.clone()),
            None => flags.database,
        };
        let postgres = database::load(database, file.database)?.context(
            "the PostgreSQL database is missing; name it in `--from` or `--to`, or set MADANG_DATABASE",
        )?;
        if url.is_some() && postgres.has_password_in_url() {
            bail!(
                "every user of this machine can read the password on a command line; set the URL in MADANG_DATABASE, or the \
                password in the file of `--database-password-file`"
            );
        }
        Ok(Self { direction, folder, postgres, is_trial: flags.dry_run })
    }
}
