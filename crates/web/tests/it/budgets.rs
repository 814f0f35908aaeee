//! Budgets over HTTP and over sockets.

use futures_util::FutureExt;
use madang_hub::budgets::rate::Rate;
use madang_hub::budgets::resource::{BudgetRates, Rates};
use madang_hub::ports::Store;
use madang_shared::limits::COMMAND_BURST;
use madang_shared::{ErrorCode, Event, Seq, ServerFrame, Topic, UserId};
use serde_json::json;

use crate::test_server::{TestServer, TestSettings};

const ROOM: Topic = Topic::Room(madang_hub::rooms::FIRST_ROOM);

fn post(number: u32, text: &str) -> String {
    format!(
        r#"{{"command":{{"id":"01977000-0000-7000-8000-{number:012}","command":{{"chat":{{"post":{{"room":1,"text":"{text}"}}}}}}}}}}"#
    )
}

async fn with_user_rates(user: Rates) -> TestServer {
    let budgets = BudgetRates { user, ..BudgetRates::default() };
    TestServer::with_settings(TestSettings { budgets, ..TestSettings::default() }).await
}

/// The texts in the first room.
async fn texts(server: &TestServer) -> Vec<String> {
    let entries = server.store.read_log(UserId(1), ROOM, Seq(0), 100).await.unwrap();
    let events =
        entries.into_iter().map(|entry| madang_shared::codec::decode_event(&entry.content));
    events
        .map(|event| match event.unwrap() {
            Event::Chat(madang_shared::chat::ChatEvent::Posted(message)) => message.text,
            other => panic!("{other:?} in a room"),
        })
        .collect()
}

#[tokio::test]
async fn a_user_has_one_budget_over_http_and_over_all_sockets() {
    let server = TestServer::start().await;
    let token = server.sign_up("anna").await;
    let create = || {
        let request = server.http.post(server.url("/posts")).bearer_auth(&token);
        request.json(&json!({ "text": "again" })).send()
    };
    // The requests take time, in which the budget grows; so their number is not known.
    while create().await.unwrap().status().as_u16() != 429 {}
    let mut socket = server.connect_as(&token).await;
    let mut refused = None;
    for number in 0..COMMAND_BURST {
        socket.send_text(&post(number, "hello")).await;
        match socket.receive_frame().await {
            ServerFrame::Ack { .. } => {}
            ServerFrame::Error { failure, .. } => {
                refused = Some(failure.code);
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(refused, Some(ErrorCode::RateLimited), "a new socket has no new burst");
}

#[tokio::test]
async fn a_client_above_its_bytes_is_read_later_and_others_are_not() {
    // One frame is in debt for more than an hour.
    let bytes_in = Rate::per_hour(200, 100);
    let server = with_user_rates(Rates { bytes_in, ..Rates::USER }).await;
    let mut anna = server.connect_as(&server.sign_up("anna").await).await;
    let mut ben = server.connect_as(&server.sign_up("ben").await).await;
    anna.send_text(&post(1, &"x".repeat(300))).await;
    assert!(matches!(anna.receive_frame().await, ServerFrame::Ack { .. }));
    anna.send_text(&post(2, "too early")).await;
    ben.send_text(&post(3, "hello")).await;
    assert!(matches!(ben.receive_frame().await, ServerFrame::Ack { .. }));
    assert_eq!(texts(&server).await, ["x".repeat(300), "hello".to_owned()]);
}

#[tokio::test]
async fn bytes_above_the_budget_are_delayed_and_not_lost() {
    let bytes_in = Rate::per_second(1_000, 20_000);
    let server = with_user_rates(Rates { bytes_in, ..Rates::USER }).await;
    let mut anna = server.connect_as(&server.sign_up("anna").await).await;
    for number in 0..10 {
        anna.send_text(&post(number, &format!("{number}{}", "x".repeat(500)))).await;
    }
    for _ in 0..10 {
        assert!(matches!(anna.receive_frame().await, ServerFrame::Ack { .. }));
    }
    let first: Vec<_> = texts(&server).await.iter().map(|text| text[..1].to_owned()).collect();
    assert_eq!(first, (0..10).map(|number| number.to_string()).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_stranger_above_the_bytes_of_the_network_gets_the_next_echo_later() {
    let stranger = Rates { bytes_in: Rate::per_hour(200, 100), ..Rates::STRANGER };
    let budgets = BudgetRates { stranger, ..BudgetRates::default() };
    let settings = TestSettings { budgets, ..TestSettings::default() };
    let server = TestServer::with_settings(settings).await;
    let mut anna = server.connect_as(&server.sign_up("anna").await).await;
    let mut echo = server.connect(server.request_to("/ws", &[])).await.unwrap();
    echo.send_text(&"x".repeat(300)).await;
    assert!(echo.receive().await.is_some());
    echo.send_text("too early").await;
    anna.send_text(&post(1, "hello")).await;
    assert!(matches!(anna.receive_frame().await, ServerFrame::Ack { .. }));
    assert!(echo.receive().now_or_never().is_none());
}
