//! Posts over HTTP, and the origins that may use them.

use madang_shared::limits::{COMMAND_BURST, SUBPROTOCOL};
use madang_shared::posts::{MAX_POST_CHARS, PAGE_POSTS};
use madang_shared::posts::{PostsEvent, PostsSnapshot};
use madang_shared::{Event, PostId, ServerFrame, Snapshot};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Error;

use crate::test_server::{TestConnection, TestServer};

const LISTED: &str = "http://localhost:3000";
const UNLISTED: &str = "https://evil.example";

pub(crate) fn request(
    server: &TestServer,
    method: Method,
    path: &str,
    token: &str,
) -> RequestBuilder {
    server.http.request(method, server.url(path)).bearer_auth(token)
}

fn post(server: &TestServer, token: &str, text: &str) -> RequestBuilder {
    request(server, Method::POST, "/posts", token).json(&json!({ "text": text }))
}

fn put(server: &TestServer, token: &str, path: &str, text: &str) -> RequestBuilder {
    request(server, Method::PUT, path, token).json(&json!({ "text": text }))
}

pub(crate) async fn answer(request: RequestBuilder) -> (u16, Value) {
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap_or_default())
}

/// The status and code of a refusal; checks that it is a problem document.
pub(crate) async fn refusal(request: RequestBuilder) -> (u16, String) {
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    let problem: Value = answer.json().await.unwrap();
    assert_eq!((&problem["status"], &problem["type"]), (&json!(status), &json!("about:blank")));
    assert!(problem["title"].is_string() && problem["detail"].is_string(), "{problem}");
    (status, problem["code"].as_str().unwrap().to_owned())
}

