//! Groups of writes, whose statements are sent ahead.

use futures_util::future::join_all;
use madang_hub::rooms::FIRST_ROOM;
use madang_shared::{ErrorCode, RoomId, Topic};

use super::server::TestDatabase;
use super::start;
use crate::support::{message_text, post, refusal};

/// PostgreSQL stores no zero character. The error comes after the statement was sent ahead.
#[tokio::test]
async fn a_write_that_postgresql_refuses_takes_no_other_write_with_it() {
    let database = TestDatabase::new();
    let (_, mut test_store) = start(&database);
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    test_store.receive(2).await;
    let missing = post(&theo, 9, RoomId(99), "nowhere");
    let calls = [
        vec![post(&mina, 1, FIRST_ROOM, "one"), post(&mina, 2, FIRST_ROOM, "two")],
        vec![post(&theo, 1, FIRST_ROOM, "zero\0"), missing, post(&theo, 2, FIRST_ROOM, "three")],
        vec![post(&mina, 3, FIRST_ROOM, "four")],
    ];
    let mut results = join_all(calls.map(|batch| test_store.store.commit(batch))).await;
    let mut refused = results.remove(1);
    assert!(results.into_iter().flatten().all(|result| result.is_ok()));
    assert!(refused.pop().expect("three results").is_ok());
    assert_eq!(refusal(refused.pop().expect("two results")), ErrorCode::NotFound);
    assert_eq!(refusal(refused.pop().expect("one result")), ErrorCode::Invalid);
    let log = test_store.log(Topic::Room(FIRST_ROOM)).await;
    let texts: Vec<&str> = log.iter().map(message_text).collect();
    assert_eq!(texts, ["one", "two", "three", "four"]);
    let seqs: Vec<u64> = test_store.receive(4).await.iter().map(|it| it.entry.seq.0).collect();
    assert_eq!(seqs, [1, 2, 3, 4]);
}
