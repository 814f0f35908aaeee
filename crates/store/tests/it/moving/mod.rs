//! A move from a database file to PostgreSQL, and back.

mod refusals;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use madang_hub::ports::Recovery;
use madang_hub::rooms::FIRST_ROOM;
use madang_hub::shared_state::SharedStateRead;
use madang_shared::{Position, RoomId, Topic, User};
use madang_store::moving::{MoveError, MovePart, MoveReport, MoveSide, run};
use madang_store::sqlite::{Options, Sqlite};
use madang_store::{EngineStore, EventStream, Postgres};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::postgres::server::TestDatabase;
use crate::support::{NOW, TestStore, create, join, leave, post};

/// The tables that a move leaves out, in either engine.
const NOT_MOVED: [&str; 8] = [
    "challenges",
    "cluster_identity",
    "durability",
    "external_changes",
    "leases",
    "orders_actor",
    "refinery_schema_history",
    "schema_migrations",
];

/// Rows in the tables that the commands of [`fill`] do not reach, and values at the borders of their types.
const OTHER_ROWS: &str = "
    UPDATE counter SET value = -9007199254740992;
    UPDATE topics SET epoch = 9007199254740991 WHERE name = 'counter';
    UPDATE users SET name = '\"미아\" \\ ''%_' || char(9, 10, 13, 127, 65535, 128512) WHERE id = 1;
    INSERT INTO posts (author_id, at, text) VALUES (1, 0, 'first'), (2, 9007199254740991, '둘째 👩‍👩‍👧'), (1, 5, 'gone');
    DELETE FROM posts WHERE text = 'gone';
    INSERT INTO orders (customer_id, note) VALUES (1, '맵게'), (2, '');
    INSERT INTO order_lines (order_id, menu_item_id, quantity, price_won) VALUES (1, 1, 2, 7000), (2, 3, 1, 9500);
    UPDATE orders SET status = 'cancelled', cancel_reason = 'sold_out' WHERE id = 1;
    INSERT INTO message_edits (room_id, message, seq, at, text) SELECT room_id, seq, seq + 1, 5, '전' FROM messages LIMIT 1;
    INSERT INTO reactions (room_id, message, user_id, emoji, seq) SELECT room_id, seq, 1, '👍', seq + 1 FROM messages LIMIT 1;
    INSERT INTO pins (room_id, message, pinned_by, pinned_at, seq) SELECT room_id, seq, 1, 5, seq + 2 FROM messages LIMIT 1;
    INSERT INTO scheduled_messages VALUES (1, x'00000000000000000000000000000007', 1, 'later', 9000000000000, 1, NULL, NULL);
    INSERT INTO saved_messages SELECT 1, room_id, seq, 7, 9000000000000, 0 FROM messages LIMIT 1;
    INSERT INTO broadcast_notices (content) VALUES ('{\"text\":\"안녕\"}');
    INSERT INTO user_notices (user_id, content) VALUES (2, '{\"text\":\"\\u0000 안녕\"}');
    INSERT INTO access_tokens (user_id, token_hash, name, scope, is_limited, made_at) \
        VALUES (2, x'0101010101010101010101010101010101010101010101010101010101010101', 'ci', 'read', 1, 5);
    INSERT INTO access_token_rooms (token_id, room_id) VALUES (1, 1);
    INSERT INTO bots (user_id, made_by, made_at) VALUES (2, 1, 5);
    INSERT INTO passwords (user_id, hash, changed_at) VALUES (1, '$argon2id$', 5);
    INSERT INTO sign_in_attempts (user_id, at, succeeded, method, device, network) \
        VALUES (1, 5, 0, 'password', 'Firefox on Windows', '2001:db8::/64');
    INSERT INTO known_devices (user_id, device, used_at) \
        VALUES (1, x'0202020202020202020202020202020202020202020202020202020202020202', 5);
    INSERT INTO one_time_links (token, kind, user_id, made_at, expires_at, removes_factors) \
        VALUES (x'0303030303030303030303030303030303030303030303030303030303030303', 'recovery', 1, 5, 9, 1);
    INSERT INTO mail_addresses VALUES (1, 'Mina@x.kr', 'mina@x.kr', 5);
    INSERT INTO mail_verifications (user_id, token, address, made_at, expires_at) \
        VALUES (2, x'0505050505050505050505050505050505050505050505050505050505050505', 'b@x.kr', 5, 9);
    UPDATE sessions SET confirmed_until = 77 WHERE user_id = 1;
    INSERT INTO service_accounts (key, user_id) VALUES ('socketio', 2);
    INSERT INTO notice_schedules (schedule, high_water_mark) VALUES ('점심', 7), ('a', 8), ('B', 9);
    INSERT INTO notice_demo (id, started_by, started_at) VALUES (1, 1, 5);
    INSERT INTO passkeys (user_id, user_handle, credential_id, public_key, counter, name, made_at)
        VALUES (1, x'00ff', x'01', x'02', 4294967295, '전화', 5);
    INSERT INTO totp_secrets (user_id, secret, is_confirmed, last_step) VALUES (1, x'03', 1, 6);
    INSERT INTO recovery_codes VALUES (1, zeroblob(32));
    INSERT INTO provider_identities VALUES ('https://id.example', 'ß', 1);
    INSERT INTO provider_sessions SELECT token_hash, 'https://id.example', 'ß', NULL FROM sessions WHERE user_id = 1;
    INSERT INTO audit_entries (id, at, source, actor_id, act, user_id, reason) VALUES
        (1, 5, 'user', 1, 'set_role', 2, '이유'), (2, 6, 'command_line', NULL, 'invite', NULL, '');
    INSERT INTO invitations (token_hash, role, uses, made_at) VALUES
        (x'0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20', 'member', 2, 5);
    INSERT INTO invitation_rooms (invitation_id, room_id) VALUES (1, 1);
    INSERT INTO invitation_uses (invitation_id, user_id, at) VALUES (1, 2, 6);
    INSERT INTO profiles (user_id, display_name, display_key, emoji, status, status_until, quiet_from, quiet_to, changed_at) \
        VALUES (1, '미아', '미아', '🌴', '휴가', 9007199254740991, 1320, 420, 5);
    UPDATE users SET erased_at = 7 WHERE id = 2;
    INSERT INTO erasures (user_id, made_at, names, receipt) VALUES (9, 5, '[\"ab\"]', '{\"id\":\"9-7\"}');
    INSERT INTO erased_names (hash) VALUES ('00000000000000000000000000000000000000000000000000000000000000ff');
    INSERT INTO message_quotes (room_id, seq, user_id, notice_seq) VALUES (1, 1, 2, 3);
    INSERT INTO silences (user_id, room_id, ends_at, reason) VALUES (2, 0, 9, '광고'), (2, 1, 8, 'spam');
    INSERT INTO account_bans (user_id, ends_at, reason) VALUES (1, 9, 'spam'), (2, 9, '광고');
    INSERT INTO address_bans (network, ends_at, reason, made_at) VALUES ('2001:db8::/64', NULL, '광고', 5);
    INSERT INTO reports (room_id, seq, author_id, reporter_id, category, words, text, made_at) \
        VALUES (1, 1, 1, 2, 'spam', '여기', 'text', 5);
    INSERT INTO report_notices (report_id, user_id, notice_seq) VALUES (1, 2, 4);
    UPDATE messages SET deleted_by = 'moderator' WHERE seq = 1;
    INSERT INTO workspace_settings (name, value) VALUES ('access', '\"closed\"');
    INSERT INTO user_grants (user_id, app_grant, is_given) VALUES (1, 'kitchen', 1), (2, 'count', 0);
    UPDATE configured_access SET access = 'invited';
    UPDATE commands SET fingerprint = -9223372036854775808 WHERE author_id = 1;";

