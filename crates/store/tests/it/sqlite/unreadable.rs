//! Values that another program wrote and that cannot be read. All other values stay visible.

use madang_hub::ports::{Recovery, StoreError};
use madang_hub::rooms::FIRST_ROOM;
use madang_shared::counter::CounterCommand;
use madang_shared::posts::PostsCommand;
use madang_shared::{Event, PostId, Seq, Snapshot, Topic, User};

use super::orders::shell;
use super::{TestDatabase, fast_options};
use crate::support::{NOBODY, NOW, TestStore, create, post, texts, token, write};

/// A database with two messages, a post, a room and an order of one user.
async fn filled(database: &TestDatabase) -> (TestStore, User) {
    let (_, test_store) = database.start(&fast_options());
    let mina = test_store.user("Mina").await;
    test_store.commit(post(&mina, 1, FIRST_ROOM, "first")).await;
    test_store.commit(post(&mina, 2, FIRST_ROOM, "second")).await;
    test_store.commit(write(&mina, 3, PostsCommand::Create { text: "a post".to_owned() })).await;
    test_store.commit(create(&mina, 4, "A room")).await;
    shell(database, "INSERT INTO orders (customer_id, note) VALUES (1, 'one'), (1, 'two')");
    (test_store, mina)
}

#[tokio::test]
async fn a_text_that_is_no_utf8_is_shown_with_a_replacement() {
    let database = TestDatabase::new();
    let (test_store, mina) = filled(&database).await;
    shell(
        &database,
        "UPDATE messages SET text = CAST(x'c8' AS TEXT), guest_name = CAST(x'67c8' AS TEXT),
            guest_connection = CAST(x'c8' AS TEXT) WHERE seq = 1;
        UPDATE posts SET text = CAST(x'61c862' AS TEXT);
        UPDATE rooms SET name = CAST(x'c8' AS TEXT) WHERE id = 2;
        UPDATE orders SET note = CAST(x'c8' AS TEXT) WHERE id = 1;
        UPDATE menu_items SET name_ko = CAST(x'c8' AS TEXT) WHERE id = 1;
        UPDATE app_notices SET content = CAST(x'7b22c8223a317d' AS TEXT) WHERE seq = 1;",
    );
    let page = test_store.newest(&mina, FIRST_ROOM).await;
    assert_eq!(texts(&page), ["\u{FFFD}", "second"]);
    assert_eq!(page.messages[0].guest.as_ref().map(|it| it.name.as_str()), Some("g\u{FFFD}"));
    let found = test_store.store.post(mina.id, PostId(1)).await.expect("readable");
    assert_eq!(found.text, "a\u{FFFD}b");
    match test_store.snapshot(&mina, Topic::Memberships(mina.id)).await.1 {
        Snapshot::Membership(snapshot) => assert_eq!(snapshot.rooms[1].name, "\u{FFFD}"),
        other => panic!("{other:?}"),
    }
    match test_store.snapshot(&mina, Topic::Orders).await.1 {
        Snapshot::Orders(orders) => {
            let notes: Vec<&str> = orders.orders.iter().map(|order| order.note.as_str()).collect();
            assert_eq!(notes, ["\u{FFFD}", "two"]);
            assert_eq!(orders.menu[0].name_ko, "\u{FFFD}");
        }
        other => panic!("{other:?}"),
    }
    match test_store.snapshot(&mina, Topic::OrderNotices).await.1 {
        Snapshot::OrderNotices(notices) => assert_eq!(notices.0.len(), 1),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_user_with_an_unreadable_name_can_do_everything() {
    let database = TestDatabase::new();
    let (test_store, mina) = filled(&database).await;
    shell(
        &database,
        "UPDATE users SET name = CAST(x'4dc8' AS TEXT), name_key = CAST(x'c8' AS TEXT)",
    );
    let me =
        test_store.store.session(token("Mina"), NOW).await.expect("readable").expect("signed in");
    assert_eq!((me.id, me.name.as_str()), (mina.id, "M\u{FFFD}"));
    test_store.commit(post(&me, 9, FIRST_ROOM, "I am here")).await;
    let page = test_store.newest(&me, FIRST_ROOM).await;
    assert!(page.messages.iter().all(|message| message.author == me));
    let recipients = test_store.store.delivery(me.id, FIRST_ROOM, Seq(1)).await.expect("readable");
    assert_eq!(recipients.people[0].0, me);
    test_store.commit(create(&me, 10, "mine")).await;
}

#[tokio::test]
async fn values_that_break_the_rules_of_the_schema_hide_nothing_else() {
    let database = TestDatabase::new();
    let (test_store, mina) = filled(&database).await;
    shell(
        &database,
        "PRAGMA ignore_check_constraints = ON;
        UPDATE messages SET at = -1, command = x'07', mood = 'odd', guest_name = 'g' WHERE seq = 1;
        UPDATE posts SET at = -1, edited_at = -1;
        UPDATE order_lines SET quantity = -1;
        INSERT INTO order_lines (order_id, menu_item_id, quantity, price_won) VALUES (1, 1, 1, 1);
        UPDATE order_lines SET quantity = -1;",
    );
    let page = test_store.newest(&mina, FIRST_ROOM).await;
    assert_eq!(texts(&page), ["first", "second"]);
    assert_eq!(test_store.store.post(mina.id, PostId(1)).await.expect("readable").at.0, 0);
    match test_store.snapshot(&mina, Topic::Orders).await.1 {
        Snapshot::Orders(orders) => {
            let notes: Vec<&str> = orders.orders.iter().map(|order| order.note.as_str()).collect();
            assert_eq!(notes, ["two"], "an order that cannot be read is left out");
        }
        other => panic!("{other:?}"),
    }
    // A message of a user whom another program has deleted.
    shell(&database, "PRAGMA foreign_keys = OFF; UPDATE messages SET author_id = 99 WHERE seq = 1");
    let page = test_store.newest(&mina, FIRST_ROOM).await;
    assert_eq!(texts(&page), ["first", "second"]);
    assert_eq!(page.messages[0].author.name, "\u{FFFD}");
}

#[tokio::test]
async fn an_unreadable_or_missing_event_is_left_out_and_keeps_its_seq() {
    let database = TestDatabase::new();
    let (test_store, mina) = filled(&database).await;
    for (n, text) in (10..).zip(["3", "4", "5", "6", "7"]) {
        test_store.commit(post(&mina, n, FIRST_ROOM, text)).await;
    }
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    shell(
        &database,
        &format!(
            "UPDATE log SET content = '{{\"chat\":{{\"posted\":\"\\ud800\"}}}}'
                WHERE seq = 1 AND topic_id = (SELECT id FROM topics WHERE name = 'room:1');
            UPDATE log SET content = '{deep}'
                WHERE seq = 2 AND topic_id = (SELECT id FROM topics WHERE name = 'room:1');
            UPDATE log SET content = CAST(x'7b2261c8223a317d' AS TEXT)
                WHERE seq = 3 AND topic_id = (SELECT id FROM topics WHERE name = 'room:1');
            DELETE FROM log WHERE seq IN (4, 5, 7)
                AND topic_id = (SELECT id FROM topics WHERE name = 'room:1');"
        ),
    );
    let topic = Topic::Room(FIRST_ROOM);
    let read = async |after, limit| {
        let entries =
            test_store.store.read_log(NOBODY, topic, Seq(after), limit).await.expect("readable");
        entries
            .into_iter()
            .map(|entry| (entry.seq.0, entry.content.to_string()))
            .collect::<Vec<_>>()
    };
    let all = read(0, 100).await;
    let seqs: Vec<u64> = all.iter().map(|(seq, _)| *seq).collect();
    assert_eq!(seqs, [1, 2, 3, 4, 5, 6, 7]);
    let contents: Vec<&str> = all.iter().map(|(_, content)| content.as_str()).collect();
    assert_eq!(contents[..5], ["null", "null", "{\"a\u{FFFD}\":1}", "null", "null"]);
    let decoded = madang_shared::codec::decode_event(contents[5]);
    assert!(matches!(decoded, Ok(Event::Chat(_))), "{decoded:?}");
    assert_eq!(contents[6], "null", "the log ends before its head");
    assert_eq!(read(3, 1).await, [(4, "null".to_owned())]);
    assert_eq!(read(3, 3).await.len(), 3);
    assert_eq!(read(7, 3).await, []);
    // A repeated command whose topic has an unknown name is acknowledged.
    shell(&database, "UPDATE topics SET name = CAST(x'c8' AS TEXT) WHERE name = 'posts'");
    let again = write(&mina, 3, PostsCommand::Create { text: "a post".to_owned() });
    let committed = test_store.store.commit(vec![again]).await.remove(0).expect("applied before");
    assert_eq!(committed.at, None);
    let opened = test_store.open(mina.id, topic, None).await;
    assert!(matches!(opened, Ok(Recovery::State(_))));
}

#[tokio::test]
async fn a_missing_row_refuses_its_command_for_good() {
    let database = TestDatabase::new();
    let (test_store, mina) = filled(&database).await;
    shell(&database, "DELETE FROM counter");
    let add = CounterCommand::Add { amount: 1 };
    match test_store.store.commit(vec![write(&mina, 5, add)]).await.pop() {
        Some(Err(StoreError::Refused(failure))) => assert!(!failure.retry, "{failure:?}"),
        other => panic!("{other:?}"),
    }
    test_store.commit(post(&mina, 6, FIRST_ROOM, "third")).await;
}

#[tokio::test]
async fn a_value_that_breaks_a_rule_of_its_column_does_not_prevent_a_start() {
    let database = TestDatabase::new();
    let (store, test_store) = database.start(&fast_options());
    let mina = test_store.user("Mina").await;
    test_store.commit(post(&mina, 1, FIRST_ROOM, "first")).await;
    store.close().await;
    drop((store, test_store));
    shell(&database, "PRAGMA ignore_check_constraints = ON; UPDATE users SET name = ''");
    let (_, test_store) = database.start(&fast_options());
    assert_eq!(texts(&test_store.newest(&mina, FIRST_ROOM).await), ["first"]);
}
