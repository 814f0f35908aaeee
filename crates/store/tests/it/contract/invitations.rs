//! Invitations to the workspace.

use madang_hub::administration::{ActRequest, Actor, AuditFilter, InvitedUser, Invitee};
use madang_hub::ports::{NewUser, StoreError, TokenHash};
use madang_hub::rooms::FIRST_ROOM;
use madang_shared::administration::{AdministrationAct, NewInvitation};
use madang_shared::roles::{Access, Role};
use madang_shared::{ErrorCode, RoomId, Timestamp, Topic, User};

use super::administration::{act, request, user_with};
use crate::support::{NOW, TestStore, create, new_user, refusal, token};

on_every_engine! {
    a_person_comes_by_an_invitation_with_its_role_and_rooms,
    an_invitation_is_used_up_expires_and_is_revoked,
    a_repeated_sign_up_uses_an_invitation_once,
    nobody_takes_the_account_of_an_invited_user,
    an_invitation_gives_no_more_than_its_maker_may_give,
    a_closed_workspace_accepts_invitations_for_one_person,
    an_invitation_adds_a_role_and_rooms_to_an_account,
    the_setup_link_makes_the_first_owner,
}

const LINK: TokenHash = [9; 32];

fn invitation(role: Role, uses: u32) -> NewInvitation {
    NewInvitation { role, uses, lasts_ms: None, rooms: Vec::new(), note: "team".into() }
}

fn invite(actor: Actor, invitation: NewInvitation, token: TokenHash) -> ActRequest {
    ActRequest { token: Some(token), ..request(actor, AdministrationAct::Invite(invitation)) }
}

async fn make(test_store: &TestStore, maker: &User, invitation: NewInvitation, token: TokenHash) {
    let made = invite(Actor::User(maker.id), invitation, token);
    test_store.store.administer(made).await.expect("allowed");
}

fn by(invitee: Invitee, at: Timestamp) -> InvitedUser {
    let access = Access::Invited;
    InvitedUser { invitee, invitation: LINK, access, at, network: None }
}

async fn come(test_store: &TestStore, name: &str) -> Result<User, StoreError> {
    come_at(test_store, name, NOW).await
}

async fn come_at(test_store: &TestStore, name: &str, at: Timestamp) -> Result<User, StoreError> {
    test_store.store.accept_invitation(by(Invitee::New(new_user(name)), at)).await
}

fn is_invalid<T: std::fmt::Debug>(result: Result<T, StoreError>) -> bool {
    refusal(result) == ErrorCode::NotFound
}

async fn a_person_comes_by_an_invitation_with_its_role_and_rooms(test_store: TestStore) {
    let owner = user_with(&test_store, "Owner", Role::Owner).await;
    test_store.commit(create(&owner, 1, "Kitchen")).await;
    let kitchen = RoomId(2);
    let rooms = vec![kitchen];
    let guest = NewInvitation { rooms: rooms.clone(), ..invitation(Role::Guest, 1) };
    make(&test_store, &owner, guest, LINK).await;
    let offered = test_store.store.invitation(LINK, NOW).await.expect("valid");
    assert_eq!((offered.invited_by.as_deref(), offered.role), (Some("Owner"), Role::Guest));
    let theo = come(&test_store, "Theo").await.expect("invited");
    assert_eq!(test_store.store.role(theo.id).await, Ok(Role::Guest));
    assert!(test_store.is_member(theo.id, kitchen).await);
    assert!(!test_store.is_member(theo.id, FIRST_ROOM).await, "a guest sees no other room");
    assert_eq!(test_store.store.session(token("Theo"), NOW).await, Ok(Some(theo.clone())));

    let page = test_store.store.invitations(owner.id, None).await.expect("allowed");
    let listed = &page.invitations[0];
    assert_eq!((&listed.people, &listed.rooms, listed.uses), (&vec![theo.clone()], &rooms, 1));
    assert_eq!((listed.made_by.as_ref(), listed.note.as_str()), (Some(&owner), "team"));
    let found = test_store.store.audit(None, AuditFilter::default()).await.expect("readable");
    let last = &found.entries[0];
    assert_eq!(
        (last.act.as_str(), &last.actor, last.invitation),
        ("accept_invitation", &Some(theo), Some(listed.id))
    );

    make(&test_store, &owner, invitation(Role::Member, 5), [8; 32]).await;
    let member = InvitedUser { invitation: [8; 32], ..by(Invitee::New(new_user("Mina")), NOW) };
    let mina = test_store.store.accept_invitation(member).await.expect("invited");
    assert!(test_store.is_member(mina.id, FIRST_ROOM).await);
    let unknown = NewInvitation { rooms: vec![RoomId(99)], ..invitation(Role::Member, 1) };
    let refused = invite(Actor::User(owner.id), unknown.clone(), [7; 32]);
    assert!(is_invalid(test_store.store.administer(refused).await));
    let refused = invite(Actor::CommandLine, unknown, [7; 32]);
    assert!(is_invalid(test_store.store.administer(refused).await));
}

