//! Deleted messages, silences, removals, and the acts of managers in the audit log.

use madang_hub::administration::AuditFilter;
use madang_hub::budgets::network::Network;
use madang_hub::ports::{StoreError, Write};
use madang_hub::rooms::FIRST_ROOM;
use madang_shared::administration::{AdministrationAct, AuditEntry};
use madang_shared::chat::{ChatCommand, ChatEvent};
use madang_shared::membership::MembershipEvent;
use madang_shared::moderation::{DeletedBy, Silence};
use madang_shared::notices::InboxEvent;
use madang_shared::posts::PostsCommand;
use madang_shared::roles::{Role, RoomRole};
use madang_shared::rooms::{RoomChange, RoomsCommand};
use madang_shared::{ErrorCode, Event, RoomId, Seq, Snapshot, Timestamp, Topic, User};

use super::administration::{act, user_with};
use super::room_kinds::{change, inbox, invite, private, remove, rename};
use crate::support::{NOW, TestStore, create, join, leave, post, refusal, write};

on_every_engine! {
    a_deleted_message_leaves_its_place_without_the_text,
    a_moderator_deletes_with_a_reason,
    a_message_that_a_user_may_not_know_of_is_not_found,
    a_silence_ends_exactly_and_by_itself,
    a_silence_of_the_workspace_covers_everything_that_is_written,
    administrators_are_silenced_by_owners_alone,
    the_acts_of_managers_are_in_the_audit_log,
    a_removed_member_reads_the_reason,
}

pub(super) fn delete(author: &User, number: u128, room: RoomId, message: u64) -> Write {
    let reason = "advertising".to_owned();
    write(author, number, ChatCommand::Delete { room, message: Seq(message), reason })
}

fn silence(author: &User, number: u128, room: RoomId, user: &User, lasts_ms: u64) -> Write {
    let reason = "shouting".to_owned();
    write(author, number, RoomsCommand::Silence { room, user: user.id, lasts_ms, reason })
}

/// The same write at another time.
fn at(write: Write, at: Timestamp) -> Write {
    Write { at, ..write }
}

async fn entries(test_store: &TestStore) -> Vec<AuditEntry> {
    test_store.store.audit(None, AuditFilter::default()).await.expect("readable").entries
}

async fn a_deleted_message_leaves_its_place_without_the_text(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    test_store.commit(post(&mina, 1, FIRST_ROOM, "before")).await;
    let secret = post(&mina, 2, FIRST_ROOM, "@Theo the **secret**");
    test_store.commit(secret.clone()).await;
    let formatted = test_store.newest(&theo, FIRST_ROOM).await.messages;
    let markup: Vec<_> = formatted.iter().map(|it| it.markup.blocks().len()).collect();
    assert_eq!(markup, [0, 1], "a text without a format has no nodes");
    let log = test_store.log(Topic::Room(FIRST_ROOM)).await;
    assert_eq!(log[1], ChatEvent::Posted(formatted[1].clone()).into(), "the event has them, too");
    test_store.commit(post(&mina, 3, FIRST_ROOM, "@Theo after")).await;
    assert_eq!(inbox(&test_store, &theo).await, 2);

    let own = ChatCommand::Delete { room: FIRST_ROOM, message: Seq(2), reason: String::new() };
    let deletion = write(&mina, 4, own.clone());
    let at = test_store.commit(deletion.clone()).await;
    assert_eq!((at.topic, at.seq), (Topic::Room(FIRST_ROOM), Seq(4)));
    assert_eq!(test_store.try_commit_at(deletion).await, Ok(Some(at)), "the same command");
    assert_eq!(test_store.try_commit_at(write(&mina, 5, own)).await, Ok(None), "it is deleted");

    let page = test_store.newest(&theo, FIRST_ROOM).await;
    let shown: Vec<_> =
        page.messages.iter().map(|it| (it.seq.0, it.text.as_str(), it.deleted)).collect();
    let expected =
        [(1, "before", None), (2, "", Some(DeletedBy::Author)), (3, "@Theo after", None)];
    assert_eq!(shown, expected);
    assert_eq!((page.messages[1].sentiment, page.messages[1].markup.is_empty()), (None, true));
    assert_eq!(test_store.before(&theo, FIRST_ROOM, 3, 1).await.messages, page.messages[1..2]);
    let log = test_store.log(Topic::Room(FIRST_ROOM)).await;
    assert_eq!(log[1], ChatEvent::Posted(page.messages[1].clone()).into());
    let deleted = ChatEvent::MessageDeleted { message: Seq(2), by: DeletedBy::Author };
    assert_eq!(log[3], deleted.into());
    // A repeated post gets the redacted event.
    let again = test_store.try_commit(secret).await.expect("known").event.expect("an event");
    assert!(!again.contains("secret"), "{again}");

    assert_eq!(inbox(&test_store, &theo).await, 1);
    let inbox = test_store.log(Topic::Inbox(theo.id)).await;
    let gone: Event = InboxEvent::MessageDeleted { room: FIRST_ROOM, message: Seq(2) }.into();
    assert_eq!((&inbox[0], inbox.last()), (&gone, Some(&gone)));
    assert!(!format!("{inbox:?}").contains("secret"));
    assert_eq!(entries(&test_store).await, [], "nobody records what one does with one's own");
}

