//! The factors of a sign-in: challenges, passkeys, codes, identity providers.

use futures_util::FutureExt;
use madang_hub::accounts::{NewPassword, NewSession, RequestOrigin, SignInProof, StartedSession};
use madang_hub::factors::{
    CODE_WINDOW_MS, ChallengeKey, ChallengeKind, CodeProof, FactorStore, MAX_ATTEMPTS,
    MAX_PASSKEYS, MAX_WRONG_CODES, NewChallenge, OpenChallenge, PasskeyOwnerFacts, PasskeyRecord,
    ProviderSessionEnd, ProviderSignIn, UserFactors, VerifiedPasskey, user_names,
};
use madang_hub::ports::{StoreError, TokenHash};
use madang_hub::rooms::FIRST_ROOM;
use madang_shared::account::SignInMethod;
use madang_shared::{ErrorCode, Timestamp, Topic, User, UserId};

use crate::support::{NOW, TestStore, refusal, token};

on_every_engine! {
    a_challenge_is_taken_once_for_its_purpose_and_in_time,
    a_challenge_has_a_limit_of_attempts,
    a_passkey_signs_its_user_in_and_its_counter_is_compared,
    a_passkey_belongs_to_one_user,
    a_user_has_a_limit_of_passkeys,
    a_code_and_a_recovery_code_count_once,
    a_secret_is_confirmed_before_it_counts,
    wrong_codes_block_for_a_while,
    a_second_step_ends_in_one_session,
    a_user_with_a_passkey_or_a_provider_is_secured,
    a_person_of_a_provider_is_one_user,
    a_stranger_of_a_provider_joins_only_if_it_may,
    a_provider_ends_the_sessions_that_it_began,
}

pub(super) fn challenge(name: &str, kind: ChallengeKind, user: Option<UserId>) -> NewChallenge {
    let expires_at = NOW.plus(60_000);
    NewChallenge { token: token(name), kind, user, content: name.to_owned(), at: NOW, expires_at }
}

pub(super) fn key(name: &str, kind: ChallengeKind) -> ChallengeKey {
    ChallengeKey { token: token(name), kind }
}

pub(super) fn session(name: &str) -> NewSession {
    NewSession { token: token(name), at: NOW, origin: RequestOrigin::default() }
}

/// The user of a session that has begun.
pub(super) fn started(session: Result<StartedSession, StoreError>) -> User {
    session.expect("signed in").user
}

/// The user of a session.
pub(super) async fn user_of(test_store: &TestStore, name: &str) -> Option<User> {
    test_store.store.session(token(name), NOW).await.expect("readable")
}

async fn a_challenge_is_taken_once_for_its_purpose_and_in_time(test_store: TestStore) {
    let store = &test_store.store;
    let mina = test_store.user("Mina").await;
    let kind = ChallengeKind::PasskeySignIn;
    store.add_challenge(challenge("one", kind, Some(mina.id))).await.expect("stored");
    let other_kind = key("one", ChallengeKind::Provider);
    assert_eq!(store.take_challenge(other_kind, NOW).await, Ok(None), "another purpose");
    assert_eq!(store.take_challenge(key("two", kind), NOW).await, Ok(None), "another browser");
    let late = NOW.plus(60_000);
    assert_eq!(store.take_challenge(key("one", kind), late).await, Ok(None), "expired");
    let taken = OpenChallenge { user: Some(mina.id), content: "one".to_owned() };
    let (first, second) = tokio::join!(
        store.take_challenge(key("one", kind), NOW),
        store.take_challenge(key("one", kind), NOW)
    );
    let mut both = [first.expect("stored"), second.expect("stored")];
    both.sort_by_key(Option::is_some);
    assert_eq!(both, [None, Some(taken)]);
}

async fn a_challenge_has_a_limit_of_attempts(test_store: TestStore) {
    let store = &test_store.store;
    let kind = ChallengeKind::SecondStep;
    store.add_challenge(challenge("one", kind, None)).await.expect("stored");
    for _ in 0..MAX_ATTEMPTS {
        assert!(store.try_challenge(key("one", kind), NOW).await.expect("stored").is_some());
    }
    assert_eq!(store.try_challenge(key("one", kind), NOW).await, Ok(None));
}

