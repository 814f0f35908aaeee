//! The administration over HTTP, and its effects on open connections.

use madang_hub::administration::{ActRequest, Actor, Administration};
use madang_shared::administration::{
    ACCEPT_INVITATION_PATH, ACCOUNTS_PATH, ACTS_PATH, AUDIT_EXPORT_PATH, AUDIT_PATH, AccountsPage,
    ActAnswer, AdministrationAct, AuditPage, INVITATION_PATH, INVITATIONS_PATH, NewInvitation,
    ROLE_GRANTS_PATH, ROOM_SIZES_PATH, WorkspaceSettings,
};
use madang_shared::apps::Apps;
use madang_shared::frames::ErrorContext;
use madang_shared::grants::{GRANTS_PATH, Grant, OwnGrants};
use madang_shared::roles::{Access, Role};
use madang_shared::workspace::Workspace;
use madang_shared::{CloseCode, ErrorCode, ServerFrame, Timestamp, Topic, UserId};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::test_server::{START, TestConnection, TestServer, TestSettings};

/// A person who sends requests.
struct Person {
    id: UserId,
    token: String,
}

impl TestServer {
    async fn person(&self, name: &str) -> Person {
        let token = self.sign_up(name).await;
        let me = self.http.get(self.url("/api/session")).bearer_auth(&token);
        let me: Value = me.send().await.unwrap().json().await.unwrap();
        Person { id: UserId(me["user"]["id"].as_u64().unwrap()), token }
    }

    /// A person with a role, which the command line gives.
    async fn person_with(&self, name: &str, role: Role) -> Person {
        let person = self.person(name).await;
        let act = AdministrationAct::SetRole { user: person.id, role };
        let act = ActRequest::new((Actor::CommandLine, None), act, "", Timestamp(START)).unwrap();
        self.store.administer(act).await.unwrap();
        person
    }

    async fn send_as(&self, person: &Person, path: &str, body: &Value) -> reqwest::Response {
        self.http.post(self.url(path)).bearer_auth(&person.token).json(body).send().await.unwrap()
    }

    async fn act(&self, person: &Person, act: &AdministrationAct) -> ActAnswer {
        let answer = self.send_as(person, ACTS_PATH, &json!({ "act": act })).await;
        assert_eq!(answer.status(), StatusCode::OK, "{}", answer.text().await.unwrap());
        answer.json().await.unwrap()
    }

    async fn get_as(&self, person: &Person, path: &str) -> reqwest::Response {
        self.http.get(self.url(path)).bearer_auth(&person.token).send().await.unwrap()
    }
}

impl TestConnection {
    async fn subscribe(&mut self, topic: Topic) {
        self.send_text(&json!({ "subscribe": { "topic": topic } }).to_string()).await;
        let answer = self.receive_about_topics().await;
        assert!(matches!(answer, ServerFrame::Snapshot(_)), "{answer:?}");
    }

    /// The next frame that does not say that the rights of the user may have changed.
    async fn receive_about_topics(&mut self) -> ServerFrame {
        loop {
            match self.receive_frame().await {
                ServerFrame::Workspace(_) => {}
                frame => return frame,
            }
        }
    }
}

fn settings(workspace: Workspace) -> TestSettings {
    TestSettings { workspace, ..TestSettings::default() }
}

