//! The connection loop, seen from the other end of the wire.

use madang_shared::limits::{MAX_BAD_FRAMES, MAX_CLIENT_FRAME_BYTES, SUBPROTOCOL};
use madang_shared::{ErrorCode, ServerFrame};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use crate::app::{App, Peer};

const ROOM: &str = r#"{"subscribe":{"topic":"room:1"}}"#;

fn post(number: u32, text: &str) -> String {
    let text = serde_json::to_string(text).unwrap();
    format!(
        r#"{{"command":{{"id":"01977000-0000-7000-8000-{number:012}","command":{{"chat":{{"post":{{"room":1,"text":{text}}}}}}}}}}}"#
    )
}

async fn hear_post(peer: &mut Peer) -> (u64, String) {
    loop {
        if let ServerFrame::Event { seq, event: madang_shared::Event::Chat(event), .. } =
            peer.hear().await
        {
            let madang_shared::chat::ChatEvent::Posted(message) = event;
            return (seq.0, message.text);
        }
    }
}

#[tokio::test]
async fn t0_4_a_message_reaches_everybody_the_sender_included() {
    let app = App::start().await;
    let mut anna = app.peer(&app.token("anna").await).await;
    let mut ben = app.peer(&app.token("ben").await).await;
    for peer in [&mut anna, &mut ben] {
        peer.say(ROOM).await;
        assert!(matches!(peer.hear().await, ServerFrame::Snapshot(_)));
    }
    anna.say(&post(1, "안녕")).await;
    ben.say(&post(2, "hello")).await;
    let seen = [hear_post(&mut anna).await, hear_post(&mut anna).await];
    assert_eq!([hear_post(&mut ben).await, hear_post(&mut ben).await], seen);
    assert_eq!([seen[0].0, seen[1].0], [1, 2]);
}

#[tokio::test]
async fn t1_2_what_was_acknowledged_is_stored() {
    let app = App::start().await;
    let token = app.token("anna").await;
    let mut peer = app.peer(&token).await;
    peer.say(&post(1, "kept")).await;
    let ServerFrame::Ack { at: Some(placed), .. } = peer.hear().await else {
        panic!("no acknowledgement")
    };
    assert_eq!(placed.seq.0, 1);

    app.store.set_write_limit(Some(0));
    peer.say(&post(2, "not kept")).await;
    let ServerFrame::Error { failure, .. } = peer.hear().await else {
        panic!("acknowledged without being stored")
    };
    assert_eq!((failure.code, failure.retry), (ErrorCode::Unavailable, true));
    // Readers go on.
    peer.say(ROOM).await;
    assert!(matches!(peer.hear().await, ServerFrame::Snapshot(_)));
}

#[tokio::test]
async fn frames_that_no_client_of_ours_sends_end_the_connection_with_a_reason() {
    let app = App::start().await;
    let token = app.token("anna").await;
    let cases = [
        (Message::binary(vec![1, 2, 3]), 1003),
        (Message::text("x".repeat(MAX_CLIENT_FRAME_BYTES + 1)), 1009),
    ];
    for (message, code) in cases {
        let mut peer = app.peer(&token).await;
        peer.send(message).await;
        assert_eq!(peer.close_code().await, code);
    }
    let mut stranger =
        app.connect(app.request(&[("sec-websocket-protocol", SUBPROTOCOL)])).await.unwrap();
    stranger.say("hello").await;
    assert_eq!(stranger.close_code().await, 4503);

    let mut fool = app.peer(&token).await;
    for _ in 0..=MAX_BAD_FRAMES {
        fool.say("{").await;
    }
    assert_eq!(fool.close_code().await, 4502);
}

