//! Changes of orders by other programs: the shell, a script.

use std::io::Write as _;
use std::process::{Command, Stdio};

use madang_hub::ports::{TopicEvent, Write};
use madang_shared::orders::{
    Destination, Order, OrderStatus, OrdersCommand, OrdersEvent, OrdersSnapshot,
};
use madang_shared::{Event, OrderId, Seq, Snapshot, Timestamp, Topic, User, codec};
use madang_store::Sqlite;
use tokio::task::JoinHandle;

use super::{TestDatabase, fast_options};
use crate::support::{TestStore, write};

/// An engine with two users, whose events were received already.
pub(super) async fn restaurant(
    database: &TestDatabase,
) -> (std::sync::Arc<Sqlite>, TestStore, User) {
    let (store, mut test_store) = database.start(&fast_options());
    let mina = test_store.user("Mina").await;
    test_store.user("Theo").await;
    test_store.receive(2).await;
    (store, test_store, mina)
}

pub(super) async fn list(test_store: &TestStore, reader: &User) -> OrdersSnapshot {
    match test_store.snapshot(reader, Topic::Orders).await.1 {
        Snapshot::Orders(snapshot) => snapshot,
        other => panic!("{other:?}"),
    }
}

/// The event of a log entry. Checks that its encoding equals that of this version.
fn event(appended: &TopicEvent) -> OrdersEvent {
    assert_eq!(appended.topic, Topic::Orders);
    let content = &*appended.entry.content;
    let event = codec::decode_event(content).expect("readable");
    assert_eq!(codec::encode_event(&event), content);
    match event {
        Event::Orders(event) => event,
        other => panic!("{other:?}"),
    }
}

fn changed(appended: &TopicEvent) -> (Option<OrderStatus>, Order) {
    match event(appended) {
        OrdersEvent::Changed { was, order, .. } => (was, order),
        other => panic!("{other:?}"),
    }
}

/// Checks that the received events make the state of the tables.
async fn check_events_make_state(
    test_store: &mut TestStore,
    reader: &User,
    before: OrdersSnapshot,
    events: usize,
) {
    let received = test_store.receive(events).await;
    let mut applied = before;
    for appended in &received {
        applied.apply(event(appended));
    }
    assert_eq!(applied, list(test_store, reader).await);
}

const THREE: &str = "
    INSERT INTO orders (customer_id, note) VALUES (1, 'by hand'), (2, ''), (1, '');
";

#[tokio::test]
async fn a_change_of_one_order_by_a_shell_reaches_the_event_stream() {
    let database = TestDatabase::new();
    let (_, mut test_store, mina) = restaurant(&database).await;
    let before = list(&test_store, &mina).await;
    shell(&database, THREE);
    shell(&database, "UPDATE orders SET status = 'accepted', rider_id = 2 WHERE id = 1");
    let received = test_store.receive(4).await;
    let (was, order) = changed(&received[0]);
    assert_eq!((was, order.customer, order.lines.len()), (None, mina.clone(), 0));
    let (was, order) = changed(&received[3]);
    assert_eq!((was, order.status), (Some(OrderStatus::Pending), OrderStatus::Accepted));
    assert_eq!(order.rider.expect("a rider").name, "Theo");
    let mut applied = before;
    for appended in &received {
        applied.apply(event(appended));
    }
    assert_eq!(applied, list(&test_store, &mina).await);
}

#[tokio::test]
async fn one_statement_can_change_or_delete_many_orders() {
    let database = TestDatabase::new();
    let (_, mut test_store, mina) = restaurant(&database).await;
    let before = list(&test_store, &mina).await;
    let external = database.external();
    external.execute_batch(THREE).expect("made");
    let rows = external.execute("UPDATE orders SET status = 'cancelled'", []).expect("allowed");
    assert_eq!(rows, 3);
    external.execute("DELETE FROM orders WHERE id <> 2", []).expect("deleted");
    check_events_make_state(&mut test_store, &mina, before, 3 + 3 + 2).await;
    let ids: Vec<_> = list(&test_store, &mina).await.orders.iter().map(|order| order.id).collect();
    assert_eq!(ids, [OrderId(2)]);
}

