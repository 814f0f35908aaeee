//! Connecting, and the sentences for the operator.

use madang_store::Postgres;
use madang_store::postgres::{ConnectError, ConnectOptions};

use super::server::TestDatabase;
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