/// A folder for database files.
struct TestFolder(TempDir);

impl TestFolder {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("madang.sqlite")
    }

    fn side(&self) -> MoveSide {
        MoveSide::File(self.file())
    }

    fn connect(&self) -> Connection {
        Connection::open(self.file()).expect("opens")
    }

    /// A server of the file.
    fn start(&self) -> (Sqlite, EventStream) {
        Sqlite::open(&self.file(), NOW, &Options::default()).expect("opens")
    }
}

fn side(database: &TestDatabase) -> MoveSide {
    MoveSide::Postgres(Box::new(database.options()))
}

/// A database of PostgreSQL on which a server has started and stopped.
async fn served() -> TestDatabase {
    let database = TestDatabase::new();
    let (store, _events) = Postgres::connect(NOW, &database.options()).expect("connects");
    store.close().await;
    database
}

fn moved(from: &MoveSide, to: &MoveSide) -> Result<MoveReport, MoveError> {
    run(from, to, false, None, &mut |_| {})
}

fn tried(from: &MoveSide, to: &MoveSide) -> Result<MoveReport, MoveError> {
    run(from, to, true, None, &mut |_| {})
}

fn test_store<C>(store: &EngineStore<C>, events: EventStream) -> TestStore
where
    EngineStore<C>: madang_hub::ports::Store + Clone,
{
    let store = std::sync::Arc::new(store.clone());
    let free_space = madang_hub::storage::FreeSpace::default();
    TestStore { store, events, free_space, hub: None, _keep: Box::new(()) }
}

