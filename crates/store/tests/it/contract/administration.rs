//! Acts of administrators, and the audit log.

use madang_hub::administration::{
    ActRequest, Actor, AuditFilter, AuditedEffect, PeopleFilter, RecordedAct,
};
use madang_hub::budgets::network::Network;
use madang_hub::ports::StoreError;
use madang_hub::rooms::FIRST_ROOM;
use madang_shared::administration::{
    AdministrationAct, AdministrationEvent, AdministrationSnapshot, AuditEntry, WorkspaceSettings,
};
use madang_shared::apps::{App, Apps};
use madang_shared::counter::CounterCommand;
use madang_shared::health::AccountState;
use madang_shared::roles::{Access, Role};
use madang_shared::{ErrorCode, Topic, User, UserId};

use crate::support::{NOW, TestStore, post, refusal, token, write};

on_every_engine! {
    an_act_is_recorded_with_its_author_and_circumstances,
    the_log_is_read_in_pages_by_filters,
    only_administrators_read_and_act,
    the_last_owner_stays,
    a_deactivated_user_has_no_session_and_no_right,
    people_are_found_by_name,
    people_are_found_by_role_and_state,
    acts_are_found_by_person_and_time,
    sessions_of_others_are_listed_and_ended_by_those_who_decide_about_them,
    the_storage_names_rooms_and_people_by_bytes,
    settings_are_stored_once_changed,
    the_effects_of_acts_are_read_in_order,
}

pub(super) fn request(actor: Actor, act: AdministrationAct) -> ActRequest {
    let network = Some(Network::of([203, 0, 113, 7].into()));
    ActRequest::new((actor, network), act, "on request", NOW).expect("acceptable")
}

/// Executes an act of the command line, which must change something.
pub(super) async fn act(test_store: &TestStore, act: AdministrationAct) -> RecordedAct {
    let recorded = test_store.store.administer(request(Actor::CommandLine, act)).await;
    let recorded = recorded.expect("accepted");
    assert!(recorded.entry.is_some());
    recorded
}

pub(super) async fn user_with(test_store: &TestStore, name: &str, role: Role) -> User {
    let user = test_store.user(name).await;
    if role != Role::Member {
        act(test_store, AdministrationAct::SetRole { user: user.id, role }).await;
    }
    user
}

async fn entries(test_store: &TestStore, filter: AuditFilter) -> Vec<AuditEntry> {
    test_store.store.audit(None, filter).await.expect("readable").entries
}

async fn try_act(
    test_store: &TestStore,
    author: &User,
    act: AdministrationAct,
) -> Result<RecordedAct, StoreError> {
    test_store.store.administer(request(Actor::User(author.id), act)).await
}

async fn an_act_is_recorded_with_its_author_and_circumstances(test_store: TestStore) {
    let owner = user_with(&test_store, "Mina", Role::Owner).await;
    let theo = test_store.user("Theo").await;
    let promote = AdministrationAct::SetRole { user: theo.id, role: Role::Administrator };
    let recorded = try_act(&test_store, &owner, promote.clone()).await.expect("allowed");
    assert_eq!(recorded.entry, Some(2));
    let again = try_act(&test_store, &owner, promote).await.expect("allowed");
    assert_eq!(again.entry, None, "nothing to change");

    let found = entries(&test_store, AuditFilter::default()).await;
    let expected = AuditEntry {
        id: 2,
        at: NOW,
        source: "user".into(),
        actor: Some(owner.clone()),
        act: "set_role".into(),
        user: Some(theo),
        room: None,
        invitation: None,
        detail: "member → administrator".into(),
        network: Some("203.0.113.7".into()),
        reason: "on request".into(),
    };
    assert_eq!(found[0], expected);
    assert_eq!((found[1].source.as_str(), &found[1].actor), ("command_line", &None));

    let (position, snapshot) = test_store.snapshot(&owner, Topic::Administration).await;
    assert_eq!(position.seq.0, 2);
    assert_eq!(snapshot, AdministrationSnapshot { newest: 2 }.into());
    let logged = test_store.log(Topic::Administration).await;
    assert_eq!(logged[1], AdministrationEvent::Recorded { entry: 2 }.into());
}

