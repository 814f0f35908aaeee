//! Saved messages that follow their originals, and reminders that are sent once.

use madang_hub::later::{DueAct, DueLater};
use madang_hub::ports::Write;
use madang_hub::rooms::FIRST_ROOM;
use madang_shared::frames::LogPosition;
use madang_shared::later::{
    LaterCommand, LaterEvent, LaterSnapshot, MAX_AHEAD_MS, MAX_SAVED_MESSAGES, Reminder,
    SavedMessage,
};
use madang_shared::notices::{NoticeContent, NoticeKind};
use madang_shared::rooms::RoomsCommand;
use madang_shared::{ErrorCode, Event, Seq, Snapshot, Timestamp, Topic, User};

use super::moderation::delete;
use crate::support::{NOW, TestStore, create, join, leave, post, refusal, write};

on_every_engine! {
    a_message_is_saved_once_and_removed,
    a_removal_that_is_taken_back_keeps_its_time,
    only_a_message_that_the_user_may_read_is_saved,
    a_limited_number_of_messages_is_saved,
    a_reminder_is_sent_once,
    a_changed_reminder_is_not_sent_at_its_old_time,
    what_is_kept_of_a_room_goes_with_it,
}

pub(super) fn save(author: &User, number: u128, message: u64) -> Write {
    write(
        author,
        number,
        LaterCommand::Save { room: FIRST_ROOM, message: Seq(message), since: None },
    )
}

fn unsave(author: &User, number: u128, message: u64) -> Write {
    write(author, number, LaterCommand::Unsave { room: FIRST_ROOM, message: Seq(message) })
}

pub(super) fn remind(author: &User, number: u128, message: u64, at: Option<Timestamp>) -> Write {
    write(author, number, LaterCommand::Remind { room: FIRST_ROOM, message: Seq(message), at })
}

/// The state of the user's topic. Checks that its events make the same state.
pub(super) async fn kept(test_store: &TestStore, user: &User) -> Vec<SavedMessage> {
    let topic = Topic::Later(user.id);
    let Snapshot::Later(state) = test_store.snapshot(user, topic).await.1 else { panic!() };
    let mut applied = LaterSnapshot::default();
    for event in test_store.log(topic).await {
        let Event::Later(event) = event else { panic!("{event:?}") };
        applied.apply(event);
    }
    assert_eq!(applied, state);
    state.saved
}

fn saved(message: u64, reminder: Option<Reminder>) -> SavedMessage {
    SavedMessage { room: FIRST_ROOM, message: Seq(message), saved_at: NOW.plus(1), reminder }
}

/// The reminders that a user was sent.
async fn reminded(test_store: &TestStore, user: &User) -> Vec<Seq> {
    let Snapshot::Inbox(inbox) = test_store.snapshot(user, Topic::Inbox(user.id)).await.1 else {
        panic!()
    };
    let reminded = inbox.notices.into_iter().filter_map(|notice| match notice.what {
        NoticeContent::Reminded { room: FIRST_ROOM, message } => {
            assert_eq!(notice.what.kind(), NoticeKind::Reminder);
            Some(message)
        }
        _ => None,
    });
    reminded.collect()
}

async fn a_message_is_saved_once_and_removed(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    test_store.commit(post(&mina, 1, FIRST_ROOM, "lunch?")).await;
    test_store.commit(post(&mina, 2, FIRST_ROOM, "at noon")).await;
    let first = save(&theo, 1, 2);
    let position = test_store.commit(first.clone()).await;
    assert_eq!(position, LogPosition { topic: Topic::Later(theo.id), seq: Seq(1) });
    assert_eq!(test_store.try_commit_at(first).await, Ok(Some(position)), "the same command");
    assert_eq!(test_store.try_commit_at(save(&theo, 2, 2)).await, Ok(None), "it is saved");
    test_store.commit(save(&theo, 3, 1)).await;
    assert_eq!(kept(&test_store, &theo).await, [saved(1, None), saved(2, None)]);
    assert_eq!(kept(&test_store, &mina).await, [], "each user has an own list");
    test_store.commit(unsave(&theo, 4, 1)).await;
    assert_eq!(test_store.try_commit_at(unsave(&theo, 5, 1)).await, Ok(None), "it is gone");
    assert_eq!(kept(&test_store, &theo).await, [saved(2, None)]);
    let refused = test_store.open(mina.id, Topic::Later(theo.id), None).await;
    assert_eq!(refusal(refused), ErrorCode::Forbidden);
}

