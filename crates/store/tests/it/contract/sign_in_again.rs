//! The confirmation of a session, links of accounts with a second factor, linked providers, and names of passkeys.

use madang_hub::accounts::{
    FRESH_SESSION_MS, LinkMaker, LinkOutcome, LinkUse, NewLink, NewPassword, NewSession,
    RequestOrigin,
};
use madang_hub::administration::AuditFilter;
use madang_hub::factors::{PasskeyRecord, PasskeyUse, ProviderLink};
use madang_shared::account::LinkKind;
use madang_shared::{ErrorCode, User};

use crate::support::{NOW, TestStore, refusal, token};

on_every_engine! {
    a_session_is_confirmed_for_a_time,
    a_passkey_confirms_the_session_of_its_own_user,
    a_recovery_link_leaves_the_second_factor,
    a_recovery_link_may_remove_the_factors,
    a_person_of_a_provider_belongs_to_one_user,
    the_last_way_to_sign_in_stays,
    passkeys_are_renamed_by_their_user,
}

/// The time after which a session is not fresh any more.
const LATER: u64 = FRESH_SESSION_MS + 1;

async fn passkey(test_store: &TestStore, user: &User, name: &str) -> u64 {
    let record = PasskeyRecord {
        user: user.id,
        user_handle: vec![1; 32],
        credential_id: name.as_bytes().to_vec(),
        public_key: vec![2],
        counter: 1,
        name: name.to_owned(),
        at: NOW,
    };
    test_store.store.add_passkey(record).await.expect("added")
}

async fn set_password(test_store: &TestStore, user: &User, hash: &str, after: u64) -> bool {
    let new = NewPassword {
        user: user.id,
        hash: hash.to_owned(),
        session: token(&user.name),
        entered: None,
        at: NOW.plus(after),
    };
    test_store.store.set_password(new).await.is_ok()
}

async fn switch_totp_on(test_store: &TestStore, user: &User) {
    let store = &test_store.store;
    store.begin_totp(user.id, vec![7; 20]).await.expect("begun");
    store.confirm_totp(user.id, (vec![7; 20], 1), vec![[8; 32]]).await.expect("confirmed");
}

async fn is_confirmed(test_store: &TestStore, user: &User, after: u64) -> bool {
    let account = test_store.store.account(user.id).await.expect("readable");
    let session = account.sessions.into_iter().find(|it| it.token == token(&user.name));
    session.expect("there").is_confirmed(NOW.plus(after))
}

async fn a_session_is_confirmed_for_a_time(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    let store = &test_store.store;
    assert!(is_confirmed(&test_store, &mina, 0).await, "it has just begun");
    assert!(!is_confirmed(&test_store, &mina, LATER).await);
    let until = NOW.plus(LATER + FRESH_SESSION_MS);
    store.confirm_session(theo.id, token("Mina"), until).await.expect("answered");
    assert!(!is_confirmed(&test_store, &mina, LATER).await, "another user confirms nothing");
    store.confirm_session(mina.id, token("Mina"), until).await.expect("confirmed");
    assert!(is_confirmed(&test_store, &mina, LATER).await);
    assert!(!is_confirmed(&test_store, &mina, LATER + FRESH_SESSION_MS).await, "it has an end");
    // A confirmed session changes the password without the current one, as one that has just begun.
    assert!(set_password(&test_store, &theo, "one", 0).await);
    assert!(!set_password(&test_store, &theo, "two", LATER).await);
    store.confirm_session(theo.id, token("Theo"), until).await.expect("confirmed");
    assert!(set_password(&test_store, &theo, "two", LATER).await);
}

async fn a_passkey_confirms_the_session_of_its_own_user(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    let store = &test_store.store;
    passkey(&test_store, &mina, "key").await;
    let (at, until) = (NOW.plus(LATER), NOW.plus(LATER + 1_000));
    let used = |session: &str, counter_before| PasskeyUse {
        credential_id: b"key".to_vec(),
        counter_before,
        counter: counter_before + 1,
        session: token(session),
        at,
        until,
    };
    let foreign = store.confirm_with_passkey(used("Theo", 1)).await;
    assert_eq!(refusal(foreign), ErrorCode::Unauthenticated);
    assert!(!is_confirmed(&test_store, &theo, LATER).await);
    store.confirm_with_passkey(used("Mina", 1)).await.expect("right");
    assert!(is_confirmed(&test_store, &mina, LATER).await);
    assert!(store.account(mina.id).await.expect("readable").has_passkeys);
    let replayed = store.confirm_with_passkey(used("Mina", 1)).await;
    assert_eq!(refusal(replayed), ErrorCode::Unauthenticated, "the counter has grown");
}

