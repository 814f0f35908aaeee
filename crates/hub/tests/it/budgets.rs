//! The budgets of a user, over all connections of the user.

use madang_hub::budgets::rate::Rate;
use madang_hub::budgets::resource::{BudgetRates, Rates};
use madang_shared::chat::ChatQuery;
use madang_shared::frames::QueryFrame;
use madang_shared::limits::{COMMAND_BURST, MAX_QUEUED_COMMANDS};
use madang_shared::membership::MembershipCommand;
use madang_shared::rooms::RoomsCommand;
use madang_shared::{ClientFrame, CloseCode, ErrorCode, Hello, QueryId, Seq, ServerFrame, Topic};

use crate::test_server::{ROOM, START, TestServer, post};

#[test]
fn a_new_connection_of_a_user_gets_no_new_budget() {
    let server = TestServer::new();
    let (user, other) = (server.user("a"), server.user("b"));
    let mut first = server.connect(&user);
    for _ in 0..COMMAND_BURST {
        first.post("   ");
    }
    assert_eq!(first.take_errors().last(), Some(&ErrorCode::Invalid));
    drop(first);
    let mut second = server.connect(&user);
    second.post("again");
    assert_eq!(second.take_errors(), [ErrorCode::RateLimited]);
    let mut connection_of_other = server.connect(&other);
    connection_of_other.post("hello");
    connection_of_other.settle(&server);
    assert_eq!(connection_of_other.take_errors(), []);
}

#[test]
fn a_client_that_goes_on_after_refusals_is_disconnected_and_is_told_not_to_return() {
    let server = TestServer::new();
    let user = server.user("a");
    let mut connection = server.connect(&user);
    for _ in 0..COMMAND_BURST {
        connection.post("   ");
    }
    let refused = connection.post("hello");
    let mut sent = 1;
    while connection.closed.is_none() && sent < 100_000 {
        connection.command_as(refused, post("hello"));
        sent += 1;
    }
    assert_eq!(connection.closed, Some(CloseCode::Abuse));
    let patience = u32::try_from(Rates::USER.refusals.burst).unwrap();
    assert_eq!(sent, patience);
}

#[test]
fn a_flood_behind_a_refused_command_is_told_when_to_return_and_ends_the_connection() {
    let server = TestServer::new();
    let user = server.user("a");
    let mut connection = server.connect(&user);
    for _ in 0..COMMAND_BURST {
        connection.post("   ");
    }
    connection.post("refused");
    connection.take();
    connection.post("behind it");
    let [ServerFrame::Error { failure, .. }] = &connection.take()[..] else { panic!("no refusal") };
    assert_eq!(failure.code, ErrorCode::BlockedByEarlier);
    assert_eq!(failure.retry_after, Some(200), "the wait of the first refusal");
    let mut sent = 1;
    while connection.closed.is_none() && sent < 100_000 {
        connection.post("behind it");
        sent += 1;
    }
    assert_eq!(connection.closed, Some(CloseCode::Abuse));
    let window = u64::try_from(MAX_QUEUED_COMMANDS).unwrap();
    assert_eq!(sent, window + Rates::USER.refusals.burst - 1, "after one window for nothing");

    // A second hello is refused as often.
    let mut connection = server.connect(&server.user("b"));
    let hello = Hello { token: None, client: String::new(), topics: Vec::new() };
    let mut sent = 0;
    while connection.closed.is_none() && sent < 100_000 {
        connection.send(&ClientFrame::Hello(hello.clone()));
        sent += 1;
    }
    assert_eq!((connection.closed, sent), (Some(CloseCode::Abuse), Rates::USER.refusals.burst));
}

#[test]
fn a_client_that_waits_as_requested_keeps_its_window_and_its_connection() {
    let commands = Rate { burst: 1, amount: 1, period_ms: 60_000 };
    let user = Rates { commands, refusals: Rate::per_day(20, 1), ..Rates::USER };
    let rates = Box::new(BudgetRates { user, ..BudgetRates::default() });
    let server = TestServer::with_budgets(rates);
    let user = server.user("a");
    let (mut connection, mut other) = (server.connect(&user), server.connect(&user));
    other.post("in another tab");
    let first = connection.post("refused");
    let window: Vec<_> = (1..32).map(|_| connection.post("behind it")).collect();
    for _ in 0..10 {
        other.now = other.now.plus(60_000);
        other.post("in another tab");
        connection.now = other.now;
        connection.command_as(first, post("refused"));
        for id in &window {
            connection.command_as(*id, post("behind it"));
        }
    }
    assert_eq!(connection.closed, None);
    // The same without a wait.
    for _ in 0..10 {
        connection.command_as(first, post("refused"));
        for id in &window {
            connection.command_as(*id, post("behind it"));
        }
    }
    assert_eq!(connection.closed, Some(CloseCode::Abuse));
}

