//! What the screen shows.

use madang_client::{Action, Input, Slice};
use madang_shared::chat::{ChatAnswer, ChatPage, ChatSnapshot};
use madang_shared::frames::ErrorContext;
use madang_shared::membership::{Membership, MembershipCommand, MembershipEvent};
use madang_shared::presence::{PresenceEvent, PresenceSignal, PresenceSnapshot};
use madang_shared::presence::{TYPING_EXPIRY_MS, TYPING_IDLE_MS};
use madang_shared::sentiment::{Analysis, Mood, Sentiment, SentimentAnswer, SentimentQuery};
use madang_shared::{
    ClientFrame, Command, Epoch, ErrorCode, Failure, Position, QueryFrame, Seq, ServerFrame, State,
    Topic, User, UserId,
};

use crate::support::{Bench, ROOM, by_other, me, other};

fn here(bench: &mut Bench, seq: u64, event: PresenceEvent) {
    bench.frame(&ServerFrame::Event {
        topic: Topic::Presence(ROOM),
        seq: Seq(seq),
        event: event.into(),
    });
}

fn in_open_room(messages: u64) -> Bench {
    let mut bench = Bench::in_room(messages);
    bench.input(Input::Act(Action::OpenRoom(Some(ROOM))));
    bench.state(
        Topic::Presence(ROOM),
        0,
        PresenceSnapshot { present: vec![me()], typing: vec![] }.into(),
    );
    bench.sent.clear();
    bench
}

fn somebody(id: u64) -> User {
    User { id: UserId(id), name: format!("user {id}") }
}

#[test]
fn unread_is_counted_from_the_mark_and_cannot_stick() {
    let mut bench = Bench::in_room(3);
    assert_eq!(bench.unread(), 3);
    bench.event(by_other(4));
    bench.event(madang_shared::Message { author: me(), ..by_other(5) });
    assert_eq!(bench.unread(), 4, "what I said myself is not unread");
    bench.input(Input::Act(Action::MarkSeen { room: ROOM, up_to: Seq(3) }));
    assert_eq!(bench.unread(), 1);
    // Another of my tabs was further already; an older mark changes nothing.
    for read_up_to in [5, 2] {
        let told = Membership { room: ROOM, read_up_to: Seq(read_up_to), unread: 0, head: Seq(5) };
        let topic = Topic::Memberships(me().id);
        let seq = Seq(if read_up_to == 5 { 2 } else { 3 });
        bench.frame(&ServerFrame::Event { topic, seq, event: MembershipEvent::Read(told).into() });
        assert_eq!(bench.unread(), 0);
    }
}

#[test]
fn unread_beyond_what_is_loaded_is_the_servers_count_and_what_came_since() {
    let mut bench = Bench::in_room(500);
    assert_eq!(bench.unread(), 500);
    bench.event(by_other(501));
    assert_eq!(bench.unread(), 501);
    assert_eq!(bench.client.features().unread_total(), 501);
}

#[test]
fn read_marks_are_told_at_once_and_then_now_and_then() {
    let mut bench = in_open_room(9);
    for up_to in 1..=5 {
        bench.input(Input::Act(Action::MarkSeen { room: ROOM, up_to: Seq(up_to) }));
    }
    let marks = |bench: &mut Bench| -> Vec<u64> {
        let commands = bench.take_commands().into_iter().filter_map(|(_, command)| match command {
            Command::Membership(MembershipCommand::Read { up_to, .. }) => Some(up_to.0),
            _ => None,
        });
        commands.collect()
    };
    assert_eq!(marks(&mut bench), [1]);
    bench.later(2_000);
    assert_eq!(marks(&mut bench), [5]);
}

#[test]
fn the_new_line_stands_where_reading_stopped_until_one_writes() {
    let mut bench = in_open_room(3);
    let line = |bench: &Bench| bench.client.features().timeline(ROOM).unwrap().new_after();
    assert_eq!(line(&bench), Some(Seq(0)));
    bench.input(Input::Act(Action::MarkSeen { room: ROOM, up_to: Seq(3) }));
    assert_eq!(line(&bench), Some(Seq(0)), "reading does not move it");
    bench.post("an answer");
    assert_eq!(line(&bench), None);
}

