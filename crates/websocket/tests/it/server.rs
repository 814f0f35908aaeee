//! An echo server, and a client built by hand.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use madang_websocket::{
    Handshake, HandshakeError, InboundMessage, Limits, Opcode, Prepared, ReceiveError, Sender,
    Socket,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// Longer than any test takes; a test that waits this long hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
/// Time limit for the closing handshake.
pub(crate) const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);
pub(crate) const MAX: usize = 1_000_000;
/// The example of RFC 6455 section 1.3.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    /// The sender of each accepted connection, and how each connection ended.
    pub(crate) senders: mpsc::UnboundedReceiver<Sender>,
    pub(crate) ends: mpsc::UnboundedReceiver<String>,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, senders) = mpsc::unbounded_channel();
        let (ended, ends) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (sender, ended) = (sender.clone(), ended.clone());
                tokio::spawn(serve(TokioIo::new(stream), sender, ended));
            }
        });
        Self { address, senders, ends }
    }

    /// Sends a request, and returns the head of the response.
    pub(crate) async fn ask(&self, request: &str) -> (String, TcpStream) {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let head = head_of(&mut stream).await;
        (head, stream)
    }

    /// An open socket, whose request has these additional header lines.
    pub(crate) async fn connect(&self, lines: &str) -> TcpStream {
        let (head, stream) = self.ask(&request(lines)).await;
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        stream
    }
}

/// A server at the other end of a stream that is not TCP.
pub(crate) async fn over_memory() -> (DuplexStream, mpsc::UnboundedReceiver<String>) {
    let (mut client, server) = tokio::io::duplex(1_000);
    let (sender, _) = mpsc::unbounded_channel();
    let (ended, ends) = mpsc::unbounded_channel();
    tokio::spawn(serve(TokioIo::new(server), sender, ended));
    client.write_all(request("").as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await.unwrap());
    }
    (client, ends)
}

pub(crate) fn request(lines: &str) -> String {
    format!(
        "GET / HTTP/1.1\r\nHost: here\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n{lines}\r\n"
    )
}

pub(crate) async fn head_of(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

pub(crate) async fn serve<T>(
    io: TokioIo<T>,
    sender: mpsc::UnboundedSender<Sender>,
    ended: mpsc::UnboundedSender<String>,
) where
    T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let sender = Arc::new(sender);
    let service = service_fn(move |request: http::Request<hyper::body::Incoming>| {
        let (sender, ended) = (sender.clone(), ended.clone());
        async move { Ok::<_, HandshakeError>(answer(request, &sender, ended)) }
    });
    let connection = hyper::server::conn::http1::Builder::new().serve_connection(io, service);
    // A client may disconnect during the handshake.
    connection.with_upgrades().await.ok();
}

fn answer(
    request: http::Request<hyper::body::Incoming>,
    sender: &mpsc::UnboundedSender<Sender>,
    ended: mpsc::UnboundedSender<String>,
) -> Response<String> {
    let (mut parts, _) = request.into_parts();
    let handshake = match Handshake::of(&mut parts) {
        Ok(handshake) => handshake,
        Err(refusal) => return refusal.response(),
    };
    let protocol = handshake.offers().find(|offer| *offer == "ours").map(str::to_owned);
    let (response, pending) = handshake.accept(protocol.as_deref());
    let sender = sender.clone();
    tokio::spawn(async move {
        let mut socket = pending.open(Limits::new(MAX)).await.unwrap();
        // Tests that need no sender drop the receiver.
        sender.send(socket.sender().clone()).ok();
        let end = echo(&mut socket).await;
        match &end {
            ReceiveError::Closed(close_frame) => {
                socket.answer_close(close_frame.as_ref(), CLOSE_TIMEOUT).await
            }
            ReceiveError::Protocol(error) => {
                socket.close(error.code(), error.reason(), CLOSE_TIMEOUT).await
            }
            ReceiveError::Broken(_) => {}
        }
        drop(socket);
        ended.send(end.to_string()).ok();
    });
    response.map(|()| String::new())
}

async fn echo(socket: &mut Socket) -> ReceiveError {
    loop {
        let sent = match socket.receive().await {
            Ok(InboundMessage::Text(text)) if text == "close" => {
                socket.close(4000, "as requested", CLOSE_TIMEOUT).await;
                return ReceiveError::Closed(None);
            }
            Ok(InboundMessage::Text(text)) if text == "shared" => {
                let window = socket.sender().window();
                let frame = Prepared::text(&"shared ".repeat(100)).frame(window).clone();
                socket.send(&[frame.clone(), frame]).await
            }
            Ok(InboundMessage::Text(text)) => socket.send_message(Opcode::Text, text.into()).await,
            Ok(InboundMessage::Binary(bytes)) => socket.send_message(Opcode::Binary, bytes).await,
            Ok(_) => Ok(()),
            Err(end) => return end,
        };
        if let Err(error) = sent {
            return ReceiveError::Broken(error);
        }
    }
}

/// The next frame of the server: its first byte, and its payload.
pub(crate) async fn next(stream: &mut (impl AsyncReadExt + Unpin)) -> (u8, Bytes) {
    let read = async {
        let first = stream.read_u8().await.unwrap();
        let length = match stream.read_u8().await.unwrap() {
            126 => u64::from(stream.read_u16().await.unwrap()),
            127 => stream.read_u64().await.unwrap(),
            length => {
                assert!(length < 126, "a server does not mask");
                u64::from(length)
            }
        };
        let mut payload = vec![0; usize::try_from(length).unwrap()];
        stream.read_exact(&mut payload).await.unwrap();
        (first, Bytes::from(payload))
    };
    tokio::time::timeout(PATIENCE, read).await.expect("a frame")
}

/// Skips to the close frame of the server and returns its code; the connection must then end
/// without a reset.
pub(crate) async fn close_code(stream: &mut (impl AsyncReadExt + Unpin)) -> Option<u16> {
    loop {
        let (first, payload) = next(stream).await;
        if first == 0x88 {
            let mut rest = Vec::new();
            let ended = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut rest)).await;
            assert_eq!(ended.expect("an end").expect("no reset"), 0, "nothing follows a close");
            return payload.first_chunk().map(|code| u16::from_be_bytes(*code));
        }
    }
}
