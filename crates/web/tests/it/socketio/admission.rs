//! Access to the gateway, and the identity of its clients.

use std::net::IpAddr;

use madang_web::Origins;
use madang_web::socketio::{Exposure, Settings};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
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
    for header in [
        "x-forwarded-for",
        "x-forwarded-proto",
        "x-forwarded-server",
        "forwarded",
        "via",
        "x-real-ip",
        "cf-connecting-ip",
        "true-client-ip",
        "x-client-ip",
        "x-original-host",
        "x-envoy-external-address",
        "cdn-loop",
        "tailscale-user-login",
        "Tailscale-User-Name",
        "tailscale-headers-info",
        "x-goog-authenticated-user-email",
        "x-amzn-oidc-identity",
        "x-ms-client-principal-name",
        "x-auth-request-email",
        "remote-user",
    ] {
        let request = local.http.get(local.url(POLLING)).header(header, "203.0.113.7");
        assert_eq!(request.send().await.unwrap().status(), 403, "{header}");
    }
    check(&local, &[("via", "1.1 vegur")], 403).await;
    let network = listening_on([0, 0, 0, 0], Exposure::On).await;
    check(&network, &[], 200).await;
    check(&network, &[("host", "chat.example"), ("origin", "https://chat.example")], 421).await;
    check(&network, &[("host", "10.0.0.7"), ("origin", "http://10.0.0.7")], 200).await;
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
async fn a_page_may_send_extra_headers() {
    let server = listening_on([127, 0, 0, 1], Exposure::Local).await;
    let preflight = |origin: &'static str| {
        let request = server.http.request(Method::OPTIONS, server.url(POLLING));
        let request = request.header("origin", origin);
        let request = request.header("access-control-request-method", "POST");
        request.header("access-control-request-headers", "content-type,x-course,authorization")
    };
    let answer = preflight("http://localhost:3000").send().await.unwrap();
    assert!(answer.status().is_success());
    let allowed = answer.headers()["access-control-allow-headers"].to_str().unwrap();
    for header in ["content-type", "x-course", "authorization"] {
        assert!(allowed.split(',').any(|it| it.trim() == header), "{header} is not in {allowed}");
    }
    let answer = preflight("https://evil.example").send().await.unwrap();
    assert!(!answer.headers().contains_key("access-control-allow-headers"));
    let request = server.http.get(server.url(POLLING)).header("origin", "http://localhost:3000");
    let request = request.header("x-course", "1").header("authorization", "Bearer x");
    assert_eq!(request.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn jsonp_and_the_clients_script_are_refused_with_a_sentence() {
    let server = TestServer::start().await;
    for (path, status, expected) in [
        ("/socket.io/?EIO=3&transport=polling&j=0", 400, "JSONP is not served"),
        ("/socket.io/socket.io.js", 404, "serves no script"),
        ("/socket.io/socket.io.min.js?v=1", 404, "serves no script"),
    ] {
        let answer = server.http.get(server.url(path)).send().await.unwrap();
        assert_eq!(answer.status(), status, "{path}");
        let problem: Value = answer.json().await.unwrap();
        assert!(problem["detail"].as_str().unwrap().contains(expected), "{problem}");
    }
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
    client.receive_text().await.unwrap();
    client.emit(&json!(["my event", { "user_name": "MINA", "message": "I am not" }])).await;
    let refused = client.receive("refused").await;
    assert_eq!(
        (&refused["event"], &refused["error"]["code"]),
        (&json!("my event"), &json!("name_taken"))
    );
    // A page that does not know `refused` shows this.
    let told = client.receive("my response").await;
    assert_eq!(told["error"], refused["error"]);
    let reason = refused["error"]["message"].as_str().unwrap();
    assert_eq!(told["message"], format!("Not sent: {reason}"));
    assert_eq!(told["user_name"], "Socket.IO");
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
