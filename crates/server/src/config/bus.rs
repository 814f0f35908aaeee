//! The bus between nodes.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Args;
use madang_bus::{NatsOptions, SignIn};
use serde::Deserialize;

/// The settings of the bus on the command line and in the environment.
#[derive(Debug, Args)]
pub(super) struct BusFlags {
    /// The NATS server that connects several nodes over one PostgreSQL database: `nats://host:4222`, or
    /// `tls://host:4222`. With a user and a password, `nats://user:password@host:4222`, set it in the environment or in
    /// the file, because other users of the machine can read command lines. In the file: `url` under `[bus]`.
    #[arg(long, env = "MADANG_BUS", value_name = "URL", hide_env_values = true)]
    bus: Option<String>,
    /// The credentials file with which the node signs in to NATS. In the file: `credentials` under `[bus]`.
    #[arg(long, env = "MADANG_BUS_CREDENTIALS", value_name = "FILE")]
    bus_credentials: Option<PathBuf>,
}

/// The table `[bus]` of the file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BusTable {
    url: Option<String>,
    credentials: Option<PathBuf>,
    /// Certificates of authorities to trust besides those of the system.
    certificate_authorities: Option<PathBuf>,
    /// The subject of all nodes of the cluster.
    subject: Option<String>,
}

/// The bus of the settings; `None` without one. It is refused without a database that several nodes share.
pub(super) fn load(
    flags: BusFlags,
    table: BusTable,
    shares_database: bool,
) -> Result<Option<NatsOptions>> {
    let Some(url) = flags.bus.or(table.url) else {
        if flags.bus_credentials.or(table.credentials).is_some() {
            bail!("`bus_credentials` is set without `bus`; name the NATS server with `--bus`");
        }
        return Ok(None);
    };
    let mut options = NatsOptions::parse(&url).context("`bus`")?;
    if let Some(file) = flags.bus_credentials.or(table.credentials) {
        options = options.with_sign_in(SignIn::CredentialsFile(file));
    }
    if let Some(file) = table.certificate_authorities {
        options = options.with_root_certificates(file);
    }
    if let Some(subject) = table.subject {
        options = options.with_subject(subject);
    }
    if !shares_database {
        bail!(
            "`bus` connects several nodes over one database, and this server keeps its data in a file that one node alone \
            can use; leave out `--bus`"
        );
    }
    Ok(Some(options))
}