async fn a_moderator_deletes_with_a_reason(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    let ada = user_with(&test_store, "Ada", Role::Administrator).await;
    let room = test_store.commit_room(create(&mina, 1, "Tea")).await;
    test_store.commit(join(&theo, 1, room)).await;
    for number in [2, 3] {
        test_store.commit(post(&theo, number, room, "buy this")).await;
    }
    test_store.commit(post(&mina, 2, room, "my own")).await;
    let refused = test_store.try_commit(delete(&theo, 4, room, 3)).await;
    assert_eq!(refusal(refused), ErrorCode::Forbidden, "a member deletes own messages");
    let without = ChatCommand::Delete { room, message: Seq(1), reason: " ".into() };
    let refused = test_store.try_commit(write(&mina, 3, without)).await;
    assert_eq!(refusal(refused), ErrorCode::Invalid, "the reason is missing");

    let network = Some(Network::of([203, 0, 113, 7].into()));
    test_store.commit(delete(&mina, 4, room, 1).from_network(network)).await;
    let entry = entries(&test_store).await.remove(0);
    assert_eq!((entry.act.as_str(), entry.detail.as_str()), ("delete_message", "#1"));
    assert_eq!((entry.actor, entry.user, entry.room), (Some(mina), Some(theo.clone()), Some(room)));
    assert_eq!(entry.reason, "advertising");
    assert_eq!(entry.network.as_deref(), Some("203.0.113.7"));

    // Administrators moderate every public room, and no private one.
    test_store.commit(delete(&ada, 1, room, 2)).await;
    let deleted: Vec<_> =
        test_store.newest(&theo, room).await.messages.into_iter().map(|it| it.deleted).collect();
    let by_moderator = Some(DeletedBy::Moderator);
    assert_eq!(deleted, [by_moderator, by_moderator, None]);
    let hidden = test_store.commit_room(private(&theo, 5, "Board")).await;
    test_store.commit(post(&theo, 6, hidden, "private")).await;
    let refused = test_store.try_commit(delete(&ada, 2, hidden, 1)).await;
    assert_eq!(refusal(refused), ErrorCode::NotFound);
}

async fn a_message_that_a_user_may_not_know_of_is_not_found(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    let room = test_store.commit_room(private(&mina, 1, "Board")).await;
    let hides = RoomChange::History(madang_shared::roles::History::Joined);
    test_store.commit(change(&mina, 2, room, hides)).await;
    test_store.commit(post(&mina, 3, room, "before")).await;
    test_store.commit(invite(&mina, 4, room, &theo, RoomRole::Manager)).await;
    test_store.commit(post(&mina, 5, room, "after")).await;
    for missing in [2, 99] {
        let refused = test_store.try_commit(delete(&theo, missing.into(), room, missing)).await;
        assert_eq!(refusal(refused), ErrorCode::NotFound, "{missing}");
    }
    test_store.commit(delete(&theo, 3, room, 3)).await;
}

async fn a_silence_ends_exactly_and_by_itself(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    let room = test_store.commit_room(create(&mina, 1, "Tea")).await;
    test_store.commit(join(&theo, 1, room)).await;
    let start = NOW.plus(1);
    let at_start = test_store.commit(silence(&mina, 2, room, &theo, 1_000)).await;
    assert_eq!(at_start.topic, Topic::Memberships(theo.id));
    let until = start.plus(1_000);
    let expected = Silence { room: Some(room), until, reason: "shouting".into() };
    let event: Event = MembershipEvent::Silenced { silences: vec![expected.clone()] }.into();
    assert_eq!(test_store.log(Topic::Memberships(theo.id)).await.last(), Some(&event));
    match test_store.snapshot(&theo, Topic::Memberships(theo.id)).await.1 {
        Snapshot::Membership(state) => assert_eq!(state.silences, [expected]),
        other => panic!("{other:?}"),
    }
    let last = Timestamp(until.0 - 1);
    let refused = test_store.try_commit(at(post(&theo, 2, room, "HELLO"), last)).await;
    let Err(StoreError::Refused(failure)) = refused else { panic!("{refused:?}") };
    assert_eq!(failure.code, ErrorCode::Forbidden);
    assert!(failure.message.contains("UTC") && failure.message.contains("shouting"), "{failure}");
    assert!(!failure.retry);
    test_store.commit(post(&theo, 3, FIRST_ROOM, "another room")).await;
    test_store.commit(at(post(&theo, 4, room, "hello"), until)).await;
    assert_eq!(test_store.store.check_speech(theo.id, room, until).await, Ok(()));
    let refused = test_store.store.check_speech(theo.id, room, last).await;
    assert_eq!(refusal(refused), ErrorCode::Forbidden);

    // A manager ends another one early. Ending it again changes nothing.
    test_store.commit(at(silence(&mina, 3, room, &theo, 1_000), until)).await;
    test_store.commit(at(silence(&mina, 4, room, &theo, 0), until)).await;
    let again = test_store.try_commit_at(at(silence(&mina, 5, room, &theo, 0), until)).await;
    assert_eq!(again, Ok(None));
    test_store.commit(at(post(&theo, 5, room, "hello again"), until)).await;
    let acts: Vec<String> = entries(&test_store).await.into_iter().map(|it| it.act).collect();
    assert_eq!(acts, ["end_silence", "silence", "silence"]);
    let own = test_store.try_commit(silence(&mina, 6, room, &mina, 1)).await;
    assert_eq!(refusal(own), ErrorCode::Forbidden);
}

