//! Frames on a wire. The one module that knows which WebSocket implementation is below.

use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use futures_util::SinkExt;
use madang_hub::Frame;
use madang_shared::CloseCode;
use madang_shared::limits::MAX_CLIENT_FRAME_BYTES;
use thiserror::Error;

/// How long one write may take. Past that the peer has stopped reading: it is let go, and resumes
/// from its positions when it comes back.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a peer may take to answer our close.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);
/// A connection at rest holds this much for reading; axum's default is 128 KiB.
const READ_BUFFER_BYTES: usize = 512;

/// Sets the sizes for a handshake of the typed protocol.
pub fn sized(upgrade: WebSocketUpgrade) -> WebSocketUpgrade {
    sized_for(upgrade, MAX_CLIENT_FRAME_BYTES)
}

/// Sets the sizes for a handshake: no message of the client may have more bytes than this.
pub fn sized_for(upgrade: WebSocketUpgrade, max_message_bytes: usize) -> WebSocketUpgrade {
    upgrade
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(0)
        .max_message_size(max_message_bytes)
        .max_frame_size(max_message_bytes)
}

/// Why a connection ends. All but the last two close it with a code.
#[derive(Debug, Error)]
pub enum End {
    /// We have a reason, and say it.
    #[error("closed: {}", .0.reason())]
    Close(CloseCode),
    /// The peer closed it.
    #[error("closed by the peer")]
    Peer,
    /// It broke.
    #[error("broken: {0}")]
    Broken(axum::Error),
}

/// An open WebSocket.
#[derive(Debug)]
pub struct Transport {
    /// On the heap, because a connection's future holds it in several of its states.
    socket: Box<WebSocket>,
}

impl Transport {
    /// Takes over an upgraded connection.
    pub fn new(socket: WebSocket) -> Self {
        Self { socket: Box::new(socket) }
    }

    /// The next text frame. Pings are answered below. Safe to drop at any point.
    ///
    /// # Errors
    /// How the connection ends.
    pub async fn receive(&mut self) -> Result<Utf8Bytes, End> {
        loop {
            match self.receive_any().await? {
                Message::Text(text) => return Ok(text),
                Message::Binary(_) => return Err(End::Close(CloseCode::NotText)),
                Message::Ping(_) | Message::Pong(_) | Message::Close(_) => {}
            }
        }
    }

    /// The next message of whatever kind but a close, which is the end. Pings are answered below. Safe
    /// to drop at any point.
    ///
    /// # Errors
    /// How the connection ends.
    pub async fn receive_any(&mut self) -> Result<Message, End> {
        match self.socket.recv().await {
            Some(Ok(Message::Close(_))) => {
                // The answer to it is queued below; whoever does not take it is gone.
                let flushed = tokio::time::timeout(CLOSE_TIMEOUT, self.socket.flush());
                let _answered = flushed.await.is_ok();
                Err(End::Peer)
            }
            Some(Ok(message)) => Ok(message),
            None => Err(End::Peer),
            Some(Err(error)) => Err(ending_of(error)),
        }
    }

    /// Writes a frame.
    ///
    /// # Errors
    /// How the connection ends, if the peer does not read or is gone.
    pub async fn send(&mut self, frame: &Frame) -> Result<(), End> {
        let text = Utf8Bytes::try_from(frame.bytes().clone())
            .map_err(|_| End::Close(CloseCode::Internal))?;
        self.write(Message::Text(text)).await
    }

    /// Writes a message of whatever kind.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub async fn write(&mut self, message: Message) -> Result<(), End> {
        match tokio::time::timeout(WRITE_TIMEOUT, self.socket.send(message)).await {
            Ok(written) => written.map_err(ending_of),
            Err(_) => Err(End::Close(CloseCode::TooSlow)),
        }
    }

    /// Says goodbye, and waits a moment for the peer to say it too: a connection that is torn down
    /// with unread bytes in it would reset, and the peer would never see the code.
    pub async fn close(mut self, code: CloseCode) {
        let frame = CloseFrame { code: code.number(), reason: code.reason().into() };
        let goodbye = async {
            if self.socket.send(Message::Close(Some(frame))).await.is_ok() {
                while let Some(Ok(_)) = self.socket.recv().await {}
            }
        };
        // A peer that does not answer is dropped; there is nothing more to tell it.
        let _answered = tokio::time::timeout(CLOSE_TIMEOUT, goodbye).await.is_ok();
    }
}

fn ending_of(error: axum::Error) -> End {
    use tungstenite::error::{CapacityError, Error, ProtocolError};
    let inner = error.into_inner();
    match inner.downcast_ref::<Error>() {
        Some(Error::Capacity(CapacityError::MessageTooLong { .. })) => {
            End::Close(CloseCode::TooBig)
        }
        Some(Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)) => {
            End::Broken(axum::Error::new(inner))
        }
        Some(Error::Protocol(_)) => End::Close(CloseCode::Protocol),
        Some(Error::Utf8(_)) => End::Close(CloseCode::NotUtf8),
        Some(Error::ConnectionClosed | Error::AlreadyClosed) => End::Peer,
        _ => End::Broken(axum::Error::new(inner)),
    }
}
