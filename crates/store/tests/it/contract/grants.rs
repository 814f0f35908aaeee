//! The grants of the apps, the orders of one customer, and the people who can see a room.

use madang_hub::administration::{AuditFilter, PeopleFilter};
use madang_hub::rooms::FIRST_ROOM;
use madang_shared::administration::{AdministrationAct, WorkspaceSettings};
use madang_shared::counter::CounterCommand;
use madang_shared::grants::{Grant, Grants, OwnGrants, RoleGrants};
use madang_shared::membership::MAX_JOINED_BY_OTHERS;
use madang_shared::orders::{
    Destination, OrderLine, OrderStatus, OrdersCommand, OrdersEvent, OrdersSnapshot,
};
use madang_shared::roles::{Access, History, Role, RoomRole};
use madang_shared::room_access::{AccessGroup, AccessRule, RoomAccess};
use madang_shared::rooms::RoomChange;
use madang_shared::{ErrorCode, Event, MenuItemId, OrderId, RoomId, Seq, Snapshot, Topic, User};

use super::administration::{act, user_with};
use super::room_kinds::{change, invite, open_direct, private};
use crate::support::{NOW, TestStore, create, join, post, refusal, write};

on_every_engine! {
    the_grants_of_a_role_follow_from_the_access_and_the_settings,
    a_decision_about_a_user_wins_and_is_recorded,
    a_customer_follows_the_own_orders_alone,
    the_order_of_another_customer_does_not_exist,
    others_leave_a_user_room_for_own_choices,
    the_people_who_can_see_a_room_are_counted_by_rule,
    a_message_is_seen_by_those_to_whom_the_room_shows_it,
}

const INVITED: [Grant; 4] = [Grant::Customer, Grant::ReadFeed, Grant::WriteFeed, Grant::Count];

async fn grants(test_store: &TestStore, user: &User) -> Grants {
    test_store.store.own_grants(user.id).await.expect("known").grants
}

async fn configure(test_store: &TestStore, access: Access) {
    test_store.store.configure_access(access).await.expect("stored");
}

async fn the_grants_of_a_role_follow_from_the_access_and_the_settings(test_store: TestStore) {
    let owner = user_with(&test_store, "Mina", Role::Owner).await;
    let (member, guest) =
        (test_store.user("Theo").await, user_with(&test_store, "Jane", Role::Guest).await);
    assert_eq!(grants(&test_store, &guest).await, Grants::all(), "an open server");

    configure(&test_store, Access::Invited).await;
    assert_eq!(grants(&test_store, &member).await, Grants::of(&INVITED));
    assert_eq!(grants(&test_store, &guest).await, Grants::default());
    let own = test_store.store.own_grants(owner.id).await.expect("known");
    assert_eq!(own, OwnGrants { grants: Grants::all(), administrators: vec![owner.clone()] });
    assert_eq!(test_store.store.newcomer_grants().await, Ok(Grants::of(&INVITED)));

    let open = WorkspaceSettings { access: Some(Access::Open), ..WorkspaceSettings::default() };
    act(&test_store, AdministrationAct::ChangeSettings(open)).await;
    assert_eq!(grants(&test_store, &guest).await, Grants::all(), "the setting wins");

    let member_grants = Grants::of(&[Grant::Count]);
    let of_roles = RoleGrants { member: member_grants, ..RoleGrants::default() };
    let changed = WorkspaceSettings { grants: Some(of_roles), ..WorkspaceSettings::default() };
    act(&test_store, AdministrationAct::ChangeSettings(changed)).await;
    assert_eq!(grants(&test_store, &member).await, member_grants);
    assert_eq!(grants(&test_store, &guest).await, Grants::default());
    assert_eq!(grants(&test_store, &owner).await, Grants::all());
    assert_eq!(test_store.store.role_grants(owner.id).await, Ok(of_roles));
    let refused = test_store.store.role_grants(member.id).await;
    assert_eq!(refusal(refused), ErrorCode::Forbidden);
}

