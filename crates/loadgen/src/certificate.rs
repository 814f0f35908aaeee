//! A self-signed certificate for the loopback address.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};

use crate::error::LoadgenError;

/// The files of a self-signed certificate, and a client configuration that trusts it.
#[derive(Clone, Debug)]
pub struct SelfSignedCertificate {
    /// The file of the certificate, in PEM form.
    pub certificate: PathBuf,
    /// The file of the key, in PEM form.
    pub key: PathBuf,
    /// Trusts the certificate, and no other.
    pub client: Arc<ClientConfig>,
}

impl SelfSignedCertificate {
    /// Generates the certificate and writes its files into a folder.
    ///
    /// # Errors
    /// [`LoadgenError::Certificate`], if it cannot be generated or written.
    pub fn generate(folder: &Path) -> Result<Self, LoadgenError> {
        Self::generate_in(folder).map_err(LoadgenError::Certificate)
    }

    fn generate_in(folder: &Path) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let generated = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()])?;
        let (certificate, key) = (folder.join("chain.pem"), folder.join("key.pem"));
        std::fs::write(&certificate, generated.cert.pem())?;
        std::fs::write(&key, generated.signing_key.serialize_pem())?;
        let client = trusting_client(generated.cert.der().clone())?;
        Ok(Self { certificate, key, client })
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
