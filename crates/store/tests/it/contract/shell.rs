//! Another program that opens the database of an engine.

use rusqlite::Connection;
use tokio_postgres::{Client, SimpleQueryMessage};

use super::start;
use crate::postgres::server::TestDatabase;
use crate::support::TestStore;

/// Executes SQL of another program.
pub(super) trait Shell {
    /// Executes statements. The error is the sentence of the database.
    async fn run(&self, sql: &str) -> Result<(), String>;

    /// The first column of all rows of a query.
    async fn texts(&self, sql: &str) -> Vec<String>;
}

pub(super) async fn sqlite() -> (TestStore, Connection) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(start::FILE);
    let test_store = start::sqlite_in(folder).await;
    (test_store, Connection::open(path).expect("opens"))
}

pub(super) async fn postgres() -> (TestStore, Client) {
    let database = TestDatabase::new();
    let shell = database.external().await;
    (start::postgres_in(database).await, shell)
}

impl Shell for Connection {
    async fn run(&self, sql: &str) -> Result<(), String> {
        self.execute_batch(sql).map_err(|error| error.to_string())
    }

    async fn texts(&self, sql: &str) -> Vec<String> {
        let mut statement = self.prepare(sql).expect("readable");
        let rows = statement.query_map([], |row| row.get(0)).expect("readable");
        rows.map(|text| text.expect("a text")).collect()
    }
}

impl Shell for Client {
    async fn run(&self, sql: &str) -> Result<(), String> {
        let sentence = |error: tokio_postgres::Error| match error.as_db_error() {
            Some(error) => error.message().to_owned(),
            None => error.to_string(),
        };
        self.batch_execute(sql).await.map_err(sentence)
    }

    async fn texts(&self, sql: &str) -> Vec<String> {
        let rows = self.simple_query(sql).await.expect("readable").into_iter();
        rows.filter_map(|row| match row {
            SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        })
        .collect()
    }
}