async fn a_decision_about_a_user_wins_and_is_recorded(test_store: TestStore) {
    let administrator = user_with(&test_store, "Mina", Role::Administrator).await;
    let owner = user_with(&test_store, "Jane", Role::Owner).await;
    let theo = test_store.user("Theo").await;
    configure(&test_store, Access::Closed).await;
    let count = |number| write(&theo, number, CounterCommand::Add { amount: 1 });
    test_store.commit(count(1)).await;
    let decide =
        |is_given| AdministrationAct::SetGrant { user: theo.id, grant: Grant::Count, is_given };
    let try_act = async |author: &User, act| {
        let request =
            super::administration::request(madang_hub::administration::Actor::User(author.id), act);
        test_store.store.administer(request).await
    };
    let recorded = try_act(&administrator, decide(Some(false))).await.expect("allowed");
    assert!(recorded.entry.is_some());
    assert_eq!(refusal(test_store.try_commit(count(2)).await), ErrorCode::Forbidden);
    let again = try_act(&administrator, decide(Some(false))).await.expect("allowed");
    assert_eq!(again.entry, None, "nothing to change");
    assert_eq!(refusal(try_act(&theo, decide(None)).await), ErrorCode::Forbidden);
    let of_owner =
        AdministrationAct::SetGrant { user: owner.id, grant: Grant::Count, is_given: Some(false) };
    assert_eq!(refusal(try_act(&administrator, of_owner).await), ErrorCode::Forbidden);

    let people =
        test_store.store.accounts(None, PeopleFilter::default()).await.expect("read").people;
    let listed = people.iter().find(|it| it.user == theo).expect("listed");
    let without = Grants::of(&INVITED).with(Grant::Count, false);
    assert_eq!((listed.grants, listed.decided), (without, Grants::of(&[Grant::Count])));
    try_act(&administrator, decide(None)).await.expect("allowed");
    test_store.commit(count(3)).await;
    let filter = AuditFilter { act: Some("set_grant".into()), ..AuditFilter::default() };
    let entries = test_store.store.audit(None, filter).await.expect("read").entries;
    let details: Vec<&str> = entries.iter().map(|entry| entry.detail.as_str()).collect();
    assert_eq!(details, ["count: as the role", "count: refused"]);
}

fn place(author: &User, number: u128) -> madang_hub::ports::Write {
    let lines = vec![OrderLine { item: MenuItemId(1), quantity: 1, price_won: 7_000 }];
    let destination =
        Destination::Delivery { address: "A street".into(), phone: "010 1234".into() };
    write(author, number, OrdersCommand::Place { lines, note: String::new(), destination })
}

async fn own_orders(test_store: &TestStore, of: &User) -> OrdersSnapshot {
    match test_store.snapshot(of, Topic::OwnOrders(of.id)).await.1 {
        Snapshot::OwnOrders(own) => own.0,
        other => panic!("{other:?}"),
    }
}

async fn a_customer_follows_the_own_orders_alone(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    let cook = user_with(&test_store, "Cook", Role::Owner).await;
    configure(&test_store, Access::Invited).await;
    let at = test_store.commit(place(&mina, 1)).await;
    assert_eq!((at.topic, at.seq), (Topic::OwnOrders(mina.id), Seq(1)));
    test_store.commit(place(&theo, 1)).await;
    let accept = OrdersCommand::Accept { order: OrderId(1), minutes: 10 };
    let at = test_store.commit(write(&cook, 1, accept)).await;
    assert_eq!((at.topic, at.seq), (Topic::Orders, Seq(3)));

    let own = own_orders(&test_store, &mina).await;
    let statuses: Vec<_> = own.orders.iter().map(|it| (it.customer.id, it.status)).collect();
    assert_eq!(statuses, [(mina.id, OrderStatus::Accepted)]);
    assert!(own.menu.is_empty());
    let mut of_events = OrdersSnapshot::default();
    for event in test_store.log(Topic::OwnOrders(mina.id)).await {
        let Event::OwnOrders(event) = event else { panic!("{event:?}") };
        of_events.apply(event.0);
    }
    assert_eq!(of_events.orders, own.orders, "the events make the state");
    match test_store.snapshot(&mina, Topic::Menu).await.1 {
        Snapshot::Menu(menu) => assert_eq!((menu.0.menu.len(), menu.0.orders.len()), (7, 0)),
        other => panic!("{other:?}"),
    }
    for topic in [Topic::Orders, Topic::OrderNotices, Topic::OwnOrders(theo.id)] {
        let refused = test_store.store.check_access(mina.id, topic).await;
        assert_eq!(refusal(refused), ErrorCode::Forbidden, "{topic}");
    }
    let all = test_store.snapshot(&cook, Topic::Orders).await.1;
    assert!(matches!(all, Snapshot::Orders(all) if all.orders.len() == 2));
}

async fn the_order_of_another_customer_does_not_exist(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    configure(&test_store, Access::Invited).await;
    test_store.commit(place(&mina, 1)).await;
    let cancel = |author: &User, number, order| {
        let reason = String::new();
        write(author, number, OrdersCommand::Cancel { order: OrderId(order), reason })
    };
    let of_another = test_store.try_commit(cancel(&theo, 1, 1)).await;
    let of_nobody = test_store.try_commit(cancel(&theo, 2, 99)).await;
    assert_eq!(of_another, of_nobody, "the same answer as for an order that was never placed");
    assert_eq!(refusal(of_another), ErrorCode::NotFound);
    test_store.commit(cancel(&mina, 2, 1)).await;
    let last = test_store.log(Topic::OwnOrders(mina.id)).await.pop();
    let Some(Event::OwnOrders(last)) = last else { panic!("{last:?}") };
    assert!(
        matches!(last.0, OrdersEvent::Changed { order, .. } if order.status == OrderStatus::Cancelled)
    );
}

