//! The facts about the server, and what they change.

use madang_hub::rooms::FIRST_ROOM;
use madang_shared::apps::App;
use madang_shared::chat::{ChatCommand, ChatEvent};
use madang_shared::frames::CommandFrame;
use madang_shared::membership::MembershipCommand;
use madang_shared::roles::Access;
use madang_shared::sentiment::Sentiment;
use madang_shared::workspace::Workspace;
use madang_shared::{
    ClientFrame, Command, CommandId, Event, Seq, ServerFrame, Timestamp, Topic, UserId, codec,
};
use serde_json::{Value, json};

use crate::test_server::{TestServer, TestSettings};

fn settings(workspace: Workspace) -> TestSettings {
    TestSettings { workspace, ..TestSettings::default() }
}

#[tokio::test]
async fn the_facts_about_the_server_are_told_before_and_after_signing_in() {
    let name = Some("<b>개발팀</b> & \"친구\"".to_owned());
    let apps = [App::Price, App::Feed].into_iter().collect();
    let workspace =
        Workspace { name, moods: true, apps, price: true, socketio: false, access: Access::Open };
    let server = TestServer::with_settings(settings(workspace)).await;
    let facts = json!({
        "name": "<b>개발팀</b> & \"친구\"", "moods": true, "apps": ["feed", "price"],
        "price": true, "socketio": false,
    });
    let request = || server.http.get(server.url("/api/session"));
    let before: Value = request().send().await.unwrap().json().await.unwrap();
    assert_eq!(before, json!({ "workspace": facts }));
    let token = server.sign_up("민수").await;
    let after: Value = request().bearer_auth(token).send().await.unwrap().json().await.unwrap();
    assert_eq!(after["workspace"], facts);
    assert_eq!(after["user"]["name"], "민수");
}

#[tokio::test]
async fn a_server_without_a_name_names_none() {
    let server = TestServer::with_settings(settings(Workspace::default())).await;
    let session = server.http.get(server.url("/api/session")).send().await.unwrap();
    assert_eq!(session.headers()["content-type"], "application/json");
    let facts = json!({ "moods": false, "apps": [], "price": false, "socketio": false });
    assert_eq!(session.json::<Value>().await.unwrap(), json!({ "workspace": facts }));
}

/// The sentiment of a message that was stored with these facts about the server.
async fn stored_sentiment(workspace: Workspace) -> Option<Sentiment> {
    let server = TestServer::with_settings(settings(workspace)).await;
    let token = server.sign_up("민수").await;
    let mut peer = server.connect_as(&token).await;
    let commands: [Command; 2] = [
        MembershipCommand::Join { room: FIRST_ROOM }.into(),
        ChatCommand::post(FIRST_ROOM, "I love this courtyard").into(),
    ];
    for (at, command) in (1..).zip(commands) {
        let id = CommandId::new(Timestamp(at), 0);
        let frame = ClientFrame::Command(CommandFrame { id, command });
        peer.send_text(&codec::encode_client(&frame)).await;
        let answer = peer.receive_frame().await;
        assert!(matches!(answer, ServerFrame::Ack { .. }), "{answer:?}");
    }
    let logged = server.store.read_log_now(UserId(0), Topic::Room(FIRST_ROOM), Seq(0), 10).unwrap();
    let content = &logged.last().unwrap().content;
    let Ok(Event::Chat(ChatEvent::Posted(message))) = codec::decode_event(content) else {
        panic!("the last entry is no message")
    };
    message.sentiment
}

#[tokio::test]
async fn messages_are_classified_only_where_moods_are_on() {
    let with_moods = Workspace { moods: true, ..Workspace::default() };
    let sentiment = stored_sentiment(with_moods).await.expect("a sentiment");
    assert!(sentiment.score > 0, "{sentiment:?}");
    assert_eq!(stored_sentiment(Workspace::default()).await, None);
}
