//! The changes of an order's status that the database allows, which depend on its destination.

use madang_shared::orders::OrderStatus;

use super::orders::{list, restaurant, shell};
use super::{TestDatabase, fast_options};

#[tokio::test]
async fn the_table_of_transitions_equals_the_code() {
    let database = TestDatabase::new();
    let (_store, _rig) = database.start(&fast_options());
    let external = database.external();
    let sql = "SELECT from_status, to_status FROM order_transitions \
        WHERE at_table IS NULL OR at_table = ?1 ORDER BY 1, 2";
    let mut statement = external.prepare(sql).expect("readable");
    for is_at_table in [false, true] {
        let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
        let stored = statement.query_map([is_at_table], row).expect("readable");
        let stored: Vec<(String, String)> = stored.map(Result::unwrap).collect();
        let mut known: Vec<(String, String)> = Vec::new();
        for from in OrderStatus::ALL {
            for to in from.next(is_at_table) {
                known.push((from.name().to_owned(), to.name().to_owned()));
            }
        }
        known.sort();
        assert_eq!(stored, known, "at a table: {is_at_table}");
    }
}

#[tokio::test]
async fn a_shell_serves_an_order_at_a_table_and_gives_it_to_no_rider() {
    let database = TestDatabase::new();
    let (_, test_store, mina) = restaurant(&database).await;
    let steps = ["accepted", "cooking", "ready"];
    let steps = steps.map(|status| format!("UPDATE orders SET status = '{status}';")).concat();
    shell(
        &database,
        &format!(
            "INSERT INTO orders (customer_id, table_number) VALUES (1, 4);
            INSERT INTO orders (customer_id) VALUES (1), (1);
            INSERT INTO orders (customer_id, address, phone) VALUES (1, 'Seoul', '119'); {steps}"
        ),
    );
    let external = database.external();
    for forbidden in [
        "UPDATE orders SET status = 'delivering', rider_id = 2 WHERE id = 1",
        "UPDATE orders SET status = 'delivered' WHERE id = 2",
        "UPDATE orders SET status = 'delivered' WHERE id = 4",
        // The new destination counts.
        "UPDATE orders SET status = 'delivering', table_number = 7 WHERE id = 2",
        "UPDATE orders SET status = 'delivered', table_number = NULL WHERE id = 1",
    ] {
        let error = external.execute_batch(forbidden).expect_err("must be refused").to_string();
        assert!(error.contains("this change of status is not allowed"), "{forbidden}: {error}");
    }
    shell(
        &database,
        "UPDATE orders SET status = 'delivered' WHERE id = 1;
        UPDATE orders SET status = 'delivered', table_number = 7 WHERE id = 2;
        UPDATE orders SET status = 'delivering' WHERE id > 2;
        UPDATE orders SET status = 'delivered' WHERE id > 2;",
    );
    let list = list(&test_store, &mina).await;
    assert!(list.orders.iter().all(|order| order.status == OrderStatus::Delivered), "{list:?}");
}
