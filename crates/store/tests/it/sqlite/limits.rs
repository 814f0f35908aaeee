//! The numbers in the schema equal the limits of the code.

use madang_shared::notices::KEPT_NOTICES;
use madang_shared::orders::{
    MAX_ADDRESS_CHARS, MAX_CANCEL_REASON_CHARS, MAX_MENU_ITEMS, MAX_MENU_NAME_CHARS,
    MAX_OPEN_ORDERS, MAX_ORDER_LINES, MAX_ORDER_NOTE_CHARS, MAX_PHONE_CHARS, MAX_PRICE_WON,
    MAX_QUANTITY, MAX_TABLE_NUMBER,
};

use super::{TestDatabase, fast_options};

#[tokio::test]
async fn the_limits_of_the_schema_equal_the_limits_of_the_code() {
    let database = TestDatabase::new();
    let (_store, _test_store) = database.start(&fast_options());
    let external = database.external();
    let open = "'delivering'))";
    for (name, limit) in [
        ("orders_before_insert_check", format!("{open} >= {MAX_OPEN_ORDERS};")),
        ("orders_before_update_check", format!("{open} >= {MAX_OPEN_ORDERS};")),
        ("orders", format!("table_number BETWEEN 1 AND {MAX_TABLE_NUMBER})")),
        ("orders", format!("length(address) BETWEEN 1 AND {MAX_ADDRESS_CHARS})")),
        ("orders", format!("length(phone) BETWEEN 1 AND {MAX_PHONE_CHARS} ")),
        ("orders", format!("length(cancel_reason) <= {MAX_CANCEL_REASON_CHARS})")),
        ("order_lines_before_insert_check", format!("menu_item_id) >= {MAX_ORDER_LINES};")),
        ("menu_items_before_insert_check", format!("menu_items) >= {MAX_MENU_ITEMS};")),
        ("broadcast_notices_instead_of_insert", format!("FROM notices) > {KEPT_NOTICES} ")),
        ("user_notices_instead_of_insert", format!("user_id) > {KEPT_NOTICES}\n")),
        ("orders", format!("length(note) <= {MAX_ORDER_NOTE_CHARS})")),
        ("order_lines", format!("quantity BETWEEN 1 AND {MAX_QUANTITY})")),
        ("order_lines", format!("price_won BETWEEN 1 AND {MAX_PRICE_WON})")),
        ("menu_items", format!("price_won BETWEEN 1 AND {MAX_PRICE_WON})")),
        ("menu_items", format!("length(name_ko) BETWEEN 1 AND {MAX_MENU_NAME_CHARS})")),
        ("menu_items", format!("length(name_en) BETWEEN 1 AND {MAX_MENU_NAME_CHARS})")),
    ] {
        let sql = "SELECT sql FROM sqlite_schema WHERE name = ?1";
        let sql: String = external.query_row(sql, [name], |row| row.get(0)).expect("exists");
        assert!(sql.contains(&limit), "{name} does not contain `{limit}`: {sql}");
    }
}

#[tokio::test]
async fn the_former_views_append_notices() {
    let database = TestDatabase::new();
    let (_store, test_store) = database.start(&fast_options());
    test_store.user("Mina").await;
    let external = database.external();
    external
        .execute_batch(
            "INSERT INTO tell_all (content) VALUES ('{}');
            INSERT INTO tell_one (user_id, at, content) VALUES (1, 7, '{}');",
        )
        .expect("appended");
    let counts = "SELECT (SELECT count(*) FROM tell_all), (SELECT at FROM tell_one),
        (SELECT count(*) FROM broadcast_notices), (SELECT at FROM user_notices)";
    let counts: [i64; 4] = external
        .query_row(counts, [], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?]))
        .expect("readable");
    assert_eq!(counts, [1, 7, 1, 7]);
}
