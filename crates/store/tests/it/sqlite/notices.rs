//! Whoever changes the orders causes notices, and whoever has something to say may say it.

use madang_shared::notices::KEPT_NOTICES;
use madang_shared::notices::{InboxEvent, Notice, NoticeContent, NoticesEvent};
use madang_shared::orders::OrderStatus::{self, Accepted, Cancelled, Pending};
use madang_shared::{Event, OrderId, Seq, Snapshot, Topic, User, codec};

use super::orders::shell;
use super::{Home, fast};
use crate::support::{Rig, write};
use madang_hub::ports::TopicEvent;

/// The notice, which must be written exactly as this version would write it.
fn told(appended: &TopicEvent) -> (Topic, NoticeContent) {
    let content = &*appended.entry.content;
    let event = codec::decode_event(content).expect("readable");
    assert_eq!(codec::encode_event(&event), content);
    match event {
        Event::Notices(NoticesEvent::Told(notice)) | Event::Inbox(InboxEvent::Told(notice)) => {
            assert_eq!(notice.seq, appended.entry.seq);
            (appended.topic, notice.what)
        }
        other => panic!("{other:?}"),
    }
}

async fn inbox(rig: &Rig, user: &User) -> Vec<Notice> {
    match rig.state(user, Topic::Inbox(user.id)).await.1 {
        Snapshot::Inbox(inbox) => inbox.notices,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn orders_that_a_shell_changes_are_noticed() {
    let home = Home::new();
    let (_, mut rig) = home.start(&fast());
    let mina = rig.user("Mina \"M\"").await;
    let own = Topic::Inbox(mina.id);
    shell(
        &home,
        "INSERT INTO orders (customer_id) VALUES (1);
        UPDATE orders SET note = 'moves nothing';
        UPDATE orders SET status = 'accepted';
        INSERT INTO orders (customer_id) VALUES (1);
        UPDATE orders SET status = 'cancelled';
        DELETE FROM orders WHERE id = 1;
        INSERT INTO orders (customer_id) VALUES (1);
        DELETE FROM orders WHERE id = 3;",
    );
    let handed: Vec<_> = rig.noticed(7).await.iter().map(told).collect();
    let made = |order| {
        let what = NoticeContent::Ordered { order: OrderId(order), by: mina.clone() };
        (Topic::Notices, what)
    };
    let moved = |order, was: OrderStatus, now| {
        (own, NoticeContent::OrderMoved { order: OrderId(order), was, now })
    };
    assert_eq!(
        handed,
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
    assert_eq!(inbox(&rig, &mina).await.len(), 4);
}

#[tokio::test]
async fn a_shell_may_tell_everybody_or_one_and_is_told_if_there_is_no_such_user() {
    let home = Home::new();
    let (_, mut rig) = home.start(&fast());
    let mina = rig.user("Mina").await;
    shell(
        &home,
        "INSERT INTO tell_all (content)
            VALUES (json_object('scheduled', json_object('ko', '쉬어요', 'en', 'A break')));
        INSERT INTO tell_one (user_id, content)
            VALUES (1, json_object('scheduled', json_object('ko', '너만', 'en', 'You')));",
    );
    let handed: Vec<_> = rig.noticed(2).await.iter().map(told).collect();
    let said = |ko: &str, en: &str| NoticeContent::Scheduled { ko: ko.into(), en: en.into() };
    let expected =
        [(Topic::Notices, said("쉬어요", "A break")), (Topic::Inbox(mina.id), said("너만", "You"))];
    assert_eq!(handed, expected);

    let beside = home.beside();
    let nobody = "INSERT INTO tell_one (user_id, content) VALUES (99, '{}')";
    let refused = beside.execute(nobody, []).expect_err("refused").to_string();
    assert!(refused.contains("there is no such user"), "{refused}");
    // What no version can read is listed nowhere, and holds up nothing.
    beside.execute("INSERT INTO tell_one (user_id, content) VALUES (1, '{}')", []).expect("JSON");
    assert_eq!(rig.noticed(1).await[0].entry.seq, Seq(2));
    assert_eq!(inbox(&rig, &mina).await.len(), 1);
}

#[tokio::test]
async fn what_is_noticed_while_the_server_is_down_is_there_when_it_is_back() {
    let home = Home::new();
    let (store, rig) = home.start(&fast());
    let mina = rig.user("Mina").await;
    store.close().await;
    drop((store, rig));
    shell(
        &home,
        "INSERT INTO orders (customer_id) VALUES (1); UPDATE orders SET status = 'accepted';",
    );
    let (_, mut rig) = home.start(&fast());
    assert_eq!(inbox(&rig, &mina).await.len(), 1);
    // What comes next is handed out from there on; the list that leads to it is emptied on the way.
    let count = 3 * KEPT_NOTICES as u128;
    for number in 0..count {
        let command = madang_shared::posts::PostsCommand::Create { text: "x".into() };
        rig.place(write(&mina, number, command)).await;
    }
    let handed = rig.noticed(3 * KEPT_NOTICES).await;
    let places: Vec<u64> = handed.iter().map(|event| event.entry.seq.0).collect();
    assert_eq!(places, (2..=1 + 3 * KEPT_NOTICES as u64).collect::<Vec<_>>());
    let listed: i64 = home
        .beside()
        .query_row("SELECT count(*) FROM notices_told", [], |row| row.get(0))
        .expect("readable");
    assert!(listed <= 1, "{listed} places are listed still");
}

#[tokio::test]
async fn an_order_is_nobodys_doing_once_its_command_is_over() {
    let home = Home::new();
    let (_, rig) = home.start(&fast());
    let mina = rig.user("Mina").await;
    let line = madang_shared::orders::OrderLine {
        item: madang_shared::MenuItemId(1),
        quantity: 1,
        price_won: 7_000,
    };
    let place =
        madang_shared::orders::OrdersCommand::Place { lines: vec![line], note: String::new() };
    rig.place(write(&mina, 1, place)).await;
    let actors = "SELECT count(*) FROM orders_actor";
    let actors: i64 = home.beside().query_row(actors, [], |row| row.get(0)).expect("readable");
    assert_eq!(actors, 0);
    shell(&home, "UPDATE orders SET status = 'accepted'");
    assert_eq!(inbox(&rig, &mina).await.len(), 1);
}
