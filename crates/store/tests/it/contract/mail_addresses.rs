//! The mail addresses of accounts, and recovery by them.

use madang_hub::accounts::{
    LinkMaker, LinkOutcome, LinkUse, MailAddress, MailRecipient, MailRecipientRequest, NewLink,
    NewMailVerification, NewPassword, NewSession, OwnMailAddresses, RequestOrigin,
};
use madang_hub::administration::{Actor, AuditFilter};
use madang_hub::ports::StoreError;
use madang_hub::profiles::CheckedProfileChange;
use madang_shared::account::LinkKind;
use madang_shared::administration::{AdministrationAct, AuditSource};
use madang_shared::profile::ProfileChange;
use madang_shared::{ErrorCode, Timestamp, User, UserId};

use super::administration::request as act_request;
use crate::support::{NOW, TestStore, refusal, token};

on_every_engine! {
    an_address_counts_once_its_link_is_opened,
    the_former_address_counts_until_the_new_one_is_verified,
    an_address_belongs_to_one_account,
    a_request_ends_by_time_by_a_later_one_and_by_a_password,
    a_removed_address_recovers_nothing,
    deactivated_and_banned_accounts_get_no_mail,
    a_typed_address_means_its_owner_also_if_it_is_a_name,
    a_mailed_link_is_in_the_audit_log_and_replaces_the_earlier_one,
}

/// A request for an address, with a link of this name.
pub(crate) fn requested(user: &User, address: &str, link: &str) -> NewMailVerification {
    NewMailVerification {
        user: user.id,
        address: MailAddress::parse(address).expect("an address"),
        token: token(link),
        at: NOW,
        expires_at: NOW.plus(1_000),
    }
}

pub(crate) async fn set(test_store: &TestStore, user: &User, address: &str) {
    let store = &test_store.store;
    store.request_mail_address(requested(user, address, address)).await.expect("allowed");
    assert_eq!(store.verify_mail_address(token(address), NOW).await, Ok(user.id));
}

async fn addresses(test_store: &TestStore, user: &User) -> OwnMailAddresses {
    test_store.store.mail_addresses(user.id).await.expect("readable")
}

/// The account that somebody means by a name or an address.
async fn found(test_store: &TestStore, typed: &str) -> Option<MailRecipient> {
    let request = MailRecipientRequest {
        name_key: typed.to_lowercase(),
        address_key: MailAddress::parse(typed).ok().map(|address| address.key()),
        at: NOW,
    };
    test_store.store.mail_recipient(request).await.expect("readable")
}

async fn verify(test_store: &TestStore, link: &str, at: Timestamp) -> Result<UserId, StoreError> {
    test_store.store.verify_mail_address(token(link), at).await
}

async fn act(test_store: &TestStore, act: AdministrationAct) {
    test_store.store.administer(act_request(Actor::CommandLine, act)).await.expect("allowed");
}

async fn an_address_counts_once_its_link_is_opened(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    let store = &test_store.store;
    let change = ProfileChange { language: Some("ko".into()), ..ProfileChange::default() };
    let change = CheckedProfileChange::new(mina.id, change, NOW).expect("valid");
    store.change_profile(change).await.expect("changed");
    let language = store.request_mail_address(requested(&mina, "Mina@x.kr", "link")).await;
    assert_eq!(language.as_deref(), Ok("ko"));
    let pending = Some(("Mina@x.kr".to_owned(), NOW.plus(1_000)));
    let expected = OwnMailAddresses { verified: None, pending };
    assert_eq!(addresses(&test_store, &mina).await, expected);
    assert_eq!(
        (found(&test_store, "Mina").await, found(&test_store, "mina@x.kr").await),
        (None, None)
    );
    for _ in 0..2 {
        let read = store.mail_verification(token("link"), NOW).await.expect("readable");
        let read = read.expect("reading uses nothing up");
        assert_eq!((read.user, &*read.address), (mina.clone(), "Mina@x.kr"));
    }
    let verified = (0..5).map(|_| verify(&test_store, "link", NOW));
    let answers = futures_util::future::join_all(verified).await;
    assert_eq!(answers.iter().filter(|it| **it == Ok(mina.id)).count(), 1, "{answers:?}");
    let verified = Some("Mina@x.kr".to_owned());
    assert_eq!(addresses(&test_store, &mina).await, OwnMailAddresses { verified, pending: None });
    let expected = MailRecipient { user: mina, address: "Mina@x.kr".into(), language: "ko".into() };
    for typed in ["Mina", "mINA", "mina@x.kr", "MINA@X.KR"] {
        assert_eq!(found(&test_store, typed).await.as_ref(), Some(&expected), "{typed}");
    }
    for typed in ["", "Theo", "mina@y.kr", "mina@x.kr.kr"] {
        assert_eq!(found(&test_store, typed).await, None, "{typed}");
    }
}

async fn the_former_address_counts_until_the_new_one_is_verified(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    set(&test_store, &mina, "old@x.kr").await;
    let store = &test_store.store;
    store.request_mail_address(requested(&mina, "new@x.kr", "link")).await.expect("allowed");
    let address = async || found(&test_store, "Mina").await.map(|found| found.address);
    assert_eq!(address().await.as_deref(), Some("old@x.kr"));
    assert_eq!(verify(&test_store, "link", NOW).await, Ok(mina.id));
    assert_eq!(address().await.as_deref(), Some("new@x.kr"));
    assert_eq!(found(&test_store, "old@x.kr").await, None);
}

