//! Access tokens and bots, over HTTP and over the app's socket.

use madang_shared::ErrorCode;
use madang_shared::access_tokens::{ACCESS_TOKENS_PATH, BOTS_PATH};
use madang_shared::frames::ErrorContext;
use madang_shared::rooms::DIRECTORY_PATH;
use madang_shared::{CloseCode, ServerFrame};
use reqwest::Method;
use serde_json::{Value, json};

use crate::test_server::{TestConnection, TestServer};

impl TestServer {
    /// Sends a request. Returns the status and the body.
    async fn send(&self, method: Method, path: &str, token: &str, body: &Value) -> (u16, Value) {
        let mut request = self.http.request(method, self.url(path)).bearer_auth(token);
        if !body.is_null() {
            request = request.json(body);
        }
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or_default())
    }

    /// Issues a token. Returns its secret and its id.
    pub(crate) async fn issue(&self, session: &str, body: &Value) -> (String, u64) {
        let (status, issued) = self.send(Method::POST, ACCESS_TOKENS_PATH, session, body).await;
        assert_eq!(status, 201, "{issued}");
        let secret = issued["secret"].as_str().unwrap().to_owned();
        (secret, issued["token"]["id"].as_u64().unwrap())
    }
}

async fn refusal_of(socket: &mut TestConnection, frame: &Value) -> (ErrorContext, ErrorCode) {
    socket.send_text(&frame.to_string()).await;
    match socket.receive_frame().await {
        ServerFrame::Error { about, failure } => (about, failure.code),
        other => panic!("{other:?}"),
    }
}

const COMMAND: &str = "018bcfe5-6800-7000-8000-000000000001";

#[tokio::test]
async fn a_token_acts_for_its_owner_until_it_ends() {
    let server = TestServer::start().await;
    let session = server.sign_up("Mina").await;
    let (secret, id) = server.issue(&session, &json!({ "name": "deploy", "scope": "write" })).await;
    assert!(secret.starts_with("mdg_"), "{secret}");
    let (status, who) = server.send(Method::GET, "/api/session", &secret, &Value::Null).await;
    assert_eq!((status, who["user"]["name"].as_str()), (200, Some("Mina")));
    let post = json!({ "text": "released" });
    assert_eq!(server.send(Method::POST, "/posts", &secret, &post).await.0, 201);
    let mut socket = server.connect_as(&secret).await;

    let (status, tokens) =
        server.send(Method::GET, ACCESS_TOKENS_PATH, &session, &Value::Null).await;
    assert_eq!((status, tokens["tokens"].as_array().map(Vec::len)), (200, Some(1)));
    assert!(!tokens.to_string().contains(&secret), "no later answer has the secret");

    let path = format!("{ACCESS_TOKENS_PATH}/{id}");
    assert_eq!(server.send(Method::DELETE, &path, &session, &Value::Null).await.0, 204);
    assert_eq!(socket.close_code().await, CloseCode::Unauthenticated.number());
    assert_eq!(server.send(Method::POST, "/posts", &secret, &post).await.0, 401);
    assert_eq!(server.send(Method::DELETE, &path, &session, &Value::Null).await.0, 404);
}

#[tokio::test]
async fn a_token_that_reads_changes_nothing() {
    let server = TestServer::start().await;
    let session = server.sign_up("Mina").await;
    let (secret, _) = server.issue(&session, &json!({ "name": "backup", "scope": "read" })).await;
    let none = Value::Null;
    for path in ["/posts", DIRECTORY_PATH, "/api/rooms/1/members"] {
        assert_eq!(server.send(Method::GET, path, &secret, &none).await.0, 200, "{path}");
    }
    let post = json!({ "text": "released" });
    for (method, path, body) in [
        (Method::POST, "/posts", &post),
        (Method::PUT, "/posts/1", &post),
        (Method::PATCH, "/posts/1", &post),
        (Method::DELETE, "/posts/1", &none),
    ] {
        let (status, problem) = server.send(method.clone(), path, &secret, body).await;
        assert_eq!((status, problem["code"].as_str()), (403, Some("forbidden")), "{method}");
    }
    let mut socket = server.connect_as(&secret).await;
    let commands = [
        json!({ "chat": { "post": { "room": 1, "text": "hello" } } }),
        json!({ "rooms": { "create": { "name": "New" } } }),
        json!({ "membership": { "read": { "room": 1, "up_to": 1 } } }),
        json!({ "counter": { "add": { "amount": 1 } } }),
    ];
    for command in commands {
        let frame = json!({ "command": { "id": COMMAND, "command": command } });
        let (about, code) = refusal_of(&mut socket, &frame).await;
        assert_eq!(code, ErrorCode::Forbidden, "{command} {about:?}");
    }
    let typing = json!({ "signal": { "presence": { "typing": { "room": 1, "typing": true } } } });
    assert_eq!(refusal_of(&mut socket, &typing).await, (ErrorContext::Frame, ErrorCode::Forbidden));
}

