//! The SQLite engine, beyond the contract.

mod erasure;
mod limits;
mod loss;
mod notices;
mod opening;
mod orders;
mod posts;
mod shell;
mod unreadable;
mod upgrade;
mod upgraded_administration;
mod upgraded_later;
mod upgraded_messages;
mod upgraded_writes;
mod writing;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use madang_store::sqlite::{OpenError, Options, Sqlite, Synchronous};
use tempfile::TempDir;

use crate::support::{NOW, TestStore};

/// A temporary folder for one database.
pub(crate) struct TestDatabase {
    folder: TempDir,
}

impl TestDatabase {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("madang.db")
    }

    pub(crate) fn start(&self, options: &Options) -> (Arc<Sqlite>, TestStore) {
        let (store, events) = Sqlite::open(&self.path(), NOW, options).expect("opens");
        let store = Arc::new(store);
        let free_space = options.free_space.clone();
        let keep = Box::new(());
        (store.clone(), TestStore { store, events, free_space, hub: None, _keep: keep })
    }

    /// A connection of another program.
    pub(crate) fn external(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.path()).expect("opens")
    }
}

pub(crate) fn fast_options() -> Options {
    Options { synchronous: Synchronous::Normal, ..Options::default() }
}

/// The error of opening. Checks that it is one line that starts with the path.
fn open_error(path: &Path) -> OpenError {
    let error = Sqlite::open(path, NOW, &fast_options()).expect_err("must not open");
    let sentence = error.to_string();
    assert!(sentence.starts_with(&path.display().to_string()), "{sentence}");
    assert!(!sentence.contains('\n'), "{sentence}");
    error
}
