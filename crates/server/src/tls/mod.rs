//! TLS: the certificate in use, its replacement, and handshakes.
//!
//! Reading order: [`identity`] (from PEM files to a configuration of `rustls`, with their errors),
//! [`watch`] (when changed files are used), and this module.

mod identity;
mod watch;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, anyhow};
use madang_hub::ports::Clock;
use parking_lot::RwLock;
use rustls::crypto::ring;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;

pub(crate) use self::identity::{Identity, PemContents, PemFiles};
use self::watch::FileWatch;
use crate::listener::Stream;

/// Time limit for a handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// Interval at which the files are read. They are small, so this costs nothing.
const POLL_INTERVAL: Duration = Duration::from_secs(2);

/// Installs `ring` as the only provider of cryptography of the process.
///
/// # Errors
/// If a provider is already installed.
pub(crate) fn install_provider() -> Result<()> {
    let installed = ring::default_provider().install_default();
    installed.map_err(|_| anyhow!("another provider of cryptography is already installed"))
}

/// The certificate with its key.
#[derive(Debug)]
pub(crate) struct Tls {
    files: PemFiles,
    /// Certificate and key are replaced together, so they always match.
    identity: RwLock<Arc<Identity>>,
}

impl Tls {
    /// TLS with an identity from these files.
    pub(crate) fn new(files: PemFiles, identity: Identity) -> Self {
        Self { files, identity: RwLock::new(Arc::new(identity)) }
    }

    /// The identity for new connections.
    pub(crate) fn identity(&self) -> Arc<Identity> {
        self.identity.read().clone()
    }

    /// The TLS stream; none if the handshake failed.
    pub(crate) async fn handshake(
        &self,
        stream: Stream,
        stopping: &CancellationToken,
    ) -> Option<TlsStream<Stream>> {
        let acceptor = TlsAcceptor::from(self.identity().config());
        let outcome = tokio::select! {
            outcome = timeout(HANDSHAKE_TIMEOUT, acceptor.accept(stream)) => outcome,
            () = stopping.cancelled() => return None,
        };
        match outcome {
            Ok(Ok(stream)) => Some(stream),
            Ok(Err(error)) => {
                tracing::debug!(%error, "a TLS handshake failed");
                None
            }
            Err(_) => {
                tracing::debug!("a TLS handshake timed out");
                None
            }
        }
    }

    /// Uses new files when the old ones were replaced, until the server stops.
    ///
    /// The contents are compared, not the dates, and no signal is needed. So it works for files
    /// that are overwritten, moved into place, or reached through a link that changes (as with
    /// certbot and Kubernetes).
    pub(crate) async fn follow_files(
        self: Arc<Self>,
        in_use: PemContents,
        clock: Arc<dyn Clock>,
        stopping: CancellationToken,
    ) -> Result<()> {
        let mut watch = FileWatch::new(in_use);
        let mut ticks = interval(POLL_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                () = stopping.cancelled() => return Ok(()),
            }
            let files = self.files.clone();
            let contents = tokio::task::spawn_blocking(move || files.read()).await?;
            let Some(changed) = watch.poll(contents.map_err(|error| format!("{error:#}"))) else {
                continue;
            };
            let identity = changed
                .map_err(anyhow::Error::msg)
                .and_then(|contents| self.files.identity(&contents, clock.now()));
            match identity {
                Ok(identity) => {
                    tracing::info!(
                        until = identity.until(),
                        "new connections get the new certificate"
                    );
                    *self.identity.write() = Arc::new(identity);
                }
                Err(error) => tracing::error!(
                    error = format!("{error:#}"),
                    "the new certificate is invalid; the old one stays"
                ),
            }
        }
    }
}