#[tokio::test]
async fn acts_are_recorded_with_the_network_and_read_in_pages_and_as_lines() {
    let server = TestServer::start().await;
    let owner = server.person_with("Owner", Role::Owner).await;
    let theo = server.person("Theo").await;
    let body = json!({
        "act": { "set_role": { "user": theo.id, "role": "guest" } }, "reason": "a trial",
    });
    let answer = server.send_as(&owner, ACTS_PATH, &body).await;
    assert_eq!(answer.json::<Value>().await.unwrap(), json!({ "entry": 2 }));
    let again = server.send_as(&owner, ACTS_PATH, &body).await;
    assert_eq!(again.json::<Value>().await.unwrap(), json!({}), "nothing to change");

    let page = server.get_as(&owner, &format!("{AUDIT_PATH}?user={}", theo.id)).await;
    let page: AuditPage = page.json().await.unwrap();
    let entry = &page.entries[0];
    assert_eq!((entry.network.as_deref(), entry.reason.as_str()), (Some("127.0.0.1"), "a trial"));
    assert_eq!((page.entries.len(), page.more), (1, false));
    let lines = server.get_as(&owner, AUDIT_EXPORT_PATH).await;
    assert_eq!(lines.headers()["content-type"], "application/jsonl; charset=utf-8");
    let lines = lines.text().await.unwrap();
    let ids: Vec<u64> = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["id"].as_u64().unwrap())
        .collect();
    assert_eq!(ids, [2, 1]);
    let people = server.get_as(&owner, &format!("{ACCOUNTS_PATH}?search=THEO")).await;
    let people: AccountsPage = people.json().await.unwrap();
    assert_eq!((people.people.len(), people.people[0].role), (1, Role::Guest));
}

