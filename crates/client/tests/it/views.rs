//! The views of joined rooms, and sentiment.

use madang_client::{Action, Input, Slice};
use madang_shared::chat::{ChatAnswer, ChatPage, ChatSnapshot};
use madang_shared::frames::ErrorContext;
use madang_shared::membership::{Membership, MembershipCommand, MembershipEvent};
use madang_shared::posts::{PostsAnswer, PostsPage};
use madang_shared::presence::{PresenceEvent, PresenceSignal, PresenceSnapshot};
use madang_shared::presence::{TYPING_EXPIRY_MS, TYPING_IDLE_MS};
use madang_shared::sentiment::{Analysis, Mood, Sentiment, SentimentAnswer, SentimentQuery};
use madang_shared::{
    ClientFrame, Command, Epoch, ErrorCode, Failure, Position, QueryFrame, Seq, ServerFrame, Topic,
    TopicState, User, UserId,
};

use crate::support::{ROOM, TestClient, by_other, me, other, room, shown};

fn presence_event(driver: &mut TestClient, seq: u64, event: PresenceEvent) {
    driver.frame(&ServerFrame::Event {
        topic: Topic::Presence(ROOM),
        seq: Seq(seq),
        event: event.into(),
    });
}

fn in_open_room(messages: u64) -> TestClient {
    let mut driver = TestClient::in_room(messages);
    driver.input(Input::Act(Action::OpenRoom(Some(ROOM))));
    driver.state(
        Topic::Presence(ROOM),
        0,
        PresenceSnapshot { present: vec![me()], typing: vec![] }.into(),
    );
    driver.sent.clear();
    driver
}

fn user(id: u64) -> User {
    User { id: UserId(id), name: format!("user {id}") }
}

#[test]
fn unread_counts_messages_after_the_read_mark() {
    let mut driver = TestClient::in_room(3);
    assert_eq!(driver.unread(), 3);
    driver.event(by_other(4));
    driver.event(madang_shared::Message { author: me(), ..by_other(5) });
    assert_eq!(driver.unread(), 4, "the user's own message is not unread");
    driver.input(shown(1, 3));
    assert_eq!(driver.unread(), 1);
    // Another tab has read further; an older mark changes nothing.
    for read_up_to in [5, 2] {
        let membership = Membership::new(ROOM, Seq(read_up_to), 0, Seq(5));
        let topic = Topic::Memberships(me().id);
        let seq = Seq(if read_up_to == 5 { 2 } else { 3 });
        driver.frame(&ServerFrame::Event {
            topic,
            seq,
            event: MembershipEvent::Read(membership).into(),
        });
        assert_eq!(driver.unread(), 0);
    }
}

#[test]
fn unread_beyond_the_loaded_messages_is_the_servers_count_plus_newer_messages() {
    let mut driver = TestClient::in_room(500);
    assert_eq!(driver.unread(), 500);
    driver.event(by_other(501));
    assert_eq!(driver.unread(), 501);
    assert_eq!(driver.client.features().unread_total(), 501);
}

#[test]
fn a_muted_room_counts_in_its_row_only() {
    let mut driver = TestClient::in_room(3);
    let muted = |driver: &mut TestClient, seq, muted| {
        let topic = Topic::Memberships(me().id);
        let event = MembershipEvent::Muted { room: ROOM, muted }.into();
        driver.frame(&ServerFrame::Event { topic, seq: Seq(seq), event });
        (driver.unread(), driver.client.features().unread_total())
    };
    assert_eq!(muted(&mut driver, 2, true), (3, 0));
    let kept = driver.client.features().memberships().is_muted(ROOM);
    assert!(kept, "the room is known as muted");
    // A read mark of another tab leaves it muted.
    let membership = Membership::new(ROOM, Seq(1), 2, Seq(3));
    driver.frame(&ServerFrame::Event {
        topic: Topic::Memberships(me().id),
        seq: Seq(3),
        event: MembershipEvent::Read(membership).into(),
    });
    assert_eq!((driver.unread(), driver.client.features().unread_total()), (2, 0));
    assert_eq!(muted(&mut driver, 4, false), (2, 2));
}

