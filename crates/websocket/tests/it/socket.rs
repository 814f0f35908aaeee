//! Open connections: the order of frames, and how connections end.

use madang_websocket::{Prepared, SendOutcome};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::bytes::{BINARY, CLOSE, CONTINUATION, FIN, PING, RSV1, TEXT, frame, head};
use crate::compression::deflate;
use crate::server::{MAX, Server, close_code, next, over_memory, request};

const OFFER: &str = "Sec-WebSocket-Extensions: permessage-deflate\r\n";

#[tokio::test]
async fn frames_sent_together_with_the_handshake_are_not_lost() {
    let server = Server::start().await;
    let mut bytes = request("").into_bytes();
    bytes.extend(frame(FIN | TEXT, "at once"));
    bytes.extend(frame(FIN | TEXT, "and more"));
    let mut stream = tokio::net::TcpStream::connect(server.address).await.unwrap();
    stream.write_all(&bytes).await.unwrap();
    crate::server::head_of(&mut stream).await;
    assert_eq!(&next(&mut stream).await.1[..], b"at once");
    assert_eq!(&next(&mut stream).await.1[..], b"and more");
}

#[tokio::test]
async fn section_5_5_2_a_ping_is_answered_in_its_place_within_a_message_too() {
    let server = Server::start().await;
    let mut stream = server.connect("").await;
    let mut bytes = frame(FIN | TEXT, "first");
    bytes.extend(frame(PING, "a"));
    bytes.extend(frame(TEXT, "sec"));
    bytes.extend(frame(PING, "b"));
    stream.write_all(&bytes).await.unwrap();
    for expected in [(0x81, b"first".as_slice()), (0x8A, b"a"), (0x8A, b"b")] {
        let (first, payload) = next(&mut stream).await;
        assert_eq!((first, &payload[..]), expected);
    }
    stream.write_all(&frame(FIN | CONTINUATION, "ond")).await.unwrap();
    assert_eq!(&next(&mut stream).await.1[..], b"second");
}

#[tokio::test]
async fn section_7_a_close_is_answered_with_its_code_and_the_connection_ends() {
    let mut server = Server::start().await;
    for (payload, code) in [
        (vec![], None),
        (1000_u16.to_be_bytes().to_vec(), Some(1000)),
        ([3000_u16.to_be_bytes().as_slice(), b"bye"].concat(), Some(3000)),
    ] {
        let mut stream = server.connect("").await;
        let mut bytes = frame(FIN | TEXT, "last message");
        bytes.extend(frame(CLOSE, payload));
        bytes.extend(frame(FIN | TEXT, "ignored"));
        stream.write_all(&bytes).await.unwrap();
        assert_eq!(&next(&mut stream).await.1[..], b"last message");
        assert_eq!(close_code(&mut stream).await, code);
        drop(stream);
        assert_eq!(server.ends.recv().await.unwrap(), "closed by the peer");
    }
}

#[tokio::test]
async fn section_7_1_7_an_error_is_sent_with_its_code_while_the_peer_still_writes() {
    let server = Server::start().await;
    for (start, code) in [
        (vec![0x81, 0x01, b'x'], 1002),
        (frame(FIN | RSV1 | TEXT, "x"), 1002),
        (frame(FIN | TEXT, [0xFF]), 1007),
        (head(FIN | BINARY, MAX + 1), 1009),
        (frame(CLOSE, [0, 0]), 1002),
    ] {
        let mut stream = server.connect("").await;
        stream.write_all(&frame(FIN | TEXT, "before")).await.unwrap();
        stream.write_all(&start).await.unwrap();
        // More than the buffers of the system hold: if it stayed unread, a reset would destroy the
        // close frame.
        let (mut read, mut write) = stream.split();
        let more = vec![0; 20 * MAX];
        let (received_code, written) = tokio::join!(
            async {
                assert_eq!(&next(&mut read).await.1[..], b"before");
                let (first, payload) = next(&mut read).await;
                assert_eq!(first, 0x88);
                u16::from_be_bytes([payload[0], payload[1]])
            },
            write.write_all(&more)
        );
        assert_eq!(received_code, code, "{start:02x?}");
        written.unwrap();
        write.shutdown().await.unwrap();
        assert_eq!(read.read(&mut [0; 10]).await.unwrap(), 0, "an end, and no reset");
    }
}

#[tokio::test]
async fn section_7_1_2_our_own_close_waits_for_the_answer_and_sends_nothing_after_it() {
    let mut server = Server::start().await;
    let mut stream = server.connect("").await;
    stream.write_all(&frame(FIN | TEXT, "close")).await.unwrap();
    let (first, payload) = next(&mut stream).await;
    assert_eq!(
        (first, &payload[..]),
        (0x88, [4000_u16.to_be_bytes().as_slice(), b"as requested"].concat().as_slice())
    );
    // Frames on their way are discarded, not answered.
    stream.write_all(&frame(FIN | TEXT, "too late")).await.unwrap();
    stream.write_all(&frame(PING, "too late")).await.unwrap();
    stream.write_all(&frame(CLOSE, 4000_u16.to_be_bytes())).await.unwrap();
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.unwrap();
    assert_eq!(rest, []);
    drop(stream);
    server.ends.recv().await.unwrap();
}

