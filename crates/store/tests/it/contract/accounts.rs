use madang_hub::accounts::{
    CredentialsRequest, DeviceCodeRecord, FRESH_SESSION_MS, LinkMaker, LinkOutcome, LinkUse,
    MAX_ATTEMPTS, MAX_SESSIONS, NewLink, NewPassword, NewSession, RequestOrigin, SignInProof,
    StartedSession, WaitingDeviceRequest,
};
use madang_hub::ports::{ServiceAccount, StoreError};
use madang_shared::account::{LinkKind, SignInMethod};
use madang_shared::{ErrorCode, Timestamp, User, UserId};

use crate::support::{NOW, TestStore, refusal, sign_up, token};

on_every_engine! {
    a_password_is_set_and_changed,
    a_changed_password_ends_the_other_sessions,
    a_session_starts_by_the_password_of_now_only,
    an_account_knows_where_it_was_used,
    a_flood_of_wrong_attempts_hides_no_right_one,
    the_sessions_of_a_user_are_listed_ended_and_bounded,
    a_secured_name_is_not_signed_up_again,
    a_claim_link_is_used_once,
    a_recovery_link_ends_all_other_sessions,
    a_link_ends_by_time_by_a_later_one_and_by_a_password,
    only_higher_roles_make_recovery_links,
    a_second_device_is_let_in_once,
    a_second_device_is_refused_by_a_withdrawn_or_expired_code,
    users_without_a_way_back_are_listed,
}

fn origin(device: &str, network: &str) -> RequestOrigin {
    RequestOrigin { device: device.into(), network: network.into(), device_secret: None }
}

fn session(name: &str, at: Timestamp) -> NewSession {
    NewSession { token: token(name), at, origin: origin("Firefox on Windows", "203.0.113.7") }
}

/// Sets a password with a session of [`sign_up`] or [`session`].
async fn set_password(
    test_store: &TestStore,
    user: &User,
    hash: &str,
    (name, entered, at): (&str, Option<&str>, Timestamp),
) -> Result<Vec<[u8; 32]>, StoreError> {
    let (hash, entered) = (hash.to_owned(), entered.map(str::to_owned));
    let new = NewPassword { user: user.id, hash, session: token(name), entered, at };
    test_store.store.set_password(new).await
}

async fn password(test_store: &TestStore, name_key: &str) -> Option<String> {
    let request =
        CredentialsRequest { name_key: name_key.into(), origin: RequestOrigin::default() };
    let found = test_store.store.credentials(request).await.expect("readable");
    found.and_then(|credentials| credentials.password)
}

async fn start(
    test_store: &TestStore,
    user: &User,
    hash: &str,
    name: &str,
) -> Result<StartedSession, StoreError> {
    let proof = SignInProof::Password(hash.to_owned());
    test_store.store.start_session(user.id, proof, session(name, NOW.plus(1))).await
}

async fn lives(test_store: &TestStore, name: &str) -> bool {
    test_store.store.session(token(name), NOW).await.expect("readable").is_some()
}

async fn a_password_is_set_and_changed(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    assert_eq!(password(&test_store, "mina").await, None);
    assert!(!test_store.store.is_secured(mina.id).await.expect("readable"));
    let late = NOW.plus(FRESH_SESSION_MS);
    let set = async |hash, entered, at| {
        set_password(&test_store, &mina, hash, ("Mina", entered, at)).await
    };
    assert_eq!(set("one", None, late).await, Ok(vec![]), "the first one needs no other");
    assert!(test_store.store.is_secured(mina.id).await.expect("readable"));
    assert_eq!(refusal(set("two", None, late).await), ErrorCode::Forbidden);
    assert_eq!(refusal(set("two", Some("other"), late).await), ErrorCode::Forbidden);
    assert_eq!(password(&test_store, "mina").await.as_deref(), Some("one"));
    assert_eq!(set("two", Some("one"), late).await, Ok(vec![]));
    let young = NOW.plus(FRESH_SESSION_MS - 1);
    assert_eq!(set("three", None, young).await, Ok(vec![]), "the session has just begun");
    let past = Timestamp(NOW.0 - 1);
    assert_eq!(refusal(set("four", None, past).await), ErrorCode::Forbidden, "a wrong clock");
    assert_eq!(password(&test_store, "mina").await.as_deref(), Some("three"));
    let store = &test_store.store;
    let replace = |former: &str, hash: &str| {
        store.replace_password_hash(mina.id, former.to_owned(), hash.to_owned())
    };
    assert_eq!(replace("one", "x").await, Ok(()), "changed meanwhile");
    assert_eq!(replace("three", "3").await, Ok(()));
    assert_eq!(password(&test_store, "mina").await.as_deref(), Some("3"));
    // The session of another user sets nothing.
    test_store.user("Theo").await;
    let foreign = set_password(&test_store, &mina, "theirs", ("Theo", Some("3"), late)).await;
    assert_eq!(refusal(foreign), ErrorCode::Unauthenticated);
    assert_eq!(password(&test_store, "nobody").await, None);
}

