//! The rules of one connection.

use madang_hub::PendingHello;
use madang_shared::frames::ErrorContext;
use madang_shared::limits::{
    COMMAND_BURST, HELLO_TIMEOUT_MS, MAX_BAD_FRAMES, MAX_TOPICS, PING_INTERVAL_MS, PONG_TIMEOUT_MS,
};
use madang_shared::{
    ClientFrame, CloseCode, ErrorCode, RoomId, ServerFrame, Subscription, Topic, UserId,
};

use crate::test_server::{ROOM, START, TestServer, answer, post};

fn acked(frames: &[ServerFrame]) -> usize {
    frames.iter().filter(|frame| matches!(frame, ServerFrame::Ack { .. })).count()
}

#[test]
fn the_first_frame_must_be_a_hello() {
    for text in ["{\"pong\":{\"nonce\":1}}", "", "hello", "{}"] {
        assert_eq!(
            PendingHello::new(START).receive(text).unwrap_err(),
            CloseCode::NotHello,
            "{text}"
        );
    }
    assert_eq!(PendingHello::new(START).deadline(), START.plus(HELLO_TIMEOUT_MS));
}

#[test]
fn a_second_hello_is_unexpected() {
    let server = TestServer::new();
    let mut connection = server.connect(&server.user("a"));
    connection.send_text(r#"{"hello":{"client":"again"}}"#);
    assert_eq!(connection.take_errors(), [ErrorCode::UnexpectedFrame]);
}

#[test]
fn an_acknowledgement_waits_for_the_commit() {
    let server = TestServer::new();
    let user = server.user("a");
    let mut connection = server.connect(&user);
    connection.post("hi");
    assert_eq!(connection.take(), [], "no frame before the store has answered");
    let request = connection.requests.pop_front().unwrap();
    let response = answer(&server.store, &user, request);
    connection.respond(response);
    assert_eq!(acked(&connection.take()), 1);
}

#[test]
fn a_repeated_command_gets_the_first_answer_and_takes_effect_once() {
    let server = TestServer::new();
    let mut connection = server.connect(&server.user("a"));
    connection.subscribe(&server, Topic::Room(ROOM), None);
    connection.take();
    let id = connection.post("once");
    connection.settle(&server);
    let first = connection.take();
    connection.command_as(id, post("once"));
    connection.settle(&server);
    let second = connection.take();
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
    let server = TestServer::new();
    let user = server.user("a");
    let mut connection = server.connect(&user);
    for text in ["1", "2", "3"] {
        connection.post(text);
    }
    assert_eq!(connection.requests.len(), 1);
    let response = answer(&server.store, &user, connection.requests.pop_front().unwrap());
    connection.respond(response);
    assert_eq!((acked(&connection.take()), connection.requests.len()), (1, 1));
    let response = answer(&server.store, &user, connection.requests.pop_front().unwrap());
    connection.respond(response);
    assert_eq!((acked(&connection.take()), connection.requests.len()), (2, 0));
}

#[test]
fn a_retryable_refusal_blocks_later_commands_until_the_refused_one_comes_again() {
    let server = TestServer::new();
    let mut connection = server.connect(&server.user("a"));
    connection.subscribe(&server, Topic::Room(ROOM), None);
    server.store.set_unavailable(true);
    let first = connection.post("first");
    connection.settle(&server);
    server.store.set_unavailable(false);
    let second = connection.post("second");
    connection.settle(&server);
    assert_eq!(connection.take_errors(), [ErrorCode::Unavailable, ErrorCode::BlockedByEarlier]);

    connection.command_as(first, post("first"));
    connection.command_as(second, post("second"));
    connection.settle(&server);
    assert_eq!(connection.take_seqs(Topic::Room(ROOM)), [1, 2]);
}

#[test]
fn a_failed_read_says_so_and_speaks_of_no_change() {
    let server = TestServer::new();
    let mut connection = server.connect(&server.user("a"));
    server.store.set_unavailable(true);
    connection.subscribe(&server, Topic::Room(ROOM), None);
    let frames = connection.take();
    let [ServerFrame::Error { failure, .. }] = frames.as_slice() else { panic!("{frames:?}") };
    assert_eq!(failure.code, ErrorCode::Unavailable);
    assert!(failure.message.starts_with("The server cannot read"), "{failure}");
}

#[test]
fn a_clock_that_goes_back_stops_no_heartbeat_and_no_limit() {
    let server = TestServer::new();
    let mut connection = server.connect(&server.user("a"));
    let ahead = START.plus(86_400_000);
    // A ping and its pong while the clock is a day ahead; then the clock is right again.
    connection.tick(ahead);
    let Some(ServerFrame::Ping { nonce }) = connection.received.pop_front() else {
        panic!("a ping is due")
    };
    connection.send(&ClientFrame::Pong { nonce });
    for _ in 0..=COMMAND_BURST {
        connection.post("before");
    }
    connection.settle(&server);
    connection.take();
    connection.now = START.plus(PING_INTERVAL_MS);
    connection.post("after");
    connection.settle(&server);
    assert_eq!(connection.take_errors().len(), 1, "no token yet");
    connection.tick(START.plus(2 * PING_INTERVAL_MS));
    assert!(matches!(connection.received.pop_front(), Some(ServerFrame::Ping { .. })));
    connection.tick(START.plus(2 * PING_INTERVAL_MS + PONG_TIMEOUT_MS));
    assert_eq!(connection.closed, Some(CloseCode::NoPong));
}

#[test]
fn queued_commands_are_not_blocked_by_a_later_rate_limited_command() {
    let server = TestServer::new();
    let user = server.user("a");
    let mut connection = server.connect(&user);
    connection.subscribe(&server, Topic::Room(ROOM), None);
    connection.take();
    // One batch is with the store and one waits; then the rate limit is used up.
    for _ in 0..COMMAND_BURST - 2 {
        connection.post("   ");
    }
    connection.take();
    let (_first, _second, third) =
        (connection.post("1"), connection.post("2"), connection.post("3"));
    assert_eq!(connection.take_errors(), [ErrorCode::RateLimited]);
    connection.settle(&server);
    assert_eq!(connection.take_seqs(Topic::Room(ROOM)), [1, 2], "both came before the third");
    connection.now = connection.now.plus(20);
    connection.command_as(third, post("3"));
    connection.settle(&server);
    assert_eq!(connection.take_seqs(Topic::Room(ROOM)), [3]);
}

#[test]
fn a_final_refusal_blocks_no_other_command() {
    let server = TestServer::new();
    let mut connection = server.connect(&server.user("a"));
    connection.post("   ");
    connection.post("valid");
    connection.settle(&server);
    let frames = connection.take();
    assert_eq!(acked(&frames), 1);
    let refused = frames.iter().any(
        |frame| matches!(frame, ServerFrame::Error { failure, .. } if failure.code == ErrorCode::Invalid && !failure.retry),
    );
    assert!(refused);
}

#[test]
fn a_rate_limited_command_gets_the_time_to_wait() {
    let server = TestServer::new();
    let mut connection = server.connect(&server.user("a"));
    for _ in 0..=COMMAND_BURST {
        connection.post("again");
        connection.settle(&server);
    }
    let last = connection.take().pop().unwrap();
    let ServerFrame::Error { failure, .. } = last else { panic!("{last:?}") };
    assert_eq!((failure.code, failure.retry), (ErrorCode::RateLimited, true));
    assert_eq!(failure.retry_after, Some(200));
}

#[test]
fn bad_frames_are_answered_and_only_many_of_them_close_the_connection() {
    let server = TestServer::new();
    let mut connection = server.connect(&server.user("a"));
    for _ in 0..MAX_BAD_FRAMES {
        connection.send_text("nonsense");
    }
    assert_eq!(
        (connection.take_errors().len(), connection.closed),
        (MAX_BAD_FRAMES as usize, None)
    );
    connection.send_text("one too many");
    assert_eq!(connection.closed, Some(CloseCode::Abuse));
}

#[test]
fn a_command_of_a_newer_client_is_refused_by_its_id() {
    let server = TestServer::new();
    let mut connection = server.connect(&server.user("a"));
    connection.send_text(
        r#"{"command":{"id":"01977000-0000-7000-8000-000000000000","command":{"orders":{}}}}"#,
    );
    let frame = connection.take().pop().unwrap();
    assert!(matches!(
        frame,
        ServerFrame::Error { about: ErrorContext::Command(_), failure } if failure.code == ErrorCode::Unsupported
    ));
}

#[test]
fn topics_of_other_users_unknown_rooms_and_rooms_without_membership_are_refused() {
    let server = TestServer::new();
    let mut connection = server.connect(&server.user("a"));
    let cases = [
        (Topic::Memberships(UserId(99)), ErrorCode::Forbidden),
        (Topic::Room(RoomId(99)), ErrorCode::NotFound),
        (Topic::Presence(RoomId(99)), ErrorCode::NotFound),
    ];
    for (topic, code) in cases {
        connection.subscribe(&server, topic, None);
        assert_eq!(connection.take_errors(), [code], "{topic}");
    }
}

#[test]
fn a_connection_follows_a_bounded_number_of_topics() {
    let server = TestServer::new();
    let mut connection = server.connect(&server.user("a"));
    for room in 0..=MAX_TOPICS as u64 {
        connection.send(&ClientFrame::Subscribe(Subscription {
            topic: Topic::Room(RoomId(room)),
            from: None,
        }));
    }
    assert_eq!(connection.take_errors(), [ErrorCode::TooManyTopics]);
}

#[test]
fn a_ping_without_its_pong_closes_the_connection() {
    let server = TestServer::new();
    let mut connection = server.connect(&server.user("a"));
    let first = START.plus(PING_INTERVAL_MS);
    connection.tick(first);
    let Some(ServerFrame::Ping { nonce }) = connection.received.pop_front() else {
        panic!("a ping is due")
    };
    connection.send(&ClientFrame::Pong { nonce: nonce.wrapping_add(1) });
    assert_eq!(
        connection.session.deadline(),
        first.plus(PONG_TIMEOUT_MS),
        "the pong of another ping is ignored"
    );
    connection.send(&ClientFrame::Pong { nonce });
    connection.tick(first.plus(PING_INTERVAL_MS));
    assert!(matches!(connection.received.pop_front(), Some(ServerFrame::Ping { .. })));
    connection.tick(first.plus(PING_INTERVAL_MS + PONG_TIMEOUT_MS));
    assert_eq!(connection.closed, Some(CloseCode::NoPong));
}
