//! The directory of rooms, and the details of a room.

use madang_hub::policy::name_key;
use madang_hub::ports::{DirectoryRequest, MemberMark, ServiceAccount};
use madang_hub::rooms::{FIRST_ROOM, FIRST_ROOM_NAME};
use madang_shared::details::{
    DetailsEvent, DetailsSnapshot, MembersPage, PAGE_MEMBERS, RoomMember,
};
use madang_shared::roles::{RoomKind, RoomRole};
use madang_shared::rooms::{DirectoryPage, ListedRoom, PAGE_ROOMS, RoomsCommand};
use madang_shared::{ErrorCode, Event, RoomId, Seq, Snapshot, Topic, User, UserId};

use crate::support::{NOW, TestStore, create, join, leave, post, read, refusal, write};

on_every_engine! {
    a_description_is_an_event_of_the_details,
    only_members_describe_a_room,
    details_count_the_members_and_name_those_who_join_and_leave,
    members_are_listed_in_pages,
    read_marks_are_those_of_the_members,
    the_directory_lists_rooms_in_pages_by_name,
    the_directory_finds_names_and_descriptions,
}

fn describe(author: &User, number: u128, room: RoomId, text: &str) -> madang_hub::ports::Write {
    write(author, number, RoomsCommand::Describe { room, description: text.to_owned() })
}

async fn details(test_store: &TestStore, reader: &User, room: RoomId) -> DetailsSnapshot {
    match test_store.snapshot(reader, Topic::Details(room)).await.1 {
        Snapshot::Details(snapshot) => snapshot,
        other => panic!("{other:?}"),
    }
}

async fn detail_events(test_store: &TestStore, room: RoomId) -> Vec<DetailsEvent> {
    let events = test_store.log(Topic::Details(room)).await.into_iter();
    let details = events.map(|event| match event {
        Event::Details(event) => event,
        other => panic!("{other:?}"),
    });
    details.collect()
}

async fn page(test_store: &TestStore, search: &str, after: Option<RoomId>) -> DirectoryPage {
    let request = DirectoryRequest { search_key: name_key(search), after };
    test_store.store.directory(UserId(1), request).await.expect("readable")
}

fn names(page: &DirectoryPage) -> Vec<&str> {
    page.rooms.iter().map(|listed| listed.room.name.as_str()).collect()
}

async fn a_description_is_an_event_of_the_details(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    let at = test_store.commit(describe(&mina, 1, FIRST_ROOM, "  점심   Lunch ")).await;
    assert_eq!(at.topic, Topic::Details(FIRST_ROOM));
    let described = |description: &str| DetailsEvent::Described {
        description: description.to_owned(),
        by: mina.clone(),
    };
    assert_eq!(detail_events(&test_store, FIRST_ROOM).await.last(), Some(&described("점심 Lunch")));
    assert_eq!(details(&test_store, &mina, FIRST_ROOM).await.description, "점심 Lunch");

    let same = describe(&mina, 2, FIRST_ROOM, "점심 Lunch");
    assert_eq!(test_store.try_commit_at(same).await, Ok(None), "nothing changed");
    test_store.commit(describe(&mina, 3, FIRST_ROOM, " ")).await;
    assert_eq!(details(&test_store, &mina, FIRST_ROOM).await.description, "");

    let (name, description) = ("Go".to_owned(), "바둑".to_owned());
    let command = RoomsCommand::Create { name, description, kind: RoomKind::Public };
    test_store.commit(write(&mina, 4, command)).await;
    let room = test_store.memberships(&mina).await[1].room;
    let expected =
        DetailsSnapshot { description: "바둑".to_owned(), members: 1, profiles: Vec::new() };
    assert_eq!(details(&test_store, &mina, room).await, expected);
}

async fn only_members_describe_a_room(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    test_store.commit(create(&mina, 1, "Go")).await;
    let room = test_store.memberships(&mina).await[1].room;
    let refused = test_store.try_commit(describe(&theo, 1, room, "mine")).await;
    assert_eq!(refusal(refused), ErrorCode::NotMember);
    let refused = test_store.try_commit(describe(&theo, 2, RoomId(99), "nowhere")).await;
    assert_eq!(refusal(refused), ErrorCode::NotFound);
    assert_eq!(
        refusal(test_store.open(theo.id, Topic::Details(room), None).await),
        ErrorCode::NotMember
    );
    assert_eq!(details(&test_store, &mina, room).await.description, "");
}

async fn details_count_the_members_and_name_those_who_join_and_leave(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    let service = ServiceAccount { key: "test", name: "Part of the server", at: NOW };
    test_store.store.service_user(service).await.expect("made");
    assert_eq!(details(&test_store, &mina, FIRST_ROOM).await.members, 2, "no service account");
    test_store.commit(post(&mina, 1, FIRST_ROOM, "one")).await;
    test_store.commit(leave(&theo, 1, FIRST_ROOM)).await;
    assert_eq!(details(&test_store, &mina, FIRST_ROOM).await.members, 1);
    test_store.commit(join(&theo, 2, FIRST_ROOM)).await;
    assert_eq!(details(&test_store, &mina, FIRST_ROOM).await.members, 2);

    let joined = |user: &User, since, after| {
        let role = RoomRole::Member;
        let member = RoomMember { user: user.clone(), since: Some(since), role };
        DetailsEvent::Joined { member, after: Seq(after) }
    };
    let expected = [
        joined(&mina, NOW, 0),
        joined(&theo, NOW, 0),
        DetailsEvent::Left { user: theo.id },
        joined(&theo, NOW.plus(1), 1),
    ];
    assert_eq!(detail_events(&test_store, FIRST_ROOM).await, expected);
}

