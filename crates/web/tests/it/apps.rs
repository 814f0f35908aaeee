//! The switches of the apps over HTTP, the socket and Socket.IO.

use madang_hub::administration::{ActRequest, Actor, Administration};
use madang_shared::administration::{AdministrationAct, WorkspaceSettings};
use madang_shared::apps::{App, Apps};
use madang_shared::counter::CounterCommand;
use madang_shared::frames::{CommandFrame, ErrorContext};
use madang_shared::orders::{Destination, OrderLine, OrdersCommand};
use madang_shared::posts::PostsCommand;
use madang_shared::workspace::Workspace;
use madang_shared::{
    ClientFrame, Command, CommandId, ErrorCode, MenuItemId, Seq, ServerFrame, Timestamp, Topic,
    UserId, codec,
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::posts_api::{refusal, request};
use crate::socketio::test_client::SocketIoClient;
use crate::test_server::{TestServer, TestSettings};

async fn with_apps(apps: Apps) -> TestServer {
    let workspace = Workspace { apps, ..Workspace::default() };
    TestServer::with_settings(TestSettings { workspace, ..TestSettings::default() }).await
}

fn place_order() -> Command {
    let lines = vec![OrderLine { item: MenuItemId(1), quantity: 1, price_won: 7000 }];
    OrdersCommand::Place { lines, note: String::new(), destination: Destination::Table(4) }.into()
}

#[tokio::test]
async fn every_path_of_the_feed_is_refused_in_one_way_while_it_is_off() {
    let server = with_apps(Apps::all().switched(App::Feed)).await;
    let token = server.sign_up("민수").await;
    for (method, path) in [
        (Method::GET, "/posts"),
        (Method::POST, "/posts"),
        (Method::GET, "/posts/1"),
        (Method::PUT, "/posts/1"),
        (Method::PATCH, "/posts/1"),
        (Method::DELETE, "/posts/1"),
    ] {
        let body = json!({ "text": "안녕" });
        let expected = (404, "unsupported".to_owned());
        let signed_in = request(&server, method.clone(), path, &token).json(&body);
        assert_eq!(refusal(signed_in).await, expected, "{method} {path}");
        let stranger = server.http.request(method.clone(), server.url(path)).json(&body);
        assert_eq!(refusal(stranger).await, expected, "{method} {path} without a session");
    }
    let answer = server.http.get(server.url("/posts")).send().await.unwrap();
    let problem: Value = answer.json().await.unwrap();
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("the app `feed`") && detail.contains("the setting `apps`"), "{detail}");
    assert_eq!(server.store.read_log_now(UserId(0), Topic::Posts, Seq(0), 10).unwrap(), []);

    let server = with_apps([App::Feed].into_iter().collect()).await;
    let token = server.sign_up("민수").await;
    let posts = request(&server, Method::GET, "/posts", &token).send().await.unwrap();
    assert_eq!(posts.status(), StatusCode::OK);
}

