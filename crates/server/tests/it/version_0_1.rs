//! A data folder of version 0.1: the binary opens it, its people get a claim link each, and nothing is lost.

use std::path::Path;

use madang_web::http::session_token::{Token, hash};
use refinery::{Migration, Runner};
use reqwest::StatusCode;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::process::{Server, madang, output};

/// The last migration of version 0.1.
const LAST_MIGRATION: usize = 10;

/// The data, as version 0.1 wrote it.
const DATA: &str = r#"
    INSERT INTO users (id, name, name_key, made_at) VALUES (1, '민수', '민수', 10), (2, 'Jane', 'jane', 11);
    INSERT INTO rooms (id, name, name_key, made_at) VALUES (1, '마당', '마당', 9);
    INSERT INTO topics (name) VALUES ('room:1');
    INSERT INTO members (user_id, room_id, read_up_to) VALUES (1, 1, 1), (2, 1, 0);
    INSERT INTO topics (name, epoch, head) VALUES ('memberships:1', 9, 1), ('memberships:2', 10, 1);
    INSERT INTO log SELECT id, 1, 10, '{"membership":{"joined":{"room":1,"read_up_to":0,"unread":0,"head":0}}}'
        FROM topics WHERE name LIKE 'memberships:%';
    UPDATE topics SET head = 2 WHERE name = 'room:1';
    INSERT INTO log SELECT id, 1, 20, '{"chat":{"posted":{"seq":1,"author":{"id":1,"name":"민수"},"at":20,"text":"첫 말","command":"00000000-0000-0000-0000-000000000001"}}}' FROM topics WHERE name = 'room:1';
    INSERT INTO log SELECT id, 2, 21, '{"chat":{"posted":{"seq":2,"author":{"id":2,"name":"Jane"},"at":21,"text":"hello","command":"00000000-0000-0000-0000-000000000002"}}}' FROM topics WHERE name = 'room:1';
    INSERT INTO messages (room_id, seq, author_id, at, command, text) VALUES
        (1, 1, 1, 20, x'00000000000000000000000000000001', '첫 말'),
        (1, 2, 2, 21, x'00000000000000000000000000000002', 'hello');
    INSERT INTO posts (id, author_id, at, text) VALUES (1, 2, 40, 'a post');
    INSERT INTO topics (name) VALUES ('inbox:1'), ('inbox:2');
    INSERT INTO inboxes (user_id, marks) SELECT id, '{"everybody":{"up_to":0,"beyond":[]},"own":{"up_to":0,"beyond":[]}}' FROM users;
"#;

/// Makes the database of version 0.1. The session of the first user has this token.
fn make_database(path: &Path, token: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../store/migrations/sqlite");
    let mut migrations: Vec<Migration> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let sql = std::fs::read_to_string(&path).unwrap();
            Migration::unapplied(path.file_stem().unwrap().to_str().unwrap(), &sql).unwrap()
        })
        .collect();
    migrations.sort();
    migrations.truncate(LAST_MIGRATION);
    let mut connection = Connection::open(path).unwrap();
    Runner::new(&migrations).run(&mut connection).unwrap();
    connection.execute_batch(DATA).unwrap();
    let session = "INSERT INTO sessions (token_hash, user_id, made_at) VALUES (?1, 1, ?2)";
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_millis();
    connection.execute(session, (hash(token), i64::try_from(now).unwrap())).unwrap();
}

async fn post(server: &Server, path: &str, body: Value) -> (StatusCode, Value) {
    let request = reqwest::Client::new().post(format!("{}{path}", server.url)).json(&body);
    let answer = request.send().await.unwrap();
    (answer.status(), answer.json().await.unwrap_or_default())
}

#[tokio::test]
async fn a_database_of_version_0_1_opens_and_its_people_claim_their_names() {
    let folder = tempfile::tempdir().unwrap();
    let token = Token::random().unwrap().into_text();
    make_database(&folder.path().join("madang.sqlite"), &token);

    let (code, text) = output(madang().args(["admin", "claim-links", "--data"]).arg(folder.path()));
    assert_eq!(code, Some(0), "{text}");
    let links: Vec<(&str, &str)> =
        text.lines().filter_map(|line| line.split_once("\thttp://127.0.0.1:5001/link#")).collect();
    let names: Vec<&str> = links.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["민수", "Jane"], "{text}");

    let server = Server::start(folder.path(), &[]);
    let session = reqwest::Client::new().get(format!("{}/api/session", server.url));
    let session: Value = session.bearer_auth(&token).send().await.unwrap().json().await.unwrap();
    assert_eq!(session["user"]["name"], "민수", "the browser that chose the name stays signed in");
    for (name, link) in &links {
        let body = json!({ "token": link, "password": "열 글자가 넘는 말", "bearer": true });
        let (status, answer) = post(&server, "/api/session/link", body).await;
        assert_eq!((status, &answer["user"]["name"]), (StatusCode::CREATED, &json!(name)));
        let body = json!({ "name": name, "password": "열 글자가 넘는 말", "bearer": true });
        assert_eq!(post(&server, "/api/session/password", body).await.0, StatusCode::CREATED);
    }
    let posts = reqwest::Client::new().get(format!("{}/posts", server.url)).bearer_auth(&token);
    let posts: Value = posts.send().await.unwrap().json().await.unwrap();
    assert_eq!(posts["posts"][0]["text"], "a post", "{posts}");
    server.signal("TERM");
    assert!(server.wait().success());

    let database = Connection::open(folder.path().join("madang.sqlite")).unwrap();
    let texts = |sql: &str| -> Vec<String> {
        let mut statement = database.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    };
    assert_eq!(texts("SELECT text FROM messages ORDER BY seq"), ["첫 말", "hello"]);
    let logged = "SELECT content FROM log JOIN topics ON topics.id = topic_id \
        WHERE topics.name = 'room:1' ORDER BY seq LIMIT 2";
    assert!(texts(logged)[0].contains("첫 말") && texts(logged)[1].contains("hello"));
    assert_eq!(texts("SELECT name FROM users ORDER BY id")[..2], ["민수", "Jane"]);
}