#[test]
fn read_marks_are_sent_at_once_and_then_at_intervals() {
    let mut driver = in_open_room(9);
    for up_to in 1..=5 {
        driver.input(shown(1, up_to));
    }
    let marks = |driver: &mut TestClient| -> Vec<u64> {
        let commands =
            driver.take_commands().into_iter().filter_map(|(_, command)| match command {
                Command::Membership(MembershipCommand::Read { up_to, .. }) => Some(up_to.0),
                _ => None,
            });
        commands.collect()
    };
    assert_eq!(marks(&mut driver), [1]);
    driver.later(2_000);
    assert_eq!(marks(&mut driver), [5]);
}

#[test]
fn the_line_of_new_messages_stays_until_the_user_posts() {
    let mut driver = in_open_room(3);
    let line = |driver: &TestClient| driver.client.features().timeline(ROOM).unwrap().new_after();
    assert_eq!(line(&driver), Some(Seq(0)));
    driver.input(shown(1, 3));
    assert_eq!(line(&driver), Some(Seq(0)), "reading does not move the line");
    driver.post("an answer");
    assert_eq!(line(&driver), None);
}

#[test]
fn messages_during_an_absence_are_new_on_return() {
    let mut driver = in_open_room(3);
    let line = |driver: &TestClient| driver.client.features().timeline(ROOM).unwrap().new_after();
    driver.input(shown(1, 3));
    driver.post("an answer");
    driver.input(Input::Act(Action::MarkStartOfNew));
    assert_eq!(line(&driver), None, "no message arrived");
    driver.event(by_other(4));
    driver.event(by_other(5));
    driver.changed.clear();
    driver.input(Input::Act(Action::MarkStartOfNew));
    assert_eq!(line(&driver), Some(Seq(3)));
    assert!(driver.changed.contains(&Slice::Timeline));
}

#[test]
fn a_message_changes_the_unread_counts_and_the_timeline_only_of_the_open_room() {
    let changed_by_message = |mut driver: TestClient| {
        driver.changed.clear();
        driver.event(by_other(4));
        driver.changed
    };
    assert_eq!(changed_by_message(TestClient::in_room(3)), [Slice::Unread]);
    assert_eq!(changed_by_message(in_open_room(3)), [Slice::Unread, Slice::Timeline]);
}

#[test]
fn older_messages_are_queried_once_and_join_without_a_gap() {
    let mut driver = in_open_room(120);
    driver.input(Input::Act(Action::LoadOlder(ROOM)));
    driver.input(Input::Act(Action::LoadOlder(ROOM)));
    let [ClientFrame::Query(QueryFrame { id, .. })] = driver.sent[..] else {
        panic!("{:?}", driver.sent)
    };
    let page = ChatPage {
        messages: (21..=70).map(by_other).collect(),
        older: true,
        ..ChatPage::default()
    };
    driver.frame(&ServerFrame::Answer { id, answer: ChatAnswer::Before(page).into() });
    let timeline = driver.client.features().timeline(ROOM).unwrap();
    assert!(timeline.messages().iter().map(|message| message.seq.0).eq(21..=120));
    assert!(timeline.has_older() && !timeline.is_loading_older());
}

#[test]
fn an_answer_of_another_feature_ends_the_query_and_is_counted() {
    let mut driver = in_open_room(120);
    driver.input(Input::Act(Action::LoadOlder(ROOM)));
    let [ClientFrame::Query(QueryFrame { id, .. })] = driver.sent[..] else {
        panic!("{:?}", driver.sent)
    };
    let page = PostsPage { posts: Vec::new(), older: false };
    driver.frame(&ServerFrame::Answer { id, answer: PostsAnswer::Before(page).into() });
    assert_eq!(driver.client.undecodable_frames(), 1);
    assert!(!driver.client.features().timeline(ROOM).unwrap().is_loading_older());
}

