//! Misbehaving clients are disconnected; others are not affected.

use std::time::Duration;

use madang_hub::budgets::rate::Rate;
use madang_hub::budgets::resource::{BudgetRates, Rates, Resource};
use madang_web::Origins;
use madang_web::socketio::{Exposure, Settings};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

use super::test_client::{ENGINE_IO_4, PollingClient, SocketIoClient};
use crate::test_server::{TestServer, TestSettings};

const POLLING: &str = "/socket.io/?EIO=4&transport=polling";

/// Opens a polling session. Returns its id.
async fn open(server: &TestServer) -> String {
    let answer = server.http.get(server.url(POLLING)).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let answer = answer.text().await.unwrap();
    let opened: Value = serde_json::from_str(answer.strip_prefix('0').unwrap()).unwrap();
    opened["sid"].as_str().unwrap().to_owned()
}

async fn still_serves(server: &TestServer) {
    let mut client = SocketIoClient::connect(server).await;
    loop {
        client.emit(&json!(["data", "still here"])).await;
        let answer = client.receive("data").await;
        // The clients before may have spent the budget of the network.
        if answer.get("error").is_none() {
            assert_eq!(answer["data"], "still here");
            return;
        }
    }
}

#[tokio::test]
async fn an_invalid_packet_ends_its_own_connection() {
    let server = TestServer::start().await;
    let big = "x".repeat(33_000);
    for wrong in [
        "",
        "4",
        "9",
        "49",
        "42",
        "42[",
        "42{}",
        "42[]",
        "42[1]",
        "42\"x\"",
        "43",
        "44[]",
        "45",
        "451-[]",
        "4299999999999999999999[\"data\"]",
        "42/nowhere",
        "\u{fffd}",
        big.as_str(),
    ] {
        let mut client = SocketIoClient::connect(&server).await;
        client.send_packet(wrong).await;
        // The engine ignores some of these packets; this one closes the connection.
        client.send_packet("1").await;
        while client.receive_text().await.is_some() {}
    }
    assert_eq!(server.stored_messages(), []);
    still_serves(&server).await;
}

