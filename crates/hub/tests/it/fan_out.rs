//! Streams, cursors, and coming back.

use madang_hub::bus::{InProcess, listen, publish_and_announce};
use madang_hub::ports::Bus;
use madang_shared::frames::ErrorContext;
use madang_shared::limits::MAX_RECOVERED_EVENTS;
use madang_shared::membership::MembershipCommand;
use madang_shared::posts::{PostsCommand, PostsEvent};
use madang_shared::{Epoch, ErrorCode, Event, Position, PostId, Seq, ServerFrame, Topic};

use crate::test_client::{House, ROOM, TestClient};

const TIMELINE: Topic = Topic::Room(ROOM);

fn say(house: &House, writer: &mut TestClient, count: u64) {
    for number in 0..count {
        // The writer's allowance fills up meanwhile.
        writer.now = writer.now.plus(1_000);
        writer.post(&format!("{number}"));
        writer.settle(house);
    }
    writer.take();
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
fn a_snapshot_comes_with_its_position_and_what_follows_goes_on_from_there() {
    let house = House::new();
    let (mut writer, mut subscriber) =
        (house.client(&house.user("w")), house.client(&house.user("r")));
    say(&house, &mut writer, 3);
    subscriber.subscribe(&house, TIMELINE, None);
    assert_eq!(position_of(&subscriber.take()).seq, Seq(3));
    say(&house, &mut writer, 2);
    subscriber.settle(&house);
    assert_eq!(subscriber.take_places(TIMELINE), [4, 5]);
}

#[test]
fn coming_back_replays_exactly_the_gap() {
    let house = House::new();
    let (mut writer, mut subscriber) =
        (house.client(&house.user("w")), house.client(&house.user("r")));
    subscriber.subscribe(&house, TIMELINE, None);
    let known = position_of(&subscriber.take());
    let user = subscriber.user.clone();
    drop(subscriber);
    say(&house, &mut writer, 5);

    let mut back = house.client(&user);
    back.subscribe(&house, TIMELINE, Some(known));
    let to = Position::new(known.epoch, Seq(5));
    assert_eq!(
        back.received.pop_front(),
        Some(ServerFrame::Recovered { topic: TIMELINE, from: known, to })
    );
    assert_eq!(back.take_places(TIMELINE), [1, 2, 3, 4, 5]);
}

#[test]
fn a_position_survives_a_restart_of_the_server() {
    let house = House::new();
    let mut subscriber = house.client(&house.user("r"));
    subscriber.subscribe(&house, TIMELINE, None);
    let known = position_of(&subscriber.take());
    let user = subscriber.user.clone();
    let mut writer = house.client(&house.user("w"));
    say(&house, &mut writer, 2);

    let restarted = House::over(house.store.clone(), 256);
    let mut back = restarted.client(&user);
    back.subscribe(&restarted, TIMELINE, Some(known));
    assert_eq!(back.take_places(TIMELINE), [1, 2]);
}

#[test]
fn positions_that_cannot_be_resumed_are_reset_and_told_so() {
    let house = House::new();
    let mut writer = house.client(&house.user("w"));
    say(&house, &mut writer, MAX_RECOVERED_EVENTS + 1);
    let mut subscriber = house.client(&house.user("r"));
    subscriber.subscribe(&house, TIMELINE, None);
    let head = position_of(&subscriber.take());
    let cases = [
        ("of another life", Position::new(Epoch(head.epoch.0 + 1), Seq(3))),
        ("beyond the end", Position::new(head.epoch, Seq(head.seq.0 + 1))),
        ("too far back", Position::new(head.epoch, Seq(0))),
    ];
    for (what, from) in cases {
        subscriber.subscribe(&house, TIMELINE, Some(from));
        let frames = subscriber.take();
        assert!(
            matches!(&frames[..], [ServerFrame::Reset(state)] if state.position == head),
            "{what}: {frames:?}"
        );
    }
    subscriber.subscribe(&house, TIMELINE, Some(Position::new(head.epoch, Seq(1))));
    assert_eq!(
        subscriber.take_places(TIMELINE).len() as u64,
        MAX_RECOVERED_EVENTS,
        "the furthest back that is resumed"
    );
}

#[test]
fn what_was_taken_back_is_given_to_nobody_from_memory() {
    let house = House::new();
    let mut writer = house.client(&house.user("w"));
    let (mut slow, mut away) = (house.client(&house.user("s")), house.client(&house.user("a")));
    for subscriber in [&mut slow, &mut away] {
        subscriber.subscribe(&house, Topic::Posts, None);
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
        writer.command(command.into());
        writer.settle(&house);
    }
    slow.settle(&house);
    let mut back = house.client(&user);
    back.subscribe(&house, Topic::Posts, Some(known));
    for mut subscriber in [slow, back] {
        let frames = subscriber.take();
        let told = format!("{frames:?}");
        assert!(!told.contains("secret"), "{told}");
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
            "{told}"
        );
    }
}