async fn others_leave_a_user_room_for_own_choices(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    let mut rooms = Vec::new();
    // Theo is in the first room already.
    for number in 1..=u128::from(MAX_JOINED_BY_OTHERS) {
        let name = format!("Room {number}");
        rooms.push(test_store.commit_room(create(&mina, number, &name)).await);
    }
    let (last, others) = rooms.split_last().expect("rooms");
    for (number, room) in (1_000..).zip(others) {
        test_store.commit(invite(&mina, number, *room, &theo, RoomRole::Member)).await;
    }
    let added = test_store.try_commit(invite(&mina, 2_000, *last, &theo, RoomRole::Member)).await;
    assert_eq!(refusal(added), ErrorCode::Forbidden);
    let direct = test_store.try_commit(open_direct(&mina, 2_001, &[&theo])).await;
    assert_eq!(refusal(direct), ErrorCode::Forbidden);
    test_store.commit(join(&theo, 1, *last)).await;
    let jane = test_store.user("Jane").await;
    test_store.commit(open_direct(&theo, 2, &[&jane])).await;
}

async fn room_access(
    test_store: &TestStore,
    reader: &User,
    room: RoomId,
    message: Option<Seq>,
) -> RoomAccess {
    test_store.store.room_access(reader.id, room, message).await.expect("may know")
}

fn group(rule: AccessRule, people: u64) -> AccessGroup {
    AccessGroup { rule, people: Some(people) }
}

async fn the_people_who_can_see_a_room_are_counted_by_rule(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    let jane = user_with(&test_store, "Jane", Role::Guest).await;
    let gone = test_store.user("Gone").await;
    act(&test_store, AdministrationAct::Deactivate { user: gone.id }).await;
    let public = test_store.commit_room(create(&mina, 1, "Public")).await;
    let board = test_store.commit_room(private(&mina, 2, "Board")).await;
    test_store.commit(invite(&mina, 3, public, &jane, RoomRole::Reader)).await;
    test_store.commit(invite(&mina, 4, board, &theo, RoomRole::Member)).await;

    let seen = room_access(&test_store, &mina, public, None).await;
    let expected = [
        group(AccessRule::Manager, 1),
        group(AccessRule::Reader, 1),
        group(AccessRule::MayJoin, 1),
    ];
    assert_eq!((seen.own, seen.since), (Some(AccessRule::Manager), Some(NOW.plus(1))));
    assert_eq!(seen.groups, expected);
    let seen = room_access(&test_store, &theo, public, None).await;
    assert_eq!((seen.own, seen.since), (Some(AccessRule::MayJoin), None));
    let seen = room_access(&test_store, &jane, public, None).await;
    let may_join = AccessGroup { rule: AccessRule::MayJoin, people: None };
    assert_eq!(seen.groups.last(), Some(&may_join), "a guest does not count the workspace");

    let seen = room_access(&test_store, &theo, board, None).await;
    assert_eq!(seen.groups, [group(AccessRule::Manager, 1), group(AccessRule::Member, 1)]);
    let stranger = test_store.user("Stranger").await;
    let refused = test_store.store.room_access(stranger.id, board, None).await;
    let nowhere = test_store.store.room_access(stranger.id, RoomId(999), None).await;
    assert_eq!(refused, nowhere, "a private room does not exist for others");
    assert_eq!(refusal(refused), ErrorCode::NotFound);
    let refused = test_store.store.room_access(stranger.id, public, Some(Seq(1))).await;
    assert_eq!(refusal(refused), ErrorCode::NotMember);
    assert!(test_store.store.room_access(stranger.id, FIRST_ROOM, None).await.is_ok());
}

async fn a_message_is_seen_by_those_to_whom_the_room_shows_it(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    let room = test_store.commit_room(create(&mina, 1, "Room")).await;
    test_store.commit(change(&mina, 2, room, RoomChange::History(History::Joined))).await;
    let first = test_store.commit(post(&mina, 3, room, "before")).await.seq;
    test_store.commit(join(&theo, 1, room)).await;
    let second = test_store.commit(post(&mina, 4, room, "after")).await.seq;

    let seen = room_access(&test_store, &mina, room, Some(first)).await;
    assert_eq!(seen.groups, [group(AccessRule::Manager, 1), group(AccessRule::JoinedLater, 1)]);
    let seen = room_access(&test_store, &theo, room, Some(second)).await;
    assert_eq!(seen.own, Some(AccessRule::Member));
    assert_eq!(seen.groups, [group(AccessRule::Manager, 1), group(AccessRule::Member, 1)]);
    let hidden = test_store.store.room_access(theo.id, room, Some(first)).await;
    let nothing = test_store.store.room_access(theo.id, room, Some(Seq(999))).await;
    assert_eq!(hidden, nothing, "a hidden message does not exist");
    assert_eq!(refusal(hidden), ErrorCode::NotFound);
}
