//! Behind a proxy: the headers of a trusted proxy are used, those of others are ignored.

use madang_hub::budgets::rate::Rate;
use madang_hub::budgets::resource::BudgetRates;
use madang_shared::ServerFrame;
use madang_shared::limits::SUBPROTOCOL;
use madang_web::{Origins, TrustedProxies};
use reqwest::header::HeaderValue;
use serde_json::json;
use tokio_tungstenite::tungstenite::Error;

use crate::test_server::{TestServer, TestSettings};

const HTTPS: (&str, &str) = ("x-forwarded-proto", "https");
const HOST: (&str, &str) = ("x-forwarded-host", "chat.example");

/// A server whose requests come from 127.0.0.1, as a trusted proxy or not.
async fn behind_proxy(trusted: bool) -> TestServer {
    let proxies = TrustedProxies::new(trusted.then_some("127.0.0.0/8")).unwrap();
    let strict_transport = Some(HeaderValue::from_static("max-age=60"));
    // Not on loopback, as in a container, so that the requested host is its own name. The page of port 9 makes the
    // name known.
    let origins = Origins::new(["https://chat.example:9".to_owned()]).unwrap();
    let origins = origins.listening_on([0, 0, 0, 0].into());
    TestServer::with_settings(TestSettings {
        origins,
        proxies,
        strict_transport,
        ..TestSettings::default()
    })
    .await
}

async fn sign_up(server: &TestServer, name: &str, headers: &[(&str, &str)]) -> (String, bool) {
    let mut request = server.http.post(server.url("/api/session")).json(&json!({ "name": name }));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = request.send().await.unwrap();
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    (cookie, answer.headers().contains_key("strict-transport-security"))
}

#[tokio::test]
async fn cookies_are_secure_behind_a_trusted_proxy_with_https() {
    let server = behind_proxy(true).await;
    // Traefik sends the scheme of the socket with a handshake.
    for (number, scheme) in ["https", "HTTPS", "wss", "http, wss"].iter().enumerate() {
        let name = format!("secure {number}");
        let (cookie, strict) = sign_up(&server, &name, &[("x-forwarded-proto", scheme)]).await;
        assert!(cookie.starts_with("__Host-madang_session=") && cookie.ends_with("; Secure"));
        assert!(strict, "{scheme}");
    }
    for (number, headers) in [
        &[][..],
        &[("x-forwarded-proto", "http")],
        &[("x-forwarded-proto", "ws")],
        &[("x-forwarded-proto", "wss, ws")],
        &[("forwarded", "proto=https")],
    ]
    .iter()
    .enumerate()
    {
        let name = format!("plain {number}");
        let (cookie, strict) = sign_up(&server, &name, headers).await;
        assert!(cookie.starts_with("madang_session=") && !cookie.contains("Secure"), "{cookie}");
        assert!(!strict);
    }
}

