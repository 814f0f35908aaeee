//! Whoever changes the orders is seen: a person at the shell, a script, another program.

use std::io::Write as _;
use std::process::{Command, Stdio};

use madang_hub::orders;
use madang_hub::ports::TopicEvent;
use madang_shared::orders::{Order, OrderStatus, OrdersCommand, OrdersEvent, OrdersSnapshot};
use madang_shared::{Event, OrderId, Seq, Snapshot, Topic, User, codec};
use madang_store::Sqlite;
use tokio::task::JoinHandle;

use super::{Home, fast};
use crate::support::{Rig, write};

/// An engine with two people in it, whose events were taken from the tail.
async fn restaurant(home: &Home) -> (std::sync::Arc<Sqlite>, Rig, User) {
    let (store, mut rig) = home.start(&fast());
    let mina = rig.user("Mina").await;
    rig.user("Theo").await;
    rig.appended(2).await;
    (store, rig, mina)
}

async fn list(rig: &Rig, reader: &User) -> OrdersSnapshot {
    match rig.state(reader, Topic::Orders).await.1 {
        Snapshot::Orders(snapshot) => snapshot,
        other => panic!("{other:?}"),
    }
}

/// The event, which must be written exactly as this version would write it.
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

/// The log, applied event by event, must make what the tables say; and all of it was handed out.
async fn agree(rig: &mut Rig, reader: &User, before: OrdersSnapshot, events: usize) {
    let handed = rig.appended(events).await;
    let mut applied = before;
    for appended in &handed {
        applied.apply(event(appended));
    }
    assert_eq!(applied, list(rig, reader).await);
}

const THREE: &str = "
    INSERT INTO orders (customer_id, note) VALUES (1, 'by hand'), (2, ''), (1, '');
";

#[tokio::test]
async fn a_shell_changes_one_order_and_the_tail_says_so() {
    let home = Home::new();
    let (_, mut rig, mina) = restaurant(&home).await;
    let before = list(&rig, &mina).await;
    shell(&home, THREE);
    shell(&home, "UPDATE orders SET status = 'accepted', rider_id = 2 WHERE id = 1");
    let handed = rig.appended(4).await;
    let (was, order) = changed(&handed[0]);
    assert_eq!((was, order.customer, order.lines.len()), (None, mina.clone(), 0));
    let (was, order) = changed(&handed[3]);
    assert_eq!((was, order.status), (Some(OrderStatus::Pending), OrderStatus::Accepted));
    assert_eq!(order.rider.expect("a rider").name, "Theo");
    let mut applied = before;
    for appended in &handed {
        applied.apply(event(appended));
    }
    assert_eq!(applied, list(&rig, &mina).await);
}

#[tokio::test]
async fn one_statement_may_change_many_and_delete_some() {
    let home = Home::new();
    let (_, mut rig, mina) = restaurant(&home).await;
    let before = list(&rig, &mina).await;
    let beside = home.beside();
    beside.execute_batch(THREE).expect("made");
    let rows = beside.execute("UPDATE orders SET status = 'cancelled'", []).expect("allowed");
    assert_eq!(rows, 3);
    beside.execute("DELETE FROM orders WHERE id <> 2", []).expect("deleted");
    agree(&mut rig, &mina, before, 3 + 3 + 2).await;
    let ids: Vec<_> = list(&rig, &mina).await.orders.iter().map(|order| order.id).collect();
    assert_eq!(ids, [OrderId(2)]);
}

#[tokio::test]
async fn lines_are_a_part_of_their_order() {
    let home = Home::new();
    let (_, mut rig, mina) = restaurant(&home).await;
    let before = list(&rig, &mina).await;
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
    // With and without foreign keys, which the shell leaves off.
    home.beside().execute_batch("PRAGMA foreign_keys = OFF").expect("off");
    shell(&home, script);
    let handed = rig.appended(5).await;
    let lines: Vec<usize> =
        handed[..4].iter().map(|appended| changed(appended).1.lines.len()).collect();
    assert_eq!(lines, [2, 3, 3, 2], "whole from the first on; what changes nothing says nothing");
    assert_eq!(list(&rig, &mina).await.orders, before.orders);
    let count = "SELECT count(*) FROM order_lines";
    let left: i64 = home.beside().query_row(count, [], |row| row.get(0)).expect("readable");
    assert_eq!(left, 0, "no line outlives its order");
}