async fn a_changed_password_ends_the_other_sessions(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    let theo = test_store.user("Theo").await;
    set_password(&test_store, &theo, "theirs", ("Theo", None, NOW)).await.expect("set");
    set_password(&test_store, &mina, "one", ("Mina", None, NOW)).await.expect("set");
    start(&test_store, &mina, "one", "second").await.expect("right");
    let ended = set_password(&test_store, &mina, "two", ("second", Some("one"), NOW)).await;
    assert_eq!(ended, Ok(vec![token("Mina")]));
    assert!(!lives(&test_store, "Mina").await && lives(&test_store, "second").await);
    assert!(lives(&test_store, "Theo").await);
}

async fn a_session_starts_by_the_password_of_now_only(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    assert_eq!(refusal(start(&test_store, &mina, "one", "no").await), ErrorCode::Unauthenticated);
    set_password(&test_store, &mina, "one", ("Mina", None, NOW)).await.expect("set");
    let started = start(&test_store, &mina, "one", "a").await.expect("right");
    assert_eq!(started, StartedSession { user: mina.clone(), ended: vec![] });
    assert!(lives(&test_store, "a").await && lives(&test_store, "Mina").await);
    set_password(&test_store, &mina, "two", ("Mina", Some("one"), NOW)).await.expect("set");
    // The password was checked before it was changed.
    let raced = start(&test_store, &mina, "one", "b").await;
    assert_eq!(refusal(raced), ErrorCode::Unauthenticated);
    assert!(!lives(&test_store, "b").await);
    let nobody = User { id: UserId(999), name: "x".into() };
    assert_eq!(refusal(start(&test_store, &nobody, "one", "c").await), ErrorCode::NotFound);
}

async fn an_account_knows_where_it_was_used(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    let knows = async |network: &str, device: Option<[u8; 32]>| {
        let origin = RequestOrigin { device_secret: device, ..origin("", network) };
        let request = CredentialsRequest { name_key: "mina".into(), origin };
        let found = test_store.store.credentials(request).await.expect("readable").expect("there");
        (found.knows_network, found.knows_device)
    };
    assert_eq!(knows("203.0.113.7", Some([1; 32])).await, (false, false));
    let wrong = test_store.store.record_refused_attempt(
        mina.id,
        SignInMethod::Password,
        RequestOrigin { device_secret: Some([1; 32]), ..origin("", "203.0.113.7") },
        NOW,
    );
    assert_eq!(wrong.await, Ok(()));
    assert_eq!(knows("203.0.113.7", Some([1; 32])).await, (false, false), "it was wrong");
    let mut new = session("a", NOW);
    new.origin.device_secret = Some([1; 32]);
    let proof = SignInProof::Checked(SignInMethod::Passkey);
    test_store.store.start_session(mina.id, proof, new).await.expect("started");
    assert_eq!(knows("203.0.113.7", Some([1; 32])).await, (true, true));
    assert_eq!(knows("203.0.113.8", Some([2; 32])).await, (false, false));
    assert_eq!(knows("203.0.113.7", None).await, (true, false));
    let account = test_store.store.account(mina.id).await.expect("readable");
    let attempts: Vec<_> =
        account.attempts.iter().map(|it| (it.succeeded, it.method.as_str())).collect();
    assert_eq!(attempts, [(true, "passkey"), (false, "password")]);
}

