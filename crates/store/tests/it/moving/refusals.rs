//! The refusals of a move, and moves that break off.

use std::fs;

use madang_hub::rooms::FIRST_ROOM;
use madang_shared::{Epoch, Topic, User};
use madang_store::Postgres;
use madang_store::moving::{MoveError, MovePart, MoveSide, run};
use madang_store::postgres::ConnectError;
use madang_store::sqlite::{OpenError, Options, Sqlite};

use super::{TestFolder, contents, fill, moved, served, side, test_store, tried};
use crate::postgres::server::{TestDatabase, TestServer};
use crate::support::NOW;

/// The sentence of a refusal of both the trial and the move. Checks that the target is as empty as before.
fn refusal(from: &MoveSide, to: &MoveSide) -> String {
    let trial = tried(from, to).expect_err("refused").to_string();
    assert_eq!(moved(from, to).expect_err("refused").to_string(), trial);
    if let MoveSide::File(path) = to {
        assert!(!path.with_file_name("madang.sqlite-moving").exists());
    }
    trial
}

async fn is_empty(database: &TestDatabase) -> bool {
    let sql =
        "SELECT NOT EXISTS (SELECT 1 FROM pg_class WHERE relnamespace = 'public'::regnamespace)";
    database.external().await.query_one(sql, &[]).await.expect("read").get(0)
}

#[tokio::test]
async fn a_target_that_is_not_empty_is_refused() {
    let (folder, other, database) = (TestFolder::new(), TestFolder::new(), served().await);
    fill(&folder).await;
    let sentence = refusal(&folder.side(), &side(&database));
    assert!(
        sentence.contains("is not empty: it holds") && sentence.contains("createdb"),
        "{sentence}"
    );
    // One table of another program is enough.
    let small = TestDatabase::empty("not_empty");
    small.shell("CREATE TABLE notes (id int)");
    let sentence = refusal(&folder.side(), &side(&small));
    assert!(sentence.contains("holds notes"), "{sentence}");

    // A part of an earlier database would be taken for one of the new.
    for part in ["", "-wal", "-shm", "-stamp"] {
        let path = other.0.path().join(format!("madang.sqlite{part}"));
        fs::write(&path, "").expect("written");
        let sentence = refusal(&side(&database), &other.side());
        assert!(sentence.contains(&format!("holds madang.sqlite{part};")), "{sentence}");
        fs::remove_file(path).expect("removed");
    }
}

#[tokio::test]
async fn a_source_without_a_database_or_with_an_earlier_schema_is_refused() {
    let (folder, other) = (TestFolder::new(), TestFolder::new());
    let (empty, database) = (TestDatabase::empty("no_source"), served().await);
    let sentence = refusal(&folder.side(), &side(&empty));
    assert!(sentence.contains("holds no database of Madang"), "{sentence}");
    assert!(!folder.file().exists(), "nothing was created");
    let sentence = refusal(&side(&empty), &other.side());
    assert!(sentence.contains("holds no database of Madang"), "{sentence}");

    fill(&folder).await;
    let downgrade = "DELETE FROM refinery_schema_history WHERE version = \
        (SELECT max(version) FROM refinery_schema_history)";
    folder.connect().execute(downgrade, []).expect("changed");
    let sentence = refusal(&folder.side(), &side(&empty));
    assert!(sentence.contains("start `madang serve` of this version on it once"), "{sentence}");
    database.shell("UPDATE schema_migrations SET version = 9999");
    let sentence = refusal(&side(&database), &other.side());
    assert!(sentence.contains("use the newer binary"), "{sentence}");
    database
        .shell("UPDATE schema_migrations SET version = 1; ALTER TABLE users ADD COLUMN age bigint");
    let sentence = refusal(&side(&database), &other.side());
    assert!(sentence.contains("the column users.age is not Madang's"), "{sentence}");
}

#[tokio::test]
async fn both_sides_are_locked_against_servers() {
    let (folder, other) = (TestFolder::new(), TestFolder::new());
    let empty = TestDatabase::empty("locked");
    fill(&folder).await;
    let (sqlite, events) = folder.start();
    let trial = tried(&folder.side(), &side(&empty)).expect("a trial beside a server");
    assert!(trial.is_in_use);
    let error = moved(&folder.side(), &side(&empty)).expect_err("in use");
    assert!(matches!(error, MoveError::File(OpenError::InUse { .. })), "{error}");
    sqlite.close().await;
    drop((sqlite, events));
    moved(&folder.side(), &side(&empty)).expect("moved");

    let (store, events) = Postgres::connect(NOW, &empty.options()).expect("connects");
    assert!(tried(&side(&empty), &other.side()).expect("a trial beside a server").is_in_use);
    let error = moved(&side(&empty), &other.side()).expect_err("in use");
    assert!(matches!(error, MoveError::InUse { .. }), "{error}");
    store.close().await;
    drop((store, events));
    // The other way round: no server starts during a move, and no other program writes.
    let mut outcomes = Vec::new();
    run(&side(&empty), &other.side(), false, None, &mut |step| {
        if step.part == MovePart::Copy && outcomes.is_empty() {
            let connected = Postgres::connect(NOW, &empty.options()).map(drop);
            outcomes.push(matches!(connected, Err(ConnectError::Moving)));
        }
    })
    .expect("moved");
    assert_eq!(outcomes, [true]);
}

