//! Frames on a wire. The one module that knows which WebSocket implementation is below.

use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
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

/// Sets the sizes for a handshake.
pub fn sized(upgrade: WebSocketUpgrade) -> WebSocketUpgrade {
    upgrade
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(0)
        .max_message_size(MAX_CLIENT_FRAME_BYTES)
        .max_frame_size(MAX_CLIENT_FRAME_BYTES)
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
            match self.socket.recv().await {
                Some(Ok(Message::Text(text))) => return Ok(text),
                Some(Ok(Message::Binary(_))) => return Err(End::Close(CloseCode::NotText)),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Close(_))) | None => return Err(End::Peer),
                Some(Err(error)) => return Err(ending_of(error)),
            }
        }
    }

    /// Writes a frame.
    ///
    /// # Errors
    /// How the connection ends, if the peer does not read or is gone.
    pub async fn send(&mut self, frame: &Frame) -> Result<(), End> {
        let text = Utf8Bytes::try_from(frame.bytes().clone())
            .map_err(|_| End::Close(CloseCode::Internal))?;
        match tokio::time::timeout(WRITE_TIMEOUT, self.socket.send(Message::Text(text))).await {
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
    use tungstenite::error::{CapacityError, Error};
    let inner = error.into_inner();
    match inner.downcast_ref::<Error>() {
        Some(Error::Capacity(CapacityError::MessageTooLong { .. })) => {
            End::Close(CloseCode::TooBig)
        }
        Some(Error::ConnectionClosed | Error::AlreadyClosed) => End::Peer,
        _ => End::Broken(axum::Error::new(inner)),
    }
}
