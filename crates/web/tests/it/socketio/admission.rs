//! Access to the gateway, and the identity of its clients.

use std::net::IpAddr;

use madang_web::Origins;
use madang_web::socketio::{Exposure, Settings};
use reqwest::StatusCode;
use serde_json::json;
use tokio_tungstenite::tungstenite::Error;

use super::test_client::{ENGINE_IO_3, ENGINE_IO_4, SocketIoClient};
use crate::test_server::TestServer;

const POLLING: &str = "/socket.io/?EIO=4&transport=polling";

async fn listening_on(address: [u8; 4], exposure: Exposure) -> TestServer {
    let settings = Settings::new(exposure, []).unwrap();
    TestServer::with_socketio(settings, Origins::default().listening_on(IpAddr::from(address)))
        .await
}

/// Checks the status of polling and of a WebSocket.
async fn check(server: &TestServer, headers: &[(&'static str, &str)], expected: u16) {
    let mut request = server.http.get(server.url(POLLING));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), expected, "polling {headers:?}");
    for path in [ENGINE_IO_4, ENGINE_IO_3] {
        let status = match server.connect(server.request_to(path, headers)).await {
            Ok(_) => StatusCode::OK,
            Err(Error::Http(response)) => response.status(),
            Err(other) => panic!("{other}"),
        };
        assert_eq!(status, expected, "{path} {headers:?}");
    }
}

#[tokio::test]
async fn pages_of_this_machine_are_admitted_when_the_exposure_is_local() {
    let local = listening_on([127, 0, 0, 1], Exposure::Local).await;
    check(&local, &[], 200).await;
    check(&local, &[("origin", "http://localhost:3000")], 200).await;
    check(&local, &[("origin", "http://127.0.0.1:8080")], 200).await;
    check(&local, &[("origin", "https://evil.example")], 403).await;
    check(&local, &[("origin", "null")], 403).await;
    check(&local, &[("host", "evil.example:5001")], 403).await;
    check(&local, &[("x-forwarded-for", "203.0.113.7")], 403).await;
    let network = listening_on([0, 0, 0, 0], Exposure::On).await;
    check(&network, &[], 200).await;
    check(&network, &[("host", "chat.example"), ("origin", "https://chat.example")], 200).await;
    check(&network, &[("origin", "http://localhost:3000")], 403).await;
    let off = listening_on([127, 0, 0, 1], Exposure::Off).await;
    let answer = off.http.get(off.url(POLLING)).send().await.unwrap();
    assert_ne!(answer.headers().get("content-type").unwrap(), "text/plain; charset=UTF-8");
}

#[tokio::test]
async fn admitted_pages_may_read_the_answers_of_long_polling() {
    let server = listening_on([127, 0, 0, 1], Exposure::Local).await;
    let origin = "http://localhost:3000";
    let answer =
        server.http.get(server.url(POLLING)).header("origin", origin).send().await.unwrap();
    let headers = answer.headers();
    assert_eq!(headers["access-control-allow-origin"], origin);
    assert_eq!(
        headers["access-control-allow-credentials"], "true",
        "clients of versions 1 and 2 send credentials"
    );
    let stranger = server.http.get(server.url(POLLING)).header("origin", "https://evil.example");
    let answer = stranger.send().await.unwrap();
    assert!(!answer.headers().contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn a_guest_has_no_session_and_cannot_use_a_users_name() {
    let server = TestServer::start().await;
    let (_, token) = server.user("Mina").await;
    let cookie = format!("madang_session={token}");
    let peer =
        server.connect(server.request_to(ENGINE_IO_4, &[("cookie", &cookie)])).await.unwrap();
    let mut client = SocketIoClient { peer, id: String::new() };
    client.receive_text().await.unwrap();
    client.send_packet("40").await;
    client.emit(&json!(["my event", { "user_name": "MINA", "message": "I am not" }])).await;
    let refused = client.receive("refused").await;
    assert_eq!(
        (&refused["event"], &refused["error"]["code"]),
        (&json!("my event"), &json!("name_taken"))
    );
    client.emit(&json!(["data", "as nobody"])).await;
    client.receive("data").await;
    assert_eq!(server.stored_messages(), [(String::new(), "as nobody".to_owned())]);
}

#[tokio::test]
async fn a_client_of_engine_io_3_is_served() {
    let server = TestServer::start().await;
    let peer = server.connect(server.request_to(ENGINE_IO_3, &[])).await.unwrap();
    let mut client = SocketIoClient { peer, id: String::new() };
    assert!(client.receive_text().await.unwrap().starts_with("0{"));
    assert_eq!(client.receive_text().await.unwrap(), "40");
    client.send_packet("2").await;
    client.emit(&json!(["data", "old"])).await;
    assert_eq!(client.receive("data").await["data"], "old");
}
