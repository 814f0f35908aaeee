//! How the exchanges are reached: one TLS configuration, an HTTP client and a stream over it, both
//! with limits on time and size.

mod refusal;
mod stream;

use std::sync::Arc;
use std::time::Duration;

use reqwest::redirect::Policy;
use rustls::{ClientConfig, RootCertStore};

use crate::SourceError;
use crate::error::innermost;

pub use stream::Stream;

/// Bytes of the longest answer or message that is read: 64 KiB. The longest expected is Kraken's,
/// with less than 1 KiB.
pub const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// How long a connection without a request is kept for the next one.
const IDLE: Duration = Duration::from_secs(10);

/// Who asks. Coinbase refuses requests that do not say.
const USER_AGENT: &str = concat!("madang/", env!("CARGO_PKG_VERSION"));

/// How patiently, and how often, an exchange is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// For the name, the connection and TLS: 3 s.
    pub connect_within: Duration,
    /// For one request with its whole answer, or for opening a stream: 5 s.
    pub request_within: Duration,
    /// From an answer to the next request: 2 s. The strictest of the documented limits is Kraken's:
    /// one request a second is always within it. Coinbase and Upbit allow ten, and Binance a weight
    /// of 6,000 a minute, of which this is 60.
    pub poll_every: Duration,
}

impl Default for Reach {
    fn default() -> Self {
        Self {
            connect_within: Duration::from_secs(3),
            request_within: Duration::from_secs(5),
            poll_every: Duration::from_secs(2),
        }
    }
}

/// Reaches exchanges. Cheap to clone; clones share their connections.
#[derive(Clone, Debug)]
pub struct Dialer {
    http: reqwest::Client,
    tls: Arc<ClientConfig>,
    reach: Reach,
}

impl Dialer {
    /// Trusts the authorities that Mozilla trusts, as they were when this was built.
    ///
    /// # Errors
    /// [`SourceError::Setup`]; not expected on any supported machine.
    pub fn new(reach: Reach) -> Result<Self, SourceError> {
        Self::trusting(webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect(), reach)
    }

    /// Trusts these authorities and no others: for a test, or behind a proxy that opens TLS.
    ///
    /// # Errors
    /// See [`Dialer::new`].
    pub fn trusting(roots: RootCertStore, reach: Reach) -> Result<Self, SourceError> {
        let ring = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(ring)
            .with_safe_default_protocol_versions()
            .map_err(|error| SourceError::Setup(innermost(&error)))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let http = reqwest::Client::builder()
            .use_preconfigured_tls(tls.clone())
            .user_agent(USER_AGENT)
            .redirect(Policy::none())
            .no_proxy()
            .connect_timeout(reach.connect_within)
            .timeout(reach.request_within)
            .pool_idle_timeout(IDLE)
            .build()
            .map_err(|error| SourceError::Setup(innermost(&error)))?;
        Ok(Self { http, tls: Arc::new(tls), reach })
    }

    /// How patiently, and how often, an exchange is asked.
    pub fn reach(&self) -> Reach {
        self.reach
    }

    /// Asks once, and returns the body of a successful answer.
    ///
    /// # Errors
    /// Every kind but [`SourceError::Malformed`] and [`SourceError::Refused`], which are for those who
    /// read the body.
    pub async fn get(&self, url: &str) -> Result<Vec<u8>, SourceError> {
        let mut response = self.http.get(url).send().await.map_err(|error| trouble(&error))?;
        if let Some(refusal) = refusal::of(response.status(), response.headers()) {
            return Err(refusal);
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| trouble(&error))? {
            if body.len() + chunk.len() > MAX_ANSWER_BYTES {
                return Err(SourceError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    /// Opens a stream of messages. Dropping it closes the connection.
    ///
    /// # Errors
    /// As [`Dialer::get`].
    pub async fn stream(&self, url: &str) -> Result<Stream, SourceError> {
        Stream::open(url, Arc::clone(&self.tls), self.reach.request_within).await
    }
}

fn trouble(error: &reqwest::Error) -> SourceError {
    if error.is_timeout() {
        SourceError::TimedOut
    } else if error.is_connect() || error.is_builder() {
        SourceError::Unreachable(innermost(error))
    } else {
        SourceError::Broken(innermost(error))
    }
}
