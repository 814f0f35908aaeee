//! Reactions to messages: toggled, limited, and gone when they are taken back.

use madang_hub::chat::decide;
use madang_hub::ports::Write;
use madang_hub::rooms::FIRST_ROOM;
use madang_shared::chat::{ChatAnswer, ChatCommand, ChatEvent, ChatQuery, MAX_REACTION_KINDS};
use madang_shared::reactions::{Reaction, ReactionChange, ReactionPeople};
use madang_shared::roles::Posting;
use madang_shared::rooms::RoomChange;
use madang_shared::{Answer, ErrorCode, Event, Message, RoomId, Seq, Topic, User};

use super::moderation::delete;
use super::room_kinds::change;
use crate::support::{TestStore, create, join, post, refusal, write};

on_every_engine! {
    a_reaction_is_toggled_and_leaves_the_log_when_it_is_taken_back,
    an_emoji_is_one_emoji_in_one_spelling,
    a_message_has_a_limited_number_of_kinds,
    readers_of_announcements_react_and_others_do_not,
    a_deleted_message_has_no_reactions,
}

fn react(author: &User, number: u128, message: u64, emoji: &str, is_on: bool) -> Write {
    let (room, message, emoji) = (FIRST_ROOM, Seq(message), emoji.to_owned());
    write(author, number, ChatCommand::React { room, message, emoji, is_on })
}

/// The emoji of a message, with the ids of the people behind them.
async fn shown(test_store: &TestStore, reader: &User, room: RoomId) -> Vec<(String, Vec<u64>)> {
    let message: Message = test_store.newest(reader, room).await.messages.remove(0);
    let kind = |Reaction { emoji, by }| (emoji, by.into_iter().map(|user| user.0).collect());
    message.reactions.into_iter().map(kind).collect()
}

async fn a_reaction_is_toggled_and_leaves_the_log_when_it_is_taken_back(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    test_store.commit(post(&mina, 1, FIRST_ROOM, "lunch?")).await;
    let first = react(&theo, 1, 1, "🍜", true);
    let position = test_store.commit(first.clone()).await;
    assert_eq!((position.topic, position.seq), (Topic::Room(FIRST_ROOM), Seq(2)));
    assert_eq!(test_store.try_commit_at(first).await, Ok(Some(position)), "the same command");
    let again = react(&theo, 2, 1, "🍜", true);
    assert_eq!(test_store.try_commit_at(again).await, Ok(None), "it is there");
    test_store.commit(react(&mina, 2, 1, "👍🏽", true)).await;
    test_store.commit(react(&mina, 3, 1, "🍜", true)).await;
    let kinds = shown(&test_store, &mina, FIRST_ROOM).await;
    assert_eq!(kinds, [("🍜".to_owned(), vec![2, 1]), ("👍🏽".to_owned(), vec![1])]);
    let query = ChatQuery::Reactions { room: FIRST_ROOM, message: Seq(1) };
    let answer = test_store.store.query(theo.id, query.into()).await;
    let kind = |emoji: &str, people| ReactionPeople { emoji: emoji.to_owned(), people };
    let people = vec![kind("🍜", vec![theo.clone(), mina.clone()]), kind("👍🏽", vec![mina.clone()])];
    assert_eq!(answer, Ok(Answer::Chat(ChatAnswer::Reactions(people))));

    test_store.commit(react(&theo, 3, 1, "🍜", false)).await;
    let gone = react(&theo, 4, 1, "🍜", false);
    assert_eq!(test_store.try_commit_at(gone).await, Ok(None), "it is gone");
    let kinds = shown(&test_store, &theo, FIRST_ROOM).await;
    assert_eq!(kinds, [("🍜".to_owned(), vec![1]), ("👍🏽".to_owned(), vec![1])]);
    // The events make the state, and none says that the reaction was there.
    let log = test_store.log(Topic::Room(FIRST_ROOM)).await;
    let mut applied = None;
    for event in &log {
        match event {
            Event::Chat(ChatEvent::Posted(message)) => applied = Some(message.clone()),
            Event::Chat(ChatEvent::Reacted(change)) => {
                applied.as_mut().expect("posted").react(change);
            }
            other => panic!("{other:?}"),
        }
    }
    let stored = test_store.newest(&mina, FIRST_ROOM).await.messages.remove(0);
    assert_eq!(applied, Some(stored));
    let of_theo: Vec<bool> = log
        .iter()
        .filter_map(|event| match event {
            Event::Chat(ChatEvent::Reacted(ReactionChange { by, is_on, .. })) if *by == theo => {
                Some(*is_on)
            }
            _ => None,
        })
        .collect();
    assert_eq!(of_theo, [false, false]);
}

