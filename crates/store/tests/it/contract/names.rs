//! Names that look like other names.

use madang_hub::chat;
use madang_hub::features::Change;
use madang_hub::ports::{NewUser, ServiceAccount, Write};
use madang_hub::rooms::FIRST_ROOM;
use madang_shared::chat::Guest;
use madang_shared::{ErrorCode, RoomId, User};

use crate::support::{NOW, TestStore, create, join, new_user, refusal, sign_up, token};

on_every_engine! {
    a_name_that_looks_like_the_name_of_another_user_is_refused,
    a_name_that_is_taken_back_looks_like_no_other,
    a_guest_cannot_use_a_name_that_looks_like_the_name_of_a_user,
    a_room_cannot_look_like_another_room,
    a_service_account_looks_like_no_user,
}

async fn a_name_that_looks_like_the_name_of_another_user_is_refused(test_store: TestStore) {
    for name in ["Alice", "Mina", "corn", "user10", "한글"] {
        test_store.user(name).await;
    }
    for name in
        ["AIice", "A1ice", "Ꭺlice", "Аlice", "ΜΙΝΑ", "МІNА", "com", "userl0", "userlO", "Мina"]
    {
        let refused = sign_up(&*test_store.store, name).await;
        assert_eq!(refusal(refused), ErrorCode::NameTaken, "{name}");
        assert_eq!(test_store.store.session(token(name), NOW).await, Ok(None), "{name}");
    }
    // Similar for a program, but not for a person.
    for name in ["Alive", "Malice", "ALI", "Mino", "MAIL", "mall", "user20", "한굴", "악기", "아끼"]
    {
        sign_up(&*test_store.store, name).await.expect(name);
    }
}

async fn a_name_that_is_taken_back_looks_like_no_other(test_store: TestStore) {
    // The session of this user was never used, so the name can be signed up again in another case.
    let unused = test_store.user("aiice").await;
    test_store.user("Alice").await;
    let again = |name: &str| NewUser { token: token(name), ..new_user(name) };
    assert_eq!(refusal(test_store.store.sign_up(again("AIice")).await), ErrorCode::NameTaken);
    let taken_back = test_store.store.sign_up(again("AiICE")).await;
    assert_eq!(taken_back, Ok(User { id: unused.id, name: "AiICE".into() }));
}

async fn a_guest_cannot_use_a_name_that_looks_like_the_name_of_a_user(test_store: TestStore) {
    test_store.user("Alice").await;
    let service = ServiceAccount { key: "test", name: "Robot", at: NOW };
    let user = test_store.store.service_user(service).await.expect("a user");
    let guest_message = |number: u128, name: &str| {
        let guest = Guest { name: name.to_owned(), connection: "abc".to_owned() };
        let change = chat::relay_guest_message(FIRST_ROOM, "hello", guest).expect("acceptable");
        Write { change: Change::Chat(change), ..join(&user, number, FIRST_ROOM) }
    };
    for (number, name) in [(1, "AIice"), (2, "R0bot"), (3, "alice")] {
        let mut results = test_store.store.commit(vec![guest_message(number, name)]).await;
        assert_eq!(refusal(results.remove(0)), ErrorCode::NameTaken, "{name}");
    }
    test_store.commit(guest_message(4, "Alicia")).await;
}

async fn a_room_cannot_look_like_another_room(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    test_store.commit(create(&mina, 1, "Lounge Il")).await;
    // A room may have the name of a user.
    test_store.commit(create(&mina, 2, "Mina")).await;
    for (number, name) in [(3, "Lounge ll"), (4, "L0unge 11"), (5, "마당 Мadang"), (6, "ΜΙΝΑ")]
    {
        let change = madang_hub::rooms::RoomsChange::Create {
            name: name.to_owned(),
            name_key: madang_hub::policy::name_key(name),
            description: String::new(),
            kind: madang_shared::roles::RoomKind::Public,
        };
        let write = Write { change: Change::Rooms(change), ..join(&mina, number, RoomId(1)) };
        assert_eq!(refusal(test_store.try_commit(write).await), ErrorCode::NameTaken, "{name}");
    }
    test_store.commit(create(&mina, 7, "Lounge 2")).await;
}

async fn a_service_account_looks_like_no_user(test_store: TestStore) {
    test_store.user("R0bot").await;
    let service = ServiceAccount { key: "test", name: "Robot", at: NOW };
    let user = test_store.store.service_user(service).await.expect("a user");
    assert_eq!(user.name, "Robot 2");
}
