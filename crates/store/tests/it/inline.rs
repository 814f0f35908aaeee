//! The database in memory, beyond the contract.

use madang_hub::ports::Store;
use madang_hub::rooms::FIRST_ROOM;
use madang_hub::shared_state::SharedStateRead;
use madang_shared::orders::{Destination, OrderLine, OrdersCommand, OrdersEvent, OwnOrdersEvent};
use madang_shared::{Event, MenuItemId, Seq, Timestamp, Topic, codec};
use madang_store::InlineSqlite;

use crate::support::{NOBODY, NOW, is_unavailable, new_user, post, refusal, token, write};

fn open(seed: u64) -> InlineSqlite {
    InlineSqlite::open_in_memory(NOW, seed).expect("opens")
}

#[test]
fn a_clone_keeps_the_data_over_a_restart() {
    let store = open(1);
    let mina = store.sign_up_now(new_user("Mina")).expect("the name is free");
    let restarted = store.clone();
    drop(store);
    assert_eq!(restarted.session_now(token("Mina"), NOW), Ok(Some(mina)));
}

#[test]
fn appended_events_wait_until_they_are_taken() {
    let store = open(1);
    let mina = store.sign_up_now(new_user("Mina")).expect("the name is free");
    assert!(store.commit_now(vec![post(&mina, 1, FIRST_ROOM, "hello")])[0].is_ok());
    let topics: Vec<Topic> = store.take_events().iter().map(|event| event.topic).collect();
    let (joined, counted) = (Topic::Memberships(mina.id), Topic::Details(FIRST_ROOM));
    assert_eq!(topics, [joined, counted, Topic::Room(FIRST_ROOM)]);
    assert_eq!(store.take_events(), []);
}

#[test]
fn the_same_seed_gives_the_same_epochs() {
    let epochs = |seed| {
        let store = open(seed);
        let mina = store.sign_up_now(new_user("Mina")).expect("the name is free");
        store.open_now(mina.id, SharedStateRead::uncached(Topic::Room(FIRST_ROOM)), None)
    };
    assert_eq!(epochs(1), epochs(1));
    assert_ne!(epochs(1), epochs(2));
}

#[test]
fn a_write_limit_stops_a_batch_in_the_middle_and_reads_still_work() {
    let store = open(1);
    let mina = store.sign_up_now(new_user("Mina")).expect("the name is free");
    let batch = || (1..=4).map(|n| post(&mina, n, FIRST_ROOM, "hello")).collect();
    store.set_write_limit(Some(2));
    let results = store.commit_now(batch());
    assert!(results[..2].iter().all(Result::is_ok));
    assert!(results[2..].iter().all(is_unavailable));
    let log =
        || store.read_log_now(NOBODY, Topic::Room(FIRST_ROOM), Seq(0), 9).expect("readable").len();
    assert_eq!(log(), 2);
    assert!(is_unavailable(&store.ready_now()));
    store.set_write_limit(None);
    assert!(store.commit_now(batch()).iter().all(Result::is_ok));
    assert_eq!((log(), store.ready_now()), (4, Ok(())));
}

#[test]
fn a_commit_that_fails_leaves_nothing_of_its_batch_and_no_event() {
    let store = open(1);
    let mina = store.sign_up_now(new_user("Mina")).expect("the name is free");
    store.take_events();
    let batch = || (1..=3).map(|n| post(&mina, n, FIRST_ROOM, "hello")).collect();
    let log =
        || store.read_log_now(NOBODY, Topic::Room(FIRST_ROOM), Seq(0), 9).expect("readable").len();
    store.set_commits_fail(true);
    assert!(store.commit_now(batch()).iter().all(is_unavailable));
    assert!(is_unavailable(&store.ready_now()));
    assert_eq!((log(), store.take_events()), (0, vec![]));
    store.set_commits_fail(false);
    assert!(store.commit_now(batch()).iter().all(Result::is_ok));
    assert_eq!((log(), store.take_events().len()), (3, 3));
}

#[test]
fn the_triggers_read_the_time_that_was_set() {
    let store = open(1);
    let mina = store.sign_up_now(new_user("Mina")).expect("the name is free");
    let line = OrderLine { item: MenuItemId(1), quantity: 1, price_won: 7_000 };
    let order_at = |number, now: Timestamp| {
        store.set_time(now);
        let lines = vec![line];
        let destination = Destination::Table(1);
        let place = OrdersCommand::Place { lines, note: String::new(), destination };
        let committed = store.commit_now(vec![write(&mina, number, place)]).remove(0);
        let event = committed.expect("stored").event.expect("an event");
        match codec::decode_event(&event) {
            Ok(Event::OwnOrders(OwnOrdersEvent(OrdersEvent::Changed { at, .. }))) => at,
            other => panic!("{other:?}"),
        }
    };
    for milliseconds in 0..20 {
        let now = NOW.plus(milliseconds * 1_234_567 + milliseconds);
        assert_eq!(order_at(u128::from(milliseconds) + 1, now), now);
    }
}

#[tokio::test]
async fn an_unavailable_engine_fails_every_operation() {
    let store = open(1);
    let mina = store.sign_up_now(new_user("Mina")).expect("the name is free");
    store.set_unavailable(true);
    assert!(is_unavailable(&store.sign_up(new_user("Theo")).await));
    assert!(is_unavailable(&store.session(token("Mina"), NOW).await));
    assert!(is_unavailable(
        &store.open(mina.id, SharedStateRead::uncached(Topic::Notices), None).await
    ));
    assert!(is_unavailable(&store.ready().await));
    assert!(is_unavailable(&store.commit(vec![post(&mina, 1, FIRST_ROOM, "x")]).await[0]));
    store.set_unavailable(false);
    assert!(store.sign_up(new_user("Theo")).await.is_ok());
    assert!(store.session(token("Theo"), NOW).await.is_ok_and(|user| user.is_some()));
    let mut taken = new_user("theo");
    taken.token = token("other");
    refusal(store.sign_up(taken).await);
}
