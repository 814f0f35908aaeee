//! The texts in the tables after a message was deleted, after a report was decided, and after an account was erased.

use madang_hub::administration::Actor;
use madang_hub::rooms::FIRST_ROOM;
use madang_shared::moderation::ReportAction;
use madang_shared::roles::Role;
use madang_shared::{Event, Seq, Topic};

use super::Shell;
use super::administration::user_with;
use super::erasure::erase;
use super::later::{kept, remind, save};
use super::moderation::delete;
use super::reports::{decide, report};
use super::room_kinds::inbox;
use super::scheduled::{due, reschedule, schedule, unschedule};
use crate::support::{NOW, TestStore, post};

on_every_database! {
    a_deleted_text_is_in_no_table,
    a_reported_text_is_kept_while_the_report_is_open,
    a_saved_text_is_copied_nowhere,
    nothing_is_kept_for_an_erased_user,
    a_text_that_waits_is_nowhere_once_it_was_removed,
}

async fn a_deleted_text_is_in_no_table(test_store: TestStore, shell: impl Shell) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    test_store.commit(post(&mina, 1, FIRST_ROOM, "@Theo **unspeakable**")).await;
    let found = async || {
        let mut found = shell.texts("SELECT text FROM messages").await;
        found.extend(shell.texts("SELECT content FROM log").await);
        found.extend(shell.texts("SELECT content FROM inbox_notices").await);
        found.into_iter().filter(|text| text.contains("unspeakable")).count()
    };
    assert_eq!(found().await, 4, "the message, its event, the notice and its event");
    test_store.commit(delete(&mina, 2, FIRST_ROOM, 1)).await;
    assert_eq!(found().await, 0);
    assert_eq!(shell.texts("SELECT text FROM messages").await, [" "]);
    assert_eq!(shell.texts("SELECT user_id || '' FROM message_quotes").await.len(), 0);
    assert_eq!(inbox(&test_store, &theo).await, 0);
}

async fn a_reported_text_is_kept_while_the_report_is_open(
    test_store: TestStore,
    shell: impl Shell,
) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    let owner = user_with(&test_store, "Owner", Role::Owner).await;
    test_store.commit(post(&theo, 1, FIRST_ROOM, "you fool")).await;
    let id = report(&test_store, &mina, (FIRST_ROOM, 1)).await;
    // The author takes the message back, and the moderators still see what was reported.
    test_store.commit(delete(&theo, 2, FIRST_ROOM, 1)).await;
    assert_eq!(shell.texts("SELECT text FROM reports").await, ["you fool"]);
    decide(&test_store, &owner, id, ReportAction::Delete).await.expect("decided");
    assert_eq!(shell.texts("SELECT text || words FROM reports").await, [""]);
}

async fn a_saved_text_is_copied_nowhere(test_store: TestStore, shell: impl Shell) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    test_store.commit(post(&mina, 1, FIRST_ROOM, "unspeakable")).await;
    test_store.commit(remind(&theo, 1, 1, Some(NOW))).await;
    let due = test_store.store.next_due(9).await.expect("readable").remove(0);
    assert_eq!(test_store.store.settle_due(due, NOW.plus(2), true).await, Ok(true));
    let found = async || {
        let mut found = shell.texts("SELECT text FROM messages").await;
        found.extend(shell.texts("SELECT content FROM log").await);
        found.extend(shell.texts("SELECT content FROM inbox_notices").await);
        found.into_iter().filter(|text| text.contains("unspeakable")).count()
    };
    assert_eq!(found().await, 2, "the message and its event");
    test_store.commit(delete(&mina, 2, FIRST_ROOM, 1)).await;
    assert_eq!(found().await, 0);
    assert_eq!(kept(&test_store, &theo).await.len(), 1, "the place stays, as in the room");
}

async fn nothing_is_kept_for_an_erased_user(test_store: TestStore, shell: impl Shell) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    test_store.commit(post(&mina, 1, FIRST_ROOM, "lunch?")).await;
    test_store.commit(remind(&theo, 1, 1, Some(NOW))).await;
    test_store.commit(save(&mina, 2, 1)).await;
    erase(&test_store, Actor::CommandLine, &theo).await.expect("allowed");
    let rows = shell.texts("SELECT user_id || '' FROM saved_messages").await;
    assert_eq!(rows, [mina.id.to_string()]);
    assert_eq!(test_store.store.next_due(9).await, Ok(Vec::new()));
    let is_erased = |event: &Event| matches!(event, Event::Erasure(_));
    assert!(test_store.log(Topic::Later(theo.id)).await.iter().all(is_erased));
}

async fn a_text_that_waits_is_nowhere_once_it_was_removed(
    test_store: TestStore,
    shell: impl Shell,
) {
    let mina = test_store.user("Mina").await;
    let at = NOW.plus(60_000);
    test_store.commit(schedule(&mina, 1, FIRST_ROOM, "unspeakable", at)).await;
    test_store.commit(reschedule(&mina, 2, 1, at.plus(1))).await;
    let found = async || {
        let mut found = shell.texts("SELECT text FROM scheduled_messages").await;
        found.extend(shell.texts("SELECT text FROM messages").await);
        found.extend(shell.texts("SELECT content FROM log").await);
        found.extend(shell.texts("SELECT content FROM inbox_notices").await);
        found.into_iter().filter(|text| text.contains("unspeakable")).count()
    };
    assert_eq!(found().await, 2, "the message and its last event");
    test_store.commit(unschedule(&mina, 3, 1)).await;
    assert_eq!(found().await, 0);
    // The text of a sent message is that of the message alone.
    test_store.commit(schedule(&mina, 4, FIRST_ROOM, "unspeakable", at)).await;
    let act = due(&mina, at, 4, FIRST_ROOM);
    assert_eq!(test_store.store.settle_due(act, at, false).await, Ok(true));
    assert_eq!(found().await, 2, "the message and its event");
    test_store.commit(delete(&mina, 5, FIRST_ROOM, 1)).await;
    assert_eq!(found().await, 0);
    assert_eq!(test_store.newest(&mina, FIRST_ROOM).await.messages[0].seq, Seq(1));
}
