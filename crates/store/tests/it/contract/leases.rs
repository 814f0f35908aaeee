use madang_hub::nodes::NodeId;

use crate::support::{NOW, TestStore};

on_every_engine! {
    a_lease_has_one_holder_until_it_ends,
    a_lease_is_given_back_by_its_holder_alone,
    a_lease_of_a_clock_that_was_wrong_has_ended,
}

const LENGTH: u64 = 10_000;
const ONE: NodeId = NodeId(1);
const TWO: NodeId = NodeId((1 << 53) - 1);

async fn acquire(test_store: &TestStore, name: &'static str, node: NodeId, after: u64) -> bool {
    let now = NOW.plus(after);
    test_store.store.acquire_lease(name, node, now, LENGTH).await.expect("stored")
}

async fn a_lease_has_one_holder_until_it_ends(test_store: TestStore) {
    assert!(acquire(&test_store, "price", ONE, 0).await);
    assert!(!acquire(&test_store, "price", TWO, 1).await);
    assert!(acquire(&test_store, "notices", TWO, 1).await, "another lease");
    assert!(acquire(&test_store, "price", ONE, 5_000).await, "renewed");
    assert!(!acquire(&test_store, "price", TWO, LENGTH).await);
    assert!(acquire(&test_store, "price", TWO, 5_000 + LENGTH).await, "the holder is dead");
    assert!(!acquire(&test_store, "price", ONE, 5_001 + LENGTH).await);
}

async fn a_lease_is_given_back_by_its_holder_alone(test_store: TestStore) {
    assert!(acquire(&test_store, "price", ONE, 0).await);
    assert_eq!(test_store.store.release_lease("price", TWO).await, Ok(()));
    assert!(!acquire(&test_store, "price", TWO, 1).await);
    assert_eq!(test_store.store.release_lease("price", ONE).await, Ok(()));
    assert!(acquire(&test_store, "price", TWO, 2).await);
}

async fn a_lease_of_a_clock_that_was_wrong_has_ended(test_store: TestStore) {
    assert!(acquire(&test_store, "price", ONE, 365 * 24 * 3_600_000).await);
    assert!(acquire(&test_store, "price", TWO, 0).await);
}
