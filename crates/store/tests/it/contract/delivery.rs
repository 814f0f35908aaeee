use madang_hub::ports::Recipients;
use madang_hub::ports::ServiceAccount;
use madang_hub::rooms::FIRST_ROOM;
use madang_shared::delivery::MAX_DELIVERY_PEOPLE;
use madang_shared::delivery::ReceiptStatus::{self, JoinedLater, Left, Read, Unread, Wrote};
use madang_shared::{ErrorCode, RoomId, Seq, Topic, User};

use crate::support::{NOW, Rig, create, join, leave, post, read, refusal};

async fn stored(rig: &Rig, reader: &User, room: RoomId, message: u64) -> Recipients {
    rig.store.delivery(reader.id, room, Seq(message)).await.expect("a member may know")
}

fn people(stored: &Recipients) -> Vec<(&str, ReceiptStatus)> {
    stored.people.iter().map(|(user, reception)| (user.name.as_str(), *reception)).collect()
}

pub(super) async fn who_has_read_a_message_is_told_and_of_others_why_not(rig: Rig) {
    let mina = rig.user("Mina").await;
    let theo = rig.user("theo").await;
    let jun = rig.user("Jun").await;
    let gone = rig.user("Gone").await;
    rig.place(leave(&gone, 1, FIRST_ROOM)).await;
    let service = ServiceAccount { key: "test", name: "Part of the server", at: NOW };
    rig.store.service_user(service).await.expect("made");
    rig.place(post(&mina, 1, FIRST_ROOM, "one")).await;
    rig.place(post(&mina, 2, FIRST_ROOM, "two")).await;
    rig.place(read(&theo, 1, FIRST_ROOM, 1)).await;
    rig.user("Late").await;

    let (position, _) = rig.state(&mina, Topic::Room(FIRST_ROOM)).await;
    let one = stored(&rig, &theo, FIRST_ROOM, 1).await;
    assert_eq!((one.at, one.more), (NOW.plus(1), 0));
    assert_eq!((one.position.epoch, one.position.seq), (position.epoch, Seq(1)));
    let unread = Unread { up_to: Seq(0) };
    let author = ("Mina", Wrote);
    assert_eq!(people(&one), [("Jun", unread), author, ("Late", JoinedLater), ("theo", Read)]);
    let two = stored(&rig, &theo, FIRST_ROOM, 2).await;
    let behind = ("theo", Unread { up_to: Seq(1) });
    assert_eq!(people(&two), [("Jun", unread), author, behind, ("Late", JoinedLater)]);

    rig.place(leave(&jun, 2, FIRST_ROOM)).await;
    let two = stored(&rig, &theo, FIRST_ROOM, 2).await;
    let left = ("Jun", Left { at: NOW.plus(1) });
    assert_eq!(people(&two), [left, author, behind, ("Late", JoinedLater)]);
    rig.place(join(&jun, 3, FIRST_ROOM)).await;
    let two = stored(&rig, &theo, FIRST_ROOM, 2).await;
    assert_eq!(people(&two)[2..], [("Jun", JoinedLater), ("Late", JoinedLater)], "back, and later");
}

pub(super) async fn what_became_of_a_message_is_for_members_only(rig: Rig) {
    let (mina, theo) = (rig.user("Mina").await, rig.user("Theo").await);
    rig.place(create(&mina, 1, "Go")).await;
    let room = rig.memberships(&mina).await[1].room;
    rig.place(post(&mina, 2, room, "secret")).await;
    let ask = async |user: &User, room, message| {
        refusal(rig.store.delivery(user.id, room, Seq(message)).await)
    };
    assert_eq!(ask(&theo, room, 1).await, ErrorCode::NotMember);
    assert_eq!(ask(&theo, RoomId(99), 1).await, ErrorCode::NotFound);
    for nothing in [0, 2, u64::MAX] {
        assert_eq!(ask(&mina, room, nothing).await, ErrorCode::NotFound);
    }
    rig.place(join(&theo, 1, room)).await;
    assert_eq!(people(&stored(&rig, &theo, room, 1).await).len(), 2);
}

pub(super) async fn of_a_crowd_the_first_are_named_and_the_others_counted(rig: Rig) {
    let mina = rig.user("Mina").await;
    for number in 0..MAX_DELIVERY_PEOPLE + 3 {
        rig.user(&format!("user {number}")).await;
    }
    rig.place(post(&mina, 1, FIRST_ROOM, "hi")).await;
    let stored = stored(&rig, &mina, FIRST_ROOM, 1).await;
    assert_eq!((stored.people.len(), stored.more), (MAX_DELIVERY_PEOPLE, 4));
}
