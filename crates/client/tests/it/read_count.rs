//! The details of the open room, and the read count of the user's own newest message.

use madang_client::{Action, Input, Slice};
use madang_shared::details::{DetailsEvent, DetailsSnapshot, RoomMember};
use madang_shared::read_count::{ReadCount, ReadCountAnswer, ReadCountQuery};
use madang_shared::roles::RoomRole;
use madang_shared::{ClientFrame, Message, Query, QueryFrame, QueryId, Seq, ServerFrame, Topic};

use crate::support::{ROOM, TestClient, by_other, me, other};

fn in_open_room() -> TestClient {
    let mut driver = TestClient::in_room(3);
    driver.input(Input::Act(Action::OpenRoom(Some(ROOM))));
    driver
}

fn own(seq: u64) -> Message {
    Message { author: me(), ..by_other(seq) }
}

fn count(read: u64) -> ReadCount {
    ReadCount { read, recipients: 5 }
}

/// The watches among the frames that were sent since the last call.
fn watches(driver: &mut TestClient) -> Vec<(QueryId, u64, Option<ReadCount>)> {
    let sent = std::mem::take(&mut driver.sent).into_iter();
    let watches = sent.filter_map(|frame| match frame {
        ClientFrame::Query(QueryFrame {
            id,
            query: Query::ReadCount(ReadCountQuery::Watch { room: ROOM, message, known }),
        }) => Some((id, message.0, known)),
        _ => None,
    });
    watches.collect()
}

fn answer(driver: &mut TestClient, id: QueryId, count: ReadCount) {
    driver.frame(&ServerFrame::Answer { id, answer: ReadCountAnswer::Counted(count).into() });
}

fn shown(driver: &TestClient, seq: u64) -> Option<ReadCount> {
    driver.client.features().read_count().of(Seq(seq))
}

#[test]
fn the_own_newest_message_is_watched() {
    let mut driver = in_open_room();
    assert_eq!(watches(&mut driver), [], "there is no own message");
    driver.event(own(4));
    let sent = watches(&mut driver);
    let [(first, 4, None)] = sent[..] else { panic!("{sent:?}") };
    driver.event(by_other(5));
    assert_eq!(watches(&mut driver), [], "the watch goes on");
    answer(&mut driver, first, count(2));
    assert_eq!((shown(&driver, 4), shown(&driver, 5)), (Some(count(2)), None));
    let sent = watches(&mut driver);
    let [(second, 4, Some(known))] = sent[..] else { panic!("{sent:?}") };
    assert_eq!(known, count(2));

    driver.changed.clear();
    driver.event(own(6));
    assert_eq!((shown(&driver, 4), shown(&driver, 6)), (None, None));
    assert!(driver.changed.contains(&Slice::ReadCount));
    let sent = watches(&mut driver);
    let [(third, 6, None)] = sent[..] else { panic!("{sent:?}") };
    answer(&mut driver, second, count(5));
    assert_eq!(shown(&driver, 6), None, "the answer belongs to the earlier message");
    answer(&mut driver, third, count(1));
    assert_eq!(shown(&driver, 6), Some(count(1)));
}

#[test]
fn a_reconnect_repeats_the_watch_and_leaving_the_room_ends_it() {
    let mut driver = in_open_room();
    driver.event(own(4));
    let (id, ..) = watches(&mut driver)[0];
    answer(&mut driver, id, count(2));
    let sent = watches(&mut driver);
    driver.input(Input::SocketClosed { code: 1006 });
    driver.connect();
    assert_eq!(watches(&mut driver), sent, "the unanswered query, and no other");
    driver.input(Input::Act(Action::OpenRoom(None)));
    driver.input(Input::SocketClosed { code: 1006 });
    driver.connect();
    assert_eq!(watches(&mut driver), []);
}

#[test]
fn details_follow_the_open_room() {
    let mut driver = in_open_room();
    let subscribed = driver.sent.iter().any(
        |frame| matches!(frame, ClientFrame::Subscribe(it) if it.topic == Topic::Details(ROOM)),
    );
    assert!(subscribed);
    let details = |driver: &TestClient| {
        let details = driver.client.features().details();
        (details.description().to_owned(), details.members(), details.changes().len())
    };
    assert_eq!(details(&driver), (String::new(), None, 0));
    let snapshot =
        DetailsSnapshot { description: "점심".into(), members: 2, profiles: Vec::new() };
    driver.state(Topic::Details(ROOM), 7, snapshot.clone().into());
    assert_eq!(details(&driver), ("점심".into(), Some(2), 0));
    let role = RoomRole::Member;
    let member = RoomMember { user: other(), since: None, role };
    let events = [
        DetailsEvent::Joined { member, after: Seq(3) },
        DetailsEvent::Described { description: "저녁".into(), by: other() },
        DetailsEvent::Left { user: other().id },
        DetailsEvent::Left { user: me().id },
    ];
    for (seq, event) in (8..).zip(events) {
        let (topic, event) = (Topic::Details(ROOM), event.into());
        driver.frame(&ServerFrame::Event { topic, seq: Seq(seq), event });
    }
    assert_eq!(details(&driver), ("저녁".into(), Some(1), 3));
    let edition = driver.client.features().details().edition();
    driver.state(Topic::Details(ROOM), 20, snapshot.into());
    assert_eq!(details(&driver), ("점심".into(), Some(2), 0));
    assert_ne!(driver.client.features().details().edition(), edition);
}