#[tokio::test]
async fn a_token_for_rooms_reaches_nothing_else() {
    let server = TestServer::start().await;
    let session = server.sign_up("Mina").await;
    let new = json!({ "name": "bridge", "scope": "write", "rooms": [1] });
    let (secret, _) = server.issue(&session, &new).await;
    let none = Value::Null;
    assert_eq!(server.send(Method::GET, "/api/rooms/1/members", &secret, &none).await.0, 200);
    for path in
        ["/posts", DIRECTORY_PATH, "/api/rooms/2/members", "/api/rooms/2/messages/1/delivery"]
    {
        let (status, problem) = server.send(Method::GET, path, &secret, &none).await;
        assert_eq!((status, problem["code"].as_str()), (403, Some("forbidden")), "{path}");
    }
    let mut socket = server.connect_as(&secret).await;
    for topic in ["room:2", "posts", "notices", "memberships:1", "inbox:1", "counter"] {
        let (about, code) =
            refusal_of(&mut socket, &json!({ "subscribe": { "topic": topic } })).await;
        assert_eq!(code, ErrorCode::Forbidden, "{topic} {about:?}");
    }
    socket.send_text(&json!({ "subscribe": { "topic": "room:1" } }).to_string()).await;
    assert!(matches!(socket.receive_frame().await, ServerFrame::Snapshot(_)));
}

#[tokio::test]
async fn a_token_cannot_manage_the_account() {
    let server = TestServer::start().await;
    let session = server.sign_up("Mina").await;
    let new = json!({ "name": "deploy", "scope": "write" });
    let (secret, id) = server.issue(&session, &new).await;
    let (_, bot) = server.send(Method::POST, BOTS_PATH, &session, &json!({ "name": "Bot" })).await;
    let bot_tokens = format!("{BOTS_PATH}/{}/tokens", bot["user"]["id"]);
    let none = Value::Null;
    for (method, path, body) in [
        (Method::GET, ACCESS_TOKENS_PATH.to_owned(), &none),
        (Method::POST, ACCESS_TOKENS_PATH.to_owned(), &new),
        (Method::DELETE, format!("{ACCESS_TOKENS_PATH}/{id}"), &none),
        (Method::GET, BOTS_PATH.to_owned(), &none),
        (Method::POST, BOTS_PATH.to_owned(), &json!({ "name": "Another" })),
        (Method::GET, bot_tokens.clone(), &none),
        (Method::POST, bot_tokens.clone(), &new),
        (Method::DELETE, format!("{bot_tokens}/1"), &none),
        (Method::DELETE, "/api/session".to_owned(), &none),
    ] {
        let (status, problem) = server.send(method.clone(), &path, &secret, body).await;
        let refused = (status, problem["code"].as_str());
        assert_eq!(refused, (403, Some("forbidden")), "{method} {path}");
    }
}

#[tokio::test]
async fn a_bot_acts_by_its_tokens_alone_and_only_for_its_maker() {
    let server = TestServer::start().await;
    let (mina, theo) = (server.sign_up("Mina").await, server.sign_up("Theo").await);
    let name = json!({ "name": "Deploys" });
    let (status, bot) = server.send(Method::POST, BOTS_PATH, &mina, &name).await;
    assert_eq!(status, 201, "{bot}");
    assert_eq!(server.send(Method::POST, BOTS_PATH, &theo, &name).await.0, 409, "taken");
    let path = format!("{BOTS_PATH}/{}/tokens", bot["user"]["id"]);
    let new = json!({ "name": "ci", "scope": "write" });
    assert_eq!(server.send(Method::POST, &path, &theo, &new).await.0, 404);
    assert_eq!(server.send(Method::GET, &path, &theo, &Value::Null).await.0, 404);
    let (status, issued) = server.send(Method::POST, &path, &mina, &new).await;
    assert_eq!(status, 201, "{issued}");
    let secret = issued["secret"].as_str().unwrap();
    let (_, who) = server.send(Method::GET, "/api/session", secret, &Value::Null).await;
    assert_eq!(who["user"], bot["user"]);
    let end = format!("{path}/{}", issued["token"]["id"]);
    assert_eq!(server.send(Method::DELETE, &end, &theo, &Value::Null).await.0, 404);
    assert_eq!(server.send(Method::DELETE, &end, &mina, &Value::Null).await.0, 204);
    let (_, who) = server.send(Method::GET, "/api/session", secret, &Value::Null).await;
    assert!(who.get("user").is_none());
}

#[tokio::test]
async fn a_wrong_request_for_a_token_is_explained() {
    let server = TestServer::start().await;
    let session = server.sign_up("Mina").await;
    let rooms: Vec<u64> = (1..=21).collect();
    for (body, status) in [
        (json!({ "scope": "read" }), 400),
        (json!({ "name": "x", "scope": "everything" }), 400),
        (json!({ "name": " ", "scope": "read" }), 422),
        (json!({ "name": "x".repeat(41), "scope": "read" }), 422),
        (json!({ "name": "x", "scope": "read", "days": 0 }), 422),
        (json!({ "name": "x", "scope": "read", "days": 4000 }), 422),
        (json!({ "name": "x", "scope": "read", "days": -1 }), 400),
        (json!({ "name": "x", "scope": "read", "rooms": rooms }), 422),
        (json!({ "name": "x", "scope": "read", "rooms": [99] }), 404),
    ] {
        let (found, problem) = server.send(Method::POST, ACCESS_TOKENS_PATH, &session, &body).await;
        assert_eq!(found, status, "{body}: {problem}");
        assert!(problem["message"].as_str().is_some_and(|text| text.ends_with('.')), "{problem}");
    }
    let (_, tokens) = server.send(Method::GET, ACCESS_TOKENS_PATH, &session, &Value::Null).await;
    assert_eq!(tokens, json!({ "tokens": [] }));
}
