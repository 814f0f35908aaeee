//! A WebSocket to an exchange, from which text is read.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use rustls::ClientConfig;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Error, Message};
use tokio_tungstenite::{
    Connector, MaybeTlsStream, WebSocketStream, connect_async_tls_with_config,
};

use super::{MAX_ANSWER_BYTES, refusal};
use crate::SourceError;
use crate::error::innermost;

/// A WebSocket to an exchange, from which text is read. Dropping it closes the connection.
pub struct Stream(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Stream {
    pub(super) async fn open(
        url: &str,
        tls: Arc<ClientConfig>,
        within: Duration,
    ) -> Result<Self, SourceError> {
        // A message is held whole in memory, so both it and its frames have the limit of an answer.
        let limits = WebSocketConfig::default()
            .max_message_size(Some(MAX_ANSWER_BYTES))
            .max_frame_size(Some(MAX_ANSWER_BYTES));
        let connector = Some(Connector::Rustls(tls));
        let opening = connect_async_tls_with_config(url, Some(limits), true, connector);
        match timeout(within, opening).await {
            Ok(Ok((socket, _answer))) => Ok(Self(socket)),
            Ok(Err(error)) => Err(refused(&error)),
            Err(_elapsed) => Err(SourceError::TimedOut),
        }
    }

    /// The next message of text. Answers pings on the way, which is all that Binance asks of a client
    /// that wants to stay: a pong within a minute. Waits for as long as it takes.
    ///
    /// # Errors
    /// [`SourceError::Closed`], [`SourceError::TooLarge`], [`SourceError::Broken`], and
    /// [`SourceError::Malformed`] for bytes that are no text.
    pub async fn text(&mut self) -> Result<tungstenite::Utf8Bytes, SourceError> {
        loop {
            match self.0.next().await {
                Some(Ok(Message::Text(text))) => return Ok(text),
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
                Some(Ok(Message::Binary(_))) => {
                    return Err(SourceError::Malformed("text was expected, bytes came"));
                }
                Some(Ok(Message::Close(_))) | None => return Err(SourceError::Closed),
                Some(Err(error)) => return Err(broken(&error)),
            }
        }
    }
}

/// Why a stream was not opened.
fn refused(error: &Error) -> SourceError {
    match error {
        Error::Http(answer) => refusal::of(answer.status(), answer.headers())
            .unwrap_or(SourceError::Malformed("an answer without a stream")),
        Error::Io(_) | Error::Tls(_) | Error::Url(_) => SourceError::Unreachable(innermost(error)),
        _ => SourceError::Broken(innermost(error)),
    }
}

/// Why a stream ended.
fn broken(error: &Error) -> SourceError {
    match error {
        Error::ConnectionClosed | Error::AlreadyClosed => SourceError::Closed,
        Error::Capacity(_) => SourceError::TooLarge,
        _ => SourceError::Broken(innermost(error)),
    }
}
