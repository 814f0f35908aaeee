//! The requests to a provider, bounded in time and size.

use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder};
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};
use serde::de::DeserializeOwned;

use super::OidcError;

/// Limit for an answer of a provider, in bytes.
const MAX_ANSWER_BYTES: usize = 512 * 1024;
const USER_AGENT: &str = concat!("madang/", env!("CARGO_PKG_VERSION"));

/// The limits on the time of a request to a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProviderTiming {
    /// For name resolution, connection and TLS handshake: 3 s.
    pub connect_within: Duration,
    /// For a request with its whole answer: 8 s.
    pub request_within: Duration,
}

impl Default for ProviderTiming {
    fn default() -> Self {
        Self { connect_within: Duration::from_secs(3), request_within: Duration::from_secs(8) }
    }
}

/// The client of a provider. It follows no redirects: a provider names its endpoints.
pub(super) fn client(
    authorities: &[CertificateDer<'static>],
    timing: ProviderTiming,
) -> Result<Client, OidcError> {
    let mut roots: RootCertStore = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
    for authority in authorities {
        roots.add(authority.clone()).map_err(|error| OidcError::Setup(error.to_string()))?;
    }
    let setup = |error: &dyn std::error::Error| OidcError::Setup(error.to_string());
    let ring = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let tls = ClientConfig::builder_with_provider(ring)
        .with_safe_default_protocol_versions()
        .map_err(|error| setup(&error))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Client::builder()
        .use_preconfigured_tls(tls)
        .user_agent(USER_AGENT)
        .redirect(Policy::none())
        .no_proxy()
        .connect_timeout(timing.connect_within)
        .timeout(timing.request_within)
        .build()
        .map_err(|error| setup(&error))
}

/// Sends a request, and reads its answer as JSON.
pub(super) async fn json<T: DeserializeOwned>(request: RequestBuilder) -> Result<T, OidcError> {
    let mut answer = request.send().await.map_err(|error| unreachable(&error))?;
    let status = answer.status();
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| unreachable(&error))? {
        if body.len() + chunk.len() > MAX_ANSWER_BYTES {
            return Err(OidcError::Answer("it is larger than the limit".to_owned()));
        }
        body.extend_from_slice(&chunk);
    }
    if !status.is_success() {
        return Err(OidcError::Status(status.as_u16()));
    }
    serde_json::from_slice(&body).map_err(|error| OidcError::Answer(error.to_string()))
}

fn unreachable(error: &reqwest::Error) -> OidcError {
    // Without the address, which may contain a code.
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    let what =
        if error.is_timeout() { "it takes too long".to_owned() } else { innermost.to_string() };
    OidcError::Unreachable(what)
}
