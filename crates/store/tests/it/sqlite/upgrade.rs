//! Databases of all earlier versions open, and keep their data.

use std::fs;
use std::path::Path;

use madang_hub::ports::{Committed, Recovery};
use madang_hub::rooms::FIRST_ROOM;
use madang_shared::counter::CounterSnapshot;
use madang_shared::delivery::ReadStatus;
use madang_shared::details::DetailsSnapshot;
use madang_shared::grants::Grant;
use madang_shared::notices::{
    InboxSnapshot, NoticeContent, NoticesSnapshot, OrderNoticesSnapshot, ReadMark,
};
use madang_shared::profile::Profile;
use madang_shared::roles::{Posting, RoomKind};
use madang_shared::rooms::Room;
use madang_shared::{Epoch, ErrorCode, RoomId, Seq, Snapshot, Timestamp, Topic, User, UserId};
use refinery::{Migration, Runner};
use rusqlite::Connection;

use super::upgraded_administration::check_administration;
use super::upgraded_later::{LATER, check_later};
use super::upgraded_messages::{MESSAGES, check_messages};
use super::upgraded_writes::{check_writes, feed};
use super::{TestDatabase, fast_options};
use crate::support::{NOBODY, NOW, TestStore, post, refusal, sign_up, token};

/// Data for each schema that was the first to hold it, as the version of that schema wrote it.
const DATA: &[(usize, &str)] = &[
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
    (
        10,
        r#"INSERT INTO users (id, name, name_key, made_at) VALUES (5, 'Late', 'late', 70);
        INSERT INTO topics (name) VALUES ('memberships:5'), ('inbox:5');
        INSERT INTO inboxes (user_id, marks) VALUES (5, '{"everybody":{"up_to":1,"beyond":[]},"own":{"up_to":0,"beyond":[]}}');
        INSERT INTO members (user_id, room_id, read_up_to, joined_after) VALUES (5, 1, 2, 2);
        INSERT INTO notice_schedules (schedule, told_up_to) VALUES ('break', 500);
        INSERT INTO notice_demo (id, started_by, started_at, told) VALUES (1, 2, 80, 3);"#,
    ),
    (
        11,
        r#"INSERT INTO broadcast_notices (at, content) VALUES
            (85, '{"posted":{"post":1,"by":{"id":1,"name":"민수"}}}'), (86, '{"ordered":{"order":1,"by":{"id":2,"name":"Jane"}}}');
        UPDATE inboxes SET marks = '{"everybody":{"up_to":2,"beyond":[]},"own":{"up_to":0,"beyond":[]}}' WHERE user_id = 2;"#,
    ),
    (
        18,
        r#"UPDATE rooms SET description = '점심', description_key = '점심';
        UPDATE topics SET head = 1 WHERE name = 'details:1';
        INSERT INTO log SELECT id, 1, 90, '{"details":{"described":{"description":"점심","by":{"id":2,"name":"Jane"}}}}' FROM topics WHERE name = 'details:1';"#,
    ),
    (19, "UPDATE orders SET address = '서울', phone = '119', ready_at = 900;"),
    (
        24,
        r#"INSERT INTO rooms (id, name, name_key, made_by, made_at, kind, posting, archived_at)
            VALUES (2, '비밀', '비밀', 1, 95, 'private', 'managers', 96), (5, 'Gone', 'gone', 2, 97, 'public', 'members', NULL);
        INSERT INTO topics (name) VALUES ('room:2'), ('details:2');
        INSERT INTO members (user_id, room_id, read_up_to, role) VALUES (1, 2, 0, 'manager');
        UPDATE topics SET head = 2 WHERE name = 'rooms';
        INSERT INTO log SELECT id, 2, 95, '{"rooms":{"created":{"id":2,"name":"비밀","made_by":{"id":1,"name":"민수"},"made_at":95}}}' FROM topics WHERE name = 'rooms';
        INSERT INTO commands SELECT 1, x'00000000000000000000000000000014', id, 2, NULL FROM topics WHERE name = 'rooms';
        DELETE FROM rooms WHERE id = 5;"#,
    ),
    (
        26,
        "INSERT INTO passwords VALUES (2, '$argon2id$', 100);
        INSERT INTO sign_in_attempts VALUES (1, 2, 100, 1, 'password', 'curl', '203.0.113.7');
        INSERT INTO known_devices VALUES (2, zeroblob(32), 100);
        INSERT INTO one_time_links (token, kind, user_id, made_at, expires_at) VALUES (zeroblob(32), 'claim', 1, 100, 900);",
    ),
    (
        27,
        r#"UPDATE users SET role = 'administrator' WHERE id = 2;
        UPDATE topics SET head = 1 WHERE name = 'administration';
        INSERT INTO log SELECT id, 1, 110, '{"administration":{"recorded":{"entry":1}}}' FROM topics WHERE name = 'administration';
        INSERT INTO audit_entries (id, at, source, act, user_id, detail, reason)
            VALUES (1, 110, 'command_line', 'set_role', 2, 'member → administrator', 'trusted');
        INSERT INTO invitations (token_hash, role, uses, note, made_by, made_at) VALUES (zeroblob(32), 'guest', 5, '친구', 2, 111);
        INSERT INTO invitation_rooms VALUES (1, 1);
        INSERT INTO invitation_uses VALUES (1, 5, 112);
        INSERT INTO workspace_settings VALUES ('access', '"invited"');"#,
    ),
    (
        28,
        "INSERT INTO passkeys (user_id, user_handle, credential_id, public_key, counter, name, made_at)
            VALUES (1, x'01', x'02', x'03', 4, '전화', 95);
        INSERT INTO totp_secrets (user_id, secret, is_confirmed, last_step) VALUES (1, x'04', 1, 5);
        INSERT INTO recovery_codes VALUES (1, zeroblob(32));
        INSERT INTO provider_identities VALUES ('https://id.example', 'subject', 1);",
    ),
    (32, "INSERT INTO user_grants (user_id, app_grant, is_given) VALUES (2, 'count', 0);"),
    (
        29,
        r#"INSERT INTO access_tokens (user_id, token_hash, name, scope, is_limited, made_at, expires_at)
            VALUES (2, x'0101010101010101010101010101010101010101010101010101010101010101', 'reader', 'read', 1, 120, 9000000000000);
        INSERT INTO access_token_rooms VALUES (1, 1);
        INSERT INTO users (id, name, name_key, made_at) VALUES (6, 'Helper', 'helper', 121);
        INSERT INTO topics (name) VALUES ('memberships:6'), ('inbox:6');
        INSERT INTO inboxes (user_id, marks) VALUES (6, '{"everybody":{"up_to":0,"beyond":[]},"own":{"up_to":0,"beyond":[]}}');
        INSERT INTO bots VALUES (6, 2, 121);"#,
    ),
    (
        30,
        "INSERT INTO profiles (user_id, display_name, display_key, changed_at) VALUES (1, '김민수', '김민수', 110);
        INSERT INTO erasures VALUES (77, 5, '[]', '{}');",
    ),
    (
        34,
        "INSERT INTO mail_addresses VALUES (1, 'Minsu@example.com', 'minsu@example.com', 130);
        INSERT INTO mail_verifications VALUES (2, zeroblob(32), 'jane@example.com', 130, 900);",
    ),
    (
        29,
        r#"INSERT INTO user_notices (user_id, at, content) VALUES
            (2, 130, '{"mentioned":{"room":1,"message":1,"by":{"id":1,"name":"민수"},"excerpt":"첫 말"}}');"#,
    ),
];

