//! Replies: they name an earlier message that their author sees, notify its author, and hold no copy of its text.

use madang_hub::ports::Write;
use madang_hub::rooms::FIRST_ROOM;
use madang_shared::chat::{
    ChatAnswer, ChatCommand, ChatEvent, ChatQuery, MAX_ASKED_MESSAGES, MAX_MESSAGE_CHARS,
};
use madang_shared::notices::NoticeContent;
use madang_shared::roles::History;
use madang_shared::rooms::RoomChange;
use madang_shared::{Answer, ErrorCode, Event, RoomId, Seq, Topic, User};

use super::edits::edit;
use super::moderation::delete;
use super::notices::inbox_contents;
use super::room_kinds::change;
use crate::support::{TestStore, create, join, post, refusal, write};

on_every_engine! {
    a_reply_names_its_original_and_notifies_the_author,
    one_person_gets_one_notice_of_a_reply_with_a_mention,
    a_reply_to_no_message_is_refused,
    a_page_brings_the_older_originals_of_its_replies,
    originals_before_ones_time_are_hidden,
    a_deleted_reply_answers_nothing,
    messages_are_asked_for_by_their_seqs,
    a_page_of_long_originals_brings_the_newest_ones,
}

fn reply(author: &User, number: u128, (room, original): (RoomId, u64), text: &str) -> Write {
    let (text, reply_to) = (text.to_owned(), Some(Seq(original)));
    write(author, number, ChatCommand::Post { room, text, reply_to })
}

/// The notices of a user about messages: the message, the excerpt, and whether it is a reply.
async fn told(test_store: &TestStore, user: &User) -> Vec<(u64, String, bool)> {
    let notices = inbox_contents(test_store, user).await;
    let about = notices.into_iter().filter_map(|notice| match notice {
        NoticeContent::Mentioned { message, excerpt, is_reply, .. } => {
            Some((message.0, excerpt, is_reply))
        }
        _ => None,
    });
    about.collect()
}

/// The seqs and texts of messages that a user asks for.
async fn asked(
    test_store: &TestStore,
    reader: &User,
    room: RoomId,
    messages: &[u64],
) -> Vec<(u64, String)> {
    let messages = messages.iter().copied().map(Seq).collect();
    let query = ChatQuery::Messages { room, messages };
    match test_store.store.query(reader.id, query.into()).await {
        Ok(Answer::Chat(ChatAnswer::Messages(found))) => {
            found.into_iter().map(|message| (message.seq.0, message.text)).collect()
        }
        other => panic!("{other:?}"),
    }
}

async fn a_reply_names_its_original_and_notifies_the_author(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    test_store.commit(post(&mina, 1, FIRST_ROOM, "lunch?")).await;
    let first = reply(&theo, 1, (FIRST_ROOM, 1), "yes, at noon");
    let position = test_store.commit(first.clone()).await;
    assert_eq!(test_store.try_commit_at(first).await, Ok(Some(position)), "the same command");
    let messages = test_store.newest(&mina, FIRST_ROOM).await.messages;
    let replies: Vec<Option<Seq>> = messages.iter().map(|message| message.reply_to).collect();
    assert_eq!(replies, [None, Some(Seq(1))]);
    let log = test_store.log(Topic::Room(FIRST_ROOM)).await;
    assert_eq!(log.last(), Some(&Event::Chat(ChatEvent::Posted(messages[1].clone()))));
    assert_eq!(told(&test_store, &mina).await, [(2, "yes, at noon".to_owned(), true)]);

    // The notice follows the text, and stays one of a reply.
    test_store.commit(edit(&theo, 2, FIRST_ROOM, 2, "no, at one")).await;
    assert_eq!(told(&test_store, &mina).await, [(2, "no, at one".to_owned(), true)]);
    // To answer oneself notifies nobody.
    test_store.commit(reply(&theo, 3, (FIRST_ROOM, 2), "sharp")).await;
    assert_eq!(told(&test_store, &theo).await, []);
    test_store.commit(delete(&theo, 4, FIRST_ROOM, 2)).await;
    assert_eq!(told(&test_store, &mina).await, []);
}

async fn one_person_gets_one_notice_of_a_reply_with_a_mention(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    let jane = test_store.user("Jane").await;
    test_store.commit(post(&mina, 1, FIRST_ROOM, "lunch?")).await;
    test_store.commit(reply(&theo, 1, (FIRST_ROOM, 1), "@Mina @Jane yes")).await;
    let words = "@Mina @Jane yes".to_owned();
    assert_eq!(told(&test_store, &mina).await, [(2, words.clone(), true)]);
    assert_eq!(told(&test_store, &jane).await, [(2, words, false)]);
}