#[test]
fn what_arrives_while_one_looks_elsewhere_is_new_on_return() {
    let mut bench = in_open_room(3);
    let line = |bench: &Bench| bench.client.features().timeline(ROOM).unwrap().new_after();
    bench.input(Input::Act(Action::MarkSeen { room: ROOM, up_to: Seq(3) }));
    bench.post("an answer");
    bench.input(Input::Act(Action::WindowFocused));
    assert_eq!(line(&bench), None, "nothing came");
    bench.event(by_other(4));
    bench.event(by_other(5));
    bench.changed.clear();
    bench.input(Input::Act(Action::WindowFocused));
    assert_eq!(line(&bench), Some(Seq(3)));
    assert!(bench.changed.contains(&Slice::Timeline));
}

#[test]
fn a_message_changes_the_unread_counts_and_the_timeline_only_of_the_open_room() {
    let changed_by_message = |mut bench: Bench| {
        bench.changed.clear();
        bench.event(by_other(4));
        bench.changed
    };
    assert_eq!(changed_by_message(Bench::in_room(3)), [Slice::Unread]);
    assert_eq!(changed_by_message(in_open_room(3)), [Slice::Unread, Slice::Timeline]);
}

#[test]
fn older_messages_are_asked_for_once_and_join_without_a_hole() {
    let mut bench = in_open_room(120);
    bench.input(Input::Act(Action::LoadOlder(ROOM)));
    bench.input(Input::Act(Action::LoadOlder(ROOM)));
    let [ClientFrame::Query(QueryFrame { id, .. })] = bench.sent[..] else {
        panic!("{:?}", bench.sent)
    };
    let page = ChatPage { messages: (21..=70).map(by_other).collect(), older: true };
    bench.frame(&ServerFrame::Answer { id, answer: ChatAnswer::Before(page).into() });
    let timeline = bench.client.features().timeline(ROOM).unwrap();
    assert!(timeline.messages().iter().map(|message| message.seq.0).eq(21..=120));
    assert!(timeline.has_older() && !timeline.is_loading_older());
}

#[test]
fn older_messages_that_cannot_be_had_just_now_are_asked_for_again() {
    let mut bench = in_open_room(120);
    bench.input(Input::Act(Action::LoadOlder(ROOM)));
    let asked = bench.sent.clone();
    let [ClientFrame::Query(QueryFrame { id, .. })] = asked[..] else { panic!("{asked:?}") };
    let refuse = |bench: &mut Bench, code| {
        let failure = Failure::new(code, "Later.").after(300);
        bench.frame(&ServerFrame::Error { about: ErrorContext::Query(id), failure });
    };
    refuse(&mut bench, ErrorCode::RateLimited);
    bench.sent.clear();
    bench.later(299);
    assert_eq!(bench.sent, []);
    bench.later(1);
    assert_eq!(bench.sent, asked);
    refuse(&mut bench, ErrorCode::NotMember);
    assert!(!bench.client.features().timeline(ROOM).unwrap().is_loading_older());
}

#[test]
fn a_room_that_nobody_looks_at_keeps_its_newest_messages_and_its_count() {
    let mut bench = Bench::in_room(50);
    for seq in 51..=1_200 {
        bench.event(by_other(seq));
    }
    assert_eq!(bench.unread(), 1_200);
    let read = Membership { room: ROOM, read_up_to: Seq(1_100), unread: 100, head: Seq(1_200) };
    let event = MembershipEvent::Read(read).into();
    bench.frame(&ServerFrame::Event { topic: Topic::Memberships(me().id), seq: Seq(2), event });
    bench.event(by_other(1_201));
    let timeline = bench.client.features().timeline(ROOM).unwrap();
    assert_eq!((timeline.messages().len(), timeline.has_older()), (500, true));
    assert_eq!(bench.unread(), 101);
}

#[test]
fn a_signal_that_was_too_fast_is_no_sign_of_a_newer_server() {
    let mut bench = in_open_room(0);
    let refuse = |bench: &mut Bench, code| {
        let failure = Failure::new(code, "No.");
        bench.frame(&ServerFrame::Error { about: ErrorContext::Frame, failure });
    };
    refuse(&mut bench, ErrorCode::RateLimited);
    assert_eq!(bench.client.undecodable_frames(), 0);
    refuse(&mut bench, ErrorCode::Unsupported);
    assert_eq!(bench.client.undecodable_frames(), 1);
}

#[test]
fn a_room_whose_log_was_lost_begins_anew() {
    let mut bench = in_open_room(60);
    let membership = Membership { room: ROOM, read_up_to: Seq(0), unread: 2, head: Seq(52) };
    let page = ChatPage { messages: (51..=52).map(by_other).collect(), older: true };
    let state = State {
        topic: Topic::Room(ROOM),
        position: Position::new(Epoch(2), Seq(52)),
        snapshot: ChatSnapshot { page, membership }.into(),
    };
    bench.frame(&ServerFrame::Reset(state));
    let timeline = bench.client.features().timeline(ROOM).unwrap();
    assert!(timeline.messages().iter().map(|message| message.seq.0).eq(51..=52));
}

