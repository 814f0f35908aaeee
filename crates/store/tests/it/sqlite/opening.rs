use std::fs::{self, Permissions};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

use madang_hub::ports::{DirectoryRequest, Recovery};
use madang_hub::rooms::FIRST_ROOM;
use madang_shared::{Topic, UserId};
use madang_store::sqlite::{OpenError, Options, Sqlite, Synchronous};

use super::loss::FilesOfKill;
use super::{TestDatabase, fast_options, open_error};
use crate::support::{NOW, post, texts, token};

#[tokio::test]
async fn data_and_positions_survive_a_restart() {
    let database = TestDatabase::new();
    let (store, test_store) = database.start(&Options::default());
    let mina = test_store.user("Mina").await;
    let sent = post(&mina, 1, FIRST_ROOM, "still here");
    let log_position = test_store.commit(sent.clone()).await;
    let (position, _) = test_store.snapshot(&mina, log_position.topic).await;
    store.close().await;
    drop((store, test_store));

    let (_, test_store) = database.start(&Options::default());
    assert_eq!(test_store.store.session(token("Mina"), NOW).await, Ok(Some(mina.clone())));
    let opened = test_store.open(mina.id, log_position.topic, Some(position)).await;
    assert_eq!(opened, Ok(Recovery::Resumed { head: position }));
    assert_eq!(texts(&test_store.newest(&mina, FIRST_ROOM).await), ["still here"]);
    assert_eq!(test_store.try_commit_at(sent).await, Ok(Some(log_position)));
    let directory = test_store.store.directory(UserId(1), DirectoryRequest::default()).await;
    assert_eq!(directory.expect("read").rooms.len(), 1, "the first room is created once");
}

#[tokio::test]
async fn after_a_kill_positions_stay_valid_only_with_synced_commits() {
    for (synchronous, stays_good) in [(Synchronous::Full, true), (Synchronous::Normal, false)] {
        let database = TestDatabase::new();
        let options = Options { synchronous, ..Options::default() };
        let (store, test_store) = database.start(&options);
        let mina = test_store.user("Mina").await;
        test_store.commit(post(&mina, 1, FIRST_ROOM, "known")).await;
        let (position, _) = test_store.snapshot(&mina, Topic::Room(FIRST_ROOM)).await;
        let epoch_after = async |database: &TestDatabase, options: &Options| {
            let (store, test_store) = database.start(options);
            let found = test_store.snapshot(&mina, Topic::Room(FIRST_ROOM)).await.0;
            assert_eq!(found.seq, position.seq);
            store.close().await;
            found.epoch
        };
        let killed = FilesOfKill::read(&database);
        store.close().await;
        drop((store, test_store));
        assert_eq!(
            epoch_after(&database, &options).await,
            position.epoch,
            "a graceful stop keeps the epoch"
        );
        killed.put_back(&database);
        // The options of the killed server decide, not those of the next one.
        let epoch = epoch_after(&database, &Options::default()).await;
        assert_eq!(epoch == position.epoch, stays_good, "{synchronous:?}");
        assert_eq!(epoch_after(&database, &options).await, epoch, "the epoch changes once");
    }
}

#[tokio::test]
async fn a_newer_schema_is_refused_and_unchanged() {
    let database = TestDatabase::new();
    let (store, test_store) = database.start(&fast_options());
    store.close().await;
    drop((store, test_store));
    database
        .external()
        .execute_batch(
            "INSERT INTO refinery_schema_history \
            SELECT 1000, 'later', applied_on, checksum FROM refinery_schema_history LIMIT 1",
        )
        .expect("written");
    let before = fs::read(database.path()).expect("readable");
    assert!(matches!(open_error(&database.path()), OpenError::Newer { found: 1000, .. }));
    assert_eq!(fs::read(database.path()).expect("readable"), before);
}

#[test]
fn a_file_of_another_kind_is_refused() {
    let database = TestDatabase::new();
    fs::write(database.path(), "Dear diary, ".repeat(1000)).expect("written");
    assert!(matches!(open_error(&database.path()), OpenError::NotADatabase { .. }));
}

#[test]
fn the_database_of_another_program_is_refused() {
    let database = TestDatabase::new();
    database.external().execute_batch("CREATE TABLE cookies (name TEXT)").expect("made");
    assert!(matches!(open_error(&database.path()), OpenError::Foreign { .. }));
}

#[tokio::test]
async fn a_damaged_file_is_refused() {
    let database = TestDatabase::new();
    let (store, test_store) = database.start(&fast_options());
    test_store.user("Mina").await;
    store.close().await;
    drop((store, test_store));
    let file = fs::OpenOptions::new().write(true).open(database.path()).expect("opens");
    let length = file.metadata().expect("there").len();
    for page in 3..length / 4096 {
        file.write_all_at(&[0xA5; 512], page * 4096).expect("written");
    }
    assert!(matches!(open_error(&database.path()), OpenError::Damaged { .. }));
}

#[test]
fn a_missing_folder_is_reported() {
    let database = TestDatabase::new();
    let path = database.folder.path().join("no/such/folder/madang.db");
    assert!(matches!(open_error(&path), OpenError::Unreachable { .. }));
    assert!(matches!(open_error(database.folder.path()), OpenError::Unreachable { .. }));
}

/// The environment variable with the folder for the process that [`missing_permissions_are_reported`]
/// starts.
const LOOK_IN: &str = "MADANG_TEST_LOOK_IN";

#[tokio::test]
async fn missing_permissions_are_reported() {
    let mode = |path: PathBuf, mode| {
        fs::set_permissions(path, Permissions::from_mode(mode)).expect("ours to change");
    };
    if let Some(folder) = std::env::var_os(LOOK_IN).map(PathBuf::from) {
        assert!(matches!(open_error(&folder.join("madang.db")), OpenError::ReadOnly { .. }));
        let new = folder.join("new.db");
        assert!(matches!(open_error(&new), OpenError::Unreachable { .. }));
        let shut = folder.join("shut").join("madang.db");
        assert!(matches!(open_error(&shut), OpenError::Unreachable { .. }));
        return;
    }
    let database = TestDatabase::new();
    let folder = database.folder.path();
    let (store, _events) = Sqlite::open(&database.path(), NOW, &fast_options()).expect("opens");
    store.close().await;
    drop(store);
    fs::create_dir(folder.join("shut")).expect("made");
    mode(folder.join("shut"), 0o000);
    mode(database.path(), 0o444);

    // Permissions do not apply to root, so a process without privileges opens the database. It runs a
    // copy of this program, which it has permission to execute.
    let program = folder.join("test");
    fs::copy(std::env::current_exe().expect("known"), &program).expect("copied");
    mode(program.clone(), 0o555);
    mode(folder.to_owned(), 0o555);
    let mut look = Command::new(program);
    look.args(["--exact", "sqlite::opening::missing_permissions_are_reported"])
        .env(LOOK_IN, folder);
    let may_do_anything = fs::write(folder.join("probe"), "").is_ok();
    if may_do_anything {
        look.uid(65_534).gid(65_534);
    }
    let output = look.current_dir("/").output().expect("runs");
    mode(folder.to_owned(), 0o755);
    mode(folder.join("shut"), 0o755);
    let output_text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && output_text.contains("1 passed"), "{output_text}");
}
