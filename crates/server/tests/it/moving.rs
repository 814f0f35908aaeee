//! `madang move`: from the data folder of a server to PostgreSQL, and back.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::postgres::server::TestDatabase;
use crate::process::{Server, madang, output};

/// Runs `madang move` with this `MADANG_DATABASE`, or without one; returns its exit code and its output.
fn run_move(database: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = madang();
    if !database.is_empty() {
        command.env("MADANG_DATABASE", database);
    }
    output(command.arg("move").args(arguments))
}

/// A user's token, from a sign-up.
async fn sign_up(server: &Server) -> String {
    let client = reqwest::Client::new();
    let request = client.post(format!("{}/api/session", server.url));
    let answer = request.json(&json!({"name": "민아", "bearer": true})).send().await.unwrap();
    let answer: Value = answer.json().await.unwrap();
    answer["token"].as_str().unwrap().to_owned()
}

async fn is_signed_in(server: &Server, token: &str) -> bool {
    let client = reqwest::Client::new();
    let request = client.get(format!("{}/api/session", server.url)).bearer_auth(token);
    request.send().await.unwrap().text().await.unwrap().contains("민아")
}

fn stop(server: Server) {
    server.signal("TERM");
    assert!(server.wait().success());
}

#[tokio::test]
async fn a_server_moves_to_postgresql_and_back() {
    let database = TestDatabase::empty("a_server_moves");
    let url = format!("{} password=secret-word", database.options().url);
    let root = tempfile::tempdir().unwrap();
    let folder = |name: &str| root.path().join(name).display().to_string();
    let (first, second) = (folder("first"), folder("second"));
    let server = Server::start(Path::new(&first), &[]);
    let token = sign_up(&server).await;

    // A trial works beside the server, and the move does not.
    let (code, text) = run_move(&url, &["--from", &first, "--dry-run"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("\nusers\t1\n") || text.starts_with("users\t1\n"), "{text}");
    assert!(text.contains("nothing was written") && text.contains("stop it before"), "{text}");
    let (code, text) = run_move(&url, &["--from", &first]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("another server uses the data folder"), "{text}");
    stop(server);

    fs::write(root.path().join("first/tls.key"), "a key").unwrap();
    let (code, text) = run_move(&url, &["--from", &first]);
    assert_eq!(code, Some(0), "{text}");
    for part in [
        "copied users: 1 rows",
        "compared log",
        "were moved and compared",
        "stay where they are: setup-link, tls.key",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("secret-word"), "{text}");
    let on_postgres = || {
        let variables = [("MADANG_DATABASE", url.as_str())];
        Server::start_with(Path::new(&folder("none")), &[], &variables, std::process::Stdio::null())
    };
    let server = on_postgres();
    assert!(is_signed_in(&server, &token).await);
    let (code, text) = run_move(&url, &["--to", &second]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("stop every server"), "{text}");
    stop(server);

    let (code, text) = run_move(&url, &["--to", &second]);
    assert_eq!(code, Some(0), "{text}");
    let server = Server::start(Path::new(&second), &[]);
    assert!(is_signed_in(&server, &token).await);
    stop(server);
}

#[test]
fn wrong_settings_of_a_move_are_refused_with_a_sentence() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("data").display().to_string();
    let other = root.path().join("other").display().to_string();
    let url = "postgres://me@127.0.0.1:1/madang";
    for (database, arguments, sentence) in [
        ("", vec!["--from", &folder], "the PostgreSQL database is missing"),
        ("", vec!["--from", &folder, "--to", &other], "are both folders"),
        (url, vec![], "must be a data folder"),
        (url, vec!["--from", url, "--to", "postgresql://me@localhost/b"], "pg_dump"),
        (
            "",
            vec!["--from", &folder, "--to", "postgres://me:secret-word@127.0.0.1/a"],
            "command line",
        ),
    ] {
        let (code, text) = run_move(database, &arguments);
        assert_eq!(code, Some(2), "{text}");
        assert!(text.contains(sentence) && !text.contains("secret-word"), "{text}");
    }
    let (code, text) = run_move(url, &["--from", &folder]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("holds no database of Madang"), "{text}");
    fs::create_dir(&folder).unwrap();
    let (code, text) = run_move(url, &["--to", &folder]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("PostgreSQL cannot be reached"), "{text}");
}

#[test]
fn the_password_of_a_move_comes_from_the_configuration_of_the_server() {
    let database = TestDatabase::empty("move_by_file");
    let root = tempfile::tempdir().unwrap();
    let path = |name: &str| root.path().join(name).display().to_string();
    fs::write(path("password"), "secret-word\n").unwrap();
    let table = format!(
        "[database]\nurl = {:?}\npassword_file = {:?}\n",
        database.options().url,
        path("password")
    );
    fs::write(path("madang.toml"), table).unwrap();
    let server = Server::start(Path::new(&path("data")), &[]);
    stop(server);
    let (code, text) = run_move("", &["--config", &path("madang.toml"), "--from", &path("data")]);
    assert_eq!(code, Some(0), "{text}");
}
