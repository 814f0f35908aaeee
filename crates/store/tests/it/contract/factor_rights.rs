//! The rights of users who sign in with factors.

use madang_hub::factors::{ChallengeKind, CodeProof, ProviderSignIn};
use madang_shared::roles::Role;
use madang_shared::{ErrorCode, User};

use super::Shell;
use super::factors::{
    challenge, key, passkey, person, session, started, switch_on, user_of, verified,
};
use crate::support::{TestStore, refusal};

on_every_database! {
    a_deactivated_user_gets_no_session,
    groups_set_the_role_but_take_no_last_owner_away,
}

async fn deactivate(shell: &impl Shell, user: &User) {
    let sql = format!("UPDATE users SET deactivated_at = 1 WHERE id = {}", user.id.0);
    shell.run(&sql).await.expect("changed");
}

async fn role(shell: &impl Shell, user: &User) -> String {
    shell.texts(&format!("SELECT role FROM users WHERE id = {}", user.id.0)).await.remove(0)
}

async fn a_deactivated_user_gets_no_session(test_store: TestStore, shell: impl Shell) {
    let store = &test_store.store;
    let mina = started(store.sign_in_with_provider(person("1", "a")).await);
    store.add_passkey(passkey(&mina, "phone")).await.expect("stored");
    switch_on(store.as_ref(), mina.id).await;
    let kind = ChallengeKind::SecondStep;
    store.add_challenge(challenge("one", kind, Some(mina.id))).await.expect("stored");
    deactivate(&shell, &mina).await;
    let refused = [
        store.sign_in_with_provider(person("1", "b")).await.map(drop),
        store.sign_in_with_passkey(verified("phone", (1, 2), "b")).await.map(drop),
        store
            .finish_second_step(key("one", kind), CodeProof::Step(8), session("b"))
            .await
            .map(drop),
        store.passkey_owner(mina.id).await.map(drop),
        store.add_passkey(passkey(&mina, "key")).await.map(drop),
    ];
    for refused in refused {
        assert_eq!(refusal(refused), ErrorCode::Forbidden);
    }
    assert_eq!(user_of(&test_store, "b").await, None);
}

async fn groups_set_the_role_but_take_no_last_owner_away(test_store: TestStore, shell: impl Shell) {
    let store = &test_store.store;
    let with = |subject: &str, role, session_name: &str| ProviderSignIn {
        role: Some(role),
        ..person(subject, session_name)
    };
    let mina = started(store.sign_in_with_provider(with("1", Role::Owner, "a")).await);
    assert_eq!(role(&shell, &mina).await, "owner");
    store.sign_in_with_provider(with("1", Role::Member, "b")).await.expect("signed in");
    assert_eq!(role(&shell, &mina).await, "owner", "the last one");
    let theo = started(store.sign_in_with_provider(with("2", Role::Owner, "c")).await);
    store.sign_in_with_provider(with("1", Role::Administrator, "d")).await.expect("signed in");
    assert_eq!(role(&shell, &mina).await, "administrator");
    store.sign_in_with_provider(with("2", Role::Guest, "e")).await.expect("signed in");
    assert_eq!(role(&shell, &theo).await, "owner");
    // Without groups that say anything, the role stays.
    store.sign_in_with_provider(person("1", "f")).await.expect("signed in");
    assert_eq!(role(&shell, &mina).await, "administrator");
    // A deactivated owner does not count.
    store.sign_in_with_provider(with("1", Role::Owner, "g")).await.expect("signed in");
    deactivate(&shell, &theo).await;
    store.sign_in_with_provider(with("1", Role::Member, "h")).await.expect("signed in");
    assert_eq!(role(&shell, &mina).await, "owner");
}
