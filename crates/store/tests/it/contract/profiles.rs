//! Profiles: display names, statuses, and the hours in which a user is not disturbed.

use madang_hub::policy::name_key;
use madang_hub::ports::PeopleRequest;
use madang_hub::profiles::CheckedProfileChange;
use madang_hub::rooms::FIRST_ROOM;
use madang_shared::administration::AdministrationAct;
use madang_shared::details::DetailsEvent;
use madang_shared::notices::InboxEvent;
use madang_shared::profile::{
    NewQuietHours, NewStatus, OwnProfile, Profile, ProfileChange, QuietHours,
};
use madang_shared::roles::Role;
use madang_shared::{ErrorCode, Event, RoomId, Snapshot, Topic, User};

use super::administration::{act, user_with};
use crate::support::{NOW, TestStore, create, join, refusal};

on_every_engine! {
    a_changed_profile_is_an_event_in_each_room_of_its_user,
    the_same_profile_changes_nothing,
    quiet_hours_are_the_users_own,
    a_new_member_brings_the_profile,
    people_are_found_by_their_display_name,
    a_person_is_shown_to_those_who_may_know_it,
}

async fn change(test_store: &TestStore, user: &User, change: ProfileChange) -> OwnProfile {
    let change = CheckedProfileChange::new(user.id, change, NOW).expect("acceptable");
    test_store.store.change_profile(change).await.expect("accepted")
}

fn named(name: &str) -> ProfileChange {
    ProfileChange { name: Some(name.to_owned()), ..ProfileChange::default() }
}

async fn listed(test_store: &TestStore, reader: &User, room: RoomId) -> Vec<Profile> {
    match test_store.snapshot(reader, Topic::Details(room)).await.1 {
        Snapshot::Details(snapshot) => snapshot.profiles,
        other => panic!("{other:?}"),
    }
}

async fn a_changed_profile_is_an_event_in_each_room_of_its_user(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    let room = test_store.commit_room(create(&mina, 1, "Lunch")).await;
    let other = test_store.commit_room(create(&theo, 1, "Elsewhere")).await;
    assert_eq!(listed(&test_store, &theo, FIRST_ROOM).await, []);
    let status =
        NewStatus { emoji: "🌴".into(), text: "휴가".into(), until: Some(NOW.plus(5)) };
    let both = ProfileChange { status: Some(status), ..named("김민아") };
    let own = change(&test_store, &mina, both).await;
    let expected = Profile {
        name: "김민아".into(),
        emoji: "🌴".into(),
        status: "휴가".into(),
        until: Some(NOW.plus(5)),
        ..Profile::blank(mina.id)
    };
    assert_eq!(own.profile, expected);
    let event: Event = DetailsEvent::ProfileChanged(expected.clone()).into();
    for room in [FIRST_ROOM, room] {
        assert_eq!(test_store.log(Topic::Details(room)).await.last(), Some(&event));
        assert_eq!(listed(&test_store, &mina, room).await, std::slice::from_ref(&expected));
    }
    let elsewhere = test_store.log(Topic::Details(other)).await;
    assert!(!elsewhere.contains(&event), "a room of another user");
    let removed = ProfileChange { status: Some(NewStatus::default()), ..named("") };
    change(&test_store, &mina, removed).await;
    assert_eq!(listed(&test_store, &theo, FIRST_ROOM).await, []);
}

async fn the_same_profile_changes_nothing(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    change(&test_store, &mina, named("김민아")).await;
    let before = test_store.log(Topic::Details(FIRST_ROOM)).await;
    change(&test_store, &mina, named("김민아")).await;
    let zone = ProfileChange { language: Some("ko".into()), ..ProfileChange::default() };
    let own = change(&test_store, &mina, zone).await;
    assert_eq!((own.profile.name.as_str(), own.language.as_str()), ("김민아", "ko"));
    let after = test_store.log(Topic::Details(FIRST_ROOM)).await;
    assert_eq!(after, before, "the language is no part of what others see live");
    assert_eq!(test_store.store.own_profile(mina.id).await, Ok(own));
}

async fn quiet_hours_are_the_users_own(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    let hours = |from, to| ProfileChange {
        quiet: Some(NewQuietHours { from, to }),
        time_zone: Some("Asia/Seoul".into()),
        ..ProfileChange::default()
    };
    let own = change(&test_store, &mina, hours(1_320, 420)).await;
    let expected = QuietHours { from: 1_320, to: 420, time_zone: "Asia/Seoul".into() };
    assert_eq!(own.quiet, Some(expected.clone()));
    let logged = test_store.log(Topic::Inbox(mina.id)).await;
    assert_eq!(logged, [InboxEvent::QuietHours(Some(expected.clone())).into()]);
    let quiet = async || match test_store.snapshot(&mina, Topic::Inbox(mina.id)).await.1 {
        Snapshot::Inbox(inbox) => inbox.quiet,
        other => panic!("{other:?}"),
    };
    assert_eq!(quiet().await, Some(expected));
    let details = format!("{:?}", test_store.log(Topic::Details(FIRST_ROOM)).await);
    assert!(!details.contains("1320"), "others do not see the hours: {details}");
    change(&test_store, &mina, hours(60, 60)).await;
    assert_eq!(quiet().await, None);
}

async fn a_new_member_brings_the_profile(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    change(&test_store, &mina, named("김민아")).await;
    let room = test_store.commit_room(create(&theo, 1, "Lunch")).await;
    test_store.commit(join(&mina, 1, room)).await;
    let expected = Profile { name: "김민아".into(), ..Profile::blank(mina.id) };
    let last = test_store.log(Topic::Details(room)).await.pop();
    assert_eq!(last, Some(DetailsEvent::ProfileChanged(expected.clone()).into()));
    assert_eq!(listed(&test_store, &theo, room).await, [expected]);
}

async fn people_are_found_by_their_display_name(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    change(&test_store, &mina, named("김 민아")).await;
    let request = |text: &str| PeopleRequest { search_key: name_key(text), after: None };
    for text in ["민아", "mina", ""] {
        let page = test_store.store.people(theo.id, request(text)).await.expect("readable");
        assert_eq!(page.people, std::slice::from_ref(&mina), "{text}");
        assert_eq!(page.profiles[0].name, "김 민아", "{text}");
    }
    let page = test_store.store.people(theo.id, request("다른")).await.expect("readable");
    assert!(page.people.is_empty() && page.profiles.is_empty());
}

async fn a_person_is_shown_to_those_who_may_know_it(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    let guest = user_with(&test_store, "Guest", Role::Guest).await;
    change(&test_store, &mina, named("김민아")).await;
    let person = test_store.store.person(theo.id, mina.id).await.expect("known");
    assert_eq!((person.user, person.role), (mina.clone(), Role::Member));
    assert_eq!(person.profile.name, "김민아");
    assert!(test_store.store.person(guest.id, guest.id).await.is_ok(), "the own card");
    test_store.commit(crate::support::leave(&guest, 1, FIRST_ROOM)).await;
    let stranger = test_store.store.person(guest.id, mina.id).await;
    assert_eq!(refusal(stranger), ErrorCode::NotFound, "a guest shares no room any more");
    let nobody = test_store.store.person(theo.id, madang_shared::UserId(999)).await;
    assert_eq!(refusal(nobody), ErrorCode::NotFound);
    act(&test_store, AdministrationAct::Deactivate { user: theo.id }).await;
    let own = CheckedProfileChange::new(theo.id, named("T"), NOW).expect("acceptable");
    assert_eq!(refusal(test_store.store.change_profile(own).await), ErrorCode::Forbidden);
}