async fn the_log_is_read_in_pages_by_filters(test_store: TestStore) {
    let owner = user_with(&test_store, "Mina", Role::Owner).await;
    let theo = test_store.user("Theo").await;
    for _ in 0..30 {
        for role in [Role::Guest, Role::Member] {
            let change = AdministrationAct::SetRole { user: theo.id, role };
            try_act(&test_store, &owner, change).await.expect("allowed");
        }
    }
    act(&test_store, AdministrationAct::Deactivate { user: theo.id }).await;
    let page = test_store.store.audit(Some(owner.id), AuditFilter::default()).await.expect("read");
    assert_eq!((page.entries.len(), page.more, page.entries[0].id), (50, true, 62));
    let before = Some(page.entries[49].id);
    let rest = entries(&test_store, AuditFilter { before, ..AuditFilter::default() }).await;
    let ids: Vec<u64> = rest.iter().map(|entry| entry.id).collect();
    assert_eq!(ids, (1..=12).rev().collect::<Vec<_>>());

    let by = async |filter| entries(&test_store, filter).await.len();
    let none = AuditFilter::default;
    assert_eq!(by(AuditFilter { act: Some("deactivate".into()), ..none() }).await, 1);
    assert_eq!(by(AuditFilter { user: Some(owner.id), ..none() }).await, 1);
    assert_eq!(by(AuditFilter { actor: Some(theo.id), ..none() }).await, 0);
    assert_eq!(by(AuditFilter { actor: Some(owner.id), before: Some(3), ..none() }).await, 1);
    assert_eq!(by(AuditFilter { user: Some(UserId(u64::MAX)), ..none() }).await, 0);
}

fn refused<T: std::fmt::Debug>(result: Result<T, StoreError>) -> bool {
    refusal(result) == ErrorCode::Forbidden
}

async fn only_administrators_read_and_act(test_store: TestStore) {
    let owner = user_with(&test_store, "Owner", Role::Owner).await;
    let administrator = user_with(&test_store, "Ada", Role::Administrator).await;
    let member = test_store.user("Mina").await;
    let store = &test_store.store;
    let set_role = |user: &User, role| AdministrationAct::SetRole { user: user.id, role };
    assert!(refused(store.audit(Some(member.id), AuditFilter::default()).await));
    assert!(refused(store.accounts(Some(member.id), PeopleFilter::default()).await));
    assert!(refused(store.invitations(member.id, None).await));
    assert!(refused(store.room_sizes(member.id, None).await));
    assert!(refused(store.check_access(member.id, Topic::Administration).await));
    assert!(store.check_access(administrator.id, Topic::Administration).await.is_ok());
    assert!(refused(try_act(&test_store, &member, set_role(&member, Role::Owner)).await));
    for act in [
        set_role(&owner, Role::Member),
        set_role(&member, Role::Administrator),
        set_role(&administrator, Role::Owner),
        AdministrationAct::Deactivate { user: owner.id },
    ] {
        assert!(refused(try_act(&test_store, &administrator, act).await));
    }
    let demoted = try_act(&test_store, &administrator, set_role(&member, Role::Guest)).await;
    assert!(demoted.is_ok());
    let unknown = AdministrationAct::Deactivate { user: UserId(99) };
    assert_eq!(refusal(try_act(&test_store, &owner, unknown).await), ErrorCode::NotFound);
}

async fn the_last_owner_stays(test_store: TestStore) {
    let mina = user_with(&test_store, "Mina", Role::Owner).await;
    let theo = user_with(&test_store, "Theo", Role::Owner).await;
    let demote = |user: &User| AdministrationAct::SetRole { user: user.id, role: Role::Member };
    let deactivate = |user: &User| AdministrationAct::Deactivate { user: user.id };
    act(&test_store, deactivate(&theo)).await;
    for last in [demote(&mina), deactivate(&mina)] {
        let refused = test_store.store.administer(request(Actor::CommandLine, last)).await;
        assert_eq!(refusal(refused), ErrorCode::Forbidden, "a deactivated owner does not count");
    }
    act(&test_store, AdministrationAct::Reactivate { user: theo.id }).await;
    act(&test_store, demote(&mina)).await;
}

async fn a_deactivated_user_has_no_session_and_no_right(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    assert!(test_store.store.session(token("Mina"), NOW).await.expect("readable").is_some());
    act(&test_store, AdministrationAct::Deactivate { user: mina.id }).await;
    assert_eq!(test_store.store.session(token("Mina"), NOW).await, Ok(None));
    let refused = test_store.try_commit(write(&mina, 1, CounterCommand::Add { amount: 1 })).await;
    assert_eq!(refusal(refused), ErrorCode::Forbidden);
    act(&test_store, AdministrationAct::Reactivate { user: mina.id }).await;
    assert_eq!(test_store.store.session(token("Mina"), NOW).await, Ok(None), "signs in again");
    test_store.commit(write(&mina, 2, CounterCommand::Add { amount: 1 })).await;
}

