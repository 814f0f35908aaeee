use std::fs::{self, Permissions};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

use madang_hub::ports::Recovery;
use madang_hub::rooms::FIRST_ROOM;
use madang_shared::Topic;
use madang_store::sqlite::{OpenError, Options, Sqlite, Synchronous};

use super::{Home, fast, why_not};
use crate::support::{NOW, post, texts, token};

#[tokio::test]
async fn everything_survives_a_restart_and_positions_stay_good() {
    let home = Home::new();
    let (store, rig) = home.start(&Options::default());
    let mina = rig.user("Mina").await;
    let sent = post(&mina, 1, FIRST_ROOM, "still here");
    let placed = rig.place(sent.clone()).await;
    let (position, _) = rig.state(&mina, placed.topic).await;
    store.close().await;
    drop((store, rig));

    let (_, rig) = home.start(&Options::default());
    assert_eq!(rig.store.session(token("Mina")).await, Ok(Some(mina.clone())));
    let opened = rig.store.open(mina.id, placed.topic, Some(position)).await;
    assert_eq!(opened, Ok(Recovery::Resumed { head: position }));
    assert_eq!(texts(&rig.newest(&mina, FIRST_ROOM).await), ["still here"]);
    assert_eq!(rig.at(sent).await, Ok(Some(placed)));
    assert_eq!(rig.log(Topic::Rooms).await.len(), 1, "the first room is made once");
}

/// The database as it would be found after a kill: a copy made while the server runs.
fn as_after_a_kill(home: &Home) -> Home {
    let copy = Home::new();
    for suffix in ["", "-wal"] {
        let name = |home: &Home| format!("{}{suffix}", home.path().display());
        fs::copy(name(home), name(&copy)).expect("copied");
    }
    copy
}

#[tokio::test]
async fn after_a_kill_positions_are_good_only_if_no_power_cut_could_have_moved_them() {
    for (synchronous, stays_good) in [(Synchronous::Full, true), (Synchronous::Normal, false)] {
        let home = Home::new();
        let options = Options { synchronous, ..Options::default() };
        let (store, rig) = home.start(&options);
        let mina = rig.user("Mina").await;
        rig.place(post(&mina, 1, FIRST_ROOM, "known")).await;
        let (position, _) = rig.state(&mina, Topic::Room(FIRST_ROOM)).await;
        let epoch_after = async |home: &Home, options: &Options| {
            let (store, rig) = home.start(options);
            let found = rig.state(&mina, Topic::Room(FIRST_ROOM)).await.0;
            assert_eq!(found.seq, position.seq);
            store.close().await;
            found.epoch
        };
        let killed = as_after_a_kill(&home);
        // However the next server is configured, it is the one before that was at risk.
        let epoch = epoch_after(&killed, &Options::default()).await;
        assert_eq!(epoch == position.epoch, stays_good, "{synchronous:?}");
        assert_eq!(epoch_after(&killed, &options).await, epoch, "once is enough");

        store.close().await;
        drop((store, rig));
        assert_eq!(epoch_after(&home, &options).await, position.epoch, "it ended as it should");
    }
}

#[tokio::test]
async fn a_newer_schema_is_refused_and_left_alone() {
    let home = Home::new();
    let (store, rig) = home.start(&fast());
    store.close().await;
    drop((store, rig));
    home.beside()
        .execute_batch(
            "INSERT INTO refinery_schema_history \
            SELECT 1000, 'later', applied_on, checksum FROM refinery_schema_history LIMIT 1",
        )
        .expect("written");
    let before = fs::read(home.path()).expect("readable");
    assert!(matches!(why_not(&home.path()), OpenError::Newer { found: 1000, .. }));
    assert_eq!(fs::read(home.path()).expect("readable"), before);
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let home = Home::new();
    fs::write(home.path(), "Dear diary, ".repeat(1000)).expect("written");
    assert!(matches!(why_not(&home.path()), OpenError::NotADatabase { .. }));
}

#[test]
fn the_database_of_another_program_is_refused() {
    let home = Home::new();
    home.beside().execute_batch("CREATE TABLE cookies (name TEXT)").expect("made");
    assert!(matches!(why_not(&home.path()), OpenError::Foreign { .. }));
}

#[tokio::test]
async fn a_damaged_file_is_refused() {
    let home = Home::new();
    let (store, rig) = home.start(&fast());
    rig.user("Mina").await;
    store.close().await;
    drop((store, rig));
    let file = fs::OpenOptions::new().write(true).open(home.path()).expect("opens");
    let length = file.metadata().expect("there").len();
    for page in 3..length / 4096 {
        file.write_all_at(&[0xA5; 512], page * 4096).expect("written");
    }
    assert!(matches!(why_not(&home.path()), OpenError::Damaged { .. }));
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let home = Home::new();
    let path = home.folder.path().join("no/such/folder/madang.db");
    assert!(matches!(why_not(&path), OpenError::Unreachable { .. }));
    assert!(matches!(why_not(home.folder.path()), OpenError::Unreachable { .. }));
}

/// Where to look, in the process that [`permissions_are_explained`] starts.
const LOOK_IN: &str = "MADANG_TEST_LOOK_IN";

#[tokio::test]
async fn permissions_are_explained() {
    let mode = |path: PathBuf, mode| {
        fs::set_permissions(path, Permissions::from_mode(mode)).expect("ours to change");
    };
    if let Some(folder) = std::env::var_os(LOOK_IN).map(PathBuf::from) {
        assert!(matches!(why_not(&folder.join("madang.db")), OpenError::ReadOnly { .. }));
        let new = folder.join("new.db");
        assert!(matches!(why_not(&new), OpenError::Unreachable { .. }));
        let shut = folder.join("shut").join("madang.db");
        assert!(matches!(why_not(&shut), OpenError::Unreachable { .. }));
        return;
    }
    let home = Home::new();
    let folder = home.folder.path();
    let (store, _tail) = Sqlite::open(&home.path(), NOW, &fast()).expect("opens");
    store.close().await;
    drop(store);
    fs::create_dir(folder.join("shut")).expect("made");
    mode(folder.join("shut"), 0o000);
    mode(home.path(), 0o444);

    // Permissions do not bind root; so the looking is done by a process without privileges, from a
    // copy of this program that it may run.
    let program = folder.join("test");
    fs::copy(std::env::current_exe().expect("known"), &program).expect("copied");
    mode(program.clone(), 0o555);
    mode(folder.to_owned(), 0o555);
    let mut look = Command::new(program);
    look.args(["--exact", "sqlite::opening::permissions_are_explained"]).env(LOOK_IN, folder);
    let may_do_anything = fs::write(folder.join("probe"), "").is_ok();
    if may_do_anything {
        look.uid(65_534).gid(65_534);
    }
    let output = look.current_dir("/").output().expect("runs");
    mode(folder.to_owned(), 0o755);
    mode(folder.join("shut"), 0o755);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}
