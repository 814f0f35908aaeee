//! Watches of read counts.

use std::sync::atomic::{AtomicU64, Ordering};

use madang_hub::StoreResponse;
use madang_shared::membership::MembershipCommand;
use madang_shared::read_count::{
    READ_COUNT_INTERVAL_MS, ReadCount, ReadCountAnswer, ReadCountQuery,
};
use madang_shared::{
    Answer, ClientFrame, CommandId, ErrorCode, QueryFrame, QueryId, RoomId, Seq, ServerFrame, User,
};

use crate::test_server::{ROOM, START, TestConnection, TestServer};

/// The interval between two ticks of the hub, in milliseconds.
const TICK_MS: u64 = 100;

fn count(read: u64, recipients: u64) -> ReadCount {
    ReadCount { read, recipients }
}

fn watch(connection: &mut TestConnection, id: u32, message: u64, known: Option<ReadCount>) {
    let query = ReadCountQuery::Watch { room: ROOM, message: Seq(message), known }.into();
    connection.send(&ClientFrame::Query(QueryFrame { id: QueryId(id), query }));
}

fn act(server: &TestServer, user: &User, command: MembershipCommand) {
    static COMMANDS: AtomicU64 = AtomicU64::new(1);
    let mut connection = server.connect(user);
    let number = COMMANDS.fetch_add(1, Ordering::Relaxed);
    connection.command_as(CommandId::new(START, u128::from(number) << 60), command.into());
    connection.settle(server);
    assert_eq!(connection.take_errors(), []);
}

fn read(server: &TestServer, user: &User, up_to: u64) {
    act(server, user, MembershipCommand::Read { room: ROOM, up_to: Seq(up_to) });
}

/// The answers to queries among the received frames.
fn answers(connection: &mut TestConnection, server: &TestServer) -> Vec<(u32, ReadCount)> {
    connection.settle(server);
    let answers = connection.take().into_iter().filter_map(|frame| match frame {
        ServerFrame::Answer {
            id: QueryId(id),
            answer: Answer::ReadCount(ReadCountAnswer::Counted(count)),
        } => Some((id, count)),
        _ => None,
    });
    answers.collect()
}

/// A server with three members besides the author, whose message is stored at 1.
fn with_message() -> (TestServer, TestConnection, [User; 3]) {
    let server = TestServer::new();
    let author = server.user("author");
    let readers = ["one", "two", "three"].map(|name| server.user(name));
    let mut connection = server.connect(&author);
    connection.post("hello");
    connection.settle(&server);
    connection.take();
    (server, connection, readers)
}

#[test]
fn a_count_comes_at_once_and_then_when_it_changes() {
    let (server, mut author, [one, two, _]) = with_message();
    read(&server, &one, 1);
    watch(&mut author, 1, 1, None);
    assert_eq!(answers(&mut author, &server), [(1, count(1, 3))]);

    watch(&mut author, 2, 1, Some(count(1, 3)));
    server.hub.tick(START.plus(TICK_MS));
    assert_eq!(answers(&mut author, &server), [], "nothing has changed");
    read(&server, &two, 1);
    server.hub.tick(START.plus(TICK_MS * 2));
    assert_eq!(answers(&mut author, &server), [], "the last count was just now");
    server.hub.tick(START.plus(TICK_MS + READ_COUNT_INTERVAL_MS));
    assert_eq!(answers(&mut author, &server), [(2, count(2, 3))]);
    server.hub.tick(START.plus(TICK_MS + 3 * READ_COUNT_INTERVAL_MS));
    assert_eq!(answers(&mut author, &server), [], "an answered watch has ended");
}

#[test]
fn many_readers_cause_one_answer() {
    let (server, mut author, readers) = with_message();
    watch(&mut author, 1, 1, Some(count(0, 3)));
    assert_eq!(answers(&mut author, &server), []);
    for reader in &readers {
        read(&server, reader, 1);
    }
    server.hub.tick(START);
    assert_eq!(answers(&mut author, &server), [(1, count(3, 3))]);
    // The change happened while the client had no watch.
    act(&server, &readers[0], MembershipCommand::Leave { room: ROOM });
    watch(&mut author, 2, 1, Some(count(3, 3)));
    server.hub.tick(START.plus(READ_COUNT_INTERVAL_MS));
    assert_eq!(answers(&mut author, &server), [(2, count(2, 2))]);
}

