//! The changes of an order's status that the database allows, which depend on its destination. Another program is held to
//! them, too.

use madang_shared::orders::{OrderStatus, OrdersSnapshot};
use madang_shared::{Snapshot, Topic};

use super::Shell;
use crate::support::TestStore;

on_every_database! {
    the_table_of_transitions_equals_the_code,
    another_program_serves_an_order_at_a_table_and_gives_it_to_no_rider,
}

async fn the_table_of_transitions_equals_the_code(_: TestStore, shell: impl Shell) {
    for is_at_table in [false, true] {
        let sql = format!(
            "SELECT from_status || ' ' || to_status FROM order_transitions \
            WHERE at_table IS NULL OR at_table = {} ORDER BY 1",
            u8::from(is_at_table)
        );
        let mut known = Vec::new();
        for from in OrderStatus::ALL {
            for to in from.next(is_at_table) {
                known.push(format!("{} {}", from.name(), to.name()));
            }
        }
        known.sort();
        let mut stored = shell.texts(&sql).await;
        stored.sort();
        assert_eq!(stored, known, "at a table: {is_at_table}");
    }
}

async fn another_program_serves_an_order_at_a_table_and_gives_it_to_no_rider(
    test_store: TestStore,
    shell: impl Shell,
) {
    let mina = test_store.user("Mina").await;
    test_store.user("Theo").await;
    let orders = "INSERT INTO orders (customer_id, table_number) VALUES (1, 4);
        INSERT INTO orders (customer_id) VALUES (1), (1);
        INSERT INTO orders (customer_id, address, phone) VALUES (1, 'Seoul', '119')";
    shell.run(orders).await.expect("ordered");
    for status in ["accepted", "cooking", "ready"] {
        let advance = format!("UPDATE orders SET status = '{status}'");
        shell.run(&advance).await.expect("advanced");
    }
    for forbidden in [
        "UPDATE orders SET status = 'delivering', rider_id = 2 WHERE id = 1",
        "UPDATE orders SET status = 'delivered' WHERE id = 2",
        "UPDATE orders SET status = 'delivered' WHERE id = 4",
        // The new destination counts.
        "UPDATE orders SET status = 'delivering', table_number = 7 WHERE id = 2",
        "UPDATE orders SET status = 'delivered', table_number = NULL WHERE id = 1",
    ] {
        let error = shell.run(forbidden).await.expect_err("must be refused");
        assert!(error.contains("this change of status is not allowed"), "{forbidden}: {error}");
    }
    let served = "UPDATE orders SET status = 'delivered' WHERE id = 1;
        UPDATE orders SET status = 'delivered', table_number = 7 WHERE id = 2;
        UPDATE orders SET status = 'delivering' WHERE id > 2;
        UPDATE orders SET status = 'delivered' WHERE id > 2";
    shell.run(served).await.expect("served");
    let list: OrdersSnapshot = match test_store.snapshot(&mina, Topic::Orders).await.1 {
        Snapshot::Orders(snapshot) => snapshot,
        other => panic!("{other:?}"),
    };
    assert!(list.orders.iter().all(|order| order.status == OrderStatus::Delivered), "{list:?}");
}
