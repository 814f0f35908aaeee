//! Sending: in order, once, and honestly shown.

use madang_client::outbox::WINDOW;
use madang_client::{Client, Input, PendingState};
use madang_shared::frames::{ErrorContext, LogPosition};
use madang_shared::membership::MembershipCommand;
use madang_shared::{CommandId, ErrorCode, Failure, Message, Seq, ServerFrame, Topic};

use crate::support::{Bench, ROOM, by_other, me};

fn states(bench: &Bench) -> Vec<PendingState> {
    bench.client.outbox().items().iter().map(|item| item.state.clone()).collect()
}

fn ids(bench: &mut Bench) -> Vec<CommandId> {
    bench.take_commands().into_iter().map(|(id, _)| id).collect()
}

fn ack(bench: &mut Bench, id: CommandId, seq: u64) {
    bench.frame(&ServerFrame::Ack {
        id,
        at: Some(LogPosition { topic: Topic::Room(ROOM), seq: Seq(seq) }),
    });
}

fn refuse(bench: &mut Bench, id: CommandId, failure: Failure) {
    bench.frame(&ServerFrame::Error { about: ErrorContext::Command(id), failure });
}

#[test]
fn what_is_written_offline_is_sent_once_and_in_order() {
    let mut bench = Bench::new();
    let written = [bench.post("1"), bench.post("2")];
    assert_eq!(bench.client.outbox().unsent(), 2);
    bench.connect();
    assert_eq!(ids(&mut bench), written);
    bench.wake();
    assert_eq!(ids(&mut bench), []);
}

#[test]
fn after_a_reconnect_the_unacknowledged_go_again_with_the_same_ids() {
    let mut bench = Bench::in_room(0);
    let (first, second) = (bench.post("1"), bench.post("2"));
    assert_eq!(ids(&mut bench), [first, second]);
    ack(&mut bench, first, 1);
    bench.input(Input::SocketClosed { code: 1006 });
    bench.wake();
    bench.input(Input::SocketOpened);
    bench.welcome();
    assert_eq!(ids(&mut bench), [second]);
}

#[test]
fn a_row_is_pending_until_acknowledged_and_goes_when_its_message_stands() {
    let mut bench = Bench::in_room(3);
    let id = bench.post("mine");
    assert_eq!(states(&bench), [PendingState::Sent]);
    ack(&mut bench, id, 4);
    assert!(matches!(states(&bench)[..], [PendingState::Stored(_)]), "the event has not come yet");
    bench.event(Message { author: me(), command: id, ..by_other(4) });
    assert_eq!(states(&bench), []);

    // The other way round, the event alone is proof enough.
    let id = bench.post("again");
    bench.event(Message { author: me(), command: id, ..by_other(5) });
    assert_eq!(states(&bench), []);
    ack(&mut bench, id, 5);
    assert_eq!(states(&bench), []);
}

#[test]
fn a_refusal_for_now_takes_back_what_was_sent_after_it() {
    let mut bench = Bench::in_room(0);
    let (first, second) = (bench.post("1"), bench.post("2"));
    ids(&mut bench);
    refuse(&mut bench, first, Failure::new(ErrorCode::RateLimited, "").after(300));
    refuse(&mut bench, second, Failure::new(ErrorCode::BlockedByEarlier, "").after(300));
    let third = bench.post("3");
    assert_eq!(ids(&mut bench), [], "nothing overtakes");
    bench.wake();
    assert_eq!(ids(&mut bench), [first, second, third]);
}

#[test]
fn a_command_that_the_server_waits_for_is_not_dropped_for_a_newer_one() {
    let mut bench = Bench::in_room(9);
    let read = |up_to| MembershipCommand::Read { room: ROOM, up_to: Seq(up_to) }.into();
    bench.input(Input::Command(read(1)));
    let first = ids(&mut bench);
    refuse(&mut bench, first[0], Failure::new(ErrorCode::RateLimited, "").after(20));
    bench.input(Input::Command(read(2)));
    bench.later(20);
    let sent = ids(&mut bench);
    assert_eq!((sent.len(), sent[0]), (2, first[0]), "the refused one comes again, and first");
}

#[test]
fn being_held_does_not_prolong_the_wait_of_the_one_before() {
    let mut bench = Bench::in_room(0);
    let (first, second) = (bench.post("1"), bench.post("2"));
    refuse(&mut bench, first, Failure::new(ErrorCode::RateLimited, "").after(20));
    refuse(&mut bench, second, Failure::new(ErrorCode::BlockedByEarlier, ""));
    ids(&mut bench);
    bench.later(20);
    assert_eq!(ids(&mut bench), [first, second]);
}

#[test]
fn a_refusal_for_good_is_shown_until_it_is_tried_again_or_let_go() {
    let mut bench = Bench::in_room(0);
    let id = bench.post("no");
    refuse(&mut bench, id, Failure::new(ErrorCode::NotMember, "Join first."));
    assert!(matches!(states(&bench)[..], [PendingState::Failed(_)]));
    ids(&mut bench);
    bench.input(Input::Retry(id));
    assert_eq!(ids(&mut bench), [id]);
    bench.input(Input::Discard(id));
    assert_eq!(states(&bench), [PendingState::Sent], "what may have arrived cannot be taken back");
    refuse(&mut bench, id, Failure::new(ErrorCode::NotMember, "Join first."));
    bench.input(Input::Discard(id));
    assert_eq!(states(&bench), []);
}

#[test]
fn a_reload_finds_everything_again_as_unsent() {
    let mut bench = Bench::in_room(0);
    let (first, second) = (bench.post("1"), bench.post("2"));
    ack(&mut bench, first, 1);
    let kept = bench.client.outbox_to_persist().to_vec();
    bench.client = Client::new(me(), "test", kept);
    bench.sent.clear();
    bench.connect();
    assert_eq!(
        ids(&mut bench),
        [first, second],
        "sending the first again does no harm, forgetting it might"
    );
}

#[test]
fn only_so_many_travel_at_once() {
    let mut bench = Bench::in_room(0);
    let written: Vec<CommandId> =
        (0..WINDOW + 5).map(|number| bench.post(&number.to_string())).collect();
    assert_eq!(ids(&mut bench), written[..WINDOW]);
    ack(&mut bench, written[0], 1);
    assert_eq!(ids(&mut bench), [written[WINDOW]], "each acknowledgement lets the next one go");
}

#[test]
fn a_read_mark_that_comes_too_late_goes_without_a_word() {
    let mut bench = Bench::in_room(1);
    bench.input(Input::Command(MembershipCommand::Read { room: ROOM, up_to: Seq(1) }.into()));
    let [id] = ids(&mut bench)[..] else { panic!("not sent") };
    refuse(&mut bench, id, Failure::new(ErrorCode::NotMember, "You have left."));
    assert_eq!(states(&bench), []);
}

#[test]
fn what_another_client_left_is_sent_once_behind_ones_own() {
    let mut bench = Bench::in_room(0);
    let own = bench.post("own");
    let mut other = Bench::new();
    let (one, two) = (other.post("one"), other.post("two"));
    let left = other.client.outbox().items().to_vec();
    bench.input(Input::Adopt(left.clone()));
    bench.input(Input::Adopt(left));
    assert_eq!(ids(&mut bench), [own, one, two]);
}