async fn a_removal_that_is_taken_back_keeps_its_time(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    test_store.commit(post(&mina, 1, FIRST_ROOM, "lunch?")).await;
    let again = |number, since| {
        let (room, message, since) = (FIRST_ROOM, Seq(1), Some(since));
        write(&mina, number, LaterCommand::Save { room, message, since })
    };
    test_store.commit(again(2, Timestamp(7))).await;
    let earlier = SavedMessage { saved_at: Timestamp(7), ..saved(1, None) };
    assert_eq!(kept(&test_store, &mina).await, [earlier]);
    test_store.commit(unsave(&mina, 3, 1)).await;
    test_store.commit(again(4, NOW.plus(99_000))).await;
    assert_eq!(kept(&test_store, &mina).await, [saved(1, None)], "not in the future");
}

async fn only_a_message_that_the_user_may_read_is_saved(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    test_store.commit(post(&mina, 1, FIRST_ROOM, "lunch?")).await;
    let missing = test_store.try_commit(save(&theo, 1, 9)).await;
    assert_eq!(refusal(missing), ErrorCode::NotFound);
    let room = test_store.commit_room(create(&mina, 2, "Secret")).await;
    test_store.commit(post(&mina, 3, room, "secret")).await;
    let elsewhere = LaterCommand::Save { room, message: Seq(1), since: None };
    let refused = test_store.try_commit(write(&theo, 2, elsewhere)).await;
    assert_eq!(refusal(refused), ErrorCode::NotMember);
    // A saved message stays until the user removes it, although the user has left the room.
    test_store.commit(save(&theo, 3, 1)).await;
    test_store.commit(leave(&theo, 4, FIRST_ROOM)).await;
    assert_eq!(kept(&test_store, &theo).await, [saved(1, None)]);
    let refused = test_store.try_commit(remind(&theo, 5, 1, Some(NOW))).await;
    assert_eq!(refusal(refused), ErrorCode::NotMember);
    test_store.commit(unsave(&theo, 6, 1)).await;
    // A deleted message has nothing to save.
    test_store.commit(join(&theo, 7, FIRST_ROOM)).await;
    test_store.commit(delete(&mina, 4, FIRST_ROOM, 1)).await;
    assert_eq!(refusal(test_store.try_commit(save(&theo, 8, 1)).await), ErrorCode::NotFound);
}

async fn a_limited_number_of_messages_is_saved(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    let count = MAX_SAVED_MESSAGES as u64 + 1;
    let posts = (1..=count).map(|number| post(&mina, number.into(), FIRST_ROOM, "again")).collect();
    test_store.store.commit(posts).await;
    let saves: Vec<Write> =
        (1..count).map(|number| save(&mina, 10_000 + u128::from(number), number)).collect();
    for saved in test_store.store.commit(saves).await {
        saved.expect("saved");
    }
    let refused = test_store.try_commit(save(&mina, 20_000, count)).await;
    assert_eq!(refusal(refused), ErrorCode::Forbidden);
    let refused = test_store.try_commit(remind(&mina, 20_001, count, Some(NOW))).await;
    assert_eq!(refusal(refused), ErrorCode::Forbidden);
    test_store.commit(unsave(&mina, 20_002, 1)).await;
    test_store.commit(save(&mina, 20_003, count)).await;
    assert_eq!(kept(&test_store, &mina).await.len(), MAX_SAVED_MESSAGES);
}

