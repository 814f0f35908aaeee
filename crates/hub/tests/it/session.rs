//! One connection's rules.

use madang_hub::Greeting;
use madang_shared::frames::About;
use madang_shared::limits::{
    COMMAND_BURST, HELLO_TIMEOUT_MS, MAX_BAD_FRAMES, MAX_TOPICS, PING_INTERVAL_MS, PONG_TIMEOUT_MS,
};
use madang_shared::{
    ClientFrame, CloseCode, ErrorCode, RoomId, ServerFrame, Subscription, Topic, UserId,
};

use crate::desk::{House, ROOM, START, answer, post};

fn acked(frames: &[ServerFrame]) -> usize {
    frames.iter().filter(|frame| matches!(frame, ServerFrame::Ack { .. })).count()
}

#[test]
fn the_first_frame_must_be_a_hello() {
    for text in ["{\"pong\":{\"nonce\":1}}", "", "hello", "{}"] {
        assert_eq!(Greeting::new(START).hear(text).unwrap_err(), CloseCode::NotHello, "{text}");
    }
    assert_eq!(Greeting::new(START).deadline(), START.plus(HELLO_TIMEOUT_MS));
}

#[test]
fn a_second_hello_is_out_of_turn() {
    let house = House::new();
    let mut desk = house.desk(&house.user("a"));
    desk.say_text(r#"{"hello":{"client":"again"}}"#);
    assert_eq!(desk.take_errors(), [ErrorCode::OutOfTurn]);
}

#[test]
fn an_acknowledgement_waits_for_the_commit() {
    let house = House::new();
    let user = house.user("a");
    let mut desk = house.desk(&user);
    desk.post("hi");
    assert_eq!(desk.take(), [], "nothing is said before the store has answered");
    let ask = desk.asked.pop_front().unwrap();
    let done = answer(&house.store, &user, ask);
    desk.done(done);
    assert_eq!(acked(&desk.take()), 1);
}

#[test]
fn a_command_sent_again_is_answered_as_the_first_time_and_takes_effect_once() {
    let house = House::new();
    let mut desk = house.desk(&house.user("a"));
    desk.subscribe(&house, Topic::Room(ROOM), None);
    desk.take();
    let id = desk.post("once");
    desk.settle(&house);
    let first = desk.take();
    desk.command_as(id, post("once"));
    desk.settle(&house);
    let second = desk.take();
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
    let mut desk = house.desk(&user);
    for text in ["1", "2", "3"] {
        desk.post(text);
    }
    assert_eq!(desk.asked.len(), 1);
    let done = answer(&house.store, &user, desk.asked.pop_front().unwrap());
    desk.done(done);
    assert_eq!((acked(&desk.take()), desk.asked.len()), (1, 1));
    let done = answer(&house.store, &user, desk.asked.pop_front().unwrap());
    desk.done(done);
    assert_eq!((acked(&desk.take()), desk.asked.len()), (2, 0));
}

#[test]
fn after_a_refusal_for_now_later_commands_wait_until_the_refused_one_comes_again() {
    let house = House::new();
    let mut desk = house.desk(&house.user("a"));
    desk.subscribe(&house, Topic::Room(ROOM), None);
    house.store.set_unavailable(true);
    let first = desk.post("first");
    desk.settle(&house);
    house.store.set_unavailable(false);
    let second = desk.post("second");
    desk.settle(&house);
    assert_eq!(desk.take_errors(), [ErrorCode::Unavailable, ErrorCode::Held]);

    desk.command_as(first, post("first"));
    desk.command_as(second, post("second"));
    desk.settle(&house);
    assert_eq!(desk.take_places(Topic::Room(ROOM)), [1, 2]);
}

#[test]
fn what_waits_for_the_store_is_not_held_back_by_what_came_too_fast_after_it() {
    let house = House::new();
    let user = house.user("a");
    let mut desk = house.desk(&user);
    desk.subscribe(&house, Topic::Room(ROOM), None);
    desk.take();
    // One batch is with the store and one waits; then the allowance is used up.
    for _ in 0..COMMAND_BURST - 2 {
        desk.post("   ");
    }
    desk.take();
    let (_first, _second, third) = (desk.post("1"), desk.post("2"), desk.post("3"));
    assert_eq!(desk.take_errors(), [ErrorCode::RateLimited]);
    desk.settle(&house);
    assert_eq!(desk.take_places(Topic::Room(ROOM)), [1, 2], "both came before the third");
    desk.now = desk.now.plus(20);
    desk.command_as(third, post("3"));
    desk.settle(&house);
    assert_eq!(desk.take_places(Topic::Room(ROOM)), [3]);
}

#[test]
fn a_refusal_for_good_holds_nothing_back() {
    let house = House::new();
    let mut desk = house.desk(&house.user("a"));
    desk.post("   ");
    desk.post("said");
    desk.settle(&house);
    let frames = desk.take();
    assert_eq!(acked(&frames), 1);
    let refused = frames.iter().any(
        |frame| matches!(frame, ServerFrame::Error { failure, .. } if failure.code == ErrorCode::Invalid && !failure.retry),
    );
    assert!(refused);
}

#[test]
fn a_flood_is_slowed_down_and_told_for_how_long() {
    let house = House::new();
    let mut desk = house.desk(&house.user("a"));
    for _ in 0..=COMMAND_BURST {
        desk.post("again");
        desk.settle(&house);
    }
    let last = desk.take().pop().unwrap();
    let ServerFrame::Error { failure, .. } = last else { panic!("{last:?}") };
    assert_eq!((failure.code, failure.retry), (ErrorCode::RateLimited, true));
    assert_eq!(failure.retry_after, Some(20));
}

#[test]
fn bad_frames_are_answered_and_only_a_series_of_them_ends_the_connection() {
    let house = House::new();
    let mut desk = house.desk(&house.user("a"));
    for _ in 0..MAX_BAD_FRAMES {
        desk.say_text("nonsense");
    }
    assert_eq!((desk.take_errors().len(), desk.closed), (MAX_BAD_FRAMES as usize, None));
    desk.say_text("one too many");
    assert_eq!(desk.closed, Some(CloseCode::Abuse));
}

#[test]
fn a_command_of_a_newer_client_is_refused_by_its_id() {
    let house = House::new();
    let mut desk = house.desk(&house.user("a"));
    desk.say_text(
        r#"{"command":{"id":"01977000-0000-7000-8000-000000000000","command":{"orders":{}}}}"#,
    );
    let frame = desk.take().pop().unwrap();
    assert!(matches!(
        frame,
        ServerFrame::Error { about: About::Command(_), failure } if failure.code == ErrorCode::Unsupported
    ));
}

#[test]
fn topics_of_others_unknown_rooms_and_rooms_not_joined_are_refused() {
    let house = House::new();
    let mut desk = house.desk(&house.user("a"));
    let cases = [
        (Topic::Memberships(UserId(99)), ErrorCode::Forbidden),
        (Topic::Room(RoomId(99)), ErrorCode::NotFound),
        (Topic::Here(RoomId(99)), ErrorCode::NotMember),
    ];
    for (topic, code) in cases {
        desk.subscribe(&house, topic, None);
        assert_eq!(desk.take_errors(), [code], "{topic}");
    }
}

#[test]
fn a_connection_follows_a_bounded_number_of_topics() {
    let house = House::new();
    let mut desk = house.desk(&house.user("a"));
    for room in 0..=MAX_TOPICS as u64 {
        desk.say(&ClientFrame::Subscribe(Subscription {
            topic: Topic::Room(RoomId(room)),
            from: None,
        }));
    }
    assert_eq!(desk.take_errors(), [ErrorCode::TooManyTopics]);
}

#[test]
fn a_ping_wants_its_pong_in_time() {
    let house = House::new();
    let mut desk = house.desk(&house.user("a"));
    let first = START.plus(PING_INTERVAL_MS);
    desk.tick(first);
    let Some(ServerFrame::Ping { nonce }) = desk.received.pop_front() else {
        panic!("a ping is due")
    };
    desk.say(&ClientFrame::Pong { nonce: nonce.wrapping_add(1) });
    assert_eq!(
        desk.session.deadline(),
        first.plus(PONG_TIMEOUT_MS),
        "that was another ping's pong"
    );
    desk.say(&ClientFrame::Pong { nonce });
    desk.tick(first.plus(PING_INTERVAL_MS));
    assert!(matches!(desk.received.pop_front(), Some(ServerFrame::Ping { .. })));
    desk.tick(first.plus(PING_INTERVAL_MS + PONG_TIMEOUT_MS));
    assert_eq!(desk.closed, Some(CloseCode::NoPong));
}