#[test]
fn members_who_join_later_or_leave_do_not_count() {
    let (server, mut author, [one, two, _]) = with_message();
    read(&server, &one, 1);
    watch(&mut author, 1, 1, Some(count(1, 3)));
    server.user("late");
    server.hub.tick(START);
    assert_eq!(answers(&mut author, &server), [], "the message was not for a later member");
    act(&server, &two, MembershipCommand::Leave { room: ROOM });
    server.hub.tick(START.plus(READ_COUNT_INTERVAL_MS));
    assert_eq!(answers(&mut author, &server), [(1, count(1, 2))]);
    watch(&mut author, 2, 1, Some(count(1, 2)));
    act(&server, &one, MembershipCommand::Leave { room: ROOM });
    act(&server, &one, MembershipCommand::Join { room: ROOM });
    server.hub.tick(START.plus(2 * READ_COUNT_INTERVAL_MS));
    assert_eq!(
        answers(&mut author, &server),
        [(2, count(0, 1))],
        "a returning member joined later"
    );
}

#[test]
fn reading_while_the_store_reads_the_marks_counts() {
    let (server, mut author, [one, two, _]) = with_message();
    watch(&mut author, 1, 1, Some(count(0, 3)));
    // The store has read the marks, and its answer is late.
    let request = author.requests.pop_front().expect("a request for the marks");
    let response = crate::test_server::answer(&server.store, &author.user, request);
    read(&server, &one, 1);
    act(&server, &two, MembershipCommand::Leave { room: ROOM });
    assert_eq!(answers(&mut author, &server), []);
    author.respond(response);
    assert_eq!(answers(&mut author, &server), [(1, count(1, 2))]);
}

#[test]
fn a_connection_has_one_watch_that_ends_with_it() {
    let (server, mut author, [one, two, _]) = with_message();
    author.post("again");
    author.settle(&server);
    watch(&mut author, 1, 1, Some(count(0, 3)));
    watch(&mut author, 2, 2, Some(count(0, 3)));
    read(&server, &one, 2);
    server.hub.tick(START);
    assert_eq!(answers(&mut author, &server), [(2, count(1, 3))]);

    watch(&mut author, 3, 2, Some(count(1, 3)));
    let user = author.user.clone();
    drop(author);
    read(&server, &two, 2);
    server.hub.tick(START.plus(READ_COUNT_INTERVAL_MS));
    // After a reconnect, the client sends its unanswered query again.
    let mut author = server.connect(&user);
    watch(&mut author, 3, 2, Some(count(1, 3)));
    server.hub.tick(START.plus(2 * READ_COUNT_INTERVAL_MS));
    assert_eq!(answers(&mut author, &server), [(3, count(2, 3))]);
}

#[test]
fn only_members_watch() {
    let (server, mut author, _) = with_message();
    watch(&mut author, 1, 1, Some(count(0, 3)));
    author.settle(&server);
    author.take();
    act(&server, &author.user.clone(), MembershipCommand::Leave { room: ROOM });
    author.settle(&server);
    assert_eq!(author.take_errors(), [ErrorCode::NotMember]);
    watch(&mut author, 2, 1, None);
    author.settle(&server);
    assert_eq!(author.take_errors(), [ErrorCode::NotMember]);
    let query = ReadCountQuery::Watch { room: RoomId(99), message: Seq(1), known: None }.into();
    author.send(&ClientFrame::Query(QueryFrame { id: QueryId(3), query }));
    author.settle(&server);
    assert_eq!(author.take_errors(), [ErrorCode::NotFound]);
}

#[test]
fn a_failed_read_of_the_marks_is_a_refusal_that_can_be_retried() {
    let (server, mut author, _) = with_message();
    server.store.set_unavailable(true);
    watch(&mut author, 1, 1, None);
    author.settle(&server);
    assert_eq!(author.take_errors(), [ErrorCode::Unavailable]);
    server.store.set_unavailable(false);
    watch(&mut author, 1, 1, None);
    assert_eq!(answers(&mut author, &server), [(1, count(0, 3))]);
    let late = StoreResponse::ReadMarks { room: ROOM, id: QueryId(1), marks: Ok(Vec::new()) };
    author.respond(late);
    watch(&mut author, 2, 1, None);
    assert_eq!(answers(&mut author, &server), [(2, count(0, 3))], "a late answer changes nothing");
}
