//! A client whose lazy views come after its first screen, or never.

use madang_client::{Action, Client, Input, NewLazyViews, PendingCommand, PendingState};
use madang_shared::chat::ChatCommand;
use madang_shared::counter::{CounterCommand, CounterEvent, CounterSnapshot};
use madang_shared::erasure::ErasureEvent;
use madang_shared::frames::{ErrorContext, LogPosition};
use madang_shared::posts::{PostsCommand, PostsSnapshot};
use madang_shared::{
    ClientFrame, Command, CommandId, ErrorCode, Event, Failure, PostId, Seq, ServerFrame, Topic,
    compact,
};

use crate::support::{ROOM, TestClient, by_other, me, other};

const PAGE: &[Topic] = &[Topic::Counter];

/// A client without lazy views, in a room, with the outbox of an earlier page.
fn first_screen(outbox: Vec<PendingCommand>) -> TestClient {
    let mut driver = TestClient::in_room(3);
    driver.client = Client::new(me(), "test", outbox);
    driver.sent.clear();
    driver.connect();
    driver
}

fn load(driver: &mut TestClient) {
    driver.input(Input::LazyViews(NewLazyViews::all()));
}

fn subscribed(driver: &TestClient) -> Vec<Topic> {
    let topics = driver.sent.iter().filter_map(|frame| match frame {
        ClientFrame::Subscribe(subscription) if PAGE.contains(&subscription.topic) => {
            Some(subscription.topic)
        }
        _ => None,
    });
    topics.collect()
}

fn added(value: i64) -> Event {
    CounterEvent::Added { value, amount: 1, by: other(), command: by_other(1).command }.into()
}

/// The commands as the next page finds them, in the order of writing.
fn after_a_reload(commands: Vec<Command>) -> Vec<PendingCommand> {
    let mut page = TestClient::new();
    for command in commands {
        page.input(Input::Command(command));
    }
    let stored = compact::to_text(&page.client.outbox_to_persist());
    compact::from_text(&stored).expect("a stored outbox")
}

fn posted(text: &str) -> Command {
    PostsCommand::Create { text: text.into() }.into()
}

fn said(text: &str) -> Command {
    ChatCommand::post(ROOM, text).into()
}

fn refuse(driver: &mut TestClient, id: CommandId) {
    let failure = Failure::new(ErrorCode::NotFound, "It is gone.");
    driver.frame(&ServerFrame::Error { about: ErrorContext::Command(id), failure });
}

#[test]
fn a_topic_of_a_lazy_view_is_followed_once_its_code_is_there() {
    let mut driver = first_screen(Vec::new());
    driver.input(Input::Act(Action::FollowTopics(PAGE)));
    assert_eq!(subscribed(&driver), []);
    load(&mut driver);
    assert_eq!(subscribed(&driver), PAGE);

    driver.state(Topic::Counter, 4, CounterSnapshot { value: 7 }.into());
    driver.frame(&ServerFrame::Event { topic: Topic::Counter, seq: Seq(5), event: added(8) });
    load(&mut driver);
    assert_eq!(driver.client.features().counter().stored(), Some(8), "loaded twice");
    assert_eq!(driver.client.known_seq(Topic::Counter), Some(Seq(5)));
    assert_eq!(driver.client.undecodable_frames(), 0);
}

#[test]
fn frames_of_a_lazy_view_before_its_code_leave_no_position_and_no_gap() {
    let mut driver = first_screen(Vec::new());
    driver.input(Input::Act(Action::FollowTopics(PAGE)));
    driver.state(Topic::Counter, 4, CounterSnapshot { value: 7 }.into());
    driver.frame(&ServerFrame::Event { topic: Topic::Counter, seq: Seq(5), event: added(8) });
    assert_eq!(driver.client.known_seq(Topic::Counter), None);
    assert_eq!(driver.client.undecodable_frames(), 0);

    load(&mut driver);
    driver.state(Topic::Counter, 5, CounterSnapshot { value: 8 }.into());
    driver.frame(&ServerFrame::Event { topic: Topic::Counter, seq: Seq(6), event: added(9) });
    assert_eq!(driver.client.features().counter().stored(), Some(9));
}

#[test]
fn commands_of_an_earlier_page_are_sent_in_their_order_without_their_views() {
    let commands =
        vec![said("1"), posted("2"), said("3"), CounterCommand::Add { amount: 1 }.into()];
    let outbox = after_a_reload(commands.clone());
    let is_read: Vec<_> = outbox.iter().map(|item| item.command().is_some()).collect();
    assert_eq!(is_read, [true, false, true, false]);
    let ids: Vec<_> = outbox.iter().map(|item| item.id).collect();

    let mut driver = first_screen(outbox);
    let sent = driver.take_commands();
    assert_eq!(sent, ids.into_iter().zip(commands).collect::<Vec<_>>());
    assert_eq!(driver.client.outbox().unsent(), 4);
    for (id, _) in sent {
        driver.frame(&ServerFrame::Ack { id, at: None });
    }
    assert_eq!(driver.client.outbox().items(), []);
}