async fn a_reminder_is_sent_once(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    test_store.commit(post(&mina, 1, FIRST_ROOM, "lunch?")).await;
    test_store.commit(post(&mina, 2, FIRST_ROOM, "dinner?")).await;
    let (at, later) = (NOW.plus(60_000), NOW.plus(90_000));
    let too_far = remind(&theo, 1, 1, Some(NOW.plus(MAX_AHEAD_MS + 2)));
    assert_eq!(refusal(test_store.try_commit(too_far).await), ErrorCode::Invalid);
    assert_eq!(kept(&test_store, &theo).await, [], "a refused reminder saves nothing");
    test_store.commit(remind(&theo, 2, 1, Some(later))).await;
    test_store.commit(remind(&mina, 3, 2, Some(at))).await;
    assert_eq!(test_store.try_commit_at(remind(&mina, 4, 2, Some(at))).await, Ok(None), "the same");

    let due = |user: &User, at, message| {
        let what = DueAct::Remind { room: FIRST_ROOM, message: Seq(message) };
        DueLater { user: user.id, at, what }
    };
    let (of_mina, of_theo) = (due(&mina, at, 2), due(&theo, later, 1));
    let store = &test_store.store;
    assert_eq!(store.next_due(9).await, Ok(vec![of_mina, of_theo]), "in the order of the times");
    assert_eq!(store.next_due(1).await, Ok(vec![of_mina]));
    assert_eq!(
        store.settle_due(of_mina, Timestamp(at.0 - 1), true).await,
        Ok(false),
        "it is too early"
    );
    assert_eq!(store.settle_due(of_mina, at.plus(7), true).await, Ok(true));
    assert_eq!(store.settle_due(of_mina, at.plus(8), true).await, Ok(false), "once");
    assert_eq!(store.next_due(9).await, Ok(vec![of_theo]));
    assert_eq!(reminded(&test_store, &mina).await, [Seq(2)]);
    assert_eq!(reminded(&test_store, &theo).await, []);
    let reminder = Some(Reminder { at, is_due: true });
    assert_eq!(kept(&test_store, &mina).await, [saved(2, reminder)]);
    // It can be set again, and then it is not due any more.
    test_store.commit(remind(&mina, 5, 2, Some(later))).await;
    let reminder = Some(Reminder { at: later, is_due: false });
    assert_eq!(kept(&test_store, &mina).await, [saved(2, reminder)]);
}

async fn a_changed_reminder_is_not_sent_at_its_old_time(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    test_store.commit(post(&mina, 1, FIRST_ROOM, "lunch?")).await;
    let (at, later) = (NOW.plus(60_000), NOW.plus(90_000));
    test_store.commit(remind(&mina, 2, 1, Some(at))).await;
    let found = test_store.store.next_due(9).await.expect("readable").remove(0);
    test_store.commit(remind(&mina, 3, 1, Some(later))).await;
    assert_eq!(test_store.store.settle_due(found, later, true).await, Ok(false));
    test_store.commit(remind(&mina, 4, 1, None)).await;
    assert_eq!(kept(&test_store, &mina).await, [saved(1, None)], "the message stays saved");
    assert_eq!(test_store.try_commit_at(remind(&mina, 5, 1, None)).await, Ok(None));
    assert_eq!(test_store.store.next_due(9).await, Ok(Vec::new()));
    // A message that is not saved is not saved by the removal of its reminder.
    test_store.commit(unsave(&mina, 6, 1)).await;
    assert_eq!(test_store.try_commit_at(remind(&mina, 7, 1, None)).await, Ok(None));
    assert_eq!(reminded(&test_store, &mina).await, []);
}

async fn what_is_kept_of_a_room_goes_with_it(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    let room = test_store.commit_room(create(&mina, 1, "Room")).await;
    test_store.commit(post(&mina, 2, room, "in the room")).await;
    test_store.commit(post(&mina, 3, FIRST_ROOM, "elsewhere")).await;
    test_store.commit(join(&theo, 1, room)).await;
    let in_room = LaterCommand::Remind { room, message: Seq(1), at: Some(NOW.plus(5)) };
    test_store.commit(write(&theo, 2, in_room)).await;
    test_store.commit(save(&theo, 3, 1)).await;
    // A former member keeps it too, until the room is deleted.
    test_store.commit(leave(&theo, 4, room)).await;
    test_store.commit(write(&mina, 4, RoomsCommand::Delete { room })).await;
    assert_eq!(kept(&test_store, &theo).await, [saved(1, None)]);
    let last = test_store.log(Topic::Later(theo.id)).await.pop();
    assert_eq!(last, Some(LaterEvent::RoomDeleted(room).into()));
    assert_eq!(test_store.log(Topic::Later(mina.id)).await, [], "she kept nothing of it");
    assert_eq!(test_store.store.next_due(9).await, Ok(Vec::new()));
}