async fn a_flood_of_wrong_attempts_hides_no_right_one(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    let proof = || SignInProof::Checked(SignInMethod::Passkey);
    test_store.store.start_session(mina.id, proof(), session("a", NOW)).await.expect("started");
    for number in 0..2 * MAX_ATTEMPTS as u64 {
        let attempt = test_store.store.record_refused_attempt(
            mina.id,
            SignInMethod::Password,
            origin("", "198.51.100.1"),
            NOW.plus(number),
        );
        attempt.await.expect("recorded");
    }
    test_store.store.start_session(mina.id, proof(), session("b", NOW)).await.expect("started");
    let account = test_store.store.account(mina.id).await.expect("readable");
    assert_eq!(account.attempts.len(), MAX_ATTEMPTS);
    assert!(account.attempts[0].succeeded && !account.attempts[1].succeeded);
    let request = CredentialsRequest { name_key: "mina".into(), origin: origin("", "203.0.113.7") };
    let found = test_store.store.credentials(request).await.expect("readable").expect("there");
    assert!(found.knows_network, "the first sign-in is remembered");
}

async fn the_sessions_of_a_user_are_listed_ended_and_bounded(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    test_store.user("Theo").await;
    let store = &test_store.store;
    let proof = || SignInProof::Checked(SignInMethod::Passkey);
    store.start_session(mina.id, proof(), session("a", NOW.plus(9))).await.expect("started");
    assert_eq!(store.record_origin(token("Mina"), origin("curl", "::1/64")).await, Ok(()));
    let account = store.account(mina.id).await.expect("readable");
    let listed: Vec<_> = account
        .sessions
        .iter()
        .map(|it| (it.token, it.device.as_str(), it.network.as_str(), it.made_at))
        .collect();
    let expected = [
        (token("a"), "Firefox on Windows", "203.0.113.7", NOW.plus(9)),
        (token("Mina"), "curl", "::1/64", NOW),
    ];
    assert_eq!(listed, expected);
    let ended = store.end_sessions(mina.id, vec![token("Mina"), token("Theo"), token("x")]).await;
    assert_eq!(ended, Ok(vec![token("Mina")]), "neither a foreign session nor a missing one");
    assert!(lives(&test_store, "Theo").await && lives(&test_store, "a").await);
    for number in 0..MAX_SESSIONS as u64 {
        let new = session(&format!("s{number}"), NOW.plus(10 + number));
        let started = store.start_session(mina.id, proof(), new).await.expect("started");
        let is_last = number + 1 == MAX_SESSIONS as u64;
        assert_eq!(started.ended, if is_last { vec![token("a")] } else { vec![] }, "{number}");
    }
    assert_eq!(store.account(mina.id).await.expect("readable").sessions.len(), MAX_SESSIONS);
}

async fn a_secured_name_is_not_signed_up_again(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    // Without a use of its session, the name alone could be signed up again.
    set_password(&test_store, &mina, "one", ("Mina", None, NOW)).await.expect("set");
    assert_eq!(refusal(sign_up(&*test_store.store, "Mina").await), ErrorCode::NameTaken);
    start(&test_store, &mina, "one", "a").await.expect("right");
    test_store.store.end_sessions(mina.id, vec![token("Mina")]).await.expect("ended");
    assert_eq!(refusal(sign_up(&*test_store.store, "Mina").await), ErrorCode::NameTaken);
    assert!(lives(&test_store, "a").await);
}

fn link(name: &str, kind: LinkKind, user: UserId) -> NewLink {
    let (token, expires_at) = (token(name), NOW.plus(1_000));
    let (by, code, removes_factors) = (LinkMaker::CommandLine, None, false);
    NewLink { token, kind, user, by, code, removes_factors, at: NOW, expires_at }
}

fn link_use(name: &str, password: Option<&str>, session_name: &str) -> LinkUse {
    let session = session(session_name, NOW.plus(10));
    LinkUse { link: token(name), password: password.map(str::to_owned), session }
}

