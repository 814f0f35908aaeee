//! The chat of the page that compares HTTP and WebSocket.

use madang_hub::budgets::rate::Rate;
use madang_hub::budgets::resource::{BudgetRates, Rates};
use madang_shared::lab::chat::{HTTP_PATH, LabChatMessage, PATH};
use madang_shared::{ConnectionId, ErrorCode};
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::test_server::{TestConnection, TestServer, TestSettings};

async fn join(server: &TestServer) -> TestConnection {
    server.connect(server.request_to(PATH, &[])).await.unwrap()
}

async fn receive(peer: &mut TestConnection) -> LabChatMessage {
    match peer.receive().await {
        Some(Message::Text(text)) => serde_json::from_str(&text).unwrap(),
        other => panic!("{other:?} instead of a message"),
    }
}

/// The first message that is about a message, and not about connections.
async fn answer(peer: &mut TestConnection) -> LabChatMessage {
    loop {
        let message = receive(peer).await;
        if matches!(message, LabChatMessage::Data { .. } | LabChatMessage::Error(_)) {
            return message;
        }
    }
}

#[tokio::test]
async fn t0_1_a_plain_request_is_answered_with_a_sentence() {
    let server = TestServer::start().await;
    let answer = server.http.get(server.url(HTTP_PATH)).send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "application/json");
    let answer: serde_json::Value = answer.json().await.unwrap();
    assert!(
        answer["data"].as_str().unwrap().ends_with('.') && answer.as_object().unwrap().len() == 1
    );
}

#[tokio::test]
async fn t0_3_t0_4_all_connections_get_connects_disconnects_and_messages() {
    let server = TestServer::start().await;
    let (one, two) = (ConnectionId(1), ConnectionId(2));
    let mut first = join(&server).await;
    assert_eq!(
        receive(&mut first).await,
        LabChatMessage::Welcome { id: one, connected: vec![one] }
    );
    assert_eq!(receive(&mut first).await, LabChatMessage::Connect { id: one });
    let mut second = join(&server).await;
    assert_eq!(
        receive(&mut second).await,
        LabChatMessage::Welcome { id: two, connected: vec![one, two] }
    );
    for peer in [&mut first, &mut second] {
        assert_eq!(receive(peer).await, LabChatMessage::Connect { id: two });
    }
    second.send_text("안녕").await;
    for peer in [&mut first, &mut second] {
        assert_eq!(receive(peer).await, LabChatMessage::Data { data: "안녕".into(), id: two });
    }
    first.send_text(" \n ").await;
    assert!(
        matches!(receive(&mut first).await, LabChatMessage::Error(f) if f.code == ErrorCode::Invalid)
    );
    second.send(Message::Close(None)).await;
    assert_eq!(receive(&mut first).await, LabChatMessage::Disconnect { id: two });

    let mut third = join(&server).await;
    assert!(
        matches!(receive(&mut third).await, LabChatMessage::Welcome { id, .. } if id == ConnectionId(3))
    );
    drop(third);
    assert_eq!(receive(&mut first).await, LabChatMessage::Connect { id: ConnectionId(3) });
    assert_eq!(receive(&mut first).await, LabChatMessage::Disconnect { id: ConnectionId(3) });
}

#[tokio::test]
async fn all_connections_of_a_network_share_one_budget() {
    let commands = Rate::per_day(2, 1);
    let stranger = Rates { commands, ..Rates::STRANGER };
    let budgets = BudgetRates { stranger, ..BudgetRates::default() };
    let server =
        TestServer::with_settings(TestSettings { budgets, ..TestSettings::default() }).await;
    for _ in 0..2 {
        let mut peer = join(&server).await;
        peer.send_text("hello").await;
        assert!(matches!(answer(&mut peer).await, LabChatMessage::Data { .. }));
    }
    let mut third = join(&server).await;
    third.send_text("hello").await;
    match answer(&mut third).await {
        LabChatMessage::Error(failure) => assert_eq!(failure.code, ErrorCode::RateLimited),
        other => panic!("{other:?}: a new connection has a new budget"),
    }
}

#[tokio::test]
async fn a_stopping_server_closes_the_chat_and_waits_for_it() {
    let server = TestServer::start().await;
    let mut peer = join(&server).await;
    receive(&mut peer).await;
    server.stopping.cancel();
    assert_eq!(peer.close_code().await, 1001);
    server.tasks.close();
    server.tasks.wait().await;
    match server.connect(server.request_to(PATH, &[])).await {
        Err(Error::Http(response)) => assert_eq!(response.status().as_u16(), 503),
        other => panic!("a stopping server accepted a connection: {:?}", other.map(|_| ())),
    }
    let plain = server.http.get(server.url(PATH)).send().await.unwrap();
    assert_eq!(plain.status().as_u16(), 400, "a plain request is not a handshake");
}
