//! Packets in every legal form: escaped or not, as long as a text may be, and longer.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::test_client::{ENGINE_IO_3, PollingClient, SocketIoClient};
use crate::test_server::TestServer;

/// An event as python-socketio writes it: every character outside ASCII is escaped.
fn escaped(event: &Value) -> String {
    let mut text = String::new();
    for c in event.to_string().chars() {
        if c.is_ascii() {
            text.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(text, "\\u{unit:04x}").unwrap();
            }
        }
    }
    text
}

async fn engine_io_3_client(server: &TestServer) -> SocketIoClient {
    let peer = server.connect(server.request_to(ENGINE_IO_3, &[])).await.unwrap();
    let mut client = SocketIoClient { peer, id: String::new() };
    while client.receive_text().await.unwrap() != "40" {}
    client
}

#[tokio::test]
async fn the_longest_text_arrives_in_its_longest_encoding() {
    let server = TestServer::start().await;
    let longest = "👋".repeat(4_000);
    let name = "가".repeat(32);
    let object = json!({ "user_name": name, "message": longest });
    let packet = format!("42{}", escaped(&json!(["my event", object])));
    assert!(packet.len() > 48_000);
    let mut websocket = SocketIoClient::connect(&server).await;
    websocket.send_packet(&packet).await;
    assert_eq!(websocket.receive("my response").await, object);
    let mut old = engine_io_3_client(&server).await;
    old.send_packet(&packet).await;
    assert_eq!(old.receive("my response").await, object);
    for version in [3, 4] {
        let mut polling = PollingClient::connect(&server, version).await;
        assert_eq!(polling.post(&packet).await, 200);
        assert_eq!(polling.receive("my response").await, object);
    }
    // Every character escaped, those of ASCII too.
    let all: String = (0..4_000).map(|_| "\\u0061").collect();
    websocket.send_packet(&format!("42[\"data\",\"{all}\"]")).await;
    websocket.receive_until("message", &json!("a".repeat(4_000))).await;
    let expected = [vec![(name, longest); 4], vec![(String::new(), "a".repeat(4_000))]].concat();
    assert_eq!(server.stored_messages(), expected);
}

#[tokio::test]
async fn a_text_above_the_limit_is_refused_and_the_connection_lives() {
    let server = TestServer::start().await;
    let mut client = SocketIoClient::connect(&server).await;
    let mut polling = PollingClient::connect(&server, 4).await;
    for length in [4_001, 33_000, 140_000, 400_000] {
        let text = "x".repeat(length);
        client.send_packet(&format!("427[\"data\",\"{text}\"]")).await;
        assert_eq!(client.receive_ack(7).await[0]["error"]["code"], "too_long", "{length}");
        let refused = client.receive("refused").await;
        assert_eq!(
            (&refused["event"], &refused["error"]["code"]),
            (&json!("data"), &json!("too_long"))
        );
        let told = client.receive("data").await;
        assert!(told["data"].as_str().unwrap().contains("4000 characters"), "{told}");
        assert_eq!(polling.post(&format!("42[\"my event\",\"{text}\"]")).await, 200);
        assert_eq!(polling.receive("refused").await["error"]["code"], "too_long", "{length}");
        polling.receive("my response").await;
    }
    client.emit(&json!(["data", "still here"])).await;
    assert_eq!(client.receive("data").await["data"], "still here");
}

#[tokio::test]
async fn a_packet_that_is_not_read_is_refused_before_the_connection_ends() {
    let server = TestServer::start().await;
    let mut client = SocketIoClient::connect(&server).await;
    client.send_packet(&format!("42[\"data\",\"{}\"]", "x".repeat(600_000))).await;
    assert_eq!(client.receive("refused").await["error"]["code"], "too_long");
    assert_eq!(client.close_code().await, 1009);
    let polling = PollingClient::connect(&server, 4).await;
    assert_eq!(polling.post(&format!("42[\"data\",\"{}\"]", "x".repeat(600_000))).await, 413);
}

