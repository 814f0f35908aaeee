//! Changes of orders by other programs: `psql`, a script.

use madang_hub::ports::TopicEvent;
use madang_shared::orders::{Destination, Order, OrderStatus, OrdersCommand, OrdersEvent};
use madang_shared::orders::{OrderLine, OrdersSnapshot};
use madang_shared::{Event, MenuItemId, OrderId, Seq, Snapshot, Topic, User, codec};

use super::server::TestDatabase;
use super::start;
use crate::support::{TestStore, write};

const THREE: &str = "
    INSERT INTO orders (customer_id, note) VALUES (1, 'by hand'), (2, ''), (1, '');
";

async fn restaurant(database: &TestDatabase) -> (TestStore, User) {
    let (_, mut test_store) = start(database);
    let mina = test_store.user("Mina").await;
    test_store.user("Theo").await;
    test_store.receive(2).await;
    (test_store, mina)
}

async fn list(test_store: &TestStore, reader: &User) -> OrdersSnapshot {
    match test_store.snapshot(reader, Topic::Orders).await.1 {
        Snapshot::Orders(snapshot) => snapshot,
        other => panic!("{other:?}"),
    }
}

fn event(appended: &TopicEvent) -> OrdersEvent {
    match codec::decode_event(&appended.entry.content) {
        Ok(Event::Orders(event)) => event,
        other => panic!("{other:?}"),
    }
}

fn changed(appended: &TopicEvent) -> (Option<OrderStatus>, Order) {
    match event(appended) {
        OrdersEvent::Changed { was, order, .. } => (was, order),
        other => panic!("{other:?}"),
    }
}

/// Checks that this many received events make the state of the tables, in order and without holes.
async fn check_events_make_state(
    test_store: &mut TestStore,
    reader: &User,
    before: OrdersSnapshot,
    events: usize,
) -> Vec<TopicEvent> {
    let received = test_store.receive(events).await;
    let mut applied = before;
    for appended in &received {
        applied.apply(event(appended));
    }
    assert_eq!(applied, list(test_store, reader).await);
    let seqs: Vec<u64> = received.iter().map(|appended| appended.entry.seq.0).collect();
    assert!(seqs.windows(2).all(|pair| pair[1] == pair[0] + 1), "{seqs:?}");
    received
}

#[tokio::test]
async fn changes_in_psql_reach_the_event_stream_in_order() {
    let database = TestDatabase::new();
    let (mut test_store, mina) = restaurant(&database).await;
    let before = list(&test_store, &mina).await;
    database.shell(THREE);
    database.shell("UPDATE orders SET status = 'accepted', rider_id = 2 WHERE id = 1");
    database.shell(
        "UPDATE orders SET status = 'cancelled' WHERE id > 1; DELETE FROM orders WHERE id = 3",
    );
    let received = check_events_make_state(&mut test_store, &mina, before, 3 + 1 + 2 + 1).await;
    let (was, order) = changed(&received[3]);
    assert_eq!((was, order.status), (Some(OrderStatus::Pending), OrderStatus::Accepted));
    assert_eq!(order.rider.expect("a rider").name, "Theo");
}

#[tokio::test]
async fn lines_appear_with_their_order_and_are_removed_with_it() {
    let database = TestDatabase::new();
    let (mut test_store, mina) = restaurant(&database).await;
    let before = list(&test_store, &mina).await;
    database.shell(
        "BEGIN;
        INSERT INTO order_lines VALUES (1, 1, 2, 7000), (1, 3, 1, 9500);
        INSERT INTO orders (id, customer_id, table_number) VALUES (1, 1, 4);
        COMMIT;
        UPDATE order_lines SET quantity = 5 WHERE menu_item_id = 3;
        UPDATE order_lines SET quantity = 5 WHERE menu_item_id = 3;
        DELETE FROM order_lines WHERE menu_item_id = 1;",
    );
    let received = test_store.receive(3).await;
    let lines: Vec<usize> = received.iter().map(|it| changed(it).1.lines.len()).collect();
    assert_eq!(lines, [2, 2, 1], "an update without a change has no event");
    database.shell("DELETE FROM orders");
    test_store.receive(1).await;
    assert_eq!(list(&test_store, &mina).await.orders, before.orders);
    let left = database.external().await.query_one("SELECT count(*) FROM order_lines", &[]).await;
    assert_eq!(left.expect("readable").get::<_, i64>(0), 0);
    // The id of another program is not given out again.
    let lines = vec![OrderLine { item: MenuItemId(1), quantity: 1, price_won: 7_000 }];
    let (note, destination) = (String::new(), Destination::Table(1));
    test_store.commit(write(&mina, 1, OrdersCommand::Place { lines, note, destination })).await;
    assert_eq!(changed(&test_store.receive(1).await[0]).1.id, OrderId(2));
}