#[tokio::test]
async fn a_peer_that_never_answers_a_close_is_disconnected() {
    let mut server = Server::start().await;
    let mut stream = server.connect("").await;
    stream.write_all(&frame(FIN | TEXT, "close")).await.unwrap();
    next(&mut stream).await;
    // The stream stays open here. (This timeout is a bound, not a wait: the server gives up by
    // itself.)
    tokio::time::timeout(crate::server::PATIENCE, server.ends.recv()).await.unwrap().unwrap();
}

#[tokio::test]
async fn large_messages_return_whole_over_tcp_and_over_other_streams() {
    let server = Server::start().await;
    let payload: Vec<u8> = (0..MAX).map(|at| (at / 7) as u8).collect();
    let message = frame(FIN | BINARY, &payload);
    let mut tcp = server.connect("").await;
    tcp.write_all(&message).await.unwrap();
    assert!(next(&mut tcp).await.1 == payload);

    let (mut memory, mut ends) = over_memory().await;
    let (mut read, mut write) = tokio::io::split(&mut memory);
    let (answer, written) = tokio::join!(next(&mut read), write.write_all(&message));
    written.unwrap();
    assert!(answer.1 == payload);
    write.write_all(&frame(CLOSE, 1000_u16.to_be_bytes())).await.unwrap();
    assert_eq!(next(&mut read).await.0, 0x88);
    drop(memory);
    assert_eq!(ends.recv().await.unwrap(), "closed by the peer");
}

#[tokio::test]
async fn compressed_messages_are_understood_and_long_answers_compressed() {
    let server = Server::start().await;
    let mut stream = server.connect(OFFER).await;
    let text = "마당 ".repeat(200);
    stream.write_all(&frame(FIN | RSV1 | TEXT, deflate(text.as_bytes(), 6, 15))).await.unwrap();
    let (first, payload) = next(&mut stream).await;
    assert_eq!(first, FIN | RSV1 | TEXT);
    assert!(payload.len() < text.len() / 10);
    stream.write_all(&frame(FIN | TEXT, "short")).await.unwrap();
    assert_eq!(next(&mut stream).await, (FIN | TEXT, "short".into()));
    stream.write_all(&frame(FIN | TEXT, "shared")).await.unwrap();
    let shared = next(&mut stream).await;
    assert_eq!(shared.0, FIN | RSV1 | TEXT);
    assert_eq!(next(&mut stream).await, shared);
}

#[tokio::test]
async fn frames_from_other_tasks_arrive_whole_and_in_order_although_the_peer_is_slow() {
    let mut server = Server::start().await;
    let mut stream = server.connect("").await;
    let sender = server.senders.recv().await.unwrap();
    let numbered = |number: u32| {
        let text = format!("{number:08} {}", "x".repeat(50_000));
        (text.clone(), Prepared::text(&text).frame(sender.window()).clone())
    };
    // The peer does not read: at some point the system accepts no more.
    let mut sent = 0;
    loop {
        let two = [numbered(sent).1, numbered(sent + 1).1].concat();
        match sender.try_send(&two.into()).unwrap() {
            SendOutcome::Complete => sent += 2,
            SendOutcome::Buffered => {
                sent += 2;
                break;
            }
            SendOutcome::Busy => panic!("nothing was pending before"),
        }
        assert!(sent < 10_000, "a peer that does not read accepts frames without end");
    }
    assert_eq!(sender.try_send(&numbered(0).1).unwrap(), SendOutcome::Busy);
    // The connection's task flushes before it reads on. No wakeup reaches it here, so the pending
    // frames leave with the next inbound message.
    stream.write_all(&frame(FIN | TEXT, "wake up")).await.unwrap();
    for number in 0..sent {
        assert!(next(&mut stream).await.1 == numbered(number).0, "{number} of {sent}");
    }
    assert_eq!(next(&mut stream).await.1, "wake up");
    sender.hold();
    assert_eq!(sender.try_send(&numbered(0).1).unwrap(), SendOutcome::Busy);
    sender.release();
    assert_eq!(sender.try_send(&numbered(1).1).unwrap(), SendOutcome::Complete);
    assert!(next(&mut stream).await.1 == numbered(1).0);
}

#[tokio::test]
async fn a_peer_that_is_gone_is_noticed() {
    let mut server = Server::start().await;
    let stream = server.connect("").await;
    drop(stream);
    assert!(server.ends.recv().await.unwrap().starts_with("connection broken"));
    let (memory, mut ends) = over_memory().await;
    drop(memory);
    assert!(ends.recv().await.unwrap().starts_with("connection broken"));
}
