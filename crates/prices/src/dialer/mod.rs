//! Connects to exchanges: one TLS configuration, with an HTTP client and a WebSocket client over
//! it, both with limits on time and size.

mod limits;
mod status;
mod text_stream;

use std::sync::Arc;
use std::time::Duration;

use reqwest::redirect::Policy;
use rustls::{ClientConfig, RootCertStore};

use crate::error::SourceError;
use crate::error::innermost;

pub use limits::MAX_ANSWER_BYTES;
pub use text_stream::TextStream;

/// An idle HTTP connection is kept this long for the next request.
const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(10);

/// The `User-Agent`. Coinbase refuses requests without one.
const USER_AGENT: &str = concat!("madang/", env!("CARGO_PKG_VERSION"));

/// Timeouts of requests, and the interval of polls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestTiming {
    /// Time limit for name resolution, connection and TLS handshake: 3 s.
    pub connect_within: Duration,
    /// Time limit for one request with its whole answer, or for opening a stream: 5 s.
    pub request_within: Duration,
    /// From an answer to the next request: 2 s. The strictest documented limit is that of Kraken:
    /// one request per second is always allowed. Coinbase and Upbit allow ten; Binance allows a
    /// weight of 6,000 per minute, of which this uses 60.
    pub poll_every: Duration,
}

impl Default for RequestTiming {
    fn default() -> Self {
        Self {
            connect_within: Duration::from_secs(3),
            request_within: Duration::from_secs(5),
            poll_every: Duration::from_secs(2),
        }
    }
}

/// Connects to exchanges. Cheap to clone; clones share their connections.
#[derive(Clone, Debug)]
pub struct Dialer {
    http: reqwest::Client,
    tls: Arc<ClientConfig>,
    timing: RequestTiming,
}

impl Dialer {
    /// A dialer that trusts Mozilla's authorities, as of the build.
    ///
    /// # Errors
    /// [`SourceError::Setup`]; not expected on any supported machine.
    pub fn new(timing: RequestTiming) -> Result<Self, SourceError> {
        Self::trusting(webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect(), timing)
    }

    /// A dialer that trusts these authorities only: for tests, or behind a proxy that intercepts
    /// TLS.
    ///
    /// # Errors
    /// See [`Dialer::new`].
    pub fn trusting(roots: RootCertStore, timing: RequestTiming) -> Result<Self, SourceError> {
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
            .connect_timeout(timing.connect_within)
            .timeout(timing.request_within)
            .pool_idle_timeout(POOL_IDLE_TIMEOUT)
            .build()
            .map_err(|error| SourceError::Setup(innermost(&error)))?;
        Ok(Self { http, tls: Arc::new(tls), timing })
    }

    /// Timeouts of requests, and the interval of polls.
    pub fn timing(&self) -> RequestTiming {
        self.timing
    }

    /// Sends one GET request, and returns the body of a successful answer.
    ///
    /// # Errors
    /// Every kind except [`SourceError::Malformed`] and [`SourceError::Refused`], which come from
    /// the parsers of bodies.
    pub async fn get(&self, url: &str) -> Result<Vec<u8>, SourceError> {
        let mut response = self.http.get(url).send().await.map_err(|error| http_error(&error))?;
        if let Some(error) = status::error(response.status(), response.headers()) {
            return Err(error);
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| http_error(&error))? {
            if body.len() + chunk.len() > MAX_ANSWER_BYTES {
                return Err(SourceError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    /// Opens a stream of text messages. Dropping it closes the connection.
    ///
    /// # Errors
    /// As [`Dialer::get`].
    pub async fn stream(&self, url: &str) -> Result<TextStream, SourceError> {
        TextStream::open(url, Arc::clone(&self.tls), self.timing.request_within).await
    }
}

fn http_error(error: &reqwest::Error) -> SourceError {
    if error.is_timeout() {
        SourceError::TimedOut
    } else if error.is_connect() || error.is_builder() {
        SourceError::Unreachable(innermost(error))
    } else {
        SourceError::Broken(innermost(error))
    }
}
