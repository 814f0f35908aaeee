//! What became of a message, for those who may know.

use madang_shared::delivery::{Delivery, ReceiptStatus, path};
use madang_shared::{RoomId, Seq, ServerFrame};
use serde_json::Value;

use crate::app::{App, Peer};

const ROOM: RoomId = RoomId(1);

async fn in_room(app: &App, token: &str) -> Peer {
    let mut peer = app.peer(token).await;
    peer.say(r#"{"subscribe":{"topic":"room:1"}}"#).await;
    assert!(matches!(peer.hear().await, ServerFrame::Snapshot(_)));
    peer
}

async fn ask(app: &App, token: &str, message: u64) -> Delivery {
    let request = app.http.get(app.url(&path(ROOM, Seq(message)))).bearer_auth(token);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.headers()["cache-control"], "no-store");
    answer.json().await.unwrap()
}

async fn hear_event(peer: &mut Peer) {
    while !matches!(peer.hear().await, ServerFrame::Event { .. }) {}
}

#[tokio::test]
async fn t1_2_a_message_is_followed_to_everybody_it_was_for() {
    let app = App::start().await;
    let (mina, theo) = (app.token("Mina").await, app.token("Theo").await);
    app.token("Away").await;
    let mut from = in_room(&app, &mina).await;
    let mut to = in_room(&app, &theo).await;
    let mut to_too = in_room(&app, &theo).await;
    from.say(
        r#"{"command":{"id":"0198c5f0-0000-7000-8000-000000000001","command":{"chat":{"post":{"room":1,"text":"hi"}}}}}"#,
    )
    .await;
    for peer in [&mut from, &mut to, &mut to_too] {
        hear_event(peer).await;
    }
    let before = ask(&app, &mina, 1).await;
    assert_eq!((before.subscribed, before.delivered, before.more), (3, 3, 0));
    assert_eq!(before.position.seq, Seq(1));
    let line = |delivery: &Delivery, name: &str| {
        let person = delivery.people.iter().find(|person| person.user.name == name).unwrap();
        (person.status, person.subscribed, person.delivered)
    };
    let unread = ReceiptStatus::Unread { up_to: Seq(0) };
    assert_eq!(line(&before, "Mina"), (ReceiptStatus::Wrote, 1, 1));
    assert_eq!(line(&before, "Theo"), (unread, 2, 2));
    assert_eq!(line(&before, "Away"), (unread, 0, 0));
    assert_eq!(before.gateway, None);

    to.say(
        r#"{"command":{"id":"0198c5f0-0000-7000-8000-000000000002","command":{"membership":{"read":{"room":1,"up_to":1}}}}}"#,
    )
    .await;
    while !matches!(to.hear().await, ServerFrame::Ack { .. }) {}
    assert_eq!(line(&ask(&app, &mina, 1).await, "Theo"), (ReceiptStatus::Read, 2, 2));
}

#[tokio::test]
async fn what_became_of_a_message_is_asked_by_members_only() {
    let app = App::start().await;
    let token = app.token("Mina").await;
    for (path, token, expected) in [
        (path(ROOM, Seq(1)), "", (401, "unauthenticated")),
        (path(ROOM, Seq(1)), token.as_str(), (404, "not_found")),
        (path(RoomId(9), Seq(1)), token.as_str(), (404, "not_found")),
        ("/api/rooms/x/messages/1/delivery".into(), token.as_str(), (404, "not_found")),
    ] {
        let answer = app.http.get(app.url(&path)).bearer_auth(token).send().await.unwrap();
        let status = answer.status().as_u16();
        let problem: Value = answer.json().await.unwrap();
        assert_eq!((status, problem["code"].as_str().unwrap()), expected, "{path}");
    }
}