fn link(user: &User, removes_factors: bool) -> NewLink {
    NewLink {
        token: token("link"),
        kind: LinkKind::Recovery,
        user: user.id,
        by: LinkMaker::CommandLine,
        code: None,
        removes_factors,
        at: NOW,
        expires_at: NOW.plus(1_000),
    }
}

fn link_use(password: Option<&str>) -> LinkUse {
    let session =
        NewSession { token: token("new"), at: NOW.plus(10), origin: RequestOrigin::default() };
    LinkUse { link: token("link"), password: password.map(str::to_owned), session }
}

async fn a_recovery_link_leaves_the_second_factor(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    let store = &test_store.store;
    assert!(set_password(&test_store, &mina, "one", 0).await);
    switch_totp_on(&test_store, &mina).await;
    store.add_link(link(&mina, false)).await.expect("made");
    let bare = store.use_link(link_use(None)).await;
    assert_eq!(refusal(bare), ErrorCode::Invalid, "a code needs a password before it");
    let outcome =
        store.use_link(link_use(Some("two"))).await.expect("usable: the link is not used up");
    assert_eq!(outcome, LinkOutcome::NeedsCode { user: mina.id, ended: vec![token("Mina")] });
    assert_eq!(store.session(token("new"), NOW).await, Ok(None), "no session begins");
    let account = store.account(mina.id).await.expect("readable");
    assert_eq!((account.password.as_deref(), account.has_totp), (Some("two"), true));
    assert_eq!(refusal(store.use_link(link_use(Some("three"))).await), ErrorCode::NotFound);
}

async fn a_recovery_link_may_remove_the_factors(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    let store = &test_store.store;
    assert!(set_password(&test_store, &mina, "one", 0).await);
    switch_totp_on(&test_store, &mina).await;
    passkey(&test_store, &mina, "key").await;
    store.add_link(link(&mina, true)).await.expect("made");
    let entries = store.audit(None, AuditFilter::default()).await.expect("readable").entries;
    assert_eq!(entries[0].detail, "recovery, removes_factors");
    assert!(store.account(mina.id).await.expect("readable").has_totp, "the use removes them");
    let outcome = store.use_link(link_use(None)).await.expect("usable");
    let LinkOutcome::Started(started) = outcome else { panic!("{outcome:?}") };
    assert_eq!((started.user, started.ended), (mina.clone(), vec![token("Mina")]));
    let factors = store.factors(mina.id).await.expect("readable");
    assert!(!factors.has_totp && factors.recovery_codes == 0 && factors.passkeys.is_empty());
}

fn provider(user: &User, subject: &str) -> ProviderLink {
    ProviderLink { user: user.id, issuer: "https://id.example".into(), subject: subject.into() }
}

async fn a_person_of_a_provider_belongs_to_one_user(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    let store = &test_store.store;
    for _ in 0..2 {
        store.link_provider(provider(&mina, "1")).await.expect("free, or the same again");
    }
    assert_eq!(refusal(store.link_provider(provider(&theo, "1")).await), ErrorCode::NameTaken);
    let issuers = async |user: &User| store.factors(user.id).await.expect("readable").issuers;
    assert_eq!(issuers(&mina).await, ["https://id.example"]);
    assert!(issuers(&theo).await.is_empty());
}

async fn the_last_way_to_sign_in_stays(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    let store = &test_store.store;
    let unlink = || store.unlink_provider(provider(&mina, ""));
    assert_eq!(refusal(unlink().await), ErrorCode::NotFound);
    store.link_provider(provider(&mina, "1")).await.expect("free");
    assert_eq!(refusal(unlink().await), ErrorCode::Forbidden);
    assert_eq!(store.factors(mina.id).await.expect("readable").issuers.len(), 1, "it stays");
    passkey(&test_store, &mina, "key").await;
    unlink().await.expect("another way is left");
    assert!(store.factors(mina.id).await.expect("readable").issuers.is_empty());
}

async fn passkeys_are_renamed_by_their_user(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    let store = &test_store.store;
    let id = passkey(&test_store, &mina, "key").await;
    let foreign = store.rename_passkey(theo.id, id, "mine".into()).await;
    assert_eq!(refusal(foreign), ErrorCode::NotFound);
    store.rename_passkey(mina.id, id, "새 휴대폰".into()).await.expect("renamed");
    let passkeys = store.factors(mina.id).await.expect("readable").passkeys;
    assert_eq!(passkeys[0].name, "새 휴대폰");
}
