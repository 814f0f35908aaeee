use madang_hub::ports::NewUser;
use madang_hub::rooms::FIRST_ROOM;
use madang_shared::{ErrorCode, Topic, User};

use crate::support::{NOW, TestStore, new_user, post, refusal, sign_up, token};

on_every_engine! {
    a_user_name_is_unique_in_every_case_and_unicode_form,
    a_name_whose_session_was_never_used_can_be_signed_up_again,
    a_session_that_is_replaced_during_its_first_use_has_ended,
    a_signed_out_session_stays_ended,
}

async fn a_user_name_is_unique_in_every_case_and_unicode_form(test_store: TestStore) {
    let first = test_store.user("Jane").await;
    // A name belongs to its user from the first use of the session.
    assert_eq!(test_store.store.session(token("Jane"), NOW).await, Ok(Some(first.clone())));
    let mut second = new_user("Ｊａｎｅ");
    second.token = token("another");
    assert_eq!(refusal(test_store.store.sign_up(second).await), ErrorCode::NameTaken);
    assert_eq!(test_store.store.session(token("another"), NOW).await, Ok(None));
    assert_eq!(test_store.user("Joan").await.name, "Joan");
    assert_eq!(first.name, "Jane");
}

async fn a_name_whose_session_was_never_used_can_be_signed_up_again(mut test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    let theo = test_store.user("Theo").await;
    assert_eq!(test_store.store.session(token("Theo"), NOW).await, Ok(Some(theo.clone())));
    let again = |name: &str, token_name: &str| NewUser {
        token: token(token_name),
        at: NOW.plus(60_000),
        ..new_user(name)
    };
    for token_name in ["second", "third"] {
        let second_sign_up = test_store.store.sign_up(again("ＭＩＮＡ", token_name)).await;
        assert_eq!(second_sign_up, Ok(User { id: mina.id, name: "ＭＩＮＡ".into() }));
    }
    let store = &test_store.store;
    for lost in ["Mina", "second"] {
        assert_eq!(store.session(token(lost), NOW).await, Ok(None), "{lost}");
    }
    let mina = User { id: mina.id, name: "ＭＩＮＡ".into() };
    assert_eq!(store.session(token("third"), NOW).await, Ok(Some(mina.clone())));
    assert_eq!(refusal(store.sign_up(again("Mina", "fourth")).await), ErrorCode::NameTaken);
    assert_eq!(refusal(store.sign_up(again("Theo", "fifth")).await), ErrorCode::NameTaken);
    // A sign-out is a use.
    assert_eq!(store.sign_out(token("third")).await, Ok(()));
    assert_eq!(refusal(store.sign_up(again("Mina", "sixth")).await), ErrorCode::NameTaken);

    assert_eq!(test_store.log(Topic::Memberships(mina.id)).await.len(), 1, "joined once");
    test_store.commit(post(&mina, 1, FIRST_ROOM, "here I am")).await;
    let page = test_store.newest(&theo, FIRST_ROOM).await;
    assert_eq!(page.messages[0].author, mina);
    test_store.receive(3).await;
}

async fn a_session_that_is_replaced_during_its_first_use_has_ended(test_store: TestStore) {
    for number in 0..50 {
        let (first, second) = (format!("first {number}"), format!("second {number}"));
        let new = |token_name: &str| NewUser { token: token(token_name), ..new_user(&first) };
        test_store.store.sign_up(new(&first)).await.expect("the name is free");
        let (session, second_sign_up) = tokio::join!(
            test_store.store.session(token(&first), NOW),
            test_store.store.sign_up(new(&second))
        );
        let lives = session.expect("readable").is_some();
        assert_ne!(lives, second_sign_up.is_ok(), "one of both, in any order");
        let found = |token_name: &str| test_store.store.session(token(token_name), NOW);
        assert_eq!(found(&first).await.expect("readable").is_some(), lives);
        assert_eq!(found(&second).await.expect("readable").is_some(), !lives);
    }
}

async fn a_signed_out_session_stays_ended(test_store: TestStore) {
    test_store.user("Mina").await;
    for _ in 0..2 {
        assert_eq!(test_store.store.sign_out(token("Mina")).await, Ok(()));
        assert_eq!(test_store.store.session(token("Mina"), NOW).await, Ok(None));
    }
    assert_eq!(refusal(sign_up(&*test_store.store, "mina").await), ErrorCode::NameTaken);
}