async fn an_invitation_is_used_up_expires_and_is_revoked(test_store: TestStore) {
    let owner = user_with(&test_store, "Owner", Role::Owner).await;
    let lasting = NewInvitation { lasts_ms: Some(1_000), ..invitation(Role::Member, 2) };
    make(&test_store, &owner, lasting, LINK).await;
    for name in ["One", "Two"] {
        come(&test_store, name).await.expect("invited");
    }
    assert!(is_invalid(come(&test_store, "Three").await));
    assert!(is_invalid(test_store.store.invitation(LINK, NOW).await));
    assert!(test_store.store.user_named("three".into()).await.is_err(), "nothing is left of it");

    for (number, token) in [(2, [2; 32]), (3, [3; 32])] {
        let lasting = NewInvitation { lasts_ms: Some(1_000), ..invitation(Role::Member, 1) };
        make(&test_store, &owner, lasting, token).await;
        let id =
            test_store.store.invitations(owner.id, None).await.expect("allowed").invitations[0].id;
        assert_eq!(id, number);
    }
    act(&test_store, AdministrationAct::RevokeInvitation { invitation: 2 }).await;
    let with = |token| InvitedUser { invitation: token, ..by(Invitee::New(new_user("Four")), NOW) };
    assert!(is_invalid(test_store.store.accept_invitation(with([2; 32])).await));
    let late = InvitedUser { at: NOW.plus(1_000), ..with([3; 32]) };
    assert!(is_invalid(test_store.store.accept_invitation(late).await));
    assert!(test_store.store.accept_invitation(with([3; 32])).await.is_ok());
    assert!(is_invalid(test_store.store.accept_invitation(with([4; 32])).await));
}

async fn a_repeated_sign_up_uses_an_invitation_once(test_store: TestStore) {
    let owner = user_with(&test_store, "Owner", Role::Owner).await;
    make(&test_store, &owner, invitation(Role::Member, 1), LINK).await;
    let first = come(&test_store, "Theo").await.expect("invited");
    let again = NewUser { token: token("again"), ..new_user("Theo") };
    let again = test_store.store.accept_invitation(by(Invitee::New(again), NOW)).await;
    assert_eq!(again, Ok(first), "the first cookie was lost");
    assert_eq!(test_store.store.session(token("Theo"), NOW).await, Ok(None));
    assert!(test_store.store.session(token("again"), NOW).await.expect("readable").is_some());
    let third = NewUser { token: token("third"), ..new_user("Theo") };
    let third = test_store.store.accept_invitation(by(Invitee::New(third), NOW)).await;
    assert_eq!(refusal(third), ErrorCode::NameTaken, "the session was used");
}

async fn nobody_takes_the_account_of_an_invited_user(test_store: TestStore) {
    test_store.store.offer_ownership(LINK, NOW).await.expect("stored");
    come(&test_store, "Owner").await.expect("invited");
    let other = NewUser { token: token("other"), ..new_user("Owner") };
    let taken = test_store.store.sign_up(other).await;
    assert_eq!(refusal(taken), ErrorCode::NameTaken);
    assert!(test_store.store.session(token("Owner"), NOW).await.expect("readable").is_some());
}