async fn an_address_belongs_to_one_account(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    let store = &test_store.store;
    // Both may ask for it; the first to open the link gets it.
    store.request_mail_address(requested(&theo, "ONE@x.kr", "theo")).await.expect("allowed");
    set(&test_store, &mina, "one@x.kr").await;
    assert_eq!(refusal(verify(&test_store, "theo", NOW).await), ErrorCode::NameTaken);
    assert_eq!(found(&test_store, "one@x.kr").await.map(|it| it.user), Some(mina.clone()));
    assert!(addresses(&test_store, &theo).await.pending.is_some(), "a refusal changes nothing");
    store.remove_mail_address(mina.id).await.expect("removed");
    assert_eq!(verify(&test_store, "theo", NOW).await, Ok(theo.id));
    // The own address in another spelling is no conflict.
    set(&test_store, &theo, "One@x.kr").await;
    assert_eq!(found(&test_store, "one@x.kr").await.map(|it| it.address), Some("One@x.kr".into()));
}

async fn a_request_ends_by_time_by_a_later_one_and_by_a_password(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    let store = &test_store.store;
    let ask = async |address: &str, link: &str| {
        store.request_mail_address(requested(&mina, address, link)).await.expect("allowed");
    };
    let is_there = async |link: &str, after| {
        store.mail_verification(token(link), NOW.plus(after)).await.expect("readable").is_some()
    };
    ask("a@x.kr", "first").await;
    assert!(is_there("first", 999).await && !is_there("first", 1_000).await);
    assert_eq!(refusal(verify(&test_store, "first", NOW.plus(1_000)).await), ErrorCode::NotFound);
    ask("b@x.kr", "second").await;
    assert!(!is_there("first", 0).await && is_there("second", 0).await);
    let (hash, session) = ("one".to_owned(), token("Mina"));
    let new = NewPassword { user: mina.id, hash, session, entered: None, at: NOW };
    store.set_password(new).await.expect("set");
    assert!(!is_there("second", 0).await, "a stranger may have asked for it");
    assert_eq!(addresses(&test_store, &mina).await, OwnMailAddresses::default());
}

async fn a_removed_address_recovers_nothing(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    set(&test_store, &mina, "mina@x.kr").await;
    let store = &test_store.store;
    store.request_mail_address(requested(&mina, "new@x.kr", "link")).await.expect("allowed");
    store.remove_mail_address(mina.id).await.expect("removed");
    assert_eq!(addresses(&test_store, &mina).await, OwnMailAddresses::default());
    assert_eq!(found(&test_store, "Mina").await, None);
    assert_eq!(refusal(verify(&test_store, "link", NOW).await), ErrorCode::NotFound);
    store.remove_mail_address(mina.id).await.expect("nothing is left to remove");
}

async fn deactivated_and_banned_accounts_get_no_mail(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    for user in [&mina, &theo] {
        set(&test_store, user, &format!("{}@x.kr", user.name)).await;
    }
    let store = &test_store.store;
    store.request_mail_address(requested(&mina, "new@x.kr", "link")).await.expect("allowed");
    act(&test_store, AdministrationAct::Deactivate { user: mina.id }).await;
    assert_eq!(
        (found(&test_store, "Mina").await, found(&test_store, "mina@x.kr").await),
        (None, None)
    );
    assert_eq!(store.mail_verification(token("link"), NOW).await, Ok(None));
    assert_eq!(refusal(verify(&test_store, "link", NOW).await), ErrorCode::Forbidden);
    let another = store.request_mail_address(requested(&mina, "c@x.kr", "another")).await;
    assert_eq!(refusal(another), ErrorCode::Forbidden);
    act(&test_store, AdministrationAct::Reactivate { user: mina.id }).await;
    assert!(found(&test_store, "Mina").await.is_some(), "the address stays");
    act(&test_store, AdministrationAct::Ban { user: theo.id, lasts_ms: Some(1_000) }).await;
    assert_eq!(found(&test_store, "Theo").await, None);
    let after =
        MailRecipientRequest { name_key: "theo".into(), address_key: None, at: NOW.plus(1_001) };
    assert!(store.mail_recipient(after).await.expect("readable").is_some(), "the ban is over");
}

async fn a_typed_address_means_its_owner_also_if_it_is_a_name(test_store: TestStore) {
    let (mina, theo) = (test_store.user("mina@x.kr").await, test_store.user("Theo").await);
    set(&test_store, &mina, "other@x.kr").await;
    let owner = async || found(&test_store, "mina@x.kr").await.map(|found| found.user);
    assert_eq!(owner().await, Some(mina));
    set(&test_store, &theo, "mina@x.kr").await;
    assert_eq!(owner().await, Some(theo));
}

async fn a_mailed_link_is_in_the_audit_log_and_replaces_the_earlier_one(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    let store = &test_store.store;
    let link = |name: &str, by| NewLink {
        token: token(name),
        kind: LinkKind::Recovery,
        user: mina.id,
        by,
        code: None,
        removes_factors: false,
        at: NOW,
        expires_at: NOW.plus(1_000),
    };
    store.add_link(link("first", LinkMaker::CommandLine)).await.expect("made");
    assert_eq!(store.add_link(link("second", LinkMaker::Mail)).await, Ok(mina.clone()));
    assert_eq!(store.link(token("first"), NOW).await, Ok(None));
    let entries = store.audit(None, AuditFilter::default()).await.expect("readable").entries;
    let details: Vec<&str> = entries.iter().map(|entry| entry.detail.as_str()).collect();
    assert_eq!(details, ["recovery, mail", "recovery"]);
    assert_eq!(entries[0].source, AuditSource::Server.name());
    let origin = RequestOrigin::default();
    let session = NewSession { token: token("new"), at: NOW, origin };
    let used = LinkUse { link: token("second"), password: Some("two".into()), session };
    let LinkOutcome::Started(started) = store.use_link(used).await.expect("usable") else {
        panic!("no session")
    };
    assert_eq!(started.ended, [token("Mina")], "the others end");
}
