use madang_hub::chat;
use madang_hub::features::Change;
use madang_hub::ports::{Committed, ServiceAccount, Write};
use madang_hub::rooms::FIRST_ROOM;
use madang_shared::chat::Guest;
use madang_shared::frames::LogPosition;
use madang_shared::membership::MAX_JOINED_ROOMS;
use madang_shared::membership::{Membership, MembershipEvent};
use madang_shared::rooms::RoomsEvent;
use madang_shared::{ErrorCode, Event, RoomId, Seq, Topic, User, UserId};

use crate::support::{
    NOW, Rig, create, is_unavailable, join, leave, new_user, post, read, refusal, said, sign_up,
    texts, token,
};

const CHAT: Topic = Topic::Room(FIRST_ROOM);

pub(super) async fn a_new_user_has_joined_the_first_room(mut rig: Rig) {
    let mina = rig.user("Mina").await;
    let membership = Membership { room: FIRST_ROOM, read_up_to: Seq(0), unread: 0, head: Seq(0) };
    assert_eq!(rig.store.is_member(mina.id, FIRST_ROOM).await, Ok(true));
    assert_eq!(rig.memberships(&mina).await, std::slice::from_ref(&membership));
    let joined: Event = MembershipEvent::Joined(membership).into();
    assert_eq!(rig.log(Topic::Memberships(mina.id)).await, [joined]);
    assert_eq!(rig.appended(1).await[0].topic, Topic::Memberships(mina.id));
    assert_eq!(rig.store.session(token("Mina")).await, Ok(Some(mina)));
}

pub(super) async fn a_name_is_given_once_whatever_its_case_or_form(rig: Rig) {
    let first = rig.user("Jane").await;
    let mut second = new_user("Ｊａｎｅ");
    second.token = token("another");
    assert_eq!(refusal(rig.store.sign_up(second).await), ErrorCode::NameTaken);
    assert_eq!(rig.store.session(token("another")).await, Ok(None));
    assert_eq!(rig.user("Joan").await.name, "Joan");
    assert_eq!(first.name, "Jane");
}

pub(super) async fn a_session_ends_when_it_is_signed_out_and_stays_so(rig: Rig) {
    rig.user("Mina").await;
    for _ in 0..2 {
        assert_eq!(rig.store.sign_out(token("Mina")).await, Ok(()));
        assert_eq!(rig.store.session(token("Mina")).await, Ok(None));
    }
    assert_eq!(refusal(sign_up(&*rig.store, "mina").await), ErrorCode::NameTaken);
}

pub(super) async fn a_resend_is_answered_as_it_was_the_first_time(mut rig: Rig) {
    let mina = rig.user("Mina").await;
    let first = rig.place(post(&mina, 1, FIRST_ROOM, "once")).await;
    rig.place(post(&mina, 2, FIRST_ROOM, "later")).await;
    rig.place(leave(&mina, 3, FIRST_ROOM)).await;
    let again = vec![post(&mina, 1, FIRST_ROOM, "once"), post(&mina, 1, FIRST_ROOM, "once")];
    for committed in rig.store.commit(again).await {
        assert_eq!(committed.expect("accepted").at, Some(first));
    }
    assert_eq!(first, LogPosition { topic: CHAT, seq: Seq(1) });
    assert_eq!(rig.log(CHAT).await.len(), 2);
    rig.appended(4).await;
}

pub(super) async fn a_command_that_changed_nothing_stays_so(rig: Rig) {
    let mina = rig.user("Mina").await;
    let nothing = Ok(Committed { at: None, event: None });
    assert_eq!(rig.one(join(&mina, 1, FIRST_ROOM)).await, nothing);
    rig.place(leave(&mina, 2, FIRST_ROOM)).await;
    assert_eq!(rig.one(leave(&mina, 3, FIRST_ROOM)).await, nothing);
    // Sent again late, it does not undo what was done since.
    assert_eq!(rig.one(join(&mina, 1, FIRST_ROOM)).await, nothing);
    assert_eq!(rig.store.is_member(mina.id, FIRST_ROOM).await, Ok(false));
}

pub(super) async fn the_same_command_id_of_two_authors_names_two_commands(rig: Rig) {
    let (mina, theo) = (rig.user("Mina").await, rig.user("Theo").await);
    assert_eq!(rig.place(post(&mina, 1, FIRST_ROOM, "hers")).await.seq, Seq(1));
    assert_eq!(rig.place(post(&theo, 1, FIRST_ROOM, "his")).await.seq, Seq(2));
}

