//! Frames on an open WebSocket, with a timeout for each write. The layer below is `madang_websocket`.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use madang_hub::Frame;
use madang_hub::frame::{Encoded, Encoding, FramePart};
use madang_shared::CloseCode;
use madang_websocket::{
    CloseFrame, InboundMessage, MAX_INLINE_COMPRESSION_BYTES, Middle, Opcode, Prepared,
    ProtocolError, ReceiveError, Sender, Socket, Window, compress_apart, compress_middle, ping,
    text_around,
};
use thiserror::Error;

use crate::connection_slots::ConnectionSlot;

/// Limit for one write. A peer that does not read for so long is disconnected; it resumes from its positions when
/// it reconnects.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// Frames are joined into writes of up to this many bytes. The timeout is for a whole write, and a larger one could
/// exceed it on a slow connection that still makes progress.
const JOINED_BYTES: usize = 64 * 1024;
/// Limit for the peer's answer to our close frame.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// The reason why a connection ends.
#[derive(Debug, Error)]
pub enum Disconnect {
    /// The server closes the connection and sends this code.
    #[error("closed: {}", .0.reason())]
    Close(CloseCode),
    /// The peer broke the WebSocket protocol or exceeded a limit; it gets the code of the error.
    #[error("closed: {0}")]
    Protocol(ProtocolError),
    /// The peer closed the connection.
    #[error("closed by the peer")]
    Peer(Option<CloseFrame>),
    /// The connection failed.
    #[error("broken: {0}")]
    Broken(#[from] io::Error),
}

impl From<ReceiveError> for Disconnect {
    fn from(error: ReceiveError) -> Self {
        match error {
            ReceiveError::Closed(close_frame) => Self::Peer(close_frame),
            ReceiveError::Protocol(error) => Self::Protocol(error),
            ReceiveError::Broken(error) => Self::Broken(error),
        }
    }
}

/// A frame of the client.
#[derive(Debug)]
pub enum ReceivedFrame {
    /// A text.
    Text(String),
    /// A control frame. It needs no answer, but costs as much as a short text.
    Control,
}

/// An open WebSocket.
#[derive(Debug)]
pub struct Transport {
    /// Boxed, because the future of a connection stores it in several of its states.
    socket: Box<Socket>,
    slot: ConnectionSlot,
}

impl Transport {
    /// Takes over an open socket.
    pub fn new(socket: Socket, slot: ConnectionSlot) -> Self {
        Self { socket: Box::new(socket), slot }
    }

    /// The slot of the connection, which is free when the transport is dropped.
    pub fn slot(&self) -> &ConnectionSlot {
        &self.slot
    }

    /// Receives the next text, or a ping or pong, which the layer below has handled. Cancel-safe.
    ///
    /// # Errors
    /// The reason why the connection ends.
    pub async fn receive_text(&mut self) -> Result<ReceivedFrame, Disconnect> {
        match self.receive().await? {
            InboundMessage::Text(text) => Ok(ReceivedFrame::Text(text)),
            InboundMessage::Binary(_) => Err(Disconnect::Close(CloseCode::NotText)),
            InboundMessage::Ping(_) | InboundMessage::Pong(_) | InboundMessage::Close(_) => {
                Ok(ReceivedFrame::Control)
            }
        }
    }

    /// Receives the next message; a close frame is an error. The layer below answers pings. Cancel-safe.
    ///
    /// # Errors
    /// The reason why the connection ends.
    pub async fn receive(&mut self) -> Result<InboundMessage, Disconnect> {
        Ok(self.socket.receive().await?)
    }

    /// Sends frames of the protocol, in the encoding that all connections share.
    ///
    /// # Errors
    /// The reason why the connection ends, if the peer does not read or is gone.
    pub async fn send_frames(&mut self, frames: &[Frame]) -> Result<(), Disconnect> {
        let window = self.socket.sender().window();
        let mut joined = Vec::new();
        let mut bytes = 0;
        for frame in frames {
            let first = joined.len();
            if let Some((start, middle, end)) = frame.parts() {
                let compressed = compressed_middle(middle, window).await?;
                let shared =
                    compressed.as_ref().map_or(Middle::Plain(middle.bytes()), Middle::Compressed);
                joined.extend(text_around(start, shared, end));
            } else {
                let is_long = frame.len() > MAX_INLINE_COMPRESSION_BYTES && window.is_some();
                if is_long && !frame.is_encoded(encoding_of(window)) {
                    let frame = frame.clone();
                    compress_apart(move || encoded(&frame, window).map(Bytes::len)).await?;
                }
                let encoded =
                    encoded(frame, window).ok_or(Disconnect::Close(CloseCode::Internal))?;
                joined.push(encoded.clone());
            }
            bytes += joined.iter().skip(first).map(Bytes::len).sum::<usize>();
            if bytes >= JOINED_BYTES {
                self.write(&joined).await?;
                joined.clear();
                bytes = 0;
            }
        }
        self.write(&joined).await
    }

