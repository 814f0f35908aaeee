//! The connection loop, with a foreign client.

use flate2::{Decompress, FlushDecompress};
use madang_shared::limits::{MAX_BAD_FRAMES, MAX_CLIENT_FRAME_BYTES, SOCKET_PATH, SUBPROTOCOL};
use madang_shared::{ErrorCode, ServerFrame, Snapshot, codec};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use crate::test_server::{TestConnection, TestServer};

const ROOM: &str = r#"{"subscribe":{"topic":"room:1"}}"#;

fn post(number: u32, text: &str) -> String {
    let text = serde_json::to_string(text).unwrap();
    format!(
        r#"{{"command":{{"id":"01977000-0000-7000-8000-{number:012}","command":{{"chat":{{"post":{{"room":1,"text":{text}}}}}}}}}}}"#
    )
}

async fn receive_post(peer: &mut TestConnection) -> (u64, String) {
    loop {
        if let ServerFrame::Event { seq, event: madang_shared::Event::Chat(event), .. } =
            peer.receive_frame().await
        {
            let madang_shared::chat::ChatEvent::Posted(message) = event else {
                panic!("{event:?}")
            };
            return (seq.0, message.text);
        }
    }
}

#[tokio::test]
async fn t0_4_a_message_reaches_everybody_the_sender_included() {
    let server = TestServer::start().await;
    let mut anna = server.connect_as(&server.sign_up("anna").await).await;
    let mut ben = server.connect_as(&server.sign_up("ben").await).await;
    for peer in [&mut anna, &mut ben] {
        peer.send_text(ROOM).await;
        assert!(matches!(peer.receive_frame().await, ServerFrame::Snapshot(_)));
    }
    anna.send_text(&post(1, "안녕")).await;
    ben.send_text(&post(2, "hello")).await;
    let received = [receive_post(&mut anna).await, receive_post(&mut anna).await];
    assert_eq!([receive_post(&mut ben).await, receive_post(&mut ben).await], received);
    assert_eq!([received[0].0, received[1].0], [1, 2]);
}

#[tokio::test]
async fn t1_2_an_acknowledged_message_is_stored() {
    let server = TestServer::start().await;
    let token = server.sign_up("anna").await;
    let mut peer = server.connect_as(&token).await;
    peer.send_text(&post(1, "stored")).await;
    let ServerFrame::Ack { at: Some(placed), .. } = peer.receive_frame().await else {
        panic!("no acknowledgement")
    };
    assert_eq!(placed.seq.0, 1);

    server.store.set_write_limit(Some(0));
    peer.send_text(&post(2, "not stored")).await;
    let ServerFrame::Error { failure, .. } = peer.receive_frame().await else {
        panic!("acknowledged without being stored")
    };
    assert_eq!((failure.code, failure.retry), (ErrorCode::Unavailable, true));
    // Reads still work.
    peer.send_text(ROOM).await;
    assert!(matches!(peer.receive_frame().await, ServerFrame::Snapshot(_)));
}

