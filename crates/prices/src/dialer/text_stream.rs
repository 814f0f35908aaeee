//! A WebSocket to an exchange that delivers text.

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

use super::limits::MAX_ANSWER_BYTES;
use super::status;
use crate::error::SourceError;
use crate::error::innermost;

/// A WebSocket to an exchange that delivers text. Dropping it closes the connection.
pub struct TextStream(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl TextStream {
    pub(super) async fn open(
        url: &str,
        tls: Arc<ClientConfig>,
        within: Duration,
    ) -> Result<Self, SourceError> {
        // A message is held in memory as a whole, so messages and frames have the size limit of
        // answers.
        let limits = WebSocketConfig::default()
            .max_message_size(Some(MAX_ANSWER_BYTES))
            .max_frame_size(Some(MAX_ANSWER_BYTES));
        let connector = Some(Connector::Rustls(tls));
        let next_opening = connect_async_tls_with_config(url, Some(limits), true, connector);
        match timeout(within, next_opening).await {
            Ok(Ok((socket, _answer))) => Ok(Self(socket)),
            Ok(Err(error)) => Err(open_error(&error)),
            Err(_elapsed) => Err(SourceError::TimedOut),
        }
    }

    /// The next text message. Pings are answered on the way: Binance requires a pong within a
    /// minute. Waits without a timeout.
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
                    return Err(SourceError::Malformed("a binary message instead of text"));
                }
                Some(Ok(Message::Close(_))) | None => return Err(SourceError::Closed),
                Some(Err(error)) => return Err(stream_error(&error)),
            }
        }
    }
}

/// The error of a stream that did not open.
fn open_error(error: &Error) -> SourceError {
    match error {
        Error::Http(answer) => status::error(answer.status(), answer.headers())
            .unwrap_or(SourceError::Malformed("an HTTP answer instead of a stream")),
        Error::Io(_) | Error::Tls(_) | Error::Url(_) => SourceError::Unreachable(innermost(error)),
        _ => SourceError::Broken(innermost(error)),
    }
}

/// The error of a stream that ended.
fn stream_error(error: &Error) -> SourceError {
    match error {
        Error::ConnectionClosed | Error::AlreadyClosed => SourceError::Closed,
        Error::Capacity(_) => SourceError::TooLarge,
        _ => SourceError::Broken(innermost(error)),
    }
}
