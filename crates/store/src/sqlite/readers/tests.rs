use std::sync::mpsc::{Receiver, Sender, channel};

use madang_hub::ports::{NewUser, Store};
use madang_shared::{ErrorCode, Timestamp};

use super::fair_queue::MAX_WAITING_READS;
use super::*;
use crate::sqlite::{Options, Sqlite};

const ANNA: ReadPayer = ReadPayer::User(UserId(1));
const BEN: ReadPayer = ReadPayer::User(UserId(2));

/// Readers with slow reads, which end when the test says so.
struct TestReaders {
    pool: Arc<ReaderPool>,
    /// The names of the reads that have begun, in order.
    begun: Arc<Mutex<Vec<&'static str>>>,
    tell_begun: Sender<()>,
    is_begun: Receiver<()>,
}

/// A slow read, which ends when this is dropped.
struct SlowRead(Sender<()>);

impl TestReaders {
    fn new(readers: usize) -> Self {
        let connections = (0..readers).map(|_| Connection::open_in_memory().unwrap()).collect();
        let pool = ReaderPool::start(connections, Damage::default()).unwrap();
        let (tell_begun, is_begun) = channel();
        Self { pool: Arc::new(pool), begun: Arc::default(), tell_begun, is_begun }
    }

    fn read(
        &self,
        payer: ReadPayer,
        name: &'static str,
    ) -> impl Future<Output = Result<(), StoreError>> {
        let begun = Arc::clone(&self.begun);
        self.pool.read(payer, move |_| {
            begun.lock().unwrap().push(name);
            Ok(())
        })
    }

    /// Queues a slow read.
    fn slow(&self, payer: ReadPayer, name: &'static str) -> SlowRead {
        let (end, is_ended) = channel::<()>();
        let (begun, tell_begun) = (Arc::clone(&self.begun), self.tell_begun.clone());
        // The read runs even if its future is not polled, but not if the future was dropped.
        std::mem::forget(self.pool.read(payer, move |_| {
            begun.lock().unwrap().push(name);
            tell_begun.send(()).unwrap();
            // Fails when the sender is dropped.
            is_ended.recv().ok();
            Ok(())
        }));
        SlowRead(end)
    }

    /// Queues a slow read, and waits until it has begun.
    fn begin_slow(&self, payer: ReadPayer, name: &'static str) -> SlowRead {
        let slow = self.slow(payer, name);
        self.is_begun.recv().unwrap();
        slow
    }

    fn begun(&self) -> Vec<&'static str> {
        self.begun.lock().unwrap().clone()
    }
}

impl SlowRead {
    fn end(self) {
        drop(self.0);
    }
}

#[tokio::test]
async fn slow_reads_of_one_user_leave_the_other_readers_to_others() {
    let readers = TestReaders::new(2);
    let first = readers.begin_slow(ANNA, "anna");
    let rest: Vec<SlowRead> = (0..100).map(|_| readers.slow(ANNA, "anna again")).collect();
    for _ in 0..10 {
        assert_eq!(readers.read(BEN, "ben").await, Ok(()));
    }
    assert!(!readers.begun().contains(&"anna again"));
    first.end();
    rest.into_iter().for_each(SlowRead::end);
}

#[tokio::test]
async fn a_user_waits_for_one_read_of_another_at_a_single_reader() {
    let readers = TestReaders::new(1);
    let first = readers.begin_slow(ANNA, "anna");
    let rest: Vec<SlowRead> = (0..100).map(|_| readers.slow(ANNA, "anna again")).collect();
    let of_ben = readers.read(BEN, "ben");
    first.end();
    assert_eq!(of_ben.await, Ok(()));
    assert_eq!(readers.begun()[..2], ["anna", "ben"]);
    rest.into_iter().for_each(SlowRead::end);
}

