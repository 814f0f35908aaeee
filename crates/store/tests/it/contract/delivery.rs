use madang_hub::ports::Recipients;
use madang_hub::ports::ServiceAccount;
use madang_hub::rooms::FIRST_ROOM;
use madang_shared::delivery::MAX_DELIVERY_PEOPLE;
use madang_shared::delivery::ReadStatus::{self, JoinedLater, Left, Read, Unread, Wrote};
use madang_shared::{ErrorCode, RoomId, Seq, Topic, User};

use crate::support::{NOW, TestStore, create, join, leave, post, read, refusal};

on_every_engine! {
    delivery_lists_the_receipt_status_of_each_recipient,
    delivery_is_for_members_only,
    delivery_lists_the_first_recipients_and_counts_the_others,
}

async fn stored(test_store: &TestStore, reader: &User, room: RoomId, message: u64) -> Recipients {
    test_store.store.delivery(reader.id, room, Seq(message)).await.expect("a member may know")
}

fn people(stored: &Recipients) -> Vec<(&str, ReadStatus)> {
    stored.people.iter().map(|(user, reception)| (user.name.as_str(), *reception)).collect()
}

async fn delivery_lists_the_receipt_status_of_each_recipient(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    let theo = test_store.user("theo").await;
    let jun = test_store.user("Jun").await;
    let gone = test_store.user("Gone").await;
    test_store.commit(leave(&gone, 1, FIRST_ROOM)).await;
    let service = ServiceAccount { key: "test", name: "Part of the server", at: NOW };
    test_store.store.service_user(service).await.expect("made");
    test_store.commit(post(&mina, 1, FIRST_ROOM, "one")).await;
    test_store.commit(post(&mina, 2, FIRST_ROOM, "two")).await;
    test_store.commit(read(&theo, 1, FIRST_ROOM, 1)).await;
    test_store.user("Late").await;

    let (position, _) = test_store.snapshot(&mina, Topic::Room(FIRST_ROOM)).await;
    let one = stored(&test_store, &theo, FIRST_ROOM, 1).await;
    assert_eq!((one.at, one.more), (NOW.plus(1), 0));
    assert_eq!((one.position.epoch, one.position.seq), (position.epoch, Seq(1)));
    let unread = Unread { up_to: Seq(0) };
    let author = ("Mina", Wrote);
    assert_eq!(people(&one), [("Jun", unread), author, ("Late", JoinedLater), ("theo", Read)]);
    let two = stored(&test_store, &theo, FIRST_ROOM, 2).await;
    let behind = ("theo", Unread { up_to: Seq(1) });
    assert_eq!(people(&two), [("Jun", unread), author, behind, ("Late", JoinedLater)]);

    test_store.commit(leave(&jun, 2, FIRST_ROOM)).await;
    let two = stored(&test_store, &theo, FIRST_ROOM, 2).await;
    let left = ("Jun", Left { at: NOW.plus(1) });
    assert_eq!(people(&two), [left, author, behind, ("Late", JoinedLater)]);
    test_store.commit(join(&jun, 3, FIRST_ROOM)).await;
    let two = stored(&test_store, &theo, FIRST_ROOM, 2).await;
    assert_eq!(
        people(&two)[2..],
        [("Jun", JoinedLater), ("Late", JoinedLater)],
        "a returning member joined later"
    );
}

async fn delivery_is_for_members_only(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    test_store.commit(create(&mina, 1, "Go")).await;
    let room = test_store.memberships(&mina).await[1].room;
    test_store.commit(post(&mina, 2, room, "secret")).await;
    let ask = async |user: &User, room, message| {
        refusal(test_store.store.delivery(user.id, room, Seq(message)).await)
    };
    assert_eq!(ask(&theo, room, 1).await, ErrorCode::NotMember);
    assert_eq!(ask(&theo, RoomId(99), 1).await, ErrorCode::NotFound);
    for nothing in [0, 2, u64::MAX] {
        assert_eq!(ask(&mina, room, nothing).await, ErrorCode::NotFound);
    }
    test_store.commit(join(&theo, 1, room)).await;
    assert_eq!(people(&stored(&test_store, &theo, room, 1).await).len(), 2);
}

async fn delivery_lists_the_first_recipients_and_counts_the_others(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    for number in 0..MAX_DELIVERY_PEOPLE + 3 {
        test_store.user(&format!("user {number}")).await;
    }
    test_store.commit(post(&mina, 1, FIRST_ROOM, "hi")).await;
    let stored = stored(&test_store, &mina, FIRST_ROOM, 1).await;
    assert_eq!((stored.people.len(), stored.more), (MAX_DELIVERY_PEOPLE, 4));
}
