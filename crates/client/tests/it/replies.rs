//! Answered messages: those beyond the timeline are asked for once, and follow their changes.

use madang_client::views::originals::Original;
use madang_client::{Action, Input};
use madang_shared::chat::{ChatAnswer, ChatEvent, ChatPage, ChatQuery, MessageEdit};
use madang_shared::frames::ErrorContext;
use madang_shared::markup::Markup;
use madang_shared::moderation::DeletedBy;
use madang_shared::{
    ClientFrame, ErrorCode, Failure, Message, Query, QueryFrame, QueryId, Seq, ServerFrame,
    Timestamp, Topic,
};

use crate::support::{ROOM, TestClient, by_other, other};

const TOPIC: Topic = Topic::Room(ROOM);

/// The text of an answered message.
fn original(client: &TestClient, seq: u64) -> Result<String, &'static str> {
    let timeline = client.client.features().timeline(ROOM).expect("a timeline");
    match timeline.original(Seq(seq)) {
        Original::Known(message) if message.deleted.is_some() => Err("deleted"),
        Original::Known(message) => Ok(message.text.clone()),
        Original::Hidden => Err("hidden"),
        Original::Unknown => Err("unknown"),
    }
}

fn load(client: &mut TestClient, message: u64) {
    client.input(Input::Act(Action::LoadMessages { room: ROOM, messages: vec![Seq(message)] }));
}

/// The questions about single messages since the last call.
fn take_queries(client: &mut TestClient) -> Vec<(QueryId, Vec<Seq>)> {
    let queries = client.sent.drain(..).filter_map(|frame| match frame {
        ClientFrame::Query(QueryFrame {
            id,
            query: Query::Chat(ChatQuery::Messages { messages, .. }),
        }) => Some((id, messages)),
        _ => None,
    });
    queries.collect()
}

fn answer(client: &mut TestClient, id: QueryId, messages: Vec<Message>) {
    client.frame(&ServerFrame::Answer { id, answer: ChatAnswer::Messages(messages).into() });
}

fn event(client: &mut TestClient, seq: u64, event: ChatEvent) {
    client.frame(&ServerFrame::Event { topic: TOPIC, seq: Seq(seq), event: event.into() });
}

fn edited(message: u64, text: &str) -> ChatEvent {
    let (at, markup) = (Timestamp(9), Markup::default());
    let text = text.to_owned();
    let message = Seq(message);
    ChatEvent::MessageEdited(MessageEdit {
        message,
        by: other(),
        at,
        text,
        markup,
        sentiment: None,
    })
}

#[test]
fn a_loaded_original_needs_no_query() {
    let mut client = TestClient::in_room(3);
    assert_eq!(original(&client, 2), Ok("message 2".to_owned()));
    load(&mut client, 2);
    assert_eq!(take_queries(&mut client), []);
}

#[test]
fn an_older_original_is_asked_for_once_and_follows_its_changes() {
    let mut client = TestClient::in_room(60);
    assert_eq!(original(&client, 2), Err("unknown"));
    take_queries(&mut client);
    load(&mut client, 2);
    load(&mut client, 2);
    let queries = take_queries(&mut client);
    assert_eq!(queries.iter().map(|(_, asked)| asked.clone()).collect::<Vec<_>>(), [[Seq(2)]]);
    answer(&mut client, queries[0].0, vec![by_other(2)]);
    assert_eq!(original(&client, 2), Ok("message 2".to_owned()));
    event(&mut client, 61, edited(2, "changed"));
    assert_eq!(original(&client, 2), Ok("changed".to_owned()));
    event(&mut client, 62, ChatEvent::MessageDeleted { message: Seq(2), by: DeletedBy::Author });
    assert_eq!(original(&client, 2), Err("deleted"));
}

#[test]
fn an_answer_that_was_read_before_a_change_is_dropped() {
    let mut client = TestClient::in_room(60);
    load(&mut client, 2);
    let first = take_queries(&mut client).remove(0).0;
    event(&mut client, 61, edited(2, "changed"));
    answer(&mut client, first, vec![by_other(2)]);
    assert_eq!(original(&client, 2), Err("unknown"));
    load(&mut client, 2);
    let second = take_queries(&mut client).remove(0).0;
    answer(&mut client, second, vec![Message { text: "changed".to_owned(), ..by_other(2) }]);
    assert_eq!(original(&client, 2), Ok("changed".to_owned()));
}

#[test]
fn a_message_that_the_reader_may_not_see_is_hidden() {
    let mut client = TestClient::in_room(60);
    load(&mut client, 2);
    let id = take_queries(&mut client).remove(0).0;
    answer(&mut client, id, Vec::new());
    assert_eq!(original(&client, 2), Err("hidden"));
    load(&mut client, 2);
    assert_eq!(take_queries(&mut client), []);
}

#[test]
fn a_refused_question_can_be_asked_again() {
    let mut client = TestClient::in_room(60);
    load(&mut client, 2);
    let about = ErrorContext::Query(take_queries(&mut client).remove(0).0);
    let failure = Failure::new(ErrorCode::Forbidden, "No.");
    client.frame(&ServerFrame::Error { about, failure });
    assert_eq!(original(&client, 2), Err("unknown"));
    load(&mut client, 2);
    assert_eq!(take_queries(&mut client).len(), 1);
}

#[test]
fn a_page_brings_the_originals_of_its_replies() {
    let mut client = TestClient::in_room(60);
    client.input(Input::Act(Action::LoadOlder(ROOM)));
    let id = client.sent.iter().rev().find_map(|frame| match frame {
        ClientFrame::Query(QueryFrame { id, .. }) => Some(*id),
        _ => None,
    });
    let first = client.client.features().timeline(ROOM).expect("known").messages()[0].seq.0;
    let reply = Message { reply_to: Some(Seq(1)), ..by_other(first - 1) };
    let page = ChatPage { messages: vec![reply], older: true, originals: vec![by_other(1)] };
    let id = id.expect("a query");
    client.frame(&ServerFrame::Answer { id, answer: ChatAnswer::Before(page).into() });
    assert_eq!(original(&client, 1), Ok("message 1".to_owned()));
}