pub(super) async fn a_refused_write_changes_nothing_and_the_rest_goes_on(mut rig: Rig) {
    let mina = rig.user("Mina").await;
    let before = rig.memberships(&mina).await;
    let batch = vec![
        post(&mina, 1, FIRST_ROOM, "a"),
        post(&mina, 2, RoomId(99), "nowhere"),
        create(&mina, 3, madang_hub::rooms::FIRST_ROOM_NAME),
        post(&mina, 4, FIRST_ROOM, "b"),
    ];
    let results = rig.store.commit(batch).await;
    let [a, nowhere, taken, b] = <[_; 4]>::try_from(results).expect("one result per write");
    assert_eq!(refusal(nowhere), ErrorCode::NotFound);
    assert_eq!(refusal(taken), ErrorCode::NameTaken);
    let at = |seq| Some(LogPosition { topic: CHAT, seq: Seq(seq) });
    assert_eq!(a.map(|a| a.at), Ok(at(1)));
    assert_eq!(b.map(|b| b.at), Ok(at(2)));
    assert_eq!(rig.log(Topic::Rooms).await.len(), 1);
    assert_eq!(rig.memberships(&mina).await.len(), before.len());
    rig.appended(3).await;
}

pub(super) async fn a_refused_command_can_succeed_when_it_is_sent_again(rig: Rig) {
    let mina = rig.user("Mina").await;
    rig.place(leave(&mina, 1, FIRST_ROOM)).await;
    let sent = post(&mina, 2, FIRST_ROOM, "hello");
    assert_eq!(refusal(rig.one(sent.clone()).await), ErrorCode::NotMember);
    rig.place(join(&mina, 3, FIRST_ROOM)).await;
    assert_eq!(rig.place(sent).await.seq, Seq(1));
}

pub(super) async fn a_batch_takes_effect_in_its_order(rig: Rig) {
    let mina = rig.user("Mina").await;
    let batch = (0..100).map(|n| post(&mina, n, FIRST_ROOM, &n.to_string())).collect();
    assert!(rig.store.commit(batch).await.iter().all(Result::is_ok));
    let log = rig.log(CHAT).await;
    let expected: Vec<String> = (0..100).map(|n| n.to_string()).collect();
    assert_eq!(log.iter().map(said).collect::<Vec<_>>(), expected);
}

