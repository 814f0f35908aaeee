//! Profiles and the erasure of accounts over HTTP, and on the connections of all nodes.

use madang_hub::administration::{ActRequest, Actor, Administration};
use madang_shared::administration::{ACTS_PATH, ActAnswer, AdministrationAct};
use madang_shared::erasure::{ERASE_ACCOUNT_PATH, ERASURES_PATH, ErasureEvent, ErasureReceipt};
use madang_shared::people::person_path;
use madang_shared::profile::{OwnProfile, PROFILE_PATH, Person};
use madang_shared::roles::Role;
use madang_shared::{CloseCode, Event, RoomId, ServerFrame, Timestamp, Topic, UserId};
use reqwest::Response;
use serde_json::{Value, json};

use crate::test_server::{START, TestConnection, TestServer};

const ROOM: Topic = Topic::Room(RoomId(1));
const PASSWORD: &str = "correct horse battery";

impl TestServer {
    async fn send_json(&self, token: &str, path: &str, body: &Value) -> Response {
        self.http.post(self.url(path)).bearer_auth(token).json(body).send().await.unwrap()
    }

    async fn fetch(&self, token: &str, path: &str) -> Response {
        self.http.get(self.url(path)).bearer_auth(token).send().await.unwrap()
    }

    async fn promote(&self, user: u64, role: Role) {
        let act = AdministrationAct::SetRole { user: UserId(user), role };
        let act = ActRequest::new((Actor::CommandLine, None), act, "", Timestamp(START)).unwrap();
        self.store.administer(act).await.unwrap();
    }
}

async fn refused(answer: Response) -> (u16, String) {
    let status = answer.status().as_u16();
    let problem: Value = answer.json().await.unwrap();
    assert!(problem["message"].as_str().unwrap().ends_with('.'), "{problem}");
    (status, problem["code"].as_str().unwrap().to_owned())
}

/// Subscribes to the first room from a position, and returns everything up to the next event of an erasure.
async fn until_erased(connection: &mut TestConnection) -> String {
    let mut received = String::new();
    loop {
        let frame = connection.receive_frame().await;
        received.extend([format!("{frame:?}")]);
        if let ServerFrame::Event { topic: ROOM, event: Event::Erasure(event), .. } = frame {
            assert!(matches!(event, ErasureEvent::Erased { user: UserId(2) }));
            return received;
        }
    }
}

#[tokio::test]
async fn a_profile_is_changed_and_read_by_others_and_bad_input_is_refused() {
    let server = TestServer::start().await;
    let (mina, theo) = (server.sign_up("Mina").await, server.sign_up("Theo").await);
    let body = json!({ "name": "김민아", "status": { "emoji": "🌴", "text": "휴가" }, "time_zone": "Asia/Seoul" });
    let answer = server.send_json(&mina, PROFILE_PATH, &body).await;
    assert_eq!(answer.status().as_u16(), 200);
    let own: OwnProfile = answer.json().await.unwrap();
    assert_eq!(own.profile.name, "김민아");
    let person: Person = server.fetch(&theo, &person_path(UserId(1))).await.json().await.unwrap();
    assert_eq!((person.user.name.as_str(), person.profile), ("Mina", own.profile.clone()));
    let read: OwnProfile = server.fetch(&mina, PROFILE_PATH).await.json().await.unwrap();
    assert_eq!(read, own);

    for (body, expected) in [
        (json!({ "name": "a\u{202E}b" }), (422, "invalid")),
        (json!({ "name": "x".repeat(49) }), (422, "too_long")),
        (json!({ "name": "Admin" }), (409, "name_taken")),
        (json!({ "status": { "emoji": "ab" } }), (422, "invalid")),
        (json!({ "time_zone": "../etc" }), (422, "invalid")),
        (json!({ "quiet": { "from": 0, "to": 1440 } }), (422, "invalid")),
        (json!({ "quiet": { "from": -1, "to": 1 } }), (400, "malformed")),
        (json!({ "nme": "typo" }), (400, "malformed")),
        (json!([]), (400, "malformed")),
    ] {
        let (status, code) = refused(server.send_json(&mina, PROFILE_PATH, &body).await).await;
        assert_eq!((status, code.as_str()), expected, "{body}");
    }
    for path in ["/api/people/99", "/api/people/x", "/api/people/-1"] {
        assert_eq!(refused(server.fetch(&mina, path).await).await.0, 404, "{path}");
    }
    assert_eq!(refused(server.fetch("", PROFILE_PATH).await).await.0, 401);
    let unchanged: OwnProfile = server.fetch(&mina, PROFILE_PATH).await.json().await.unwrap();
    assert_eq!(unchanged, own);
}

