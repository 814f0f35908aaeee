//! Pinned messages: toggled, limited, and gone with their messages.

use madang_hub::ports::Write;
use madang_hub::rooms::FIRST_ROOM;
use madang_shared::chat::{ChatCommand, ChatEvent};
use madang_shared::moderation::DeletedBy;
use madang_shared::pins::{MAX_PINS, Pin, pin as apply};
use madang_shared::roles::{History, Posting};
use madang_shared::rooms::RoomChange;
use madang_shared::{ErrorCode, Event, RoomId, Seq, Snapshot, Topic, User};

use super::moderation::delete;
use super::room_kinds::change;
use crate::support::{NOW, TestStore, create, join, post, refusal, write};

on_every_engine! {
    a_pin_is_set_once_and_removed_once,
    a_deleted_message_is_pinned_no_more,
    writers_pin_and_readers_do_not,
    a_room_has_a_limited_number_of_pins,
    new_members_see_the_pins_of_what_they_may_read,
}

fn pin(author: &User, number: u128, room: RoomId, message: u64, is_on: bool) -> Write {
    write(author, number, ChatCommand::Pin { room, message: Seq(message), is_on })
}

/// The pinned messages. Checks that the events of the room make the same state.
async fn pins(test_store: &TestStore, reader: &User, room: RoomId) -> Vec<Pin> {
    let Snapshot::Chat(state) = test_store.snapshot(reader, Topic::Room(room)).await.1 else {
        panic!()
    };
    let mut applied = Vec::new();
    for event in test_store.log(Topic::Room(room)).await {
        match event {
            Event::Chat(ChatEvent::Pinned { pin, is_on }) => apply(&mut applied, pin, is_on),
            Event::Chat(ChatEvent::MessageDeleted { message, .. }) => {
                applied.retain(|pin: &Pin| pin.message != message);
            }
            _ => {}
        }
    }
    assert_eq!(applied, state.pins);
    state.pins
}

async fn a_pin_is_set_once_and_removed_once(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    test_store.commit(post(&mina, 1, FIRST_ROOM, "the door code")).await;
    test_store.commit(post(&mina, 2, FIRST_ROOM, "the menu")).await;
    test_store.commit(pin(&theo, 1, FIRST_ROOM, 2, true)).await;
    test_store.commit(pin(&mina, 3, FIRST_ROOM, 1, true)).await;
    let again = pin(&mina, 4, FIRST_ROOM, 2, true);
    assert_eq!(test_store.try_commit_at(again).await, Ok(None), "it is pinned");
    let (by_theo, by_mina) = (
        Pin { message: Seq(2), by: theo.clone(), at: NOW.plus(1) },
        Pin { message: Seq(1), by: mina.clone(), at: NOW.plus(1) },
    );
    assert_eq!(pins(&test_store, &mina, FIRST_ROOM).await, [by_theo.clone(), by_mina.clone()]);
    test_store.commit(pin(&mina, 5, FIRST_ROOM, 2, false)).await;
    let gone = pin(&theo, 2, FIRST_ROOM, 2, false);
    assert_eq!(test_store.try_commit_at(gone).await, Ok(None), "it is gone");
    assert_eq!(pins(&test_store, &theo, FIRST_ROOM).await, std::slice::from_ref(&by_mina));
    // Pinned once more, it is the last one.
    test_store.commit(pin(&theo, 3, FIRST_ROOM, 2, true)).await;
    assert_eq!(pins(&test_store, &theo, FIRST_ROOM).await, [by_mina, by_theo]);
    let nowhere = pin(&theo, 4, FIRST_ROOM, 900, true);
    assert_eq!(refusal(test_store.try_commit(nowhere).await), ErrorCode::NotFound);
}

async fn a_deleted_message_is_pinned_no_more(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    test_store.commit(post(&mina, 1, FIRST_ROOM, "the door code")).await;
    test_store.commit(pin(&mina, 2, FIRST_ROOM, 1, true)).await;
    test_store.commit(delete(&mina, 3, FIRST_ROOM, 1)).await;
    assert_eq!(pins(&test_store, &mina, FIRST_ROOM).await, []);
    let page = test_store.newest(&mina, FIRST_ROOM).await;
    assert_eq!(page.messages[0].deleted, Some(DeletedBy::Author));
    let refused = test_store.try_commit(pin(&mina, 4, FIRST_ROOM, 1, true)).await;
    assert_eq!(refusal(refused), ErrorCode::NotFound);
    assert_eq!(test_store.try_commit_at(pin(&mina, 5, FIRST_ROOM, 1, false)).await, Ok(None));
}

async fn writers_pin_and_readers_do_not(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    let room = test_store.commit_room(create(&mina, 1, "News")).await;
    test_store.commit(change(&mina, 2, room, RoomChange::Posting(Posting::Managers))).await;
    let message = test_store.commit(post(&mina, 3, room, "We moved")).await.seq.0;
    let outside = test_store.try_commit(pin(&theo, 1, room, message, true)).await;
    assert_eq!(refusal(outside), ErrorCode::NotMember);
    test_store.commit(join(&theo, 2, room)).await;
    let refused = test_store.try_commit(pin(&theo, 3, room, message, true)).await;
    assert_eq!(refusal(refused), ErrorCode::Forbidden);
    test_store.commit(pin(&mina, 4, room, message, true)).await;
    assert_eq!(pins(&test_store, &theo, room).await.len(), 1);
}

async fn a_room_has_a_limited_number_of_pins(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    let count = MAX_PINS as u64;
    for number in 1..=count + 1 {
        test_store.commit(post(&mina, number.into(), FIRST_ROOM, "hi")).await;
    }
    for number in 1..=count {
        let pinned = pin(&mina, u128::from(1_000 + number), FIRST_ROOM, number, true);
        test_store.commit(pinned).await;
    }
    let one_more = pin(&mina, 2_000, FIRST_ROOM, count + 1, true);
    assert_eq!(refusal(test_store.try_commit(one_more.clone()).await), ErrorCode::TooLong);
    test_store.commit(pin(&mina, 2_001, FIRST_ROOM, 7, false)).await;
    test_store.commit(pin(&mina, 2_002, FIRST_ROOM, count + 1, true)).await;
}

async fn new_members_see_the_pins_of_what_they_may_read(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    let room = test_store.commit_room(create(&mina, 1, "Planning")).await;
    test_store.commit(change(&mina, 2, room, RoomChange::History(History::Joined))).await;
    let before = test_store.commit(post(&mina, 3, room, "before")).await.seq;
    test_store.commit(pin(&mina, 4, room, before.0, true)).await;
    test_store.commit(join(&theo, 1, room)).await;
    let after = test_store.commit(post(&mina, 5, room, "after")).await.seq;
    test_store.commit(pin(&theo, 2, room, after.0, true)).await;
    let hidden = test_store.try_commit(pin(&theo, 3, room, before.0, false)).await;
    assert_eq!(refusal(hidden), ErrorCode::NotFound);
    let Snapshot::Chat(state) = test_store.snapshot(&theo, Topic::Room(room)).await.1 else {
        panic!()
    };
    let seen: Vec<Seq> = state.pins.iter().map(|pin| pin.message).collect();
    assert_eq!(seen, [after]);
    assert_eq!(pins(&test_store, &mina, room).await.len(), 2);
}
