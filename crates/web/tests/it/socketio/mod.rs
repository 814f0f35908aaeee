//! The Socket.IO gateway, packet by packet. The end-to-end tests use the published clients.

mod admission;
mod limits;
mod nodes;
mod packets;
pub(crate) mod test_client;
mod tokens;

use madang_hub::ports::Write;
use madang_hub::rooms::FIRST_ROOM;
use madang_hub::{chat, features};
use madang_shared::chat::ChatEvent;
use madang_shared::delivery::{Delivery, GatewayReceipts, path};
use madang_shared::orders::{Destination, OrderLine, OrdersCommand};
use madang_shared::posts::PostsCommand;
use madang_shared::{
    Command, CommandId, Event, MenuItemId, PostId, Seq, Timestamp, Topic, User, UserId, codec,
};
use madang_web::Origins;
use madang_web::socketio::{PresenceEvents, Settings};
use serde_json::{Value, json};

use self::test_client::SocketIoClient;
use crate::test_server::{START, TestServer};

impl TestServer {
    /// Signs a user up. Returns the user and the bearer token.
    pub(crate) async fn user(&self, name: &str) -> (User, String) {
        let token = self.sign_up(name).await;
        let me = self.http.get(self.url("/api/session")).bearer_auth(&token).send().await.unwrap();
        let me: Value = me.json().await.unwrap();
        (serde_json::from_value(me["user"].clone()).unwrap(), token)
    }

    /// Commits a change, as the app's commands do.
    pub(crate) fn commit(&self, author: &User, number: u128, change: features::Change) {
        let command: CommandId = format!("018bcfe5-6800-7000-8000-{number:012x}").parse().unwrap();
        let (author, at) = (author.clone(), Timestamp(START));
        let write = Write { author, command, at, fingerprint: None, network: None, change };
        assert!(self.store.commit_now(vec![write]).iter().all(Result::is_ok));
    }

    pub(crate) fn command(&self, author: &User, number: u128, command: impl Into<Command>) {
        self.commit(author, number, features::decide(command.into()).unwrap());
    }

    pub(crate) fn post(&self, author: &User, number: u128, text: &str) {
        let message =
            chat::NewMessage { mentions: Vec::new(), ..chat::NewMessage::of(text.to_owned()) };
        let change = chat::ChatChange::Post { room: FIRST_ROOM, message };
        self.commit(author, number, features::Change::Chat(change));
    }

    /// The messages of the first room: sender and text.
    pub(crate) fn stored_messages(&self) -> Vec<(String, String)> {
        let logged =
            self.store.read_log_now(UserId(0), Topic::Room(FIRST_ROOM), Seq(0), 10_000).unwrap();
        let messages = logged.iter().map(|logged| match codec::decode_event(&logged.content) {
            Ok(Event::Chat(ChatEvent::Posted(message))) => {
                let name = message.guest.map_or(message.author.name, |guest| guest.name);
                (name, message.text)
            }
            other => panic!("{other:?}"),
        });
        messages.collect()
    }
}

#[tokio::test]
async fn t0_6_a_string_comes_back_to_everybody_with_its_senders_id() {
    let server = TestServer::start().await;
    let mut one = SocketIoClient::connect(&server).await;
    let mut two = SocketIoClient::connect(&server).await;
    let announcement = json!({ "data": format!("id: {} is connected", two.id), "id": two.id });
    one.receive_until("connected", &announcement).await;
    one.emit(&json!(["data", "안녕"])).await;
    let expected = json!({ "data": "안녕", "id": one.id });
    assert_eq!(one.receive("data").await, expected);
    assert_eq!(two.receive("data").await, expected);
    assert_eq!(server.stored_messages(), [(String::new(), "안녕".to_owned())]);
    let id = two.id.clone();
    drop(two);
    one.receive_until(
        "disconnected",
        &json!({ "data": format!("id: {id} is disconnected"), "id": id }),
    )
    .await;
}

#[tokio::test]
async fn t0_6_a_setting_announces_clients_by_the_tutorials_names() {
    let mut settings = Settings::default();
    settings.presence_events = PresenceEvents::Connect;
    let server = TestServer::with_socketio(settings, Origins::default()).await;
    let mut one = SocketIoClient::connect_with(&server, &json!({})).await;
    let announcement =
        |id: &str, state: &str| json!({ "data": format!("id: {id} is {state}"), "id": id });
    let id = one.id.clone();
    one.receive_until("connect", &announcement(&id, "connected")).await;
    let two = SocketIoClient::connect_with(&server, &json!({})).await;
    let id = two.id.clone();
    one.receive_until("connect", &announcement(&id, "connected")).await;
    drop(two);
    one.receive_until("disconnect", &announcement(&id, "disconnected")).await;
}

