use futures_util::FutureExt;
use futures_util::future::join_all;
use madang_hub::ports::Store;
use madang_hub::rooms::FIRST_ROOM;
use madang_shared::{ErrorCode, Topic};
use madang_store::sqlite::Options;

use super::{Home, fast};
use crate::support::{is_unavailable, new_user, post, refusal, texts};

#[tokio::test]
async fn what_waits_together_is_committed_together() {
    let home = Home::new();
    let (_, mut rig) = home.start(&fast());
    let mina = rig.user("Mina").await;
    rig.appended(1).await;
    let beside = home.beside();
    beside.execute_batch("BEGIN IMMEDIATE").expect("the lock is free");
    let calls: Vec<_> =
        (0..64).map(|n| rig.store.commit(vec![post(&mina, n, FIRST_ROOM, "hello")])).collect();
    beside.execute_batch("COMMIT").expect("committed");
    assert!(join_all(calls).await.iter().all(|results| results[0].is_ok()));
    let mut groups = Vec::new();
    while groups.iter().sum::<usize>() < 64 {
        groups.push(rig.tail.recv().await.expect("the engine lives").len());
    }
    // The first may have begun to wait for the lock before the others came.
    assert!(groups.len() <= 2, "{groups:?}");
}

#[tokio::test]
async fn a_full_disk_stops_writes_but_not_reads_and_passes() {
    let home = Home::new();
    let (_, mut rig) = home.start(&Options { max_bytes: Some(512 * 1024), ..fast() });
    let mina = rig.user("Mina").await;
    let text = "x".repeat(4_000);
    let mut stored = 0;
    let full = loop {
        let result = rig.one(post(&mina, stored, FIRST_ROOM, &text)).await;
        if result.is_err() {
            break result;
        }
        stored += 1;
    };
    assert!(stored > 10 && is_unavailable(&full), "{full:?}");

    // The rest of a batch does not overtake the write that met the full disk, small as it is.
    let refused = post(&mina, 1001, madang_shared::RoomId(99), "nowhere");
    let batch =
        vec![refused, post(&mina, stored, FIRST_ROOM, &text), post(&mina, 1002, FIRST_ROOM, "y")];
    let mut results = rig.store.commit(batch).await;
    assert!(results.drain(1..).all(|result| is_unavailable(&result)));
    let first = results.remove(0);
    assert!(is_unavailable(&first) || refusal(first) == ErrorCode::NotFound);

    let (position, _) = rig.state(&mina, Topic::Room(FIRST_ROOM)).await;
    assert_eq!(u128::from(position.seq.0), stored);
    assert_eq!(rig.log(Topic::Room(FIRST_ROOM)).await.len() as u64, position.seq.0);
    rig.appended(usize::try_from(stored).expect("small") + 1).await;
    assert!(rig.tail.try_recv().is_err(), "what was not stored was handed out");

    // Somebody makes room.
    home.beside()
        .execute_batch("DELETE FROM messages WHERE seq < 20; DELETE FROM log WHERE seq < 20")
        .expect("deleted");
    let placed = rig.place(post(&mina, stored, FIRST_ROOM, &text)).await;
    assert_eq!(placed.seq, position.seq.next());
    assert_eq!(rig.store.ready().await, Ok(()));
}

#[tokio::test]
async fn a_database_that_was_damaged_underneath_is_unavailable_not_wrong() {
    let home = Home::new();
    let (_, rig) = home.start(&fast());
    let mina = rig.user("Mina").await;
    home.beside().execute_batch("DROP TABLE readiness; DROP TABLE messages").expect("dropped");
    assert!(is_unavailable(&rig.store.ready().await));
    assert!(is_unavailable(&rig.one(post(&mina, 1, FIRST_ROOM, "x")).await));
    assert!(is_unavailable(&rig.store.open(mina.id, Topic::Room(FIRST_ROOM), None).await));
    assert_eq!(rig.log(Topic::Room(FIRST_ROOM)).await, []);
    // Whatever does not need the lost tables goes on.
    assert!(rig.store.sign_up(new_user("Theo")).await.is_ok());
}

#[tokio::test]
async fn closing_finishes_what_waits_and_refuses_what_comes_later() {
    let home = Home::new();
    let (store, rig) = home.start(&fast());
    let mina = rig.user("Mina").await;
    let calls: Vec<_> =
        (0..50).map(|n| store.commit(vec![post(&mina, n, FIRST_ROOM, &n.to_string())])).collect();
    store.close().await;
    assert!(join_all(calls).await.iter().all(|results| results[0].is_ok()));
    assert!(is_unavailable(&rig.one(post(&mina, 99, FIRST_ROOM, "late")).await));
    assert!(is_unavailable(&rig.store.ready().await));
    store.close().await;
    assert!(!home.path().with_extension("db-wal").exists(), "the log was not emptied");
    drop((store, rig));
    let (_, rig) = home.start(&fast());
    assert_eq!(texts(&rig.newest(&mina, FIRST_ROOM).await).len(), 50);
}

#[tokio::test]
async fn a_tail_that_nobody_holds_stops_nothing() {
    let home = Home::new();
    let (store, rig) = home.start(&fast());
    let mina = rig.user("Mina").await;
    drop(rig);
    assert!(store.commit(vec![post(&mina, 1, FIRST_ROOM, "x")]).await[0].is_ok());
}

#[tokio::test]
async fn an_id_is_never_given_out_twice() {
    let home = Home::new();
    let (_, rig) = home.start(&fast());
    let mina = rig.user("Mina").await;
    home.beside()
        .execute_batch("PRAGMA foreign_keys = ON; DELETE FROM members; DELETE FROM users")
        .expect("deleted");
    assert_eq!(rig.user("Mina").await.id.0, mina.id.0 + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_and_does_not_poll_holds_up_nobody() {
    let home = Home::new();
    let (_, rig) = home.start(&fast());
    let mina = rig.user("Mina").await;
    let open = || rig.store.open(mina.id, Topic::Room(FIRST_ROOM), None);
    let mut abandoned: Vec<_> = (0..64).map(|_| open()).collect();
    for ask in &mut abandoned {
        // Polled once, as a connection does that is then busy with a slow client.
        drop(ask.now_or_never());
    }
    for _ in 0..64 {
        assert!(open().await.is_ok());
    }
}

#[cfg(unix)]
#[tokio::test]
async fn nothing_is_acknowledged_that_would_go_with_a_deleted_file() {
    let home = Home::new();
    let (_, rig) = home.start(&fast());
    let mina = rig.user("Mina").await;
    let log = home.folder.path().join("madang.db-wal");
    for (id, file) in (0..).step_by(10).zip([home.path(), log]) {
        rig.place(post(&mina, id, FIRST_ROOM, "before")).await;
        let kept = home.folder.path().join("kept");
        std::fs::rename(&file, &kept).expect("moved");
        assert!(is_unavailable(&rig.one(post(&mina, id + 1, FIRST_ROOM, "lost")).await));
        assert!(is_unavailable(&rig.store.ready().await));
        std::fs::write(&file, "somebody else's").expect("written");
        assert!(is_unavailable(&rig.one(post(&mina, id + 2, FIRST_ROOM, "lost")).await));
        std::fs::rename(&kept, &file).expect("put back");
        rig.place(post(&mina, id + 1, FIRST_ROOM, "found")).await;
        assert_eq!(rig.store.ready().await, Ok(()));
    }
}
