use madang_shared::{Epoch, RoomId, UserId};

use super::*;
use crate::budgets::{Budgets, MAX_WAITING_BYTES};

const ROOM: Topic = Topic::Room(RoomId(1));

fn new_cache() -> Arc<SharedStateCache> {
    Arc::new(SharedStateCache::new(Budgets::default().cache_memory()))
}

fn version(seq: u64) -> StateVersion {
    StateVersion { head: Position::new(Epoch(7), Seq(seq)), revision: 0 }
}

fn snapshot(bytes: usize) -> SharedSnapshot {
    let text = "x".repeat(bytes);
    let message = format!(
        r#"{{"posts":{{"posts":[{{"id":1,"author":{{"id":1,"name":"Mina"}},"at":0,"text":"{text}"}}],"older":false}}}}"#
    );
    let snapshot: Snapshot = codec::decode_part(&message).unwrap();
    snapshot.into()
}

impl SharedStateRead {
    /// Reads a state of this size. Returns whether the store was asked.
    fn asks(&self, version: StateVersion, bytes: usize) -> bool {
        let mut asked = false;
        let state = self.at(version, || {
            asked = true;
            Ok::<_, ()>(snapshot(bytes))
        });
        assert_eq!(state.unwrap().version, version);
        asked
    }
}

#[test]
fn a_state_is_read_once_for_each_version() {
    let cache = new_cache();
    assert!(cache.begin_read(ROOM).asks(version(3), 10));
    assert!(!cache.begin_read(ROOM).asks(version(3), 10));
    let others = [
        version(4),
        StateVersion { revision: 1, ..version(4) },
        StateVersion { head: Position::new(Epoch(8), Seq(4)), revision: 1 },
    ];
    for other in others {
        assert!(cache.begin_read(ROOM).asks(other, 10), "{other:?}");
        assert!(!cache.begin_read(ROOM).asks(other, 10), "{other:?}");
    }
    assert!(cache.begin_read(Topic::Posts).asks(version(4), 10), "another topic");
    assert_eq!(cache.reads(), 5);
}

#[test]
fn a_failed_read_is_not_cached() {
    let cache = new_cache();
    assert_eq!(cache.begin_read(ROOM).at(version(3), || Err("damaged")).err(), Some("damaged"));
    assert!(cache.begin_read(ROOM).asks(version(3), 10));
}

#[test]
fn an_event_drops_the_state_before_it_and_no_later_one() {
    let cache = new_cache();
    cache.begin_read(ROOM).asks(version(3), 10);
    cache.drop_before(Topic::Posts, Seq(9));
    cache.drop_before(ROOM, Seq(3));
    assert!(!cache.begin_read(ROOM).asks(version(3), 10));
    cache.drop_before(ROOM, Seq(4));
    let inner = cache.inner.lock();
    assert_eq!((inner.states.len(), inner.bytes), (0, 0));
}

/// The store may read a state before an event that redacts a part of it, and return it afterwards.
#[test]
fn a_read_that_began_before_an_event_is_not_cached() {
    let cache = new_cache();
    let early = cache.begin_read(ROOM);
    cache.drop_before(ROOM, Seq(4));
    assert!(early.asks(version(3), 10));
    assert!(cache.inner.lock().states.is_empty());
    assert!(cache.begin_read(ROOM).asks(version(4), 10));
    assert!(!early.asks(version(4), 10), "it may use what a later read has cached");
}

#[test]
fn a_personal_topic_is_read_for_each_reader() {
    let cache = new_cache();
    for topic in [Topic::Memberships(UserId(1)), Topic::Inbox(UserId(1))] {
        assert!(cache.begin_read(topic).asks(version(3), 10));
        assert!(cache.begin_read(topic).asks(version(3), 10));
    }
    assert!(SharedStateRead::uncached(ROOM).asks(version(3), 10));
}

#[test]
fn memory_is_bounded_and_the_state_that_was_used_last_stays() {
    let cache = new_cache();
    let bytes = MAX_BYTES / 2 / 10;
    let used = cache.begin_read(Topic::Room(RoomId(0)));
    for room in 0..100 {
        used.asks(version(3), bytes);
        cache.begin_read(Topic::Room(RoomId(room))).asks(version(3), bytes);
        let inner = cache.inner.lock();
        let held: usize = inner.states.values().map(|cached| cached.state.bytes()).sum();
        assert_eq!(inner.bytes, held);
        assert!(held <= MAX_BYTES);
    }
    assert!(!used.asks(version(3), bytes));
    assert!(!cache.begin_read(Topic::Room(RoomId(99))).asks(version(3), bytes));
    assert!(cache.begin_read(Topic::Room(RoomId(90))).asks(version(3), bytes));
    // A state that fits nowhere drops no other.
    assert!(cache.begin_read(ROOM).asks(version(3), MAX_BYTES));
    assert!(!used.asks(version(3), bytes));
}

#[test]
fn cached_states_and_unwritten_answers_share_one_limit() {
    let budgets = Budgets::default();
    let cache = Arc::new(SharedStateCache::new(budgets.cache_memory()));
    cache.begin_read(ROOM).asks(version(3), 10_000);
    let all = budgets.cache_memory().reserve(MAX_WAITING_BYTES);
    assert!(all.is_none(), "the cached state holds a part");
    let rest = budgets.cache_memory().reserve(MAX_WAITING_BYTES - 21 * 1024).expect("free");
    cache.begin_read(Topic::Posts).asks(version(3), 10_000);
    assert!(cache.inner.lock().states.is_empty(), "answers need the memory more than the cache");
    drop(rest);
    assert!(budgets.cache_memory().reserve(MAX_WAITING_BYTES).is_some());
}
