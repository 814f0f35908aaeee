//! From files to an identity, and what may be wrong with them, in words.

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

/// The one protocol that is spoken within TLS (RFC 7301).
const HTTP_1_1: &[u8] = b"http/1.1";

/// Where certificate and key are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Files {
    /// The chain in PEM, the server's own certificate first.
    pub(crate) certificate: PathBuf,
    /// Its private key in PEM.
    pub(crate) key: PathBuf,
}

/// What stands in them.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Contents {
    pub(super) certificate: Vec<u8>,
    pub(super) key: Vec<u8>,
}

impl fmt::Debug for Contents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Contents(a private key is among them)")
    }
}

/// A certificate with its key, ready for handshakes.
#[derive(Debug)]
pub(crate) struct Identity {
    config: Arc<ServerConfig>,
    certificate: CertificateDer<'static>,
    until: String,
}

impl Files {
    /// Reads both.
    ///
    /// # Errors
    /// Which cannot be read, and why.
    pub(crate) fn read(&self) -> Result<Contents> {
        Ok(Contents { certificate: read(&self.certificate)?, key: read(&self.key)? })
    }

    /// Makes an identity of what was read.
    ///
    /// # Errors
    /// What is wrong, and with which file.
    pub(crate) fn identity(&self, contents: &Contents, now: Timestamp) -> Result<Identity> {
        let (at, key_at) = (self.certificate.display(), self.key.display());
        let chain = certificates(&contents.certificate).with_context(|| at.to_string())?;
        let key = private_key(&contents.key).with_context(|| key_at.to_string())?;
        let first = chain.first().cloned().with_context(|| format!("{at} holds no certificate"))?;
        let until = until(&first, now).with_context(|| at.to_string())?;
        let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key);
        let mut config = config.map_err(|error| match error {
            TlsError::InconsistentKeys(_) => {
                anyhow::anyhow!("{key_at} is not the key of the certificate in {at}")
            }
            TlsError::General(why) => anyhow::anyhow!("{key_at}: the key cannot be used: {why}"),
            error => anyhow::anyhow!("{at}: the certificate cannot be used: {error}"),
        })?;
        config.alpn_protocols = vec![HTTP_1_1.to_vec()];
        Ok(Identity { config: Arc::new(config), certificate: first, until })
    }
}

impl Identity {
    /// For a handshake.
    pub(crate) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.config)
    }

    /// Until when it is valid, for people.
    pub(crate) fn until(&self) -> &str {
        &self.until
    }

    /// Whether the certificate is for a host of this name or address.
    pub(crate) fn is_for(&self, host: &ServerName<'_>) -> bool {
        let parsed = ParsedCertificate::try_from(&self.certificate);
        parsed.is_ok_and(|certificate| verify_server_name(&certificate, host).is_ok())
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>> {
    let chain: Result<Vec<_>, PemError> = CertificateDer::pem_slice_iter(pem).collect();
    let chain = chain.map_err(|error| damaged(&error))?;
    ensure!(!chain.is_empty(), "there is no certificate in it (PEM, `BEGIN CERTIFICATE`)");
    Ok(chain)
}

fn private_key(pem: &[u8]) -> Result<PrivateKeyDer<'static>> {
    match PrivateKeyDer::from_pem_slice(pem) {
        Ok(key) => Ok(key),
        Err(PemError::NoItemsFound) if is_encrypted(pem) => {
            bail!(
                "the private key in it is encrypted; a server that starts by itself needs a plain one"
            )
        }
        Err(PemError::NoItemsFound) => {
            bail!("there is no private key in it (PEM, `BEGIN PRIVATE KEY`)")
        }
        Err(error) => Err(damaged(&error)),
    }
}

fn is_encrypted(pem: &[u8]) -> bool {
    const MARK: &[u8] = b"BEGIN ENCRYPTED PRIVATE KEY";
    pem.windows(MARK.len()).any(|window| window == MARK)
}

/// The library's words hold bytes of the file, which may be bytes of a key.
fn damaged(error: &PemError) -> anyhow::Error {
    let what = match error {
        PemError::MissingSectionEnd { .. } => "a section has no end",
        PemError::IllegalSectionStart { .. } => "a section begins with a broken line",
        PemError::Base64Decode(_) => "a section is no base64",
        _ => "it cannot be understood",
    };
    anyhow::anyhow!("this is damaged PEM: {what}")
}

/// Until when the certificate is valid, if it is valid now.
fn until(certificate: &CertificateDer<'_>, now: Timestamp) -> Result<String> {
    let Ok((_, certificate)) = X509Certificate::from_der(certificate) else {
        bail!("what is in it is no certificate (X.509)");
    };
    let validity = certificate.validity();
    let (from, to) = (validity.not_before, validity.not_after);
    let now = i64::try_from(now.0 / 1_000).context("the clock is beyond all certificates")?;
    ensure!(now >= from.timestamp(), "the certificate is not valid before {from}");
    ensure!(now <= to.timestamp(), "the certificate has expired: it was valid until {to}");
    Ok(to.to_string())
}
