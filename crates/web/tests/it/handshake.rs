//! The handshake of the app's socket: origin, version, session.

use madang_shared::limits::{PROTOCOL_PARAMETER, SOCKET_PATH, SUBPROTOCOL, SUBPROTOCOL_FAMILY};
use madang_shared::{CloseCode, ServerFrame};
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::handshake::client::Request;

use crate::test_server::TestServer;

async fn status_of(server: &TestServer, headers: &[(&'static str, &str)]) -> u16 {
    match server.connect(server.socket_request(headers)).await {
        Ok(_) => 101,
        Err(Error::Http(response)) => response.status().as_u16(),
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn only_our_own_and_configured_origins_get_a_socket() {
    let server = TestServer::start().await;
    let own = format!("http://{}", server.address);
    let cases = [
        (own.as_str(), 101),
        ("http://localhost:3000", 101),
        ("http://localhost:3001", 403),
        ("https://evil.example", 403),
        ("null", 403),
    ];
    for (origin, expected) in cases {
        let headers = [("sec-websocket-protocol", SUBPROTOCOL), ("origin", origin)];
        assert_eq!(status_of(&server, &headers).await, expected, "{origin}");
    }
    assert_eq!(
        status_of(&server, &[("sec-websocket-protocol", SUBPROTOCOL)]).await,
        101,
        "a program sends no origin"
    );
}

#[tokio::test]
async fn another_version_gets_a_close_code_and_a_request_without_one_a_refusal() {
    let server = TestServer::start().await;
    let stale = server.socket_request(&[("sec-websocket-protocol", "madang.v0.json")]);
    assert_eq!(server.connect(stale).await.unwrap().close_code().await, 4500);
    assert_eq!(status_of(&server, &[]).await, 400);
    assert_eq!(status_of(&server, &[("sec-websocket-protocol", "mqtt")]).await, 400);
    let both =
        server.socket_request(&[("sec-websocket-protocol", "madang.v9.cbor, madang.v2.json")]);
    let mut newer = server.connect(both).await.unwrap();
    newer.send_text("{}").await;
    assert_eq!(
        newer.close_code().await,
        4503,
        "the server selects its own version among the offers"
    );
}

/// A handshake whose address names a protocol.
fn request_naming(
    server: &TestServer,
    protocol: &str,
    headers: &[(&'static str, &str)],
) -> Request {
    server.request_to(&format!("{SOCKET_PATH}?{PROTOCOL_PARAMETER}={protocol}"), headers)
}

#[tokio::test]
async fn the_protocol_is_named_in_the_address_or_the_header() {
    let server = TestServer::start().await;
    let other = format!("{SUBPROTOCOL_FAMILY}0.json");
    let ours = CloseCode::NotHello;
    for (protocol, header, expected) in [
        (SUBPROTOCOL, None, ours),
        (SUBPROTOCOL, Some(SUBPROTOCOL), ours),
        ("mqtt", Some(SUBPROTOCOL), ours),
        (other.as_str(), Some(SUBPROTOCOL), ours),
        (other.as_str(), None, CloseCode::Version),
        ("mqtt", Some(other.as_str()), CloseCode::Version),
    ] {
        let headers: Vec<_> = header.map(|it| ("sec-websocket-protocol", it)).into_iter().collect();
        let mut peer = server.connect(request_naming(&server, protocol, &headers)).await.unwrap();
        if expected == ours {
            peer.send_text("{}").await;
        }
        let code = peer.close_code().await;
        assert_eq!(code, expected.number(), "{protocol} in the address, {header:?} in the header");
    }
    for protocol in ["mqtt", "", "%ff", &format!("{SUBPROTOCOL}&{PROTOCOL_PARAMETER}=mqtt")] {
        let refused = server.connect(request_naming(&server, protocol, &[])).await;
        let Err(Error::Http(response)) = refused else { panic!("{protocol} is accepted") };
        assert_eq!(response.status().as_u16(), 400, "{protocol}");
    }
}

#[tokio::test]
async fn a_protocol_in_the_address_is_not_answered_in_the_header() {
    let server = TestServer::start().await;
    let (_, response) =
        tokio_tungstenite::connect_async(request_naming(&server, SUBPROTOCOL, &[])).await.unwrap();
    assert_eq!(
        response.headers().get("sec-websocket-protocol"),
        None,
        "browsers refuse what they did not offer"
    );
}

#[tokio::test]
async fn a_plain_request_to_the_socket_is_refused() {
    let server = TestServer::start().await;
    let answer = server.http.get(server.url("/api/socket")).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 400);
}

#[tokio::test]
async fn without_a_session_the_socket_closes_as_unauthenticated() {
    let server = TestServer::start().await;
    for authorization in ["Bearer wrong", "Basic x", ""] {
        let request = server.socket_request(&[
            ("sec-websocket-protocol", SUBPROTOCOL),
            ("authorization", authorization),
        ]);
        let mut peer = server.connect(request).await.unwrap();
        peer.send_text(r#"{"hello":{"client":"test"}}"#).await;
        assert_eq!(peer.close_code().await, 4501);
    }
}

#[tokio::test]
async fn a_token_in_the_hello_authenticates() {
    let server = TestServer::start().await;
    let token = server.sign_up("program").await;
    let mut peer = server
        .connect(server.socket_request(&[("sec-websocket-protocol", SUBPROTOCOL)]))
        .await
        .unwrap();
    peer.send_text(&format!(r#"{{"hello":{{"client":"test","token":"{token}"}}}}"#)).await;
    let ServerFrame::Welcome(welcome) = peer.receive_frame().await else { panic!("no welcome") };
    assert_eq!((welcome.user.name.as_str(), welcome.version.as_str()), ("program", "test"));
}
