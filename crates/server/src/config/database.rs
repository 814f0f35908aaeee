//! The settings of the database: a file in the data folder, or PostgreSQL.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Args;
use madang_store::postgres::ConnectOptions;
use serde::Deserialize;

/// The settings of the command line and of the environment.
#[derive(Debug, Default, Args)]
pub(super) struct DatabaseFlags {
    /// A PostgreSQL database (15 or newer) in place of the file in the data folder: `postgres://USER@HOST/DATABASE`.
    /// Every user of the machine can read the command line, so a password belongs into the environment variable, or
    /// into a file: see `--database-password-file` [default: the file]. In the file: `url` under `[database]`.
    #[arg(long, env = "MADANG_DATABASE", value_name = "URL", hide_env_values = true)]
    database: Option<String>,
    /// The file that holds the password of the database. In the file: `password_file` under `[database]`.
    #[arg(long, env = "MADANG_DATABASE_PASSWORD_FILE", value_name = "FILE")]
    database_password_file: Option<PathBuf>,
    /// Certificates (PEM) against which the certificate of PostgreSQL is checked, besides the public ones. Add
    /// `?sslmode=require` to the URL, so that a connection without TLS fails. In the file: `certificates` under
    /// `[database]`.
    #[arg(long, env = "MADANG_DATABASE_CERTIFICATES", value_name = "FILE")]
    database_certificates: Option<PathBuf>,
}

impl DatabaseFlags {
    /// The same flags with the database at this URL.
    pub(super) fn with_url(self, url: String) -> Self {
        Self { database: Some(url), ..self }
    }
}

/// The table `[database]` of the file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DatabaseTable {
    url: Option<String>,
    password_file: Option<PathBuf>,
    certificates: Option<PathBuf>,
}

/// The way to PostgreSQL; `None` for the file in the data folder.
pub(super) fn load(flags: DatabaseFlags, file: DatabaseTable) -> Result<Option<ConnectOptions>> {
    let password_file = flags.database_password_file.or(file.password_file);
    let certificates = flags.database_certificates.or(file.certificates);
    let url = flags.database.or(file.url).filter(|url| !url.is_empty());
    let Some(url) = url else {
        if password_file.is_some() || certificates.is_some() {
            bail!("`database` is missing, which the other settings of the database need");
        }
        return Ok(None);
    };
    let password = password_file
        .map(|path| {
            let read = std::fs::read_to_string(&path);
            let place = || format!("`database_password_file`: cannot read {}", path.display());
            read.map(|password| password.trim_end().to_owned()).with_context(place)
        })
        .transpose()?;
    Ok(Some(ConnectOptions { password, certificates, ..ConnectOptions::new(url) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(database: Option<&str>, password_file: Option<PathBuf>) -> DatabaseFlags {
        DatabaseFlags {
            database: database.map(str::to_owned),
            database_password_file: password_file,
            database_certificates: None,
        }
    }

    #[test]
    fn the_password_comes_from_a_file_and_is_not_shown() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "secret\n").unwrap();
        let password_file = Some(file.path().to_owned());
        let table = DatabaseTable::default;
        let url = Some("postgres://me@localhost/madang");
        let options = load(flags(url, password_file.clone()), table()).unwrap().unwrap();
        assert_eq!(options.password.as_deref(), Some("secret"));
        assert!(!format!("{options:?}").contains("secret"));
        assert!(load(flags(None, None), table()).unwrap().is_none());
        assert!(load(flags(Some(""), None), table()).unwrap().is_none());
        assert!(load(flags(None, password_file), table()).is_err());
        assert!(load(flags(url, Some("/nowhere/password".into())), table()).is_err());
    }
}