#[tokio::test]
async fn t1_3_an_object_comes_back_as_it_was_and_the_app_sees_the_message() {
    let server = TestServer::start().await;
    let (mina, _) = server.user("Mina").await;
    let mut client = SocketIoClient::connect(&server).await;
    let greeting = json!({ "data": "User Connected" });
    client.emit(&json!(["my event", greeting])).await;
    assert_eq!(client.receive("my response").await, greeting);
    let object = json!({ "user_name": "민수", "message": "안녕", "mood": [1, 2] });
    client.emit(&json!(["my event", object])).await;
    assert_eq!(client.receive("my response").await, object);
    client.emit(&json!(["json", { "message": "hi" }])).await;
    assert_eq!(client.receive("json").await, json!({ "message": "안녕", "user_name": "민수" }));
    assert_eq!(client.receive("json").await, json!({ "message": "hi" }));
    client.emit(&json!(["message", "plain"])).await;
    assert_eq!(client.receive_until("message", &json!("plain")).await, ());
    server.post(&mina, 1, "from the app");
    let object = json!({ "user_name": "Mina", "message": "from the app" });
    client.receive_until("my response", &object).await;
    assert_eq!(client.receive("message").await, json!("from the app"));
    assert_eq!(server.stored_messages()[0], ("민수".to_owned(), "안녕".to_owned()));
}

#[tokio::test]
async fn a_string_becomes_a_message_in_every_event() {
    let server = TestServer::start().await;
    let mut client = SocketIoClient::connect(&server).await;
    for (sent, received) in [("my event", "my response"), ("json", "json"), ("message", "message")]
    {
        client.emit(&json!([sent, format!("a string in {sent}")])).await;
        client.receive_until(received, &json!(format!("a string in {sent}"))).await;
    }
    let object = json!({ "user_name": 7, "message": "an object in message" });
    client.emit(&json!(["message", object])).await;
    client.receive_until("message", &object).await;
    let expected = [
        ("", "a string in my event"),
        ("", "a string in json"),
        ("", "a string in message"),
        ("7", "an object in message"),
    ];
    let expected = expected.map(|(name, text)| (name.to_owned(), text.to_owned()));
    assert_eq!(server.stored_messages(), expected);
}

#[tokio::test]
async fn a_refusal_is_an_event_of_the_vocabulary_for_the_sender_alone() {
    let server = TestServer::start().await;
    let mut client = SocketIoClient::connect(&server).await;
    let mut other = SocketIoClient::connect(&server).await;
    let reason = "Not sent: A message needs at least one visible character.";
    for (sent, received, text) in [
        ("data", "data", "/data"),
        ("my event", "my response", "/message"),
        ("json", "json", "/message"),
        ("message", "message", ""),
    ] {
        client.emit(&json!([sent, " "])).await;
        assert_eq!(client.receive("refused").await["event"], sent);
        let told = client.receive(received).await;
        assert_eq!(told.pointer(text), Some(&json!(reason)), "{told}");
    }
    client.emit(&json!(["message", "said"])).await;
    assert_eq!(other.receive("message").await, json!("said"), "the first event for the other");
}

