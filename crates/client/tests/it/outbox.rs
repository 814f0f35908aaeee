//! The outbox: order, exactly-once delivery, and the states that the screen shows.

use madang_client::outbox::WINDOW;
use madang_client::{Client, Input, PendingState};
use madang_shared::frames::{ErrorContext, LogPosition};
use madang_shared::membership::MembershipCommand;
use madang_shared::{CommandId, ErrorCode, Failure, Message, Seq, ServerFrame, Topic};

use crate::support::{ROOM, TestClient, by_other, me};

fn states(driver: &TestClient) -> Vec<PendingState> {
    driver.client.outbox().items().iter().map(|item| item.state.clone()).collect()
}

fn ids(driver: &mut TestClient) -> Vec<CommandId> {
    driver.take_commands().into_iter().map(|(id, _)| id).collect()
}

fn ack(driver: &mut TestClient, id: CommandId, seq: u64) {
    driver.frame(&ServerFrame::Ack {
        id,
        at: Some(LogPosition { topic: Topic::Room(ROOM), seq: Seq(seq) }),
    });
}

fn refuse(driver: &mut TestClient, id: CommandId, failure: Failure) {
    driver.frame(&ServerFrame::Error { about: ErrorContext::Command(id), failure });
}

#[test]
fn offline_messages_are_sent_once_in_order() {
    let mut driver = TestClient::new();
    let written = [driver.post("1"), driver.post("2")];
    assert_eq!(driver.client.outbox().unsent(), 2);
    driver.connect();
    assert_eq!(ids(&mut driver), written);
    driver.wake();
    assert_eq!(ids(&mut driver), []);
}

#[test]
fn a_reconnect_resends_unacknowledged_commands_with_the_same_ids() {
    let mut driver = TestClient::in_room(0);
    let (first, second) = (driver.post("1"), driver.post("2"));
    assert_eq!(ids(&mut driver), [first, second]);
    ack(&mut driver, first, 1);
    driver.input(Input::SocketClosed { code: 1006 });
    driver.wake();
    driver.input(Input::SocketOpened);
    driver.welcome();
    assert_eq!(ids(&mut driver), [second]);
}

#[test]
fn a_command_completes_with_its_event_or_its_acknowledgement_and_position() {
    let mut driver = TestClient::in_room(3);
    let id = driver.post("mine");
    assert_eq!(states(&driver), [PendingState::Sent]);
    ack(&mut driver, id, 4);
    assert!(
        matches!(states(&driver)[..], [PendingState::Stored(_)]),
        "the event has not arrived yet"
    );
    driver.event(Message { author: me(), command: id, ..by_other(4) });
    assert_eq!(states(&driver), []);

    // In the other order the event alone completes the command.
    let id = driver.post("again");
    driver.event(Message { author: me(), command: id, ..by_other(5) });
    assert_eq!(states(&driver), []);
    ack(&mut driver, id, 5);
    assert_eq!(states(&driver), []);
}

/// The server could not say whether the first command was stored. It was: its event arrives, and the outbox has the command
/// no more. The server still waits for it.
#[test]
fn a_refusal_for_a_command_that_is_not_waiting_any_more_begins_a_new_connection() {
    let mut driver = TestClient::in_room(0);
    let (first, second) = (driver.post("1"), driver.post("2"));
    ids(&mut driver);
    refuse(&mut driver, first, Failure::new(ErrorCode::Unavailable, ""));
    refuse(&mut driver, second, Failure::new(ErrorCode::BlockedByEarlier, ""));
    assert_eq!(driver.closes, 0, "the first one is sent again");
    driver.event(Message { author: me(), command: first, ..by_other(1) });
    driver.wake();
    assert_eq!(ids(&mut driver), [second]);
    refuse(&mut driver, second, Failure::new(ErrorCode::BlockedByEarlier, ""));
    assert_eq!(driver.closes, 1, "the server waits for the first one");
    driver.wake();
    driver.input(Input::SocketOpened);
    driver.welcome();
    assert_eq!(ids(&mut driver), [second]);
}

#[test]
fn after_a_temporary_refusal_later_commands_are_sent_again_in_order() {
    let mut driver = TestClient::in_room(0);
    let (first, second) = (driver.post("1"), driver.post("2"));
    ids(&mut driver);
    refuse(&mut driver, first, Failure::new(ErrorCode::RateLimited, "").after(300));
    refuse(&mut driver, second, Failure::new(ErrorCode::BlockedByEarlier, "").after(300));
    let third = driver.post("3");
    assert_eq!(ids(&mut driver), [], "no later command overtakes");
    driver.wake();
    assert_eq!(ids(&mut driver), [first, second, third]);
}

