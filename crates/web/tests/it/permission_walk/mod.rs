//! Makes each denied request of `docs/permissions.md` over a real socket and over HTTP, by id, and compares the refusals with
//! the page. A thing of which a person may not know is answered as one that was never made, to the byte but for its number.

mod peer;
mod requests;
mod socket_io;
mod table;
mod world;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use madang_hub::rooms::FIRST_ROOM;
use madang_shared::administration::{AdministrationAct, WorkspaceSettings};
use madang_shared::grants::Grant;
use madang_shared::membership::MembershipCommand;
use madang_shared::orders::{
    Destination, OrderLine, OrderStatus, OrdersCommand, OrdersEvent, OwnOrdersEvent,
};
use madang_shared::posts::{PostsCommand, PostsEvent};
use madang_shared::roles::{Access, Role};
use madang_shared::{Event, MenuItemId, OrderId, UserId};

use self::peer::Peer;
use self::requests::{OthersThings, Request, of_app, of_room, of_workspace};
use self::table::{Table, code, tables};
use self::world::World;
use crate::test_server::TestSettings;

/// A room that was never made.
const NOWHERE: u64 = 1_000_000;
/// An order that was never placed.
const NO_ORDER: u64 = 1_000_000;

const USERS: [(&str, Role); 5] = [
    ("Owner", Role::Owner),
    ("Administrator", Role::Administrator),
    ("Member", Role::Member),
    ("Guest", Role::Guest),
    ("Deactivated", Role::Member),
];

async fn people(world: &mut World) -> BTreeMap<String, Peer> {
    let mut people = BTreeMap::new();
    for (name, role) in USERS {
        let mut peer = world.person(&format!("Walker {}", people.len()), role).await;
        world.command(peer.id, MembershipCommand::Leave { room: FIRST_ROOM });
        if name == "Deactivated" {
            world.act(AdministrationAct::Deactivate { user: peer.id }).await;
        } else {
            peer.connect(&world.server).await;
        }
        people.insert(name.to_lowercase(), peer);
    }
    people
}

/// A deactivated person has no session: each request over HTTP is refused, and a socket is not opened.
async fn check_deactivated(world: &World, peer: &mut Peer, requests: &[Request]) {
    for request in requests {
        if matches!(request, Request::Http(..)) {
            let number = peer.number();
            let refusal = peer.ask(&world.server, request, number).await;
            assert_eq!(refusal.code, "unauthenticated", "{}", refusal.answer);
        }
    }
}

#[tokio::test]
async fn denied_requests_about_the_workspace_are_refused_over_the_wire() {
    let mut world = World::new(TestSettings::default()).await;
    let other = world.person("Other", Role::Member).await.id;
    world.command(other, MembershipCommand::Leave { room: FIRST_ROOM });
    let mut people = people(&mut world).await;
    let tables = tables();
    let table = tables.iter().find(|table| table.title == "The workspace").unwrap();
    let mut checked = 0;
    for cell in table.denied() {
        let peer = people.get_mut(&cell.1.to_lowercase()).unwrap();
        let requests = of_workspace(cell.0, peer.id, other);
        if cell.1 == "Deactivated" {
            check_deactivated(&world, peer, &requests).await;
            continue;
        }
        for request in requests {
            world.check(peer, &request, cell).await;
            checked += 1;
        }
    }
    assert!(checked > 30, "{checked}");
}

