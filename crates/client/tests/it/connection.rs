//! Connecting, losing, coming back.

use madang_client::{ConnectionState, DisconnectReason, Input};
use madang_shared::counter::{CounterEvent, CounterSnapshot};
use madang_shared::limits::{BACKOFF_MAX_MS, BACKOFF_MIN_MS, SILENCE_TIMEOUT_MS};
use madang_shared::{
    ClientFrame, CloseCode, Epoch, Position, Seq, ServerFrame, Subscription, Topic, UserId,
};

use crate::support::{Bench, ROOM, by_other, me};

const TIMELINE: Topic = Topic::Room(ROOM);

fn hello(bench: &Bench) -> Vec<Subscription> {
    let hello = bench.sent.iter().find_map(|frame| match frame {
        ClientFrame::Hello(hello) => Some(hello.topics.clone()),
        _ => None,
    });
    hello.expect("a hello")
}

#[test]
fn coming_back_says_where_every_topic_stood() {
    let mut bench = Bench::in_room(3);
    bench.event(by_other(4));
    bench.input(Input::SocketClosed { code: 1006 });
    bench.wake();
    bench.input(Input::SocketOpened);
    let timeline = hello(&bench).into_iter().find(|subscription| subscription.topic == TIMELINE);
    assert_eq!(timeline.unwrap().from, Some(Position::new(Epoch(1), Seq(4))));
}

#[test]
fn a_gap_is_never_shown_but_asked_for() {
    let mut bench = Bench::in_room(3);
    bench.event(by_other(5));
    let from = Some(Position::new(Epoch(1), Seq(3)));
    assert_eq!(bench.sent, [ClientFrame::Subscribe(Subscription { topic: TIMELINE, from })]);
    let newest = |bench: &Bench| bench.client.features().timeline(ROOM).unwrap().newest();
    assert_eq!(newest(&bench), Seq(3));

    let (from, to) = (Position::new(Epoch(1), Seq(3)), Position::new(Epoch(1), Seq(5)));
    bench.frame(&ServerFrame::Recovered { topic: TIMELINE, from, to });
    for seq in [4, 5, 5, 4] {
        bench.event(by_other(seq));
    }
    assert_eq!(newest(&bench), Seq(5));
    assert_eq!(bench.client.features().timeline(ROOM).unwrap().messages().len(), 5);
    assert_eq!(bench.client.caught_up().messages, 2);
}

#[test]
fn an_event_of_a_newer_server_takes_its_place_and_breaks_nothing() {
    let mut bench = Bench::in_room(3);
    bench.input(Input::Frame(
        r#"{"event":{"topic":"room:1","seq":4,"event":{"chat":{"pinned":{}}}}}"#.into(),
    ));
    bench.event(by_other(5));
    assert_eq!(bench.client.known(TIMELINE), Some(Seq(5)));
    assert_eq!(bench.client.undecodable_frames(), 1);
    assert_eq!(bench.sent, []);
}

#[test]
fn an_event_of_another_feature_than_its_topic_is_counted_and_keeps_its_place() {
    let mut bench = Bench::in_room(3);
    let added = CounterEvent::Added { value: 1, amount: 1, by: me(), command: by_other(1).command };
    bench.frame(&ServerFrame::Event { topic: TIMELINE, seq: Seq(4), event: added.into() });
    bench.event(by_other(5));
    assert_eq!(bench.client.known(TIMELINE), Some(Seq(5)));
    assert_eq!(bench.client.undecodable_frames(), 1);
    assert_eq!(bench.client.features().counter().stored(), None);
}

#[test]
fn a_snapshot_of_another_feature_than_its_topic_is_counted() {
    let mut bench = Bench::in_room(3);
    bench.state(TIMELINE, 9, CounterSnapshot { value: 7 }.into());
    assert_eq!(bench.client.undecodable_frames(), 1);
    assert_eq!(bench.client.features().counter().stored(), None);
}

#[test]
fn silence_is_death_and_a_ping_is_a_sign_of_life() {
    let mut bench = Bench::in_room(0);
    bench.later(SILENCE_TIMEOUT_MS - 1);
    bench.frame(&ServerFrame::Ping { nonce: 5 });
    assert_eq!(bench.sent, [ClientFrame::Pong { nonce: 5 }]);
    bench.later(SILENCE_TIMEOUT_MS - 1);
    assert_eq!((bench.client.connection(), bench.closes), (&ConnectionState::Live, 0));
    bench.later(1);
    assert_eq!(bench.closes, 1);
    assert!(matches!(bench.client.connection(), ConnectionState::Waiting { .. }));
}

#[test]
fn waits_grow_with_failures_and_start_small_again_after_success() {
    let mut bench = Bench::new();
    bench.input(Input::Connect);
    for _ in 0..20 {
        bench.input(Input::SocketClosed { code: 1006 });
        let ConnectionState::Waiting { until } = *bench.client.connection() else {
            panic!("waiting")
        };
        assert!((BACKOFF_MIN_MS..=BACKOFF_MAX_MS).contains(&until.since(bench.now)));
        bench.wake();
    }
    bench.input(Input::SocketOpened);
    bench.welcome();
    bench.input(Input::SocketClosed { code: 4000 });
    let ConnectionState::Waiting { until } = *bench.client.connection() else { panic!("waiting") };
    assert!(until.since(bench.now) <= 2 * BACKOFF_MIN_MS);
}

#[test]
fn a_nudge_connects_at_once_and_only_once() {
    let mut bench = Bench::new();
    bench.input(Input::Connect);
    bench.input(Input::SocketClosed { code: 1006 });
    bench.input(Input::Connect);
    bench.input(Input::Connect);
    assert_eq!(bench.opens, 2);
    bench.input(Input::SocketClosed { code: 1006 });
    bench.input(Input::Offline);
    assert_eq!(
        (bench.client.connection(), bench.client.deadline()),
        (&ConnectionState::Offline, None)
    );
    bench.input(Input::Connect);
    assert_eq!(bench.opens, 3);
}

#[test]
fn close_codes_that_say_stay_away_are_obeyed() {
    for code in
        [CloseCode::Version, CloseCode::Unauthenticated, CloseCode::Abuse, CloseCode::TooBig]
    {
        let mut bench = Bench::in_room(0);
        bench.input(Input::SocketClosed { code: code.number() });
        assert_eq!(
            bench.client.connection(),
            &ConnectionState::Ended(DisconnectReason::Closed(code.number()))
        );
        bench.input(Input::Connect);
        assert_eq!(bench.opens, 1);
    }
}

#[test]
fn a_session_of_somebody_else_is_not_used() {
    let mut bench = Bench::new();
    bench.post("mine");
    bench.input(Input::Connect);
    bench.input(Input::SocketOpened);
    let mut welcome = madang_shared::Welcome {
        user: me(),
        connection: madang_shared::ConnectionId(1),
        version: "0".into(),
        now: bench.now,
    };
    welcome.user.id = UserId(9);
    bench.frame(&ServerFrame::Welcome(welcome));
    assert_eq!(bench.client.connection(), &ConnectionState::Ended(DisconnectReason::OtherUser));
    assert_eq!(bench.take_commands(), [], "what was written waits for its author");
}
