//! Clients with an access token.

use madang_hub::administration::{ActRequest, Actor, Administration};
use madang_hub::rooms::FIRST_ROOM;
use madang_shared::Timestamp;
use madang_shared::administration::{AdministrationAct, WorkspaceSettings};
use madang_shared::membership::MembershipCommand;
use madang_shared::roles::Access;
use madang_web::Origins;
use madang_web::socketio::Settings;
use reqwest::Method;
use serde_json::{Value, json};

use super::test_client::SocketIoClient;
use crate::test_server::{START, TestServer};

/// A server for clients with a token alone.
async fn without_guests() -> TestServer {
    let mut settings = Settings::default();
    settings.guests = false;
    TestServer::with_socketio(settings, Origins::default()).await
}

/// Connects with this `auth`, and at this query, until the answer to the connect. Returns that.
async fn answer_to_connect(server: &TestServer, query: &str, auth: &str) -> String {
    let path = format!("/socket.io/?EIO=4&transport=websocket{query}");
    let peer = server.connect(server.request_to(&path, &[])).await.unwrap();
    let mut client = SocketIoClient { peer, id: String::new() };
    assert!(client.receive_text().await.unwrap().starts_with("0{"));
    client.send_packet(&format!("40{auth}")).await;
    client.receive_text().await.unwrap()
}

#[tokio::test]
async fn a_client_with_a_token_writes_as_its_user() {
    let server = without_guests().await;
    let (mina, session) = server.user("Mina").await;
    let (secret, id) = server.issue(&session, &json!({ "name": "bridge", "scope": "write" })).await;
    let mut client = SocketIoClient::connect_with(&server, &json!({ "token": secret })).await;
    client.emit(&json!(["data", "안녕"])).await;
    let expected = json!({ "data": "안녕", "id": format!("user:{}", mina.id) });
    assert_eq!(client.receive("data").await, expected);
    assert_eq!(server.stored_messages(), [("Mina".to_owned(), "안녕".to_owned())]);
    // Its object comes back as it was, as a guest's does.
    let object = json!({ "user_name": "anybody", "message": "hi", "mood": 1 });
    client.emit(&json!(["my event", object])).await;
    client.receive_until("my response", &object).await;
    assert_eq!(server.stored_messages()[1], ("Mina".to_owned(), "hi".to_owned()));

    let path = format!("/api/account/tokens/{id}");
    let end = server.http.request(Method::DELETE, server.url(&path)).bearer_auth(&session);
    assert_eq!(end.send().await.unwrap().status().as_u16(), 204);
    while client.receive_text().await.is_some_and(|text| !text.starts_with("41")) {}
}

#[tokio::test]
async fn a_token_in_the_query_serves_versions_without_auth() {
    let server = without_guests().await;
    let (_, session) = server.user("Mina").await;
    let (secret, _) = server.issue(&session, &json!({ "name": "bridge", "scope": "write" })).await;
    let answer = answer_to_connect(&server, &format!("&token={secret}"), "").await;
    assert!(answer.starts_with("40"), "{answer}");
}

#[tokio::test]
async fn a_client_without_a_valid_token_is_refused_where_no_guests_may_come() {
    let server = without_guests().await;
    let (_, session) = server.user("Mina").await;
    let unknown = format!("mdg_{}", "A".repeat(43));
    for auth in [
        String::new(),
        json!({ "token": "" }).to_string(),
        json!({ "token": 7 }).to_string(),
        json!({ "token": unknown }).to_string(),
        // A session is no token: a page must not lend it to this gateway.
        json!({ "token": session }).to_string(),
    ] {
        let answer = answer_to_connect(&server, "", &auth).await;
        let refused = answer.strip_prefix("44").unwrap_or_else(|| panic!("{answer}"));
        let refused: Value = serde_json::from_str(refused).unwrap();
        let message = refused["message"].as_str().unwrap();
        assert!(message.contains("access token"), "{message}");
    }
}

#[tokio::test]
async fn a_wrong_token_is_refused_where_guests_may_come() {
    let server = TestServer::start().await;
    let answer = answer_to_connect(&server, "", r#"{"token":"mdg_x"}"#).await;
    assert!(answer.starts_with("44"), "{answer}");
    let answer = answer_to_connect(&server, "", "").await;
    assert!(answer.starts_with("40"), "{answer}");
}

#[tokio::test]
async fn a_token_that_reads_sends_nothing() {
    let server = without_guests().await;
    let (mina, session) = server.user("Mina").await;
    let (secret, _) = server.issue(&session, &json!({ "name": "screen", "scope": "read" })).await;
    let mut client = SocketIoClient::connect_with(&server, &json!({ "token": secret })).await;
    for value in [json!("hello"), json!({ "typing": true })] {
        client.emit(&json!(["json", value])).await;
        let refused = client.receive("refused").await;
        assert_eq!(refused["error"]["code"], json!("forbidden"), "{value}");
    }
    assert_eq!(server.stored_messages(), []);
    server.post(&mina, 1, "from the app");
    client.receive_until("message", &json!("from the app")).await;
}

#[tokio::test]
async fn a_client_hears_nothing_more_of_a_room_that_its_user_has_left() {
    let server = without_guests().await;
    let (mina, session) = server.user("Mina").await;
    let (theo, theos) = server.user("Theo").await;
    let new = json!({ "name": "bridge", "scope": "write" });
    let ((secret, _), (other, _)) =
        (server.issue(&session, &new).await, server.issue(&theos, &new).await);
    let mut client = SocketIoClient::connect_with(&server, &json!({ "token": secret })).await;
    let mut stays = SocketIoClient::connect_with(&server, &json!({ "token": other })).await;
    server.post(&theo, 1, "before");
    client.receive_until("message", &json!("before")).await;
    server.command(&mina, 2, MembershipCommand::Leave { room: FIRST_ROOM });
    let refused = client.receive("refused").await;
    assert_eq!(refused["error"]["code"], json!("not_member"));
    while client.receive_text().await.is_some_and(|text| !text.starts_with("41")) {}
    server.post(&theo, 3, "after");
    stays.receive_until("message", &json!("after")).await;

    // A new connection follows only what its user may read.
    let mut client = SocketIoClient::connect_with(&server, &json!({ "token": secret })).await;
    let refused = client.receive("refused").await;
    assert_eq!(refused["event"], json!("room:1"));
}

#[tokio::test]
async fn guests_are_put_out_when_people_need_an_invitation() {
    let server = TestServer::start().await;
    let (_, session) = server.user("Mina").await;
    let (secret, _) = server.issue(&session, &json!({ "name": "bridge", "scope": "write" })).await;
    let mut guest = SocketIoClient::connect(&server).await;
    let mut bridge = SocketIoClient::connect_with(&server, &json!({ "token": secret })).await;
    let access = Some(Access::Invited);
    let act = AdministrationAct::ChangeSettings(WorkspaceSettings { access, ..Default::default() });
    let act = ActRequest::new((Actor::CommandLine, None), act, "", Timestamp(START)).unwrap();
    server.store.administer(act).await.unwrap();
    while guest.receive_text().await.is_some_and(|text| !text.starts_with("41")) {}
    let answer = answer_to_connect(&server, "", "").await;
    assert!(answer.starts_with("44"), "{answer}");
    bridge.emit(&json!(["message", "still here"])).await;
    bridge.receive_until("message", &json!("still here")).await;
}