#[tokio::test]
async fn a_deactivated_person_opens_no_socket() {
    let mut world = World::new(TestSettings::default()).await;
    let people = people(&mut world).await;
    let bearer = format!("Bearer {}", people["deactivated"].token);
    let request = world.server.socket_request(&[
        ("sec-websocket-protocol", madang_shared::limits::SUBPROTOCOL),
        ("authorization", &bearer),
    ]);
    let Ok(mut socket) = world.server.connect(request).await else { return };
    socket.send_text(r#"{"hello":{"client":"test"}}"#).await;
    let code = socket.close_code().await;
    assert_eq!(code, madang_shared::CloseCode::Unauthenticated.number());
}

#[tokio::test]
async fn denied_requests_about_rooms_are_refused_over_the_wire() {
    let mut world = World::new(TestSettings::default()).await;
    let mut creators = Vec::new();
    for number in 0..USERS.len() {
        creators.push(world.person(&format!("Creator {number}"), Role::Member).await.id);
    }
    let mut people = people(&mut world).await;
    let tables = tables();
    let mut checked = BTreeMap::<&str, u32>::new();
    for table in tables.iter().filter(|table| table.title.starts_with("Rooms: ")) {
        let users = table.title.trim_start_matches("Rooms: ").split(", ");
        for (user, creator) in users.zip(&creators) {
            let peer = people.get_mut(user).unwrap();
            // Each user has rooms of an own: a denied request changes none of them.
            let mut rooms = BTreeMap::from([("no such room".to_owned(), (NOWHERE, NOWHERE))]);
            for relation in &table.columns {
                if relation != "no such room" && user != "deactivated" {
                    let room = world.room(*creator, peer.id, relation);
                    let report = world.report((*creator, peer.id), room, relation).await;
                    rooms.insert(relation.clone(), (room.0, report));
                }
            }
            for cell in table.denied() {
                let nowhere = of_room(cell.0, peer.id, (NOWHERE, NOWHERE));
                if user == "deactivated" {
                    check_deactivated(&world, peer, &nowhere).await;
                    continue;
                }
                let room = rooms[cell.1];
                let requests = of_room(cell.0, peer.id, room);
                for (request, nowhere) in requests.iter().zip(&nowhere) {
                    let number = peer.number();
                    let answer = peer.ask(&world.server, request, number).await;
                    assert_eq!(answer.code, code(cell.2), "{user} {cell:?}: {}", answer.answer);
                    *checked.entry(cell.2).or_default() += 1;
                    if cell.2 == "unknown" {
                        let same = peer.ask(&world.server, nowhere, number).await;
                        let without = |answer: String, room: (u64, u64)| {
                            answer.replace(&format!(":{}\"", room.0), ":ROOM\"")
                        };
                        assert_eq!(
                            without(answer.answer, room),
                            without(same.answer, (NOWHERE, NOWHERE)),
                            "{user} {cell:?}: other bytes than for a room that was never made"
                        );
                    }
                }
            }
        }
    }
    assert!(checked.values().all(|count| *count > 20) && checked.len() == 3, "{checked:?}");
}

/// The people of the apps, by the column of the page.
async fn app_people(world: &World) -> BTreeMap<String, Peer> {
    let mut people = BTreeMap::new();
    for (column, role) in [
        ("Owner", Role::Owner),
        ("Administrator", Role::Administrator),
        ("Member", Role::Member),
        ("Guest", Role::Guest),
        ("open: guest", Role::Guest),
        ("open: member", Role::Member),
        ("Deactivated", Role::Member),
    ] {
        let name = format!("Walker {}", people.len());
        people.insert(column.to_owned(), world.person(&name, role).await);
    }
    for grant in Grant::ALL {
        let peer = world.person(&format!("Only {}", grant.name()), Role::Member).await;
        for other in Grant::ALL {
            let is_given = Some(other == grant);
            world.act(AdministrationAct::SetGrant { user: peer.id, grant: *other, is_given }).await;
        }
        people.insert(format!("`{}`", grant.name()), peer);
    }
    for (column, peer) in &mut people {
        if column == "Deactivated" {
            world.act(AdministrationAct::Deactivate { user: peer.id }).await;
        } else {
            peer.connect(&world.server).await;
        }
    }
    people
}

/// The orders and the post of another user.
fn others_things(world: &mut World, user: UserId) -> OthersThings {
    let lines = || vec![OrderLine { item: MenuItemId(1), quantity: 1, price_won: 7_000 }];
    let delivery = Destination::Delivery { address: "A street".into(), phone: "010 1234".into() };
    let mut placed = Vec::new();
    for (destination, last) in [
        (Destination::Table(1), OrderStatus::Pending),
        (Destination::Table(2), OrderStatus::Ready),
        (delivery, OrderStatus::Delivering),
    ] {
        let place = OrdersCommand::Place { lines: lines(), note: String::new(), destination };
        let Event::OwnOrders(OwnOrdersEvent(OrdersEvent::Changed { order, .. })) =
            world.event(user, place)
        else {
            panic!("no order")
        };
        let order: OrderId = order.id;
        for to in [OrderStatus::Accepted, OrderStatus::Cooking, OrderStatus::Ready] {
            if last >= to {
                world.command(user, OrdersCommand::Advance { order, to });
            }
        }
        if last == OrderStatus::Delivering {
            world.command(user, OrdersCommand::Take { order });
        }
        placed.push(order.0);
    }
    let Event::Posts(PostsEvent::Created { post, .. }) =
        world.event(user, PostsCommand::Create { text: "theirs".into() })
    else {
        panic!("no post")
    };
    let [pending, at_table, delivering] = placed[..] else { panic!("{placed:?}") };
    OthersThings { user, pending, at_table, delivering, post: post.id.0 }
}

#[tokio::test]
async fn denied_requests_in_the_apps_are_refused_over_the_wire() {
    let mut world = World::new(TestSettings::default()).await;
    let other = world.person("Other", Role::Owner).await.id;
    let others = others_things(&mut world, other);
    let nothing = OthersThings { pending: NO_ORDER, ..others_things(&mut world, other) };
    let mut people = app_people(&world).await;
    let tables = tables();
    let table: &Table = tables.iter().find(|table| table.title == "The apps").unwrap();
    let mut checked = 0;
    for access in [Access::Open, Access::Invited] {
        let settings = WorkspaceSettings { access: Some(access), ..WorkspaceSettings::default() };
        world.act(AdministrationAct::ChangeSettings(settings)).await;
        let is_open = access == Access::Open;
        for cell in table.denied().filter(|cell| cell.1.starts_with("open: ") == is_open) {
            let peer = people.get_mut(cell.1).unwrap();
            let requests = of_app(cell.0, peer.id, &others);
            if cell.1 == "Deactivated" {
                check_deactivated(&world, peer, &requests).await;
                continue;
            }
            let unknown = of_app(cell.0, peer.id, &nothing);
            for (request, unknown) in requests.iter().zip(&unknown) {
                let number = peer.number();
                let answer = peer.ask(&world.server, request, number).await;
                assert_eq!(answer.code, code(cell.2), "{cell:?}: {}", answer.answer);
                checked += 1;
                if cell.2 == "unknown" {
                    let same = peer.ask(&world.server, unknown, number).await;
                    assert_eq!(answer, same, "{cell:?}: other bytes than for no order at all");
                }
            }
        }
    }
    assert!(checked > 150, "{checked}");
}

/// The answers about a private room take as long as those about a room that was never made. The medians of many alternating
/// requests are compared with a generous bound, so that a busy machine does not disturb the test; a second statement of the
/// store, or an answer that waits, is far beyond it.
#[tokio::test]
async fn a_private_room_answers_as_fast_as_none() {
    const REQUESTS: u64 = 200;
    let mut world = World::new(TestSettings::default()).await;
    let creator = world.person("Creator", Role::Member).await.id;
    let secret = world.room(creator, creator, "private: not joined").0;
    let mut peer = world.person("Theo", Role::Member).await;
    peer.connect(&world.server).await;
    for name in ["follow the messages", "join", "see the room and its number of members"] {
        let mut times = [Vec::new(), Vec::new()];
        for _ in 0..REQUESTS {
            for (times, room) in times.iter_mut().zip([secret, NOWHERE]) {
                let request = &of_room(name, peer.id, (room, NOWHERE))[0];
                let number = peer.number();
                let began = Instant::now();
                let refusal = peer.ask(&world.server, request, number).await;
                times.push(began.elapsed());
                assert_eq!(refusal.code, "not_found", "{name}");
            }
        }
        let [secret, nowhere] = times.map(median);
        let (less, more) = (secret.min(nowhere), secret.max(nowhere));
        let bound = less + less / 2 + Duration::from_micros(200);
        assert!(more <= bound, "{name}: {secret:?} for a private room, {nowhere:?} for none");
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