#[test]
fn rooms_above_the_budget_are_refused_for_good_and_block_no_message() {
    let server = TestServer::new();
    let mut connection = server.connect(&server.user("a"));
    let rooms = Rates::USER.new_rooms.burst;
    for number in 0..=rooms {
        connection.command(RoomsCommand::public(format!("room {number}")).into());
        connection.settle(&server);
    }
    let frames = connection.take();
    let refused: Vec<_> = frames
        .iter()
        .filter_map(|frame| match frame {
            ServerFrame::Error { failure, .. } => Some((failure.code, failure.retry)),
            _ => None,
        })
        .collect();
    assert_eq!(refused, [(ErrorCode::RateLimited, false)]);
    connection.post("a message");
    connection.settle(&server);
    assert!(matches!(connection.take()[..], [ServerFrame::Ack { .. }]));
}

#[test]
fn stored_bytes_above_the_budget_are_refused_and_read_marks_are_not() {
    let mut rates = BudgetRates::default();
    // Of two long messages; then days of waiting.
    rates.user.stored_bytes = Rate::per_day(6_000, 1);
    let server = TestServer::with_budgets(Box::new(rates));
    let mut connection = server.connect(&server.user("a"));
    let mut post = |text: &str| {
        connection.post(text);
        connection.settle(&server);
        connection.take_errors()
    };
    let long = "x".repeat(2_000);
    assert_eq!(post(&long), []);
    assert_eq!(post(&long), []);
    assert_eq!(post("short"), [ErrorCode::RateLimited]);
    let mark = MembershipCommand::Read { room: ROOM, up_to: Seq(2) };
    connection.command(mark.into());
    connection.settle(&server);
    assert_eq!(connection.take_errors(), []);
}

#[test]
fn mentions_are_charged_before_the_text_is_read_for_names() {
    let server = TestServer::new();
    let mut connection = server.connect(&server.user("a"));
    let hostile = "@@ﷺ.".repeat(1_000);
    let mut accepted = 0;
    while accepted < 100 {
        connection.post(&hostile);
        connection.settle(&server);
        if !connection.take_errors().is_empty() {
            break;
        }
        accepted += 1;
    }
    assert_eq!(accepted, 6, "the burst of mentions is that of six such messages");
    connection.post("no mention");
    connection.settle(&server);
    assert_eq!(connection.take_errors(), [ErrorCode::BlockedByEarlier]);
}

#[test]
fn answers_are_charged_by_their_bytes() {
    let user = Rates { bytes_out: Rate::per_second(10_000, 1_000), ..Rates::USER };
    let rates = Box::new(BudgetRates { user, ..BudgetRates::default() });
    let server = TestServer::with_budgets(rates);
    let user = server.user("a");
    let mut connection = server.connect(&user);
    for _ in 0..10 {
        connection.post(&"x".repeat(2_000));
        connection.settle(&server);
    }
    connection.take();
    let ask = |id| {
        let query = ChatQuery::Before { room: ROOM, before: Seq(11), limit: 10 }.into();
        ClientFrame::Query(QueryFrame { id: QueryId(id), query })
    };
    connection.send(&ask(1));
    connection.settle(&server);
    assert!(matches!(connection.take()[..], [ServerFrame::Answer { .. }]));
    connection.send(&ask(2));
    assert_eq!(connection.take_errors(), [ErrorCode::RateLimited], "the first answer is in debt");
    connection.subscribe(&server, Topic::Room(ROOM), None);
    assert_eq!(connection.take_errors(), [ErrorCode::RateLimited]);
    // The debt is at most one burst.
    connection.now = START.plus(20_002);
    connection.send(&ask(3));
    connection.settle(&server);
    assert!(matches!(connection.take()[..], [ServerFrame::Answer { .. }]));
}