#[tokio::test]
async fn the_administration_is_for_administrators() {
    let server = TestServer::start().await;
    let mina = server.person("Mina").await;
    let pages = [
        AUDIT_PATH,
        AUDIT_EXPORT_PATH,
        ACCOUNTS_PATH,
        INVITATIONS_PATH,
        ROOM_SIZES_PATH,
        ROLE_GRANTS_PATH,
    ];
    for path in pages {
        assert_eq!(server.get_as(&mina, path).await.status(), StatusCode::FORBIDDEN, "{path}");
        let stranger = server.http.get(server.url(path)).send().await.unwrap();
        assert_eq!(stranger.status(), StatusCode::UNAUTHORIZED, "{path}");
    }
    let act = json!({ "act": { "deactivate": { "user": mina.id } } });
    let stranger = server.http.post(server.url(ACTS_PATH)).json(&act).send().await.unwrap();
    assert_eq!(stranger.status(), StatusCode::UNAUTHORIZED);
    let raise = json!({ "act": { "set_role": { "user": mina.id, "role": "owner" } } });
    let refused = server.send_as(&mina, ACTS_PATH, &raise).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let ada = server.person_with("Ada", Role::Administrator).await;
    for path in pages {
        assert_eq!(server.get_as(&ada, path).await.status(), StatusCode::OK, "{path}");
    }
    for (body, status) in [
        (json!({ "act": { "fly": {} } }), StatusCode::BAD_REQUEST),
        (
            json!({ "act": { "set_role": { "user": 1, "role": "emperor" } } }),
            StatusCode::BAD_REQUEST,
        ),
        (json!({ "act": { "deactivate": { "user": 99 } } }), StatusCode::NOT_FOUND),
        (
            json!({ "act": { "change_settings": { "name": "x".repeat(41) } } }),
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
    ] {
        assert_eq!(server.send_as(&ada, ACTS_PATH, &body).await.status(), status, "{body}");
    }
}

#[tokio::test]
async fn deactivation_closes_the_connections_for_good_on_every_node() {
    let [first, second] = TestServer::two_nodes().await;
    let owner = first.person_with("Owner", Role::Owner).await;
    let theo = first.person("Theo").await;
    let mut here = first.connect_as(&theo.token).await;
    let mut there = second.connect_as(&theo.token).await;
    let mut other = second.connect_as(&owner.token).await;
    first.act(&owner, &AdministrationAct::Deactivate { user: theo.id }).await;
    for connection in [&mut here, &mut there] {
        assert_eq!(connection.close_code().await, CloseCode::Deactivated.number());
    }
    let again = first.get_as(&theo, "/posts").await;
    assert_eq!(again.status(), StatusCode::UNAUTHORIZED);
    other.subscribe(Topic::Administration).await;
    first.act(&owner, &AdministrationAct::Reactivate { user: theo.id }).await;
    let event = other.receive_about_topics().await;
    assert!(matches!(event, ServerFrame::Event { topic: Topic::Administration, .. }), "{event:?}");
}

#[tokio::test]
async fn a_lesser_role_ends_the_subscriptions_that_it_may_not_have_on_every_node() {
    let [first, second] = TestServer::two_nodes().await;
    let owner = first.person_with("Owner", Role::Owner).await;
    let ada = first.person_with("Ada", Role::Administrator).await;
    for server in [&first, &second] {
        let raise = AdministrationAct::SetRole { user: ada.id, role: Role::Administrator };
        first.act(&owner, &raise).await;
        let mut open = server.connect_as(&ada.token).await;
        open.subscribe(Topic::Counter).await;
        open.subscribe(Topic::Administration).await;
        let lower = AdministrationAct::SetRole { user: ada.id, role: Role::Guest };
        first.act(&owner, &lower).await;
        let ended = loop {
            match open.receive_frame().await {
                ServerFrame::Error { about, failure } => break (about, failure.code),
                // The act itself may come before the end.
                ServerFrame::Event { .. } | ServerFrame::Workspace(_) => {}
                other => panic!("{other:?}"),
            }
        };
        let about = ErrorContext::Topic(Topic::Administration);
        assert_eq!(ended, (about, ErrorCode::Forbidden), "the counter stays");
    }
}

#[tokio::test]
async fn a_grant_takes_effect_on_open_connections_of_every_node() {
    let [first, second] = TestServer::two_nodes().await;
    let owner = first.person_with("Owner", Role::Owner).await;
    let theo = first.person("Theo").await;
    let settings = WorkspaceSettings {
        apps: Some(Apps::all()),
        access: Some(Access::Invited),
        ..WorkspaceSettings::default()
    };
    first.act(&owner, &AdministrationAct::ChangeSettings(settings)).await;
    while second.hub.workspace().apps.is_empty() || first.hub.workspace().apps.is_empty() {
        tokio::task::yield_now().await;
    }
    let decide = async |is_given| {
        let grant = Grant::Kitchen;
        let act = AdministrationAct::SetGrant { user: theo.id, grant, is_given: Some(is_given) };
        first.act(&owner, &act).await;
    };
    for server in [&first, &second] {
        let mut open = server.connect_as(&theo.token).await;
        open.subscribe(Topic::OwnOrders(theo.id)).await;
        open.send_text(r#"{"subscribe":{"topic":"orders"}}"#).await;
        let refused = open.receive_about_topics().await;
        assert!(matches!(refused, ServerFrame::Error { .. }), "{refused:?}");
        decide(true).await;
        // The connection is told that its rights may have changed.
        while !matches!(open.receive_frame().await, ServerFrame::Workspace(_)) {}
        open.subscribe(Topic::Orders).await;
        decide(false).await;
        match open.receive_about_topics().await {
            ServerFrame::Error { about, failure } => {
                assert_eq!(about, ErrorContext::Topic(Topic::Orders), "the own orders stay");
                assert_eq!(failure.code, ErrorCode::Forbidden);
            }
            other => panic!("{other:?}"),
        }
    }
    let own = second.get_as(&theo, GRANTS_PATH).await.json::<OwnGrants>().await.unwrap();
    assert!(own.grants.contains(Grant::Customer) && !own.grants.contains(Grant::Kitchen));
    let names: Vec<String> = own.administrators.into_iter().map(|user| user.name).collect();
    assert_eq!(names, ["Owner"]);
    assert_eq!(second.get_as(&theo, ROLE_GRANTS_PATH).await.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn settings_change_on_every_node_and_every_open_connection() {
    let [first, second] = TestServer::two_nodes().await;
    let owner = first.person_with("Owner", Role::Owner).await;
    let mut open = second.connect_as(&owner.token).await;
    let all = WorkspaceSettings { apps: Some(Apps::all()), ..WorkspaceSettings::default() };
    first.act(&owner, &AdministrationAct::ChangeSettings(all)).await;
    // A connection that follows nothing learns the apps when it follows something.
    while second.hub.workspace().apps.is_empty() {
        tokio::task::yield_now().await;
    }
    open.subscribe(Topic::Counter).await;
    let none = WorkspaceSettings {
        apps: Some(Apps::default()),
        name: Some("새봄".into()),
        ..WorkspaceSettings::default()
    };
    first.act(&owner, &AdministrationAct::ChangeSettings(none)).await;
    let facts = loop {
        match open.receive_frame().await {
            // Those of the change before.
            ServerFrame::Workspace(facts) if facts.name.is_none() => {}
            ServerFrame::Workspace(facts) => break facts,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!((facts.name.as_deref(), facts.apps.is_empty()), (Some("새봄"), true));
    match open.receive_about_topics().await {
        ServerFrame::Error { about, failure } => {
            assert_eq!(about, ErrorContext::Topic(Topic::Counter));
            assert_eq!(failure.code, ErrorCode::Unsupported);
        }
        other => panic!("{other:?}"),
    }
    let facts = second.http.get(second.url("/api/session")).send().await.unwrap();
    assert_eq!(facts.json::<Value>().await.unwrap()["workspace"]["name"], "새봄");
}

#[tokio::test]
async fn people_come_by_invitation_where_the_workspace_asks_for_one() {
    let workspace = Workspace { access: Access::Invited, ..Workspace::default() };
    let server = TestServer::with_settings(settings(workspace)).await;
    let sign_up = async |name: &str, invitation: Option<&str>| {
        let body = json!({ "name": name, "bearer": true, "invitation": invitation });
        server.http.post(server.url("/api/session")).json(&body).send().await.unwrap()
    };
    let refused = sign_up("Mina", None).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let refused: Value = refused.json().await.unwrap();
    assert!(refused["message"].as_str().unwrap().contains("ask one of its administrators"));
    assert_eq!(sign_up("Mina", Some("guess")).await.status(), StatusCode::NOT_FOUND);

    let setup = "A".repeat(43);
    let hash = madang_web_hash(&setup);
    server.store.offer_ownership(hash, Timestamp(START)).await.unwrap();
    let owner = sign_up("Owner", Some(&setup)).await;
    assert_eq!(owner.status(), StatusCode::CREATED);
    let owner: Value = owner.json().await.unwrap();
    let owner = Person {
        id: UserId(owner["user"]["id"].as_u64().unwrap()),
        token: owner["token"].as_str().unwrap().to_owned(),
    };
    let one = NewInvitation {
        role: Role::Member,
        uses: 1,
        lasts_ms: None,
        rooms: Vec::new(),
        note: String::new(),
    };
    let made = server.act(&owner, &AdministrationAct::Invite(one)).await;
    let token = made.token.unwrap();
    let body = json!({ "token": token });
    let offered = server.http.post(server.url(INVITATION_PATH)).json(&body).send().await.unwrap();
    let offered: Value = offered.json().await.unwrap();
    assert_eq!(offered, json!({ "invited_by": "Owner", "role": "member" }));
    assert_eq!(sign_up("Mina", Some(&token)).await.status(), StatusCode::CREATED);
    assert_eq!(sign_up("Theo", Some(&token)).await.status(), StatusCode::NOT_FOUND);
    let accepted = server.send_as(&owner, ACCEPT_INVITATION_PATH, &body).await;
    assert_eq!(accepted.status(), StatusCode::NOT_FOUND, "it is used up");
}

/// The hash of a token, as the server stores it.
fn madang_web_hash(token: &str) -> [u8; 32] {
    madang_web::http::session_token::hash(token)
}