/// Connects a user who is subscribed to the posts.
async fn reader(server: &TestServer, name: &str) -> TestConnection {
    let token = server.sign_up(name).await;
    let mut peer = server.connect_as(&token).await;
    peer.send_text(r#"{"subscribe":{"topic":"posts"}}"#).await;
    let ServerFrame::Snapshot(state) = peer.receive_frame().await else { panic!("not a snapshot") };
    let Snapshot::Posts(PostsSnapshot { posts, older: false }) = state.snapshot else {
        panic!("not the posts")
    };
    assert!(posts.is_empty());
    peer
}

async fn next(peer: &mut TestConnection) -> PostsEvent {
    match peer.receive_frame().await {
        ServerFrame::Event { event: Event::Posts(event), .. } => event,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn t4_1_a_post_is_created_edited_and_deleted_and_every_socket_is_notified() {
    let server = TestServer::start().await;
    let (mut one, mut two) = (reader(&server, "one").await, reader(&server, "two").await);
    let token = server.sign_up("민수").await;
    let created = post(&server, &token, "첫 글").send().await.unwrap();
    assert_eq!(created.status(), StatusCode::CREATED);
    assert_eq!(created.headers()["location"], "/posts/1");
    let made: Value = created.json().await.unwrap();
    assert_eq!((&made["text"], &made["author"]["name"]), (&json!("첫 글"), &json!("민수")));
    // Before the edit, which redacts this text.
    for peer in [&mut one, &mut two] {
        assert!(
            matches!(next(peer).await, PostsEvent::Created { post, .. } if post.text == "첫 글")
        );
    }

    let (status, edited) = answer(put(&server, &token, "/posts/1", "고친 글")).await;
    assert_eq!((status, &edited["text"]), (200, &json!("고친 글")));
    assert!(edited["edited_at"].is_u64());
    for peer in [&mut one, &mut two] {
        assert!(
            matches!(next(peer).await, PostsEvent::Edited { post, .. } if post.text == "고친 글")
        );
    }
    let read = || request(&server, Method::GET, "/posts/1", &token);
    assert_eq!(answer(read()).await, (200, edited.clone()));
    assert_eq!(answer(put(&server, &token, "/posts/1", "고친 글")).await, (200, edited));
    assert_eq!(answer(request(&server, Method::DELETE, "/posts/1", &token)).await.0, 204);
    assert_eq!(refusal(read()).await, (404, "not_found".into()));
    for peer in [&mut one, &mut two] {
        assert!(matches!(next(peer).await, PostsEvent::Deleted { post: PostId(1), .. }));
    }
}

#[tokio::test]
async fn t4_3_a_repeated_request_creates_one_post() {
    let server = TestServer::start().await;
    let token = server.sign_up("program").await;
    let key = "0198c5f0-0000-7000-8000-000000000001";
    let keyed = |request: RequestBuilder, key: &str| request.header("idempotency-key", key);
    let (_, first) = answer(keyed(post(&server, &token, "once"), key)).await;
    let again = answer(keyed(post(&server, &token, "once"), &format!("\"{key}\""))).await;
    assert_eq!(again, (201, first));
    for (request, status) in [
        (post(&server, &token, "something else"), 422),
        (put(&server, &token, "/posts/1", "once"), 422),
        (request(&server, Method::DELETE, "/posts/1", &token), 422),
    ] {
        assert_eq!(refusal(keyed(request, key)).await, (status, "invalid".into()));
    }
    let broken = keyed(post(&server, &token, "x"), "not a uuid");
    assert_eq!(refusal(broken).await, (400, "malformed".into()));
    let (_, page) = answer(request(&server, Method::GET, "/posts", &token)).await;
    assert_eq!(page["posts"].as_array().unwrap().len(), 1);

    let other = "0198c5f0-0000-7000-8000-000000000002";
    for _ in 0..2 {
        let delete = keyed(request(&server, Method::DELETE, "/posts/1", &token), other);
        assert_eq!(answer(delete).await.0, 204);
    }
}

#[tokio::test]
async fn refusals_over_http_are_problem_documents() {
    let server = TestServer::start().await;
    let (token, other) = (server.sign_up("one").await, server.sign_up("other").await);
    answer(post(&server, &token, "mine")).await;
    let get = |path: &str| request(&server, Method::GET, path, &token);
    let raw = |body: &'static str| {
        let request = request(&server, Method::POST, "/posts", &token);
        request.header("content-type", "application/json").body(body)
    };
    let longest = "다".repeat(MAX_POST_CHARS);
    for (request, expected) in [
        (post(&server, "wrong", "x"), (401, "unauthenticated")),
        (server.http.get(server.url("/posts")), (401, "unauthenticated")),
        (put(&server, &other, "/posts/1", "yours"), (403, "forbidden")),
        (request(&server, Method::DELETE, "/posts/1", &other), (403, "forbidden")),
        (put(&server, &token, "/posts/9", "x"), (404, "not_found")),
        (get("/posts/x"), (404, "not_found")),
        (get("/posts/18446744073709551615"), (404, "not_found")),
        (get("/posts/99999999999999999999"), (404, "not_found")),
        (get("/posts?before=x"), (400, "malformed")),
        (get("/posts?limit=-1"), (400, "malformed")),
        (raw("{"), (400, "malformed")),
        (raw("{}"), (400, "malformed")),
        (post(&server, &token, " "), (422, "invalid")),
        (post(&server, &token, &(longest.clone() + "다")), (422, "too_long")),
        (post(&server, &token, &"x".repeat(40_000)), (413, "too_long")),
    ] {
        assert_eq!(refusal(request).await, (expected.0, expected.1.to_owned()));
    }
    // The longest text fits even if every character is escaped.
    let escaped = format!(r#"{{"text":"{}"}}"#, r"\ud83d\udc4b".repeat(MAX_POST_CHARS));
    let longest = request(&server, Method::POST, "/posts", &token)
        .header("content-type", "application/json")
        .body(escaped);
    assert_eq!(answer(longest).await.0, 201);
    server.store.set_unavailable(true);
    assert_eq!(refusal(post(&server, &token, "x")).await, (503, "unavailable".into()));
}

#[tokio::test]
async fn the_rate_limit_of_one_user_does_not_affect_others() {
    let server = TestServer::start().await;
    let (token, other) = (server.sign_up("one").await, server.sign_up("other").await);
    let (mut posted, mut refused) = (0, None);
    while refused.is_none() && posted < 100 * COMMAND_BURST {
        let answer = post(&server, &token, "again").send().await.unwrap();
        match answer.status().as_u16() {
            201 => posted += 1,
            _ => refused = Some(answer),
        }
    }
    let refused = refused.expect("there is a limit");
    assert!(posted >= COMMAND_BURST, "{posted} is below the limit of a socket");
    assert_eq!(
        (refused.status().as_u16(), &refused.headers()["retry-after"]),
        (429, &"1".parse().unwrap())
    );
    assert_eq!(refused.headers()["content-type"], "application/problem+json");
    assert_eq!(refused.headers()["connection"], "close");
    assert_eq!(answer(post(&server, &other, "hello")).await.0, 201);
    // Reads are not limited.
    assert_eq!(answer(request(&server, Method::GET, "/posts", &token)).await.0, 200);
}

#[tokio::test]
async fn a_repeated_request_does_not_get_a_redacted_text() {
    let server = TestServer::start().await;
    let token = server.sign_up("program").await;
    let key = "0198c5f0-0000-7000-8000-000000000001";
    let create = || post(&server, &token, "first try").header("idempotency-key", key);
    let edit = || {
        let other = "0198c5f0-0000-7000-8000-000000000002";
        put(&server, &token, "/posts/1", "second try").header("idempotency-key", other)
    };
    assert_eq!(answer(create()).await.0, 201);
    assert_eq!(answer(edit()).await.0, 200);
    let (status, post) = answer(create()).await;
    assert_eq!((status, &post["text"]), (201, &json!("second try")), "the present text");
    assert_eq!(answer(put(&server, &token, "/posts/1", "third try")).await.0, 200);
    let (status, post) = answer(edit()).await;
    assert_eq!((status, &post["text"]), (200, &json!("third try")), "the later edit stays");
    assert_eq!(answer(request(&server, Method::DELETE, "/posts/1", &token)).await.0, 204);
    assert_eq!(refusal(create()).await, (404, "not_found".into()));
    assert_eq!(refusal(edit()).await, (404, "not_found".into()));
}

#[tokio::test]
async fn posts_are_read_in_pages() {
    let server = TestServer::start().await;
    let token = server.sign_up("one").await;
    let count = u64::from(PAGE_POSTS) + 2;
    for n in 0..count {
        assert_eq!(answer(post(&server, &token, &format!("post {n}"))).await.0, 201);
    }
    let page = async |path: &str| {
        let (status, page) = answer(request(&server, Method::GET, path, &token)).await;
        assert_eq!(status, 200);
        let ids = page["posts"].as_array().unwrap().iter().map(|post| post["id"].as_u64().unwrap());
        (ids.collect::<Vec<_>>(), page["older"].as_bool().unwrap())
    };
    assert_eq!(page("/posts").await, ((3..=count).rev().collect(), true));
    assert_eq!(page("/posts?limit=1000").await.0.len(), PAGE_POSTS as usize);
    assert_eq!(page("/posts?before=3").await, (vec![2, 1], false));
    assert_eq!(page("/posts?before=3&limit=0").await, (vec![2], true));
}

#[tokio::test]
async fn a_cookie_authenticates_too() {
    let server = TestServer::start().await;
    let token = server.sign_up("one").await;
    let request = server.http.post(server.url("/posts")).json(&json!({ "text": "hi" }));
    let request = request.header("cookie", format!("madang_session={token}"));
    assert_eq!(answer(request).await.0, 201);
}

#[tokio::test]
async fn t4_4_pages_of_listed_origins_may_read_and_write_over_http_and_others_may_not() {
    let server = TestServer::start().await;
    let token = server.sign_up("one").await;
    let preflight = async |origin: &str| {
        let request = server.http.request(Method::OPTIONS, server.url("/posts/1"));
        let request = request.header("origin", origin);
        let request = request.header("access-control-request-method", "PATCH");
        let wanted = "authorization,content-type,idempotency-key";
        let request = request.header("access-control-request-headers", wanted);
        request.send().await.unwrap().headers().clone()
    };
    let listed = preflight(LISTED).await;
    assert_eq!(listed["access-control-allow-origin"], LISTED);
    assert_eq!(listed["access-control-allow-credentials"], "true");
    let methods = listed["access-control-allow-methods"].to_str().unwrap();
    assert!(methods.contains("PUT") && methods.contains("PATCH"), "{methods}");
    let allowed = listed["access-control-allow-headers"].to_str().unwrap();
    assert!(allowed.contains("authorization") && allowed.contains("idempotency-key"));
    assert!(!preflight(UNLISTED).await.contains_key("access-control-allow-origin"));

    let from = |origin: &str| post(&server, &token, "hello").header("origin", origin);
    let created = from(LISTED).send().await.unwrap();
    assert_eq!(created.status(), StatusCode::CREATED);
    assert_eq!(created.headers()["access-control-allow-origin"], LISTED);
    assert_eq!(created.headers()["access-control-expose-headers"], "location,retry-after");
    for origin in [UNLISTED, "http://localhost:3001", "null"] {
        assert_eq!(refusal(from(origin)).await, (403, "forbidden".into()));
        for change in [
            put(&server, &token, "/posts/1", "x"),
            request(&server, Method::DELETE, "/posts/1", &token),
        ] {
            assert_eq!(refusal(change.header("origin", origin)).await.0, 403, "{origin}");
        }
        // A read is answered, but the browser hides the answer from the page.
        let read = request(&server, Method::GET, "/posts", &token).header("origin", origin);
        let read = read.send().await.unwrap();
        assert!(!read.headers().contains_key("access-control-allow-origin"), "{origin}");
    }
    let (_, page) = answer(request(&server, Method::GET, "/posts", &token)).await;
    assert_eq!(page["posts"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn t4_4_the_handshake_checks_the_origin_itself() {
    let server = TestServer::start().await;
    let bearer = format!("Bearer {}", server.sign_up("one").await);
    let open = async |origin: &str| {
        let protocol = ("sec-websocket-protocol", SUBPROTOCOL);
        let headers = [protocol, ("origin", origin), ("authorization", bearer.as_str())];
        match server.connect(server.socket_request(&headers)).await {
            Ok(_) => 101,
            Err(Error::Http(refused)) => refused.status().as_u16(),
            Err(error) => panic!("{error}"),
        }
    };
    // Browsers send no preflight before a WebSocket and hide nothing from its page, so a session does not suffice.
    assert_eq!((open(LISTED).await, open(UNLISTED).await), (101, 403));
}
