//! Topic channels, cursors, and resuming.

use madang_shared::frames::ErrorContext;
use madang_shared::limits::MAX_RECOVERED_EVENTS;
use madang_shared::membership::MembershipCommand;
use madang_shared::posts::{PostsCommand, PostsEvent};
use madang_shared::{Epoch, ErrorCode, Event, Position, PostId, Seq, ServerFrame, Topic};

use crate::test_server::{ROOM, TestConnection, TestServer};

const TIMELINE: Topic = Topic::Room(ROOM);

fn post_messages(server: &TestServer, author: &mut TestConnection, count: u64) {
    for number in 0..count {
        // Refills the rate limit of the author.
        author.now = author.now.plus(1_000);
        author.post(&format!("{number}"));
        author.settle(server);
    }
    author.take();
}

fn position_of(frames: &[ServerFrame]) -> Position {
    frames
        .iter()
        .find_map(|frame| match frame {
            ServerFrame::Snapshot(state) | ServerFrame::Reset(state) => Some(state.position),
            _ => None,
        })
        .expect("a state")
}

#[test]
fn events_continue_from_the_position_of_the_snapshot() {
    let server = TestServer::new();
    let (mut author, mut subscriber) =
        (server.connect(&server.user("w")), server.connect(&server.user("r")));
    post_messages(&server, &mut author, 3);
    subscriber.subscribe(&server, TIMELINE, None);
    assert_eq!(position_of(&subscriber.take()).seq, Seq(3));
    post_messages(&server, &mut author, 2);
    subscriber.settle(&server);
    assert_eq!(subscriber.take_seqs(TIMELINE), [4, 5]);
}

#[test]
fn a_resume_replays_exactly_the_gap() {
    let server = TestServer::new();
    let (mut author, mut subscriber) =
        (server.connect(&server.user("w")), server.connect(&server.user("r")));
    subscriber.subscribe(&server, TIMELINE, None);
    let known = position_of(&subscriber.take());
    let user = subscriber.user.clone();
    drop(subscriber);
    post_messages(&server, &mut author, 5);

    let mut resumed = server.connect(&user);
    resumed.subscribe(&server, TIMELINE, Some(known));
    let to = Position::new(known.epoch, Seq(5));
    assert_eq!(
        resumed.received.pop_front(),
        Some(ServerFrame::Recovered { topic: TIMELINE, from: known, to })
    );
    assert_eq!(resumed.take_seqs(TIMELINE), [1, 2, 3, 4, 5]);
}

#[test]
fn a_position_survives_a_restart_of_the_server() {
    let server = TestServer::new();
    let mut subscriber = server.connect(&server.user("r"));
    subscriber.subscribe(&server, TIMELINE, None);
    let known = position_of(&subscriber.take());
    let user = subscriber.user.clone();
    let mut author = server.connect(&server.user("w"));
    post_messages(&server, &mut author, 2);

    let restarted = TestServer::over(server.store.clone(), 256);
    let mut resumed = restarted.connect(&user);
    resumed.subscribe(&restarted, TIMELINE, Some(known));
    assert_eq!(resumed.take_seqs(TIMELINE), [1, 2]);
}

#[test]
fn positions_that_cannot_be_resumed_get_a_reset() {
    let server = TestServer::new();
    let mut author = server.connect(&server.user("w"));
    post_messages(&server, &mut author, MAX_RECOVERED_EVENTS + 1);
    let mut subscriber = server.connect(&server.user("r"));
    subscriber.subscribe(&server, TIMELINE, None);
    let head = position_of(&subscriber.take());
    let cases = [
        ("of another epoch", Position::new(Epoch(head.epoch.0 + 1), Seq(3))),
        ("beyond the head", Position::new(head.epoch, Seq(head.seq.0 + 1))),
        ("too far resumed", Position::new(head.epoch, Seq(0))),
    ];
    for (what, from) in cases {
        subscriber.subscribe(&server, TIMELINE, Some(from));
        let frames = subscriber.take();
        assert!(
            matches!(&frames[..], [ServerFrame::Reset(state)] if state.position == head),
            "{what}: {frames:?}"
        );
    }
    subscriber.subscribe(&server, TIMELINE, Some(Position::new(head.epoch, Seq(1))));
    assert_eq!(
        subscriber.take_seqs(TIMELINE).len() as u64,
        MAX_RECOVERED_EVENTS,
        "the furthest resumed that is resumed"
    );
}