#[tokio::test]
async fn users_take_turns_and_the_reads_of_each_keep_their_order() {
    let readers = TestReaders::new(1);
    let slow = readers.begin_slow(ReadPayer::Server, "slow");
    let reads = [
        readers.read(ANNA, "anna 1"),
        readers.read(ANNA, "anna 2"),
        readers.read(ANNA, "anna 3"),
        readers.read(BEN, "ben 1"),
        readers.read(BEN, "ben 2"),
        readers.read(ReadPayer::User(UserId(3)), "carl 1"),
    ];
    slow.end();
    future::try_join_all(reads).await.unwrap();
    let in_turns = ["slow", "anna 1", "ben 1", "carl 1", "anna 2", "ben 2", "anna 3"];
    assert_eq!(readers.begun(), in_turns);
}

#[tokio::test]
async fn waiting_reads_of_a_user_are_bounded_and_others_are_not_refused() {
    let readers = TestReaders::new(1);
    let slow = readers.begin_slow(ANNA, "slow");
    let waiting: Vec<_> = (0..MAX_WAITING_READS).map(|_| readers.read(ANNA, "anna")).collect();
    let Err(StoreError::Refused(failure)) = readers.read(ANNA, "too many").await else {
        unreachable!("the read above the limit was queued")
    };
    assert!(failure.code == ErrorCode::RateLimited && failure.retry_after.is_some());
    let of_ben = readers.read(BEN, "ben");
    let of_server: Vec<_> =
        (0..=MAX_WAITING_READS).map(|_| readers.read(ReadPayer::Server, "server")).collect();
    slow.end();
    assert_eq!(of_ben.await, Ok(()));
    future::try_join_all(waiting).await.unwrap();
    future::try_join_all(of_server).await.unwrap();
    assert_eq!(readers.read(ANNA, "anna").await, Ok(()));
    assert!(!readers.begun().contains(&"too many"));
}

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
        std::mem::forget(store.connections.readers.read(
            ReadPayer::User(UserId(100 + user)),
            move |_| {
                tell_begun.send(()).unwrap();
                is_ended.recv().ok();
                Ok(())
            },
        ));
    }
    (0..options.readers).for_each(|_| is_begun.recv().unwrap());
    assert_eq!(store.session([1; 32]).await, Ok(Some(mina)));
    assert_eq!(store.session([2; 32]).await, Ok(None));
    assert_eq!(store.ended_sessions(vec![[1; 32], [2; 32]]).await, Ok(vec![[2; 32]]));
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
    let connections = vec![Connection::open(&path).unwrap()];
    let pool = ReaderPool::start(connections, Damage::default()).unwrap();
    let count = |connection: &Connection| -> Result<i64, StatementError> {
        Ok(connection.query_row("SELECT count(*) FROM t", [], |row| row.get(0))?)
    };
    let ((end, is_ended), (tell_begun, is_begun)) = (channel::<()>(), channel());
    let slow = pool.read(ANNA, move |connection| {
        let counted = count(connection)?;
        tell_begun.send(()).unwrap();
        is_ended.recv().ok();
        Ok(counted)
    });
    is_begun.recv().unwrap();
    writer.execute_batch("INSERT INTO t VALUES (1)").unwrap();
    let later = pool.read(BEN, count);
    drop(end);
    assert_eq!((slow.await, later.await), (Ok(0), Ok(1)));
}

#[tokio::test]
async fn a_panic_in_a_read_ends_the_turn_of_its_user() {
    let readers = TestReaders::new(2);
    let panicking = readers.pool.read(ANNA, |_| -> Result<(), StatementError> {
        std::panic::resume_unwind(Box::new("the read panics"))
    });
    let next = readers.read(ANNA, "anna");
    assert!(panicking.await.is_err());
    assert_eq!(next.await, Ok(()));
    assert_eq!(readers.read(ANNA, "anna").await, Ok(()));
}

#[tokio::test]
async fn closing_refuses_waiting_and_later_reads() {
    let readers = TestReaders::new(1);
    let slow = readers.begin_slow(ANNA, "slow");
    let waiting = [readers.read(ANNA, "waits"), readers.read(BEN, "waits")];
    readers.pool.close();
    for read in waiting {
        assert_eq!(read.await, Err(closed()));
    }
    assert_eq!(readers.read(BEN, "late").await, Err(closed()));
    slow.end();
    readers.pool.closed().await;
    assert_eq!(readers.begun(), ["slow"]);
}
