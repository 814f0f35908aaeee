use std::sync::Arc;

use madang_hub::access_tokens::{NewBotAccount, NewToken, TokenEnd, TokenUser};
use madang_hub::policy::access::TokenAccess;
use madang_hub::policy::name_key;
use madang_hub::ports::{StoreError, TokenHash};
use madang_hub::rooms::FIRST_ROOM;
use madang_shared::access_tokens::{
    AccessToken, Bot, MAX_BOTS_PER_USER, MAX_TOKENS_PER_ACCOUNT, TokenScope,
};
use madang_shared::{ErrorCode, RoomId, User, UserId};

use crate::support::{NOW, TestStore, token};

on_every_engine! {
    a_token_acts_for_its_user_until_it_ends,
    an_expired_token_acts_for_nobody,
    a_token_for_rooms_needs_rooms_that_its_account_reads,
    the_use_of_a_token_is_recorded,
    a_bot_belongs_to_its_maker,
    the_numbers_of_tokens_and_bots_are_limited,
}

const HOUR: u64 = 3_600_000;

fn new_token(manager: &User, account: UserId, hash: TokenHash) -> NewToken {
    NewToken {
        manager: manager.id,
        account,
        hash,
        name: "deploy".to_owned(),
        scope: TokenScope::Read,
        rooms: Vec::new(),
        at: NOW,
        expires_at: None,
    }
}

fn refusal<T: std::fmt::Debug>(result: Result<T, StoreError>) -> ErrorCode {
    match result {
        Err(StoreError::Refused(failure)) => failure.code,
        other => panic!("{other:?}"),
    }
}

impl TestStore {
    async fn issue(&self, new: NewToken) -> AccessToken {
        self.store.issue_token(new).await.expect("issued")
    }

    async fn bot(&self, maker: &User, name: &str) -> Result<Bot, StoreError> {
        let (maker, name) = (maker.id, name.to_owned());
        let name_key = name_key(&name);
        self.store.make_bot(NewBotAccount { maker, name, name_key, at: NOW }).await
    }
}

async fn a_token_acts_for_its_user_until_it_ends(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    let theo = test_store.user("Theo").await;
    let store = &test_store.store;
    let hash = [7; 32];
    assert_eq!(store.token_user(hash, NOW).await, Ok(None));
    let issued = test_store.issue(new_token(&mina, mina.id, hash)).await;
    let access = TokenAccess { scope: TokenScope::Read, rooms: None };
    assert_eq!(
        store.token_user(hash, NOW).await,
        Ok(Some(TokenUser { user: mina.clone(), access }))
    );
    assert_eq!(store.session(hash, NOW).await, Ok(None), "a token is no session");
    let all = vec![hash, token("Mina"), [8; 32]];
    assert_eq!(store.ended_sessions(all.clone(), NOW).await, Ok(vec![[8; 32]]));
    assert_eq!(store.tokens(mina.id, mina.id).await, Ok(vec![issued.clone()]));

    let end = TokenEnd { manager: theo.id, account: mina.id, token: issued.id };
    assert_eq!(refusal(store.end_token(end).await), ErrorCode::NotFound);
    let end = TokenEnd { manager: theo.id, account: theo.id, token: issued.id };
    assert_eq!(refusal(store.end_token(end).await), ErrorCode::NotFound, "of another account");
    assert_eq!(refusal(store.tokens(theo.id, mina.id).await), ErrorCode::NotFound);
    let end = TokenEnd { manager: mina.id, account: mina.id, token: issued.id };
    assert_eq!(store.end_token(end).await, Ok(hash));
    assert_eq!(store.token_user(hash, NOW).await, Ok(None));
    assert_eq!(store.ended_sessions(all, NOW).await, Ok(vec![hash, [8; 32]]));
    assert_eq!(refusal(store.end_token(end).await), ErrorCode::NotFound, "it has ended");
}

async fn an_expired_token_acts_for_nobody(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    let store = &test_store.store;
    let expires_at = Some(NOW.plus(HOUR));
    test_store.issue(NewToken { expires_at, ..new_token(&mina, mina.id, [7; 32]) }).await;
    let before = NOW.plus(HOUR - 1);
    assert!(store.token_user([7; 32], before).await.expect("readable").is_some());
    assert_eq!(store.ended_sessions(vec![[7; 32]], before).await, Ok(vec![]));
    assert_eq!(store.token_user([7; 32], NOW.plus(HOUR)).await, Ok(None));
    assert_eq!(store.ended_sessions(vec![[7; 32]], NOW.plus(HOUR)).await, Ok(vec![[7; 32]]));
    assert_eq!(store.tokens(mina.id, mina.id).await.expect("readable").len(), 1, "it is listed");
}

