//! The delivery of a message over HTTP.

use madang_shared::delivery::{Delivery, ReadStatus, path};
use madang_shared::{RoomId, Seq, ServerFrame};
use serde_json::Value;

use crate::test_server::{TestConnection, TestServer};

const ROOM: RoomId = RoomId(1);

async fn in_room(server: &TestServer, token: &str) -> TestConnection {
    let mut peer = server.connect_as(token).await;
    peer.send_text(r#"{"subscribe":{"topic":"room:1"}}"#).await;
    assert!(matches!(peer.receive_frame().await, ServerFrame::Snapshot(_)));
    peer
}

async fn delivery_of(server: &TestServer, token: &str, message: u64) -> Delivery {
    let request = server.http.get(server.url(&path(ROOM, Seq(message)))).bearer_auth(token);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.headers()["cache-control"], "no-store");
    answer.json().await.unwrap()
}

async fn receive_event(peer: &mut TestConnection) {
    while !matches!(peer.receive_frame().await, ServerFrame::Event { .. }) {}
}

#[tokio::test]
async fn t1_2_the_delivery_of_a_message_lists_all_recipients() {
    let server = TestServer::start().await;
    let (mina, theo) = (server.sign_up("Mina").await, server.sign_up("Theo").await);
    server.sign_up("Away").await;
    let mut from = in_room(&server, &mina).await;
    let mut to = in_room(&server, &theo).await;
    let mut to_too = in_room(&server, &theo).await;
    from.send_text(
        r#"{"command":{"id":"0198c5f0-0000-7000-8000-000000000001","command":{"chat":{"post":{"room":1,"text":"hi"}}}}}"#,
    )
    .await;
    for peer in [&mut from, &mut to, &mut to_too] {
        receive_event(peer).await;
    }
    let before = delivery_of(&server, &mina, 1).await;
    assert_eq!((before.subscribed, before.delivered, before.more), (3, 3, 0));
    assert_eq!(before.position.seq, Seq(1));
    let line = |delivery: &Delivery, name: &str| {
        let person = delivery.people.iter().find(|person| person.user.name == name).unwrap();
        (person.status, person.subscribed, person.delivered)
    };
    let unread = ReadStatus::Unread { up_to: Seq(0) };
    assert_eq!(line(&before, "Mina"), (ReadStatus::Wrote, 1, 1));
    assert_eq!(line(&before, "Theo"), (unread, 2, 2));
    assert_eq!(line(&before, "Away"), (unread, 0, 0));
    assert_eq!(before.gateway, None);

    to.send_text(
        r#"{"command":{"id":"0198c5f0-0000-7000-8000-000000000002","command":{"membership":{"read":{"room":1,"up_to":1}}}}}"#,
    )
    .await;
    while !matches!(to.receive_frame().await, ServerFrame::Ack { .. }) {}
    assert_eq!(line(&delivery_of(&server, &mina, 1).await, "Theo"), (ReadStatus::Read, 2, 2));
}

#[tokio::test]
async fn only_members_read_the_delivery_of_a_message() {
    let server = TestServer::start().await;
    let token = server.sign_up("Mina").await;
    for (path, token, expected) in [
        (path(ROOM, Seq(1)), "", (401, "unauthenticated")),
        (path(ROOM, Seq(1)), token.as_str(), (404, "not_found")),
        (path(RoomId(9), Seq(1)), token.as_str(), (404, "not_found")),
        ("/api/rooms/x/messages/1/delivery".into(), token.as_str(), (404, "not_found")),
    ] {
        let answer = server.http.get(server.url(&path)).bearer_auth(token).send().await.unwrap();
        let status = answer.status().as_u16();
        let problem: Value = answer.json().await.unwrap();
        assert_eq!((status, problem["code"].as_str().unwrap()), expected, "{path}");
    }
}
