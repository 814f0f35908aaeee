//! Public, private and direct rooms, their facts, their members, and their deletion.

use madang_hub::ports::{DirectoryRequest, StoreError, Write};
use madang_hub::rooms::FIRST_ROOM;
use madang_shared::chat::ChatEvent;
use madang_shared::membership::{MembershipEvent, Removal};
use madang_shared::roles::{History, Posting, RoomKind, RoomRole};
use madang_shared::rooms::{MAX_ROOMS_MADE, Room, RoomChange, RoomsCommand};
use madang_shared::{ErrorCode, Event, RoomId, Seq, Snapshot, Topic, User};

use crate::support::{TestStore, create, join, leave, post, refusal, write};

on_every_engine! {
    a_change_of_facts_is_an_event_of_the_timeline_with_its_revision,
    a_renamed_room_keeps_its_members_and_frees_its_old_name,
    a_private_room_exists_for_its_members_only,
    the_name_of_a_private_room_is_not_revealed,
    a_deleted_room_leaves_no_text,
    the_number_of_rooms_that_a_user_makes_is_limited,
}

pub(super) fn private(author: &User, number: u128, name: &str) -> Write {
    let (name, description) = (name.to_owned(), "금요일 Friday".to_owned());
    write(author, number, RoomsCommand::Create { name, description, kind: RoomKind::Private })
}

pub(super) fn change(author: &User, number: u128, room: RoomId, change: RoomChange) -> Write {
    write(author, number, RoomsCommand::Change { room, change })
}

pub(super) fn rename(author: &User, number: u128, room: RoomId, name: &str) -> Write {
    change(author, number, room, RoomChange::Name(name.to_owned()))
}

pub(super) fn invite(
    author: &User,
    number: u128,
    room: RoomId,
    user: &User,
    role: RoomRole,
) -> Write {
    write(author, number, RoomsCommand::Invite { room, user: user.id, role })
}

pub(super) fn remove(author: &User, number: u128, room: RoomId, user: &User) -> Write {
    write(author, number, RoomsCommand::Remove { room, user: user.id, reason: "a reason".into() })
}

pub(super) fn open_direct(author: &User, number: u128, users: &[&User]) -> Write {
    let users = users.iter().map(|user| user.id).collect();
    write(author, number, RoomsCommand::OpenDirect { users })
}

pub(super) async fn facts(test_store: &TestStore, user: &User, room: RoomId) -> Room {
    let rooms = test_store.rooms(user).await;
    rooms.into_iter().find(|found| found.id == room).expect("joined")
}

pub(super) async fn listed(test_store: &TestStore, reader: &User, search: &str) -> Vec<RoomId> {
    let search_key = madang_hub::policy::name_key(search);
    let request = DirectoryRequest { search_key, after: None };
    let page = test_store.store.directory(reader.id, request).await.expect("readable");
    page.rooms.into_iter().map(|listed| listed.room.id).collect()
}

pub(super) async fn inbox(test_store: &TestStore, user: &User) -> usize {
    match test_store.snapshot(user, Topic::Inbox(user.id)).await.1 {
        Snapshot::Inbox(inbox) => inbox.notices.len(),
        other => panic!("{other:?}"),
    }
}

async fn a_change_of_facts_is_an_event_of_the_timeline_with_its_revision(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    let room = test_store.commit_room(create(&mina, 1, "Go")).await;
    test_store.commit(post(&mina, 2, room, "hello")).await;
    let at = test_store.commit(rename(&mina, 3, room, " 바둑  Go ")).await;
    assert_eq!((at.topic, at.seq), (Topic::Room(room), Seq(2)));
    let renamed = Room { revision: Seq(2), ..Room::new(room, "바둑 Go".to_owned()) };
    let event = ChatEvent::RoomChanged { room: renamed.clone(), by: mina.clone() };
    assert_eq!(test_store.log(Topic::Room(room)).await[1], Event::Chat(event));
    assert_eq!(facts(&test_store, &mina, room).await, renamed);
    let same = test_store.try_commit_at(rename(&mina, 4, room, "바둑 Go")).await;
    assert_eq!(same, Ok(None), "nothing changed");

    for (number, fact) in [
        (5, RoomChange::Posting(Posting::Managers)),
        (6, RoomChange::History(History::Joined)),
        (7, RoomChange::Archived(true)),
    ] {
        test_store.commit(change(&mina, number, room, fact.clone())).await;
        let same = test_store.try_commit_at(change(&mina, number + 10, room, fact)).await;
        assert!(matches!(same, Ok(None) | Err(StoreError::Refused(_))), "{same:?}");
    }
    let changed = Room {
        posting: Posting::Managers,
        history: History::Joined,
        archived: true,
        revision: Seq(5),
        ..renamed
    };
    let Snapshot::Chat(state) = test_store.snapshot(&mina, Topic::Room(room)).await.1 else {
        panic!("not a room");
    };
    assert_eq!(state.room, changed);
    let refused = test_store.try_commit(post(&mina, 8, room, "too late")).await;
    assert_eq!(refusal(refused), ErrorCode::Forbidden, "it is archived");
    let refused = test_store.try_commit(rename(&mina, 9, room, "Other")).await;
    assert_eq!(refusal(refused), ErrorCode::Forbidden, "it is archived");
    test_store.commit(change(&mina, 20, room, RoomChange::Archived(false))).await;
    test_store.commit(post(&mina, 21, room, "back again")).await;
}

