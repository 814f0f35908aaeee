//! The bodies of requests: their fields, and the sentences about what is wrong with them.

use reqwest::{Body, Method, RequestBuilder};
use serde_json::{Value, json};

use crate::posts_api::{answer, refusal, request};
use crate::test_server::TestServer;

/// The status and the sentence of a refusal.
async fn sentence(request: RequestBuilder) -> (u16, String) {
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    let problem: Value = answer.json().await.unwrap();
    assert_eq!((&problem["status"], &problem["detail"]), (&json!(status), &problem["message"]));
    (status, problem["detail"].as_str().unwrap().to_owned())
}

fn raw(
    server: &TestServer,
    token: &str,
    media_type: &str,
    body: impl Into<Body>,
) -> RequestBuilder {
    let request = request(server, Method::POST, "/posts", token);
    request.header("content-type", media_type).body(body)
}

#[tokio::test]
async fn t4_1_a_title_is_kept_as_the_first_line_and_patch_edits_like_put() {
    let server = TestServer::start().await;
    let token = server.sign_up("one").await;
    let write = |method: Method, path: &str, body: Value| {
        request(&server, method, path, &token).json(&body)
    };
    let body = json!({ "title": " 첫 글 ", "content": "내용\n둘째 줄" });
    let (status, post) = answer(write(Method::POST, "/posts", body)).await;
    assert_eq!((status, &post["text"]), (201, &json!("첫 글\n내용\n둘째 줄")));
    let body = json!({ "title": "고친 글", "content": "새 내용", "id": 7 });
    let (status, post) = answer(write(Method::PATCH, "/posts/1", body)).await;
    assert_eq!((status, &post["text"]), (200, &json!("고친 글\n새 내용")));
    let (status, post) = answer(write(Method::PATCH, "/posts/1", json!({ "text": "x" }))).await;
    assert_eq!((status, &post["text"]), (200, &json!("x")));
    let body = json!({ "title": "a\nb", "content": "" });
    let (status, post) = answer(write(Method::PUT, "/posts/1", body)).await;
    assert_eq!((status, &post["text"]), (200, &json!("a b")), "a title is one line");
    let missing = write(Method::PATCH, "/posts/9", json!({ "text": "x" }));
    assert_eq!(refusal(missing).await, (404, "not_found".into()));
}

#[tokio::test]
async fn t4_1_a_refused_body_names_the_field_in_words() {
    let server = TestServer::start().await;
    let token = server.sign_up("one").await;
    let body = |body: Value| request(&server, Method::POST, "/posts", &token).json(&body);
    let get = |path: &str| request(&server, Method::GET, path, &token);
    let nested = "[".repeat(1_000);
    for (request, expected) in [
        (body(json!({})), "The field `text` is missing"),
        (body(json!({ "txt": "x" })), "The field `text` is missing"),
        (body(json!({ "text": null })), "The field `text` is missing"),
        (body(json!({ "text": 7 })), "The field `text` must be a string"),
        (body(json!({ "text": ["x"] })), "The field `text` must be a string"),
        (body(json!({ "title": "x" })), "The field `content` is missing"),
        (body(json!({ "content": "x" })), "The field `title` is missing"),
        (body(json!({ "title": "x", "content": {} })), "The field `content` must be a string"),
        (body(json!({ "title": true, "content": "x" })), "The field `title` must be a string"),
        (body(json!({ "text": "x", "content": "y" })), "either `text`, or `title` and `content`"),
        (body(json!("x")), "must be a JSON object"),
        (body(json!(["x"])), "must be a JSON object"),
        (raw(&server, &token, "application/json", ""), "The body is empty"),
        (raw(&server, &token, "application/json", "{"), "not valid JSON: line 1, column 1"),
        (raw(&server, &token, "application/json", "{\n'text': 1}"), "line 2, column 1"),
        (raw(&server, &token, "application/json", "text=x"), "line 1"),
        (raw(&server, &token, "application/json", nested), "not valid JSON"),
        (raw(&server, &token, "application/json", &b"{\"text\":\"\xb0\xa1\"}"[..]), "not UTF-8"),
        (get("/posts?before=x"), "`before` must be a whole number"),
        (get("/posts?before="), "`before` must be a whole number"),
        (get("/posts?limit=-1"), "`limit` must be a whole number"),
        (get("/posts?limit=1&limit=2"), "`limit`"),
    ] {
        let (status, sentence) = sentence(request).await;
        assert_eq!(status, 400, "{sentence}");
        assert!(sentence.contains(expected), "{sentence} instead of {expected}");
        assert!(sentence.ends_with('.'), "{sentence}");
        for word in ["deserialize", "expected", "invalid type", "EOF", "digit", "`text` at"] {
            assert!(!sentence.contains(word), "a parser's words: {sentence}");
        }
    }
    for (body, expected) in [
        (json!({}), "The field `name` is missing"),
        (json!({ "name": 7 }), "The field `name` must be a string"),
        (json!({ "name": "x", "bearer": "yes" }), "The field `bearer` must be true or false"),
    ] {
        let sign_up = server.http.post(server.url("/api/session")).json(&body);
        let (status, sentence) = sentence(sign_up).await;
        assert_eq!(status, 400, "{sentence}");
        assert!(sentence.contains(expected), "{sentence} instead of {expected}");
    }
}

