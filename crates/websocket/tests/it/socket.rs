//! Open connections: what leaves, in which order, and how they end.

use madang_websocket::{Prepared, SendOutcome};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::bytes::{BINARY, CLOSE, CONTINUATION, FIN, PING, RSV1, TEXT, frame, head};
use crate::compression::deflate;
use crate::server::{MAX, Server, close_code, next, over_memory, request};

const OFFER: &str = "Sec-WebSocket-Extensions: permessage-deflate\r\n";

#[tokio::test]
async fn what_comes_with_the_handshake_is_not_lost() {
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
        let mut bytes = frame(FIN | TEXT, "last words");
        bytes.extend(frame(CLOSE, payload));
        bytes.extend(frame(FIN | TEXT, "not heard"));
        stream.write_all(&bytes).await.unwrap();
        assert_eq!(&next(&mut stream).await.1[..], b"last words");
        assert_eq!(close_code(&mut stream).await, code);
        drop(stream);
        assert_eq!(server.ends.recv().await.unwrap(), "closed by the peer");
    }
}

#[tokio::test]
async fn section_7_1_7_a_fault_is_told_with_its_code_while_the_peer_still_writes() {
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
        // More than the system's buffers hold: were it left unread, a reset would take the code away.
        let (mut read, mut write) = stream.split();
        let more = vec![0; 20 * MAX];
        let (code_told, written) = tokio::join!(
            async {
                assert_eq!(&next(&mut read).await.1[..], b"before");
                let (first, payload) = next(&mut read).await;
                assert_eq!(first, 0x88);
                u16::from_be_bytes([payload[0], payload[1]])
            },
            write.write_all(&more)
        );
        assert_eq!(code_told, code, "{start:02x?}");
        written.unwrap();
        write.shutdown().await.unwrap();
        assert_eq!(read.read(&mut [0; 10]).await.unwrap(), 0, "an end, and no reset");
    }
}

#[tokio::test]
async fn section_7_1_2_our_own_close_waits_for_the_answer_and_says_nothing_after_it() {
    let mut server = Server::start().await;
    let mut stream = server.connect("").await;
    stream.write_all(&frame(FIN | TEXT, "close")).await.unwrap();
    let (first, payload) = next(&mut stream).await;
    assert_eq!(
        (first, &payload[..]),
        (0x88, [4000_u16.to_be_bytes().as_slice(), b"as you wish"].concat().as_slice())
    );
    // What was under way is taken, and not answered.
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
async fn whoever_never_answers_a_close_is_let_go() {
    let mut server = Server::start().await;
    let mut stream = server.connect("").await;
    stream.write_all(&frame(FIN | TEXT, "close")).await.unwrap();
    next(&mut stream).await;
    // The stream stays open here. (A bound, not a wait: the goodbye's time is up by itself.)
    tokio::time::timeout(crate::server::PATIENCE, server.ends.recv()).await.unwrap().unwrap();
}

#[tokio::test]
async fn large_messages_come_back_whole_over_tcp_and_over_anything_else() {
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
async fn others_can_write_to_a_peer_and_what_it_does_not_take_is_kept_whole_and_in_order() {
    let mut server = Server::start().await;
    let mut stream = server.connect("").await;
    let sender = server.senders.recv().await.unwrap();
    let numbered = |number: u32| {
        let text = format!("{number:08} {}", "x".repeat(50_000));
        (text.clone(), Prepared::text(&text).frame(sender.window()).clone())
    };
    // Nobody reads: at some point the system takes no more.
    let mut taken = 0;
    loop {
        let two = [numbered(taken).1, numbered(taken + 1).1].concat();
        match sender.try_send(&two.into()).unwrap() {
            SendOutcome::Complete => taken += 2,
            SendOutcome::Buffered => {
                taken += 2;
                break;
            }
            SendOutcome::Busy => panic!("nothing was kept before"),
        }
        assert!(taken < 10_000, "a reader that does not read takes no end of frames");
    }
    assert_eq!(sender.try_send(&numbered(0).1).unwrap(), SendOutcome::Busy);
    // The connection's task flushes before it reads on; a message of the peer's wakes nobody here, so
    // what is kept goes out with the next thing that happens.
    stream.write_all(&frame(FIN | TEXT, "wake up")).await.unwrap();
    for number in 0..taken {
        assert!(next(&mut stream).await.1 == numbered(number).0, "{number} of {taken}");
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
    assert!(server.ends.recv().await.unwrap().starts_with("broken"));
    let (memory, mut ends) = over_memory().await;
    drop(memory);
    assert!(ends.recv().await.unwrap().starts_with("broken"));
}
