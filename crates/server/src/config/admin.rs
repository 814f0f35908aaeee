//! The settings of `madang admin`.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use madang_store::postgres::ConnectOptions;

use super::File;
use super::database::{self, DatabaseFlags};

/// The settings that every act of an administrator on the command line needs.
#[derive(Debug, Default, Args)]
pub(crate) struct AdminFlags {
    /// The folder of the database [default: data].
    #[arg(long, env = "MADANG_DATA", value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// The configuration file of the server, of which `data` and the table `[database]` are used.
    #[arg(long, env = "MADANG_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    database: DatabaseFlags,
}

/// The database of an act, validated.
#[derive(Debug)]
pub(crate) struct AdminSettings {
    pub(crate) folder: PathBuf,
    /// `None` for the file in the folder.
    pub(crate) postgres: Option<ConnectOptions>,
}

impl AdminSettings {
    /// Merges the sources.
    ///
    /// # Errors
    /// One sentence that names the invalid setting.
    pub(crate) fn load(flags: AdminFlags) -> Result<Self> {
        let file = flags.config.as_deref().map(File::read).transpose()?.unwrap_or_default();
        let folder = flags.data.or(file.data).unwrap_or_else(|| PathBuf::from("data"));
        let postgres = database::load(flags.database, file.database).context("`database`")?;
        Ok(Self { folder, postgres })
    }
}
