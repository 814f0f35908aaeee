//! The readers of a database file.

use std::sync::mpsc::channel;

use madang_hub::ports::{NewUser, Store};
use madang_shared::{Timestamp, UserId};
use rusqlite::Connection;

use super::damage::Damage;
use super::transaction::ReadingConnection;
use super::{Options, Sqlite};
use crate::error::StatementError;
use crate::readers::{ReadPayer, ReaderPool};
use crate::transaction::Transaction;

#[tokio::test]
async fn a_sign_in_waits_for_no_other_read() {
    let folder = tempfile::tempdir().unwrap();
    let (now, options) = (Timestamp(1_800_000_000_000), Options::default());
    let (store, _events) = Sqlite::open(&folder.path().join("test.db"), now, &options).unwrap();
    let new = NewUser { name: "Mina".into(), name_key: "mina".into(), token: [1; 32], at: now };
    let mina = store.sign_up(new).await.unwrap();
    // A slow read of another user at each reader, and of a hundred more users.
    let (tell_begun, is_begun) = channel();
    let mut slow_reads = Vec::new();
    for user in 0..100 {
        let ((end, is_ended), tell_begun) = (channel::<()>(), tell_begun.clone());
        slow_reads.push(end);
        std::mem::forget(store.connections.readers.users.read(
            ReadPayer::User(UserId(100 + user)),
            move |_| {
                tell_begun.send(()).unwrap();
                is_ended.recv().ok();
                Ok(())
            },
        ));
    }
    (0..options.readers).for_each(|_| is_begun.recv().unwrap());
    assert_eq!(store.session([1; 32], now).await, Ok(Some(mina)));
    assert_eq!(store.session([2; 32], now).await, Ok(None));
    assert_eq!(store.ended_sessions(vec![[1; 32], [2; 32]], Timestamp(0)).await, Ok(vec![[2; 32]]));
    drop(slow_reads);
    store.close().await;
}

/// A read sees what was committed before it was queued, also if others are in the same group.
#[tokio::test]
async fn a_read_that_was_queued_after_a_group_began_is_not_in_its_transaction() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    let writer = Connection::open(&path).unwrap();
    writer.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE t (n)").unwrap();
    let (connection, damage) = (Connection::open(&path).unwrap(), Damage::default());
    let connections = vec![ReadingConnection { connection, damage: damage.clone() }];
    let pool = ReaderPool::start("reader", connections, damage).unwrap();
    let count = |transaction: &dyn Transaction| -> Result<i64, StatementError> {
        transaction.one("SELECT count(*) FROM t", &[], |row| row.integer(0))
    };
    let ((end, is_ended), (tell_begun, is_begun)) = (channel::<()>(), channel());
    let slow = pool.read(ReadPayer::User(UserId(1)), move |transaction| {
        let counted = count(transaction)?;
        tell_begun.send(()).unwrap();
        is_ended.recv().ok();
        Ok(counted)
    });
    is_begun.recv().unwrap();
    writer.execute_batch("INSERT INTO t VALUES (1)").unwrap();
    let later = pool.read(ReadPayer::User(UserId(2)), count);
    drop(end);
    assert_eq!((slow.await, later.await), (Ok(0), Ok(1)));
}
