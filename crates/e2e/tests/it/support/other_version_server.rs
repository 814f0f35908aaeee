//! A server that speaks another version of the protocol, on the port where Madang was.

use std::net::SocketAddr;

use anyhow::Result;
use futures_util::{SinkExt, StreamExt};
use madang_shared::CloseCode;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

/// It takes every handshake, as Madang does, to say in a way that browsers pass on that it does not
/// speak this version. Dropping it frees the port.
pub(crate) struct OtherVersionServer(JoinHandle<()>);

impl OtherVersionServer {
    pub(crate) async fn start(address: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind(address).await?;
        Ok(Self(tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // A page that goes away in the middle is no concern of this server.
                drop(refuse(stream).await);
            }
        })))
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