#[test]
fn a_subscriber_that_is_too_far_behind_gets_a_reset() {
    let server = TestServer::new();
    let mut slow = server.connect(&server.user("s"));
    slow.subscribe(&server, TIMELINE, None);
    slow.take();
    let mut author = server.connect(&server.user("w"));
    post_messages(&server, &mut author, MAX_RECOVERED_EVENTS + 1);
    slow.settle(&server);
    let frames = slow.take();
    assert!(
        matches!(&frames[..], [ServerFrame::Reset(state)] if state.position.seq.0 == MAX_RECOVERED_EVENTS + 1),
        "{frames:?}"
    );
    post_messages(&server, &mut author, 1);
    slow.settle(&server);
    assert_eq!(slow.take_seqs(TIMELINE), [MAX_RECOVERED_EVENTS + 2]);
}

#[test]
fn a_redacted_text_is_not_served_from_a_cache() {
    let server = TestServer::new();
    let mut author = server.connect(&server.user("w"));
    let (mut slow, mut away) =
        (server.connect(&server.user("s")), server.connect(&server.user("a")));
    for subscriber in [&mut slow, &mut away] {
        subscriber.subscribe(&server, Topic::Posts, None);
    }
    slow.take();
    let known = position_of(&away.take());
    let user = away.user.clone();
    drop(away);
    let post = PostId(1);
    for command in [
        PostsCommand::Create { text: "first secret".into() },
        PostsCommand::Edit { post, text: "second secret".into() },
        PostsCommand::Delete { post },
    ] {
        author.command(command.into());
        author.settle(&server);
    }
    slow.settle(&server);
    let mut resumed = server.connect(&user);
    resumed.subscribe(&server, Topic::Posts, Some(known));
    for mut subscriber in [slow, resumed] {
        let frames = subscriber.take();
        let received = format!("{frames:?}");
        assert!(!received.contains("secret"), "{received}");
        let events: Vec<_> = frames
            .iter()
            .filter_map(|frame| match frame {
                ServerFrame::Event { seq, event: Event::Posts(event), .. } => Some((seq.0, event)),
                _ => None,
            })
            .collect();
        assert!(
            matches!(
                events[..],
                [
                    (1, PostsEvent::Redacted { .. }),
                    (2, PostsEvent::Redacted { .. }),
                    (3, PostsEvent::Deleted { .. })
                ]
            ),
            "{received}"
        );
    }
}

#[test]
fn a_subscriber_behind_the_ring_catches_up_from_the_log() {
    let server = TestServer::with_ring(4);
    let (mut author, mut subscriber) =
        (server.connect(&server.user("w")), server.connect(&server.user("r")));
    subscriber.subscribe(&server, TIMELINE, None);
    subscriber.take();
    post_messages(&server, &mut author, 300);
    subscriber.settle(&server);
    assert_eq!(subscriber.take_seqs(TIMELINE), (1..=300).collect::<Vec<_>>());
}

