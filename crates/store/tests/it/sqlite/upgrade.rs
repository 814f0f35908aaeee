//! A database of every earlier version opens, and keeps what was in it.

use std::fs;
use std::path::Path;

use madang_hub::ports::{Committed, Recovery};
use madang_hub::rooms::FIRST_ROOM;
use madang_shared::counter::CounterSnapshot;
use madang_shared::delivery::ReceiptStatus;
use madang_shared::notices::{InboxSnapshot, NoticeContent, NoticesSnapshot};
use madang_shared::posts::PostsCommand;
use madang_shared::{CommandId, Epoch, PostId, Seq, Snapshot, Timestamp, Topic, User, UserId};
use refinery::{Migration, Runner};
use rusqlite::Connection;
use uuid::Uuid;

use super::{Home, fast};
use crate::support::{Rig, post, said, texts, token, write};

/// What came into a database while it had this schema, the first that could hold it; as the version of
/// that time wrote it.
const HELD: &[(usize, &str)] = &[
    (
        1,
        r#"INSERT INTO users (id, name, name_key, made_at) VALUES (1, '민수', '민수', 10), (2, 'Jane', 'jane', 11), (3, 'Gone', 'gone', 12);
        INSERT INTO rooms (id, name, name_key, made_at) VALUES (1, '마당', '마당', 9);
        INSERT INTO members VALUES (1, 1, 1), (2, 1, 0);
        INSERT INTO topics (name, epoch, head) VALUES
            ('rooms', 7, 1), ('room:1', 8, 2), ('memberships:1', 9, 1), ('memberships:2', 10, 1),
            ('memberships:3', 11, 2);
        INSERT INTO log VALUES
            (1, 1, 9, '{"rooms":{"created":{"id":1,"name":"마당","made_by":null,"made_at":9}}}'),
            (2, 1, 20, '{"chat":{"posted":{"seq":1,"author":{"id":1,"name":"민수"},"at":20,"text":"첫 말","command":"00000000-0000-0000-0000-000000000001"}}}'),
            (2, 2, 21, '{"chat":{"posted":{"seq":2,"author":{"id":2,"name":"Jane"},"at":21,"text":"hello","command":"00000000-0000-0000-0000-000000000002"}}}'),
            (3, 1, 10, '{"membership":{"joined":{"room":1,"read_up_to":0,"unread":0,"head":0}}}'),
            (4, 1, 11, '{"membership":{"joined":{"room":1,"read_up_to":0,"unread":0,"head":0}}}'),
            (5, 1, 12, '{"membership":{"joined":{"room":1,"read_up_to":0,"unread":0,"head":0}}}'),
            (5, 2, 20, '{"membership":{"left":{"room":1}}}');
        INSERT INTO messages VALUES
            (1, 1, 1, 20, x'00000000000000000000000000000001', '첫 말'),
            (1, 2, 2, 21, x'00000000000000000000000000000002', 'hello');
        INSERT INTO commands VALUES (1, x'00000000000000000000000000000001', 2, 1);"#,
    ),
    (
        3,
        r#"UPDATE counter SET value = 41;
        UPDATE topics SET head = 1 WHERE name = 'counter';
        INSERT INTO log SELECT id, 1, 30, '{"counter":{"added":{"by":{"id":1,"name":"민수"},"amount":41,"value":41,"command":"00000000-0000-0000-0000-000000000003"}}}' FROM topics WHERE name = 'counter';"#,
    ),
    (
        4,
        r#"INSERT INTO posts (id, author_id, at, edited_at, text) VALUES (1, 1, 40, NULL, '그대로'), (2, 1, 41, 43, 'second try');
        INSERT INTO posts (id, author_id, at, edited_at, text) VALUES (3, 2, 42, NULL, 'gone');
        DELETE FROM posts WHERE id = 3;
        UPDATE topics SET head = 5 WHERE name = 'posts';
        INSERT INTO log SELECT id, 1, 40, '{"posts":{"created":{"post":{"id":1,"author":{"id":1,"name":"민수"},"at":40,"text":"그대로"},"command":"00000000-0000-0000-0000-000000000004"}}}' FROM topics WHERE name = 'posts';
        INSERT INTO log SELECT id, 2, 41, '{"posts":{"created":{"post":{"id":2,"author":{"id":1,"name":"민수"},"at":41,"text":"first try"},"command":"00000000-0000-0000-0000-000000000005"}}}' FROM topics WHERE name = 'posts';
        INSERT INTO log SELECT id, 3, 42, '{"posts":{"created":{"post":{"id":3,"author":{"id":2,"name":"Jane"},"at":42,"text":"gone"},"command":"00000000-0000-0000-0000-000000000006"}}}' FROM topics WHERE name = 'posts';
        INSERT INTO log SELECT id, 4, 43, '{"posts":{"edited":{"post":{"id":2,"author":{"id":1,"name":"민수"},"at":41,"edited_at":43,"text":"second try"},"command":"00000000-0000-0000-0000-000000000007"}}}' FROM topics WHERE name = 'posts';
        INSERT INTO log SELECT id, 5, 44, '{"posts":{"deleted":{"post":3,"by":{"id":2,"name":"Jane"},"command":"00000000-0000-0000-0000-000000000008"}}}' FROM topics WHERE name = 'posts';"#,
    ),
    (
        5,
        "INSERT INTO orders (customer_id, note) VALUES (2, '덜 맵게');
        UPDATE orders SET status = 'accepted';",
    ),
    (6, "UPDATE messages SET mood = 'positive', mood_score = 431 WHERE seq = 2;"),
    (
        7,
        "INSERT INTO users (id, name, name_key, made_at) VALUES (4, 'Socket.IO', 'socket.io', 60);
        INSERT INTO topics (name) VALUES ('memberships:4');
        INSERT INTO services VALUES ('socketio', 4);",
    ),
    (
        8,
        "INSERT INTO tell_all (content) VALUES (json_object('scheduled', json_object('ko', '쉬어요', 'en', 'A break')));",
    ),
];

