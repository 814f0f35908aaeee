//! Messages that the user marks as unread: at once, on every device, and until the room is opened again.

use madang_client::{Action, Client, Input};
use madang_shared::membership::{Membership, MembershipCommand, MembershipEvent};
use madang_shared::{Command, Seq, ServerFrame, Topic};

use crate::support::{ROOM, START, TestClient, by_other, me, shown};

/// A client in an open room with this many messages, which the user has read.
fn read_room(messages: u64) -> TestClient {
    let mut client = TestClient::in_room(messages);
    client.input(Input::Act(Action::OpenRoom(Some(ROOM))));
    client.input(shown(1, messages));
    assert_eq!(commands(&mut client), [read(messages)]);
    state(&mut client, 2, Membership::new(ROOM, Seq(messages), 0, Seq(messages)));
    client
}

fn act(client: &mut TestClient, action: Action) {
    client.input(Input::Act(action));
}

fn mark(client: &mut TestClient, from: u64) {
    act(client, Action::MarkUnread { room: ROOM, from: Seq(from) });
}

fn read(up_to: u64) -> MembershipCommand {
    MembershipCommand::Read { room: ROOM, up_to: Seq(up_to) }
}

fn marked(from: u64) -> MembershipCommand {
    MembershipCommand::MarkUnread { room: ROOM, from: Seq(from) }
}

/// The commands about memberships since the last call; some are sent a while later.
fn commands(client: &mut TestClient) -> Vec<MembershipCommand> {
    client.later(3_000);
    let commands = client.take_commands().into_iter();
    let commands = commands.filter_map(|(_, command)| match command {
        Command::Membership(command) => Some(command),
        _ => None,
    });
    commands.collect()
}

fn state(client: &mut TestClient, seq: u64, membership: Membership) {
    client.frame(&ServerFrame::Event {
        topic: Topic::Memberships(me().id),
        seq: Seq(seq),
        event: MembershipEvent::Read(membership).into(),
    });
}

fn line(client: &TestClient) -> Option<u64> {
    client.client.features().timeline(ROOM)?.new_after().map(|mark| mark.0)
}

#[test]
fn marked_messages_are_unread_at_once_and_stay_so_on_the_screen() {
    let mut client = read_room(10);
    mark(&mut client, 7);
    assert_eq!((client.unread(), line(&client)), (4, Some(6)));
    assert_eq!(commands(&mut client), [marked(7)]);
    client.input(shown(1, 10));
    assert_eq!(client.unread(), 4);
    state(&mut client, 3, Membership { unread_from: Seq(7), marked: Seq(3), ..of(10, 4, 10) });
    client.input(shown(1, 10));
    assert_eq!((client.unread(), commands(&mut client)), (4, vec![]));
    // Opened again, the room is read again.
    act(&mut client, Action::OpenRoom(None));
    act(&mut client, Action::OpenRoom(Some(ROOM)));
    client.input(shown(1, 10));
    assert_eq!((client.unread(), commands(&mut client)), (0, vec![read(10)]));
    state(&mut client, 4, Membership { marked: Seq(3), ..of(10, 0, 10) });
    assert_eq!(client.unread(), 0);
}

fn of(read_up_to: u64, unread: u64, head: u64) -> Membership {
    Membership::new(ROOM, Seq(read_up_to), unread, Seq(head))
}

#[test]
fn the_read_mark_that_waits_is_sent_first_and_unread_messages_are_not_marked() {
    let mut client = read_room(10);
    client.event(by_other(11));
    client.input(shown(1, 11));
    client.event(by_other(12));
    client.input(shown(1, 12));
    client.take_commands();
    mark(&mut client, 8);
    assert_eq!(commands(&mut client), [read(12), marked(8)]);
    mark(&mut client, 8);
    mark(&mut client, 13);
    assert_eq!((client.unread(), commands(&mut client)), (5, vec![]));
}

#[test]
fn a_mark_is_taken_back() {
    let mut client = read_room(10);
    mark(&mut client, 7);
    act(&mut client, Action::MarkReadAgain { room: ROOM, up_to: Seq(10) });
    assert_eq!((client.unread(), line(&client)), (0, None));
    assert_eq!(commands(&mut client), [marked(7), read(10)]);
    // The answer to the mark does not bring it back.
    state(&mut client, 3, Membership { unread_from: Seq(7), marked: Seq(3), ..of(10, 4, 10) });
    assert_eq!(client.unread(), 0);
    state(&mut client, 4, Membership { marked: Seq(3), ..of(10, 0, 10) });
    assert_eq!(client.unread(), 0);
}

#[test]
fn a_mark_of_another_device_wins_over_what_was_shown_before() {
    let mut client = read_room(10);
    state(&mut client, 3, Membership { unread_from: Seq(3), marked: Seq(3), ..of(10, 8, 10) });
    assert_eq!((client.unread(), line(&client)), (8, Some(2)));
    client.input(shown(1, 10));
    assert_eq!((client.unread(), commands(&mut client)), (8, vec![]));
    // The other device reads a part, then all. An older state that arrives late changes nothing.
    state(&mut client, 4, Membership { unread_from: Seq(6), marked: Seq(3), ..of(10, 5, 10) });
    assert_eq!(client.unread(), 5);
    state(&mut client, 5, Membership { unread_from: Seq(3), marked: Seq(3), ..of(10, 8, 10) });
    assert_eq!(client.unread(), 5);
    state(&mut client, 6, Membership { marked: Seq(3), ..of(10, 0, 10) });
    assert_eq!(client.unread(), 0);
    act(&mut client, Action::MarkRead(ROOM));
    assert_eq!(commands(&mut client), []);
}

#[test]
fn a_mark_survives_a_reload_without_a_network() {
    let mut client = read_room(10);
    client.input(Input::SocketClosed { code: 1_006 });
    mark(&mut client, 7);
    let outbox = client.client.outbox_to_persist().to_vec();
    let last = outbox.last().and_then(|item| item.command());
    assert_eq!(last, Some(&marked(7).into()));
    let cached = client.client.cached_state(Some(ROOM)).expect("known");
    let client = Client::new(me(), "test", outbox).with_offline_cache(cached, START);
    assert_eq!(client.features().unread(ROOM), 4);
}