async fn an_emoji_is_one_emoji_in_one_spelling(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    test_store.commit(post(&mina, 1, FIRST_ROOM, "hello")).await;
    let decided = |emoji: &str| {
        let (room, message, emoji) = (FIRST_ROOM, Seq(1), emoji.to_owned());
        decide(ChatCommand::React { room, message, emoji, is_on: true })
    };
    let long = "👍".repeat(20);
    for wrong in ["", " ", "a", "👍👍", "👍 ", "ㅋ", "❤️\u{200D}", "<b>", &long] {
        assert_eq!(
            decided(wrong).map_err(|failure| failure.code),
            Err(ErrorCode::Invalid),
            "{wrong}"
        );
    }
    for whole in ["👍🏿", "👩‍👩‍👧", "🏳️‍🌈", "🇰🇷", "1️⃣", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"]
    {
        assert!(decided(whole).is_ok(), "{whole}");
    }
    // The variation selector of the recommended spelling is added.
    assert_eq!(decided("❤"), decided("❤\u{FE0F}"));
}

async fn a_message_has_a_limited_number_of_kinds(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    test_store.commit(post(&mina, 1, FIRST_ROOM, "hello")).await;
    // The block of fruit.
    let emoji: Vec<String> =
        ('\u{1F34E}'..='\u{1F370}').take(MAX_REACTION_KINDS + 1).map(String::from).collect();
    for (number, kind) in (10..).zip(&emoji[..MAX_REACTION_KINDS]) {
        test_store.commit(react(&mina, number, 1, kind, true)).await;
    }
    let one_more = react(&mina, 90, 1, &emoji[MAX_REACTION_KINDS], true);
    assert_eq!(refusal(test_store.try_commit(one_more).await), ErrorCode::TooLong);
    let theo = test_store.user("Theo").await;
    test_store.commit(react(&theo, 1, 1, &emoji[0], true)).await;
    assert_eq!(shown(&test_store, &mina, FIRST_ROOM).await.len(), MAX_REACTION_KINDS);
}

async fn readers_of_announcements_react_and_others_do_not(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    let room = test_store.commit_room(create(&mina, 1, "News")).await;
    test_store.commit(change(&mina, 2, room, RoomChange::Posting(Posting::Managers))).await;
    test_store.commit(post(&mina, 3, room, "We moved")).await;
    let message = test_store.newest(&mina, room).await.messages[0].seq;
    let react = |user, number, is_on| {
        write(user, number, ChatCommand::React { room, message, emoji: "🎉".to_owned(), is_on })
    };
    assert_eq!(refusal(test_store.try_commit(react(&theo, 1, true)).await), ErrorCode::NotMember);
    test_store.commit(join(&theo, 2, room)).await;
    test_store.commit(react(&theo, 3, true)).await;
    test_store.commit(change(&mina, 4, room, RoomChange::Archived(true))).await;
    let refused = test_store.try_commit(react(&theo, 4, false)).await;
    assert_eq!(refusal(refused), ErrorCode::Forbidden, "an archived room does not change");
}

async fn a_deleted_message_has_no_reactions(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    test_store.commit(post(&mina, 1, FIRST_ROOM, "hello")).await;
    test_store.commit(react(&mina, 2, 1, "👍", true)).await;
    test_store.commit(delete(&mina, 3, FIRST_ROOM, 1)).await;
    assert_eq!(shown(&test_store, &mina, FIRST_ROOM).await, []);
    let refused = test_store.try_commit(react(&mina, 4, 1, "👍", true)).await;
    assert_eq!(refusal(refused), ErrorCode::NotFound);
}