#[tokio::test]
async fn an_escaped_name_of_an_event_is_a_name() {
    let server = TestServer::start().await;
    let mut client = SocketIoClient::connect(&server).await;
    let mut old = engine_io_3_client(&server).await;
    for name in ["이벤트", "a\"b\\c\n", "👋"] {
        for (client, number) in [(&mut client, 3), (&mut old, 4)] {
            client.send_packet(&format!("42{number}{}", escaped(&json!([name, "x"])))).await;
            assert_eq!(client.receive_ack(number).await[0]["error"]["code"], "unsupported");
            assert_eq!(client.receive("refused").await["event"], name);
        }
    }
    for version in [3, 4] {
        let mut polling = PollingClient::connect(&server, version).await;
        assert_eq!(polling.post(&format!("42{}", escaped(&json!(["이벤트"])))).await, 200);
        assert_eq!(polling.receive("refused").await["event"], "이벤트");
    }
    client.send_packet(r#"42["d\u0061ta","\"quoted\" \\ \ud83d\udc4b"]"#).await;
    assert_eq!(client.receive("data").await["data"], "\"quoted\" \\ 👋");
}

#[tokio::test]
async fn escaped_names_of_members_are_names() {
    let server = TestServer::start().await;
    let mut client = SocketIoClient::connect(&server).await;
    let object = json!({ "가": { "나": 1 }, "user_name": "민수", "message": "안녕" });
    client.send_packet(&format!("42{}", escaped(&json!(["my event", object])))).await;
    assert_eq!(client.receive("my response").await, object);
    let other = json!({ "인사": "안녕" });
    client.send_packet(&format!("42{}", escaped(&json!(["my event", other])))).await;
    assert_eq!(client.receive("my response").await, other);
}

#[tokio::test]
async fn an_event_that_is_not_json_is_refused() {
    let server = TestServer::start().await;
    let mut client = SocketIoClient::connect(&server).await;
    for wrong in [r#"42["data",]"#, "42[7]", "42[]", r#"42["data","\ud83d"]"#, r#"42["data"]"#] {
        client.send_packet(wrong).await;
        assert_eq!(client.receive("refused").await["error"]["code"], "malformed", "{wrong}");
    }
    client.emit(&json!(["data", "still here"])).await;
    client.receive_until("message", &json!("still here")).await;
}

#[tokio::test]
async fn a_packet_that_cannot_be_read_is_refused_and_the_session_lives() {
    let server = TestServer::start().await;
    let mut client = SocketIoClient::connect(&server).await;
    let mut old = engine_io_3_client(&server).await;
    let wrong = [
        "",
        "0{}",
        "9",
        "4",
        "48",
        "4x",
        "40x",
        "42",
        "42{}",
        "42\"x\"",
        "43",
        "43[]",
        "437{}",
        "437[",
        "44[]",
        "45",
        "451-7",
        "46",
        "467[]",
        "4299999999999999999999",
        "b%",
        "é",
        "hello",
    ];
    for wrong in wrong {
        for client in [&mut client, &mut old] {
            client.send_packet(wrong).await;
            assert_eq!(client.receive("refused").await["error"]["code"], "malformed", "{wrong}");
        }
    }
    for client in [&mut client, &mut old] {
        client.emit(&json!(["data", "still here"])).await;
        client.receive_until("message", &json!("still here")).await;
    }
    for version in [3, 4] {
        let mut polling = PollingClient::connect(&server, version).await;
        for wrong in wrong {
            assert_eq!(polling.post(wrong).await, 200);
            let refused = polling.receive("refused").await;
            assert_eq!(refused["error"]["code"], "malformed", "{version} {wrong}");
        }
        assert_eq!(polling.post(r#"42["data","still here"]"#).await, 200);
        while polling.receive("message").await != "still here" {}
    }
}

#[tokio::test]
async fn a_body_that_is_no_payload_is_refused_with_a_sentence() {
    let server = TestServer::start().await;
    let mut polling = PollingClient::connect(&server, 3).await;
    for wrong in ["x", "5:ab", ":", "-1:a", "2:42[]", "99999999999999999999:a"] {
        let (status, body) = polling.post_body(wrong.into()).await;
        assert_eq!(status, 400, "{wrong}");
        assert!(body.contains("<length>:<packet>"), "{body}");
    }
    let mut new = PollingClient::connect(&server, 4).await;
    let (status, body) = new.post_body(vec![0x34, 0x32, 0xff]).await;
    assert_eq!(status, 400);
    assert!(body.contains("UTF-8"), "{body}");
    for polling in [&mut polling, &mut new] {
        assert_eq!(polling.post(r#"42["data","still here"]"#).await, 200);
        while polling.receive("message").await != "still here" {}
    }
}