#[tokio::test]
async fn a_byte_order_mark_before_json_is_accepted() {
    let server = TestServer::start().await;
    let token = server.sign_up("one").await;
    let (status, post) =
        answer(raw(&server, &token, "application/json", "\u{feff}{\"text\":\"안녕\"}")).await;
    assert_eq!((status, &post["text"]), (201, &json!("안녕")));
    let sign_up = server.http.post(server.url("/api/session"));
    let sign_up = sign_up.header("content-type", "application/json; charset=utf-8");
    assert_eq!(answer(sign_up.body("\u{feff}{\"name\":\"two\"}")).await.0, 201);
    let twice = raw(&server, &token, "application/json", "\u{feff}\u{feff}{\"text\":\"x\"}");
    assert_eq!(refusal(twice).await, (400, "malformed".into()));
}

#[tokio::test]
async fn a_body_of_another_media_type_is_refused_with_the_reason() {
    let server = TestServer::start().await;
    let token = server.sign_up("one").await;
    let json_text = "{\"text\":\"x\"}";
    for media_type in [
        "application/json",
        "application/json; charset=UTF-8",
        "Application/JSON;charset=\"utf-8\"",
        "application/vnd.api+json",
    ] {
        assert_eq!(
            answer(raw(&server, &token, media_type, json_text)).await.0,
            201,
            "{media_type}"
        );
    }
    let untyped = request(&server, Method::POST, "/posts", &token).body(json_text);
    let packed =
        raw(&server, &token, "application/json", json_text).header("content-encoding", "gzip");
    for (request, expected) in [
        (untyped, "names no media type"),
        (
            raw(&server, &token, "application/x-www-form-urlencoded", "text=x"),
            "`application/x-www-form-urlencoded`",
        ),
        (raw(&server, &token, "text/plain", json_text), "`text/plain`"),
        (raw(&server, &token, "json", json_text), "`json`"),
        (raw(&server, &token, "application/json; charset=euc-kr", json_text), "`euc-kr`"),
        (packed, "`gzip`"),
    ] {
        let (status, sentence) = sentence(request).await;
        assert_eq!(status, 415, "{sentence}");
        assert!(sentence.contains(expected) && sentence.contains("send"), "{sentence}");
    }
    let form = server.http.post(server.url("/api/session")).header("content-type", "text/plain");
    assert_eq!(sentence(form.body("{\"name\":\"x\"}")).await.0, 415);
}