#[test]
fn t2_3_typing_is_said_at_once_and_taken_back_after_a_pause() {
    let mut bench = in_open_room(0);
    let typing = |typing| ClientFrame::Signal(PresenceSignal::Typing { room: ROOM, typing }.into());
    bench.input(Input::Act(Action::Keystroke(ROOM)));
    bench.later(TYPING_IDLE_MS - 1);
    bench.input(Input::Act(Action::Keystroke(ROOM)));
    assert_eq!(bench.sent, [typing(true)]);
    bench.later(TYPING_IDLE_MS - 1);
    assert_eq!(bench.sent.len(), 1);
    bench.later(1);
    assert_eq!(bench.sent, [typing(true), typing(false)]);
}

#[test]
fn somebody_elses_typing_goes_by_a_stop_by_a_message_or_by_itself() {
    let mut bench = in_open_room(0);
    let typing = |bench: &Bench| bench.client.features().presence().typing().count();
    let typist = |typing| PresenceEvent::Typing { user: other(), typing };
    here(&mut bench, 1, typist(true));
    assert_eq!(typing(&bench), 1);
    here(&mut bench, 2, typist(false));
    assert_eq!(typing(&bench), 0);
    here(&mut bench, 3, typist(true));
    bench.event(by_other(1));
    assert_eq!(typing(&bench), 0);
    here(&mut bench, 4, typist(true));
    bench.later(TYPING_EXPIRY_MS - 1);
    assert_eq!(typing(&bench), 1);
    bench.later(1);
    assert_eq!(typing(&bench), 0);
    here(&mut bench, 5, PresenceEvent::Typing { user: me(), typing: true });
    assert_eq!(typing(&bench), 0, "one's own is not news");
}

#[test]
fn t0_3_comings_and_goings_are_told_in_one_quiet_line() {
    let mut bench = in_open_room(2);
    here(
        &mut bench,
        1,
        PresenceEvent::Changed { joined: vec![me(), somebody(3), somebody(4)], left: vec![] },
    );
    here(
        &mut bench,
        2,
        PresenceEvent::Changed { joined: vec![somebody(5)], left: vec![UserId(3)] },
    );
    let crowds = bench.client.features().timeline(ROOM).unwrap().presence_summaries().to_vec();
    let [line] = &crowds[..] else { panic!("{crowds:?}") };
    assert_eq!(
        (line.after, &line.joined, &line.left),
        (Seq(2), &vec![somebody(4), somebody(5)], &vec![])
    );
    // Who goes and comes back leaves no trace.
    here(
        &mut bench,
        3,
        PresenceEvent::Changed { joined: vec![], left: vec![UserId(4), UserId(5)] },
    );
    assert_eq!(bench.client.features().timeline(ROOM).unwrap().presence_summaries(), []);
    assert!(bench.changed.contains(&Slice::Presence));
}

#[test]
fn t2_4_a_pause_in_typing_asks_and_only_the_latest_answer_counts() {
    let mut bench = in_open_room(0);
    let judge = |text: &str| Input::Act(Action::Classify(text.into()));
    for text in ["l", "lo", "love"] {
        bench.input(judge(text));
        bench.later(100);
    }
    assert_eq!(bench.sent, [], "no pause yet");
    bench.later(50);
    let query = SentimentQuery::Classify { text: "love".into() };
    let [ClientFrame::Query(QueryFrame { id, query: asked })] = &bench.sent[..] else {
        panic!("{:?}", bench.sent)
    };
    assert_eq!(*asked, query.into());
    let id = *id;
    bench.input(judge("love it"));
    let judgement = |score| Analysis {
        sentiment: Sentiment { mood: Mood::Positive, score },
        words: Vec::new(),
    };
    let answer = |score| SentimentAnswer::Classified(judgement(score)).into();
    bench.frame(&ServerFrame::Answer { id, answer: answer(600) });
    assert_eq!(bench.client.features().sentiment().analysis(), None, "too late");
    bench.later(150);
    let Some(ClientFrame::Query(QueryFrame { id, .. })) = bench.sent.last() else { panic!() };
    let id = *id;
    bench.frame(&ServerFrame::Answer { id, answer: answer(700) });
    assert_eq!(bench.client.features().sentiment().analysis(), Some(&judgement(700)));
    bench.input(judge(" "));
    assert_eq!(bench.client.features().sentiment().analysis(), None);
}