async fn a_token_for_rooms_needs_rooms_that_its_account_reads(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    let store = &test_store.store;
    let limited = |hash, rooms| NewToken { rooms, ..new_token(&mina, mina.id, hash) };
    let unknown = store.issue_token(limited([6; 32], vec![FIRST_ROOM, RoomId(99)])).await;
    assert_eq!(refusal(unknown), ErrorCode::NotFound);
    assert_eq!(store.tokens(mina.id, mina.id).await, Ok(vec![]), "nothing was issued");
    let issued = test_store.issue(limited([7; 32], vec![FIRST_ROOM])).await;
    assert_eq!(issued.rooms, [FIRST_ROOM]);
    assert_eq!(store.tokens(mina.id, mina.id).await, Ok(vec![issued]));
    let user = store.token_user([7; 32], NOW).await.expect("readable").expect("valid");
    assert_eq!(user.access.rooms, Some(Arc::from([FIRST_ROOM])));
}

async fn the_use_of_a_token_is_recorded(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    let store = &test_store.store;
    test_store.issue(new_token(&mina, mina.id, [7; 32])).await;
    let last_used = async || {
        let tokens = store.tokens(mina.id, mina.id).await.expect("readable");
        tokens.first().expect("issued").last_used_at
    };
    assert_eq!(store.expire_sessions(vec![], NOW, None).await, Ok(0));
    assert_eq!(last_used().await, None);
    store.token_user([7; 32], NOW).await.expect("readable");
    assert_eq!(store.expire_sessions(vec![], NOW.plus(HOUR), None).await, Ok(0));
    assert_eq!(last_used().await, Some(NOW.plus(HOUR)));
    assert_eq!(store.expire_sessions(vec![[7; 32]], NOW.plus(HOUR + 1), None).await, Ok(0));
    assert_eq!(last_used().await, Some(NOW.plus(HOUR)), "to the hour");
    assert_eq!(store.expire_sessions(vec![[7; 32]], NOW.plus(3 * HOUR), None).await, Ok(0));
    assert_eq!(last_used().await, Some(NOW.plus(3 * HOUR)));
}

async fn a_bot_belongs_to_its_maker(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    let theo = test_store.user("Theo").await;
    let store = &test_store.store;
    assert_eq!(refusal(test_store.bot(&mina, "Theo").await), ErrorCode::NameTaken);
    let bot = test_store.bot(&mina, "Deploys").await.expect("made");
    assert!(test_store.is_member(bot.user.id, FIRST_ROOM).await);
    assert_eq!(store.bots(mina.id).await, Ok(vec![bot.clone()]));
    assert_eq!(store.bots(theo.id).await, Ok(vec![]));
    let foreign = store.issue_token(new_token(&theo, bot.user.id, [6; 32])).await;
    assert_eq!(refusal(foreign), ErrorCode::NotFound);
    assert_eq!(refusal(store.tokens(theo.id, bot.user.id).await), ErrorCode::NotFound);
    test_store.issue(new_token(&mina, bot.user.id, [7; 32])).await;
    let user = store.token_user([7; 32], NOW).await.expect("readable").expect("valid").user;
    assert_eq!(user, bot.user);
}

async fn the_numbers_of_tokens_and_bots_are_limited(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    let store = &test_store.store;
    let hash = |number: u64| {
        let mut hash = [0; 32];
        hash[..8].copy_from_slice(&number.to_be_bytes());
        hash
    };
    for number in 1..=MAX_TOKENS_PER_ACCOUNT {
        let expires_at = (number == 1).then(|| NOW.plus(HOUR));
        test_store.issue(NewToken { expires_at, ..new_token(&mina, mina.id, hash(number)) }).await;
    }
    let more = |at| NewToken { at, ..new_token(&mina, mina.id, hash(0)) };
    assert_eq!(refusal(store.issue_token(more(NOW)).await), ErrorCode::Forbidden);
    assert!(store.issue_token(more(NOW.plus(HOUR))).await.is_ok(), "an expired one does not count");
    for number in 1..=MAX_BOTS_PER_USER {
        test_store.bot(&mina, &format!("Bot number {number}")).await.expect("made");
    }
    assert_eq!(refusal(test_store.bot(&mina, "One more").await), ErrorCode::Forbidden);
}
