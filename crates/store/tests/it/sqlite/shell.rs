//! Debian's shell (SQLite 3.40) can read and change the database.

use std::process::Command;

use madang_hub::Hub;
use madang_hub::ports::Recovery;
use madang_hub::rooms::FIRST_ROOM;
use madang_shared::{Epoch, Topic};

use super::{TestDatabase, fast_options};
use crate::support::post;

/// A session in the shell: it reads tables, changes a name, and adds a message with its event.
const SESSION: &str = "
    PRAGMA foreign_keys = ON;
    UPDATE users SET name = 'Minji', name_key = 'minji' WHERE name = 'Mina';
    BEGIN IMMEDIATE;
    UPDATE topics SET head = head + 1 WHERE name = 'room:1';
    INSERT INTO messages (room_id, seq, author_id, at, command, text)
        SELECT 1, head, 1, 0, zeroblob(16), 'by hand' FROM topics WHERE name = 'room:1';
    INSERT INTO log SELECT id, head, 0, json_object('by', 'hand') FROM topics WHERE name = 'room:1';
    INSERT INTO topics (name) VALUES ('by hand');
    COMMIT;
    SELECT count(*) FROM users, sessions, rooms, members, messages, topics, log, commands, readiness;
    PRAGMA integrity_check;
    PRAGMA foreign_key_check;
";

#[tokio::test]
async fn t2_7_a_shell_can_read_and_change_everything() {
    let database = TestDatabase::new();
    let (_, test_store) = database.start(&fast_options());
    let mina = test_store.user("Mina").await;
    test_store.commit(post(&mina, 1, FIRST_ROOM, "hello")).await;

    // The library runs the same statements if no shell is installed.
    let shell = Command::new("sqlite3").arg("-bail").arg(database.path()).arg(SESSION).output();
    match shell {
        Ok(output) => {
            let output_text = String::from_utf8_lossy(&output.stdout);
            let complaint = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success() && complaint.is_empty(), "{complaint}");
            assert!(output_text.ends_with("ok\n"), "{output_text}");
        }
        Err(_) => database.external().execute_batch(SESSION).expect("understood"),
    }

    let page = test_store.newest(&mina, FIRST_ROOM).await;
    let messages: Vec<_> =
        page.messages.iter().map(|m| (m.author.name.as_str(), m.text.as_str())).collect();
    assert_eq!(messages, [("Minji", "hello"), ("Minji", "by hand")]);
    let next = test_store.commit(post(&mina, 2, FIRST_ROOM, "and on")).await;
    assert_eq!(next.seq.0, 3);
}

#[tokio::test]
async fn the_schema_uses_nothing_newer_than_3_40() {
    let database = TestDatabase::new();
    let (_, test_store) = database.start(&fast_options());
    test_store.user("Mina").await;
    let external = database.external();
    // The functions that the schema uses. All of them exist since SQLite 3.38.
    let old = [
        "abs",
        "min",
        "random",
        "length",
        "count",
        "coalesce",
        "julianday",
        "json",
        "json_object",
        "json_group_array",
        "json_valid",
    ];
    let mut statement =
        external.prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL").expect("readable");
    let schema: Vec<String> =
        statement.query_map([], |row| row.get(0)).expect("readable").map(Result::unwrap).collect();
    let mut functions =
        external.prepare("SELECT DISTINCT name FROM pragma_function_list").expect("known");
    let functions = functions.query_map([], |row| row.get::<_, String>(0)).expect("readable");
    for function in functions.map(Result::unwrap).filter(|name| !old.contains(&name.as_str())) {
        let call = format!("{function}(");
        let used = schema.iter().any(|sql| {
            sql.match_indices(&call)
                .any(|(at, _)| !sql[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
        });
        assert!(!used, "the schema calls {function}");
    }
    assert!(schema.iter().all(|sql| !sql.contains("->")));
}

/// The rows of a message may go without an event. A page that was read before must not show them for longer than it
/// takes to notice the other program.
#[tokio::test]
async fn a_text_that_the_shell_removes_is_in_no_later_page() {
    let database = TestDatabase::new();
    let (_, test_store) = database.start(&fast_options());
    let mina = test_store.user("Mina").await;
    test_store.commit(post(&mina, 1, FIRST_ROOM, "stays")).await;
    test_store.commit(post(&mina, 2, FIRST_ROOM, "goes")).await;
    let (hub, topic) = (Hub::new("test", Epoch(1)), Topic::Room(FIRST_ROOM));
    let shows = async |text| {
        let opened = test_store.store.open(mina.id, hub.begin_state_read(topic), None).await;
        let Ok(Recovery::State(state)) = opened else { panic!("{opened:?}") };
        format!("{:?}", state.snapshot()).contains(text)
    };
    assert!(shows("stays").await && shows("goes").await);
    database.external().execute_batch("DELETE FROM messages WHERE seq = 2").expect("deleted");
    while shows("goes").await {
        tokio::task::yield_now().await;
    }
    assert!(shows("stays").await);
}
