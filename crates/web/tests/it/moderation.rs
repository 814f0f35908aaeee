//! Moderation over HTTP, and its effects on open connections.

use madang_hub::administration::{ActRequest, Actor, Administration};
use madang_hub::ports::{Store, Write};
use madang_hub::rooms::FIRST_ROOM;
use madang_shared::administration::{ACTS_PATH, AdministrationAct};
use madang_shared::chat::ChatCommand;
use madang_shared::limits::SUBPROTOCOL;
use madang_shared::moderation::{ADDRESS_BANS_PATH, REPORTS_PATH, report_path};
use madang_shared::roles::Role;
use madang_shared::{CloseCode, CommandId, ServerFrame, Timestamp, User, UserId};
use madang_web::TrustedProxies;
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Error;

use crate::test_server::{START, TEST_TIMEOUT, TestConnection, TestServer, TestSettings};

/// A user with a token.
struct Person {
    id: UserId,
    token: String,
}

async fn person(server: &TestServer, name: &str, role: Role) -> Person {
    let token = server.sign_up(name).await;
    let me: Value = get(server, "/api/session", &token, None).await.json().await.unwrap();
    let id = UserId(me["user"]["id"].as_u64().unwrap());
    if role != Role::Member {
        let act = AdministrationAct::SetRole { user: id, role };
        let act = ActRequest::new((Actor::CommandLine, None), act, "", Timestamp(START)).unwrap();
        server.store.administer(act).await.unwrap();
    }
    Person { id, token }
}

/// Requests a path; `client` is the address that a trusted proxy names.
async fn get(
    server: &TestServer,
    path: &str,
    token: &str,
    client: Option<&str>,
) -> reqwest::Response {
    let mut request = server.http.get(server.url(path)).bearer_auth(token);
    if let Some(client) = client {
        request = request.header("x-forwarded-for", client);
    }
    request.send().await.unwrap()
}

async fn post(server: &TestServer, path: &str, person: &Person, body: &Value) -> reqwest::Response {
    server.http.post(server.url(path)).bearer_auth(&person.token).json(body).send().await.unwrap()
}

/// Opens a socket from an address that a trusted proxy names, and sends the hello.
async fn connect(
    server: &TestServer,
    person: &Person,
    client: &str,
) -> Result<TestConnection, Error> {
    let bearer = format!("Bearer {}", person.token);
    let request = server.socket_request(&[
        ("sec-websocket-protocol", SUBPROTOCOL),
        ("authorization", &bearer),
        ("x-forwarded-for", client),
    ]);
    let mut connection = server.connect(request).await?;
    connection.send_text(r#"{"hello":{"client":"test"}}"#).await;
    Ok(connection)
}

fn behind_proxy() -> TestSettings {
    let proxies = TrustedProxies::new(["127.0.0.0/8"]).unwrap();
    TestSettings { proxies, ..TestSettings::default() }
}

/// Waits until the server has followed the audit log.
async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let followed = async {
        while !holds().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(TEST_TIMEOUT, followed).await.unwrap_or_else(|_| panic!("{what}"));
}

#[tokio::test]
async fn a_ban_closes_the_connections_on_every_node_and_says_why() {
    let [first, second] = TestServer::two_nodes().await;
    let owner = person(&first, "Owner", Role::Owner).await;
    let theo = person(&first, "Theo", Role::Member).await;
    let mut here = first.connect_as(&theo.token).await;
    let mut there = second.connect_as(&theo.token).await;
    let ban = json!({ "act": { "ban": { "user": theo.id } }, "reason": "spam in every room" });
    let without = json!({ "act": { "ban": { "user": theo.id } } });
    let refused = post(&first, ACTS_PATH, &owner, &without).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY, "the reason is missing");
    assert_eq!(post(&first, ACTS_PATH, &owner, &ban).await.status(), StatusCode::OK);
    for connection in [&mut here, &mut there] {
        assert_eq!(connection.close_code().await, CloseCode::Banned.number());
    }
    for server in [&first, &second] {
        let refused = get(server, "/posts", &theo.token, None).await;
        assert_eq!(refused.status(), StatusCode::FORBIDDEN);
        assert!(refused.text().await.unwrap().contains("spam in every room"));
        let session = get(server, "/api/session", &theo.token, None).await;
        let session: Value = session.json().await.unwrap();
        assert_eq!(session["ban"], json!({ "reason": "spam in every room" }));
        assert!(session.get("user").is_none_or(Value::is_null), "{session}");
        let mut again = connect(server, &theo, "127.0.0.1").await.unwrap();
        assert_eq!(again.close_code().await, CloseCode::Banned.number());
    }
    let end = json!({ "act": { "end_ban": { "user": theo.id } }, "reason": "apologised" });
    assert_eq!(post(&first, ACTS_PATH, &owner, &end).await.status(), StatusCode::OK);
    assert_eq!(get(&second, "/posts", &theo.token, None).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_banned_network_is_refused_at_the_door_and_its_sockets_end() {
    let server = TestServer::with_settings(behind_proxy()).await;
    let owner = person(&server, "Owner", Role::Owner).await;
    let theo = person(&server, "Theo", Role::Member).await;
    let banned = Some("203.0.113.7");
    assert_eq!(get(&server, "/posts", &theo.token, banned).await.status(), StatusCode::OK);
    let mut open = connect(&server, &theo, "203.0.113.9").await.unwrap();
    assert!(matches!(open.receive_frame().await, ServerFrame::Welcome(_)));

    let ban = |network: &str| json!({ "act": { "ban_address": { "network": network } }, "reason": "a flood" });
    // The proxy's own requests have the address of this machine, which cannot be banned.
    for own in ["127.0.0.1", "::1", "0.0.0.0/0"] {
        let refused = post(&server, ACTS_PATH, &owner, &ban(own)).await;
        assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY, "{own}");
    }
    let request = server.http.post(server.url(ACTS_PATH)).bearer_auth(&owner.token);
    let request = request.header("x-forwarded-for", "198.51.100.4");
    let refused = request.json(&ban("198.51.100.0/24")).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text().await.unwrap().contains("lock you out"));
    let answer = post(&server, ACTS_PATH, &owner, &ban("203.0.113.0/24")).await;
    assert_eq!(answer.status(), StatusCode::OK);

    assert_eq!(open.close_code().await, CloseCode::Banned.number());
    for path in ["/", "/api/session", "/posts", "/lab/http"] {
        let refused = get(&server, path, &theo.token, banned).await;
        assert_eq!(refused.status(), StatusCode::FORBIDDEN, "{path}");
    }
    let refused = connect(&server, &theo, "203.0.113.7").await.map(|_| ());
    assert!(matches!(refused, Err(Error::Http(answer)) if answer.status() == 403));
    let probe = get(&server, "/healthz", &theo.token, banned).await;
    assert_eq!(probe.status(), StatusCode::OK);
    // A client cannot name another address by itself, and the others come in.
    let others = get(&server, "/posts", &theo.token, Some("203.0.113.7, 203.0.114.7")).await;
    assert_eq!(others.status(), StatusCode::OK);

    let listed = get(&server, ADDRESS_BANS_PATH, &owner.token, None).await;
    let listed: Value = listed.json().await.unwrap();
    assert_eq!(listed[0]["network"], "203.0.113.0/24");
    let hidden = get(&server, ADDRESS_BANS_PATH, &theo.token, None).await;
    assert_eq!(hidden.status(), StatusCode::FORBIDDEN);
    let end = json!({
        "act": { "end_address_ban": { "network": "203.0.113.0/24" } }, "reason": "it is over",
    });
    assert_eq!(post(&server, ACTS_PATH, &owner, &end).await.status(), StatusCode::OK);
    until("the network comes in again", async || {
        get(&server, "/posts", &theo.token, banned).await.status() == StatusCode::OK
    })
    .await;
}

