//! The identity of the server: a certificate and its key, from PEM files.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use madang_shared::Timestamp;
use rustls::client::verify_server_name;
use rustls::pki_types::pem::{Error as PemError, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::ParsedCertificate;
use rustls::{Error as TlsError, ServerConfig};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

/// The only protocol over TLS (RFC 7301).
const HTTP_1_1: &[u8] = b"http/1.1";

/// The byte order mark in UTF-8. PEM is ASCII and never contains it.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// The paths of certificate and key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PemFiles {
    /// The chain in PEM, the server's own certificate first.
    pub(crate) certificate: PathBuf,
    /// Its private key in PEM.
    pub(crate) key: PathBuf,
}

/// The contents of both files.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct PemContents {
    pub(super) certificate: Vec<u8>,
    pub(super) key: Vec<u8>,
}

impl fmt::Debug for PemContents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PemContents(private)")
    }
}

/// A certificate with its key, ready for handshakes.
#[derive(Debug)]
pub(crate) struct Identity {
    config: Arc<ServerConfig>,
    certificate: CertificateDer<'static>,
    until: String,
}

impl PemFiles {
    /// Reads both files.
    ///
    /// # Errors
    /// If a file cannot be read; the text names it.
    pub(crate) fn read(&self) -> Result<PemContents> {
        Ok(PemContents { certificate: read(&self.certificate)?, key: read(&self.key)? })
    }

    /// Makes an identity from the contents; the certificate has to be valid `now`.
    ///
    /// # Errors
    /// If the contents are invalid; the text names the file and the reason.
    pub(crate) fn identity(&self, contents: &PemContents, now: Timestamp) -> Result<Identity> {
        let (certificate_path, key_path) = (self.certificate.display(), self.key.display());
        let chain =
            certificates(&contents.certificate).with_context(|| certificate_path.to_string())?;
        let key = private_key(&contents.key).with_context(|| key_path.to_string())?;
        let first = chain
            .first()
            .cloned()
            .with_context(|| format!("{certificate_path} holds no certificate"))?;
        let until = valid_until(&first, now).with_context(|| certificate_path.to_string())?;
        let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key);
        let mut config = config.map_err(|error| match error {
            TlsError::InconsistentKeys(_) => {
                anyhow::anyhow!(
                    "{key_path} is not the key of the certificate in {certificate_path}"
                )
            }
            TlsError::General(why) => anyhow::anyhow!("{key_path}: the key cannot be used: {why}"),
            error => anyhow::anyhow!("{certificate_path}: the certificate cannot be used: {error}"),
        })?;
        config.alpn_protocols = vec![HTTP_1_1.to_vec()];
        Ok(Identity { config: Arc::new(config), certificate: first, until })
    }
}

impl Identity {
    /// The configuration for handshakes.
    pub(crate) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.config)
    }

    /// The end of its validity, as text.
    pub(crate) fn until(&self) -> &str {
        &self.until
    }

    /// Whether the certificate is valid for this host name or address.
    pub(crate) fn covers(&self, host: &ServerName<'_>) -> bool {
        let parsed = ParsedCertificate::try_from(&self.certificate);
        parsed.is_ok_and(|certificate| verify_server_name(&certificate, host).is_ok())
    }
}

/// Reads a PEM file without its byte order marks. Editors write one at the beginning, and a chain that was joined from
/// several files has some in between; the parser would skip the sections behind them.
fn read(path: &Path) -> Result<Vec<u8>> {
    let mut pem =
        std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
    while let Some(at) = pem.windows(BYTE_ORDER_MARK.len()).position(|it| it == BYTE_ORDER_MARK) {
        pem.drain(at..at + BYTE_ORDER_MARK.len());
    }
    Ok(pem)
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>> {
    let chain: Result<Vec<_>, PemError> = CertificateDer::pem_slice_iter(pem).collect();
    let chain = chain.map_err(|error| pem_error(&error))?;
    ensure!(
        !chain.is_empty(),
        "there is no certificate in it; it must be PEM with `BEGIN CERTIFICATE`"
    );
    Ok(chain)
}

fn private_key(pem: &[u8]) -> Result<PrivateKeyDer<'static>> {
    match PrivateKeyDer::from_pem_slice(pem) {
        Ok(key) => Ok(key),
        Err(PemError::NoItemsFound) if is_encrypted(pem) => {
            bail!(
                "the private key in it is encrypted; the server needs an unencrypted one, because it starts without a password"
            )
        }
        Err(PemError::NoItemsFound) => {
            bail!("there is no private key in it; it must be PEM with `BEGIN PRIVATE KEY`")
        }
        Err(error) => Err(pem_error(&error)),
    }
}

fn is_encrypted(pem: &[u8]) -> bool {
    const MARK: &[u8] = b"BEGIN ENCRYPTED PRIVATE KEY";
    pem.windows(MARK.len()).any(|window| window == MARK)
}

/// The library's own text quotes bytes of the file, which may be bytes of a key.
fn pem_error(error: &PemError) -> anyhow::Error {
    let what = match error {
        PemError::MissingSectionEnd { .. } => "a section has no end",
        PemError::IllegalSectionStart { .. } => "a section begins with a broken line",
        PemError::Base64Decode(_) => "a section is not base64",
        _ => "it cannot be parsed",
    };
    anyhow::anyhow!("this is damaged PEM: {what}")
}

/// The end of the validity of a certificate that is valid now.
fn valid_until(certificate: &CertificateDer<'_>, now: Timestamp) -> Result<String> {
    let Ok((_, certificate)) = X509Certificate::from_der(certificate) else {
        bail!("it contains no X.509 certificate");
    };
    let validity = certificate.validity();
    let (from, to) = (validity.not_before, validity.not_after);
    let now = i64::try_from(now.0 / 1_000)
        .context("the clock is beyond the validity of any certificate")?;
    ensure!(now >= from.timestamp(), "the certificate is not valid before {from}");
    ensure!(now <= to.timestamp(), "the certificate has expired: it was valid until {to}");
    Ok(to.to_string())
}
