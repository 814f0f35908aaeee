//! The facts of joined rooms, which arrive with the memberships and with the room's own timeline.

use madang_client::Input;
use madang_shared::chat::{ChatEvent, ChatPage, ChatSnapshot};
use madang_shared::membership::{Membership, MembershipEvent, MembershipSnapshot, Removal};
use madang_shared::roles::RoomKind;
use madang_shared::rooms::Room;
use madang_shared::{ClientFrame, Event, RoomId, Seq, ServerFrame, Topic};

use crate::support::{ROOM, TestClient, by_other, me, other, room};

const OWN: Topic = Topic::Memberships(madang_shared::UserId(1));

fn named(name: &str, revision: u64) -> Room {
    Room { name: name.to_owned(), revision: Seq(revision), ..room() }
}

fn membership(room: RoomId) -> Membership {
    Membership::new(room, Seq(0), 0, Seq(0))
}

fn name(client: &TestClient, room: RoomId) -> Option<&str> {
    client.client.features().memberships().room(room).map(|room| room.name.as_str())
}

fn event(client: &mut TestClient, topic: Topic, seq: u64, event: impl Into<Event>) {
    client.frame(&ServerFrame::Event { topic, seq: Seq(seq), event: event.into() });
}

#[test]
fn a_renamed_room_has_its_new_name_and_no_message() {
    let mut client = TestClient::in_room(2);
    let unread = client.unread();
    let renamed = ChatEvent::RoomChanged { room: named("new", 3), by: other() };
    event(&mut client, Topic::Room(ROOM), 3, renamed);
    assert_eq!(name(&client, ROOM), Some("new"));
    assert_eq!(client.unread(), unread);
    let change = client.client.features().last_room_change().expect("a change");
    assert_eq!((change.before.name.as_str(), &change.by), ("room", &other()));
    client.event(by_other(4));
    let timeline = client.client.features().timeline(ROOM).unwrap();
    assert_eq!(timeline.messages().len(), 3);
    assert_eq!(client.unread(), unread + 1);
}

#[test]
fn the_facts_with_the_greatest_revision_count() {
    let mut client = TestClient::in_room(0);
    let page = ChatPage { messages: Vec::new(), older: false, ..ChatPage::default() };
    let state = ChatSnapshot {
        room: named("second", 9),
        page,
        pins: Vec::new(),
        membership: membership(ROOM),
    };
    client.state(Topic::Room(ROOM), 9, state.into());
    // The topic of memberships was read before the room was renamed.
    let (memberships, rooms) = (vec![membership(ROOM)], vec![named("first", 5)]);
    let snapshot =
        MembershipSnapshot { memberships, rooms, muted: Vec::new(), silences: Vec::new() };
    client.state(OWN, 2, snapshot.into());
    assert_eq!(name(&client, ROOM), Some("second"));
}

#[test]
fn a_joined_room_has_its_facts_from_its_own_timeline() {
    let mut client = TestClient::in_room(0);
    let new = RoomId(7);
    event(&mut client, OWN, 2, MembershipEvent::Joined(membership(new)));
    assert!(client.client.features().memberships().contains(new));
    assert_eq!(name(&client, new), None);
    let subscribed = |frame: &ClientFrame| matches!(frame, ClientFrame::Subscribe(of) if of.topic == Topic::Room(new));
    assert!(client.sent.iter().any(subscribed));
    let page = ChatPage { messages: Vec::new(), older: false, ..ChatPage::default() };
    let room = Room { id: new, ..named("tea", 0) };
    let state = ChatSnapshot { room, page, pins: Vec::new(), membership: membership(new) };
    client.state(Topic::Room(new), 0, state.into());
    assert_eq!(name(&client, new), Some("tea"));
}

#[test]
fn a_direct_conversation_is_named_after_the_others() {
    let mut client = TestClient::in_room(0);
    let direct = Room {
        kind: RoomKind::Direct,
        people: vec![me(), other()],
        ..Room::new(ROOM, String::new())
    };
    let snapshot = MembershipSnapshot {
        memberships: vec![membership(ROOM)],
        rooms: vec![direct],
        muted: Vec::new(),
        silences: Vec::new(),
    };
    client.state(OWN, 2, snapshot.into());
    assert_eq!(name(&client, ROOM), Some("other"));
}

#[test]
fn a_removed_member_learns_who_has_removed_it() {
    let mut client = TestClient::in_room(1);
    client.input(Input::Act(madang_client::Action::OpenRoom(Some(ROOM))));
    let removal = Some(Removal::Removed(other()));
    let reason = "advertising".to_owned();
    event(&mut client, OWN, 2, MembershipEvent::Left { room: ROOM, removal, reason });
    let memberships = client.client.features().memberships();
    assert!(!memberships.contains(ROOM));
    let ended = memberships.removed().expect("a removal");
    assert_eq!((ended.room, ended.name.as_str()), (ROOM, "room"));
    assert_eq!(ended.reason, "advertising");
    event(&mut client, OWN, 3, MembershipEvent::Joined(membership(ROOM)));
    assert!(client.client.features().memberships().removed().is_none());
    event(
        &mut client,
        OWN,
        4,
        MembershipEvent::Left { room: ROOM, removal: None, reason: String::new() },
    );
    assert!(client.client.features().memberships().removed().is_none(), "it left by itself");
}