pub(super) fn passkey(user: &User, name: &str) -> PasskeyRecord {
    PasskeyRecord {
        user: user.id,
        user_handle: user.name.as_bytes().to_vec(),
        credential_id: name.as_bytes().to_vec(),
        public_key: b"key".to_vec(),
        counter: 1,
        name: name.to_owned(),
        at: NOW,
    }
}

pub(super) fn verified(name: &str, counters: (u32, u32), session_name: &str) -> VerifiedPasskey {
    VerifiedPasskey {
        credential_id: name.as_bytes().to_vec(),
        counter_before: counters.0,
        counter: counters.1,
        session: session(session_name),
    }
}

async fn a_passkey_signs_its_user_in_and_its_counter_is_compared(test_store: TestStore) {
    let store = &test_store.store;
    let mina = test_store.user("Mina").await;
    let id = store.add_passkey(passkey(&mina, "phone")).await.expect("stored");
    let found = store.passkey(b"phone".to_vec()).await.expect("readable").expect("there");
    assert_eq!((&found.user, found.counter), (&mina, 1));
    assert_eq!((found.user_handle, found.public_key), (b"Mina".to_vec(), b"key".to_vec()));
    assert_eq!(store.passkey(b"other".to_vec()).await, Ok(None));

    let signed_in = store.sign_in_with_passkey(verified("phone", (1, 2), "s 1")).await;
    assert_eq!(started(signed_in), mina);
    assert_eq!(user_of(&test_store, "s 1").await, Some(mina.clone()));
    // The same signature at the same time, or a copy of the passkey.
    let again = store.sign_in_with_passkey(verified("phone", (1, 2), "s 2")).await;
    assert_eq!(refusal(again), ErrorCode::Unauthenticated);
    assert_eq!(user_of(&test_store, "s 2").await, None);
    let listed = store.factors(mina.id).await.expect("readable").passkeys;
    assert_eq!(listed.len(), 1);
    assert_eq!((listed[0].id, listed[0].used_at, listed[0].made_at), (id, Some(NOW), NOW));

    let theo = test_store.user("Theo").await;
    assert_eq!(refusal(store.remove_passkey(theo.id, id).await), ErrorCode::NotFound);
    assert_eq!(store.remove_passkey(mina.id, id).await, Ok(()));
    let removed = store.sign_in_with_passkey(verified("phone", (2, 3), "s 3")).await;
    assert_eq!(refusal(removed), ErrorCode::Unauthenticated);
    assert_eq!(refusal(store.remove_passkey(mina.id, id).await), ErrorCode::NotFound);
}

async fn a_passkey_belongs_to_one_user(test_store: TestStore) {
    let store = &test_store.store;
    let [mina, theo] = [test_store.user("Mina").await, test_store.user("Theo").await];
    store.add_passkey(passkey(&mina, "phone")).await.expect("stored");
    assert_eq!(refusal(store.add_passkey(passkey(&theo, "phone")).await), ErrorCode::Invalid);
    // All passkeys of a user have one handle.
    let other = PasskeyRecord { user_handle: b"other".to_vec(), ..passkey(&mina, "key") };
    store.add_passkey(other).await.expect("stored");
    let facts = store.passkey_owner(mina.id).await.expect("readable");
    assert_eq!(facts.user_handle.as_deref(), Some(&b"Mina"[..]));
    assert_eq!(facts.credential_ids, [b"phone".to_vec(), b"key".to_vec()]);
    let second = store.passkey(b"key".to_vec()).await.expect("readable").expect("there");
    assert_eq!(second.user_handle, b"Mina");
    assert_eq!(store.passkey_owner(theo.id).await, Ok(PasskeyOwnerFacts::default()));
}

async fn a_user_has_a_limit_of_passkeys(test_store: TestStore) {
    let store = &test_store.store;
    let mina = test_store.user("Mina").await;
    for number in 0..MAX_PASSKEYS {
        store.add_passkey(passkey(&mina, &format!("{number}"))).await.expect("stored");
    }
    assert_eq!(refusal(store.passkey_owner(mina.id).await), ErrorCode::Forbidden);
    assert_eq!(refusal(store.add_passkey(passkey(&mina, "more")).await), ErrorCode::Forbidden);
}

