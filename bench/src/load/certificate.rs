//! A self-signed certificate for the loopback address.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};
use tempfile::TempDir;

/// The files of a self-signed certificate, and a client configuration that trusts it.
#[derive(Debug)]
pub(super) struct SelfSignedCertificate {
    pub(super) certificate: PathBuf,
    pub(super) key: PathBuf,
    pub(super) client: Arc<ClientConfig>,
    /// Deleted when this is dropped.
    _folder: TempDir,
}

impl SelfSignedCertificate {
    /// Generates the certificate and writes the files into `folder`.
    pub(super) fn generate(folder: TempDir) -> Result<Self> {
        let generated = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()])?;
        let (certificate, key) = (folder.path().join("chain.pem"), folder.path().join("key.pem"));
        std::fs::write(&certificate, generated.cert.pem())?;
        std::fs::write(&key, generated.signing_key.serialize_pem())?;
        let client = trusting_client(generated.cert.der().clone())
            .context("the certificate cannot be used as a root")?;
        Ok(Self { certificate, key, client, _folder: folder })
    }
}

fn trusting_client(
    certificate: CertificateDer<'static>,
) -> Result<Arc<ClientConfig>, rustls::Error> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate)?;
    let ring = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(ring).with_safe_default_protocol_versions()?;
    Ok(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
}
