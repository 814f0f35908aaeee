//! Messages that wait for their time: they are sent once, with the rights of that time, and leave no text behind.

use madang_hub::later::{DueAct, DueLater};
use madang_hub::ports::Write;
use madang_hub::rooms::FIRST_ROOM;
use madang_shared::later::{
    LaterCommand, LaterEvent, LaterSnapshot, MAX_AHEAD_MS, MAX_SCHEDULED_BYTES,
    MAX_SCHEDULED_MESSAGES, ScheduledMessage,
};
use madang_shared::notices::{NoticeContent, NoticeKind};
use madang_shared::sentiment::Mood;
use madang_shared::{CommandId, ErrorCode, Event, RoomId, Snapshot, Timestamp, Topic, User};
use uuid::Uuid;

use super::room_kinds::inbox;
use crate::support::{NOW, TestStore, create, join, leave, post, refusal, texts, write};

on_every_engine! {
    a_message_is_sent_once_at_its_time,
    a_message_is_sent_with_the_rights_of_its_time,
    a_message_that_answers_another_one_is_sent_as_that,
    a_changed_or_removed_message_is_not_sent_at_its_old_time,
    a_limited_number_of_messages_waits,
}

pub(super) fn schedule(
    author: &User,
    number: u128,
    room: RoomId,
    text: &str,
    at: Timestamp,
) -> Write {
    write(author, number, LaterCommand::Schedule { room, text: text.into(), at, reply_to: None })
}

fn id(number: u128) -> CommandId {
    CommandId(Uuid::from_u128(number))
}

pub(super) fn unschedule(author: &User, number: u128, scheduled: u128) -> Write {
    write(author, number, LaterCommand::Unschedule { id: id(scheduled) })
}

pub(super) fn reschedule(author: &User, number: u128, scheduled: u128, at: Timestamp) -> Write {
    write(author, number, LaterCommand::Reschedule { id: id(scheduled), at })
}

pub(super) fn due(user: &User, at: Timestamp, number: u128, room: RoomId) -> DueLater {
    DueLater { user: user.id, at, what: DueAct::Send { id: id(number), room } }
}

/// The messages that wait. Checks that the events of the topic make the same state, and that one event has each text.
async fn waiting(test_store: &TestStore, user: &User) -> Vec<ScheduledMessage> {
    let topic = Topic::Later(user.id);
    let Snapshot::Later(state) = test_store.snapshot(user, topic).await.1 else { panic!() };
    let (mut applied, mut with_text) = (LaterSnapshot::default(), 0);
    for event in test_store.log(topic).await {
        let Event::Later(event) = event else { panic!("{event:?}") };
        with_text += usize::from(matches!(event, LaterEvent::Scheduled(_)));
        applied.apply(event);
    }
    assert_eq!(applied, state);
    assert_eq!(with_text, state.scheduled.len());
    state.scheduled
}

async fn a_message_is_sent_once_at_its_time(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    let (at, store) = (NOW.plus(60_000), &test_store.store);
    let too_far = schedule(&mina, 1, FIRST_ROOM, "hi", NOW.plus(MAX_AHEAD_MS + 2));
    assert_eq!(refusal(test_store.try_commit(too_far).await), ErrorCode::Invalid);
    let first = schedule(&mina, 2, FIRST_ROOM, "@Theo  I love lunch ", at);
    let position = test_store.commit(first.clone()).await;
    assert_eq!(test_store.try_commit_at(first).await, Ok(Some(position)), "the same command");
    let [message] = &waiting(&test_store, &mina).await[..] else { panic!() };
    assert_eq!((message.id, message.at, &message.refusal), (id(2), at, &None));
    assert_eq!(inbox(&test_store, &theo).await, 0, "nobody is told before");

    let act = due(&mina, at, 2, FIRST_ROOM);
    assert_eq!(store.next_due(9).await, Ok(vec![act]));
    assert_eq!(store.settle_due(act, Timestamp(at.0 - 1), true).await, Ok(false), "too early");
    assert_eq!(store.settle_due(act, at.plus(7), true).await, Ok(true));
    assert_eq!(store.settle_due(act, at.plus(8), true).await, Ok(false), "once");
    assert_eq!(store.next_due(9).await, Ok(Vec::new()));
    assert_eq!(waiting(&test_store, &mina).await, []);
    let page = test_store.newest(&theo, FIRST_ROOM).await;
    let [sent] = &page.messages[..] else { panic!("{page:?}") };
    assert_eq!((&sent.author, sent.command, sent.at), (&mina, id(2), at.plus(7)));
    assert_eq!(sent.sentiment.map(|it| it.mood), Some(Mood::Positive));
    assert_eq!(inbox(&test_store, &theo).await, 1, "a mention is told with the message");
    // A device that repeats the command sends nothing.
    let again = schedule(&mina, 2, FIRST_ROOM, "@Theo  I love lunch ", at);
    assert_eq!(test_store.try_commit_at(again).await, Ok(Some(position)));
    assert_eq!(waiting(&test_store, &mina).await, []);
}

