//! The offline cache.

use madang_client::{Action, CachedState, Client, Input};
use madang_shared::chat::{ChatAnswer, ChatPage};
use madang_shared::{
    ClientFrame, Epoch, Position, QueryFrame, Seq, ServerFrame, Subscription, Topic, User, UserId,
};

use crate::support::{ROOM, TestClient, by_other, me, room, shown};

/// A client that has seen all messages of a room.
fn after_a_visit(messages: u64) -> TestClient {
    let mut driver = TestClient::in_room(messages);
    driver.input(Input::Act(Action::OpenRoom(Some(ROOM))));
    driver.input(shown(1, messages));
    driver
}

/// The next visit, before the server has answered.
fn next_visit(before: &TestClient, user: User) -> TestClient {
    let kept = before.client.cached_state(Some(ROOM)).unwrap();
    let mut driver = TestClient::new();
    driver.client = Client::new(user, "test", Vec::new()).with_offline_cache(kept, driver.now);
    driver.input(Input::Act(Action::OpenRoom(Some(ROOM))));
    driver
}

fn seqs(driver: &TestClient) -> Vec<u64> {
    let Some(timeline) = driver.client.features().timeline(ROOM) else { return Vec::new() };
    timeline.messages().iter().map(|message| message.seq.0).collect()
}

#[test]
fn a_cached_timeline_shows_before_the_welcome_and_is_resumed() {
    let first = after_a_visit(80);
    let mut driver = next_visit(&first, me());
    let timeline = driver.client.features().timeline(ROOM).unwrap();
    assert!(timeline.is_cached() && timeline.has_older() && timeline.is_known());
    assert_eq!(seqs(&driver), seqs(&first));

    driver.input(Input::Connect);
    driver.input(Input::SocketOpened);
    let hello = driver.sent.iter().find_map(|frame| match frame {
        ClientFrame::Hello(hello) => Some(hello.topics.clone()),
        _ => None,
    });
    let from = Position::new(Epoch(1), Seq(80));
    let resumed = Subscription { topic: Topic::Room(ROOM), from: Some(from) };
    assert!(hello.unwrap().contains(&resumed));

    driver.welcome();
    let to = Position::new(Epoch(1), Seq(81));
    driver.frame(&ServerFrame::Recovered { topic: Topic::Room(ROOM), from, to });
    driver.event(by_other(81));
    let timeline = driver.client.features().timeline(ROOM).unwrap();
    assert!(!timeline.is_cached(), "the server has resumed the timeline");
    assert_eq!(timeline.newest(), Seq(81));
}

#[test]
fn another_epoch_replaces_the_cached_timeline() {
    let mut driver = next_visit(&after_a_visit(10), me());
    driver.connect();
    let membership = madang_shared::membership::Membership::new(ROOM, Seq(0), 1, Seq(11));
    let page = ChatPage { messages: vec![by_other(11)], older: false, ..ChatPage::default() };
    let snapshot =
        madang_shared::chat::ChatSnapshot { room: room(), page, pins: Vec::new(), membership }
            .into();
    let position = Position::new(Epoch(2), Seq(11));
    let topic = Topic::Room(ROOM);
    driver.frame(&ServerFrame::Reset(madang_shared::TopicState { topic, position, snapshot }));
    assert_eq!(seqs(&driver), [11]);
}

#[test]
fn the_cache_of_another_user_is_ignored() {
    let driver = next_visit(&after_a_visit(10), User { id: UserId(9), name: "nine".into() });
    assert_eq!(seqs(&driver), Vec::<u64>::new());
    assert!(!driver.client.features().memberships().is_known());
}

#[test]
fn a_client_without_snapshots_caches_nothing() {
    assert!(TestClient::new().client.cached_state(Some(ROOM)).is_none());
}

#[test]
fn the_cache_reaches_back_to_the_first_new_message() {
    let mut before = TestClient::in_room(80);
    before.input(Input::Act(Action::OpenRoom(Some(ROOM))));
    before.sent.clear();
    before.input(Input::Act(Action::LoadOlder(ROOM)));
    let [ClientFrame::Query(QueryFrame { id, .. })] = before.sent[..] else {
        panic!("{:?}", before.sent)
    };
    let page = ChatPage {
        messages: (1..=30).map(by_other).collect(),
        older: false,
        ..ChatPage::default()
    };
    before.frame(&ServerFrame::Answer { id, answer: ChatAnswer::Before(page).into() });
    assert_eq!(seqs(&next_visit(&before, me())), (1..=80).collect::<Vec<_>>());
}

/// The cache of an earlier version has the names of all rooms apart from the memberships.
#[test]
fn the_cache_of_an_earlier_version_is_not_decoded() {
    let position = r#"{"epoch":1,"seq":1}"#;
    let membership = r#"{"room":1,"read_up_to":1,"unread":0,"head":1}"#;
    let earlier = format!(
        r#"{{"user":1,"rooms":[{position},{{"rooms":[{{"id":1,"name":"room"}}]}}],"memberships":[{position},{{"memberships":[{membership}]}}],"room":null}}"#
    );
    let decoded = madang_shared::compact::from_text::<CachedState>(&earlier);
    assert!(decoded.is_err(), "{decoded:?}");
}
