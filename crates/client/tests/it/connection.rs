//! Connecting, disconnecting and reconnecting.

use madang_client::{ConnectionState, DisconnectReason, Input};
use madang_shared::counter::{CounterEvent, CounterSnapshot};
use madang_shared::limits::{BACKOFF_MAX_MS, BACKOFF_MIN_MS, SILENCE_TIMEOUT_MS};
use madang_shared::{
    ClientFrame, CloseCode, Epoch, Position, Seq, ServerFrame, Subscription, Topic, UserId,
};

use crate::support::{ROOM, TestClient, by_other, me};

const TIMELINE: Topic = Topic::Room(ROOM);

fn hello(driver: &TestClient) -> Vec<Subscription> {
    let hello = driver.sent.iter().find_map(|frame| match frame {
        ClientFrame::Hello(hello) => Some(hello.topics.clone()),
        _ => None,
    });
    hello.expect("a hello")
}

#[test]
fn a_reconnect_resumes_every_topic_from_its_position() {
    let mut driver = TestClient::in_room(3);
    driver.event(by_other(4));
    driver.input(Input::SocketClosed { code: 1006 });
    driver.wake();
    driver.input(Input::SocketOpened);
    let timeline = hello(&driver).into_iter().find(|subscription| subscription.topic == TIMELINE);
    assert_eq!(timeline.unwrap().from, Some(Position::new(Epoch(1), Seq(4))));
}

#[test]
fn a_gap_is_not_shown_and_leads_to_another_subscribe() {
    let mut driver = TestClient::in_room(3);
    driver.event(by_other(5));
    let from = Some(Position::new(Epoch(1), Seq(3)));
    assert_eq!(driver.sent, [ClientFrame::Subscribe(Subscription { topic: TIMELINE, from })]);
    let newest = |driver: &TestClient| driver.client.features().timeline(ROOM).unwrap().newest();
    assert_eq!(newest(&driver), Seq(3));

    let (from, to) = (Position::new(Epoch(1), Seq(3)), Position::new(Epoch(1), Seq(5)));
    driver.frame(&ServerFrame::Recovered { topic: TIMELINE, from, to });
    for seq in [4, 5, 5, 4] {
        driver.event(by_other(seq));
    }
    assert_eq!(newest(&driver), Seq(5));
    assert_eq!(driver.client.features().timeline(ROOM).unwrap().messages().len(), 5);
    assert_eq!(driver.client.caught_up().messages, 2);
}

#[test]
fn an_undecodable_event_advances_the_position_and_is_counted() {
    let mut driver = TestClient::in_room(3);
    driver.input(Input::Frame(
        r#"{"event":{"topic":"room:1","seq":4,"event":{"chat":{"pinned":{}}}}}"#.into(),
    ));
    driver.event(by_other(5));
    assert_eq!(driver.client.known_seq(TIMELINE), Some(Seq(5)));
    assert_eq!(driver.client.undecodable_frames(), 1);
    assert_eq!(driver.sent, []);
}

#[test]
fn an_event_of_another_feature_advances_the_position_and_is_counted() {
    let mut driver = TestClient::in_room(3);
    let added = CounterEvent::Added { value: 1, amount: 1, by: me(), command: by_other(1).command };
    driver.frame(&ServerFrame::Event { topic: TIMELINE, seq: Seq(4), event: added.into() });
    driver.event(by_other(5));
    assert_eq!(driver.client.known_seq(TIMELINE), Some(Seq(5)));
    assert_eq!(driver.client.undecodable_frames(), 1);
    assert_eq!(driver.client.features().counter().stored(), None);
}

#[test]
fn a_snapshot_of_another_feature_than_its_topic_is_counted() {
    let mut driver = TestClient::in_room(3);
    driver.state(TIMELINE, 9, CounterSnapshot { value: 7 }.into());
    assert_eq!(driver.client.undecodable_frames(), 1);
    assert_eq!(driver.client.features().counter().stored(), None);
}

#[test]
fn a_silent_connection_times_out_unless_a_ping_arrives() {
    let mut driver = TestClient::in_room(0);
    driver.later(SILENCE_TIMEOUT_MS - 1);
    driver.frame(&ServerFrame::Ping { nonce: 5 });
    assert_eq!(driver.sent, [ClientFrame::Pong { nonce: 5 }]);
    driver.later(SILENCE_TIMEOUT_MS - 1);
    assert_eq!((driver.client.connection(), driver.closes), (&ConnectionState::Live, 0));
    driver.later(1);
    assert_eq!(driver.closes, 1);
    assert!(matches!(driver.client.connection(), ConnectionState::Waiting { .. }));
}

#[test]
fn backoff_grows_with_failures_and_resets_after_a_welcome() {
    let mut driver = TestClient::new();
    driver.input(Input::Connect);
    for _ in 0..20 {
        driver.input(Input::SocketClosed { code: 1006 });
        let ConnectionState::Waiting { until } = *driver.client.connection() else {
            panic!("waiting")
        };
        assert!((BACKOFF_MIN_MS..=BACKOFF_MAX_MS).contains(&until.since(driver.now)));
        driver.wake();
    }
    driver.input(Input::SocketOpened);
    driver.welcome();
    driver.input(Input::SocketClosed { code: 4000 });
    let ConnectionState::Waiting { until } = *driver.client.connection() else { panic!("waiting") };
    assert!(until.since(driver.now) <= 2 * BACKOFF_MIN_MS);
}

#[test]
fn a_connect_input_opens_one_socket_at_once() {
    let mut driver = TestClient::new();
    driver.input(Input::Connect);
    driver.input(Input::SocketClosed { code: 1006 });
    driver.input(Input::Connect);
    driver.input(Input::Connect);
    assert_eq!(driver.opens, 2);
    driver.input(Input::SocketClosed { code: 1006 });
    driver.input(Input::Offline);
    assert_eq!(
        (driver.client.connection(), driver.client.deadline()),
        (&ConnectionState::Offline, None)
    );
    driver.input(Input::Connect);
    assert_eq!(driver.opens, 3);
}

#[test]
fn terminal_close_codes_stop_reconnecting() {
    for code in
        [CloseCode::Version, CloseCode::Unauthenticated, CloseCode::Abuse, CloseCode::TooBig]
    {
        let mut driver = TestClient::in_room(0);
        driver.input(Input::SocketClosed { code: code.number() });
        assert_eq!(
            driver.client.connection(),
            &ConnectionState::Ended(DisconnectReason::Closed(code.number()))
        );
        driver.input(Input::Connect);
        assert_eq!(driver.opens, 1);
    }
}

#[test]
fn a_welcome_for_another_user_ends_the_connection() {
    let mut driver = TestClient::new();
    driver.post("mine");
    driver.input(Input::Connect);
    driver.input(Input::SocketOpened);
    let mut welcome = madang_shared::Welcome {
        user: me(),
        connection: madang_shared::ConnectionId(1),
        version: "0".into(),
        now: driver.now,
        apps: madang_shared::apps::Apps::default(),
    };
    welcome.user.id = UserId(9);
    driver.frame(&ServerFrame::Welcome(welcome));
    assert_eq!(driver.client.connection(), &ConnectionState::Ended(DisconnectReason::OtherUser));
    assert_eq!(driver.take_commands(), [], "the unsent message waits for its author");
}
