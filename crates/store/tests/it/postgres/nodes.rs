//! Several nodes over one database.

use std::collections::HashMap;

use futures_util::future::join_all;
use madang_hub::ports::Write;
use madang_hub::rooms::FIRST_ROOM;
use madang_shared::OrderId;
use madang_shared::counter::CounterCommand;
use madang_shared::orders::{Destination, OrderLine, OrderStatus, OrdersCommand};
use madang_shared::{Event, MenuItemId, Topic, User};

use super::server::TestDatabase;
use super::start;
use crate::support::{TestStore, create, join, leave, post, refusal, sign_up, write};

fn add(author: &User, number: u128) -> Write {
    write(author, number, CounterCommand::Add { amount: 1 })
}

fn two_nodes(database: &TestDatabase) -> [TestStore; 2] {
    [start(database).1, start(database).1]
}

/// The positions of the own events in the event stream of a node, of each topic.
async fn streamed(node: &mut TestStore, events: usize) -> HashMap<Topic, Vec<u64>> {
    let mut seqs: HashMap<Topic, Vec<u64>> = HashMap::new();
    for event in node.receive(events).await {
        seqs.entry(event.topic).or_default().push(event.entry.seq.0);
    }
    seqs
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_of_two_nodes_have_one_order_without_holes() {
    const EACH: u128 = 60;
    let database = TestDatabase::new();
    let [mut first, mut second] = two_nodes(&database);
    let (mina, theo) = (first.user("Mina").await, second.user("Theo").await);
    let mixed = |node: &TestStore, user: &User| {
        let store = node.store.clone();
        let user = user.clone();
        let write = move |number: u128| match number % 3 {
            0 => post(&user, number, FIRST_ROOM, "hello"),
            1 => add(&user, number),
            _ => post(&user, number, FIRST_ROOM, "hello @Mina and @Theo"),
        };
        join_all((1..=EACH).map(move |number| store.commit(vec![write(number)])))
    };
    let (of_first, of_second) = tokio::join!(mixed(&first, &mina), mixed(&second, &theo));
    for results in of_first.into_iter().chain(of_second) {
        assert!(results[0].is_ok(), "{results:?}");
    }
    // `log` checks that there are no holes.
    let counted = first.log(Topic::Counter).await;
    assert_eq!(counted.len() as u128, 2 * EACH / 3);
    let Some(Event::Counter(last)) = counted.last() else { panic!("{counted:?}") };
    let madang_shared::counter::CounterEvent::Added { value, .. } = last;
    assert_eq!(i128::from(*value), 2 * EACH.cast_signed() / 3, "no amount is lost");
    assert_eq!(first.log(Topic::Room(FIRST_ROOM)).await.len() as u128, 2 * 2 * EACH / 3);
    // Each node streams its own events in their order, and none of the other's.
    for node in [&mut first, &mut second] {
        let seqs = streamed(node, 1 + usize::try_from(EACH).expect("small")).await;
        assert!(seqs.values().all(|seqs| seqs.is_sorted()), "{seqs:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_reaches_two_nodes_takes_effect_once() {
    let database = TestDatabase::new();
    let [first, second] = two_nodes(&database);
    let mina = first.user("Mina").await;
    for number in 1..=30 {
        let (one, other) = tokio::join!(
            first.store.commit(vec![add(&mina, number)]),
            second.store.commit(vec![add(&mina, number)]),
        );
        assert_eq!(one, other);
        // Leaving a room that one has left changes nothing, and has no topic.
        let away = 1_000 + number;
        let (one, other) = tokio::join!(
            first.store.commit(vec![leave(&mina, away, FIRST_ROOM)]),
            second.store.commit(vec![leave(&mina, away, FIRST_ROOM)]),
        );
        assert_eq!(one, other);
    }
    assert_eq!(first.log(Topic::Counter).await.len(), 30);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_counter_of_two_nodes_is_the_sum_of_all_amounts() {
    let database = TestDatabase::new();
    let [first, second] = two_nodes(&database);
    let (mina, theo) = (first.user("Mina").await, second.user("Theo").await);
    let one_by_one = |node: &TestStore, user: &User| {
        let (store, user) = (node.store.clone(), user.clone());
        tokio::spawn(async move {
            for number in 1..=100 {
                let results = store.commit(vec![add(&user, number)]).await;
                assert!(results[0].is_ok(), "{results:?}");
            }
        })
    };
    let (of_first, of_second) = (one_by_one(&first, &mina), one_by_one(&second, &theo));
    of_first.await.expect("added");
    of_second.await.expect("added");
    let sql = "SELECT value FROM counter";
    let value = database.external().await.query_one(sql, &[]).await.expect("readable");
    assert_eq!(value.get::<_, i64>(0), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_unique_and_an_order_has_one_rider_across_nodes() {
    let database = TestDatabase::new();
    let [first, second] = two_nodes(&database);
    let (mina, theo) = (first.user("Mina").await, second.user("Theo").await);
    let (one, other) =
        tokio::join!(sign_up(&*first.store, "Robot"), sign_up(&*second.store, "R\u{43e}bot"),);
    assert_eq!(usize::from(one.is_ok()) + usize::from(other.is_ok()), 1, "they look alike");
    let (one, other) = tokio::join!(
        first.try_commit(create(&mina, 1, "kitchen")),
        second.try_commit(create(&theo, 1, "kitchen")),
    );
    assert_eq!(usize::from(one.is_ok()) + usize::from(other.is_ok()), 1);
    let lines = vec![OrderLine { item: MenuItemId(1), quantity: 1, price_won: 7_000 }];
    let (note, destination) = (
        String::new(),
        Destination::Delivery { address: "Seoul".to_owned(), phone: "010-1234-5678".to_owned() },
    );
    first.commit(write(&mina, 2, OrdersCommand::Place { lines, note, destination })).await;
    for (number, to) in (3..).zip([OrderStatus::Accepted, OrderStatus::Cooking, OrderStatus::Ready])
    {
        second.commit(write(&mina, number, OrdersCommand::Advance { order: OrderId(1), to })).await;
    }
    let take = OrdersCommand::Take { order: OrderId(1) };
    let (one, other) = tokio::join!(
        first.try_commit(write(&mina, 9, take.clone())),
        second.try_commit(write(&theo, 9, take)),
    );
    assert_eq!(usize::from(one.is_ok()) + usize::from(other.is_ok()), 1, "{one:?} {other:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn opposite_orders_of_topics_do_not_stop_two_nodes() {
    let database = TestDatabase::new();
    let [first, second] = two_nodes(&database);
    let (mina, theo) = (first.user("Mina").await, second.user("Theo").await);
    let mut rooms = vec![FIRST_ROOM];
    for number in 1..4 {
        first.commit(create(&mina, number, &format!("room {number}"))).await;
    }
    rooms.extend(
        first.memberships(&mina).await.iter().map(|it| it.room).filter(|it| *it != FIRST_ROOM),
    );
    for (number, room) in (10..).zip(&rooms[1..]) {
        second.commit(join(&theo, number, *room)).await;
    }
    let batches = |node: &TestStore, user: &User, reversed: bool| {
        let store = node.store.clone();
        let (user, mut rooms) = (user.clone(), rooms.clone());
        if reversed {
            rooms.reverse();
        }
        async move {
            for round in 1..=20_u128 {
                let batch = (100 * round..)
                    .zip(&rooms)
                    .map(|(number, room)| post(&user, number, *room, "@Mina @Theo hello"));
                let results = store.commit(batch.collect()).await;
                assert!(results.iter().all(Result::is_ok), "{results:?}");
            }
        }
    };
    tokio::join!(batches(&first, &mina, false), batches(&second, &theo, true));
    for room in rooms {
        assert_eq!(first.log(Topic::Room(room)).await.len(), 40);
    }
}

#[tokio::test]
async fn a_lock_of_another_program_stops_only_the_writes_that_need_it() {
    let database = TestDatabase::new();
    let (_, test_store) = start(&database);
    let mina = test_store.user("Mina").await;
    let external = database.external().await;
    external.batch_execute("BEGIN; UPDATE counter SET value = 5").await.expect("locked");
    let (added, posted) = tokio::join!(
        test_store.try_commit(add(&mina, 1)),
        test_store.try_commit(post(&mina, 2, FIRST_ROOM, "hello")),
    );
    assert!(posted.is_ok(), "{posted:?}");
    assert!(crate::support::is_unavailable(&added), "{added:?}");
    external.batch_execute("COMMIT").await.expect("released");
    test_store.commit(add(&mina, 1)).await;
    let missing = write(&mina, 3, OrdersCommand::Take { order: OrderId(9) });
    refusal(test_store.try_commit(missing).await);
}