async fn a_claim_link_is_used_once(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    let store = &test_store.store;
    let made = store.add_link(link("link", LinkKind::Claim, mina.id)).await;
    assert_eq!(made, Ok(mina.clone()));
    for _ in 0..2 {
        let found = store.link(token("link"), NOW).await.expect("readable").expect("there");
        assert_eq!((found.kind, &found.user), (LinkKind::Claim, &mina), "reading uses nothing up");
    }
    let uses = (0..5)
        .map(|number| store.use_link(link_use("link", Some("one"), &format!("session {number}"))));
    let answers = futures_util::future::join_all(uses).await;
    let (right, wrong): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert_eq!((right.len(), wrong.len()), (1, 4));
    assert!(wrong.into_iter().all(|it| refusal(it) == ErrorCode::NotFound));
    assert_eq!(store.link(token("link"), NOW).await, Ok(None));
    assert_eq!(password(&test_store, "mina").await.as_deref(), Some("one"));
    assert!(lives(&test_store, "Mina").await, "the first password ends no session");
    let account = store.account(mina.id).await.expect("readable");
    assert_eq!((account.sessions.len(), account.attempts[0].method.as_str()), (2, "claim"));
}

async fn a_recovery_link_ends_all_other_sessions(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    let store = &test_store.store;
    set_password(&test_store, &mina, "one", ("Mina", None, NOW)).await.expect("set");
    store.add_link(link("link", LinkKind::Recovery, mina.id)).await.expect("made");
    let outcome = store.use_link(link_use("link", None, "new")).await.expect("usable");
    let LinkOutcome::Started(started) = outcome else { panic!("{outcome:?}") };
    assert_eq!(started.ended, [token("Mina")]);
    assert!(!lives(&test_store, "Mina").await && lives(&test_store, "new").await);
    // The new session is young, so the old password is not needed.
    let changed = set_password(&test_store, &mina, "two", ("new", None, NOW.plus(11))).await;
    assert_eq!(changed, Ok(vec![]));
}

async fn a_link_ends_by_time_by_a_later_one_and_by_a_password(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    let store = &test_store.store;
    let is_there = async |name: &str, after| {
        store.link(token(name), NOW.plus(after)).await.expect("readable").is_some()
    };
    store.add_link(link("first", LinkKind::Claim, mina.id)).await.expect("made");
    store.add_link(link("other", LinkKind::Recovery, mina.id)).await.expect("made");
    assert!(is_there("first", 999).await && !is_there("first", 1_000).await);
    let mut late = link_use("first", None, "a");
    late.session.at = NOW.plus(1_000);
    assert_eq!(refusal(store.use_link(late).await), ErrorCode::NotFound);
    store.add_link(link("second", LinkKind::Claim, mina.id)).await.expect("made");
    assert!(
        !is_there("first", 0).await && is_there("second", 0).await && is_there("other", 0).await
    );
    set_password(&test_store, &mina, "one", ("Mina", None, NOW)).await.expect("set");
    assert!(!is_there("second", 0).await && !is_there("other", 0).await);
}

async fn only_higher_roles_make_recovery_links(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    let theo = test_store.user("Theo").await;
    let store = &test_store.store;
    let made = async |by: &User, kind, user| {
        store.add_link(NewLink { by: LinkMaker::User(by.id), ..link("link", kind, user) }).await
    };
    for user in [mina.id, theo.id] {
        assert_eq!(refusal(made(&mina, LinkKind::Recovery, user).await), ErrorCode::Forbidden);
        assert_eq!(refusal(made(&mina, LinkKind::Claim, user).await), ErrorCode::Forbidden);
    }
    assert_eq!(refusal(made(&mina, LinkKind::Device, theo.id).await), ErrorCode::Forbidden);
    let service = ServiceAccount { key: "socketio", name: "Socket.IO", at: NOW };
    let service = store.service_user(service).await.expect("made");
    for user in [service.id, UserId(999)] {
        let by_operator = store.add_link(link("link", LinkKind::Claim, user)).await;
        assert_eq!(refusal(by_operator), ErrorCode::NotFound);
    }
}

fn request(name: &str, ticket: &str) -> WaitingDeviceRequest {
    let origin = origin("Safari on iPhone", "198.51.100.2");
    WaitingDeviceRequest { secret: token(name), ticket: token(ticket), origin, at: NOW.plus(1) }
}

fn device_link(user: &User) -> NewLink {
    let own = link("link", LinkKind::Device, user.id);
    NewLink { by: LinkMaker::User(user.id), code: Some(token("code")), ..own }
}

