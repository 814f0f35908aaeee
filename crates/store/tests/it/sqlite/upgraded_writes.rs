//! The writes after an upgrade.

use madang_hub::notices::DueNotice;
use madang_hub::ports::Committed;
use madang_hub::rooms::FIRST_ROOM;
use madang_shared::notices::NoticeContent;
use madang_shared::posts::PostsCommand;
use madang_shared::{CommandId, PostId, RoomId, Seq, Snapshot, Timestamp, Topic, User, UserId};
use uuid::Uuid;

use crate::support::{TestStore, create, post, write};

/// The posts by id, the newest first.
pub(super) async fn feed(test_store: &TestStore, reader: &User) -> Vec<(u64, String)> {
    match test_store.snapshot(reader, Topic::Posts).await.1 {
        Snapshot::Posts(page) => {
            page.posts.into_iter().map(|post| (post.id.0, post.text)).collect()
        }
        other => panic!("{other:?}"),
    }
}

/// Checks that writes continue from the data of the earlier version.
pub(super) async fn check_writes(test_store: &TestStore, version: usize) {
    let jane = User { id: UserId(2), name: "Jane".into() };
    let position = test_store.commit(post(&jane, 9, FIRST_ROOM, "@민수 하나 더")).await;
    assert_eq!(position.seq, Seq(3), "{version}");
    test_store.commit(write(&jane, 10, PostsCommand::Create { text: "a new one".into() })).await;
    let (newest, _) = feed(test_store, &jane).await[0];
    assert_eq!(newest, if version >= 4 { 4 } else { 1 }, "{version}: no id is used twice");
    let edit = PostsCommand::Edit { post: PostId(newest), text: "a newer one".into() };
    test_store.commit(write(&jane, 11, edit)).await;
    let log = format!("{:?}", test_store.log(Topic::Posts).await);
    assert!(log.contains("a newer one") && !log.contains("a new one"), "{version}: {log}");
    test_store.commit(write(&jane, 12, PostsCommand::Delete { post: PostId(newest) })).await;
    assert!(
        !format!("{:?}", test_store.log(Topic::Posts).await).contains("a newer one"),
        "{version}"
    );
    let repeated = write(&jane, 10, PostsCommand::Create { text: "a new one".into() });
    assert!(repeated.command == CommandId(Uuid::from_u128(10)));
    assert!(
        test_store.try_commit(repeated).await.is_ok_and(|committed| committed.at.is_some()),
        "{version}"
    );

    let room = test_store.commit_room(create(&jane, 13, "Gone")).await;
    assert_eq!(room, RoomId(if version >= 24 { 6 } else { 2 }), "{version}: no id is used twice");
    if version >= 24 {
        let minsu = User { id: UserId(1), name: "민수".into() };
        let repeated = test_store.try_commit(create(&minsu, 0x14, "비밀")).await;
        assert_eq!(
            repeated,
            Ok(Committed { at: None, event: None }),
            "{version}: its topic is gone"
        );
    }

    let append = async |due| {
        let appended = test_store.store.append_due_notice(due, Timestamp(600)).await;
        appended.expect("stored").is_some()
    };
    let scheduled = |due| DueNotice::Scheduled {
        schedule: "break".to_owned(),
        due: Timestamp(due),
        what: NoticeContent::Demonstrated { number: 1, of: 2 },
    };
    let demonstrated = |number| DueNotice::Demonstrated { started_at: Timestamp(80), number };
    assert!(!append(scheduled(500)).await && !append(demonstrated(3)).await, "{version}");
    // An earlier version has neither the schedule nor the demonstration.
    assert_eq!(append(demonstrated(4)).await, version >= 10, "{version}");
    assert!(append(scheduled(600)).await, "{version}");
}
