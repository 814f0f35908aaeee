//! What is kept for the next visit.

use madang_client::{Action, Client, Input};
use madang_shared::chat::ChatPage;
use madang_shared::rooms::RoomsSnapshot;
use madang_shared::{
    ClientFrame, Epoch, Position, Seq, ServerFrame, Subscription, Topic, User, UserId,
};

use crate::support::{Bench, ROOM, by_other, me};

/// Somebody who looked at a room with so many messages, and went.
fn after_a_visit(messages: u64) -> Bench {
    let mut bench = Bench::in_room(messages);
    bench.state(Topic::Rooms, 1, RoomsSnapshot { rooms: Vec::new() }.into());
    bench.input(Input::Act(Action::OpenRoom(Some(ROOM))));
    bench.input(Input::Act(Action::MarkSeen { room: ROOM, up_to: Seq(messages) }));
    bench
}

/// The next visit, before the server has said anything.
fn again(before: &Bench, user: User) -> Bench {
    let kept = before.client.keep(Some(ROOM)).unwrap();
    let mut bench = Bench::new();
    bench.client = Client::new(user, "test", Vec::new()).with_offline_cache(kept, bench.now);
    bench.input(Input::Act(Action::OpenRoom(Some(ROOM))));
    bench
}

fn places(bench: &Bench) -> Vec<u64> {
    let Some(timeline) = bench.client.features().timeline(ROOM) else { return Vec::new() };
    timeline.messages().iter().map(|message| message.seq.0).collect()
}

#[test]
fn what_was_kept_is_shown_before_the_server_answers_and_resumed_from() {
    let first = after_a_visit(80);
    let mut bench = again(&first, me());
    let timeline = bench.client.features().timeline(ROOM).unwrap();
    assert!(timeline.is_cached() && timeline.has_older() && timeline.is_known());
    assert_eq!(places(&bench), places(&first));

    bench.input(Input::Connect);
    bench.input(Input::SocketOpened);
    let hello = bench.sent.iter().find_map(|frame| match frame {
        ClientFrame::Hello(hello) => Some(hello.topics.clone()),
        _ => None,
    });
    let from = Position::new(Epoch(1), Seq(80));
    let resumed = Subscription { topic: Topic::Room(ROOM), from: Some(from) };
    assert!(hello.unwrap().contains(&resumed));

    bench.welcome();
    let to = Position::new(Epoch(1), Seq(81));
    bench.frame(&ServerFrame::Recovered { topic: Topic::Room(ROOM), from, to });
    bench.event(by_other(81));
    let timeline = bench.client.features().timeline(ROOM).unwrap();
    assert!(!timeline.is_cached(), "the server has spoken");
    assert_eq!(timeline.newest(), Seq(81));
}

#[test]
fn a_stream_of_another_life_leaves_nothing_of_what_was_kept() {
    let mut bench = again(&after_a_visit(10), me());
    bench.connect();
    let membership = madang_shared::membership::Membership {
        room: ROOM,
        read_up_to: Seq(0),
        unread: 1,
        head: Seq(11),
    };
    let page = ChatPage { messages: vec![by_other(11)], older: false };
    let snapshot = madang_shared::chat::ChatSnapshot { page, membership }.into();
    let position = Position::new(Epoch(2), Seq(11));
    let topic = Topic::Room(ROOM);
    bench.frame(&ServerFrame::Reset(madang_shared::State { topic, position, snapshot }));
    assert_eq!(places(&bench), [11]);
}

#[test]
fn what_another_user_kept_is_not_shown() {
    let bench = again(&after_a_visit(10), User { id: UserId(9), name: "nine".into() });
    assert_eq!(places(&bench), Vec::<u64>::new());
    assert!(!bench.client.features().memberships().is_known());
}

#[test]
fn a_client_that_knows_nothing_keeps_nothing() {
    assert!(Bench::new().client.keep(Some(ROOM)).is_none());
}
