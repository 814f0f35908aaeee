//! The messages of an earlier version.

use madang_hub::rooms::FIRST_ROOM;
use madang_shared::chat::ChatSnapshot;
use madang_shared::{Snapshot, Topic, User};

use crate::support::{TestStore, message_text, texts};

/// Data for each schema that was the first to hold it.
pub(super) const MESSAGES: [(usize, &str); 4] = [
    (36, "UPDATE messages SET edited_at = 31 WHERE seq = 1;"),
    (37, "INSERT INTO reactions VALUES (1, 1, 2, '👍', 2);"),
    (38, "UPDATE messages SET reply_to = 1 WHERE seq = 2;"),
    (42, "INSERT INTO pins VALUES (1, 1, 2, 150, 3);"),
];

/// Checks the texts of the first two messages, and the parts that later versions added.
pub(super) async fn check_messages(test_store: &TestStore, reader: &User, version: usize) {
    let room = Topic::Room(FIRST_ROOM);
    let Snapshot::Chat(ChatSnapshot { page, pins, .. }) = test_store.snapshot(reader, room).await.1
    else {
        panic!()
    };
    assert_eq!(texts(&page)[..2], ["첫 말", "hello"], "{version}");
    let log = test_store.log(room).await;
    let in_log: Vec<&str> = log.iter().take(2).map(message_text).collect();
    assert_eq!(in_log, ["첫 말", "hello"], "{version}");
    let [first, second, ..] = &page.messages[..] else { panic!("{version}: {page:?}") };
    assert_eq!(second.sentiment.is_some(), version >= 6, "{version}");
    assert_eq!(first.edited_at.is_some(), version >= 36, "{version}");
    assert_eq!(first.reactions.len(), usize::from(version >= 37), "{version}");
    assert_eq!(second.reply_to.is_some(), version >= 38, "{version}");
    assert_eq!(pins.len(), usize::from(version >= 42), "{version}");
}
