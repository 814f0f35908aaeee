//! A server that speaks another version of the protocol, on the port where Madang was.

use std::net::SocketAddr;

use anyhow::Result;
use futures_util::{SinkExt, StreamExt};
use madang_shared::CloseCode;
use madang_shared::limits::SUBPROTOCOL;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::http::header::SEC_WEBSOCKET_PROTOCOL;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

/// It takes every handshake, as Madang does, to say in a way that browsers pass on that it does not
/// speak this version. Dropping it frees the port.
pub(crate) struct OtherServer(JoinHandle<()>);

impl OtherServer {
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

impl Drop for OtherServer {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[expect(
    clippy::result_large_err,
    clippy::unnecessary_wraps,
    reason = "the shape that the handshake asks for"
)]
fn agree(_: &Request, mut response: Response) -> Result<Response, ErrorResponse> {
    let protocol = HeaderValue::from_static(SUBPROTOCOL);
    response.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, protocol);
    Ok(response)
}

async fn refuse(stream: TcpStream) -> Result<()> {
    let mut socket = tokio_tungstenite::accept_hdr_async(stream, agree).await?;
    let code = CloseCode::Version;
    let frame = CloseFrame { code: code.number().into(), reason: code.reason().into() };
    socket.close(Some(frame)).await?;
    while socket.next().await.is_some() {}
    Ok(socket.flush().await?)
}
