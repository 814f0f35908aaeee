//! The state of the server for administrators.

use madang_hub::administration::{ActRequest, Actor, Administration};
use madang_shared::administration::{
    ACCOUNTS_PATH, ACTS_PATH, AUDIT_EXPORT_PATH, AUDIT_PATH, AdministrationAct, HEALTH_PATH,
    SETTINGS_PATH,
};
use madang_shared::frames::ErrorContext;
use madang_shared::health::{HealthReport, PersonSessions, STORAGE_PATH, StorageReport};
use madang_shared::roles::Role;
use madang_shared::{CloseCode, ErrorCode, ServerFrame, Timestamp, Topic, UserId};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

use crate::test_server::{START, TestConnection, TestServer};

impl TestServer {
    /// Signs a person up, with a role that the command line gives. Returns the token.
    async fn sign_up_with(&self, name: &str, user: u64, role: Role) -> String {
        let token = self.sign_up(name).await;
        let act = AdministrationAct::SetRole { user: UserId(user), role };
        let act = ActRequest::new((Actor::CommandLine, None), act, "", Timestamp(START)).unwrap();
        self.store.administer(act).await.unwrap();
        token
    }

    async fn read_as(&self, token: &str, path: &str) -> Response {
        self.http.get(self.url(path)).bearer_auth(token).send().await.unwrap()
    }

    async fn act_as(&self, token: &str, act: Value) -> StatusCode {
        let request = self.http.post(self.url(ACTS_PATH)).bearer_auth(token);
        request.json(&json!({ "act": act })).send().await.unwrap().status()
    }
}

async fn follow(connection: &mut TestConnection) -> ServerFrame {
    connection.send_text(&json!({ "subscribe": { "topic": Topic::Health } }).to_string()).await;
    connection.receive_frame().await
}

#[tokio::test]
async fn administrators_follow_the_state_and_read_it_over_http() {
    let server = TestServer::start().await;
    let owner = server.sign_up_with("Owner", 1, Role::Owner).await;
    let mina = server.sign_up("Mina").await;
    let mut open = server.connect_as(&owner).await;
    assert!(matches!(follow(&mut open).await, ServerFrame::Snapshot(_)));
    server.hub.tick(Timestamp(START));
    let pulse = open.receive_frame().await;
    assert!(matches!(pulse, ServerFrame::Event { topic: Topic::Health, .. }), "{pulse:?}");
    let report = async || -> HealthReport {
        server.read_as(&owner, HEALTH_PATH).await.json().await.unwrap()
    };
    let first = report().await;
    assert_eq!((first.version.as_str(), first.nodes, first.sessions), ("test", 1, 1));
    assert!(first.started_at == Timestamp(START) && first.topics == 1, "{first:?}");
    assert!(first.deliveries >= 1 && first.events > 0 && first.database_bytes > 0, "{first:?}");

    let mut other = server.connect_as(&mina).await;
    match follow(&mut other).await {
        ServerFrame::Error { about, failure } => {
            assert_eq!(about, ErrorContext::Topic(Topic::Health));
            assert_eq!(failure.code, ErrorCode::Forbidden);
        }
        frame => panic!("{frame:?}"),
    }
    for path in [HEALTH_PATH, STORAGE_PATH, SETTINGS_PATH, "/api/administration/people/1/sessions"]
    {
        assert_eq!(server.read_as(&mina, path).await.status(), StatusCode::FORBIDDEN, "{path}");
        assert_eq!(server.read_as(&owner, path).await.status(), StatusCode::OK, "{path}");
        let stranger = server.http.get(server.url(path)).send().await.unwrap();
        assert_eq!(stranger.status(), StatusCode::UNAUTHORIZED, "{path}");
    }
    let storage: StorageReport = server.read_as(&owner, STORAGE_PATH).await.json().await.unwrap();
    assert_eq!(storage.rooms.len(), 1);
}

#[tokio::test]
async fn sessions_of_a_person_are_listed_and_ended_on_every_node() {
    let [first, second] = TestServer::two_nodes().await;
    let owner = first.sign_up_with("Owner", 1, Role::Owner).await;
    let theo = first.sign_up("Theo").await;
    let path = format!("{ACCOUNTS_PATH}/2/sessions");
    let sessions =
        async || -> PersonSessions { first.read_as(&owner, &path).await.json().await.unwrap() };
    let listed = sessions().await.sessions;
    assert_eq!(listed.len(), 1);
    let mut there = second.connect_as(&theo).await;
    let end = |id: &str| json!({ "end_sessions": { "user": 2, "session": id } });
    assert_eq!(first.act_as(&owner, end("nothing")).await, StatusCode::NOT_FOUND);
    assert_eq!(first.act_as(&owner, end(&listed[0].id)).await, StatusCode::OK);
    assert_eq!(there.close_code().await, CloseCode::Unauthenticated.number());
    assert!(sessions().await.sessions.is_empty());
    let missing = first.read_as(&owner, &format!("{ACCOUNTS_PATH}/99/sessions")).await;
    assert_eq!(missing.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn filters_are_checked_and_the_export_has_them_too() {
    let server = TestServer::start().await;
    let owner = server.sign_up_with("Owner", 1, Role::Owner).await;
    server.sign_up("Theo").await;
    let guest = json!({ "set_role": { "user": 2, "role": "guest" } });
    assert_eq!(server.act_as(&owner, guest).await, StatusCode::OK);
    let text = async |path: String| server.read_as(&owner, &path).await.text().await.unwrap();
    let found = text(format!("{AUDIT_EXPORT_PATH}?person=THEO")).await;
    assert_eq!(found.lines().count(), 1, "{found}");
    assert_eq!(text(format!("{AUDIT_EXPORT_PATH}?until=1")).await, "");
    let people = text(format!("{ACCOUNTS_PATH}?role=guest&state=active")).await;
    assert!(people.contains("Theo") && !people.contains("Owner"), "{people}");
    for wrong in [
        format!("{ACCOUNTS_PATH}?role=king"),
        format!("{ACCOUNTS_PATH}?state=asleep"),
        format!("{AUDIT_PATH}?from=yesterday"),
    ] {
        let answer = server.read_as(&owner, &wrong).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{wrong}");
    }
    let long = format!("{AUDIT_PATH}?person={}", "x".repeat(300));
    assert_ne!(server.read_as(&owner, &long).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn session_limits_are_settings() {
    let server = TestServer::start().await;
    let owner = server.sign_up_with("Owner", 1, Role::Owner).await;
    let days = async || -> (Value, Value) {
        let settings: Value = server.read_as(&owner, SETTINGS_PATH).await.json().await.unwrap();
        (settings["session_idle_days"].clone(), settings["session_max_days"].clone())
    };
    assert_eq!(days().await, (json!(30), json!(180)));
    let change = |days: u64| json!({ "change_settings": { "session_idle_days": days } });
    assert_eq!(server.act_as(&owner, change(7)).await, StatusCode::OK);
    assert_eq!(days().await, (json!(7), json!(180)));
    for wrong in [0, 3_651] {
        let refused = server.act_as(&owner, change(wrong)).await;
        assert_eq!(refused, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
}