/// The migrations in their folder with their numbers, oldest first.
fn migrations() -> Vec<(usize, String, String)> {
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
    assert!(numbers.is_sorted_by(|a, b| a < b), "each number is used once: {numbers:?}");
    found
}

/// A database that was migrated from the first version to this one, step by step.
fn of_version(version: usize) -> TestDatabase {
    let database = TestDatabase::new();
    let mut connection = Connection::open(database.path()).expect("opens");
    let known: Vec<Migration> = migrations()
        .iter()
        .map(|(_, name, sql)| Migration::unapplied(name, sql).expect("a migration"))
        .collect();
    let numbers = migrations().into_iter().map(|(number, ..)| number);
    for (index, step) in numbers.take_while(|number| *number <= version).enumerate() {
        Runner::new(&known[..=index]).run(&mut connection).expect("applies");
        for (_, data) in
            DATA.iter().chain(&MESSAGES).chain(&LATER).filter(|(since, _)| *since == step)
        {
            connection.execute_batch(data).expect("inserted");
        }
    }
    // A session of the first user, with a token that the tests know.
    let session = "INSERT INTO sessions (token_hash, user_id, made_at) VALUES (?1, 1, 10)";
    connection.execute(session, [token("민수")]).expect("inserted");
    database
}

/// The SQL text of the schema.
fn schema(database: &TestDatabase) -> Vec<String> {
    let external = database.external();
    let sql = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type, name";
    let mut statement = external.prepare(sql).expect("readable");
    let rows = statement.query_map([], |row| row.get(0)).expect("readable");
    rows.map(|row| row.expect("text")).collect()
}

