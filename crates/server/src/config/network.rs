//! The network settings: our own TLS, the redirect to HTTPS, HSTS, and trusted proxies.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use axum::http::HeaderValue;
use clap::Args;
use madang_shared::Timestamp;
use madang_web::TrustedProxies;
use serde::Deserialize;

use super::former_names::{FormerFlags, FormerNames};
use crate::tls::{PemContents, PemFiles, Tls};

/// The network settings of the command line and of the environment.
#[derive(Debug, Args)]
pub(super) struct NetworkFlags {
    /// Serve HTTPS and `wss://` with the certificate in this file: a chain in PEM, the server's own certificate
    /// first. When the files are replaced, new connections get the new certificate within seconds, and open
    /// ones continue [default: plain HTTP]. In the file: `certificate` under `[tls]`.
    #[arg(long, env = "MADANG_TLS_CERTIFICATE", value_name = "FILE")]
    tls_certificate: Option<PathBuf>,
    /// The private key of that certificate, in PEM. In the file: `key` under `[tls]`.
    #[arg(long, env = "MADANG_TLS_KEY", value_name = "FILE")]
    tls_key: Option<PathBuf>,
    /// Listen on this address for plain HTTP too, and redirect its requests to HTTPS, for host names in the
    /// certificate. In the file: `redirect_listen` under `[tls]`.
    #[arg(long, env = "MADANG_REDIRECT_LISTEN", value_name = "ADDRESS:PORT")]
    redirect_listen: Option<SocketAddr>,
    /// The public port of HTTPS, if it is another one than that of `--listen`. In the file: `redirect_port`
    /// under `[tls]`.
    #[arg(long, env = "MADANG_REDIRECT_PORT", value_name = "PORT")]
    redirect_port: Option<u16>,
    /// A proxy, or a network of proxies such as 10.0.0.0/8, whose headers `X-Forwarded-For`, `-Proto` and `-Host`
    /// are trusted. Repeat, or separate by commas.
    #[arg(
        long = "trusted-proxy",
        env = "MADANG_TRUSTED_PROXIES",
        value_name = "ADDRESS",
        value_delimiter = ','
    )]
    trusted_proxies: Option<Vec<String>>,
    /// Tell browsers to use HTTPS only, for this many seconds (HSTS). It cannot be revoked before it expires
    /// [default: not sent].
    #[arg(long, env = "MADANG_HSTS_MAX_AGE", value_name = "SECONDS")]
    hsts_max_age: Option<u32>,
}

/// The table `[tls]` of the file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TlsTable {
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
    redirect_listen: Option<SocketAddr>,
    /// Former name of `redirect_listen`.
    redirect_from: Option<SocketAddr>,
    redirect_port: Option<u16>,
}

/// The network settings of the file.
#[derive(Debug)]
pub(super) struct FileSettings {
    pub(super) tls: TlsTable,
    pub(super) trusted_proxies: Option<Vec<String>>,
    pub(super) hsts_max_age: Option<u32>,
    pub(super) hsts_seconds: Option<u32>,
}

/// The network settings, validated.
#[derive(Debug)]
pub(crate) struct Network {
    /// None: the server speaks plain HTTP.
    pub(crate) tls: Option<TlsSettings>,
    pub(crate) proxies: TrustedProxies,
    /// The trusted networks that are too wide to hold proxies only.
    pub(crate) wide_proxies: Vec<String>,
    /// The value of `Strict-Transport-Security`.
    pub(crate) strict_transport: Option<HeaderValue>,
}

/// Settings of our own TLS.
#[derive(Debug)]
pub(crate) struct TlsSettings {
    pub(crate) tls: Arc<Tls>,
    /// The contents of the files that `tls` was made from.
    pub(crate) contents: PemContents,
    /// The address whose plain HTTP is redirected.
    pub(crate) redirect_listen: Option<SocketAddr>,
    /// The port of HTTPS in redirects, if it is another one than we listen on.
    pub(crate) redirect_port: Option<u16>,
}

