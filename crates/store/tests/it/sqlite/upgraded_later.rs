//! Saved messages in an upgraded database.

use madang_hub::rooms::FIRST_ROOM;
use madang_shared::later::{Reminder, SavedMessage};
use madang_shared::{Seq, Snapshot, Timestamp, Topic, User};

use crate::support::TestStore;

/// Data for each schema that was the first to hold it, as the version of that schema wrote it.
pub(super) const LATER: [(usize, &str); 2] = [
    (
        40,
        r#"INSERT INTO saved_messages VALUES (1, 1, 2, 140, 9000000000000, 0);
    UPDATE topics SET head = 1 WHERE name = 'later:1';
    INSERT INTO log SELECT id, 1, 140, '{"later":{"saved":{"room":1,"message":2,"saved_at":140,"reminder":{"at":9000000000000,"is_due":false}}}}' FROM topics WHERE name = 'later:1';"#,
    ),
    (
        41,
        r#"INSERT INTO scheduled_messages VALUES (1, x'00000000000000000000000000000007', 1, '나중에', 9000000000000, 2, NULL, NULL);
    UPDATE topics SET head = 2 WHERE name = 'later:1';
    INSERT INTO log SELECT id, 2, 141, '{"later":{"scheduled":{"id":"00000000-0000-0000-0000-000000000007","room":1,"text":"나중에","at":9000000000000}}}' FROM topics WHERE name = 'later:1';"#,
    ),
];

/// Checks what the first user keeps: every user has the topic.
pub(super) async fn check_later(test_store: &TestStore, user: &User, version: usize) {
    let topic = Topic::Later(user.id);
    let Snapshot::Later(later) = test_store.snapshot(user, topic).await.1 else { panic!() };
    let (at, saved_at) = (Timestamp(9_000_000_000_000), Timestamp(140));
    let reminder = Some(Reminder { at, is_due: false });
    let saved = SavedMessage { room: FIRST_ROOM, message: Seq(2), saved_at, reminder };
    let expected = if version >= 40 { vec![saved] } else { Vec::new() };
    assert_eq!(later.saved, expected, "{version}");
    let waiting: Vec<&str> = later.scheduled.iter().map(|message| &*message.text).collect();
    let expected: &[&str] = if version >= 41 { &["나중에"] } else { &[] };
    assert_eq!(waiting, expected, "{version}");
}