#[tokio::test]
async fn lines_belong_to_their_order() {
    let database = TestDatabase::new();
    let (_, mut test_store, mina) = restaurant(&database).await;
    let before = list(&test_store, &mina).await;
    let script = "
        BEGIN;
        INSERT INTO order_lines VALUES (1, 1, 2, 7000), (1, 3, 1, 9500);
        INSERT INTO orders (id, customer_id) VALUES (1, 1);
        COMMIT;
        INSERT INTO order_lines VALUES (1, 4, 1, 9000);
        UPDATE order_lines SET quantity = 5 WHERE menu_item_id = 4;
        UPDATE order_lines SET quantity = 5 WHERE menu_item_id = 4;
        DELETE FROM order_lines WHERE menu_item_id = 1;
        DELETE FROM orders;
    ";
    // The shell does not enforce foreign keys.
    database.external().execute_batch("PRAGMA foreign_keys = OFF").expect("off");
    shell(&database, script);
    let received = test_store.receive(5).await;
    let lines: Vec<usize> =
        received[..4].iter().map(|appended| changed(appended).1.lines.len()).collect();
    assert_eq!(
        lines,
        [2, 3, 3, 2],
        "the first event has all lines; an update without a change has no event"
    );
    assert_eq!(list(&test_store, &mina).await.orders, before.orders);
    let count = "SELECT count(*) FROM order_lines";
    let left: i64 = database.external().query_row(count, [], |row| row.get(0)).expect("readable");
    assert_eq!(left, 0, "the lines are deleted with their order");
}

#[tokio::test]
async fn changes_of_the_menu_reach_the_event_stream() {
    let database = TestDatabase::new();
    let (_, mut test_store, mina) = restaurant(&database).await;
    let before = list(&test_store, &mina).await;
    shell(
        &database,
        "INSERT INTO menu_items (name_ko, name_en, price_won) VALUES ('수정과', 'Cinnamon punch', 3500);
         UPDATE menu_items SET available = 0, price_won = 7500 WHERE id = 1;
         DELETE FROM menu_items WHERE id = 7;",
    );
    check_events_make_state(&mut test_store, &mina, before, 3).await;
}

/// The destination, the estimate and the reason of a cancellation are columns; each change of one is an event.
#[tokio::test]
async fn a_shell_sets_destination_estimate_and_reason_and_reopens_an_order() {
    let database = TestDatabase::new();
    let (_, mut test_store, mina) = restaurant(&database).await;
    let before = list(&test_store, &mina).await;
    shell(
        &database,
        "INSERT INTO orders (customer_id, table_number) VALUES (1, 4);
        INSERT INTO orders (customer_id, address, phone) VALUES (2, '서울 \"마포구\" 1', '010-1234-5678');
        UPDATE orders SET status = 'accepted', ready_at = 1795860000000 WHERE id = 2;
        UPDATE orders SET status = 'cancelled', cancel_reason = 'sold_out' WHERE id = 2;
        UPDATE orders SET status = 'accepted', cancel_reason = '' WHERE id = 2;
        UPDATE orders SET status = 'cancelled' WHERE id = 1;
        UPDATE orders SET cancel_reason = 'closing' WHERE id = 1;
        UPDATE orders SET status = 'pending', table_number = 7 WHERE id = 1;",
    );
    let received = test_store.receive(8).await;
    let mut applied = before;
    for appended in &received {
        applied.apply(event(appended));
    }
    assert_eq!(applied, list(&test_store, &mina).await);
    let of = |index: usize| changed(&received[index]);
    assert_eq!(of(0).1.destination, Some(Destination::Table(4)));
    let (address, phone) = ("서울 \"마포구\" 1".to_owned(), "010-1234-5678".to_owned());
    assert_eq!(of(1).1.destination, Some(Destination::Delivery { address, phone }));
    assert_eq!(of(2).1.ready_at, Some(Timestamp(1_795_860_000_000)));
    let cancellation = of(3).1.cancellation.expect("cancelled");
    assert_eq!((cancellation.was, &*cancellation.reason), (OrderStatus::Accepted, "sold_out"));
    assert_eq!(of(4), (Some(OrderStatus::Cancelled), of(2).1));
    assert_eq!(of(6).1.cancellation.expect("cancelled").reason, "closing");
    let (was, order) = of(7);
    let expected = (OrderStatus::Pending, None, Some(Destination::Table(7)));
    assert_eq!(was, Some(OrderStatus::Cancelled));
    assert_eq!((order.status, order.cancellation, order.destination), expected);

    // A command reopens an order that the shell has cancelled, and the shell one that a command has cancelled.
    shell(&database, "UPDATE orders SET status = 'cancelled' WHERE id = 1");
    let now = changed(&test_store.receive(1).await[0]).1.cancellation.expect("cancelled").at;
    let reopen = write(&mina, 1, OrdersCommand::Reopen(OrderId(1)));
    test_store.commit(Write { at: now, ..reopen }).await;
    let (order, reason) = (OrderId(2), "closing".to_owned());
    test_store.commit(write(&mina, 2, OrdersCommand::Cancel { order, reason })).await;
    let wrong = "UPDATE orders SET status = 'pending' WHERE id = 2";
    let error = database.external().execute_batch(wrong).expect_err("must be refused").to_string();
    assert!(error.contains("this change of status is not allowed"), "{error}");
    shell(&database, "UPDATE orders SET status = 'accepted' WHERE id = 2");
    let statuses = list(&test_store, &mina).await;
    let statuses: Vec<_> = statuses.orders.iter().map(|order| order.status).collect();
    assert_eq!(statuses, [OrderStatus::Pending, OrderStatus::Accepted]);
    shell(&database, "DELETE FROM orders");
    let count = "SELECT count(*) FROM order_cancellations";
    let left: i64 = database.external().query_row(count, [], |row| row.get(0)).expect("readable");
    assert_eq!(left, 0);
}

