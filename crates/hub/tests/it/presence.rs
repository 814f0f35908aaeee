//! Presence and typing.

use madang_shared::presence::{
    PRESENCE_EXPIRY_MS, PRESENCE_WINDOW_MS, TYPING_EXPIRY_MS, TYPING_MAX_PRESENT,
};
use madang_shared::presence::{PresenceEvent, PresenceSignal};
use madang_shared::{ClientFrame, Event, ServerFrame, Snapshot, Timestamp, Topic, User};

use crate::test_server::{ROOM, START, TestConnection, TestServer};

const PRESENCE: Topic = Topic::Presence(ROOM);

fn enter(server: &TestServer, user: &User) -> TestConnection {
    let mut connection = server.connect(user);
    connection.subscribe(server, Topic::Room(ROOM), None);
    connection.subscribe(server, PRESENCE, None);
    connection.take();
    connection
}

fn take_events(server: &TestServer, connection: &mut TestConnection) -> Vec<PresenceEvent> {
    connection.settle(server);
    let events = connection.take().into_iter().filter_map(|frame| match frame {
        ServerFrame::Event { event: Event::Presence(event), .. } => Some(event),
        _ => None,
    });
    events.collect()
}

fn send_typing(connection: &mut TestConnection, typing: bool) {
    connection.send(&ClientFrame::Signal(PresenceSignal::Typing { room: ROOM, typing }.into()));
}

fn later(ticks: u64) -> Timestamp {
    START.plus(ticks * PRESENCE_WINDOW_MS)
}

#[test]
fn a_user_is_present_until_the_last_connection_ends() {
    let server = TestServer::new();
    let (anna, ben) = (server.user("anna"), server.user("ben"));
    let mut watcher = enter(&server, &anna);
    server.hub.tick(later(1));
    take_events(&server, &mut watcher);

    let (phone, laptop) = (enter(&server, &ben), enter(&server, &ben));
    server.hub.tick(later(2));
    assert_eq!(
        take_events(&server, &mut watcher),
        [PresenceEvent::Changed { joined: vec![ben.clone()], left: vec![] }]
    );
    drop(phone);
    server.hub.tick(later(3));
    assert_eq!(take_events(&server, &mut watcher), []);
    drop(laptop);
    server.hub.tick(later(4));
    assert_eq!(
        take_events(&server, &mut watcher),
        [PresenceEvent::Changed { joined: vec![], left: vec![ben.id] }]
    );
}

#[test]
fn a_user_who_joins_and_leaves_within_the_window_causes_no_event() {
    let server = TestServer::new();
    let (anna, ben) = (server.user("anna"), server.user("ben"));
    let mut watcher = enter(&server, &anna);
    server.hub.tick(later(1));
    take_events(&server, &mut watcher);
    drop(enter(&server, &ben));
    server.hub.tick(later(2));
    assert_eq!(take_events(&server, &mut watcher), []);
}

#[test]
fn many_joins_make_one_event_and_the_snapshot_agrees_with_it() {
    let server = TestServer::new();
    let mut watcher = enter(&server, &server.user("anna"));
    server.hub.tick(later(1));
    take_events(&server, &mut watcher);
    let crowd: Vec<TestConnection> =
        (0..50).map(|number| enter(&server, &server.user(&format!("u{number}")))).collect();
    server.hub.tick(later(2));
    let events = take_events(&server, &mut watcher);
    assert!(
        matches!(&events[..], [PresenceEvent::Changed { joined, left }] if joined.len() == 50 && left.is_empty())
    );

    let mut late = server.connect(&crowd[0].user);
    late.subscribe(&server, PRESENCE, None);
    let frames = late.take();
    let [ServerFrame::Snapshot(state)] = &frames[..] else { panic!("{frames:?}") };
    let Snapshot::Presence(snapshot) = &state.snapshot else { panic!("{state:?}") };
    assert_eq!(snapshot.present.len(), 51);
}