    /// Sends a message that is encoded once for many connections.
    ///
    /// # Errors
    /// As [`Self::send_frames`].
    pub async fn send_prepared(&mut self, message: &Prepared) -> Result<(), Disconnect> {
        let frame = message.frame(self.socket.sender().window()).clone();
        self.write(&[frame]).await
    }

    /// Sends a message to this connection alone.
    ///
    /// # Errors
    /// As [`Self::send_frames`].
    pub async fn send(&mut self, opcode: Opcode, payload: Vec<u8>) -> Result<(), Disconnect> {
        with_timeout(self.socket.send_message(opcode, payload)).await
    }

    /// Sends a ping frame.
    ///
    /// # Errors
    /// As [`Self::send_frames`].
    pub async fn ping(&mut self) -> Result<(), Disconnect> {
        self.write(&[ping(&[])]).await
    }

    async fn write(&mut self, frames: &[Bytes]) -> Result<(), Disconnect> {
        with_timeout(self.socket.send(frames)).await
    }

    /// A sender to the same peer, for the fan-out.
    pub fn sender(&self) -> Sender {
        self.socket.sender().clone()
    }

    /// Closes the connection: sends a close frame, or answers the peer's, and waits briefly for the peer.
    pub async fn close(mut self, disconnect: Disconnect) {
        match disconnect {
            Disconnect::Close(code) => {
                if code == CloseCode::TooSlow {
                    // The system would keep the unread bytes for minutes.
                    self.slot.reset_flag().set();
                }
                self.socket.close(code.number(), code.reason(), CLOSE_TIMEOUT).await;
            }
            Disconnect::Protocol(error) => {
                self.socket.close(error.code(), error.reason(), CLOSE_TIMEOUT).await;
            }
            Disconnect::Peer(close_frame) => {
                self.socket.answer_close(close_frame.as_ref(), CLOSE_TIMEOUT).await;
            }
            Disconnect::Broken(_) => {}
        }
    }
}

/// The bytes of a frame for sockets with this compression window; encoded once for all of them. None if the frame
/// is not UTF-8, which cannot happen: its source is a text.
pub(super) fn encoded(frame: &Frame, window: Option<Window>) -> Option<&Bytes> {
    let prepare = || PreparedFrame(std::str::from_utf8(frame.bytes()).ok().map(Prepared::text));
    frame.encoded(encoding_of(window), prepare)
}

/// The number of an encoding: the bits of its compression window, or 0 for the plain one.
pub(super) fn encoding_of(window: Option<Window>) -> Encoding {
    Encoding(window.map_or(0, Window::bits))
}

/// The compression window of an encoding; `None` for the plain one.
pub(super) fn window_of(encoding: Encoding) -> Option<Window> {
    Window::new(encoding.0)
}

/// The WebSocket frames of a text, plain and compressed; `None` if the text is not UTF-8.
struct PreparedFrame(Option<Prepared>);

impl Encoded for PreparedFrame {
    fn bytes(&self, _frames: &[Frame], encoding: Encoding) -> Option<&Bytes> {
        self.0.as_ref().map(|prepared| prepared.frame(window_of(encoding)))
    }