async fn a_reply_to_no_message_is_refused(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    test_store.commit(post(&mina, 1, FIRST_ROOM, "lunch?")).await;
    for none in [0, 2, 3, u64::MAX >> 11] {
        let refused = test_store.try_commit_at(reply(&theo, 1, (FIRST_ROOM, none), "?")).await;
        assert_eq!(refusal(refused), ErrorCode::NotFound, "{none}");
    }
    test_store.commit(delete(&mina, 2, FIRST_ROOM, 1)).await;
    // It was there when the user began to write.
    test_store.commit(reply(&theo, 2, (FIRST_ROOM, 1), "what was it?")).await;
}

async fn a_page_brings_the_older_originals_of_its_replies(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    for number in 1..=60 {
        test_store.commit(post(&mina, number, FIRST_ROOM, &format!("message {number}"))).await;
    }
    for (number, original) in [(1, 3), (2, 59), (3, 3), (4, 1)] {
        test_store.commit(reply(&theo, number, (FIRST_ROOM, original), "indeed")).await;
    }
    let page = test_store.newest(&mina, FIRST_ROOM).await;
    assert_eq!(page.messages.first().map(|message| message.seq), Some(Seq(15)));
    let originals = |page: &madang_shared::chat::ChatPage| {
        page.originals.iter().map(|it| (it.seq.0, it.text.clone())).collect::<Vec<_>>()
    };
    assert_eq!(originals(&page), [(1, "message 1".to_owned()), (3, "message 3".to_owned())]);
    test_store.commit(edit(&mina, 70, FIRST_ROOM, 3, "another")).await;
    test_store.commit(delete(&mina, 71, FIRST_ROOM, 1)).await;
    let page = test_store.newest(&mina, FIRST_ROOM).await;
    assert_eq!(originals(&page), [(1, String::new()), (3, "another".to_owned())]);
}

async fn originals_before_ones_time_are_hidden(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    let room = test_store.commit_room(create(&mina, 1, "team")).await;
    test_store.commit(change(&mina, 2, room, RoomChange::History(History::Joined))).await;
    test_store.commit(post(&mina, 3, room, "before")).await;
    test_store.commit(join(&theo, 1, room)).await;
    test_store.commit(post(&mina, 4, room, "after")).await;
    let before = test_store.newest(&mina, room).await.messages[0].seq.0;
    test_store.commit(reply(&mina, 5, (room, before), "as I said")).await;
    let page = test_store.newest(&theo, room).await;
    assert_eq!(page.messages.last().and_then(|it| it.reply_to), Some(Seq(before)));
    assert_eq!(page.originals, []);
    assert_eq!(asked(&test_store, &theo, room, &[before]).await, []);
    let refused = test_store.try_commit_at(reply(&theo, 2, (room, before), "?")).await;
    assert_eq!(refusal(refused), ErrorCode::NotFound);
}

async fn a_deleted_reply_answers_nothing(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    test_store.commit(post(&mina, 1, FIRST_ROOM, "lunch?")).await;
    test_store.commit(reply(&theo, 1, (FIRST_ROOM, 1), "yes")).await;
    test_store.commit(delete(&theo, 2, FIRST_ROOM, 2)).await;
    let stored = test_store.newest(&mina, FIRST_ROOM).await.messages.remove(1);
    assert_eq!(stored.reply_to, None);
    let log = test_store.log(Topic::Room(FIRST_ROOM)).await;
    assert_eq!(log.get(1), Some(&Event::Chat(ChatEvent::Posted(stored))));
}

async fn messages_are_asked_for_by_their_seqs(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    for number in 1..=60 {
        test_store.commit(post(&mina, number, FIRST_ROOM, &number.to_string())).await;
    }
    let found = asked(&test_store, &theo, FIRST_ROOM, &[9, 2, 9, 77]).await;
    assert_eq!(found, [(2, "2".to_owned()), (9, "9".to_owned())]);
    let most: Vec<Seq> = (1..=MAX_ASKED_MESSAGES as u64).map(Seq).collect();
    for (more, is_refused) in [(None, false), (Some(Seq(60)), true)] {
        let messages = most.iter().copied().chain(more).collect();
        let query = ChatQuery::Messages { room: FIRST_ROOM, messages };
        let answer = test_store.store.query(theo.id, query.into()).await;
        assert_eq!(answer.is_err(), is_refused, "{answer:?}");
    }
}

async fn a_page_of_long_originals_brings_the_newest_ones(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    let long = "가".repeat(MAX_MESSAGE_CHARS);
    for number in 1..=6 {
        test_store.commit(post(&mina, number, FIRST_ROOM, &long)).await;
    }
    for number in 7..=60 {
        test_store.commit(post(&mina, number, FIRST_ROOM, "short")).await;
    }
    for original in 1..=6 {
        let number = u128::from(original);
        test_store.commit(reply(&theo, number, (FIRST_ROOM, original), "indeed")).await;
    }
    let page = test_store.newest(&mina, FIRST_ROOM).await;
    let originals: Vec<u64> = page.originals.iter().map(|message| message.seq.0).collect();
    assert_eq!(originals, [2, 3, 4, 5, 6]);
    let missing = asked(&test_store, &mina, FIRST_ROOM, &[1]).await;
    assert_eq!(missing, [(1, long)]);
}