pub(super) async fn concurrent_posts_leave_no_holes_and_reach_the_tail_in_order(mut rig: Rig) {
    let authors = [rig.user("Mina").await, rig.user("Theo").await, rig.user("Jane").await];
    rig.appended(authors.len()).await;
    let mut tasks = Vec::new();
    for author in authors {
        let store = rig.store.clone();
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
    let places: Vec<u64> = rig.appended(150).await.iter().map(|event| event.logged.seq.0).collect();
    assert_eq!(places, (1..=150).collect::<Vec<_>>());
    assert_eq!(rig.log(CHAT).await.len(), 150);
}

pub(super) async fn a_commit_reaches_the_tail_even_if_nobody_waits_for_it(mut rig: Rig) {
    let mina = rig.user("Mina").await;
    drop(rig.store.commit(vec![post(&mina, 1, FIRST_ROOM, "goodbye")]));
    assert_eq!(rig.appended(2).await[1].topic, CHAT);
    assert_eq!(texts(&rig.newest(&mina, FIRST_ROOM).await), ["goodbye"]);
}

pub(super) async fn commits_take_effect_in_the_order_of_the_calls(rig: Rig) {
    let mina = rig.user("Mina").await;
    let mut calls: Vec<_> = (0..20)
        .map(|n| rig.store.commit(vec![post(&mina, n, FIRST_ROOM, &n.to_string())]))
        .collect();
    // The last call is waited for first.
    while let Some(call) = calls.pop() {
        let at = call.await[0].clone().expect("accepted").at.expect("a place");
        assert_eq!(at.seq.0, calls.len() as u64 + 1);
    }
}

pub(super) async fn a_new_room_is_announced_and_its_maker_has_joined(mut rig: Rig) {
    let mina = rig.user("Mina").await;
    let placed = rig.place(create(&mina, 1, "바둑 Go")).await;
    assert_eq!(placed, LogPosition { topic: Topic::Rooms, seq: Seq(2) });
    let Event::Rooms(RoomsEvent::Created(room)) = rig.log(Topic::Rooms).await.remove(1) else {
        panic!("not a room");
    };
    assert_eq!((room.name.as_str(), &room.made_by), ("바둑 Go", &Some(mina.clone())));
    assert_eq!(rig.store.is_member(mina.id, room.id).await, Ok(true));
    let membership = Membership { room: room.id, read_up_to: Seq(0), unread: 0, head: Seq(0) };
    let joined: Event = MembershipEvent::Joined(membership).into();
    assert_eq!(rig.log(Topic::Memberships(mina.id)).await[1], joined);
    let topics: Vec<Topic> = rig.appended(3).await.iter().map(|event| event.topic).collect();
    assert_eq!(topics[1..], [Topic::Rooms, Topic::Memberships(mina.id)]);
    let (position, _) = rig.state(&mina, Topic::Room(room.id)).await;
    assert_eq!(position.seq, Seq(0));
}

pub(super) async fn a_room_name_is_given_once(rig: Rig) {
    let (mina, theo) = (rig.user("Mina").await, rig.user("Theo").await);
    rig.place(create(&mina, 1, "Straße")).await;
    assert_eq!(refusal(rig.one(create(&theo, 1, "STRASSE")).await), ErrorCode::NameTaken);
}

pub(super) async fn joining_counts_what_was_said_before_as_read(rig: Rig) {
    let (mina, theo) = (rig.user("Mina").await, rig.user("Theo").await);
    rig.place(leave(&theo, 1, FIRST_ROOM)).await;
    rig.place(post(&mina, 1, FIRST_ROOM, "while he was away")).await;
    rig.place(join(&theo, 2, FIRST_ROOM)).await;
    let expected = Membership { room: FIRST_ROOM, read_up_to: Seq(1), unread: 0, head: Seq(1) };
    assert_eq!(rig.memberships(&theo).await, [expected]);
}

pub(super) async fn leaving_ends_the_right_to_read_and_to_post(rig: Rig) {
    let mina = rig.user("Mina").await;
    let placed = rig.place(leave(&mina, 1, FIRST_ROOM)).await;
    assert_eq!(placed, LogPosition { topic: Topic::Memberships(mina.id), seq: Seq(2) });
    assert_eq!(rig.store.is_member(mina.id, FIRST_ROOM).await, Ok(false));
    assert_eq!(refusal(rig.one(post(&mina, 2, FIRST_ROOM, "x")).await), ErrorCode::NotMember);
    assert_eq!(refusal(rig.store.open(mina.id, CHAT, None).await), ErrorCode::NotMember);
    assert_eq!(rig.memberships(&mina).await, []);
}

pub(super) async fn a_read_mark_only_moves_forward_and_never_past_the_end(rig: Rig) {
    let (mina, theo) = (rig.user("Mina").await, rig.user("Theo").await);
    for n in 1..=3 {
        rig.place(post(&mina, n, FIRST_ROOM, "hello")).await;
    }
    let placed = rig.place(read(&theo, 1, FIRST_ROOM, 2)).await;
    assert_eq!(placed.topic, Topic::Memberships(theo.id));
    let marked = Membership { room: FIRST_ROOM, read_up_to: Seq(2), unread: 1, head: Seq(3) };
    let event: Event = MembershipEvent::Read(marked.clone()).into();
    assert_eq!(rig.log(Topic::Memberships(theo.id)).await[1], event);
    assert_eq!(rig.at(read(&theo, 2, FIRST_ROOM, 1)).await, Ok(None));
    assert_eq!(rig.memberships(&theo).await, [marked]);
    rig.place(read(&theo, 3, FIRST_ROOM, u64::MAX)).await;
    let marked = Membership { room: FIRST_ROOM, read_up_to: Seq(3), unread: 0, head: Seq(3) };
    assert_eq!(rig.memberships(&theo).await, [marked]);
    assert_eq!(rig.at(read(&theo, 4, FIRST_ROOM, 9)).await, Ok(None));
}

pub(super) async fn nothing_can_be_done_in_a_room_that_is_not_there(rig: Rig) {
    let mina = rig.user("Mina").await;
    let room = RoomId(99);
    let writes = [
        join(&mina, 1, room),
        leave(&mina, 2, room),
        read(&mina, 3, room, 1),
        post(&mina, 4, room, "x"),
    ];
    for write in writes {
        assert_eq!(refusal(rig.one(write).await), ErrorCode::NotFound);
    }
}

pub(super) async fn a_write_on_behalf_of_nobody_is_refused(rig: Rig) {
    let nobody = User { id: UserId(99), name: "Nobody".to_owned() };
    for write in
        [join(&nobody, 1, FIRST_ROOM), leave(&nobody, 2, FIRST_ROOM), create(&nobody, 3, "x")]
    {
        assert_eq!(refusal(rig.one(write).await), ErrorCode::NotFound);
    }
    assert_eq!(refusal(rig.one(post(&nobody, 4, FIRST_ROOM, "x")).await), ErrorCode::NotMember);
    assert_eq!(rig.log(Topic::Rooms).await.len(), 1);
}

pub(super) async fn an_empty_batch_is_answered_with_nothing(rig: Rig) {
    let results = rig.store.commit(Vec::new()).await;
    assert!(results.is_empty() && !results.iter().any(is_unavailable));
}

pub(super) async fn nobody_joins_more_rooms_than_a_connection_can_follow(rig: Rig) {
    let (mina, theo) = (rig.user("Mina").await, rig.user("Theo").await);
    // Each joins the first room, and every maker the room.
    for n in 1..MAX_JOINED_ROOMS {
        rig.place(create(&mina, n.into(), &format!("room {n}"))).await;
    }
    assert_eq!(rig.memberships(&mina).await.len() as u64, MAX_JOINED_ROOMS);
    assert_eq!(refusal(rig.one(create(&mina, 1000, "more")).await), ErrorCode::Forbidden);
    rig.place(create(&theo, 1, "more")).await;
    let more = RoomId(MAX_JOINED_ROOMS + 1);
    assert_eq!(refusal(rig.one(join(&mina, 1001, more)).await), ErrorCode::Forbidden);
    rig.place(leave(&mina, 1002, FIRST_ROOM)).await;
    rig.place(join(&mina, 1003, more)).await;
}

pub(super) async fn a_part_of_the_server_has_one_user_that_nobody_can_sign_in_as(rig: Rig) {
    let service = ServiceAccount { key: "test", name: "Robot", at: NOW };
    rig.user("robot").await;
    let user = rig.store.service_user(service).await.expect("a user");
    assert_eq!(user.name, "Robot 2", "people were here first");
    assert_eq!(rig.store.service_user(service).await, Ok(user.clone()));
    assert_eq!(refusal(sign_up(&*rig.store, "Robot 2").await), ErrorCode::NameTaken);
    rig.place(post(&user, 1, FIRST_ROOM, "I am in the first room")).await;
}

pub(super) async fn a_guest_has_a_name_that_is_no_users(rig: Rig) {
    let mina = rig.user("Mina").await;
    let service = ServiceAccount { key: "test", name: "Robot", at: NOW };
    let user = rig.store.service_user(service).await.expect("a user");
    let say = |number: u128, name: &str| {
        let guest = Guest { name: name.to_owned(), connection: "abc".to_owned() };
        let change = chat::relay_guest_message(FIRST_ROOM, "hello", guest).expect("acceptable");
        Write { change: Change::Chat(change), ..join(&user, number, FIRST_ROOM) }
    };
    for (number, name) in [(1, "mina"), (2, "Robot"), (3, "ＭＩＮＡ")] {
        let mut results = rig.store.commit(vec![say(number, name)]).await;
        assert_eq!(refusal(results.remove(0)), ErrorCode::NameTaken, "{name}");
    }
    rig.place(say(4, "Minho")).await;
    rig.place(say(5, "")).await;
    let page = rig.newest(&mina, FIRST_ROOM).await;
    let guests: Vec<_> = page.messages.iter().map(|message| message.guest.clone()).collect();
    let guest = |name: &str| Some(Guest { name: name.to_owned(), connection: "abc".to_owned() });
    assert_eq!(guests, [guest("Minho"), guest("")]);
    let logged: Vec<Event> = page
        .messages
        .into_iter()
        .map(|message| madang_shared::chat::ChatEvent::Posted(message).into())
        .collect();
    assert_eq!(rig.log(CHAT).await, logged, "log and state agree");
}
