//! Changes of stored messages: on open screens, in the outbox, and over stale answers.

use madang_client::views::message_acts::{PendingActs, expected_pins, expected_reactions};
use madang_client::{Action, Input, PendingState};
use madang_shared::chat::{
    ChatAnswer, ChatCommand, ChatEvent, ChatPage, ChatQuery, EarlierText, MessageEdit,
};
use madang_shared::frames::{ErrorContext, LogPosition};
use madang_shared::markup::Markup;
use madang_shared::moderation::DeletedBy;
use madang_shared::pins::Pin;
use madang_shared::reactions::{Reaction, ReactionChange};
use madang_shared::{
    ClientFrame, Command, ErrorCode, Failure, Query, QueryFrame, QueryId, Seq, ServerFrame,
    Timestamp, Topic, User,
};

use crate::support::{ROOM, TestClient, by_other, me, other};

const TOPIC: Topic = Topic::Room(ROOM);

fn edited(client: &mut TestClient, seq: u64, message: u64, text: &str) {
    let (text, at) = (text.to_owned(), Timestamp(9));
    let markup = Markup::default();
    let edit =
        MessageEdit { message: Seq(message), by: other(), at, text, markup, sentiment: None };
    let event = ChatEvent::MessageEdited(edit).into();
    client.frame(&ServerFrame::Event { topic: TOPIC, seq: Seq(seq), event });
}

fn edit(client: &mut TestClient, message: u64, text: &str) {
    let command = ChatCommand::Edit { room: ROOM, message: Seq(message), text: text.to_owned() };
    client.input(Input::Command(command.into()));
}

/// The stored text of a message, the one that the screen shows, and the state of its last change.
fn shown(client: &TestClient, message: u64) -> (String, String, Option<PendingState>) {
    let timeline = client.client.features().timeline(ROOM).expect("a timeline");
    let message = timeline.messages().iter().find(|it| it.seq.0 == message).expect("loaded");
    let acts = PendingActs::find(client.client.outbox().items(), ROOM, message);
    let shown = acts.text.unwrap_or(&message.text).to_owned();
    (message.text.clone(), shown, acts.edit.cloned())
}

fn query(client: &TestClient) -> (QueryId, ChatQuery) {
    let query = client.sent.iter().rev().find_map(|frame| match frame {
        ClientFrame::Query(QueryFrame { id, query: Query::Chat(query) }) => {
            Some((*id, query.clone()))
        }
        _ => None,
    });
    query.expect("a query")
}

#[test]
fn a_changed_text_is_drawn_again_in_its_place() {
    let mut client = TestClient::in_room(3);
    let edition = client.client.features().timeline(ROOM).expect("a timeline").edition();
    edited(&mut client, 4, 2, "another text");
    assert_eq!(shown(&client, 2).0, "another text");
    let timeline = client.client.features().timeline(ROOM).expect("a timeline");
    assert_ne!(timeline.edition(), edition);
    assert_eq!(timeline.messages()[1].edited_at, Some(Timestamp(9)));
    assert_eq!((timeline.newest(), client.unread()), (Seq(3), 3), "a change is no message");
}

#[test]
fn an_own_change_is_shown_at_once_and_completed_by_its_event() {
    let mut client = TestClient::in_room(3);
    edit(&mut client, 2, "mine");
    assert_eq!(shown(&client, 2).1, "mine");
    assert_eq!(shown(&client, 2).2, Some(PendingState::Sent));
    assert_eq!(shown(&client, 1).2, None, "it is about one message");
    let (id, _) = client.take_commands().remove(0);
    client.frame(&ServerFrame::Ack { id, at: Some(LogPosition { topic: TOPIC, seq: Seq(4) }) });
    assert_eq!(shown(&client, 2).1, "mine", "its event has not arrived");
    edited(&mut client, 4, 2, "mine");
    assert_eq!(shown(&client, 2), ("mine".to_owned(), "mine".to_owned(), None));
}

