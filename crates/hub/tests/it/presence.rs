//! Who is here, and who is typing.

use madang_shared::presence::{
    PRESENCE_EXPIRY_MS, PRESENCE_WINDOW_MS, TYPING_EXPIRY_MS, TYPING_MAX_PRESENT,
};
use madang_shared::presence::{PresenceEvent, PresenceSignal};
use madang_shared::{ClientFrame, Event, ServerFrame, Snapshot, Timestamp, Topic, User};

use crate::test_client::{House, ROOM, START, TestClient};

const HERE: Topic = Topic::Presence(ROOM);

fn enter(house: &House, user: &User) -> TestClient {
    let mut client = house.client(user);
    client.subscribe(house, Topic::Room(ROOM), None);
    client.subscribe(house, HERE, None);
    client.take();
    client
}

fn told(house: &House, client: &mut TestClient) -> Vec<PresenceEvent> {
    client.settle(house);
    let events = client.take().into_iter().filter_map(|frame| match frame {
        ServerFrame::Event { event: Event::Presence(event), .. } => Some(event),
        _ => None,
    });
    events.collect()
}

fn type_in(client: &mut TestClient, typing: bool) {
    client.say(&ClientFrame::Signal(PresenceSignal::Typing { room: ROOM, typing }.into()));
}

fn later(ticks: u64) -> Timestamp {
    START.plus(ticks * PRESENCE_WINDOW_MS)
}

#[test]
fn a_user_is_here_until_the_last_connection_goes() {
    let house = House::new();
    let (anna, ben) = (house.user("anna"), house.user("ben"));
    let mut watcher = enter(&house, &anna);
    house.hub.tick(later(1));
    told(&house, &mut watcher);

    let (phone, laptop) = (enter(&house, &ben), enter(&house, &ben));
    house.hub.tick(later(2));
    assert_eq!(
        told(&house, &mut watcher),
        [PresenceEvent::Changed { joined: vec![ben.clone()], left: vec![] }]
    );
    drop(phone);
    house.hub.tick(later(3));
    assert_eq!(told(&house, &mut watcher), []);
    drop(laptop);
    house.hub.tick(later(4));
    assert_eq!(
        told(&house, &mut watcher),
        [PresenceEvent::Changed { joined: vec![], left: vec![ben.id] }]
    );
}

#[test]
fn who_comes_and_goes_within_the_window_is_not_mentioned() {
    let house = House::new();
    let (anna, ben) = (house.user("anna"), house.user("ben"));
    let mut watcher = enter(&house, &anna);
    house.hub.tick(later(1));
    told(&house, &mut watcher);
    drop(enter(&house, &ben));
    house.hub.tick(later(2));
    assert_eq!(told(&house, &mut watcher), []);
}

#[test]
fn a_crowd_makes_one_event_and_the_snapshot_agrees_with_it() {
    let house = House::new();
    let mut watcher = enter(&house, &house.user("anna"));
    house.hub.tick(later(1));
    told(&house, &mut watcher);
    let crowd: Vec<TestClient> =
        (0..50).map(|number| enter(&house, &house.user(&format!("u{number}")))).collect();
    house.hub.tick(later(2));
    let events = told(&house, &mut watcher);
    assert!(
        matches!(&events[..], [PresenceEvent::Changed { joined, left }] if joined.len() == 50 && left.is_empty())
    );

    let mut late = house.client(&crowd[0].user);
    late.subscribe(&house, HERE, None);
    let frames = late.take();
    let [ServerFrame::Snapshot(state)] = &frames[..] else { panic!("{frames:?}") };
    let Snapshot::Presence(snapshot) = &state.snapshot else { panic!("{state:?}") };
    assert_eq!(snapshot.present.len(), 51);
}

#[test]
fn a_connection_that_gives_no_sign_of_life_expires() {
    let house = House::new();
    let (anna, ben) = (house.user("anna"), house.user("ben"));
    let mut watcher = enter(&house, &anna);
    let _silent = enter(&house, &ben);
    house.hub.tick(later(1));
    told(&house, &mut watcher);
    // Anna's connection answers its ping meanwhile.
    watcher.tick(START.plus(PRESENCE_EXPIRY_MS / 2));
    let nonce = watcher.received.drain(..).find_map(|frame| match frame {
        ServerFrame::Ping { nonce } => Some(nonce),
        _ => None,
    });
    watcher.say(&ClientFrame::Pong { nonce: nonce.expect("a ping") });
    house.hub.tick(START.plus(PRESENCE_EXPIRY_MS));
    assert_eq!(
        told(&house, &mut watcher),
        [PresenceEvent::Changed { joined: vec![], left: vec![ben.id] }]
    );
}

#[test]
fn typing_is_told_at_once_and_expires_without_a_stop() {
    let house = House::new();
    let (anna, ben) = (house.user("anna"), house.user("ben"));
    let (mut watcher, mut typist) = (enter(&house, &anna), enter(&house, &ben));
    house.hub.tick(later(1));
    told(&house, &mut watcher);
    type_in(&mut typist, true);
    assert_eq!(
        told(&house, &mut watcher),
        [PresenceEvent::Typing { user: ben.clone(), typing: true }]
    );
    house.hub.tick(START.plus(TYPING_EXPIRY_MS - 1));
    assert_eq!(told(&house, &mut watcher), []);
    house.hub.tick(START.plus(TYPING_EXPIRY_MS + PRESENCE_WINDOW_MS));
    assert_eq!(told(&house, &mut watcher), [PresenceEvent::Typing { user: ben, typing: false }]);
}

#[test]
fn typing_is_for_those_who_are_in_the_room_and_not_for_a_crowd() {
    let house = House::new();
    let (anna, ben) = (house.user("anna"), house.user("ben"));
    let mut watcher = enter(&house, &anna);
    let mut outside = house.client(&ben);
    type_in(&mut outside, true);
    assert_eq!(told(&house, &mut watcher), []);

    let mut crowd: Vec<TestClient> = (0..TYPING_MAX_PRESENT)
        .map(|number| enter(&house, &house.user(&format!("u{number}"))))
        .collect();
    house.hub.tick(later(1));
    told(&house, &mut watcher);
    type_in(&mut crowd[0], true);
    assert_eq!(told(&house, &mut watcher), []);
}

#[test]
fn a_slow_watcher_gets_what_is_now_instead_of_a_backlog() {
    let house = House::with_ring(2);
    let (anna, ben) = (house.user("anna"), house.user("ben"));
    let (mut watcher, mut typist) = (enter(&house, &anna), enter(&house, &ben));
    house.hub.tick(later(1));
    watcher.settle(&house);
    watcher.take();
    for typing in [true, false, true, false, true] {
        type_in(&mut typist, typing);
    }
    watcher.settle(&house);
    let frames = watcher.take();
    let [ServerFrame::Reset(state)] = &frames[..] else { panic!("{frames:?}") };
    let Snapshot::Presence(snapshot) = &state.snapshot else { panic!("{state:?}") };
    assert_eq!(snapshot.typing, [ben.id]);
}
