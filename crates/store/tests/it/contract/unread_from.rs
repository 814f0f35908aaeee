//! Messages that were marked as unread: they count again, until they are read again, and others do not learn of it.

use madang_hub::ports::Write;
use madang_hub::rooms::FIRST_ROOM;
use madang_shared::membership::{Membership, MembershipCommand, MembershipEvent};
use madang_shared::roles::History;
use madang_shared::rooms::RoomChange;
use madang_shared::{ErrorCode, Event, RoomId, Seq, Topic, User};

use super::room_kinds::change;
use crate::support::{TestStore, create, join, leave, post, read, refusal, write};

on_every_engine! {
    marked_messages_count_again_until_they_are_read_again,
    a_mark_after_the_read_ones_changes_nothing,
    others_see_the_read_mark_alone,
    messages_before_ones_time_stay_uncounted,
    a_mark_ends_with_the_membership,
}

fn mark_unread(user: &User, number: u128, room: RoomId, from: u64) -> Write {
    write(user, number, MembershipCommand::MarkUnread { room, from: Seq(from) })
}

/// Read mark, first marked message, the seq of the event that marked it, and unread count of a user in the first room.
async fn marks(test_store: &TestStore, user: &User) -> (u64, u64, u64, u64) {
    let Membership { read_up_to, unread_from, marked, unread, .. } =
        test_store.memberships(user).await.remove(0);
    (read_up_to.0, unread_from.0, marked.0, unread)
}

/// A room of ten messages, which the second user has read.
async fn read_room(test_store: &TestStore) -> (User, User) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    for number in 1..=10 {
        test_store.commit(post(&mina, number, FIRST_ROOM, "hello")).await;
    }
    test_store.commit(read(&theo, 1, FIRST_ROOM, 10)).await;
    (mina, theo)
}

async fn marked_messages_count_again_until_they_are_read_again(test_store: TestStore) {
    let (mina, theo) = read_room(&test_store).await;
    let position = test_store.commit(mark_unread(&theo, 2, FIRST_ROOM, 7)).await;
    assert_eq!(position.topic, Topic::Memberships(theo.id));
    assert_eq!(marks(&test_store, &theo).await, (10, 7, 3, 4));
    let stored = test_store.memberships(&theo).await.remove(0);
    let events = test_store.log(Topic::Memberships(theo.id)).await;
    assert_eq!(events.last(), Some(&Event::from(MembershipEvent::Read(stored))));
    // The same again changes nothing; an earlier or a later one does.
    let again = test_store.try_commit_at(mark_unread(&theo, 3, FIRST_ROOM, 7)).await;
    assert_eq!(again, Ok(None));
    test_store.commit(mark_unread(&theo, 4, FIRST_ROOM, 3)).await;
    assert_eq!(marks(&test_store, &theo).await, (10, 3, 4, 8));
    // New messages count with them.
    test_store.commit(post(&mina, 11, FIRST_ROOM, "one more")).await;
    assert_eq!(marks(&test_store, &theo).await, (10, 3, 4, 9));
    // A mark from before changes nothing, reading a part leaves the rest.
    assert_eq!(test_store.try_commit_at(read(&theo, 5, FIRST_ROOM, 2)).await, Ok(None));
    test_store.commit(read(&theo, 6, FIRST_ROOM, 5)).await;
    assert_eq!(marks(&test_store, &theo).await, (10, 6, 4, 6));
    test_store.commit(read(&theo, 7, FIRST_ROOM, 10)).await;
    assert_eq!(marks(&test_store, &theo).await, (10, 0, 4, 1));
    test_store.commit(read(&theo, 8, FIRST_ROOM, 11)).await;
    assert_eq!(marks(&test_store, &theo).await, (11, 0, 4, 0));
    // Reading on beyond the read mark ends it at once.
    test_store.commit(mark_unread(&theo, 9, FIRST_ROOM, 1)).await;
    test_store.commit(post(&mina, 12, FIRST_ROOM, "and one")).await;
    test_store.commit(read(&theo, 10, FIRST_ROOM, 12)).await;
    assert_eq!(marks(&test_store, &theo).await, (12, 0, 8, 0));
}

async fn a_mark_after_the_read_ones_changes_nothing(test_store: TestStore) {
    let (mina, theo) = read_room(&test_store).await;
    test_store.commit(post(&mina, 11, FIRST_ROOM, "one more")).await;
    for (number, from) in [(2, 11), (3, 12), (4, u64::MAX)] {
        let marked = test_store.try_commit_at(mark_unread(&theo, number, FIRST_ROOM, from)).await;
        assert_eq!(marked, Ok(None), "{from}");
    }
    test_store.commit(mark_unread(&theo, 5, FIRST_ROOM, 0)).await;
    assert_eq!(marks(&test_store, &theo).await, (10, 1, 3, 11));
}

async fn others_see_the_read_mark_alone(test_store: TestStore) {
    let (mina, theo) = read_room(&test_store).await;
    let of_theo = |marks: Vec<madang_hub::ports::MemberMark>| {
        marks.into_iter().find(|mark| mark.user == theo.id).map(|mark| mark.read_up_to)
    };
    test_store.commit(mark_unread(&theo, 2, FIRST_ROOM, 1)).await;
    let marks = test_store.store.read_marks(mina.id, FIRST_ROOM).await.expect("a member");
    assert_eq!(of_theo(marks), Some(Seq(10)));
}

async fn messages_before_ones_time_stay_uncounted(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    let room = test_store.commit_room(create(&mina, 1, "team")).await;
    test_store.commit(change(&mina, 2, room, RoomChange::History(History::Joined))).await;
    test_store.commit(post(&mina, 3, room, "before")).await;
    test_store.commit(join(&theo, 1, room)).await;
    test_store.commit(post(&mina, 4, room, "after")).await;
    test_store.commit(read(&theo, 2, room, u64::MAX)).await;
    test_store.commit(mark_unread(&theo, 3, room, 1)).await;
    let memberships = test_store.memberships(&theo).await;
    let membership = memberships.iter().find(|it| it.room == room).expect("a member");
    assert_eq!((membership.unread_from, membership.unread), (membership.read_up_to, 1));
}

async fn a_mark_ends_with_the_membership(test_store: TestStore) {
    let (_, theo) = read_room(&test_store).await;
    test_store.commit(mark_unread(&theo, 2, FIRST_ROOM, 7)).await;
    test_store.commit(leave(&theo, 3, FIRST_ROOM)).await;
    let refused = test_store.try_commit(mark_unread(&theo, 4, FIRST_ROOM, 7)).await;
    assert_eq!(refusal(refused), ErrorCode::NotMember);
    test_store.commit(join(&theo, 5, FIRST_ROOM)).await;
    assert_eq!(marks(&test_store, &theo).await, (10, 0, 5, 0));
}