async fn a_silence_of_the_workspace_covers_everything_that_is_written(test_store: TestStore) {
    let theo = test_store.user("Theo").await;
    let post_of = test_store.commit(write(&theo, 1, PostsCommand::Create { text: "a".into() }));
    post_of.await;
    act(&test_store, AdministrationAct::Silence { user: theo.id, lasts_ms: 1_000 }).await;
    let room = test_store.try_commit(create(&theo, 2, "Tea")).await;
    assert_eq!(refusal(room), ErrorCode::Forbidden);
    for number in 3..7 {
        let text = "b".to_owned();
        let spoken = match number {
            3 => post(&theo, number, FIRST_ROOM, &text),
            4 => write(&theo, number, PostsCommand::Create { text }),
            5 => write(&theo, number, PostsCommand::Edit { post: madang_shared::PostId(1), text }),
            _ => write(&theo, number, PostsCommand::Greet { others_only: false }),
        };
        let refused = test_store.try_commit(spoken.clone()).await;
        assert_eq!(refusal(refused), ErrorCode::Forbidden, "{number}");
        test_store.commit(at(spoken, NOW.plus(1_000))).await;
    }
    // Reading, leaving and taking back go on.
    let delete = PostsCommand::Delete { post: madang_shared::PostId(1) };
    test_store.commit(write(&theo, 8, delete)).await;
    test_store.commit(leave(&theo, 9, FIRST_ROOM)).await;
}

async fn administrators_are_silenced_by_owners_alone(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    let ada = user_with(&test_store, "Ada", Role::Administrator).await;
    let owner = user_with(&test_store, "Owner", Role::Owner).await;
    let room = test_store.commit_room(create(&mina, 1, "Tea")).await;
    test_store.commit(join(&ada, 1, room)).await;
    let refused = test_store.try_commit(silence(&mina, 2, room, &ada, 1_000)).await;
    assert_eq!(refusal(refused), ErrorCode::Forbidden);
    test_store.commit(silence(&owner, 1, room, &ada, 1_000)).await;
}

async fn the_acts_of_managers_are_in_the_audit_log(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    let room = test_store.commit_room(private(&mina, 1, "Board")).await;
    test_store.commit(invite(&mina, 2, room, &theo, RoomRole::Member)).await;
    test_store.commit(invite(&mina, 3, room, &theo, RoomRole::Reader)).await;
    test_store.commit(rename(&mina, 4, room, "The secret plan")).await;
    test_store.commit(change(&mina, 5, room, RoomChange::Archived(true))).await;
    test_store.commit(remove(&mina, 6, room, &theo)).await;
    test_store.commit(write(&mina, 7, RoomsCommand::Delete { room })).await;
    let public = test_store.commit_room(create(&mina, 8, "Tea")).await;
    test_store.commit(rename(&mina, 9, public, "Coffee")).await;
    test_store.commit(invite(&mina, 10, public, &theo, RoomRole::Member)).await;
    let mut log = entries(&test_store).await;
    log.reverse();
    let lines: Vec<_> = log.iter().map(|it| (it.act.as_str(), it.detail.as_str())).collect();
    let expected = [
        ("invite_to_room", "member"),
        ("set_room_role", "member → reader"),
        ("change_room", "name"),
        ("change_room", "archived: true"),
        ("remove_member", ""),
        ("delete_room", ""),
        ("change_room", "name: Coffee"),
    ];
    assert_eq!(lines, expected);
    assert!(log.iter().all(|entry| entry.actor == Some(mina.clone())));
    assert_eq!(log[4].reason, "a reason");
    assert!(
        !format!("{log:?}").contains("secret"),
        "the name of a private room is for its members"
    );
}

async fn a_removed_member_reads_the_reason(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    let room = test_store.commit_room(create(&mina, 1, "Tea")).await;
    test_store.commit(join(&theo, 1, room)).await;
    let without = RoomsCommand::Remove { room, user: theo.id, reason: String::new() };
    let refused = test_store.try_commit(write(&mina, 2, without)).await;
    assert_eq!(refusal(refused), ErrorCode::Invalid);
    test_store.commit(remove(&mina, 3, room, &theo)).await;
    match test_store.log(Topic::Memberships(theo.id)).await.pop() {
        Some(Event::Membership(MembershipEvent::Left { reason, .. })) => {
            assert_eq!(reason, "a reason");
        }
        other => panic!("{other:?}"),
    }
}
