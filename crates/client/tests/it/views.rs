//! What the screen shows.

use madang_client::{Action, Input, Part};
use madang_shared::chat::{ChatAnswer, ChatPage};
use madang_shared::limits::{TYPING_EXPIRY_MS, TYPING_IDLE_MS};
use madang_shared::membership::{Membership, MembershipCommand, MembershipEvent};
use madang_shared::presence::{PresenceEvent, PresenceSignal, PresenceSnapshot};
use madang_shared::{ClientFrame, Command, QueryFrame, Seq, ServerFrame, Topic, User, UserId};

use crate::support::{Bench, ROOM, by_other, me, other};

fn here(bench: &mut Bench, seq: u64, event: PresenceEvent) {
    bench.frame(&ServerFrame::Event {
        topic: Topic::Here(ROOM),
        seq: Seq(seq),
        event: event.into(),
    });
}

fn in_open_room(messages: u64) -> Bench {
    let mut bench = Bench::in_room(messages);
    bench.input(Input::Act(Action::OpenRoom(Some(ROOM))));
    bench.state(
        Topic::Here(ROOM),
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
    bench.input(Input::Act(Action::Saw { room: ROOM, up_to: Seq(3) }));
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
        bench.input(Input::Act(Action::Saw { room: ROOM, up_to: Seq(up_to) }));
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
    bench.input(Input::Act(Action::Saw { room: ROOM, up_to: Seq(3) }));
    assert_eq!(line(&bench), Some(Seq(0)), "reading does not move it");
    bench.post("an answer");
    assert_eq!(line(&bench), None);
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
    let typing = |bench: &Bench| bench.client.features().here().typing().count();
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
        PresenceEvent::Moved { came: vec![me(), somebody(3), somebody(4)], went: vec![] },
    );
    here(&mut bench, 2, PresenceEvent::Moved { came: vec![somebody(5)], went: vec![UserId(3)] });
    let crowds = bench.client.features().timeline(ROOM).unwrap().crowds().to_vec();
    let [line] = &crowds[..] else { panic!("{crowds:?}") };
    assert_eq!(
        (line.after, &line.came, &line.went),
        (Seq(2), &vec![somebody(4), somebody(5)], &vec![])
    );
    // Who goes and comes back leaves no trace.
    here(&mut bench, 3, PresenceEvent::Moved { came: vec![], went: vec![UserId(4), UserId(5)] });
    assert_eq!(bench.client.features().timeline(ROOM).unwrap().crowds(), []);
    assert!(bench.changed.contains(&Part::Here(ROOM)));
}
