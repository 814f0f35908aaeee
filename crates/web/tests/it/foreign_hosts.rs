//! Requests for hosts that are not the server's (DNS rebinding): every part of the server refuses them.

use madang_shared::limits::{SOCKET_PATH, SUBPROTOCOL};
use madang_web::Origins;
use madang_web::socketio::{Exposure, Settings};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Error;

use crate::test_server::{TestServer, TestSettings};

/// A page of this host has made its name lead to the server.
const FOREIGN: &str = "rebinding.example:5001";

async fn on_the_network() -> TestServer {
    let names = ["http://nas.local:5001".to_owned()];
    let origins = Origins::new(names).unwrap().listening_on([0, 0, 0, 0].into());
    let socketio = Settings::new(Exposure::On, []).unwrap();
    TestServer::with_settings(TestSettings { socketio, origins, ..TestSettings::default() }).await
}

/// The status of a handshake from the page of a host at that host.
async fn handshake(server: &TestServer, path: &str, host: &str) -> u16 {
    let origin = format!("http://{host}");
    let mut headers = vec![("host", host), ("origin", origin.as_str())];
    // A client refuses an answer without the protocol that it asked for.
    headers.extend((path == SOCKET_PATH).then_some(("sec-websocket-protocol", SUBPROTOCOL)));
    match server.connect(server.request_to(path, &headers)).await {
        Ok(_) => 101,
        Err(Error::Http(response)) => response.status().as_u16(),
        Err(error) => panic!("{path}: {error}"),
    }
}

#[tokio::test]
async fn a_page_of_a_foreign_name_reaches_no_part_of_the_server() {
    let server = on_the_network().await;
    let status = async |path: &str, host: &str| {
        let answer = server.http.get(server.url(path)).header("host", host).send().await.unwrap();
        answer.status().as_u16()
    };
    for path in [
        "/",
        "/rooms/1",
        "/nothing/here",
        "/api/session",
        "/api/nothing",
        "/posts",
        "/delivery",
        "/http-call",
        "/lab/transports/time",
        "/lab/transports/poll",
        "/lab/transports/events",
        "/socket.io/?EIO=4&transport=polling",
    ] {
        assert_eq!(status(path, FOREIGN).await, 421, "{path}");
        for own in ["nas.local:5001", "192.168.0.7:5001", "localhost:5001"] {
            assert_ne!(status(path, own).await, 421, "{path} at {own}");
        }
    }
    for path in [
        SOCKET_PATH,
        "/ws",
        "/lab/http/socket",
        "/lab/transports/socket",
        "/socket.io/?EIO=4&transport=websocket",
    ] {
        assert_eq!(handshake(&server, path, FOREIGN).await, 421, "{path}");
        assert_eq!(handshake(&server, path, "nas.local:5001").await, 101, "{path}");
    }
    let sign_up = server.http.post(server.url("/api/session")).header("host", FOREIGN);
    let sign_up = sign_up.header("origin", format!("http://{FOREIGN}"));
    let answer = sign_up.json(&json!({ "name": "Anna", "bearer": true })).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 421);
    assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
    let problem: Value = answer.json().await.unwrap();
    let message = problem["message"].as_str().unwrap();
    assert!(
        message.contains("add `http://rebinding.example:5001` to `public_origins`"),
        "{message}"
    );
    for probe in ["/healthz", "/readyz"] {
        assert_eq!(status(probe, FOREIGN).await, 200, "{probe}");
    }
}

#[tokio::test]
async fn within_our_tls_the_certificate_names_the_server() {
    let origins = Origins::default().listening_on([0, 0, 0, 0].into());
    let settings = TestSettings { origins, tls: true, ..TestSettings::default() };
    let server = TestServer::with_settings(settings).await;
    let request = server.http.get(server.url("/http-call")).header("host", "chat.example");
    assert_eq!(request.send().await.unwrap().status().as_u16(), 200);
}
