//! How the server stands to the outside: TLS of its own, or a proxy before it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use axum::http::HeaderValue;
use clap::Args;
use madang_shared::Timestamp;
use madang_web::TrustedProxies;
use serde::Deserialize;

use crate::tls::{Contents, Files, Tls};

/// What can be said of it on the command line or in the environment.
#[derive(Debug, Args)]
pub(super) struct PublicFlags {
    /// Serve HTTPS and `wss://` with the certificate in this file: a chain in PEM, the server's own first.
    /// Replaced files are taken within seconds, and no connection notices [default: plain HTTP]. In the
    /// file: `certificate` under `[tls]`.
    #[arg(long, env = "MADANG_TLS_CERTIFICATE", value_name = "FILE")]
    tls_certificate: Option<PathBuf>,
    /// The private key of that certificate, in PEM. In the file: `key` under `[tls]`.
    #[arg(long, env = "MADANG_TLS_KEY", value_name = "FILE")]
    tls_key: Option<PathBuf>,
    /// Listen there for plain HTTP too, and answer nothing but where HTTPS is, to whoever asks by a name
    /// that the certificate has. In the file: `redirect_from` under `[tls]`.
    #[arg(long, env = "MADANG_REDIRECT_FROM", value_name = "ADDRESS:PORT")]
    redirect_from: Option<SocketAddr>,
    /// The port at which browsers find HTTPS, if it is another one than `--listen` has. In the file:
    /// `redirect_port` under `[tls]`.
    #[arg(long, env = "MADANG_REDIRECT_PORT", value_name = "PORT")]
    redirect_port: Option<u16>,
    /// A proxy before the server, or a network of them, such as 10.0.0.0/8: what it says in
    /// `X-Forwarded-For`, `-Proto` and `-Host` is believed. Repeat, or separate by commas.
    #[arg(
        long = "trusted-proxy",
        env = "MADANG_TRUSTED_PROXIES",
        value_name = "ADDRESS",
        value_delimiter = ','
    )]
    trusted_proxies: Option<Vec<String>>,
    /// Tell browsers over HTTPS to come over HTTPS only, for so long: it cannot be taken back before
    /// [default: they are told nothing].
    #[arg(long, env = "MADANG_HSTS_SECONDS", value_name = "SECONDS")]
    hsts_seconds: Option<u32>,
}

/// What can be said in the file under `[tls]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileTls {
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
    redirect_from: Option<SocketAddr>,
    redirect_port: Option<u16>,
}

/// How the server stands to the outside.
#[derive(Debug)]
pub(crate) struct Public {
    /// None where it is plain HTTP that is served.
    pub(crate) tls: Option<Encrypted>,
    pub(crate) proxies: TrustedProxies,
    pub(crate) strict_transport: Option<HeaderValue>,
}

/// TLS of its own.
#[derive(Debug)]
pub(crate) struct Encrypted {
    pub(crate) tls: Arc<Tls>,
    /// What it was made of.
    pub(crate) contents: Contents,
    /// Where plain HTTP is sent on from.
    pub(crate) redirect_from: Option<SocketAddr>,
    /// The port that it is sent on to, if it is another one than is listened on.
    pub(crate) redirect_port: Option<u16>,
}

/// Puts the sources together.
///
/// # Errors
/// One sentence that says which setting is wrong, and how.
pub(super) fn load(
    flags: PublicFlags,
    file: FileTls,
    trusted_proxies: Option<Vec<String>>,
    hsts_seconds: Option<u32>,
    now: Timestamp,
) -> Result<Public> {
    let certificate = flags.tls_certificate.or(file.certificate);
    let redirect_from = flags.redirect_from.or(file.redirect_from);
    let redirect_port = flags.redirect_port.or(file.redirect_port);
    let tls = match (certificate, flags.tls_key.or(file.key)) {
        (Some(certificate), Some(key)) => {
            let files = Files { certificate, key };
            let made = files.read().and_then(|contents| {
                let identity = files.identity(&contents, now)?;
                Ok((contents, identity))
            });
            let (contents, identity) = made.context("`tls`")?;
            let tls = Arc::new(Tls::new(files, identity));
            Some(Encrypted { tls, contents, redirect_from, redirect_port })
        }
        (None, None) => None,
        (Some(_), None) => bail!("`tls`: a certificate needs its key; name `tls_key` too"),
        (None, Some(_)) => bail!("`tls`: a key needs its certificate; name `tls_certificate` too"),
    };
    if tls.is_none() && redirect_from.is_some() {
        bail!("`redirect_from` has no HTTPS to lead to; name `tls_certificate` and `tls_key`");
    }
    if redirect_from.is_none() && redirect_port.is_some() {
        bail!("`redirect_port` without `redirect_from` would do nothing");
    }
    let proxies = flags.trusted_proxies.or(trusted_proxies).unwrap_or_default();
    let proxies = proxies.iter().filter(|entry| !entry.trim().is_empty());
    let proxies = TrustedProxies::new(proxies).context("`trusted_proxies`")?;
    let strict_transport = flags.hsts_seconds.or(hsts_seconds);
    if strict_transport.is_some() && tls.is_none() && proxies.is_empty() {
        bail!(
            "`hsts_seconds` is told over HTTPS only; name `tls_certificate` and `tls_key`, or `trusted_proxies`"
        );
    }
    let strict_transport = strict_transport
        .map(|seconds| HeaderValue::from_str(&format!("max-age={seconds}")))
        .transpose()?;
    Ok(Public { tls, proxies, strict_transport })
}
