//! Changed messages: their texts, their earlier texts, and the notices that quote them.

use madang_hub::ports::Write;
use madang_hub::rooms::FIRST_ROOM;
use madang_shared::administration::{AdministrationAct, WorkspaceSettings};
use madang_shared::chat::{
    ChatAnswer, ChatCommand, ChatEvent, ChatQuery, EarlierText, MAX_EARLIER_TEXTS,
};
use madang_shared::membership::MembershipEvent;
use madang_shared::moderation::DeletedBy;
use madang_shared::notices::{InboxSnapshot, NoticeBox, NoticeContent, NoticesCommand};
use madang_shared::roles::Role;
use madang_shared::{
    Answer, ErrorCode, Event, Message, RoomId, Seq, Snapshot, Timestamp, Topic, User,
};

use super::administration::{act, user_with};
use super::moderation::delete;
use super::room_kinds::private;
use crate::support::{TestStore, create, join, leave, post, refusal, write};

on_every_engine! {
    a_changed_text_replaces_the_old_one_everywhere,
    only_the_author_changes_a_message_within_the_time,
    earlier_texts_are_for_the_author_and_moderators,
    a_deleted_message_has_no_earlier_texts,
    a_notice_follows_the_message_that_it_quotes,
    a_change_unreads_nothing,
    a_changed_text_has_its_own_formats,
    a_message_changes_a_limited_number_of_times,
    a_former_member_does_not_learn_the_new_text,
}

pub(super) fn edit(author: &User, number: u128, room: RoomId, message: u64, text: &str) -> Write {
    write(author, number, ChatCommand::Edit { room, message: Seq(message), text: text.to_owned() })
}

async fn shown(test_store: &TestStore, reader: &User, room: RoomId) -> Vec<Message> {
    test_store.newest(reader, room).await.messages
}

async fn earlier(test_store: &TestStore, reader: &User, room: RoomId) -> Vec<String> {
    let query = ChatQuery::Earlier { room, message: Seq(1) };
    match test_store.store.query(reader.id, query.into()).await {
        Ok(Answer::Chat(ChatAnswer::Earlier(texts))) => {
            texts.into_iter().map(|EarlierText { text, .. }| text).collect()
        }
        other => panic!("{other:?}"),
    }
}

async fn a_changed_text_replaces_the_old_one_everywhere(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    let posted = post(&mina, 1, FIRST_ROOM, "the frist text");
    test_store.commit(posted.clone()).await;
    test_store.commit(post(&mina, 2, FIRST_ROOM, "another")).await;
    let change = edit(&mina, 3, FIRST_ROOM, 1, "the second text");
    let (position, at) = (test_store.commit(change.clone()).await, change.at);
    assert_eq!((position.topic, position.seq), (Topic::Room(FIRST_ROOM), Seq(3)));
    assert_eq!(test_store.try_commit_at(change).await, Ok(Some(position)), "the same command");
    let same = edit(&mina, 4, FIRST_ROOM, 1, "the second text");
    assert_eq!(test_store.try_commit_at(same).await, Ok(None), "nothing changes");
    test_store.commit(edit(&mina, 5, FIRST_ROOM, 1, "the third text")).await;

    let messages = shown(&test_store, &mina, FIRST_ROOM).await;
    let texts: Vec<_> = messages.iter().map(|it| (it.text.as_str(), it.edited_at)).collect();
    assert_eq!(texts, [("the third text", Some(at)), ("another", None)]);
    let log = test_store.log(Topic::Room(FIRST_ROOM)).await;
    assert_eq!(log.len(), 4);
    assert_eq!(log[0], ChatEvent::Posted(messages[0].clone()).into());
    assert_eq!(log[2], log[3], "an earlier change has the newest text too");
    let all = format!("{log:?}");
    assert!(!all.contains("frist") && !all.contains("second"), "{all}");
    // A repeated post gets the present event.
    let again = test_store.try_commit(posted).await.expect("known").event.expect("an event");
    assert!(again.contains("the third text"), "{again}");
}