const SECRET: &[u8] = b"12345678901234567890";

/// Switches one-time passwords on, with two recovery codes and the last step 7.
pub(super) async fn switch_on(store: &dyn FactorStore, user: UserId) {
    store.begin_totp(user, SECRET.to_vec()).await.expect("stored");
    let codes = vec![[1; 32], [2; 32]];
    store.confirm_totp(user, (SECRET.to_vec(), 7), codes).await.expect("stored");
}

async fn a_code_and_a_recovery_code_count_once(test_store: TestStore) {
    let store = &test_store.store;
    let [mina, theo] = [test_store.user("Mina").await, test_store.user("Theo").await];
    switch_on(store.as_ref(), mina.id).await;
    let factors = store.factors(mina.id).await.expect("readable");
    assert!(factors.has_totp && factors.recovery_codes == 2);
    let recovery = CodeProof::Recovery;
    for (user, proof, expected) in [
        (mina.id, CodeProof::Step(7), false),
        (mina.id, CodeProof::Step(8), true),
        (mina.id, CodeProof::Step(8), false),
        (mina.id, CodeProof::Step(6), false),
        (theo.id, recovery([1; 32]), false),
        (mina.id, recovery([1; 32]), true),
        (mina.id, recovery([1; 32]), false),
        (mina.id, recovery([3; 32]), false),
        (theo.id, CodeProof::Step(9), false),
    ] {
        assert_eq!(store.use_code(user, proof).await, Ok(expected), "{user:?} {proof:?}");
    }
    store.replace_recovery_codes(mina.id, vec![[4; 32]]).await.expect("stored");
    assert_eq!(store.use_code(mina.id, recovery([2; 32])).await, Ok(false), "replaced");
    assert_eq!(store.use_code(mina.id, recovery([4; 32])).await, Ok(true));
    let off = store.replace_recovery_codes(theo.id, vec![[5; 32]]).await;
    assert_eq!(refusal(off), ErrorCode::Invalid);
    store.remove_totp(mina.id).await.expect("removed");
    assert_eq!(store.factors(mina.id).await, Ok(UserFactors::default()));
    assert_eq!(store.use_code(mina.id, CodeProof::Step(100)).await, Ok(false));
}

async fn a_secret_is_confirmed_before_it_counts(test_store: TestStore) {
    let store = &test_store.store;
    let mina = test_store.user("Mina").await;
    assert_eq!(store.totp(mina.id, NOW).await, Ok(None));
    store.begin_totp(mina.id, b"first".to_vec()).await.expect("stored");
    assert!(!store.factors(mina.id).await.expect("readable").has_totp);
    assert_eq!(store.use_code(mina.id, CodeProof::Step(9)).await, Ok(false));
    store.begin_totp(mina.id, b"second".to_vec()).await.expect("stored");
    let stale = store.confirm_totp(mina.id, (b"first".to_vec(), 9), vec![[1; 32]]).await;
    assert_eq!(refusal(stale), ErrorCode::Invalid);
    assert_eq!(store.factors(mina.id).await.expect("readable").recovery_codes, 0);
    store.confirm_totp(mina.id, (b"second".to_vec(), 9), vec![[1; 32]]).await.expect("stored");
    let totp = store.totp(mina.id, NOW).await.expect("readable").expect("there");
    assert!(totp.is_confirmed && totp.last_step == Some(9) && totp.secret == b"second");
    assert_eq!(
        refusal(store.begin_totp(mina.id, b"third".to_vec()).await),
        ErrorCode::Invalid,
        "somebody with a session does not replace it"
    );
    let twice = store.confirm_totp(mina.id, (b"second".to_vec(), 10), vec![[1; 32]]).await;
    assert_eq!(refusal(twice), ErrorCode::Invalid);
}