#[tokio::test]
async fn binary_attachments_are_limited_and_refused() {
    let server = TestServer::start().await;
    let mut client = SocketIoClient::connect(&server).await;
    client.send_packet(r#"451-["data",{"_placeholder":true,"num":0}]"#).await;
    client.peer.send(Message::binary(vec![1, 2, 3])).await;
    client.receive("refused").await;
    client.send_packet(r#"459-["data",{"_placeholder":true,"num":0}]"#).await;
    while client.receive_text().await.is_some() {}
    still_serves(&server).await;
}

#[tokio::test]
async fn an_unknown_namespace_is_refused_and_the_client_stays_connected() {
    let server = TestServer::start().await;
    let mut client = SocketIoClient::connect(&server).await;
    for number in 0..200 {
        client.send_packet(&format!("40/n{number},")).await;
    }
    for number in 0..200 {
        let refused = format!("44/n{number},");
        while !client.receive_text().await.unwrap().starts_with(&refused) {}
    }
    loop {
        client.emit(&json!(["data", "still here"])).await;
        let answer = client.receive("data").await;
        // The clients before may have spent the budget of the network.
        if answer.get("error").is_none() {
            assert_eq!(answer["data"], "still here");
            return;
        }
    }
}

#[tokio::test]
async fn a_client_above_the_rate_limit_is_refused_and_disconnected() {
    // All packets fit into the engine's queue, however slow its writer is.
    let (commands, refusals) = (Rate::per_day(50, 1), Rate::per_day(50, 1));
    let server = with_rates(Rates { commands, refusals, ..Rates::STRANGER }).await;
    let mut client = SocketIoClient::connect(&server).await;
    for number in 0..150 {
        client.send_packet(&format!("42[\"data\",\"{number}\"]")).await;
    }
    let mut received = 0;
    let mut refused = false;
    while let Some(text) = client.receive_text().await {
        refused |= text.contains("rate_limited");
        if text.starts_with("41") {
            break;
        }
        if let Some(rest) = text.strip_prefix("42[\"data\",") {
            let value: Value = serde_json::from_str(rest.strip_suffix(']').unwrap()).unwrap();
            if value.get("error").is_some() {
                continue;
            }
            assert_eq!(value["data"], received.to_string(), "in order and without holes");
            received += 1;
        }
    }
    assert!(refused, "the client got a refusal");
}

#[tokio::test]
async fn all_clients_of_a_network_share_one_budget() {
    let commands = Rate::per_day(2, 1);
    let stranger = Rates { commands, ..Rates::STRANGER };
    let budgets = BudgetRates { stranger, ..BudgetRates::default() };
    let server =
        TestServer::with_settings(TestSettings { budgets, ..TestSettings::default() }).await;
    for text in ["one", "two"] {
        let mut client = SocketIoClient::connect(&server).await;
        client.emit(&json!(["message", text])).await;
        while client.receive("message").await != text {}
    }
    let mut third = SocketIoClient::connect(&server).await;
    third.emit(&json!(["message", "three"])).await;
    let refused = third.receive("refused").await;
    assert!(refused.to_string().contains("rate_limited"), "{refused}");
}

#[tokio::test]
async fn a_client_that_does_not_read_is_disconnected_and_delays_no_other() {
    let server = TestServer::start().await;
    let (mina, _) = server.user("Mina").await;
    let stuck = SocketIoClient::connect(&server).await;
    let mut reader = SocketIoClient::connect(&server).await;
    let text = "x".repeat(3_900);
    let announcement = json!(["disconnected", { "data": format!("id: {} is disconnected", stuck.id), "id": stuck.id }]);
    let gone = format!("42{announcement}");
    let mut disconnected = false;
    for number in 0..1_000_u128 {
        server.post(&mina, number, &format!("{number} {text}"));
        let last = format!("42[\"message\",\"{number} {text}\"]");
        loop {
            let received = reader.receive_text().await.expect("an open connection");
            disconnected |= received == gone;
            if received == last {
                break;
            }
        }
        if disconnected {
            return;
        }
    }
    while reader.receive_text().await.expect("an open connection") != gone {}
}

#[tokio::test]
async fn a_client_without_room_catches_up_and_misses_no_message() {
    let server = TestServer::start().await;
    let (mina, _) = server.user("Mina").await;
    let mut client = SocketIoClient::connect(&server).await;
    // Far more at once than may wait for a client.
    let text = "가".repeat(3_900);
    for number in 0..400_u128 {
        server.post(&mina, number, &format!("{number} {text}"));
    }
    for number in 0..400 {
        assert_eq!(client.receive("message").await, json!(format!("{number} {text}")));
    }
    server.post(&mina, 400, "and on");
    assert_eq!(client.receive("message").await, json!("and on"));
}

#[tokio::test]
async fn incomplete_handshakes_time_out() {
    let server = TestServer::start().await;
    // A WebSocket that never connects to a namespace, and an upgrade that never completes.
    let peer = server.connect(server.request_to(ENGINE_IO_4, &[])).await.unwrap();
    let mut silent = SocketIoClient { peer, id: String::new() };
    let session = open(&server).await;
    let post = server.http.post(server.url(&format!("{POLLING}&sid={session}"))).body("40");
    assert_eq!(post.send().await.unwrap().status(), StatusCode::OK);
    let path = format!("{ENGINE_IO_4}&sid={session}");
    let peer = server.connect(server.request_to(&path, &[])).await.unwrap();
    let mut abandoned = SocketIoClient { peer, id: session.clone() };
    assert_eq!(abandoned.receive_text().await, None);
    while silent.receive_text().await.is_some() {}
    let poll =
        server.http.get(server.url(&format!("{POLLING}&sid={session}"))).send().await.unwrap();
    assert_eq!(poll.status(), StatusCode::BAD_REQUEST, "the session has ended");
}

#[tokio::test]
async fn a_polling_session_is_limited_too() {
    let server = TestServer::start().await;
    let session = open(&server).await;
    let path = server.url(&format!("{POLLING}&sid={session}"));
    let huge = "4".repeat(600_000);
    let post = server.http.post(&path).body(huge).send().await.unwrap();
    assert!(post.status().is_client_error(), "{}", post.status());
    let unknown = server.url(&format!("{POLLING}&sid=AAAAAAAAAAAAAAAA"));
    assert_eq!(server.http.get(&unknown).send().await.unwrap().status(), StatusCode::BAD_REQUEST);
    let other = server.http.put(server.url(POLLING)).send().await.unwrap();
    assert!(other.status().is_client_error());
    still_serves(&server).await;
}

#[tokio::test]
async fn clients_above_the_limit_are_refused() {
    // Without announcements, each of which would go to all clients.
    let settings = Settings::new(Exposure::Local, [("data", "off")]).unwrap();
    let server = TestServer::with_socketio(settings, Origins::default()).await;
    // Clients of Engine.IO 3 are connected at once; others would time out on a slow machine.
    let url = server.url("/socket.io/?EIO=3&transport=polling");
    for _ in 0..1_024 {
        assert_eq!(server.http.get(&url).send().await.unwrap().status(), StatusCode::OK);
    }
    let answer = server.http.get(&url).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn a_stop_disconnects_every_client_and_leaves_no_task() {
    let server = TestServer::start().await;
    let mut client = SocketIoClient::connect(&server).await;
    let _polling = open(&server).await;
    let peer = server.connect(server.request_to(ENGINE_IO_4, &[])).await.unwrap();
    let mut silent = SocketIoClient { peer, id: String::new() };
    client.emit(&json!(["data", "the last word"])).await;
    client.receive("data").await;
    server.stopping.cancel();
    server.tasks.close();
    while client.receive_text().await.is_some() {}
    while silent.receive_text().await.is_some() {}
    let ended = timeout(Duration::from_secs(10), server.tasks.wait()).await;
    assert!(ended.is_ok(), "{} tasks are left", server.tasks.len());
    let late = server.http.get(server.url(POLLING)).send().await.unwrap();
    assert_eq!(late.status(), StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn the_events_of_an_offline_time_are_all_stored() {
    let server = TestServer::start().await;
    let mut client = SocketIoClient::connect(&server).await;
    for number in 0..200 {
        client.emit(&json!(["data", format!("{number}")])).await;
    }
    for number in 0..200 {
        assert_eq!(client.receive("data").await["data"], format!("{number}"));
    }
    assert_eq!(server.stored_messages().len(), 200);
}

/// A server whose strangers have these rates.
async fn with_rates(stranger: Rates) -> TestServer {
    let budgets = BudgetRates { stranger, ..BudgetRates::default() };
    TestServer::with_settings(TestSettings { budgets, ..TestSettings::default() }).await
}

#[tokio::test]
async fn a_client_pays_for_its_bytes_and_is_not_read_while_it_is_in_debt() {
    let server = with_rates(Rates { bytes_in: Rate::per_day(16_384, 1), ..Rates::STRANGER }).await;
    let (mina, _) = server.user("Mina").await;
    let mut client = SocketIoClient::connect(&server).await;
    let polling = PollingClient::connect(&server, 4).await;
    let mut listener = PollingClient::connect(&server, 4).await;
    for number in 0..20 {
        client.emit(&json!(["message", format!("{number} {}", "x".repeat(3_000))])).await;
    }
    server.until_in_debt(Resource::BytesIn).await;
    client.emit(&json!(["message", "in debt"])).await;
    let post = tokio::spawn(async move { polling.post(r#"42["message","in debt"]"#).await });
    // They receive all the same.
    server.post(&mina, 1, "after all");
    client.receive_until("message", &json!("after all")).await;
    while listener.receive("message").await != "after all" {}
    assert!(!post.is_finished());
    post.abort();
    let stored = server.stored_messages();
    assert!(stored.len() < 21, "{}", stored.len());
    assert!(stored.iter().all(|(_, text)| text != "in debt"));
}

#[tokio::test]
async fn a_polling_client_pays_for_its_bytes_and_goes_on_after_a_pause() {
    let texts = (0..3).map(|number| format!("{number} {}", "x".repeat(3_900)));
    let rates = Rates { bytes_in: Rate::per_second(4_096, 40_960), ..Rates::STRANGER };
    let server = with_rates(rates).await;
    let mut client = PollingClient::connect(&server, 4).await;
    for text in texts.clone() {
        assert_eq!(client.post(&format!("42[\"message\",\"{text}\"]")).await, 200);
    }
    for text in texts {
        assert_eq!(client.receive("message").await, json!(text));
    }
    let server = with_rates(Rates { bytes_in: Rate::per_day(4_096, 1), ..Rates::STRANGER }).await;
    let client = PollingClient::connect(&server, 4).await;
    client.post(&format!("42[\"message\",\"{}\"]", "x".repeat(5_000))).await;
    server.until_in_debt(Resource::BytesIn).await;
}

#[tokio::test]
async fn a_replay_is_paid_for_by_its_bytes() {
    let server = with_rates(Rates { bytes_out: Rate::per_day(8_192, 1), ..Rates::STRANGER }).await;
    let (mina, _) = server.user("Mina").await;
    let mut client = SocketIoClient::connect_with(&server, &json!({ "positions": {} })).await;
    let begin = client.receive_position("position", "room:1").await;
    drop(client);
    for number in 0..10 {
        server.post(&mina, number, &format!("{number} {}", "x".repeat(2_000)));
    }
    let from =
        json!({ "positions": { "room:1": { "epoch": begin["epoch"], "seq": begin["seq"] } } });
    let mut client = SocketIoClient::connect_with(&server, &from).await;
    for _ in 0..10 {
        client.receive_with_position("message").await;
    }
    server.until_in_debt(Resource::BytesOut).await;
}

#[tokio::test]
async fn a_guest_pays_for_mentions_and_for_stored_bytes() {
    let mentions = Rate::per_day(1, 1);
    let server = with_rates(Rates { mentions, ..Rates::STRANGER }).await;
    let mut client = SocketIoClient::connect(&server).await;
    client.emit(&json!(["data", "@anna hello"])).await;
    assert_eq!(client.receive("data").await["data"], "@anna hello");
    client.emit(&json!(["data", "@anna again"])).await;
    let refused = client.receive("refused").await.to_string();
    assert!(refused.contains("Too many mentions"), "{refused}");
    // The refusal also arrives as an event of the vocabulary.
    client.receive("data").await;
    client.emit(&json!(["data", "no mention"])).await;
    assert_eq!(client.receive("data").await["data"], "no mention");

    let stored_bytes = Rate::per_day(500, 1);
    let server = with_rates(Rates { stored_bytes, ..Rates::STRANGER }).await;
    let mut client = SocketIoClient::connect(&server).await;
    client.emit(&json!(["data", "one"])).await;
    assert_eq!(client.receive("data").await["data"], "one");
    client.emit(&json!(["data", "two"])).await;
    let refused = client.receive("refused").await.to_string();
    assert!(refused.contains("Too much was stored"), "{refused}");
}