#[tokio::test]
async fn a_page_of_history_is_the_same_plain_and_compressed_for_any_window() {
    let server = TestServer::start().await;
    let token = server.sign_up("anna").await;
    let mut author = server.connect_as(&token).await;
    // Pages below and above the size that is compressed at once.
    for (round, text) in ["a \"short\" one", &"마당 ".repeat(1_300)].into_iter().enumerate() {
        for number in 0..5 {
            author.send_text(&post(u32::try_from(10 * round).unwrap() + number, text)).await;
            assert!(matches!(author.receive_frame().await, ServerFrame::Ack { .. }));
        }
        let mut plain = server.connect_as(&token).await;
        plain.send_text(ROOM).await;
        let Some(Message::Text(expected)) = plain.receive().await else { panic!("no text") };
        let ServerFrame::Snapshot(state) = codec::decode_server(&expected).unwrap() else {
            panic!("{expected}")
        };
        let Snapshot::Chat(room) = state.snapshot else { panic!("{expected}") };
        assert_eq!(room.page.messages.len(), 5 * (round + 1));
        assert_eq!(room.membership.head, state.position.seq);
        // Twice each: the first connection may compress, the second gets the same bytes.
        for offer in ["", "; server_max_window_bits=10", "", "; server_max_window_bits=10"] {
            let mut stream = raw_socket(&server, &token, offer).await;
            send_text(&mut stream, r#"{"hello":{"client":"test","topics":[{"topic":"room:1"}]}}"#)
                .await;
            let welcome = receive_text(&mut stream).await;
            assert!(welcome.starts_with(r#"{"welcome""#), "{welcome}");
            assert_eq!(receive_text(&mut stream).await, expected.as_str(), "{offer}");
        }
    }
}

/// An app's socket with compression.
async fn raw_socket(server: &TestServer, token: &str, offer: &str) -> TcpStream {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let head = format!(
        "GET {SOCKET_PATH} HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\
         Sec-WebSocket-Protocol: {SUBPROTOCOL}\r\nAuthorization: Bearer {token}\r\n\
         Sec-WebSocket-Extensions: permessage-deflate{offer}\r\n\r\n",
        server.address
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        answer.push(stream.read_u8().await.unwrap());
    }
    assert!(answer.starts_with(b"HTTP/1.1 101 "), "{}", String::from_utf8_lossy(&answer));
    stream
}

/// Sends a short text with a mask of zeros.
async fn send_text(stream: &mut TcpStream, text: &str) {
    let length = u8::try_from(text.len()).unwrap();
    assert!(length < 126);
    stream.write_all(&[0x81, 0x80 | length, 0, 0, 0, 0]).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
}

/// Receives a text in one frame, compressed or not.
async fn receive_text(stream: &mut TcpStream) -> String {
    let (first, short) = (stream.read_u8().await.unwrap(), stream.read_u8().await.unwrap());
    let length = match short {
        126 => u64::from(stream.read_u16().await.unwrap()),
        127 => stream.read_u64().await.unwrap(),
        short => u64::from(short),
    };
    let mut payload = vec![0; usize::try_from(length).unwrap()];
    stream.read_exact(&mut payload).await.unwrap();
    match first {
        0x81 => {}
        0xC1 => {
            payload.extend([0, 0, 0xFF, 0xFF]);
            let mut inflated = Vec::with_capacity(1 << 20);
            let mut inflate = Decompress::new(false);
            inflate.decompress_vec(&payload, &mut inflated, FlushDecompress::Sync).unwrap();
            assert_eq!(inflate.total_in(), payload.len() as u64);
            payload = inflated;
        }
        other => panic!("{other:#x} instead of a text"),
    }
    String::from_utf8(payload).unwrap()
}

#[tokio::test]
async fn invalid_frames_close_the_connection_with_a_code() {
    let server = TestServer::start().await;
    let token = server.sign_up("anna").await;
    let cases = [
        (Message::binary(vec![1, 2, 3]), 1003),
        (Message::text("x".repeat(MAX_CLIENT_FRAME_BYTES + 1)), 1009),
    ];
    for (message, code) in cases {
        let mut peer = server.connect_as(&token).await;
        peer.send(message).await;
        assert_eq!(peer.close_code().await, code);
    }
    let mut without_hello = server
        .connect(server.socket_request(&[("sec-websocket-protocol", SUBPROTOCOL)]))
        .await
        .unwrap();
    without_hello.send_text("hello").await;
    assert_eq!(without_hello.close_code().await, 4503);

    let mut malformed = server.connect_as(&token).await;
    for _ in 0..=MAX_BAD_FRAMES {
        malformed.send_text("{").await;
    }
    assert_eq!(malformed.close_code().await, 4502);
}

#[tokio::test]
async fn the_longest_message_fits_and_malformed_input_loses_nothing() {
    let server = TestServer::start().await;
    let mut peer = server.connect_as(&server.sign_up("anna").await).await;
    peer.send_text(ROOM).await;
    peer.receive_frame().await;
    peer.send_text("[1, 2").await;
    assert!(
        matches!(peer.receive_frame().await, ServerFrame::Error { failure, .. } if failure.code == ErrorCode::Malformed)
    );
    let longest = "\u{1F600}".repeat(madang_shared::chat::MAX_MESSAGE_CHARS);
    // As two escapes of JSON for each character, the longest encoding.
    peer.send_text(&post(1, &longest).replace('\u{1F600}', "\\ud83d\\ude00")).await;
    assert_eq!(receive_post(&mut peer).await, (1, longest));
    peer.send(Message::Ping(vec![7].into())).await;
    peer.send_text(&post(2, "after a ping")).await;
    loop {
        match next_message(&mut peer).await {
            Message::Pong(payload) => break assert_eq!(payload.as_ref(), [7]),
            Message::Text(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

async fn next_message(peer: &mut TestConnection) -> Message {
    futures_util::StreamExt::next(&mut peer.stream).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_reader_that_stops_reading_delays_no_other() {
    let server = TestServer::start().await;
    let mut stalled = server.connect_as(&server.sign_up("stalled").await).await;
    stalled.send_text(ROOM).await;
    let mut writer = server.connect_as(&server.sign_up("writer").await).await;
    writer.send_text(ROOM).await;
    writer.receive_frame().await;
    // More bytes than the stalled connection's buffers and the ring hold together.
    let text = "x".repeat(3_900);
    for number in 0..60 {
        writer.send_text(&post(number, &text)).await;
        assert_eq!(receive_post(&mut writer).await.0, u64::from(number) + 1);
    }
    stalled.receive_frame().await;
    for seq in 1..=60 {
        assert_eq!(
            receive_post(&mut stalled).await.0,
            seq,
            "it gets every event when it reads again"
        );
    }
}

#[tokio::test]
async fn a_stop_finishes_commands_and_closes_with_shutting_down() {
    let server = TestServer::start().await;
    let mut peer = server.connect_as(&server.sign_up("anna").await).await;
    peer.send_text(&post(1, "before the stop")).await;
    assert!(matches!(peer.receive_frame().await, ServerFrame::Ack { .. }));
    server.stopping.cancel();
    assert_eq!(peer.close_code().await, 4000);
    drop(peer);
    server.tasks.close();
    server.tasks.wait().await;
    let refused = server.http.get(server.url("/readyz")).send().await.unwrap();
    assert_eq!(refused.status().as_u16(), 503);
}

#[tokio::test]
async fn the_end_of_a_session_closes_its_connections_and_no_others() {
    let server = TestServer::start().await;
    let token = server.sign_up("anna").await;
    let mut tabs = [server.connect_as(&token).await, server.connect_as(&token).await];
    let mut ben = server.connect_as(&server.sign_up("ben").await).await;
    let out =
        server.http.delete(server.url("/api/session")).bearer_auth(&token).send().await.unwrap();
    assert_eq!(out.status().as_u16(), 204);
    for tab in &mut tabs {
        assert_eq!(tab.close_code().await, 4501);
    }
    ben.send_text(ROOM).await;
    assert!(
        matches!(ben.receive_frame().await, ServerFrame::Snapshot(_)),
        "other connections are not affected"
    );
}

#[tokio::test]
async fn a_close_is_answered_and_a_protocol_error_has_its_code() {
    let server = TestServer::start().await;
    let token = server.sign_up("anna").await;
    let mut peer = server.connect_as(&token).await;
    let going = CloseFrame { code: 1000.into(), reason: "bye".into() };
    peer.send(Message::Close(Some(going))).await;
    assert_eq!(peer.close_code().await, 1000);

    for (bytes, code) in [
        // A text frame without a mask (RFC 6455 section 5.1), one with a reserved bit (5.2), and one
        // whose text is not UTF-8 (8.1).
        (vec![0x81, 0x01, b'x'], 1002),
        (vec![0xF1, 0x81, 0, 0, 0, 0, b'x'], 1002),
        (vec![0x81, 0x81, 0, 0, 0, 0, 0xFF], 1007),
    ] {
        let mut peer = server.connect_as(&token).await;
        peer.send_bytes(&bytes).await;
        assert_eq!(peer.close_code().await, code, "{bytes:x?}");
    }
}

#[tokio::test]
async fn a_client_with_many_queries_that_does_not_read_delays_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let server = TestServer::on_disk(folder.path()).await;
    let token = server.sign_up("greedy").await;
    let mut greedy = server.connect_as(&token).await;
    let text = "\u{1F600}".repeat(3_900);
    for number in 0..50 {
        greedy.send_text(&post(number, &text)).await;
        assert!(matches!(greedy.receive_frame().await, ServerFrame::Ack { .. }));
    }
    // Each answer has more bytes than the socket buffers hold.
    for id in 0..200 {
        greedy.send_text(&format!(r#"{{"query":{{"id":{id},"query":{{"chat":{{"before":{{"room":1,"before":99,"limit":50}}}}}}}}}}"#)).await;
    }
    let mut other = server.connect_as(&server.sign_up("other").await).await;
    other.send_text(ROOM).await;
    assert!(matches!(other.receive_frame().await, ServerFrame::Snapshot(_)));
    drop(greedy);
}
