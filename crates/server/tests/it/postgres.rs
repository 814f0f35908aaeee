//! A server whose data are in PostgreSQL.

#[expect(dead_code, reason = "the tests of the store use more of it")]
#[path = "../../../store/tests/it/postgres/server.rs"]
mod server;

use std::fs::File;
use std::process::Stdio;

use serde_json::{Value, json};
use server::TestDatabase;

use crate::process::{Server, madang, output};

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

    // Without a bus, servers do not share a database.
    let mut second = madang();
    second.args(["serve", "--listen", "127.0.0.1:0"]).env("MADANG_DATABASE", &url);
    let (code, text) = output(second.stdout(Stdio::piped()));
    assert_ne!(code, Some(0));
    assert!(text.contains("another server uses this database"), "{text}");

    server.signal("TERM");
    assert!(server.wait().success());
    let server = start();
    let answer = client.get(session(&server)).bearer_auth(&token).send().await.unwrap();
    assert!(answer.text().await.unwrap().contains("민아"), "the session survives a restart");
    assert!(!data.exists(), "no data folder is needed");
    drop(server);
    let logged = std::fs::read_to_string(&log).unwrap();
    assert!(!logged.contains("secret-word") && !text.contains("secret-word"), "{logged}");
}
