use madang_hub::chat;
use madang_hub::features::Change;
use madang_hub::ports::{Committed, ServiceAccount, Write};
use madang_hub::rooms::FIRST_ROOM;
use madang_shared::chat::Guest;
use madang_shared::frames::LogPosition;
use madang_shared::membership::MAX_JOINED_ROOMS;
use madang_shared::membership::{Membership, MembershipEvent};
use madang_shared::rooms::Room;
use madang_shared::{ErrorCode, Event, RoomId, Seq, Topic, User, UserId};

use crate::support::{
    NOW, TestStore, create, is_unavailable, join, joined_room, leave, message_text, post, read,
    refusal, sign_up, texts, token,
};

on_every_engine! {
    a_new_user_is_a_member_of_the_first_room,
    a_repeated_command_gets_its_first_answer,
    a_repeated_command_without_effect_has_none_later,
    a_command_id_is_unique_per_author,
    a_command_id_is_refused_for_another_command,
    a_refused_write_changes_nothing_and_the_batch_continues,
    a_refused_command_can_succeed_later,
    a_batch_is_applied_in_order,
    concurrent_messages_reach_the_event_stream_in_order_without_holes,
    a_commit_with_a_dropped_future_reaches_the_event_stream,
    commits_are_applied_in_the_order_of_the_calls,
    the_creator_of_a_room_is_its_member,
    a_room_name_is_unique,
    earlier_messages_count_as_read_for_a_new_member,
    a_former_member_can_neither_read_nor_post,
    a_read_mark_only_moves_forward_and_never_past_the_head,
    commands_in_a_missing_room_are_refused,
    a_write_of_a_missing_author_is_refused,
    an_empty_batch_has_no_results,
    a_service_account_has_one_user_without_sessions,
    a_guest_cannot_use_the_name_of_a_user,
    the_number_of_joined_rooms_is_limited,
}

const CHAT: Topic = Topic::Room(FIRST_ROOM);

async fn a_new_user_is_a_member_of_the_first_room(mut test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    let membership = Membership::new(FIRST_ROOM, Seq(0), 0, Seq(0));
    assert!(test_store.is_member(mina.id, FIRST_ROOM).await);
    assert_eq!(test_store.memberships(&mina).await, std::slice::from_ref(&membership));
    let joined: Event = MembershipEvent::Joined(membership).into();
    assert_eq!(test_store.log(Topic::Memberships(mina.id)).await, [joined]);
    assert_eq!(test_store.receive(1).await[0].topic, Topic::Memberships(mina.id));
    assert_eq!(test_store.store.session(token("Mina"), NOW).await, Ok(Some(mina)));
}

async fn a_repeated_command_gets_its_first_answer(mut test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    let first = test_store.commit(post(&mina, 1, FIRST_ROOM, "once")).await;
    test_store.commit(post(&mina, 2, FIRST_ROOM, "later")).await;
    test_store.commit(leave(&mina, 3, FIRST_ROOM)).await;
    let again = vec![post(&mina, 1, FIRST_ROOM, "once"), post(&mina, 1, FIRST_ROOM, "once")];
    for committed in test_store.store.commit(again).await {
        assert_eq!(committed.expect("accepted").at, Some(first));
    }
    assert_eq!(first, LogPosition { topic: CHAT, seq: Seq(1) });
    assert_eq!(test_store.log(CHAT).await.len(), 2);
    test_store.receive(4).await;
}

async fn a_repeated_command_without_effect_has_none_later(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    let nothing = Ok(Committed { at: None, event: None });
    assert_eq!(test_store.try_commit(join(&mina, 1, FIRST_ROOM)).await, nothing);
    test_store.commit(leave(&mina, 2, FIRST_ROOM)).await;
    assert_eq!(test_store.try_commit(leave(&mina, 3, FIRST_ROOM)).await, nothing);
    // A late repetition does not undo later commands.
    assert_eq!(test_store.try_commit(join(&mina, 1, FIRST_ROOM)).await, nothing);
    assert!(!test_store.is_member(mina.id, FIRST_ROOM).await);
}

async fn a_command_id_is_unique_per_author(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    assert_eq!(test_store.commit(post(&mina, 1, FIRST_ROOM, "hers")).await.seq, Seq(1));
    assert_eq!(test_store.commit(post(&theo, 1, FIRST_ROOM, "his")).await.seq, Seq(2));
}