#[test]
fn an_event_during_a_subscription_is_neither_lost_nor_repeated() {
    let server = TestServer::new();
    let (mut author, mut subscriber) =
        (server.connect(&server.user("w")), server.connect(&server.user("r")));
    subscriber.send(&madang_shared::ClientFrame::Subscribe(madang_shared::Subscription {
        topic: TIMELINE,
        from: None,
    }));
    // One event before the store has read the state, and one after.
    post_messages(&server, &mut author, 1);
    let request = subscriber.requests.pop_front().unwrap();
    let response = crate::test_server::answer(&server.store, &subscriber.user.clone(), request);
    post_messages(&server, &mut author, 1);
    subscriber.respond(response);
    subscriber.settle(&server);
    let frames = subscriber.take();
    assert_eq!(position_of(&frames).seq, Seq(1));
    assert!(matches!(frames.last(), Some(ServerFrame::Event { seq: Seq(2), .. })));
    assert_eq!(frames.len(), 2);
}

#[test]
fn a_text_that_was_redacted_is_not_served_from_a_cache_before_its_event_is_published() {
    let server = TestServer::with_ring(1);
    let mut author = server.connect(&server.user("w"));
    let user = server.user("r");
    let mut reader = server.connect(&user);
    reader.subscribe(&server, Topic::Posts, None);
    let known = Some(position_of(&reader.take()));
    for text in ["first", "a secret"] {
        author.now = author.now.plus(1_000);
        author.command(PostsCommand::Create { text: text.into() }.into());
        author.settle(&server);
    }
    let mut late = server.connect(&user);
    late.subscribe(&server, Topic::Posts, known);
    assert!(format!("{:?}", late.take()).contains("a secret"));
    author.command(PostsCommand::Delete { post: PostId(2) }.into());
    let request = author.requests.pop_front().unwrap();
    crate::test_server::answer(&server.store, &author.user.clone(), request);
    let mut resumed = server.connect(&user);
    resumed.subscribe(&server, Topic::Posts, known);
    let received = format!("{:?}", resumed.take());
    assert!(received.contains("first") && !received.contains("a secret"), "{received}");
}

#[test]
fn an_unsubscribed_topic_sends_no_further_events() {
    let server = TestServer::new();
    let (mut author, mut subscriber) =
        (server.connect(&server.user("w")), server.connect(&server.user("r")));
    subscriber.subscribe(&server, TIMELINE, None);
    subscriber.take();
    subscriber.send(&madang_shared::ClientFrame::Unsubscribe { topic: TIMELINE });
    post_messages(&server, &mut author, 1);
    subscriber.settle(&server);
    assert_eq!(subscriber.take(), []);
}

#[test]
fn a_user_who_leaves_a_room_on_one_device_loses_access_on_all_devices() {
    let server = TestServer::new();
    let user = server.user("r");
    let (mut phone, mut laptop) = (server.connect(&user), server.connect(&user));
    let mut author = server.connect(&server.user("w"));
    for topic in [TIMELINE, Topic::Presence(ROOM)] {
        phone.subscribe(&server, topic, None);
    }
    phone.take();
    laptop.command(MembershipCommand::Leave { room: ROOM }.into());
    laptop.settle(&server);
    phone.settle(&server);
    let refused = phone.take().into_iter().filter_map(|frame| match frame {
        ServerFrame::Error { about: ErrorContext::Topic(topic), failure } => {
            Some((topic, failure.code))
        }
        _ => None,
    });
    let not_member = ErrorCode::NotMember;
    assert_eq!(
        refused.collect::<Vec<_>>(),
        [(TIMELINE, not_member), (Topic::Presence(ROOM), not_member)]
    );
    post_messages(&server, &mut author, 1);
    phone.settle(&server);
    assert_eq!(phone.take(), []);

    // After joining again, the check succeeds and the subscription continues.
    laptop.command(MembershipCommand::Join { room: ROOM }.into());
    laptop.settle(&server);
    phone.subscribe(&server, TIMELINE, None);
    phone.take();
    laptop.command(MembershipCommand::Leave { room: ROOM }.into());
    laptop.command(MembershipCommand::Join { room: ROOM }.into());
    laptop.settle(&server);
    phone.settle(&server);
    post_messages(&server, &mut author, 1);
    phone.settle(&server);
    assert_eq!(phone.take_seqs(TIMELINE), [2]);
}
