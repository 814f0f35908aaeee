//! Connecting, and the sentences for the operator.

use madang_store::Postgres;
use madang_store::postgres::{ConnectError, ConnectOptions};

use super::server::{TestDatabase, TestServer};
use super::start;
use crate::support::NOW;

fn error(options: &ConnectOptions) -> ConnectError {
    let error = Postgres::connect(NOW, options).expect_err("must not connect");
    let sentence = error.to_string();
    assert!(!sentence.contains("secret") && !sentence.contains('\n'), "{sentence}");
    error
}

#[test]
fn an_unreachable_server_and_a_wrong_url_are_sentences_without_the_password() {
    let unreachable = ConnectOptions::new("postgres://me:secret@127.0.0.1:1/madang".to_owned());
    assert!(matches!(error(&unreachable), ConnectError::Unreachable { .. }));
    assert!(!format!("{unreachable:?}").contains("secret"));
    let wrong = ConnectOptions::new("postgres://me:secret@127.0.0.1:port/madang".to_owned());
    assert!(matches!(error(&wrong), ConnectError::Url));
}

#[test]
fn a_missing_database_is_named() {
    let database = TestDatabase::new();
    let url = database.options().url.replace("dbname=", "dbname=missing_");
    let sentence = error(&ConnectOptions::new(url)).to_string();
    assert!(sentence.contains("does not exist"), "{sentence}");
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let database = TestDatabase::new();
    let newer = "INSERT INTO schema_migrations (version) VALUES (1000)";
    database.external().await.execute(newer, &[]).await.expect("inserted");
    assert!(matches!(error(&database.options()), ConnectError::Newer { found: 1000, .. }));
}

#[tokio::test]
async fn nodes_that_start_at_once_migrate_an_empty_database_once() {
    let database = TestDatabase::empty("test_empty");
    let options = database.options();
    let connect = || {
        let options = options.clone();
        tokio::task::spawn_blocking(move || Postgres::connect(NOW, &options).map(drop))
    };
    let (first, second, third) = tokio::join!(connect(), connect(), connect());
    for connected in [first, second, third] {
        connected.expect("no panic").expect("connects");
    }
    let (_, test_store) = start(&database);
    test_store.user("Mina").await;
}

#[tokio::test]
async fn a_standby_is_used_only_after_it_has_taken_over() {
    let primary = TestServer::launch(false, None);
    primary.execute("CREATE DATABASE chat".to_owned());
    let standby = TestServer::launch(false, Some(&primary));
    let of_standby = ConnectOptions::new(standby.url("chat"));
    let hosts = [&standby, &primary].map(|server| server.socket_folder().display().to_string());
    let url = format!("host={} user=madang dbname=chat", hosts.join(","));
    let either = ConnectOptions::new(url);
    let connect = |options: &ConnectOptions| {
        let (store, _) = Postgres::connect(NOW, options).expect("connects");
        store.log_epoch()
    };
    let before = connect(&either);
    assert!(matches!(error(&of_standby), ConnectError::Unreachable { .. }));
    let replayed =
        "DO $$ BEGIN WHILE (SELECT replay_lsn FROM pg_stat_replication) < pg_current_wal_lsn() LOOP
        PERFORM pg_sleep(0.01), pg_stat_clear_snapshot(); END LOOP; END $$";
    primary.execute(replayed.to_owned());
    primary.kill();
    standby.execute("SELECT pg_promote()".to_owned());
    let after = connect(&either);
    assert_ne!(after, before, "another timeline is another log");
    assert_eq!(connect(&of_standby), after);
}