async fn a_command_id_is_refused_for_another_command(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    let first = test_store.commit(post(&mina, 1, FIRST_ROOM, "first")).await;
    let batch = vec![
        post(&mina, 1, FIRST_ROOM, "second"),
        read(&mina, 1, FIRST_ROOM, 1),
        create(&mina, 1, "Kitchen"),
        post(&mina, 1, FIRST_ROOM, "first"),
    ];
    let mut results = test_store.store.commit(batch).await;
    let same = results.pop().expect("four results").expect("the same command");
    assert_eq!(same.at, Some(first));
    for result in results {
        assert_eq!(refusal(result), ErrorCode::Invalid);
    }
    assert_eq!(test_store.log(CHAT).await.len(), 1);
    // Also after a command that found nothing to change.
    assert_eq!(test_store.try_commit_at(join(&mina, 2, FIRST_ROOM)).await, Ok(None));
    let other = test_store.try_commit(post(&mina, 2, FIRST_ROOM, "third")).await;
    assert_eq!(refusal(other), ErrorCode::Invalid);
    // A write of the server itself has no fingerprint, and a repetition needs none.
    let unmarked = Write { fingerprint: None, ..post(&mina, 1, FIRST_ROOM, "fourth") };
    assert_eq!(test_store.try_commit_at(unmarked).await, Ok(Some(first)));
}

async fn a_refused_write_changes_nothing_and_the_batch_continues(mut test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    let before = test_store.memberships(&mina).await;
    let batch = vec![
        post(&mina, 1, FIRST_ROOM, "a"),
        post(&mina, 2, RoomId(99), "nowhere"),
        create(&mina, 3, madang_hub::rooms::FIRST_ROOM_NAME),
        post(&mina, 4, FIRST_ROOM, "b"),
    ];
    let results = test_store.store.commit(batch).await;
    let [a, nowhere, taken, b] = <[_; 4]>::try_from(results).expect("one result per write");
    assert_eq!(refusal(nowhere), ErrorCode::NotFound);
    assert_eq!(refusal(taken), ErrorCode::NameTaken);
    let at = |seq| Some(LogPosition { topic: CHAT, seq: Seq(seq) });
    assert_eq!(a.map(|a| a.at), Ok(at(1)));
    assert_eq!(b.map(|b| b.at), Ok(at(2)));
    assert_eq!(test_store.memberships(&mina).await.len(), before.len());
    test_store.receive(3).await;
}

async fn a_refused_command_can_succeed_later(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    test_store.commit(leave(&mina, 1, FIRST_ROOM)).await;
    let sent = post(&mina, 2, FIRST_ROOM, "hello");
    assert_eq!(refusal(test_store.try_commit(sent.clone()).await), ErrorCode::NotMember);
    test_store.commit(join(&mina, 3, FIRST_ROOM)).await;
    assert_eq!(test_store.commit(sent).await.seq, Seq(1));
}

async fn a_batch_is_applied_in_order(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    let batch = (0..100).map(|n| post(&mina, n, FIRST_ROOM, &n.to_string())).collect();
    assert!(test_store.store.commit(batch).await.iter().all(Result::is_ok));
    let log = test_store.log(CHAT).await;
    let expected: Vec<String> = (0..100).map(|n| n.to_string()).collect();
    assert_eq!(log.iter().map(message_text).collect::<Vec<_>>(), expected);
}

async fn concurrent_messages_reach_the_event_stream_in_order_without_holes(
    mut test_store: TestStore,
) {
    let authors = [
        test_store.user("Mina").await,
        test_store.user("Theo").await,
        test_store.user("Jane").await,
    ];
    test_store.receive(authors.len()).await;
    let mut tasks = Vec::new();
    for author in authors {
        let store = test_store.store.clone();
        tasks.push(tokio::spawn(async move {
            for n in 0..50 {
                let results = store.commit(vec![post(&author, n, FIRST_ROOM, "hello")]).await;
                assert!(results[0].is_ok());
            }
        }));
    }
    for task in tasks {
        task.await.expect("all are accepted");
    }
    let places: Vec<u64> =
        test_store.receive(150).await.iter().map(|event| event.entry.seq.0).collect();
    assert_eq!(places, (1..=150).collect::<Vec<_>>());
    assert_eq!(test_store.log(CHAT).await.len(), 150);
}

