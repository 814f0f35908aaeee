//! The bounds on stored data: the budget of stored bytes, and a disk that is almost full.

use madang_hub::budgets::rate::Rate;
use madang_hub::budgets::resource::{BudgetRates, Rates};
use madang_hub::storage::FreeSpace;
use madang_shared::{ErrorCode, ServerFrame};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::test_server::{TestServer, TestSettings};

/// The status of the answer, its `Retry-After` and its body.
async fn answer(request: RequestBuilder) -> (u16, Option<String>, Value) {
    let answer = request.send().await.unwrap();
    let wait = answer.headers().get("retry-after").map(|wait| wait.to_str().unwrap().to_owned());
    (answer.status().as_u16(), wait, answer.json().await.unwrap_or_default())
}

fn post(server: &TestServer, token: &str, text: &str) -> RequestBuilder {
    server.http.post(server.url("/posts")).bearer_auth(token).json(&json!({ "text": text }))
}

fn delete(server: &TestServer, token: &str, id: u64) -> RequestBuilder {
    server.http.request(Method::DELETE, server.url(&format!("/posts/{id}"))).bearer_auth(token)
}

fn command(number: u32, command: &str) -> String {
    let id = format!("01977000-0000-7000-8000-{number:012}");
    format!(r#"{{"command":{{"id":"{id}","command":{command}}}}}"#)
}

const MESSAGE: &str = r#"{"chat":{"post":{"room":1,"text":"hello"}}}"#;
const READ_MARK: &str = r#"{"membership":{"read":{"room":1,"up_to":1}}}"#;

#[tokio::test]
async fn a_server_whose_disk_is_almost_full_refuses_new_data_and_says_so() {
    let free_space = FreeSpace::with_floor(1_000);
    let settings = TestSettings { free_space: free_space.clone(), ..TestSettings::default() };
    let server = TestServer::with_settings(settings).await;
    let token = server.sign_up("anna").await;
    assert_eq!(answer(post(&server, &token, "stored")).await.0, 201);
    let mut socket = server.connect_as(&token).await;
    let ready = async || {
        let answer = server.http.get(server.url("/readyz")).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    assert_eq!(ready().await, (200, "ready\n".to_owned()));

    free_space.record(999);
    let sign_up = server.http.post(server.url("/api/session")).json(&json!({ "name": "ben" }));
    for request in [post(&server, &token, "more"), sign_up] {
        let (status, wait, problem) = answer(request).await;
        assert_eq!((status, wait.as_deref()), (503, Some("60")), "{problem}");
        assert_eq!((&problem["code"], &problem["retry"]), (&json!("unavailable"), &json!(false)));
        assert!(problem["message"].as_str().unwrap().contains("disk is almost full"), "{problem}");
    }
    socket.send_text(&command(1, MESSAGE)).await;
    let ServerFrame::Error { failure, .. } = socket.receive_frame().await else { panic!("stored") };
    assert_eq!((failure.code, failure.retry), (ErrorCode::Unavailable, false));
    // The refusal holds nothing back.
    socket.send_text(&command(2, READ_MARK)).await;
    assert!(matches!(socket.receive_frame().await, ServerFrame::Ack { .. }));
    assert_eq!(answer(delete(&server, &token, 1)).await.0, 204);
    let list = server.http.get(server.url("/posts")).bearer_auth(&token);
    assert_eq!(answer(list).await.0, 200);
    let (status, text) = ready().await;
    assert!(status == 200 && text.contains("the disk is almost full"), "{text}");

    free_space.record(10_000);
    assert_eq!(answer(post(&server, &token, "more")).await.0, 201);
    socket.send_text(&command(1, MESSAGE)).await;
    assert!(matches!(socket.receive_frame().await, ServerFrame::Ack { .. }));
}

#[tokio::test]
async fn stored_bytes_are_charged_over_http_and_sockets_and_deletions_are_never_refused() {
    // Two short posts, and then days of waiting.
    let stored_bytes = Rate::per_day(1_000, 1);
    let user = Rates { stored_bytes, ..Rates::USER };
    let budgets = BudgetRates { user, ..BudgetRates::default() };
    let settings = TestSettings { budgets, ..TestSettings::default() };
    let server = TestServer::with_settings(settings).await;
    let (anna, ben) = (server.sign_up("anna").await, server.sign_up("ben").await);
    assert_eq!(answer(post(&server, &anna, "one")).await.0, 201);
    assert_eq!(answer(post(&server, &anna, "two")).await.0, 201);
    let (status, wait, problem) = answer(post(&server, &anna, "three")).await;
    assert_eq!((status, wait.is_some()), (429, true), "{problem}");
    assert!(problem["message"].as_str().unwrap().starts_with("Too much was stored"), "{problem}");
    assert_eq!(problem["retry"], false);
    let mut socket = server.connect_as(&anna).await;
    socket.send_text(&command(1, MESSAGE)).await;
    let ServerFrame::Error { failure, .. } = socket.receive_frame().await else { panic!("stored") };
    assert_eq!(failure.code, ErrorCode::RateLimited);
    socket.send_text(&command(2, READ_MARK)).await;
    assert!(matches!(socket.receive_frame().await, ServerFrame::Ack { .. }));
    assert_eq!(answer(delete(&server, &anna, 1)).await.0, 204);
    assert_eq!(answer(post(&server, &ben, "three")).await.0, 201, "another user");
}