#[tokio::test]
async fn a_report_is_made_and_decided_over_http() {
    let server = TestServer::start().await;
    let owner = person(&server, "Owner", Role::Owner).await;
    let theo = person(&server, "Theo", Role::Member).await;
    let mina = person(&server, "Mina", Role::Member).await;
    let author = User { id: theo.id, name: "Theo".into() };
    let (id, at) = (CommandId::new(Timestamp(START), 1), Timestamp(START));
    let text = "you fool".to_owned();
    let post_it = ChatCommand::post(FIRST_ROOM, text).into();
    let write = Write::of_command(author, id, at, post_it).unwrap();
    server.store.commit(vec![write]).await.remove(0).unwrap();
    let report = json!({ "room": 1, "message": 1, "category": "harassment", "words": "look" });
    for wrong in [
        json!({ "room": 1, "message": 1, "category": "boredom" }),
        json!({ "room": 1, "message": 1, "category": "spam", "words": "a".repeat(1_001) }),
        json!({ "room": "one" }),
    ] {
        let refused = post(&server, REPORTS_PATH, &mina, &wrong).await;
        assert!(refused.status().is_client_error(), "{wrong}");
    }
    let made = post(&server, REPORTS_PATH, &mina, &report).await;
    assert_eq!(made.status(), StatusCode::CREATED);
    assert_eq!(made.json::<Value>().await.unwrap(), json!({ "report": 1 }));
    let queue = async |person: &Person| -> Value {
        get(&server, REPORTS_PATH, &person.token, None).await.json().await.unwrap()
    };
    assert_eq!(queue(&mina).await["reports"], json!([]), "she moderates nothing");
    assert_eq!(queue(&owner).await["reports"][0]["text"], "you fool");

    let decision = json!({ "action": "delete", "reason": "an insult" });
    let refused = post(&server, &report_path(1), &mina, &decision).await;
    assert_eq!(refused.status(), StatusCode::NOT_FOUND);
    let without = json!({ "action": "delete", "reason": "" });
    let refused = post(&server, &report_path(1), &owner, &without).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    for _ in 0..2 {
        let decided = post(&server, &report_path(1), &owner, &decision).await;
        assert_eq!(decided.status(), StatusCode::NO_CONTENT);
    }
    let decided = &queue(&owner).await["reports"][0];
    assert_eq!((&decided["outcome"], decided.get("text")), (&json!("deleted"), None));
}
