//! A server that goes away, and a database that may have lost commits.

use futures_util::FutureExt;
use madang_hub::ports::Recovery;
use madang_hub::rooms::FIRST_ROOM;
use madang_shared::{Position, Seq, Topic, User};
use madang_store::LogChange;
use madang_store::postgres::ConnectOptions;

use super::server::TestDatabase;
use super::{start, start_with};
use crate::support::{NOBODY, TestStore, is_unavailable, post};

const END_SESSIONS: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()";

async fn position(test_store: &TestStore, user: &User) -> Position {
    test_store.snapshot(user, Topic::Room(FIRST_ROOM)).await.0
}

#[tokio::test]
async fn a_lost_connection_is_made_again_and_nothing_is_lost_or_doubled() {
    let database = TestDatabase::new();
    let (_, test_store) = start(&database);
    let mina = test_store.user("Mina").await;
    let external = database.external().await;
    let mut number = 0;
    for _ in 0..5 {
        external.execute(END_SESSIONS, &[]).await.expect("ended");
        number += 1;
        // The first attempts may meet the dead connections. A client repeats a command until it is acknowledged.
        while is_unavailable(
            &test_store.store.commit(vec![post(&mina, number, FIRST_ROOM, "x")]).await[0],
        ) {}
        while is_unavailable(&test_store.store.ready().await) {}
    }
    let room = Topic::Room(FIRST_ROOM);
    let logged = loop {
        // The other reader may meet its dead connection.
        if let Ok(logged) = test_store.store.read_log(NOBODY, room, Seq(0), usize::MAX).await {
            break logged;
        }
    };
    let seqs: Vec<u64> = logged.iter().map(|entry| entry.seq.0).collect();
    assert_eq!(seqs, (1..=seqs.len() as u64).collect::<Vec<_>>());
    assert_eq!(seqs.len() as u128, number);
}

#[tokio::test]
async fn another_cluster_or_timeline_gives_every_topic_a_new_epoch() {
    let database = TestDatabase::new();
    let (store, test_store) = start(&database);
    let mina = test_store.user("Mina").await;
    test_store.commit(post(&mina, 1, FIRST_ROOM, "hello")).await;
    let before = position(&test_store, &mina).await;
    drop(test_store);
    store.close().await;

    let (store, test_store) = start(&database);
    assert_eq!(position(&test_store, &mina).await, before, "a restart keeps the epochs");
    drop(test_store);
    store.close().await;

    // As if the cluster had been another one, which a standby has replaced.
    let changed = "UPDATE cluster_identity SET identity = 'another'";
    database.external().await.execute(changed, &[]).await.expect("changed");
    let (_, test_store) = start(&database);
    let after = position(&test_store, &mina).await;
    assert_ne!(after.epoch, before.epoch);
    let resumed = test_store.open(mina.id, Topic::Room(FIRST_ROOM), Some(before)).await;
    assert!(matches!(resumed, Ok(Recovery::State(_))), "{resumed:?}");
}

#[tokio::test]
async fn a_dump_that_is_restored_into_its_own_database_gives_every_topic_a_new_epoch() {
    let database = TestDatabase::new();
    let (store, test_store) = start(&database);
    let mina = test_store.user("Mina").await;
    test_store.commit(post(&mina, 1, FIRST_ROOM, "in the dump")).await;
    let dump = database.dump();
    test_store.commit(post(&mina, 2, FIRST_ROOM, "after the dump")).await;
    let known = position(&test_store, &mina).await;
    drop(test_store);
    store.close().await;
    database.shell(&dump);

    let (_, test_store) = start(&database);
    let restored = position(&test_store, &mina).await;
    assert_eq!(restored.seq, Seq(1));
    assert_ne!(restored.epoch, known.epoch);
    test_store.commit(post(&mina, 3, FIRST_ROOM, "after the restore")).await;
    let resumed = test_store.open(mina.id, Topic::Room(FIRST_ROOM), Some(known)).await;
    assert!(matches!(resumed, Ok(Recovery::State(_))), "{resumed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_that_find_another_timeline_while_they_run_draw_one_new_epoch() {
    let database = TestDatabase::new();
    // With one reader, a read that succeeds shows that the connection of later reads is a new one.
    let options = ConnectOptions { readers: 1, ..database.options() };
    let [(writing, mut node), (_reading, mut other)] = [start_with(&options), start_with(&options)];
    let mina = node.user("Mina").await;
    node.commit(post(&mina, 1, FIRST_ROOM, "hello")).await;
    let before = position(&node, &mina).await;
    let first_epoch = writing.log_epoch();

    // As if a standby had taken over: another identity, and new connections.
    let external = database.external().await;
    let changed = "UPDATE cluster_identity SET identity = 'another'";
    external.execute(changed, &[]).await.expect("changed");
    external.execute(END_SESSIONS, &[]).await.expect("ended");
    let mut replaced = Vec::new();
    for node in [&mut node, &mut other] {
        let change = loop {
            match node.events.next().await.expect("the engine lives") {
                LogChange::Replaced(replaced) => break replaced,
                LogChange::Appended(_) | LogChange::Unanswered(_) => {}
            }
        };
        replaced.push(change.log_epoch);
        // The engine executes no request until the change is handled.
        let room = Topic::Room(FIRST_ROOM);
        let mut read = node.store.read_log(NOBODY, room, Seq(0), 9);
        assert!((&mut read).now_or_never().is_none());
        drop(change);
        // A read may meet a dead connection.
        while read.await.is_err() {
            read = node.store.read_log(NOBODY, room, Seq(0), 9);
        }
    }
    assert!(replaced[0] == replaced[1] && replaced[0] != first_epoch, "{replaced:?}");
    let positions = [&node, &other].map(|node| position(node, &mina));
    let [first, second] = positions;
    let (first, second) = (first.await, second.await);
    assert!(first == second && first.epoch != before.epoch, "{first:?} {second:?}");
    node.commit(post(&mina, 2, FIRST_ROOM, "again")).await;
}