#[test]
fn only_the_last_change_of_a_message_is_sent_after_a_disconnect() {
    let mut client = TestClient::in_room(3);
    client.input(Input::SocketClosed { code: 1006 });
    for (message, text) in [(2, "first"), (3, "another"), (2, "second")] {
        edit(&mut client, message, text);
    }
    assert_eq!(shown(&client, 2).1, "second");
    client.take_commands();
    client.connect();
    client.welcome();
    let sent: Vec<Command> = client.take_commands().into_iter().map(|(_, it)| it).collect();
    let texts: Vec<&str> = sent
        .iter()
        .map(|command| match command {
            Command::Chat(ChatCommand::Edit { text, .. }) => text.as_str(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(texts, ["another", "second"]);
}

#[test]
fn a_refused_change_has_no_effect_and_keeps_its_text() {
    let mut client = TestClient::in_room(3);
    edit(&mut client, 2, "too late");
    let (id, command) = client.take_commands().remove(0);
    let failure = Failure::new(ErrorCode::Forbidden, "Too late.");
    let about = ErrorContext::Command(id);
    client.frame(&ServerFrame::Error { about, failure: failure.clone() });
    let (stored, text, state) = shown(&client, 2);
    assert_eq!((text, state), (stored, Some(PendingState::Failed(failure))));
    assert_eq!(client.client.outbox().items()[0].command(), Some(&command));
}

#[test]
fn a_page_that_was_read_before_a_change_is_dropped() {
    let mut client = TestClient::in_room(60);
    client.input(Input::Act(Action::LoadOlder(ROOM)));
    edited(&mut client, 61, 2, "changed");
    let stale = ChatPage {
        messages: (1..=10).map(by_other).collect(),
        older: false,
        ..ChatPage::default()
    };
    let (id, _) = query(&client);
    client.frame(&ServerFrame::Answer { id, answer: ChatAnswer::Before(stale).into() });
    let timeline = client.client.features().timeline(ROOM).expect("a timeline");
    assert!(timeline.messages().iter().all(|message| message.seq.0 > 10));
}

#[test]
fn earlier_texts_are_those_of_the_message_that_was_asked_for_last() {
    let mut client = TestClient::in_room(3);
    let answer = |client: &TestClient| {
        let questions = client.client.features().message_questions();
        let earlier = questions.earlier.as_ref().expect("asked");
        (earlier.of.1.0, earlier.answer.clone())
    };
    client.input(Input::Act(Action::LoadEarlier { room: ROOM, message: Seq(1) }));
    let (first, _) = query(&client);
    client.input(Input::Act(Action::LoadEarlier { room: ROOM, message: Seq(2) }));
    assert_eq!(answer(&client), (2, None));
    let texts = vec![EarlierText { at: Timestamp(1), text: "before".to_owned() }];
    let frame = |id| ServerFrame::Answer { id, answer: ChatAnswer::Earlier(texts.clone()).into() };
    client.frame(&frame(first));
    assert_eq!(answer(&client), (2, None), "the answer of another question");
    let (second, asked) = query(&client);
    assert_eq!(asked, ChatQuery::Earlier { room: ROOM, message: Seq(2) });
    client.frame(&frame(second));
    assert_eq!(answer(&client), (2, Some(Some(texts.clone()))));

    client.input(Input::Act(Action::LoadEarlier { room: ROOM, message: Seq(3) }));
    let about = ErrorContext::Query(query(&client).0);
    let failure = Failure::new(ErrorCode::Forbidden, "No.");
    client.frame(&ServerFrame::Error { about, failure });
    assert_eq!(answer(&client), (3, Some(None)), "it says that there is no answer");
}

fn reacted(client: &mut TestClient, seq: u64, by: User, emoji: &str, is_on: bool) {
    let change = ReactionChange { message: Seq(2), by, emoji: emoji.to_owned(), is_on };
    let event = ChatEvent::Reacted(change).into();
    client.frame(&ServerFrame::Event { topic: TOPIC, seq: Seq(seq), event });
}

fn react(client: &mut TestClient, emoji: &str, is_on: bool) {
    let (room, message, emoji) = (ROOM, Seq(2), emoji.to_owned());
    client.input(Input::Command(ChatCommand::React { room, message, emoji, is_on }.into()));
}

/// The reactions that the screen shows.
fn reactions(client: &TestClient) -> Vec<(String, Vec<u64>)> {
    let timeline = client.client.features().timeline(ROOM).expect("a timeline");
    let message = timeline.messages().iter().find(|it| it.seq.0 == 2).expect("loaded");
    let kinds = expected_reactions(client.client.outbox().items(), ROOM, message, me().id);
    let kind = |kind: Reaction| (kind.emoji, kind.by.into_iter().map(|user| user.0).collect());
    kinds.into_iter().map(kind).collect()
}

#[test]
fn reactions_of_others_and_own_ones_that_wait_are_shown_together() {
    let mut client = TestClient::in_room(3);
    let (own, theirs) = (me().id.0, other().id.0);
    reacted(&mut client, 4, other(), "🎉", true);
    react(&mut client, "🎉", true);
    react(&mut client, "👍", true);
    let both = [("🎉".to_owned(), vec![theirs, own]), ("👍".to_owned(), vec![own])];
    assert_eq!(reactions(&client), both);
    reacted(&mut client, 5, me(), "🎉", true);
    assert_eq!(reactions(&client), both, "once, also before its acknowledgement");
    react(&mut client, "🎉", false);
    reacted(&mut client, 6, other(), "🎉", false);
    assert_eq!(reactions(&client), [("👍".to_owned(), vec![own])]);
}

#[test]
fn only_the_last_of_opposite_reactions_is_sent_after_a_disconnect() {
    let mut client = TestClient::in_room(3);
    client.input(Input::SocketClosed { code: 1006 });
    for (emoji, is_on) in [("🎉", true), ("👍", true), ("🎉", false)] {
        react(&mut client, emoji, is_on);
    }
    client.take_commands();
    client.connect();
    client.welcome();
    let sent = client.take_commands().into_iter().map(|(_, command)| match command {
        Command::Chat(ChatCommand::React { emoji, is_on, .. }) => (emoji, is_on),
        other => panic!("{other:?}"),
    });
    let expected = [("👍".to_owned(), true), ("🎉".to_owned(), false)];
    assert_eq!(sent.collect::<Vec<_>>(), expected);
}

#[test]
fn a_refused_reaction_is_not_shown() {
    let mut client = TestClient::in_room(3);
    react(&mut client, "🎉", true);
    let (id, _) = client.take_commands().remove(0);
    let failure = Failure::new(ErrorCode::TooLong, "Too many.");
    let about = ErrorContext::Command(id);
    client.frame(&ServerFrame::Error { about, failure: failure.clone() });
    assert_eq!(reactions(&client), []);
    assert_eq!(shown(&client, 2).2, None, "the message itself has not failed");
    let timeline = client.client.features().timeline(ROOM).expect("a timeline");
    let acts = PendingActs::find(client.client.outbox().items(), ROOM, &timeline.messages()[1]);
    assert_eq!(acts.refused, Some((id, &failure)), "its reason is shown");
}

fn pinned(client: &mut TestClient, seq: u64, message: u64, is_on: bool) {
    let pin = Pin { message: Seq(message), by: other(), at: Timestamp(9) };
    let event = ChatEvent::Pinned { pin, is_on }.into();
    client.frame(&ServerFrame::Event { topic: TOPIC, seq: Seq(seq), event });
}

/// The seqs of the pinned messages that the screen shows.
fn pins(client: &TestClient) -> Vec<u64> {
    let timeline = client.client.features().timeline(ROOM).expect("a timeline");
    let outbox = client.client.outbox().items();
    let pins = expected_pins(outbox, ROOM, timeline.pins(), &me());
    pins.into_iter().map(|pin| pin.message.0).collect()
}

#[test]
fn pins_are_those_of_the_server_after_those_that_wait() {
    let mut client = TestClient::in_room(3);
    pinned(&mut client, 4, 2, true);
    pinned(&mut client, 5, 1, true);
    assert_eq!(pins(&client), [2, 1]);
    client.input(Input::SocketClosed { code: 1006 });
    let mut act = |message, is_on| {
        let (room, message) = (ROOM, Seq(message));
        client.input(Input::Command(ChatCommand::Pin { room, message, is_on }.into()));
    };
    act(3, true);
    act(2, false);
    act(3, false);
    act(3, true);
    assert_eq!(pins(&client), [1, 3]);
    client.take_commands();
    client.connect();
    client.welcome();
    assert_eq!(client.take_commands().len(), 2, "the last of opposite ones is sent");
}

#[test]
fn a_deleted_message_is_pinned_no_more() {
    let mut client = TestClient::in_room(3);
    pinned(&mut client, 4, 2, true);
    let event = ChatEvent::MessageDeleted { message: Seq(2), by: DeletedBy::Author }.into();
    client.frame(&ServerFrame::Event { topic: TOPIC, seq: Seq(5), event });
    assert!(pins(&client).is_empty());
}