#[test]
fn a_reader_who_falls_past_the_ring_catches_up_from_the_log() {
    let house = House::with_ring(4);
    let (mut writer, mut subscriber) =
        (house.client(&house.user("w")), house.client(&house.user("r")));
    subscriber.subscribe(&house, TIMELINE, None);
    subscriber.take();
    say(&house, &mut writer, 300);
    subscriber.settle(&house);
    assert_eq!(subscriber.take_places(TIMELINE), (1..=300).collect::<Vec<_>>());
}

#[test]
fn an_event_appended_while_a_topic_is_being_opened_is_neither_lost_nor_doubled() {
    let house = House::new();
    let (mut writer, mut subscriber) =
        (house.client(&house.user("w")), house.client(&house.user("r")));
    subscriber.say(&madang_shared::ClientFrame::Subscribe(madang_shared::Subscription {
        topic: TIMELINE,
        from: None,
    }));
    // Before the store has read the state, and again after.
    say(&house, &mut writer, 1);
    let ask = subscriber.asked.pop_front().unwrap();
    let done = crate::test_client::answer(&house.store, &subscriber.user.clone(), ask);
    say(&house, &mut writer, 1);
    subscriber.done(done);
    subscriber.settle(&house);
    let frames = subscriber.take();
    assert_eq!(position_of(&frames).seq, Seq(1));
    assert!(matches!(frames.last(), Some(ServerFrame::Event { seq: Seq(2), .. })));
    assert_eq!(frames.len(), 2);
}

#[test]
fn a_hint_that_the_log_has_grown_is_enough() {
    let here = House::new();
    let elsewhere = House::over(here.store.clone(), 256);
    let mut subscriber = elsewhere.client(&here.user("r"));
    subscriber.subscribe(&elsewhere, TIMELINE, None);
    subscriber.take();
    let mut writer = here.client(&here.user("w"));
    say(&here, &mut writer, 3);

    elsewhere.hub.catch_up_to(TIMELINE, Seq(3));
    elsewhere.hub.catch_up_to(TIMELINE, Seq(2));
    subscriber.settle(&elsewhere);
    assert_eq!(subscriber.take_places(TIMELINE), [1, 2, 3]);
}

#[tokio::test]
async fn what_one_node_appends_reaches_the_readers_of_another_through_the_bus_and_the_log() {
    let here = House::new();
    let elsewhere = House::over(here.store.clone(), 256);
    let bus = InProcess::default();
    let follower = tokio::spawn(listen(elsewhere.hub.clone(), bus.listen()));
    let mut subscriber = elsewhere.client(&here.user("r"));
    subscriber.subscribe(&elsewhere, TIMELINE, None);
    subscriber.take();

    let mut writer = here.client(&here.user("w"));
    writer.post("from afar");
    let ask = writer.asked.pop_front().unwrap();
    let done = crate::test_client::answer(&here.store, &writer.user.clone(), ask);
    publish_and_announce(&here.hub, &bus, &here.store.take_events());
    writer.done(done);

    subscriber.session.wakeups().changed().await;
    subscriber.settle(&elsewhere);
    assert_eq!(subscriber.take_places(TIMELINE), [1]);
    drop(bus);
    follower.await.expect("it ends with the bus");
}

#[test]
fn a_topic_that_was_left_says_nothing_more() {
    let house = House::new();
    let (mut writer, mut subscriber) =
        (house.client(&house.user("w")), house.client(&house.user("r")));
    subscriber.subscribe(&house, TIMELINE, None);
    subscriber.take();
    subscriber.say(&madang_shared::ClientFrame::Unsubscribe { topic: TIMELINE });
    say(&house, &mut writer, 1);
    subscriber.settle(&house);
    assert_eq!(subscriber.take(), []);
}

#[test]
fn whoever_leaves_a_room_on_one_device_stops_hearing_it_on_all() {
    let house = House::new();
    let user = house.user("r");
    let (mut phone, mut laptop) = (house.client(&user), house.client(&user));
    let mut writer = house.client(&house.user("w"));
    for topic in [TIMELINE, Topic::Presence(ROOM)] {
        phone.subscribe(&house, topic, None);
    }
    phone.take();
    laptop.command(MembershipCommand::Leave { room: ROOM }.into());
    laptop.settle(&house);
    phone.settle(&house);
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
    say(&house, &mut writer, 1);
    phone.settle(&house);
    assert_eq!(phone.take(), []);

    // Whoever has joined again by then goes on without a word.
    laptop.command(MembershipCommand::Join { room: ROOM }.into());
    laptop.settle(&house);
    phone.subscribe(&house, TIMELINE, None);
    phone.take();
    laptop.command(MembershipCommand::Leave { room: ROOM }.into());
    laptop.command(MembershipCommand::Join { room: ROOM }.into());
    laptop.settle(&house);
    phone.settle(&house);
    say(&house, &mut writer, 1);
    phone.settle(&house);
    assert_eq!(phone.take_places(TIMELINE), [2]);
}
