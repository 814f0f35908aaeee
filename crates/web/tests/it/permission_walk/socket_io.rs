//! The events of Socket.IO clients with an access token, compared with the same page: writing in a room, and following the
//! apps.

use madang_shared::administration::{AdministrationAct, WorkspaceSettings};
use madang_shared::roles::{Access, Role, RoomRole};
use madang_shared::rooms::RoomsCommand;
use madang_shared::{RoomId, UserId};
use madang_web::socketio::{Exposure, Settings};
use serde_json::{Value, json};

use super::table::{code, tables};
use super::{TestSettings, World};
use crate::socketio::test_client::SocketIoClient;

/// The relations of the page that a room of the gateway can have, with the number of the room. The gateway serves public rooms:
/// nobody can invite its account to a private one.
const RELATIONS: [(&str, u64); 3] =
    [("not joined", 2), ("reader", 3), ("announcements: member", 4)];

#[tokio::test]
async fn socket_io_events_are_refused_as_the_page_says() {
    for (relation, room) in RELATIONS {
        let topic = format!("room:{room}");
        let of_room = ["data", "my_event", "message", "json"].map(|name| (name, topic.as_str()));
        let mut socketio = Settings::new(Exposure::Local, of_room).unwrap();
        socketio.guests = false;
        let mut world = World::new(TestSettings { socketio, ..TestSettings::default() }).await;
        let creator = world.person("Creator", Role::Owner).await.id;
        let made: Vec<RoomId> =
            RELATIONS.iter().map(|(relation, _)| world.room(creator, creator, relation)).collect();
        assert!(made.iter().zip(RELATIONS).all(|(made, (_, room))| made.0 == room), "{made:?}");
        for (user, role) in [
            ("administrator", Role::Administrator),
            ("member", Role::Member),
            ("guest", Role::Guest),
        ] {
            let peer = world.person(&format!("Walker of {user}"), role).await;
            let role = match relation {
                "reader" => Some(RoomRole::Reader),
                "announcements: member" => Some(RoomRole::Member),
                _ => None,
            };
            if let Some(role) = role {
                let room = RoomId(room);
                world.command(creator, RoomsCommand::Invite { room, user: peer.id, role });
            }
            let expected = code(&answer(user, relation));
            let token = json!({ "name": "bridge", "scope": "write" });
            let (secret, _) = world.server.issue(&peer.token, &token).await;
            let mut client =
                SocketIoClient::connect_with(&world.server, &json!({ "token": secret })).await;
            for (number, event) in (1..).zip([
                json!(["data", "hello"]),
                json!(["my event", { "user_name": "x", "message": "hello" }]),
                json!(["message", "hello"]),
                json!(["json", { "a": 1 }]),
            ]) {
                client.send_packet(&format!("42{number}{event}")).await;
                let refused: Value = client.receive_ack(number).await;
                assert_eq!(
                    refused[0]["error"]["code"], expected,
                    "{user} {relation} {event}: {refused}"
                );
            }
        }
    }
}

/// The answer of the page to writing in a room.
fn answer(user: &str, relation: &str) -> String {
    let tables = tables();
    let is_of_user = |title: &str| {
        title.strip_prefix("Rooms: ").is_some_and(|it| it.split(", ").any(|it| it == user))
    };
    let table = tables.iter().find(|table| is_of_user(&table.title)).unwrap();
    let column = table.columns.iter().position(|column| column == relation).unwrap();
    let row = table.rows.iter().find(|row| row.request == "write a message").unwrap();
    row.answers[column].clone()
}

async fn events_refused_to(world: &World, user: UserId, token: &str) -> Vec<String> {
    let issued = json!({ "name": format!("of {user}"), "scope": "read" });
    let (secret, _) = world.server.issue(token, &issued).await;
    let mut client = SocketIoClient::connect_with(&world.server, &json!({ "token": secret })).await;
    let mut refused = Vec::new();
    // Every client is told of its refusals before the server reads its first event.
    client.send_packet("421[\"data\",\"x\"]").await;
    loop {
        let refusal = client.receive("refused").await;
        if refusal["event"] == "data" {
            return refused;
        }
        assert_eq!(refusal["error"]["code"], "forbidden", "{refusal}");
        refused.push(refusal["event"].as_str().unwrap().to_owned());
    }
}

#[tokio::test]
async fn a_client_follows_the_apps_of_its_user() {
    let world = World::new(TestSettings::default()).await;
    let people = super::app_people(&world).await;
    let settings =
        WorkspaceSettings { access: Some(Access::Invited), ..WorkspaceSettings::default() };
    world.act(AdministrationAct::ChangeSettings(settings)).await;
    let tables = tables();
    let table = tables.iter().find(|table| table.title == "The apps").unwrap();
    let topics = [("follow all orders", "statusChanged"), ("follow the posts", "posts")];
    for (column, name) in table.columns.iter().enumerate() {
        if name.starts_with("open: ") || name == "Deactivated" {
            continue;
        }
        let peer = &people[name];
        let refused = events_refused_to(&world, peer.id, &peer.token).await;
        for (request, event) in topics {
            let row = table.rows.iter().find(|row| row.request == request).unwrap();
            let is_refused = refused.iter().any(|it| it == event);
            assert_eq!(is_refused, row.answers[column] != "yes", "{name}: {request}");
        }
    }
}
