use madang_shared::counter::{CounterCommand, CounterEvent, CounterSnapshot};
use madang_shared::frames::LogPosition;
use madang_shared::{CommandId, Seq, Topic, User};
use uuid::Uuid;

use crate::support::{Rig, write};

fn add(author: &User, number: u128, amount: i32) -> madang_hub::ports::Write {
    write(author, number, CounterCommand::Add { amount })
}

pub(super) async fn the_number_is_the_sum_of_what_was_added(mut rig: Rig) {
    let (mina, theo) = (rig.user("Mina").await, rig.user("Theo").await);
    rig.appended(2).await;
    rig.place(add(&mina, 1, 5)).await;
    let placed = rig.place(add(&theo, 1, -7)).await;
    assert_eq!(placed, LogPosition { topic: Topic::Counter, seq: Seq(2) });
    assert_eq!(rig.place(add(&mina, 1, 5)).await.seq, Seq(1), "sent again, it counts once");
    let (position, snapshot) = rig.state(&mina, Topic::Counter).await;
    assert_eq!((position.seq, snapshot), (Seq(2), CounterSnapshot { value: -2 }.into()));
    let command = CommandId(Uuid::from_u128(1));
    let event = CounterEvent::Added { by: theo, amount: -7, value: -2, command };
    assert_eq!(rig.log(Topic::Counter).await[1], event.into());
    assert_eq!(rig.appended(2).await[1].entry.seq, Seq(2));
}

pub(super) async fn fifty_who_add_at_once_lose_nothing(rig: Rig) {
    let mut tasks = Vec::new();
    for n in 0..50 {
        let author = rig.user(&format!("user {n}")).await;
        let store = rig.store.clone();
        tasks.push(tokio::spawn(async move {
            for number in 0..20 {
                assert!(store.commit(vec![add(&author, number, 1)]).await[0].is_ok());
            }
        }));
    }
    for task in tasks {
        task.await.expect("all are accepted");
    }
    let mina = rig.user("Mina").await;
    let (position, snapshot) = rig.state(&mina, Topic::Counter).await;
    assert_eq!((position.seq, snapshot), (Seq(1_000), CounterSnapshot { value: 1_000 }.into()));
}
