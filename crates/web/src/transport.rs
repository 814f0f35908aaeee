//! Frames on a wire, and how long one may take. Below is `madang_websocket`.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use madang_hub::Frame;
use madang_shared::CloseCode;
use madang_websocket::{
    CloseFrame, InboundMessage, Opcode, Prepared, ProtocolError, Sender, Socket, Window, ping,
};
use thiserror::Error;

/// How long one write may take. Past that the peer has stopped reading: it is let go, and resumes
/// from its positions when it comes back.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// Frames are written together up to so many bytes, for that timeout is a whole write's: a slow line
/// should not be taken for one that stands still.
const JOINED_BYTES: usize = 64 * 1024;
/// How long a peer may take to answer our close.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// Why a connection ends.
#[derive(Debug, Error)]
pub enum End {
    /// We have a reason, and say it.
    #[error("closed: {}", .0.reason())]
    Close(CloseCode),
    /// The peer broke the WebSocket protocol, or sent more than it may, and is told so.
    #[error("closed: {0}")]
    Protocol(ProtocolError),
    /// The peer closed it.
    #[error("closed by the peer")]
    Peer(Option<CloseFrame>),
    /// It broke.
    #[error("broken: {0}")]
    Broken(#[from] io::Error),
}

impl From<madang_websocket::ReceiveError> for End {
    fn from(end: madang_websocket::ReceiveError) -> Self {
        match end {
            madang_websocket::ReceiveError::Closed(goodbye) => Self::Peer(goodbye),
            madang_websocket::ReceiveError::Protocol(fault) => Self::Protocol(fault),
            madang_websocket::ReceiveError::Broken(error) => Self::Broken(error),
        }
    }
}

/// An open WebSocket.
#[derive(Debug)]
pub struct Transport {
    /// On the heap, because a connection's future holds it in several of its states.
    socket: Box<Socket>,
}

impl Transport {
    /// Takes over an open socket.
    pub fn new(socket: Socket) -> Self {
        Self { socket: Box::new(socket) }
    }

    /// The next text. Pings are answered below. Safe to drop at any point.
    ///
    /// # Errors
    /// How the connection ends.
    pub async fn receive(&mut self) -> Result<String, End> {
        loop {
            match self.receive_any().await? {
                InboundMessage::Text(text) => return Ok(text),
                InboundMessage::Binary(_) => return Err(End::Close(CloseCode::NotText)),
                InboundMessage::Ping(_) | InboundMessage::Pong(_) | InboundMessage::Close(_) => {}
            }
        }
    }

    /// The next message of whatever kind but a close, which is the end. Pings are answered below. Safe
    /// to drop at any point.
    ///
    /// # Errors
    /// How the connection ends.
    pub async fn receive_any(&mut self) -> Result<InboundMessage, End> {
        Ok(self.socket.receive().await?)
    }

    /// Writes frames, in the form that all connections share.
    ///
    /// # Errors
    /// How the connection ends, if the peer does not read or is gone.
    pub async fn send(&mut self, frames: &[Frame]) -> Result<(), End> {
        let window = self.socket.sender().window();
        let mut joined = Vec::new();
        let mut bytes = 0;
        for frame in frames {
            let frame = on_wire(frame, window).ok_or(End::Close(CloseCode::Internal))?;
            bytes += frame.len();
            joined.push(frame.clone());
            if bytes >= JOINED_BYTES {
                self.write(&joined).await?;
                joined.clear();
                bytes = 0;
            }
        }
        self.write(&joined).await
    }

    /// Writes a message that many may get.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub async fn send_prepared(&mut self, message: &Prepared) -> Result<(), End> {
        let frame = message.frame(self.socket.sender().window()).clone();
        self.write(&[frame]).await
    }

    /// Writes a message that nobody else gets.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub async fn say(&mut self, opcode: Opcode, payload: Vec<u8>) -> Result<(), End> {
        in_time(self.socket.send_message(opcode, payload)).await
    }

    /// Asks for a sign of life.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub async fn ping(&mut self) -> Result<(), End> {
        self.write(&[ping(&[])]).await
    }

    async fn write(&mut self, frames: &[Bytes]) -> Result<(), End> {
        in_time(self.socket.send(frames)).await
    }

    /// Another way out to the same peer.
    pub fn sender(&self) -> Sender {
        self.socket.sender().clone()
    }

    /// Says goodbye, or answers the peer's, and waits a moment until it has arrived.
    pub async fn end(mut self, end: End) {
        match end {
            End::Close(code) => {
                self.socket.close(code.number(), code.reason(), CLOSE_TIMEOUT).await;
            }
            End::Protocol(fault) => {
                self.socket.close(fault.code(), fault.reason(), CLOSE_TIMEOUT).await;
            }
            End::Peer(goodbye) => self.socket.answer_close(goodbye.as_ref(), CLOSE_TIMEOUT).await,
            End::Broken(_) => {}
        }
    }
}

/// A frame as a socket writes it that compresses with this window or not at all; made once for all of
/// them. Frames are text, so that there always is one.
pub(crate) fn on_wire(frame: &Frame, window: Option<Window>) -> Option<&Bytes> {
    let prepare = || std::str::from_utf8(frame.bytes()).ok().map(Prepared::text);
    let prepared: &Option<Prepared> = frame.encoded().get_or_make(prepare)?;
    prepared.as_ref().map(|prepared| prepared.frame(window))
}

async fn in_time(writing: impl Future<Output = io::Result<()>>) -> Result<(), End> {
    match tokio::time::timeout(WRITE_TIMEOUT, writing).await {
        Ok(written) => Ok(written?),
        Err(_) => Err(End::Close(CloseCode::TooSlow)),
    }
}