/// Merges the sources and validates the result.
///
/// # Errors
/// One sentence that names the invalid setting, and says how to correct it.
pub(super) fn load(
    flags: NetworkFlags,
    former: &FormerFlags,
    file: FileSettings,
    former_names: &mut FormerNames,
    now: Timestamp,
) -> Result<Network> {
    let redirect_flag = former_names.value(
        ("--redirect-listen", flags.redirect_listen),
        ("--redirect-from", former.redirect_from),
    )?;
    let redirect_in_file = former_names.value(
        ("[tls] redirect_listen", file.tls.redirect_listen),
        ("[tls] redirect_from", file.tls.redirect_from),
    )?;
    let hsts_flag = former_names
        .value(("--hsts-max-age", flags.hsts_max_age), ("--hsts-seconds", former.hsts_seconds))?;
    let hsts_in_file = former_names
        .value(("hsts_max_age", file.hsts_max_age), ("hsts_seconds", file.hsts_seconds))?;
    let redirect_listen = redirect_flag.or(redirect_in_file);
    let redirect_port = flags.redirect_port.or(file.tls.redirect_port);
    let hsts_max_age = hsts_flag.or(hsts_in_file);

    let certificate = flags.tls_certificate.or(file.tls.certificate);
    let tls = match (certificate, flags.tls_key.or(file.tls.key)) {
        (Some(certificate), Some(key)) => {
            let files = PemFiles { certificate, key };
            let (contents, identity) = files
                .read()
                .and_then(|contents| {
                    let identity = files.identity(&contents, now)?;
                    Ok((contents, identity))
                })
                .context("`tls`")?;
            let tls = Arc::new(Tls::new(files, identity));
            Some(TlsSettings { tls, contents, redirect_listen, redirect_port })
        }
        (None, None) => None,
        (Some(_), None) => bail!("`tls`: a certificate needs its key; set `tls_key` too"),
        (None, Some(_)) => bail!("`tls`: a key needs its certificate; set `tls_certificate` too"),
    };
    if tls.is_none() && redirect_listen.is_some() {
        bail!("`redirect_listen` needs HTTPS; set `tls_certificate` and `tls_key`");
    }
    if redirect_listen.is_none() && redirect_port.is_some() {
        bail!("`redirect_port` has no effect without `redirect_listen`; set both or none");
    }
    let proxies = flags.trusted_proxies.or(file.trusted_proxies).unwrap_or_default();
    let proxies = proxies.iter().filter(|entry| !entry.trim().is_empty());
    let wide_proxies = proxies.clone().filter(|entry| is_wide(entry)).cloned().collect();
    let proxies = TrustedProxies::new(proxies).context("`trusted_proxies`")?;
    if hsts_max_age.is_some() && tls.is_none() && proxies.is_empty() {
        bail!(
            "`hsts_max_age` needs HTTPS; set `tls_certificate` and `tls_key`, or `trusted_proxies`"
        );
    }
    let strict_transport = hsts_max_age
        .map(|seconds| HeaderValue::from_str(&format!("max-age={seconds}")))
        .transpose()?;
    Ok(Network { tls, proxies, wide_proxies, strict_transport })
}

/// Whether a network is wider than any private one: `10.0.0.0/8` and `fc00::/7` are the widest.
fn is_wide(network: &str) -> bool {
    let widest = if network.contains(':') { 7 } else { 8 };
    let bits = network.split_once('/').and_then(|(_, bits)| bits.trim().parse::<u8>().ok());
    bits.is_some_and(|bits| bits < widest)
}

#[cfg(test)]
mod tests {
    use super::is_wide;

    #[test]
    fn a_network_wider_than_any_private_one_is_reported() {
        for wide in ["0.0.0.0/0", "::/0", "128.0.0.0/1", "2000::/3", " 0.0.0.0/0 "] {
            assert!(is_wide(wide), "{wide}");
        }
        for proper in ["10.0.0.0/8", "fc00::/7", "127.0.0.1", "::1", "172.16.0.0/12"] {
            assert!(!is_wide(proper), "{proper}");
        }
    }
}