#[test]
fn a_command_that_blocks_later_ones_is_not_superseded() {
    let mut driver = TestClient::in_room(9);
    let read = |up_to| MembershipCommand::Read { room: ROOM, up_to: Seq(up_to) }.into();
    driver.input(Input::Command(read(1)));
    let first = ids(&mut driver);
    refuse(&mut driver, first[0], Failure::new(ErrorCode::RateLimited, "").after(20));
    driver.input(Input::Command(read(2)));
    driver.later(20);
    let sent = ids(&mut driver);
    assert_eq!((sent.len(), sent[0]), (2, first[0]), "the refused command is sent again, first");
}

#[test]
fn a_blocked_refusal_does_not_extend_the_wait() {
    let mut driver = TestClient::in_room(0);
    let (first, second) = (driver.post("1"), driver.post("2"));
    refuse(&mut driver, first, Failure::new(ErrorCode::RateLimited, "").after(20));
    refuse(&mut driver, second, Failure::new(ErrorCode::BlockedByEarlier, ""));
    ids(&mut driver);
    driver.later(20);
    assert_eq!(ids(&mut driver), [first, second]);
}

#[test]
fn a_permanent_refusal_shows_until_retry_or_discard() {
    let mut driver = TestClient::in_room(0);
    let id = driver.post("no");
    refuse(&mut driver, id, Failure::new(ErrorCode::NotMember, "Join first."));
    assert!(matches!(states(&driver)[..], [PendingState::Failed(_)]));
    ids(&mut driver);
    driver.input(Input::Retry(id));
    assert_eq!(ids(&mut driver), [id]);
    driver.input(Input::Discard(id));
    assert_eq!(
        states(&driver),
        [PendingState::Sent],
        "a command that may have arrived cannot be discarded"
    );
    refuse(&mut driver, id, Failure::new(ErrorCode::NotMember, "Join first."));
    driver.input(Input::Discard(id));
    assert_eq!(states(&driver), []);
}

#[test]
fn a_reload_restores_all_commands_as_unsent() {
    let mut driver = TestClient::in_room(0);
    let (first, second) = (driver.post("1"), driver.post("2"));
    ack(&mut driver, first, 1);
    let kept = driver.client.outbox_to_persist().to_vec();
    driver.client = Client::new(me(), "test", kept);
    driver.sent.clear();
    driver.connect();
    assert_eq!(
        ids(&mut driver),
        [first, second],
        "sending the first again does no harm, forgetting it might"
    );
}

#[test]
fn the_window_limits_unacknowledged_commands() {
    let mut driver = TestClient::in_room(0);
    let written: Vec<CommandId> =
        (0..WINDOW + 5).map(|number| driver.post(&number.to_string())).collect();
    assert_eq!(ids(&mut driver), written[..WINDOW]);
    ack(&mut driver, written[0], 1);
    assert_eq!(
        ids(&mut driver),
        [written[WINDOW]],
        "each acknowledgement releases the next command"
    );
}

#[test]
fn a_read_mark_refused_for_good_is_dropped_silently() {
    let mut driver = TestClient::in_room(1);
    driver.input(Input::Command(MembershipCommand::Read { room: ROOM, up_to: Seq(1) }.into()));
    let [id] = ids(&mut driver)[..] else { panic!("not sent") };
    refuse(&mut driver, id, Failure::new(ErrorCode::NotMember, "You have left."));
    assert_eq!(states(&driver), []);
}

#[test]
fn adopted_commands_are_sent_once_after_our_own() {
    let mut driver = TestClient::in_room(0);
    let own = driver.post("own");
    let mut other = TestClient::new();
    let (one, two) = (other.post("one"), other.post("two"));
    let left = other.client.outbox().items().to_vec();
    driver.input(Input::Adopt(left.clone()));
    driver.input(Input::Adopt(left));
    assert_eq!(ids(&mut driver), [own, one, two]);
}

#[test]
fn coming_back_withdraws_a_leaving_that_was_not_sent() {
    let mut driver = TestClient::new();
    driver.input(Input::Command(MembershipCommand::Leave { room: ROOM }.into()));
    driver.input(Input::Command(MembershipCommand::Join { room: ROOM }.into()));
    driver.connect();
    let sent: Vec<_> = driver.take_commands().into_iter().map(|(_, command)| command).collect();
    assert_eq!(sent, [MembershipCommand::Join { room: ROOM }.into()]);

    // The server may have acted on a leaving that was sent, so both are sent in order.
    driver.input(Input::Command(MembershipCommand::Leave { room: ROOM }.into()));
    driver.input(Input::Command(MembershipCommand::Join { room: ROOM }.into()));
    assert_eq!(driver.take_commands().len(), 2);
}

#[test]
fn a_discarded_command_comes_back_as_it_was() {
    let mut driver = TestClient::in_room(0);
    let id = driver.post("mine");
    refuse(&mut driver, id, Failure::new(ErrorCode::NotMember, "join first"));
    let item = driver.client.outbox().items()[0].clone();
    driver.input(Input::Discard(id));
    assert_eq!(driver.client.outbox().items(), []);
    driver.input(Input::Adopt(vec![item.clone()]));
    assert_eq!(driver.client.outbox().items(), [item]);
}
