//! The members of private and direct rooms, and the people whom a user may know.

use madang_hub::ports::{PeopleRequest, Recovery};
use madang_hub::rooms::FIRST_ROOM;
use madang_shared::details::DetailsEvent;
use madang_shared::membership::{MembershipEvent, Removal};
use madang_shared::roles::{History, RoomKind, RoomRole};
use madang_shared::rooms::{RoomChange, RoomsCommand};
use madang_shared::{ErrorCode, Event, RoomId, Seq, Topic, User};

use super::room_kinds::{
    change, facts, inbox, invite, listed, open_direct, private, remove, rename,
};
use crate::support::{TestStore, create, join, leave, post, refusal, texts, write};

on_every_engine! {
    an_invited_member_has_a_role_and_a_removed_one_no_access,
    a_private_room_keeps_a_manager,
    new_members_see_the_history_that_the_room_shows_them,
    new_users_join_the_default_rooms,
    people_are_those_whom_one_may_know,
    a_mention_of_a_stranger_in_a_private_room_is_no_notice,
    a_direct_conversation_keeps_its_people,
    the_same_people_have_one_direct_conversation,
}

async fn an_invited_member_has_a_role_and_a_removed_one_no_access(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    let room = test_store.commit_room(private(&mina, 1, "Board")).await;
    let at = test_store.commit(invite(&mina, 2, room, &theo, RoomRole::Reader)).await;
    assert_eq!(at.topic, Topic::Memberships(theo.id));
    let refused = test_store.try_commit(post(&theo, 1, room, "hello")).await;
    assert_eq!(refusal(refused), ErrorCode::Forbidden, "a reader");
    let refused = test_store.try_commit(invite(&theo, 2, room, &theo, RoomRole::Manager)).await;
    assert_eq!(refusal(refused), ErrorCode::Forbidden, "no manager");

    let at = test_store.commit(invite(&mina, 3, room, &theo, RoomRole::Member)).await;
    assert_eq!(at.topic, Topic::Details(room));
    let role = RoomRole::Member;
    let expected = DetailsEvent::RoleChanged { user: theo.id, role };
    assert_eq!(test_store.log(Topic::Details(room)).await.last(), Some(&expected.into()));
    let again = test_store.try_commit_at(invite(&mina, 4, room, &theo, role)).await;
    assert_eq!(again, Ok(None));
    test_store.commit(post(&theo, 3, room, "hello")).await;
    let members = test_store.store.members(theo.id, room, None).await.expect("a member").members;
    let roles: Vec<RoomRole> = members.into_iter().map(|member| member.role).collect();
    assert_eq!(roles, [RoomRole::Manager, RoomRole::Member]);

    test_store.commit(remove(&mina, 5, room, &theo)).await;
    let removal = Some(Removal::Removed(mina.clone()));
    let left: Event = MembershipEvent::Left { room, removal, reason: "a reason".into() }.into();
    assert_eq!(test_store.log(Topic::Memberships(theo.id)).await.last(), Some(&left));
    assert!(!test_store.is_member(theo.id, room).await);
    let refused = test_store.try_commit(post(&theo, 4, room, "still here")).await;
    assert_eq!(refusal(refused), ErrorCode::NotFound);
    assert_eq!(test_store.try_commit_at(remove(&mina, 6, room, &theo)).await, Ok(None));
}

async fn a_private_room_keeps_a_manager(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    let room = test_store.commit_room(private(&mina, 1, "Board")).await;
    test_store.commit(invite(&mina, 2, room, &theo, RoomRole::Member)).await;
    for last in [
        leave(&mina, 3, room),
        remove(&mina, 4, room, &mina),
        invite(&mina, 5, room, &mina, RoomRole::Member),
    ] {
        assert_eq!(refusal(test_store.try_commit(last).await), ErrorCode::Forbidden);
    }
    test_store.commit(invite(&mina, 6, room, &theo, RoomRole::Manager)).await;
    test_store.commit(leave(&mina, 7, room)).await;
    // The last member may leave.
    test_store.commit(leave(&theo, 1, room)).await;

    let public = test_store.commit_room(create(&mina, 8, "Open")).await;
    test_store.commit(join(&theo, 2, public)).await;
    test_store.commit(leave(&mina, 9, public)).await;
}

async fn new_members_see_the_history_that_the_room_shows_them(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    let jane = test_store.user("Jane").await;
    let room = test_store.commit_room(private(&mina, 1, "Board")).await;
    test_store.commit(invite(&mina, 2, room, &jane, RoomRole::Member)).await;
    test_store.commit(post(&mina, 3, room, "before")).await;
    let (early, _) = test_store.snapshot(&mina, Topic::Room(room)).await;
    test_store.commit(change(&mina, 4, room, RoomChange::History(History::Joined))).await;
    test_store.commit(invite(&mina, 5, room, &theo, RoomRole::Member)).await;
    test_store.commit(post(&mina, 6, room, "after")).await;

    assert_eq!(texts(&test_store.newest(&jane, room).await), ["before", "after"]);
    let seen = test_store.newest(&theo, room).await;
    assert_eq!((texts(&seen), seen.older), (vec!["after"], false));
    let older = test_store.before(&theo, room, 3, 50).await;
    assert_eq!((texts(&older), older.older), (Vec::new(), false));
    // The log is no way around it either.
    let opened = test_store.open(theo.id, Topic::Room(room), Some(early)).await;
    assert!(matches!(opened, Ok(Recovery::State(_))), "{opened:?}");
    let opened = test_store.open(jane.id, Topic::Room(room), Some(early)).await;
    assert!(matches!(opened, Ok(Recovery::Resumed { .. })), "{opened:?}");
    let refused = test_store.store.delivery(theo.id, room, Seq(1)).await;
    assert_eq!(refusal(refused), ErrorCode::NotFound);
    test_store.store.delivery(theo.id, room, Seq(3)).await.expect("seen");
}