#[test]
fn a_connection_without_pongs_expires() {
    let server = TestServer::new();
    let (anna, ben) = (server.user("anna"), server.user("ben"));
    let mut watcher = enter(&server, &anna);
    let _silent = enter(&server, &ben);
    server.hub.tick(later(1));
    take_events(&server, &mut watcher);
    // Anna's connection answers its ping meanwhile.
    watcher.tick(START.plus(PRESENCE_EXPIRY_MS / 2));
    let nonce = watcher.received.drain(..).find_map(|frame| match frame {
        ServerFrame::Ping { nonce } => Some(nonce),
        _ => None,
    });
    watcher.send(&ClientFrame::Pong { nonce: nonce.expect("a ping") });
    server.hub.tick(START.plus(PRESENCE_EXPIRY_MS));
    assert_eq!(
        take_events(&server, &mut watcher),
        [PresenceEvent::Changed { joined: vec![], left: vec![ben.id] }]
    );
}

#[test]
fn typing_is_published_at_once_and_expires() {
    let server = TestServer::new();
    let (anna, ben) = (server.user("anna"), server.user("ben"));
    let (mut watcher, mut typist) = (enter(&server, &anna), enter(&server, &ben));
    server.hub.tick(later(1));
    take_events(&server, &mut watcher);
    send_typing(&mut typist, true);
    assert_eq!(
        take_events(&server, &mut watcher),
        [PresenceEvent::Typing { user: ben.clone(), typing: true }]
    );
    server.hub.tick(START.plus(TYPING_EXPIRY_MS - 1));
    assert_eq!(take_events(&server, &mut watcher), []);
    server.hub.tick(START.plus(TYPING_EXPIRY_MS + PRESENCE_WINDOW_MS));
    assert_eq!(
        take_events(&server, &mut watcher),
        [PresenceEvent::Typing { user: ben, typing: false }]
    );
}

#[test]
fn a_clock_that_goes_back_stops_neither_presence_nor_typing() {
    let server = TestServer::new();
    let (anna, ben) = (server.user("anna"), server.user("ben"));
    let ahead = START.plus(86_400_000);
    server.hub.tick(ahead);
    let mut watcher = enter(&server, &anna);
    server.hub.tick(later(1));
    take_events(&server, &mut watcher);
    let mut typist = enter(&server, &ben);
    server.hub.tick(later(2));
    let joined = PresenceEvent::Changed { joined: vec![ben.clone()], left: vec![] };
    assert_eq!(take_events(&server, &mut watcher), [joined]);
    // Set a day ahead, and right again.
    typist.now = ahead;
    send_typing(&mut typist, true);
    take_events(&server, &mut watcher);
    server.hub.tick(later(3));
    assert_eq!(
        take_events(&server, &mut watcher),
        [PresenceEvent::Typing { user: ben.clone(), typing: false }]
    );
    let expired = START.plus(2 * PRESENCE_EXPIRY_MS);
    server.hub.tick(expired);
    let left = PresenceEvent::Changed { joined: vec![], left: vec![anna.id, ben.id] };
    assert_eq!(take_events(&server, &mut watcher), [left]);
}

#[test]
fn typing_is_ignored_outside_the_room_and_in_a_large_room() {
    let server = TestServer::new();
    let (anna, ben) = (server.user("anna"), server.user("ben"));
    let mut watcher = enter(&server, &anna);
    let mut outside = server.connect(&ben);
    send_typing(&mut outside, true);
    assert_eq!(take_events(&server, &mut watcher), []);

    let mut crowd: Vec<TestConnection> = (0..TYPING_MAX_PRESENT)
        .map(|number| enter(&server, &server.user(&format!("u{number}"))))
        .collect();
    server.hub.tick(later(1));
    take_events(&server, &mut watcher);
    send_typing(&mut crowd[0], true);
    assert_eq!(take_events(&server, &mut watcher), []);
}

#[test]
fn a_slow_subscriber_gets_a_snapshot_instead_of_missed_events() {
    let server = TestServer::with_ring(2);
    let (anna, ben) = (server.user("anna"), server.user("ben"));
    let (mut watcher, mut typist) = (enter(&server, &anna), enter(&server, &ben));
    server.hub.tick(later(1));
    watcher.settle(&server);
    watcher.take();
    for typing in [true, false, true, false, true] {
        send_typing(&mut typist, typing);
    }
    watcher.settle(&server);
    let frames = watcher.take();
    let [ServerFrame::Reset(state)] = &frames[..] else { panic!("{frames:?}") };
    let Snapshot::Presence(snapshot) = &state.snapshot else { panic!("{state:?}") };
    assert_eq!(snapshot.typing, [ben.id]);
}
