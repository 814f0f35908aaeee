//! The app's files and their headers. The tests hold with and without a built app.

use madang_web::{Origins, TrustedProxies};
use reqwest::Method;
use serde_json::{Value, json};

use crate::test_server::{TestServer, TestSettings};

#[tokio::test]
async fn responses_have_the_security_headers() {
    let server = TestServer::start().await;
    let answer = server.http.get(server.url("/rooms/1")).send().await.unwrap();
    let headers = answer.headers();
    let policy = headers["content-security-policy"].to_str().unwrap();
    assert!(
        policy.contains("default-src 'self'") && policy.contains("frame-ancestors 'none'"),
        "{policy}"
    );
    assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{policy}");
    assert_eq!(headers["x-content-type-options"], "nosniff");
    assert_eq!(headers["referrer-policy"], "no-referrer");
}

#[tokio::test]
async fn paths_of_the_app_get_its_page_and_missing_files_get_404() {
    let server = TestServer::start().await;
    let built = madang_web::assets::is_built();
    for path in ["/", "/rooms/1"] {
        let answer = server.http.get(server.url(path)).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), if built { 200 } else { 503 }, "{path}");
        assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
        let text = answer.text().await.unwrap();
        assert!(built || text.contains("was not built"), "the page explains what is missing");
    }
    for path in ["/nonsense", "/feed/1", "/rooms/x", "/rooms/1/messages/x"] {
        let request = server.http.get(server.url(path)).header("if-none-match", "*");
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status().as_u16(), if built { 404 } else { 503 }, "{path}");
        assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
        assert!(!built || answer.headers()["cache-control"] == "no-store", "{path}");
    }
    for path in [
        "/madang-app-0000000000000000.js",
        "/favicon.gif",
        "/api/nothing",
        "/../Cargo.toml",
        "/.gitignore",
    ] {
        assert_eq!(
            server.http.get(server.url(path)).send().await.unwrap().status().as_u16(),
            404,
            "{path}"
        );
    }
    assert_eq!(server.http.post(server.url("/")).send().await.unwrap().status().as_u16(), 405);
}

#[tokio::test]
async fn the_opener_policy_is_sent_where_browsers_use_it() {
    // Browsers log an error for this header over plain HTTP, except from loopback.
    let proxies = TrustedProxies::new(["127.0.0.1"]).unwrap();
    let names = ["http://madang.local:5001", "https://chat.example"].map(str::to_owned);
    let origins = Origins::new(names).unwrap();
    let settings = TestSettings { origins, proxies, ..TestSettings::default() };
    let server = TestServer::with_settings(settings).await;
    for (headers, expected) in [
        (&[][..], true),
        (&[("host", "localhost:5001")], true),
        (&[("host", "app.localhost")], true),
        (&[("host", "[::1]:5001")], true),
        (&[("host", "192.168.0.7:5001")], false),
        (&[("host", "madang.local:5001")], false),
        (&[("host", "0.0.0.0:5001")], false),
        (&[("host", "chat.example"), ("x-forwarded-proto", "https")], true),
        (&[("x-forwarded-host", "chat.example"), ("x-forwarded-proto", "http")], false),
        // A browser sends this header to a secure context only, also through a proxy that is not trusted.
        (&[("host", "chat.example"), ("sec-fetch-dest", "document")], true),
    ] {
        let mut request = server.http.get(server.url("/rooms/1"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.unwrap();
        let sent = answer.headers().get("cross-origin-opener-policy");
        assert_eq!(sent.is_some(), expected, "{headers:?}");
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
    }
}

#[tokio::test]
async fn unknown_paths_of_the_server_get_a_problem_and_never_the_page() {
    let server = TestServer::start().await;
    let token = server.sign_up("program").await;
    for (path, hint) in [
        ("/api/nothing", None),
        ("/api", None),
        ("/api/", None),
        ("/API/session", Some("/api/session")),
        ("/api/session/", Some("/api/session")),
        ("/api//session", Some("/api/session")),
        ("/api/session/x", None),
        ("/api/x.json", None),
        ("/posts/", Some("/posts")),
        ("/posts/1/", Some("/posts/1")),
        ("//posts", Some("/posts")),
        ("/Posts", Some("/posts")),
        ("/posts/1/comments", None),
        ("/%70osts/1", None),
        ("/healthz/", Some("/healthz")),
        ("/readyz/x", None),
        ("/http-call/", Some("/http-call")),
        ("/ws/", Some("/ws")),
        ("/lab/transports/poll/", Some("/lab/transports/poll")),
        ("/lab/transports/nothing", None),
        ("/lab/http/nothing", None),
        ("/socket.io/socket.io.js", None),
    ] {
        for method in [Method::GET, Method::POST, Method::PUT] {
            let url = format!("{}{path}", server.origin());
            let request = server.http.request(method.clone(), url).bearer_auth(&token);
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status().as_u16(), 404, "{method} {path}");
            assert_eq!(answer.headers()["content-type"], "application/problem+json", "{path}");
            let problem: Value = answer.json().await.unwrap();
            assert_eq!(problem["code"], "not_found", "{path}");
            let detail = problem["detail"].as_str().unwrap();
            assert!(
                hint.is_none_or(|hint| detail.contains(&format!("`{hint}`"))),
                "{path}: {detail}"
            );
        }
    }
}

#[tokio::test]
async fn a_wrong_method_gets_the_allowed_ones_and_a_problem() {
    let server = TestServer::start().await;
    for (method, path, allowed) in [
        (Method::DELETE, "/posts", "GET,HEAD,POST"),
        (Method::POST, "/posts/1", "GET,HEAD,PUT,PATCH,DELETE"),
        (Method::PUT, "/api/session", "GET,HEAD,POST,DELETE"),
        (Method::POST, "/healthz", "GET,HEAD"),
        (Method::POST, "/http-call", "GET,HEAD"),
        (Method::POST, "/ws", "GET,HEAD"),
        (Method::POST, "/rooms/1", "GET,HEAD"),
    ] {
        let answer = server.http.request(method.clone(), server.url(path)).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 405, "{method} {path}");
        let sent = answer.headers()["allow"].to_str().unwrap().replace(' ', "");
        assert_eq!(sent, allowed, "{method} {path}");
        let problem: Value = answer.json().await.unwrap();
        assert_eq!((&problem["status"], &problem["code"]), (&json!(405), &json!("unsupported")));
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(method.as_str()), "{detail}");
    }
}

#[tokio::test]
async fn an_unchanged_page_is_not_sent_again() {
    let server = TestServer::start().await;
    if !madang_web::assets::is_built() {
        // Without a built app there is no page to compare; the test above covers that case.
        return;
    }
    let first =
        server.http.get(server.url("/")).header("accept-encoding", "br").send().await.unwrap();
    assert_eq!(first.headers()["content-encoding"], "br");
    assert_eq!(first.headers()["cache-control"], "no-cache");
    let again = server.http.get(server.url("/")).header("accept-encoding", "br");
    let again =
        again.header("if-none-match", first.headers()["etag"].clone()).send().await.unwrap();
    assert_eq!(again.status().as_u16(), 304);
    let plain = server
        .http
        .get(server.url("/"))
        .header("accept-encoding", "identity")
        .send()
        .await
        .unwrap();
    assert!(plain.headers().get("content-encoding").is_none());
}