#[tokio::test]
async fn the_menu_is_seen_to_change_too() {
    let home = Home::new();
    let (_, mut rig, mina) = restaurant(&home).await;
    let before = list(&rig, &mina).await;
    shell(
        &home,
        "INSERT INTO menu_items (name_ko, name_en, price_won) VALUES ('수정과', 'Cinnamon punch', 3500);
         UPDATE menu_items SET available = 0, price_won = 7500 WHERE id = 1;
         DELETE FROM menu_items WHERE id = 7;",
    );
    agree(&mut rig, &mina, before, 3).await;
}

#[tokio::test]
async fn what_is_rolled_back_or_against_the_rules_leaves_nothing() {
    let home = Home::new();
    let (_, mut rig, mina) = restaurant(&home).await;
    let beside = home.beside();
    beside.execute_batch(THREE).expect("made");
    beside
        .execute_batch(
            "INSERT INTO order_lines VALUES (1, 2, 1, 8000);
            BEGIN; UPDATE orders SET status = 'accepted'; DELETE FROM orders; ROLLBACK;",
        )
        .expect("rolled back");
    for (forbidden, why) in [
        ("UPDATE orders SET status = 'delivered' WHERE id = 1", "no way leads there"),
        ("UPDATE orders SET status = 'eaten' WHERE id = 1", "no way leads there"),
        ("UPDATE orders SET id = 9 WHERE id = 1", "keeps its id"),
        ("UPDATE OR REPLACE orders SET rider_id = 99", "no such rider"),
        ("INSERT OR REPLACE INTO orders (id, customer_id) VALUES (1, 1)", "there already"),
        ("INSERT INTO orders (customer_id) VALUES (99)", "no such customer"),
        ("INSERT INTO orders (customer_id, status) VALUES (1, 'ready')", "begins as pending"),
        ("INSERT INTO order_lines VALUES (1, 99, 1, 1)", "on the menu"),
        ("INSERT INTO order_lines VALUES (1, 1, 0, 1)", "CHECK"),
        ("UPDATE order_lines SET order_id = 2", "stays with its order"),
        ("DELETE FROM menu_items", "was ordered"),
    ] {
        for keys in ["ON", "OFF"] {
            beside.execute_batch(&format!("PRAGMA foreign_keys = {keys}")).expect("set");
            let error = beside.execute_batch(forbidden).expect_err("must be refused").to_string();
            assert!(error.contains(why), "{forbidden}: {error}");
        }
    }
    assert_eq!(rig.log(Topic::Orders).await.len(), 4);
    rig.appended(4).await;
    let last =
        write(&mina, 1, OrdersCommand::Advance { order: OrderId(1), to: OrderStatus::Accepted });
    assert_eq!(rig.place(last).await.seq.0, 5, "no place was lost");
    assert_eq!(changed(&rig.appended(1).await[0]).1.id, OrderId(1));
}

#[tokio::test]
async fn a_text_that_is_no_text_holds_up_nothing() {
    let home = Home::new();
    let (_, mut rig, mina) = restaurant(&home).await;
    home.beside()
        .execute("INSERT INTO orders (customer_id, note) VALUES (1, CAST(x'41ff' AS TEXT))", [])
        .expect("SQLite allows it");
    let (_, order) = changed(&rig.appended(1).await[0]);
    assert_eq!(order.note, "A\u{FFFD}");
    assert_eq!(list(&rig, &mina).await.orders, [order]);
}