/// The migrations, oldest first, as they lie in their folder.
fn migrations() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/sqlite");
    let mut found: Vec<(usize, String, String)> = fs::read_dir(folder)
        .expect("there")
        .map(|entry| {
            let path = entry.expect("readable").path();
            let name = path.file_stem().expect("named").to_str().expect("text").to_owned();
            let number = name[1..].split("__").next().expect("a number").parse().expect("a number");
            (number, name, fs::read_to_string(path).expect("readable"))
        })
        .collect();
    found.sort();
    let numbers: Vec<usize> = found.iter().map(|(number, ..)| *number).collect();
    assert_eq!(numbers, (1..=found.len()).collect::<Vec<_>>(), "none is left out");
    found.into_iter().map(|(_, name, sql)| (name, sql)).collect()
}

/// A database that began with the first version and has come to this one, step by step.
fn of_version(version: usize) -> Home {
    let home = Home::new();
    let mut connection = Connection::open(home.path()).expect("opens");
    let known: Vec<Migration> = migrations()
        .iter()
        .map(|(name, sql)| Migration::unapplied(name, sql).expect("a migration"))
        .collect();
    for step in 1..=version {
        Runner::new(&known[..step]).run(&mut connection).expect("applies");
        for (_, held) in HELD.iter().filter(|(since, _)| *since == step) {
            connection.execute_batch(held).expect("held");
        }
    }
    // The first session of the first user, whose token the tests know.
    let session = "INSERT INTO sessions VALUES (?1, 1, 10)";
    connection.execute(session, [token("민수")]).expect("held");
    home
}

/// The schema, in words.
fn schema(home: &Home) -> Vec<String> {
    let beside = home.beside();
    let sql = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type, name";
    let mut statement = beside.prepare(sql).expect("readable");
    let rows = statement.query_map([], |row| row.get(0)).expect("readable");
    rows.map(|row| row.expect("text")).collect()
}