/// A stopped server's file, with rows in every table.
async fn fill(folder: &TestFolder) -> (User, Position) {
    let (sqlite, events) = folder.start();
    let store = test_store(&sqlite, events);
    let (mina, jun) = (store.user("민아").await, store.user("jun").await);
    for number in 1..=40 {
        let text = format!("메시지 {number}\n'\"\\ \u{1f469}");
        store.commit(post(&mina, number, FIRST_ROOM, &text)).await;
    }
    store.commit(create(&jun, 1, "둘째 방")).await;
    store.commit(join(&mina, 100, RoomId(2))).await;
    store.commit(leave(&mina, 101, RoomId(2))).await;
    let (position, _) = store.snapshot(&mina, Topic::Room(FIRST_ROOM)).await;
    sqlite.close().await;
    drop(store);
    folder.connect().execute_batch(OTHER_ROWS).expect("written");
    (mina, position)
}

/// All rows of all moved tables of a file, and the ids that were given out.
fn contents(file: &Path) -> BTreeMap<String, Vec<String>> {
    let connection = Connection::open(file).expect("opens");
    let mut names = connection
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")
        .expect("prepared");
    let names: Vec<String> =
        names.query_map([], |row| row.get(0)).expect("read").map(|it| it.expect("read")).collect();
    let names = names.into_iter().filter(|name| !NOT_MOVED.contains(&name.as_str()));
    let rows = |name: &str| {
        let mut statement = connection.prepare(&format!("SELECT * FROM {name}")).expect("prepared");
        let count = statement.column_count();
        // As bytes: a text may be no UTF-8.
        let read = |row: &rusqlite::Row<'_>| {
            let values: rusqlite::Result<Vec<_>> = (0..count).map(|it| row.get_ref(it)).collect();
            values.map(|values| format!("{values:?}"))
        };
        let rows = statement.query_map([], read).expect("read");
        let mut rows: Vec<String> = rows.map(|row| row.expect("read")).collect();
        rows.sort_unstable();
        rows
    };
    names.map(|name| (name.clone(), rows(&name))).collect()
}

/// The name and the type of each column of a file.
fn columns_of_file(file: &Path) -> BTreeSet<(String, String, String)> {
    let connection = Connection::open(file).expect("opens");
    let sql = "SELECT m.name, p.name, CASE p.type WHEN 'INTEGER' THEN 'bigint' WHEN 'TEXT' THEN 'text' \
            WHEN 'BLOB' THEN 'bytea' ELSE p.type END \
        FROM sqlite_schema AS m JOIN pragma_table_info(m.name) AS p \
        WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%'";
    let mut statement = connection.prepare(sql).expect("prepared");
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
    rows.expect("read").map(|row| row.expect("read")).collect()
}

#[tokio::test]
async fn every_table_and_column_stands_in_both_engines_and_is_moved() {
    let (folder, database) = (TestFolder::new(), TestDatabase::new());
    let (sqlite, _events) = folder.start();
    sqlite.close().await;
    let sql = "SELECT table_name::text, column_name::text, data_type::text FROM information_schema.columns \
        JOIN information_schema.tables USING (table_schema, table_name) \
        WHERE table_schema = 'public' AND table_type = 'BASE TABLE'";
    let rows = database.external().await.query(sql, &[]).await.expect("read");
    let in_postgres: BTreeSet<_> =
        rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect();
    let is_moved = |(table, ..): &(String, String, String)| !NOT_MOVED.contains(&table.as_str());
    let in_file: BTreeSet<_> =
        columns_of_file(&folder.file()).into_iter().filter(is_moved).collect();
    let in_postgres: BTreeSet<_> = in_postgres.into_iter().filter(is_moved).collect();
    assert_eq!(in_file, in_postgres, "the engines have other tables, columns or types");

    let empty = TestDatabase::empty("tables_of_a_move");
    let report = tried(&folder.side(), &side(&empty)).expect("can be moved");
    let reported: BTreeSet<String> = report.tables.into_iter().map(|(table, _)| table).collect();
    let expected: BTreeSet<String> = in_file.into_iter().map(|(table, ..)| table).collect();
    assert_eq!(reported, expected, "a table is not moved");
}