#[test]
fn a_temporarily_refused_query_for_older_messages_is_sent_again() {
    let mut driver = in_open_room(120);
    driver.input(Input::Act(Action::LoadOlder(ROOM)));
    let asked = driver.sent.clone();
    let [ClientFrame::Query(QueryFrame { id, .. })] = asked[..] else { panic!("{asked:?}") };
    let refuse = |driver: &mut TestClient, code| {
        let failure = Failure::new(code, "Later.").after(300);
        driver.frame(&ServerFrame::Error { about: ErrorContext::Query(id), failure });
    };
    refuse(&mut driver, ErrorCode::RateLimited);
    driver.sent.clear();
    driver.later(299);
    assert_eq!(driver.sent, []);
    driver.later(1);
    assert_eq!(driver.sent, asked);
    refuse(&mut driver, ErrorCode::NotMember);
    assert!(!driver.client.features().timeline(ROOM).unwrap().is_loading_older());
}

#[test]
fn a_room_in_the_background_keeps_its_newest_messages_and_its_unread_count() {
    let mut driver = TestClient::in_room(50);
    for seq in 51..=1_200 {
        driver.event(by_other(seq));
    }
    assert_eq!(driver.unread(), 1_200);
    let read = Membership::new(ROOM, Seq(1_100), 100, Seq(1_200));
    let event = MembershipEvent::Read(read).into();
    driver.frame(&ServerFrame::Event { topic: Topic::Memberships(me().id), seq: Seq(2), event });
    driver.event(by_other(1_201));
    let timeline = driver.client.features().timeline(ROOM).unwrap();
    assert_eq!((timeline.messages().len(), timeline.has_older()), (500, true));
    assert_eq!(driver.unread(), 101);
}

#[test]
fn a_rate_limited_signal_does_not_count_as_undecodable() {
    let mut driver = in_open_room(0);
    let refuse = |driver: &mut TestClient, code| {
        let failure = Failure::new(code, "No.");
        driver.frame(&ServerFrame::Error { about: ErrorContext::Frame, failure });
    };
    refuse(&mut driver, ErrorCode::RateLimited);
    assert_eq!(driver.client.undecodable_frames(), 0);
    refuse(&mut driver, ErrorCode::Unsupported);
    assert_eq!(driver.client.undecodable_frames(), 1);
}

#[test]
fn another_epoch_replaces_the_timeline() {
    let mut driver = in_open_room(60);
    let membership = Membership::new(ROOM, Seq(0), 2, Seq(52));
    let page = ChatPage {
        messages: (51..=52).map(by_other).collect(),
        older: true,
        ..ChatPage::default()
    };
    let state = TopicState {
        topic: Topic::Room(ROOM),
        position: Position::new(Epoch(2), Seq(52)),
        snapshot: ChatSnapshot { room: room(), page, pins: Vec::new(), membership }.into(),
    };
    driver.frame(&ServerFrame::Reset(state));
    let timeline = driver.client.features().timeline(ROOM).unwrap();
    assert!(timeline.messages().iter().map(|message| message.seq.0).eq(51..=52));
}

#[test]
fn t2_3_typing_is_signalled_at_once_and_withdrawn_after_a_pause() {
    let mut driver = in_open_room(0);
    let typing = |typing| ClientFrame::Signal(PresenceSignal::Typing { room: ROOM, typing }.into());
    driver.input(Input::Act(Action::Keystroke(ROOM)));
    driver.later(TYPING_IDLE_MS - 1);
    driver.input(Input::Act(Action::Keystroke(ROOM)));
    assert_eq!(driver.sent, [typing(true)]);
    driver.later(TYPING_IDLE_MS - 1);
    assert_eq!(driver.sent.len(), 1);
    driver.later(1);
    assert_eq!(driver.sent, [typing(true), typing(false)]);
}