async fn feed(rig: &Rig, reader: &User) -> Vec<(u64, String)> {
    match rig.state(reader, Topic::Posts).await.1 {
        Snapshot::Posts(page) => {
            page.posts.into_iter().map(|post| (post.id.0, post.text)).collect()
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_database_of_every_earlier_version_opens_and_keeps_what_was_in_it() {
    let fresh = Home::new();
    fresh.start(&fast()).0.close().await;
    let newest = migrations().len();
    for version in 1..=newest {
        let home = of_version(version);
        let (store, rig) = home.start(&fast());
        keeps(&rig, version).await;
        goes_on(&rig, version).await;
        store.close().await;
        drop((store, rig));
        assert_eq!(schema(&home), schema(&fresh), "{version}: as if it had been made today");
        let beside = home.beside();
        let check = |pragma| beside.prepare(pragma).expect("known").exists([]).expect("asked");
        assert!(!check("PRAGMA foreign_key_check"), "{version}");
        // It opens again, and nothing is applied twice.
        let (store, rig) = home.start(&fast());
        keeps(&rig, version).await;
        store.close().await;
    }
}

/// What was there is there.
async fn keeps(rig: &Rig, version: usize) {
    let minsu = User { id: UserId(1), name: "민수".into() };
    assert_eq!(rig.store.session(token("민수")).await, Ok(Some(minsu.clone())), "{version}");
    let room = Topic::Room(FIRST_ROOM);
    let page = rig.newest(&minsu, FIRST_ROOM).await;
    assert_eq!(texts(&page)[..2], ["첫 말", "hello"], "{version}");
    assert_eq!(page.messages[1].sentiment.is_some(), version >= 6, "{version}");
    let said_then: Vec<_> =
        rig.log(room).await.iter().take(2).map(|e| said(e).to_owned()).collect();
    assert_eq!(said_then, ["첫 말", "hello"], "{version}");
    let known = madang_shared::Position::new(Epoch(8), Seq(1));
    let opened = rig.store.open(minsu.id, room, Some(known)).await.expect("readable");
    assert!(matches!(opened, Recovery::Resumed { head } if head.epoch == Epoch(8)), "{version}");
    let again = rig.one(post(&minsu, 1, FIRST_ROOM, "첫 말")).await.expect("answered");
    let Committed { at: Some(first), .. } = again else { panic!("{version}: {again:?}") };
    assert_eq!((first.topic, first.seq), (room, Seq(1)), "{version}: sent again, it is there once");

    let delivery = rig.store.delivery(minsu.id, FIRST_ROOM, Seq(1)).await.expect("a member");
    let people: Vec<_> = delivery.people.iter().map(|(user, it)| (user.id.0, *it)).collect();
    let (gone, jane) =
        (ReceiptStatus::Left { at: Timestamp(20) }, ReceiptStatus::Unread { up_to: Seq(0) });
    assert_eq!(people, [(3, gone), (2, jane), (1, ReceiptStatus::Wrote)], "{version}");
    let delivery = rig.store.delivery(minsu.id, FIRST_ROOM, Seq(2)).await.expect("a member");
    assert_eq!(delivery.people.len(), 2, "{version}: gone before it came");

    let count = if version >= 3 { 41 } else { 0 };
    let counter = rig.state(&minsu, Topic::Counter).await.1;
    assert_eq!(counter, CounterSnapshot { value: count }.into(), "{version}");
    let Snapshot::Orders(orders) = rig.state(&minsu, Topic::Orders).await.1 else { panic!() };
    let notes: Vec<_> = orders.orders.iter().map(|order| order.note.as_str()).collect();
    assert_eq!(notes, ["덜 맵게"][..usize::from(version >= 5)], "{version}");
    assert_eq!(orders.menu.len(), 7, "{version}");

    let Snapshot::Inbox(inbox) = rig.state(&minsu, Topic::Inbox(minsu.id)).await.1 else {
        panic!()
    };
    assert_eq!(inbox.marks, InboxSnapshot::default().marks, "{version}: everybody has an inbox");
    let Snapshot::Notices(NoticesSnapshot { notices, .. }) =
        rig.state(&minsu, Topic::Notices).await.1
    else {
        panic!()
    };
    let scheduled = |what: &NoticeContent| matches!(what, NoticeContent::Scheduled { .. });
    let told = notices.iter().filter(|notice| scheduled(&notice.what)).count();
    assert_eq!(told, usize::from(version >= 8), "{version}");

    let posts = feed(rig, &minsu).await;
    let old: Vec<_> = posts.iter().filter(|(id, _)| *id <= 3).cloned().collect();
    let held = [(2, "second try".to_owned()), (1, "그대로".to_owned())];
    assert_eq!(old, held[..if version >= 4 { 2 } else { 0 }], "{version}");
    let log = format!("{:?}", rig.log(Topic::Posts).await);
    assert!(!log.contains("first try") && !log.contains("gone"), "{version}: {log}");
    assert_eq!(log.contains("그대로") && log.contains("second try"), version >= 4, "{log}");
}

/// What could be done with it can be done on.
async fn goes_on(rig: &Rig, version: usize) {
    let jane = User { id: UserId(2), name: "Jane".into() };
    let placed = rig.place(post(&jane, 9, FIRST_ROOM, "@민수 하나 더")).await;
    assert_eq!(placed.seq, Seq(3), "{version}");
    rig.place(write(&jane, 10, PostsCommand::Create { text: "a new one".into() })).await;
    let (newest, _) = feed(rig, &jane).await[0];
    assert_eq!(newest, if version >= 4 { 4 } else { 1 }, "{version}: no id is given out twice");
    let edit = PostsCommand::Edit { post: PostId(newest), text: "a newer one".into() };
    rig.place(write(&jane, 11, edit)).await;
    let log = format!("{:?}", rig.log(Topic::Posts).await);
    assert!(log.contains("a newer one") && !log.contains("a new one"), "{version}: {log}");
    rig.place(write(&jane, 12, PostsCommand::Delete { post: PostId(newest) })).await;
    assert!(!format!("{:?}", rig.log(Topic::Posts).await).contains("a newer one"), "{version}");
    let resent = write(&jane, 10, PostsCommand::Create { text: "a new one".into() });
    assert!(resent.command == CommandId(Uuid::from_u128(10)));
    assert!(rig.one(resent).await.is_ok_and(|committed| committed.at.is_some()), "{version}");
}