#[tokio::test]
async fn the_socket_refuses_what_belongs_to_an_app_that_is_off_and_lives() {
    let server = with_apps([App::Counter].into_iter().collect()).await;
    let mut peer = server.connect_as(&server.sign_up("민수").await).await;
    for topic in [Topic::Posts, Topic::Orders, Topic::Price] {
        peer.send_text(&format!(r#"{{"subscribe":{{"topic":"{topic}"}}}}"#)).await;
        match peer.receive_frame().await {
            ServerFrame::Error { about: ErrorContext::Topic(of), failure } => {
                assert_eq!((of, failure.code), (topic, ErrorCode::Unsupported));
            }
            other => panic!("{other:?}"),
        }
    }
    let post = PostsCommand::Create { text: "안녕".into() }.into();
    for (at, command) in (1..).zip([post, place_order()]) {
        let id = CommandId::new(Timestamp(at), 0);
        let frame = ClientFrame::Command(CommandFrame { id, command });
        peer.send_text(&codec::encode_client(&frame)).await;
        match peer.receive_frame().await {
            ServerFrame::Error { about: ErrorContext::Command(of), failure } => {
                assert_eq!((of, failure.code), (id, ErrorCode::Unsupported));
            }
            other => panic!("{other:?}"),
        }
    }
    let id = CommandId::new(Timestamp(9), 0);
    let command = CounterCommand::Add { amount: 1 }.into();
    let frame = ClientFrame::Command(CommandFrame { id, command });
    peer.send_text(&codec::encode_client(&frame)).await;
    let answer = peer.receive_frame().await;
    assert!(matches!(answer, ServerFrame::Ack { .. }), "{answer:?}");
}

#[tokio::test]
async fn socket_io_clients_are_told_which_events_are_off_and_get_the_others() {
    let server = with_apps(Apps::default()).await;
    let (mina, _) = server.user("Mina").await;
    // A position in a topic of an app that is off changes nothing.
    let positions = json!({ "positions": { "orders": { "epoch": 1, "seq": 0 } } });
    let mut client = SocketIoClient::connect_with(&server, &positions).await;
    for (event, app) in [("statusChanged", "orders"), ("posts", "feed")] {
        let refused = client.receive("refused").await;
        assert_eq!((&refused["ok"], &refused["event"]), (&json!(false), &json!(event)));
        assert_eq!(refused["error"]["code"], "unsupported");
        let message = refused["error"]["message"].as_str().unwrap();
        assert!(message.contains(&format!("the app `{app}`")), "{message}");
    }
    // Changes by another program are in the log, and reach nobody.
    server.command(&mina, 1, place_order());
    server.command(&mina, 2, PostsCommand::Create { text: "첫 글".into() });
    assert_eq!(server.store.read_log_now(UserId(0), Topic::Orders, Seq(0), 10).unwrap().len(), 1);
    client.emit(&json!(["data", "안녕"])).await;
    let events = client.names_until("data").await;
    assert!(!events.iter().any(|name| name == "statusChanged" || name == "posts"), "{events:?}");
}

#[tokio::test]
async fn socket_io_clients_follow_an_app_that_is_switched_while_they_are_connected() {
    let server = with_apps([App::Feed].into_iter().collect()).await;
    let (mina, _) = server.user("Mina").await;
    let mut client = SocketIoClient::connect(&server).await;
    assert_eq!(client.receive("refused").await["event"], "statusChanged");
    let switch = async |apps: Apps| {
        let settings = WorkspaceSettings { apps: Some(apps), ..WorkspaceSettings::default() };
        let act = AdministrationAct::ChangeSettings(settings);
        let act = ActRequest::new((Actor::CommandLine, None), act, "", Timestamp(1)).unwrap();
        server.store.administer(act).await.unwrap();
    };
    // The orders instead of the feed: the client is told which events end.
    switch([App::Orders].into_iter().collect()).await;
    assert_eq!(client.receive("refused").await["event"], "posts");
    // It joins the orders a moment later, and gets the changes from then on.
    for number in 1.. {
        server.command(&mina, 2 * number, place_order());
        server.command(&mina, 2 * number + 1, PostsCommand::Create { text: "글".into() });
        client.emit(&json!(["data", "안녕"])).await;
        let events = client.names_until("data").await;
        assert!(!events.iter().any(|name| name == "posts"), "{events:?}");
        if events.iter().any(|name| name == "statusChanged") {
            break;
        }
    }
}

#[tokio::test]
async fn socket_io_clients_get_the_events_of_the_app_that_is_on() {
    let server = with_apps([App::Orders].into_iter().collect()).await;
    let (mina, _) = server.user("Mina").await;
    let mut client = SocketIoClient::connect(&server).await;
    assert_eq!(client.receive("refused").await["event"], "posts");
    server.command(&mina, 1, place_order());
    assert_eq!(client.receive("statusChanged").await.as_array().map(Vec::len), Some(1));
}
