//! One connection's rules.

use madang_hub::PendingHello;
use madang_shared::frames::ErrorContext;
use madang_shared::limits::{
    COMMAND_BURST, HELLO_TIMEOUT_MS, MAX_BAD_FRAMES, MAX_TOPICS, PING_INTERVAL_MS, PONG_TIMEOUT_MS,
};
use madang_shared::{
    ClientFrame, CloseCode, ErrorCode, RoomId, ServerFrame, Subscription, Topic, UserId,
};

use crate::test_client::{House, ROOM, START, answer, post};

fn acked(frames: &[ServerFrame]) -> usize {
    frames.iter().filter(|frame| matches!(frame, ServerFrame::Ack { .. })).count()
}

#[test]
fn the_first_frame_must_be_a_hello() {
    for text in ["{\"pong\":{\"nonce\":1}}", "", "hello", "{}"] {
        assert_eq!(PendingHello::new(START).hear(text).unwrap_err(), CloseCode::NotHello, "{text}");
    }
    assert_eq!(PendingHello::new(START).deadline(), START.plus(HELLO_TIMEOUT_MS));
}

#[test]
fn a_second_hello_is_out_of_turn() {
    let house = House::new();
    let mut client = house.client(&house.user("a"));
    client.say_text(r#"{"hello":{"client":"again"}}"#);
    assert_eq!(client.take_errors(), [ErrorCode::UnexpectedFrame]);
}

#[test]
fn an_acknowledgement_waits_for_the_commit() {
    let house = House::new();
    let user = house.user("a");
    let mut client = house.client(&user);
    client.post("hi");
    assert_eq!(client.take(), [], "nothing is said before the store has answered");
    let ask = client.asked.pop_front().unwrap();
    let done = answer(&house.store, &user, ask);
    client.done(done);
    assert_eq!(acked(&client.take()), 1);
}

#[test]
fn a_command_sent_again_is_answered_as_the_first_time_and_takes_effect_once() {
    let house = House::new();
    let mut client = house.client(&house.user("a"));
    client.subscribe(&house, Topic::Room(ROOM), None);
    client.take();
    let id = client.post("once");
    client.settle(&house);
    let first = client.take();
    client.command_as(id, post("once"));
    client.settle(&house);
    let second = client.take();
    assert_eq!(acked(&first), 1);
    assert_eq!(
        second,
        first
            .into_iter()
            .filter(|frame| matches!(frame, ServerFrame::Ack { .. }))
            .collect::<Vec<_>>()
    );
}

#[test]
fn commands_that_arrive_during_a_commit_share_the_next_one() {
    let house = House::new();
    let user = house.user("a");
    let mut client = house.client(&user);
    for text in ["1", "2", "3"] {
        client.post(text);
    }
    assert_eq!(client.asked.len(), 1);
    let done = answer(&house.store, &user, client.asked.pop_front().unwrap());
    client.done(done);
    assert_eq!((acked(&client.take()), client.asked.len()), (1, 1));
    let done = answer(&house.store, &user, client.asked.pop_front().unwrap());
    client.done(done);
    assert_eq!((acked(&client.take()), client.asked.len()), (2, 0));
}

#[test]
fn after_a_refusal_for_now_later_commands_wait_until_the_refused_one_comes_again() {
    let house = House::new();
    let mut client = house.client(&house.user("a"));
    client.subscribe(&house, Topic::Room(ROOM), None);
    house.store.set_unavailable(true);
    let first = client.post("first");
    client.settle(&house);
    house.store.set_unavailable(false);
    let second = client.post("second");
    client.settle(&house);
    assert_eq!(client.take_errors(), [ErrorCode::Unavailable, ErrorCode::BlockedByEarlier]);

    client.command_as(first, post("first"));
    client.command_as(second, post("second"));
    client.settle(&house);
    assert_eq!(client.take_places(Topic::Room(ROOM)), [1, 2]);
}

#[test]
fn what_waits_for_the_store_is_not_held_back_by_what_came_too_fast_after_it() {
    let house = House::new();
    let user = house.user("a");
    let mut client = house.client(&user);
    client.subscribe(&house, Topic::Room(ROOM), None);
    client.take();
    // One batch is with the store and one waits; then the allowance is used up.
    for _ in 0..COMMAND_BURST - 2 {
        client.post("   ");
    }
    client.take();
    let (_first, _second, third) = (client.post("1"), client.post("2"), client.post("3"));
    assert_eq!(client.take_errors(), [ErrorCode::RateLimited]);
    client.settle(&house);
    assert_eq!(client.take_places(Topic::Room(ROOM)), [1, 2], "both came before the third");
    client.now = client.now.plus(20);
    client.command_as(third, post("3"));
    client.settle(&house);
    assert_eq!(client.take_places(Topic::Room(ROOM)), [3]);
}

#[test]
fn a_refusal_for_good_holds_nothing_back() {
    let house = House::new();
    let mut client = house.client(&house.user("a"));
    client.post("   ");
    client.post("said");
    client.settle(&house);
    let frames = client.take();
    assert_eq!(acked(&frames), 1);
    let refused = frames.iter().any(
        |frame| matches!(frame, ServerFrame::Error { failure, .. } if failure.code == ErrorCode::Invalid && !failure.retry),
    );
    assert!(refused);
}

#[test]
fn a_flood_is_slowed_down_and_told_for_how_long() {
    let house = House::new();
    let mut client = house.client(&house.user("a"));
    for _ in 0..=COMMAND_BURST {
        client.post("again");
        client.settle(&house);
    }
    let last = client.take().pop().unwrap();
    let ServerFrame::Error { failure, .. } = last else { panic!("{last:?}") };
    assert_eq!((failure.code, failure.retry), (ErrorCode::RateLimited, true));
    assert_eq!(failure.retry_after, Some(20));
}

#[test]
fn bad_frames_are_answered_and_only_a_series_of_them_ends_the_connection() {
    let house = House::new();
    let mut client = house.client(&house.user("a"));
    for _ in 0..MAX_BAD_FRAMES {
        client.say_text("nonsense");
    }
    assert_eq!((client.take_errors().len(), client.closed), (MAX_BAD_FRAMES as usize, None));
    client.say_text("one too many");
    assert_eq!(client.closed, Some(CloseCode::Abuse));
}

#[test]
fn a_command_of_a_newer_client_is_refused_by_its_id() {
    let house = House::new();
    let mut client = house.client(&house.user("a"));
    client.say_text(
        r#"{"command":{"id":"01977000-0000-7000-8000-000000000000","command":{"orders":{}}}}"#,
    );
    let frame = client.take().pop().unwrap();
    assert!(matches!(
        frame,
        ServerFrame::Error { about: ErrorContext::Command(_), failure } if failure.code == ErrorCode::Unsupported
    ));
}

#[test]
fn topics_of_others_unknown_rooms_and_rooms_not_joined_are_refused() {
    let house = House::new();
    let mut client = house.client(&house.user("a"));
    let cases = [
        (Topic::Memberships(UserId(99)), ErrorCode::Forbidden),
        (Topic::Room(RoomId(99)), ErrorCode::NotFound),
        (Topic::Presence(RoomId(99)), ErrorCode::NotMember),
    ];
    for (topic, code) in cases {
        client.subscribe(&house, topic, None);
        assert_eq!(client.take_errors(), [code], "{topic}");
    }
}

#[test]
fn a_connection_follows_a_bounded_number_of_topics() {
    let house = House::new();
    let mut client = house.client(&house.user("a"));
    for room in 0..=MAX_TOPICS as u64 {
        client.say(&ClientFrame::Subscribe(Subscription {
            topic: Topic::Room(RoomId(room)),
            from: None,
        }));
    }
    assert_eq!(client.take_errors(), [ErrorCode::TooManyTopics]);
}

#[test]
fn a_ping_wants_its_pong_in_time() {
    let house = House::new();
    let mut client = house.client(&house.user("a"));
    let first = START.plus(PING_INTERVAL_MS);
    client.tick(first);
    let Some(ServerFrame::Ping { nonce }) = client.received.pop_front() else {
        panic!("a ping is due")
    };
    client.say(&ClientFrame::Pong { nonce: nonce.wrapping_add(1) });
    assert_eq!(
        client.session.deadline(),
        first.plus(PONG_TIMEOUT_MS),
        "that was another ping's pong"
    );
    client.say(&ClientFrame::Pong { nonce });
    client.tick(first.plus(PING_INTERVAL_MS));
    assert!(matches!(client.received.pop_front(), Some(ServerFrame::Ping { .. })));
    client.tick(first.plus(PING_INTERVAL_MS + PONG_TIMEOUT_MS));
    assert_eq!(client.closed, Some(CloseCode::NoPong));
}