#[tokio::test]
async fn a_session_over_https_is_found_in_a_handshake_that_is_forwarded_as_wss() {
    let server = behind_proxy(true).await;
    let (cookie, _) = sign_up(&server, "a", &[HTTPS, HOST]).await;
    let cookie = cookie.split(';').next().unwrap();
    let request = server.socket_request(&[
        ("sec-websocket-protocol", SUBPROTOCOL),
        ("origin", "https://chat.example"),
        ("cookie", cookie),
        ("x-forwarded-proto", "wss"),
        HOST,
    ]);
    let mut peer = server.connect(request).await.unwrap();
    peer.send_text(r#"{"hello":{"client":"test"}}"#).await;
    assert!(matches!(peer.receive_frame().await, ServerFrame::Welcome(_)));
}

#[tokio::test]
async fn forwarded_headers_of_other_clients_are_ignored() {
    let server = behind_proxy(false).await;
    let (cookie, strict) = sign_up(&server, "a", &[HTTPS, HOST]).await;
    assert!(cookie.starts_with("madang_session=") && !cookie.contains("Secure"), "{cookie}");
    assert!(!strict);
    assert_eq!(handshake_status(&server, "https://chat.example", &[HTTPS, HOST]).await, 403);
    assert_eq!(handshake_status(&server, &server.origin(), &[HTTPS, HOST]).await, 101);
}

#[tokio::test]
async fn the_origin_in_the_headers_of_a_trusted_proxy_is_our_own() {
    let server = behind_proxy(true).await;
    for (origin, headers, expected) in [
        ("https://chat.example", &[HTTPS, HOST][..], 101),
        ("http://chat.example", &[HTTPS, HOST], 403),
        ("https://evil.example", &[HTTPS, HOST], 403),
        (server.origin().as_str(), &[HTTPS, HOST], 403),
        ("https://chat.example", &[HTTPS], 403),
        ("https://chat.example", &[("host", "chat.example"), HTTPS], 101),
        ("http://chat.example", &[("host", "chat.example"), HTTPS], 403),
        // The server answers to the name that the proxy forwards, and the proxy's own name for it does not count.
        ("https://chat.example", &[("host", "upstream"), HTTPS, HOST], 101),
        ("https://evil.example", &[("x-forwarded-host", "evil.example"), HTTPS], 421),
        ("https://upstream", &[("host", "upstream"), HTTPS], 421),
    ] {
        assert_eq!(
            handshake_status(&server, origin, headers).await,
            expected,
            "{origin} {headers:?}"
        );
    }
}

#[tokio::test]
async fn local_exposure_refuses_clients_behind_a_proxy() {
    let local = async |trusted: bool, client: Option<&str>| {
        let proxies = TrustedProxies::new(trusted.then_some("127.0.0.1")).unwrap();
        // The default exposure is local.
        let server =
            TestServer::with_settings(TestSettings { proxies, ..TestSettings::default() }).await;
        let mut request = server.http.get(server.url("/socket.io/?EIO=4&transport=polling"));
        if let Some(client) = client {
            request = request.header("x-forwarded-for", client);
        }
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(local(false, None).await, 200);
    assert_eq!(local(true, None).await, 200);
    for trusted in [true, false] {
        for client in ["203.0.113.7", "127.0.0.1", "127.0.0.1, 203.0.113.7"] {
            assert_eq!(local(trusted, Some(client)).await, 403, "{client}");
        }
    }
}

#[tokio::test]
async fn a_proxy_that_names_no_readable_client_pays_itself() {
    let mut budgets = BudgetRates::default();
    budgets.stranger.sign_ups = Rate::per_day(2, 1);
    let proxies = TrustedProxies::new(["127.0.0.1", "10.0.0.0/8"]).unwrap();
    let settings = TestSettings { proxies, budgets, ..TestSettings::default() };
    let server = TestServer::with_settings(settings).await;
    let sign_up = async |name: usize, client: &str| {
        let body = json!({ "name": format!("user {name}"), "bearer": true });
        let request = server.http.post(server.url("/api/session")).json(&body);
        let answer = request.header("x-forwarded-for", client).send().await.unwrap();
        answer.status().as_u16()
    };
    let garbage = [
        "unknown",
        "",
        "203.0.113.1, ",
        "203.0.113.2, _hidden",
        "203.0.113.3, 203.0.113.400",
        "203.0.113.4:99999",
        "203.0.113.5 203.0.113.6",
        "[2001:db8::1",
        "2001:db8::1%eth0",
        "\"203.0.113.8\"",
        "203.0.113.9/32",
    ];
    for (number, client) in garbage.into_iter().enumerate() {
        let expected = if number < 2 { 201 } else { 429 };
        assert_eq!(sign_up(number, client).await, expected, "{client:?}");
    }
    // A readable client is another payer.
    assert_eq!(sign_up(100, "unknown, 203.0.113.7").await, 201);
}

/// The status of a handshake from a page of this origin, with these headers.
async fn handshake_status(
    server: &TestServer,
    origin: &str,
    headers: &[(&'static str, &str)],
) -> u16 {
    let mut all = vec![("sec-websocket-protocol", SUBPROTOCOL), ("origin", origin)];
    all.extend(headers);
    match server.connect(server.socket_request(&all)).await {
        Ok(_) => 101,
        Err(Error::Http(response)) => response.status().as_u16(),
        Err(error) => panic!("{error}"),
    }
}
