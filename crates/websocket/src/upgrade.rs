//! From an answered handshake to a socket.

use hyper::upgrade::{OnUpgrade, Parts, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::deflate::Window;
use crate::reader::Limits;
use crate::socket::Socket;
use crate::writer::ByteStream;

/// A socket that will be there once the answer to its handshake is sent.
#[derive(Debug)]
pub struct PendingUpgrade {
    on_upgrade: OnUpgrade,
    window: Option<Window>,
}

impl PendingUpgrade {
    pub(crate) fn new(on_upgrade: OnUpgrade, window: Option<Window>) -> Self {
        Self { on_upgrade, window }
    }

    /// The bare stream, for another engine than ours.
    ///
    /// # Errors
    /// If the answer could not be sent.
    pub async fn stream(self) -> Result<Upgraded, hyper::Error> {
        self.on_upgrade.await
    }

    /// Waits for it. Best done on a task that ends with this: what hyper needed to read a request is
    /// more than an open socket needs.
    ///
    /// # Errors
    /// If the answer could not be sent.
    pub async fn open(self, limits: Limits) -> Result<Socket, hyper::Error> {
        let upgraded: Upgraded = self.on_upgrade.await?;
        Ok(match upgraded.downcast::<TokioIo<TcpStream>>() {
            Ok(Parts { io, read_buf, .. }) => {
                Socket::new(ByteStream::Tcp(io.into_inner()), &read_buf, limits, self.window)
            }
            // TLS, or a server that wraps its streams: it works the same, and costs what the layer costs.
            Err(upgraded) => {
                let stream = ByteStream::other(TokioIo::new(upgraded));
                Socket::new(stream, &[], limits, self.window)
            }
        })
    }
}