async fn wrong_codes_block_for_a_while(test_store: TestStore) {
    let store = &test_store.store;
    let mina = test_store.user("Mina").await;
    switch_on(store.as_ref(), mina.id).await;
    let is_blocked = async |at: Timestamp| {
        store.totp(mina.id, at).await.expect("readable").expect("there").is_blocked
    };
    for number in 0..MAX_WRONG_CODES {
        assert!(!is_blocked(NOW).await, "after {number}");
        store.record_wrong_code(mina.id, NOW.plus(number)).await.expect("stored");
    }
    assert!(is_blocked(NOW).await && is_blocked(NOW.plus(CODE_WINDOW_MS - 1)).await);
    let later = NOW.plus(CODE_WINDOW_MS);
    assert!(!is_blocked(later).await);
    store.record_wrong_code(mina.id, later).await.expect("stored");
    assert!(!is_blocked(later).await, "a new window has begun");
    // A right code ends the window.
    for _ in 2..MAX_WRONG_CODES {
        store.record_wrong_code(mina.id, later).await.expect("stored");
    }
    assert_eq!(store.use_code(mina.id, CodeProof::Step(8)).await, Ok(true));
    store.record_wrong_code(mina.id, later).await.expect("stored");
    assert!(!is_blocked(later).await);
}

async fn a_second_step_ends_in_one_session(test_store: TestStore) {
    let store = &test_store.store;
    let mina = test_store.user("Mina").await;
    switch_on(store.as_ref(), mina.id).await;
    set_password(&test_store, &mina, "hash").await;
    let kind = ChallengeKind::SecondStep;
    for name in ["one", "two", "three", "four"] {
        let new =
            NewChallenge { content: "hash".to_owned(), ..challenge(name, kind, Some(mina.id)) };
        store.add_challenge(new).await.expect("stored");
    }
    let finish = |name: &str, proof| {
        let session = session(&format!("session {name}"));
        let finished = store.finish_second_step(key(name, kind), proof, session);
        finished.map(|it| it.map(|session| session.map(|session| session.user)))
    };
    assert_eq!(finish("one", CodeProof::Step(8)).await, Ok(Some(mina.clone())));
    assert_eq!(user_of(&test_store, "session one").await, Some(mina.clone()));
    assert_eq!(finish("one", CodeProof::Step(9)).await, Ok(None), "the challenge was used");
    assert_eq!(finish("two", CodeProof::Step(8)).await, Ok(None), "the code was used");
    assert_eq!(user_of(&test_store, "session two").await, None);
    assert_eq!(finish("three", CodeProof::Recovery([1; 32])).await, Ok(Some(mina.clone())));
    set_password(&test_store, &mina, "another hash").await;
    let changed = finish("four", CodeProof::Recovery([2; 32])).await;
    assert_eq!(refusal(changed), ErrorCode::Unauthenticated, "the password was changed meanwhile");
    // A password alone starts no session.
    let proof = SignInProof::Password("another hash".to_owned());
    let alone = store.start_session(mina.id, proof, session("alone")).await;
    assert_eq!(refusal(alone), ErrorCode::Unauthenticated);
    assert_eq!(user_of(&test_store, "alone").await, None);
}

/// Sets the password of a user in a session that has just begun.
async fn set_password(test_store: &TestStore, user: &User, hash: &str) {
    let store = &test_store.store;
    let name = format!("session for {hash}");
    let proof = SignInProof::Checked(SignInMethod::Recovery);
    store.start_session(user.id, proof, session(&name)).await.expect("started");
    let new = NewPassword {
        user: user.id,
        hash: hash.to_owned(),
        session: token(&name),
        entered: None,
        at: NOW,
    };
    store.set_password(new).await.expect("stored");
}

async fn a_user_with_a_passkey_or_a_provider_is_secured(test_store: TestStore) {
    let store = &test_store.store;
    let mina = test_store.user("Mina").await;
    let theo = started(store.sign_in_with_provider(person("1", "a")).await);
    let unsecured = async || {
        let users = store.unsecured_users().await.expect("readable");
        users.into_iter().map(|user| user.id).collect::<Vec<_>>()
    };
    assert_eq!(store.is_secured(theo.id).await, Ok(true));
    assert_eq!((store.is_secured(mina.id).await, unsecured().await), (Ok(false), vec![mina.id]));
    store.add_passkey(passkey(&mina, "phone")).await.expect("stored");
    assert_eq!((store.is_secured(mina.id).await, unsecured().await), (Ok(true), Vec::new()));
}

pub(super) fn person(subject: &str, session_name: &str) -> ProviderSignIn {
    ProviderSignIn {
        issuer: "https://id.example".to_owned(),
        subject: subject.to_owned(),
        provider_session: Some(format!("sid {session_name}")),
        names: user_names(&["Mina".to_owned()]),
        role: None,
        may_join: true,
        session: session(session_name),
    }
}