async fn people_are_found_by_name(test_store: TestStore) {
    let owner = user_with(&test_store, "Owner", Role::Owner).await;
    for number in 0..60 {
        test_store.user(&format!("Person {number}")).await;
    }
    let people = async |search_key: &str, after| {
        let search_key = search_key.to_owned();
        let filter = PeopleFilter { search_key, after, ..PeopleFilter::default() };
        test_store.store.accounts(Some(owner.id), filter).await.expect("readable")
    };
    let first = people("", None).await;
    assert_eq!((first.people.len(), first.more, first.people[0].role), (50, true, Role::Owner));
    let rest = people("", Some(first.people[49].user.id)).await;
    assert_eq!((rest.people.len(), rest.more), (11, false));
    let found = people("person 5", None).await;
    assert_eq!(found.people.len(), 11);
    assert_eq!(found.people[0].sessions, 1);
    assert_eq!(found.people[0].last_used_at, Some(NOW));
}

async fn settings_are_stored_once_changed(test_store: TestStore) {
    let store = &test_store.store;
    assert_eq!(store.settings().await, Ok(WorkspaceSettings::default()));
    let change = WorkspaceSettings {
        name: Some("새봄".into()),
        access: Some(Access::Closed),
        ..WorkspaceSettings::default()
    };
    act(&test_store, AdministrationAct::ChangeSettings(change.clone())).await;
    let again = request(Actor::CommandLine, AdministrationAct::ChangeSettings(change.clone()));
    assert_eq!(store.administer(again).await, Ok(RecordedAct::default()));
    let apps: Apps = [App::Feed].into_iter().collect();
    let more = WorkspaceSettings { apps: Some(apps), ..WorkspaceSettings::default() };
    act(&test_store, AdministrationAct::ChangeSettings(more)).await;
    let expected = WorkspaceSettings { apps: Some(apps), ..change };
    assert_eq!(store.settings().await, Ok(expected));
    let details: Vec<String> = entries(&test_store, AuditFilter::default())
        .await
        .into_iter()
        .map(|it| it.detail)
        .collect();
    assert_eq!(details, [r#"{"apps":["feed"]}"#, r#"{"access":"closed","name":"새봄"}"#]);
}

async fn the_effects_of_acts_are_read_in_order(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    act(&test_store, AdministrationAct::SetRole { user: mina.id, role: Role::Guest }).await;
    act(&test_store, AdministrationAct::Deactivate { user: mina.id }).await;
    let change = WorkspaceSettings { moods: Some(true), ..WorkspaceSettings::default() };
    act(&test_store, AdministrationAct::ChangeSettings(change)).await;
    let effects = [
        AuditedEffect::Rights(mina.id),
        AuditedEffect::Deactivated(mina.id),
        AuditedEffect::Settings,
    ];
    let store = &test_store.store;
    assert_eq!(store.effects_after(0).await, Ok((effects.to_vec(), 3)));
    assert_eq!(store.effects_after(2).await, Ok((effects[2..].to_vec(), 3)));
    assert_eq!(store.effects_after(9).await, Ok((Vec::new(), 3)), "the log was replaced");
}

async fn people_are_found_by_role_and_state(test_store: TestStore) {
    let _ada = user_with(&test_store, "Ada", Role::Administrator).await;
    let theo = test_store.user("Theo").await;
    let _mina = test_store.user("Mina").await;
    act(&test_store, AdministrationAct::Deactivate { user: theo.id }).await;
    let names = async |role, state| {
        let filter = PeopleFilter { role, state, ..PeopleFilter::default() };
        let page = test_store.store.accounts(None, filter).await.expect("readable");
        page.people.into_iter().map(|person| person.user.name).collect::<Vec<_>>()
    };
    assert_eq!(names(Some(Role::Administrator), None).await, ["Ada"]);
    assert_eq!(names(None, Some(AccountState::Deactivated)).await, ["Theo"]);
    assert_eq!(names(Some(Role::Member), Some(AccountState::Active)).await, ["Mina"]);
    assert!(names(Some(Role::Guest), None).await.is_empty());
}

async fn acts_are_found_by_person_and_time(test_store: TestStore) {
    let owner = user_with(&test_store, "Mina", Role::Owner).await;
    let theo = test_store.user("Theo").await;
    for (role, at) in [(Role::Guest, NOW.plus(1_000)), (Role::Member, NOW.plus(2_000))] {
        let set_role = AdministrationAct::SetRole { user: theo.id, role };
        let mut request = request(Actor::User(owner.id), set_role);
        request.at = at;
        test_store.store.administer(request).await.expect("allowed");
    }
    let ids = async |filter| -> Vec<u64> {
        entries(&test_store, filter).await.iter().map(|entry| entry.id).collect()
    };
    let none = AuditFilter::default;
    let person = |key: &str| AuditFilter { person_key: key.to_owned(), ..none() };
    assert_eq!(ids(person("the")).await, [3, 2], "the user whom the act concerns");
    assert_eq!(ids(person("mina")).await, [3, 2, 1], "the actor, and the user of the first act");
    assert!(ids(person("nobody")).await.is_empty());
    let from = Some(NOW.plus(2_000));
    assert_eq!(ids(AuditFilter { from, ..none() }).await, [3]);
    assert_eq!(ids(AuditFilter { until: from, ..none() }).await, [2, 1]);
    let until = Some(NOW.plus(1_001));
    assert_eq!(ids(AuditFilter { from: Some(NOW.plus(1)), until, ..none() }).await, [2]);
}

async fn sessions_of_others_are_listed_and_ended_by_those_who_decide_about_them(
    test_store: TestStore,
) {
    let owner = user_with(&test_store, "Mina", Role::Owner).await;
    let ada = user_with(&test_store, "Ada", Role::Administrator).await;
    let theo = test_store.user("Theo").await;
    let store = &test_store.store;
    let sessions = store.sessions_of(ada.id, theo.id).await.expect("allowed");
    assert_eq!(sessions.len(), 1);
    assert_eq!(refusal(store.sessions_of(ada.id, owner.id).await), ErrorCode::Forbidden);
    assert_eq!(refusal(store.sessions_of(theo.id, theo.id).await), ErrorCode::Forbidden);
    assert_eq!(refusal(store.sessions_of(ada.id, UserId(99)).await), ErrorCode::NotFound);

    let end = |user: &User| AdministrationAct::EndSessions { user: user.id, session: None };
    assert_eq!(refusal(try_act(&test_store, &ada, end(&owner)).await), ErrorCode::Forbidden);
    let mut one = request(Actor::User(ada.id), end(&theo));
    one.token = Some([9; 32]);
    assert_eq!(
        store.administer(one.clone()).await.expect("allowed").entry,
        None,
        "no such session"
    );
    one.token = Some(sessions[0].token);
    let entry = store.administer(one).await.expect("allowed").entry;
    assert!(store.sessions_of(ada.id, theo.id).await.expect("allowed").is_empty());
    assert_eq!(store.session(sessions[0].token, NOW).await, Ok(None));
    let (effects, last) = store.effects_after(entry.expect("recorded") - 1).await.expect("read");
    assert_eq!((effects, Some(last)), (vec![AuditedEffect::SessionsEnded(theo.id)], entry));
    let own =
        try_act(&test_store, &owner, end(&owner)).await.expect("the last owner signs in again");
    assert!(own.entry.is_some());
}

async fn the_storage_names_rooms_and_people_by_bytes(test_store: TestStore) {
    let owner = user_with(&test_store, "Mina", Role::Owner).await;
    let theo = test_store.user("Theo").await;
    let store = &test_store.store;
    let empty = store.storage(owner.id).await.expect("allowed");
    assert!(empty.people.is_empty(), "{empty:?}");
    let size = store.database_size(owner.id).await.expect("allowed");
    test_store.commit(post(&theo, 1, FIRST_ROOM, "가나다")).await;
    test_store.commit(post(&theo, 2, FIRST_ROOM, "abc")).await;
    let report = store.storage(owner.id).await.expect("allowed");
    let person = &report.people[0];
    assert_eq!((person.user.id, person.texts, person.bytes), (theo.id, 2, 12), "bytes of UTF-8");
    let (before, now) = (&empty.rooms[0], &report.rooms[0]);
    assert!(now.id == FIRST_ROOM && now.bytes > before.bytes + 12, "{before:?} {now:?}");
    let grown = store.database_size(owner.id).await.expect("allowed");
    assert!(grown.events >= size.events + 2 && grown.bytes > 0, "{size:?} {grown:?}");
    assert_eq!(refusal(store.storage(theo.id).await), ErrorCode::Forbidden);
    assert_eq!(refusal(store.database_size(theo.id).await), ErrorCode::Forbidden);
}
