//! Notices that other programs cause or append.

use madang_shared::notices::KEPT_NOTICES;
use madang_shared::notices::{
    InboxEvent, Notice, NoticeContent, NoticesEvent, OrderNoticesEvent, PostNoticesEvent,
};
use madang_shared::orders::OrderStatus::{self, Accepted, Cancelled, Pending};
use madang_shared::{Event, OrderId, Seq, Snapshot, Topic, User, codec};

use super::orders::shell;
use super::{TestDatabase, fast_options};
use crate::support::{TestStore, write};
use madang_hub::ports::TopicEvent;

/// The notice of an event. Checks that its encoding equals that of this version.
fn notice_of(appended: &TopicEvent) -> (Topic, NoticeContent) {
    let content = &*appended.entry.content;
    let event = codec::decode_event(content).expect("readable");
    assert_eq!(codec::encode_event(&event), content);
    match event {
        Event::Notices(NoticesEvent::Told(notice))
        | Event::Inbox(InboxEvent::Told(notice))
        | Event::OrderNotices(OrderNoticesEvent(notice))
        | Event::PostNotices(PostNoticesEvent(notice)) => {
            assert_eq!(notice.seq, appended.entry.seq);
            (appended.topic, notice.what)
        }
        other => panic!("{other:?}"),
    }
}

async fn inbox(test_store: &TestStore, user: &User) -> Vec<Notice> {
    match test_store.snapshot(user, Topic::Inbox(user.id)).await.1 {
        Snapshot::Inbox(inbox) => inbox.notices,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn orders_that_a_shell_changes_cause_notices() {
    let database = TestDatabase::new();
    let (_, mut test_store) = database.start(&fast_options());
    let mina = test_store.user("Mina \"M\"").await;
    let own = Topic::Inbox(mina.id);
    shell(
        &database,
        "INSERT INTO orders (customer_id) VALUES (1);
        UPDATE orders SET note = 'moves nothing';
        UPDATE orders SET status = 'accepted';
        INSERT INTO orders (customer_id) VALUES (1);
        UPDATE orders SET status = 'cancelled';
        DELETE FROM orders WHERE id = 1;
        INSERT INTO orders (customer_id) VALUES (1);
        DELETE FROM orders WHERE id = 3;",
    );
    let received: Vec<_> = test_store.receive_notices(7).await.iter().map(notice_of).collect();
    let made = |order| {
        let what = NoticeContent::Ordered { order: OrderId(order), by: mina.clone() };
        (Topic::OrderNotices, what)
    };
    let moved = |order, was: OrderStatus, now| {
        (own, NoticeContent::OrderMoved { order: OrderId(order), was, now })
    };
    assert_eq!(
        received,
        [
            made(1),
            moved(1, Pending, Some(Accepted)),
            made(2),
            moved(1, Accepted, Some(Cancelled)),
            moved(2, Pending, Some(Cancelled)),
            made(3),
            moved(3, Pending, None),
        ]
    );
    assert_eq!(inbox(&test_store, &mina).await.len(), 4);
}

#[tokio::test]
async fn a_shell_can_append_notices_and_a_missing_user_is_refused() {
    let database = TestDatabase::new();
    let (_, mut test_store) = database.start(&fast_options());
    let mina = test_store.user("Mina").await;
    shell(
        &database,
        "INSERT INTO broadcast_notices (content)
            VALUES (json_object('scheduled', json_object('ko', '쉬어요', 'en', 'A break')));
        INSERT INTO user_notices (user_id, content)
            VALUES (1, json_object('scheduled', json_object('ko', '너만', 'en', 'You')));",
    );
    let received: Vec<_> = test_store.receive_notices(2).await.iter().map(notice_of).collect();
    let scheduled = |ko: &str, en: &str| NoticeContent::Scheduled { ko: ko.into(), en: en.into() };
    let expected = [
        (Topic::Notices, scheduled("쉬어요", "A break")),
        (Topic::Inbox(mina.id), scheduled("너만", "You")),
    ];
    assert_eq!(received, expected);

    let external = database.external();
    let missing_user = "INSERT INTO user_notices (user_id, content) VALUES (99, '{}')";
    let refused = external.execute(missing_user, []).expect_err("refused").to_string();
    assert!(refused.contains("the user does not exist"), "{refused}");
    // An unreadable notice is not in the inbox and blocks no later event.
    external
        .execute("INSERT INTO user_notices (user_id, content) VALUES (1, '{}')", [])
        .expect("JSON");
    assert_eq!(test_store.receive_notices(1).await[0].entry.seq, Seq(2));
    assert_eq!(inbox(&test_store, &mina).await.len(), 1);
}

#[tokio::test]
async fn notices_from_a_stopped_server_are_in_the_inbox_after_its_start() {
    let database = TestDatabase::new();
    let (store, test_store) = database.start(&fast_options());
    let mina = test_store.user("Mina").await;
    store.close().await;
    drop((store, test_store));
    shell(
        &database,
        "INSERT INTO orders (customer_id) VALUES (1); UPDATE orders SET status = 'accepted';",
    );
    let (_, mut test_store) = database.start(&fast_options());
    assert_eq!(inbox(&test_store, &mina).await.len(), 1);
    // The event stream continues with later notices, and the list of pending events is emptied.
    let count = 3 * KEPT_NOTICES as u128;
    for number in 0..count {
        let command = madang_shared::posts::PostsCommand::Create { text: "x".into() };
        test_store.commit(write(&mina, number, command)).await;
    }
    let received = test_store.receive_notices(3 * KEPT_NOTICES).await;
    let seqs: Vec<u64> = received.iter().map(|event| event.entry.seq.0).collect();
    assert_eq!(seqs, (1..=3 * KEPT_NOTICES as u64).collect::<Vec<_>>());
    let pending: i64 = database
        .external()
        .query_row("SELECT count(*) FROM pending_events", [], |row| row.get(0))
        .expect("readable");
    assert!(pending <= 1, "{pending} events are still pending");
}

#[tokio::test]
async fn the_acting_user_is_recorded_only_during_the_command() {
    let database = TestDatabase::new();
    let (_, test_store) = database.start(&fast_options());
    let mina = test_store.user("Mina").await;
    let line = madang_shared::orders::OrderLine {
        item: madang_shared::MenuItemId(1),
        quantity: 1,
        price_won: 7_000,
    };
    let place = madang_shared::orders::OrdersCommand::Place {
        lines: vec![line],
        note: String::new(),
        destination: madang_shared::orders::Destination::Table(4),
    };
    test_store.commit(write(&mina, 1, place)).await;
    let actors = "SELECT count(*) FROM orders_actor";
    let actors: i64 =
        database.external().query_row(actors, [], |row| row.get(0)).expect("readable");
    assert_eq!(actors, 0);
    shell(&database, "UPDATE orders SET status = 'accepted'");
    assert_eq!(inbox(&test_store, &mina).await.len(), 1);
}