#[tokio::test]
async fn values_that_the_other_engine_refuses_are_named_with_their_rows() {
    let (folder, database) = (TestFolder::new(), TestDatabase::empty("values"));
    fill(&folder).await;
    let script = "PRAGMA ignore_check_constraints = on; PRAGMA foreign_keys = off;
        UPDATE messages SET text = 'a' || char(0) || 'b' WHERE seq = 3;
        UPDATE messages SET text = CAST(x'61ff62' AS TEXT) WHERE seq = 5;
        UPDATE posts SET author_id = 77 WHERE id = 2;
        UPDATE orders SET table_number = 5000 WHERE id = 2;
        UPDATE notice_schedules SET schedule = 'b' || char(0) WHERE schedule = 'B';";
    folder.connect().execute_batch(script).expect("written");
    let before = contents(&folder.file());
    let sentence = refusal(&folder.side(), &side(&database));
    for named in [
        "5 values cannot be moved",
        "messages (room_id 1, seq 3): text holds the character NUL",
        "messages (room_id 1, seq 5): text holds bytes that are no UTF-8",
        "posts (id 2): author_id references a missing row of users",
        "orders (id 2): CHECK constraint failed: table_number",
        "notice_schedules (schedule \"b\\0\"): schedule holds the character NUL",
    ] {
        assert!(sentence.contains(named), "{named}: {sentence}");
    }
    assert!(is_empty(&database).await);
    assert_eq!(contents(&folder.file()), before);

    // In the other direction: an event that is no JSON, which only SQLite checks.
    let (other, database) = (TestFolder::new(), served().await);
    database.shell("INSERT INTO log (topic_id, seq, at, content) SELECT id, 9, 1, '{' FROM topics WHERE name = 'posts'");
    let sentence = refusal(&side(&database), &other.side());
    assert!(
        sentence.contains("seq 9): CHECK constraint failed: json_valid(content)"),
        "{sentence}"
    );
}

#[tokio::test]
async fn more_values_than_the_named_ones_are_counted() {
    let (folder, database) = (TestFolder::new(), TestDatabase::empty("many_values"));
    fill(&folder).await;
    folder.connect().execute("UPDATE messages SET text = 'a' || char(0)", []).expect("written");
    let sentence = refusal(&folder.side(), &side(&database));
    assert!(sentence.contains("40 values cannot be moved"), "{sentence}");
    assert_eq!(sentence.lines().count(), 21);
}

#[tokio::test]
async fn a_target_that_cannot_take_the_data_is_refused() {
    let (folder, other) = (TestFolder::new(), TestFolder::new());
    fill(&folder).await;
    let server = TestServer::start(false);
    let options = |database: &str, user: &str| {
        let url = server.url(database).replace("user=madang", &format!("user={user}"));
        MoveSide::Postgres(Box::new(madang_store::postgres::ConnectOptions::new(url)))
    };
    server
        .execute("CREATE DATABASE ascii ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0".into());
    let sentence = refusal(&folder.side(), &options("ascii", "madang"));
    assert!(sentence.contains("SQL_ASCII"), "{sentence}");
    server.execute("CREATE DATABASE rights".into());
    server.execute("CREATE ROLE stranger LOGIN".into());
    let sentence = refusal(&folder.side(), &options("rights", "stranger"));
    assert!(sentence.contains("may not create tables"), "{sentence}");
    server.execute("ALTER DATABASE rights SET default_transaction_read_only = on".into());
    let sentence = refusal(&folder.side(), &options("rights", "madang"));
    let is_named = ["read-only", "does not allow writes"].iter().any(|it| sentence.contains(it));
    assert!(is_named, "{sentence}");

    let database = served().await;
    for is_trial in [true, false] {
        let error = run(&side(&database), &other.side(), is_trial, Some(1_000), &mut |_| {});
        let error = error.expect_err("no space").to_string();
        assert!(error.contains("has 1000 free bytes"), "{error}");
    }
}

#[tokio::test]
async fn tables_of_other_programs_are_reported_and_stay() {
    let (folder, database) = (TestFolder::new(), TestDatabase::empty("other_programs"));
    fill(&folder).await;
    folder.connect().execute_batch("CREATE TABLE notes (id INTEGER)").expect("created");
    let report = moved(&folder.side(), &side(&database)).expect("moved");
    assert_eq!(report.unknown_tables, ["notes"]);
}

async fn epoch(folder: &TestFolder, reader: &User) -> Epoch {
    let (sqlite, events) = folder.start();
    let store = test_store(&sqlite, events);
    let (position, _) = store.snapshot(reader, Topic::Room(FIRST_ROOM)).await;
    sqlite.close().await;
    position.epoch
}