async fn a_message_is_sent_with_the_rights_of_its_time(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    let (at, store) = (NOW.plus(60_000), &test_store.store);
    let room = test_store.commit_room(create(&mina, 1, "Lunch")).await;
    let outside = test_store.try_commit(schedule(&theo, 1, room, "hi", at)).await;
    assert_eq!(refusal(outside), ErrorCode::NotMember);
    test_store.commit(join(&theo, 2, room)).await;
    test_store.commit(schedule(&theo, 3, room, "at noon", at)).await;
    test_store.commit(leave(&theo, 4, room)).await;
    let act = due(&theo, at, 3, room);
    assert_eq!(store.settle_due(act, at, false).await, Ok(true));
    assert_eq!(store.settle_due(act, at.plus(1), false).await, Ok(false), "it is refused once");
    let [message] = &waiting(&test_store, &theo).await[..] else { panic!() };
    assert_eq!(message.refusal.as_ref().map(|it| it.code), Some(ErrorCode::NotMember));
    assert_eq!(store.next_due(9).await, Ok(Vec::new()), "it waits for its user");
    let Snapshot::Inbox(told) = test_store.snapshot(&theo, Topic::Inbox(theo.id)).await.1 else {
        panic!()
    };
    let told: Vec<_> = told.notices.into_iter().map(|notice| notice.what).collect();
    assert_eq!(told, [NoticeContent::NotSent { room }]);
    assert_eq!(told[0].kind(), NoticeKind::Reminder);
    // It can be sent at another time.
    test_store.commit(join(&theo, 5, room)).await;
    test_store.commit(reschedule(&theo, 6, 3, at.plus(5))).await;
    let act = due(&theo, at.plus(5), 3, room);
    assert_eq!(store.next_due(9).await, Ok(vec![act]));
    assert_eq!(store.settle_due(act, at.plus(5), false).await, Ok(true));
    assert_eq!(texts(&test_store.newest(&mina, room).await), ["at noon"]);
    assert_eq!(waiting(&test_store, &theo).await, []);
}

async fn a_message_that_answers_another_one_is_sent_as_that(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    let (at, store) = (NOW.plus(60_000), &test_store.store);
    let original = test_store.commit(post(&theo, 1, FIRST_ROOM, "lunch?")).await;
    let text = "yes".to_owned();
    let reply_to = Some(original.seq);
    let command = LaterCommand::Schedule { room: FIRST_ROOM, text, at, reply_to };
    test_store.commit(write(&mina, 1, command)).await;
    let later = at.plus(10);
    test_store.commit(reschedule(&mina, 2, 1, later)).await;
    let [message] = &waiting(&test_store, &mina).await[..] else { panic!() };
    assert_eq!(message.reply_to, reply_to);
    let act = due(&mina, later, 1, FIRST_ROOM);
    assert_eq!(store.settle_due(act, later, false).await, Ok(true));
    let page = test_store.newest(&theo, FIRST_ROOM).await;
    assert_eq!(page.messages.last().map(|sent| sent.reply_to), Some(reply_to));
    assert_eq!(inbox(&test_store, &theo).await, 1, "the author of the original is told");
}

async fn a_changed_or_removed_message_is_not_sent_at_its_old_time(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    let (at, later, store) = (NOW.plus(60_000), NOW.plus(90_000), &test_store.store);
    test_store.commit(schedule(&mina, 1, FIRST_ROOM, "hi", at)).await;
    test_store.commit(reschedule(&mina, 2, 1, later)).await;
    assert_eq!(test_store.try_commit_at(reschedule(&mina, 3, 1, later)).await, Ok(None));
    let old = due(&mina, at, 1, FIRST_ROOM);
    assert_eq!(store.settle_due(old, later, false).await, Ok(false));
    test_store.commit(unschedule(&mina, 4, 1)).await;
    assert_eq!(test_store.try_commit_at(unschedule(&mina, 5, 1)).await, Ok(None), "it is gone");
    assert_eq!(test_store.try_commit_at(reschedule(&mina, 6, 1, at)).await, Ok(None));
    assert_eq!(store.settle_due(due(&mina, later, 1, FIRST_ROOM), later, false).await, Ok(false));
    assert_eq!(waiting(&test_store, &mina).await, []);
    assert!(test_store.newest(&mina, FIRST_ROOM).await.messages.is_empty());
    // The messages of others are not known.
    let theo = test_store.user("Theo").await;
    test_store.commit(schedule(&mina, 7, FIRST_ROOM, "hi", at)).await;
    assert_eq!(test_store.try_commit_at(unschedule(&theo, 1, 7)).await, Ok(None));
    assert_eq!(waiting(&test_store, &mina).await.len(), 1);
}

async fn a_limited_number_of_messages_waits(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    let at = NOW.plus(60_000);
    let count = MAX_SCHEDULED_MESSAGES as u128;
    for number in 1..=count {
        test_store.commit(schedule(&mina, number, FIRST_ROOM, "hi", at)).await;
    }
    let refused = test_store.try_commit(schedule(&mina, count + 1, FIRST_ROOM, "hi", at)).await;
    assert_eq!(refusal(refused), ErrorCode::Forbidden);
    test_store.commit(unschedule(&mina, count + 2, 1)).await;
    test_store.commit(schedule(&mina, count + 3, FIRST_ROOM, "hi", at)).await;
    let long = "가".repeat(1_000);
    let fit = (MAX_SCHEDULED_BYTES / long.len()) as u128;
    for number in 1..=fit {
        test_store.commit(schedule(&theo, number, FIRST_ROOM, &long, at)).await;
    }
    let refused = test_store.try_commit(schedule(&theo, fit + 1, FIRST_ROOM, &long, at)).await;
    assert_eq!(refusal(refused), ErrorCode::Forbidden);
}