async fn a_renamed_room_keeps_its_members_and_frees_its_old_name(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    let room = test_store.commit_room(create(&mina, 1, "Lunch")).await;
    test_store.commit(join(&theo, 1, room)).await;
    let refused = test_store.try_commit(rename(&theo, 2, room, "Dinner")).await;
    assert_eq!(refusal(refused), ErrorCode::Forbidden, "only managers rename a room");
    test_store.commit_room(create(&theo, 3, "Tea")).await;
    for (number, taken) in [(2, "TEA"), (3, "Теа")] {
        let change = madang_hub::rooms::RoomsChange::Change {
            room,
            change: RoomChange::Name(taken.to_owned()),
        };
        let change = madang_hub::features::Change::Rooms(change);
        let refused = test_store.try_commit(Write { change, ..join(&mina, number, room) }).await;
        assert_eq!(refusal(refused), ErrorCode::NameTaken, "{taken}");
    }
    test_store.commit(rename(&mina, 4, room, "LUNCH")).await;
    test_store.commit(rename(&mina, 5, room, "Dinner")).await;
    assert_eq!(facts(&test_store, &theo, room).await.name, "Dinner");
    assert_eq!(listed(&test_store, &theo, "dinner").await, [room]);
    assert_eq!(listed(&test_store, &theo, "lunch").await, []);
    test_store.commit(create(&theo, 6, "Lunch")).await;
}

async fn a_private_room_exists_for_its_members_only(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    let room = test_store.commit_room(private(&mina, 1, "비밀 Secret")).await;
    test_store.commit(post(&mina, 2, room, "hello")).await;
    assert_eq!(facts(&test_store, &mina, room).await.kind, RoomKind::Private);
    assert_eq!(listed(&test_store, &mina, "").await, [FIRST_ROOM], "the directory is public");
    assert_eq!(listed(&test_store, &theo, "secret").await, []);
    assert_eq!(listed(&test_store, &theo, "friday").await, []);
    assert_eq!(test_store.rooms(&theo).await.len(), 1);

    // Each refusal is that of a room that was never made.
    let nowhere = RoomId(1_000);
    for number in [1, 2, 3, 4, 5, 6, 7, 8] {
        let command = |room| match number {
            1 => join(&theo, 1, room),
            2 => leave(&theo, 2, room),
            3 => post(&theo, 3, room, "knock knock"),
            4 => rename(&theo, 4, room, "Found"),
            5 => invite(&theo, 5, room, &theo, RoomRole::Manager),
            6 => remove(&theo, 6, room, &mina),
            7 => write(&theo, 7, RoomsCommand::Delete { room }),
            _ => change(&theo, 8, room, RoomChange::Default(true)),
        };
        let refused = test_store.try_commit(command(room)).await;
        assert_eq!(refused, test_store.try_commit(command(nowhere)).await, "{number}");
        assert_eq!(refusal(refused), ErrorCode::NotFound, "{number}");
    }
    let store = &test_store.store;
    for topic in [Topic::Room, Topic::Details, Topic::Presence] {
        let refused = store.check_access(theo.id, topic(room)).await;
        assert_eq!(refused, store.check_access(theo.id, topic(nowhere)).await);
        assert_eq!(refusal(refused), ErrorCode::NotFound);
    }
    assert_eq!(store.room(theo.id, room).await, store.room(theo.id, nowhere).await);
    assert_eq!(refusal(store.room(theo.id, room).await), ErrorCode::NotFound);
    assert_eq!(refusal(store.members(theo.id, room, None).await), ErrorCode::NotFound);
    assert_eq!(refusal(store.read_marks(theo.id, room).await), ErrorCode::NotFound);
    assert_eq!(refusal(store.delivery(theo.id, room, Seq(1)).await), ErrorCode::NotFound);
    let request = DirectoryRequest { search_key: String::new(), after: Some(room) };
    assert_eq!(refusal(store.directory(theo.id, request).await), ErrorCode::NotFound);
    assert_eq!(store.room(mina.id, room).await.expect("a member").members, 1);
}

