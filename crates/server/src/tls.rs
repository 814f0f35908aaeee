//! TLS: the certificate that is in use, its exchange for a newer one, and handshakes.
//!
//! Reading order: [`files`] (from PEM to what `rustls` wants, and what may be wrong with it), [`watch`]
//! (when changed files are taken), and this.

mod files;
mod watch;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, anyhow};
use madang_hub::ports::Clock;
use parking_lot::RwLock;
use rustls::crypto::ring;
use tokio::net::TcpStream;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;

pub(crate) use self::files::{Contents, Files, Identity};
use self::watch::Watch;
use crate::places::Places;

/// How long a handshake may take.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// Handshakes that are under way at once; some kilobytes each.
const MAX_HANDSHAKES: usize = 1_024;
/// How often the files are looked at: two small files, so that it costs nothing.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Makes `ring` the process's one provider of cryptography.
///
/// # Errors
/// If another is there already.
pub(crate) fn install_provider() -> Result<()> {
    let installed = ring::default_provider().install_default();
    installed.map_err(|_| anyhow!("there is another provider of cryptography already"))
}

/// Certificate and key, and who is just shaking hands.
#[derive(Debug)]
pub(crate) struct Tls {
    files: Files,
    /// Both together: whoever takes one takes the other of the same moment.
    identity: RwLock<Arc<Identity>>,
    handshakes: Places,
}

impl Tls {
    /// With what was read from these files.
    pub(crate) fn new(files: Files, identity: Identity) -> Self {
        let identity = RwLock::new(Arc::new(identity));
        Self { files, identity, handshakes: Places::new(MAX_HANDSHAKES) }
    }

    /// What new connections get.
    pub(crate) fn identity(&self) -> Arc<Identity> {
        self.identity.read().clone()
    }

    /// The stream within TLS; none if it came to nothing. Whoever says nothing costs a timer and a
    /// place that others take when they need it.
    pub(crate) async fn shake_hands(
        &self,
        stream: TcpStream,
        stopping: &CancellationToken,
    ) -> Option<TlsStream<TcpStream>> {
        let place = self.handshakes.take();
        let acceptor = TlsAcceptor::from(self.identity().config());
        let shaken = tokio::select! {
            shaken = timeout(HANDSHAKE_TIMEOUT, acceptor.accept(stream)) => shaken,
            () = place.lost() => {
                tracing::debug!("a TLS handshake gave its place to a newer one");
                return None;
            }
            () = stopping.cancelled() => return None,
        };
        match shaken {
            Ok(Ok(stream)) => Some(stream),
            Ok(Err(error)) => {
                tracing::debug!(%error, "a TLS handshake failed");
                None
            }
            Err(_) => {
                tracing::debug!("a TLS handshake took too long");
                None
            }
        }
    }

    /// Takes new files when the old ones were replaced, until told to stop.
    ///
    /// Their contents are looked at, not their dates, and no signal is waited for: it works the same for
    /// files that are written over, moved into place, or reached through a link that is turned (as
    /// certbot and Kubernetes do), and nobody has to know about it.
    pub(crate) async fn follow_files(
        self: Arc<Self>,
        in_use: Contents,
        clock: Arc<dyn Clock>,
        stopping: CancellationToken,
    ) -> Result<()> {
        let mut watch = Watch::new(in_use);
        let mut looks = interval(LOOK_EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = looks.tick() => {}
                () = stopping.cancelled() => return Ok(()),
            }
            let files = self.files.clone();
            let found = tokio::task::spawn_blocking(move || files.read()).await?;
            let Some(changed) = watch.look(found.map_err(|error| format!("{error:#}"))) else {
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
                    "the new certificate is not used; the old one stays"
                ),
            }
        }
    }
}
