//! From an answered handshake to an open socket.

use hyper::upgrade::{OnUpgrade, Parts, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::deflate::Window;
use crate::reader::Limits;
use crate::resettable_stream::ResettableStream;
use crate::socket::Socket;
use crate::write_deadline::WriteDeadline;
use crate::writer::ByteStream;

/// A socket that opens once the response to its handshake is sent.
#[derive(Debug)]
pub struct PendingUpgrade {
    on_upgrade: OnUpgrade,
    window: Option<Window>,
}

impl PendingUpgrade {
    pub(crate) fn new(on_upgrade: OnUpgrade, window: Option<Window>) -> Self {
        Self { on_upgrade, window }
    }

    /// The bare stream, for another WebSocket implementation.
    ///
    /// # Errors
    /// If the response could not be sent.
    pub async fn stream(self) -> Result<Upgraded, hyper::Error> {
        self.on_upgrade.await
    }

    /// Waits until hyper hands over the connection, and opens the socket. Call it on a task that
    /// ends with the socket: hyper needs more memory to read a request than an open socket needs.
    ///
    /// # Errors
    /// If the response could not be sent.
    pub async fn open(self, limits: Limits) -> Result<Socket, hyper::Error> {
        let upgraded = self.on_upgrade.await?;
        // The fan-out writes to plain TCP without the cost of a wrapper, and a socket limits its writes itself.
        let upgraded = match upgraded.downcast::<TokioIo<WriteDeadline<ResettableStream>>>() {
            Ok(Parts { io, read_buf, .. }) => {
                let stream = ByteStream::Tcp(io.into_inner().into_inner());
                return Ok(Socket::new(stream, &read_buf, limits, self.window));
            }
            Err(upgraded) => upgraded,
        };
        Ok(match upgraded.downcast::<TokioIo<TcpStream>>() {
            Ok(Parts { io, read_buf, .. }) => {
                let stream = ByteStream::Tcp(io.into_inner().into());
                Socket::new(stream, &read_buf, limits, self.window)
            }
            // TLS, or a server that wraps its streams: works the same, at the cost of the wrapper.
            Err(upgraded) => {
                let stream = ByteStream::other(TokioIo::new(upgraded));
                Socket::new(stream, &[], limits, self.window)
            }
        })
    }
}