async fn new_users_join_the_default_rooms(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    let room = test_store.commit_room(create(&mina, 1, "Help")).await;
    let refused = test_store.try_commit(change(&mina, 2, room, RoomChange::Default(true))).await;
    assert_eq!(refusal(refused), ErrorCode::Forbidden, "an administrator decides it");
    let theo = test_store.user("Theo").await;
    let joined: Vec<RoomId> =
        test_store.rooms(&theo).await.into_iter().map(|room| room.id).collect();
    assert_eq!(joined, [FIRST_ROOM]);
}

async fn people_are_those_whom_one_may_know(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    let people = async |search: &str, after: Option<&User>| {
        let search_key = madang_hub::policy::name_key(search);
        let request = PeopleRequest { search_key, after: after.map(|user| user.id) };
        let page = test_store.store.people(mina.id, request).await.expect("readable");
        (page.people, page.more)
    };
    assert_eq!(people("", None).await, (vec![theo.clone()], false), "without oneself");
    assert_eq!(people("THE", None).await, (vec![theo.clone()], false));
    assert_eq!(people("x", None).await, (vec![], false));
    for number in 10..30 {
        test_store.user(&format!("person {number}")).await;
    }
    let (first, more) = people("", None).await;
    assert_eq!((first.len(), more), (20, true));
    assert_eq!(people("", first.last()).await, (vec![theo.clone()], false));
}

async fn a_mention_of_a_stranger_in_a_private_room_is_no_notice(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    let room = test_store.commit_room(private(&mina, 1, "Secret")).await;
    test_store.commit(post(&mina, 2, room, "@Theo must not hear of this")).await;
    assert_eq!(inbox(&test_store, &theo).await, 0);
    test_store.commit(invite(&mina, 3, room, &theo, RoomRole::Member)).await;
    test_store.commit(post(&mina, 4, room, "@Theo welcome")).await;
    assert_eq!(inbox(&test_store, &theo).await, 1);
}

async fn a_direct_conversation_keeps_its_people(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    let jane = test_store.user("Jane").await;
    let room = test_store.commit_room(open_direct(&mina, 1, &[&theo])).await;
    for (author, number, expected) in
        [(&mina, 10, ErrorCode::Forbidden), (&jane, 20, ErrorCode::NotFound)]
    {
        for refused in [
            leave(author, number, room),
            rename(author, number + 1, room, "Ours"),
            invite(author, number + 2, room, &jane, RoomRole::Member),
            remove(author, number + 3, room, &theo),
            change(author, number + 4, room, RoomChange::Archived(true)),
            write(author, number + 5, RoomsCommand::Delete { room }),
        ] {
            assert_eq!(refusal(test_store.try_commit(refused).await), expected);
        }
    }
    assert_eq!(facts(&test_store, &mina, room).await.people.len(), 2);
}

async fn the_same_people_have_one_direct_conversation(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    let jane = test_store.user("Jane").await;
    let two = test_store.commit_room(open_direct(&mina, 1, &[&theo])).await;
    for (author, number, users) in
        [(&mina, 2, [&theo, &mina]), (&theo, 3, [&mina, &mina]), (&theo, 4, [&theo, &mina])]
    {
        let again = test_store.try_commit_at(open_direct(author, number, &users)).await;
        assert_eq!(again, Ok(None), "{number}");
    }
    let three = test_store.commit_room(open_direct(&jane, 1, &[&theo, &mina])).await;
    let again = test_store.try_commit_at(open_direct(&theo, 5, &[&jane, &mina])).await;
    assert_eq!(again, Ok(None));
    let found = facts(&test_store, &theo, two).await;
    assert_eq!((found.kind, found.name.as_str()), (RoomKind::Direct, ""));
    assert_eq!(found.people, [mina.clone(), theo.clone()]);
    assert_eq!(facts(&test_store, &theo, three).await.people.len(), 3);
    test_store.commit(post(&theo, 6, two, "hi")).await;
    assert_eq!(texts(&test_store.newest(&mina, two).await), ["hi"]);
    assert_eq!(listed(&test_store, &mina, "").await, [FIRST_ROOM]);
    assert!(!test_store.is_member(jane.id, two).await);

    let alone = test_store.try_commit(open_direct(&mina, 7, &[&mina])).await;
    assert_eq!(refusal(alone), ErrorCode::Invalid);
    let nobody = User { id: madang_shared::UserId(999), name: String::new() };
    let refused = test_store.try_commit(open_direct(&mina, 8, &[&nobody])).await;
    assert_eq!(refusal(refused), ErrorCode::NotFound);
}