    fn is_made(&self, encoding: Encoding) -> bool {
        self.0.as_ref().is_none_or(|prepared| prepared.is_made(window_of(encoding)))
    }
}

/// The shared middle of frames, compressed for sockets with this window; `None` if it is sent as it is. Only the
/// form for the largest window is kept, which almost all clients use: the memory of a cached state is twice its text.
async fn compressed_middle(
    middle: &FramePart,
    window: Option<Window>,
) -> io::Result<Option<Bytes>> {
    let Some(window) = window else { return Ok(None) };
    let encoding = encoding_of(Some(window));
    let part = middle.clone();
    let compress = move || {
        if window == Window::LARGEST {
            let prepare = || CompressedMiddle(compress_middle(part.bytes(), window));
            part.encoded(encoding, prepare).cloned()
        } else {
            compress_middle(part.bytes(), window)
        }
    };
    if middle.bytes().len() > MAX_INLINE_COMPRESSION_BYTES && !middle.is_encoded(encoding) {
        compress_apart(compress).await
    } else {
        Ok(compress())
    }
}

/// A middle compressed for the largest window; `None` if compression does not shorten it.
struct CompressedMiddle(Option<Bytes>);

impl Encoded for CompressedMiddle {
    fn bytes(&self, _frames: &[Frame], _encoding: Encoding) -> Option<&Bytes> {
        self.0.as_ref()
    }

    fn is_made(&self, encoding: Encoding) -> bool {
        window_of(encoding) == Some(Window::LARGEST)
    }
}

async fn with_timeout(write: impl Future<Output = io::Result<()>>) -> Result<(), Disconnect> {
    match tokio::time::timeout(WRITE_TIMEOUT, write).await {
        Ok(written) => Ok(written?),
        Err(_) => Err(Disconnect::Close(CloseCode::TooSlow)),
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use axum::body::Body;
    use axum::http::Request;
    use hyper::body::Incoming;
    use hyper::server::conn::http1;
    use hyper::service::service_fn;
    use hyper_util::rt::TokioIo;
    use madang_websocket::{Handshake, Limits};
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
    use tokio::sync::mpsc;
    use tokio::time::{Instant, sleep};

    use super::*;

    const HANDSHAKE: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\n\
        connection: upgrade\r\nsec-websocket-version: 13\r\n\
        sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";

    /// An open WebSocket over a stream that holds few bytes, and the client's end of the stream.
    async fn connected() -> (Transport, DuplexStream) {
        let (stream, mut client) = duplex(1_024);
        let (opened, mut transports) = mpsc::channel(1);
        let service = service_fn(move |request: Request<Incoming>| {
            let opened = opened.clone();
            async move {
                let (mut parts, _) = request.into_parts();
                let (response, upgrade) = Handshake::of(&mut parts).unwrap().accept(None);
                tokio::spawn(async move {
                    let limits = Limits { max_message_bytes: 1, memory_budget: None };
                    let socket = upgrade.open(limits).await.unwrap();
                    opened.send(Transport::new(socket, ConnectionSlot::default())).await.unwrap();
                });
                Ok::<_, Infallible>(response.map(|()| Body::empty()))
            }
        });
        let server = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        tokio::spawn(async move { server.with_upgrades().await.unwrap() });
        client.write_all(HANDSHAKE).await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            answer.push(client.read_u8().await.unwrap());
        }
        (transports.recv().await.unwrap(), client)
    }

    /// Lets the client read one byte every 9 s, and checks that the write ends after its limit.
    async fn check_is_too_slow(
        write: impl Future<Output = Result<(), Disconnect>>,
        mut client: DuplexStream,
    ) {
        let began = Instant::now();
        let reading = async {
            loop {
                sleep(Duration::from_secs(9)).await;
                client.read_u8().await.unwrap();
            }
        };
        let written: Result<(), Disconnect> = tokio::select! {
            written = write => written,
            () = reading => Ok(()),
        };
        assert!(matches!(written, Err(Disconnect::Close(CloseCode::TooSlow))), "{written:?}");
        assert_eq!(began.elapsed().as_secs(), WRITE_TIMEOUT.as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_reads_one_byte_at_a_time_is_disconnected() {
        let (mut transport, client) = connected().await;
        check_is_too_slow(transport.send(Opcode::Binary, vec![0; JOINED_BYTES]), client).await;
    }

    #[tokio::test(start_paused = true)]
    async fn what_the_fan_out_left_unsent_has_the_same_limit() {
        let (mut transport, client) = connected().await;
        let frame = Prepared::text(&"x".repeat(JOINED_BYTES));
        transport.sender().try_send(frame.frame(None)).unwrap();
        check_is_too_slow(transport.send_frames(&[]), client).await;
    }
}
