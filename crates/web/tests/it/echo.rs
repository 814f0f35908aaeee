//! The echo, with foreign clients.

use futures_util::StreamExt;
use madang_shared::lab::echo::{ECHO_PATH, MAX_ECHO_MESSAGE_BYTES, MAX_PLAIN_ECHO_MESSAGE_BYTES};
use madang_shared::limits::{PING_INTERVAL_MS, PONG_TIMEOUT_MS};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::test_server::{TestConnection, TestServer};

/// Opens a WebSocket without a library, for tests of raw bytes. Returns the stream and the response head.
async fn connect_raw(server: &TestServer, lines: &str) -> (TcpStream, String) {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let request = format!(
        "GET {ECHO_PATH} HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{lines}\r\n",
        server.address
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    (stream, String::from_utf8(head).unwrap())
}

async fn echo(server: &TestServer, query: &str) -> TestConnection {
    server.connect(server.request_to(&format!("{ECHO_PATH}{query}"), &[])).await.unwrap()
}

#[tokio::test]
async fn t2_1_text_returns_with_a_prefix_and_bytes_return_unchanged() {
    let server = TestServer::start().await;
    let mut peer = echo(&server, "").await;
    for (sent, expected) in [
        (Message::text("x"), Message::text("Echo: x")),
        (Message::text("안녕 👋\n"), Message::text("Echo: 안녕 👋\n")),
        (Message::text(""), Message::text("Echo: ")),
        (Message::binary(vec![0, 255, 7]), Message::binary(vec![0, 255, 7])),
        (Message::binary(vec![]), Message::binary(vec![])),
    ] {
        peer.send(sent).await;
        assert_eq!(peer.receive().await.unwrap(), expected);
    }
    let longest = "x".repeat(MAX_ECHO_MESSAGE_BYTES);
    peer.send_text(&longest).await;
    assert_eq!(peer.receive().await.unwrap(), Message::text(format!("Echo: {longest}")));
}

#[tokio::test]
async fn t2_1_plain_omits_the_prefix() {
    let server = TestServer::start().await;
    for query in ["?plain", "?plain=1", "?x=y&plain"] {
        let mut peer = echo(&server, query).await;
        peer.send_text("x").await;
        assert_eq!(peer.receive().await.unwrap(), Message::text("x"), "{query}");
    }
}

#[tokio::test]
async fn a_message_over_the_limit_closes_with_1009_and_a_close_is_answered() {
    let server = TestServer::start().await;
    for message in [
        Message::text("x".repeat(MAX_ECHO_MESSAGE_BYTES + 1)),
        Message::binary(vec![0; MAX_ECHO_MESSAGE_BYTES + 1]),
    ] {
        let mut peer = echo(&server, "").await;
        peer.send(message).await;
        assert_eq!(peer.close_code().await, 1009);
    }
    let mut peer = echo(&server, "").await;
    peer.send(Message::Ping(vec![1, 2].into())).await;
    assert_eq!(peer.receive().await.unwrap(), Message::Pong(vec![1, 2].into()));
    peer.send(Message::Close(None)).await;
    assert!(matches!(peer.receive().await, None | Some(Message::Close(_))));
}

#[tokio::test]
async fn t2_1_compression_is_negotiated_and_used_for_long_messages() {
    let server = TestServer::start().await;
    let offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";
    let (mut stream, head) = connect_raw(&server, offer).await;
    assert!(head.contains("\r\nsec-websocket-extensions: permessage-deflate; "), "{head}");
    // A text frame of 1,000 bytes, with a mask of zeros.
    stream.write_all(&[0x81, 0xFE, 0x03, 0xE8, 0, 0, 0, 0]).await.unwrap();
    stream.write_all(&[b'x'; 1_000]).await.unwrap();
    let (first, length) = (stream.read_u8().await.unwrap(), stream.read_u8().await.unwrap());
    assert_eq!(first, 0xC1, "a final text frame, compressed");
    assert!(length < 100, "{length}");
}

#[tokio::test]
async fn plain_accepts_16_mib_and_not_one_byte_more() {
    let server = TestServer::start().await;
    let mut peer = echo(&server, "?plain").await;
    let largest = Message::binary(vec![7; MAX_PLAIN_ECHO_MESSAGE_BYTES]);
    peer.send(largest.clone()).await;
    assert!(peer.receive().await.unwrap() == largest);
    // The head of a frame above the limit is refused without its payload.
    let mut head = vec![0x82, 0xFF];
    head.extend((MAX_PLAIN_ECHO_MESSAGE_BYTES as u64 + 1).to_be_bytes());
    head.extend([0; 4]);
    peer.send_bytes(&head).await;
    assert_eq!(peer.close_code().await, 1009);
}

#[tokio::test]
async fn a_stopping_server_closes_the_echo_and_waits_for_it() {
    let server = TestServer::start().await;
    let mut peers = [echo(&server, "").await, echo(&server, "?plain").await];
    assert_eq!(server.tasks.len(), peers.len());
    server.stopping.cancel();
    server.tasks.close();
    for peer in &mut peers {
        assert_eq!(peer.close_code().await, 1001);
    }
    drop(peers);
    server.tasks.wait().await;
    match server.connect(server.request_to(ECHO_PATH, &[])).await {
        Err(Error::Http(response)) => assert_eq!(response.status().as_u16(), 503),
        other => panic!("a stopping server accepted a connection: {:?}", other.map(|_| ())),
    }
}

#[tokio::test]
async fn a_quiet_peer_gets_a_ping_and_a_dead_one_is_disconnected() {
    let server = TestServer::start().await;
    let mut alive = echo(&server, "").await;
    // Before the connection, because its heartbeat starts with it.
    let start = tokio::time::Instant::now();
    // A library would answer the ping.
    let (mut dead, _) = connect_raw(&server, "").await;
    tokio::time::pause();
    let living = tokio::spawn(async move {
        let mut pings = 0;
        while pings < 3 {
            pings += i32::from(alive.stream.next().await.unwrap().unwrap().is_ping());
        }
        alive.send_text("still here").await;
        alive.stream.next().await.unwrap().unwrap()
    });
    // An empty ping, then a close with code 4002.
    let mut frames = [0; 2];
    dead.read_exact(&mut frames).await.unwrap();
    assert_eq!(frames, [0x89, 0]);
    assert!(start.elapsed().as_millis() >= u128::from(PING_INTERVAL_MS));
    let mut close = [0; 4];
    dead.read_exact(&mut close).await.unwrap();
    assert_eq!((close[0], u16::from_be_bytes([close[2], close[3]])), (0x88, 4002));
    assert!(start.elapsed().as_millis() >= u128::from(PING_INTERVAL_MS + PONG_TIMEOUT_MS));
    assert_eq!(living.await.unwrap(), Message::text("Echo: still here"));
}