async fn a_person_of_a_provider_is_one_user(test_store: TestStore) {
    let store = &test_store.store;
    let first = started(store.sign_in_with_provider(person("1", "a")).await);
    assert_eq!(first.name, "Mina");
    assert_eq!(started(store.sign_in_with_provider(person("1", "b")).await), first);
    // Another person of the same name, and the same subject of another provider.
    let second = started(store.sign_in_with_provider(person("2", "c")).await);
    assert_eq!(second.name, "Mina 2");
    let foreign = ProviderSignIn { issuer: "https://other.example".to_owned(), ..person("1", "d") };
    let third = started(store.sign_in_with_provider(foreign).await);
    assert_eq!(third.name, "Mina 3");
    assert!(first.id != second.id && third.id != first.id);
    assert_eq!(user_of(&test_store, "b").await, Some(first.clone()));
    assert!(test_store.is_member(first.id, FIRST_ROOM).await);
    assert_eq!(test_store.log(Topic::Memberships(first.id)).await.len(), 1, "joined once");
    // Nobody gets the name by signing up.
    let taken = crate::support::sign_up(store.as_ref(), "Mina").await;
    assert_eq!(refusal(taken), ErrorCode::NameTaken);
}

async fn a_stranger_of_a_provider_joins_only_if_it_may(test_store: TestStore) {
    let store = &test_store.store;
    let stranger = ProviderSignIn { may_join: false, ..person("1", "a") };
    let refused = store.sign_in_with_provider(stranger.clone()).await;
    assert_eq!(refusal(refused), ErrorCode::Forbidden);
    assert_eq!(user_of(&test_store, "a").await, None);
    let joined = started(store.sign_in_with_provider(person("1", "b")).await);
    let known = ProviderSignIn { session: session("c"), ..stranger };
    assert_eq!(started(store.sign_in_with_provider(known).await), joined);
    let names = vec!["Mina".to_owned()];
    let nameless = ProviderSignIn { names, ..person("2", "d") };
    let refused = store.sign_in_with_provider(nameless).await;
    assert_eq!(refusal(refused), ErrorCode::NameTaken);
}

async fn a_provider_ends_the_sessions_that_it_began(test_store: TestStore) {
    let store = &test_store.store;
    let later = ProviderSignIn {
        session: NewSession { at: NOW.plus(10), ..session("later") },
        ..person("1", "later")
    };
    for sign_in in [person("1", "a"), person("1", "b"), person("2", "c"), later] {
        store.sign_in_with_provider(sign_in).await.expect("joined");
    }
    let mina = user_of(&test_store, "a").await.expect("there");
    store.add_passkey(passkey(&mina, "phone")).await.expect("stored");
    store.sign_in_with_passkey(verified("phone", (1, 2), "own")).await.expect("signed in");
    let end = |subject: Option<&str>, sid: Option<&str>| ProviderSessionEnd {
        issuer: "https://id.example".to_owned(),
        subject: subject.map(str::to_owned),
        provider_session: sid.map(str::to_owned),
        up_to: NOW.plus(5),
    };
    assert_eq!(store.end_provider_sessions(end(None, None)).await, Ok(Vec::new()));
    let foreign =
        ProviderSessionEnd { issuer: "https://other.example".to_owned(), ..end(Some("1"), None) };
    assert_eq!(store.end_provider_sessions(foreign).await, Ok(Vec::new()));
    let other = end(Some("2"), Some("sid a"));
    assert_eq!(store.end_provider_sessions(other).await, Ok(Vec::new()), "not both");
    let by_session = store.end_provider_sessions(end(None, Some("sid a"))).await;
    assert_eq!(by_session, Ok(vec![token("a")]));
    let by_person: Result<Vec<TokenHash>, StoreError> =
        store.end_provider_sessions(end(Some("1"), None)).await;
    assert_eq!(by_person, Ok(vec![token("b")]));
    for (name, lives) in [("a", false), ("b", false), ("c", true), ("later", true), ("own", true)] {
        assert_eq!(user_of(&test_store, name).await.is_some(), lives, "{name}");
    }
}