#[tokio::test]
async fn rolled_back_and_forbidden_changes_leave_no_trace() {
    let database = TestDatabase::new();
    let (_, mut test_store, mina) = restaurant(&database).await;
    let external = database.external();
    external.execute_batch(THREE).expect("made");
    external
        .execute_batch(
            "INSERT INTO order_lines VALUES (1, 2, 1, 8000);
            BEGIN; UPDATE orders SET status = 'accepted'; DELETE FROM orders; ROLLBACK;",
        )
        .expect("rolled back");
    for (forbidden, why) in [
        (
            "UPDATE orders SET status = 'delivered' WHERE id = 1",
            "this change of status is not allowed",
        ),
        ("UPDATE orders SET status = 'eaten' WHERE id = 1", "this change of status is not allowed"),
        ("UPDATE orders SET id = 9 WHERE id = 1", "cannot change"),
        ("UPDATE OR REPLACE orders SET rider_id = 99", "the rider does not exist"),
        ("INSERT OR REPLACE INTO orders (id, customer_id) VALUES (1, 1)", "exists already"),
        ("INSERT INTO orders (customer_id) VALUES (99)", "the customer does not exist"),
        (
            "INSERT INTO orders (customer_id, status) VALUES (1, 'ready')",
            "must have the status pending",
        ),
        (
            "INSERT INTO orders (customer_id, address) VALUES (1, 'Seoul')",
            "an address with a phone number",
        ),
        ("UPDATE orders SET phone = '119' WHERE id = 1", "an address with a phone number"),
        (
            "UPDATE orders SET table_number = 4, address = 'Seoul', phone = '119'",
            "goes to a table, or to an address",
        ),
        ("UPDATE orders SET address = 'Seoul', phone = 'call me'", "CHECK"),
        ("UPDATE orders SET table_number = 0", "CHECK"),
        ("UPDATE orders SET ready_at = -1", "CHECK"),
        ("INSERT INTO order_lines VALUES (1, 99, 1, 1)", "the menu item does not exist"),
        ("INSERT INTO order_lines VALUES (1, 1, 0, 1)", "CHECK"),
        ("UPDATE order_lines SET order_id = 2", "cannot move to another order"),
        ("DELETE FROM menu_items", "is in an order"),
    ] {
        for keys in ["ON", "OFF"] {
            external.execute_batch(&format!("PRAGMA foreign_keys = {keys}")).expect("set");
            let error = external.execute_batch(forbidden).expect_err("must be refused").to_string();
            assert!(error.contains(why), "{forbidden}: {error}");
        }
    }
    assert_eq!(test_store.log(Topic::Orders).await.len(), 4);
    test_store.receive(4).await;
    let last =
        write(&mina, 1, OrdersCommand::Advance { order: OrderId(1), to: OrderStatus::Accepted });
    assert_eq!(test_store.commit(last).await.seq.0, 5, "no position was lost");
    assert_eq!(changed(&test_store.receive(1).await[0]).1.id, OrderId(1));
}

