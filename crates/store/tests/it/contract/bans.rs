//! Bans of accounts and of networks.

use madang_hub::access_tokens::NewToken;
use madang_hub::accounts::{NewSession, RequestOrigin, SignInProof};
use madang_hub::administration::{ActRequest, Actor, AuditedEffect, PeopleFilter, RecordedAct};
use madang_hub::ports::StoreError;
use madang_hub::rooms::FIRST_ROOM;
use madang_shared::access_tokens::TokenScope;
use madang_shared::account::SignInMethod;
use madang_shared::administration::AdministrationAct;
use madang_shared::moderation::{AddressBan, Ban};
use madang_shared::roles::Role;
use madang_shared::{ErrorCode, Timestamp, UserId};

use super::administration::{act, request, user_with};
use crate::support::{NOW, TestStore, post, refusal, token};

on_every_engine! {
    a_banned_user_does_nothing_until_the_exact_end,
    a_ban_without_an_end_ends_by_an_act,
    an_administrator_bans_no_administrator,
    networks_are_banned_until_their_end,
    an_act_of_a_moderator_needs_a_reason,
}

async fn a_banned_user_does_nothing_until_the_exact_end(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    let store = &test_store.store;
    let hash = [7; 32];
    let of_program = NewToken {
        manager: mina.id,
        account: mina.id,
        hash,
        name: "deploy".into(),
        scope: TokenScope::Read,
        rooms: Vec::new(),
        at: NOW,
        expires_at: None,
    };
    store.issue_token(of_program).await.expect("issued");
    act(&test_store, AdministrationAct::Ban { user: mina.id, lasts_ms: Some(1_000) }).await;
    let (last, end) = (NOW.plus(999), NOW.plus(1_000));

    let refused = store.session(token("Mina"), last).await;
    let Err(StoreError::Refused(failure)) = refused else { panic!("{refused:?}") };
    assert!(failure.message.contains("on request"), "{failure}");
    assert_eq!(store.session(token("Mina"), end).await, Ok(Some(mina.clone())), "it lives again");
    let ban = Ban { until: Some(end), reason: "on request".into() };
    assert_eq!(store.ban_of_session(token("Mina"), last).await, Ok(Some(ban.clone())));
    assert_eq!(store.ban_of_session(token("Mina"), end).await, Ok(None));
    assert_eq!(store.token_user(hash, last).await, Ok(None));
    assert!(store.token_user(hash, end).await.expect("readable").is_some());
    let all = vec![token("Mina"), hash];
    assert_eq!(store.ended_sessions(all.clone(), last).await, Ok(all.clone()));
    assert_eq!(store.ended_sessions(all, end).await, Ok(Vec::new()));

    // A command that was under way, and a sign-in.
    let writes = |at: Timestamp, number| madang_hub::ports::Write {
        at,
        ..post(&mina, number, FIRST_ROOM, "hello")
    };
    assert_eq!(refusal(test_store.try_commit(writes(last, 1)).await), ErrorCode::Forbidden);
    test_store.commit(writes(end, 1)).await;
    let start = |at: Timestamp| {
        let session = NewSession { token: token("new"), at, origin: RequestOrigin::default() };
        store.start_session(mina.id, SignInProof::Checked(SignInMethod::Recovery), session)
    };
    assert_eq!(refusal(start(last).await), ErrorCode::Forbidden);
    start(end).await.expect("the ban has ended");
    assert_eq!(store.effects_after(0).await, Ok((vec![AuditedEffect::Banned(mina.id)], 1)));
    let people = store.accounts(None, PeopleFilter::default()).await.expect("readable").people;
    assert_eq!(people[0].ban, Some(ban));
}

async fn a_ban_without_an_end_ends_by_an_act(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    act(&test_store, AdministrationAct::Ban { user: mina.id, lasts_ms: None }).await;
    let session = |at| test_store.store.session(token("Mina"), at);
    assert_eq!(refusal(session(Timestamp(1 << 52)).await), ErrorCode::Forbidden);
    let end = AdministrationAct::EndBan { user: mina.id };
    act(&test_store, end.clone()).await;
    assert_eq!(session(NOW).await, Ok(Some(mina)));
    let again = test_store.store.administer(request(Actor::CommandLine, end)).await;
    assert_eq!(again, Ok(RecordedAct::default()));
}

async fn an_administrator_bans_no_administrator(test_store: TestStore) {
    let owner = user_with(&test_store, "Owner", Role::Owner).await;
    let ada = user_with(&test_store, "Ada", Role::Administrator).await;
    let ban = async |by: UserId, user| {
        let act = AdministrationAct::Ban { user, lasts_ms: None };
        test_store.store.administer(request(Actor::User(by), act)).await
    };
    for user in [owner.id, ada.id] {
        assert_eq!(refusal(ban(ada.id, user).await), ErrorCode::Forbidden);
    }
    assert_eq!(refusal(ban(owner.id, owner.id).await), ErrorCode::Forbidden, "oneself");
    assert_eq!(refusal(ban(owner.id, UserId(99)).await), ErrorCode::NotFound);
    ban(owner.id, ada.id).await.expect("an owner may");
}

async fn networks_are_banned_until_their_end(test_store: TestStore) {
    let store = &test_store.store;
    let ban = |network: &str, lasts_ms| AdministrationAct::BanAddress {
        network: network.to_owned(),
        lasts_ms,
    };
    act(&test_store, ban("203.0.113.7", Some(1_000))).await;
    act(&test_store, ban("2001:db8::7", None)).await;
    let banned = async |at| {
        let bans: Vec<AddressBan> = store.address_bans(at).await.expect("readable");
        bans.into_iter().map(|ban| ban.network).collect::<Vec<_>>()
    };
    assert_eq!(banned(NOW.plus(999)).await, ["2001:db8::/64", "203.0.113.7/32"]);
    assert_eq!(banned(NOW.plus(1_000)).await, ["2001:db8::/64"]);
    let end = AdministrationAct::EndAddressBan { network: "2001:db8::/64".into() };
    act(&test_store, end.clone()).await;
    assert_eq!(banned(NOW).await, ["203.0.113.7/32"]);
    let again = store.administer(request(Actor::CommandLine, end)).await;
    assert_eq!(again, Ok(RecordedAct::default()));
    let (effects, last) = store.effects_after(0).await.expect("readable");
    assert_eq!((effects, last), (vec![AuditedEffect::AddressBans; 3], 3));
}

async fn an_act_of_a_moderator_needs_a_reason(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    let network = || "203.0.113.7".to_owned();
    for act in [
        AdministrationAct::Ban { user: mina.id, lasts_ms: None },
        AdministrationAct::EndBan { user: mina.id },
        AdministrationAct::Silence { user: mina.id, lasts_ms: 1 },
        AdministrationAct::BanAddress { network: network(), lasts_ms: None },
        AdministrationAct::EndAddressBan { network: network() },
    ] {
        let refused = ActRequest::new((Actor::CommandLine, None), act, " ", NOW);
        assert_eq!(refused.map(|_| ()).expect_err("no reason").code, ErrorCode::Invalid);
    }
    let forever = AdministrationAct::Ban { user: mina.id, lasts_ms: Some(u64::MAX) };
    assert!(ActRequest::new((Actor::CommandLine, None), forever, "spam", NOW).is_err());
}