#[tokio::test]
async fn a_server_on_the_former_database_has_new_epochs() {
    let (folder, back) = (TestFolder::new(), TestFolder::new());
    let database = TestDatabase::empty("former");
    let (mina, known) = fill(&folder).await;
    moved(&folder.side(), &side(&database)).expect("moved");
    // A second move would give the same positions to two databases.
    let second = TestDatabase::empty("second");
    let sentence = refusal(&folder.side(), &side(&second));
    assert!(sentence.contains("start `madang serve` on it once"), "{sentence}");
    assert_ne!(epoch(&folder, &mina).await, known.epoch);

    moved(&side(&database), &back.side()).expect("moved back");
    let third = TestFolder::new();
    let sentence = refusal(&side(&database), &third.side());
    assert!(sentence.contains("start `madang serve` on it once"), "{sentence}");
    let (store, events) = Postgres::connect(NOW, &database.options()).expect("connects");
    let former = test_store(&store, events);
    assert_ne!(former.snapshot(&mina, Topic::Room(FIRST_ROOM)).await.0.epoch, known.epoch);
    store.close().await;
    assert_eq!(epoch(&back, &mina).await, known.epoch, "clients resume on the new one");
}

#[tokio::test]
async fn a_copy_whose_commits_may_be_lost_is_refused() {
    let (folder, database) = (TestFolder::new(), TestDatabase::empty("a_copy"));
    fill(&folder).await;
    fs::remove_file(folder.0.path().join("madang.sqlite-stamp")).expect("removed");
    let sentence = refusal(&folder.side(), &side(&database));
    assert!(sentence.contains("it is a copy"), "{sentence}");
}

#[tokio::test]
async fn a_move_to_postgresql_that_breaks_off_leaves_it_empty_and_can_begin_again() {
    let (folder, database) = (TestFolder::new(), TestDatabase::empty("breaks_off"));
    fill(&folder).await;
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    for part in [MovePart::Copy, MovePart::Compare] {
        let mut has_ended = false;
        let broken = run(&folder.side(), &side(&database), false, None, &mut |step| {
            if step.part == part && step.table == "log" && !has_ended {
                has_ended = true;
                database.shell(end);
            }
        });
        assert!(matches!(broken, Err(MoveError::Engine { .. })), "{broken:?}");
        assert!(has_ended && is_empty(&database).await);
    }
    moved(&folder.side(), &side(&database)).expect("moved");
}

#[tokio::test]
async fn a_move_to_a_folder_that_breaks_off_is_not_served_and_can_begin_again() {
    let (folder, database) = (TestFolder::new(), served().await);
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let mut was_there = false;
    let unfinished = folder.0.path().join("madang.sqlite-moving");
    let broken = run(&side(&database), &folder.side(), false, None, &mut |step| {
        if step.part == MovePart::Copy && !was_there {
            was_there = unfinished.exists() && !folder.file().exists();
            database.shell(end);
        }
    });
    assert!(broken.is_err() && was_there);
    assert!(!unfinished.exists() && !folder.file().exists());

    // A move that was killed leaves its file, and no server starts beside it.
    fs::write(&unfinished, "half a database").expect("written");
    let error = Sqlite::open(&folder.file(), NOW, &Options::default()).expect_err("refused");
    assert!(matches!(error, OpenError::Moving { .. }), "{error}");
    assert!(!folder.file().exists());
    moved(&side(&database), &folder.side()).expect("moved");
    assert!(!unfinished.exists());
    let (sqlite, _events) = folder.start();
    sqlite.close().await;
}

#[tokio::test]
async fn a_row_that_changes_on_its_way_is_found_by_the_comparison() {
    for change in [
        "UPDATE menu_items SET price_won = price_won + 1 WHERE id = 3",
        "DELETE FROM menu_items WHERE id = 7",
        "UPDATE sqlite_sequence SET seq = seq - 1 WHERE name = 'menu_items'; DELETE FROM menu_items WHERE id = 7;
            INSERT INTO menu_items SELECT 9, name_ko, name_en, price_won, available FROM menu_items WHERE id = 1",
    ] {
        let (folder, database) = (TestFolder::new(), served().await);
        let unfinished = folder.0.path().join("madang.sqlite-moving");
        let mut has_changed = false;
        let outcome = run(&side(&database), &folder.side(), false, None, &mut |step| {
            if step.part == MovePart::Compare && !has_changed {
                has_changed = true;
                let other = rusqlite::Connection::open(&unfinished).expect("opens");
                let no_triggers = rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER;
                other.set_db_config(no_triggers, false).expect("set");
                other.execute_batch(change).expect("changed");
            }
        });
        let error = outcome.expect_err("found");
        assert!(matches!(&error, MoveError::Differs { detail } if detail.contains("menu_items")), "{error}");
        assert!(!folder.file().exists() && !unfinished.exists());
        moved(&side(&database), &folder.side()).expect("the source is not marked");
    }
}