async fn a_second_device_is_let_in_once(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    let theo = test_store.user("Theo").await;
    let store = &test_store.store;
    let finish = |name: &str| store.finish_device(token("ticket"), session(name, NOW.plus(5)));
    let confirm =
        |user: &User, ticket: &str| store.confirm_device(user.id, token(ticket), NOW.plus(4));
    for secret in ["link", "code"] {
        store.add_link(device_link(&mina)).await.expect("made");
        assert_eq!(store.device_code(mina.id, NOW).await, Ok(Some(DeviceCodeRecord::default())));
        assert_eq!(store.device_code(theo.id, NOW).await, Ok(None));
        assert_eq!(refusal(store.use_link(link_use("link", None, "x")).await), ErrorCode::NotFound);
        assert_eq!(refusal(store.request_device(request("guess", "t")).await), ErrorCode::NotFound);
        let link = store.request_device(request(secret, "ticket")).await.expect("open");
        assert_eq!((link.kind, link.user), (LinkKind::Device, mina.clone()));
        for again in ["link", "code"] {
            let second = store.request_device(request(again, "t")).await;
            assert_eq!(refusal(second), ErrorCode::NotFound, "another device waits");
        }
        assert_eq!(store.link(token("link"), NOW).await, Ok(None));
        let waiting = store.device_code(mina.id, NOW).await.expect("readable");
        let waiting = waiting.and_then(|code| code.waiting).expect("a device");
        let shown = (waiting.device.as_str(), waiting.network.as_str(), waiting.is_confirmed);
        assert_eq!(shown, ("Safari on iPhone", "198.51.100.2", false));
        assert_eq!(finish("early").await, Ok(None));
        assert_eq!(refusal(confirm(&theo, "ticket").await), ErrorCode::NotFound);
        assert_eq!(refusal(confirm(&mina, "t").await), ErrorCode::NotFound, "another device");
        assert_eq!(finish("early").await, Ok(None));
        assert_eq!(confirm(&mina, "ticket").await, Ok(()));
        let (one, other) =
            tokio::join!(finish(&format!("{secret} 1")), finish(&format!("{secret} 2")));
        let (right, wrong) = if one.is_ok() { (one, other) } else { (other, one) };
        assert_eq!(right.expect("let in").expect("started").user, mina);
        assert_eq!(refusal(wrong), ErrorCode::NotFound);
        assert_eq!(store.device_code(mina.id, NOW).await, Ok(None));
    }
    assert!(!lives(&test_store, "early").await);
    let account = store.account(mina.id).await.expect("readable");
    assert_eq!((account.sessions.len(), account.attempts[0].method.as_str()), (3, "device"));
}

async fn a_second_device_is_refused_by_a_withdrawn_or_expired_code(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    let store = &test_store.store;
    store.add_link(device_link(&mina)).await.expect("made");
    store.request_device(request("code", "ticket")).await.expect("open");
    assert_eq!(store.withdraw_device(mina.id).await, Ok(()));
    let finished = store.finish_device(token("ticket"), session("a", NOW.plus(5))).await;
    assert_eq!(refusal(finished), ErrorCode::NotFound);

    store.add_link(device_link(&mina)).await.expect("made");
    store.request_device(request("code", "ticket")).await.expect("open");
    let late = NOW.plus(1_000);
    assert_eq!(store.device_code(mina.id, late).await, Ok(None));
    let confirmed = store.confirm_device(mina.id, token("ticket"), late).await;
    assert_eq!(refusal(confirmed), ErrorCode::NotFound);
    assert_eq!(store.confirm_device(mina.id, token("ticket"), NOW).await, Ok(()));
    let finished = store.finish_device(token("ticket"), session("a", late)).await;
    assert_eq!(refusal(finished), ErrorCode::NotFound);
    let another = NewLink { at: late, expires_at: late.plus(1_000), ..device_link(&mina) };
    store.add_link(another).await.expect("made");
    let early = WaitingDeviceRequest { at: late.plus(1_000), ..request("code", "t") };
    assert_eq!(refusal(store.request_device(early).await), ErrorCode::NotFound);
}

async fn users_without_a_way_back_are_listed(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    let theo = test_store.user("Theo").await;
    let service = ServiceAccount { key: "socketio", name: "Socket.IO", at: NOW };
    test_store.store.service_user(service).await.expect("made");
    assert_eq!(test_store.store.unsecured_users().await, Ok(vec![mina.clone(), theo.clone()]));
    set_password(&test_store, &mina, "one", ("Mina", None, NOW)).await.expect("set");
    assert_eq!(test_store.store.unsecured_users().await, Ok(vec![theo]));
}
