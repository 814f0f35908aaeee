//! A disk that is almost full: small changes are stored, and new data are refused.

use madang_hub::ports::{StoreError, Write};
use madang_hub::rooms::FIRST_ROOM;
use madang_shared::counter::CounterCommand;
use madang_shared::membership::MembershipCommand;
use madang_shared::notices::{LastNotices, NoticeKind, NoticesCommand};
use madang_shared::orders::{Destination, OrderLine, OrdersCommand};
use madang_shared::posts::PostsCommand;
use madang_shared::{ErrorCode, MenuItemId, PostId, RoomId, Topic};

use crate::support::{FLOOR, TestStore, create, join, leave, post, read, refusal, sign_up, write};

on_every_engine! {
    below_the_floor_only_small_changes_are_stored,
    a_change_that_was_stored_is_acknowledged_again_below_the_floor,
    a_batch_continues_after_a_change_without_space,
}

async fn below_the_floor_only_small_changes_are_stored(test: TestStore) {
    let anna = test.user("Anna").await;
    let room = test.commit(create(&anna, 1, "garden")).await;
    test.commit(post(&anna, 2, FIRST_ROOM, "hello")).await;
    test.commit(write(&anna, 3, PostsCommand::Create { text: "one".to_owned() })).await;
    assert_eq!(room.topic, Topic::Memberships(anna.id));
    let garden = RoomId(2);
    let line = OrderLine { item: MenuItemId(1), quantity: 1, price_won: 1 };
    let destination = Destination::Table(4);
    let new_data = |first: u128| -> Vec<Write> {
        let commands = [
            PostsCommand::Create { text: "two".to_owned() }.into(),
            PostsCommand::Edit { post: PostId(1), text: "edited".to_owned() }.into(),
            PostsCommand::Greet { others_only: false }.into(),
            CounterCommand::Add { amount: 1 }.into(),
            OrdersCommand::Place {
                lines: vec![line],
                note: String::new(),
                destination: destination.clone(),
            }
            .into(),
            NoticesCommand::Mute { kind: NoticeKind::Mention, muted: true }.into(),
            NoticesCommand::Demo { on: true }.into(),
            MembershipCommand::Join { room: garden }.into(),
        ];
        let writes = commands.into_iter().zip(first..);
        let writes = writes
            .map(|(command, number): (madang_shared::Command, u128)| write(&anna, number, command));
        writes.chain([post(&anna, 90, FIRST_ROOM, "more"), create(&anna, 91, "kitchen")]).collect()
    };
    test.free_space.record(FLOOR - 1);
    for write in new_data(10) {
        let change = format!("{:?}", write.change);
        match test.try_commit(write).await {
            Err(StoreError::Refused(failure)) => {
                assert_eq!((failure.code, failure.retry), (ErrorCode::Unavailable, false));
                assert!(failure.message.contains("disk") && failure.retry_after.is_some());
            }
            other => panic!("{change}: {other:?}"),
        }
    }
    assert_eq!(refusal(sign_up(&*test.store, "Ben").await), ErrorCode::Unavailable);
    assert_eq!(test.log(Topic::Room(FIRST_ROOM)).await.len(), 1);

    test.commit(read(&anna, 100, FIRST_ROOM, 1)).await;
    test.commit(leave(&anna, 101, garden)).await;
    test.commit(write(&anna, 102, PostsCommand::Delete { post: PostId(1) })).await;
    let marks = NoticesCommand::ReadAll(LastNotices::default());
    test.try_commit(write(&anna, 103, marks)).await.expect("small");
    test.store.sign_out(crate::support::token("Anna")).await.expect("small");
    assert_eq!(test.store.ready().await, Ok(()));

    test.free_space.record(FLOOR * 2);
    test.commit(post(&anna, 110, FIRST_ROOM, "more")).await;
    test.user("Ben").await;
    test.commit(join(&anna, 111, garden)).await;
}

async fn a_change_that_was_stored_is_acknowledged_again_below_the_floor(test: TestStore) {
    let anna = test.user("Anna").await;
    let first = test.commit(post(&anna, 1, FIRST_ROOM, "hello")).await;
    test.free_space.record(0);
    assert_eq!(test.commit(post(&anna, 1, FIRST_ROOM, "hello")).await, first);
}

async fn a_batch_continues_after_a_change_without_space(test: TestStore) {
    let anna = test.user("Anna").await;
    test.commit(post(&anna, 1, FIRST_ROOM, "hello")).await;
    test.free_space.record(0);
    let batch = vec![post(&anna, 2, FIRST_ROOM, "more"), read(&anna, 3, FIRST_ROOM, 1)];
    let results = test.store.commit(batch).await;
    assert!(matches!(results[0], Err(StoreError::Refused(_))), "{results:?}");
    assert!(results[1].is_ok(), "{results:?}");
}
