//! The texts in the tables after a message was deleted, and after a report was decided.

use madang_hub::rooms::FIRST_ROOM;
use madang_shared::moderation::ReportAction;
use madang_shared::roles::Role;

use super::Shell;
use super::administration::user_with;
use super::moderation::delete;
use super::reports::{decide, report};
use super::room_kinds::inbox;
use crate::support::{TestStore, post};

on_every_database! {
    a_deleted_text_is_in_no_table,
    a_reported_text_is_kept_while_the_report_is_open,
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
