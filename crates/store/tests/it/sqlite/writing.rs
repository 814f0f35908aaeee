use futures_util::FutureExt;
use futures_util::future::join_all;
use madang_hub::ports::Store;
use madang_hub::rooms::FIRST_ROOM;
use madang_hub::shared_state::SharedStateRead;
use madang_shared::{ErrorCode, Topic};
use madang_store::sqlite::Options;

use super::{TestDatabase, fast_options};
use crate::support::{is_unavailable, new_user, post, refusal, texts};

#[tokio::test]
async fn waiting_writes_are_committed_together() {
    let database = TestDatabase::new();
    let (_, mut test_store) = database.start(&fast_options());
    let mina = test_store.user("Mina").await;
    test_store.receive(1).await;
    let external = database.external();
    external.execute_batch("BEGIN IMMEDIATE").expect("the lock is free");
    let calls: Vec<_> = (0..64)
        .map(|n| test_store.store.commit(vec![post(&mina, n, FIRST_ROOM, "hello")]))
        .collect();
    external.execute_batch("COMMIT").expect("committed");
    assert!(join_all(calls).await.iter().all(|results| results[0].is_ok()));
    let mut groups = Vec::new();
    while groups.iter().sum::<usize>() < 64 {
        groups.push(test_store.events.recv().await.expect("the engine lives").len());
    }
    // The writer may have taken the first call alone before the others were queued.
    assert!(groups.len() <= 2, "{groups:?}");
}

#[tokio::test]
async fn a_full_disk_stops_writes_but_not_reads() {
    let database = TestDatabase::new();
    let (_, mut test_store) =
        database.start(&Options { max_bytes: Some(1024 * 1024), ..fast_options() });
    let mina = test_store.user("Mina").await;
    let text = "x".repeat(4_000);
    let mut stored = 0;
    let full = loop {
        let result = test_store.try_commit(post(&mina, stored, FIRST_ROOM, &text)).await;
        if result.is_err() {
            break result;
        }
        stored += 1;
    };
    assert!(stored > 10 && is_unavailable(&full), "{full:?}");

    // Later writes of a batch do not overtake the write that met the full disk, even small ones.
    let refused = post(&mina, 1001, madang_shared::RoomId(99), "nowhere");
    let batch =
        vec![refused, post(&mina, stored, FIRST_ROOM, &text), post(&mina, 1002, FIRST_ROOM, "y")];
    let mut results = test_store.store.commit(batch).await;
    assert!(results.drain(1..).all(|result| is_unavailable(&result)));
    let first = results.remove(0);
    assert!(is_unavailable(&first) || refusal(first) == ErrorCode::NotFound);

    let (position, _) = test_store.snapshot(&mina, Topic::Room(FIRST_ROOM)).await;
    assert_eq!(u128::from(position.seq.0), stored);
    assert_eq!(test_store.log(Topic::Room(FIRST_ROOM)).await.len() as u64, position.seq.0);
    test_store.receive(usize::try_from(stored).expect("small") + 1).await;
    assert!(
        test_store.events.recv().now_or_never().is_none(),
        "an event that was not stored was sent"
    );

    // Another program frees space.
    database
        .external()
        .execute_batch("DELETE FROM messages WHERE seq < 20; DELETE FROM log WHERE seq < 20")
        .expect("deleted");
    let log_position = test_store.commit(post(&mina, stored, FIRST_ROOM, &text)).await;
    assert_eq!(log_position.seq, position.seq.next());
    assert_eq!(test_store.store.ready().await, Ok(()));
}

#[tokio::test]
async fn a_database_with_dropped_tables_is_unavailable() {
    let database = TestDatabase::new();
    let (_, test_store) = database.start(&fast_options());
    let mina = test_store.user("Mina").await;
    database
        .external()
        .execute_batch("DROP TABLE readiness; DROP TABLE messages")
        .expect("dropped");
    assert!(is_unavailable(&test_store.store.ready().await));
    assert!(is_unavailable(&test_store.try_commit(post(&mina, 1, FIRST_ROOM, "x")).await));
    assert!(is_unavailable(&test_store.open(mina.id, Topic::Room(FIRST_ROOM), None).await));
    assert_eq!(test_store.log(Topic::Room(FIRST_ROOM)).await, []);
    // Operations on other tables still work.
    assert!(test_store.store.sign_up(new_user("Theo")).await.is_ok());
}

