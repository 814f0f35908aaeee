//! A server whose data are in PostgreSQL.

#[expect(dead_code, reason = "the tests of the store use more of it")]
#[path = "../../../store/tests/it/postgres/server.rs"]
pub(crate) mod server;

#[expect(dead_code, reason = "the tests of the store use more of it")]
#[path = "../../../store/tests/it/postgres/tls_server.rs"]
mod tls_server;

use std::fs::File;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use server::TestDatabase;

use self::tls_server::{PASSWORD, TlsServer};
use crate::app_client::{AppClient, posted_text, sign_up};
use crate::process::{Server, madang, output as output_of};

#[tokio::test]
async fn a_server_keeps_everything_in_postgresql_and_logs_no_password() {
    let database = TestDatabase::new();
    let folder = tempfile::tempdir().unwrap();
    let (log, data) = (folder.path().join("log"), folder.path().join("data"));
    let url = format!("{} password=secret-word", database.options().url);
    let start = || {
        let log = File::options().append(true).create(true).open(&log).unwrap();
        Server::start_with(&data, &[], &[("MADANG_DATABASE", &url)], log.into())
    };
    let server = start();
    let session = |server: &Server| format!("{}/api/session", server.url);
    let client = reqwest::Client::new();
    let signed_up = client
        .post(session(&server))
        .json(&json!({"name": "민아", "bearer": true}))
        .send()
        .await
        .unwrap();
    let signed_up: Value = signed_up.json().await.unwrap();
    let token = signed_up["token"].as_str().unwrap().to_owned();
    let answer = client.get(session(&server)).bearer_auth(&token).send().await.unwrap();
    assert!(answer.text().await.unwrap().contains("민아"));

    server.signal("TERM");
    assert!(server.wait().success());
    let server = start();
    let answer = client.get(session(&server)).bearer_auth(&token).send().await.unwrap();
    assert!(answer.text().await.unwrap().contains("민아"), "the session survives a restart");
    assert!(!data.exists(), "no data folder is needed");
    drop(server);
    let logged = std::fs::read_to_string(&log).unwrap();
    assert!(!logged.contains("secret-word"), "{logged}");
    assert!(logged.contains("without `--bus`"), "{logged}");
}

#[tokio::test]
async fn a_server_signs_in_with_tls_and_a_password_that_nothing_shows() {
    let (database, folder) = (TlsServer::start(), tempfile::tempdir().unwrap());
    let [log, password] = ["log", "password"].map(|name| folder.path().join(name));
    std::fs::write(&password, format!("{PASSWORD}\n")).unwrap();
    let variables = [
        ("MADANG_DATABASE", database.url("localhost", "?sslmode=verify-full")),
        ("MADANG_DATABASE_PASSWORD_FILE", password.display().to_string()),
        ("MADANG_DATABASE_CERTIFICATES", database.authority().display().to_string()),
    ];
    let variables: Vec<(&str, &str)> =
        variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let arguments = ["--log", "trace"];
    let output = File::create(&log).unwrap().into();
    let server = Server::start_with(folder.path(), &arguments, &variables, output);
    sign_up(&server, "민아").await;
    let encrypted = "DO $$ BEGIN ASSERT (SELECT bool_and(ssl) FROM pg_stat_ssl
        JOIN pg_stat_activity USING (pid) WHERE application_name = 'madang'); END $$";
    database.server.execute(encrypted.to_owned());
    #[cfg(target_os = "linux")]
    for shown in ["cmdline", "environ"] {
        let shown = std::fs::read(format!("/proc/{}/{shown}", server.id())).unwrap();
        assert!(!String::from_utf8_lossy(&shown).contains(PASSWORD));
    }
    drop(server);
    assert!(!std::fs::read_to_string(&log).unwrap().contains(PASSWORD));

    // The certificate is for another name.
    let mut other = madang();
    other.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(folder.path());
    other.envs(variables).env("MADANG_DATABASE", database.url("127.0.0.1", ""));
    let (code, text) = output_of(&mut other);
    assert_ne!(code, Some(0));
    assert!(text.contains("certificate") && !text.contains(PASSWORD), "{text}");
}

/// Two servers on one database, without a bus.
fn two_servers(database: &TestDatabase, folder: &Path) -> [Server; 2] {
    let url = database.options().url;
    let start = || Server::start_with(folder, &[], &[("MADANG_DATABASE", &url)], Stdio::null());
    [start(), start()]
}

#[tokio::test]
async fn servers_without_a_bus_find_the_events_of_each_other_by_polling() {
    let (database, folder) = (TestDatabase::new(), tempfile::tempdir().unwrap());
    let [first, second] = two_servers(&database, folder.path());
    let (mina, theo) = (sign_up(&first, "민아").await, sign_up(&second, "테오").await);
    let room = json!({ "topic": "room:1" });
    let mut author = AppClient::connect(&first, &mina, std::slice::from_ref(&room)).await;
    let mut reader = AppClient::connect(&second, &theo, &[room]).await;
    for client in [&mut author, &mut reader] {
        client.until("snapshot").await;
    }
    for text in ["one", "two", "three"] {
        author.post(1, text).await;
        assert_eq!(posted_text(&reader.until("event").await), Some(text));
    }
    reader.post(1, "four").await;
    let mut seen = Vec::new();
    while seen.len() < 4 {
        let event = author.until("event").await;
        seen.push((event["seq"].as_u64().unwrap(), posted_text(&event).unwrap().to_owned()));
    }
    let expected = (1..).zip(["one", "two", "three", "four"].map(str::to_owned));
    assert_eq!(seen, expected.collect::<Vec<_>>());
}

/// `cargo test --release -p madang --test it delay_without_a_bus -- --ignored --nocapture`
#[tokio::test]
#[ignore = "a measurement"]
async fn delay_without_a_bus_and_the_cost_of_an_idle_server() {
    let (database, folder) = (TestDatabase::new(), tempfile::tempdir().unwrap());
    let [first, second] = two_servers(&database, folder.path());
    let (mina, theo) = (sign_up(&first, "민아").await, sign_up(&second, "테오").await);
    let room = json!({ "topic": "room:1" });
    let mut author = AppClient::connect(&first, &mina, &[]).await;
    let mut reader = AppClient::connect(&second, &theo, std::slice::from_ref(&room)).await;
    reader.until("snapshot").await;
    let mut delays = Vec::new();
    for number in 0..200 {
        author.post(1, &number.to_string()).await;
        author.until("ack").await;
        let acknowledged = Instant::now();
        reader.until("event").await;
        delays.push(acknowledged.elapsed());
        // The next message comes at any time between two polls.
        tokio::time::sleep(Duration::from_millis(number * 71 % 200)).await;
    }
    delays.sort();
    println!("acknowledged on one server to received on the other: p50 {:?}", delays[100]);
    println!("p99 {:?}, longest {:?}", delays[198], delays[199]);
    drop(first);
    let external = database.external().await;
    let transactions = async || {
        let sql = "SELECT pg_stat_force_next_flush(), pg_stat_clear_snapshot()";
        external.query(sql, &[]).await.unwrap();
        let sql = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()";
        external.query_one(sql, &[]).await.unwrap().get::<_, i64>(0)
    };
    let (before, begun) = (transactions().await, Instant::now());
    // The statistics of a session are flushed once a second at most.
    tokio::time::sleep(Duration::from_secs(20)).await;
    let transactions = transactions().await - before;
    println!("a server with one reader: {transactions} transactions in {:?}", begun.elapsed());
    drop(second);
}