#[test]
fn typing_of_others_ends_by_a_signal_a_message_or_expiry() {
    let mut driver = in_open_room(0);
    let typing = |driver: &TestClient| driver.client.features().presence().typing().count();
    let typist = |typing| PresenceEvent::Typing { user: other(), typing };
    presence_event(&mut driver, 1, typist(true));
    assert_eq!(typing(&driver), 1);
    presence_event(&mut driver, 2, typist(false));
    assert_eq!(typing(&driver), 0);
    presence_event(&mut driver, 3, typist(true));
    driver.event(by_other(1));
    assert_eq!(typing(&driver), 0);
    presence_event(&mut driver, 4, typist(true));
    driver.later(TYPING_EXPIRY_MS - 1);
    assert_eq!(typing(&driver), 1);
    driver.later(1);
    assert_eq!(typing(&driver), 0);
    presence_event(&mut driver, 5, PresenceEvent::Typing { user: me(), typing: true });
    assert_eq!(typing(&driver), 0, "our own typing is not shown");
}

#[test]
fn t0_3_presence_changes_make_one_summary() {
    let mut driver = in_open_room(2);
    presence_event(
        &mut driver,
        1,
        PresenceEvent::Changed { joined: vec![me(), user(3), user(4)], left: vec![] },
    );
    presence_event(
        &mut driver,
        2,
        PresenceEvent::Changed { joined: vec![user(5)], left: vec![UserId(3)] },
    );
    let crowds = driver.client.features().timeline(ROOM).unwrap().presence_summaries().to_vec();
    let [line] = &crowds[..] else { panic!("{crowds:?}") };
    assert_eq!((line.after, &line.joined, &line.left), (Seq(2), &vec![user(4), user(5)], &vec![]));
    // Users who joined and left again are not in the summary.
    presence_event(
        &mut driver,
        3,
        PresenceEvent::Changed { joined: vec![], left: vec![UserId(4), UserId(5)] },
    );
    assert_eq!(driver.client.features().timeline(ROOM).unwrap().presence_summaries(), []);
    assert!(driver.changed.contains(&Slice::Presence));
}

#[test]
fn t2_4_a_pause_sends_a_query_and_only_the_latest_answer_counts() {
    let mut driver = in_open_room(0);
    let classify = |text: &str| Input::Act(Action::Classify(text.into()));
    for text in ["l", "lo", "love"] {
        driver.input(classify(text));
        driver.later(100);
    }
    assert_eq!(driver.sent, [], "no pause yet");
    driver.later(50);
    let query = SentimentQuery::Classify { text: "love".into() };
    let [ClientFrame::Query(QueryFrame { id, query: asked })] = &driver.sent[..] else {
        panic!("{:?}", driver.sent)
    };
    assert_eq!(*asked, query.into());
    let id = *id;
    let is_current = |driver: &TestClient| driver.client.features().sentiment().is_current();
    assert!(!is_current(&driver), "the answer is due");
    driver.input(classify("love it"));
    let analysis = |score| Analysis {
        sentiment: Sentiment { mood: Mood::Positive, score },
        words: Vec::new(),
    };
    let answer = |score| SentimentAnswer::Classified(analysis(score)).into();
    driver.frame(&ServerFrame::Answer { id, answer: answer(600) });
    assert_eq!(driver.client.features().sentiment().analysis(), None, "the text has changed since");
    driver.later(150);
    let Some(ClientFrame::Query(QueryFrame { id, .. })) = driver.sent.last() else { panic!() };
    let id = *id;
    driver.frame(&ServerFrame::Answer { id, answer: answer(700) });
    assert_eq!(driver.client.features().sentiment().analysis(), Some(&analysis(700)));
    assert!(is_current(&driver));
    // A refused text has no analysis, and nobody waits for one.
    driver.input(classify("love it so"));
    driver.later(150);
    assert!(!is_current(&driver), "the analysis is that of an older text");
    let Some(ClientFrame::Query(QueryFrame { id, .. })) = driver.sent.last() else { panic!() };
    let (about, failure) = (ErrorContext::Query(*id), Failure::new(ErrorCode::Invalid, "No."));
    driver.frame(&ServerFrame::Error { about, failure });
    assert_eq!(driver.client.features().sentiment().analysis(), None);
    assert!(is_current(&driver));
    driver.input(classify(" "));
    assert_eq!(driver.client.features().sentiment().analysis(), None);
}