async fn the_name_of_a_private_room_is_not_revealed(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    test_store.commit_room(private(&mina, 1, "Board")).await;
    // The same name, a name that looks alike, and a further private room.
    let public = test_store.commit_room(create(&theo, 1, "Board")).await;
    test_store.commit_room(private(&theo, 2, "B0ard")).await;
    test_store.commit_room(private(&theo, 3, "Board")).await;
    assert_eq!(listed(&test_store, &theo, "board").await, [public]);
    let refused = test_store.try_commit(create(&mina, 2, "board")).await;
    assert_eq!(refusal(refused), ErrorCode::NameTaken, "of the public room");
}

async fn a_deleted_room_leaves_no_text(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    let room = test_store.commit_room(private(&mina, 1, "Board")).await;
    test_store.commit(invite(&mina, 2, room, &theo, RoomRole::Member)).await;
    let secret = post(&mina, 3, room, "@Theo the secret");
    test_store.commit(secret.clone()).await;
    test_store.commit(post(&mina, 4, FIRST_ROOM, "@Theo elsewhere")).await;
    assert_eq!(inbox(&test_store, &theo).await, 2);
    let refused = test_store.try_commit(write(&theo, 1, RoomsCommand::Delete { room })).await;
    assert_eq!(refusal(refused), ErrorCode::Forbidden);

    test_store.commit(write(&mina, 5, RoomsCommand::Delete { room })).await;
    for user in [&mina, &theo] {
        assert!(!test_store.is_member(user.id, room).await);
        let removal = Some(Removal::Deleted(mina.clone()));
        let left: Event = MembershipEvent::Left { room, removal, reason: String::new() }.into();
        assert_eq!(test_store.log(Topic::Memberships(user.id)).await.last(), Some(&left));
    }
    assert_eq!(inbox(&test_store, &theo).await, 1);
    let mut log = Vec::new();
    for topic in
        [Topic::Room(room), Topic::Details(room), Topic::Inbox(theo.id), Topic::Inbox(mina.id)]
    {
        log.extend(test_store.log(topic).await);
    }
    let log = format!("{log:?}");
    for text in ["secret", "Board", "Friday"] {
        assert!(!log.contains(text), "{text} in {log}");
    }
    assert!(log.contains("elsewhere"));
    let again = test_store.try_commit(secret).await.expect("a repetition is answered");
    assert!(again.event.is_some_and(|event| !event.contains("secret")));
    let refused = test_store.store.room(mina.id, room).await;
    assert_eq!(refused, test_store.store.room(mina.id, RoomId(999)).await);
    let next = test_store.commit_room(private(&mina, 6, "Board")).await;
    assert!(next > room, "an id is never given out again");
    let first = Write {
        change: madang_hub::features::Change::Rooms(madang_hub::rooms::RoomsChange::Delete {
            room: FIRST_ROOM,
        }),
        ..join(&theo, 7, FIRST_ROOM)
    };
    assert_eq!(refusal(test_store.try_commit(first).await), ErrorCode::Forbidden);
}

async fn the_number_of_rooms_that_a_user_makes_is_limited(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    let first = test_store.commit_room(create(&mina, 0, "room 0")).await;
    let creations = (1..MAX_ROOMS_MADE - 1)
        .map(|number| create(&mina, number.into(), &format!("room {number}")));
    let created = test_store.store.commit(creations.collect()).await;
    assert!(created.iter().all(Result::is_ok));
    // A user can join as many rooms as one can make.
    test_store.commit(leave(&mina, 1_001, FIRST_ROOM)).await;
    test_store.commit(create(&mina, 1_002, "the last one")).await;
    test_store.commit(leave(&mina, 1_003, first)).await;
    let refused = test_store.try_commit(create(&mina, 1_004, "one more")).await;
    assert_eq!(refusal(refused), ErrorCode::Forbidden);
    test_store
        .commit(write(&mina, 1_005, RoomsCommand::Delete { room: RoomId(first.0 + 1) }))
        .await;
    test_store.commit(create(&mina, 1_006, "one more")).await;
}
