//! Who may open the socket, and in which version.

use madang_shared::limits::{PROTOCOL_PARAMETER, SOCKET_PATH, SUBPROTOCOL, SUBPROTOCOL_FAMILY};
use madang_shared::{CloseCode, ServerFrame};
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::handshake::client::Request;

use crate::app::App;

async fn status_of(app: &App, headers: &[(&'static str, &str)]) -> u16 {
    match app.connect(app.request(headers)).await {
        Ok(_) => 101,
        Err(Error::Http(response)) => response.status().as_u16(),
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn only_our_own_and_allowed_origins_get_a_socket() {
    let app = App::start().await;
    let own = format!("http://{}", app.address);
    let cases = [
        (own.as_str(), 101),
        ("http://localhost:3000", 101),
        ("http://localhost:3001", 403),
        ("https://evil.example", 403),
        ("null", 403),
    ];
    for (origin, expected) in cases {
        let headers = [("sec-websocket-protocol", SUBPROTOCOL), ("origin", origin)];
        assert_eq!(status_of(&app, &headers).await, expected, "{origin}");
    }
    assert_eq!(
        status_of(&app, &[("sec-websocket-protocol", SUBPROTOCOL)]).await,
        101,
        "a program sends none"
    );
}

#[tokio::test]
async fn a_stale_page_is_told_to_load_itself_anew_and_a_stranger_what_to_ask_for() {
    let app = App::start().await;
    let stale = app.request(&[("sec-websocket-protocol", "madang.v0.json")]);
    assert_eq!(app.connect(stale).await.unwrap().close_code().await, 4500);
    assert_eq!(status_of(&app, &[]).await, 400);
    assert_eq!(status_of(&app, &[("sec-websocket-protocol", "mqtt")]).await, 400);
    let both = app.request(&[("sec-websocket-protocol", "madang.v9.cbor, madang.v2.json")]);
    let mut newer = app.connect(both).await.unwrap();
    newer.say("{}").await;
    assert_eq!(newer.close_code().await, 4503, "we speak one of those that were offered");
}

/// A handshake whose address names a protocol.
fn request_naming(app: &App, protocol: &str, headers: &[(&'static str, &str)]) -> Request {
    app.request_to(&format!("{SOCKET_PATH}?{PROTOCOL_PARAMETER}={protocol}"), headers)
}

#[tokio::test]
async fn the_address_names_the_protocol_as_well_as_the_header_does() {
    let app = App::start().await;
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
        let mut peer = app.connect(request_naming(&app, protocol, &headers)).await.unwrap();
        if expected == ours {
            peer.say("{}").await;
        }
        let code = peer.close_code().await;
        assert_eq!(code, expected.number(), "{protocol} in the address, {header:?} in the header");
    }
    for protocol in ["mqtt", "", "%ff", &format!("{SUBPROTOCOL}&{PROTOCOL_PARAMETER}=mqtt")] {
        let refused = app.connect(request_naming(&app, protocol, &[])).await;
        let Err(Error::Http(response)) = refused else { panic!("{protocol} is accepted") };
        assert_eq!(response.status().as_u16(), 400, "{protocol}");
    }
}

#[tokio::test]
async fn a_protocol_from_the_address_is_not_answered_in_the_header() {
    let app = App::start().await;
    let (_, response) =
        tokio_tungstenite::connect_async(request_naming(&app, SUBPROTOCOL, &[])).await.unwrap();
    assert_eq!(
        response.headers().get("sec-websocket-protocol"),
        None,
        "browsers refuse what they did not offer"
    );
}

#[tokio::test]
async fn a_plain_request_to_the_socket_is_an_error_not_a_crash() {
    let app = App::start().await;
    let answer = app.http.get(app.url("/api/socket")).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 400);
}

#[tokio::test]
async fn without_a_session_the_socket_closes_and_says_so() {
    let app = App::start().await;
    for authorization in ["Bearer wrong", "Basic x", ""] {
        let request = app
            .request(&[("sec-websocket-protocol", SUBPROTOCOL), ("authorization", authorization)]);
        let mut peer = app.connect(request).await.unwrap();
        peer.say(r#"{"hello":{"client":"test"}}"#).await;
        assert_eq!(peer.close_code().await, 4501);
    }
}

#[tokio::test]
async fn a_token_in_the_hello_will_do() {
    let app = App::start().await;
    let token = app.token("program").await;
    let mut peer =
        app.connect(app.request(&[("sec-websocket-protocol", SUBPROTOCOL)])).await.unwrap();
    peer.say(&format!(r#"{{"hello":{{"client":"test","token":"{token}"}}}}"#)).await;
    let ServerFrame::Welcome(welcome) = peer.hear().await else { panic!("not welcome") };
    assert_eq!((welcome.user.name.as_str(), welcome.version.as_str()), ("program", "test"));
}