#[tokio::test]
async fn a_database_of_every_earlier_version_opens_and_keeps_its_data() {
    let fresh = TestDatabase::new();
    fresh.start(&fast_options()).0.close().await;
    for (version, ..) in migrations() {
        let database = of_version(version);
        let (store, test_store) = database.start(&fast_options());
        check_data(&test_store, version).await;
        check_writes(&test_store, version).await;
        store.close().await;
        drop((store, test_store));
        assert_eq!(
            schema(&database),
            schema(&fresh),
            "{version}: the same schema as a new database"
        );
        let external = database.external();
        let of_rooms = "SELECT 1 FROM topics WHERE name = 'rooms'";
        assert!(!external.prepare(of_rooms).expect("known").exists([]).expect("readable"));
        let check = |pragma| external.prepare(pragma).expect("known").exists([]).expect("readable");
        assert!(!check("PRAGMA foreign_key_check"), "{version}");
        let quote = "SELECT 1 FROM message_quotes WHERE room_id = 1 AND seq = 1 AND user_id = 2";
        assert_eq!(
            check(quote),
            version >= 29,
            "{version}: the quotes of earlier messages are known"
        );
        // It opens again, without applying a migration twice.
        let (store, test_store) = database.start(&fast_options());
        check_data(&test_store, version).await;
        store.close().await;
    }
}

/// Checks the orders, the menu and the grants.
async fn check_orders(test_store: &TestStore, version: usize) {
    // Only administrators follow all orders, once the access is that of the data of version 27.
    let jane = User { id: UserId(2), name: "Jane".into() };
    let Snapshot::Orders(orders) = test_store.snapshot(&jane, Topic::Orders).await.1 else {
        panic!()
    };
    let notes: Vec<_> = orders.orders.iter().map(|order| order.note.as_str()).collect();
    assert_eq!(notes, ["덜 맵게"][..usize::from(version >= 5)], "{version}");
    assert_eq!(orders.menu.len(), 7, "{version}");
    let Snapshot::OwnOrders(own) = test_store.snapshot(&jane, Topic::OwnOrders(jane.id)).await.1
    else {
        panic!()
    };
    assert_eq!(own.0.orders, orders.orders, "{version}: every customer has a topic");
    // The notice that an order has caused is no longer for everybody.
    let Snapshot::OrderNotices(OrderNoticesSnapshot(notices)) =
        test_store.snapshot(&jane, Topic::OrderNotices).await.1
    else {
        panic!()
    };
    let ordered: Vec<_> = notices.iter().map(|notice| (notice.seq, notice.at)).collect();
    assert_eq!(ordered, [(Seq(1), Timestamp(86))][..usize::from(version >= 11)], "{version}");
    let log = test_store.store.read_log(NOBODY, Topic::Notices, Seq(0), 9).await.expect("readable");
    let log: Vec<&str> = log.iter().map(|entry| &*entry.content).collect();
    let (is_old, names) =
        (version >= 11, |kind: &str| log.iter().any(|event| event.contains(kind)));
    assert!(!names("ordered") && !names("posted"), "{version}: {log:?}");
    assert_eq!(log.iter().filter(|event| **event == "null").count(), if is_old { 2 } else { 0 });
    let Snapshot::Inbox(inbox) = test_store.snapshot(&jane, Topic::Inbox(jane.id)).await.1 else {
        panic!()
    };
    let read = |mark: &ReadMark| mark.up_to.0;
    let marks = (read(&inbox.marks.posts), read(&inbox.marks.orders));
    assert_eq!(marks, (u64::from(version >= 11), 0), "{version}: what Jane has read");

    let grants = test_store.store.own_grants(jane.id).await.expect("known").grants;
    assert_eq!(grants.contains(Grant::Count), version < 32, "{version}");
    let destinations = orders.orders.iter().filter(|order| order.destination.is_some());
    assert_eq!(destinations.count(), usize::from(version >= 19), "{version}");
}