#[tokio::test]
async fn t1_2_server_and_client_confirm_each_message() {
    let server = TestServer::start().await;
    let (_, token) = server.user("Mina").await;
    let mut client = SocketIoClient::connect(&server).await;
    client.send_packet(&format!("4217{}", json!(["data", "hello"]))).await;
    let (ack, confirmed) = (client.receive_ack(17).await, client.confirm("my response").await);
    assert_eq!(ack, json!([{ "ok": true, "at": { "topic": "room:1", "seq": 1 } }]));
    assert_eq!(confirmed["message"], "hello");
    client.send_packet(&format!("4218{}", json!(["data", ""]))).await;
    assert_eq!(client.receive_ack(18).await[0]["error"]["code"], "invalid");
    let expected = json!([{
        "topic": "room:1", "seq": 1, "requested": 1, "confirmed": [client.id],
    }]);
    let receipts = server.url("/api/socketio/receipts");
    loop {
        let answer = server.http.get(&receipts).bearer_auth(&token).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        if answer != json!([]) {
            assert_eq!(answer, expected);
            break;
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(server.http.get(&receipts).send().await.unwrap().status(), 401);

    let delivery = server.url(&path(FIRST_ROOM, Seq(1)));
    let answer = server.http.get(&delivery).bearer_auth(&token).send().await.unwrap();
    let delivery: Delivery = answer.json().await.unwrap();
    let clients = GatewayReceipts { requested: 1, confirmed: vec![client.id.clone()] };
    assert_eq!(delivery.gateway, Some(clients));
    let names: Vec<_> = delivery.people.iter().map(|person| person.user.name.as_str()).collect();
    assert_eq!(names, ["Mina"], "the service account is no recipient");
}

#[tokio::test]
async fn the_events_of_one_client_stay_in_order() {
    let server = TestServer::start().await;
    let mut client = SocketIoClient::connect(&server).await;
    for number in 0..60 {
        client.emit(&json!(["data", format!("{number}")])).await;
    }
    for number in 0..60 {
        assert_eq!(client.receive("data").await["data"], format!("{number}"));
    }
}

#[tokio::test]
async fn t3_2_a_changed_status_sends_the_list_of_open_orders() {
    let server = TestServer::start().await;
    let (mina, _) = server.user("Mina").await;
    let mut client = SocketIoClient::connect(&server).await;
    let lines = vec![OrderLine { item: MenuItemId(1), quantity: 2, price_won: 7000 }];
    let destination = Destination::Delivery { address: "서울".into(), phone: "119".into() };
    server.command(&mina, 1, OrdersCommand::Place { lines, note: String::new(), destination });
    let list = client.receive("statusChanged").await;
    assert_eq!(list.as_array().unwrap().len(), 1, "{list}");
    assert_eq!(
        (&list[0]["status_code"], &list[0]["customer"]["name"]),
        (&json!("pending"), &json!("Mina"))
    );
    assert_eq!(list[0]["destination"], json!(null), "guests receive no address");
    // The tutorial's handler filters by the first of these.
    for word in ["보류 중", "pending"] {
        assert!(list[0]["status"].as_str().unwrap().contains(word), "{list}");
    }
}

#[tokio::test]
async fn t4_1_changes_of_posts_are_sent() {
    let server = TestServer::start().await;
    let (mina, _) = server.user("Mina").await;
    let mut client = SocketIoClient::connect(&server).await;
    server.command(&mina, 1, PostsCommand::Create { text: "첫 글".into() });
    let created = client.receive("posts").await;
    assert_eq!(
        (&created["action"], &created["post"]["text"], &created["post"]["author"]["name"]),
        (&json!("create"), &json!("첫 글"), &json!("Mina"))
    );
    server.command(&mina, 2, PostsCommand::Edit { post: PostId(1), text: "고친 글".into() });
    let edited = client.receive("posts").await;
    assert_eq!((&edited["action"], &edited["post"]["text"]), (&json!("update"), &json!("고친 글")));
    server.command(&mina, 3, PostsCommand::Delete { post: PostId(1) });
    assert_eq!(client.receive("posts").await, json!({ "action": "delete", "post": 1 }));
}

#[tokio::test]
async fn a_client_with_positions_gets_exactly_the_missed_events() {
    let server = TestServer::start().await;
    let (mina, _) = server.user("Mina").await;
    let mut client = SocketIoClient::connect_with(&server, &json!({ "positions": {} })).await;
    let begin = client.receive_position("position", "room:1").await;
    assert_eq!(begin["seq"], 0);
    server.post(&mina, 1, "one");
    let (value, at) = client.receive_with_position("data").await;
    assert_eq!((&value["data"], &at["seq"]), (&json!("one"), &json!(1)));
    drop(client);
    for number in 2..=300 {
        server.post(&mina, number, &format!("{number}"));
    }
    let auth = json!({ "positions": { "room:1": at } });
    let mut client = SocketIoClient::connect_with(&server, &auth).await;
    for number in 2..=300 {
        let (value, at) = client.receive_with_position("data").await;
        assert_eq!((&value["data"], &at["seq"]), (&json!(format!("{number}")), &json!(number)));
    }
    server.post(&mina, 301, "and on");
    assert_eq!(client.receive_with_position("data").await.1["seq"], 301);
}

#[tokio::test]
async fn an_invalid_position_causes_a_reset() {
    let server = TestServer::start().await;
    let (mina, _) = server.user("Mina").await;
    server.post(&mina, 1, "one");
    for position in [json!({ "epoch": 1, "seq": 0 }), json!({ "epoch": 1, "seq": 99 })] {
        let auth = json!({ "positions": { "room:1": position } });
        let mut client = SocketIoClient::connect_with(&server, &auth).await;
        assert_eq!(client.receive_position("reset", "room:1").await["seq"], 1);
    }
    let mut client = SocketIoClient::connect_with(&server, &json!({ "positions": 7 })).await;
    assert_eq!(client.receive("refused").await["event"], "auth");
    client.emit(&json!(["data", "still here"])).await;
    client.receive("data").await;
}