async fn a_commit_with_a_dropped_future_reaches_the_event_stream(mut test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    drop(test_store.store.commit(vec![post(&mina, 1, FIRST_ROOM, "goodbye")]));
    assert_eq!(test_store.receive(2).await[1].topic, CHAT);
    assert_eq!(texts(&test_store.newest(&mina, FIRST_ROOM).await), ["goodbye"]);
}

async fn commits_are_applied_in_the_order_of_the_calls(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    let mut calls: Vec<_> = (0..20)
        .map(|n| test_store.store.commit(vec![post(&mina, n, FIRST_ROOM, &n.to_string())]))
        .collect();
    // The test awaits the last call first.
    while let Some(call) = calls.pop() {
        let at = call.await[0].clone().expect("accepted").at.expect("a place");
        assert_eq!(at.seq.0, calls.len() as u64 + 1);
    }
}

async fn the_creator_of_a_room_is_its_member(mut test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    let committed = test_store.try_commit(create(&mina, 1, "바둑 Go")).await.expect("accepted");
    let own = Topic::Memberships(mina.id);
    assert_eq!(committed.at, Some(LogPosition { topic: own, seq: Seq(2) }));
    let room = Room::new(joined_room(&committed), "바둑 Go".to_owned());
    assert_eq!(test_store.rooms(&mina).await[1], room);
    assert!(test_store.is_member(mina.id, room.id).await);
    let membership = Membership::new(room.id, Seq(0), 0, Seq(0));
    let joined: Event = MembershipEvent::Joined(membership).into();
    assert_eq!(test_store.log(Topic::Memberships(mina.id)).await[1], joined);
    let topics: Vec<Topic> = test_store.receive(2).await.iter().map(|event| event.topic).collect();
    assert_eq!(topics, [own, own]);
    let (position, _) = test_store.snapshot(&mina, Topic::Room(room.id)).await;
    assert_eq!(position.seq, Seq(0));
}

async fn a_room_name_is_unique(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    test_store.commit(create(&mina, 1, "Straße")).await;
    assert_eq!(
        refusal(test_store.try_commit(create(&theo, 1, "STRASSE")).await),
        ErrorCode::NameTaken
    );
}

async fn earlier_messages_count_as_read_for_a_new_member(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    test_store.commit(leave(&theo, 1, FIRST_ROOM)).await;
    test_store.commit(post(&mina, 1, FIRST_ROOM, "while he was away")).await;
    test_store.commit(join(&theo, 2, FIRST_ROOM)).await;
    let again = Membership::new(FIRST_ROOM, Seq(1), 0, Seq(1));
    let expected = Membership { marked: Seq(3), ..again };
    assert_eq!(test_store.memberships(&theo).await, [expected]);
}

async fn a_former_member_can_neither_read_nor_post(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    let log_position = test_store.commit(leave(&mina, 1, FIRST_ROOM)).await;
    assert_eq!(log_position, LogPosition { topic: Topic::Memberships(mina.id), seq: Seq(2) });
    assert!(!test_store.is_member(mina.id, FIRST_ROOM).await);
    assert_eq!(
        refusal(test_store.try_commit(post(&mina, 2, FIRST_ROOM, "x")).await),
        ErrorCode::NotMember
    );
    assert_eq!(refusal(test_store.open(mina.id, CHAT, None).await), ErrorCode::NotMember);
    assert_eq!(test_store.memberships(&mina).await, []);
}

async fn a_read_mark_only_moves_forward_and_never_past_the_head(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    for n in 1..=3 {
        test_store.commit(post(&mina, n, FIRST_ROOM, "hello")).await;
    }
    let log_position = test_store.commit(read(&theo, 1, FIRST_ROOM, 2)).await;
    assert_eq!(log_position.topic, Topic::Memberships(theo.id));
    let marked = Membership::new(FIRST_ROOM, Seq(2), 1, Seq(3));
    let event: Event = MembershipEvent::Read(marked.clone()).into();
    assert_eq!(test_store.log(Topic::Memberships(theo.id)).await[1], event);
    assert_eq!(test_store.try_commit_at(read(&theo, 2, FIRST_ROOM, 1)).await, Ok(None));
    assert_eq!(test_store.memberships(&theo).await, [marked]);
    test_store.commit(read(&theo, 3, FIRST_ROOM, u64::MAX)).await;
    let marked = Membership::new(FIRST_ROOM, Seq(3), 0, Seq(3));
    assert_eq!(test_store.memberships(&theo).await, [marked]);
    assert_eq!(test_store.try_commit_at(read(&theo, 4, FIRST_ROOM, 9)).await, Ok(None));
}