async fn an_invitation_gives_no_more_than_its_maker_may_give(test_store: TestStore) {
    let owner = user_with(&test_store, "Owner", Role::Owner).await;
    let second = user_with(&test_store, "Second", Role::Owner).await;
    let ada = user_with(&test_store, "Ada", Role::Administrator).await;
    let refused = invite(Actor::User(ada.id), invitation(Role::Administrator, 1), LINK);
    assert_eq!(refusal(test_store.store.administer(refused).await), ErrorCode::Forbidden);
    make(&test_store, &second, invitation(Role::Administrator, 1), LINK).await;
    act(&test_store, AdministrationAct::SetRole { user: second.id, role: Role::Member }).await;
    assert!(is_invalid(come(&test_store, "Theo").await));
    act(&test_store, AdministrationAct::SetRole { user: second.id, role: Role::Owner }).await;
    assert!(test_store.store.invitation(LINK, NOW).await.is_ok());
    act(&test_store, AdministrationAct::Deactivate { user: second.id }).await;
    assert!(is_invalid(come(&test_store, "Theo").await));
    let page = test_store.store.invitations(owner.id, None).await.expect("allowed");
    assert_eq!(page.invitations.len(), 1);
}

async fn a_closed_workspace_accepts_invitations_for_one_person(test_store: TestStore) {
    let owner = user_with(&test_store, "Owner", Role::Owner).await;
    make(&test_store, &owner, invitation(Role::Member, 2), LINK).await;
    make(&test_store, &owner, invitation(Role::Member, 1), [8; 32]).await;
    let closed = |name: &str, invitation| InvitedUser {
        invitation,
        access: Access::Closed,
        ..by(Invitee::New(new_user(name)), NOW)
    };
    assert!(is_invalid(test_store.store.accept_invitation(closed("Theo", LINK)).await));
    assert!(test_store.store.accept_invitation(closed("Theo", [8; 32])).await.is_ok());
}

async fn an_invitation_adds_a_role_and_rooms_to_an_account(test_store: TestStore) {
    let owner = user_with(&test_store, "Owner", Role::Owner).await;
    test_store.commit(create(&owner, 1, "Kitchen")).await;
    let kitchen = RoomId(2);
    let mina = test_store.user("Mina").await;
    let offered =
        NewInvitation { rooms: vec![FIRST_ROOM, kitchen], ..invitation(Role::Administrator, 1) };
    make(&test_store, &owner, offered, LINK).await;
    for user in [&mina, &mina] {
        let accepted = test_store.store.accept_invitation(by(Invitee::User(user.id), NOW)).await;
        assert_eq!(accepted, Ok(mina.clone()));
    }
    assert_eq!(test_store.store.role(mina.id).await, Ok(Role::Administrator));
    assert!(test_store.is_member(mina.id, kitchen).await);
    assert!(test_store.store.check_access(mina.id, Topic::Administration).await.is_ok());
    let other = test_store.user("Theo").await;
    assert!(is_invalid(test_store.store.accept_invitation(by(Invitee::User(other.id), NOW)).await));
    make(&test_store, &owner, invitation(Role::Guest, 1), [8; 32]).await;
    let lesser = InvitedUser { invitation: [8; 32], ..by(Invitee::User(mina.id), NOW) };
    test_store.store.accept_invitation(lesser).await.expect("valid");
    assert_eq!(test_store.store.role(mina.id).await, Ok(Role::Administrator), "a role stays");
}

async fn the_setup_link_makes_the_first_owner(test_store: TestStore) {
    let store = &test_store.store;
    for _ in 0..2 {
        store.offer_ownership(LINK, NOW).await.expect("stored");
    }
    store.offer_ownership([8; 32], NOW).await.expect("stored");
    let mina = test_store.user("Mina").await;
    store.accept_invitation(by(Invitee::User(mina.id), NOW)).await.expect("valid");
    assert_eq!(store.role(mina.id).await, Ok(Role::Owner));
    let other = InvitedUser { invitation: [8; 32], ..by(Invitee::New(new_user("Theo")), NOW) };
    assert!(is_invalid(store.accept_invitation(other).await), "there is an owner");
    assert!(is_invalid(store.invitation([8; 32], NOW).await));
    assert!(store.invitations(mina.id, None).await.expect("allowed").invitations.is_empty());
    let found = store.audit(Some(mina.id), AuditFilter::default()).await.expect("allowed");
    assert_eq!(found.entries[0].act, "become_owner");
}