#[tokio::test]
async fn a_database_that_is_moved_there_and_back_is_the_same() {
    let (folder, back) = (TestFolder::new(), TestFolder::new());
    let database = TestDatabase::empty("there_and_back");
    let (mina, known) = fill(&folder).await;
    let topic = Topic::Room(FIRST_ROOM);
    let before = contents(&folder.file());
    for (table, rows) in &before {
        assert!(!rows.is_empty(), "the test has no row of {table}");
    }

    let mut parts = Vec::new();
    let report = run(&folder.side(), &side(&database), false, None, &mut |step| {
        if step.is_done {
            parts.push((step.part, step.table.to_owned()));
        }
    });
    let report = report.expect("moved");
    assert_eq!(contents(&folder.file()), before, "the rows of the source are unchanged");
    for part in [MovePart::Check, MovePart::Copy, MovePart::Compare] {
        assert_eq!(parts.iter().filter(|(it, _)| *it == part).count(), report.tables.len());
    }

    moved(&side(&database), &back.side()).expect("moved back");
    let after = contents(&back.file());
    for (table, rows) in &before {
        assert_eq!(rows, &after[table], "{table}");
    }
    assert_eq!(before.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>());

    let (sqlite, events) = back.start();
    let resumed = test_store(&sqlite, events);
    assert_eq!(resumed.snapshot(&mina, topic).await.0, known);
    resumed.commit(post(&mina, 500, FIRST_ROOM, "after both moves")).await;
    sqlite.close().await;
}

#[tokio::test]
async fn a_server_on_postgresql_resumes_at_the_positions_of_the_file() {
    let (folder, database) = (TestFolder::new(), TestDatabase::empty("resumes"));
    let (mina, known) = fill(&folder).await;
    moved(&folder.side(), &side(&database)).expect("moved");
    let (store, events) = Postgres::connect(NOW, &database.options()).expect("connects");
    let resumed = test_store(&store, events);
    let topic = Topic::Room(FIRST_ROOM);
    let behind = Position { seq: madang_shared::Seq(known.seq.0 - 3), ..known };
    let read = SharedStateRead::uncached(topic);
    match resumed.store.open(mina.id, read, Some(behind)).await.expect("readable") {
        Recovery::Resumed { .. } => {}
        Recovery::State(state) => panic!("not resumed: {:?}", state.position()),
    }
    assert_eq!(resumed.snapshot(&mina, topic).await.0, known);
    store.close().await;
}

#[tokio::test]
async fn ids_of_deleted_rows_are_not_given_out_again_after_a_move() {
    let (folder, back) = (TestFolder::new(), TestFolder::new());
    let database = TestDatabase::empty("deleted_ids");
    fill(&folder).await;
    moved(&folder.side(), &side(&database)).expect("moved");
    let client = database.external().await;
    let insert = "INSERT INTO posts (author_id, at, text) VALUES (1, 1, 'new') RETURNING id";
    let id: i64 = client.query_one(insert, &[]).await.expect("inserted").get(0);
    assert_eq!(id, 4, "post 3 was deleted");
    let topic = "INSERT INTO topics (name) VALUES ('posts:x') RETURNING id = (SELECT max(id) + 1 FROM topics)";
    assert!(client.query_one(topic, &[]).await.expect("inserted").get::<_, bool>(0));
    // A crash skips ids, also of a table for which SQLite keeps no sequence.
    let skip =
        "DELETE FROM posts WHERE id = 4; SELECT nextval(pg_get_serial_sequence('topics', 'id'));
        SELECT setval(pg_get_serial_sequence('posts', 'id'), 40)";
    client.batch_execute(skip).await.expect("skipped");
    moved(&side(&database), &back.side()).expect("moved back");
    let id: i64 = back.connect().query_row(insert, [], |row| row.get(0)).expect("inserted");
    assert_eq!(id, 41, "ids up to 40 were given out");
}

#[tokio::test]
async fn the_triggers_of_the_new_database_work_and_have_appended_nothing() {
    let (folder, database) = (TestFolder::new(), TestDatabase::empty("triggers"));
    fill(&folder).await;
    let before = contents(&folder.file());
    moved(&folder.side(), &side(&database)).expect("moved");
    let client = database.external().await;
    let count = async || -> i64 {
        client.query_one("SELECT count(*) FROM log", &[]).await.expect("read").get(0)
    };
    assert_eq!(count().await, i64::try_from(before["log"].len()).expect("a count"));
    let change = "UPDATE orders SET status = 'accepted' WHERE id = 2";
    client.batch_execute(change).await.expect("changed");
    // For the restaurant, for the customer, and a notice.
    assert_eq!(count().await, i64::try_from(before["log"].len()).expect("a count") + 3);
    let forbidden = "UPDATE orders SET status = 'delivered' WHERE id = 2";
    assert!(client.batch_execute(forbidden).await.is_err());
}