async fn commands_in_a_missing_room_are_refused(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    let room = RoomId(99);
    let writes = [
        join(&mina, 1, room),
        leave(&mina, 2, room),
        read(&mina, 3, room, 1),
        post(&mina, 4, room, "x"),
    ];
    for write in writes {
        assert_eq!(refusal(test_store.try_commit(write).await), ErrorCode::NotFound);
    }
}

async fn a_write_of_a_missing_author_is_refused(test_store: TestStore) {
    let missing_user = User { id: UserId(99), name: "Nobody".to_owned() };
    for write in [
        join(&missing_user, 1, FIRST_ROOM),
        leave(&missing_user, 2, FIRST_ROOM),
        create(&missing_user, 3, "x"),
        post(&missing_user, 4, FIRST_ROOM, "x"),
    ] {
        assert_eq!(refusal(test_store.try_commit(write).await), ErrorCode::NotFound);
    }
}

async fn an_empty_batch_has_no_results(test_store: TestStore) {
    let results = test_store.store.commit(Vec::new()).await;
    assert!(results.is_empty() && !results.iter().any(is_unavailable));
}

async fn the_number_of_joined_rooms_is_limited(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    // Every user joins the first room, and every creator the new room.
    for n in 1..MAX_JOINED_ROOMS {
        test_store.commit(create(&mina, n.into(), &format!("room {n}"))).await;
    }
    assert_eq!(test_store.memberships(&mina).await.len() as u64, MAX_JOINED_ROOMS);
    assert_eq!(
        refusal(test_store.try_commit(create(&mina, 1000, "more")).await),
        ErrorCode::Forbidden
    );
    let more = test_store.commit_room(create(&theo, 1, "more")).await;
    assert_eq!(refusal(test_store.try_commit(join(&mina, 1001, more)).await), ErrorCode::Forbidden);
    test_store.commit(leave(&mina, 1002, FIRST_ROOM)).await;
    test_store.commit(join(&mina, 1003, more)).await;
}

async fn a_service_account_has_one_user_without_sessions(test_store: TestStore) {
    let service = ServiceAccount { key: "test", name: "Robot", at: NOW };
    test_store.user("robot").await;
    let user = test_store.store.service_user(service).await.expect("a user");
    assert_eq!(user.name, "Robot 2", "the names of users are not taken away");
    assert_eq!(test_store.store.service_user(service).await, Ok(user.clone()));
    assert_eq!(refusal(sign_up(&*test_store.store, "Robot 2").await), ErrorCode::NameTaken);
    test_store.commit(post(&user, 1, FIRST_ROOM, "I am in the first room")).await;
}

async fn a_guest_cannot_use_the_name_of_a_user(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    let service = ServiceAccount { key: "test", name: "Robot", at: NOW };
    let user = test_store.store.service_user(service).await.expect("a user");
    let guest_message = |number: u128, name: &str| {
        let guest = Guest { name: name.to_owned(), connection: "abc".to_owned() };
        let change = chat::relay_guest_message(FIRST_ROOM, "hello", guest).expect("acceptable");
        Write { change: Change::Chat(change), ..join(&user, number, FIRST_ROOM) }
    };
    for (number, name) in [(1, "mina"), (2, "Robot"), (3, "ＭＩＮＡ")] {
        let mut results = test_store.store.commit(vec![guest_message(number, name)]).await;
        assert_eq!(refusal(results.remove(0)), ErrorCode::NameTaken, "{name}");
    }
    test_store.commit(guest_message(4, "Minho")).await;
    test_store.commit(guest_message(5, "")).await;
    let page = test_store.newest(&mina, FIRST_ROOM).await;
    let guests: Vec<_> = page.messages.iter().map(|message| message.guest.clone()).collect();
    let guest = |name: &str| Some(Guest { name: name.to_owned(), connection: "abc".to_owned() });
    assert_eq!(guests, [guest("Minho"), guest("")]);
    let logged: Vec<Event> = page
        .messages
        .into_iter()
        .map(|message| madang_shared::chat::ChatEvent::Posted(message).into())
        .collect();
    assert_eq!(test_store.log(CHAT).await, logged, "the log and the state agree");
}