async fn only_the_author_changes_a_message_within_the_time(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    let ada = user_with(&test_store, "Ada", Role::Owner).await;
    test_store.commit(post(&mina, 1, FIRST_ROOM, "mine")).await;
    for user in [&theo, &ada] {
        let refused = test_store.try_commit(edit(user, 1, FIRST_ROOM, 1, "theirs")).await;
        assert_eq!(refusal(refused), ErrorCode::Forbidden);
    }
    for (message, text, code) in [(9, "x", ErrorCode::NotFound), (1, " ", ErrorCode::Invalid)] {
        let command =
            ChatCommand::Edit { room: FIRST_ROOM, message: Seq(message), text: text.into() };
        let refused = match madang_hub::chat::decide(command.clone()) {
            Ok(_) => refusal(test_store.try_commit(write(&mina, 2, command)).await),
            Err(failure) => failure.code,
        };
        assert_eq!(refused, code);
    }
    let minutes = |edit_minutes| {
        let edit_minutes = Some(edit_minutes);
        AdministrationAct::ChangeSettings(WorkspaceSettings { edit_minutes, ..Default::default() })
    };
    act(&test_store, minutes(5)).await;
    let late = |number, after_ms| {
        let write = edit(&mina, number, FIRST_ROOM, 1, &format!("change {number}"));
        Write { at: Timestamp(write.at.0 + after_ms), ..write }
    };
    assert!(test_store.try_commit(late(3, 300_000)).await.is_ok(), "to the millisecond");
    assert_eq!(refusal(test_store.try_commit(late(4, 300_001)).await), ErrorCode::Forbidden);
    act(&test_store, minutes(0)).await;
    assert!(test_store.try_commit(late(5, 86_400_000)).await.is_ok(), "there is no limit");
}

async fn earlier_texts_are_for_the_author_and_moderators(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    let manager = test_store.user("Manager").await;
    let room = test_store.commit_room(create(&manager, 1, "Tea")).await;
    for user in [&mina, &theo] {
        test_store.commit(join(user, 1, room)).await;
    }
    let count = MAX_EARLIER_TEXTS + 2;
    test_store.commit(post(&mina, 2, room, "text 0")).await;
    for number in 1..=count {
        let text = format!("text {number}");
        test_store.commit(edit(&mina, 10 + number as u128, room, 1, &text)).await;
    }
    let kept: Vec<String> = (2..count).map(|number| format!("text {number}")).collect();
    assert_eq!(kept.len(), MAX_EARLIER_TEXTS);
    for reader in [&mina, &manager] {
        assert_eq!(earlier(&test_store, reader, room).await, kept);
    }
    let query = ChatQuery::Earlier { room, message: Seq(1) };
    let refused = test_store.store.query(theo.id, query.into()).await;
    assert_eq!(refusal(refused), ErrorCode::Forbidden);
    let hidden = test_store.commit_room(private(&mina, 90, "Board")).await;
    let query = ChatQuery::Earlier { room: hidden, message: Seq(1) };
    let refused = test_store.store.query(theo.id, query.into()).await;
    assert_eq!(refusal(refused), ErrorCode::NotFound, "the room does not exist for others");
}

async fn a_deleted_message_has_no_earlier_texts(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    test_store.commit(post(&mina, 1, FIRST_ROOM, "first secret")).await;
    test_store.commit(edit(&mina, 2, FIRST_ROOM, 1, "second secret")).await;
    test_store.commit(edit(&mina, 3, FIRST_ROOM, 1, "third secret")).await;
    test_store.commit(delete(&mina, 4, FIRST_ROOM, 1)).await;
    let log = test_store.log(Topic::Room(FIRST_ROOM)).await;
    assert!(!format!("{log:?}").contains("secret"), "{log:?}");
    let deleted: Event =
        ChatEvent::MessageDeleted { message: Seq(1), by: DeletedBy::Author }.into();
    assert!(log[1..].iter().all(|event| *event == deleted), "{log:?}");
    assert_eq!(earlier(&test_store, &mina, FIRST_ROOM).await, [""; 0]);
    let message = shown(&test_store, &mina, FIRST_ROOM).await.remove(0);
    assert_eq!((message.text.as_str(), message.edited_at), ("", None));
    let refused = test_store.try_commit(edit(&mina, 5, FIRST_ROOM, 1, "again")).await;
    assert_eq!(refusal(refused), ErrorCode::NotFound);
}

