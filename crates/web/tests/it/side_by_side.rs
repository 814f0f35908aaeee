//! The socket beside plain HTTP.

use madang_shared::lab::chat::{HTTP_PATH, LabChatMessage, PATH};
use madang_shared::{ConnectionId, ErrorCode};
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::app::{App, Peer};

async fn join(app: &App) -> Peer {
    app.connect(app.request_to(PATH, &[])).await.unwrap()
}

async fn hear(peer: &mut Peer) -> LabChatMessage {
    match peer.next().await {
        Some(Message::Text(text)) => serde_json::from_str(&text).unwrap(),
        other => panic!("{other:?} instead of a word"),
    }
}

#[tokio::test]
async fn t0_1_a_plain_request_is_answered_with_a_sentence() {
    let app = App::start().await;
    let answer = app.http.get(app.url(HTTP_PATH)).send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "application/json");
    let answer: serde_json::Value = answer.json().await.unwrap();
    assert!(
        answer["data"].as_str().unwrap().ends_with('.') && answer.as_object().unwrap().len() == 1
    );
}

#[tokio::test]
async fn t0_3_t0_4_everybody_hears_who_comes_who_goes_and_what_is_said() {
    let app = App::start().await;
    let (one, two) = (ConnectionId(1), ConnectionId(2));
    let mut first = join(&app).await;
    assert_eq!(hear(&mut first).await, LabChatMessage::Welcome { id: one, connected: vec![one] });
    assert_eq!(hear(&mut first).await, LabChatMessage::Connect { id: one });
    let mut second = join(&app).await;
    assert_eq!(
        hear(&mut second).await,
        LabChatMessage::Welcome { id: two, connected: vec![one, two] }
    );
    for peer in [&mut first, &mut second] {
        assert_eq!(hear(peer).await, LabChatMessage::Connect { id: two });
    }
    second.say("안녕").await;
    for peer in [&mut first, &mut second] {
        assert_eq!(hear(peer).await, LabChatMessage::Data { data: "안녕".into(), id: two });
    }
    first.say(" \n ").await;
    assert!(
        matches!(hear(&mut first).await, LabChatMessage::Error(f) if f.code == ErrorCode::Invalid)
    );
    second.send(Message::Close(None)).await;
    assert_eq!(hear(&mut first).await, LabChatMessage::Disconnect { id: two });

    let mut third = join(&app).await;
    assert!(
        matches!(hear(&mut third).await, LabChatMessage::Welcome { id, .. } if id == ConnectionId(3))
    );
    drop(third);
    assert_eq!(hear(&mut first).await, LabChatMessage::Connect { id: ConnectionId(3) });
    assert_eq!(hear(&mut first).await, LabChatMessage::Disconnect { id: ConnectionId(3) });
}

#[tokio::test]
async fn whoever_says_too_much_is_told_so_and_others_hear_no_more_than_the_rate() {
    let app = App::start().await;
    let mut fast = join(&app).await;
    for _ in 0..2 {
        hear(&mut fast).await;
    }
    for number in 0..300 {
        fast.say(&number.to_string()).await;
        if let LabChatMessage::Error(failure) = hear(&mut fast).await {
            assert_eq!(failure.code, ErrorCode::RateLimited);
            return;
        }
    }
    panic!("three hundred at once");
}

#[tokio::test]
async fn a_stop_is_said_and_waited_for() {
    let app = App::start().await;
    let mut peer = join(&app).await;
    hear(&mut peer).await;
    app.stopping.cancel();
    assert_eq!(peer.close_code().await, 1001);
    app.tasks.close();
    app.tasks.wait().await;
    match app.connect(app.request_to(PATH, &[])).await {
        Err(Error::Http(response)) => assert_eq!(response.status().as_u16(), 503),
        other => panic!("a stopping server takes nobody: {:?}", other.map(|_| ())),
    }
    let plain = app.http.get(app.url(PATH)).send().await.unwrap();
    assert_eq!(plain.status().as_u16(), 400, "a plain request is no handshake");
}
