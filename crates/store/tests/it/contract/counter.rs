use madang_shared::counter::{CounterCommand, CounterEvent, CounterSnapshot};
use madang_shared::frames::LogPosition;
use madang_shared::{CommandId, Seq, Topic, User};
use uuid::Uuid;

use crate::support::{TestStore, write};

on_every_engine! {
    the_counter_is_the_sum_of_the_amounts,
    fifty_concurrent_authors_lose_no_amount,
}

fn add(author: &User, number: u128, amount: i32) -> madang_hub::ports::Write {
    write(author, number, CounterCommand::Add { amount })
}

async fn the_counter_is_the_sum_of_the_amounts(mut test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    test_store.receive(2).await;
    test_store.commit(add(&mina, 1, 5)).await;
    let log_position = test_store.commit(add(&theo, 1, -7)).await;
    assert_eq!(log_position, LogPosition { topic: Topic::Counter, seq: Seq(2) });
    assert_eq!(
        test_store.commit(add(&mina, 1, 5)).await.seq,
        Seq(1),
        "a repeated command counts once"
    );
    let (position, snapshot) = test_store.snapshot(&mina, Topic::Counter).await;
    assert_eq!((position.seq, snapshot), (Seq(2), CounterSnapshot { value: -2 }.into()));
    let command = CommandId(Uuid::from_u128(1));
    let event = CounterEvent::Added { by: theo, amount: -7, value: -2, command };
    assert_eq!(test_store.log(Topic::Counter).await[1], event.into());
    assert_eq!(test_store.receive(2).await[1].entry.seq, Seq(2));
}

async fn fifty_concurrent_authors_lose_no_amount(test_store: TestStore) {
    let mut tasks = Vec::new();
    for n in 0..50 {
        let author = test_store.user(&format!("user {n}")).await;
        let store = test_store.store.clone();
        tasks.push(tokio::spawn(async move {
            for number in 0..20 {
                assert!(store.commit(vec![add(&author, number, 1)]).await[0].is_ok());
            }
        }));
    }
    for task in tasks {
        task.await.expect("all are accepted");
    }
    let mina = test_store.user("Mina").await;
    let (position, snapshot) = test_store.snapshot(&mina, Topic::Counter).await;
    assert_eq!((position.seq, snapshot), (Seq(1_000), CounterSnapshot { value: 1_000 }.into()));
}