async fn a_notice_follows_the_message_that_it_quotes(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    let jun = test_store.user("Jun").await;
    test_store.commit(post(&mina, 1, FIRST_ROOM, "@Theo the frist")).await;
    let read = NoticesCommand::Read { of: NoticeBox::Own, notice: Seq(1) };
    test_store.commit(write(&theo, 1, read)).await;
    test_store.commit(edit(&mina, 2, FIRST_ROOM, 1, "@Theo the fist")).await;
    test_store.commit(edit(&mina, 3, FIRST_ROOM, 1, "@Theo @Jun the first")).await;
    for (user, is_read) in [(&theo, true), (&jun, false)] {
        let inbox = Topic::Inbox(user.id);
        let Snapshot::Inbox(snapshot) = test_store.snapshot(user, inbox).await.1 else { panic!() };
        let excerpts: Vec<_> = snapshot
            .notices
            .iter()
            .map(|notice| match &notice.what {
                NoticeContent::Mentioned { excerpt, .. } => excerpt.as_str(),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(excerpts, ["@Theo @Jun the first"], "one notice each, with the new text");
        let log = test_store.log(inbox).await;
        let all = format!("{log:?}");
        assert!(!all.contains("frist") && !all.contains("fist"), "{all}");
        let NoticeContent::Mentioned { by, .. } = &snapshot.notices[0].what else { panic!() };
        assert_eq!(*by, mina);
        assert_eq!(snapshot.marks.own.covers(snapshot.notices[0].seq), is_read);
        let mut applied = InboxSnapshot::default();
        for event in log {
            let Event::Inbox(event) = event else { panic!("{event:?}") };
            applied.apply(event);
        }
        assert_eq!(applied, snapshot, "the events make the state");
    }
    test_store.commit(delete(&mina, 4, FIRST_ROOM, 1)).await;
    for user in [&theo, &jun] {
        let log = test_store.log(Topic::Inbox(user.id)).await;
        assert!(!format!("{log:?}").contains("first"), "{log:?}");
    }
}

async fn a_change_unreads_nothing(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    test_store.commit(post(&mina, 1, FIRST_ROOM, "one")).await;
    test_store.commit(crate::support::read(&theo, 1, FIRST_ROOM, 1)).await;
    test_store.commit(edit(&mina, 2, FIRST_ROOM, 1, "two")).await;
    let Snapshot::Membership(memberships) =
        test_store.snapshot(&theo, Topic::Memberships(theo.id)).await.1
    else {
        panic!()
    };
    assert_eq!(memberships.memberships[0].unread, 0);
    let log = test_store.log(Topic::Memberships(theo.id)).await;
    assert!(matches!(log.last(), Some(Event::Membership(MembershipEvent::Read(_)))), "{log:?}");
}

async fn a_changed_text_has_its_own_formats(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    test_store.commit(post(&mina, 1, FIRST_ROOM, "plain")).await;
    for (number, text, is_formatted) in [(2, "**bold**", true), (3, "plain again", false)] {
        test_store.commit(edit(&mina, number, FIRST_ROOM, 1, text)).await;
        let stored = shown(&test_store, &mina, FIRST_ROOM).await.remove(0);
        assert_eq!(stored.markup.is_empty(), !is_formatted, "{text}");
        let log = test_store.log(Topic::Room(FIRST_ROOM)).await;
        assert_eq!(log[0], ChatEvent::Posted(stored.clone()).into());
        let Some(Event::Chat(ChatEvent::MessageEdited(change))) = log.last() else {
            panic!("{log:?}")
        };
        assert_eq!(change.markup, stored.markup);
    }
}

async fn a_message_changes_a_limited_number_of_times(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    test_store.commit(post(&mina, 1, FIRST_ROOM, "text 0")).await;
    let change = |number: u64| {
        edit(&mina, 10 + u128::from(number), FIRST_ROOM, 1, &format!("text {number}"))
    };
    let results = test_store.store.commit((1..=101).map(change).collect()).await;
    let refused: Vec<usize> =
        results.iter().enumerate().filter(|(_, it)| it.is_err()).map(|(index, _)| index).collect();
    assert_eq!(refused, [100]);
}

async fn a_former_member_does_not_learn_the_new_text(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    let room = test_store.commit_room(create(&mina, 1, "Tea")).await;
    test_store.commit(join(&theo, 1, room)).await;
    test_store.commit(post(&mina, 2, room, "@Theo the old words")).await;
    test_store.commit(leave(&theo, 2, room)).await;
    test_store.commit(edit(&mina, 3, room, 1, "@Theo the new words")).await;
    let log = format!("{:?}", test_store.log(Topic::Inbox(theo.id)).await);
    assert!(!log.contains("old words") && !log.contains("new words"), "{log}");
}