#[test]
fn a_command_that_is_never_read_survives_every_reload() {
    let outbox = after_a_reload(vec![posted("a post")]);
    let page = Client::new(me(), "test", outbox.clone());
    let stored = compact::to_text(&page.outbox_to_persist());
    assert_eq!(compact::from_text(&stored), Ok(outbox));
}

#[test]
fn a_loaded_view_shows_the_commands_of_an_earlier_page() {
    let mut outbox = after_a_reload(vec![posted("a post"), posted("another post")]);
    let of_another_tab = outbox.split_off(1);
    let mut driver = first_screen(outbox);
    let shown = |driver: &TestClient| {
        let shown = driver.client.features().posts().shown(driver.client.outbox(), &me());
        shown.into_iter().map(|post| post.text).collect::<Vec<_>>()
    };
    assert_eq!(shown(&driver), [""; 0]);
    load(&mut driver);
    assert_eq!(shown(&driver), ["a post"]);

    driver.input(Input::Adopt(of_another_tab));
    assert_eq!(shown(&driver), ["another post", "a post"]);
}

#[test]
fn an_acknowledged_command_stays_until_its_event_has_been_applied() {
    let mut driver = first_screen(after_a_reload(vec![CounterCommand::Add { amount: 1 }.into()]));
    driver.input(Input::Act(Action::FollowTopics(PAGE)));
    let [(id, _)] = driver.take_commands()[..] else { panic!("not sent") };
    load(&mut driver);
    driver.state(Topic::Counter, 4, CounterSnapshot { value: 7 }.into());
    let at = Some(LogPosition { topic: Topic::Counter, seq: Seq(5) });
    driver.frame(&ServerFrame::Ack { id, at });
    let expected =
        |driver: &TestClient| driver.client.features().counter().expected(driver.client.outbox());
    assert_eq!((driver.client.outbox().items().len(), expected(&driver)), (1, Some(8)));
    driver.frame(&ServerFrame::Event { topic: Topic::Counter, seq: Seq(5), event: added(8) });
    assert_eq!((driver.client.outbox().items().len(), expected(&driver)), (0, Some(8)));
}

#[test]
fn a_refusal_before_the_view_is_there_follows_the_rules_of_the_view() {
    // The user loses nothing by a deletion that is refused, but a text of theirs stays.
    let deletion = PostsCommand::Delete { post: PostId(1) }.into();
    let mut driver = first_screen(after_a_reload(vec![deletion, posted("a post")]));
    for (id, _) in driver.take_commands() {
        refuse(&mut driver, id);
    }
    let commands = |driver: &TestClient| {
        let items = driver.client.outbox().items().iter();
        items.map(|item| item.command().cloned()).collect::<Vec<_>>()
    };
    assert_eq!(commands(&driver), [None, None]);
    load(&mut driver);
    assert_eq!(commands(&driver), [Some(posted("a post"))]);
    assert!(matches!(driver.client.outbox().items()[0].state, PendingState::Failed(_)));
}

#[test]
fn an_erasure_in_a_lazy_topic_reaches_every_view() {
    let mut driver = TestClient::in_room(3);
    driver.input(Input::Act(Action::FollowTopics(&[Topic::Posts])));
    driver.state(Topic::Posts, 1, PostsSnapshot { posts: Vec::new(), older: false }.into());
    let texts = |driver: &TestClient| {
        let messages = driver.client.features().timeline(ROOM).unwrap().messages();
        messages.iter().filter(|message| !message.text.is_empty()).count()
    };
    assert_eq!(texts(&driver), 3);
    let event = ErasureEvent::Erased { user: other().id }.into();
    driver.frame(&ServerFrame::Event { topic: Topic::Posts, seq: Seq(2), event });
    assert_eq!((texts(&driver), driver.client.undecodable_frames()), (0, 0));
}

#[test]
fn a_page_without_lazy_views_counts_the_unread_messages() {
    let mut driver = TestClient::in_room(3);
    let kept = driver.client.cached_state(Some(ROOM)).expect("a cached state");
    driver.client = Client::new(me(), "test", Vec::new()).with_offline_cache(kept, driver.now);
    assert_eq!(driver.unread(), 3);
    driver.input(Input::Act(Action::Classify("a text".into())));
    driver.input(Input::Act(Action::LoadOlderPosts));
    driver.later(1_000);
    assert_eq!((driver.unread(), driver.client.features().sentiment().is_current()), (3, true));
}