#[tokio::test]
async fn the_menu_the_notices_and_the_events_of_other_programs_reach_the_event_stream() {
    let database = TestDatabase::new();
    let (mut test_store, mina) = restaurant(&database).await;
    let before = list(&test_store, &mina).await;
    database.shell(
        "INSERT INTO menu_items (name_ko, name_en, price_won) VALUES ('수정과', 'Cinnamon punch', 3500);
         UPDATE menu_items SET available = 0, price_won = 7500 WHERE id = 1;
         DELETE FROM menu_items WHERE id = 7;",
    );
    check_events_make_state(&mut test_store, &mina, before, 3).await;
    database.shell(
        "INSERT INTO user_notices (user_id, content) VALUES (1, '{\"demonstrated\":{\"number\":1,\"of\":2}}');
         INSERT INTO broadcast_notices (content) VALUES ('{\"demonstrated\":{\"number\":1,\"of\":2}}');",
    );
    let topics: Vec<Topic> =
        test_store.receive_notices(2).await.iter().map(|it| it.topic).collect();
    assert_eq!(topics, [Topic::Inbox(mina.id), Topic::Notices]);
}

#[tokio::test]
async fn forbidden_changes_are_refused_and_leave_no_trace() {
    let database = TestDatabase::new();
    let (mut test_store, mina) = restaurant(&database).await;
    database.shell(THREE);
    test_store.receive(3).await;
    let external = database.external().await;
    let rolled_back = "BEGIN; UPDATE orders SET status = 'accepted'; DELETE FROM orders; ROLLBACK";
    external.batch_execute(rolled_back).await.expect("rolled back");
    for (forbidden, why) in [
        (
            "UPDATE orders SET status = 'delivered' WHERE id = 1",
            "this change of status is not allowed",
        ),
        ("UPDATE orders SET status = 'eaten' WHERE id = 1", "this change of status is not allowed"),
        ("UPDATE orders SET id = 9 WHERE id = 1", "cannot change"),
        ("UPDATE orders SET rider_id = 99", "the rider does not exist"),
        ("INSERT INTO orders (id, customer_id) VALUES (1, 1)", "exists already"),
        ("INSERT INTO orders (customer_id) VALUES (99)", "the customer does not exist"),
        (
            "INSERT INTO orders (customer_id, status) VALUES (1, 'ready')",
            "must have the status pending",
        ),
        (
            "INSERT INTO orders (customer_id, address) VALUES (1, 'Seoul')",
            "an address with a phone number",
        ),
        ("UPDATE orders SET address = 'Seoul', phone = 'call me'", "orders_phone_check"),
        ("UPDATE orders SET table_number = 0", "orders_table_number_check"),
        ("INSERT INTO order_lines VALUES (1, 99, 1, 1)", "the menu item does not exist"),
        ("INSERT INTO order_lines VALUES (9, 1, 1, 1)", "order_lines_order_id_fkey"),
        (
            "INSERT INTO user_notices (user_id, content) VALUES (99, '{}')",
            "the user does not exist",
        ),
        ("INSERT INTO broadcast_notices (content) VALUES ('{')", "json"),
    ] {
        let error = external.batch_execute(forbidden).await.expect_err(forbidden);
        let message = error.as_db_error().expect("of the database").message().to_owned();
        assert!(message.contains(why), "{forbidden}: {message}");
    }
    assert_eq!(test_store.log(Topic::Orders).await.len(), 3);
    let accept = OrdersCommand::Advance { order: OrderId(1), to: OrderStatus::Accepted };
    assert_eq!(test_store.commit(write(&mina, 1, accept)).await.seq.0, 4, "no position was lost");
}

#[tokio::test]
async fn a_restart_misses_no_change_of_another_program() {
    let database = TestDatabase::new();
    let (store, test_store) = start(&database);
    let mina = test_store.user("Mina").await;
    test_store.user("Theo").await;
    drop(test_store);
    store.close().await;
    database.shell(THREE);
    let (_, mut test_store) = start(&database);
    let received: Vec<Seq> = test_store.receive(3).await.iter().map(|it| it.entry.seq).collect();
    assert_eq!(received, [Seq(1), Seq(2), Seq(3)]);
    assert_eq!(list(&test_store, &mina).await.orders.len(), 3);
}
