//! The app's files and their headers. The tests hold with and without a built app.

use crate::test_server::TestServer;

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