/// Checks that the data of the earlier version is complete.
async fn check_data(test_store: &TestStore, version: usize) {
    let minsu = User { id: UserId(1), name: "민수".into() };
    let again = sign_up(&*test_store.store, "민수").await;
    assert_eq!(refusal(again), ErrorCode::NameTaken, "{version}: sessions of before count as used");
    assert_eq!(
        test_store.store.session(token("민수"), NOW).await,
        Ok(Some(minsu.clone())),
        "{version}"
    );
    let look_alike = sign_up(&*test_store.store, "J\u{430}ne").await;
    assert_eq!(refusal(look_alike), ErrorCode::NameTaken, "{version}: old names have skeletons");
    let room = Topic::Room(FIRST_ROOM);
    check_messages(test_store, &minsu, version).await;
    let known = madang_shared::Position::new(Epoch(8), Seq(1));
    let opened = test_store.open(minsu.id, room, Some(known)).await.expect("readable");
    assert!(matches!(opened, Recovery::Resumed { head } if head.epoch == Epoch(8)), "{version}");
    let again =
        test_store.try_commit(post(&minsu, 1, FIRST_ROOM, "첫 말")).await.expect("answered");
    let Committed { at: Some(first), .. } = again else { panic!("{version}: {again:?}") };
    assert_eq!(
        (first.topic, first.seq),
        (room, Seq(1)),
        "{version}: a repeated command has its first position"
    );

    let delivery = test_store.store.delivery(minsu.id, FIRST_ROOM, Seq(1)).await.expect("a member");
    let people: Vec<_> = delivery.people.iter().map(|(user, it)| (user.id.0, *it)).collect();
    let (gone, jane) =
        (ReadStatus::Left { at: Timestamp(20) }, ReadStatus::Unread { up_to: Seq(0) });
    let late = (5, ReadStatus::JoinedLater);
    let expected = [(3, gone), (2, jane), late, (1, ReadStatus::Wrote)];
    let expected: Vec<_> = expected.into_iter().filter(|it| version >= 10 || *it != late).collect();
    assert_eq!(people, expected, "{version}");
    let delivery = test_store.store.delivery(minsu.id, FIRST_ROOM, Seq(2)).await.expect("a member");
    let count = if version >= 10 { 3 } else { 2 };
    assert_eq!(delivery.people.len(), count, "{version}: without the user who left before");
    let members = test_store.store.members(minsu.id, FIRST_ROOM, None).await.expect("a member");
    let since = members.members.into_iter().map(|it| (it.user.id.0, it.since)).collect::<Vec<_>>();
    // The log holds no joining of the last one.
    let expected = [(1, Some(Timestamp(10))), (2, Some(Timestamp(11))), (5, None)];
    assert_eq!(since, expected[..count], "{version}: the members");
    let first = Room { is_default: true, ..Room::new(FIRST_ROOM, "마당".to_owned()) };
    let secret = Room {
        kind: RoomKind::Private,
        posting: Posting::Managers,
        archived: true,
        ..Room::new(RoomId(2), "비밀".to_owned())
    };
    let expected = [first, secret];
    let count_of_rooms = if version >= 24 { 2 } else { 1 };
    let rooms = test_store.rooms(&minsu).await;
    assert_eq!(rooms[..count_of_rooms], expected[..count_of_rooms], "{version}: the rooms");
    let details = test_store.snapshot(&minsu, Topic::Details(FIRST_ROOM)).await.1;
    let description = if version >= 18 { "점심" } else { "" }.to_owned();
    let profile = Profile { name: "김민수".to_owned(), ..Profile::blank(minsu.id) };
    let profiles = if version >= 30 { vec![profile] } else { Vec::new() };
    let expected = DetailsSnapshot { description, members: count as u64, profiles };
    assert_eq!(details, expected.into(), "{version}: the details");

    let unsecured = test_store.store.unsecured_users().await.expect("readable");
    let unsecured: Vec<u64> = unsecured.into_iter().map(|user| user.id.0).collect();
    let users = [(1, version < 28), (2, version < 26), (3, true), (5, version >= 10)];
    let expected: Vec<u64> =
        users.into_iter().filter_map(|(user, listed)| listed.then_some(user)).collect();
    assert_eq!(unsecured, expected, "{version}: people without a way back");
    check_administration(test_store, version).await;
    check_later(test_store, &minsu, version).await;
    let count = if version >= 3 { 41 } else { 0 };
    let counter = test_store.snapshot(&minsu, Topic::Counter).await.1;
    assert_eq!(counter, CounterSnapshot { value: count }.into(), "{version}");
    check_orders(test_store, version).await;
    let Snapshot::Inbox(inbox) = test_store.snapshot(&minsu, Topic::Inbox(minsu.id)).await.1 else {
        panic!()
    };
    assert_eq!(inbox.marks, InboxSnapshot::default().marks, "{version}: every user has an inbox");
    let Snapshot::Notices(NoticesSnapshot { notices, demo }) =
        test_store.snapshot(&minsu, Topic::Notices).await.1
    else {
        panic!()
    };
    let scheduled = |what: &NoticeContent| matches!(what, NoticeContent::Scheduled { .. });
    let count = notices.iter().filter(|notice| scheduled(&notice.what)).count();
    assert_eq!(count, usize::from(version >= 8), "{version}");
    let started = demo.map(|demo| (demo.by.id, demo.started_at));
    let expected = (version >= 10).then_some((UserId(2), Timestamp(80)));
    assert_eq!(started, expected, "{version}: the demonstration is running");
    let posts = feed(test_store, &minsu).await;
    let old: Vec<_> = posts.iter().filter(|(id, _)| *id <= 3).cloned().collect();
    let expected = [(2, "second try".to_owned()), (1, "그대로".to_owned())];
    assert_eq!(old, expected[..if version >= 4 { 2 } else { 0 }], "{version}");
    let log = format!("{:?}", test_store.log(Topic::Posts).await);
    assert!(!log.contains("first try") && !log.contains("gone"), "{version}: {log}");
    assert_eq!(log.contains("그대로") && log.contains("second try"), version >= 4, "{log}");
}
