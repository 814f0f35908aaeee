//! What clients do that they should not: it costs them their connection, and nobody else anything.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

use super::client::{Client, NEW};
use crate::app::App;

const OPEN: &str = "/socket.io/?EIO=4&transport=polling";

/// A session that begins with polling: its id.
async fn open(app: &App) -> String {
    let answer = app.http.get(app.url(OPEN)).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let answer = answer.text().await.unwrap();
    let opened: Value = serde_json::from_str(answer.strip_prefix('0').unwrap()).unwrap();
    opened["sid"].as_str().unwrap().to_owned()
}

async fn still_serves(app: &App) {
    let mut client = Client::connect(app).await;
    client.say(&json!(["data", "still here"])).await;
    assert_eq!(client.hear("data").await["data"], "still here");
}

#[tokio::test]
async fn packets_that_are_none_end_the_connection_that_sent_them() {
    let app = App::start().await;
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
        let mut client = Client::connect(&app).await;
        client.packet(wrong).await;
        // Some are taken for nothing; then the connection lives until it is closed.
        client.packet("1").await;
        while client.text().await.is_some() {}
    }
    assert_eq!(app.said(), []);
    still_serves(&app).await;
}

#[tokio::test]
async fn binary_parts_are_bounded_and_refused() {
    let app = App::start().await;
    let mut client = Client::connect(&app).await;
    client.packet(r#"451-["data",{"_placeholder":true,"num":0}]"#).await;
    client.peer.send(Message::binary(vec![1, 2, 3])).await;
    client.hear("refused").await;
    client.packet(r#"459-["data",{"_placeholder":true,"num":0}]"#).await;
    while client.text().await.is_some() {}
    still_serves(&app).await;
}

#[tokio::test]
async fn namespaces_that_are_not_there_cost_an_answer_each() {
    let app = App::start().await;
    let mut client = Client::connect(&app).await;
    for number in 0..200 {
        client.packet(&format!("40/n{number},")).await;
    }
    for number in 0..200 {
        let refused = format!("44/n{number},");
        while !client.text().await.unwrap().starts_with(&refused) {}
    }
    client.say(&json!(["data", "still here"])).await;
    assert_eq!(client.hear("data").await["data"], "still here");
}

#[tokio::test]
async fn a_client_that_says_too_much_is_refused_and_let_go() {
    let app = App::start().await;
    let mut client = Client::connect(&app).await;
    for number in 0..3_000 {
        client.packet(&format!("42[\"data\",\"{number}\"]")).await;
    }
    let mut heard = 0;
    let mut refused = false;
    while let Some(text) = client.text().await {
        refused |= text.contains("rate_limited");
        if text.starts_with("41") {
            break;
        }
        if let Some(rest) = text.strip_prefix("42[\"data\",") {
            let told: Value = serde_json::from_str(rest.strip_suffix(']').unwrap()).unwrap();
            assert_eq!(told["data"], heard.to_string(), "in order, and nothing left out");
            heard += 1;
        }
    }
    assert!(refused, "it was told why");
    still_serves(&app).await;
}

#[tokio::test]
async fn a_client_that_does_not_read_is_let_go_and_nobody_waits_for_it() {
    let app = App::start().await;
    let (mina, _) = app.user("Mina").await;
    let stuck = Client::connect(&app).await;
    let mut reader = Client::connect(&app).await;
    let text = "x".repeat(3_900);
    let gone = json!(["disconnected", { "data": format!("id: {} is disconnected", stuck.id), "id": stuck.id }]);
    let gone = format!("42{gone}");
    let mut let_go = false;
    for number in 0..2_000_u128 {
        app.post(&mina, number, &format!("{number} {text}"));
        let last = format!("42[\"message\",\"{number} {text}\"]");
        loop {
            let heard = reader.text().await.expect("an open connection");
            let_go |= heard == gone;
            if heard == last {
                break;
            }
        }
        if let_go {
            return;
        }
    }
    panic!("a client that takes nothing is still there");
}

#[tokio::test]
async fn sessions_that_nobody_completes_end_by_themselves() {
    let app = App::start().await;
    // A WebSocket that never enters a namespace, and an upgrade that is never completed.
    let peer = app.connect(app.request_to(NEW, &[])).await.unwrap();
    let mut silent = Client { peer, id: String::new() };
    let session = open(&app).await;
    let post = app.http.post(app.url(&format!("{OPEN}&sid={session}"))).body("40");
    assert_eq!(post.send().await.unwrap().status(), StatusCode::OK);
    let path = format!("{NEW}&sid={session}");
    let peer = app.connect(app.request_to(&path, &[])).await.unwrap();
    let mut abandoned = Client { peer, id: session.clone() };
    assert_eq!(abandoned.text().await, None);
    while silent.text().await.is_some() {}
    let poll = app.http.get(app.url(&format!("{OPEN}&sid={session}"))).send().await.unwrap();
    assert_eq!(poll.status(), StatusCode::BAD_REQUEST, "the session is gone");
}

#[tokio::test]
async fn a_session_that_polls_is_bounded_too() {
    let app = App::start().await;
    let session = open(&app).await;
    let path = app.url(&format!("{OPEN}&sid={session}"));
    let huge = "4".repeat(100_000);
    let post = app.http.post(&path).body(huge).send().await.unwrap();
    assert!(post.status().is_client_error(), "{}", post.status());
    let unknown = app.url(&format!("{OPEN}&sid=AAAAAAAAAAAAAAAA"));
    assert_eq!(app.http.get(&unknown).send().await.unwrap().status(), StatusCode::BAD_REQUEST);
    let other = app.http.put(app.url(OPEN)).send().await.unwrap();
    assert!(other.status().is_client_error());
    still_serves(&app).await;
}

#[tokio::test]
async fn there_is_room_for_so_many_clients_and_no_more() {
    let app = App::start().await;
    for _ in 0..1_024 {
        open(&app).await;
    }
    let answer = app.http.get(app.url(OPEN)).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn a_stop_ends_every_client_and_leaves_no_task_behind() {
    let app = App::start().await;
    let mut client = Client::connect(&app).await;
    let _polling = open(&app).await;
    let peer = app.connect(app.request_to(NEW, &[])).await.unwrap();
    let mut silent = Client { peer, id: String::new() };
    client.say(&json!(["data", "the last word"])).await;
    client.hear("data").await;
    app.stopping.cancel();
    app.tasks.close();
    while client.text().await.is_some() {}
    while silent.text().await.is_some() {}
    let ended = timeout(Duration::from_secs(10), app.tasks.wait()).await;
    assert!(ended.is_ok(), "{} tasks are left", app.tasks.len());
    let late = app.http.get(app.url(OPEN)).send().await.unwrap();
    assert_eq!(late.status(), StatusCode::SERVICE_UNAVAILABLE);
}