#[tokio::test]
async fn the_longest_message_fits_and_bad_input_loses_nothing() {
    let app = App::start().await;
    let mut peer = app.peer(&app.token("anna").await).await;
    peer.say(ROOM).await;
    peer.hear().await;
    peer.say("[1, 2").await;
    assert!(
        matches!(peer.hear().await, ServerFrame::Error { failure, .. } if failure.code == ErrorCode::Malformed)
    );
    let longest = "\u{1F600}".repeat(madang_shared::chat::MAX_MESSAGE_CHARS);
    peer.say(&post(1, &longest)).await;
    assert_eq!(hear_post(&mut peer).await, (1, longest));
    peer.send(Message::Ping(vec![7].into())).await;
    peer.say(&post(2, "after a ping")).await;
    loop {
        match tokio_stream_next(&mut peer).await {
            Message::Pong(payload) => break assert_eq!(payload.as_ref(), [7]),
            Message::Text(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

async fn tokio_stream_next(peer: &mut Peer) -> Message {
    futures_util::StreamExt::next(&mut peer.stream).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_reader_who_stops_reading_holds_up_nobody() {
    let app = App::start().await;
    let mut stalled = app.peer(&app.token("stalled").await).await;
    stalled.say(ROOM).await;
    let mut writer = app.peer(&app.token("writer").await).await;
    writer.say(ROOM).await;
    writer.hear().await;
    // More than the stalled connection's buffers and the ring hold together.
    let text = "x".repeat(3_900);
    for number in 0..60 {
        writer.say(&post(number, &text)).await;
        assert_eq!(hear_post(&mut writer).await.0, u64::from(number) + 1);
    }
    stalled.hear().await;
    for seq in 1..=60 {
        assert_eq!(hear_post(&mut stalled).await.0, seq, "it misses nothing when it reads again");
    }
}

#[tokio::test]
async fn a_stop_finishes_what_was_asked_and_tells_clients_to_come_back() {
    let app = App::start().await;
    let mut peer = app.peer(&app.token("anna").await).await;
    peer.say(&post(1, "before the stop")).await;
    assert!(matches!(peer.hear().await, ServerFrame::Ack { .. }));
    app.stopping.cancel();
    assert_eq!(peer.close_code().await, 4000);
    drop(peer);
    app.tasks.close();
    app.tasks.wait().await;
    let refused = app.http.get(app.url("/readyz")).send().await.unwrap();
    assert_eq!(refused.status().as_u16(), 503);
}

#[tokio::test]
async fn the_end_of_a_session_ends_its_connections_and_nobody_elses() {
    let app = App::start().await;
    let token = app.token("anna").await;
    let mut tabs = [app.peer(&token).await, app.peer(&token).await];
    let mut ben = app.peer(&app.token("ben").await).await;
    let out = app.http.delete(app.url("/api/session")).bearer_auth(&token).send().await.unwrap();
    assert_eq!(out.status().as_u16(), 204);
    for tab in &mut tabs {
        assert_eq!(tab.close_code().await, 4501);
    }
    ben.say(ROOM).await;
    assert!(matches!(ben.hear().await, ServerFrame::Snapshot(_)), "others notice nothing");
}

#[tokio::test]
async fn a_close_is_answered_and_a_broken_protocol_is_named() {
    let app = App::start().await;
    let token = app.token("anna").await;
    let mut peer = app.peer(&token).await;
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
        let mut peer = app.peer(&token).await;
        peer.send_raw(&bytes).await;
        assert_eq!(peer.close_code().await, code, "{bytes:x?}");
    }
}

#[tokio::test]
async fn whoever_asks_for_much_and_reads_nothing_holds_up_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let app = App::on_disk(folder.path()).await;
    let token = app.token("greedy").await;
    let mut greedy = app.peer(&token).await;
    let text = "\u{1F600}".repeat(3_900);
    for number in 0..50 {
        greedy.say(&post(number, &text)).await;
        assert!(matches!(greedy.hear().await, ServerFrame::Ack { .. }));
    }
    // Each answer has more bytes than the sockets' buffers hold.
    for id in 0..200 {
        greedy.say(&format!(r#"{{"query":{{"id":{id},"query":{{"chat":{{"before":{{"room":1,"before":99,"limit":50}}}}}}}}}}"#)).await;
    }
    let mut other = app.peer(&app.token("other").await).await;
    other.say(ROOM).await;
    assert!(matches!(other.hear().await, ServerFrame::Snapshot(_)));
    drop(greedy);
}