#[tokio::test]
async fn closing_finishes_waiting_writes_and_refuses_later_ones() {
    let database = TestDatabase::new();
    let (store, test_store) = database.start(&fast_options());
    let mina = test_store.user("Mina").await;
    let calls: Vec<_> =
        (0..50).map(|n| store.commit(vec![post(&mina, n, FIRST_ROOM, &n.to_string())])).collect();
    store.close().await;
    assert!(join_all(calls).await.iter().all(|results| results[0].is_ok()));
    assert!(is_unavailable(&test_store.try_commit(post(&mina, 99, FIRST_ROOM, "late")).await));
    assert!(is_unavailable(&test_store.store.ready().await));
    store.close().await;
    assert!(!database.path().with_extension("db-wal").exists(), "the log was not emptied");
    drop((store, test_store));
    let (_, test_store) = database.start(&fast_options());
    assert_eq!(texts(&test_store.newest(&mina, FIRST_ROOM).await).len(), 50);
}

#[tokio::test]
async fn commits_continue_without_an_event_stream() {
    let database = TestDatabase::new();
    let (store, test_store) = database.start(&fast_options());
    let mina = test_store.user("Mina").await;
    drop(test_store);
    assert!(store.commit(vec![post(&mina, 1, FIRST_ROOM, "x")]).await[0].is_ok());
}

#[tokio::test]
async fn an_id_is_never_used_twice() {
    let database = TestDatabase::new();
    let (_, test_store) = database.start(&fast_options());
    let mina = test_store.user("Mina").await;
    database
        .external()
        .execute_batch("PRAGMA foreign_keys = ON; DELETE FROM members; DELETE FROM users")
        .expect("deleted");
    assert_eq!(test_store.user("Mina").await.id.0, mina.id.0 + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_future_that_is_not_polled_blocks_no_other_caller() {
    let database = TestDatabase::new();
    let (_, test_store) = database.start(&fast_options());
    let mina = test_store.user("Mina").await;
    let topic = Topic::Room(FIRST_ROOM);
    let open = || test_store.store.open(mina.id, SharedStateRead::uncached(topic), None);
    let mut abandoned: Vec<_> = (0..64).map(|_| open()).collect();
    for ask in &mut abandoned {
        // Polled once, as by a connection that is then busy with a slow client.
        drop(ask.now_or_never());
    }
    for _ in 0..64 {
        assert!(open().await.is_ok());
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_deleted_database_file_gets_no_acknowledged_writes() {
    let database = TestDatabase::new();
    let (_, test_store) = database.start(&fast_options());
    let mina = test_store.user("Mina").await;
    let log = database.folder.path().join("madang.db-wal");
    for (id, file) in (0..).step_by(10).zip([database.path(), log]) {
        test_store.commit(post(&mina, id, FIRST_ROOM, "before")).await;
        let moved = database.folder.path().join("kept");
        std::fs::rename(&file, &moved).expect("moved");
        assert!(is_unavailable(
            &test_store.try_commit(post(&mina, id + 1, FIRST_ROOM, "lost")).await
        ));
        assert!(is_unavailable(&test_store.store.ready().await));
        std::fs::write(&file, "another file").expect("written");
        assert!(is_unavailable(
            &test_store.try_commit(post(&mina, id + 2, FIRST_ROOM, "lost")).await
        ));
        std::fs::rename(&moved, &file).expect("put back");
        test_store.commit(post(&mina, id + 1, FIRST_ROOM, "found")).await;
        assert_eq!(test_store.store.ready().await, Ok(()));
    }
}