async fn members_are_listed_in_pages(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    for number in 1..=PAGE_MEMBERS + 1 {
        test_store.user(&format!("user {number}")).await;
    }
    let members = async |after| {
        test_store.store.members(mina.id, FIRST_ROOM, after).await.expect("a member may know")
    };
    let MembersPage { members: first, more } = members(None).await;
    assert_eq!((first.len(), more), (PAGE_MEMBERS, true));
    let role = RoomRole::Member;
    assert_eq!(first[0], RoomMember { user: mina.clone(), since: Some(NOW), role });
    assert!(first.is_sorted_by_key(|member| member.user.id));
    let last = first[PAGE_MEMBERS - 1].user.id;
    // The cursor may be a user who has left since.
    test_store.commit(leave(&first[PAGE_MEMBERS - 1].user, 1, FIRST_ROOM)).await;
    let MembersPage { members: rest, more } = members(Some(last)).await;
    assert_eq!((rest.len(), more), (2, false));
    assert!(rest.iter().all(|member| member.user.id > last));

    test_store.commit(create(&mina, 9, "Go")).await;
    let room = test_store.memberships(&mina).await[1].room;
    let refused = test_store.store.members(last, room, None).await;
    assert_eq!(refusal(refused), ErrorCode::NotMember);
    let refused = test_store.store.members(last, RoomId(99), None).await;
    assert_eq!(refusal(refused), ErrorCode::NotFound);
}

async fn read_marks_are_those_of_the_members(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    let service = ServiceAccount { key: "test", name: "Part of the server", at: NOW };
    test_store.store.service_user(service).await.expect("made");
    test_store.commit(post(&mina, 1, FIRST_ROOM, "one")).await;
    test_store.commit(post(&mina, 2, FIRST_ROOM, "two")).await;
    test_store.commit(read(&theo, 1, FIRST_ROOM, 1)).await;
    let late = test_store.user("Late").await;
    let mark = |user: &User, joined_after, read_up_to| MemberMark {
        user: user.id,
        joined_after: Seq(joined_after),
        read_up_to: Seq(read_up_to),
    };
    let mut marks = test_store.store.read_marks(mina.id, FIRST_ROOM).await.expect("a member");
    marks.sort_by_key(|mark| mark.user);
    assert_eq!(marks, [mark(&mina, 0, 0), mark(&theo, 0, 1), mark(&late, 2, 2)]);
    test_store.commit(leave(&theo, 2, FIRST_ROOM)).await;
    let refused = test_store.store.read_marks(theo.id, FIRST_ROOM).await;
    assert_eq!(refusal(refused), ErrorCode::NotMember);
}

async fn the_directory_lists_rooms_in_pages_by_name(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    for number in 1..=PAGE_ROOMS as u128 {
        test_store.commit(create(&mina, number, &format!("b {number:02}"))).await;
    }
    let rooms = test_store.memberships(&mina).await;
    let quiet = rooms[1].room;
    test_store.commit(join(&theo, 1, quiet)).await;
    test_store.commit(post(&theo, 2, quiet, "hi")).await;

    let first = page(&test_store, "", None).await;
    assert_eq!((first.rooms.len(), first.more), (PAGE_ROOMS, true));
    let ListedRoom { room, description, members, last_message_at } = &first.rooms[0];
    assert_eq!((room.id, description.as_str()), (quiet, ""));
    assert_eq!((*members, *last_message_at), (2, Some(NOW.plus(1))));
    assert_eq!(first.rooms[1].last_message_at, None);

    // A new room changes no later page, wherever its name is.
    test_store.commit(create(&mina, 90, "a first")).await;
    let last = first.rooms.last().expect("a room").room.id;
    let second = page(&test_store, "", Some(last)).await;
    assert_eq!((names(&second), second.more), (vec![FIRST_ROOM_NAME], false));
    let request = DirectoryRequest { search_key: String::new(), after: Some(RoomId(999)) };
    let refused = test_store.store.directory(mina.id, request).await;
    assert_eq!(refusal(refused), ErrorCode::NotFound);
}

async fn the_directory_finds_names_and_descriptions(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    for (number, name, description) in
        [(1, "점심 Lunch", "1층 식당"), (2, "바둑", "Go, 100%_free"), (3, "Ｇｏ club", "")]
    {
        let (name, description) = (name.to_owned(), description.to_owned());
        let command = RoomsCommand::Create { name, description, kind: RoomKind::Public };
        test_store.commit(write(&mina, number, command)).await;
    }
    for (search, expected) in [
        ("점심", vec!["점심 Lunch"]),
        ("LUNCH", vec!["점심 Lunch"]),
        ("식당", vec!["점심 Lunch"]),
        ("go", vec!["Ｇｏ club", "바둑"]),
        ("%_", vec!["바둑"]),
        ("\u{1109}\u{1175}\u{11a8}\u{1103}\u{1161}\u{11bc}", vec!["점심 Lunch"]),
        ("nothing", vec![]),
    ] {
        assert_eq!(names(&page(&test_store, search, None).await), expected, "{search}");
    }
    let room = page(&test_store, "바둑", None).await.rooms[0].room.id;
    test_store.commit(describe(&mina, 4, room, "오목")).await;
    assert_eq!(names(&page(&test_store, "오목", None).await), ["바둑"]);
    assert_eq!(names(&page(&test_store, "free", None).await), Vec::<&str>::new());
}