#[tokio::test]
async fn the_database_knows_the_same_ways_as_the_code() {
    let home = Home::new();
    let (_store, _rig) = home.start(&fast());
    let beside = home.beside();
    let sql = "SELECT was, becomes FROM order_transitions ORDER BY 1, 2";
    let mut statement = beside.prepare(sql).expect("readable");
    let stored = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("readable");
    let stored: Vec<(String, String)> = stored.map(Result::unwrap).collect();
    let mut known: Vec<(String, String)> = Vec::new();
    for from in OrderStatus::ALL {
        for to in OrderStatus::ALL {
            if orders::advance(from, to) == Ok(true) {
                known.push((from.name().to_owned(), to.name().to_owned()));
            }
        }
    }
    known.sort();
    assert_eq!(stored, known);
}

/// Runs a script at Debian's shell, or through the library where none is installed.
pub(super) fn shell(home: &Home, script: &str) {
    let shell = Command::new("sqlite3").arg("-bail").arg(home.path()).arg(script).output();
    match shell {
        Ok(output) => {
            let complaint = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success() && complaint.is_empty(), "{complaint}");
        }
        Err(_) => home.beside().execute_batch(script).expect("understood"),
    }
}

/// Changes orders on and on, in another process where there is a shell; answers when all is done.
fn outsider(home: &Home, script: String) -> JoinHandle<()> {
    let (path, beside) = (home.path(), home.beside());
    tokio::task::spawn_blocking(move || {
        let mut shell = Command::new("sqlite3");
        match shell.arg("-bail").arg(path).stdin(Stdio::piped()).stdout(Stdio::null()).spawn() {
            Ok(mut shell) => {
                let mut words = shell.stdin.take().expect("piped");
                words.write_all(script.as_bytes()).expect("heard");
                drop(words);
                let status = shell.wait().expect("a child");
                assert!(status.success(), "the shell says {status}");
            }
            Err(_) => beside.execute_batch(&script).expect("done"),
        }
    })
}

/// Enough for two stops and starts in the middle.
const UPDATES: usize = 10_000;

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_changes_by_another_process_while_the_server_comes_and_goes() {
    let home = Home::new();
    let (store, rig, mina) = restaurant(&home).await;
    home.beside().execute_batch(THREE).expect("made");
    store.close().await;
    drop((store, rig));

    let update = |number| {
        let id = 1 + number % 3;
        format!("UPDATE orders SET note = '{number}' WHERE id = {id};\n")
    };
    // Who works beside a server waits for the lock.
    let settings = "PRAGMA synchronous = OFF; PRAGMA busy_timeout = 5000;\n";
    let script = settings.to_owned() + &(1..=UPDATES).map(update).collect::<String>();
    let mut outsider = outsider(&home, script);
    for life in 1..=3 {
        let (store, mut rig) = home.start(&fast());
        // Each life hands out, without a hole, what was changed since it began.
        let mut last = None;
        let mut handed = 0;
        while handed < UPDATES / 20 {
            let events = tokio::select! {
                events = rig.tail.recv() => events.expect("the engine lives"),
                _ = &mut outsider => panic!("all is done before life {life} is over"),
            };
            for appended in events {
                let seq = appended.entry.seq;
                assert!(last.is_none_or(|last| seq == Seq::next(last)), "{last:?}, {seq:?}");
                last = Some(seq);
                handed += 1;
            }
        }
        drop(rig.tail);
        store.close().await;
    }
    outsider.await.expect("all is done");

    let (_, rig) = home.start(&fast());
    let log = rig.log(Topic::Orders).await;
    assert_eq!(log.len(), 3 + UPDATES, "all are in the log, once");
    for (number, event) in (1..).zip(&log[3..]) {
        let Event::Orders(OrdersEvent::Changed { order, .. }) = event else { panic!("{event:?}") };
        assert_eq!(order.note, number.to_string(), "in order");
    }
    let kept: Vec<String> =
        list(&rig, &mina).await.orders.iter().map(|order| order.note.clone()).collect();
    assert_eq!(kept, ["9999", "10000", "9998"]);
}