#[tokio::test]
async fn a_text_that_is_not_utf_8_blocks_no_event() {
    let database = TestDatabase::new();
    let (_, mut test_store, mina) = restaurant(&database).await;
    database
        .external()
        .execute("INSERT INTO orders (customer_id, note) VALUES (1, CAST(x'41ff' AS TEXT))", [])
        .expect("SQLite allows it");
    let (_, order) = changed(&test_store.receive(1).await[0]);
    assert_eq!(order.note, "A\u{FFFD}");
    assert_eq!(list(&test_store, &mina).await.orders, [order]);
}

/// Runs a script in Debian's shell, or through the library if no shell is installed.
pub(super) fn shell(database: &TestDatabase, script: &str) {
    let shell = Command::new("sqlite3").arg("-bail").arg(database.path()).arg(script).output();
    match shell {
        Ok(output) => {
            let complaint = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success() && complaint.is_empty(), "{complaint}");
        }
        Err(_) => database.external().execute_batch(script).expect("understood"),
    }
}

/// Runs a script in another process, or through the library if no shell is installed. Its task ends with
/// the script.
fn external_writer(database: &TestDatabase, script: String) -> JoinHandle<()> {
    let (path, external) = (database.path(), database.external());
    tokio::task::spawn_blocking(move || {
        let mut shell = Command::new("sqlite3");
        match shell.arg("-bail").arg(path).stdin(Stdio::piped()).stdout(Stdio::null()).spawn() {
            Ok(mut shell) => {
                let mut input = shell.stdin.take().expect("piped");
                input.write_all(script.as_bytes()).expect("written");
                drop(input);
                let status = shell.wait().expect("a child");
                assert!(status.success(), "the shell says {status}");
            }
            Err(_) => external.execute_batch(&script).expect("done"),
        }
    })
}

/// Enough updates for two restarts of the server in between.
const UPDATES: usize = 10_000;

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_external_changes_survive_restarts_of_the_server() {
    let database = TestDatabase::new();
    let (store, test_store, mina) = restaurant(&database).await;
    database.external().execute_batch(THREE).expect("made");
    store.close().await;
    drop((store, test_store));

    let update = |number| {
        let id = 1 + number % 3;
        format!("UPDATE orders SET note = '{number}' WHERE id = {id};\n")
    };
    // A program beside the server waits for the lock.
    let settings = "PRAGMA synchronous = OFF; PRAGMA busy_timeout = 5000;\n";
    let script = settings.to_owned() + &(1..=UPDATES).map(update).collect::<String>();
    let mut external_writer = external_writer(&database, script);
    for life in 1..=3 {
        let (store, mut test_store) = database.start(&fast_options());
        // Each start of the server sends the changes since then, without holes.
        let mut last = None;
        let mut received = 0;
        while received < UPDATES / 20 {
            let events = tokio::select! {
                events = test_store.events.recv() => events.expect("the engine lives"),
                _ = &mut external_writer => panic!("all is done before life {life} is over"),
            };
            // The customer's copies have seqs of their own.
            let events = events.into_iter().filter(|appended| appended.topic == Topic::Orders);
            for appended in events {
                let seq = appended.entry.seq;
                assert!(last.is_none_or(|last| seq == Seq::next(last)), "{last:?}, {seq:?}");
                last = Some(seq);
                received += 1;
            }
        }
        drop(test_store.events);
        store.close().await;
    }
    external_writer.await.expect("all is done");

    let (_, test_store) = database.start(&fast_options());
    let log = test_store.log(Topic::Orders).await;
    assert_eq!(log.len(), 3 + UPDATES, "the log has each change once");
    for (number, event) in (1..).zip(&log[3..]) {
        let Event::Orders(OrdersEvent::Changed { order, .. }) = event else { panic!("{event:?}") };
        assert_eq!(order.note, number.to_string(), "in order");
    }
    let last_notes: Vec<String> =
        list(&test_store, &mina).await.orders.iter().map(|order| order.note.clone()).collect();
    assert_eq!(last_notes, ["9999", "10000", "9998"]);
}
