//! A server of another protocol version, on the port of the stopped server.

use std::net::SocketAddr;

use anyhow::Result;
use futures_util::{SinkExt, StreamExt};
use madang_shared::CloseCode;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

/// Accepts every handshake and closes with [`CloseCode::Version`], as Madang does: browsers report close codes to the
/// page, but no failed handshakes.
pub(crate) struct OtherVersionServer(JoinHandle<()>);

impl OtherVersionServer {
    pub(crate) async fn start(address: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind(address).await?;
        Ok(Self(tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // Errors are ignored: a page may disconnect at any time.
                refuse(stream).await.ok();
            }
        })))
    }

    /// Frees the port. After a drop, the port is free only once the runtime has dropped the task.
    pub(crate) async fn stop(mut self) {
        self.0.abort();
        // An aborted task ends with an error.
        (&mut self.0).await.ok();
    }
}

impl Drop for OtherVersionServer {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn refuse(stream: TcpStream) -> Result<()> {
    let mut socket = tokio_tungstenite::accept_async(stream).await?;
    let code = CloseCode::Version;
    let frame = CloseFrame { code: code.number().into(), reason: code.reason().into() };
    socket.close(Some(frame)).await?;
    while socket.next().await.is_some() {}
    Ok(socket.flush().await?)
}
