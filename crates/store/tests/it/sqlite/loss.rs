//! Lost commits: a restored backup, a cut write-ahead log, damage, and a second server.

use std::fs;
use std::os::unix::fs::{FileExt, symlink};

use madang_hub::ports::Recovery;
use madang_hub::rooms::FIRST_ROOM;
use madang_shared::{Epoch, Position, Topic, User};
use madang_store::sqlite::{OpenError, Options, Sqlite};

use super::orders::shell;
use super::{TestDatabase, fast_options, open_error};
use crate::support::{NOW, TestStore, is_unavailable, post};

/// The files of the database while a server runs, as a kill leaves them.
pub(super) struct FilesOfKill(Vec<(&'static str, Vec<u8>)>);

impl FilesOfKill {
    pub(super) fn read(database: &TestDatabase) -> Self {
        let read = |suffix| (suffix, fs::read(name(database, suffix)).expect("readable"));
        Self(["", "-wal", "-stamp"].map(read).into())
    }

    /// Puts the files back into the same places, so that they are still the same files.
    pub(super) fn put_back(&self, database: &TestDatabase) {
        for (suffix, bytes) in &self.0 {
            fs::write(name(database, suffix), bytes).expect("written");
        }
    }

    /// Cuts the write-ahead log to a part of its length.
    fn cut_log(&mut self, numerator: usize, denominator: usize) {
        let (_, log) = &mut self.0[1];
        log.truncate(log.len() * numerator / denominator);
    }
}

fn name(database: &TestDatabase, suffix: &str) -> String {
    format!("{}{suffix}", database.path().display())
}

async fn position(test_store: &TestStore, reader: &User, topic: Topic) -> Position {
    test_store.snapshot(reader, topic).await.0
}

/// Starts a server and stops it; returns the epoch of the first room.
async fn epoch_of(database: &TestDatabase, reader: &User) -> Epoch {
    let (store, test_store) = database.start(&Options::default());
    let found = position(&test_store, reader, Topic::Room(FIRST_ROOM)).await;
    store.close().await;
    found.epoch
}

#[tokio::test]
async fn a_restored_backup_gets_new_epochs_by_itself() {
    // The events after the backup come from a command, or from another program.
    for external in [false, true] {
        let database = TestDatabase::new();
        let (store, test_store) = database.start(&Options::default());
        let mina = test_store.user("Mina").await;
        test_store.commit(post(&mina, 1, FIRST_ROOM, "in the backup")).await;
        store.close().await;
        drop((store, test_store));
        let backup = database.folder.path().join("backup");
        fs::copy(database.path(), &backup).expect("copied");

        let (store, mut test_store) = database.start(&Options::default());
        let topic = if external { Topic::Orders } else { Topic::Room(FIRST_ROOM) };
        if external {
            shell(&database, "INSERT INTO orders (customer_id) VALUES (1)");
            test_store.receive(1).await;
        } else {
            test_store.commit(post(&mina, 2, FIRST_ROOM, "after it")).await;
        }
        let known = position(&test_store, &mina, topic).await;
        store.close().await;
        drop((store, test_store));

        fs::copy(&backup, database.path()).expect("restored");
        let (store, test_store) = database.start(&Options::default());
        let opened = test_store.open(mina.id, topic, Some(known)).await.expect("readable");
        let Recovery::State(restored) = opened else { panic!("{opened:?}") };
        let restored = restored.position();
        assert_ne!(restored.epoch, known.epoch, "external: {external}");
        let room = position(&test_store, &mina, Topic::Room(FIRST_ROOM)).await;
        store.close().await;
        drop((store, test_store));
        assert_eq!(epoch_of(&database, &mina).await, room.epoch, "the epoch changes once");
    }
}

#[tokio::test]
async fn a_copy_without_its_stamp_gets_new_epochs_and_a_moved_database_keeps_them() {
    let database = TestDatabase::new();
    let (store, test_store) = database.start(&Options::default());
    let mina = test_store.user("Mina").await;
    let epoch = position(&test_store, &mina, Topic::Room(FIRST_ROOM)).await.epoch;
    store.close().await;
    drop((store, test_store));

    let copy = TestDatabase::new();
    for suffix in ["", "-stamp"] {
        fs::copy(name(&database, suffix), name(&copy, suffix)).expect("copied");
    }
    assert_ne!(epoch_of(&copy, &mina).await, epoch, "with a copied stamp");
    let moved = TestDatabase::new();
    for suffix in ["", "-stamp"] {
        fs::rename(name(&database, suffix), name(&moved, suffix)).expect("moved");
    }
    assert_eq!(epoch_of(&moved, &mina).await, epoch);
    for broken in [None, Some(""), Some("madang-stamp 1\nepoch")] {
        let before = epoch_of(&moved, &mina).await;
        match broken {
            None => fs::remove_file(name(&moved, "-stamp")).expect("removed"),
            Some(text) => fs::write(name(&moved, "-stamp"), text).expect("written"),
        }
        assert_ne!(epoch_of(&moved, &mina).await, before, "{broken:?}");
    }
}

#[tokio::test]
async fn a_write_ahead_log_that_was_cut_after_a_kill_changes_the_epochs() {
    let database = TestDatabase::new();
    let (store, test_store) = database.start(&Options::default());
    let mina = test_store.user("Mina").await;
    for n in 1..=20 {
        test_store.commit(post(&mina, n, FIRST_ROOM, "known to clients")).await;
    }
    let known = position(&test_store, &mina, Topic::Room(FIRST_ROOM)).await;
    let mut killed = FilesOfKill::read(&database);
    store.close().await;
    drop((store, test_store));

    killed.put_back(&database);
    assert_eq!(epoch_of(&database, &mina).await, known.epoch, "nothing is lost");
    killed.cut_log(9, 10);
    killed.put_back(&database);
    let (_store, test_store) = database.start(&Options::default());
    let found = position(&test_store, &mina, Topic::Room(FIRST_ROOM)).await;
    assert!(found.seq < known.seq, "some commits are lost");
    assert_ne!(found.epoch, known.epoch);
}

#[tokio::test]
async fn damage_that_a_read_finds_makes_the_store_not_ready() {
    let database = TestDatabase::new();
    let (_store, test_store) = database.start(&fast_options());
    let mina = test_store.user("Mina").await;
    let text = "needle ".repeat(100);
    let batch = (1..=200).map(|n| post(&mina, n, FIRST_ROOM, &text)).collect();
    assert!(test_store.store.commit(batch).await.iter().all(Result::is_ok));
    let external = database.external();
    external
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .expect("no reader is active");
    let file = fs::OpenOptions::new().write(true).open(database.path()).expect("opens");
    let bytes = fs::read(database.path()).expect("readable");
    for (page, content) in (0_u64..).zip(bytes.chunks(4096)) {
        if String::from_utf8_lossy(content).matches("needle needle").count() > 20 {
            file.write_all_at(&[0xA5; 64], page * 4096).expect("written");
        }
    }
    assert_eq!(test_store.store.ready().await, Ok(()), "the probe touches other pages");
    let opened = test_store.open(mina.id, Topic::Room(FIRST_ROOM), None).await;
    assert!(is_unavailable(&opened), "{opened:?}");
    assert!(is_unavailable(&test_store.store.ready().await), "the damage is known now");
}

#[tokio::test]
async fn a_second_server_is_refused_through_any_name_of_the_database() {
    let database = TestDatabase::new();
    let (store, test_store) = database.start(&fast_options());
    test_store.user("Mina").await;
    let folder = database.folder.path();
    symlink(database.path(), folder.join("link.db")).expect("linked");
    fs::hard_link(database.path(), folder.join("name.db")).expect("linked");
    symlink(folder, folder.join("folder")).expect("linked");
    for name in ["madang.db", "link.db", "name.db", "folder/madang.db"] {
        assert!(matches!(open_error(&folder.join(name)), OpenError::InUse { .. }), "{name}");
    }
    store.close().await;
    drop((store, test_store));
    // A link is as good a name as any, after the first server has ended.
    let (store, _events) =
        Sqlite::open(&folder.join("link.db"), NOW, &fast_options()).expect("opens");
    store.close().await;
    assert!(folder.join("madang.db-stamp").exists() && !folder.join("link.db-stamp").exists());
}
