//! Requests with several credentials: others before ours do not hide it.

use madang_shared::ServerFrame;
use madang_shared::limits::SUBPROTOCOL;
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, COOKIE, HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

use crate::test_server::TestServer;

/// A token of another issuer, as a proxy with single sign-on adds it.
const FOREIGN: &str = "Bearer eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiI3In0.c2ln";
/// A token in the form of ours that belongs to no session.
const UNKNOWN: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn map(headers: &[(HeaderName, String)]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, text) in headers {
        map.append(name.clone(), HeaderValue::from_bytes(text.as_bytes()).unwrap());
    }
    map
}

/// Credentials that contain ours, among others.
fn mixed(token: &str) -> Vec<Vec<(HeaderName, String)>> {
    let bearer = |text: &str| (AUTHORIZATION, text.to_owned());
    let cookie = |text: String| (COOKIE, text);
    let ours = format!("madang_session={token}");
    let unknown = format!("madang_session={UNKNOWN}");
    vec![
        vec![bearer(FOREIGN), cookie(ours.clone())],
        vec![bearer(&format!("Bearer {UNKNOWN}")), cookie(ours.clone())],
        vec![bearer("Basic dXNlcjpwYXNz"), cookie(ours.clone())],
        vec![bearer("Basic dXNlcjpwYXNz"), bearer(&format!("bearer  {token}"))],
        vec![bearer(FOREIGN), bearer(&format!("Bearer {token}"))],
        vec![bearer(&format!("Bearer {token}")), cookie(unknown.clone())],
        vec![cookie(format!("{unknown}; {ours}"))],
        vec![cookie(format!("{ours}; {unknown}"))],
        vec![cookie(unknown.clone()), cookie(ours.clone())],
        vec![cookie(format!("madang_session=; other; madang_session={token}"))],
        vec![cookie(format!("theme=가나; {ours}"))],
        vec![cookie(format!("madang_session=\"{token}\""))],
    ]
}

#[tokio::test]
async fn other_credentials_do_not_hide_ours() {
    let server = TestServer::start().await;
    let token = server.sign_up("one").await;
    for (number, credentials) in mixed(&token).iter().enumerate() {
        let send = |method: Method, path: &str| {
            server.http.request(method, server.url(path)).headers(map(credentials))
        };
        let who = send(Method::GET, "/api/session").send().await.unwrap();
        assert_eq!(who.status().as_u16(), 200, "{number}");
        let post = send(Method::POST, "/posts").json(&json!({ "text": "hello" }));
        assert_eq!(post.send().await.unwrap().status().as_u16(), 201, "{number}");

        let mut request = server.socket_request(&[("sec-websocket-protocol", SUBPROTOCOL)]);
        request.headers_mut().extend(map(credentials));
        let mut peer = server.connect(request).await.unwrap();
        peer.send_text(r#"{"hello":{"client":"test"}}"#).await;
        assert!(matches!(peer.receive_frame().await, ServerFrame::Welcome(_)), "{number}");
    }
}

#[tokio::test]
async fn a_token_in_the_hello_is_not_hidden_by_those_of_the_handshake() {
    let server = TestServer::start().await;
    let token = server.sign_up("one").await;
    let cookie = format!("madang_session={UNKNOWN}");
    for header in [("authorization", FOREIGN), ("cookie", cookie.as_str())] {
        let request = server.socket_request(&[("sec-websocket-protocol", SUBPROTOCOL), header]);
        let mut peer = server.connect(request).await.unwrap();
        peer.send_text(&format!(r#"{{"hello":{{"client":"test","token":"{token}"}}}}"#)).await;
        assert!(matches!(peer.receive_frame().await, ServerFrame::Welcome(_)), "{header:?}");
    }
}

#[tokio::test]
async fn wrong_credentials_alone_are_refused() {
    let server = TestServer::start().await;
    server.sign_up("one").await;
    let unknown = format!("madang_session={UNKNOWN}; madang_session={UNKNOWN}");
    for (name, value) in [(AUTHORIZATION, FOREIGN), (COOKIE, unknown.as_str())] {
        let posts = server.http.get(server.url("/posts")).header(name.clone(), value);
        assert_eq!(posts.send().await.unwrap().status().as_u16(), 401, "{value}");
        let who = server.http.get(server.url("/api/session")).header(name, value);
        let session: Value = who.send().await.unwrap().json().await.unwrap();
        assert!(session.get("user").is_none(), "{value}");
    }
    // The number of candidates is limited, because each costs a query.
    let many = format!("madang_session={UNKNOWN}; ").repeat(1_000);
    let posts = server.http.get(server.url("/posts")).header(COOKIE, many.trim_end_matches("; "));
    assert_eq!(posts.send().await.unwrap().status().as_u16(), 401);
}

#[tokio::test]
async fn signing_out_ends_each_session_that_the_request_names() {
    let server = TestServer::start().await;
    for (number, name) in ["a", "b", "c"].iter().enumerate() {
        let token = server.sign_up(name).await;
        let credentials = &mixed(&token)[3 * number];
        let out = server.http.delete(server.url("/api/session")).headers(map(credentials));
        assert_eq!(out.send().await.unwrap().status().as_u16(), 204);
        let who = server.http.get(server.url("/api/session")).bearer_auth(&token);
        let session: Value = who.send().await.unwrap().json().await.unwrap();
        assert!(session.get("user").is_none(), "{number}");
    }
}
