//! The first owner of a server that serves its own machine alone.

use madang_hub::administration::Administration;
use madang_shared::Timestamp;
use madang_shared::administration::{ACCEPT_INVITATION_PATH, AUDIT_PATH, OWNERSHIP_PATH};
use madang_web::TrustedProxies;
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

use crate::test_server::{START, TestServer, TestSettings};

const TOKEN: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// A server that offers its set-up link.
async fn server(change: impl FnOnce(&mut TestSettings)) -> TestServer {
    let mut settings =
        TestSettings { set_up_token: Some(TOKEN.to_owned()), ..TestSettings::default() };
    change(&mut settings);
    let server = TestServer::with_settings(settings).await;
    let hash = madang_web::http::session_token::hash(TOKEN);
    server.store.offer_ownership(hash, Timestamp(START)).await.unwrap();
    server
}

fn headers(name: &'static str, value: &str) -> HeaderMap {
    let value = HeaderValue::from_str(value).unwrap();
    HeaderMap::from_iter([(HeaderName::from_static(name), value)])
}

impl TestServer {
    /// Asks for the set-up link with these headers: whether it is offered, and the answer to the request for it.
    async fn ask(&self, session: &str, headers: &HeaderMap) -> (bool, StatusCode, Value) {
        let path = self.url(OWNERSHIP_PATH);
        let offer = self.http.get(&path).bearer_auth(session).headers(headers.clone());
        let offer: Value = offer.send().await.unwrap().json().await.unwrap();
        let claim = self.http.post(path).bearer_auth(session).headers(headers.clone());
        let claim = claim.json(&json!({})).send().await.unwrap();
        (offer["offered"] == true, claim.status(), claim.json().await.unwrap())
    }
}

#[tokio::test]
async fn somebody_at_the_machine_becomes_the_first_owner_and_then_the_link_is_gone() {
    let server = server(|_| ()).await;
    let mina = server.sign_up("Mina").await;
    let none = HeaderMap::new();
    let (offered, status, answer) = server.ask(&mina, &none).await;
    assert_eq!((offered, status, &answer), (true, StatusCode::OK, &json!({ "token": TOKEN })));
    let accept = server.http.post(server.url(ACCEPT_INVITATION_PATH)).bearer_auth(&mina);
    let accepted = accept.json(&json!({ "token": TOKEN })).send().await.unwrap();
    assert_eq!(accepted.status(), StatusCode::OK);
    let audit = server.http.get(server.url(AUDIT_PATH)).bearer_auth(&mina).send().await.unwrap();
    let audit: Value = audit.json().await.unwrap();
    assert_eq!(audit["entries"][0]["act"], "become_owner");
    for session in [mina, server.sign_up("Theo").await] {
        let (offered, status, answer) = server.ask(&session, &none).await;
        assert_eq!((offered, status), (false, StatusCode::FORBIDDEN), "{answer}");
    }
    let stranger = server.http.get(server.url(OWNERSHIP_PATH)).send().await.unwrap();
    assert_eq!(stranger.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn neither_a_proxy_nor_another_host_or_page_gets_the_set_up_link() {
    let server = server(|_| ()).await;
    let mina = server.sign_up("Mina").await;
    let own = server.origin();
    for (name, value, expected) in [
        ("origin", own.as_str(), true),
        // A page of a development server on the same machine may act with a token of its own, but not become the owner.
        ("origin", "http://localhost:8000", false),
        ("origin", "https://chat.example", false),
        ("host", "192.168.0.7:5001", false),
        ("host", "madang.local", false),
        ("host", "localhost:5001", true),
        ("forwarded", "for=203.0.113.7", false),
        ("via", "1.1 proxy", false),
        ("x-forwarded-for", "127.0.0.1", false),
        ("x-forwarded-host", "localhost", false),
        ("x-forwarded-proto", "https", false),
        ("x-real-ip", "203.0.113.7", false),
    ] {
        let (offered, status, answer) = server.ask(&mina, &headers(name, value)).await;
        let is_given = status == StatusCode::OK && answer["token"] == TOKEN;
        assert_eq!((offered, is_given), (expected, expected), "{name}: {value}: {answer}");
    }
}

#[tokio::test]
async fn a_server_that_others_reach_offers_no_set_up_link() {
    let none = HeaderMap::new();
    let settings: [fn(&mut TestSettings); 2] = [
        |settings| settings.set_up_token = None,
        |settings| settings.proxies = TrustedProxies::new(["10.0.0.0/8"]).unwrap(),
    ];
    for change in settings {
        let server = server(change).await;
        let mina = server.sign_up("Mina").await;
        let (offered, status, answer) = server.ask(&mina, &none).await;
        assert_eq!((offered, status), (false, StatusCode::FORBIDDEN), "{answer}");
    }
}