#[tokio::test]
async fn a_person_erases_the_own_account_with_the_password() {
    let server = TestServer::start().await;
    let (mina, _) = (server.sign_up("Mina").await, server.sign_up("Theo").await);
    let password = json!({ "password": PASSWORD });
    let set = server.send_json(&mina, "/api/account/password", &password).await;
    assert_eq!(set.status().as_u16(), 204);
    let erase = async |body: Value| server.send_json(&mina, ERASE_ACCOUNT_PATH, &body).await;
    let wrong = json!({ "name": "Mina", "password": "another password" });
    assert_eq!(refused(erase(wrong).await).await, (403, "forbidden".into()));
    let other = json!({ "name": "Theo", "password": PASSWORD });
    assert_eq!(refused(erase(other).await).await, (422, "invalid".into()));
    let by_act = json!({ "act": { "erase": { "user": 1, "name": "Mina" } } });
    let by_act = server.send_json(&mina, ACTS_PATH, &by_act).await;
    assert_eq!(refused(by_act).await.0, 403, "the acts do not ask for the password");

    let answer = erase(json!({ "name": "mina", "password": PASSWORD })).await;
    assert_eq!(answer.status().as_u16(), 200);
    let receipt: ErasureReceipt = answer.json().await.unwrap();
    assert_eq!((receipt.user, receipt.by), (UserId(1), Some(UserId(1))));
    assert!(receipt.removed.iter().any(|it| it.kind == "passwords" && it.count == 1));
    assert_eq!(server.fetch(&mina, PROFILE_PATH).await.status().as_u16(), 401);
    let body = json!({ "name": "Mina", "bearer": true });
    let again = server.http.post(server.url("/api/session")).json(&body).send().await.unwrap();
    assert_eq!(refused(again).await, (409, "name_taken".into()));
}

#[tokio::test]
async fn an_erasure_ends_connections_and_leaves_no_text_on_any_node() {
    let [first, second] = TestServer::two_nodes().await;
    let (mina, theo) = (first.sign_up("Mina").await, first.sign_up("Theo").await);
    first.promote(1, Role::Owner).await;
    // The reader and the erased person are on the other node than the act.
    let (mut reader, mut erased) = (second.connect_as(&mina).await, second.connect_as(&theo).await);
    for connection in [&mut reader, &mut erased] {
        connection.send_text(&json!({ "subscribe": { "topic": ROOM } }).to_string()).await;
        assert!(matches!(connection.receive_frame().await, ServerFrame::Snapshot(_)));
    }
    let command = json!({ "command": {
        "id": "01890000-0000-7000-8000-000000000001",
        "command": { "chat": { "post": { "room": 1, "text": "a word of Theo" } } }
    } });
    erased.send_text(&command.to_string()).await;
    let position = loop {
        if let ServerFrame::Event { topic: ROOM, seq, .. } = reader.receive_frame().await {
            break seq;
        }
    };
    assert_eq!(position.0, 1);

    let act = json!({ "act": { "erase": { "user": 2, "name": "Theo" } }, "reason": "on request" });
    let answer = first.send_json(&mina, ACTS_PATH, &act).await;
    assert_eq!(answer.status().as_u16(), 200);
    let answer: ActAnswer = answer.json().await.unwrap();
    let receipt = answer.receipt.expect("a receipt");
    assert_eq!(erased.close_code().await, CloseCode::Erased.number());
    until_erased(&mut reader).await;

    // A client that knew nothing yet resumes from before the message, on both nodes.
    for node in [&first, &second] {
        let mut resuming = node.connect_as(&mina).await;
        let state = json!({ "subscribe": { "topic": ROOM } });
        resuming.send_text(&state.to_string()).await;
        let ServerFrame::Snapshot(state) = resuming.receive_frame().await else { panic!() };
        let text = format!("{:?}", state.snapshot);
        assert!(!text.contains("a word of Theo") && text.contains("#2"), "{text}");
        let from = json!({ "epoch": state.position.epoch, "seq": 0 });
        resuming.send_text(&json!({ "unsubscribe": { "topic": ROOM } }).to_string()).await;
        let subscribe = json!({ "subscribe": { "topic": ROOM, "from": from } });
        resuming.send_text(&subscribe.to_string()).await;
        let replayed = until_erased(&mut resuming).await;
        assert!(!replayed.contains("a word of Theo"), "{replayed}");
    }

    let path = format!("{ERASURES_PATH}/{}", receipt.id);
    let as_json = first.fetch(&mina, &format!("{path}.json")).await;
    assert_eq!(as_json.json::<ErasureReceipt>().await.unwrap(), receipt);
    let as_text = first.fetch(&mina, &format!("{path}.txt")).await.text().await.unwrap();
    assert_eq!(as_text, receipt.to_text());
    assert_eq!(refused(first.fetch(&mina, &format!("{ERASURES_PATH}/9-9")).await).await.0, 404);
    let member = first.sign_up("Member").await;
    assert_eq!(refused(first.fetch(&member, &path).await).await.0, 403);
}
