use std::sync::mpsc::{Receiver, Sender, channel};

use madang_shared::ErrorCode;

use super::fair_queue::MAX_WAITING_READS;
use super::*;
use crate::transaction::{Value, Visit};

const ANNA: ReadPayer = ReadPayer::User(UserId(1));
const BEN: ReadPayer = ReadPayer::User(UserId(2));

/// The reads of these tests execute no statement.
struct NoDatabase;

impl Transaction for NoDatabase {
    fn execute(&self, sql: &'static str, _values: &[Value<'_>]) -> Result<u64, StatementError> {
        unreachable!("{sql}")
    }

    fn size_query(&self) -> &'static str {
        unreachable!("no size")
    }

    fn visit(
        &self,
        sql: &'static str,
        _values: &[Value<'_>],
        _visit: &mut Visit<'_>,
    ) -> Result<(), StatementError> {
        unreachable!("{sql}")
    }
}

impl ReadConnection for NoDatabase {
    fn in_transaction(&mut self, run: &mut dyn FnMut(Result<&dyn Transaction, &StoreError>)) {
        run(Ok(self));
    }
}

#[derive(Clone)]
struct NoErrors;

impl EngineErrors for NoErrors {
    fn store_error(&self, error: StatementError) -> StoreError {
        unreachable!("{error:?}")
    }
}

/// Readers with slow reads, which end when the test says so.
struct TestReaders {
    pool: Arc<ReaderPool<NoErrors>>,
    /// The names of the reads that have begun, in order.
    begun: Arc<Mutex<Vec<&'static str>>>,
    tell_begun: Sender<()>,
    is_begun: Receiver<()>,
}

/// A slow read, which ends when this is dropped.
struct SlowRead(Sender<()>);

impl TestReaders {
    fn new(readers: usize) -> Self {
        let connections = (0..readers).map(|_| NoDatabase).collect();
        let pool = ReaderPool::start("reader", connections, NoErrors).unwrap();
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
